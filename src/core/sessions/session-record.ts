/**
 * The form in which a session lies in awsmfa's own cache: JSON, versioned, read strictly. Anything that is not exactly such
 * a record is a miss; the next login writes it anew.
 */
import { formatExpiration, parseExpiration } from './expiration.ts'
import type { SessionKey } from './session-key.ts'
import type { ShortTermCredentials } from './credentials.ts'

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

/** Tells whether a session made at `createdAt` may still be used: enough is left, and it is not from the future. */
export function isUsable(record: SessionRecord, now: Date, minimumSeconds: number): boolean {
  const clockWentBack = record.createdAt.getTime() > now.getTime() + 5 * 60_000
  const left = (record.credentials.expiration.getTime() - now.getTime()) / 1000
  return !clockWentBack && left > minimumSeconds && left <= record.durationSeconds + 5 * 60
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

function strings<Name extends string>(object: Readonly<Record<string, unknown>>, names: readonly Name[]): Readonly<Record<Name, string>> | undefined {
  const entries = names.map((name) => [name, object[name]] as const)
  return entries.every(([, value]) => typeof value === 'string') ? (Object.fromEntries(entries) as Record<Name, string>) : undefined
}
