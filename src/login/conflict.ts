import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { Sts } from '../aws/sts.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermCredentials, SigningCredentials } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { ForeignSession } from '../model/failure.ts'
import type { ProfileView } from '../model/profile.ts'
import type { Deadline, Now } from '../platform/time.ts'
import { lookUpIdentity } from '../sessions/caller-identity.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What login may do with the section that it wants to write. */
export type Takeover =
  /** Nobody's, or ours. */
  | { readonly kind: 'take' }
  /** Another's session of no more use: taken, and told. */
  | { readonly kind: 'take-expired'; readonly session: ForeignSession }
  /** Another's session that may still be in use: only STS can tell whether it is alive, and whose it is. */
  | { readonly kind: 'find-out'; readonly session: ForeignSession }
  /** Another tool keeps this section: only the person can say. */
  | { readonly kind: 'ask'; readonly session: ForeignSession }
  /** Long-term credentials: never. */
  | { readonly kind: 'never' }

/** Decides by what stands in the section, and nothing else. */
function decideTakeover(ownership: SectionOwnership, now: Date): Takeover {
  if (ownership.kind === 'long-term') return { kind: 'never' }
  if (ownership.kind !== 'foreign-session') return { kind: 'take' }
  const marked = ownership.expiration
  const expiration = marked === undefined ? undefined : parseExpiration(marked.value, marked.format)
  const session: ForeignSession = {
    accessKeyId: shortenAccessKeyId(ownership.accessKeyId ?? ''),
    ...(ownership.manager === undefined ? {} : { manager: ownership.manager }),
    ...(expiration === undefined ? {} : { expiration }),
  }
  if (!ownership.complete) return { kind: 'take-expired', session }
  if (ownership.manager !== undefined && ownership.manager !== 'awsmfa') return { kind: 'ask', session }
  return expiration !== undefined && expiration <= now
    ? { kind: 'take-expired', session }
    : { kind: 'find-out', session }
}

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
export async function resolveConflict(request: TakeoverRequest): Promise<TakeoverTold | undefined> {
  const { profile, ownership, replace, effects } = request
  const decision = decideTakeover(ownership, effects.now())
  if (decision.kind === 'take') return undefined
  if (decision.kind === 'never') {
    throw new AwsmfaError({
      code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS',
      profile,
      place: placeOf(request),
      sourceIsSame: request.longTermProfile === profile,
    })
  }
  const { session } = decision
  if (decision.kind === 'take-expired') return { session, reason: 'expired' }
  if (replace) return { session, reason: 'replaced' }
  const found = decision.kind === 'find-out' ? await findOut(request) : undefined
  if (found !== undefined) return { session, reason: found }
  if (!effects.terminal.canAsk())
    throw new AwsmfaError({ code: 'SECTION_NOT_OURS', profile, place: placeOf(request), session })
  const agreed = await effects.deadline.pauseWhile(
    effects.terminal.confirm(request.question(session), effects.cancelled),
  )
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
  const sessionToken = [valueOf('aws_session_token'), valueOf('aws_security_token')].find(
    (value) => value !== undefined && value !== '',
  )
  return accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined
    ? undefined
    : { accessKeyId, secretAccessKey, sessionToken }
}

function placeOf({ path, view }: TakeoverRequest): { readonly path: string; readonly line?: number } {
  const line = view?.lines.credentials
  return line === undefined ? { path } : { path, line }
}
