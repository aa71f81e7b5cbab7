import type { AssumeRoleRequest, StsSession } from '../aws/sts-api.ts'
import { longTermCredentials } from './long-term-keys.ts'
import type { RunCredentialProcess } from './long-term-keys.ts'
import { findKeptSession, obtainSessions, roleRequest } from './obtain-session.ts'
import type { SessionEffects, SessionRequest } from './obtain-session.ts'
import { planLogin } from './plan.ts'
import type { LoginStep } from './plan.ts'
import { defaultSessionName } from './profile-chain.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveThroughSession } from './resolve.ts'
import type { ThroughInput, ThroughSession } from './resolve.ts'
import type { Connection } from './sign-in.ts'
import { findDevice } from '../mfa/device.ts'
import type { GivenSession, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import type { Deadline } from '../platform/time.ts'
import type { AwsCacheReader } from '../sessions/aws-cache-entry.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { refreshAction } from '../sessions/reuse.ts'
import { findCached, cacheSession } from '../sessions/session-cache.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import { chainOf } from '../sessions/session-record.ts'
import type { SessionKey, Sha256 } from '../sessions/session-record.ts'
import { findCurrentSession } from '../sessions/status.ts'
import type { CurrentSession } from '../sessions/status.ts'
import type { Terminal } from '../ui/terminal.ts'

/** A session for a credential_process: as long as there is one, it is served; it is renewed before it ends. */

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
export async function answerProcess(
  { resolution, windowSeconds, refusalHoldsMs }: ProcessRequest,
  effects: ProcessEffects,
): Promise<ProvidedSession> {
  const provision = await openProvision(
    { resolution, isLengthMeant: false, minimumSeconds: windowSeconds, refusalHoldsMs },
    effects,
  )
  const kept = provision.findKept(0)
  if (kept === undefined) return await provision.obtain(effects.sources)
  const { expiration } = kept.credentials
  const decision = refreshAction(expiration, effects.now(), windowSeconds)
  if (decision === 'serve' || (decision === 'try' && !provision.needsNoCode())) return kept
  try {
    return await provision.obtain(decision === 'renew' ? effects.sources : [])
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    effects.onNotRenewed(error, expiration)
    return kept
  }
}

/** The session that a profile works with now, got without asking anybody: as it stands in a file, or a role's, made from it. */

/** Whose session is wanted. */
export interface CurrentRequest extends Pick<ThroughInput, 'options' | 'environment' | 'defaults'> {
  readonly profile: string
  readonly profiles: Profiles
  /** How long it has to last at least, in seconds. */
  readonly minimumSeconds: number
}

/** The effects that getting it has. */
export interface CurrentEffects extends CacheEffects {
  readonly awsCaches: readonly AwsCacheReader[]
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
 * Gets it. A role profile's session is made from the one that it hangs on and kept in awsmfa's own cache under that, so that a
 * new session never meets a role session of the old one. Throws what resolveThroughSession and AssumeRole throw.
 */
export async function currentCredentials(request: CurrentRequest, effects: CurrentEffects): Promise<CurrentOutcome> {
  const { profile, profiles, minimumSeconds } = request
  const found = findCurrentSession(profile, { profiles, caches: effects.awsCaches, now: effects.now(), minimumSeconds })
  if (found.kind !== 'through') return found
  const settings = resolveThroughSession({ ...request, path: found.path.map((name) => profiles.find(name)) })
  for (const note of settings.plan.notes)
    effects.debug(`${note.roleArn} is asked for ${note.cappedToSeconds} s: more cannot be had from a session`)
  const { credentials } = await assumeRoles({ ...found, settings, minimumSeconds }, effects)
  return { kind: 'session', session: credentials }
}

interface ThroughWork {
  readonly path: readonly string[]
  readonly session: GivenSession
  readonly settings: ThroughSession
  readonly minimumSeconds: number
}

/** Goes on from the last role of the chain whose session is kept. */
async function assumeRoles(
  { path, session, settings, minimumSeconds }: ThroughWork,
  effects: CurrentEffects,
): Promise<StsSession> {
  const { sha256, facts, deadline } = effects
  const { sts, endpoint } = effects.connect({ ...settings, path })
  const requests = requestsOf(settings.plan.steps, session, effects)
  const profiles = path.slice(-1)
  const keyOf = (index: number): SessionKey => {
    const chain = chainOf(requests.slice(0, index + 1), false, sha256)
    return { partition: settings.partition, endpoint, accessKeyId: session.accessKeyId, serialNumber: '', chain }
  }
  const keptAt = (index: number): StsSession | undefined => {
    const wanted = { key: keyOf(index), profiles, renew: false, since: undefined, durationSeconds: undefined }
    return findCached({ ...wanted, minimumSeconds: index === requests.length - 1 ? minimumSeconds : 0 }, effects)
  }
  const last = requests.findLastIndex((_, index) => keptAt(index) !== undefined)
  let current = last === -1 ? undefined : keptAt(last)
  for (const [index, role] of requests.entries()) {
    if (index <= last) continue
    const signer = current?.credentials ?? session
    const stopWaiting = effects.showWaiting('assuming the role')
    current = await sts.assumeRole(signer, role, deadline.signal).finally(stopWaiting)
    cacheSession({ key: keyOf(index), session: current, durationSeconds: role.durationSeconds, profiles }, effects)
  }
  if (current === undefined) throw new Error('a role profile has a role')
  const { assumedRoleArn: arn, credentials } = current
  if (arn !== undefined)
    facts.rememberIdentity(credentials.accessKeyId, { account: arn.split(':')[4] ?? '', arn, userId: '' })
  return current
}

function requestsOf(
  steps: readonly LoginStep[],
  session: GivenSession,
  { facts, osUser }: CurrentEffects,
): readonly AssumeRoleRequest[] {
  const arn = facts.identityOf(session.accessKeyId)?.arn
  const userName = arn?.includes(':user/') === true ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
  const defaultName = defaultSessionName(userName, osUser)
  return steps.flatMap((step) =>
    step.call === 'AssumeRole' ? [roleRequest(step.role, step.durationSeconds, defaultName)] : [],
  )
}

/**
 * A session for the program that asks: which keys, which device → a kept session, or a new one with a code. Nothing is
 * written but awsmfa's own cache.
 */

/** What a program wants. */
export interface ProvideRequest {
  readonly resolution: LoginResolution
  /** The program itself named a length, and means it; what files say only limits how long a session may be. */
  readonly isLengthMeant: boolean
  /** The session must hold for longer than this, in seconds; never less than 15 minutes. */
  readonly minimumSeconds: number
  /** As for obtainSessions. */
  readonly refusalHoldsMs?: number
}

/** The effects that providing a session has. */
export interface ProvideEffects extends Omit<SessionEffects, 'sts'> {
  readonly connection: Connection
  readonly runCredentialProcess: RunCredentialProcess
  readonly terminal: Pick<Terminal, 'canAsk' | 'choose'>
}

/** A session, and the account that it belongs to where that is known without a call. */
export interface ProvidedSession extends StsSession {
  readonly account: string | undefined
}

/** As many as keep a code out of AssumeRole (planLogin): then it serves every role, and roles are renewed without another. */
const CODE_FOR_ALL = 2

/**
 * Gives a kept session that will do, else a new one. A role whose length the program named may take a code of its own; any
 * other is made from the MFA session, an hour at a time, and renewed from it without a code. Throws what obtainSessions and
 * findDevice throw, and the failure of the role.
 */
export async function provideSession(request: ProvideRequest, effects: ProvideEffects): Promise<ProvidedSession> {
  const provision = await openProvision(request, effects)
  return provision.findKept() ?? (await provision.obtain(effects.sources))
}

/** The two ways to a session, once it is known whose keys and which device it is about. */
export interface Provision {
  /** Finds a kept session with more than `floorSeconds` left, 15 minutes unless given. */
  readonly findKept: (floorSeconds?: number) => ProvidedSession | undefined
  /** Whether `obtain` would make a role's session from a kept MFA session. */
  readonly needsNoCode: () => boolean
  /** Gets a session, with a code from these sources where no MFA session is kept. */
  readonly obtain: (sources: SessionEffects['sources']) => Promise<ProvidedSession>
}

/** Finds out whose keys and which device. Throws what the credential process and findDevice throw. */
async function openProvision(request: ProvideRequest, effects: ProvideEffects): Promise<Provision> {
  const { resolution, isLengthMeant, minimumSeconds, refusalHoldsMs = 0 } = request
  const { connection, deadline, facts } = effects
  const signer = await longTermCredentials(resolution.longTerm, deadline, effects.runCredentialProcess)
  const serialNumber = resolution.serialNumber?.value ?? (await deviceFromIam(resolution, signer, effects))
  const calling = { ...effects, sts: connection.sts }
  const requestFor = (targets: number): SessionRequest => ({
    members: [{ resolution, plan: planLogin(resolution, targets) }],
    signer,
    serialNumber,
    endpoint: connection.endpoint,
    renew: false,
    minimumSeconds,
    refusalHoldsMs,
  })
  const withAccount = (session: StsSession): ProvidedSession => ({
    ...session,
    account: session.assumedRoleArn?.split(':')[4] ?? facts.identityOf(signer.accessKeyId)?.account,
  })
  return {
    findKept: (floorSeconds) => {
      // A role session of full length that login made with a code of its own is as good.
      const plans = isLengthMeant ? [1] : [1, CODE_FOR_ALL]
      const limits = floorSeconds === undefined ? {} : { floorSeconds, minimumSeconds: 0 }
      const kept = plans
        .map((targets) => findKeptSession({ ...requestFor(targets), ...limits }, calling))
        .find((session) => session !== undefined)
      return kept === undefined ? undefined : withAccount(kept)
    },
    needsNoCode: () => {
      const user = { ...resolution, roles: [] }
      return (
        resolution.roles.length > 0 &&
        findKeptSession(
          { ...requestFor(CODE_FOR_ALL), members: [{ resolution: user, plan: planLogin(user, CODE_FOR_ALL) }] },
          calling,
        ) !== undefined
      )
    },
    obtain: async (sources) => {
      const [outcome] = await obtainSessions(requestFor(isLengthMeant ? 1 : CODE_FOR_ALL), { ...calling, sources })
      if (outcome === undefined) throw new Error('a member has an outcome')
      if (outcome.kind === 'failed') throw outcome.error
      const { session } = outcome
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
  const list = () => connection.listMfaDevices(signer, deadline.signal)
  return (
    await findDevice({ profile: target.value, path, hideArns: prompt.hideArns, list, terminal, deadline, cancelled })
  ).serialNumber
}
