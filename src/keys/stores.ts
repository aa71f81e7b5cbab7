/**
 * Stores for long-term keys outside the credentials file, and those of other programs: the system's keychain, `pass`.
 * Each key pair is an item of its own, named by its access key id, and is never overwritten: other keys are another
 * item.
 */
import { readdirSync, readlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { KEY_PLACES } from '../command-line/spec.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { KeyStoreProblem } from '../model/failure.ts'
import { sweepStages, syncFolder, writeNew, writeWhole } from '../platform/atomic-file.ts'
import { isThere, readRegularFile } from '../platform/read-file.ts'
import { callProgram, withoutKeys } from '../platform/run-program.ts'
import type { ProgramEnd } from '../platform/run-program.ts'
import { orElse, writing } from '../platform/system-error.ts'
import { PASS_PATIENCE_MS } from '../platform/time.ts'
import { withKeychainLock } from '../sessions/keychain.ts'
import type { AskKeychain, KeychainQuestion } from '../sessions/keychain.ts'
import { slowLine } from '../ui/words.ts'

/** A store. Every method throws KEY_STORE_FAILED, the signal's reason, and what its implementation names. */
export interface LongTermKeyStore {
  readonly name: KeyPlace
  /** Returns an item; undefined if there is none of that id. May ask for a passphrase. */
  readonly find: (accessKeyId: string, signal: AbortSignal) => Promise<LongTermCredentials | undefined>
  /** Returns whether there is an item of that id, without asking for a passphrase. */
  readonly has: (accessKeyId: string, signal: AbortSignal) => Promise<boolean>
  /** Makes an item; leaves one that is there as it is. */
  readonly create: (keys: LongTermCredentials, signal: AbortSignal) => Promise<void>
  /** Removes an item, if there is one. */
  readonly remove: (accessKeyId: string, signal: AbortSignal) => Promise<void>
  /** Returns where an item is, for messages. */
  readonly locationOf: (accessKeyId: string) => string
}

/** Returns an item. Throws KEY_STORE_FAILED for one that is not there. `profile`: the one that refers to it. */
export async function readItem(
  store: LongTermKeyStore,
  accessKeyId: string,
  signal: AbortSignal,
  profile?: string,
): Promise<LongTermCredentials> {
  const found = await store.find(accessKeyId, signal)
  if (found === undefined) throw noItem(store, accessKeyId, profile)
  return found
}

/**
 * Stores a key pair, reads it back and compares it. An item that has the same pair already stays; one of that id with
 * another secret is refused, and stays too.
 */
export async function storeItem(
  store: LongTermKeyStore,
  keys: LongTermCredentials,
  signal: AbortSignal,
): Promise<'stored' | 'already-there'> {
  const { accessKeyId, secretAccessKey } = keys
  const earlier = await store.find(accessKeyId, signal)
  if (earlier !== undefined && earlier.secretAccessKey !== secretAccessKey)
    throw storeFailure(store, accessKeyId, 'other-secret')
  if (earlier !== undefined) return 'already-there'
  await store.create(keys, signal)
  const stored = await store.find(accessKeyId, signal)
  if (stored?.secretAccessKey !== secretAccessKey) throw storeFailure(store, accessKeyId, 'not-kept')
  return 'stored'
}

/**
 * Returns the stores that have a copy of a key pair; first of all those of `expected`, where awsmfa knows to have put
 * one. One of these that cannot be used counts as well: what is done there then says why; any other is passed to
 * `onUnasked`. No passphrase is asked for.
 */
export async function storesWith(
  accessKeyId: string,
  {
    storeOf,
    expected,
    onUnasked,
  }: {
    readonly storeOf: StoreOfPlace
    readonly expected: readonly KeyPlace[]
    readonly onUnasked?: (store: KeyPlace, error: AwsmfaError) => void
  },
  signal: AbortSignal,
): Promise<readonly LongTermKeyStore[]> {
  const found: LongTermKeyStore[] = []
  for (const place of new Set([...expected, ...KEY_PLACES])) {
    const store = await storeOf(place)
    if (await hasItem(store)) found.push(store)
  }
  return found

  async function hasItem(store: LongTermKeyStore): Promise<boolean> {
    try {
      return await store.has(accessKeyId, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AwsmfaError)) throw error
      if (expected.includes(store.name)) return true
      onUnasked?.(store.name, error)
      return false
    }
  }
}

/** Returns a key pair from the first of these stores that has it. Throws the first failure if none has. */
export async function findCopy(
  accessKeyId: string,
  stores: readonly LongTermKeyStore[],
  signal: AbortSignal,
): Promise<LongTermCredentials | undefined> {
  let failure: AwsmfaError | undefined
  for (const store of stores) {
    try {
      const found = await store.find(accessKeyId, signal)
      if (found !== undefined) return found
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AwsmfaError) || isFailure(error, 'CANCELLED')) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return undefined
}

/** Returns the store of a place; of `file`, awsmfa's private state. */
export type StoreOfPlace = (place: KeyPlace) => Promise<LongTermKeyStore>

/** Returns the failure of a store that does not have an item. `profile`: the one that refers to it, if known. */
export function noItem(
  { name, locationOf }: Pick<LongTermKeyStore, 'name' | 'locationOf'>,
  accessKeyId: string,
  profile: string | undefined,
): AwsmfaError {
  return new AwsmfaError({
    code: 'KEY_STORE_FAILED',
    store: name,
    reason: 'no-item',
    accessKeyId: shortenAccessKeyId(accessKeyId),
    item: locationOf(accessKeyId),
    profile,
  })
}

/** Returns the failure of a store. */
export function storeFailure(
  { name, locationOf }: Pick<LongTermKeyStore, 'name' | 'locationOf'>,
  accessKeyId: string,
  reason: KeyStoreProblem,
  detail?: string,
): AwsmfaError {
  return new AwsmfaError({
    code: 'KEY_STORE_FAILED',
    store: name,
    reason,
    accessKeyId: shortenAccessKeyId(accessKeyId),
    item: locationOf(accessKeyId),
    detail,
  })
}

/** The version of the items of `keychain` and `pass`. */
const VERSION = 1

/** Returns a key pair as the one line of JSON that is an item of `keychain` and `pass`. */
export function encodeItem({ accessKeyId, secretAccessKey }: LongTermCredentials): string {
  return JSON.stringify({ version: VERSION, accessKeyId, secretAccessKey })
}

/** Reads an item of `keychain` or `pass`; what follows its first line is the user's own. */
export function decodeItem(text: string, accessKeyId: string): LongTermCredentials | 'damaged' | 'newer' {
  const item = parseItem(text.split('\n', 1)[0] ?? '')
  if (typeof item?.['version'] === 'number' && item['version'] > VERSION) return 'newer'
  const secretAccessKey = item?.['secretAccessKey']
  const isWhole =
    item?.['version'] === VERSION && item['accessKeyId'] === accessKeyId && typeof secretAccessKey === 'string'
  return isWhole ? { accessKeyId, secretAccessKey } : 'damaged'
}

/** Returns the object that a JSON text is; undefined for anything else. */
export function parseItem(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

export interface KeychainStoreOptions {
  readonly askKeychain: AskKeychain
  /** awsmfa's state folder, for a lock. */
  readonly stateFolder: string
}

/**
 * Makes the store of the system's keychain: the items of the service `awsmfa` whose account is an access key id. A
 * keychain that is locked, missing or slow is waited for once, shortly, and opens no window: its methods throw
 * KEYCHAIN_UNAVAILABLE.
 */
export function createKeychainStore({ stateFolder, askKeychain }: KeychainStoreOptions): LongTermKeyStore {
  const store = { name: 'keychain', locationOf: (accessKeyId: string) => accessKeyId } as const
  const ask = (question: KeychainQuestion): string | undefined => {
    const reply = askKeychain(question)
    if (reply.kind === 'failed') throw new AwsmfaError({ ...reply.failure, wanted: 'access-key' })
    return reply.kind === 'found' ? reply.text : undefined
  }
  return {
    ...store,
    find: (accessKeyId) => {
      const text = ask({ account: accessKeyId })
      const keys = text === undefined ? undefined : decodeItem(text, accessKeyId)
      return typeof keys === 'string' ? Promise.reject(storeFailure(store, accessKeyId, keys)) : Promise.resolve(keys)
    },
    has: (accessKeyId) => Promise.resolve(ask({ account: accessKeyId }) !== undefined),
    create: (keys) => {
      const question = { account: keys.accessKeyId, candidate: encodeItem(keys) }
      withKeychainLock(stateFolder, () => ask(question))
      return Promise.resolve()
    },
    remove: (accessKeyId) => {
      ask({ account: accessKeyId, remove: true })
      return Promise.resolve()
    },
  }
}

export interface PassOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Whether a person at the terminal can unlock the GnuPG key. */
  readonly canAsk: () => boolean
  /** Takes the line, with its end, that pass takes long. */
  readonly announce: (line: string) => void
}

/** How long a person may take to type the passphrase of the GnuPG key. */
const UNLOCK_MS = 60_000

interface StoreRun {
  readonly exitCode: number | undefined
  readonly output: string
  readonly talk: string
}

/**
 * Makes the store of `pass`, the standard Unix password manager: entries `awsmfa/<access key id>`. Its GnuPG key is
 * unlocked by gpg-agent. Secrets go through stdin and stdout. PASSWORD_STORE_DIR and the other variables of pass count.
 *
 * Known of pass 1.7.4: `insert` without a terminal on stdin overwrites an entry without a question, and GnuPG writes
 * the entry itself, so a killed one leaves half an entry. So a new entry is made under another name and renamed.
 */
export function createPassStore(options: PassOptions): LongTermKeyStore {
  const store = { name: 'pass', locationOf: (accessKeyId: string) => `awsmfa/${accessKeyId}` } as const

  const run = async (
    accessKeyId: string,
    words: readonly string[],
    signal: AbortSignal,
    input?: string,
  ): Promise<StoreRun> => {
    const end = await runPass(words, options, signal, { input })
    if (typeof end === 'string') throw storeFailure(store, accessKeyId, end)
    return end
  }

  const failed = (accessKeyId: string, { talk }: StoreRun): AwsmfaError =>
    storeFailure(store, accessKeyId, problemIn(talk), detailOf(talk))

  const show = async (accessKeyId: string, entry: string, signal: AbortSignal): Promise<string | undefined> => {
    const shown = await showPassEntry(entry, options, signal)
    if (typeof shown === 'string') return shown
    if (shown.reason === 'no-item') return undefined
    throw storeFailure(store, accessKeyId, shown.reason, shown.detail)
  }

  const orThrow = async (accessKeyId: string, words: readonly string[], signal: AbortSignal, input?: string) => {
    const done = await run(accessKeyId, words, signal, input)
    if (done.exitCode !== 0) throw failed(accessKeyId, done)
  }

  return {
    ...store,
    find: async (accessKeyId, signal) => {
      const text = await show(accessKeyId, store.locationOf(accessKeyId), signal)
      const keys = text === undefined ? undefined : decodeItem(text, accessKeyId)
      if (typeof keys === 'string') throw storeFailure(store, accessKeyId, keys)
      return keys
    },
    has: (accessKeyId) => {
      const { PASSWORD_STORE_DIR: named, HOME: home = '' } = options.environment
      const folder = named || join(home, '.password-store')
      return Promise.resolve(isThere(join(folder, `${store.locationOf(accessKeyId)}.gpg`)))
    },
    create: async (keys, signal) => {
      const { accessKeyId } = keys
      const entry = store.locationOf(accessKeyId)
      // Overwrites half an entry that a killed process left under this name.
      await orThrow(accessKeyId, ['insert', '--multiline', '--force', `${entry}.new`], signal, `${encodeItem(keys)}\n`)
      const stored = await show(accessKeyId, `${entry}.new`, signal)
      const isWhole = stored !== undefined && decodeItem(stored, accessKeyId) !== 'damaged'
      if (!isWhole) throw storeFailure(store, accessKeyId, 'not-kept')
      await orThrow(accessKeyId, ['mv', `${entry}.new`, entry], signal)
    },
    remove: async (accessKeyId, signal) => {
      const removed = await run(accessKeyId, ['rm', '--force', store.locationOf(accessKeyId)], signal)
      if (removed.exitCode !== 0 && !/is not in the password store/.test(removed.talk))
        throw failed(accessKeyId, removed)
    },
  }
}

/**
 * Returns the text of an entry, or why there is none; `no-item`: no such entry. A person at the terminal may have to
 * unlock the GnuPG key. Throws the signal's reason alone.
 */
export async function showPassEntry(
  entry: string,
  options: PassOptions,
  signal: AbortSignal,
): Promise<string | { readonly reason: KeyStoreProblem; readonly detail?: string | undefined }> {
  const words = ['show', entry]
  let shown = await runPass(words, options, signal)
  if (typeof shown !== 'string' && shown.exitCode !== 0 && problemIn(shown.talk) === 'locked' && options.canAsk())
    shown = await runPass(words, options, signal, { mayAsk: true })
  if (typeof shown === 'string') return { reason: shown }
  if (shown.exitCode === 0) return shown.output
  if (/is not in the password store/.test(shown.talk)) return { reason: 'no-item' }
  return { reason: problemIn(shown.talk), detail: detailOf(shown.talk) }
}

/**
 * Runs pass. With `mayAsk` GnuPG may ask a person for a passphrase; without, it fails where it would, and pass has less
 * time. Within 3 s a person is told what is waited for.
 */
async function runPass(
  words: readonly string[],
  { environment, announce }: PassOptions,
  signal: AbortSignal,
  { input, mayAsk = false }: { readonly input?: string | undefined; readonly mayAsk?: boolean } = {},
): Promise<StoreRun | KeyStoreProblem> {
  const timeoutMs = mayAsk ? UNLOCK_MS : PASS_PATIENCE_MS
  const options = environment['PASSWORD_STORE_GPG_OPTS'] ?? ''
  const tty = mayAsk ? (environment['GPG_TTY'] ?? terminalName()) : undefined
  const own = `${options} --status-fd=2${mayAsk ? '' : ' --pinentry-mode cancel'}`.trim()
  const talk: string[] = []
  const end = await callProgram(
    {
      program: 'pass',
      words,
      environment: {
        ...withoutKeys(environment),
        PASSWORD_STORE_GPG_OPTS: own,
        ...(tty === undefined ? {} : { GPG_TTY: tty }),
        LC_ALL: 'C',
      },
      terminal: mayAsk ? 'shared' : 'none',
      timeoutMs,
      onSlow: () => announce(slowLine('pass', timeoutMs)),
      input,
      onTalk: (piece) => talk.push(piece),
    },
    signal,
  )
  return end.kind === 'ended' ? { exitCode: end.exitCode, output: end.output, talk: talk.join('') } : problemOf(end)
}

function problemOf(end: Exclude<ProgramEnd, { readonly kind: 'ended' }>): KeyStoreProblem {
  if (end.kind === 'timed-out') return 'slow'
  return end.kind === 'not-run' ? 'no-program' : 'damaged'
}

/**
 * Reads what pass says in English, and the status lines of GnuPG (doc/DETAILS): KEY_CONSIDERED with DECRYPTION_FAILED,
 * and no DECRYPTION_INFO between them, is a key that is there and could not be used.
 */
function problemIn(talk: string): KeyStoreProblem {
  const has = (status: string): boolean => talk.includes(`[GNUPG:] ${status}`)
  if (/You must run:|password store is empty/.test(talk)) return 'no-store'
  if (has('NODATA') || has('BADMDC') || (has('DECRYPTION_INFO') && has('DECRYPTION_FAILED'))) return 'damaged'
  return has('KEY_CONSIDERED') && has('DECRYPTION_FAILED') ? 'locked' : 'refused'
}

/** The last line says why; the ones before it name the key. */
function detailOf(talk: string): string | undefined {
  const lines = talk.split('\n').filter((line) => line !== '' && !line.startsWith('[GNUPG:]'))
  return lines.at(-1)
}

/** Returns the name of the terminal, by which GnuPG's own program can ask there; undefined if there is none. */
function terminalName(): string | undefined {
  const descriptor = [0, 1, 2].find((each) => isatty(each))
  return descriptor === undefined ? undefined : orElse(undefined, () => readlinkSync(`/proc/self/fd/${descriptor}`))
}

/** What `rotate` keeps between its runs, in awsmfa's state folder: one file of each, mode 0600. */
export interface RotationFiles {
  /** Key pairs of profiles whose keys are in the shared files: the new one until it is there, and the old one. */
  readonly pairs: LongTermKeyStore
  /** Returns the notes of all rotations, as they were written. Never throws. */
  readonly notes: () => readonly string[]
  /** Writes the note of the rotation of a key, through to the disk. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE. */
  readonly note: (oldKeyId: string, text: string) => void
  /** Removes a note, if there is one. Throws FILE_NOT_WRITABLE. */
  readonly forget: (oldKeyId: string) => void
  /** Removes all pairs with one of these secrets. Throws FILE_NOT_WRITABLE. */
  readonly removePairsWith: (secrets: readonly string[]) => void
  /** Removes what killed processes left. Never throws. */
  readonly sweep: () => void
}

/** Makes the store. Touches nothing until it is used. */
export function createRotationFiles(stateFolder: string): RotationFiles {
  const folder = join(stateFolder, 'rotations')
  const noteOf = (oldKeyId: string): string => join(folder, `${oldKeyId}.rotation.json`)
  const names = (): readonly string[] => orElse([], () => readdirSync(folder))
  const textOf = (name: string): string => orElse('', () => readRegularFile(join(folder, name)).bytes.toString())
  const remove = (path: string): void => {
    writing(path, 'remove', () => {
      if (isThere(path)) unlinkSync(path)
    })
    syncFolder(dirname(path))
  }
  const store = { name: 'file', locationOf: (accessKeyId: string) => join(folder, `${accessKeyId}.json`) } as const
  return {
    pairs: {
      ...store,
      find: (accessKeyId) => {
        const { bytes, stat } = readRegularFile(store.locationOf(accessKeyId))
        const keys = stat === undefined ? undefined : decodeItem(bytes.toString(), accessKeyId)
        return typeof keys === 'string' ? Promise.reject(storeFailure(store, accessKeyId, keys)) : Promise.resolve(keys)
      },
      has: (accessKeyId) => Promise.resolve(isThere(store.locationOf(accessKeyId))),
      create: (keys) => Promise.resolve(writeNew(store.locationOf(keys.accessKeyId), `${encodeItem(keys)}\n`)),
      remove: (accessKeyId) => Promise.resolve(remove(store.locationOf(accessKeyId))),
    },
    notes: () => names().flatMap((name) => (name.endsWith('.rotation.json') ? [textOf(name)] : [])),
    note: (oldKeyId, text) => writeWhole(noteOf(oldKeyId), text, true),
    forget: (oldKeyId) => remove(noteOf(oldKeyId)),
    removePairsWith: (secrets) => {
      for (const name of names())
        if (secrets.some((secret) => textOf(name).includes(secret))) remove(join(folder, name))
    },
    sweep: () => sweepStages(folder),
  }
}
