/**
 * `awsmfa login` of a role profile, whose sessions go into the caches of the AWS CLI and botocore, with faults as in
 * login.test.ts at the calls upon these caches; what it does before is what every login does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  refuseEveryWritingCall,
  refuseEveryWritingCallInTurn,
} from '../support/fault-sweep.ts'
import {
  awsCacheEntries,
  credentialsOf,
  expectDecentOutput,
  expectNothingLeft,
  expectOwnFilesWhole,
  isFileWork,
  keptSession,
  letAnHourPass,
  openLoginStage,
} from '../support/login-scenes.ts'
import type { LoginScene, LoginStage } from '../support/login-scenes.ts'
import { needsProgram } from '../support/outside-program.ts'
import type { TracedCall } from '../support/strace.ts'

// Only with FULL_SWEEP=all: the calls are those of a login into the credentials file, whose sweep is full in .ci/run,
// but for the caches.
const IS_FULL = process.env['FULL_SWEEP'] === 'all'
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']
const SIGNED_IN = /^(awsmfa: warning: [^\n]+\n)?✔ admin: role Admin in 222222222222 [^\n]+\n(awsmfa: hint: [^\n]+\n)?$/
const NOT_WRITTEN = /^awsmfa: error: ~\/\S+ cannot be written: [^\n]+; nothing was changed\n(awsmfa: hint: [^\n]+\n)?$/

describe.skipIf(!needsProgram('strace'))(
  'promise 2: nothing is ever lost, whatever happens to the login of a role profile',
  { timeout: 600_000 },
  () => {
    let stage: LoginStage
    beforeAll(async () => {
      stage = await openLoginStage()
    })
    afterAll(async () => stage.close())

    /** Every entry has all that the AWS CLI needs; one that had not would make every call of the profile fail. */
    function expectEntriesWhole(scene: LoginScene): void {
      const text = expect.stringMatching(/^\S+$/) as string
      const whole = expect.objectContaining({
        Credentials: expect.objectContaining({
          AccessKeyId: text,
          SecretAccessKey: text,
          SessionToken: text,
          Expiration: text,
        }) as unknown,
      }) as unknown
      for (const name of awsCacheEntries(scene))
        expect([name, JSON.parse(scene.home.read(name).toString())]).toEqual([name, whole])
      expect(credentialsOf(scene)).toBe(scene.old)
      expectOwnFilesWhole(scene)
    }

    async function expectNextLoginToWork(scene: LoginScene): Promise<void> {
      letAnHourPass(scene)
      const isRescued = awsCacheEntries(scene).length === 0 && keptSession(scene) !== undefined
      for (const words of [...(isRescued ? [['login', 'admin']] : []), stage.login(scene)]) {
        expect(await stage.run(scene, ...words)).toMatchObject({
          code: 0,
          stdout: '',
          stderr: expect.stringMatching(/^✔ admin: [^\n]*\n(awsmfa: hint: [^\n]+\n)?$/) as string,
        })
        expect(awsCacheEntries(scene)).toHaveLength(2)
        expectEntriesWhole(scene)
      }
      expectNothingLeft(scene)
    }

    it('killed at any call: every entry is there whole or not at all', async () => {
      const { counted, faulted } = await (IS_FULL ? killAtEveryCall : killAtEveryWritingCall)<LoginScene>({
        prepare: () => stage.beforeRoleLogin(),
        isMeant: (call) => isFileWork(call) && isInAwsCache(call),
        check: async (scene) => {
          expectEntriesWhole(scene)
          await expectNextLoginToWork(scene)
        },
      })
      expect(counted).toBeGreaterThan(IS_FULL ? 30 : 8)
      expect(faulted).toBe(counted)
    })

    it('refused any writing call: told, and the session is in a cache of AWS, or kept, or was never asked for', async () => {
      const { counted, faulted } = await (IS_FULL ? refuseEveryWritingCall : refuseEveryWritingCallInTurn)<LoginScene>(
        {
          prepare: () => stage.beforeRoleLogin(),
          isMeant: (call) => isFileWork(call) && isInAwsCache(call),
          check: async (scene, run) => {
            expectDecentOutput(scene, run)
            expectEntriesWhole(scene)
            expect(run.stderr).toMatch(run.status === 0 ? SIGNED_IN : NOT_WRITTEN)
            const missing = 2 - awsCacheEntries(scene).length
            expect([run.status, missing > 0]).toEqual(
              run.status === 0 ? [0, run.stderr.includes('awsmfa: warning: ')] : [1, true],
            )
            await expectNextLoginToWork(scene)
          },
        },
        ERRORS,
      )
      expect(counted).toBeGreaterThan(IS_FULL ? 60 : 8)
      expect(faulted).toBe(counted)
    })
  },
)

function isInAwsCache({ line }: TracedCall): boolean {
  return /\/\.aws\/(cli|boto)\b/.test(line)
}
