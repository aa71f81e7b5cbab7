/**
 * The key of the cache in the system's keychain: Keychain of macOS, the Secret Service of Linux, Credential Manager of Windows.
 * Everything that could wait for a person or for another process is done in child processes that are killed when the time is
 * up; the key comes from the child and goes to it through pipes, never by its words or its environment.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { optionalDependencies } from '../../package.json'
import { AwsmfaError } from '../core/failures.ts'
import type { Failure } from '../core/failures.ts'
import { newCacheKey } from './cache-key-file.ts'
import { decodeCacheKey, encodeCacheKey } from './cache-key.ts'
import type { CacheKey, CacheKeySource } from './cache-key.ts'
import { acquireLock } from './file-lock.ts'
import { KEYCHAIN_ACCOUNT, KEYCHAIN_SERVICE } from './keychain-item.ts'
import { monotonicMs } from './monotonic-clock.ts'
import { pauseSync } from './pause.ts'
import { makePrivateFolder } from './private-folder.ts'
import { findSecretServiceState, sessionBusAddress } from './secret-service.ts'
import { writing } from './system-error.ts'

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
  'PATH HOME USER LOGNAME LANG TMPDIR LD_LIBRARY_PATH XDG_RUNTIME_DIR SYSTEMROOT WINDIR SYSTEMDRIVE USERPROFILE USERNAME USERDOMAIN APPDATA LOCALAPPDATA TEMP TMP'.split(' '),
)

type Outcome = { readonly kind: 'key'; readonly key: CacheKey } | { readonly kind: 'none' } | { readonly kind: 'failed'; readonly failure: KeychainFailure }

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
      const outcome = consult().kind === 'none' ? withLock(options.stateFolder, () => consult(encodeCacheKey(newCacheKey()))) : consult()
      if (outcome.kind === 'key') return outcome.key
      const failure = outcome.kind === 'failed' ? outcome.failure : unavailable('denied', 'the key that was put there is not there')
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
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT' ? failed('slow') : outcomeOf(readAnswer(stdout))
}

function environmentOfChildren(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value !== undefined && SEEN_BY_CHILDREN.has(name.toUpperCase()) ? [[name, value]] : [])))
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
