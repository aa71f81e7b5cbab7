/** `console`: opens the AWS console in a browser, as the role of a profile. */
import { LONG_TERM_SUFFIXES, isAssumeRoleProfile } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { identityInWords, parseArn } from '../aws/arn.ts'
import {
  consoleHosts,
  consolePage,
  isServiceName,
  isSignInEndpoint,
  signInEndpoint,
  signInUrl,
} from '../aws/console-urls.ts'
import type { ConsoleHosts } from '../aws/console-urls.ts'
import { partitionOfRegion } from '../aws/endpoints.ts'
import { requestSigninToken } from '../aws/federation.ts'
import type { Invocation } from '../command-line/table.ts'
import { withPickedProfile } from './pick-profile.ts'
import { regionForProgram, sessionForProgram } from './program-session.ts'
import type { RegionChoice } from './program-session.ts'
import { planLogin } from '../login/plan.ts'
import { loginInput } from '../login/prepare.ts'
import { provideSession } from '../login/provide-session.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveChainedRoles, resolveLogin } from '../login/resolve.ts'
import { badSetting, findSetting, toSwitch } from '../login/settings.ts'
import { isContinuousIntegration, whyUnseen } from '../mfa/prompt.ts'
import type { GivenSession } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles, Resolved } from '../model/profile.ts'
import { findProgram } from '../platform/find-program.ts'
import { hasContainerMark } from '../platform/process-info.ts'
import { startProgram, withoutKeys } from '../platform/run-program.ts'
import { windowsFolder } from '../platform/windows-program.ts'
import type { ConnectionSettings, LoginRuntime } from '../runtime/login.ts'
import { findCurrentSession, findSignIn, sourceProfilesOf } from '../sessions/status.ts'
import { splitCommand, splitWindowsCommand } from '../shell/words.ts'
import { formatInstant } from '../ui/duration.ts'
import { isSet } from '../ui/style.ts'
import { note, tick, visible } from '../ui/words.ts'

/** The console session lasts as long as the role's: with less remaining, the role is assumed again. */
const MINIMUM_SECONDS = 50 * 60

/**
 * Opens the console as the role of the profile, or prints the URL that does, and returns the exit code 0. Signs in
 * first, as `exec` does. Throws USAGE, CONSOLE_NEEDS_ROLE, CONSOLE_UNSUPPORTED, CONSOLE_REFUSED, BROWSER_FAILED,
 * and what sessionForProgram and provideSession throw.
 */
export async function openConsole(line: Invocation<'console'>, runtime: LoginRuntime): Promise<number> {
  const { options } = line
  const { environment, terminal } = runtime
  const sources = { options, environment, defaults: await runtime.readSettings() }
  const pageFor = pageChoice(options)
  const override = signInOverride(environment)
  const logout = findSetting('console logout', sources)
  const signsOut = logout !== undefined && toSwitch(logout).value
  const browser =
    options.print === true ? undefined : chooseBrowser(findSetting('browser', sources), surroundingsOf(runtime))
  const invocation = await withPickedProfile(line, runtime)
  const role =
    options.duration === undefined ? await currentRole(invocation, runtime) : await newRole(invocation, runtime)
  const partition = parseArn(role.arn)?.partition ?? 'aws'
  const hosts = consoleHosts(partition)
  const destination = pageFor(hosts, partition, role.region)
  const endpoint = signInEndpoint(partition, hosts, override)
  const token = await terminal.whileWaiting(
    'opening the console',
    requestSigninToken({ endpoint, ...role, transport: role.transport }, runtime.deadline.signal),
  )
  const url = signInUrl(endpoint, { token, destination, signsOut })
  const isQuiet = options.quiet === true
  if (browser?.kind !== 'program') {
    if (browser !== undefined && !isQuiet) terminal.stderr(renderNoBrowser(browser.why))
    terminal.stdout(`${url}\n`)
    return 0
  }
  await openBrowser(browser, url, environment)
  if (!isQuiet) {
    const until =
      role.session.expiration === undefined ? '' : ` until ${formatInstant(role.session.expiration, runtime.now())}`
    const who = identityInWords(parseArn(role.arn)?.account, role.arn) ?? ''
    terminal.stderr(`${tick(terminal.talk)} ${visible(role.profile)}: console opened as ${who}${until}\n`)
  }
  return 0
}

/** The page to open, once the partition and the region are known. Throws USAGE, at once for what is wrong anyway. */
function pageChoice({
  service,
  destination,
  region: flag,
}: Invocation<'console'>['options']): (
  hosts: ConsoleHosts,
  partition: string,
  region: RegionChoice | undefined,
) => string {
  const bad = (option: string, value: string, expected: string): AwsmfaError =>
    new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option, value, expected } })
  if (destination !== undefined && !(destination.startsWith('https://') && URL.canParse(destination)))
    throw bad('--destination', destination, 'an https:// address of the console')
  if (service !== undefined && !isServiceName(service)) throw bad('--service', service, 'a service name such as s3')
  return (hosts, partition, region) => {
    if (destination !== undefined) return destination
    const isOfPartition = region !== undefined && partitionOfRegion(region.name) === partition
    if (flag !== undefined && !isOfPartition) throw bad('--region', flag, `a region of the partition ${partition}`)
    return consolePage(hosts, service, isOfPartition ? region.name : undefined)
  }
}

/** Throws USAGE: the credentials of a role go there. */
function signInOverride({ AWSMFA_SIGNIN_ENDPOINT: value }: Environment): string | undefined {
  if (!isSet(value) || isSignInEndpoint(value)) return isSet(value) ? value : undefined
  const origin = { kind: 'environment', variable: 'AWSMFA_SIGNIN_ENDPOINT' } as const
  throw badSetting({ value, origin }, 'an https:// address, or one of this computer')
}

/** A session of a role, and how its AWS is reached. */
interface Role {
  readonly profile: string
  readonly session: GivenSession
  readonly arn: string
  readonly region: RegionChoice | undefined
  /** How long the console session may last; only for a role that was not assumed with another session. */
  readonly durationSeconds: number | undefined
  readonly transport: ReturnType<LoginRuntime['transportFor']>
}

/** The role that the profile works with now, or would after a login; assumed with another session mostly. */
async function currentRole(invocation: Invocation<'console'>, runtime: LoginRuntime): Promise<Role> {
  await assertRole(invocation, runtime)
  const options = { ...invocation.options, minTtl: `${MINIMUM_SECONDS}s` }
  const { profile, session, identity, region } = await sessionForProgram({ ...invocation, options }, runtime)
  const snapshots = runtime.files.read()
  const connection = await connectionOf(invocation, snapshots, runtime)
  const arn = identity?.arn ?? (await arnOf(session, connection, snapshots, runtime))
  if (!isRole(arn)) throw needsRole(profile, snapshots.profiles)
  return {
    profile,
    session,
    arn,
    region,
    durationSeconds: undefined,
    transport: runtime.transportFor(connection, snapshots),
  }
}

/** A role for as long as `--duration` says: for more than an hour the code goes into AssumeRole. */
async function newRole(invocation: Invocation<'console'>, runtime: LoginRuntime): Promise<Role> {
  const snapshots = runtime.files.read()
  const { target, resolution } = await resolve(invocation, snapshots, runtime)
  if (resolution.roles.length === 0) throw needsRole(target, snapshots.profiles)
  const seconds = resolution.durationSeconds?.value ?? 0
  const isLong = planLogin(resolution).codeFor === 'AssumeRole'
  const { credentials, assumedRoleArn: arn } = await provideSession(
    { resolution, isDurationRequired: true, minimumSeconds: isLong ? MINIMUM_SECONDS : 0 },
    { ...runtime, ...runtime.connect(resolution, snapshots), sources: await runtime.sourcesFor(resolution) },
  )
  return {
    profile: target,
    session: credentials,
    arn: arn ?? (await arnOf(credentials, resolution, snapshots, runtime)),
    region: regionForProgram(target, invocation.options.region, snapshots.profiles, runtime.environment),
    durationSeconds: isLong ? seconds : undefined,
    transport: runtime.transportFor(resolution, snapshots),
  }
}

async function resolve(
  invocation: Invocation<'console'>,
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): Promise<{ readonly target: string; readonly resolution: LoginResolution }> {
  const input = loginInput(invocation, snapshots, await runtime.readSettings(), runtime)
  const resolution = resolveLogin({ ...input, forProgram: true })
  return { target: resolveTargetProfile(invocation, runtime.environment).value, resolution }
}

/** Throws CONSOLE_NEEDS_ROLE before anybody is asked for a code. */
async function assertRole(invocation: Invocation<'console'>, runtime: LoginRuntime): Promise<void> {
  const snapshots = runtime.files.read()
  const { profiles } = snapshots
  const profile = resolveTargetProfile(invocation, runtime.environment).value
  const { cachedSessionOf, now } = runtime
  const found = findCurrentSession(profile, { profiles, cachedSessionOf, now: now(), minimumSeconds: 0 })
  if (found.kind === 'through' || found.kind === 'sso') return
  try {
    if (found.kind === 'session') {
      const connection = await connectionOf(invocation, snapshots, runtime)
      const arn = found.stored.identity?.arn ?? (await arnOf(found.session, connection, snapshots, runtime))
      if (!isRole(arn)) throw needsRole(profile, profiles)
    } else if ((await resolve(invocation, snapshots, runtime)).resolution.roles.length === 0)
      throw needsRole(profile, profiles)
  } catch (error) {
    // Whatever else is wrong, sessionForProgram says it as it does for every program.
    if (!(error instanceof AwsmfaError) || isFailure(error, 'CONSOLE_NEEDS_ROLE')) throw error
  }
}

async function connectionOf(
  invocation: Invocation<'console'>,
  { profiles }: SharedSnapshots,
  { environment, readSettings }: LoginRuntime,
): Promise<ConnectionSettings> {
  const profile = resolveTargetProfile(invocation, environment).value
  const path = [profile, ...sourceProfilesOf(profile, profiles)]
  const { options } = invocation
  const views = path.map((name) => profiles.find(name))
  return { ...resolveChainedRoles({ options, environment, defaults: await readSettings(), path: views }), path }
}

async function arnOf(
  session: GivenSession,
  connection: ConnectionSettings,
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): Promise<string> {
  const known = runtime.facts.identityOf(session.accessKeyId)
  if (known !== undefined) return known.arn
  const { sts } = runtime.connect(connection, snapshots)
  const identity = await sts.getCallerIdentity(session, runtime.deadline.signal)
  // With a key that the AWS CLI renews all the time, the facts would pile up.
  const isRenewed = connection.path.some((name) => findSignIn(name, snapshots.profiles) !== undefined)
  if (!isRenewed) runtime.facts.rememberIdentity(session.accessKeyId, identity)
  return identity.arn
}

function isRole(arn: string): boolean {
  return arn.includes(':assumed-role/')
}

/** More would not be read. */
const SHOWN_PROFILES = 8

function needsRole(profile: string, profiles: Profiles): AwsmfaError {
  const bases = [profile, ...LONG_TERM_SUFFIXES.map((suffix) => profile + suffix)]
  const roleProfiles = profiles.names().filter((name) => {
    const view = profiles.find(name)
    if (view === undefined || name === profile) return false
    const sources = [...sourceProfilesOf(name, profiles), view.get('awsmfa_source_profile')?.value ?? '']
    const isRoleProfile = isAssumeRoleProfile(view) || view.get('awsmfa_role_arn') !== undefined
    return isRoleProfile && sources.some((source) => bases.includes(source))
  })
  return new AwsmfaError({ code: 'CONSOLE_NEEDS_ROLE', profile, roleProfiles: roleProfiles.slice(0, SHOWN_PROFILES) })
}

/** The program that opens a URL, or why none does. */
export type BrowserChoice =
  | {
      readonly kind: 'program'
      readonly program: string
      /** With `%s` for the URL, which otherwise follows them. */
      readonly words: readonly string[]
      readonly origin: Resolved<string>['origin']
    }
  | { readonly kind: 'none'; readonly why: 'ssh' | 'container' | 'no-display' | 'no-program' }

/** What the choice depends on. */
export interface BrowserSurroundings {
  readonly platform: string
  readonly environment: Environment
  readonly hasContainerMark: boolean
  /** Returns the path of a program; undefined if there is none of that name. */
  readonly find: (program: string) => string | undefined
}

function surroundingsOf({ environment, platform }: LoginRuntime): BrowserSurroundings {
  return {
    platform,
    environment,
    hasContainerMark: hasContainerMark(),
    find: (program) => findProgram(program, environment),
  }
}

/**
 * Returns the browser: the one that is configured, else the system's. BROWSER may list several commands, separated by
 * colons, of which the first that is there counts, as for xdg-open. Throws BROWSER_FAILED.
 */
export function chooseBrowser(command: Resolved<string> | undefined, surroundings: BrowserSurroundings): BrowserChoice {
  return command === undefined ? systemBrowser(surroundings) : configuredBrowser(command, surroundings)
}

function configuredBrowser(
  { value, origin }: Resolved<string>,
  { platform, find }: BrowserSurroundings,
): BrowserChoice {
  const isList = origin.kind === 'environment' && origin.variable === 'BROWSER' && platform !== 'win32'
  const choices = (isList ? value.split(':') : [value]).flatMap((command) => {
    const words = platform === 'win32' ? splitWindowsCommand(command) : splitCommand(command)
    const [program, ...rest] = words ?? []
    return program === undefined || program === '' ? [] : [{ kind: 'program', program, words: rest, origin } as const]
  })
  const found = choices.find(({ program }) => find(program) !== undefined) ?? choices[0]
  if (found !== undefined) return found
  throw new AwsmfaError({ code: 'BROWSER_FAILED', program: value, reason: 'quote', origin })
}

/** Over SSH, in a container and without a display nobody would see a browser. */
function systemBrowser({ platform, environment, hasContainerMark: mark, find }: BrowserSurroundings): BrowserChoice {
  const origin = { kind: 'default' } as const
  const why = isContinuousIntegration(environment) ? 'ci' : whyUnseen({ environment, hasContainerMark: mark })
  if (why === 'ci') throw new AwsmfaError({ code: 'BROWSER_FAILED', program: '', reason: 'ci', origin })
  if (why !== undefined) return { kind: 'none', why }
  if (platform === 'darwin') return { kind: 'program', program: '/usr/bin/open', words: [], origin }
  if (platform === 'win32') {
    const program = `${windowsFolder(environment)}\\System32\\rundll32.exe`
    return { kind: 'program', program, words: ['url.dll,FileProtocolHandler'], origin }
  }
  const isWsl = isSet(environment['WSL_DISTRO_NAME'])
  if (!isWsl && !isSet(environment['DISPLAY']) && !isSet(environment['WAYLAND_DISPLAY']))
    return { kind: 'none', why: 'no-display' }
  const program = [...(isWsl ? ['wslview'] : []), 'xdg-open'].find((name) => find(name) !== undefined)
  return program === undefined ? { kind: 'none', why: 'no-program' } : { kind: 'program', program, words: [], origin }
}

/** Throws BROWSER_FAILED. The URL is one word, which no shell reads. */
async function openBrowser(
  { program, words, origin }: Extract<BrowserChoice, { readonly kind: 'program' }>,
  url: string,
  environment: Environment,
): Promise<void> {
  const hasPlace = words.some((word) => word.includes('%s'))
  const given = hasPlace ? words.map((word) => word.replaceAll('%s', () => url)) : [...words, url]
  const outcome = await startProgram({ program, words: given, environment: withoutKeys({ ...environment }) })
  if (outcome.kind === 'started') return
  const failure =
    outcome.kind === 'failed'
      ? ({ reason: 'exit', exitCode: outcome.exitCode } as const)
      : ({ reason: outcome.errno === 'ENOENT' ? 'not-found' : 'not-executable' } as const)
  throw new AwsmfaError({ code: 'BROWSER_FAILED', program, ...failure, origin })
}

const NO_BROWSER: Readonly<Record<Extract<BrowserChoice, { readonly kind: 'none' }>['why'], string>> = {
  ssh: 'over SSH',
  container: 'in a container',
  'no-display': 'without a display',
  'no-program': 'because xdg-open is not installed',
}

function renderNoBrowser(why: keyof typeof NO_BROWSER): string {
  return note(`no browser is opened ${NO_BROWSER[why]}; the URL works for 15 minutes, for anyone who has it`)
}
