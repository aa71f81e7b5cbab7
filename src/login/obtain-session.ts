import type { AssumeRoleRequest, MfaProof, StsSession } from '../aws/sts-api.ts'
import type { Sts } from '../aws/sts.ts'
import type { LoginPlan, LoginStep } from './plan.ts'
import { defaultSessionName } from './profile-chain.ts'
import type { LoginResolution, RoleStep } from './resolution.ts'
import { underQuestionLock } from '../mfa/question-lock.ts'
import type { LockQuestion } from '../mfa/question-lock.ts'
import { redeemTokenCode, userNameOf } from '../mfa/token-code.ts'
import type { CodeEffects, TokenCodeSource } from '../mfa/token-code.ts'
import type { CallerIdentity, LongTermCredentials, SigningCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { mapLimited } from '../platform/time.ts'
import type { Deadline } from '../platform/time.ts'
import { lookUpIdentity } from '../sessions/caller-identity.ts'
import type { IdentityLookup } from '../sessions/caller-identity.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { findCached, cacheSession } from '../sessions/session-cache.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import { chainOf, sessionName } from '../sessions/session-record.ts'
import type { SessionKey, Sha256 } from '../sessions/session-record.ts'
import type { Terminal } from '../ui/terminal.ts'

/**
 * How sessions are got: for all profiles of one device at once, with one code at most. Question lock → look again in the
 * cache → code → STS → cache, then the roles. Nothing is decided here; the plans say which calls, signed by what.
 */

/** One profile that is to be signed in. */
export interface SessionMember {
  readonly resolution: LoginResolution
  /** Made for as many targets as the request has members. */
  readonly plan: LoginPlan
  /** Set where a new session could go nowhere: a kept one will do, and where there is none, nothing is asked and this is the failure. */
  readonly cachedOnly?: AwsmfaError | undefined
}

type Members = readonly [SessionMember, ...SessionMember[]]

/** What is to be got: sessions that one code serves. */
export interface SessionRequest {
  readonly members: Members
  readonly signer: LongTermCredentials
  readonly serialNumber: string
  /** The endpoint in use where it is not AWS's own, else ''. */
  readonly endpoint: string
  /** Ask and call even where a kept session would do. */
  readonly renew: boolean
  /** The session must last longer than this, in seconds, to be taken from the cache. */
  readonly minimumSeconds: number
  /** And never less than this; 15 minutes unless given. */
  readonly floorSeconds?: number
  /** A question that was refused no longer than so many ms ago counts as refused for this one too; else only one that it waited for. */
  readonly refusalHoldsMs?: number
}

/** The effects that getting a session has. */
export interface SessionEffects extends CacheEffects, Pick<CodeEffects, 'pause' | 'tellNextCode'> {
  readonly sts: Sts
  readonly sources: readonly TokenCodeSource[]
  readonly facts: RememberedFacts
  readonly lockQuestion: LockQuestion
  readonly deadline: Deadline
  readonly terminal: Pick<Terminal, 'canAsk'>
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly sha256: Sha256
  readonly osUser: string | undefined
  readonly showWaiting: (text: string) => () => void
}

/** A session and who it is. */
export interface ObtainedSession extends StsSession {
  readonly identity: CallerIdentity | undefined
  /** The sessions of all roles of the chain, in their order; the last is this one. Empty where there is no role. */
  readonly hops: readonly StsSession[]
}

/** What became of one member. */
export type MemberOutcome =
  | { readonly kind: 'signed-in'; readonly session: ObtainedSession }
  | { readonly kind: 'failed'; readonly error: AwsmfaError }

/** AWS throttles by account; eight calls at once stay far below and keep twenty roles under two seconds. */
const CALLS_AT_ONCE = 8

/**
 * Gets the session of every member; a role that fails fails alone, even by the end of the command's time. Throws what concerns
 * all: the code, the keys, the network before the first session, PROMPT_UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED, and
 * ANOTHER_LOGIN_FAILED when the question was put elsewhere and came to nothing while this one waited for it.
 */
export async function obtainSessions(
  request: SessionRequest,
  effects: SessionEffects,
): Promise<readonly MemberOutcome[]> {
  const identity = lookUpIdentity(request.signer, effects.sts, effects.facts, effects.deadline.signal)
  const work: Work = { request, effects, identity }
  const [first] = request.members
  const [firstStep] = first.plan.steps
  if (firstStep.call === 'AssumeRole' && first.cachedOnly === undefined)
    return [{ kind: 'signed-in', session: await directRole(firstStep, first, work) }]
  // Where no role can be assumed, the kept one must be found, and it is kept under the names in its request.
  if (request.members.some((member) => member.cachedOnly !== undefined && needsName(member))) await identity.settled()
  const kept = request.members.map((member) => ({ member, hops: keptRole(member, undefined, work) }))
  const [lacking, ...others] = kept.flatMap(({ member, hops }) => (hops === undefined ? [member] : []))
  if (lacking === undefined) return kept.map(({ hops = [] }) => keptOutcome(hops))
  const baseOf = await mfaSessionFor([lacking, ...others], work)
  return await mapLimited(kept, CALLS_AT_ONCE, async ({ member, hops }) =>
    hops === undefined ? await outcomeOf(member, baseOf, work) : keptOutcome(hops),
  )
}

/**
 * Finds the kept session that answers the first member, without a question or a call; a session of the user of any length.
 * Undefined: there is none that holds for long enough.
 */
export function findKeptSession(
  request: SessionRequest,
  effects: Omit<SessionEffects, 'sources'>,
): StsSession | undefined {
  const identity = lookUpIdentity(request.signer, effects.sts, effects.facts, effects.deadline.signal)
  const work: Work = { request, effects: { ...effects, sources: [] }, identity }
  const [member] = request.members
  if (roleSteps(member).length > 0) return keptRole(member, undefined, work)?.at(-1)
  const { renew, minimumSeconds, floorSeconds } = request
  return findCached(
    {
      key: keyOf(request, ''),
      profiles: profilesOf([member]),
      renew,
      since: undefined,
      minimumSeconds,
      floorSeconds,
      durationSeconds: undefined,
    },
    effects,
  )
}

interface Work {
  readonly request: SessionRequest
  readonly effects: SessionEffects
  readonly identity: IdentityLookup
}

/** Gives the MFA session that a member signs in with, or its roles are made from. Throws `cachedOnly` where it may have neither. */
type BaseOf = (member: SessionMember) => StsSession

/** The MFA session for the members that lack one: kept, or got with a code for those that may have a new one. */
async function mfaSessionFor(lacking: Members, work: Work): Promise<BaseOf> {
  // Before the lock too: whoever needs no code need not wait until another one's question is answered.
  const standing = findMfaSession(lacking, undefined, work)
  const [asking, ...others] = lacking.filter(({ cachedOnly }) => cachedOnly === undefined)
  const base = standing ?? (asking === undefined ? undefined : await newMfaSession([asking, ...others], work))
  return (member) => {
    const { cachedOnly } = member
    const own = cachedOnly === undefined ? base : roleSteps(member).length === 0 ? standing : undefined
    if (own === undefined) throw cachedOnly ?? new Error('a session was got for every member that may have a new one')
    return own
  }
}

function findMfaSession(members: Members, since: Date | undefined, { request, effects }: Work): StsSession | undefined {
  const { renew, minimumSeconds } = request
  const { durationSeconds, isAsked } = mfaSessionLength(members)
  return findCached(
    {
      key: keyOf(request, ''),
      profiles: profilesOf(members),
      renew,
      since,
      minimumSeconds,
      durationSeconds: isAsked ? durationSeconds : undefined,
    },
    effects,
  )
}

async function underQuestion<T>({ request, effects }: Work, work: (since: Date | undefined) => Promise<T>): Promise<T> {
  const question = sessionName(keyOf(request, ''), effects.sha256)
  return await underQuestionLock(question, effects, request.refusalHoldsMs ?? 0, work)
}

/** The longest that was asked for; where a role is all that is wanted, nobody asked for any. */
function mfaSessionLength(members: Members): { readonly durationSeconds: number; readonly isAsked: boolean } {
  const plain = members.filter((member) => roleSteps(member).length === 0)
  return {
    durationSeconds: Math.max(...(plain.length > 0 ? plain : members).map(({ plan }) => plan.steps[0].durationSeconds)),
    isAsked: plain.length > 0,
  }
}

async function newMfaSession(members: Members, work: Work): Promise<StsSession> {
  const { request, effects } = work
  const key = keyOf(request, '')
  const { durationSeconds } = mfaSessionLength(members)
  return await underQuestion(work, async (since) => {
    const kept = findMfaSession(members, since, work)
    if (kept !== undefined) return kept
    return await redeemTokenCode(
      questionOf(members, request.serialNumber),
      { ...effects, identity: work.identity },
      async (mfa) => {
        // Who is asking is learnt beside the first call, unless it is known.
        work.identity.start()
        const stopWaiting = effects.showWaiting('signing in')
        const session = await effects.sts
          .getSessionToken(request.signer, { durationSeconds, mfa }, effects.deadline.signal)
          .finally(stopWaiting)
        // Before anything else: the code is spent.
        cacheSession({ key, session, durationSeconds, profiles: profilesOf(members) }, effects)
        return session
      },
    )
  })
}

/** A role for longer than an hour: the code goes into AssumeRole itself. */
async function directRole(step: RoleCall, member: SessionMember, work: Work): Promise<ObtainedSession> {
  const { request, effects, identity } = work
  const session = await underQuestion(work, async (since) => {
    const kept = keptRole(member, since, work)?.at(-1)
    if (kept !== undefined) return kept
    return await redeemTokenCode(
      questionOf([member], request.serialNumber, step.role.roleArn.value),
      { ...effects, identity },
      async (mfa) => {
        const roles = await requestsOf(member, work)
        return await assumeRole(roles.length - 1, { roles, member, signer: request.signer, mfa }, work)
      },
    )
  })
  return withIdentity(session, [session], undefined)
}

function keptOutcome(hops: readonly StsSession[]): MemberOutcome {
  const session = hops.at(-1)
  if (session === undefined) throw new Error('a kept role has a session')
  return { kind: 'signed-in', session: withIdentity(session, hops, undefined) }
}

/** What ends one call, the end of the command's time too, is the failure of that member: what the others got is not lost by it. */
async function outcomeOf(member: SessionMember, baseOf: BaseOf, work: Work): Promise<MemberOutcome> {
  try {
    const base = baseOf(member)
    const hops = keptRole(member, undefined, work) ?? (await assumeChain(member, base, work))
    return {
      kind: 'signed-in',
      session: withIdentity(hops.at(-1) ?? base, hops, hops.length === 0 ? await work.identity.settled() : undefined),
    }
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    return { kind: 'failed', error }
  }
}

async function assumeChain(member: SessionMember, base: StsSession, work: Work): Promise<readonly StsSession[]> {
  const roles = await requestsOf(member, work)
  const hops: StsSession[] = []
  for (const index of roles.keys()) {
    const signer = (hops.at(-1) ?? base).credentials
    hops.push(await assumeRole(index, { roles, member, signer, mfa: undefined }, work))
  }
  return hops
}

interface RoleSigning {
  readonly roles: readonly AssumeRoleRequest[]
  readonly member: SessionMember
  readonly signer: SigningCredentials
  readonly mfa: MfaProof | undefined
}

async function assumeRole(
  index: number,
  { roles, member, signer, mfa }: RoleSigning,
  { request, effects }: Work,
): Promise<StsSession> {
  const role = roles[index]
  if (role === undefined) throw new Error('no such role')
  const stopWaiting = effects.showWaiting('assuming the role')
  const session = await effects.sts
    .assumeRole(signer, mfa === undefined ? role : { ...role, mfa }, effects.deadline.signal)
    .finally(stopWaiting)
  const key = keyOf(request, chainOf(roles.slice(0, index + 1), mfa !== undefined, effects.sha256))
  cacheSession({ key, session, durationSeconds: role.durationSeconds, profiles: profilesOf([member]) }, effects)
  return session
}

/** The kept sessions of all roles of a member; undefined unless all are there, or where its names cannot be known without a call. */
function keptRole(
  member: SessionMember,
  since: Date | undefined,
  { request, effects, identity }: Work,
): readonly StsSession[] | undefined {
  const roles = roleSteps(member)
  if (roles.length === 0 || (needsName(member) && identity.known() === undefined)) return undefined
  const requests = roleRequests(member, nameOf(identity, effects))
  const isDirect = member.plan.steps[0].call === 'AssumeRole'
  const { renew, minimumSeconds, floorSeconds } = request
  const hops = requests.flatMap((_, index) => {
    const key = keyOf(request, chainOf(requests.slice(0, index + 1), isDirect, effects.sha256))
    const profiles = profilesOf([member])
    const isLast = index === requests.length - 1
    // The roles before the last are done with once that is there.
    const limits = isLast ? { minimumSeconds, floorSeconds } : { minimumSeconds: 0, floorSeconds }
    return findCached({ key, profiles, renew, since, ...limits, durationSeconds: undefined }, effects) ?? []
  })
  return hops.length === requests.length ? hops : undefined
}

async function requestsOf(member: SessionMember, { effects, identity }: Work): Promise<readonly AssumeRoleRequest[]> {
  if (needsName(member)) await identity.settled()
  return roleRequests(member, nameOf(identity, effects))
}

function needsName(member: SessionMember): boolean {
  return roleSteps(member).some(({ role }) => role.sessionName === undefined)
}

type RoleCall = Extract<LoginStep, { readonly call: 'AssumeRole' }>

function roleSteps({ plan }: SessionMember): readonly RoleCall[] {
  return plan.steps.flatMap((step) => (step.call === 'AssumeRole' ? [step] : []))
}

function roleRequests(member: SessionMember, defaultName: string): readonly AssumeRoleRequest[] {
  return roleSteps(member).map(({ role, durationSeconds, isLast }) => ({
    ...roleRequest(role, durationSeconds, defaultName),
    ...(isLast ? member.resolution.roleExtras : {}),
  }))
}

/** Gives the request of one role, without the proof of MFA. */
export function roleRequest(role: RoleStep, durationSeconds: number, defaultName: string): AssumeRoleRequest {
  const externalId = role.externalId?.value
  return {
    roleArn: role.roleArn.value,
    roleSessionName: role.sessionName?.value ?? defaultName,
    durationSeconds,
    ...(externalId === undefined ? {} : { externalId }),
  }
}

function nameOf(identity: IdentityLookup, { osUser }: SessionEffects): string {
  return defaultSessionName(userNameOf(identity), osUser)
}

/** The account and ARN of a role session are in STS's answer; an MFA session is the user. */
function withIdentity(
  session: StsSession,
  hops: readonly StsSession[],
  user: CallerIdentity | undefined,
): ObtainedSession {
  const arn = session.assumedRoleArn
  return {
    ...session,
    hops,
    identity: arn === undefined ? user : { account: arn.split(':')[4] ?? '', arn, userId: '' },
  }
}

function questionOf(members: Members, serialNumber: string, roleArn?: string): Parameters<typeof redeemTokenCode>[0] {
  const profile = members[0].resolution.target.value
  return { profile, profiles: members.length, serialNumber, ...(roleArn === undefined ? {} : { roleArn }) }
}

function keyOf({ members, endpoint, signer, serialNumber }: SessionRequest, chain: string): SessionKey {
  return { partition: members[0].resolution.partition, endpoint, accessKeyId: signer.accessKeyId, serialNumber, chain }
}

function profilesOf(members: readonly SessionMember[]): readonly string[] {
  return members.map(({ resolution }) => resolution.storeProfile)
}
