/**
 * A session in awsmfa's own cache: what it depends on, the name that follows from that, and its form on disk. The form
 * is JSON, versioned and read strictly: anything that is not exactly a record is a miss, and the next login replaces
 * it.
 */
import type { AssumeRoleRequest } from '../aws/sts-api.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration, parseExpiration } from '../model/credentials.ts'

/** Returns the lowercase hexadecimal SHA-256 of a string, taken as UTF-8. */
export type Sha256 = (text: string) => string

/**
 * What a cached session depends on, and nothing else: two logins that agree in all of it share one session, and a
 * change in any of it never finds the old one.
 */
export interface SessionKey {
  readonly partition: string
  /** The STS endpoint in use if it is not AWS's own, else ''. */
  readonly endpoint: string
  /**
   * Of the long-term credentials; for roles that were assumed with a session of a file, that session's, or what
   * `AwsLogins.signInKeyOf` returns for its profile.
   */
  readonly accessKeyId: string
  readonly serialNumber: string
  /** The roles as `chainOf` writes them; '' for the MFA session itself. */
  readonly chain: string
}

/** A session and everything that it may be shared on. */
export interface SessionRecord {
  readonly key: SessionKey
  readonly credentials: ShortTermCredentials
  /** For a role session. */
  readonly assumedRoleArn?: string | undefined
  /** As requested, in seconds. */
  readonly durationSeconds: number
  readonly createdAt: Date
  /** The profiles that were signed in with it. */
  readonly profiles: readonly string[]
}

const VERSION = 1

const KEY_PARTS = ['partition', 'endpoint', 'accessKeyId', 'serialNumber', 'chain'] as const

/** Returns the name of a session's file: 40 hexadecimal digits, the same for equal keys. */
export function sessionName(key: SessionKey, sha256: Sha256): string {
  const parts = [key.partition, key.endpoint, key.accessKeyId, key.serialNumber, key.chain]
  return sha256(JSON.stringify(parts)).slice(0, 40)
}

/**
 * Returns a chain of roles with every parameter as it is sent but for the proof of MFA. `direct`: the first is signed
 * by the long-term credentials and carries the code. Policies and assertions are written as their hash.
 */
export function chainOf(requests: readonly AssumeRoleRequest[], direct: boolean, sha256: Sha256): string {
  return JSON.stringify([
    direct ? 'direct' : 'mfa-session',
    ...requests.map((request) => parametersOf(request, sha256)),
  ])
}

function parametersOf(request: AssumeRoleRequest, sha256: Sha256): readonly (readonly [string, unknown])[] {
  return Object.entries<unknown>({ ...request })
    .filter(([name, value]) => name !== 'mfa' && value !== undefined)
    .map(([name, value]): readonly [string, unknown] => {
      const isLong = name === 'policy' || name === 'providedContexts'
      return [name, isLong ? sha256(JSON.stringify(value)) : value]
    })
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

/** Returns a record as one line of JSON. */
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

/** Reads a record; undefined if it is damaged, incomplete, of another version, or not of the given key. */
export function decodeSessionRecord(text: string, wantedKey?: SessionKey): SessionRecord | undefined {
  const parsed = parseJsonObject(text)
  if (parsed?.['version'] !== VERSION) return undefined
  const { key, credentials, durationSeconds, createdAt, profiles, assumedRoleArn } = parsed
  if (!isObject(key) || !isObject(credentials) || !Array.isArray(profiles)) return undefined
  const sessionKey = strings(key, KEY_PARTS)
  const secrets = strings(credentials, ['accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'])
  if (sessionKey === undefined || secrets === undefined || !Number.isSafeInteger(durationSeconds)) return undefined
  if (wantedKey !== undefined && KEY_PARTS.some((part) => sessionKey[part] !== wantedKey[part])) return undefined
  const expiration = parseExpiration(secrets.expiration, 'rfc3339')
  const created = typeof createdAt === 'string' ? new Date(createdAt) : undefined
  if (expiration === undefined || created === undefined || Number.isNaN(created.getTime())) return undefined
  return {
    key: sessionKey,
    credentials: { ...secrets, expiration },
    durationSeconds: Number(durationSeconds),
    createdAt: created,
    profiles: profiles.filter((profile): profile is string => typeof profile === 'string'),
    assumedRoleArn: typeof assumedRoleArn === 'string' ? assumedRoleArn : undefined,
  }
}

/** Returns the object that a JSON text is; undefined for anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Returns whether a value is an object and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
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
