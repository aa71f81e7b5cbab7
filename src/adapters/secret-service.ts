/**
 * What state the Secret Service is in (gnome-keyring, KWallet, KeePassXC), found out over D-Bus before anything asks it for a
 * secret: asked while it is locked, it opens a window, and the native call that waits for that cannot be stopped.
 *
 * The bus is asked through `dbus-send`, else `gdbus`: one of them is there wherever such a service is (the one comes with the
 * bus, the other with the library that gnome-keyring is made of), they open the bus's address in each of its forms, and both
 * tell an error by its name, which `busctl` does not. The libraries for Node are all offspring of one that nobody keeps up any
 * more, and bring an XML parser for what is two calls here.
 *
 * Sources: Secret Service API draft 0.2 (specifications.freedesktop.org/secret-service), D-Bus Specification, "Standard
 * Interfaces"; answers and error names as seen with dbus 1.14, GLib 2.74 and gnome-keyring 42.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `unlocked`: it can be read without a window. `no-service`: no session bus, or nobody on it who keeps secrets. `no-keyring`:
 * there is no default collection to keep anything in. `denied`: the bus or the service does not let us. `no-program`: neither
 * program is there to ask with.
 */
export type SecretServiceState = 'unlocked' | 'locked' | 'no-service' | 'no-keyring' | 'slow' | 'denied' | 'no-program'

/** What to ask about, and how. */
export interface SecretServiceQuestion {
  /** What the item that is wanted would be found by. */
  readonly attributes: Readonly<Record<string, string>>
  /** The environment of the programs that ask; DBUS_SESSION_BUS_ADDRESS names the bus. */
  readonly environment: Readonly<Record<string, string>>
  /** Gives how many ms may still be spent. */
  readonly leftMs: () => number
}

const SERVICE = 'org.freedesktop.secrets'
const DEFAULT_COLLECTION = '/org/freedesktop/secrets/aliases/default'
const COLLECTION_INTERFACE = 'org.freedesktop.Secret.Collection'
const GET = 'org.freedesktop.DBus.Properties.Get'
const SEARCH = 'org.freedesktop.Secret.Service.SearchItems'

/** The address of the session bus: as it is set, else where systemd has it. Undefined: there is none. */
export function sessionBusAddress(environment: NodeJS.ProcessEnv): string | undefined {
  const { DBUS_SESSION_BUS_ADDRESS: address = '', XDG_RUNTIME_DIR: runtimeFolder = '' } = environment
  if (address !== '') return address
  const socket = join(runtimeFolder, 'bus')
  // sd_bus_open_user(3). Escaped as an address wants it: D-Bus Specification, "Server Addresses".
  return runtimeFolder !== '' && existsSync(socket) ? `unix:path=${escaped(socket)}` : undefined
}

function escaped(path: string): string {
  return Buffer.from(path).toString('latin1').replaceAll(/[^\w\-/.]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/**
 * Finds out whether the default collection is locked, and whether the item lies in another one that is: either would open a
 * window. Opens none itself, and asks nobody. Blocks for no longer than there is time left.
 */
export function findSecretServiceState(question: SecretServiceQuestion): SecretServiceState {
  const locked = ask(question, getLocked)
  if ('state' in locked) return locked.state
  if (/\btrue\b/.test(locked.text)) return 'locked'
  if (!/\bfalse\b/.test(locked.text)) return 'denied'
  const found = ask(question, searchItems(question.attributes))
  if ('state' in found) return found.state
  return endsWithEmptyList(found.text) ? 'unlocked' : 'locked'
}

type Reply = { readonly text: string } | { readonly state: SecretServiceState }
type Words = Readonly<Record<'dbus-send' | 'gdbus', readonly string[]>>

const getLocked: Words = {
  'dbus-send': [DEFAULT_COLLECTION, GET, `string:${COLLECTION_INTERFACE}`, 'string:Locked'],
  gdbus: ['--object-path', DEFAULT_COLLECTION, '--method', GET, COLLECTION_INTERFACE, 'Locked'],
}

/** Attributes are words of awsmfa's own, without commas and quotes. */
function searchItems(attributes: Readonly<Record<string, string>>): Words {
  const pairs = Object.entries(attributes)
  return {
    'dbus-send': ['/org/freedesktop/secrets', SEARCH, `dict:string:string:${pairs.flat().join(',')}`],
    gdbus: ['--object-path', '/org/freedesktop/secrets', '--method', SEARCH, `{${pairs.map(([name, value]) => `'${name}': '${value}'`).join(', ')}}`],
  }
}

/** SearchItems answers with two lists, the second one of what is locked. */
function endsWithEmptyList(text: string): boolean {
  return /\[\s*\]\)?\s*$/.test(text)
}

function ask({ environment, leftMs }: SecretServiceQuestion, words: Words): Reply {
  for (const program of ['dbus-send', 'gdbus'] as const) {
    const timeout = Math.floor(leftMs())
    if (timeout <= 0) return { state: 'slow' }
    const { error, status, stdout, stderr } = spawnSync(program, lineFor(program, words, timeout), {
      env: { ...environment, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout,
      killSignal: 'SIGKILL',
    })
    const errno = (error as NodeJS.ErrnoException | undefined)?.code
    if (errno === 'ENOENT' || errno === 'EACCES') continue
    if (errno === 'ETIMEDOUT') return { state: 'slow' }
    return status === 0 ? { text: stdout } : { state: stateOf(stderr) }
  }
  return { state: 'no-program' }
}

/** Both give up by themselves too, should nobody be left to end them. */
function lineFor(program: keyof Words, words: Words, timeoutMs: number): readonly string[] {
  if (program === 'dbus-send') return ['--session', '--print-reply=literal', `--reply-timeout=${timeoutMs}`, `--dest=${SERVICE}`, ...words[program]]
  return ['call', '--session', '--timeout', String(Math.ceil(timeoutMs / 1000)), '--dest', SERVICE, ...words[program]]
}

/** What the name of a D-Bus error means here. Both programs put it into what they say; where the bus cannot be reached there is none. */
function stateOf(stderr: string): SecretServiceState {
  const [, name = ''] = /\borg\.freedesktop\.(?:DBus\.Error|Secret\.Error)\.([\w.]+)/.exec(stderr) ?? []
  if (/^(AccessDenied|AuthFailed|InteractiveAuthorizationRequired)$/.test(name)) return 'denied'
  if (/^(NoReply|Timeout|TimedOut)$/.test(name)) return 'slow'
  if (/^(UnknownObject|UnknownMethod|UnknownInterface|UnknownProperty|NoSuchObject|InvalidArgs)$/.test(name)) return 'no-keyring'
  return name === 'IsLocked' ? 'locked' : 'no-service'
}
