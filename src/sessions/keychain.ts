/**
 * The system's keychain: Keychain of macOS, the Secret Service of Linux, Credential Manager of Windows; and the cache
 * key in it. Whatever could wait for a person or another process runs in child processes, which are killed when the
 * time is up. Secrets pass through pipes, never through arguments or the environment.
 */
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { optionalDependencies } from '../../package.json'
import { existsSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import type { FailureOf } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLock } from '../platform/file-lock.ts'
import { writing } from '../platform/system-error.ts'
import { findProgram } from '../platform/find-program.ts'
import { STORE_PATIENCE_MS, monotonicMs, pauseSync } from '../platform/time.ts'
import { decodeCacheKey, encodeCacheKey } from './cache-cipher.ts'
import { newCacheKey } from './cache-key-file.ts'
import type { CacheKey, CacheKeySource } from './cache-cipher.ts'

/** The item's service, which people see as "where". */
export const KEYCHAIN_SERVICE = 'awsmfa'

/** The item's account, which people see as "user name". */
export const KEYCHAIN_ACCOUNT = 'cache-key'

/** The answer of the helper: the text in the keychain, that there is none, or why that is unknown. */
export type KeychainAnswer =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'no-add-on' }
  | { readonly kind: 'refused'; readonly detail: string }

/** What the helper is asked, as JSON on its stdin: to read an item, and to make or remove it first. */
export interface KeychainQuestion {
  readonly account: string
  /** What to store if there is no item. */
  readonly candidate?: string | undefined
  readonly remove?: true | undefined
}

export type KeychainFailure = FailureOf<'KEYCHAIN_UNAVAILABLE'>

/** How the keychain is reached. */
export interface KeychainAccess {
  /** The words that start src/sessions/keychain-helper.ts. */
  readonly helper: readonly [string, ...string[]]
  readonly environment: NodeJS.ProcessEnv
  /** How long the keychain may take, in ms. */
  readonly patienceMs?: number | undefined
}

export interface KeychainKeyOptions {
  readonly askKeychain: AskKeychain
  /** awsmfa's state folder, which holds the lock for making a key. */
  readonly stateFolder: string
  /** Called with why there is no key, for `--debug`; never with a secret. */
  readonly onOddity: (text: string) => void
  /** Called once, if a key could not be made: the session is not cached then. */
  readonly onUnavailable: (failure: KeychainFailure) => void
}

/**
 * The variables that child processes get: what they need to find the keychain and their libraries. No AWS keys, nothing
 * that makes Node load more, and no display to open a window on.
 */
const SEEN_BY_CHILDREN = new Set(
  'PATH HOME USER LOGNAME LANG TMPDIR LD_LIBRARY_PATH XDG_RUNTIME_DIR SYSTEMROOT WINDIR SYSTEMDRIVE USERPROFILE USERNAME USERDOMAIN APPDATA LOCALAPPDATA TEMP TMP'.split(
    ' ',
  ),
)

type KeychainOutcome =
  | { readonly kind: 'key'; readonly key: CacheKey }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly failure: KeychainFailure }

/**
 * Makes the source of the key in the keychain. Answers and failures are remembered: no command waits twice for a
 * keychain that does not answer. `findOrCreate` throws KEYCHAIN_UNAVAILABLE, FILE_LOCKED, and FILE_NOT_WRITABLE for the
 * lock.
 */
export function createKeychainKey(options: KeychainKeyOptions): CacheKeySource {
  const known: KeychainOutcome[] = []
  const told: KeychainFailure[] = []
  const consult = (candidate?: string): KeychainOutcome => {
    const last = known.at(-1)
    if (last !== undefined && (last.kind !== 'none' || candidate === undefined)) return last
    const outcome = outcomeOf(options.askKeychain({ account: KEYCHAIN_ACCOUNT, candidate }))
    known.push(outcome)
    if (outcome.kind === 'failed') options.onOddity(oddityOf(outcome.failure))
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
          ? withKeychainLock(options.stateFolder, () => consult(encodeCacheKey(newCacheKey())))
          : consult()
      if (outcome.kind === 'key') return outcome.key
      const failure =
        outcome.kind === 'failed' ? outcome.failure : unavailable('denied', 'the key that was put there is not there')
      if (told.push(failure) === 1) options.onUnavailable(failure)
      throw new AwsmfaError(failure)
    },
  }
}

/**
 * Runs an action that makes an item in one process at a time: no keychain has "create if absent" as one step. Throws
 * FILE_LOCKED and FILE_NOT_WRITABLE.
 */
export function withKeychainLock<T>(stateFolder: string, work: () => T): T {
  const path = join(stateFolder, 'keychain.lock')
  const lock = writing(path, 'lock', () => {
    makePrivateFolder(stateFolder)
    return acquireLock(path, { waitMs: STORE_PATIENCE_MS, pause: pauseSync })
  })
  try {
    return work()
  } finally {
    lock.release()
  }
}

/** What the keychain has under a name, or why that is unknown. */
export type KeychainReply =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly failure: KeychainFailure }

/** Asks the keychain about one item of awsmfa's, and returns what it then has. Never throws. */
export type AskKeychain = (question: KeychainQuestion) => KeychainReply

/**
 * Makes the keychain. Reading takes 10 to 20 ms. A keychain that takes seconds has opened a window, for which a
 * credential_process may not wait: after STORE_PATIENCE_MS it is `slow`, and is not asked again.
 */
export function createKeychain(access: KeychainAccess): AskKeychain {
  let slow: KeychainReply | undefined
  return (question) => {
    const reply = slow ?? askKeychain(access, question)
    if (reply.kind === 'failed' && reply.failure.reason === 'slow') slow = reply
    return reply
  }
}

function askKeychain(
  { helper, environment, patienceMs = STORE_PATIENCE_MS }: KeychainAccess,
  question: KeychainQuestion,
): KeychainReply {
  const endMs = monotonicMs() + patienceMs
  const leftMs = (): number => endMs - monotonicMs()
  const seen = environmentOfChildren(environment)
  if (process.platform === 'linux') {
    const address = sessionBusAddress(environment)
    if (address === undefined) return failed('no-service')
    seen['DBUS_SESSION_BUS_ADDRESS'] = address
    // As the add-on looks for it.
    const attributes = { service: KEYCHAIN_SERVICE, username: question.account }
    const state = findSecretServiceState({ attributes, environment: seen, leftMs })
    if (state !== 'unlocked') return failed(state)
  }
  if (leftMs() < 1) return failed('slow')
  const [program, ...args] = helper
  const { error, stdout } = spawnSync(program, args, {
    env: seen,
    input: JSON.stringify(question),
    stdio: ['pipe', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: Math.floor(leftMs()),
    killSignal: 'SIGKILL',
    windowsHide: true,
  })
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
    ? failed('slow')
    : replyOf(readAnswer(stdout))
}

function environmentOfChildren(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && SEEN_BY_CHILDREN.has(name.toUpperCase()) ? [[name, value]] : [],
    ),
  )
}

/** Reads the helper's answer. The helper is awsmfa's own: without an answer it did not get that far. */
function readAnswer(stdout: string | null): KeychainAnswer {
  try {
    return JSON.parse(stdout ?? '') as KeychainAnswer
  } catch {
    return { kind: 'refused', detail: 'the helper gave no answer' }
  }
}

function replyOf(answer: KeychainAnswer): KeychainReply {
  switch (answer.kind) {
    case 'found':
    case 'none':
      return answer
    case 'no-add-on':
      return failed('no-add-on')
    case 'refused':
      return failed('denied', answer.detail)
  }
}

function outcomeOf(reply: KeychainReply): KeychainOutcome {
  if (reply.kind !== 'found') return reply
  const found = decodeCacheKey(reply.text)
  // Left alone: another version of awsmfa, or a person, put it there.
  return found.kind === 'key' ? found : failed('not-a-key')
}

function failed(reason: KeychainFailure['reason'], detail?: string) {
  return { kind: 'failed', failure: unavailable(reason, detail) } as const
}

function unavailable(reason: KeychainFailure['reason'], detail?: string): KeychainFailure {
  const platform = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux'
  const addOn = `@napi-rs/keyring@${optionalDependencies['@napi-rs/keyring']}`
  return { code: 'KEYCHAIN_UNAVAILABLE', platform, reason, addOn, ...(detail === undefined ? {} : { detail }) }
}

function oddityOf({ reason, detail }: KeychainFailure): string {
  return `the keychain gives no cache key: ${reason}${detail === undefined ? '' : ` (${detail})`}`
}

/**
 * The state of the Secret Service (gnome-keyring, KWallet, KeePassXC), found out over D-Bus before anything asks it for
 * a secret: if it is locked it opens a window, and the native call that waits for that cannot be stopped.
 *
 * `unlocked`: it can be read without a window; `no-service`: no session bus, or no such service on it; `no-keyring`: it
 * has no default collection; `denied`: the bus or the service refuses; `no-program`: neither `dbus-send` nor `gdbus` is
 * there. One of them comes with every such service, the first with the bus, the second with gnome-keyring's library.
 * Both open every form of address and report an error by its name, which `busctl` does not; the D-Bus packages for Node
 * are unmaintained.
 *
 * Sources: Secret Service API draft 0.2 (specifications.freedesktop.org/secret-service), D-Bus Specification, "Standard
 * Interfaces"; answers and error names as seen with dbus 1.14, GLib 2.74 and gnome-keyring 42.
 */
type SecretServiceState = 'unlocked' | 'locked' | 'no-service' | 'no-keyring' | 'slow' | 'denied' | 'no-program'

/** A question to the Secret Service. */
interface SecretServiceQuestion {
  /** What the item is found by. */
  readonly attributes: Readonly<Record<string, string>>
  /** Of the programs that ask; DBUS_SESSION_BUS_ADDRESS names the bus. */
  readonly environment: Readonly<Record<string, string>>
  /** Returns how many ms remain. */
  readonly leftMs: () => number
}

const SERVICE = 'org.freedesktop.secrets'

const DEFAULT_COLLECTION = '/org/freedesktop/secrets/aliases/default'

const COLLECTION_INTERFACE = 'org.freedesktop.Secret.Collection'

const GET = 'org.freedesktop.DBus.Properties.Get'

const SEARCH = 'org.freedesktop.Secret.Service.SearchItems'

/** Returns the address of the session bus: as it is set, else systemd's; undefined if there is none. */
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
 * Returns whether the default collection is locked, or the item is in another one that is: either would open a window.
 * Opens none itself, and blocks no longer than `leftMs`.
 */
function findSecretServiceState(question: SecretServiceQuestion): SecretServiceState {
  const locked = ask(question, lockedOf(DEFAULT_COLLECTION))
  if ('state' in locked) return locked.state
  if (/\btrue\b/.test(locked.text)) return 'locked'
  if (!/\bfalse\b/.test(locked.text)) return 'denied'
  const found = ask(question, searchItems(question.attributes))
  if ('state' in found) return found.state
  return endsWithEmptyList(found.text) ? 'unlocked' : 'locked'
}

/** Names of other programs' items that both programs pass on as they are. */
const PLAIN_NAME = /^[\w.@+/=-]+$/

/** A search for several items may take longer. */
const SEARCH_MS = 10_000

/**
 * Returns which of `names` another program has in a collection of the Secret Service, as the attribute `profile` of an
 * item. Opens no window and reads no secret. Never throws.
 */
export function findForeignItems(
  collection: string,
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
): readonly { readonly name: string; readonly isLocked: boolean }[] {
  const address = process.platform === 'linux' ? sessionBusAddress(environment) : undefined
  if (address === undefined) return []
  const endMs = monotonicMs() + SEARCH_MS
  const seen = { ...environmentOfChildren(environment), DBUS_SESSION_BUS_ADDRESS: address }
  const questionFor = (name: string): SecretServiceQuestion => ({
    attributes: { profile: name },
    environment: seen,
    leftMs: () => endMs - monotonicMs(),
  })
  const path = `/org/freedesktop/secrets/collection/${collection.replaceAll(/[^A-Za-z\d]/g, escapedInPath)}`
  const isThere = 'text' in ask(questionFor(''), lockedOf(path))
  return names
    .filter((name) => isThere && PLAIN_NAME.test(name))
    .flatMap((name) => {
      const question = questionFor(name)
      const found = ask(question, searchItems(question.attributes))
      const [unlocked = '', locked = ''] = 'text' in found ? found.text.split(']') : []
      const isIn = (list: string): boolean => list.includes(`${path}/`)
      return isIn(unlocked) || isIn(locked) ? [{ name, isLocked: !isIn(unlocked) }] : []
    })
}

function escapedInPath(character: string): string {
  return Buffer.from(character).reduce((text, byte) => `${text}_${byte.toString(16).padStart(2, '0')}`, '')
}

type Reply = { readonly text: string } | { readonly state: SecretServiceState }

type BusWords = Readonly<Record<'dbus-send' | 'gdbus', readonly string[]>>

function lockedOf(collection: string): BusWords {
  return {
    'dbus-send': [collection, GET, `string:${COLLECTION_INTERFACE}`, 'string:Locked'],
    gdbus: ['--object-path', collection, '--method', GET, COLLECTION_INTERFACE, 'Locked'],
  }
}

/** The attributes are awsmfa's own words, without commas and quotes. */
function searchItems(attributes: Readonly<Record<string, string>>): BusWords {
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

/** SearchItems returns two lists, the second of the locked items. */
function endsWithEmptyList(text: string): boolean {
  return /\[\s*\]\)?\s*$/.test(text)
}

function ask({ environment, leftMs }: SecretServiceQuestion, words: BusWords): Reply {
  for (const program of ['dbus-send', 'gdbus'] as const) {
    const timeout = Math.floor(leftMs())
    if (timeout <= 0) return { state: 'slow' }
    const file = findProgram(program, environment)
    if (file === undefined) continue
    const { error, status, stdout, stderr } = spawnSync(file, lineFor(program, words, timeout), {
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

/** Both have a timeout of their own, in case awsmfa is killed. */
function lineFor(program: keyof BusWords, words: BusWords, timeoutMs: number): readonly string[] {
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

/** Reads the name of the D-Bus error, which both programs print. If the bus cannot be reached there is none. */
function stateOf(stderr: string): SecretServiceState {
  const [, name = ''] = /\borg\.freedesktop\.(?:DBus\.Error|Secret\.Error)\.([\w.]+)/.exec(stderr) ?? []
  if (/^(AccessDenied|AuthFailed|InteractiveAuthorizationRequired)$/.test(name)) return 'denied'
  if (/^(NoReply|Timeout|TimedOut)$/.test(name)) return 'slow'
  if (/^(UnknownObject|UnknownMethod|UnknownInterface|UnknownProperty|NoSuchObject|InvalidArgs)$/.test(name))
    return 'no-keyring'
  return name === 'IsLocked' ? 'locked' : 'no-service'
}
