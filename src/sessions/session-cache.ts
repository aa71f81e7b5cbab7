/**
 * awsmfa's own cache of sessions: one file for each key, `<cache folder>/sessions/<name>.sealed`, 0600 in a folder
 * 0700, encrypted under its name with the cache key. A file that cannot be decrypted is a miss, and the next store
 * replaces it.
 */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isOwnProcess, signInCommandOf } from '../aws-files/profile-keys.ts'
import type { StsSession } from '../aws/sts-api.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { makePrivateFolder, sweepStages, tryStage, writeWhole } from '../platform/atomic-file.ts'
import { readWhole } from '../platform/read-file.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { decryptEntry, encryptEntry, inspectEncrypted } from './cache-cipher.ts'
import type { CacheKeySource } from './cache-cipher.ts'
import { findCachedEntries } from './aws-cache-entry.ts'
import type { AwsCacheReader } from './aws-cache-entry.ts'
import { ADVISORY_REFRESH_SECONDS, isUsable } from './reuse.ts'
import type { AwsLogins } from './aws-logins.ts'
import type { StoredSession } from './reuse.ts'
import { decodeSessionRecord, encodeSessionRecord, sessionName } from './session-record.ts'
import type { SessionKey, SessionRecord, Sha256 } from './session-record.ts'
import type { CachedSessionOf } from './status.ts'
import type { Removal, SessionStore } from './stores.ts'

/** Reading never throws: what cannot be read is a miss. */
export interface SessionCache {
  readonly find: (key: SessionKey) => SessionRecord | undefined
  /**
   * Writes a record, encrypted, whole or not at all. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE, and what
   * `findOrCreate` of the key's source throws.
   */
  readonly store: (record: SessionRecord) => void
  /** Makes the key and the folder, and a trial file that it removes. Throws what `store` would throw. */
  readonly preflight: () => void
  /** Returns every readable record. */
  readonly list: () => readonly SessionRecord[]
  /** Returns the number of entries, those that cannot be read included. */
  readonly count: () => number
  /** Removes a record if it is there. Throws FILE_NOT_WRITABLE. */
  readonly remove: (key: SessionKey) => void
  /** Removes every entry, those that cannot be read included. Throws FILE_NOT_WRITABLE. */
  readonly removeAll: () => void
  /**
   * Removes what killed processes left, whole sessions under other names included, and sessions that expired over a day
   * ago, as `store` does. Never throws.
   */
  readonly sweep: () => void
}

export interface SessionCacheOptions {
  readonly cacheFolder: string
  /** Asked for the key only if there is an entry to decrypt or to encrypt. */
  readonly keySource: CacheKeySource
  readonly sha256: Sha256
  readonly now: Now
  /** Called with what is unreadable or damaged, for `--debug`; never with a secret. */
  readonly onOddity: (text: string) => void
}

const ENTRY_NAME = /^([0-9a-f]{40})\.sealed$/

/** Sessions in plain text, as earlier versions wrote them. They are removed and never read. */
const PLAINTEXT_NAME = /^[0-9a-f]{40}\.json$/

/**
 * No session of AWS lasts longer than 36 hours (GetSessionToken), and for a day after it is shown as expired. An entry
 * that was written before that is of no use to anybody: no key is needed to see that.
 */
const USELESS_AFTER_MS = (36 + 24) * 3_600_000

/** About the size of an entry. */
const TRIAL_BYTES = 2048

const DAMAGED = 'is damaged or not of this version'

/** Makes the cache. Touches nothing until it is used. */
export function createSessionCache(options: SessionCacheOptions): SessionCache {
  const { cacheFolder, keySource, sha256, now, onOddity } = options
  const folder = join(cacheFolder, 'sessions')
  const pathOf = (name: string): string => join(folder, `${name}.sealed`)
  const names = (): readonly string[] => namesIn(folder).flatMap((name) => ENTRY_NAME.exec(name)?.[1] ?? [])
  const read = (name: string, wantedKey?: SessionKey): SessionRecord | undefined => {
    const path = pathOf(name)
    const encrypted = readEntry(path, onOddity)
    if (encrypted === undefined) return undefined
    const { text, reason = DAMAGED } = decrypt(encrypted, name, keySource)
    const record = text === undefined ? undefined : decodeSessionRecord(text, wantedKey)
    if (record === undefined) onOddity(`the cache entry ${path} ${reason}; it is ignored and will be replaced`)
    return record
  }
  const remove = (name: string): void => writing(pathOf(name), 'remove', () => rmSync(pathOf(name), { force: true }))
  return {
    find: (key) => read(sessionName(key, sha256), key),
    store: (record) => {
      removeUseless(folder, now())
      const name = sessionName(record.key, sha256)
      const text = Buffer.from(encodeSessionRecord(record))
      writeWhole(pathOf(name), encryptEntry(text, boundName(name), keySource.findOrCreate()))
    },
    preflight: () => {
      keySource.findOrCreate()
      const trial = join(folder, 'trial')
      writing(trial, 'folder', () => makePrivateFolder(folder))
      tryStage(trial, TRIAL_BYTES)
    },
    list: () => names().flatMap((name) => read(name) ?? []),
    remove: (key) => remove(sessionName(key, sha256)),
    count: () => names().length,
    removeAll: () => names().forEach(remove),
    sweep: () => {
      removeUseless(folder, now())
      sweepStages(folder, 0)
    },
  }
}

function decrypt(
  encrypted: Buffer,
  name: string,
  keySource: CacheKeySource,
): { readonly text?: string; readonly reason?: string } {
  const keyId = inspectEncrypted(encrypted)
  if (keyId === 'newer') return { reason: 'was made by a later version of awsmfa' }
  if (keyId === 'damaged') return {}
  const key = keySource.find()
  if (key === undefined) return { reason: 'cannot be opened: there is no key for it' }
  const text = decryptEntry(encrypted, boundName(name), key)?.toString('utf8')
  if (text !== undefined) return { text }
  return keyId === key.id ? {} : { reason: 'was encrypted with another key' }
}

/** The name that an entry is encrypted under; entries of other kinds have other folders. */
function boundName(name: string): string {
  return `sessions/${name}`
}

function readEntry(path: string, onOddity: (text: string) => void): Buffer | undefined {
  try {
    return readWhole(path)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'it is no whole file'
    onOddity(`the cache entry ${path} cannot be read (${reason})`)
    return undefined
  }
}

/** Removes sessions in plain text, and those that expired long ago. */
function removeUseless(folder: string, now: Date): void {
  const isOld = (name: string): boolean =>
    (statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < now.getTime() - USELESS_AFTER_MS
  for (const name of namesIn(folder))
    if (PLAINTEXT_NAME.test(name) || (ENTRY_NAME.test(name) && isOld(name)))
      errnoOf(() => rmSync(join(folder, name), { force: true }))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or none that can be read: the cache is empty, which costs a question and loses nothing.
    return []
  }
}

export interface CacheEffects {
  readonly cache: SessionCache
  readonly now: Now
  readonly debug: (text: string) => void
}

/** What a cached session must be, to be used. */
export interface CachedSessionQuery {
  readonly key: SessionKey
  /** The profiles that will be signed in with it. */
  readonly profiles: readonly string[]
  /** A new session is wanted, unless this same question was answered meanwhile. */
  readonly renew: boolean
  /** A session created since then answers this same question: another process asked it while this one waited. */
  readonly since: Date | undefined
  /** More seconds than this must remain, and more than `floorSeconds`. */
  readonly minimumSeconds: number
  /** The advisory threshold unless given. */
  readonly floorSeconds?: number | undefined
  /** The session must have been requested with this duration; undefined: any. */
  readonly durationSeconds: number | undefined
}

/** Returns a cached session that can be used, and adds its new users to the record. */
export function findCached(query: CachedSessionQuery, effects: CacheEffects): StsSession | undefined {
  const { key, profiles, renew, since, minimumSeconds, durationSeconds } = query
  const { floorSeconds = ADVISORY_REFRESH_SECONDS } = query
  const record = effects.cache.find(key)
  if (record === undefined || !isUsable(record, effects.now(), Math.max(floorSeconds, minimumSeconds))) return undefined
  const isAnswer = since !== undefined && record.createdAt.getTime() >= since.getTime()
  if (renew && !isAnswer) return undefined
  if (durationSeconds !== undefined && record.durationSeconds !== durationSeconds) return undefined
  effects.debug(`using the cached ${key.chain === '' ? 'MFA session' : 'role session'}`)
  const users = [...new Set([...record.profiles, ...profiles])]
  if (users.length > record.profiles.length) tryStore({ ...record, profiles: users }, effects)
  const { credentials, assumedRoleArn } = record
  return assumedRoleArn === undefined ? { credentials } : { credentials, assumedRoleArn }
}

/**
 * Caches a session that was just created. If the cache cannot be written, that costs a question some day, and no
 * session now.
 */
export function cacheSession(
  { session, ...rest }: Omit<SessionRecord, 'createdAt' | keyof StsSession> & { readonly session: StsSession },
  effects: CacheEffects,
): void {
  tryStore({ ...rest, ...session, createdAt: effects.now() }, effects)
}

function tryStore(record: SessionRecord, { cache, debug }: Pick<CacheEffects, 'cache' | 'debug'>): void {
  try {
    cache.store(record)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`the session could not be kept (${error.failure.code})`)
  }
}

/**
 * Caches the sessions of one access key for another one of the same user, too, so that a login with it finds them. What
 * cannot be written costs a question some day.
 */
export function copySessions(from: string, to: string, effects: Pick<CacheEffects, 'cache' | 'debug'>): void {
  for (const record of effects.cache.list().filter(({ key }) => key.accessKeyId === from))
    tryStore({ ...record, key: { ...record.key, accessKeyId: to } }, effects)
}

/** Removes the sessions of an access key. One that cannot be removed is left. */
export function removeSessionsOf(accessKeyId: string, { cache, debug }: Pick<CacheEffects, 'cache' | 'debug'>): void {
  try {
    for (const { key } of cache.list().filter((record) => record.key.accessKeyId === accessKeyId)) cache.remove(key)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`a cached session could not be removed (${error.failure.code})`)
  }
}

/**
 * Makes the one reader of cached sessions: for a role profile the entry of the AWS CLI's and botocore's caches that
 * lasts longest, of any tool; otherwise, for a profile whose `credential_process` is awsmfa, the session in
 * awsmfa's own cache, without its secrets. For a profile that the AWS CLI signs in to, what its caches have.
 */
export function createCachedSessionReader({
  awsCaches,
  awsLogins,
  records,
  identityOf,
}: {
  readonly awsLogins?: Pick<AwsLogins, 'sessionOf'>
  readonly awsCaches: readonly AwsCacheReader[]
  readonly records: () => readonly SessionRecord[]
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
}): CachedSessionOf {
  return (profile) => {
    if (signInCommandOf(profile) !== undefined) return awsLogins?.sessionOf(profile)
    const cached = lastToExpire(findCachedEntries(profile, awsCaches).map(({ session }) => session))
    if (cached !== undefined) return cached
    const own = ownSession(profile, records)
    return own?.accessKeyId === undefined ? own : { ...own, identity: identityOf(own.accessKeyId) }
  }
}

/** Of the sessions that were created for the profile the one that lasts longest, which bounds the others. */
function ownSession(
  profile: ProfileView | undefined,
  records: () => readonly SessionRecord[],
): StoredSession | undefined {
  if (profile === undefined || !isOwnProcess(profile)) return undefined
  const own = records().filter(({ profiles }) => profiles.includes(profile.name))
  return lastToExpire(
    own.map(({ credentials: { accessKeyId, expiration } }) => ({
      source: 'awsmfa-cache',
      accessKeyId,
      expiration,
      managedBy: 'awsmfa',
    })),
  )
}

function lastToExpire(sessions: readonly (StoredSession & { readonly expiration: Date })[]): StoredSession | undefined {
  return sessions.toSorted((left, right) => right.expiration.getTime() - left.expiration.getTime())[0]
}

/**
 * Makes the store of the profiles whose `credential_process` is awsmfa. It removes nothing, it only reports: sessions
 * in the cache are shared and are removed with their last user, which is the work of `logout`. Reads nothing until it
 * is used.
 */
export function createOwnCacheStore({
  cache,
  readProfiles,
}: {
  readonly cache: Pick<SessionCache, 'list'>
  readonly readProfiles: () => Profiles
}): SessionStore {
  return {
    source: 'awsmfa-cache',
    managedProfiles: () => {
      const profiles = readProfiles()
      return profiles.names().filter((name) => ownSession(profiles.find(name), cache.list) !== undefined)
    },
    remove: (names) => {
      const profiles = readProfiles()
      const roleSessions = (): readonly SessionRecord[] => cache.list().filter(({ key }) => key.chain !== '')
      const removals = names.map((name): Removal => {
        const profile = profiles.find(name)
        // A role's session is its own; the MFA session that it was made from may have other users.
        const session = ownSession(profile, roleSessions) ?? ownSession(profile, cache.list)
        return { profile: name, removed: session === undefined ? 'nothing' : 'session', session }
      })
      return { removals, warnings: [] }
    },
  }
}
