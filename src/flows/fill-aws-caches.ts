import { AwsmfaError } from '../core/failures.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { RoleStep } from '../core/login/resolution.ts'
import type { AwsCache, Now, SessionSource, StsSession } from '../core/ports.ts'
import { cacheArgumentsOf, isCacheEntryUsable } from '../core/sessions/aws-cache-entry.ts'
import type { CacheArguments } from '../core/sessions/aws-cache-entry.ts'

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
export function rehearseAwsCaches(caches: readonly AwsCache[]): void {
  inEach(caches, (cache) => cache.rehearse())
}

/**
 * Puts the session of every role on the way into every cache, under the name that its profile's settings give. An entry that
 * another program made and that still does is left alone. Gives the caches that refused; throws the refusal where all did.
 */
export function fillAwsCaches(role: RoleToCache, profiles: Profiles, caches: readonly AwsCache[], now: Now): readonly CacheRefusal[] {
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

function fill(cache: AwsCache, { profile, roles, hops, requestHash, renew }: RoleToCache, profiles: Profiles, now: Date): void {
  for (const [index, { credentials, assumedRoleArn }] of hops.entries()) {
    const cacheArguments = argumentsOf(roles[index], profiles)
    if (cacheArguments === undefined || (!renew && isKeptByAnother(cache, cacheArguments, now))) continue
    // A role on the way is in the name of its own profile too, so that signing that one out finds it.
    const owners = new Set([profile, roles[index]?.profile ?? profile])
    for (const owner of owners) cache.storeFor(cacheArguments, { profile: owner, requestHash, credentials, ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }) })
  }
}

function argumentsOf(role: RoleStep | undefined, profiles: Profiles): CacheArguments | undefined {
  const view = role?.profile === undefined ? undefined : profiles.find(role.profile)
  return view === undefined ? undefined : cacheArgumentsOf(view)
}

function isKeptByAnother(cache: AwsCache, cacheArguments: CacheArguments, now: Date): boolean {
  const found = cache.findFor(cacheArguments)
  return found.kind === 'entry' && found.entry.mark === undefined && isCacheEntryUsable(found.entry.credentials.expiration, now)
}
