import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { ListMfaDevices, Sts } from '../aws/sts.ts'
import { resolveConflict } from './conflict.ts'
import type { TakeoverTold } from './conflict.ts'
import { isSameSource, longTermCredentials } from './long-term-keys.ts'
import type { RunCredentialProcess } from './long-term-keys.ts'
import { obtainSessions } from './obtain-session.ts'
import type { ObtainedSession, SessionEffects, SessionMember } from './obtain-session.ts'
import { describeRequest, keyOfSource, planLogin } from './plan.ts'
import type { PlanNote } from './plan.ts'
import type { LoginResolution } from './resolution.ts'
import {
  fillAwsCaches,
  preflightAwsCaches,
  preflightOwnCache,
  preflightStore,
  settleOwnCache,
  storeSessions,
} from './store-session.ts'
import type { CacheRefusal } from './store-session.ts'
import type { TokenCodeSource } from '../mfa/token-code.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { ForeignSession } from '../model/failure.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import { hashRequest } from '../sessions/reuse.ts'
import { sessionName } from '../sessions/session-record.ts'
import type { Terminal } from '../ui/terminal.ts'

/**
 * Signing profiles in: whose section is it → which keys, which device → sessions, with one code for each device → one write.
 * Everything that can refuse a profile is asked before the first question; a profile that is refused fails alone.
 */

/** A profile that is to be signed in, with what stands in the section that gets its session. */
export interface Candidate {
  readonly resolution: LoginResolution
  readonly ownership: SectionOwnership
  readonly view: ProfileView | undefined
}

/** What is to be done, and what the person allowed. */
export interface SignInRequest {
  readonly candidates: readonly Candidate[]
  readonly profiles: Profiles
  readonly renew: boolean
  /** `--replace`. */
  readonly replace: boolean
  /** The credentials file, for messages. */
  readonly path: string
  readonly takeoverQuestion: (profile: string, session: ForeignSession) => string
  /** Told as it happens. */
  readonly tell: (event: SignInEvent) => void
}

/** What the person should hear of beside the outcomes. */
export type SignInEvent =
  | { readonly kind: 'capped'; readonly note: PlanNote }
  | { readonly kind: 'device-found'; readonly serialNumber: string }
  | { readonly kind: 'taken-over'; readonly profile: string; readonly takeover: TakeoverTold }
  | { readonly kind: 'write-warning'; readonly warning: WriteWarning }
  | { readonly kind: 'cache-refused'; readonly profile: string; readonly refusal: CacheRefusal }

/** The services of AWS, reached as one login needs it. */
export interface Connection {
  readonly sts: Sts
  readonly listMfaDevices: ListMfaDevices
  /** The STS endpoint where it is not AWS's own, else ''. */
  readonly endpoint: string
}

export interface SignInEffects extends Omit<SessionEffects, 'sts' | 'sources'> {
  readonly files: SharedFiles
  /** The caches of the AWS CLI and botocore. */
  readonly awsCaches: readonly AwsCache[]
  readonly connect: (resolution: LoginResolution) => Connection
  readonly sourcesFor: (resolution: LoginResolution) => Promise<readonly TokenCodeSource[]>
  readonly runCredentialProcess: RunCredentialProcess
  readonly terminal: Pick<Terminal, 'canAsk' | 'confirm' | 'choose'>
}

/** What became of a candidate. */
export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly candidate: Candidate; readonly session: ObtainedSession }
  | { readonly kind: 'failed'; readonly candidate: Candidate; readonly error: AwsmfaError }

/**
 * Signs every candidate in and gives what became of each, in their order. What ends the whole (CANCELLED, INTERRUPTED,
 * DEADLINE_EXCEEDED) is thrown where no session was got before; else those are written, and the other candidates fail with it.
 * Throws also a token code, or a command for it, given for several devices, and what the write throws.
 */
export async function signIn(request: SignInRequest, effects: SignInEffects): Promise<readonly SignInOutcome[]> {
  const outcomes = new Map<Candidate, SignInOutcome>()
  const fail = (candidate: Candidate, error: AwsmfaError): void =>
    void outcomes.set(candidate, { kind: 'failed', candidate, error })
  const ready: Ready[] = []
  for (const candidate of request.candidates) {
    try {
      ready.push(await makeReady(candidate, ready, request, effects))
    } catch (error) {
      fail(candidate, onlyThisOne(error, effects))
    }
  }
  const groups = groupByDevice(ready, effects)
  assertOneDevice(groups)
  const done: Done[] = []
  try {
    for (const group of groups) {
      effects.deadline.signal.throwIfAborted()
      await signInGroup(group, { request, effects, fail, done })
    }
    if (done.length === 0) effects.deadline.signal.throwIfAborted()
  } catch (error) {
    if (done.length === 0 || !(error instanceof AwsmfaError)) throw error
    const isGot = new Set(done.map(({ ready: { candidate } }) => candidate))
    for (const { candidate } of ready) if (!isGot.has(candidate) && !outcomes.has(candidate)) fail(candidate, error)
  } finally {
    storeAll(done, { request, effects, fail })
  }
  for (const {
    ready: { candidate },
    session,
  } of done)
    if (!outcomes.has(candidate)) outcomes.set(candidate, { kind: 'signed-in', candidate, session })
  return request.candidates.flatMap((candidate) => outcomes.get(candidate) ?? [])
}

/** A candidate that nothing stands in the way of any more. */
interface Ready {
  readonly candidate: Candidate
  readonly signer: LongTermCredentials
  readonly connection: Connection
  readonly serialNumber: string
  readonly takeover: TakeoverTold | undefined
  /** As for obtainSessions. */
  readonly cachedOnly: AwsmfaError | undefined
}

interface Done {
  readonly ready: Ready
  readonly session: ObtainedSession
  readonly requestHash: string
}

interface GroupWork {
  readonly request: SignInRequest
  readonly effects: SignInEffects
  readonly fail: (candidate: Candidate, error: AwsmfaError) => void
  readonly done: Done[]
}

type StoreWork = Pick<GroupWork, 'request' | 'effects' | 'fail'>

async function makeReady(
  candidate: Candidate,
  before: readonly Ready[],
  request: SignInRequest,
  effects: SignInEffects,
): Promise<Ready> {
  const { resolution } = candidate
  const { longTerm } = resolution
  // Both caches lie under the home folder: without one a code would be spent for a session that goes nowhere.
  if (resolution.storeIn === 'aws-caches' && effects.awsCaches.length === 0)
    throw new AwsmfaError({ code: 'HOME_UNKNOWN' })
  if (resolution.storeIn === 'aws-caches') preflightAwsCaches(effects.awsCaches)
  const cachedOnly =
    resolution.storeIn !== 'own-cache' ? undefined : preflightOwnCache(resolution.storeProfile, request.renew, effects)
  // Keys from a process and a device from IAM are asked for once, however many profiles use them.
  const same = before.find((ready) => isSameSource(ready.candidate.resolution.longTerm, longTerm))
  const signer = same?.signer ?? (await longTermCredentials(longTerm, effects.deadline, effects.runCredentialProcess))
  const connection = effects.connect(resolution)
  const takeover =
    resolution.storeIn !== 'section'
      ? undefined
      : await settleSection(candidate, { signer, connection }, request, effects)
  const serialNumber =
    resolution.serialNumber?.value ??
    deviceOf(same) ??
    (await deviceFromIam({ candidate, connection, signer }, request, effects))
  return { candidate, signer, connection, serialNumber, takeover, cachedOnly }
}

/** Whose section it is, and whether it can be written. */
async function settleSection(
  candidate: Candidate,
  { signer, connection }: Pick<Ready, 'signer' | 'connection'>,
  request: SignInRequest,
  effects: SignInEffects,
): Promise<TakeoverTold | undefined> {
  const {
    resolution: { storeProfile, longTerm },
    ownership,
    view,
  } = candidate
  const takeover = await resolveConflict({
    profile: storeProfile,
    ownership,
    view,
    path: request.path,
    longTermProfile: longTerm.kind === 'environment' ? undefined : longTerm.profile,
    signer,
    replace: request.replace,
    question: (session) => request.takeoverQuestion(storeProfile, session),
    effects: { ...effects, sts: connection.sts },
  })
  preflightStore(effects.files, storeProfile, effects.now())
  return takeover
}

function deviceOf(same: Ready | undefined): string | undefined {
  return same?.candidate.resolution.serialNumber === undefined ? same?.serialNumber : undefined
}

async function deviceFromIam(
  { candidate, connection, signer }: Pick<Ready, 'candidate' | 'connection' | 'signer'>,
  request: SignInRequest,
  effects: SignInEffects,
): Promise<string> {
  const stopWaiting = effects.showWaiting('looking for your MFA device')
  const { findDevice } = await import('../mfa/device.ts')
  const found = await findDevice({
    profile: candidate.resolution.target.value,
    path: candidate.resolution.path,
    hideArns: candidate.resolution.prompt.hideArns,
    list: () => connection.listMfaDevices(signer, effects.deadline.signal).finally(stopWaiting),
    terminal: effects.terminal,
    deadline: effects.deadline,
    cancelled: effects.cancelled,
  })
  if (found.told) request.tell({ kind: 'device-found', serialNumber: found.serialNumber })
  return found.serialNumber
}

type Group = readonly [Ready, ...Ready[]]

/** One code serves all profiles with the same keys, device and endpoint. */
function groupByDevice(ready: readonly Ready[], { sha256 }: SignInEffects): readonly Group[] {
  const groups = new Map<string, [Ready, ...Ready[]]>()
  for (const each of ready) {
    const { partition } = each.candidate.resolution
    const name = sessionName(
      {
        partition,
        endpoint: each.connection.endpoint,
        accessKeyId: each.signer.accessKeyId,
        serialNumber: each.serialNumber,
        chain: '',
      },
      sha256,
    )
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [each])
    else group.push(each)
  }
  return [...groups.values()]
}

/** A code is one device's, and so is a command, which is not told which device's code is wanted; several profiles may find one at the same place. */
function assertOneDevice(groups: readonly Group[]): void {
  const profiles = groups.flat().length
  const isGiven = groups.some(([{ candidate }]) => candidate.resolution.tokenCode !== undefined)
  if (isGiven && groups.length > 1)
    throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'token-code-for-many', profiles } })
  const commands = groups.flatMap(([{ candidate, serialNumber }, ...others]) => {
    const origin = candidate.resolution.tokenCommand?.origin
    return origin === undefined
      ? []
      : [{ origin, place: JSON.stringify(origin), serialNumber, profiles: 1 + others.length }]
  })
  const shared = commands.find(({ place, serialNumber }) =>
    commands.some((other) => other.place === place && other.serialNumber !== serialNumber),
  )
  if (shared === undefined) return
  const served = commands.filter(({ place }) => place === shared.place).reduce((sum, each) => sum + each.profiles, 0)
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'token-command-for-many', profiles: served, origin: shared.origin },
  })
}

async function signInGroup(group: Group, { request, effects, fail, done }: GroupWork): Promise<void> {
  const members = mapGroup(group, ({ candidate, cachedOnly }) => ({
    resolution: candidate.resolution,
    plan: planLogin(candidate.resolution, group.length),
    cachedOnly,
  }))
  for (const { plan } of members) {
    for (const { reason, call } of plan.steps) effects.debug(`${call}: ${reason}`)
    for (const note of plan.notes) request.tell({ kind: 'capped', note })
  }
  const [{ signer, connection, serialNumber, candidate }] = group
  const minimumSeconds = Math.max(...members.map(({ resolution }) => resolution.minTtlSeconds ?? 0))
  try {
    const outcomes = await obtainSessions(
      { members, signer, serialNumber, endpoint: connection.endpoint, renew: request.renew, minimumSeconds },
      { ...effects, sts: connection.sts, sources: await effects.sourcesFor(candidate.resolution) },
    )
    for (const [index, outcome] of outcomes.entries()) {
      const [ready, member] = [group[index], members[index]]
      if (ready === undefined || member === undefined) continue
      if (outcome.kind === 'failed') fail(ready.candidate, outcome.error)
      else done.push({ ready, session: outcome.session, requestHash: requestHashOf(ready, member, effects) })
    }
  } catch (error) {
    const failure = onlyThisOne(error, effects)
    for (const each of group) fail(each.candidate, failure)
  }
}

function mapGroup(group: Group, map: (ready: Ready) => SessionMember): readonly [SessionMember, ...SessionMember[]] {
  const [first, ...rest] = group
  return [map(first), ...rest.map(map)]
}

/** The device goes into the hash also where nothing but IAM named it, so that a later login with another one is seen to differ. */
function requestHashOf(
  { serialNumber }: Ready,
  { resolution, plan }: SessionMember,
  { sha256 }: SignInEffects,
): string {
  const device = resolution.serialNumber ?? { value: serialNumber, origin: { kind: 'iam' } as const }
  return hashRequest(
    describeRequest(plan, { ...resolution, serialNumber: device }, keyOfSource(resolution.longTerm)),
    sha256,
  )
}

function storeAll(done: readonly Done[], work: StoreWork): void {
  const inSections = done.filter(({ ready }) => ready.candidate.resolution.storeIn === 'section')
  if (inSections.length > 0) storeInSections(inSections, work)
  for (const each of done) {
    const { storeIn } = each.ready.candidate.resolution
    if (storeIn === 'aws-caches') storeInCaches(each, work)
    if (storeIn === 'own-cache') settleInOwnCache(each, work)
  }
}

/** The session is in awsmfa's cache by now, if anywhere; for this profile nothing else will do. */
function settleInOwnCache({ ready: { candidate }, session }: Done, { effects, fail }: StoreWork): void {
  const failure = settleOwnCache(candidate.resolution.storeProfile, session, effects)
  if (failure !== undefined) fail(candidate, failure)
}

function storeInSections(done: readonly Done[], { request, effects: { files, facts } }: StoreWork): void {
  const sessions = done.map(({ ready, session, requestHash }) => ({
    profile: ready.candidate.resolution.storeProfile,
    credentials: session.credentials,
    requestHash,
  }))
  const warnings = storeSessions(files, [...new Map(sessions.map((session) => [session.profile, session])).values()])
  for (const { ready, session } of done) {
    const { ownership, resolution } = ready.candidate
    if (ownership.kind === 'ours' && ownership.accessKeyId !== session.credentials.accessKeyId)
      facts.forgetIdentity(ownership.accessKeyId)
    if (session.identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, session.identity)
    if (ready.takeover !== undefined)
      request.tell({ kind: 'taken-over', profile: resolution.storeProfile, takeover: ready.takeover })
  }
  for (const warning of warnings) request.tell({ kind: 'write-warning', warning })
}

/** A cache that cannot be written stops nobody else's sign-in. */
function storeInCaches(
  { ready: { candidate }, session, requestHash }: Done,
  { request, effects, fail }: StoreWork,
): void {
  const { storeProfile: profile, roles } = candidate.resolution
  try {
    const refusals = fillAwsCaches(
      { profile, roles, hops: session.hops, requestHash, renew: request.renew },
      request.profiles,
      effects.awsCaches,
      effects.now,
    )
    for (const refusal of refusals) request.tell({ kind: 'cache-refused', profile, refusal })
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    fail(candidate, error)
  }
}

/** Gives an error that concerns one profile or device alone; throws every other on. */
function onlyThisOne(error: unknown, { deadline, cancelled }: SignInEffects): AwsmfaError {
  const endsAll =
    deadline.signal.aborted ||
    cancelled.aborted ||
    !(error instanceof AwsmfaError) ||
    error.failure.code === 'CANCELLED'
  if (endsAll) throw error
  return error
}
