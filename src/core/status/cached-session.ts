import type { ProfileView } from '../files/profile-view.ts'
import type { AwsCache, CallerIdentity, SessionSource, StoredSession } from '../ports.ts'
import { cacheArgumentsOf, isCacheEntryUsable, quietUntil } from '../sessions/aws-cache-entry.ts'

/** A session from a cache of the AWS CLI or botocore, with who it is where the entry says so. */
export interface CachedSession extends StoredSession {
  readonly identity: CallerIdentity | undefined
}

/** Finds the session that the caches hold for a role profile, whoever made it: the one that lasts longest. */
export function findCachedSession(profile: ProfileView, caches: readonly Pick<AwsCache, 'source' | 'findFor'>[]): CachedSession | undefined {
  const cacheArguments = cacheArgumentsOf(profile)
  if (cacheArguments === undefined) return undefined
  const sessions = caches.flatMap(({ source, findFor }): readonly (CachedSession & { readonly expiration: Date })[] => {
    const found = findFor(cacheArguments)
    if (found.kind !== 'entry') return []
    const { credentials: { accessKeyId, expiration }, mark, assumedRoleArn: arn } = found.entry
    const identity = arn === undefined ? undefined : { account: arn.split(':')[4] ?? '', arn, userId: '' }
    return [{ source, accessKeyId, expiration, managedBy: mark === undefined ? 'other' : 'awsmfa', identity }]
  })
  return sessions.reduce<CachedSession & { readonly expiration: Date } | undefined>((best, session) => (best === undefined || session.expiration > best.expiration ? session : best), undefined)
}

/** A session that another program, such as the AWS CLI, put into a cache for a role profile. */
export interface OthersEntry {
  readonly path: string
  readonly expiration: Date
}

/** Finds the sessions that still hold and that logout leaves, since awsmfa did not make them. */
export function findOthersEntries(profile: ProfileView, caches: readonly Pick<AwsCache, 'findFor' | 'pathFor'>[], now: Date): readonly OthersEntry[] {
  const cacheArguments = cacheArgumentsOf(profile)
  if (cacheArguments === undefined) return []
  return caches.flatMap(({ findFor, pathFor }) => {
    const found = findFor(cacheArguments)
    if (found.kind !== 'entry' || found.entry.mark !== undefined || found.entry.credentials.expiration <= now) return []
    return [{ path: pathFor(cacheArguments), expiration: found.entry.credentials.expiration }]
  })
}

/** The caches whose readers do not ask for a code now, and until when none of these readers does. */
export interface Quiet {
  readonly sources: readonly SessionSource[]
  readonly until: Date
}

/** Finds out which readers a role profile's entries keep from asking, whoever made these; undefined where all would ask. */
export function findQuiet(profile: ProfileView, caches: readonly Pick<AwsCache, 'source' | 'findFor'>[], now: Date): Quiet | undefined {
  const cacheArguments = cacheArgumentsOf(profile)
  const entries = caches.flatMap(({ source, findFor }) => {
    const found = cacheArguments === undefined ? undefined : findFor(cacheArguments)
    return found?.kind === 'entry' && isCacheEntryUsable(found.entry.credentials.expiration, now) ? [{ source, until: quietUntil(found.entry.credentials.expiration) }] : []
  })
  const [soonest] = entries.map(({ until }) => until).toSorted((left, right) => left.getTime() - right.getTime())
  return soonest === undefined ? undefined : { sources: entries.map(({ source }) => source), until: soonest }
}
