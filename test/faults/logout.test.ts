/** `awsmfa logout`, as built, with a fault at each of its system calls on files, as for login in login.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  failEveryWritingCall,
  failEveryWritingCallInTurn,
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
import { needsProgram } from '../support/outside-program.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const STILL_IN_CACHE = /^awsmfa: warning: [^\n✔]*it still contains the session[^\n✔]*\n$/
const SIGNED_OUT = /^✔ work: signed out[^\n]*\n(awsmfa: (note|warning): [^\n]+\n)*$/
const NOT_WRITTEN = /^awsmfa: error: cannot write ~\/\S+: [^\n]+; nothing was changed\n(awsmfa: hint: [^\n]+\n)?$/
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

describe.skipIf(!needsProgram('strace'))('promise 2: nothing is ever lost when a logout', { timeout: 600_000 }, () => {
  let sandbox: LoginSandbox
  beforeAll(async () => {
    sandbox = await openLoginSandbox()
  })
  afterAll(async () => sandbox.close())

  /** Expects the next logout to complete what is missing, and to leave nothing behind. */
  async function expectNextLogoutToWork(target: LoginTarget): Promise<void> {
    ageByAnHour(target)
    expect(await sandbox.run(target, 'logout', 'work', '--quiet')).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    })
    expect([credentialsOf(target), cachedSession(target)]).toEqual([target.old, undefined])
    expectOwnFilesWhole(target)
    // If there is nothing to write, a stale lock remains until there is.
    expectNothingLeftBehind(target, 'credentials.awsmfa-lock')
  }

  it('is killed at any call: the credentials file is unchanged, or byte for byte as before the login', async () => {
    const { counted, faulted } = await (IS_FULL ? killAtEveryCall : killAtEveryWritingCall)<LoginTarget>({
      prepare: () => sandbox.beforeLogout(),
      isIncluded: isFileWork,
      check: (target) => {
        expect([target.old, 'signed in']).toContain(
          isSignedIn(target, credentialsOf(target)) ? 'signed in' : credentialsOf(target),
        )
        expectOwnFilesWhole(target)
      },
      runAgain: expectNextLogoutToWork,
    })
    expect(counted).toBeGreaterThan(IS_FULL ? 60 : 10)
    expect(faulted).toBe(counted)
  })

  it('cannot make a writing call: it reports that, and the session is removed or complete', async () => {
    const { counted, faulted } = await (IS_FULL ? failEveryWritingCall : failEveryWritingCallInTurn)<LoginTarget>(
      {
        prepare: () => sandbox.beforeLogout(),
        isIncluded: isFileWork,
        check: (target, run, { call }) => {
          expectCleanOutput(target, run)
          expectOwnFilesWhole(target)
          const isOut = credentialsOf(target) === target.old
          expect([isOut, isSignedIn(target, credentialsOf(target))]).toEqual(isOut ? [true, false] : [false, true])
          // It fails, without a ✔, if the session remains in a cache, although it is removed from the file.
          const isLeftInCache = /^unlink\("[^"]*\/sessions\//.test(call.line)
          expect(run.stderr).toMatch(!isOut ? NOT_WRITTEN : isLeftInCache ? STILL_IN_CACHE : SIGNED_OUT)
          expect([run.status, run.stderr.includes('it still contains the session')]).toEqual([
            isOut && !isLeftInCache ? 0 : 1,
            isLeftInCache,
          ])
        },
        runAgain: expectNextLogoutToWork,
      },
      ERRORS,
    )
    expect(counted).toBeGreaterThan(IS_FULL ? 60 : 10)
    expect(faulted).toBe(counted)
  })
})
