import { isAssumeRoleProfile, isOwnProcess } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { optionsFor } from '../command-line/table.ts'
import type { AnyInvocation, Invocation } from '../command-line/table.ts'
import { loginInput, prepareLogin } from '../login/prepare.ts'
import { answerProcess, currentCredentials } from '../login/provide-session.ts'
import type { CurrentOutcome } from '../login/provide-session.ts'
import { renderTrail } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import type { ThroughSession } from '../login/resolve.ts'
import { findSetting, toSeconds } from '../login/settings.ts'
import type { GivenSession, ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/expiration.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { isUsable } from '../sessions/reuse.ts'

/** What `exec` and `env` have in common: the session that a profile works with, after a login where there is none. */

/** A session for a program. */
export interface SessionForProgram {
  readonly profile: string
  readonly session: GivenSession
  /** The region that the profile, or a source profile of it, names; undefined: none. */
  readonly profileRegion: string | undefined
}

/**
 * Gets the session of the profile that the line is about. Where there is none that lasts, signs in as `login` would, into the
 * same place; where nobody can be asked for a code, only if none is needed. Throws SESSION_MISSING and what login throws.
 */
export async function sessionForProgram(
  invocation: Invocation<'exec' | 'env'>,
  context: LoginRuntime,
): Promise<SessionForProgram> {
  const { value: profile } = resolveTargetProfile(invocation, context.environment)
  const minimumSeconds = await minimumOf(invocation, context)
  const first = await lookOrNone(profile, minimumSeconds, invocation, context)
  if (first.found.kind === 'session') return given(profile, first.found.session, first.profiles)
  if (isAnsweredHere(profile, first.profiles))
    return await fromOwnCache(profile, minimumSeconds, { invocation, context, ...first })
  await loginForProgram(invocation, missing(profile, first.found, minimumSeconds), context)
  // A role's hour may be less than what is wanted: what could be had was got.
  const second = await look(profile, 0, invocation, context)
  if (second.found.kind === 'session') return given(profile, second.found.session, second.profiles)
  throw missing(profile, second.found, 0)
}

/** Tools get the profile's session from awsmfa, by its own `credential_process` or, for a role, by that of a profile on its way. */
function isAnsweredHere(profile: string, profiles: Profiles, before: readonly string[] = []): boolean {
  const view = profiles.find(profile)
  if (view === undefined || !isAssumeRoleProfile(view)) return isOwnProcess(view)
  const source = view.get('source_profile')?.value
  return source !== undefined && !before.includes(source) && isAnsweredHere(source, profiles, [...before, profile])
}

/** The session that tools get for this profile by a `credential_process`. */
async function fromOwnCache(
  profile: string,
  minimumSeconds: number,
  { invocation, context, snapshots, profiles }: Looked & Pick<ProcessAsked, 'invocation' | 'context'>,
): Promise<SessionForProgram> {
  try {
    const asked = { invocation, context, snapshots, profiles, windowSeconds: minimumSeconds, refusalHoldsMs: 0 }
    const session = await processSession(asked, (error) =>
      context.debug(`the session could not be renewed (${error.failure.code})`),
    )
    return given(profile, session, profiles)
  } catch (error) {
    throw isFailure(error, 'PROMPT_UNAVAILABLE') ? missing(profile, { kind: 'none' }, minimumSeconds) : error
  }
}

function given(profile: string, session: GivenSession, profiles: Profiles): SessionForProgram {
  return { profile, session, profileRegion: regionOf(profile, profiles) }
}

function regionOf(profile: string, profiles: Profiles, before: readonly string[] = []): string | undefined {
  const view = profiles.find(profile)
  const region = view?.get('region')?.value ?? ''
  if (region !== '') return region
  const source = view?.get('source_profile')?.value
  return source === undefined || before.includes(source) ? undefined : regionOf(source, profiles, [...before, profile])
}

async function minimumOf({ options }: AnyInvocation, { environment, readSettings }: LoginRuntime): Promise<number> {
  const minimum = findSetting('minimum time left', { options, environment, defaults: await readSettings() })
  return minimum === undefined ? 0 : toSeconds(minimum).value
}

interface Looked {
  readonly found: CurrentOutcome
  readonly profiles: Profiles
  readonly snapshots: SharedSnapshots
}

async function look(
  profile: string,
  minimumSeconds: number,
  { options }: AnyInvocation,
  context: LoginRuntime,
): Promise<Looked> {
  const snapshots = context.files.read()
  const { profiles } = snapshots
  const { environment } = context
  const effects = {
    ...context,
    connect: (settings: ThroughSession & { readonly path: readonly string[] }) => context.connect(settings, snapshots),
  }
  return {
    found: await currentCredentials(
      { profile, profiles, minimumSeconds, options, environment, defaults: await context.readSettings() },
      effects,
    ),
    profiles,
    snapshots,
  }
}

/** A session of which nothing says when it ends may have ended, which STS alone knows: that is as good as none. */
async function lookOrNone(
  profile: string,
  minimumSeconds: number,
  invocation: AnyInvocation,
  context: LoginRuntime,
): Promise<Looked> {
  try {
    return await look(profile, minimumSeconds, invocation, context)
  } catch (error) {
    if (!isFailure(error, 'CREDENTIALS_REJECTED')) throw error
    const snapshots = context.files.read()
    return { found: { kind: 'none' }, profiles: snapshots.profiles, snapshots }
  }
}

function missing(profile: string, found: CurrentOutcome, minimumSeconds: number): AwsmfaError {
  const expiration =
    found.kind === 'none' && found.expiration !== undefined
      ? { expiration: found.expiration, wantedSeconds: minimumSeconds }
      : {}
  return new AwsmfaError({ code: 'SESSION_MISSING', profile, ...expiration })
}

/** The login before a program, which is loaded only where there is one. */

/**
 * Signs in the profile that the line is about, as `login` would. Throws what login throws, and `missing` where a code would be
 * needed and nobody can be asked for one.
 */
async function loginForProgram(
  { positionals, options }: Invocation<'exec' | 'env'>,
  missing: AwsmfaError,
  runtime: LoginRuntime,
): Promise<void> {
  const { signInProfiles } = await import('./login.ts')
  const invocation: Invocation<'login'> = { command: 'login', positionals, options: optionsFor('login', options) }
  const snapshots = runtime.files.read()
  if (!runtime.terminal.canAsk() && !hasMfaSession(runtime)) {
    // What refuses the login says more than that there is no session.
    const input = loginInput(invocation, snapshots, await runtime.readSettings(), runtime)
    if (!runtime.canGetCode(prepareLogin(input, runtime).candidate.resolution)) throw missing
  }
  try {
    await signInProfiles(invocation, undefined, snapshots, runtime)
  } catch (error) {
    throw isFailure(error, 'PROMPT_UNAVAILABLE') ? missing : error
  } finally {
    runtime.updatePromptCache()
  }
}

/** A role's session can be made anew without a code while an MFA session is kept. */
function hasMfaSession({ cache, now }: LoginRuntime): boolean {
  return cache.list().some((record) => record.key.chain === '' && isUsable(record, now(), 0))
}

/** The session that awsmfa itself answers with for a profile: kept in its own cache, or new. */

/** What is asked for. `windowSeconds`: with so much left a session is renewed even if a code is needed. */
export interface ProcessAsked {
  readonly invocation: Invocation
  readonly context: LoginRuntime
  readonly windowSeconds: number
  /** How long ago, in ms, a refusal of the same question counts for this one. */
  readonly refusalHoldsMs: number
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
}

/** A session, and its account where that is known. */
export interface ProcessSession extends ShortTermCredentials {
  readonly account: string | undefined
}

/** Gives it. `onNotRenewed` is told why one that is about to end is given. Throws what resolveLogin and answerProcess throw. */
export async function processSession(
  asked: ProcessAsked,
  onNotRenewed: (error: AwsmfaError, expiration: Date) => void,
): Promise<ProcessSession> {
  const { context, snapshots, windowSeconds, refusalHoldsMs } = asked
  // What stands after `--` is a program for `exec`, and not for STS.
  const { tail: _, ...invocation } = asked.invocation
  const input = loginInput(invocation, snapshots, await context.readSettings(), context)
  const resolution = resolveLogin({ ...input, storesNothing: true })
  for (const line of renderTrail(resolution)) context.debug(line)
  const connection = context.connect(resolution, snapshots)
  const session = await answerProcess(
    { resolution, windowSeconds, refusalHoldsMs },
    { ...context, connection, sources: await context.sourcesFor(resolution), onNotRenewed },
  )
  return { ...session.credentials, account: session.account }
}

/** What the environment is made for. */
export interface CredentialEnvironment {
  readonly profile: string
  readonly session: GivenSession
  /** Undefined: what stands in the environment already is left as it is. */
  readonly region: string | undefined
}

/**
 * Variables that would take tools elsewhere. botocore takes AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN (credentials.py ›
 * EnvProvider.TOKENS); the JavaScript SDK goes by AWS_PROFILE, whatever keys stand beside it (credential-provider-node).
 */
const REMOVED = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN']

/**
 * Makes the environment of a program from ours and a session. Nothing of an older session stays: what the session has no
 * value for is taken out. AWSMFA_PROFILE tells whoever looks, and is never read as a setting. Names are compared without
 * regard to case where `caseless` says so, as on Windows.
 */
export function childEnvironment(
  environment: Environment,
  { profile, session, region }: CredentialEnvironment,
  caseless: boolean,
): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, string>> = {
    ...sessionVariables(session),
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    AWSMFA_PROFILE: profile,
  }
  const nameOf = (name: string): string => (caseless ? name.toUpperCase() : name)
  const replaced = new Set([...Object.keys(given), ...REMOVED, 'AWS_CREDENTIAL_EXPIRATION'])
  const kept = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || replaced.has(nameOf(name)) ? [] : [[name, value] as const],
  )
  return { ...Object.fromEntries(kept), ...given }
}

/** The variables of a session, as `aws configure export-credentials` of the AWS CLI names and orders them. */
export function sessionVariables({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration,
}: GivenSession): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    ...(expiration === undefined ? {} : { AWS_CREDENTIAL_EXPIRATION: formatExpiration(expiration) }),
  }
}
