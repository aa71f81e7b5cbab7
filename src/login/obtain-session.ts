/**
 * Obtains the sessions of all profiles that one token code serves: question lock → cache → code → STS → cache, then the
 * roles. Nothing is decided here: the plans say which calls, signed by what.
 */
import type { AssumeRoleRequest, MfaProof, StsSession } from '../aws/sts-api.ts'
import type { Sts } from '../aws/sts.ts'
import type { LoginEffects } from './prepare.ts'
import type { LoginPlan } from './plan.ts'
import { defaultSessionName } from './profile-chain.ts'
import type { LoginResolution, RoleExtras } from './resolution.ts'
import { withQuestionLock } from '../mfa/question-lock.ts'
import { redeemTokenCode, userNameOf } from '../mfa/token-code.ts'
import type { TokenCodeSource } from '../mfa/token-code.ts'
import type { CallerIdentity, CredentialSource, SigningCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { mapLimited } from '../platform/time.ts'
import { lookUpIdentity } from '../sessions/caller-identity.ts'
import type { IdentityLookup } from '../sessions/caller-identity.ts'
import { cacheSession, findCached } from '../sessions/session-cache.ts'
import type { CacheEffects, CachedSessionQuery } from '../sessions/session-cache.ts'
import { chainOf, sessionName } from '../sessions/session-record.ts'
import type { SessionKey, Sha256 } from '../sessions/session-record.ts'

/** A profile that needs a session. */
export interface SessionMember {
  readonly resolution: LoginResolution
  /** Made for as many targets as the code serves. Where the code goes into AssumeRole, this is the only member. */
  readonly plan: LoginPlan
  /** Set where a new session could not be stored: the failure, unless a cached session answers the request. */
  readonly cachedOnly?: AwsmfaError | undefined
}

/** Sessions that one code serves. */
export interface SessionRequest {
  readonly members: readonly SessionMember[]
  readonly signer: CredentialSource
  /** The key of the MFA session in the cache, but for the roles. */
  readonly key: Omit<SessionKey, 'chain'>
  /** Ask and call even where a cached session would do. */
  readonly renew: boolean
  /** A cached session must last longer than this, in seconds. */
  readonly minimumSeconds: number
  /** And never less than this; 15 minutes unless given. */
  readonly floorSeconds?: number | undefined
  /** Whose keys sign, if the caller looks that up: what it knows then is returned, and nothing waits for more. */
  readonly identity?: IdentityLookup | undefined
  /** A refusal of the same question that is no older than this also refuses this one; 0 unless given. */
  readonly refusalMaxAgeMs?: number | undefined
}

export interface SessionEffects extends Omit<
  LoginEffects,
  'files' | 'awsCaches' | 'runCredentialProcess' | 'openStore'
> {
  readonly sts: Sts
  readonly sources: readonly TokenCodeSource[]
}

/** A session, and whose it is. */
export interface ObtainedSession extends StsSession {
  readonly identity: CallerIdentity | undefined
  /** The sessions of the roles, in their order; the last is this one. Empty without a role. */
  readonly hops: readonly StsSession[]
}

/** AWS throttles by account; eight calls at once stay far below and keep twenty roles under two seconds. */
const CALLS_AT_ONCE = 8

/** One call of obtainSessions: its arguments, and the lookup of whose keys sign it. */
interface ObtainContext extends SessionEffects {
  readonly request: SessionRequest
  readonly identity: IdentityLookup
}

function contextOf(request: SessionRequest, effects: SessionEffects): ObtainContext {
  const identity =
    request.identity ?? lookUpIdentity(request.signer, effects.sts, effects.facts, effects.deadline.signal)
  return { ...effects, request, identity }
}

/**
 * Returns for each member its session, or its failure: a role that fails fails alone, even by the deadline. Throws what
 * concerns all: the code, the keys, the network before the first session, PROMPT_UNAVAILABLE, CANCELLED,
 * DEADLINE_EXCEEDED, and ANOTHER_LOGIN_FAILED.
 */
export async function obtainSessions(
  request: SessionRequest,
  effects: SessionEffects,
): Promise<readonly (ObtainedSession | AwsmfaError)[]> {
  const context = contextOf(request, effects)
  const { members } = request
  const [only] = members
  if (only?.plan.codeFor === 'AssumeRole' && only.cachedOnly === undefined) return [await roleWithCode(only, context)]
  // Role sessions are cached under the names in their requests, which must be known where nothing else will do.
  if (members.some((member) => member.cachedOnly !== undefined && needsName(member))) await context.identity.settled()
  const cached = new Map(members.map((member) => [member, findRoleSessions(member, undefined, context)]))
  const missing = members.filter((member) => cached.get(member) === undefined)
  const asking = missing.filter(({ cachedOnly }) => cachedOnly === undefined)
  // Looked up before the lock too: a login that needs no code need not wait for the answer to another one's question.
  const cachedMfa = missing.length === 0 ? undefined : findMfaSession(missing, undefined, context)
  const mfa = cachedMfa ?? (asking.length === 0 ? undefined : await newMfaSession(asking, context))
  const outcomes = await mapLimited(members, CALLS_AT_ONCE, async (member) => {
    const hops = cached.get(member)
    if (hops !== undefined) return withIdentity(hops)
    const needsNoRole = member.plan.roles.length === 0
    return await sessionFrom(
      member.cachedOnly === undefined ? mfa : needsNoRole ? cachedMfa : undefined,
      member,
      context,
    )
  })
  return mfa === cachedMfa ? await withoutRefusedSession(members, asking, outcomes, context) : outcomes
}

/**
 * Returns the outcomes, after a token code if AWS has refused the cached MFA session: AWS does not say whether sessions
 * end with their access key when that is deactivated or deleted.
 */
async function withoutRefusedSession(
  members: readonly SessionMember[],
  asking: readonly SessionMember[],
  outcomes: readonly (ObtainedSession | AwsmfaError)[],
  context: ObtainContext,
): Promise<readonly (ObtainedSession | AwsmfaError)[]> {
  const isRefused = (index: number): boolean => {
    const outcome = outcomes[index]
    return isFailure(outcome, 'CREDENTIALS_REJECTED') && outcome.failure.origin === 'session'
  }
  const refused = members.filter((member, index) => asking.includes(member) && isRefused(index))
  if (refused.length === 0 || context.sources.length === 0) return outcomes
  context.debug('AWS refuses the cached MFA session: a new one is created')
  context.cache.remove({ ...context.request.key, chain: '' })
  const fresh = await newMfaSession(refused, context)
  return await mapLimited(members, CALLS_AT_ONCE, async (member) => {
    const outcome = outcomes[members.indexOf(member)]
    return refused.includes(member) || outcome === undefined ? await sessionFrom(fresh, member, context) : outcome
  })
}

/**
 * Returns the cached session that answers the only member, without a question or a call; a user's session of any
 * duration. Undefined where none lasts long enough.
 */
export function findCachedSession(
  request: SessionRequest,
  effects: Omit<SessionEffects, 'sources'>,
): StsSession | undefined {
  const context = contextOf(request, { ...effects, sources: [] })
  const [member] = request.members
  if (member !== undefined && member.plan.roles.length > 0) return findRoleSessions(member, undefined, context)?.at(-1)
  return findCached({ ...mfaQuery(request, undefined), floorSeconds: request.floorSeconds }, effects)
}

/** What the MFA session of a request must be, of any duration. */
function mfaQuery(
  { members, key, renew, minimumSeconds }: SessionRequest,
  since: Date | undefined,
): CachedSessionQuery {
  return {
    key: { ...key, chain: '' },
    profiles: profilesOf(members),
    renew,
    since,
    minimumSeconds,
    durationSeconds: undefined,
  }
}

function findMfaSession(members: readonly SessionMember[], since: Date | undefined, context: ObtainContext) {
  const { seconds, isRequested } = mfaSessionDuration(members)
  const query = mfaQuery({ ...context.request, members }, since)
  return findCached({ ...query, durationSeconds: isRequested ? seconds : undefined }, context)
}

/** The longest that was requested. A role requests no duration of the MFA session that it is assumed with. */
function mfaSessionDuration(members: readonly SessionMember[]): {
  readonly seconds: number
  readonly isRequested: boolean
} {
  const plain = members.filter(({ plan }) => plan.roles.length === 0)
  const isRequested = plain.length > 0
  const seconds = (isRequested ? plain : members).reduce((most, { plan }) => Math.max(most, plan.sessionSeconds), 0)
  return { seconds, isRequested }
}

async function newMfaSession(members: readonly SessionMember[], context: ObtainContext): Promise<StsSession> {
  const { request, sts, deadline, identity, terminal } = context
  const durationSeconds = mfaSessionDuration(members).seconds
  return await withTokenCode(members, undefined, context, {
    find: (since) => findMfaSession(members, since, context),
    call: async (mfa) => {
      // The identity is looked up beside the first call, unless it is known.
      identity.start()
      const session = await terminal.whileWaiting(
        'signing in',
        sts.getSessionToken(await request.signer.open(), { durationSeconds, mfa }, deadline.signal),
      )
      // Before anything else: the code is spent.
      cacheSession(
        { key: { ...request.key, chain: '' }, session, durationSeconds, profiles: profilesOf(members) },
        context,
      )
      return session
    },
  })
}

/** A role for longer than an hour: the code goes into AssumeRole. */
async function roleWithCode(member: SessionMember, context: ObtainContext): Promise<ObtainedSession> {
  const session = await withTokenCode([member], member.plan.roles[0]?.role.roleArn.value, context, {
    find: (since) => findRoleSessions(member, since, context)?.at(-1),
    call: async (mfa) =>
      await assumeRole(
        await chainFor(member, context),
        0,
        { signer: await context.request.signer.open(), mfa },
        context,
      ),
  })
  return withIdentity([session])
}

/** Prompts for a code, alone, and redeems it, unless `find` has the session: another process may have been faster. */
async function withTokenCode(
  members: readonly SessionMember[],
  roleArn: string | undefined,
  context: ObtainContext,
  {
    find,
    call,
  }: {
    readonly find: (since: Date | undefined) => StsSession | undefined
    readonly call: (mfa: MfaProof) => Promise<StsSession>
  },
): Promise<StsSession> {
  const { key, refusalMaxAgeMs = 0 } = context.request
  const question = {
    profile: members[0]?.resolution.target.value ?? '',
    profiles: members.length,
    serialNumber: key.serialNumber,
    roleArn,
  }
  return await withQuestionLock(
    sessionName({ ...key, chain: '' }, context.sha256),
    { refusalMaxAgeMs, isCodeGiven: members.some(({ resolution }) => resolution.tokenCode !== undefined) },
    context,
    async (since) => {
      const found = find(since)
      if (found !== undefined) return found
      // Before the code is asked for: a store that is locked would waste it.
      await context.request.signer.open()
      return await redeemTokenCode(question, context, call)
    },
  )
}

/**
 * What ends one call, the deadline included, is the failure of that member: the sessions of the others are not lost by
 * it.
 */
async function sessionFrom(
  base: StsSession | undefined,
  member: SessionMember,
  context: ObtainContext,
): Promise<ObtainedSession | AwsmfaError> {
  try {
    if (base === undefined) throw member.cachedOnly ?? new Error('a member that may have a new session has one')
    const hops = findRoleSessions(member, undefined, context) ?? (await assumeRoles(member, base, context))
    if (hops.length > 0) return withIdentity(hops)
    const { identity, request } = context
    return { ...base, hops, identity: request.identity === undefined ? await identity.settled() : identity.known() }
  } catch (error) {
    if (error instanceof AwsmfaError) return error
    throw error
  }
}

async function assumeRoles(
  member: SessionMember,
  base: StsSession,
  context: ObtainContext,
): Promise<readonly StsSession[]> {
  const chain = await chainFor(member, context)
  const hops: StsSession[] = []
  for (const index of chain.requests.keys())
    hops.push(
      await assumeRoleOnce(
        chain,
        index,
        { signer: (hops.at(-1) ?? base).credentials, ...limitsAt(chain, index, context.request) },
        context,
      ),
    )
  return hops
}

/**
 * Returns the cached sessions of all roles of a member. Undefined without roles, unless all are cached, and where their
 * names are unknown.
 */
function findRoleSessions(
  member: SessionMember,
  since: Date | undefined,
  context: ObtainContext,
): readonly StsSession[] | undefined {
  if (member.plan.roles.length === 0 || (needsName(member) && context.identity.known() === undefined)) return undefined
  const chain = knownChain(member, context)
  const hops = chain.requests.flatMap(
    (_, index) => findRoleSession(chain, index, { since, ...limitsAt(chain, index, context.request) }, context) ?? [],
  )
  return hops.length === chain.requests.length ? hops : undefined
}

type RoleLimits = Omit<CachedSessionQuery, 'key' | 'profiles' | 'durationSeconds' | 'since'>

/** The sessions before the last are of no more use once that is there. */
function limitsAt({ requests }: RoleChain, index: number, request: SessionRequest): RoleLimits {
  const { renew, minimumSeconds, floorSeconds } = request
  return { renew, minimumSeconds: index === requests.length - 1 ? minimumSeconds : 0, floorSeconds }
}

function needsName({ plan }: SessionMember): boolean {
  return plan.roles.some(({ role }) => role.sessionName === undefined)
}

async function chainFor(member: SessionMember, context: ObtainContext): Promise<RoleChain> {
  if (needsName(member)) await context.identity.settled()
  return knownChain(member, context)
}

function knownChain(member: SessionMember, { request, identity, osUser }: ObtainContext): RoleChain {
  return {
    requests: roleRequests(member.plan, member.resolution.roleExtras, defaultSessionName(userNameOf(identity), osUser)),
    isDirect: member.plan.codeFor === 'AssumeRole',
    key: request.key,
    profiles: profilesOf([member]),
  }
}

/** Roles that are assumed one after another, and how their sessions are cached. */
export interface RoleChain {
  readonly requests: readonly AssumeRoleRequest[]
  /** The code goes into the first request, and no MFA session is before it. */
  readonly isDirect: boolean
  readonly key: Omit<SessionKey, 'chain'>
  readonly profiles: readonly string[]
}

/** Returns the requests of a plan's roles, without the proof of MFA. The extras go into the last. */
export function roleRequests(
  { roles }: LoginPlan,
  extras: RoleExtras,
  defaultName: string,
): readonly AssumeRoleRequest[] {
  return roles.map(({ role: { roleArn, sessionName: name, externalId }, durationSeconds }, index) => ({
    roleArn: roleArn.value,
    roleSessionName: name?.value ?? defaultName,
    durationSeconds,
    ...(externalId === undefined ? {} : { externalId: externalId.value }),
    ...(index === roles.length - 1 ? extras : {}),
  }))
}

/** Returns the cached session of a role of the chain. */
export function findRoleSession(
  chain: RoleChain,
  index: number,
  limits: Omit<CachedSessionQuery, 'key' | 'profiles' | 'durationSeconds'>,
  effects: CacheEffects & { readonly sha256: Sha256 },
): StsSession | undefined {
  const key = keyAt(chain, index, effects.sha256)
  return findCached({ ...limits, key, profiles: chain.profiles, durationSeconds: undefined }, effects)
}

/**
 * Assumes a role of the chain, or takes the session that another process has cached meanwhile: processes that want the
 * same role at once make one call. Throws what STS says, and the signal's reason.
 */
export async function assumeRoleOnce(
  chain: RoleChain,
  index: number,
  { signer, ...limits }: RoleLimits & { readonly signer: SigningCredentials },
  effects: CacheEffects & Pick<SessionEffects, 'sts' | 'sha256' | 'terminal' | 'deadline' | 'lockQuestion'>,
): Promise<StsSession> {
  const started = effects.now()
  const name = sessionName(keyAt(chain, index, effects.sha256), effects.sha256)
  const { waited, release } = await effects.lockQuestion(name, effects.deadline.signal)
  try {
    const since = waited ? started : undefined
    return (
      findRoleSession(chain, index, { ...limits, since }, effects) ??
      (await assumeRole(chain, index, { signer }, effects))
    )
  } finally {
    release()
  }
}

/** Assumes a role of the chain and caches its session. Throws what STS says. */
async function assumeRole(
  chain: RoleChain,
  index: number,
  { signer, mfa }: { readonly signer: SigningCredentials; readonly mfa?: MfaProof },
  effects: CacheEffects & Pick<SessionEffects, 'sts' | 'sha256' | 'terminal' | 'deadline'>,
): Promise<StsSession> {
  const role = chain.requests[index]
  if (role === undefined) throw new Error('no such role')
  const session = await effects.terminal.whileWaiting(
    'assuming the role',
    effects.sts.assumeRole(signer, mfa === undefined ? role : { ...role, mfa }, effects.deadline.signal),
  )
  const { durationSeconds } = role
  cacheSession(
    { key: keyAt(chain, index, effects.sha256), session, durationSeconds, profiles: chain.profiles },
    effects,
  )
  return session
}

function keyAt({ requests, isDirect, key }: RoleChain, index: number, sha256: Sha256): SessionKey {
  return { ...key, chain: chainOf(requests.slice(0, index + 1), isDirect, sha256) }
}

/** Returns the identity of a role session, from STS's answer; undefined for other sessions. */
export function roleIdentity({ assumedRoleArn: arn }: StsSession): CallerIdentity | undefined {
  return arn === undefined ? undefined : { account: arn.split(':')[4] ?? '', arn, userId: '' }
}

function withIdentity(hops: readonly StsSession[]): ObtainedSession {
  const session = hops.at(-1)
  if (session === undefined) throw new Error('a role has a session')
  return { ...session, hops, identity: roleIdentity(session) }
}

function profilesOf(members: readonly SessionMember[]): readonly string[] {
  return members.map(({ resolution }) => resolution.storeProfile)
}
