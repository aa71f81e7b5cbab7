import type { SessionSource } from '../ports.ts'
import { secondsUntil } from '../sessions/expiration.ts'
import type { SessionState } from '../sessions/session-state.ts'

/** What `status` knows about one profile. */
export interface StatusEntry {
  readonly profile: string
  readonly state: SessionState
  readonly expiration: Date | undefined
  readonly source: SessionSource | undefined
  /** The profile whose session bounds this one, where it is not its own. */
  readonly sourceProfile: string | undefined
  readonly managedBy: 'awsmfa' | 'other' | undefined
  /** Shortened: `…ABCD`. */
  readonly accessKeyId: string | undefined
  readonly account: string | undefined
  readonly arn: string | undefined
}

/** The entry of a profile without a session. */
export function entryWithoutSession(profile: string): StatusEntry {
  return {
    profile,
    state: 'none',
    expiration: undefined,
    source: undefined,
    sourceProfile: undefined,
    managedBy: undefined,
    accessKeyId: undefined,
    account: undefined,
    arn: undefined,
  }
}

/** Gives the whole seconds that are left, 0 once expired, undefined where no end is known. */
export function secondsRemaining(entry: StatusEntry, now: Date): number | undefined {
  return entry.expiration === undefined ? undefined : secondsUntil(entry.expiration, now)
}
