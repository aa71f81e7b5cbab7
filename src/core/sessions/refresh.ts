import { secondsUntil } from './expiration.ts'
import { EXPIRING_SECONDS } from './session-state.ts'

/**
 * How long before its end a session is renewed at all costs, in seconds: from then on botocore renews before it makes a call,
 * and waits for it (botocore/credentials.py › RefreshableCredentials._mandatory_refresh_timeout).
 */
export const MANDATORY_REFRESH_SECONDS = 10 * 60

/**
 * What is to be done about a session that is there: `serve` it; `try`: renew it if that needs no code, else serve it; `renew`
 * it, and serve it only where that fails.
 */
export type RefreshDecision = 'serve' | 'try' | 'renew'

/** Decides. `windowSeconds`: with that much left or less a session is renewed even if a code is needed; 0: not before its end. */
export function decideRefresh(expiration: Date, now: Date, windowSeconds: number): RefreshDecision {
  const left = secondsUntil(expiration, now)
  if (left <= windowSeconds) return 'renew'
  return left <= EXPIRING_SECONDS ? 'try' : 'serve'
}

/** Until when `decideRefresh` says `serve`. */
export function serveUntil(expiration: Date, windowSeconds: number): Date {
  return new Date(expiration.getTime() - Math.max(windowSeconds, EXPIRING_SECONDS) * 1000)
}
