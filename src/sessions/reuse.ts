import { LEGACY_TOKEN_KEY, classifyProfile } from '../aws-files/ownership.ts'
import type { SectionOwnership } from '../aws-files/ownership.ts'
import { isIgnored } from '../aws-files/profile-keys.ts'
import type { GivenSession, ShortTermCredentials } from '../model/credentials.ts'
import { parseExpiration, secondsUntil } from '../model/expiration.ts'
import type { ProfileView } from '../model/profile.ts'
import type { SessionRecord, Sha256 } from './session-record.ts'

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
  if (expiration === undefined || secondsUntil(expiration, now) <= Math.max(EXPIRING_SECONDS, minTtlSeconds))
    return { kind: 'renew', because: 'running-out' }
  const parts = differingParts(ownership.requestHash, requestHash)
  return parts.length === 0
    ? { kind: 'keep', expiration, accessKeyId: ownership.accessKeyId }
    : { kind: 'renew', because: 'another-request', parts }
}

/** Gives the session in a profile's section of the credentials file, whoever wrote it; undefined unless all of it is there. */
export function sessionInSection(profile: ProfileView | undefined): GivenSession | undefined {
  const found = sessionInCredentialsFile(profile)
  const valueOf = (key: string): string => profile?.getFrom('credentials', key)?.value ?? ''
  const secretAccessKey = valueOf('aws_secret_access_key')
  // Older tools write the token under its first name alone.
  const sessionToken = valueOf('aws_session_token') || valueOf(LEGACY_TOKEN_KEY)
  if (found === undefined || secretAccessKey === '' || sessionToken === '') return undefined
  return { accessKeyId: found.accessKeyId, secretAccessKey, sessionToken, expiration: found.expiration }
}

/**
 * Gives the session in a profile's section of the credentials file, whoever wrote it, where every tool would use it and it
 * holds for more than 15 minutes, or `minimumSeconds` if that is more. Undefined where nothing says when it ends: whoever
 * takes it could not tell when to renew it.
 */
export function usableSectionSession(
  profile: ProfileView | undefined,
  now: Date,
  minimumSeconds: number,
): ShortTermCredentials | undefined {
  const found = isIgnored(profile) ? undefined : sessionInSection(profile)
  if (
    found?.expiration === undefined ||
    secondsUntil(found.expiration, now) <= Math.max(EXPIRING_SECONDS, minimumSeconds)
  )
    return undefined
  return { ...found, expiration: found.expiration }
}

/**
 * What shaped a stored session, so that a later login can tell whether the session answers it too, and if not, what differs.
 * The stored form is short hashes, one for each part: nothing can be read back from it.
 */

/** The parts in their order in the stored form. */
const REQUEST_PARTS = ['key', 'device', 'role', 'duration', 'parameters'] as const

/** The name of a part, as messages say it. */
export type RequestPart = (typeof REQUEST_PARTS)[number]

/** Each part as a text; equal requests have equal texts. `device` is '' where the device is not known yet. */
export type RequestParts = Readonly<Record<RequestPart, string>>

const HASH_LENGTH = 12

const UNKNOWN = '0'

/** Gives the stored form: `[0-9a-f.]`, at most 80 characters. An unknown device is `0`. */
export function hashRequest(parts: RequestParts, sha256: Sha256): string {
  return REQUEST_PARTS.map((name) =>
    parts[name] === '' ? UNKNOWN : sha256(toByteString(`${name}\0${parts[name]}`)).slice(0, HASH_LENGTH),
  ).join('.')
}

/**
 * Names the parts in which two stored forms differ; all of them where one is in no form that is known here. A device that one
 * side does not know (it was found through IAM) differs from none.
 */
export function differingParts(before: string, after: string): readonly RequestPart[] {
  const [left, right] = [before.split('.'), after.split('.')]
  if (left.length !== REQUEST_PARTS.length || right.length !== REQUEST_PARTS.length)
    return before === after ? [] : REQUEST_PARTS
  return REQUEST_PARTS.filter(
    (_, index) => left[index] !== right[index] && left[index] !== UNKNOWN && right[index] !== UNKNOWN,
  )
}

/** Hashes take byte strings; escaping keeps every text one, and different texts different. */
function toByteString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Where a session was found. The names are part of `status --json`. */
export type SessionSource = 'credentials-file' | 'awsmfa-cache' | 'cli-cache' | 'boto-cache' | 'environment'

/** A session as a store holds it, without its secrets. */
export interface StoredSession {
  readonly source: SessionSource
  readonly accessKeyId: string
  /** Undefined: nothing says when it ends. */
  readonly expiration: Date | undefined
  readonly managedBy: 'awsmfa' | 'other'
}

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

/** Tells whether a session made at `createdAt` may still be used: enough is left, and it is not from the future. */
export function isUsable(record: SessionRecord, now: Date, minimumSeconds: number): boolean {
  const clockWentBack = record.createdAt.getTime() > now.getTime() + 5 * 60_000
  const left = (record.credentials.expiration.getTime() - now.getTime()) / 1000
  return !clockWentBack && left > minimumSeconds && left <= record.durationSeconds + 5 * 60
}

/**
 * What can be said of a profile's session. `expiring`: less than 15 minutes, or less than what was asked for, are left;
 * `unknown`: there is a session token, but nothing says when it ends; `none`: there is no session.
 */
export type SessionState = 'valid' | 'expiring' | 'expired' | 'unknown' | 'none'

/** Under this many seconds a session counts as expiring; botocore drops cached sessions at the same mark. */
export const EXPIRING_SECONDS = 15 * 60

/** Tells the state of a session that is there. `minTtlSeconds` raises the mark of 15 minutes, never lowers it. */
export function stateOfSession(
  expiration: Date | undefined,
  now: Date,
  minTtlSeconds = 0,
): Exclude<SessionState, 'none'> {
  if (expiration === undefined) return 'unknown'
  const left = secondsUntil(expiration, now)
  if (left === 0) return 'expired'
  return left < Math.max(EXPIRING_SECONDS, minTtlSeconds) ? 'expiring' : 'valid'
}

/**
 * Tells the session that a profile's own section of the credentials file holds, whoever wrote it. A section with long-term
 * credentials, or with none, holds no session.
 */
export function sessionInCredentialsFile(profile: ProfileView | undefined): StoredSession | undefined {
  const ownership = classifyProfile(profile)
  if (ownership.kind === 'ours') {
    const expiration = ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339')
    return { source: 'credentials-file', accessKeyId: ownership.accessKeyId, expiration, managedBy: 'awsmfa' }
  }
  if (ownership.kind !== 'foreign-session' || ownership.accessKeyId === undefined) return undefined
  const { expiration } = ownership
  return {
    source: 'credentials-file',
    accessKeyId: ownership.accessKeyId,
    expiration: expiration === undefined ? undefined : parseExpiration(expiration.value, expiration.format),
    managedBy: 'other',
  }
}
