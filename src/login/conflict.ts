/** Whether login may write a section that another program's session is in. Decided before a code is spent. */
import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { Sts } from '../aws/sts.ts'
import type { LoginEffects } from './effects.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { CredentialSource, SigningCredentials } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { ForeignSession } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import type { ProfileView } from '../model/profile.ts'
import { lookUpIdentity } from '../sessions/caller-identity.ts'
import type { Terminal } from '../ui/terminal.ts'

export interface ConflictRequest {
  readonly profile: string
  readonly ownership: SectionOwnership
  readonly view: ProfileView | undefined
  /** The credentials file, for messages. */
  readonly path: string
  /** The profile that holds the long-term credentials of this login. */
  readonly longTermProfile: string | undefined
  readonly signer: CredentialSource
  /** `--replace`. */
  readonly replace: boolean
  readonly question: (session: ForeignSession) => string
}

interface ConflictEffects extends Pick<LoginEffects, 'facts' | 'now' | 'deadline' | 'cancelled'> {
  readonly sts: Pick<Sts, 'getCallerIdentity'>
  readonly terminal: Pick<Terminal, 'canAsk' | 'confirm'>
}

/** Another program's session that is replaced, and why it may be. */
export interface ReplacedSession {
  readonly session: ForeignSession
  readonly reason: 'expired' | 'same-user' | 'replaced'
}

/**
 * Returns the session that is replaced; undefined where nothing is. An expired session is replaced, and one of the same
 * user, which STS says; another tool's section, and another user's session, only with `--replace` or a yes. Throws
 * SECTION_HOLDS_LONG_TERM_CREDENTIALS; SECTION_NOT_OURS where nobody can be asked; DECLINED for a no.
 */
export async function resolveConflict(
  request: ConflictRequest,
  effects: ConflictEffects,
): Promise<ReplacedSession | undefined> {
  const { profile, ownership, replace, question } = request
  if (ownership.kind === 'long-term')
    throw new AwsmfaError({
      code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS',
      profile,
      place: placeOf(request),
      sourceIsSame: request.longTermProfile === profile,
    })
  if (ownership.kind !== 'foreign-session') return undefined
  const { manager, complete } = ownership
  const session = describeSession(ownership)
  const isOtherTools = manager !== undefined && manager !== 'awsmfa'
  const isExpired = session.expiration !== undefined && session.expiration <= effects.now()
  if (!complete || (isExpired && !isOtherTools)) return { session, reason: 'expired' }
  if (replace) return { session, reason: 'replaced' }
  const reason = isOtherTools ? undefined : await reasonFromSts(request, effects)
  if (reason !== undefined) return { session, reason }
  const { terminal, deadline, cancelled } = effects
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'SECTION_NOT_OURS', profile, place: placeOf(request), session })
  if (!(await deadline.pauseWhile(terminal.confirm({ text: question(session) }, cancelled))))
    throw new AwsmfaError({ code: 'DECLINED' })
  return { session, reason: 'replaced' }
}

function describeSession({
  accessKeyId = '',
  manager,
  expiration: marked,
}: Extract<SectionOwnership, { readonly kind: 'foreign-session' }>): ForeignSession {
  const expiration = marked === undefined ? undefined : parseExpiration(marked.value, marked.format)
  return { accessKeyId: shortenAccessKeyId(accessKeyId), manager, expiration }
}

/** Asks STS whose session it is. Undefined: another user's, or STS does not say. */
async function reasonFromSts(
  { view, signer }: ConflictRequest,
  { sts, facts, deadline }: ConflictEffects,
): Promise<'expired' | 'same-user' | undefined> {
  const session = sessionIn(view)
  if (session === undefined) return 'expired'
  const mine = lookUpIdentity(signer, sts, facts, deadline.signal)
  mine.start()
  try {
    const theirs = await sts.getCallerIdentity(session, deadline.signal)
    return (await mine.settled())?.arn === theirs.arn ? 'same-user' : undefined
  } catch (error) {
    if (isFailure(error, 'CREDENTIALS_REJECTED')) return 'expired'
    if (error instanceof AwsmfaError && !deadline.signal.aborted) return undefined
    throw error
  }
}

function sessionIn(view: ProfileView | undefined): SigningCredentials | undefined {
  const valueOf = (key: string): string | undefined => view?.getFrom('credentials', key)?.value
  const [accessKeyId, secretAccessKey] = [valueOf('aws_access_key_id'), valueOf('aws_secret_access_key')]
  const sessionToken = valueOf('aws_session_token') || valueOf('aws_security_token')
  return accessKeyId === undefined || secretAccessKey === undefined || !sessionToken
    ? undefined
    : { accessKeyId, secretAccessKey, sessionToken }
}

function placeOf({ path, view }: ConflictRequest): Place {
  return { path, line: view?.lines.credentials }
}
