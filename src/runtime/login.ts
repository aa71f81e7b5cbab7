import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { resolveTransport } from '../aws/connection-settings.ts'
import { createListMfaDevices, createSts } from '../aws/sts.ts'
import type { Invocation } from '../command-line/table.ts'
import type { ProcessContext } from '../commands/credential-process.ts'
import type { ExecContext } from '../commands/exec.ts'
import type { LoginContext } from '../commands/login.ts'
import type { SetupContext } from '../commands/setup.ts'
import { createBackups } from '../layouts/backups.ts'
import { findServiceEndpoint } from '../login/region.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { settingsReader } from '../login/settings-file.ts'
import { findSetting, toLength } from '../login/settings.ts'
import type { Connection } from '../login/sign-in.ts'
import { createQuestionLock } from '../mfa/question-lock.ts'
import { canAskPerson, codeSourceOf, tokenCodeSources } from '../mfa/sources.ts'
import type { TypedOptions } from '../mfa/sources.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/origin.ts'
import type { Profiles } from '../model/profile.ts'
import { resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import { runProgram } from '../platform/run-program.ts'
import { createDeadline, monotonicMs, pause } from '../platform/time.ts'
import type { Now } from '../platform/time.ts'
import type { Context } from './runtime.ts'
import { keepAnswer, noteSources } from '../sessions/process-answers.ts'
import { nextCodeLine } from '../mfa/prompt.ts'

/** What connecting needs of the surroundings. */
export interface ConnectOptions {
  readonly environment: Environment
  readonly home: string | undefined
  readonly readText: (path: string) => string
  readonly now: Now
}

/** What of a resolution decides how AWS is reached. `longTerm` undefined: a session signs. */
export interface ConnectionSettings extends Pick<
  LoginResolution,
  'path' | 'region' | 'endpoint' | 'caBundle' | 'serialNumber'
> {
  readonly longTerm: LongTermSource | undefined
}

/** Makes the two services for one login, by the environment and the settings of the profiles on its walk. Connects to nothing yet. */
export function connect(
  options: ConnectOptions,
  resolution: ConnectionSettings,
  profiles: Profiles,
  snapshots: SharedSnapshots,
): Connection {
  const profileSetting = (key: string): Resolved<string> | undefined => findOnWalk(key, resolution.path, profiles)
  const transport = resolveTransport({
    ...options,
    endpointUrlFlag: onlyOwn(resolution.endpoint),
    caBundleFlag: onlyOwn(resolution.caBundle),
    profileSetting,
    serviceEndpoint: (service) => {
      const services = profileSetting('services')
      const found =
        services === undefined ? undefined : findServiceEndpoint(snapshots.config.text, services.value, service)
      if (found === undefined || services === undefined) return undefined
      return {
        value: found.value,
        origin: {
          kind: 'file',
          file: 'config',
          profile: services.value,
          key: `${service}.endpoint_url`,
          line: found.line,
        },
      }
    },
  })
  const { serialNumber, longTerm } = resolution
  const origins = {
    ...(serialNumber === undefined ? {} : { serial: serialNumber.origin }),
    longTerm: longTermOrigin(longTerm, snapshots),
  }
  const caller = { region: resolution.region.value, transport, now: options.now, origins }
  return {
    sts: createSts(caller),
    listMfaDevices: createListMfaDevices(caller),
    endpoint: transport.stsEndpointUrl?.value ?? '',
  }
}

function findOnWalk(key: string, path: readonly string[], profiles: Profiles): Resolved<string> | undefined {
  for (const name of path) {
    const found = profiles.find(name)?.get(key)
    if (found !== undefined && found.value !== '')
      return { value: found.value, origin: { kind: 'file', file: found.file, profile: name, key, line: found.line } }
  }
  return undefined
}

/** What the environment and AWS's files say is looked up by the transport itself, in its own order; awsmfa's settings only count where those say nothing. */
function onlyOwn(setting: Resolved<string> | undefined): Resolved<string> | undefined {
  return setting !== undefined && ['flag', 'sts-flag', 'settings'].includes(setting.origin.kind) ? setting : undefined
}

function longTermOrigin(source: LongTermSource | undefined, { config }: SharedSnapshots): Resolved<string>['origin'] {
  if (source === undefined) return { kind: 'default' }
  if (source.kind === 'environment') return { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' }
  const key = source.kind === 'static' ? 'aws_access_key_id' : 'credential_process'
  return {
    kind: 'file',
    file: source.place.path === config.path ? 'config' : 'credentials',
    profile: source.profile,
    key,
    line: source.place.line ?? 1,
  }
}

/** The effects that login has beside those of every command: the question, AWS, and what is read once in a login. */

/** STS answers in well under a second; a command that has spent this long on the network is told to the person. */
const DEADLINE_MS = 55_000

/** Makes the effects of one login. The deadline runs from now on. */
export function createLoginContext(context: Context): LoginContext {
  const { environment, home, now, cancelled, asker, folders } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...context,
    deadline: createDeadline(DEADLINE_MS, cancelled),
    lockQuestion: createQuestionLock(folders.state),
    osUser: osUser(),
    sweepBackups: () => createBackups({ stateFolder: folders.state, now }).sweep(),
    readFile: readText,
    isWindows: process.platform === 'win32',
    pause,
    tellNextCode: (seconds) => context.terminal.stderr(`${nextCodeLine(seconds)}\n`),
    connect: (resolution, profiles, snapshots) =>
      connect({ environment, home, readText, now }, resolution, profiles, snapshots),
    sourcesFor: (resolution) => tokenCodeSources(resolution, { asker, environment, stderr: context.terminal.stderr }),
    runCredentialProcess: async (source) =>
      (await import('../login/long-term-keys.ts')).runCredentialProcess(source, { environment }, cancelled),
  }
}

/** A uid without passwd entry has no name, and Node throws for it. */
function osUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

/** The effects of `credential-process`: those of `exec`, and little time, because whoever started it waits for so long and no longer. */

/**
 * The AWS SDK for Rust gives a credential process about 20 s, the one for Go a minute (aws-config › profile › credentials
 * › exec; aws-sdk-go-v2/credentials/processcreds › DefaultTimeout).
 */
const TIMEOUT_SECONDS = 20

/** Makes them. The time runs from now on, whoever is asked. Throws USAGE. */
export async function createProcessContext(
  invocation: Invocation<'credential-process'>,
  context: Context,
): Promise<ProcessContext> {
  const { environment, folders, now, debug } = context
  const sources = { environment, folders, files: resolveSharedFiles(surroundingsOfProcess()) }
  // Before anything of it is read for the answer; what was read of the settings until now may be older.
  const madeFrom = noteSources(sources)
  const readSettings = settingsReader(folders.config)
  const seconds = await timeoutOf(invocation, { environment, readSettings })
  const endMs = monotonicMs() + seconds * 1000
  const timeout = new AbortController()
  setTimeout(
    () => timeout.abort(new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds, waitingFor: 'a session' })),
    seconds * 1000,
  ).unref()
  const cancelled = AbortSignal.any([context.cancelled, timeout.signal])
  const program = createProgramContext({ ...context, cancelled, readSettings })
  return {
    ...program,
    deadline: { ...program.deadline, leftMs: () => Math.min(program.deadline.leftMs(), endMs - monotonicMs()) },
    keepAnswer: async (profile, answer) => {
      // It would lie under the key of a file, where the next run could open it without the keychain.
      if (context.cacheKeyPlace === 'keychain') return
      const places = { ...sources, profile, runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state }
      await keepAnswer(places, { ...answer, madeFrom }, now(), debug)
    },
  }
}

async function timeoutOf(
  { options }: Invocation<'credential-process'>,
  { environment, readSettings }: Pick<Context, 'environment' | 'readSettings'>,
): Promise<number> {
  const found = findSetting('timeout', { options, environment, defaults: await readSettings() })
  return found === undefined ? TIMEOUT_SECONDS : toLength('timeout', found).value
}

/** The effects of `exec` and `env`: those of a login, roles with a session that is there, and running a program. */

/** Makes them. The deadline for the network runs from now on; a program has all the time it wants. */
export function createProgramContext(context: Context): ExecContext {
  const { environment, home, now, asker, updatePromptCache } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...createLoginContext(context),
    updatePromptCache,
    connectThrough: (settings, profiles, snapshots) =>
      connect(
        { environment, home, readText, now },
        { ...settings, serialNumber: undefined, longTerm: undefined },
        profiles,
        snapshots,
      ),
    canGetCode: (resolution) => canGetCode(resolution, { asker, environment }),
    runProgram,
    caselessVariables: process.platform === 'win32',
  }
}

/** Whether there is anything, or anybody here and now, to get a code from. */
function canGetCode(resolution: LoginResolution, options: TypedOptions): boolean {
  const { kind } = codeSourceOf(resolution)
  switch (kind) {
    case 'given':
    case 'command':
    case 'yubikey':
      return true
    case 'typed':
      return canAskPerson(resolution, options)
  }
}

/** As for login: two short calls; a command that has spent this long on the network is told to the person. */
const SETUP_CONTEXT_DEADLINE_MS = 55_000

/** Makes the effects of one setup. The deadline runs from now on. Throws what reading the settings throws. */
export async function createSetupContext(context: Context): Promise<SetupContext> {
  const { environment, home, now, cancelled, folders } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...context,
    backups: createBackups({ stateFolder: folders.state, now }),
    defaults: await context.readSettings(),
    deadline: createDeadline(SETUP_CONTEXT_DEADLINE_MS, cancelled),
    processStart: { node: process.execPath, program: process.argv[1] ?? '', isWindows: process.platform === 'win32' },
    connect: (resolution, profiles, snapshots) =>
      connect({ environment, home, readText, now }, resolution, profiles, snapshots),
  }
}
