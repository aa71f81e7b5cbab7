import type { ProfileView } from '../files/profile-view.ts'
import type { AwsCache, CallerIdentity, StoredSession } from '../ports.ts'
import { cacheArgumentsOf } from '../sessions/aws-cache-entry.ts'

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
