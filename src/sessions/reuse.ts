/**
 * When a session is good enough to use, and when it must be renewed. Pure: callers pass the time.
 *
 * Remaining lifetimes are whole seconds, rounded down. The thresholds are botocore's (credentials.py ›
 * RefreshableCredentials), so that awsmfa renews no later than the tools that it serves.
 */
import type { CallerIdentity, GivenSession } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import type { SessionRecord, Sha256 } from './session-record.ts'

/**
 * Renew if that takes no token code (_advisory_refresh_timeout); botocore drops cached sessions at the same threshold.
 */
export const ADVISORY_REFRESH_SECONDS = 15 * 60

/** Renew even if that takes a token code (_mandatory_refresh_timeout: botocore makes no call before it has renewed). */
export const MANDATORY_REFRESH_SECONDS = 10 * 60

/** How far two clocks, or one clock before and after it was set, may differ. */
const CLOCK_TOLERANCE_SECONDS = 5 * 60

/** Where a session was found. The names are part of `status --json`. */
export type SessionSource =
  'credentials-file' | 'awsmfa-cache' | 'cli-cache' | 'boto-cache' | 'aws-login-cache' | 'aws-sso-cache' | 'environment'

/** A session that a store holds for a profile. */
export interface StoredSession {
  readonly source: SessionSource
  /** Undefined for a token of single sign-on, with which AWS makes a session. */
  readonly accessKeyId: string | undefined
  /** Undefined if the store does not record it. */
  readonly expiration: Date | undefined
  readonly managedBy: 'awsmfa' | 'other'
  /** The AWS CLI renews it by itself, also after it has expired, for as long as AWS lets it. */
  readonly isRenewable?: boolean | undefined
  /** The `hashRequest` of the request that created it; undefined if another program did. */
  readonly requestHash?: string | undefined
  /** Who it belongs to, if the store records it. */
  readonly identity?: CallerIdentity | undefined
  /** With its secrets; undefined if only awsmfa may serve it, or some of them are missing. */
  readonly credentials?: GivenSession | undefined
}

/**
 * `expiring`: less remains than `sessionState` requires; `unknown`: the expiration is not recorded; `none`: no session.
 */
export type SessionState = 'valid' | 'expiring' | 'expired' | 'unknown' | 'none'

/** Returns the state of a session at `now`. `minTtlSeconds` raises the advisory threshold, never lowers it. */
export function sessionState(
  session: Pick<StoredSession, 'expiration' | 'isRenewable'> | undefined,
  now: Date,
  minTtlSeconds = 0,
): SessionState {
  if (session === undefined) return 'none'
  if (session.isRenewable === true) return 'valid'
  if (session.expiration === undefined) return 'unknown'
  const remaining = secondsUntil(session.expiration, now)
  if (remaining === 0) return 'expired'
  return remaining < Math.max(ADVISORY_REFRESH_SECONDS, minTtlSeconds) ? 'expiring' : 'valid'
}

/** What `login` requires of a session that it reuses. */
export interface Requirement {
  readonly requestHash: string
  /** The session must last longer than this and than the advisory threshold. */
  readonly minTtlSeconds: number
  /** `--force`, or a token code on the command line. */
  readonly force: boolean
}

/** Whether `login` reuses what the stores hold, and why not. `parts`: what differs in the request. */
export type Reuse =
  | { readonly reuse: true; readonly session: StoredSession & { readonly expiration: Date } }
  | { readonly reuse: false; readonly reason: 'forced' | 'not-found' | 'expiring' }
  | { readonly reuse: false; readonly reason: 'different-request'; readonly parts: readonly RequestPart[] }

/**
 * Decides whether `login` can reuse what the stores hold. A profile that tools read from different stores needs a
 * session in each of them, and the one that expires first decides. One that another program created for it fits any
 * request.
 */
export function reuseOrRenew(
  sessions: readonly (StoredSession | undefined)[],
  { requestHash, minTtlSeconds, force }: Requirement,
  now: Date,
): Reuse {
  if (force) return { reuse: false, reason: 'forced' }
  const found = sessions.filter((session) => session !== undefined)
  const [first] = found.toSorted((left, right) => expirationMs(left) - expirationMs(right))
  if (first === undefined || found.length < sessions.length) return { reuse: false, reason: 'not-found' }
  const { expiration } = first
  if (expiration === undefined || !outlasts(expiration, minTtlSeconds, now)) return { reuse: false, reason: 'expiring' }
  const parts = new Set(found.flatMap((session) => differingParts(session.requestHash ?? requestHash, requestHash)))
  return parts.size > 0
    ? { reuse: false, reason: 'different-request', parts: [...parts] }
    : { reuse: true, session: { ...first, expiration } }
}

/** Returns whether more remains of a session than the advisory threshold and the given minimum. */
export function outlasts(expiration: Date, minimumSeconds: number, now: Date): boolean {
  return secondsUntil(expiration, now) > Math.max(ADVISORY_REFRESH_SECONDS, minimumSeconds)
}

/**
 * Returns whether a session of awsmfa's own cache lasts longer than `minimumSeconds`. Neither one from the future nor
 * one that lasts longer than it was requested for is believed: the clock was set back.
 */
export function isUsable(
  { createdAt, credentials, durationSeconds }: Pick<SessionRecord, 'createdAt' | 'credentials' | 'durationSeconds'>,
  now: Date,
  minimumSeconds: number,
): boolean {
  const remaining = secondsUntil(credentials.expiration, now)
  return (
    secondsUntil(createdAt, now) <= CLOCK_TOLERANCE_SECONDS &&
    remaining > minimumSeconds &&
    remaining <= durationSeconds + CLOCK_TOLERANCE_SECONDS
  )
}

/**
 * Returns what `credential-process` does with a session: `serve` it; `try` to renew it without a token code, else serve
 * it; `renew` it, and serve it only if that fails. `mandatorySeconds` 0: renew with a token code only once it has
 * expired.
 */
export function refreshAction(expiration: Date, now: Date, mandatorySeconds: number): 'serve' | 'try' | 'renew' {
  const remaining = secondsUntil(expiration, now)
  if (remaining <= mandatorySeconds) return 'renew'
  return remaining <= ADVISORY_REFRESH_SECONDS ? 'try' : 'serve'
}

/** Returns when `refreshAction` ceases to be `serve`. */
export function serveUntil(expiration: Date, mandatorySeconds: number): Date {
  return new Date(expiration.getTime() - Math.max(mandatorySeconds, ADVISORY_REFRESH_SECONDS) * 1000)
}

/** In their order in the stored form. */
const REQUEST_PARTS = ['key', 'device', 'role', 'duration', 'parameters'] as const

/** A part of a request for a session, as messages name it. */
export type RequestPart = (typeof REQUEST_PARTS)[number]

/** A request for a session; equal requests have equal texts. `device` is '' if it is not known yet. */
export type RequestParts = Readonly<Record<RequestPart, string>>

const HASH_LENGTH = 12

const UNKNOWN = '0'

/**
 * Returns a short hash of each part, joined by dots: `[0-9a-f.]`, at most 80 characters, for storing beside a session.
 * An unknown device is `0`.
 */
export function hashRequest(parts: RequestParts, sha256: Sha256): string {
  return REQUEST_PARTS.map((name) =>
    parts[name] === '' ? UNKNOWN : sha256(toByteString(`${name}\0${parts[name]}`)).slice(0, HASH_LENGTH),
  ).join('.')
}

/**
 * Returns the parts in which two results of `hashRequest` differ; all of them if one is not in that form. A device that
 * one side does not know, because IAM was asked for it, differs from none.
 */
export function differingParts(before: string, after: string): readonly RequestPart[] {
  const [left, right] = [before.split('.'), after.split('.')]
  if (left.length !== REQUEST_PARTS.length || right.length !== REQUEST_PARTS.length)
    return before === after ? [] : REQUEST_PARTS
  return REQUEST_PARTS.filter(
    (_, index) => left[index] !== right[index] && left[index] !== UNKNOWN && right[index] !== UNKNOWN,
  )
}

/** Makes every text ASCII, and different texts different: stored hashes were made of this form. */
function toByteString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** An unknown expiration comes first: nothing says that the session still lasts. */
function expirationMs({ expiration }: StoredSession): number {
  return expiration?.getTime() ?? -Infinity
}
