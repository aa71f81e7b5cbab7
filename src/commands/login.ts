import { classifyProfile } from '../aws-files/ownership.ts'
import { isOutputOption } from '../command-line/table.ts'
import type { Invocation } from '../command-line/table.ts'
import {
  patternQuestion,
  PICK_QUESTION,
  pickOnlyQuestion,
  renderCached,
  renderCacheRefusal,
  renderKept,
  renderLoginList,
  renderPlanNote,
  renderRenewal,
  renderResolutionNote,
  renderSignedIn,
  renderTakeover,
  renewalLine,
  takeoverQuestion,
} from './login-output.ts'
import type { LoginListRow } from './login-output.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { ResolutionNote } from '../login/destination.ts'
import { isRenewalAsked, settleAttempt } from '../login/prepare.ts'
import type { Attempt, LoginRun, PrepareContext } from '../login/prepare.ts'
import { signIn } from '../login/sign-in.ts'
import type { Candidate, SignInEvent, SignInOutcome } from '../login/sign-in.ts'
import { canBeSignedIn, expandTargets, findCandidates, isProfileUnnamed } from '../login/targets.ts'
import type { CandidateInput, Targets } from '../login/targets.ts'
import { renderDeviceFound } from '../mfa/device.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { findPromptFree } from '../sessions/aws-cache-entry.ts'
import { statusObject, statusOfProfile } from '../sessions/status.ts'
import { renderNothingManaged } from '../sessions/stores.ts'
import type { SessionStore } from '../sessions/stores.ts'
import { visible } from '../ui/words.ts'

/** Signs candidates in, saying on the way what is worth saying. */
async function signInAll(
  candidates: readonly Candidate[],
  { invocation, context, talk, snapshots, profiles }: LoginRun,
): Promise<readonly SignInOutcome[]> {
  for (const candidate of candidates) {
    for (const note of candidate.resolution.notes)
      if (isWorthSaying(note, candidate)) talk(renderResolutionNote(note, context.home))
  }
  // Loaded before anything is sent: afterwards nothing may go wrong any more.
  const request = {
    candidates,
    profiles,
    renew: isRenewalAsked(invocation, candidates),
    replace: invocation.options.replace === true,
    path: snapshots.credentials.path,
    conflictQuestion: (profile: string, session: Parameters<typeof takeoverQuestion>[1]) =>
      takeoverQuestion(profile, session, context.now()),
    report: (event: SignInEvent) => talk(renderEvent(event, context)),
  }
  const tellNextCode = invocation.options.quiet === true ? () => undefined : context.tellNextCode
  return await signIn(request, {
    ...context,
    tellNextCode,
    connect: (resolution) => context.connect(resolution, snapshots),
  })
}

/** Which keys were found by their suffix is news on the first day and noise on every other. */
function isWorthSaying(note: ResolutionNote, { ownership, resolution }: Candidate): boolean {
  return note.kind !== 'own-suffix' || (ownership.kind !== 'ours' && resolution.storeIn === 'section')
}

function renderEvent(event: SignInEvent, { home, now }: PrepareContext): string {
  switch (event.kind) {
    case 'capped':
      return renderPlanNote(event.note)
    case 'device-found':
      return renderDeviceFound(event.serialNumber)
    case 'session-replaced':
      return renderTakeover(event.profile, event.replaced.session, event.replaced.reason, now())
    case 'write-warning':
      return renderWriteWarning(event.warning, home)
    case 'cache-refused':
      return renderCacheRefusal(
        event.profile,
        event.refusal.source,
        { home, files: undefined, now: now(), debug: false },
        event.refusal.error.failure,
      )
  }
}

/**
 * Signs many profiles in, with one code for each device, prints one line for each and gives the exit code 0; quietly, lines for
 * failures alone. Throws LOGINS_FAILED when some could not be signed in, what ends the whole, and what refuses all alike.
 */
async function loginMany(targets: readonly string[], run: LoginRun): Promise<number> {
  const { invocation, context, snapshots } = run
  const settled = targets.map((target) => settle(target, targets.length, run))
  const files = snapshots.paths
  const view: FailureView = { home: context.home, files, now: context.now(), debug: false }
  throwWhatRefusesAll(settled, view)
  const candidates = settled.flatMap(({ attempt }) => (attempt?.decision.reuse === false ? [attempt.candidate] : []))
  const outcomes = await signInAll(distinct(candidates), run)
  const rows = settled.map((each) => rowOf(each, outcomes, run))
  const shown = invocation.options.quiet === true ? rows.filter(({ kind }) => kind === 'failed') : rows
  context.terminal.stderr(renderLoginList(shown, { ...view, now: context.now() }, context.terminal.talk))
  if (invocation.options.json === true)
    context.terminal.stdout(`${JSON.stringify(targets.map((target) => stateOf(target, run)))}\n`)
  const causes = rows.flatMap((row) => (row.kind === 'failed' ? [row.failure] : []))
  if (causes.length > 0) throw new AwsmfaError({ code: 'LOGINS_FAILED', of: targets.length, causes })
  return 0
}

interface Settled {
  readonly target: string
  readonly attempt: Attempt | undefined
  readonly failure: Failure | undefined
}

function settle(target: string, targets: number, run: LoginRun): Settled {
  const { profile: _, all: __, ...options } = run.invocation.options
  try {
    return {
      target,
      attempt: settleAttempt({ ...run.invocation, positionals: [target], options }, targets, run),
      failure: undefined,
    }
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    return { target, attempt: undefined, failure: error.failure }
  }
}

/** What would be told in the same words of every profile is wrong with the line: it is told once, with its hints. */
function throwWhatRefusesAll(settled: readonly Settled[], view: FailureView): void {
  const failures = settled.flatMap(({ failure }) => failure ?? [])
  const [first] = failures
  const texts = new Set(failures.map((failure) => renderFailure(failure, view).error))
  if (first !== undefined && failures.length === settled.length && texts.size === 1) throw new AwsmfaError(first)
}

/** Two role profiles may hang on one section, which is signed in once. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.resolution.storeProfile, candidate])).values()]
}

function rowOf({ target, attempt, failure }: Settled, outcomes: readonly SignInOutcome[], run: LoginRun): LoginListRow {
  if (attempt === undefined)
    return { kind: 'failed', profile: target, failure: failure ?? { code: 'SESSION_MISSING', profile: target } }
  const { candidate, decision } = attempt
  const quiet = candidate.resolution.storeIn === 'aws-caches' ? quietOf(target, run) : undefined
  const through = candidate.resolution.storeProfile === target ? undefined : candidate.resolution.storeProfile
  if (decision.reuse) {
    return {
      kind: 'kept',
      profile: target,
      through,
      quiet,
      expiration: decision.session.expiration,
      identity: identityOf(candidate.resolution.storeProfile, decision.session.accessKeyId, run),
    }
  }
  const outcome = outcomes.find((each) => each.candidate.resolution.storeProfile === candidate.resolution.storeProfile)
  if (outcome?.kind !== 'signed-in')
    return {
      kind: 'failed',
      profile: target,
      failure: outcome?.error.failure ?? { code: 'SESSION_MISSING', profile: target },
    }
  return {
    kind: 'signed-in',
    profile: target,
    through,
    quiet,
    expiration: outcome.session.credentials.expiration,
    identity: outcome.session.identity,
  }
}

/** Signs in the one profile that the line is about, and gives the exit code 0. Throws what refuses it. */
export async function loginOne(run: LoginRun): Promise<number> {
  const { invocation, context, talk } = run
  const { candidate, decision } = settleAttempt(invocation, 1, run)
  const { resolution } = candidate
  const profile = resolution.storeProfile
  if (decision.reuse) {
    const session = {
      profile,
      expiration: decision.session.expiration,
      identity: identityOf(profile, decision.session.accessKeyId, run),
    }
    const named = resolution.target.origin.kind === 'flag' ? profile : undefined
    talk(renderKept(session, renewalLine(named, hasOtherOptions(invocation)), context.now(), context.terminal.talk))
  } else {
    if (decision.reason === 'different-request') talk(renderRenewal(profile, decision.parts))
    const [outcome] = await signInAll([candidate], run)
    if (outcome === undefined) throw new Error('a candidate has an outcome')
    if (outcome.kind === 'failed') throw outcome.error
    const { session } = outcome
    const signedIn = { profile, expiration: session.credentials.expiration, identity: session.identity }
    const [now, style] = [context.now(), context.terminal.talk]
    talk(
      resolution.storeIn === 'aws-caches'
        ? renderCached(signedIn, quietOf(profile, run), now, style)
        : renderSignedIn(signedIn, now, style),
    )
  }
  if (invocation.options.json === true)
    context.terminal.stdout(`${JSON.stringify(stateOf(resolution.target.value, run))}\n`)
  return 0
}

/** Who a kept session is: as login noted it, or as the cache's entry says. */
function identityOf(profile: string, accessKeyId: string, { context, profiles }: LoginRun): CallerIdentity | undefined {
  const view = profiles.find(profile)
  return (
    context.facts.identityOf(accessKeyId) ?? (view === undefined ? undefined : context.cachedSessionOf(view)?.identity)
  )
}

/** Until when the tools that have caches do not ask. Looked up, since an entry that another program made stays, and a cache may have refused ours. */
function quietOf(profile: string, { context, profiles }: LoginRun): ReturnType<typeof findPromptFree> {
  const view = profiles.find(profile)
  return view === undefined ? undefined : findPromptFree(view, context.awsCaches, context.now())
}

/** The object of `status --json`, from the files as they are now. */
function stateOf(
  profile: string,
  { context: { files, now, facts, cachedSessionOf } }: LoginRun,
): ReturnType<typeof statusObject> {
  const { profiles } = files.read()
  return statusObject(
    statusOfProfile(profile, { profiles, now: now(), minTtlSeconds: 0, identityOf: facts.identityOf, cachedSessionOf }),
    now(),
  )
}

/** Whether the profile's name alone would not say the same. */
function hasOtherOptions({ options, tail }: Invocation<'login'>): boolean {
  return tail !== undefined || Object.keys(options).some((name) => name !== 'profile' && !isOutputOption(name))
}

/**
 * Gives the run with the profile that is meant where none is named: where `default` cannot be signed in, the person picks one of
 * those that can; where there is none, the run stays as it is, and fails for what is wrong with `default`. Throws
 * PROFILE_NOT_NAMED where nobody can be asked, CANCELLED, and DECLINED for a no to the only one.
 */
async function withProfileNamed(run: LoginRun): Promise<LoginRun> {
  const { invocation, context } = run
  const input = inputOf(run)
  if (canBeSignedIn('default', input)) return run
  const candidates = findCandidates({ ...input, records: context.cache.list() })
  if (candidates.length === 0) return run
  const picked = await pick(candidates, run)
  return { ...run, invocation: { ...invocation, positionals: [picked] } }
}

async function pick(
  candidates: readonly string[],
  { context: { terminal, deadline, cancelled } }: LoginRun,
): Promise<string> {
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'PROFILE_NOT_NAMED', candidates })
  const [only, second] = candidates
  if (only !== undefined && second === undefined) {
    const answer = await deadline.pauseWhile(
      terminal.ask({ text: pickOnlyQuestion(only), wanted: 'answer' }, cancelled),
    )
    if (!/^(?:y|yes)?$/i.test(answer)) throw new AwsmfaError({ code: 'DECLINED' })
    return only
  }
  const index = await deadline.pauseWhile(
    terminal.choose(
      PICK_QUESTION,
      candidates.map((name) => visible(name)),
      cancelled,
    ),
  )
  return candidates[index] ?? ''
}

function inputOf({ invocation, context, profiles, snapshots, defaults }: LoginRun): Omit<CandidateInput, 'records'> {
  const { environment, readFile, isWindows } = context
  const { paths, config } = snapshots
  return { invocation, environment, profiles, paths, defaults, readFile, config: config.text, isWindows }
}

/**
 * `login`: which profiles → what stands there → sign in (flow) → report. One profile is told in a line of its own and fails
 * with its own error; many are a list with one line each.
 */

/**
 * Signs profiles in and gives the exit code 0. Throws everything that can refuse the only profile, LOGINS_FAILED where some of
 * many failed, and DECLINED for a no; what is not signed in is left as it was.
 */
export async function login(invocation: Invocation<'login'>, context: LoginRuntime): Promise<number> {
  context.backups.sweep()
  const snapshots = context.files.read()
  const { profiles } = snapshots
  const talk = invocation.options.quiet === true ? () => undefined : context.terminal.stderr
  const run: LoginRun = { invocation, context, talk, snapshots, profiles, defaults: await context.readSettings() }
  const targets = findTargets(run, context.stores)
  const isMany = invocation.options.all === true || targets.byPattern || targets.profiles.length > 1
  if (!isMany)
    return await loginOne(isProfileUnnamed({ invocation, environment: context.environment }) ? await picked(run) : run)
  if (targets.profiles.length === 0) talk(renderNothingManaged())
  if (targets.byPattern) await confirmPattern(targets.profiles, context)
  return await loginMany(targets.profiles, run)
}

async function picked(run: LoginRun): Promise<LoginRun> {
  return await withProfileNamed(run)
}

function findTargets({ invocation, profiles, snapshots }: LoginRun, stores: readonly SessionStore[]): Targets {
  if (invocation.options.all === true)
    return { profiles: [...new Set(stores.flatMap((store) => store.managedProfiles()))], byPattern: false }
  return expandTargets({
    words: invocation.positionals,
    names: profiles.names(),
    holdsKeys: (name) => classifyProfile(profiles.find(name)).kind === 'long-term',
    paths: [snapshots.config.path, snapshots.credentials.path],
  })
}

/** A pattern may fit more than its writer thought; on a terminal it is counted and confirmed. */
async function confirmPattern(
  targets: readonly string[],
  { terminal, deadline, cancelled }: LoginRuntime,
): Promise<void> {
  if (!terminal.canAsk()) return
  const agreed = await deadline.pauseWhile(terminal.confirm(patternQuestion(targets), cancelled))
  if (!agreed) throw new AwsmfaError({ code: 'DECLINED' })
}
