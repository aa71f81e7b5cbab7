/**
 * `awsmfa keys move` to and from a real keychain (gnome-keyring) and a real password store (pass, GnuPG), as built,
 * killed at each of its writing calls and around each program that it calls: the key is in its old place, in the new
 * one or in both, and the next move finishes.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { decodeItem, encodeItem } from '../../src/keys/stores.ts'
import type { LongTermCredentials } from '../../src/model/credentials.ts'
import { killAroundEveryProgram } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { isFileWork } from '../support/login-homes.ts'
import { needsProgram } from '../support/outside-program.ts'
import { createGnuPgHome, hasPass } from '../support/pass-store.ts'
import type { GnuPgHome } from '../support/pass-store.ts'
import { PRODUCT, runCli } from '../support/run-cli.ts'
import { hasSecretService, processesOf, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'
import { isCallForProgram } from '../support/strace.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

/** Every so many calls, and each replacement of a shared file; all calls with FULL_SWEEP=all. */
const STEP = process.env['FULL_SWEEP'] === 'all' ? 1 : 14
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const CONFIG = '[profile work]\nregion = eu-west-1\n'

type Files = Readonly<Record<'config' | 'credentials', string>>

interface MoveTarget extends SweepTarget {
  readonly home: TempHome
  readonly keys: LongTermCredentials
  readonly before: Files
  readonly after: Files
}

/** A store that all homes share, or one in each home. */
interface RealStore {
  readonly name: 'keychain' | 'pass'
  readonly environment: (home: TempHome) => Readonly<Record<string, string>>
  /** Makes a store that has the key, if given, and nothing else of awsmfa's. */
  readonly fill: (home: TempHome, keys: LongTermCredentials | undefined) => void
  readonly textOf: (home: TempHome, accessKeyId: string) => string | undefined
  /** The items of awsmfa's in a home's own store. */
  readonly itemsOf: (home: TempHome) => readonly string[] | undefined
}

/** A keychain belongs to a user, and homes are swept two at a time: each has a key of its own. */
let count = 0
function nextKeys(): LongTermCredentials {
  const letters = (count++)
    .toString(8)
    .padStart(7, '0')
    .replaceAll(/[0189]/g, (digit) => (digit === '0' ? 'A' : 'B'))
  return { accessKeyId: `AKIA${letters}N7EXAMPLE`, secretAccessKey: SECRET }
}

function filesWith({ accessKeyId }: LongTermCredentials, place: 'file' | RealStore['name']): Files {
  const pair = `[work]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${SECRET}\n`
  return place === 'file'
    ? { config: CONFIG, credentials: `# mine\n[other]\nkey = value\n\n${pair}` }
    : {
        config: `${CONFIG}awsmfa_keys = ${place}\nawsmfa_key_id = ${accessKeyId}\n`,
        credentials: '# mine\n[other]\nkey = value\n',
      }
}

describe.skipIf(!needsProgram('strace'))('promise 2: no access key is ever lost when', { timeout: 900_000 }, () => {
  const homes: TempHome[] = []
  afterEach(() => homes.splice(0).forEach((home) => home.remove()))

  const filesOf = ({ home }: MoveTarget): Files => ({
    config: home.read('.aws/config').toString(),
    credentials: home.read('.aws/credentials').toString(),
  })

  function targetOf(store: RealStore, to: 'file' | 'store'): MoveTarget {
    const keys = nextKeys()
    const places = to === 'file' ? ([store.name, 'file'] as const) : (['file', store.name] as const)
    const [before, after] = places.map((place) => filesWith(keys, place)) as [Files, Files]
    const home = createTempHome({ '.aws/config': before.config, '.aws/credentials': before.credentials })
    homes.push(home)
    store.fill(home, to === 'file' ? keys : undefined)
    return {
      home,
      keys,
      before,
      after,
      argv: [...PRODUCT, 'keys', 'move', 'work', '--to', places[1], '--yes'],
      env: home.environment({ ...store.environment(home) }),
      paths: ['.aws', '.local', '.config', '.password-store']
        .map((name) => join(home.path, name))
        .filter((path) => existsSync(path) || !path.endsWith('store')),
      tracesPrograms: true,
    }
  }

  const storedIn = (store: RealStore, { home, keys }: MoveTarget): unknown => {
    const text = store.textOf(home, keys.accessKeyId)
    return text === undefined ? undefined : decodeItem(text, keys.accessKeyId)
  }

  async function expectKeyInPlace(store: RealStore, target: MoveTarget): Promise<void> {
    // A program that was called goes on for a moment.
    while (processesOf(target.home.path).length > 0) await pause(5)
    const { keys, before, after } = target
    const { config, credentials } = filesOf(target)
    expect([before.config, after.config]).toContain(config)
    expect([before.credentials, after.credentials]).toContain(credentials)
    const isInFile = credentials.includes(SECRET)
    const isInStore = config.includes(keys.accessKeyId)
    expect([isInFile, isInStore]).toContain(true)
    if (isInStore) expect(storedIn(store, target)).toEqual(keys)
  }

  async function expectNextMoveToFinish(store: RealStore, target: MoveTarget): Promise<void> {
    const { home, keys, env = {}, argv, after } = target
    expect(await runCli(argv.slice(PRODUCT.length), { environment: env })).toMatchObject({ code: 0, stdout: '' })
    expect(filesOf(target)).toEqual(after)
    // For undo, an item stays in a store from which it was moved.
    expect(storedIn(store, target)).toEqual(keys)
    expect(store.itemsOf(home) ?? [keys.accessKeyId]).toEqual([keys.accessKeyId])
    const found = spawnSync('grep', ['-rlF', SECRET, home.path], { encoding: 'utf8' }).stdout
    expect(found).toBe(after.credentials.includes(SECRET) ? `${home.path}/.aws/credentials\n` : '')
  }

  async function sweep(store: RealStore, to: 'file' | 'store'): Promise<void> {
    const { counted, faulted } = await killAroundEveryProgram<MoveTarget>({
      prepare: () => targetOf(store, to),
      isIncluded: (call, index) =>
        (isFileWork(call) || isCallForProgram(call)) &&
        (index % STEP === 0 || /^rename\(.*"[^"]*\/\.aws\/(?:config|credentials)"\)/.test(call.line)),
      check: async (target) => await expectKeyInPlace(store, target),
      runAgain: async (target) => await expectNextMoveToFinish(store, target),
      stateBesides: ({ home, keys }) => String(store.textOf(home, keys.accessKeyId) !== undefined),
    })
    expect(counted).toBeGreaterThan(50 / STEP)
    expect(faulted).toBe(counted)
  }

  describe.skipIf(!hasSecretService())('a move is killed, with the keychain', () => {
    let bus: SessionBus
    beforeAll(async () => {
      bus = await startSessionBus()
      await bus.startKeyring('unlocked')
    })
    afterAll(async () => expect(await bus.stop()).toEqual([]))
    const attributes = (accessKeyId: string): readonly string[] => [
      'service',
      'awsmfa',
      'username',
      accessKeyId,
      'target',
      'default',
    ]
    const secretTool = (words: readonly string[], input = '') =>
      spawnSync('secret-tool', words, { env: bus.environment, input, encoding: 'utf8' })
    const store: RealStore = {
      name: 'keychain',
      environment: () => ({ DBUS_SESSION_BUS_ADDRESS: bus.environment['DBUS_SESSION_BUS_ADDRESS'] ?? '' }),
      fill: (_, keys) => {
        if (keys !== undefined) secretTool(['store', '--label=x', ...attributes(keys.accessKeyId)], encodeItem(keys))
      },
      textOf: (_, accessKeyId) => {
        const { status, stdout } = secretTool(['lookup', ...attributes(accessKeyId).slice(0, 4)])
        return status === 0 ? stdout : undefined
      },
      itemsOf: () => undefined,
    }
    it.each(['store', 'file'] as const)('to the %s', async (to) => await sweep(store, to))
  })

  describe.skipIf(!hasPass())('a move is killed, with pass', () => {
    let gnuPg: GnuPgHome
    let empty: TempHome
    beforeAll(() => {
      gnuPg = createGnuPgHome()
      gnuPg.makeKey('')
      empty = createTempHome()
      gnuPg.initialize(folderIn(empty))
      // Starts the agent, which otherwise would be a process of one of the homes.
      gnuPg.unlock('')
    })
    afterAll(() => {
      gnuPg.remove()
      empty.remove()
    })
    const folderIn = ({ path }: TempHome): string => join(path, '.password-store')
    const store: RealStore = {
      name: 'pass',
      environment: () => ({ GNUPGHOME: gnuPg.path }),
      fill: (home, keys) => {
        cpSync(folderIn(empty), folderIn(home), { recursive: true })
        if (keys !== undefined) gnuPg.insert(folderIn(home), `awsmfa/${keys.accessKeyId}`, encodeItem(keys))
      },
      textOf: (home, accessKeyId) => gnuPg.show(folderIn(home), `awsmfa/${accessKeyId}`),
      itemsOf: (home) => readdirSync(join(folderIn(home), 'awsmfa')).map((name) => name.replace(/\.gpg$/, '')),
    }
    it.each(['store', 'file'] as const)('to the %s', async (to) => await sweep(store, to))
  })
})
