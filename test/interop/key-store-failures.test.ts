/**
 * What goes wrong with a store that has the access key: each store, in each way, with the real programs. The store is
 * named in one line, before a token code is asked for; nothing is changed; and once it works again, so does the key.
 */
import { spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeItem } from '../../src/keys/stores.ts'
import { createGnuPgHome, hasPass } from '../support/pass-store.ts'
import type { GnuPgHome } from '../support/pass-store.ts'
import { openPty } from '../support/pty.ts'
import { isExecutable, PRODUCT, runCli } from '../support/run-cli.ts'
import { end, hasSecretService, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const ITEM = encodeItem({ accessKeyId: ID, secretAccessKey: SECRET })
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'

/** A minute is half a second. */
const HURRY = `const real = setTimeout
globalThis.setTimeout = (work, ms = 0, ...rest) => real(work, ms / 100, ...rest)
`

const TROUBLES = [
  'wrong passphrase',
  'locked',
  'missing store',
  'missing item',
  'damaged item',
  'truncated item',
  'item of a later version',
  'hangs',
] as const

/** A store that does not work. `environment` is added to that of the store. */
interface Broken {
  readonly error: RegExp
  readonly code?: number
  readonly environment?: Readonly<Record<string, string>>
  /** What a person sees meanwhile. */
  readonly note?: RegExp
  /** Whether awsmfa runs at a terminal. */
  readonly atTerminal?: true
  readonly repair?: () => void | Promise<void>
}

/** Breaks the store; or why that cannot happen with it. */
type Cell = (() => Broken) | string

/** A real store that has the key. */
interface RealStore {
  readonly environment: () => Readonly<Record<string, string>>
  /** The item as it is stored; undefined if there is none. */
  readonly item: () => string | undefined
  readonly cells: Readonly<Record<(typeof TROUBLES)[number], Cell>>
}

let home: TempHome
const asked = (): string => join(home.path, 'asked')

beforeEach(() => {
  home = createTempHome({ '.aws/credentials': '# mine\n', 'hurry.cjs': HURRY })
})
afterEach(() => home.remove())

const filesNow = (): readonly string[] => ['config', 'credentials'].map((name) => home.read(`.aws/${name}`).toString())

async function run(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  atTerminal = false,
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  if (!atTerminal) {
    const { code, stderr } = await runCli(words, { environment })
    return { code, lines: stderr.split('\n') }
  }
  const pty = await openPty([...PRODUCT, ...words], { environment: { TERM: 'dumb', ...environment }, columns: 200 })
  try {
    const { code } = await pty.exit()
    return { code, lines: pty.output().split(/\r?\n/) }
  } finally {
    pty.close()
  }
}

function describeStore(name: string, isHere: boolean, store: () => RealStore): void {
  // key-stores.test.ts runs each store with the executable, too; what fails is read by the same code.
  describe.skipIf(!isHere || isExecutable)(name, { timeout: 60_000 }, () => {
    it.each(TROUBLES)('%s', async (trouble) => {
      const { cells, environment: own, item } = store()
      home.write(
        '.aws/config',
        `[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\nawsmfa_keys = ${name}\nawsmfa_key_id = ${ID}\nawsmfa_token_command = touch '${asked()}'\n`,
      )
      const cell = cells[trouble]
      if (typeof cell === 'string') return expect(cell).toMatch(/^n\/a: /)
      const { error, code = 1, environment = {}, note, atTerminal, repair } = cell()
      const before = { files: filesNow(), item: item() }
      for (const words of [
        ['login', 'work'],
        ['keys', 'move', 'work', '--to', 'file', '--yes'],
      ]) {
        const broken = await run(words, { ...home.environment(), ...own(), ...environment }, atTerminal)
        const errors = broken.lines.filter((line) => line.startsWith('awsmfa: error: '))
        expect([errors.length, broken.code, broken.lines]).toEqual([1, code, broken.lines])
        expect(errors[0]).toMatch(error)
        if (note !== undefined) expect(broken.lines.find((line) => note.test(line))).toBeDefined()
      }
      expect(existsSync(asked())).toBe(false)
      expect({ files: filesNow(), item: item() }).toEqual(before)
      await repair?.()
      const moved = await run(['keys', 'move', 'work', '--to', 'file', '--yes'], { ...home.environment(), ...own() })
      expect([moved.code, moved.lines]).toEqual([0, moved.lines])
      expect(filesNow()[1]).toContain(`aws_secret_access_key = ${SECRET}`)
    })
  })
}

/** Items that are not right, and what is said of each. */
function itemCells(put: (text: string) => void, whole: string, later: string) {
  const broken = (text: string, error: RegExp) => (): Broken => {
    put(text)
    return { error, repair: () => put(whole) }
  }
  return {
    'damaged item': broken(whole.replace(/[aeiou]/g, 'x'), /…MPLE in .* is damaged$/),
    'truncated item': broken(whole.slice(0, -12), /…MPLE in .* is damaged$/),
    'item of a later version': broken(later, /…MPLE in .* was stored by a later version of awsmfa$/),
  }
}

const LATER = ITEM.replace('"version":1', '"version":2')

/** A folder with programs that never end, before all others. */
function hanging(...names: readonly string[]): Broken['environment'] {
  const folder = join(home.path, 'hanging')
  mkdirSync(folder)
  for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\nexec /bin/sleep 1000\n', { mode: 0o755 })
  return { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
}

describe('the keychain', () => {
  let bus: SessionBus
  let keyring: ChildProcess | undefined
  let [isLocked, isStopped] = [false, false]
  beforeAll(async () => {
    if (!hasSecretService()) return
    bus = await startSessionBus()
    await unlock()
  })
  afterAll(async () => {
    if (hasSecretService()) expect([bus.windows(), await bus.stop()]).toEqual([0, []])
  })
  const attributes = ['service', 'awsmfa', 'username', ID, 'target', 'default']
  const secretTool = (words: readonly string[], input = ''): string =>
    spawnSync('secret-tool', words, { env: bus.environment, input, encoding: 'utf8' }).stdout
  const put = (text: string): void => void secretTool(['store', '--label=x', ...attributes], text)
  const lock = (): void => {
    const service = ['--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets']
    bus.call('org.freedesktop.Secret.Service.Lock', ...service, "['/org/freedesktop/secrets/collection/login']")
  }
  const unlock = async (): Promise<void> => {
    if (keyring !== undefined) await end(keyring)
    keyring = await bus.startKeyring('unlocked')
    isLocked = false
  }
  afterEach(() => {
    if (isStopped) process.kill(bus.pid, 'SIGCONT')
    isStopped = false
  })

  describeStore('keychain', hasSecretService(), () => {
    put(ITEM)
    return {
      environment: () => ({
        DBUS_SESSION_BUS_ADDRESS: bus.environment['DBUS_SESSION_BUS_ADDRESS'] ?? '',
        DISPLAY: ':99',
      }),
      // A locked keyring would open a window, and a stopped bus not answer.
      item: () => (isLocked || isStopped ? undefined : secretTool(['lookup', ...attributes])),
      cells: {
        ...itemCells(put, ITEM, LATER),
        'wrong passphrase':
          'n/a: the desktop unlocks the keychain; awsmfa opens no window and knows no passphrase of it',
        locked: () => {
          lock()
          isLocked = true
          return { error: /: the keyring is locked$/, repair: unlock }
        },
        'missing store': () => ({
          error: /no Secret Service is running/,
          environment: { DBUS_SESSION_BUS_ADDRESS: '' },
        }),
        'missing item': () => {
          secretTool(['clear', ...attributes])
          return { error: /…MPLE is not in the keychain \(AKIAIOSFODNN7EXAMPLE\)$/, repair: () => put(ITEM) }
        },
        hangs: () => {
          process.kill(bus.pid, 'SIGSTOP')
          isStopped = true
          return {
            error: /the Secret Service did not answer within 2\.5 s$/,
            repair: () => {
              process.kill(bus.pid, 'SIGCONT')
              isStopped = false
            },
          }
        },
      },
    }
  })
})

describe('pass', () => {
  let gnuPg: GnuPgHome
  beforeAll(() => {
    if (!hasPass()) return
    gnuPg = createGnuPgHome()
    gnuPg.makeKey('sesame')
    // A pinentry at which somebody always types another passphrase.
    writeFileSync(
      join(gnuPg.path, 'pinentry'),
      "#!/bin/sh\necho OK\nwhile read -r line; do\n  case $line in GETPIN*) echo 'D wrong';; BYE*) exit;; esac\n  echo OK\ndone\n",
      { mode: 0o755 },
    )
    const configuration = `allow-loopback-pinentry\npinentry-program ${join(gnuPg.path, 'pinentry')}\n`
    writeFileSync(join(gnuPg.path, 'gpg-agent.conf'), configuration)
  })
  afterAll(() => {
    if (hasPass()) gnuPg.remove()
  })

  describeStore('pass', hasPass(), () => {
    const folder = join(home.path, 'own store')
    const entry = join(folder, 'awsmfa', `${ID}.gpg`)
    gnuPg.unlock('sesame')
    gnuPg.initialize(folder)
    const insert = (text: string): void => gnuPg.insert(folder, `awsmfa/${ID}`, text)
    insert(ITEM)
    const whole = readFileSync(entry)
    const broken = (content: Uint8Array) => (): Broken => {
      writeFileSync(entry, content)
      return { error: /…MPLE in pass .* is damaged$/, repair: () => writeFileSync(entry, whole) }
    }
    const unlock = (): void => gnuPg.unlock('sesame')
    const locked = /…MPLE is in pass, and its GnuPG key is locked$/
    return {
      environment: () => ({ GNUPGHOME: gnuPg.path, PASSWORD_STORE_DIR: folder }),
      item: () => (existsSync(entry) ? readFileSync(entry, 'latin1') : undefined),
      cells: {
        ...itemCells(insert, ITEM, LATER),
        'damaged item': broken(whole.map((byte, index) => (index > whole.length - 40 ? byte ^ 255 : byte))),
        'truncated item': broken(whole.subarray(0, -20)),
        'wrong passphrase': () => {
          gnuPg.lock()
          return { error: locked, atTerminal: true, repair: unlock }
        },
        locked: () => {
          gnuPg.lock()
          return { error: locked, repair: unlock }
        },
        'missing store': () => ({
          error: /…MPLE is in pass, and the program pass was not found$/,
          environment: { PATH: join(home.path, '.aws') },
        }),
        'missing item': () => {
          renameSync(entry, `${entry}.away`)
          return { error: /…MPLE is not in pass \(awsmfa\/.*\)$/, repair: () => renameSync(`${entry}.away`, entry) }
        },
        hangs: () => ({
          error: /pass did not answer within 10 s$/,
          note: /^awsmfa: note: waiting for pass, up to 10 s$/,
          environment: hanging('gpg', 'gpg2') ?? {},
        }),
      },
    }
  })
})

describe('encrypted files', () => {
  let template = ''
  const sesame = { AWSMFA_PASSPHRASE_COMMAND: 'echo sesame' }
  beforeAll(async () => {
    const first = createTempHome({
      '.aws/credentials': `[work]\naws_access_key_id = ${ID}\naws_secret_access_key = ${SECRET}\n`,
    })
    const environment = { ...first.environment(), ...sesame }
    expect(await runCli(['keys', 'move', 'work', '--to', 'encrypted-file', '--yes'], { environment })).toMatchObject({
      code: 0,
    })
    template = first.read(`.config/awsmfa/keys/${ID}.json`).toString()
    first.remove()
  })

  describeStore('encrypted-file', process.platform !== 'win32', () => {
    const name = `.config/awsmfa/keys/${ID}.json`
    const file = join(home.path, name)
    const put = (text: string): void => home.write(name, text)
    put(template)
    const missing = (path: string) => (): Broken => {
      renameSync(path, `${path}.away`)
      return { error: /…MPLE is not in ~\/\.config\/.*\.json$/, repair: () => renameSync(`${path}.away`, path) }
    }
    return {
      environment: () => sesame,
      item: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
      cells: {
        ...itemCells(put, template, template.replace('"version": 1', '"version": 2')),
        'wrong passphrase': () => ({
          error: /wrong passphrase for the access key …MPLE in ~/,
          environment: { AWSMFA_PASSPHRASE_COMMAND: 'echo wrong' },
        }),
        locked: () => ({
          error: /the passphrase of the access key is required, and there is no terminal to prompt on$/,
          code: 4,
          environment: { AWSMFA_PASSPHRASE_COMMAND: '' },
        }),
        'missing store': missing(join(home.path, '.config/awsmfa/keys')),
        'missing item': missing(file),
        hangs: () => ({
          error: /the passphrase command 'sleep' \(from AWSMFA_PASSPHRASE_COMMAND\) failed: no output within 60 s$/,
          note: /^awsmfa: note: waiting for the passphrase command 'sleep', up to 60 s$/,
          environment: {
            AWSMFA_PASSPHRASE_COMMAND: 'sleep 1000',
            NODE_OPTIONS: `--require="${join(home.path, 'hurry.cjs')}"`,
          },
        }),
      },
    }
  })
})
