import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { optionalDependencies } from '../../package.json'
import { existsSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLock } from '../platform/file-lock.ts'
import { writing } from '../platform/system-error.ts'
import { monotonicMs, pauseSync } from '../platform/time.ts'
import { decodeCacheKey, encodeCacheKey } from './cache-cipher.ts'
import type { CacheKey, CacheKeySource } from './cache-cipher.ts'
import { newCacheKey } from './cache-key-file.ts'

/** Under which names the cache key stands in the system's keychain. People see both there. */

/** The service, or "where", of the item. */
export const KEYCHAIN_SERVICE = 'awsmfa'

/** The account, or "user name", of the item. */
export const KEYCHAIN_ACCOUNT = 'cache-key'

/**
 * The key of the cache in the system's keychain: Keychain of macOS, the Secret Service of Linux, Credential Manager of Windows.
 * Everything that could wait for a person or for another process is done in child processes that are killed when the time is
 * up; the key comes from the child and goes to it through pipes, never by its words or its environment.
 */

/** What the helper says: the text that stands in the keychain, that there is none, or why there is no knowing. */
export type KeychainAnswer =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'none' | 'no-add-on' }
  | { readonly kind: 'refused'; readonly detail: string }

/** Why the key cannot be had. */
export type KeychainFailure = Extract<Failure, { readonly code: 'KEYCHAIN_UNAVAILABLE' }>

export interface KeychainKeyOptions {
  /** The built helper, src/entry/keychain-helper.ts. */
  readonly helper: string
  /** awsmfa's state folder, where those who make a key take turns. */
  readonly stateFolder: string
  readonly environment: NodeJS.ProcessEnv
  /** Told why a key could not be had, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
  /** Told once, when a key that was to be made could not be: then the session is not kept. */
  readonly onUnavailable: (failure: KeychainFailure) => void
  /** How long the keychain may take, in ms. */
  readonly patienceMs?: number
}

/**
 * How long a keychain may take. Reading takes 10 to 20 ms; one that takes seconds has opened a window, and a program that
 * answers as credential_process may not wait for that.
 */
const PATIENCE_MS = 3000

/**
 * What the children see of the environment: what they need to find the keychain and their libraries. No AWS keys, nothing
 * that makes Node load more, and no display to open a window on.
 */
const SEEN_BY_CHILDREN = new Set(
  'PATH HOME USER LOGNAME LANG TMPDIR LD_LIBRARY_PATH XDG_RUNTIME_DIR SYSTEMROOT WINDIR SYSTEMDRIVE USERPROFILE USERNAME USERDOMAIN APPDATA LOCALAPPDATA TEMP TMP'.split(
    ' ',
  ),
)

type Outcome =
  | { readonly kind: 'key'; readonly key: CacheKey }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly failure: KeychainFailure }

/**
 * Keeps the key in the keychain. What was found out is not asked again, a failure neither: no command waits for a keychain that
 * does not answer longer than once. `findOrCreate` throws KEYCHAIN_UNAVAILABLE, FILE_LOCKED, and FILE_NOT_WRITABLE for the lock.
 */
export function createKeychainKey(options: KeychainKeyOptions): CacheKeySource {
  const known: Outcome[] = []
  const told: KeychainFailure[] = []
  const consult = (candidate?: string): Outcome => {
    const last = known.at(-1)
    if (last !== undefined && (last.kind !== 'none' || candidate === undefined)) return last
    const outcome = askKeychain(options, candidate)
    known.push(outcome)
    if (outcome.kind === 'failed') options.onOddity(inWords(outcome.failure))
    return outcome
  }
  return {
    find: () => {
      const outcome = consult()
      return outcome.kind === 'key' ? outcome.key : undefined
    },
    findOrCreate: () => {
      const outcome =
        consult().kind === 'none'
          ? withLock(options.stateFolder, () => consult(encodeCacheKey(newCacheKey())))
          : consult()
      if (outcome.kind === 'key') return outcome.key
      const failure =
        outcome.kind === 'failed' ? outcome.failure : unavailable('denied', 'the key that was put there is not there')
      if (told.push(failure) === 1) options.onUnavailable(failure)
      throw new AwsmfaError(failure)
    },
  }
}

/** No keychain says "make it if it is not there" in one step, so those who would make one do it one after the other. */
function withLock<T>(stateFolder: string, work: () => T): T {
  const path = join(stateFolder, 'keychain.lock')
  const lock = writing(path, 'lock', () => {
    makePrivateFolder(stateFolder)
    return acquireLock(path, { waitMs: PATIENCE_MS, pause: pauseSync })
  })
  try {
    return work()
  } finally {
    lock.release()
  }
}

function askKeychain({ helper, environment, patienceMs = PATIENCE_MS }: KeychainKeyOptions, candidate = ''): Outcome {
  const endMs = monotonicMs() + patienceMs
  const leftMs = (): number => endMs - monotonicMs()
  const seen = environmentOfChildren(environment)
  if (process.platform === 'linux') {
    const address = sessionBusAddress(environment)
    if (address === undefined) return failed('no-service')
    seen['DBUS_SESSION_BUS_ADDRESS'] = address
    // As the add-on looks for it.
    const attributes = { service: KEYCHAIN_SERVICE, username: KEYCHAIN_ACCOUNT }
    const state = findSecretServiceState({ attributes, environment: seen, leftMs })
    if (state !== 'unlocked') return failed(state)
  }
  if (leftMs() < 1) return failed('slow')
  const { error, stdout } = spawnSync(process.execPath, [helper], {
    env: seen,
    input: candidate,
    stdio: ['pipe', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: Math.floor(leftMs()),
    killSignal: 'SIGKILL',
    windowsHide: true,
  })
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
    ? failed('slow')
    : outcomeOf(readAnswer(stdout))
}

function environmentOfChildren(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && SEEN_BY_CHILDREN.has(name.toUpperCase()) ? [[name, value]] : [],
    ),
  )
}

/** Reads what the helper said; it is awsmfa's own, so what is no answer means that it did not get that far. */
function readAnswer(stdout: string | null): KeychainAnswer {
  try {
    return JSON.parse(stdout ?? '') as KeychainAnswer
  } catch {
    return { kind: 'refused', detail: 'the helper gave no answer' }
  }
}

function outcomeOf(answer: KeychainAnswer): Outcome {
  switch (answer.kind) {
    case 'none':
      return { kind: 'none' }
    case 'no-add-on':
      return failed('no-add-on')
    case 'refused':
      return failed('denied', answer.detail)
    case 'found': {
      const found = decodeCacheKey(answer.text)
      // It is left alone: another version of awsmfa, or a person, put it there.
      return found.kind === 'key' ? found : failed('not-a-key')
    }
  }
}

function failed(reason: KeychainFailure['reason'], detail?: string): Outcome {
  return { kind: 'failed', failure: unavailable(reason, detail) }
}

function unavailable(reason: KeychainFailure['reason'], detail?: string): KeychainFailure {
  const platform = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux'
  const addOn = `@napi-rs/keyring@${optionalDependencies['@napi-rs/keyring']}`
  return { code: 'KEYCHAIN_UNAVAILABLE', platform, reason, addOn, ...(detail === undefined ? {} : { detail }) }
}

function inWords({ reason, detail }: KeychainFailure): string {
  return `the keychain gives no cache key: ${reason}${detail === undefined ? '' : ` (${detail})`}`
}

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
function sessionBusAddress(environment: NodeJS.ProcessEnv): string | undefined {
  const { DBUS_SESSION_BUS_ADDRESS: address = '', XDG_RUNTIME_DIR: runtimeFolder = '' } = environment
  if (address !== '') return address
  const socket = join(runtimeFolder, 'bus')
  // sd_bus_open_user(3). Escaped as an address wants it: D-Bus Specification, "Server Addresses".
  return runtimeFolder !== '' && existsSync(socket) ? `unix:path=${escaped(socket)}` : undefined
}

function escaped(path: string): string {
  return Buffer.from(path)
    .toString('latin1')
    .replaceAll(/[^\w\-/.]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/**
 * Finds out whether the default collection is locked, and whether the item lies in another one that is: either would open a
 * window. Opens none itself, and asks nobody. Blocks for no longer than there is time left.
 */
function findSecretServiceState(question: SecretServiceQuestion): SecretServiceState {
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
    gdbus: [
      '--object-path',
      '/org/freedesktop/secrets',
      '--method',
      SEARCH,
      `{${pairs.map(([name, value]) => `'${name}': '${value}'`).join(', ')}}`,
    ],
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
  if (program === 'dbus-send')
    return [
      '--session',
      '--print-reply=literal',
      `--reply-timeout=${timeoutMs}`,
      `--dest=${SERVICE}`,
      ...words[program],
    ]
  return ['call', '--session', '--timeout', String(Math.ceil(timeoutMs / 1000)), '--dest', SERVICE, ...words[program]]
}

/** What the name of a D-Bus error means here. Both programs put it into what they say; where the bus cannot be reached there is none. */
function stateOf(stderr: string): SecretServiceState {
  const [, name = ''] = /\borg\.freedesktop\.(?:DBus\.Error|Secret\.Error)\.([\w.]+)/.exec(stderr) ?? []
  if (/^(AccessDenied|AuthFailed|InteractiveAuthorizationRequired)$/.test(name)) return 'denied'
  if (/^(NoReply|Timeout|TimedOut)$/.test(name)) return 'slow'
  if (/^(UnknownObject|UnknownMethod|UnknownInterface|UnknownProperty|NoSuchObject|InvalidArgs)$/.test(name))
    return 'no-keyring'
  return name === 'IsLocked' ? 'locked' : 'no-service'
}
