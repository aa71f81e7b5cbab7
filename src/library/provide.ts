import { userInfo } from 'node:os'
import { readFileSync } from 'node:fs'
import { version } from '../../package.json'
import { createSharedFiles } from '../aws-files/shared-files.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { optionKey } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import { LOGIN_FLAGS, checkOptions, invocationOf } from './options.ts'
import type { AwsmfaCredentials, AwsmfaProviderError, FromAwsmfaOptions, MfaCodeRequest } from './types.ts'
import { runCredentialProcess } from '../login/long-term-keys.ts'
import { provideSession } from '../login/provide-session.ts'
import type { ProvideEffects } from '../login/provide-session.ts'
import { renderTrail } from '../login/resolution.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import { settingsReader } from '../login/settings-file.ts'
import { createProvidedTokenCode } from '../mfa/given.ts'
import { createQuestionLock } from '../mfa/question-lock.ts'
import { tokenCodeSources } from '../mfa/sources.ts'
import type { TokenCodeRequest, TokenCodeSource } from '../mfa/token-code.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure, FailureCode } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { Surroundings } from '../platform/paths.ts'
import { createDeadline, pause } from '../platform/time.ts'
import { connect } from '../runtime/login.ts'
import { chooseCacheKey, sha256 } from '../runtime/runtime.ts'
import type { CacheKeySource } from '../sessions/cache-cipher.ts'
import { createRememberedFacts } from '../sessions/facts.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { createSessionCache } from '../sessions/session-cache.ts'
import { usableSectionSession } from '../sessions/status.ts'
import { createAsker } from '../ui/question.ts'
import { commandLine, profileWord, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** The composition root of the library: the effects for one call, made from the environment and the clock as they are then. */

/** STS answers in well under a second; a call that has spent this long on the network is given up. */
const DEADLINE_MS = 55_000

/** Gives a session for these options. Rejects with AwsmfaProviderError, or with what `mfaCodeProvider` threw. */
export async function provideCredentials(options: FromAwsmfaOptions): Promise<AwsmfaCredentials> {
  const surroundings = surroundingsFor(options)
  try {
    checkOptions(options)
    return await find(options, surroundings)
  } catch (error) {
    throw asProviderError(error, { profile: profileOf(options, surroundings), ...viewOf(surroundings) })
  }
}

/** One call: what was asked, and what it is answered from. */
interface Call {
  readonly options: FromAwsmfaOptions
  readonly invocation: Invocation<'login'>
  readonly surroundings: Surroundings
  readonly home: string | undefined
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
  readonly debug: (text: string) => void
}

async function find(options: FromAwsmfaOptions, surroundings: Surroundings): Promise<AwsmfaCredentials> {
  const { home, files } = viewOf(surroundings)
  const snapshots = createSharedFiles({ paths: files ?? resolveSharedFiles(surroundings), home }).read()
  const { profiles, paths } = snapshots
  const debug = (text: string): void => options.logger?.debug(`awsmfa: ${text}`)
  const call: Call = { options, invocation: invocationOf(options), surroundings, home, snapshots, profiles, debug }
  const folders = resolveOwnFolders(surroundings)
  const facts = createRememberedFacts({ cacheFolder: folders.cache, stateFolder: folders.state, sha256, now })
  const standing = inSection(call)
  if (standing !== undefined) return credentialsOf(standing, facts.identityOf(standing.accessKeyId)?.account)
  const readSettings = settingsReader(folders.config)
  const resolution = resolveLogin({
    invocation: call.invocation,
    environment: surroundings.env,
    profiles,
    paths,
    defaults: await readSettings(),
    readFile: readText,
    storesNothing: true,
  })
  for (const line of renderTrail(resolution)) debug(line)
  const { source: keySource } = await chooseCacheKey({
    environment: surroundings.env,
    folders,
    readSettings,
    debug,
    warn: (line) => debug(line.trim()),
  })
  const { durationSeconds, minimumSeconds = 0 } = options
  const request = {
    resolution,
    isLengthMeant: durationSeconds !== undefined,
    minimumSeconds: Math.max(minimumSeconds, resolution.minTtlSeconds ?? 0),
  }
  const { credentials, account } = await provideSession(
    request,
    await effectsOf({ ...call, keySource }, resolution, facts),
  )
  return credentialsOf(credentials, account)
}

/** What login stored for the profile is what every other tool uses; a role or length of its own is not answered by it. */
function inSection({ options, invocation, surroundings, profiles, debug }: Call): ShortTermCredentials | undefined {
  if (options.roleArn !== undefined || options.durationSeconds !== undefined) return undefined
  const profile = profiles.find(resolveTargetProfile(invocation, surroundings.env).value)
  const session = usableSectionSession(profile, now(), options.minimumSeconds ?? 0)
  if (session !== undefined) debug('the session in the credentials file is used')
  return session
}

async function effectsOf(
  call: Call & { readonly keySource: CacheKeySource },
  resolution: LoginResolution,
  facts: RememberedFacts,
): Promise<ProvideEffects> {
  const { surroundings, home, profiles, snapshots, debug, keySource } = call
  const folders = resolveOwnFolders(surroundings)
  const environment = surroundings.env
  const cancelled = new AbortController().signal
  return {
    connection: connect({ environment, home, readText, now }, resolution, profiles, snapshots),
    sources: await sourcesOf(call, resolution),
    cache: createSessionCache({ cacheFolder: folders.cache, keySource, sha256, onOddity: debug }),
    facts,
    lockQuestion: createQuestionLock(folders.state),
    deadline: createDeadline(DEADLINE_MS, cancelled),
    cancelled,
    sha256,
    osUser: osUser(),
    now,
    debug,
    pause,
    tellNextCode: (seconds) => debug(`the token code has been used before; waiting ${seconds} s for the next one`),
    showWaiting: () => () => undefined,
    runCredentialProcess: (source) => runCredentialProcess(source, { environment }, cancelled),
    // A program is no place for a choice of devices: they are listed in the error.
    terminal: { canAsk: () => false, choose: () => Promise.reject(new Error('nothing is chosen here')) },
  }
}

/** The program's own function before all; else what a login would ask. */
async function sourcesOf(
  { options: { mfaCodeProvider }, surroundings: { env } }: Call,
  resolution: LoginResolution,
): Promise<readonly TokenCodeSource[]> {
  if (mfaCodeProvider !== undefined)
    return [createProvidedTokenCode((request) => mfaCodeProvider(request.serialNumber, told(request)))]
  return await tokenCodeSources(resolution, {
    asker: createAsker({ environment: env, noColor: false }),
    environment: env,
  })
}

function told({ profile, userName, refusal }: TokenCodeRequest): MfaCodeRequest {
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

/** The places that messages name, as far as they are known. */
function viewOf(surroundings: Surroundings): Pick<Parameters<typeof asProviderError>[1], 'home' | 'files'> {
  return {
    home: orUndefined(() => resolveHome(surroundings)),
    files: orUndefined(() => resolveSharedFiles(surroundings)),
  }
}

function profileOf(options: FromAwsmfaOptions, { env }: Surroundings): string {
  return resolveTargetProfile(invocationOf(options), env).value
}

/** A uid without passwd entry has no name, and Node throws for it. */
function osUser(): string | undefined {
  return orUndefined(() => userInfo().username)
}

function orUndefined<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

function now(): Date {
  return new Date()
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Failures as a program gets them: an Error whose message has the words of the command line, in terms of the options. */

/** What the words depend on. */
export interface ProviderErrorView extends Pick<FailureView, 'home' | 'files'> {
  readonly profile: string
}

/** Nothing is set up for the profile here; another provider of a chain may have what is needed. */
const NOTHING_HERE: readonly FailureCode[] = ['PROFILE_NOT_FOUND', 'LONG_TERM_CREDENTIALS_MISSING', 'HOME_UNKNOWN']

/**
 * Gives what is thrown for something caught: what the program's own function threw, as it is; a TypeError about options; else
 * an AwsmfaProviderError. A fault of awsmfa is told without its message, which may quote a secret.
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
      hints: [`sign in before: ${commandLine('login', profileWord(profile))}; or give fromAwsmfa an mfaCodeProvider`],
    }
  return text
}

/** Hints that name a flag which is no option here are left out, unless the flag is part of a whole command line. */
function inOptions(hint: string): readonly string[] {
  if (hint.includes('awsmfa login')) return [hint]
  const text = withOptionNames(hint)
  return /(?:^|\s)--[a-z]/.test(text) ? [] : [text]
}

function withOptionNames(text: string): string {
  return LOGIN_FLAGS.reduce(
    (named, flag) => named.replaceAll(new RegExp(`--${flag}(?![\\w-])`, 'g'), optionKey(flag)),
    text,
  )
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
