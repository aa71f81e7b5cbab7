/**
 * The session of a profile for a program (`exec`, `env`, `credential-process`) or the console, after a login if it
 * needs one.
 */
import { isAssumeRoleProfile, isOwnProcess } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { optionsFor } from '../command-line/table.ts'
import type { AnyInvocation, Invocation } from '../command-line/table.ts'
import { loginInput, prepareLogin } from '../login/prepare.ts'
import { answerProcess, currentCredentials, notSignedIn } from '../login/provide-session.ts'
import type { CurrentOutcome, ProcessRequest } from '../login/provide-session.ts'
import { renderTrail } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import { findSetting, toSeconds } from '../login/settings.ts'
import type { CallerIdentity, GivenSession, ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { isRegionOfAwsmfa, REGION_SET, resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import { ENDPOINT_TOKEN, ENDPOINT_URL, OWN_CONFIG, SERVER_CONFIG } from '../platform/paths.ts'
import { currentEffects } from '../runtime/login.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { isUsable } from '../sessions/reuse.ts'
import { findSignIn, sourceProfilesOf } from '../sessions/status.ts'

/** A session for a program. */
export interface SessionForProgram {
  readonly profile: string
  readonly session: GivenSession
  /** Of a role that was assumed; otherwise the facts may know it. */
  readonly identity?: CallerIdentity | undefined
  readonly region: RegionChoice | undefined
}

/** A region for a program. `isUsers`: the user set it in the environment, and it is used for every profile. */
export interface RegionChoice {
  readonly name: string
  readonly isUsers: boolean
}

/**
 * Returns the session of the profile that the line is about. If none lasts long enough, signs in as `login` would, to
 * the same place; if there is nobody to ask, only without a token code. Throws SESSION_MISSING and what login throws.
 */
export async function sessionForProgram(invocation: AnyInvocation, runtime: LoginRuntime): Promise<SessionForProgram> {
  const profile = resolveTargetProfile(invocation, runtime.environment).value
  const minimumSeconds = await minimumOf(invocation, runtime)
  const before = runtime.files.read()
  const found = await currentOrNone(invocation, minimumSeconds, before, runtime)
  const withRegion = (
    session: GivenSession,
    { profiles }: SharedSnapshots,
    identity?: CallerIdentity,
  ): SessionForProgram => ({
    profile,
    session,
    identity,
    region: regionForProgram(profile, invocation.options.region, profiles, runtime.environment),
  })
  if (found.kind === 'session') return withRegion(found.session, before, found.identity)
  if (findSignIn(profile, before.profiles) !== undefined)
    throw notSignedIn(profile, found, before.profiles, { ...runtime, wantedSeconds: minimumSeconds })
  if (isServedByAwsmfa(profile, before.profiles))
    return withRegion(await ownOrMissing(invocation, minimumSeconds, before, runtime), before)
  await loginForProgram(invocation, missing(profile, found, minimumSeconds, runtime), runtime)
  const after = runtime.files.read()
  // A role's hour may be less than the minimum, and there is no more to be had.
  const renewed = await currentSession(invocation, 0, after, runtime)
  if (renewed.kind === 'session') return withRegion(renewed.session, after, renewed.identity)
  throw missing(profile, renewed, 0, runtime)
}

async function minimumOf({ options }: AnyInvocation, { environment, readSettings }: LoginRuntime): Promise<number> {
  const minimum = findSetting('minimum time', { options, environment, defaults: await readSettings() })
  // A session whose end is not known cannot be renewed in time: for `--server` it is as good as none.
  const least = options.server === true ? 1 : 0
  return minimum === undefined ? least : Math.max(least, toSeconds(minimum).value)
}

/**
 * Returns the session in the files of the profile that the line is about, or a role's made from it, if it lasts for so
 * many seconds. Asks nobody. Throws what currentCredentials throws.
 */
async function currentSession(
  invocation: AnyInvocation,
  minimumSeconds: number,
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): Promise<CurrentOutcome> {
  const { environment } = runtime
  const profile = resolveTargetProfile(invocation, environment).value
  const [{ options }, { profiles }, defaults] = [invocation, snapshots, await runtime.readSettings()]
  return await currentCredentials(
    { profile, profiles, minimumSeconds, options, environment, defaults },
    currentEffects(options, snapshots, runtime),
  )
}

/** A session without an expiration may have expired, and only STS knows: then it is as good as none. */
async function currentOrNone(...request: Parameters<typeof currentSession>): Promise<CurrentOutcome> {
  try {
    return await currentSession(...request)
  } catch (error) {
    if (isFailure(error, 'CREDENTIALS_REJECTED')) return { kind: 'none' }
    throw error
  }
}

function missing(
  profile: string,
  found: CurrentOutcome,
  wantedSeconds: number,
  { terminal }: Pick<LoginRuntime, 'terminal'>,
): AwsmfaError {
  const expiration = found.kind === 'none' ? found.expiration : undefined
  const ended = expiration === undefined ? {} : { expiration, wantedSeconds }
  const obstacles = { inBackground: terminal.isInBackground(), noTerminal: !terminal.canAsk() }
  return new AwsmfaError({ code: 'SESSION_MISSING', profile, ...ended, ...obstacles })
}

/**
 * Returns whether awsmfa is the `credential_process` of the profile or, for a role, of the first source profile that is
 * not a role.
 */
function isServedByAwsmfa(profile: string, profiles: Profiles): boolean {
  const views = [profile, ...sourceProfilesOf(profile, profiles)].map((name) => profiles.find(name))
  return isOwnProcess(views.find((view) => view === undefined || !isAssumeRoleProfile(view)))
}

/** Returns the region for a program that works with a profile; `flag`: of the line. */
export function regionForProgram(
  profile: string,
  flag: string | undefined,
  profiles: Profiles,
  environment: Environment,
): RegionChoice | undefined {
  return chooseRegion(flag, environment, regionOf(profile, profiles))
}

/**
 * Returns the region for a program: of the flag, the user's own in the environment, or the profile's; else the one that
 * an outer awsmfa set. Undefined if nothing names one.
 */
function chooseRegion(
  flag: string | undefined,
  environment: Environment,
  profileRegion: string | undefined,
): RegionChoice | undefined {
  const variables = ['AWS_REGION', 'AWS_DEFAULT_REGION'].filter((name) => (environment[name] ?? '') !== '')
  const users = variables.find((name) => !isRegionOfAwsmfa(name, environment))
  if (flag === undefined && users !== undefined) return { name: environment[users] ?? '', isUsers: true }
  const name = flag ?? profileRegion ?? environment[variables[0] ?? '']
  return name === undefined ? undefined : { name, isUsers: false }
}

/** Returns the region of the profile, or of the first of its source profiles that names one. */
function regionOf(profile: string, profiles: Profiles): string | undefined {
  const regions = [profile, ...sourceProfilesOf(profile, profiles)].map((name) => profiles.find(name)?.get('region'))
  return regions.find((region) => region !== undefined && region.value !== '')?.value
}

/**
 * Signs in the profile that the line is about, as `login` would, whose code is loaded only now. Throws what login
 * throws, and `missing` if a token code is required and there is nobody to ask.
 */
async function loginForProgram(
  { positionals, options }: AnyInvocation,
  missing: AwsmfaError,
  runtime: LoginRuntime,
): Promise<void> {
  const { signInProfiles } = await import('./login.ts')
  const invocation: Invocation<'login'> = { command: 'login', positionals, options: optionsFor('login', options) }
  const [snapshots, defaults] = [runtime.files.read(), await runtime.readSettings()]
  if (!runtime.terminal.canAsk() && !hasMfaSession(runtime)) {
    // Why login would fail is more than that there is no session.
    const input = loginInput(invocation, snapshots, defaults, runtime)
    const { ownership, resolution } = prepareLogin(input, runtime)
    if (ownership.kind !== 'long-term' && !runtime.canGetCode(resolution)) throw missing
  }
  try {
    await signInProfiles(invocation, undefined, { snapshots, defaults }, runtime)
  } catch (error) {
    throw isFailure(error, 'PROMPT_UNAVAILABLE') ? missing : error
  } finally {
    runtime.updatePromptCache()
  }
}

/**
 * Signs in a profile as `awsmfa login PROFILE` does, whose code is loaded only now. Throws what login throws.
 */
export async function signIn(profile: string, runtime: LoginRuntime): Promise<void> {
  const { signInProfiles } = await import('./login.ts')
  const invocation: Invocation<'login'> = { command: 'login', positionals: [profile], options: {} }
  const files = { snapshots: runtime.files.read(), defaults: await runtime.readSettings() }
  await signInProfiles(invocation, undefined, files, runtime)
}

/** With a cached MFA session a role's session is renewed without a token code. */
function hasMfaSession({ cache, now }: LoginRuntime): boolean {
  return cache.list().some((record) => record.key.chain === '' && isUsable(record, now(), 0))
}

/** The session that tools get for the profile from a `credential_process`. */
async function ownOrMissing(
  invocation: AnyInvocation,
  windowSeconds: number,
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): Promise<ProcessSession> {
  const onNotRenewed = ({ failure }: AwsmfaError): void =>
    runtime.debug(`the session could not be renewed (${failure.code})`)
  try {
    return await ownSession(invocation, snapshots, { windowSeconds, refusalMaxAgeMs: 0, onNotRenewed }, runtime)
  } catch (error) {
    if (!isFailure(error, 'PROMPT_UNAVAILABLE')) throw error
    const profile = resolveTargetProfile(invocation, runtime.environment).value
    throw missing(profile, { kind: 'none' }, windowSeconds, runtime)
  }
}

/** A session, and its account if that is known. */
export interface ProcessSession extends ShortTermCredentials {
  readonly account: string | undefined
}

/**
 * Returns the session that awsmfa itself has for the profile that the line is about: cached, or new. Throws what
 * resolveLogin and answerProcess throw.
 */
export async function ownSession(
  invocation: AnyInvocation,
  snapshots: SharedSnapshots,
  options: Omit<ProcessRequest, 'resolution'>,
  runtime: LoginRuntime,
): Promise<ProcessSession> {
  // After `--` there is a program for `exec`, not options for STS.
  const { tail: _, ...line } = invocation
  const input = loginInput(line, snapshots, await runtime.readSettings(), runtime)
  const resolution = resolveLogin({ ...input, forProgram: true })
  for (const text of renderTrail(resolution)) runtime.debug(text)
  const connection = runtime.connect(resolution, snapshots)
  const effects = { ...runtime, ...connection, sources: await runtime.sourcesFor(resolution) }
  const { credentials, account } = await answerProcess({ resolution, ...options }, effects)
  return { ...credentials, account }
}

/** What the environment of a program is made from. */
export interface CredentialEnvironment {
  readonly profile: string
  readonly session: GivenSession
  readonly region: RegionChoice | undefined
}

/**
 * Variables that would take tools elsewhere. botocore takes AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN (credentials.py
 * › EnvProvider.TOKENS); the JavaScript SDK goes by AWS_PROFILE, whatever keys are beside it
 * (credential-provider-node).
 */
const REMOVED = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN', 'AWS_CREDENTIAL_EXPIRATION', REGION_SET]

/**
 * Returns the environment of a program: ours, with the variables of the session and none of an older one.
 * AWSMFA_PROFILE names the profile for prompts and scripts, and is never read as a setting. `caseless`: names differ in
 * more than case, as on Windows.
 */
export function childEnvironment(
  environment: Environment,
  credentials: CredentialEnvironment,
  caseless: boolean,
): Readonly<Record<string, string>> {
  return environmentWith(environment, programVariables(credentials), REMOVED, caseless)
}

const KEY_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']

/**
 * Other places where SDKs find credentials, before they ask the endpoint or in its stead. botocore takes a web identity
 * (EKS) before the keys of the profile that AWS_PROFILE names (credentials.py › create_credential_resolver).
 */
const OTHER_CREDENTIALS = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_CREDENTIAL_FILE',
]

/**
 * Returns the environment of a program that reads the profile itself: ours, with AWS_PROFILE and without credentials,
 * which would override it. A region that an outer awsmfa set is left out: the profile has its own.
 */
export function profileEnvironment(
  environment: Environment,
  profile: string,
  caseless: boolean,
): Readonly<Record<string, string>> {
  const regions = ['AWS_REGION', 'AWS_DEFAULT_REGION'].filter((name) => isRegionOfAwsmfa(name, environment))
  const given = { AWS_PROFILE: profile, AWSMFA_PROFILE: profile }
  const removed = [...REMOVED, ...KEY_VARIABLES, ENDPOINT_URL, ENDPOINT_TOKEN, ...OTHER_CREDENTIALS, ...regions]
  return environmentWith(environment, given, removed, caseless)
}

/** How a program reaches the endpoint that serves its credentials. */
export interface ServedProgram extends Pick<CredentialEnvironment, 'profile' | 'region'> {
  readonly url: string
  readonly token: string
  /** The copy of the config file, and its profile without credentials. */
  readonly copy: string
  readonly profileInCopy: string
  readonly configFile: string
}

/**
 * Returns the environment of a program whose SDKs ask an endpoint for credentials. With a profile that has none, they
 * do so whatever is in the files: without one, keys in `[default]` would be used.
 */
export function servedEnvironment(
  environment: Environment,
  { profile, region, url, token, copy, profileInCopy, configFile }: ServedProgram,
  caseless: boolean,
): Readonly<Record<string, string>> {
  const given = {
    [ENDPOINT_URL]: url,
    [ENDPOINT_TOKEN]: token,
    AWS_CONFIG_FILE: copy,
    AWS_PROFILE: profileInCopy,
    [SERVER_CONFIG]: copy,
    [OWN_CONFIG]: configFile,
    ...regionVariables(region),
    ...reachedDirectly('127.0.0.1', environment),
    AWSMFA_PROFILE: profile,
  }
  return environmentWith(environment, given, [...REMOVED, ...KEY_VARIABLES, ...OTHER_CREDENTIALS], caseless)
}

/**
 * Returns the variables that keep programs from asking a proxy for a host: where both are set, both are read. `*` means
 * every host, but only by itself.
 */
function reachedDirectly(host: string, environment: Environment): Readonly<Record<string, string>> {
  const set = ['NO_PROXY', 'no_proxy'].filter((name) => (environment[name] ?? '') !== '')
  const names = set.length === 0 ? ['NO_PROXY'] : set
  return Object.fromEntries(
    names.map((name) => {
      const hosts = (environment[name] ?? '').split(',').filter((each) => each.trim() !== '')
      const isThere = hosts.some((each) => each.trim() === host) || environment[name]?.trim() === '*'
      return [name, (isThere ? hosts : [...hosts, host]).join(',')]
    }),
  )
}

function regionVariables(region: RegionChoice | undefined): Readonly<Record<string, string>> {
  return {
    ...(region === undefined ? {} : { AWS_REGION: region.name, AWS_DEFAULT_REGION: region.name }),
    ...(region === undefined || region.isUsers ? {} : { [REGION_SET]: region.name }),
  }
}

function environmentWith(
  environment: Environment,
  given: Readonly<Record<string, string>>,
  removed: readonly string[],
  caseless: boolean,
): Readonly<Record<string, string>> {
  const nameOf = (name: string): string => (caseless ? name.toUpperCase() : name)
  const replaced = new Set([...Object.keys(given), ...removed])
  const kept = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || replaced.has(nameOf(name)) ? [] : [[name, value] as const],
  )
  return { ...Object.fromEntries(kept), ...given }
}

/** Returns every variable that a program gets: the session, both regions, and the profile. */
export function programVariables({
  profile,
  session,
  region,
}: CredentialEnvironment): Readonly<Record<string, string>> {
  return {
    ...sessionVariables(session),
    ...regionVariables(region),
    AWSMFA_PROFILE: profile,
  }
}

/** Returns the variables of a session, as `aws configure export-credentials` of the AWS CLI names and orders them. */
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
