import { AwsmfaError } from '../core/failures.ts'
import type { Now, SessionCache, StsSession } from '../core/ports.ts'
import type { SessionKey } from '../core/sessions/session-key.ts'
import { isUsable } from '../core/sessions/session-record.ts'
import type { SessionRecord } from '../core/sessions/session-record.ts'
import { EXPIRING_SECONDS } from '../core/sessions/session-state.ts'

/** What keeping sessions needs. */
export interface KeepingEffects {
  readonly cache: SessionCache
  readonly now: Now
  readonly debug: (text: string) => void
}

/** What a kept session must be to do. */
export interface KeptWanted {
  readonly key: SessionKey
  /** The profiles that will be signed in with it. */
  readonly profiles: readonly string[]
  /** A new session is wanted, unless this same question was answered meanwhile. */
  readonly renew: boolean
  /** Sessions made since then answer this same question: another process asked it while this one waited. */
  readonly since: Date | undefined
  /** More than this must be left, in seconds; never under `floorSeconds`. */
  readonly minimumSeconds: number
  /** 15 minutes unless given: what has less is about to end, and would not last through what it is for. */
  readonly floorSeconds?: number | undefined
  /** The session must have been asked for with this length; undefined: any. */
  readonly durationSeconds: number | undefined
}

/** Finds a kept session that will do, and notes who uses it now. */
export function findKept(wanted: KeptWanted, effects: KeepingEffects): StsSession | undefined {
  const { key, profiles, renew, since, minimumSeconds, floorSeconds = EXPIRING_SECONDS, durationSeconds } = wanted
  const record = effects.cache.find(key)
  if (record === undefined || !isUsable(record, effects.now(), Math.max(floorSeconds, minimumSeconds))) return undefined
  const justMade = since !== undefined && record.createdAt.getTime() >= since.getTime()
  if (renew && !justMade) return undefined
  if (durationSeconds !== undefined && record.durationSeconds !== durationSeconds) return undefined
  effects.debug(`a kept ${key.chain === '' ? 'MFA session' : 'role session'} is used`)
  const users = [...new Set([...record.profiles, ...profiles])]
  if (users.length > record.profiles.length) store({ ...record, profiles: users }, effects)
  return record.assumedRoleArn === undefined ? { credentials: record.credentials } : { credentials: record.credentials, assumedRoleArn: record.assumedRoleArn }
}

/** A session that was just made, and what it may be shared on. */
export interface MadeSession {
  readonly key: SessionKey
  readonly session: StsSession
  readonly durationSeconds: number
  readonly profiles: readonly string[]
}

/** Keeps a session that was just made. A cache that cannot be written costs a question some day, and no session now. */
export function keep(made: MadeSession, effects: KeepingEffects): void {
  const { session, ...rest } = made
  store({ ...rest, ...session, createdAt: effects.now() }, effects)
}

function store(record: SessionRecord, { cache, debug }: KeepingEffects): void {
  try {
    cache.store(record)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`the session could not be kept (${error.failure.code})`)
  }
}
