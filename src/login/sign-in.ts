/**
 * Signs profiles in: whose section is it → which long-term credentials, which device → sessions, with one code for each
 * device → one write. Everything that can refuse a profile is checked before the first question; a profile that is
 * refused fails alone.
 */
import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { ListMfaDevices, Sts } from '../aws/sts.ts'
import { resolveConflict } from './conflict.ts'
import type { ReplacedSession } from './conflict.ts'
import { isSameSource, longTermCredentials } from './long-term-keys.ts'
import type { RunCredentialProcess } from './long-term-keys.ts'
import { obtainSessions } from './obtain-session.ts'
import type { ObtainedSession, SessionEffects, SessionRequest } from './obtain-session.ts'
import { describePlan, describeRequest, keyOfSource, planLogin } from './plan.ts'
import type { LoginPlan, PlanNote } from './plan.ts'
import type { LoginResolution } from './resolution.ts'
import {
  fillAwsCaches,
  preflightAwsCaches,
  preflightOwnCache,
  preflightStore,
  checkOwnCache,
  storeSessions,
} from './store-session.ts'
import type { CacheRefusal } from './store-session.ts'
import { findDevice } from '../mfa/device.ts'
import type { TokenCodeSource } from '../mfa/token-code.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { ForeignSession } from '../model/failure.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import { hashRequest } from '../sessions/reuse.ts'
import { sessionName } from '../sessions/session-record.ts'
import type { Terminal } from '../ui/terminal.ts'

/** A profile to sign in, and the section that its session goes into. */
export interface Candidate {
  readonly resolution: LoginResolution
  readonly ownership: SectionOwnership
  readonly view: ProfileView | undefined
}

/** What to do, and what the person allowed. */
export interface SignInRequest {
  readonly candidates: readonly Candidate[]
  readonly profiles: Profiles
  readonly renew: boolean
  /** `--replace`. */
  readonly replace: boolean
  /** The credentials file, for messages. */
  readonly path: string
  readonly conflictQuestion: (profile: string, session: ForeignSession) => string
  /** Called as it happens. */
  readonly report: (event: SignInEvent) => void
}

/** What the person may want to know beside the outcomes. */
export type SignInEvent =
  | { readonly kind: 'capped'; readonly note: PlanNote }
  | { readonly kind: 'device-found'; readonly serialNumber: string }
  | { readonly kind: 'session-replaced'; readonly profile: string; readonly replaced: ReplacedSession }
  | { readonly kind: 'write-warning'; readonly warning: WriteWarning }
  | { readonly kind: 'cache-refused'; readonly profile: string; readonly refusal: CacheRefusal }

/** The services of AWS, as one login reaches them. */
export interface Connection {
  readonly sts: Sts
  readonly listMfaDevices: ListMfaDevices
  /** The STS endpoint where it is not AWS's own, else ''. */
  readonly endpoint: string
}

/** What signing in needs. */
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

/** A candidate that nothing but the code is missing for. */
interface Ready {
  readonly candidate: Candidate
  readonly signer: LongTermCredentials
  readonly connection: Connection
  readonly serialNumber: string
  readonly replaced: ReplacedSession | undefined
  /** As for obtainSessions. */
  readonly cachedOnly: AwsmfaError | undefined
}

interface SignedIn extends Ready {
  readonly session: ObtainedSession
  readonly requestHash: string
}

/** One call of signIn: its arguments, and what has become of the candidates so far. */
interface Work extends SignInEffects {
  readonly request: SignInRequest
  readonly signedIn: SignedIn[]
  readonly failures: Map<Candidate, AwsmfaError>
}

/**
 * Signs every candidate in. Returns what became of each, in their order. What ends the whole (CANCELLED, INTERRUPTED,
 * DEADLINE_EXCEEDED) is thrown where no session was obtained before; else those are stored, and the other candidates
 * fail with it. Throws also for a token code, or a command for it, that is given for several devices, and what the
 * write throws.
 */
export async function signIn(request: SignInRequest, effects: SignInEffects): Promise<readonly SignInOutcome[]> {
  const { candidates } = request
  const work: Work = { ...effects, request, signedIn: [], failures: new Map() }
  const { signedIn, failures, deadline } = work
  const ready: Ready[] = []
  for (const candidate of candidates) {
    try {
      ready.push(await makeReady(candidate, ready, work))
    } catch (error) {
      failures.set(candidate, onlyThisOne(error, work))
    }
  }
  const groups = groupByDevice(ready, work)
  assertOneDevice(groups)
  try {
    for (const group of groups) {
      deadline.signal.throwIfAborted()
      await signInGroup(group, work)
    }
    if (signedIn.length === 0) deadline.signal.throwIfAborted()
  } catch (error) {
    if (signedIn.length === 0 || !(error instanceof AwsmfaError)) throw error
    for (const { candidate } of ready)
      if (!failures.has(candidate) && !signedIn.some((each) => each.candidate === candidate))
        failures.set(candidate, error)
  } finally {
    storeAll(work)
  }
  return candidates.flatMap((candidate): readonly SignInOutcome[] => {
    const error = failures.get(candidate)
    const session = signedIn.find((each) => each.candidate === candidate)?.session
    if (error !== undefined) return [{ kind: 'failed', candidate, error }]
    return session === undefined ? [] : [{ kind: 'signed-in', candidate, session }]
  })
}

/** Checks everything that can refuse a candidate. Throws what refuses it. */
async function makeReady(candidate: Candidate, before: readonly Ready[], work: Work): Promise<Ready> {
  const { resolution } = candidate
  const { longTerm, storeIn, storeProfile } = resolution
  const { request, awsCaches, deadline, runCredentialProcess } = work
  if (storeIn === 'aws-caches') {
    // Both caches are below the home folder: without one a code would be spent on a session that goes nowhere.
    if (awsCaches.length === 0) throw new AwsmfaError({ code: 'HOME_UNKNOWN' })
    preflightAwsCaches(awsCaches)
  }
  const cachedOnly = storeIn === 'own-cache' ? preflightOwnCache(storeProfile, request.renew, work) : undefined
  // The long-term credentials of a process and the device from IAM are looked up once, however many profiles use them.
  const same = before.find((ready) => isSameSource(ready.candidate.resolution.longTerm, longTerm))
  const signer = same?.signer ?? (await longTermCredentials(longTerm, deadline, runCredentialProcess))
  const connection = work.connect(resolution)
  const replaced = storeIn === 'section' ? await preflightSection(candidate, signer, connection, work) : undefined
  const known = same?.candidate.resolution.serialNumber === undefined ? same?.serialNumber : undefined
  const serialNumber =
    resolution.serialNumber?.value ?? known ?? (await deviceFromIam(resolution, signer, connection, work))
  return { candidate, signer, connection, serialNumber, replaced, cachedOnly }
}

/** Checks whose section it is, and that it can be written. */
async function preflightSection(
  { resolution: { storeProfile, longTerm }, ownership, view }: Candidate,
  signer: LongTermCredentials,
  { sts }: Connection,
  work: Work,
): Promise<ReplacedSession | undefined> {
  const { request } = work
  const replaced = await resolveConflict({
    profile: storeProfile,
    ownership,
    view,
    path: request.path,
    longTermProfile: longTerm.kind === 'environment' ? undefined : longTerm.profile,
    signer,
    replace: request.replace,
    question: (session) => request.conflictQuestion(storeProfile, session),
    effects: { ...work, sts },
  })
  preflightStore(work.files, storeProfile, work.now())
  return replaced
}

async function deviceFromIam(
  { target, path, prompt }: LoginResolution,
  signer: LongTermCredentials,
  connection: Connection,
  { request, showWaiting, terminal, deadline, cancelled }: Work,
): Promise<string> {
  const stopWaiting = showWaiting('looking for your MFA device')
  const { serialNumber, told } = await findDevice({
    profile: target.value,
    path,
    hideArns: prompt.hideArns,
    list: () => connection.listMfaDevices(signer, deadline.signal).finally(stopWaiting),
    terminal,
    deadline,
    cancelled,
  })
  if (told) request.report({ kind: 'device-found', serialNumber })
  return serialNumber
}

/** Profiles that one code serves: they have the long-term credentials, the device and the endpoint in common. */
type Group = readonly [Ready, ...Ready[]]

function groupByDevice(ready: readonly Ready[], { sha256 }: Work): readonly Group[] {
  const groups = new Map<string, [Ready, ...Ready[]]>()
  for (const each of ready) {
    const name = sessionName({ ...keyOf(each), chain: '' }, sha256)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [each])
    else group.push(each)
  }
  return [...groups.values()]
}

function keyOf({ candidate, connection, signer, serialNumber }: Ready): SessionRequest['key'] {
  const { partition } = candidate.resolution
  return { partition, endpoint: connection.endpoint, accessKeyId: signer.accessKeyId, serialNumber }
}

/**
 * A code is of one device, and a command is not told which device's code is wanted. Throws where a code is given for
 * several, and where several devices would take theirs from a command in the same place.
 */
function assertOneDevice(groups: readonly Group[]): void {
  const isGiven = groups.some(([{ candidate }]) => candidate.resolution.tokenCode !== undefined)
  if (isGiven && groups.length > 1)
    throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'token-code-for-many', profiles: groups.flat().length } })
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
  const { place: sharedPlace, origin } = shared
  const profiles = commands.filter(({ place }) => place === sharedPlace).reduce((sum, each) => sum + each.profiles, 0)
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'token-command-for-many', profiles, origin } })
}

/** Obtains the sessions of a group. An error that ends all is thrown; any other is the failure of the whole group. */
async function signInGroup(group: Group, work: Work): Promise<void> {
  const { request, debug, signedIn, failures } = work
  const members = group.map(({ candidate: { resolution }, cachedOnly }) => ({
    resolution,
    plan: planLogin(resolution, group.length),
    cachedOnly,
  }))
  for (const { plan } of members) {
    for (const line of describePlan(plan)) debug(line)
    for (const note of plan.notes) request.report({ kind: 'capped', note })
  }
  const [first] = group
  try {
    const outcomes = await obtainSessions(
      {
        members,
        signer: first.signer,
        key: keyOf(first),
        renew: request.renew,
        minimumSeconds: Math.max(...members.map(({ resolution }) => resolution.minTtlSeconds ?? 0)),
      },
      { ...work, sts: first.connection.sts, sources: await work.sourcesFor(first.candidate.resolution) },
    )
    for (const [index, ready] of group.entries()) {
      const [member, outcome] = [members[index], outcomes[index]]
      if (member === undefined || outcome === undefined) continue
      if (outcome instanceof AwsmfaError) failures.set(ready.candidate, outcome)
      else signedIn.push({ ...ready, session: outcome, requestHash: requestHashOf(ready, member.plan, work) })
    }
  } catch (error) {
    const failure = onlyThisOne(error, work)
    for (const { candidate } of group) failures.set(candidate, failure)
  }
}

/** The device is part of the hash also where IAM named it, so that a later login with another one is seen to differ. */
function requestHashOf({ candidate: { resolution }, serialNumber }: Ready, plan: LoginPlan, { sha256 }: Work): string {
  const device = resolution.serialNumber ?? { value: serialNumber, origin: { kind: 'iam' } as const }
  const parts = describeRequest(plan, { ...resolution, serialNumber: device }, keyOfSource(resolution.longTerm))
  return hashRequest(parts, sha256)
}

/** Stores every session where its profile has it. A cache that refuses one fails that one alone. */
function storeAll(work: Work): void {
  const { signedIn, failures } = work
  const inSections = signedIn.filter(({ candidate }) => candidate.resolution.storeIn === 'section')
  if (inSections.length > 0) storeInSections(inSections, work)
  for (const each of signedIn) {
    const { candidate, session } = each
    const { storeIn, storeProfile } = candidate.resolution
    if (storeIn === 'aws-caches') storeInAwsCaches(each, work)
    // obtainSessions has put it into awsmfa's own cache, or nowhere.
    const failure = storeIn === 'own-cache' ? checkOwnCache(storeProfile, session, work) : undefined
    if (failure !== undefined) failures.set(candidate, failure)
  }
}

function storeInSections(signedIn: readonly SignedIn[], { request, files, facts }: Work): void {
  const sessions = signedIn.map(({ candidate, session: { credentials }, requestHash }) => ({
    profile: candidate.resolution.storeProfile,
    credentials,
    requestHash,
  }))
  const warnings = storeSessions(files, [...new Map(sessions.map((session) => [session.profile, session])).values()])
  for (const { candidate, session, replaced } of signedIn) {
    const { ownership, resolution } = candidate
    const { accessKeyId } = session.credentials
    if (ownership.kind === 'ours' && ownership.accessKeyId !== accessKeyId) facts.forgetIdentity(ownership.accessKeyId)
    if (session.identity !== undefined) facts.rememberIdentity(accessKeyId, session.identity)
    if (replaced !== undefined) request.report({ kind: 'session-replaced', profile: resolution.storeProfile, replaced })
  }
  for (const warning of warnings) request.report({ kind: 'write-warning', warning })
}

function storeInAwsCaches({ candidate, session, requestHash }: SignedIn, work: Work): void {
  const { request, awsCaches, failures } = work
  const { storeProfile: profile, roles } = candidate.resolution
  try {
    const role = { profile, roles, hops: session.hops, requestHash, renew: request.renew }
    for (const refusal of fillAwsCaches(role, request.profiles, awsCaches, work.now))
      request.report({ kind: 'cache-refused', profile, refusal })
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    failures.set(candidate, error)
  }
}

/** Returns an error that concerns one profile or device alone; throws every other. */
function onlyThisOne(error: unknown, { deadline, cancelled }: Work): AwsmfaError {
  const endsAll = deadline.signal.aborted || cancelled.aborted || isFailure(error, 'CANCELLED')
  if (endsAll || !(error instanceof AwsmfaError)) throw error
  return error
}
