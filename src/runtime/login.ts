/**
 * The part of the runtime that reaches AWS and asks for token codes, for the commands that sign in and for the library.
 */
import { userInfo } from 'node:os'
import { STORE_KEYS } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { isUnencrypted, resolveTransport } from '../aws/connection-settings.ts'
import type { TransportSettings } from '../aws/connection-settings.ts'
import { createAccessKeys, createListMfaDevices, createSts } from '../aws/sts.ts'
import type { AccessKeys, AwsCallerOptions } from '../aws/sts.ts'
import { renderUnencrypted } from '../errors/sts.ts'
import type { ProcessStart } from '../layouts/setup-plan.ts'
import type { Connection, LoginEffects } from '../login/prepare.ts'
import type { CurrentEffects, CurrentRequest } from '../login/provide-session.ts'
import { findServiceEndpoint } from '../login/region.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveChainedRoles } from '../login/resolve.ts'
import { deviceSerials } from '../login/settings.ts'
import { nextCodeLine, waitingLine } from '../mfa/prompt.ts'
import { createQuestionLock } from '../mfa/question-lock.ts'
import { canGetCode, tokenCodeSources } from '../mfa/sources.ts'
import type { TokenCodeSource } from '../mfa/token-code.ts'
import type { LongTermSource, SigningCredentials } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Origin, Profiles, Resolved } from '../model/profile.ts'
import { findShim, lastingPath, ownCommand } from '../platform/find-program.ts'
import { readNamedFile } from '../platform/read-file.ts'
import { createDeadline, monotonicMs, pause } from '../platform/time.ts'
import type { Deadline } from '../platform/time.ts'
import type { Runtime } from './runtime.ts'

/** What a command that signs in may ask for beside the rest. */
export interface LoginRuntime
  extends
    Runtime,
    Pick<
      LoginEffects,
      | 'lockQuestion'
      | 'announceWaiting'
      | 'pause'
      | 'announceNextCode'
      | 'runCredentialProcess'
      | 'openStore'
      | 'osUser'
    > {
  /** Covers every wait for the network; starts when the runtime is made. */
  readonly deadline: Deadline
  /** How to start this awsmfa again, for a `credential_process`. */
  readonly processStart: ProcessStart
  /** Reads a file that a `file://` value names, as UTF-8. */
  readonly readFile: (path: string) => string
  /** Returns the services of AWS as these settings reach them; connects to nothing yet. */
  readonly connect: (settings: ConnectionSettings, snapshots: SharedSnapshots) => Connection
  /** Returns IAM's calls for access keys, as these settings reach it, signed with one session. */
  readonly accessKeysFor: (
    settings: ConnectionSettings,
    snapshots: SharedSnapshots,
    signer: SigningCredentials,
  ) => AccessKeys
  /** Returns how servers of AWS are reached with these settings. */
  readonly transportFor: (settings: ConnectionSettings, snapshots: SharedSnapshots) => TransportSettings
  readonly sourcesFor: (resolution: LoginResolution) => Promise<readonly TokenCodeSource[]>
  /** Whether a program or a person can provide a token code, here and now. */
  readonly canGetCode: (resolution: LoginResolution) => boolean
}

/** The settings that decide how AWS is reached. */
export interface ConnectionSettings extends Pick<LoginResolution, 'path' | 'region' | 'endpoint' | 'caBundle'> {
  readonly serialNumber?: Resolved<string> | undefined
  /** Left out if a session signs the calls. */
  readonly longTerm?: LongTermSource
}

/** STS answers in well under a second; a command that has spent this long on the network gives up. */
const DEADLINE_MS = 55_000

/**
 * Makes the runtime of one login; its deadline starts now. With a timeout everything ends after it, prompts too. Throws
 * USAGE for an invalid `cache_key`.
 */
export function createLoginRuntime(runtime: Runtime, timeoutSeconds?: number): LoginRuntime {
  if (runtime.cacheKeyFailure !== undefined) throw runtime.cacheKeyFailure
  const { environment, asker, terminal } = runtime
  const cancelled =
    timeoutSeconds === undefined
      ? runtime.cancelled
      : AbortSignal.any([runtime.cancelled, timeoutSignal(timeoutSeconds)])
  const endMs = timeoutSeconds === undefined ? Infinity : monotonicMs() + timeoutSeconds * 1000
  const deadline = createDeadline(DEADLINE_MS, cancelled)
  return {
    ...runtime,
    cancelled,
    deadline: { ...deadline, leftMs: () => Math.min(deadline.leftMs(), endMs - monotonicMs()) },
    pause,
    processStart: processStart(runtime),
    lockQuestion: createQuestionLock(runtime.folders.state, runtime.debug),
    announceWaiting: (pid) => terminal.stderr(`${waitingLine(pid, 'signing in')}\n`),
    osUser: osUser(),
    readFile: readNamedFile,
    announceNextCode: (seconds) => terminal.stderr(`${nextCodeLine(seconds)}\n`),
    connect: connectorOf(runtime),
    accessKeysFor: (settings, snapshots, signer) =>
      createAccessKeys(callerOptions(settings, snapshots, transportOf(settings, snapshots, runtime), runtime), signer),
    transportFor: (settings, snapshots) => transportOf(settings, snapshots, runtime),
    sourcesFor: (resolution) =>
      tokenCodeSources(resolution, {
        asker,
        environment,
        stderr: terminal.stderr,
        deviceSerials: () => deviceSerials(runtime.files.read().profiles),
      }),
    canGetCode: (resolution) => canGetCode(resolution, { asker, environment }),
    runCredentialProcess: async (source) =>
      (await import('../login/long-term-keys.ts')).runCredentialProcess(
        source,
        { environment, announce: runtime.warn },
        cancelled,
      ),
    openStore: async ({ store, profile, accessKeyId }, passphraseCommand) => {
      const { readItem } = await import('../keys/stores.ts')
      const opened = await runtime.keyStore(store, { profile, passphraseCommand })
      return await readItem(opened, accessKeyId, cancelled, profile)
    },
  }
}

/** Returns the effects that find the session that a profile works with now. `options`: of the command line. */
export function currentEffects(
  options: CurrentRequest['options'],
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): CurrentEffects & Pick<LoginRuntime, 'cancelled'> {
  const ssoSessionOf = ssoSessionReader(options, snapshots, runtime)
  return { ...runtime, ssoSessionOf, connect: (settings) => runtime.connect(settings, snapshots) }
}

/** Returns how a token of single sign-on becomes the session of its role. Throws what requestRoleCredentials throws. */
function ssoSessionReader(
  options: CurrentRequest['options'],
  snapshots: SharedSnapshots,
  runtime: LoginRuntime,
): NonNullable<CurrentEffects['ssoSessionOf']> {
  return async (view) => {
    const { environment, awsLogins } = runtime
    const token = awsLogins.ssoTokenOf(view)
    if (token === undefined || secondsUntil(token.expiration, runtime.now()) === 0) return undefined
    const endpoint = environment['AWS_ENDPOINT_URL_SSO'] || undefined
    if (endpoint !== undefined && (!URL.canParse(endpoint) || isUnencrypted(endpoint))) {
      const expected = 'an https:// address'
      const origin = { kind: 'environment', variable: 'AWS_ENDPOINT_URL_SSO' } as const
      const problem = { kind: 'bad-value', option: 'AWS_ENDPOINT_URL_SSO', value: endpoint, expected, origin } as const
      throw new AwsmfaError({ code: 'USAGE', problem })
    }
    const path = [view.name]
    const defaults = await runtime.readSettings()
    const settings = { ...resolveChainedRoles({ options, environment, defaults, path: [view] }), path }
    const { requestRoleCredentials } = await import('../aws/federation.ts')
    const transport = runtime.transportFor(settings, snapshots)
    const session = await requestRoleCredentials({ ...token, endpoint, transport }, runtime.deadline.signal)
    if (session === undefined) return undefined
    const { accessKeyId, expiration } = session
    return { source: 'aws-sso-cache', accessKeyId, expiration, managedBy: 'other', credentials: session }
  }
}

function processStart({ environment, isWindows }: Runtime): ProcessStart {
  const [program, ...words] = ownCommand()
  const command = [lastingPath(program, environment), ...words] as const
  return { command, shim: findShim(command[1] ?? ''), isWindows }
}

function timeoutSignal(seconds: number): AbortSignal {
  const timeout = new AbortController()
  const failure = { code: 'DEADLINE_EXCEEDED', seconds, waitingFor: 'a session' } as const
  setTimeout(() => timeout.abort(new AwsmfaError(failure)), seconds * 1000).unref()
  return timeout.signal
}

/** Node throws for a uid without passwd entry. */
function osUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

/** Its first connection that would not be encrypted is warned about. */
function connectorOf(runtime: Runtime): LoginRuntime['connect'] {
  let isWarned = false
  return (settings, snapshots) => {
    const transport = transportOf(settings, snapshots, runtime)
    const { stsEndpointUrl } = transport
    if (!isWarned && stsEndpointUrl !== undefined && isUnencrypted(stsEndpointUrl.value)) {
      isWarned = true
      const view = { home: runtime.home, files: snapshots.paths, now: runtime.now(), debug: false }
      runtime.warn(renderUnencrypted(stsEndpointUrl, view))
    }
    return connect(settings, snapshots, transport, runtime)
  }
}

function transportOf(
  settings: ConnectionSettings,
  { config, profiles }: SharedSnapshots,
  { environment, home }: Runtime,
): TransportSettings {
  const profileSetting = (key: string): Resolved<string> | undefined => findInChain(key, settings.path, profiles)
  return resolveTransport({
    environment,
    home,
    readText: readNamedFile,
    endpointUrlFlag: ownSetting(settings.endpoint),
    caBundleFlag: ownSetting(settings.caBundle),
    profileSetting,
    serviceEndpoint: (service) => {
      const services = profileSetting('services')
      return services && findServiceEndpoint(config.text, services.value, service)
    },
  })
}

function callerOptions(
  settings: ConnectionSettings,
  { config }: SharedSnapshots,
  transport: TransportSettings,
  { now }: Runtime,
): AwsCallerOptions {
  const origins = {
    serial: settings.serialNumber?.origin,
    longTerm: originOfKeys(settings.longTerm, config.path),
  }
  return { region: settings.region.value, transport, now, origins }
}

function connect(
  settings: ConnectionSettings,
  snapshots: SharedSnapshots,
  transport: TransportSettings,
  runtime: Runtime,
): Connection {
  const caller = callerOptions(settings, snapshots, transport, runtime)
  return {
    sts: createSts(caller),
    listMfaDevices: createListMfaDevices(caller),
    endpoint: transport.stsEndpointUrl?.value ?? '',
  }
}

/** The first profile of the source chain that sets the key decides. */
function findInChain(key: string, path: readonly string[], profiles: Profiles): Resolved<string> | undefined {
  for (const profile of path) {
    const found = profiles.find(profile)?.get(key)
    if (found !== undefined && found.value !== '')
      return { value: found.value, origin: { kind: 'file', file: found.file, profile, key, line: found.line } }
  }
  return undefined
}

/**
 * The transport reads the environment and AWS's files itself, in botocore's order; only awsmfa's own settings go
 * before.
 */
function ownSetting(setting: Resolved<string> | undefined): Resolved<string> | undefined {
  return setting !== undefined && ['flag', 'sts-flag', 'settings'].includes(setting.origin.kind) ? setting : undefined
}

const KEYS_OF_ORIGIN = {
  static: 'aws_access_key_id',
  stored: STORE_KEYS.accessKeyId,
  process: 'credential_process',
} as const

function originOfKeys(source: LongTermSource | undefined, configPath: string): Origin {
  if (source === undefined) return { kind: 'default' }
  if (source.kind === 'environment') return { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' }
  return {
    kind: 'file',
    file: source.place.path === configPath ? 'config' : 'credentials',
    profile: source.profile,
    key: KEYS_OF_ORIGIN[source.kind],
    line: source.place.line ?? 1,
  }
}
