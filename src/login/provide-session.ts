/**
 * Provides a session to a program: from a cache, from another session, or with a token code. Nothing is written but
 * awsmfa's own cache.
 */
import type { StsSession } from '../aws/sts-api.ts'
import { longTermCredentials } from './long-term-keys.ts'
import type { RunCredentialProcess } from './long-term-keys.ts'
import {
  assumeRole,
  findCachedSession,
  findRoleSession,
  obtainSessions,
  roleIdentity,
  roleRequests,
} from './obtain-session.ts'
import type { RoleChain, SessionEffects, SessionRequest } from './obtain-session.ts'
import { planLogin } from './plan.ts'
import { defaultSessionName } from './profile-chain.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveThroughSession } from './resolve.ts'
import type { ThroughInput, ThroughSession } from './resolve.ts'
import type { Connection } from './sign-in.ts'
import { findDevice } from '../mfa/device.ts'
import { userNameOf } from '../mfa/token-code.ts'
import type { GivenSession, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import type { Deadline } from '../platform/time.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { refreshAction } from '../sessions/reuse.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { Sha256 } from '../sessions/session-record.ts'
import { findCurrentSession } from '../sessions/status.ts'
import type { CachedSessionOf, CurrentSession } from '../sessions/status.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What a program wants. */
export interface ProvideRequest {
  readonly resolution: LoginResolution
  /** The program itself requested the duration; a duration in a file only limits how long a session may be. */
  readonly isLengthMeant: boolean
  /** The session must be valid for longer than this, in seconds; never less than 15 minutes. */
  readonly minimumSeconds: number
  /** As for obtainSessions. */
  readonly refusalHoldsMs?: number
}

/** What providing a session needs. */
export interface ProvideEffects extends Omit<SessionEffects, 'sts'> {
  readonly connection: Connection
  readonly runCredentialProcess: RunCredentialProcess
  readonly terminal: Pick<Terminal, 'canAsk' | 'choose'>
}

/** A session, and its account where that is known without a call. */
export interface ProvidedSession extends StsSession {
  readonly account: string | undefined
}

/**
 * Returns a cached session, else a new one. Only a role whose duration the program requested may take a code of its
 * own; any other is assumed with the MFA session, an hour at a time, and renewed from it without a code. Throws what
 * obtainSessions and findDevice throw, and the failure of the role.
 */
export async function provideSession(request: ProvideRequest, effects: ProvideEffects): Promise<ProvidedSession> {
  const provider = await openProvider(request, effects)
  return provider.findCached() ?? (await provider.obtain(effects.sources))
}

/** A session for `credential-process`. */
export interface ProcessRequest {
  readonly resolution: LoginResolution
  /** With so much time remaining, in seconds, it is renewed even if that needs a code. */
  readonly windowSeconds: number
  /** As for obtainSessions: a program that asks again at once gets the same answer. */
  readonly refusalHoldsMs: number
}

/** What answering needs. `onNotRenewed` is told why a session that is about to expire is served all the same. */
export interface ProcessEffects extends ProvideEffects {
  readonly onNotRenewed: (error: AwsmfaError, expiration: Date) => void
}

/**
 * Returns a session, renewed before it expires. A valid one is served whatever happens to its renewal: STS is down,
 * nobody can be asked. Throws what provideSession throws where there is none.
 */
export async function answerProcess(
  { resolution, windowSeconds, refusalHoldsMs }: ProcessRequest,
  effects: ProcessEffects,
): Promise<ProvidedSession> {
  const provider = await openProvider(
    { resolution, isLengthMeant: false, minimumSeconds: windowSeconds, refusalHoldsMs },
    effects,
  )
  const cached = provider.findCached(0)
  if (cached === undefined) return await provider.obtain(effects.sources)
  const { expiration } = cached.credentials
  const decision = refreshAction(expiration, effects.now(), windowSeconds)
  if (decision === 'serve' || (decision === 'try' && !provider.needsNoCode())) return cached
  try {
    return await provider.obtain(decision === 'renew' ? effects.sources : [])
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    effects.onNotRenewed(error, expiration)
    return cached
  }
}

interface Provider {
  /** Returns a cached session with more than `floorSeconds` remaining, 15 minutes unless given. */
  readonly findCached: (floorSeconds?: number) => ProvidedSession | undefined
  /** Whether `obtain` would assume the role with a cached MFA session. */
  readonly needsNoCode: () => boolean
  /** Obtains a session, with a code from these sources where no MFA session is cached. */
  readonly obtain: (sources: SessionEffects['sources']) => Promise<ProvidedSession>
}

/**
 * The number of targets that keeps the code out of AssumeRole (planLogin): it serves every role, and renews them
 * without another.
 */
const CODE_FOR_ALL = 2

/** Finds out which long-term credentials and which device. Throws what the credential process and findDevice throw. */
async function openProvider(request: ProvideRequest, effects: ProvideEffects): Promise<Provider> {
  const { resolution, isLengthMeant, minimumSeconds, refusalHoldsMs = 0 } = request
  const { connection, deadline, facts } = effects
  const { partition } = resolution
  const signer = await longTermCredentials(resolution.longTerm, deadline, effects.runCredentialProcess)
  const { accessKeyId } = signer
  const serialNumber = resolution.serialNumber?.value ?? (await deviceFromIam(resolution, signer, effects))
  const calling = { ...effects, sts: connection.sts }
  const requestFor = (member: LoginResolution, targets: number): SessionRequest => ({
    members: [{ resolution: member, plan: planLogin(member, targets) }],
    signer,
    key: { partition, endpoint: connection.endpoint, accessKeyId, serialNumber },
    renew: false,
    minimumSeconds,
    refusalHoldsMs,
  })
  const withAccount = (session: StsSession): ProvidedSession => ({
    ...session,
    account: (roleIdentity(session) ?? facts.identityOf(accessKeyId))?.account,
  })
  return {
    findCached: (floorSeconds) => {
      // A role session of full duration that login made with a code of its own is as good.
      const targets = isLengthMeant ? [1] : [1, CODE_FOR_ALL]
      const limits = floorSeconds === undefined ? {} : { floorSeconds, minimumSeconds: 0 }
      const cached = targets
        .map((count) => findCachedSession({ ...requestFor(resolution, count), ...limits }, calling))
        .find((session) => session !== undefined)
      return cached && withAccount(cached)
    },
    needsNoCode: () =>
      resolution.roles.length > 0 &&
      findCachedSession(requestFor({ ...resolution, roles: [] }, CODE_FOR_ALL), calling) !== undefined,
    obtain: async (sources) => {
      const targets = isLengthMeant ? 1 : CODE_FOR_ALL
      const [session] = await obtainSessions(requestFor(resolution, targets), { ...calling, sources })
      if (session === undefined) throw new Error('a member has a session or a failure')
      if (session instanceof AwsmfaError) throw session
      if (session.identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, session.identity)
      return withAccount(session)
    },
  }
}

async function deviceFromIam(
  { target, path, prompt }: LoginResolution,
  signer: LongTermCredentials,
  { connection, deadline, terminal, cancelled }: ProvideEffects,
): Promise<string> {
  const { serialNumber } = await findDevice({
    profile: target.value,
    path,
    hideArns: prompt.hideArns,
    list: () => connection.listMfaDevices(signer, deadline.signal),
    terminal,
    deadline,
    cancelled,
  })
  return serialNumber
}

/** The session that a profile works with now. */
export interface CurrentRequest extends Pick<ThroughInput, 'options' | 'environment' | 'defaults'> {
  readonly profile: string
  readonly profiles: Profiles
  /** How long it must last at least, in seconds. */
  readonly minimumSeconds: number
}

/** What finding it needs. */
export interface CurrentEffects extends CacheEffects {
  readonly cachedSessionOf: CachedSessionOf
  readonly facts: Pick<RememberedFacts, 'identityOf' | 'rememberIdentity'>
  readonly connect: (settings: ThroughSession & { readonly path: readonly string[] }) => Connection
  readonly deadline: Pick<Deadline, 'signal'>
  readonly sha256: Sha256
  readonly osUser: string | undefined
  readonly showWaiting: (text: string) => () => void
}

/** The session, or none. */
export type CurrentOutcome = Exclude<CurrentSession, { readonly kind: 'through' }>

/**
 * Returns the session that a profile works with now, without a question: from a file, or a role's, assumed with the
 * session of its source profile. Throws what resolveThroughSession and AssumeRole throw.
 */
export async function currentCredentials(request: CurrentRequest, effects: CurrentEffects): Promise<CurrentOutcome> {
  const { profile, profiles, minimumSeconds } = request
  const { cachedSessionOf } = effects
  const found = findCurrentSession(profile, { profiles, cachedSessionOf, now: effects.now(), minimumSeconds })
  if (found.kind !== 'through') return found
  const { path, session } = found
  const settings = resolveThroughSession({ ...request, path: path.map((name) => profiles.find(name)) })
  for (const note of settings.plan.notes)
    effects.debug(`${note.roleArn} is asked for ${note.cappedToSeconds} s: more cannot be had from a session`)
  const { sts, endpoint } = effects.connect({ ...settings, path })
  const userName = userNameOf({ known: () => effects.facts.identityOf(session.accessKeyId) })
  const chain: RoleChain = {
    requests: roleRequests(settings.plan, {}, defaultSessionName(userName, effects.osUser)),
    isDirect: false,
    // Under the key of the session, so that a new one never meets a role session of the old one.
    key: { partition: settings.partition, endpoint, accessKeyId: session.accessKeyId, serialNumber: '' },
    profiles: path.slice(-1),
  }
  const current = await roleSession(chain, chain.requests.length - 1, { session, minimumSeconds }, { ...effects, sts })
  const identity = roleIdentity(current)
  if (identity !== undefined) effects.facts.rememberIdentity(current.credentials.accessKeyId, identity)
  return { kind: 'session', session: current.credentials }
}

/** Returns the cached session of a role of the chain, else assumes it with the session of the role before. */
async function roleSession(
  chain: RoleChain,
  index: number,
  { session, minimumSeconds }: { readonly session: GivenSession; readonly minimumSeconds: number },
  effects: CurrentEffects & Pick<SessionEffects, 'sts'>,
): Promise<StsSession> {
  const cached = findRoleSession(chain, index, { minimumSeconds, renew: false, since: undefined }, effects)
  if (cached !== undefined) return cached
  const before = index === 0 ? undefined : await roleSession(chain, index - 1, { session, minimumSeconds: 0 }, effects)
  return await assumeRole(chain, index, { signer: before?.credentials ?? session }, effects)
}
