/** `login`: which profiles → prepare each → sign in those that need it → report. */
import { expandProfiles } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { optionsThatCount } from '../command-line/parse.ts'
import type { Invocation } from '../command-line/table.ts'
import {
  conflictQuestion,
  NO_TARGETS,
  patternQuestion,
  renderEvent,
  renderKeptTooLong,
  renderLoginList,
  renderLoginResult,
  renderPlanNote,
  renderResolutionNote,
  renderUnwritable,
  renderWithoutDevice,
  renewalInWords,
} from './login-output.ts'
import type { FailedLogin, LoginMessage, LoginResult } from './login-output.ts'
import { pickForLogin } from './pick-profile.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { ObtainedSession } from '../login/obtain-session.ts'
import { isRenewalRequested, loginInput, prepareLogin } from '../login/prepare.ts'
import type { Login } from '../login/prepare.ts'
import type { LoginInput } from '../login/resolve.ts'
import type { GlobalDefaults } from '../login/settings.ts'
import { signIn } from '../login/sign-in.ts'
import { findAllTargets } from '../login/targets.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { findPromptFree } from '../sessions/aws-cache-entry.ts'
import { sweepConfigCopies } from '../sessions/container-endpoint.ts'
import { renderEnvironmentNote, statusOfProfile, statusesJson } from '../sessions/status.ts'
import type { StatusLookup } from '../sessions/status.ts'
import { managedProfiles } from '../sessions/stores.ts'

/**
 * Signs profiles in and returns the exit code 0. Throws what refuses the only profile, LOGINS_FAILED if some of many
 * failed, and DECLINED for a no; a profile that is not signed in is left as it was.
 */
export async function login(invocation: Invocation<'login'>, runtime: LoginRuntime): Promise<number> {
  const code = await signInTargets(invocation, runtime)
  const note = renderEnvironmentNote(runtime.environment, invocation)
  if (note !== undefined && invocation.options.quiet !== true) runtime.terminal.stderr(note)
  return code
}

/** A pattern that writes more sessions than this is confirmed. */
const UNCONFIRMED = 20

async function signInTargets(invocation: Invocation<'login'>, runtime: LoginRuntime): Promise<number> {
  const { terminal, deadline, cancelled } = runtime
  runtime.backups.sweep()
  sweepConfigCopies(runtime.folders.state, runtime.now)
  const snapshots = runtime.files.read()
  const defaults = await runtime.readSettings()
  if (invocation.options.all === true) return await signInAllProfiles(invocation, { snapshots, defaults }, runtime)
  const { profiles, byPattern, isList } = expandProfiles(invocation.positionals, snapshots)
  if (!isList) {
    const picked = await pickForLogin(loginInput(invocation, snapshots, defaults, runtime), runtime)
    const line = picked === undefined ? invocation : { ...invocation, positionals: [picked] }
    return await signInProfiles(line, undefined, { snapshots, defaults }, runtime)
  }
  // A pattern may match more than expected.
  if (byPattern && profiles.length > UNCONFIRMED && terminal.canAsk()) {
    const question = { text: patternQuestion(profiles), isYesDefault: true }
    const isConfirmed = await deadline.pauseWhile(terminal.confirm(question, cancelled))
    if (!isConfirmed) throw new AwsmfaError({ code: 'DECLINED' })
  }
  return await signInProfiles(invocation, profiles, { snapshots, defaults }, runtime)
}

/** `--all`. */
async function signInAllProfiles(
  invocation: Invocation<'login'>,
  files: { readonly snapshots: SharedSnapshots; readonly defaults: GlobalDefaults },
  runtime: LoginRuntime,
): Promise<number> {
  const input = loginInput(invocation, files.snapshots, files.defaults, runtime)
  const { profiles, unwritable } = findAllTargets(input, managedProfiles(runtime.stores))
  const print = invocation.options.quiet === true ? () => undefined : runtime.terminal.stderr
  if (unwritable.length > 0) print(renderUnwritable(unwritable))
  else if (profiles.length === 0) print(NO_TARGETS)
  return await signInProfiles(invocation, profiles, files, runtime)
}

/**
 * Signs in the listed profiles, or without a list the one that the line is about, with one token code for each device,
 * and returns the exit code 0. The failure of an only profile is thrown as it is. Of a list each profile is reported,
 * and then LOGINS_FAILED thrown. Throws also what ends the run, and what refuses every profile of a list alike.
 */
export async function signInProfiles(
  invocation: Invocation<'login'>,
  list: readonly string[] | undefined,
  { snapshots, defaults }: { readonly snapshots: SharedSnapshots; readonly defaults: GlobalDefaults },
  runtime: LoginRuntime,
): Promise<number> {
  const view: FailureView = { home: runtime.home, files: snapshots.paths, now: runtime.now(), debug: false }
  const lines = list?.map((profile) => lineFor(profile, invocation)) ?? [invocation]
  const logins = lines.map((line) =>
    prepareOrFail({ ...loginInput(line, snapshots, defaults, runtime), targets: lines.length }, runtime),
  )
  throwSharedFailure(logins, view)
  const outcomes = await signInAll(logins, invocation, list !== undefined, { snapshots, runtime })
  const all = logins.map((each) => ('error' in each ? each : resultOf(each, outcomes, runtime)))
  const withoutDevice = all.filter((result) => invocation.options.all === true && lacksDevice(result))
  const results = all.filter((result) => !withoutDevice.includes(result))
  if (withoutDevice.length > 0 && invocation.options.quiet !== true)
    runtime.terminal.stderr(renderWithoutDevice(withoutDevice.map(({ target }) => target)))
  const failures = results.flatMap((result) => (result.kind === 'failed' ? [result.error] : []))
  const [failure] = failures
  if (list === undefined && failure !== undefined) throw failure
  throwSharedFailure(results, view)
  report(results, invocation, list !== undefined, { ...runtime, view: { ...view, now: runtime.now() } })
  const causes = failures.map((error) => error.failure)
  if (causes.length > 0) throw new AwsmfaError({ code: 'LOGINS_FAILED', of: lines.length, causes })
  return 0
}

/** Whether a login failed because its user has no device for codes, or none that may be listed. */
function lacksDevice(result: LoginResult): boolean {
  if (result.kind !== 'failed' || !isFailure(result.error, 'MFA_SERIAL_MISSING')) return false
  return ['denied', 'empty', 'fido-only'].includes(result.error.failure.listing)
}

/** The line that would sign in this profile alone. */
function lineFor(profile: string, invocation: Invocation<'login'>): Invocation<'login'> {
  const { profile: _, all: __, ...options } = invocation.options
  return { ...invocation, positionals: [profile], options }
}

function prepareOrFail(input: LoginInput, runtime: LoginRuntime): Login | FailedLogin {
  try {
    return prepareLogin(input, runtime)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    return { kind: 'failed', target: resolveTargetProfile(input.invocation, input.environment).value, error }
  }
}

/** A failure with the same message for every profile does not depend on them: it is reported once, with its hints. */
function throwSharedFailure(logins: readonly (Login | LoginResult)[], view: FailureView): void {
  const errors = logins.flatMap((each) => ('error' in each ? [each.error] : []))
  const [first] = errors
  const texts = new Set(errors.map(({ failure }) => renderFailure(failure, view).error))
  if (first !== undefined && errors.length === logins.length && texts.size === 1) throw first
}

/**
 * Signs in those whose session cannot be reused, and prints on the way what a person may want to act on. Returns the
 * outcomes by the profile that gets the session.
 */
async function signInAll(
  logins: readonly (Login | FailedLogin)[],
  invocation: Invocation<'login'>,
  isList: boolean,
  { snapshots, runtime }: { readonly snapshots: SharedSnapshots; readonly runtime: LoginRuntime },
): Promise<Outcomes> {
  const { options } = invocation
  const isQuiet = options.quiet === true
  const print = isQuiet ? () => undefined : runtime.terminal.stderr
  const renewed = logins.flatMap((each) => ('error' in each || each.reuse.reuse ? [] : [each]))
  const tell = (message: LoginMessage): void =>
    'lines' in message ? print(message.lines) : runtime.debug(message.detail)
  const messages = logins.flatMap((each) => ('error' in each ? [] : messagesOf(each, runtime.home)))
  // Role profiles that use the same section are signed in once.
  const byProfile = new Map(renewed.map((each) => [each.resolution.storeProfile, each]))
  for (const { resolution, reuse } of isList ? [] : renewed)
    if (!reuse.reuse && reuse.reason === 'different-request')
      runtime.debug(renewalInWords(resolution.storeProfile, reuse.parts))
  for (const message of new Map(messages.map((each) => [JSON.stringify(each), each])).values()) tell(message)
  if (byProfile.size === 0) return new Map()
  const resolutions = renewed.map(({ resolution }) => resolution)
  const outcomes = await signIn(
    {
      logins: [...byProfile.values()],
      profiles: snapshots.profiles,
      renew: isRenewalRequested(invocation, resolutions),
      replace: options.replace === true,
      path: snapshots.paths.credentials,
      conflictQuestion: (profile, session) => conflictQuestion(profile, session, runtime.now()),
      report: (event) => tell(renderEvent(event, runtime.home, runtime.now())),
    },
    {
      ...runtime,
      announceNextCode: isQuiet ? () => undefined : runtime.announceNextCode,
      connect: (resolution) => runtime.connect(resolution, snapshots),
    },
  )
  return new Map([...byProfile].map(([profile, each]) => [profile, outcomes.get(each)]))
}

type Outcomes = ReadonlyMap<string, ObtainedSession | AwsmfaError | undefined>

/** What the person should know of a login, whether or not it has a session already. */
function messagesOf({ resolution, reuseNotes }: Login, home: string | undefined): readonly LoginMessage[] {
  return [...resolution.notes.map((note) => renderResolutionNote(note, home)), ...reuseNotes.map(renderPlanNote)]
}

function resultOf(
  { resolution, view, reuse }: Login,
  outcomes: Outcomes,
  { facts, awsCaches, now }: LoginRuntime,
): LoginResult {
  const { target, storeProfile: profile, storeIn } = resolution
  // Looked up: an entry of another program stays, and a cache may have refused ours.
  const promptFree = storeIn === 'aws-caches' && view !== undefined ? findPromptFree(view, awsCaches, now()) : undefined
  const isOwnSource = storeIn === 'aws-caches' && view?.get('source_profile')?.value === profile
  const common = { target: target.value, profile, storeIn, promptFree, isOwnSource }
  if (reuse.reuse) {
    const { accessKeyId, expiration, source, managedBy } = reuse.session
    const identity = reuse.session.identity ?? (accessKeyId === undefined ? undefined : facts.identityOf(accessKeyId))
    const madeBy = managedBy === 'other' ? source : undefined
    return { kind: 'kept', ...common, expiration, identity, madeBy }
  }
  const outcome = outcomes.get(profile)
  if (outcome === undefined) throw new Error('every login has an outcome')
  if (outcome instanceof AwsmfaError) return { kind: 'failed', target: target.value, error: outcome }
  return { kind: 'signed-in', ...common, expiration: outcome.credentials.expiration, identity: outcome.identity }
}

function report(
  results: readonly LoginResult[],
  invocation: Invocation<'login'>,
  isList: boolean,
  { terminal, view, ...runtime }: LoginRuntime & { readonly view: FailureView },
): void {
  const { options } = invocation
  if (isList) {
    const shown = options.quiet === true ? results.filter(({ kind }) => kind === 'failed') : results
    terminal.stderr(renderLoginList(shown, view, terminal.talk))
  } else if (options.quiet !== true) {
    const hasOptions = optionsThatCount(invocation).length > 0
    for (const result of results) terminal.stderr(renderLoginResult(result, hasOptions, view.now, terminal.talk))
  }
  if (options.quiet !== true) terminal.stderr(renderKeptTooLong(results, view.now))
  if (options.json !== true) return
  const lookup = statusLookup(runtime.files.read().profiles, runtime)
  const states = results.map(({ target }) => statusOfProfile(target, lookup))
  terminal.stdout(statusesJson(states, lookup.now, isList))
}

function statusLookup(
  profiles: Profiles,
  { now, facts, cachedSessionOf }: Pick<LoginRuntime, 'now' | 'facts' | 'cachedSessionOf'>,
): StatusLookup {
  return { profiles, now: now(), identityOf: facts.identityOf, cachedSessionOf }
}
