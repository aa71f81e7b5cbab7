import type { AssumeRoleRequest } from '../aws/sts-api.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration, parseExpiration } from '../model/expiration.ts'

/** A lowercase hexadecimal SHA-256 of a text, taken as UTF-8. */
export type Sha256 = (text: string) => string

/**
 * What a kept session depends on, and nothing else: two logins that agree in all of it may share one session, and a change in
 * any of it never finds the old one.
 */
export interface SessionKey {
  readonly partition: string
  /** The STS endpoint in use where it is not AWS's own, else the empty string. */
  readonly endpoint: string
  /** Of the long-term credentials; of the session, for roles that were assumed with one that stood in the credentials file. */
  readonly accessKeyId: string
  readonly serialNumber: string
  /** The roles as `chainOf` writes them; the empty string for the MFA session itself. */
  readonly chain: string
}

/** Gives a name for the cache file of that session: 40 hexadecimal digits, the same for equal keys. */
export function sessionName(key: SessionKey, sha256: Sha256): string {
  return sha256(JSON.stringify([key.partition, key.endpoint, key.accessKeyId, key.serialNumber, key.chain])).slice(
    0,
    40,
  )
}

/**
 * Writes a chain of roles with every parameter as it is sent, but for the proof of MFA: `direct` says that the first is signed
 * by the long-term credentials and carries the code. Policies and assertions go in by
 * their hash.
 */
export function chainOf(requests: readonly AssumeRoleRequest[], direct: boolean, sha256: Sha256): string {
  return JSON.stringify([
    direct ? 'direct' : 'mfa-session',
    ...requests.map((request) => withoutProof(request, sha256)),
  ])
}

function withoutProof(request: AssumeRoleRequest, sha256: Sha256): readonly (readonly [string, unknown])[] {
  return Object.entries(request)
    .filter(([name, value]) => name !== 'mfa' && value !== undefined)
    .map(
      ([name, value]) =>
        [
          name,
          name === 'policy' || name === 'providedContexts' ? sha256(JSON.stringify(value)) : (value as unknown),
        ] as const,
    )
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

/**
 * The form in which a session lies in awsmfa's own cache: JSON, versioned, read strictly. Anything that is not exactly such
 * a record is a miss; the next login writes it anew.
 */

/** A session and everything it may be shared on. */
export interface SessionRecord {
  readonly key: SessionKey
  readonly credentials: ShortTermCredentials
  /** For a role session. */
  readonly assumedRoleArn?: string
  /** What was asked for, in seconds. */
  readonly durationSeconds: number
  readonly createdAt: Date
  /** The profiles that were signed in with it. */
  readonly profiles: readonly string[]
}

const VERSION = 1

/** Writes a record as one line of JSON. */
export function encodeSessionRecord(record: SessionRecord): string {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = record.credentials
  return `${JSON.stringify({
    version: VERSION,
    key: record.key,
    durationSeconds: record.durationSeconds,
    createdAt: record.createdAt.toISOString(),
    profiles: record.profiles,
    assumedRoleArn: record.assumedRoleArn,
    credentials: { accessKeyId, secretAccessKey, sessionToken, expiration: formatExpiration(expiration) },
  })}\n`
}

/** Reads a record; undefined for whatever is damaged, incomplete, of another version, or made for another key. */
export function decodeSessionRecord(text: string, key: SessionKey): SessionRecord | undefined {
  const record = decodeAnySessionRecord(text)
  if (record === undefined) return undefined
  const same = (Object.keys(key) as (keyof SessionKey)[]).every((part) => record.key[part] === key[part])
  return same ? record : undefined
}

/** Reads a record whatever it was made for. */
export function decodeAnySessionRecord(text: string): SessionRecord | undefined {
  const parsed = parseJson(text)
  if (!isObject(parsed) || parsed['version'] !== VERSION) return undefined
  const { key, credentials, durationSeconds, createdAt, profiles, assumedRoleArn } = parsed
  if (!isObject(key) || !isObject(credentials) || !Array.isArray(profiles)) return undefined
  const sessionKey = strings(key, ['partition', 'endpoint', 'accessKeyId', 'serialNumber', 'chain'])
  const secrets = strings(credentials, ['accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'])
  if (sessionKey === undefined || secrets === undefined || !Number.isSafeInteger(durationSeconds)) return undefined
  const expiration = parseExpiration(secrets.expiration, 'rfc3339')
  const made = typeof createdAt === 'string' ? new Date(createdAt) : undefined
  if (expiration === undefined || made === undefined || Number.isNaN(made.getTime())) return undefined
  return {
    key: sessionKey,
    credentials: { ...secrets, expiration },
    durationSeconds: Number(durationSeconds),
    createdAt: made,
    profiles: profiles.filter((profile): profile is string => typeof profile === 'string'),
    ...(typeof assumedRoleArn === 'string' ? { assumedRoleArn } : {}),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Damaged text is a miss, which the caller tells under --debug; there is nothing else to know about it.
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function strings<Name extends string>(
  object: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  const entries = names.map((name) => [name, object[name]] as const)
  return entries.every(([, value]) => typeof value === 'string')
    ? (Object.fromEntries(entries) as Record<Name, string>)
    : undefined
}
