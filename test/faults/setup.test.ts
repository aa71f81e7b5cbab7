/**
 * The whole of `awsmfa setup` and `awsmfa undo`, as built, with a fault at every writing call that they make upon
 * files. The write is the one that login and logout make, which are killed at every other call as well (login.test.ts,
 * logout.test.ts).
 */
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { killAtEveryWritingCall, refuseEveryWritingCall, refuseEveryWritingCallInTurn } from '../support/fault-sweep.ts'
import type { Scene } from '../support/fault-sweep.ts'
import { isFileWork } from '../support/login-scenes.ts'
import { needsProgram } from '../support/outside-program.ts'
import { BUILT_CLI, runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\n'
const PADDING = `# ${'-'.repeat(5_000)}\n`
const OLD = {
  config: `${PADDING}[profile work]\nregion = eu-west-1\n[profile admin]\n${ROLE}mfa_serial = ${SERIAL}\n`,
  credentials: `${PADDING}[work]\n${KEYS}`,
}
const NEW = {
  config: `${PADDING}[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\n[profile admin]\n${ROLE}`,
  credentials: `${PADDING}[work-long-term]\n${KEYS}`,
}
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

interface SetupScene extends Scene {
  readonly home: TempHome
}

describe.skipIf(!needsProgram('strace'))(
  'promise 2: nothing is ever lost, whatever happens to a setup or an undo',
  { timeout: 600_000 },
  () => {
    const homes: TempHome[] = []
    afterEach(() => homes.splice(0).forEach((home) => home.remove()))

    const sceneOf = (home: TempHome, command: string): SetupScene => {
      age(home)
      const paths = ['.aws', '.local'].map((folder) => join(home.path, folder))
      return {
        home,
        argv: [process.execPath, BUILT_CLI, command, ...(command === 'setup' ? ['work'] : []), '--yes'],
        env: home.environment(),
        paths,
      }
    }
    const beforeSetup = (): SetupScene => {
      const home = createTempHome({ '.aws/config': OLD.config, '.aws/credentials': OLD.credentials })
      homes.push(home)
      return sceneOf(home, 'setup')
    }
    const beforeUndo = async (): Promise<SetupScene> => {
      const scene = beforeSetup()
      expect(await run(scene, 'setup', 'work')).toMatchObject({ code: 0 })
      return sceneOf(scene.home, 'undo')
    }

    /** Each file is the old one or the new one, whole, and credentials, which come last, are not ahead of config. */
    function expectWholeFiles(scene: SetupScene, order: readonly (typeof OLD)[]): void {
      const { config, credentials } = filesOf(scene)
      const [first, last] = order
      expect(order.map((files) => files.config)).toContain(config)
      expect(order.map((files) => files.credentials)).toContain(credentials)
      if (credentials === last?.credentials) expect(config).toBe(last.config)
      if (config === first?.config) expect(credentials).toBe(first.credentials)
    }

    /** From wherever the fault left it: undone, done, and nothing left behind. */
    async function expectNextRunsToWork(scene: SetupScene): Promise<void> {
      age(scene.home)
      expect(await run(scene, 'undo')).toMatchObject({ code: 0, stdout: '' })
      expect(filesOf(scene)).toEqual(OLD)
      expect(await run(scene, 'setup', 'work')).toMatchObject({ code: 0 })
      expect(filesOf(scene)).toEqual(NEW)
      expect(readdirSync(join(scene.home.path, '.aws')).toSorted()).toEqual(['config', 'credentials'])
      expect(backupsOf(scene)).toHaveLength(1)
    }

    it.each([
      { what: 'setup', prepare: beforeSetup, order: [OLD, NEW] },
      { what: 'undo', prepare: beforeUndo, order: [NEW, OLD] },
    ])(
      '$what, killed at any writing call: every file is the old one or the new one, and setup and undo go on from there',
      async ({ prepare, order }) => {
        const { counted, faulted } = await killAtEveryWritingCall<SetupScene>({
          prepare,
          isMeant: isFileWork,
          check: async (scene) => {
            expectWholeFiles(scene, order)
            await expectNextRunsToWork(scene)
          },
        })
        expect(counted).toBeGreaterThan(20)
        expect(faulted).toBe(counted)
      },
    )

    const refuse = IS_FULL ? refuseEveryWritingCall : refuseEveryWritingCallInTurn
    it.each([
      { what: 'setup', prepare: beforeSetup, order: [OLD, NEW] },
      { what: 'undo', prepare: beforeUndo, order: [NEW, OLD] },
    ])(
      '$what, refused any writing call: told, and done or not done in both files',
      async ({ prepare, order: [before, after] }) => {
        const { counted, faulted } = await refuse<SetupScene>(
          {
            prepare,
            isMeant: isFileWork,
            check: async (scene, { status, stdout, stderr }) => {
              expect(stdout).toBe('')
              expect(stderr).not.toMatch(/fault of awsmfa|\n {4}at |wJalrXUt/)
              expect([status, filesOf(scene)]).toEqual(status === 0 ? [0, after] : [1, before])
              await expectNextRunsToWork(scene)
            },
          },
          ERRORS,
        )
        expect(counted).toBeGreaterThan(20)
        expect(faulted).toBe(counted)
      },
    )
  },
)

function run({ home }: SetupScene, ...words: readonly string[]): Promise<RunResult> {
  return runCli([...words, '--yes'], { environment: home.environment() })
}

function filesOf({ home }: SetupScene): typeof OLD {
  return { config: home.read('.aws/config').toString(), credentials: home.read('.aws/credentials').toString() }
}

function backupsOf({ home }: SetupScene): readonly string[] {
  const folder = join(home.path, '.local/state/awsmfa/backups')
  return existsSync(folder) ? readdirSync(folder) : []
}

/**
 * Makes everything an hour old, so that nothing is taken for what is just being written, nor a killed stage for
 * another's at work.
 */
function age(home: TempHome): void {
  const anHourAgo = new Date(Date.now() - 3_600_000)
  for (const folder of ['.aws', '.local']) {
    if (!existsSync(join(home.path, folder))) continue
    for (const entry of readdirSync(join(home.path, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), anHourAgo, anHourAgo)
  }
}
