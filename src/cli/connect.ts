import { createListMfaDevices } from '../adapters/iam-devices.ts'
import { createSts } from '../adapters/sts.ts'
import { resolveTransport } from '../adapters/transport-settings.ts'
import type { Connection } from '../flows/sign-in.ts'
import { findServiceEndpoint } from '../core/files/service-endpoint.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { LoginResolution, LongTermSource } from '../core/login/resolution.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { Resolved } from '../core/origin.ts'
import type { Now, SharedSnapshots } from '../core/ports.ts'

/** What connecting needs of the surroundings. */
export interface ConnectOptions {
  readonly environment: Environment
  readonly home: string | undefined
  readonly readText: (path: string) => string
  readonly now: Now
}

/** What of a resolution decides how AWS is reached. `longTerm` undefined: a session signs. */
export interface ConnectionSettings extends Pick<LoginResolution, 'path' | 'region' | 'endpoint' | 'caBundle' | 'serialNumber'> {
  readonly longTerm: LongTermSource | undefined
}

/** Makes the two services for one login, by the environment and the settings of the profiles on its walk. Connects to nothing yet. */
export function connect(options: ConnectOptions, resolution: ConnectionSettings, profiles: Profiles, snapshots: SharedSnapshots): Connection {
  const profileSetting = (key: string): Resolved<string> | undefined => findOnWalk(key, resolution.path, profiles)
  const transport = resolveTransport({
    ...options,
    endpointUrlFlag: onlyOwn(resolution.endpoint),
    caBundleFlag: onlyOwn(resolution.caBundle),
    profileSetting,
    serviceEndpoint: (service) => {
      const services = profileSetting('services')
      const found = services === undefined ? undefined : findServiceEndpoint(snapshots.config.text, services.value, service)
      if (found === undefined || services === undefined) return undefined
      return { value: found.value, origin: { kind: 'file', file: 'config', profile: services.value, key: `${service}.endpoint_url`, line: found.line } }
    },
  })
  const { serialNumber, longTerm } = resolution
  const origins = { ...(serialNumber === undefined ? {} : { serial: serialNumber.origin }), longTerm: longTermOrigin(longTerm, snapshots) }
  const caller = { region: resolution.region.value, transport, now: options.now, origins }
  return { sts: createSts(caller), listMfaDevices: createListMfaDevices(caller), endpoint: transport.stsEndpointUrl?.value ?? '' }
}

function findOnWalk(key: string, path: readonly string[], profiles: Profiles): Resolved<string> | undefined {
  for (const name of path) {
    const found = profiles.find(name)?.get(key)
    if (found !== undefined && found.value !== '') return { value: found.value, origin: { kind: 'file', file: found.file, profile: name, key, line: found.line } }
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
  return { kind: 'file', file: source.place.path === config.path ? 'config' : 'credentials', profile: source.profile, key, line: source.place.line ?? 1 }
}
