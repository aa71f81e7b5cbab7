/** Credentials and identities of AWS, and what an access key id says by itself. */
import type { Place } from './origin.ts'

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
