import type { Profiles } from '../files/profile-view.ts'
import type { AwsCache } from '../ports.ts'
import { cacheArgumentsOf } from '../sessions/aws-cache-entry.ts'
import { EXPIRING_SECONDS } from '../sessions/session-state.ts'
import type { KeepDecision, KeepInput } from './keep-or-renew.ts'
import { differingParts } from './session-request.ts'

/** The same decision for a role profile whose session lies in the caches of the AWS CLI and botocore. */
export interface KeepCachedInput extends Omit<KeepInput, 'ownership'> {
  readonly profile: string
  readonly profiles: Profiles
  readonly caches: readonly Pick<AwsCache, 'findFor'>[]
}

/**
 * Keeps what is there only if every cache has an entry that its readers will use for longer than asked for, and that is of the
 * same request or was made by another program for this very role.
 */
export function keepOrRenewCached({ profile, profiles, caches, requestHash, now, minTtlSeconds, renew }: KeepCachedInput): KeepDecision {
  if (renew) return { kind: 'renew', because: 'asked' }
  const view = profiles.find(profile)
  const cacheArguments = view === undefined ? undefined : cacheArgumentsOf(view)
  const entries = cacheArguments === undefined ? [] : caches.flatMap((cache) => entryIn(cache, cacheArguments))
  const [first] = entries
  if (first === undefined || entries.length < caches.length) return { kind: 'renew', because: 'no-session' }
  const soonest = entries.reduce((sooner, entry) => (entry.credentials.expiration < sooner.credentials.expiration ? entry : sooner), first)
  const leftSeconds = (soonest.credentials.expiration.getTime() - now.getTime()) / 1000
  if (leftSeconds <= Math.max(EXPIRING_SECONDS, minTtlSeconds)) return { kind: 'renew', because: 'running-out' }
  const parts = [...new Set(entries.flatMap(({ mark }) => (mark === undefined ? [] : differingParts(mark.requestHash, requestHash))))]
  if (parts.length > 0) return { kind: 'renew', because: 'another-request', parts }
  return { kind: 'keep', expiration: soonest.credentials.expiration, accessKeyId: soonest.credentials.accessKeyId }
}

function entryIn(cache: Pick<AwsCache, 'findFor'>, cacheArguments: Parameters<AwsCache['findFor']>[0]): readonly Extract<ReturnType<AwsCache['findFor']>, { kind: 'entry' }>['entry'][] {
  const found = cache.findFor(cacheArguments)
  return found.kind === 'entry' ? [found.entry] : []
}
