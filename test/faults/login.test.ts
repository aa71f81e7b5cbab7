/**
 * The whole of `awsmfa login`, as built, against the strict STS, with a fault at every call that it makes upon files. A
 * call that only reads leaves on the disk what lay there before it, so `npm test` kills at the writing calls and gives
 * each of them one of the errors in turn; with FULL_SWEEP=1 (as in .ci/run) it is every call, and every error at each
 * writing one.
 *
 * Left out are the calls by which Node starts and reads the tool's own modules, and those on sockets and on Node's own
 * pipes: nothing of the person's is open then that is not open at the call before or after.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  refuseEveryWritingCall,
  refuseEveryWritingCallInTurn,
  runFaulted,
} from '../support/fault-sweep.ts'
import {
  credentialsOf,
  expectDecentOutput,
  expectNothingLeft,
  expectOwnFilesWhole,
  isFileWork,
  isSignedIn,
  keptSession,
  letAnHourPass,
  openLoginStage,
} from '../support/login-scenes.ts'
import type { LoginScene, LoginStage } from '../support/login-scenes.ts'
import { needsMounts, withSmallDisk } from '../support/mount-namespace.ts'
import { needsProgram } from '../support/outside-program.ts'
import { scratchFolder } from '../support/scratch.ts'
import { callsUpon, inPairs, runProgram, runTraced, writingCalls } from '../support/strace.ts'
import type { TracedCall } from '../support/strace.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const SIGNED_IN = /^(awsmfa: warning: [^\n]+\n)?✔ work: signed in as user\d+ in 111111111111 until [^\n]+\n$/
const NOT_WRITTEN = /^awsmfa: error: ~\/\S+ cannot be written: [^\n]+; nothing was changed\n(awsmfa: hint: [^\n]+\n)?$/
const CUT_SHORT =
  /^awsmfa: error: only \d+ of \d+ bytes of the new ~\/\.aws\/credentials could be written; nothing was changed\nawsmfa: hint: [^\n]+\n$/
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

describe.skipIf(!needsProgram('strace'))(
  'promise 2: nothing is ever lost, whatever happens to a login',
  { timeout: 600_000 },
  () => {
    let stage: LoginStage
    beforeAll(async () => {
      stage = await openLoginStage()
    })
    afterAll(async () => stage.close())

    /**
     * The next login works at once: with the session that is kept, where it is not in the file yet, else with a code.
     * Nothing is left then.
     */
    async function expectNextLoginToWork(scene: LoginScene): Promise<void> {
      letAnHourPass(scene)
      if (credentialsOf(scene) === scene.old && keptSession(scene) !== undefined)
        await expectLogin(scene, ['login', 'work'])
      await expectLogin(scene, stage.login(scene))
      expectNothingLeft(scene)
    }

    async function expectLogin(scene: LoginScene, words: readonly string[]): Promise<void> {
      expect(await stage.run(scene, ...words)).toMatchObject({
        code: 0,
        stdout: '',
        stderr: expect.stringMatching(/^✔ work: [^\n]*\n$/) as string,
      })
      expect(isSignedIn(scene, credentialsOf(scene))).toBe(true)
      expectOwnFilesWhole(scene)
    }

    it.concurrent.each([
      ['any call', 'the first login', IS_FULL ? killAtEveryCall : killAtEveryWritingCall, () => stage.beforeLogin()],
      ...(IS_FULL
        ? ([['any writing call', 'a renewal', killAtEveryWritingCall, () => stage.beforeRenewal()]] as const)
        : []),
    ] as const)(
      'killed at %s: %s leaves the old file or the new one, and caches that are whole',
      async (_, __, kill, prepare) => {
        const { counted, faulted } = await kill<LoginScene>({
          prepare,
          isMeant: isFileWork,
          check: async (scene) => {
            expect([scene.old, 'signed in']).toContain(
              isSignedIn(scene, credentialsOf(scene)) ? 'signed in' : credentialsOf(scene),
            )
            expectOwnFilesWhole(scene)
            await expectNextLoginToWork(scene)
          },
        })
        expect(counted).toBeGreaterThan(kill === killAtEveryCall ? 150 : 40)
        expect(faulted).toBe(counted)
      },
    )

    it.concurrent(
      'refused any writing call: told, and the session is in the file, or kept, or was never asked for',
      async () => {
        const { counted, faulted } = await (
          IS_FULL ? refuseEveryWritingCall : refuseEveryWritingCallInTurn
        )<LoginScene>(
          {
            prepare: () => stage.beforeLogin(),
            isMeant: isFileWork,
            check: async (scene, run, { call }) => {
              expectDecentOutput(scene, run)
              expectOwnFilesWhole(scene)
              expect([run.status, credentialsOf(scene) === scene.old, isSignedIn(scene, credentialsOf(scene))]).toEqual(
                run.status === 0 ? [0, false, true] : [1, true, false],
              )
              expect(run.stderr).toMatch(run.status === 0 ? SIGNED_IN : NOT_WRITTEN)
              if (isAfterRename(call))
                expect([run.status, run.stderr]).toEqual([
                  0,
                  expect.stringContaining('awsmfa: warning: the file is written, but ') as string,
                ])
              if (isOfNoConsequence(call))
                expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^✔/) as string])
              if (run.status !== 0) expect(keptSession(scene) !== undefined).toBe(await hasSession(scene))
              await expectNextLoginToWork(scene)
            },
          },
          ERRORS,
        )
        expect(counted).toBeGreaterThan(IS_FULL ? 240 : 40)
        expect(faulted).toBe(counted)
      },
    )

    it('a write that leaves a part out and says nothing: the shared file is whole, and what is kept damaged is not used', async () => {
      const writes = writingCalls(await dryCalls(stage.beforeLogin())).filter(({ name }) => name === 'pwrite64')
      const outcomes = await inPairs(writes, async (call) => {
        const { scene, run } = await runFaulted(() => stage.beforeLogin(), { call, result: 7 })
        expect(run.isFaulted).toBe(true)
        expectDecentOutput(scene, run)
        if (run.status !== 0)
          expect([credentialsOf(scene), run.stderr]).toEqual([scene.old, expect.stringMatching(CUT_SHORT) as string])
        await expectNextLoginToWork(scene)
        return [
          /\/(\.aws\/credentials\.awsmfa|\.aws|identities|sessions|spent-codes|cache-key)[/.]/.exec(call.line)?.[1],
          run.status,
        ]
      })
      expect(outcomes.toSorted()).toEqual([
        // The trial of the preflight is all zeros, and so is the hole that the cut write leaves at its start.
        ['.aws', 0],
        ['.aws', 1],
        ['.aws/credentials.awsmfa', 0],
        ['cache-key', 0],
        ['identities', 0],
        ['identities', 0],
        ['sessions', 0],
        ['spent-codes', 0],
      ])
    })

    it.skipIf(!needsMounts())(
      'on a disk that is nearly full: told before STS is asked for a session, and nothing is changed',
      async () => {
        const scene = stage.beforeLogin()
        const disk = scratchFolder()
        // 5 pages: 2 for each file, 1 to spare, while a new credentials file needs 3.
        const [program = '', ...argv] = [...withSmallDisk(5 * 4096, disk, join(scene.home.path, '.aws')), ...scene.argv]
        const files = { AWS_SHARED_CREDENTIALS_FILE: join(disk, 'credentials'), AWS_CONFIG_FILE: join(disk, 'config') }
        const run = await runProgram(program, argv, { ...scene.env, ...files })
        expect([run.status, run.stdout, run.stderr]).toEqual([
          1,
          '',
          expect.stringMatching(
            /^awsmfa: error: only \d+ of \d+ bytes of the new \S+ could be written; nothing was changed\nawsmfa: hint: free some space, then try again\n$/,
          ) as string,
        ])
        expect([credentialsOf(scene), await hasSession(scene)]).toEqual([scene.old, false])
        await expectNextLoginToWork(scene)
      },
    )

    it.skipIf(!needsMounts())(
      'with a full disk under the cache: signed in all the same, and what cannot be kept is not kept in part',
      async () => {
        const scene = stage.beforeLogin()
        const [cache, after] = [join(scene.home.path, '.cache'), scratchFolder()]
        mkdirSync(cache)
        // One page, for who is asking; there is none for the session.
        const [program = '', ...argv] = [...withSmallDisk(4096, cache, after), ...scene.argv]
        const run = await runProgram(program, argv, scene.env)
        expect([run.status, run.stderr, isSignedIn(scene, credentialsOf(scene))]).toEqual([
          0,
          expect.stringMatching(/^✔ work: [^\n]*\n$/) as string,
          true,
        ])
        expect(
          readdirSync(after, { recursive: true }).filter(
            (name) => !/^awsmfa(\/\w+)?(\/AKIA\w+\.json)?$/.test(String(name)),
          ),
        ).toEqual([])
        await expectNextLoginToWork(scene)
      },
    )

    it('logged out while the login waits for STS: the login leaves its session, whole', async () => {
      const scene = await stage.beforeRenewal()
      await stage.sts.configure({ faults: [{ kind: 'hold', operation: 'GetSessionToken' }], clearLog: true })
      const login = runProgram(scene.argv[0] ?? '', scene.argv.slice(1), scene.env)
      await expect
        .poll(async () => (await stage.sts.log()).some(({ operation }) => operation === 'GetSessionToken'), {
          timeout: 60_000,
          interval: 20,
        })
        .toBe(true)
      expect(await stage.run(scene, 'logout', 'work', '--quiet')).toMatchObject({ code: 0, stderr: '' })
      expect([credentialsOf(scene), keptSession(scene)]).toEqual([scene.old, undefined])
      await stage.sts.configure({ release: true })
      expect(await login).toMatchObject({ status: 0, stdout: '', stderr: expect.stringMatching(SIGNED_IN) as string })
      expect([isSignedIn(scene, credentialsOf(scene)), keptSession(scene) === undefined]).toEqual([true, false])
      expectNothingLeft(scene)
    })

    async function dryCalls(scene: LoginScene): Promise<readonly TracedCall[]> {
      return callsUpon((await runTraced(scene.argv, { env: scene.env ?? {} })).trace, scene.paths)
    }

    /** Whether STS has given that user a session. */
    async function hasSession({ user }: LoginScene): Promise<boolean> {
      return (await stage.sts.log()).some(
        ({ operation, signerArn, outcome }) =>
          operation === 'GetSessionToken' && signerArn?.endsWith(`/${user}`) === true && outcome === 'OK',
      )
    }
  },
)

/** What fsync says of the folder, and whether the lock can be removed, comes after the rename. */
function isAfterRename({ line }: TracedCall): boolean {
  return /^fsync\(\d+<[^>]*\/\.aws>\)|^unlink\("[^"]*\/credentials\.awsmfa-lock"\)/.test(line)
}

/** What is only remembered or kept, or for a prompt, may fail without a word: it costs a question some day. */
function isOfNoConsequence({ line }: TracedCall): boolean {
  return /\/(\.cache\/awsmfa|spent-codes|credentials\.awsmfa(?:\/|", 0))/.test(line)
}
