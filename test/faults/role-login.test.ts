/**
 * `awsmfa login` of a role profile, which stores its sessions in the caches of the AWS CLI and botocore, with faults at
 * the calls on these caches. Its other calls are those of every login: see login.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  failEveryWritingCall,
  failEveryWritingCallInTurn,
} from '../support/fault-sweep.ts'
import {
  awsCacheEntries,
  credentialsOf,
  expectCleanOutput,
  expectNothingLeftBehind,
  expectOwnFilesWhole,
  isFileWork,
  cachedSession,
  ageByAnHour,
  openLoginSandbox,
} from '../support/login-homes.ts'
import type { LoginTarget, LoginSandbox } from '../support/login-homes.ts'
import { needsProgram } from '../support/outside-program.ts'
import type { TracedCall } from '../support/strace.ts'

// Only with FULL_SWEEP=all: except for the caches, the full sweep of login.test.ts in .ci/run covers these calls.
const IS_FULL = process.env['FULL_SWEEP'] === 'all'
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']
const SIGNED_IN =
  /^(awsmfa: warning: [^\n]+\n)?✔ admin: signed in as role Admin \(222222222222\) [^\n]+\n(awsmfa: (?:note|hint): [^\n]+\n)*$/
const NOT_WRITTEN =
  /^awsmfa: error: cannot write ~\/\S+: [^\n]+; nothing was changed\n(awsmfa: (?:note|hint): [^\n]+\n)*$/

describe.skipIf(!needsProgram('strace'))(
  'promise 2: nothing is ever lost when the login of a role profile',
  { timeout: 600_000 },
  () => {
    let sandbox: LoginSandbox
    beforeAll(async () => {
      sandbox = await openLoginSandbox()
    })
    afterAll(async () => sandbox.close())

    /** Expects every entry to have what the AWS CLI needs. It fails every command of a profile with a partial entry. */
    function expectEntriesWhole(target: LoginTarget): void {
      const text = expect.stringMatching(/^\S+$/) as string
      const whole = expect.objectContaining({
        Credentials: expect.objectContaining({
          AccessKeyId: text,
          SecretAccessKey: text,
          SessionToken: text,
          Expiration: text,
        }) as unknown,
      }) as unknown
      for (const name of awsCacheEntries(target))
        expect([name, JSON.parse(target.home.read(name).toString())]).toEqual([name, whole])
      expect(credentialsOf(target)).toBe(target.old)
      expectOwnFilesWhole(target)
    }

    async function expectNextLoginToWork(target: LoginTarget): Promise<void> {
      ageByAnHour(target)
      const isOnlyCached = awsCacheEntries(target).length === 0 && cachedSession(target) !== undefined
      for (const words of [...(isOnlyCached ? [['login', 'admin']] : []), sandbox.login(target)]) {
        expect(await sandbox.run(target, ...words)).toMatchObject({
          code: 0,
          stdout: '',
          stderr: expect.stringMatching(/^✔ admin: [^\n]*\n(awsmfa: (?:note|hint): [^\n]+\n)*$/) as string,
        })
        expect(awsCacheEntries(target)).toHaveLength(2)
        expectEntriesWhole(target)
      }
      expectNothingLeftBehind(target)
    }

    it('is killed at any call: every entry is complete or does not exist', async () => {
      const { counted, faulted } = await (IS_FULL ? killAtEveryCall : killAtEveryWritingCall)<LoginTarget>({
        prepare: () => sandbox.beforeRoleLogin(),
        isIncluded: (call) => isFileWork(call) && isInAwsCache(call),
        check: (target) => {
          expectEntriesWhole(target)
        },
        runAgain: expectNextLoginToWork,
      })
      expect(counted).toBeGreaterThan(IS_FULL ? 30 : 8)
      expect(faulted).toBe(counted)
    })

    it('cannot make a writing call: it reports that, and the session is stored, cached, or was never requested', async () => {
      const { counted, faulted } = await (IS_FULL ? failEveryWritingCall : failEveryWritingCallInTurn)<LoginTarget>(
        {
          prepare: () => sandbox.beforeRoleLogin(),
          isIncluded: (call) => isFileWork(call) && isInAwsCache(call),
          check: (target, run) => {
            expectCleanOutput(target, run)
            expectEntriesWhole(target)
            expect(run.stderr).toMatch(run.status === 0 ? SIGNED_IN : NOT_WRITTEN)
            const missing = 2 - awsCacheEntries(target).length
            expect([run.status, missing > 0]).toEqual(
              run.status === 0 ? [0, run.stderr.includes('awsmfa: warning: ')] : [1, true],
            )
          },
          runAgain: expectNextLoginToWork,
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
