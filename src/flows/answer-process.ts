/** A session for a credential_process: as long as there is one, it is served; it is renewed before it ends. */
import { AwsmfaError } from '../core/failures.ts'
import { decideRefresh } from '../core/sessions/refresh.ts'
import { openProvision } from './provide-session.ts'
import type { ProvidedSession, ProvideEffects } from './provide-session.ts'
import type { LoginResolution } from '../core/login/resolution.ts'

/** Whose session, and how long before its end it is renewed even if a code is needed, in seconds. */
export interface ProcessRequest {
  readonly resolution: LoginResolution
  readonly windowSeconds: number
  /** As for obtainSessions: who asks again at once has the answer that was given. */
  readonly refusalHoldsMs: number
}

/** The effects. `onNotRenewed` is told why a session that is about to end is served all the same. */
export interface ProcessEffects extends ProvideEffects {
  readonly onNotRenewed: (error: AwsmfaError, expiration: Date) => void
}

/**
 * Gives the session. One that holds is served whatever happens to its renewal: STS that is down, nobody to ask. Throws what
 * provideSession throws where there is none.
 */
export async function answerProcess({ resolution, windowSeconds, refusalHoldsMs }: ProcessRequest, effects: ProcessEffects): Promise<ProvidedSession> {
  const provision = await openProvision({ resolution, isLengthMeant: false, minimumSeconds: windowSeconds, refusalHoldsMs }, effects)
  const kept = provision.findKept(0)
  if (kept === undefined) return await provision.obtain(effects.sources)
  const { expiration } = kept.credentials
  const decision = decideRefresh(expiration, effects.now(), windowSeconds)
  if (decision === 'serve' || (decision === 'try' && !provision.needsNoCode())) return kept
  try {
    return await provision.obtain(decision === 'renew' ? effects.sources : [])
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    effects.onNotRenewed(error, expiration)
    return kept
  }
}
