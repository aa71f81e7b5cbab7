/**
 * How a session is got: question lock → look again in the cache → code → STS → cache, then the roles. Nothing is decided
 * here; the plan says which calls, signed by what.
 */
import { AwsmfaError } from '../core/failures.ts'
import type { LoginPlan, LoginStep } from '../core/login/login-plan.ts'
import type { LoginResolution, RoleStep } from '../core/login/resolution.ts'
import { defaultSessionName } from '../core/login/session-name.ts'
import type { AssumeRoleRequest, CallerIdentity, Deadline, LockQuestion, MfaProof, Now, QuestionRefusal, RememberedFacts, SessionCache, Sha256, StsSession, Sts, TokenCodeSource } from '../core/ports.ts'
import type { LongTermCredentials, SigningCredentials } from '../core/sessions/credentials.ts'
import { mfaSessionName } from '../core/sessions/session-key.ts'
import type { MfaSessionKey } from '../core/sessions/session-key.ts'
import { isUsable } from '../core/sessions/session-record.ts'
import { EXPIRING_SECONDS } from '../core/sessions/session-state.ts'
import { lookUpIdentity } from './caller-identity.ts'
import type { IdentityLookup } from './caller-identity.ts'
import { spendTokenCode, userNameOf } from './spend-token-code.ts'

/** What is to be got. */
export interface SessionRequest {
  readonly plan: LoginPlan
  readonly resolution: LoginResolution
  readonly signer: LongTermCredentials
  readonly serialNumber: string
  /** The endpoint in use where it is not AWS's own, else ''. */
  readonly endpoint: string
  /** Ask and call even where a kept session would do. */
  readonly renew: boolean
  /** The session must last longer than this, in seconds, to be taken from the cache. */
  readonly minimumSeconds: number
}

/** The effects that getting a session has. */
export interface SessionEffects {
  readonly sts: Sts
  readonly sources: readonly TokenCodeSource[]
  readonly cache: SessionCache
  readonly facts: RememberedFacts
  readonly lockQuestion: LockQuestion
  readonly deadline: Deadline
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly now: Now
  readonly sha256: Sha256
  readonly osUser: string | undefined
  readonly showWaiting: (text: string) => () => void
  readonly debug: (text: string) => void
}

/** A session and who it is. */
export interface ObtainedSession extends StsSession {
  readonly identity: CallerIdentity | undefined
  /** The MFA session came from the cache: no code was asked for. */
  readonly withoutCode: boolean
}

/**
 * Gets the session that the plan describes. Throws what the calls throw, PROMPT_UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED,
 * and ANOTHER_LOGIN_FAILED when the question was put elsewhere and came to nothing while this one waited for it.
 */
export async function obtainSession(request: SessionRequest, effects: SessionEffects): Promise<ObtainedSession> {
  const identity = lookUpIdentity(request.signer, effects.sts, effects.facts, effects.deadline.signal)
  const [first, ...rest] = request.plan.steps
  const { session, withoutCode } = await underQuestionLock(request, effects, (since) => firstSession(first, request, effects, { identity, since }))
  let current = session
  for (const step of rest) current = await carryOut(step, current.credentials, undefined, { request, effects, identity })
  return { ...current, identity: await identityOf(current, identity), withoutCode }
}

interface FirstSession {
  readonly session: StsSession
  readonly withoutCode: boolean
}

/**
 * Runs `work` while this process alone may ask for a code of this device. `work` is told since when a session made by
 * another process counts as an answer to the same question; undefined: nobody had to be waited for.
 */
async function underQuestionLock<T>(request: SessionRequest, effects: SessionEffects, work: (since: Date | undefined) => Promise<T>): Promise<T> {
  const question = mfaSessionName(keyOf(request), effects.sha256)
  const started = effects.now()
  const { waited, release } = await effects.deadline.pauseWhile(effects.lockQuestion(question, effects.cancelled))
  try {
    const refusal = waited ? effects.facts.refusalOf(question, started) : undefined
    if (refusal !== undefined) throw new AwsmfaError({ code: 'ANOTHER_LOGIN_FAILED', why: refusal })
    return await work(waited ? started : undefined)
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal !== undefined) effects.facts.rememberRefusal(question, refusal)
    throw error
  } finally {
    release()
  }
}

function refusalIn(error: unknown): QuestionRefusal | undefined {
  const code = error instanceof AwsmfaError ? error.failure.code : undefined
  return code === 'CANCELLED' || code === 'TOKEN_CODE_REJECTED' || code === 'DEADLINE_EXCEEDED' ? code : undefined
}

interface FirstStepState {
  readonly identity: IdentityLookup
  readonly since: Date | undefined
}

async function firstSession(step: LoginStep, request: SessionRequest, effects: SessionEffects, { identity, since }: FirstStepState): Promise<FirstSession> {
  const kept = step.call === 'GetSessionToken' ? keptSession(step.durationSeconds, request, effects, since) : undefined
  if (kept !== undefined) return { session: kept, withoutCode: true }
  const question = {
    profile: request.resolution.target.value,
    profiles: 1,
    serialNumber: request.serialNumber,
    ...(step.call === 'AssumeRole' ? { roleArn: step.role.roleArn.value } : {}),
  }
  const session = await spendTokenCode(question, { ...effects, identity }, (mfa) => carryOut(step, request.signer, mfa, { request, effects, identity }))
  if (step.call === 'GetSessionToken') keep(session, step.durationSeconds, request, effects)
  return { session, withoutCode: false }
}

/** A session from the cache that answers this request, if there is one. */
function keptSession(durationSeconds: number, request: SessionRequest, effects: SessionEffects, since: Date | undefined): StsSession | undefined {
  const record = effects.cache.find(keyOf(request))
  const { steps } = request.plan
  if (record === undefined || !isUsable(record, effects.now(), Math.max(EXPIRING_SECONDS, request.minimumSeconds))) return undefined
  // Another process asked the same question while this one waited: its answer is this one's, however this one was told to renew.
  const justMade = since !== undefined && record.createdAt.getTime() >= since.getTime()
  if (request.renew && !justMade) return undefined
  if (steps.length === 1 && record.durationSeconds !== durationSeconds) return undefined
  effects.debug('an MFA session from the cache is used')
  if (!record.profiles.includes(request.resolution.storeProfile)) storeRecord({ ...record, profiles: [...record.profiles, request.resolution.storeProfile] }, effects)
  return { credentials: record.credentials }
}

function keep(session: StsSession, durationSeconds: number, request: SessionRequest, effects: SessionEffects): void {
  storeRecord({ key: keyOf(request), credentials: session.credentials, durationSeconds, createdAt: effects.now(), profiles: [request.resolution.storeProfile] }, effects)
}

/** The cache is a convenience: where it cannot be written, the session that was just paid for with a code still counts. */
function storeRecord(record: Parameters<SessionCache['store']>[0], { cache, debug }: SessionEffects): void {
  try {
    cache.store(record)
  } catch (error) {
    debug(`the MFA session could not be kept: ${error instanceof AwsmfaError ? error.failure.code : String(error)}`)
  }
}

interface CallContext {
  readonly request: SessionRequest
  readonly effects: SessionEffects
  readonly identity: IdentityLookup
}

async function carryOut(step: LoginStep, signer: SigningCredentials, mfa: MfaProof | undefined, { request, effects, identity }: CallContext): Promise<StsSession> {
  const { sts, deadline } = effects
  const stopWaiting = effects.showWaiting(step.call === 'AssumeRole' ? 'assuming the role' : 'signing in')
  try {
    // Who is asking is learnt beside the first call, unless it is known; a role session wants the name before.
    identity.start()
    const proof = mfa === undefined ? {} : { mfa }
    if (step.call === 'GetSessionToken') return await sts.getSessionToken(signer, { durationSeconds: step.durationSeconds, ...proof }, deadline.signal)
    const roleSessionName = step.role.sessionName?.value ?? (await nameForRole(identity, effects.osUser))
    return await sts.assumeRole(signer, { ...roleRequest(step.role, step.durationSeconds), roleSessionName, ...proof, ...(step.isLast ? request.resolution.roleExtras : {}) }, deadline.signal)
  } finally {
    stopWaiting()
  }
}

async function nameForRole(identity: IdentityLookup, osUser: string | undefined): Promise<string> {
  await identity.settled()
  return defaultSessionName(userNameOf(identity), osUser)
}

function roleRequest(role: RoleStep, durationSeconds: number): Omit<AssumeRoleRequest, 'roleSessionName'> {
  const externalId = role.externalId?.value
  return { roleArn: role.roleArn.value, durationSeconds, ...(externalId === undefined ? {} : { externalId }) }
}

/** The account and ARN of a role session are in STS's answer; an MFA session is the user. */
async function identityOf(session: StsSession, lookup: IdentityLookup): Promise<CallerIdentity | undefined> {
  const arn = session.assumedRoleArn
  if (arn !== undefined) return { account: arn.split(':')[4] ?? '', arn, userId: '' }
  return lookup.known() ?? (await lookup.settled())
}

function keyOf({ resolution, endpoint, signer, serialNumber }: SessionRequest): MfaSessionKey {
  return { partition: resolution.partition, endpoint, accessKeyId: signer.accessKeyId, serialNumber }
}
