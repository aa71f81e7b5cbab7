/**
 * `awsmfa login`, as built, against the strict STS, with a fault at each of its system calls on files. `npm test` kills
 * it at the writing calls, and makes each of them fail with one of the errors; with FULL_SWEEP=1 (as in .ci/run) it is
 * killed at every call, and each writing call fails with every error. Module loading, sockets and internal pipes of
 * Node are left out: no file of the user is open there that is not open at a neighboring call.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  failEveryWritingCall,
  failEveryWritingCallInTurn,
  runFaulted,
} from '../support/fault-sweep.ts'
import {
  credentialsOf,
  expectCleanOutput,
  expectNothingLeftBehind,
  expectOwnFilesWhole,
  isFileWork,
  isSignedIn,
  cachedSession,
  ageByAnHour,
  openLoginSandbox,
} from '../support/login-homes.ts'
import type { LoginTarget, LoginSandbox } from '../support/login-homes.ts'
import { needsMounts, withSmallDisk } from '../support/mount-namespace.ts'
import { needsProgram } from '../support/outside-program.ts'
import { isExecutable } from '../support/run-cli.ts'
import { scratchFolder } from '../support/scratch.ts'
import { callsOn, inPairs, runProgram, runTraced, writingCalls } from '../support/strace.ts'
import type { TracedCall } from '../support/strace.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const SIGNED_IN = /^(awsmfa: warning: [^\n]+\n)?✔ work: signed in as user\d+ \(111111111111\) until [^\n]+\n$/
const NOT_WRITTEN = /^awsmfa: error: cannot write ~\/\S+: [^\n]+; nothing was changed\n(awsmfa: hint: [^\n]+\n)?$/
const CUT_SHORT =
  /^awsmfa: error: cannot write ~\/\.aws\/credentials: only \d+ of \d+ bytes were written; nothing was changed\nawsmfa: hint: [^\n]+\n$/
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

describe.skipIf(!needsProgram('strace'))('promise 2: nothing is ever lost when a login', { timeout: 600_000 }, () => {
  let sandbox: LoginSandbox
  beforeAll(async () => {
    sandbox = await openLoginSandbox()
  })
  afterAll(async () => sandbox.close())

  /** Expects the next login to work, with the cached session or else with a code, and to leave nothing behind. */
  async function expectNextLoginToWork(target: LoginTarget): Promise<void> {
    ageByAnHour(target)
    if (credentialsOf(target) === target.old && cachedSession(target) !== undefined)
      await expectLogin(target, ['login', 'work'])
    await expectLogin(target, sandbox.login(target))
    expectNothingLeftBehind(target)
  }

  async function expectLogin(target: LoginTarget, words: readonly string[]): Promise<void> {
    expect(await sandbox.run(target, ...words)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^✔ work: [^\n]*\n$/) as string,
    })
    expect(isSignedIn(target, credentialsOf(target))).toBe(true)
    expectOwnFilesWhole(target)
  }

  it.concurrent.each([
    ['any call', 'the first login', IS_FULL ? killAtEveryCall : killAtEveryWritingCall, () => sandbox.beforeLogin()],
    ...(IS_FULL
      ? ([['any writing call', 'a renewal', killAtEveryWritingCall, () => sandbox.beforeRenewal()]] as const)
      : []),
  ] as const)(
    'is killed at %s (%s): the credentials file is the old one or the new one, and the caches are complete',
    async (_, __, kill, prepare) => {
      const { counted, faulted } = await kill<LoginTarget>({
        prepare,
        isIncluded: isFileWork,
        check: (target) => {
          expect([target.old, 'signed in']).toContain(
            isSignedIn(target, credentialsOf(target)) ? 'signed in' : credentialsOf(target),
          )
          expectOwnFilesWhole(target)
        },
        runAgain: expectNextLoginToWork,
      })
      expect(counted).toBeGreaterThan(kill === killAtEveryCall ? 150 : 40)
      expect(faulted).toBe(counted)
    },
  )

  it.concurrent(
    'cannot make a writing call: it reports that, and the session is stored, cached, or was never requested',
    async () => {
      const { counted, faulted } = await (IS_FULL ? failEveryWritingCall : failEveryWritingCallInTurn)<LoginTarget>(
        {
          prepare: () => sandbox.beforeLogin(),
          isIncluded: isFileWork,
          check: async (target, run, { call }) => {
            expectCleanOutput(target, run)
            expectOwnFilesWhole(target)
            expect([
              run.status,
              credentialsOf(target) === target.old,
              isSignedIn(target, credentialsOf(target)),
            ]).toEqual(run.status === 0 ? [0, false, true] : [1, true, false])
            expect(run.stderr).toMatch(run.status === 0 ? SIGNED_IN : NOT_WRITTEN)
            if (isAfterRename(call))
              expect([run.status, run.stderr]).toEqual([
                0,
                expect.stringContaining('awsmfa: warning: the file was written, but ') as string,
              ])
            if (isOptional(call)) expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^✔/) as string])
            if (run.status !== 0) expect(cachedSession(target) !== undefined).toBe(await hasSession(target))
          },
          runAgain: expectNextLoginToWork,
        },
        ERRORS,
      )
      expect(counted).toBeGreaterThan(IS_FULL ? 240 : 40)
      expect(faulted).toBe(counted)
    },
  )

  it('makes a short write without an error: the credentials file is complete, and damaged cache files are not used', async () => {
    const writes = writingCalls(await dryCalls(sandbox.beforeLogin())).filter(({ name }) => name === 'pwrite64')
    const outcomes = await inPairs(writes, async (call) => {
      const { target, run } = await runFaulted(() => sandbox.beforeLogin(), { call, result: 7 })
      expect(run.isFaulted).toBe(true)
      expectCleanOutput(target, run)
      if (run.status !== 0)
        expect([credentialsOf(target), run.stderr]).toEqual([target.old, expect.stringMatching(CUT_SHORT) as string])
      await expectNextLoginToWork(target)
      return [
        /\/(\.aws\/credentials\.awsmfa|\.aws|identities|sessions|spent-codes|cache-key)[/.]/.exec(call.line)?.[1],
        run.status,
      ]
    })
    expect(outcomes.toSorted()).toEqual([
      // Node writes the rest, behind a hole of zeros: what the preflight wanted to write. Bun does not.
      ['.aws', isExecutable ? 1 : 0],
      ['.aws', 1],
      ['.aws/credentials.awsmfa', 0],
      ['.aws/credentials.awsmfa', 0],
      ['cache-key', 0],
      ['identities', 0],
      ['identities', 0],
      ['sessions', 0],
      ['spent-codes', 0],
    ])
  })

  it.skipIf(!needsMounts())(
    'runs on a nearly full disk: it fails before it requests a session, and changes nothing',
    async () => {
      const target = sandbox.beforeLogin()
      const disk = scratchFolder()
      // 5 pages: 2 for each file and 1 free; a new credentials file needs 3.
      const [program = '', ...argv] = [...withSmallDisk(5 * 4096, disk, join(target.home.path, '.aws')), ...target.argv]
      const files = { AWS_SHARED_CREDENTIALS_FILE: join(disk, 'credentials'), AWS_CONFIG_FILE: join(disk, 'config') }
      const run = await runProgram(program, argv, { ...target.env, ...files })
      expect([run.status, run.stdout, run.stderr]).toEqual([
        1,
        '',
        expect.stringMatching(
          /^awsmfa: error: cannot write \S+: only \d+ of \d+ bytes were written; nothing was changed\nawsmfa: hint: free some disk space, then try again\n$/,
        ) as string,
      ])
      expect([credentialsOf(target), await hasSession(target)]).toEqual([target.old, false])
      await expectNextLoginToWork(target)
    },
  )

  it.skipIf(!needsMounts())(
    'has a full disk under the cache: it succeeds, and leaves no partial cache files',
    async () => {
      const target = sandbox.beforeLogin()
      const [cache, after] = [join(target.home.path, '.cache'), scratchFolder()]
      mkdirSync(cache)
      // One page: enough for the identity, but not for the session.
      const [program = '', ...argv] = [...withSmallDisk(4096, cache, after), ...target.argv]
      const run = await runProgram(program, argv, target.env)
      expect([run.status, run.stderr, isSignedIn(target, credentialsOf(target))]).toEqual([
        0,
        expect.stringMatching(/^✔ work: [^\n]*\n$/) as string,
        true,
      ])
      expect(
        readdirSync(after, { recursive: true }).filter(
          (name) => !/^awsmfa(\/\w+)?(\/AKIA\w+\.json)?$/.test(String(name)),
        ),
      ).toEqual([])
      await expectNextLoginToWork(target)
    },
  )

  it('waits for STS during a logout: it stores its whole session afterwards', async () => {
    const target = await sandbox.beforeRenewal()
    await sandbox.sts.configure({ faults: [{ kind: 'hold', operation: 'GetSessionToken' }], clearLog: true })
    const login = runProgram(target.argv[0] ?? '', target.argv.slice(1), target.env)
    await expect
      .poll(async () => (await sandbox.sts.log()).some(({ operation }) => operation === 'GetSessionToken'), {
        timeout: 60_000,
        interval: 20,
      })
      .toBe(true)
    expect(await sandbox.run(target, 'logout', 'work', '--quiet')).toMatchObject({ code: 0, stderr: '' })
    expect([credentialsOf(target), cachedSession(target)]).toEqual([target.old, undefined])
    await sandbox.sts.configure({ release: true })
    expect(await login).toMatchObject({ status: 0, stdout: '', stderr: expect.stringMatching(SIGNED_IN) as string })
    expect([isSignedIn(target, credentialsOf(target)), cachedSession(target) === undefined]).toEqual([true, false])
    expectNothingLeftBehind(target)
  })

  async function dryCalls(target: LoginTarget): Promise<readonly TracedCall[]> {
    return callsOn((await runTraced(target.argv, { env: target.env ?? {} })).trace, target.paths)
  }

  /** Returns whether STS has issued a session to that user. */
  async function hasSession({ user }: LoginTarget): Promise<boolean> {
    return (await sandbox.sts.log()).some(
      ({ operation, signerArn, outcome }) =>
        operation === 'GetSessionToken' && signerArn?.endsWith(`/${user}`) === true && outcome === 'OK',
    )
  }
})

/** Returns whether a call follows the rename: the fsync of the folder, or the removal of the lock. */
function isAfterRename({ line }: TracedCall): boolean {
  return /^fsync\(\d+<[^>]*\/\.aws>\)|^unlink\("[^"]*\/credentials\.awsmfa-lock"\)/.test(line)
}

/** Returns whether a call is on a cache or the prompt cache. Its failure is not reported: it costs a later prompt. */
function isOptional({ line }: TracedCall): boolean {
  return /\/(\.cache\/awsmfa|spent-codes|credentials\.awsmfa(?:\/|", 0))/.test(line)
}
