import { secondsUntil } from './expiration.ts'

/**
 * What can be said of a profile's session. `expiring`: less than 15 minutes, or less than what was asked for, are left;
 * `unknown`: there is a session token, but nothing says when it ends; `none`: there is no session.
 */
export type SessionState = 'valid' | 'expiring' | 'expired' | 'unknown' | 'none'

/** Under this many seconds a session counts as expiring; botocore drops cached sessions at the same mark. */
export const EXPIRING_SECONDS = 15 * 60

/** Tells the state of a session that is there. `minTtlSeconds` raises the mark of 15 minutes, never lowers it. */
export function stateOfSession(expiration: Date | undefined, now: Date, minTtlSeconds = 0): Exclude<SessionState, 'none'> {
  if (expiration === undefined) return 'unknown'
  const left = secondsUntil(expiration, now)
  if (left === 0) return 'expired'
  return left < Math.max(EXPIRING_SECONDS, minTtlSeconds) ? 'expiring' : 'valid'
}
