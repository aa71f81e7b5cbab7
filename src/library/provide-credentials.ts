/** The composition root of the library: the effects for one call, made from the environment and the clock as they are then. */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { CacheKeySource } from '../adapters/cache-key.ts'
import { createAsker } from '../adapters/controlling-terminal.ts'
import { runCredentialProcess } from '../adapters/credential-source.ts'
import { createDeadline } from '../adapters/deadline.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'
import { pause } from '../adapters/pause.ts'
import { createQuestionLock } from '../adapters/question-lock.ts'
import { createRememberedFacts } from '../adapters/remembered-facts.ts'
import { settingsReader } from '../adapters/settings-file.ts'
import { sha256 } from '../adapters/sha256.ts'
import { createSharedFiles } from '../adapters/shared-files.ts'
import { createSessionCache } from '../adapters/stores/awsmfa-cache.ts'
import { createProvidedTokenCode } from '../adapters/token-code/provided.ts'
import { chooseCacheKey } from '../cli/cache-key-source.ts'
import { connect } from '../cli/connect.ts'
import { tokenCodeSources } from '../cli/token-code-sources.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { RememberedFacts, SharedSnapshots, TokenCodeRequest, TokenCodeSource } from '../core/ports.ts'
import type { ShortTermCredentials } from '../core/sessions/credentials.ts'
import { usableSectionSession } from '../core/login/section-session.ts'
import { provideSession } from '../flows/provide-session.ts'
import type { ProvideEffects } from '../flows/provide-session.ts'
import { renderTrail } from '../render/trail.ts'
import type { AwsmfaCredentials, FromAwsmfaOptions, MfaCodeRequest } from './from-awsmfa.ts'
import { checkOptions, invocationOf } from './options.ts'
import { asProviderError } from './provider-error.ts'

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
  readonly invocation: Invocation
  readonly surroundings: Surroundings
  readonly home: string | undefined
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
  readonly debug: (text: string) => void
}

async function find(options: FromAwsmfaOptions, surroundings: Surroundings): Promise<AwsmfaCredentials> {
  const { home, files } = viewOf(surroundings)
  const snapshots = createSharedFiles({ paths: files ?? resolveSharedFiles(surroundings), home }).read()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
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
    paths: { credentials: snapshots.credentials.path, config: snapshots.config.path },
    defaults: await readSettings(),
    readFile: readText,
    storesNothing: true,
  })
  for (const line of renderTrail(resolution)) debug(line)
  const { source: keySource } = await chooseCacheKey({ environment: surroundings.env, folders, readSettings, debug, warn: (line) => debug(line.trim()) })
  const { durationSeconds, minimumSeconds = 0 } = options
  const request = { resolution, isLengthMeant: durationSeconds !== undefined, minimumSeconds: Math.max(minimumSeconds, resolution.minTtlSeconds ?? 0) }
  const { credentials, account } = await provideSession(request, await effectsOf({ ...call, keySource }, resolution, facts))
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

async function effectsOf(call: Call & { readonly keySource: CacheKeySource }, resolution: LoginResolution, facts: RememberedFacts): Promise<ProvideEffects> {
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
    tellNextCode: (seconds) => Promise.resolve(debug(`the token code has been used before; waiting ${seconds} s for the next one`)),
    showWaiting: () => () => undefined,
    runCredentialProcess: (source) => runCredentialProcess(source, { environment }, cancelled),
    // A program is no place for a choice of devices: they are listed in the error.
    terminal: { canAsk: () => false, choose: () => Promise.reject(new Error('nothing is chosen here')) },
  }
}

/** The program's own function before all; else what a login would ask. */
async function sourcesOf({ options: { mfaCodeProvider }, surroundings: { env } }: Call, resolution: LoginResolution): Promise<readonly TokenCodeSource[]> {
  if (mfaCodeProvider !== undefined) return [createProvidedTokenCode((request) => mfaCodeProvider(request.serialNumber, told(request)))]
  return await tokenCodeSources(resolution, { asker: createAsker({ environment: env, noColor: false }), environment: env })
}

function told({ profile, userName, refusal }: TokenCodeRequest): MfaCodeRequest {
  const user = userName === undefined ? {} : { userName }
  if (refusal === undefined) return { profile, ...user }
  return { profile, ...user, refused: { reason: refusal.answerLost ? 'answer-lost' : refusal.known, nextCodeInSeconds: refusal.nextCodeInSeconds } }
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken, expiration }: ShortTermCredentials, accountId: string | undefined): AwsmfaCredentials {
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
  return { home: orUndefined(() => resolveHome(surroundings)), files: orUndefined(() => resolveSharedFiles(surroundings)) }
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
