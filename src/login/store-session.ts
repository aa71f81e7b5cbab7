/**
 * Stores sessions: in the credentials file, in the caches of the AWS CLI and botocore, in awsmfa's own cache. Each has
 * its preflight.
 */
import { isEditContained, planSessionWrite } from '../aws-files/session-section.ts'
import { applyEdits, readIniDocument, replaceText } from '../aws-files/ini-document.ts'
import type { FileSnapshot } from '../aws-files/profiles.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { StsSession } from '../aws/sts-api.ts'
import type { LoginEffects } from './prepare.ts'
import type { ObtainedSession } from './obtain-session.ts'
import type { RoleStep } from './resolution.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Now } from '../platform/time.ts'
import { cacheArgumentsOf, isCacheEntryUsable } from '../sessions/aws-cache-entry.ts'
import type { AwsCacheFinding } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import { ADVISORY_REFRESH_SECONDS, isUsable } from '../sessions/reuse.ts'
import type { SessionSource } from '../sessions/reuse.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { SessionRecord } from '../sessions/session-record.ts'

/** A session for a profile's section of the credentials file. */
export interface SessionToStore {
  readonly profile: string
  readonly credentials: ShortTermCredentials
  readonly requestHash: string
}

/**
 * Writes sessions into the credentials file, all in one write. Returns the warnings of the write. The sections are read
 * again under the lock, since a person may take a minute to type: long-term credentials that somebody has put there
 * meanwhile are not overwritten (SECTION_HOLDS_LONG_TERM_CREDENTIALS). Throws also what `transact` throws,
 * FILE_MALFORMED, TEXT_REFUSED, and EDIT_NOT_CONTAINED for an edit outside its section; nothing is written then.
 */
export function storeSessions(files: SharedFiles, sessions: readonly SessionToStore[]): readonly WriteWarning[] {
  const outcome = files.transact(['credentials'], ({ credentials }) => {
    const after = sessions.reduce((text, session) => withSession({ ...credentials, text }, session), credentials.text)
    return { edits: { credentials: replaceText(credentials.text, after) }, result: undefined }
  })
  return outcome.warnings
}

/**
 * Checks, before a code is spent, that `storeSessions` could plan that profile's session, with one of the usual size.
 * Throws what the plan would throw; whether the file can be written is for `SharedFiles.preflight`.
 */
export function preflightStore(files: SharedFiles, profile: string, now: Date): void {
  const credentials: ShortTermCredentials = {
    accessKeyId: `ASIA${'A'.repeat(16)}`,
    secretAccessKey: 'A'.repeat(40),
    sessionToken: 'A'.repeat(600),
    expiration: now,
  }
  withSession(files.read().credentials, { profile, credentials, requestHash: '0' })
}

function withSession({ text, path }: Pick<FileSnapshot, 'text' | 'path'>, session: SessionToStore): string {
  const after = applyEdits(text, planSessionWrite({ document: readIniDocument(text), path, ...session }))
  if (!isEditContained({ before: text, after, profile: session.profile, intended: session.credentials }))
    throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path } })
  return after
}

/** The sessions of a role profile for the caches of the AWS CLI and botocore. */
export interface RoleToCache {
  readonly profile: string
  readonly roles: readonly RoleStep[]
  /** The session of each role, in the same order. */
  readonly hops: readonly StsSession[]
  readonly requestHash: string
  /** Replace usable entries of another program too. */
  readonly renew: boolean
  /** Another program's entry of the last role is usable if it lasts longer than this. */
  readonly minTtlSeconds: number
}

/** A cache that refused its sessions. */
export interface CacheRefusal {
  readonly source: SessionSource
  readonly error: AwsmfaError
}

/**
 * Checks, before a code is spent, that some cache could be written. Throws HOME_UNKNOWN without caches, since these are
 * in the home folder, and the refusal of the first if all refuse.
 */
export function preflightAwsCaches(caches: readonly AwsCache[]): void {
  if (caches.length === 0) throw new AwsmfaError({ code: 'HOME_UNKNOWN' })
  inEach(caches, (cache) => cache.preflight())
}

/**
 * Stores the session of every role of the chain in every cache, under the name that its profile's settings give. Keeps
 * usable entries of another program. Returns the caches that refused; throws the refusal of the first if all did.
 */
export function fillAwsCaches(
  chain: RoleToCache,
  profiles: Profiles,
  caches: readonly AwsCache[],
  now: Now,
): readonly CacheRefusal[] {
  return inEach(caches, (cache) => fill(cache, chain, profiles, now()))
}

function inEach(caches: readonly AwsCache[], action: (cache: AwsCache) => void): readonly CacheRefusal[] {
  const refusals: CacheRefusal[] = []
  for (const cache of caches) {
    try {
      action(cache)
    } catch (error) {
      if (!(error instanceof AwsmfaError)) throw error
      refusals.push({ source: cache.source, error })
    }
  }
  const [first] = refusals
  if (first !== undefined && refusals.length === caches.length) throw first.error
  return refusals
}

function fill(
  cache: AwsCache,
  { profile, roles, hops, requestHash, renew, minTtlSeconds }: RoleToCache,
  profiles: Profiles,
  now: Date,
): void {
  for (const [index, { credentials, assumedRoleArn }] of hops.entries()) {
    const view = profiles.find(roles[index]?.profile ?? '')
    const cacheArguments = view && cacheArgumentsOf(view)
    if (view === undefined || cacheArguments === undefined) continue
    const minimumSeconds = index === hops.length - 1 ? minTtlSeconds : 0
    if (!renew && hasForeignSession(cache.findFor(cacheArguments), minimumSeconds, now)) continue
    const write = { requestHash, credentials, ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }) }
    // Stored also for the profile that names the role, so that signing that one out finds it.
    for (const owner of new Set([profile, view.name])) cache.storeFor(cacheArguments, { profile: owner, ...write })
  }
}

function hasForeignSession(found: AwsCacheFinding, minimumSeconds: number, now: Date): boolean {
  if (found.kind !== 'entry' || found.entry.mark !== undefined) return false
  const { expiration } = found.entry.credentials
  return isCacheEntryUsable(expiration, now) && secondsUntil(expiration, now) > minimumSeconds
}

/**
 * Checks, before anything is asked or sent, that awsmfa's own cache would take a session of that profile. Returns
 * undefined if so; otherwise SESSION_NOT_KEPT, for the case that the cached session does not answer the request. Throws
 * it if no session is cached, or a new one is wanted.
 */
export function preflightOwnCache(
  profile: string,
  renew: boolean,
  { cache, now, debug }: CacheEffects,
): AwsmfaError | undefined {
  try {
    cache.preflight()
    return undefined
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`no session could be kept (${error.failure.code})`)
    const unwritable = isFailure(error, 'FILE_NOT_WRITABLE')
      ? { path: error.failure.place.path, errno: error.failure.errno }
      : undefined
    const failure = new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: false, unwritable }, { cause: error })
    const isUsableFor = (record: SessionRecord): boolean =>
      record.profiles.includes(profile) && isUsable(record, now(), ADVISORY_REFRESH_SECONDS)
    if (renew || !cache.list().some(isUsableFor)) throw failure
    return failure
  }
}

/**
 * Checks that the profile's new session is in awsmfa's own cache, and remembers whose it is. Throws SESSION_NOT_KEPT if
 * it is not there.
 */
export function checkOwnCache(
  profile: string,
  { credentials: { accessKeyId }, identity }: ObtainedSession,
  { cache, facts }: Pick<LoginEffects, 'cache' | 'facts'>,
): void {
  const isCached = cache
    .list()
    .some((record) => record.credentials.accessKeyId === accessKeyId && record.profiles.includes(profile))
  if (!isCached) throw new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: true })
  if (identity !== undefined) facts.rememberIdentity(accessKeyId, identity)
}
