/** Sessions of profiles whose `credential_process` is awsmfa: they are in awsmfa's own cache or nowhere. */
import { AwsmfaError } from '../core/failures.ts'
import type { RememberedFacts } from '../core/ports.ts'
import { isUsable } from '../core/sessions/session-record.ts'
import { EXPIRING_SECONDS } from '../core/sessions/session-state.ts'
import type { KeepingEffects } from './kept-sessions.ts'
import type { ObtainedSession } from './obtain-session.ts'

/**
 * Finds out, before anything is asked or sent, whether the cache would take a session of that profile; gives undefined where it
 * would. Else only a session that is kept already will do. Where one may be, gives SESSION_NOT_KEPT for the case that it does not
 * answer the request; where there is none, or `renew` wants a new one, throws it.
 */
export function rehearseOwnCache(profile: string, renew: boolean, { cache, now, debug }: KeepingEffects): AwsmfaError | undefined {
  try {
    cache.rehearse()
    return undefined
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    debug(`no session could be kept (${error.failure.code})`)
    const failure = new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: false }, { cause: error })
    const mayBeKept = !renew && cache.list().some((record) => record.profiles.includes(profile) && isUsable(record, now(), EXPIRING_SECONDS))
    if (!mayBeKept) throw failure
    return failure
  }
}

/** Sees whether the session that was got is in the cache by now, and notes who it is. Gives the failure where it is not. */
export function settleOwnCache(profile: string, { credentials: { accessKeyId }, identity }: ObtainedSession, { cache, facts }: Pick<KeepingEffects, 'cache'> & { readonly facts: RememberedFacts }): AwsmfaError | undefined {
  const isKept = cache.list().some((record) => record.credentials.accessKeyId === accessKeyId)
  if (!isKept) return new AwsmfaError({ code: 'SESSION_NOT_KEPT', profile, isGot: true })
  if (identity !== undefined) facts.rememberIdentity(accessKeyId, identity)
  return undefined
}
