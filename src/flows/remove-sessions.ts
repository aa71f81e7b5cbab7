import type { RememberedFacts, Removal, SessionCache, SessionStore, WriteWarning } from '../core/ports.ts'
import { afterLogout } from '../core/sessions/shared-session.ts'

/** Where sessions are taken out of. */
export interface RemovalEffects {
  readonly stores: readonly SessionStore[]
  readonly cache: SessionCache
  readonly facts: Pick<RememberedFacts, 'forgetIdentity'>
}

/** What went. */
export interface RemovedSessions {
  readonly removals: readonly Removal[]
  readonly warnings: readonly WriteWarning[]
  /** Devices whose shared MFA sessions went too. */
  readonly sharedSerialNumbers: readonly string[]
}

/** Takes what login stored for these profiles out of every store and cache. Throws what the stores throw. */
export function removeSessions(profiles: readonly string[], all: boolean, { stores, cache, facts }: RemovalEffects): RemovedSessions {
  const outcomes = stores.map((store) => store.remove(profiles))
  const taken = outcomes.flatMap((outcome) => outcome.removals)
  const accessKeyIds = taken.flatMap(({ session }) => session?.accessKeyId ?? [])
  const sharedSerialNumbers = new Set<string>()
  for (const record of cache.list()) {
    const after = afterLogout(record, { profiles, accessKeyIds, all })
    if (after === 'remove') {
      cache.remove(record.key)
      if (record.key.chain === '') sharedSerialNumbers.add(record.key.serialNumber)
    } else if (after !== record) cache.store(after)
  }
  for (const accessKeyId of accessKeyIds) facts.forgetIdentity(accessKeyId)
  return { removals: profiles.map((profile) => together(profile, taken)), warnings: outcomes.flatMap((outcome) => outcome.warnings), sharedSerialNumbers: [...sharedSerialNumbers].toSorted() }
}

/** What all stores took out for one profile, as one removal with the session that would have lasted longest. */
function together(profile: string, removals: readonly Removal[]): Removal {
  const own = removals.filter((removal) => removal.profile === profile)
  const removed = (['session', 'marks'] as const).find((kind) => own.some((removal) => removal.removed === kind)) ?? 'nothing'
  const sessions = own.flatMap(({ session }) => session ?? [])
  const session = sessions.toSorted((left, right) => (left.expiration?.getTime() ?? 0) - (right.expiration?.getTime() ?? 0)).at(-1)
  return { profile, removed, session }
}
