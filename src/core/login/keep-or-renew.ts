import type { SectionOwnership } from '../files/ownership.ts'
import { parseExpiration, secondsUntil } from '../sessions/expiration.ts'
import { EXPIRING_SECONDS } from '../sessions/session-state.ts'
import { differingParts } from './session-request.ts'

/** What the decision rests on. */
export interface KeepInput {
  readonly ownership: SectionOwnership
  readonly requestHash: string
  readonly now: Date
  /** Asked-for minimum of remaining seconds; never lowers the 15 minutes. */
  readonly minTtlSeconds: number
  /** `--force` or a token code on the command line. */
  readonly renew: boolean
}

/** Whether the session that stands in the section will do, and if not, why not. */
export type KeepDecision =
  | { readonly kind: 'keep'; readonly expiration: Date; readonly accessKeyId: string }
  | { readonly kind: 'renew'; readonly because: 'asked' | 'no-session' | 'running-out' }
  | { readonly kind: 'renew'; readonly because: 'another-request'; readonly parts: readonly string[] }

/**
 * Keeps a session only if awsmfa wrote it, the request that made it is the same, and more than 15 minutes (or the asked-for
 * minimum) are left; everything else is renewed, with the reason.
 */
export function keepOrRenew({ ownership, requestHash, now, minTtlSeconds, renew }: KeepInput): KeepDecision {
  if (renew) return { kind: 'renew', because: 'asked' }
  if (ownership.kind !== 'ours') return { kind: 'renew', because: 'no-session' }
  const expiration = ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339')
  if (expiration === undefined || secondsUntil(expiration, now) <= Math.max(EXPIRING_SECONDS, minTtlSeconds)) return { kind: 'renew', because: 'running-out' }
  const parts = differingParts(ownership.requestHash, requestHash)
  return parts.length === 0 ? { kind: 'keep', expiration, accessKeyId: ownership.accessKeyId } : { kind: 'renew', because: 'another-request', parts }
}
