import { readdirSync, rmSync } from 'node:fs'
import { isOwnProcess } from '../aws-files/profile-keys.ts'
import type { StsSession } from '../aws/sts-api.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { makeFolder, sweepFolder, tryStage, writeWhole } from '../platform/atomic-file.ts'
import { childPath } from '../platform/paths.ts'
import { readWhole } from '../platform/read-file.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { inspectSealed, openSealed, seal } from './cache-cipher.ts'
import type { CacheKeySource } from './cache-cipher.ts'
import { ADVISORY_REFRESH_SECONDS, isUsable } from './reuse.ts'
import type { StoredSession } from './reuse.ts'
import { decodeAnySessionRecord, decodeSessionRecord, encodeSessionRecord, sessionName } from './session-record.ts'
import type { SessionKey, SessionRecord, Sha256 } from './session-record.ts'
import type { SessionStore } from './stores.ts'

/**
 * awsmfa's own cache of sessions: one file for each key, `<cache folder>/sessions/<name>.sealed`, 0600 in a folder 0700, each
 * sealed under its name with the cache key. What does not open is a miss, and the next store replaces it.
 */

export interface SessionCacheOptions {
  readonly cacheFolder: string
  /** Asked for the key only where there is an entry to open or to store. */
  readonly keySource: CacheKeySource
  readonly sha256: Sha256
  /** Told what was found unreadable or damaged, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

const SEALED_NAME = /^([0-9a-f]{40})\.sealed$/

/** As sessions were kept before they were sealed, in plain text. They are never read. */
const PLAIN_NAME = /^[0-9a-f]{40}\.json$/

/** An entry is about as long. */
const TRIAL_BYTES = 2048

/** Makes the cache. Touches nothing until it is asked. */
export function createSessionCache({ cacheFolder, keySource, sha256, onOddity }: SessionCacheOptions): SessionCache {
  const folder = childPath(cacheFolder, 'sessions')
  const pathOf = (name: string): string => childPath(folder, `${name}.sealed`)
  const read = (name: string, decode: (text: string) => SessionRecord | undefined): SessionRecord | undefined => {
    const path = pathOf(name)
    const sealed = readIfThere(path, onOddity)
    if (sealed === undefined) return undefined
    const { text, trouble } = open(sealed, name, keySource)
    const record = text === undefined ? undefined : decode(text)
    if (record === undefined)
      onOddity(`the cache entry ${path} ${trouble ?? DAMAGED}; it is ignored and will be replaced`)
    return record
  }
  const sealedNames = (): readonly string[] => namesIn(folder).flatMap((name) => SEALED_NAME.exec(name)?.[1] ?? [])
  return {
    find: (key) => read(sessionName(key, sha256), (text) => decodeSessionRecord(text, key)),
    store: (record) => {
      removePlain(folder)
      const name = sessionName(record.key, sha256)
      writeWhole(
        pathOf(name),
        seal(Buffer.from(encodeSessionRecord(record)), entryName(name), keySource.findOrCreate()),
      )
    },
    preflight: () => {
      keySource.findOrCreate()
      const trial = childPath(folder, 'trial')
      makeFolder(trial)
      tryStage(trial, TRIAL_BYTES)
    },
    list: () => sealedNames().flatMap((name) => read(name, decodeAnySessionRecord) ?? []),
    remove: (key) => removeFile(pathOf(sessionName(key, sha256))),
    count: () => sealedNames().length,
    removeAll: () => sealedNames().forEach((name) => removeFile(pathOf(name))),
    sweep: () => {
      removePlain(folder)
      sweepFolder(folder, namesIn(folder), 0)
    },
  }
}

const DAMAGED = 'is damaged or not of this version'

interface Opened {
  readonly text?: string
  /** Why it did not open. */
  readonly trouble?: string
}

function open(sealed: Buffer, name: string, keySource: CacheKeySource): Opened {
  const found = inspectSealed(sealed)
  if (found === 'newer') return { trouble: 'was made by a later version of awsmfa' }
  if (found === 'damaged') return { trouble: DAMAGED }
  const key = keySource.find()
  if (key === undefined) return { trouble: 'cannot be opened: there is no key for it' }
  const text = openSealed(sealed, entryName(name), key)?.toString('utf8')
  if (text !== undefined) return { text }
  return { trouble: found === key.id ? DAMAGED : 'was sealed with another key' }
}

/** The name under which an entry is sealed; other kinds of entries have other folders. */
function entryName(name: string): string {
  return `sessions/${name}`
}

function removeFile(path: string): void {
  writing(path, 'remove', () => rmSync(path, { force: true }))
}

function removePlain(folder: string): void {
  for (const name of namesIn(folder).filter((found) => PLAIN_NAME.test(found)))
    errnoOf(() => rmSync(childPath(folder, name), { force: true }))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or none that can be read: the cache is empty, which costs a question and loses nothing.
    return []
  }
}

function readIfThere(path: string, onOddity: (text: string) => void): Buffer | undefined {
  try {
    return readWhole(path)
  } catch (error) {
    onOddity(
      `the cache entry ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it is no whole file'})`,
    )
    return undefined
  }
}

/**
 * The sessions of profiles whose `credential_process` is awsmfa, as a store. They lie in the session cache, where what is
 * shared goes with its last user, and that is seen to by whoever walks the cache; so nothing is removed here, only told.
 */

export interface OwnCacheStoreOptions {
  readonly cache: Pick<SessionCache, 'list'>
  readonly readProfiles: () => Profiles
}

/** Makes the store. Reads nothing before it is asked. */
export function createOwnCacheStore({ cache, readProfiles }: OwnCacheStoreOptions): SessionStore {
  const findIn = (profiles: Profiles, name: string, records = cache.list): StoredSession | undefined => {
    const view = profiles.find(name)
    const found = view === undefined ? undefined : findOwnCachedSession(view, records, () => undefined)
    return found === undefined
      ? undefined
      : {
          source: found.source,
          accessKeyId: found.accessKeyId,
          expiration: found.expiration,
          managedBy: found.managedBy,
        }
  }
  return {
    source: 'awsmfa-cache',
    find: (profile) => findIn(readProfiles(), profile),
    managedProfiles: () => {
      const profiles = readProfiles()
      return profiles
        .names()
        .filter((name) => isOwnProcess(profiles.find(name)) && findIn(profiles, name) !== undefined)
    },
    remove: (names) => {
      const profiles = readProfiles()
      return {
        removals: names.map((profile) => {
          // A role's session is its own; the MFA session that it was made from may have other users.
          const session =
            findIn(profiles, profile, () => cache.list().filter(({ key }) => key.chain !== '')) ??
            findIn(profiles, profile)
          return { profile, removed: session === undefined ? 'nothing' : 'session', session }
        }),
        warnings: [],
      }
    },
  }
}

/** awsmfa's own cache of sessions. Reading never throws: what cannot be read is a miss. */
export interface SessionCache {
  readonly find: (key: SessionKey) => SessionRecord | undefined
  /**
   * Stores a record, sealed, whole or not at all. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE, and what the source of the
   * cache key throws where there is no key to be had.
   */
  readonly store: (record: SessionRecord) => void
  /** Finds out whether `store` could: sees to the key and the folder, and makes a trial file that it removes. Throws what `store` would throw. */
  readonly preflight: () => void
  /** Every readable record. */
  readonly list: () => readonly SessionRecord[]
  /** How many entries there are, those that cannot be read included. */
  readonly count: () => number
  /** Removes a record, if it is there. Throws FILE_NOT_WRITABLE. */
  readonly remove: (key: SessionKey) => void
  /** Removes every entry, those that cannot be read included. Throws FILE_NOT_WRITABLE. */
  readonly removeAll: () => void
  /** Removes what killed processes left, whole sessions under other names among it. Never throws. */
  readonly sweep: () => void
}

/**
 * Finds the session in awsmfa's own cache that a profile works with whose `credential_process` is awsmfa: of those that were
 * made for it the one that lasts longest, which bounds the others. Undefined for every other profile.
 */
export function findOwnCachedSession(
  profile: ProfileView,
  records: () => readonly SessionRecord[],
  identityOf: (accessKeyId: string) => CallerIdentity | undefined,
): StoredSession | undefined {
  if (!isOwnProcess(profile)) return undefined
  const made = records().filter((record) => record.profiles.includes(profile.name))
  const best = made
    .toSorted((left, right) => left.credentials.expiration.getTime() - right.credentials.expiration.getTime())
    .at(-1)
  if (best === undefined) return undefined
  const { accessKeyId, expiration } = best.credentials
  return { source: 'awsmfa-cache', accessKeyId, expiration, managedBy: 'awsmfa', identity: identityOf(accessKeyId) }
}

/** What keeping sessions needs. */
export interface KeepingEffects {
  readonly cache: SessionCache
  readonly now: Now
  readonly debug: (text: string) => void
}

/** What a kept session must be to do. */
export interface KeptWanted {
  readonly key: SessionKey
  /** The profiles that will be signed in with it. */
  readonly profiles: readonly string[]
  /** A new session is wanted, unless this same question was answered meanwhile. */
  readonly renew: boolean
  /** Sessions made since then answer this same question: another process asked it while this one waited. */
  readonly since: Date | undefined
  /** More than this must be left, in seconds; never under `floorSeconds`. */
  readonly minimumSeconds: number
  /** 15 minutes unless given: what has less is about to end, and would not last through what it is for. */
  readonly floorSeconds?: number | undefined
  /** The session must have been asked for with this length; undefined: any. */
  readonly durationSeconds: number | undefined
}

/** Finds a kept session that will do, and notes who uses it now. */
export function findKept(wanted: KeptWanted, effects: KeepingEffects): StsSession | undefined {
  const {
    key,
    profiles,
    renew,
    since,
    minimumSeconds,
    floorSeconds = ADVISORY_REFRESH_SECONDS,
    durationSeconds,
  } = wanted
  const record = effects.cache.find(key)
  if (record === undefined || !isUsable(record, effects.now(), Math.max(floorSeconds, minimumSeconds))) return undefined
  const justMade = since !== undefined && record.createdAt.getTime() >= since.getTime()
  if (renew && !justMade) return undefined
  if (durationSeconds !== undefined && record.durationSeconds !== durationSeconds) return undefined
  effects.debug(`a kept ${key.chain === '' ? 'MFA session' : 'role session'} is used`)
  const users = [...new Set([...record.profiles, ...profiles])]
  if (users.length > record.profiles.length) store({ ...record, profiles: users }, effects)
  return record.assumedRoleArn === undefined
    ? { credentials: record.credentials }
    : { credentials: record.credentials, assumedRoleArn: record.assumedRoleArn }
}

/** A session that was just made, and what it may be shared on. */
export interface MadeSession {
  readonly key: SessionKey
  readonly session: StsSession
  readonly durationSeconds: number
  readonly profiles: readonly string[]
}

/** Keeps a session that was just made. A cache that cannot be written costs a question some day, and no session now. */
export function keep(made: MadeSession, effects: KeepingEffects): void {
  const { session, ...rest } = made
  store({ ...rest, ...session, createdAt: effects.now() }, effects)
}

function store(record: SessionRecord, { cache, debug }: KeepingEffects): void {
  try {
    cache.store(record)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`the session could not be kept (${error.failure.code})`)
  }
}
