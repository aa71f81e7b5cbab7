/**
 * Credentials and identities of AWS, what an access key id shows by itself, and expirations as tools write them.
 * Reading an expiration is strict: a text that is not wholly of the expected form, or names a day or time that does not
 * exist, is undefined; nothing is guessed.
 */
import type { Place } from './profile.ts'

/** The stores for long-term keys besides the credentials file: what `awsmfa_keys` in a profile may name. */
export const KEY_STORES = ['keychain', 'pass', 'encrypted-file'] as const

export type KeyStoreName = (typeof KEY_STORES)[number]

/** Where the long-term credentials of a login come from. */
export type LongTermSource =
  | {
      readonly kind: 'static'
      readonly profile: string
      readonly place: Place
      readonly credentials: LongTermCredentials
    }
  | { readonly kind: 'process'; readonly profile: string; readonly place: Place; readonly command: string }
  | {
      readonly kind: 'stored'
      readonly profile: string
      readonly place: Place
      readonly store: KeyStoreName
      readonly accessKeyId: string
    }
  | { readonly kind: 'environment'; readonly credentials: LongTermCredentials }

/** Returns the access key id of long-term credentials; only a process does not say it beforehand. */
export function keyIdOf(source: Exclude<LongTermSource, { readonly kind: 'process' }>): string {
  return source.kind === 'stored' ? source.accessKeyId : source.credentials.accessKeyId
}

/** Long-term credentials whose key id is known, and that may still be in a store which has to be opened. */
export interface CredentialSource {
  readonly accessKeyId: string
  /** Returns the credentials if no store has to be opened for them, or if it has been opened. */
  readonly known: () => LongTermCredentials | undefined
  /** Returns the credentials; opens their store the first time, which may ask for a passphrase. */
  readonly open: () => Promise<LongTermCredentials>
}

/** Returns the source of credentials that are known already. */
export function knownCredentials(credentials: LongTermCredentials): CredentialSource {
  return {
    accessKeyId: credentials.accessKeyId,
    known: () => credentials,
    open: () => Promise.resolve(credentials),
  }
}

/** A session for another program. `expiration` undefined: it is not known. */
export interface GivenSession extends Required<SigningCredentials> {
  readonly expiration: Date | undefined
}

/** Who a key belongs to, as GetCallerIdentity returns it. */
export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  readonly userId: string
}

/** An IAM user's access key pair. */
export interface LongTermCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** What STS returns: an access key pair that is valid with its session token, until `expiration`. */
export interface ShortTermCredentials extends LongTermCredentials {
  readonly sessionToken: string
  readonly expiration: Date
}

/** Credentials that can sign a request. */
export interface SigningCredentials extends LongTermCredentials {
  readonly sessionToken?: string
}

/**
 * Returns an access key id as `…` and its last four characters, the only form in which one is shown. Anything shorter
 * than 16 characters (AWS documents 16 to 128) is not a key id and is hidden whole.
 */
export function shortenAccessKeyId(accessKeyId: string): string {
  return accessKeyId.length < 16 ? '…' : `…${accessKeyId.slice(-4)}`
}

/**
 * Returns whether a key id is that of a session, which is rejected without its token. Source: IAM User Guide, "Unique
 * identifiers".
 */
export function isOfSession(accessKeyId: string): boolean {
  return accessKeyId.startsWith('ASIA')
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * Returns the 12-digit account id that is encoded in an access key id; undefined if there is none (ids made before
 * 2019 and foreign forms). AWS does not document this: use it for warnings only, never for a decision.
 * Source: "A short note on AWS KEY ID", T. Bruggeman 2023; the id is bits 7–46 of the base32 part after the prefix.
 */
export function accountIdOfAccessKeyId(accessKeyId: string): string | undefined {
  const encoded = accessKeyId.slice(4, 14)
  if (!/^A[KS]IA[A-Z2-7]{16}$/.test(accessKeyId) || encoded.charAt(0) < 'Q') return undefined
  let bits = 0n
  for (const character of encoded) bits = (bits << 5n) | BigInt(BASE32.indexOf(character))
  const accountId = String((bits >> 9n) & 0xffffffffffn).padStart(12, '0')
  return accountId.length === 12 ? accountId : undefined
}

/**
 * Returns whether a text can be the id of a long-term access key: IAM's alphabet and length (IAM API, AccessKey), not a
 * session's id.
 */
export function isLongTermKeyId(text: string): boolean {
  return /^\w{16,128}$/.test(text) && !text.startsWith('ASIA')
}

/** Returns whether a word on a line, where a profile could be meant, is an access key id as AWS writes them. */
export function isWrittenKeyId(word: string): boolean {
  return /^AKIA[A-Z0-9]{12,124}$/.test(word)
}

/** Returns whether a text can be a secret access key: printable, without spaces, so that every tool reads it back. */
export function isSecretAccessKey(text: string): boolean {
  return /^[!-~]{16,128}$/.test(text)
}

/** An access key of a user, its id shortened. `use`: when it was used last, as far as that is known. */
export interface RotatedKey {
  readonly accessKeyId: string
  readonly isActive: boolean
  readonly createdAt: Date | undefined
  readonly use: 'never' | { readonly at: Date; readonly service: string } | undefined
}

/** How a tool writes an instant: with an offset, without one in UTC or in local time, or as seconds since 1970. */
export type ExpirationFormat = 'rfc3339' | 'naive-utc' | 'naive-local' | 'epoch'

const DATE_AND_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/**
 * Returns the instant, to the whole second, or undefined. `naive-utc` and `naive-local` look alike, `2026-11-21
 * 18:40:00`, and mean instants that can lie hours apart; the latter is read in the time zone of the process.
 */
export function parseExpiration(text: string, format: ExpirationFormat): Date | undefined {
  if (format === 'epoch') return /^\d{9,11}$/.test(text) ? new Date(Number(text) * 1000) : undefined
  const match = DATE_AND_TIME.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const fields: Fields = { year, month, day, hour, minute, second }
  if (!isRealTime(fields)) return undefined
  const zone = match[7]
  if (format === 'rfc3339') return zone === undefined ? undefined : fromZone(fields, zone)
  if (zone !== undefined) return fromZone(fields, zone)
  return format === 'naive-utc' ? fromZone(fields, 'Z') : new Date(year, month - 1, day, hour, minute, second)
}

/** Returns an instant as `2026-11-21T18:40:00Z`: the one form that starship, botocore, Go and Java all read alike. */
export function formatExpiration(expiration: Date): string {
  return `${expiration.toISOString().slice(0, 19)}Z`
}

/** Returns the whole seconds from `now` until `expiration`, rounded down; 0 once it has passed. */
export function secondsUntil(expiration: Date, now: Date): number {
  return Math.max(0, Math.floor((expiration.getTime() - now.getTime()) / 1000))
}

/** STS issues sessions for 36 hours at most (STS API, GetSessionToken); ten minutes more, for clocks that differ. */
const LONGEST_SESSION_SECONDS = 36 * 3600 + 10 * 60

/** Returns whether an expiration is further ahead than that of any session of AWS, by a clock that is right. */
export function isTooFarAhead(expiration: Date, now: Date): boolean {
  return secondsUntil(expiration, now) > LONGEST_SESSION_SECONDS
}

function isRealTime({ year, month, day, hour, minute, second }: Fields): boolean {
  if (year < 2000 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return false
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function fromZone({ year, month, day, hour, minute, second }: Fields, zone: string): Date | undefined {
  const utc = Date.UTC(year, month - 1, day, hour, minute, second)
  if (zone === 'Z') return new Date(utc)
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  const offsetMs = (hours * 60 + minutes) * 60_000
  return new Date(zone.startsWith('-') ? utc + offsetMs : utc - offsetMs)
}
