/**
 * The whole of `awsmfa logout`, as built, with a fault at every call that it makes upon files; as login.test.ts does it
 * for login.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  killAtEveryCall,
  killAtEveryWritingCall,
  refuseEveryWritingCall,
  refuseEveryWritingCallInTurn,
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
import { needsProgram } from '../support/outside-program.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const SIGNED_OUT = /^✔ work: signed out[^\n]*\n(awsmfa: (note|warning): [^\n]+\n)*$/
const NOT_WRITTEN = /^awsmfa: error: ~\/\S+ cannot be written: [^\n]+; nothing was changed\n(awsmfa: hint: [^\n]+\n)?$/
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

describe.skipIf(!needsProgram('strace'))(
  'promise 2: nothing is ever lost, whatever happens to a logout',
  { timeout: 600_000 },
  () => {
    let stage: LoginStage
    beforeAll(async () => {
      stage = await openLoginStage()
    })
    afterAll(async () => stage.close())

    /** The next logout does at once what the last one left undone, and clears up. */
    async function expectNextLogoutToWork(scene: LoginScene): Promise<void> {
      letAnHourPass(scene)
      expect(await stage.run(scene, 'logout', 'work', '--quiet')).toEqual({
        code: 0,
        signal: null,
        stdout: '',
        stderr: '',
      })
      expect([credentialsOf(scene), keptSession(scene)]).toEqual([scene.old, undefined])
      expectOwnFilesWhole(scene)
      // Where there was nothing left to write, a dead lock stays until there is.
      expectNothingLeft(scene, 'credentials.awsmfa-lock')
    }

    it('killed at any call: the file is the old one or what it was before the login, byte for byte', async () => {
      const { counted, faulted } = await (IS_FULL ? killAtEveryCall : killAtEveryWritingCall)<LoginScene>({
        prepare: () => stage.beforeLogout(),
        isMeant: isFileWork,
        check: async (scene) => {
          expect([scene.old, 'signed in']).toContain(
            isSignedIn(scene, credentialsOf(scene)) ? 'signed in' : credentialsOf(scene),
          )
          expectOwnFilesWhole(scene)
          await expectNextLogoutToWork(scene)
        },
      })
      expect(counted).toBeGreaterThan(IS_FULL ? 60 : 10)
      expect(faulted).toBe(counted)
    })

    it('refused any writing call: told, and the session is out of the file, or stands there whole', async () => {
      const { counted, faulted } = await (IS_FULL ? refuseEveryWritingCall : refuseEveryWritingCallInTurn)<LoginScene>(
        {
          prepare: () => stage.beforeLogout(),
          isMeant: isFileWork,
          check: async (scene, run, { call }) => {
            expectDecentOutput(scene, run)
            expectOwnFilesWhole(scene)
            const isOut = credentialsOf(scene) === scene.old
            expect([isOut, isSignedIn(scene, credentialsOf(scene))]).toEqual(isOut ? [true, false] : [false, true])
            expect(run.stderr).toMatch(isOut ? SIGNED_OUT : NOT_WRITTEN)
            // A session that stays in a cache is no success, although it is out of the file.
            const isLeftInCache = /^unlink\("[^"]*\/sessions\//.test(call.line)
            expect([run.status, run.stderr.includes('the session in it is still there')]).toEqual([
              isOut && !isLeftInCache ? 0 : 1,
              isLeftInCache,
            ])
            await expectNextLogoutToWork(scene)
          },
        },
        ERRORS,
      )
      expect(counted).toBeGreaterThan(IS_FULL ? 60 : 10)
      expect(faulted).toBe(counted)
    })
  },
)
