import { AwsmfaError, isFailure } from '../core/failures.ts'
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

/**
 * Takes what login stored for these profiles out of every store and cache. Of many profiles one that fails is left alone, with
 * the failure in its removal; the failure of an only one is thrown. Throws what the stores throw; a cache that cannot be
 * changed is a warning, since by then the session is out of the file.
 */
export function removeSessions(profiles: readonly string[], all: boolean, { stores, cache, facts }: RemovalEffects): RemovedSessions {
  const failed = new Set<string>()
  const outcomes = stores.map((store) => {
    const outcome = store.remove(profiles.filter((profile) => !failed.has(profile)))
    for (const { profile, failure } of outcome.removals) {
      if (failure === undefined) continue
      if (profiles.length === 1) throw new AwsmfaError(failure)
      failed.add(profile)
    }
    return outcome
  })
  const taken = outcomes.flatMap((outcome) => outcome.removals)
  const accessKeyIds = taken.flatMap(({ session }) => session?.accessKeyId ?? [])
  const sharedSerialNumbers = new Set<string>()
  const cacheWarnings: WriteWarning[] = []
  cache.sweep()
  for (const record of cache.list()) {
    const after = afterLogout(record, { profiles: profiles.filter((profile) => !failed.has(profile)), accessKeyIds, all })
    const warning = after === record ? undefined : warningOf(() => (after === 'remove' ? cache.remove(record.key) : cache.store(after)))
    if (warning !== undefined) cacheWarnings.push(warning)
    else if (after === 'remove' && record.key.chain === '') sharedSerialNumbers.add(record.key.serialNumber)
  }
  // Those that do not open with the key of now, too.
  const left = all && cacheWarnings.length === 0 ? warningOf(cache.removeAll) : undefined
  if (left !== undefined) cacheWarnings.push(left)
  for (const accessKeyId of accessKeyIds) facts.forgetIdentity(accessKeyId)
  return { removals: profiles.map((profile) => together(profile, taken)), warnings: [...outcomes.flatMap((outcome) => outcome.warnings), ...cacheWarnings], sharedSerialNumbers: [...sharedSerialNumbers].toSorted() }
}

/** Gives what stood in the way of a change of a cache, as a warning. */
function warningOf(change: () => void): WriteWarning | undefined {
  try {
    change()
    return undefined
  } catch (error) {
    if (isFailure(error, 'FILE_INCOMPLETE_WRITE')) return { kind: 'session-not-removed', path: error.failure.place.path, errno: 'ENOSPC' }
    if (!isFailure(error, 'FILE_NOT_WRITABLE') && !isFailure(error, 'FILE_UNREADABLE')) throw error
    return { kind: 'session-not-removed', path: error.failure.place.path, errno: error.failure.errno }
  }
}

/** What all stores took out for one profile, as one removal with the session that would have lasted longest. */
function together(profile: string, removals: readonly Removal[]): Removal {
  const own = removals.filter((removal) => removal.profile === profile)
  const removed = (['session', 'marks'] as const).find((kind) => own.some((removal) => removal.removed === kind)) ?? 'nothing'
  const sessions = own.flatMap(({ session }) => session ?? [])
  const session = sessions.toSorted((left, right) => (left.expiration?.getTime() ?? 0) - (right.expiration?.getTime() ?? 0)).at(-1)
  const failure = own.find((removal) => removal.failure !== undefined)?.failure
  return { profile, removed, session, ...(failure === undefined ? {} : { failure }) }
}
