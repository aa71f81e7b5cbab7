/**
 * One call of the library: the session that a program gets, by the rules and through the runtime of the command line.
 * Errors have the words of the command line, in terms of the options.
 */
import { version } from '../../package.json'
import { isAssumeRoleProfile, isIgnored } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { optionKey } from '../command-line/spec.ts'
import type { Invocation, OptionName } from '../command-line/table.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { AwsmfaCredentials, AwsmfaProviderError, FromAwsmfaOptions, MfaCodeRequest } from './types.ts'
import { loginInput } from '../login/prepare.ts'
import { existingSession, provideSession, sessionOfAwsCli } from '../login/provide-session.ts'
import type { ExistingSession } from '../login/provide-session.ts'
import { renderTrail } from '../login/resolution.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import { createProvidedTokenCode } from '../mfa/sources.ts'
import type { TokenCodeRequest, TokenCodeSource } from '../mfa/token-code.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure, FailureCode } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import { resolveHome, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { Surroundings } from '../platform/paths.ts'
import { createLoginRuntime, currentEffects } from '../runtime/login.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { createRuntime } from '../runtime/runtime.ts'
import { outlasts } from '../sessions/reuse.ts'
import { findSignIn } from '../sessions/status.ts'
import { commandLine, profileWord, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** Returns a session for these options. Rejects with AwsmfaProviderError, or with what `mfaCodeProvider` threw. */
export async function provideCredentials(options: FromAwsmfaOptions): Promise<AwsmfaCredentials> {
  const surroundings = surroundingsFor(options)
  try {
    checkOptions(options)
    return await find(options, surroundings)
  } catch (error) {
    throw asProviderError(error, viewOf(options, surroundings))
  }
}

async function find(options: FromAwsmfaOptions, surroundings: Surroundings): Promise<AwsmfaCredentials> {
  const invocation = invocationOf(options)
  const debug = (text: string): void => options.logger?.debug(`awsmfa: ${text}`)
  const runtime = createLoginRuntime(
    await createRuntime(invocation, new AbortController().signal, { surroundings, debug }),
  )
  const snapshots = runtime.files.read()
  const existing = await findExisting(options, snapshots, runtime)
  if (existing !== undefined) return credentialsOf(existing, existing.account)
  const input = loginInput(invocation, snapshots, await runtime.readSettings(), runtime)
  const resolution = resolveLogin({ ...input, forProgram: true })
  for (const line of renderTrail(resolution)) debug(line)
  const { durationSeconds, minimumSeconds = 0 } = options
  const { credentials, account } = await provideSession(
    {
      resolution,
      isDurationRequired: durationSeconds !== undefined,
      minimumSeconds: Math.max(minimumSeconds, resolution.minTtlSeconds ?? 0),
    },
    {
      ...runtime,
      ...runtime.connect(resolution, snapshots),
      sources: await sourcesOf(options, resolution, runtime),
      announceNextCode: (seconds) =>
        debug(`the token code has been used before; waiting ${seconds} s for the next one`),
    },
  )
  return credentialsOf(credentials, account)
}

/**
 * Returns the session that every other tool uses for the profile, if it lasts long enough. A role or a duration of the
 * program's own needs another one; how long a session of the AWS CLI lasts is up to the AWS CLI. Throws what
 * sessionOfAwsCli throws.
 */
async function findExisting(
  options: FromAwsmfaOptions,
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): Promise<ExistingSession | undefined> {
  const { environment, now } = runtime
  const { profiles } = snapshots
  const invocation = invocationOf(options)
  const profile = resolveTargetProfile(invocation, environment).value
  const minimumSeconds = options.minimumSeconds ?? 0
  const defaults = await runtime.readSettings()
  const request = { profile, profiles, minimumSeconds, options: invocation.options, environment, defaults }
  const effects = currentEffects(invocation.options, snapshots, runtime)
  const { roleArn, durationSeconds } = options
  const signIn = findSignIn(profile, profiles)
  // A role is assumed for a profile with a source profile.
  if (signIn !== undefined && (roleArn === undefined || signIn.profile !== profile))
    return await sessionOfAwsCli(request, effects)
  const view = profiles.find(profile)
  // Tools pass over the keys in a section of this kind.
  const isPassedOver = isIgnored(view) && (view === undefined || !isAssumeRoleProfile(view))
  if (roleArn !== undefined || durationSeconds !== undefined || isPassedOver) return undefined
  const existing = await existingSession(request, effects)
  if (existing === undefined || !outlasts(existing.expiration, minimumSeconds, now())) return undefined
  runtime.debug('an existing session is used')
  return existing
}

/** The program's own function first; otherwise what a login would ask. */
async function sourcesOf(
  { mfaCodeProvider }: FromAwsmfaOptions,
  resolution: LoginResolution,
  { sourcesFor }: LoginRuntime,
): Promise<readonly TokenCodeSource[]> {
  return mfaCodeProvider === undefined
    ? await sourcesFor(resolution)
    : [createProvidedTokenCode((request) => mfaCodeProvider(request.serialNumber, requestFor(request)))]
}

function requestFor({ profile, userName, refusal }: TokenCodeRequest): MfaCodeRequest {
  const user = userName === undefined ? {} : { userName }
  if (refusal === undefined) return { profile, ...user }
  return {
    profile,
    ...user,
    refused: {
      reason: refusal.answerLost ? 'answer-lost' : refusal.known,
      nextCodeInSeconds: refusal.nextCodeInSeconds,
    },
  }
}

function credentialsOf(
  { accessKeyId, secretAccessKey, sessionToken, expiration }: ShortTermCredentials,
  accountId: string | undefined,
): AwsmfaCredentials {
  return { accessKeyId, secretAccessKey, sessionToken, expiration, ...(accountId === undefined ? {} : { accountId }) }
}

/** The environment of this moment, with the files that the program names in place of the variables for them. */
function surroundingsFor({ filepath, configFilepath }: FromAwsmfaOptions): Surroundings {
  const surroundings = surroundingsOfProcess()
  const named = {
    ...(filepath === undefined ? {} : { AWS_SHARED_CREDENTIALS_FILE: filepath }),
    ...(configFilepath === undefined ? {} : { AWS_CONFIG_FILE: configFilepath }),
  }
  return { ...surroundings, env: { ...surroundings.env, ...named } }
}

/** What a message depends on. */
interface ProviderErrorView extends Pick<FailureView, 'home' | 'files'> {
  readonly profile: string
}

/** The paths that messages name, as far as they are known. */
function viewOf(options: FromAwsmfaOptions, surroundings: Surroundings): ProviderErrorView {
  return {
    profile: resolveTargetProfile(invocationOf(options), surroundings.env).value,
    home: orUndefined(() => resolveHome(surroundings)),
    files: orUndefined(() => resolveSharedFiles(surroundings)),
  }
}

function orUndefined<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

/** Nothing is set up for the profile; another provider of the chain may have credentials. */
const NOTHING_HERE: readonly FailureCode[] = ['PROFILE_NOT_FOUND', 'LONG_TERM_CREDENTIALS_MISSING', 'HOME_UNKNOWN']

/**
 * Returns what is thrown for something caught: what the program's own function threw, and a TypeError about options,
 * as they are; otherwise an AwsmfaProviderError. A bug of awsmfa is reported without its message, which may quote a
 * secret.
 */
function asProviderError(error: unknown, view: ProviderErrorView): unknown {
  if (isFailure(error, 'CANCELLED') && error.cause !== undefined) return error.cause
  if (error instanceof TypeError && error.message.startsWith('fromAwsmfa: ')) return error
  if (!(error instanceof AwsmfaError)) return fault(error)
  const { error: text, hints, detail } = wordsOf(error.failure, view)
  const all = [...hints.flatMap(inOptions), ...(detail === undefined ? [] : [`AWS says: ${visible(detail, 2000)}`])]
  return providerError([withOptionNames(text), ...all].join('\n  '), {
    code: error.failure.code,
    hints: all,
    tryNextLink: NOTHING_HERE.includes(error.failure.code),
  })
}

function wordsOf(failure: Failure, { profile, home, files }: ProviderErrorView): FailureText {
  const text = renderFailure(failure, { home, files, now: new Date(), debug: false })
  if (failure.code === 'PROMPT_UNAVAILABLE')
    return {
      error: text.error,
      hints: [`sign in first: ${commandLine('login', profileWord(profile))}; or pass an mfaCodeProvider to fromAwsmfa`],
    }
  return text
}

/** Hints that name a flag which is no option here are left out, unless the flag is part of a command line. */
function inOptions(hint: string): readonly string[] {
  if (/(?:^|: )aws(?:mfa)? [a-z]/.test(hint)) return [hint]
  const text = withOptionNames(hint)
  return /(?:^|\s)--[a-z]/.test(text) ? [] : [text]
}

function withOptionNames(text: string): string {
  const names = [...LOGIN_FLAGS.map((flag) => [flag, optionKey(flag)] as const), ['min-ttl', 'minimumSeconds'] as const]
  return names.reduce((named, [flag, option]) => named.replaceAll(new RegExp(`--${flag}(?![\\w-])`, 'g'), option), text)
}

function fault(error: unknown): AwsmfaProviderError {
  const name = error instanceof Error ? error.name : 'something that is no error was thrown'
  const made = providerError(
    `this is a fault of awsmfa: ${name} (awsmfa ${version}, Node.js ${process.versions.node})`,
    { code: 'FAULT', hints: [], tryNextLink: false },
  )
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : []
  if (frames.length > 0) made.stack = [`${made.name}: ${made.message}`, ...frames].join('\n')
  return made
}

function providerError(
  message: string,
  fields: Pick<AwsmfaProviderError, 'code' | 'hints' | 'tryNextLink'>,
): AwsmfaProviderError {
  return Object.assign(new Error(message), { name: 'AwsmfaError' as const, ...fields })
}

/** The options of `login` that `fromAwsmfa` has too, under their names in code. */
const LOGIN_FLAGS = ['profile', 'role-arn', 'duration-seconds', 'region'] as const satisfies readonly OptionName[]

const TYPES: Readonly<Record<keyof FromAwsmfaOptions, 'string' | 'number' | 'function' | 'object'>> = {
  profile: 'string',
  roleArn: 'string',
  durationSeconds: 'number',
  minimumSeconds: 'number',
  mfaCodeProvider: 'function',
  region: 'string',
  filepath: 'string',
  configFilepath: 'string',
  logger: 'object',
}

/** Returns the command line. An empty profile counts as not given, as an empty `AWS_PROFILE` does. */
function invocationOf(options: FromAwsmfaOptions): Invocation<'login'> {
  const given = LOGIN_FLAGS.flatMap((flag) => {
    const option = optionKey(flag)
    const value = options[option]
    return value === undefined || (option === 'profile' && value === '') ? [] : [[option, String(value)] as const]
  })
  return { command: 'login', positionals: [], options: Object.fromEntries(given) }
}

/** Throws TypeError for an option of the wrong type; ignores unknown ones, as SDKs do. */
function checkOptions(options: FromAwsmfaOptions): void {
  for (const [name, type] of Object.entries(TYPES)) {
    const value: unknown = options[name as keyof FromAwsmfaOptions]
    if (value !== undefined && typeof value !== type) throw new TypeError(`fromAwsmfa: ${name} must be a ${type}`)
    if (type === 'number' && value !== undefined && !(Number.isInteger(value) && Number(value) >= 0))
      throw new TypeError(`fromAwsmfa: ${name} must be an integer number of seconds`)
  }
}
