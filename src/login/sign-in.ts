/**
 * Signs profiles in: preflight → sessions, with one token code for each device → one write. Everything that can refuse
 * a profile is checked before the first question; a profile that is refused fails alone.
 */
import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { Sts } from '../aws/sts.ts'
import type { Connection, Login, LoginEffects } from './prepare.ts'
import { credentialSource, isSameSource } from './long-term-keys.ts'
import { obtainSessions } from './obtain-session.ts'
import type { ObtainedSession, SessionMember, SessionRequest } from './obtain-session.ts'
import { describePlan, describeRequest, planLogin } from './plan.ts'
import type { PlanNote } from './plan.ts'
import type { LoginResolution } from './resolution.ts'
import {
  checkOwnCache,
  fillAwsCaches,
  preflightAwsCaches,
  preflightOwnCache,
  preflightStore,
  storeSessions,
} from './store-session.ts'
import type { CacheRefusal } from './store-session.ts'
import { findDevice } from '../mfa/device.ts'
import type { TokenCodeSource } from '../mfa/token-code.ts'
import { accountIdOfAccessKeyId, parseExpiration, shortenAccessKeyId } from '../model/credentials.ts'
import type { CredentialSource, SigningCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { ForeignSession } from '../model/failure.ts'
import type { Place, ProfileView, Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { lookUpIdentity } from '../sessions/caller-identity.ts'
import type { IdentityLookup } from '../sessions/caller-identity.ts'
import { hashRequest } from '../sessions/reuse.ts'
import { sessionName } from '../sessions/session-record.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What to do, and what the person allowed. */
export interface SignInRequest {
  /** Each with a section, or a cache entry, of its own. */
  readonly logins: readonly Login[]
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
  /** The person chose one of several devices. */
  | { readonly kind: 'device-chosen'; readonly serialNumber: string; readonly resolution: LoginResolution }
  | { readonly kind: 'session-replaced'; readonly profile: string; readonly replaced: ReplacedSession }
  | { readonly kind: 'write-warning'; readonly warning: WriteWarning }
  | { readonly kind: 'cache-refused'; readonly profile: string; readonly refusal: CacheRefusal }

export interface SignInEffects extends LoginEffects {
  readonly files: SharedFiles
  readonly connect: (resolution: LoginResolution) => Connection
  readonly sourcesFor: (resolution: LoginResolution) => Promise<readonly TokenCodeSource[]>
}

/** The session of each login, or why it has none. */
export type SignInOutcomes = ReadonlyMap<Login, ObtainedSession | AwsmfaError>

/** A login that lacks nothing but the code. */
interface ReadyLogin extends Omit<SessionMember, 'plan'> {
  readonly login: Login
  readonly signer: CredentialSource
  readonly connection: Connection
  readonly serialNumber: string
  readonly replaced: ReplacedSession | undefined
}

/** A login whose session has not been stored yet. */
interface ObtainedLogin extends ReadyLogin {
  readonly session: ObtainedSession
  readonly requestHash: string
  readonly identity: IdentityLookup
}

/** One call of signIn: its arguments, and the outcomes so far. */
interface SignInRun extends SignInEffects {
  readonly request: SignInRequest
  readonly outcomes: Map<Login, ObtainedSession | AwsmfaError>
}

/**
 * Signs all of them in, and returns an outcome for each. What ends the run (CANCELLED, INTERRUPTED, DEADLINE_EXCEEDED)
 * is thrown if no session was obtained before; otherwise those are stored, and the other logins fail with it. Throws
 * also for a token code, or a command for it, that is given for several devices.
 */
export async function signIn(request: SignInRequest, effects: SignInEffects): Promise<SignInOutcomes> {
  const outcomes: SignInRun['outcomes'] = new Map()
  const run: SignInRun = { ...effects, request, outcomes }
  const ready: ReadyLogin[] = []
  for (const login of request.logins) {
    try {
      ready.push(await preflight(login, ready, run))
    } catch (error) {
      outcomes.set(login, failureOfOne(error, run))
    }
  }
  const groups = groupByDevice(ready, run)
  assertOneDevice(groups)
  const obtained: ObtainedLogin[] = []
  try {
    for (const group of groups) {
      effects.deadline.signal.throwIfAborted()
      for (const login of await obtainGroup(group, run)) obtained.push(login)
    }
    if (obtained.length === 0) effects.deadline.signal.throwIfAborted()
  } catch (error) {
    if (obtained.length === 0 || !(error instanceof AwsmfaError)) throw error
    const remaining = ready.filter(({ login }) => !outcomes.has(login))
    for (const { login } of remaining) outcomes.set(login, error)
  } finally {
    await storeAll(obtained, run)
  }
  await nameOwners(obtained, run)
  return outcomes
}

/** Waits a little for the identities that are not known yet. The sessions are stored by now. */
async function nameOwners(obtained: readonly ObtainedLogin[], { outcomes, facts }: SignInRun): Promise<void> {
  const nameless = obtained.filter(({ login, session }) => {
    return outcomes.get(login) === session && session.identity === undefined
  })
  await Promise.all(
    nameless.map(async ({ login, session, signer, ...each }) => {
      const identity = await each.identity.settled()
      if (identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, identity)
      const account = accountIdOfAccessKeyId(signer.accessKeyId)
      const fallback = account === undefined ? undefined : { account, arn: '', userId: '' }
      outcomes.set(login, { ...session, identity: identity ?? fallback })
    }),
  )
}

/** Checks everything that can refuse a login. Throws what refuses it. */
async function preflight(login: Login, before: readonly ReadyLogin[], run: SignInRun): Promise<ReadyLogin> {
  const { resolution } = login
  const { longTerm, storeIn, storeProfile } = resolution
  if (storeIn === 'aws-caches') preflightAwsCaches(run.awsCaches)
  const cachedOnly = storeIn === 'own-cache' ? preflightOwnCache(storeProfile, run.request.renew, run) : undefined
  // The long-term credentials of a process and the device from IAM are looked up once, however many profiles use them.
  const same = before.find((ready) => isSameSource(ready.resolution.longTerm, longTerm))
  const signer = same?.signer ?? (await credentialSource(resolution, run))
  const connection = run.connect(resolution)
  const replaced = storeIn === 'section' ? await preflightSection(login, signer, connection, run) : undefined
  // The file is the same for all of them, so that one trial is enough.
  if (storeIn === 'section' && !before.some((ready) => ready.resolution.storeIn === 'section'))
    run.files.preflight(['credentials'])
  const listed = same?.resolution.serialNumber === undefined ? same?.serialNumber : undefined
  const serialNumber =
    resolution.serialNumber?.value ?? listed ?? (await deviceFromIam(resolution, signer, connection, run))
  return { login, resolution, signer, connection, serialNumber, replaced, cachedOnly }
}

/** Checks whose section it is, and that it can be written. */
async function preflightSection(
  { resolution: { storeProfile, longTerm }, ownership, view }: Login,
  signer: CredentialSource,
  { sts }: Connection,
  run: SignInRun,
): Promise<ReplacedSession | undefined> {
  const { path, replace, conflictQuestion } = run.request
  const replaced = await resolveConflict(
    {
      profile: storeProfile,
      ownership,
      view,
      path,
      longTermProfile: longTerm.kind === 'environment' ? undefined : longTerm.profile,
      signer,
      replace,
      question: (session) => conflictQuestion(storeProfile, session),
    },
    { ...run, sts },
  )
  preflightStore(run.files, storeProfile, run.now())
  return replaced
}

async function deviceFromIam(
  resolution: LoginResolution,
  signer: CredentialSource,
  connection: Connection,
  run: SignInRun,
): Promise<string> {
  const { serialNumber, isOnly } = await findDevice(resolution, await signer.open(), { ...run, ...connection })
  run.request.report(
    isOnly ? { kind: 'device-found', serialNumber } : { kind: 'device-chosen', serialNumber, resolution },
  )
  return serialNumber
}

/** Logins that one code serves: they have the long-term credentials, the device and the endpoint in common. */
type Group = readonly [ReadyLogin, ...ReadyLogin[]]

function groupByDevice(ready: readonly ReadyLogin[], { sha256 }: SignInRun): readonly Group[] {
  const groups = new Map<string, [ReadyLogin, ...ReadyLogin[]]>()
  for (const each of ready) {
    const name = sessionName({ ...keyOf(each), chain: '' }, sha256)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [each])
    else group.push(each)
  }
  return [...groups.values()]
}

function keyOf({ resolution: { partition }, connection, signer, serialNumber }: ReadyLogin): SessionRequest['key'] {
  return { partition, endpoint: connection.endpoint, accessKeyId: signer.accessKeyId, serialNumber }
}

/**
 * A code is of one device, and a command is not passed which device's code is wanted. Throws USAGE if a code is given
 * for several, and if several devices would take theirs from a command in the same place.
 */
function assertOneDevice(groups: readonly Group[]): void {
  const isGiven = groups.some(([{ resolution }]) => resolution.tokenCode !== undefined)
  if (isGiven && groups.length > 1)
    throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'token-code-for-many', profiles: groups.flat().length } })
  const commands = groups.flatMap((group) => {
    const [{ resolution, serialNumber }] = group
    const origin = resolution.tokenCommand?.origin
    return origin === undefined ? [] : [{ origin, place: JSON.stringify(origin), serialNumber, profiles: group.length }]
  })
  const shared = commands.find(({ place, serialNumber }) =>
    commands.some((other) => other.place === place && other.serialNumber !== serialNumber),
  )
  if (shared === undefined) return
  const sharing = commands.filter(({ place }) => place === shared.place)
  const profiles = sharing.reduce((sum, each) => sum + each.profiles, 0)
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'token-command-for-many', profiles, origin: shared.origin } })
}

/**
 * Obtains the sessions of a group. An error that ends the run is thrown; any other is the failure of the whole group.
 */
async function obtainGroup(group: Group, run: SignInRun): Promise<readonly ObtainedLogin[]> {
  const { request, outcomes, sha256 } = run
  const members = group.map((ready) => ({ ...ready, plan: planLogin(ready.resolution, group.length) }))
  for (const { plan } of members) {
    for (const line of describePlan(plan)) run.debug(line)
    for (const note of plan.notes) request.report({ kind: 'capped', note })
  }
  const [first] = group
  const { sts } = first.connection
  const identity = lookUpIdentity(first.signer, sts, run.facts, run.deadline.signal)
  const minimumSeconds = members.reduce((most, { resolution }) => Math.max(most, resolution.minTtlSeconds ?? 0), 0)
  try {
    const sessions = await obtainSessions(
      { members, signer: first.signer, key: keyOf(first), renew: request.renew, minimumSeconds, identity },
      { ...run, sts, sources: await run.sourcesFor(first.resolution) },
    )
    return members.flatMap((member, index): readonly ObtainedLogin[] => {
      const session = sessions[index]
      if (session === undefined) throw new Error('a member has a session or a failure')
      outcomes.set(member.login, session)
      if (session instanceof AwsmfaError) return []
      // The device is part of the hash also if IAM named it, so that a later login with another one is seen to differ.
      const origin = { kind: 'iam' } as const
      const serialNumber = member.resolution.serialNumber ?? { value: member.serialNumber, origin }
      const parts = describeRequest(member.plan, { ...member.resolution, serialNumber })
      return [{ ...member, session, identity, requestHash: hashRequest(parts, sha256) }]
    })
  } catch (error) {
    const failure = failureOfOne(error, run)
    for (const { login } of group) outcomes.set(login, failure)
    return []
  }
}

/** Stores every session where its profile has it. A store that refuses fails its own logins alone. */
async function storeAll(obtained: readonly ObtainedLogin[], run: SignInRun): Promise<void> {
  const storedIn = (place: LoginResolution['storeIn']): readonly ObtainedLogin[] =>
    obtained.filter(({ resolution }) => resolution.storeIn === place)
  const inSections = storedIn('section')
  if (inSections.length > 0) await failing(inSections, run, () => storeInSections(inSections, run))
  for (const each of storedIn('aws-caches')) await failing([each], run, () => storeInAwsCaches(each, run))
  // obtainSessions has put these into awsmfa's own cache, or nowhere.
  for (const each of storedIn('own-cache'))
    await failing([each], run, () => checkOwnCache(each.resolution.storeProfile, each.session, run))
}

/** A failure of `store` is that of these logins. */
async function failing(
  logins: readonly ObtainedLogin[],
  { outcomes }: SignInRun,
  store: () => void | Promise<void>,
): Promise<void> {
  try {
    await store()
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    for (const { login } of logins) outcomes.set(login, error)
  }
}

async function storeInSections(
  obtained: readonly ObtainedLogin[],
  { request, files, facts, cancelled }: SignInRun,
): Promise<void> {
  const sessions = obtained.map(({ resolution, session: { credentials }, requestHash }) => ({
    profile: resolution.storeProfile,
    credentials,
    requestHash,
  }))
  await files.whenUnlocked(['credentials'], cancelled)
  const warnings = storeSessions(files, sessions)
  for (const { login, resolution, session, replaced } of obtained) {
    const { ownership } = login
    const { accessKeyId } = session.credentials
    if (ownership.kind === 'ours' && ownership.accessKeyId !== accessKeyId) facts.forgetIdentity(ownership.accessKeyId)
    if (session.identity !== undefined) facts.rememberIdentity(accessKeyId, session.identity)
    if (replaced !== undefined) request.report({ kind: 'session-replaced', profile: resolution.storeProfile, replaced })
  }
  for (const warning of warnings) request.report({ kind: 'write-warning', warning })
}

function storeInAwsCaches({ resolution, session, requestHash }: ObtainedLogin, run: SignInRun): void {
  const { request, awsCaches } = run
  const { storeProfile: profile, roles, minTtlSeconds = 0 } = resolution
  const chain = { profile, roles, hops: session.hops, requestHash, renew: request.renew, minTtlSeconds }
  for (const refusal of fillAwsCaches(chain, request.profiles, awsCaches, run.now))
    request.report({ kind: 'cache-refused', profile, refusal })
}

/** Returns an error that concerns one profile or device alone; throws every other. */
function failureOfOne(error: unknown, { deadline, cancelled }: SignInRun): AwsmfaError {
  const endsAll = deadline.signal.aborted || cancelled.aborted || isFailure(error, 'CANCELLED')
  if (endsAll || !(error instanceof AwsmfaError)) throw error
  return error
}

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
  assertNoLongTermKeys(request)
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

/** Throws SECTION_HOLDS_LONG_TERM_CREDENTIALS for a section that no session may be written to. */
export function assertNoLongTermKeys({
  profile,
  longTermProfile,
  ownership,
  ...section
}: Pick<ConflictRequest, 'profile' | 'ownership' | 'view' | 'path' | 'longTermProfile'>): void {
  if (ownership.kind !== 'long-term') return
  const sourceIsSame = longTermProfile === profile
  throw new AwsmfaError({
    code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS',
    profile,
    place: placeOf(section),
    sourceIsSame,
  })
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

function placeOf({ path, view }: Pick<ConflictRequest, 'path' | 'view'>): Place {
  return { path, line: view?.lines.credentials }
}
