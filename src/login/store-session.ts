import { isEditContained } from '../aws-files/containment.ts'
import { applyEdits, differenceOf } from '../aws-files/edit.ts'
import { readIniDocument } from '../aws-files/ini-document.ts'
import { planSessionWrite } from '../aws-files/session-section.ts'
import type { FileSnapshot } from '../aws-files/profiles.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { StsSession } from '../aws/sts-api.ts'
import type { ObtainedSession } from './obtain-session.ts'
import type { RoleStep } from './resolution.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Now } from '../platform/time.ts'
import { cacheArgumentsOf, isCacheEntryUsable } from '../sessions/aws-cache-entry.ts'
import type { CacheArguments } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { ADVISORY_REFRESH_SECONDS, isUsable } from '../sessions/reuse.ts'
import type { SessionSource } from '../sessions/reuse.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'

/** A role profile whose sessions go into the caches of the AWS CLI and botocore. */
export interface RoleToCache {
  readonly profile: string
  readonly roles: readonly RoleStep[]
  /** The session of each role, in the same order. */
  readonly hops: readonly StsSession[]
  readonly requestHash: string
  /** Replace entries that another program made and that would still do. */
  readonly renew: boolean
}

/** A cache that could not be filled. */
export interface CacheRefusal {
  readonly source: SessionSource
  readonly error: AwsmfaError
}

/**
 * Finds out, before a code is spent, whether a session could go into any cache at all. Throws the refusal where all refuse; one
 * that refuses alone is told when it is filled.
 */
export function preflightAwsCaches(caches: readonly AwsCache[]): void {
  inEach(caches, (cache) => cache.preflight())
}

/**
 * Puts the session of every role on the way into every cache, under the name that its profile's settings give. An entry that
 * another program made and that still does is left alone. Gives the caches that refused; throws the refusal where all did.
 */
export function fillAwsCaches(
  role: RoleToCache,
  profiles: Profiles,
  caches: readonly AwsCache[],
  now: Now,
): readonly CacheRefusal[] {
  return inEach(caches, (cache) => fill(cache, role, profiles, now()))
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
  { profile, roles, hops, requestHash, renew }: RoleToCache,
  profiles: Profiles,
  now: Date,
): void {
  for (const [index, { credentials, assumedRoleArn }] of hops.entries()) {
    const cacheArguments = argumentsOf(roles[index], profiles)
    if (cacheArguments === undefined || (!renew && isKeptByAnother(cache, cacheArguments, now))) continue
    // A role on the way is in the name of its own profile too, so that signing that one out finds it.
    const owners = new Set([profile, roles[index]?.profile ?? profile])
    for (const owner of owners)
      cache.storeFor(cacheArguments, {
        profile: owner,
        requestHash,
        credentials,
        ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }),
      })
  }
}

function argumentsOf(role: RoleStep | undefined, profiles: Profiles): CacheArguments | undefined {
  const view = role?.profile === undefined ? undefined : profiles.find(role.profile)
  return view === undefined ? undefined : cacheArgumentsOf(view)
}

function isKeptByAnother(cache: AwsCache, cacheArguments: CacheArguments, now: Date): boolean {
  const found = cache.findFor(cacheArguments)
  return (
    found.kind === 'entry' &&
    found.entry.mark === undefined &&
    isCacheEntryUsable(found.entry.credentials.expiration, now)
  )
}

/** Sessions of profiles whose `credential_process` is awsmfa: they are in awsmfa's own cache or nowhere. */

/**
 * Finds out, before anything is asked or sent, whether the cache would take a session of that profile; gives undefined where it
 * would. Else only a session that is kept already will do. Where one may be, gives SESSION_NOT_KEPT for the case that it does not
 * answer the request; where there is none, or `renew` wants a new one, throws it.
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
    const failure = new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: false }, { cause: error })
    const mayBeKept =
      !renew &&
      cache
        .list()
        .some((record) => record.profiles.includes(profile) && isUsable(record, now(), ADVISORY_REFRESH_SECONDS))
    if (!mayBeKept) throw failure
    return failure
  }
}

/** Sees whether the session that was got is in the cache by now, and notes who it is. Gives the failure where it is not. */
export function checkOwnCache(
  profile: string,
  { credentials: { accessKeyId }, identity }: ObtainedSession,
  { cache, facts }: Pick<CacheEffects, 'cache'> & { readonly facts: RememberedFacts },
): AwsmfaError | undefined {
  const isKept = cache.list().some((record) => record.credentials.accessKeyId === accessKeyId)
  if (!isKept) return new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: true })
  if (identity !== undefined) facts.rememberIdentity(accessKeyId, identity)
  return undefined
}

/** What is to be written into a profile's section of the credentials file. */
export interface SessionToStore {
  readonly profile: string
  readonly credentials: ShortTermCredentials
  readonly requestHash: string
}

/**
 * Writes sessions into the credentials file, all in one write, and gives the warnings of the write. What stands in the
 * sections is looked at again under the lock: the person may have taken a minute to type, and long-term credentials that came
 * in meanwhile are not overwritten (SECTION_HOLDS_LONG_TERM_CREDENTIALS). Throws also what `transact` throws, FILE_MALFORMED,
 * TEXT_REFUSED, and EDIT_NOT_CONTAINED should an edit touch anything outside its section; then none is written.
 */
export function storeSessions(files: SharedFiles, sessions: readonly SessionToStore[]): readonly WriteWarning[] {
  const outcome = files.transact(['credentials'], ({ credentials }) => {
    const after = sessions.reduce((text, session) => withSession({ ...credentials, text }, session), credentials.text)
    return { edits: { credentials: differenceOf(credentials.text, after) }, result: undefined }
  })
  return outcome.warnings
}

/**
 * Finds out, before a code is spent, whether `storeSessions` could write that profile's session now: plans it with a session
 * of the usual size and makes a trial stage. Throws what `storeSessions` would throw; changes nothing.
 */
export function preflightStore(files: SharedFiles, profile: string, now: Date): void {
  const credentials: ShortTermCredentials = {
    accessKeyId: `ASIA${'A'.repeat(16)}`,
    secretAccessKey: 'A'.repeat(40),
    sessionToken: 'A'.repeat(600),
    expiration: now,
  }
  withSession(files.read().credentials, { profile, credentials, requestHash: '0' })
  files.preflight(['credentials'])
}

function withSession({ text, path }: Pick<FileSnapshot, 'text' | 'path'>, session: SessionToStore): string {
  const after = applyEdits(text, planSessionWrite({ document: readIniDocument(text), path, ...session }))
  if (!isEditContained({ before: text, after, profile: session.profile, intended: session.credentials }))
    throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path } })
  return after
}
