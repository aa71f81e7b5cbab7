import type { ProfileView } from '../files/profile-view.ts'
import { isOwnProcess } from '../login/own-process-line.ts'
import type { CallerIdentity } from '../ports.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import type { CachedSession } from './cached-session.ts'

/**
 * Finds the session in awsmfa's own cache that a profile works with whose `credential_process` is awsmfa: of those that were
 * made for it the one that lasts longest, which bounds the others. Undefined for every other profile.
 */
export function findOwnCachedSession(profile: ProfileView, records: () => readonly SessionRecord[], identityOf: (accessKeyId: string) => CallerIdentity | undefined): CachedSession | undefined {
  if (!isOwnProcess(profile)) return undefined
  const made = records().filter((record) => record.profiles.includes(profile.name))
  const best = made.toSorted((left, right) => left.credentials.expiration.getTime() - right.credentials.expiration.getTime()).at(-1)
  if (best === undefined) return undefined
  const { accessKeyId, expiration } = best.credentials
  return { source: 'awsmfa-cache', accessKeyId, expiration, managedBy: 'awsmfa', identity: identityOf(accessKeyId) }
}
