import { AwsmfaError, isFailure } from '../core/failures.ts'
import type { ForeignSession } from '../core/failures.ts'
import type { SectionOwnership } from '../core/files/ownership.ts'
import type { ProfileView } from '../core/files/profile-view.ts'
import { decideTakeover } from '../core/login/takeover.ts'
import type { Deadline, Now, RememberedFacts, Sts, Terminal } from '../core/ports.ts'
import type { LongTermCredentials, SigningCredentials } from '../core/sessions/credentials.ts'
import { lookUpIdentity } from './caller-identity.ts'

/** A section that login wants to write, and what it may need to find out whether it may. */
export interface TakeoverRequest {
  readonly profile: string
  readonly ownership: SectionOwnership
  readonly view: ProfileView | undefined
  /** The credentials file, for messages. */
  readonly path: string
  /** The profile that holds the long-term credentials of this login. */
  readonly longTermProfile: string | undefined
  readonly signer: LongTermCredentials
  /** `--replace`. */
  readonly replace: boolean
  readonly question: (session: ForeignSession) => string
  readonly effects: TakeoverEffects
}

interface TakeoverEffects {
  readonly sts: Sts
  readonly facts: RememberedFacts
  readonly terminal: Pick<Terminal, 'canAsk' | 'confirm'>
  readonly now: Now
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
}

/** Whose session gives way, and why it may. */
export interface TakeoverTold {
  readonly session: ForeignSession
  readonly reason: 'expired' | 'same-user' | 'replaced'
}

/**
 * Finds out whether a section may be written, before any code is spent. Gives what the person should be told, or undefined.
 * Throws SECTION_HOLDS_LONG_TERM_CREDENTIALS; SECTION_NOT_OURS where another's live session stands, nobody can be asked and
 * `--replace` was not given; DECLINED for a no.
 */
export async function settleTakeover(request: TakeoverRequest): Promise<TakeoverTold | undefined> {
  const { profile, ownership, replace, effects } = request
  const decision = decideTakeover(ownership, effects.now())
  if (decision.kind === 'take') return undefined
  if (decision.kind === 'never') {
    throw new AwsmfaError({ code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS', profile, place: placeOf(request), sourceIsSame: request.longTermProfile === profile })
  }
  const { session } = decision
  if (decision.kind === 'take-expired') return { session, reason: 'expired' }
  if (replace) return { session, reason: 'replaced' }
  const found = decision.kind === 'find-out' ? await findOut(request) : undefined
  if (found !== undefined) return { session, reason: found }
  if (!effects.terminal.canAsk()) throw new AwsmfaError({ code: 'SECTION_NOT_OURS', profile, place: placeOf(request), session })
  const agreed = await effects.deadline.pauseWhile(effects.terminal.confirm(request.question(session), effects.cancelled))
  if (!agreed) throw new AwsmfaError({ code: 'DECLINED' })
  return { session, reason: 'replaced' }
}

/** Asks STS whose session it is; undefined where it is another user's, or where STS does not say. */
async function findOut({ view, signer, effects }: TakeoverRequest): Promise<'expired' | 'same-user' | undefined> {
  const { sts, facts, deadline } = effects
  const session = sessionOf(view)
  if (session === undefined) return 'expired'
  const mine = lookUpIdentity(signer, sts, facts, deadline.signal)
  mine.start()
  try {
    const theirs = await sts.getCallerIdentity(session, deadline.signal)
    const own = await mine.settled()
    return own !== undefined && own.arn === theirs.arn ? 'same-user' : undefined
  } catch (error) {
    if (isFailure(error, 'CREDENTIALS_REJECTED')) return 'expired'
    if (error instanceof AwsmfaError && !deadline.signal.aborted) return undefined
    throw error
  }
}

function sessionOf(view: ProfileView | undefined): SigningCredentials | undefined {
  const valueOf = (key: string): string | undefined => view?.getFrom('credentials', key)?.value
  const [accessKeyId, secretAccessKey] = [valueOf('aws_access_key_id'), valueOf('aws_secret_access_key')]
  const sessionToken = [valueOf('aws_session_token'), valueOf('aws_security_token')].find((value) => value !== undefined && value !== '')
  return accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined ? undefined : { accessKeyId, secretAccessKey, sessionToken }
}

function placeOf({ path, view }: TakeoverRequest): { readonly path: string; readonly line?: number } {
  const line = view?.lines.credentials
  return line === undefined ? { path } : { path, line }
}
