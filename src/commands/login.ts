/**
 * `login`: resolve → what stands there → question and STS (flow) → write → report. Everything that can refuse is checked
 * before the question: the code is spent last.
 */
import type { SectionOwnership } from '../core/files/ownership.ts'
import { classifyProfile } from '../core/files/ownership.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import { keepOrRenew } from '../core/login/keep-or-renew.ts'
import { planLogin } from '../core/login/login-plan.ts'
import type { LoginPlan } from '../core/login/login-plan.ts'
import type { LoginResolution, LongTermSource, ResolutionNote } from '../core/login/resolution.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import { describeRequest, hashRequest } from '../core/login/session-request.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { CallerIdentity, ListMfaDevices, SharedFiles, SharedSnapshots, Sts, Terminal, TokenCodeSource } from '../core/ports.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'
import { findDevice } from '../flows/find-device.ts'
import { obtainSession } from '../flows/obtain-session.ts'
import type { ObtainedSession, SessionEffects } from '../flows/obtain-session.ts'
import { rehearseStore, storeSession } from '../flows/store-session.ts'
import { settleTakeover } from '../flows/settle-takeover.ts'
import type { TakeoverTold } from '../flows/settle-takeover.ts'
import { statusOfProfile } from '../core/status/profile-status.ts'
import { renderDeviceFound, renderKept, renderPlanNote, renderRenewal, renderResolutionNote, renderSignedIn, renderTakeover, renderWriteWarning, renewalLine, takeoverQuestion } from '../render/login.ts'
import { renderTrail } from '../render/trail.ts'
import { statusObject } from '../render/status.ts'

/** The services of AWS, reached as one login needs it. */
export interface Connection {
  readonly sts: Sts
  readonly listMfaDevices: ListMfaDevices
  /** The STS endpoint where it is not AWS's own, else ''. */
  readonly endpoint: string
}

/** What login needs. */
export interface LoginContext extends Omit<SessionEffects, 'sts' | 'sources'> {
  readonly environment: Environment
  readonly home: string | undefined
  readonly files: SharedFiles
  readonly readSettings: () => Promise<Readonly<Record<string, string>>>
  /** Reads a file that a `file://` value names. */
  readonly readFile: (path: string) => string
  readonly connect: (resolution: LoginResolution, profiles: Profiles, snapshots: SharedSnapshots) => Connection
  readonly sourcesFor: (resolution: LoginResolution) => readonly TokenCodeSource[]
  readonly runCredentialProcess: (source: Extract<LongTermSource, { readonly kind: 'process' }>) => Promise<LongTermCredentials>
  readonly terminal: Terminal
}

/**
 * Signs one profile in and gives the exit code 0. Throws everything that can refuse; then no file is changed, unless the
 * failure says otherwise.
 */
export async function login(invocation: Invocation, context: LoginContext): Promise<number> {
  const talk = talkOf(invocation, context)
  const snapshots = context.files.read()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
  const { environment, readFile } = context
  const paths = { credentials: snapshots.credentials.path, config: snapshots.config.path }
  const resolution = resolveLogin({ invocation, environment, profiles, paths, defaults: await context.readSettings(), readFile })
  for (const line of renderTrail(resolution)) context.debug(line)
  const plan = planLogin(resolution)
  for (const { reason, call } of plan.steps) context.debug(`${call}: ${reason}`)
  const ownership = classifyProfile(profiles.find(resolution.storeProfile))
  const prepared: Prepared = { invocation, context, talk, profiles, snapshots, resolution, plan, ownership }
  return keptAsItIs(prepared) ?? (await signIn(prepared))
}

interface Prepared {
  readonly invocation: Invocation
  readonly context: LoginContext
  readonly talk: (text: string) => void
  readonly profiles: Profiles
  readonly snapshots: SharedSnapshots
  readonly resolution: LoginResolution
  readonly plan: LoginPlan
  readonly ownership: SectionOwnership
}

/** Reports a session that still answers the request, and gives the exit code; undefined where it must be renewed. */
function keptAsItIs({ invocation, context, talk, resolution, plan, ownership, profiles }: Prepared): number | undefined {
  const now = context.now()
  const decision = keepOrRenew({
    ownership,
    requestHash: requestHashOf(resolution, plan, context),
    now,
    minTtlSeconds: resolution.minTtlSeconds ?? 0,
    renew: isRenewalAsked(invocation, resolution),
  })
  if (decision.kind === 'keep') {
    const session = { profile: resolution.storeProfile, expiration: decision.expiration, identity: context.facts.identityOf(decision.accessKeyId) }
    const named = resolution.target.origin.kind === 'flag' ? resolution.target.value : undefined
    talk(renderKept(session, renewalLine(named, hasOtherOptions(invocation)), now, context.terminal.talk))
    writeJson(invocation, resolution.storeProfile, profiles, context)
    return 0
  }
  if (decision.because === 'another-request') talk(renderRenewal(resolution.storeProfile, decision.parts))
  return undefined
}

/** Whether the profile's name alone would not say the same. */
function hasOtherOptions({ options, tail }: Invocation): boolean {
  return tail !== undefined || Object.keys(options).some((name) => !['profile', 'json', 'quiet', 'no-color', 'debug'].includes(name))
}

async function signIn(prepared: Prepared): Promise<number> {
  const { invocation, context, talk, resolution, plan } = prepared
  for (const note of resolution.notes) if (isWorthSaying(note, prepared)) talk(renderResolutionNote(note, context.home))
  for (const note of plan.notes) talk(renderPlanNote(note))
  const signer = await longTermCredentials(resolution.longTerm, context)
  const connection = context.connect(resolution, prepared.profiles, prepared.snapshots)
  const told = await settleOwnership(prepared, connection, signer)
  rehearseStore(context.files, resolution.storeProfile, context.now())
  const serialNumber = resolution.serialNumber?.value ?? (await deviceFromIam(prepared, connection, signer))
  const session = await obtainSession(
    {
      plan,
      resolution,
      signer,
      serialNumber,
      endpoint: connection.endpoint,
      renew: isRenewalAsked(invocation, resolution),
      minimumSeconds: resolution.minTtlSeconds ?? 0,
    },
    { ...context, sts: connection.sts, sources: context.sourcesFor(resolution) },
  )
  save(prepared, session, serialNumber)
  if (told !== undefined) talk(renderTakeover(resolution.storeProfile, told.session, told.reason, context.now()))
  report(prepared, session)
  return 0
}

/** Which keys were found by their suffix is news on the first day and noise on every other. */
function isWorthSaying(note: ResolutionNote, { ownership }: Prepared): boolean {
  return note.kind !== 'own-suffix' || ownership.kind !== 'ours'
}

async function settleOwnership({ invocation, context, resolution, ownership, profiles, snapshots }: Prepared, { sts }: Connection, signer: LongTermCredentials): Promise<TakeoverTold | undefined> {
  return await settleTakeover({
    profile: resolution.storeProfile,
    ownership,
    view: profiles.find(resolution.storeProfile),
    path: snapshots.credentials.path,
    longTermProfile: resolution.longTerm.kind === 'environment' ? undefined : resolution.longTerm.profile,
    signer,
    replace: invocation.options['replace'] === true,
    question: (session) => takeoverQuestion(resolution.storeProfile, session, context.now()),
    effects: { sts, facts: context.facts, terminal: context.terminal, now: context.now, deadline: context.deadline, cancelled: context.cancelled },
  })
}

async function longTermCredentials(source: LongTermSource, context: LoginContext): Promise<LongTermCredentials> {
  return source.kind === 'process' ? await context.deadline.pauseWhile(context.runCredentialProcess(source)) : source.credentials
}

async function deviceFromIam({ context, talk, resolution }: Prepared, connection: Connection, signer: LongTermCredentials): Promise<string> {
  const stopWaiting = context.showWaiting('looking for your MFA device')
  const found = await findDevice({
    profile: resolution.target.value,
    path: resolution.path,
    list: () => connection.listMfaDevices(signer, context.deadline.signal).finally(stopWaiting),
    terminal: context.terminal,
    deadline: context.deadline,
    cancelled: context.cancelled,
  })
  if (found.told) talk(renderDeviceFound(found.serialNumber))
  return found.serialNumber
}

/** `serialNumber`: the device that was used, also where nothing but IAM named it, so that a later login with another one is seen to differ. */
function save(prepared: Prepared, session: ObtainedSession, serialNumber: string): void {
  const { context, talk, resolution, plan, ownership } = prepared
  const { facts, files, home } = context
  const requestHash = requestHashOf({ ...resolution, serialNumber: resolution.serialNumber ?? { value: serialNumber, origin: { kind: 'iam' } } }, plan, context)
  const warnings = storeSession(files, { profile: resolution.storeProfile, credentials: session.credentials, requestHash })
  if (ownership.kind === 'ours') facts.forgetIdentity(ownership.accessKeyId)
  if (session.identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, session.identity)
  for (const warning of warnings) talk(renderWriteWarning(warning, home))
}

function report({ invocation, context, talk, resolution }: Prepared, session: ObtainedSession): void {
  const { expiration } = session.credentials
  const identity: CallerIdentity | undefined = session.identity
  talk(renderSignedIn({ profile: resolution.storeProfile, expiration, identity }, context.now(), context.terminal.talk))
  const { credentials, config } = context.files.read()
  writeJson(invocation, resolution.storeProfile, readProfiles({ credentials: credentials.text, config: config.text }), context)
}

function writeJson(invocation: Invocation, profile: string, profiles: Profiles, { terminal, now, facts }: LoginContext): void {
  if (invocation.options['json'] !== true) return
  const entry = statusOfProfile(profile, { profiles, now: now(), minTtlSeconds: 0, identityOf: facts.identityOf })
  terminal.writeData(`${JSON.stringify(statusObject(entry, now()))}\n`)
}

/** `--force` and a code on the command line both say that a new session is wanted. */
function isRenewalAsked(invocation: Invocation, resolution: LoginResolution): boolean {
  return invocation.options['force'] === true || resolution.tokenCode !== undefined
}

function requestHashOf(resolution: LoginResolution, plan: LoginPlan, { sha256 }: Pick<LoginContext, 'sha256'>): string {
  const { longTerm } = resolution
  const key = longTerm.kind === 'process' ? `process ${longTerm.command}` : longTerm.credentials.accessKeyId
  return hashRequest(describeRequest(plan, resolution, key), sha256)
}

function talkOf(invocation: Invocation, { terminal }: LoginContext): (text: string) => void {
  return invocation.options['quiet'] === true ? () => undefined : terminal.writeTalk
}
