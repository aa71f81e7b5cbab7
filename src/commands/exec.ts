/** `exec`: runs a program, or a shell, with a profile's session: in its environment, or served to it and renewed. */
import { readIniDocument } from '../aws-files/ini-document.ts'
import { leadsToCredentials } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { addPlainProfile, withLastLineEnd, replaceCredentials } from '../aws-files/sections.ts'
import type { KeyValue } from '../aws-files/sections.ts'
import { identityInWords } from '../aws/arn.ts'
import type { Invocation } from '../command-line/table.ts'
import { withPickedProfile } from './pick-profile.ts'
import { childEnvironment, profileEnvironment, servedEnvironment, sessionForProgram } from './program-session.ts'
import type { SessionForProgram } from './program-session.ts'
import type { GivenSession } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import { findProgram } from '../platform/find-program.ts'
import { runProgram } from '../platform/run-program.ts'
import type { Now, Pause } from '../platform/time.ts'
import { caselessValue } from '../platform/windows-program.ts'
import { createLoginRuntime } from '../runtime/login.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import {
  createConfigCopy,
  startContainerEndpoint,
  stateOfFiles,
  sweepConfigCopies,
} from '../sessions/container-endpoint.ts'
import type { ConfigCopy } from '../sessions/container-endpoint.ts'
import { findSignIn } from '../sessions/status.ts'
import type { CachedSessionOf } from '../sessions/status.ts'
import { formatInstant } from '../ui/duration.ts'
import { isSet } from '../ui/style.ts'
import { commandLine, note, profileWord, quoted, signInLines } from '../ui/words.ts'

/**
 * Runs the program after `--`, or the user's shell, with the profile's session in its environment, and returns its exit
 * code. Throws PROGRAM_NOT_RUN and what sessionForProgram throws.
 */
export async function exec(line: Invocation<'exec'>, runtime: LoginRuntime): Promise<number> {
  const invocation = await withPickedProfile(line, runtime)
  const { environment, isWindows } = runtime
  const { tail, options } = invocation
  const [program = shellOf(runtime), ...words] = tail ?? []
  // Nobody is asked for a code for a shell that is not there.
  if (tail === undefined && findProgram(program, environment) === undefined)
    throw new AwsmfaError({ code: 'PROGRAM_NOT_RUN', program, reason: 'not-found', errno: 'ENOENT' })
  const credentials = await sessionOf(invocation, runtime)
  if (tail === undefined && options.quiet !== true) announceShell(credentials, options.server === true, runtime)
  if (options.server === true) return await runServed({ program, words }, credentials, invocation, runtime)
  return await runProgram({
    program,
    words,
    environment:
      options.profileEnv === true
        ? profileEnvironment(environment, credentials.profile, isWindows)
        : childEnvironment(environment, credentials, isWindows),
  })
}

/** Throws USAGE for an only word that is a program and no profile: it lacks its `--`. */
async function sessionOf(invocation: Invocation<'exec'>, runtime: LoginRuntime): Promise<SessionForProgram> {
  try {
    return await sessionForProgram(invocation, runtime)
  } catch (error) {
    const [word] = invocation.positionals
    const isProgram =
      invocation.tail === undefined && word !== undefined && findProgram(word, runtime.environment) !== undefined
    if (!isProgram || !isFailure(error, 'PROFILE_NOT_FOUND') || error.failure.nearest !== undefined) throw error
    const line = { before: [], words: [word], quotesSeparator: runtime.isWindows }
    throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'missing-separator', command: 'exec', ...line } })
  }
}

/** Returns the user's shell; on Windows PowerShell, else COMSPEC. */
function shellOf({ environment, isWindows }: LoginRuntime): string {
  if (!isWindows) return isSet(environment['SHELL']) ? environment['SHELL'] : '/bin/sh'
  return findProgram('powershell', environment) ?? caselessValue(environment, 'COMSPEC') ?? 'cmd.exe'
}

/** What is served is renewed: it has no end to announce. */
function announceShell(
  { profile, session, ...found }: SessionForProgram,
  isServed: boolean,
  runtime: LoginRuntime,
): void {
  const { terminal, facts, environment, now } = runtime
  const identity = found.identity ?? facts.identityOf(session.accessKeyId)
  const who = identity === undefined ? undefined : identityInWords(identity.account, identity.arn)
  const until = session.expiration === undefined || isServed ? '' : ` until ${formatInstant(session.expiration, now())}`
  terminal.stderr(`Shell with ${who ?? `the session of ${quoted(profile)}`}${until}. To leave: exit\n`)
  const outer = environment['AWSMFA_PROFILE']
  if (isSet(outer)) terminal.stderr(note(`this shell runs inside a shell with the session of ${quoted(outer)}`))
}

/**
 * Runs a program whose SDKs get credentials from an endpoint of this process, which ends with the program. The session
 * is renewed in the background, never by a question at the terminal, which belongs to the program.
 */
async function runServed(
  command: { readonly program: string; readonly words: readonly string[] },
  first: SessionForProgram,
  invocation: Invocation<'exec'>,
  runtime: LoginRuntime,
): Promise<number> {
  const { now, environment, isWindows, facts } = runtime
  const { profile, region } = first
  const stopped = new AbortController()
  const profileInCopy = freeName(runtime.files.read().profiles)
  const bytesOfCopy = (): Buffer => {
    const request = { served: profile, name: profileInCopy, region: region?.name, isWindows }
    return Buffer.from(configForServed(runtime.files.read(), request), 'latin1')
  }
  let [served, renewed] = [first, first]
  const endpoint = await startContainerEndpoint({
    current: () => ({
      session: served.session,
      account: (served.identity ?? facts.identityOf(served.session.accessKeyId))?.account,
    }),
    expiredMessage: () => expiredMessage(profile, { ...runtime, profiles: runtime.files.read().profiles }),
    now,
  })
  let copy: ConfigCopy | undefined
  let renewing: Promise<void> | undefined
  try {
    sweepConfigCopies(runtime.folders.state, now)
    const written = (copy = createConfigCopy(runtime.folders.state, bytesOfCopy()))
    renewing = keepRenewed(
      first.session,
      {
        now,
        pause: runtime.pause,
        obtain: async (minimumSeconds, mayAsk) => {
          const options = { ...invocation.options, minTtl: `${minimumSeconds}s` }
          const silent = withoutTerminal(runtime, stopped.signal, mayAsk)
          renewed = await sessionForProgram({ ...invocation, options }, silent)
          return renewed.session
        },
        onRenewed: () => {
          served = renewed
          try {
            written.write(bytesOfCopy())
          } catch (error) {
            // The copy that is there serves the program as well; it only has older settings.
            runtime.debug(`the copy of the config file was not renewed (${error instanceof Error ? error.name : ''})`)
          }
        },
        stateOfFiles: () => stateOfFiles(runtime),
        debug: runtime.debug,
      },
      stopped.signal,
    )
    const { url, token } = endpoint
    const program = { profile, region, url, token, copy: copy.path, profileInCopy, configFile: runtime.paths.config }
    return await runProgram({ ...command, environment: servedEnvironment(environment, program, isWindows) })
  } finally {
    stopped.abort()
    endpoint.close()
    // A renewal that is being made may write the copy again.
    await renewing
    copy?.remove()
  }
}

/** Returns what programs are answered once the session has expired: it names the command that leads to a new one. */
export function expiredMessage(
  profile: string,
  { profiles, cachedSessionOf }: { readonly profiles: Profiles; readonly cachedSessionOf: CachedSessionOf },
): string {
  const signIn = findSignIn(profile, profiles)
  const view = signIn && profiles.find(signIn.profile)
  const isRenewable = view !== undefined && cachedSessionOf(view)?.isRenewable === true
  const [line] = signIn === undefined ? [] : signInLines(signIn, isRenewable)
  return `session of ${quoted(profile)} expired: ${line ?? commandLine('login', profileWord(profile))}`
}

/**
 * Returns the config file for a program that is served credentials, as a byte string: with a profile `name` that has
 * the settings of the served one and no credentials, and without keys. Any other profile without credentials would be
 * served those of this one: it gets credentials that are refused.
 */
export function configForServed(
  { config, profiles }: Pick<SharedSnapshots, 'config' | 'profiles'>,
  request: {
    readonly served: string
    readonly name: string
    readonly region: string | undefined
    readonly isWindows: boolean
  },
): string {
  const others = profiles.names().flatMap((each) => {
    const profile = each === request.served ? undefined : profiles.find(each)
    const isRefused = profile !== undefined && !leadsToCredentials(profile)
    return isRefused ? [{ profile, lines: refusedCredentials(each, request.isWindows) }] : []
  })
  const text = replaceCredentials(readIniDocument(withLastLineEnd(config.text)), others)
  return addPlainProfile(readIniDocument(text), request.served, request)
}

/**
 * Returns a process that fails, which the AWS CLI and boto3 run before they look at keys in config, and keys that AWS
 * refuses, which the SDKs for JavaScript and Go take first: after a failed process, JavaScript would ask the endpoint.
 * SDKs run it with a shell or without; a name that a shell might read otherwise is left out.
 */
function refusedCredentials(profile: string, isWindows: boolean): readonly KeyValue[] {
  const isPlain = /^[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*$/.test(profile)
  const [subject, word] = isPlain ? [profile, profile] : ['this profile', 'PROFILE']
  const text = `awsmfa: ${subject} has no credentials inside exec --server; to use it: awsmfa exec ${word}`
  const command = isWindows ? `cmd /d /c ">&2 echo ${text}& exit 1"` : `sh -c 'echo "${text}" >&2; exit 1'`
  return [
    { key: 'credential_process', value: command },
    { key: 'aws_access_key_id', value: 'none' },
    { key: 'aws_secret_access_key', value: 'none' },
  ]
}

/** Returns a name for a profile that no file has. */
function freeName(profiles: Profiles): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'awsmfa-server' : `awsmfa-server-${number}`
    if (profiles.find(name) === undefined) return name
  }
}

/** Returns a runtime for a renewal: what it would print goes to `--debug`, and it asks in a window, if at all. */
function withoutTerminal(runtime: LoginRuntime, signal: AbortSignal, mayAsk: boolean): LoginRuntime {
  const silent = (text: string): void => runtime.debug(text.trim())
  const unavailable = (): Promise<never> =>
    Promise.reject(new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' }))
  const renewal = createLoginRuntime({
    ...runtime,
    asker: { ...runtime.asker, obstacle: () => 'no-terminal', askLine: unavailable, say: silent },
    terminal: {
      ...runtime.terminal,
      stdout: silent,
      stderr: silent,
      canAsk: () => false,
      ask: unavailable,
      confirm: unavailable,
      choose: unavailable,
      whileWaiting: (_, waiting) => waiting,
    },
    warn: silent,
    cancelled: signal,
  })
  if (mayAsk) return renewal
  // A process for long-term keys may be slow, and may ask too.
  const unasked = { canGetCode: () => false, sourcesFor: () => Promise.resolve([unavailable]) }
  return { ...renewal, ...unasked, runCredentialProcess: unavailable }
}

/** What the renewal acts through. */
export interface RenewalEffects {
  readonly now: Now
  readonly pause: Pause
  /** Returns a session that lasts so many seconds; without `mayAsk` only if nobody need be asked for a code. */
  readonly obtain: (minimumSeconds: number, mayAsk: boolean) => Promise<GivenSession>
  readonly onRenewed: (session: GivenSession) => void
  /** Returns a text that changes when a session may have been stored by another process. */
  readonly stateOfFiles: () => string
  readonly debug: (text: string) => void
}

/**
 * How long before its end a session is renewed. botocore asks again 15 minutes before the end, the SDKs for Go and
 * JavaScript 5.
 */
const RENEW_SECONDS = 20 * 60

/** The clock is looked at this often: a computer may sleep meanwhile. */
const LOOK_MS = 30_000

/** How soon a session that somebody signed in elsewhere is noticed. */
const NOTICE_MS = 5000

/** AWS is asked again after 5 seconds, then after twice as long each time, up to this. */
const LONGEST_WAIT_MS = 5 * 60_000

/**
 * Renews a session until the signal aborts, and never throws. A person is asked when the renewal is due, and again
 * after half and three quarters of the time that remains; not after closing the question, nor once the session has
 * expired.
 */
export async function keepRenewed(first: GivenSession, effects: RenewalEffects, signal: AbortSignal): Promise<void> {
  const { now, pause, onRenewed, stateOfFiles, debug } = effects
  let plan = planRenewal(first, now())
  let [waitMs, nextMs, seen] = [NOTICE_MS, 0, '']
  try {
    while (plan !== undefined) {
      await pause(Math.min(LOOK_MS, Math.max(0, plan.dueMs - now().getTime())), signal)
      const nowMs = now().getTime()
      if (nowMs < plan.dueMs) continue
      const mayAsk = takeQuestion(plan, nowMs)
      const state = stateOfFiles()
      const renewed = mayAsk || state !== seen || nowMs >= nextMs ? await renewOnce(plan, mayAsk, effects) : 'not tried'
      if (renewed === 'not tried') await pause(NOTICE_MS, signal)
      else if (renewed === undefined) {
        // A question takes minutes, in which somebody may sign in elsewhere; what an attempt stores itself is no news.
        seen = mayAsk ? state : stateOfFiles()
        nextMs = now().getTime() + waitMs
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
        await pause(NOTICE_MS, signal)
      } else {
        plan = planRenewal(renewed, now())
        waitMs = NOTICE_MS
        onRenewed(renewed)
      }
    }
  } catch (error) {
    if (!signal.aborted) debug(`renewal has ended (${error instanceof Error ? error.name : 'fault'})`)
  }
}

/** Returns whether a person may be asked now, and takes that question off the plan. */
function takeQuestion({ askAtMs, endMs }: RenewalPlan, nowMs: number): boolean {
  const mayAsk = askAtMs[0] !== undefined && nowMs >= askAtMs[0] && nowMs < endMs
  if (mayAsk) askAtMs.shift()
  return mayAsk
}

/** Returns a session that lasts longer than the present one; undefined if there is none. */
async function renewOnce(
  { askAtMs, endMs, minimumSeconds }: RenewalPlan,
  mayAsk: boolean,
  { obtain, debug }: RenewalEffects,
): Promise<GivenSession | undefined> {
  try {
    const found = await obtain(minimumSeconds, mayAsk)
    return (found.expiration?.getTime() ?? Infinity) > endMs ? found : undefined
  } catch (error) {
    const isClosedElsewhere = isFailure(error, 'ANOTHER_LOGIN_FAILED') && error.failure.why === 'CANCELLED'
    if (isFailure(error, 'CANCELLED') || isClosedElsewhere) askAtMs.length = 0
    debug(`the session was not renewed (${error instanceof AwsmfaError ? error.failure.code : 'fault'})`)
    return undefined
  }
}

interface RenewalPlan {
  readonly dueMs: number
  readonly endMs: number
  readonly minimumSeconds: number
  /** When to ask a person, from then on. */
  readonly askAtMs: number[]
}

/** Undefined for a session whose end is not known. A short session is renewed after two thirds of its time. */
function planRenewal({ expiration }: GivenSession, now: Date): RenewalPlan | undefined {
  if (expiration === undefined) return undefined
  const seconds = Math.min(RENEW_SECONDS, Math.ceil(secondsUntil(expiration, now) / 3))
  const before = (part: number): number => expiration.getTime() - seconds * part * 1000
  return {
    dueMs: before(1),
    endMs: expiration.getTime(),
    minimumSeconds: seconds + 1,
    askAtMs: [before(1), before(1 / 2), before(1 / 4)],
  }
}
