import type { SessionRecord } from './session-record.ts'

/** What a logout took out. */
export interface Logout {
  readonly profiles: readonly string[]
  /** Key ids of the sessions that went. */
  readonly accessKeyIds: readonly string[]
  /** Every profile that awsmfa manages was signed out. */
  readonly all: boolean
}

/**
 * Decides what becomes of a shared MFA session: it goes with the profile that holds it itself, with its last user, or with
 * all; otherwise the record loses the users that left. Gives the record as it was where it has nothing to do with them.
 */
export function afterLogout(record: SessionRecord, { profiles, accessKeyIds, all }: Logout): SessionRecord | 'remove' {
  const users = record.profiles.filter((profile) => !profiles.includes(profile))
  if (all || accessKeyIds.includes(record.credentials.accessKeyId)) return 'remove'
  if (users.length === record.profiles.length) return record
  return users.length === 0 ? 'remove' : { ...record, profiles: users }
}
