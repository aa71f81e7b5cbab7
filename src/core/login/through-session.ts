/** How roles are assumed with a session that is there already, without the long-term credentials and without a code. */
import type { ProfileView } from '../files/profile-view.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveEndpoint, resolveRegion } from './resolve-login.ts'
import { findRoles, resolveRoles } from './roles.ts'
import type { LoginPlan } from './login-plan.ts'
import { planLogin } from './login-plan.ts'
import { parseArn } from './mfa-device.ts'
import { NO_TAIL, findSetting } from './settings.ts'
import type { SettingSources } from './settings.ts'

/** Where the settings are looked for. `path`: from the role profile to the one that holds the session. */
export interface ThroughInput extends Pick<SettingSources, 'options' | 'environment' | 'defaults'> {
  readonly path: readonly (ProfileView | undefined)[]
}

/** Everything that the calls need. The first step of the plan is the session, which is there. */
export interface ThroughSession extends Pick<LoginResolution, 'region' | 'partition' | 'endpoint' | 'caBundle'> {
  readonly plan: LoginPlan
}

/** Settles it. Throws USAGE for settings that cannot be, naming their place, and REGION_UNKNOWN. */
export function resolveThroughSession({ path, ...rest }: ThroughInput): ThroughSession {
  const sources: SettingSources = { ...rest, tail: NO_TAIL, walk: path }
  // What the holder's session is a session of, its own role included, is no step any more.
  const before = path.slice(0, -1)
  const roles = resolveRoles(findRoles({ walk: before, lastIsSource: false }), { ...sources, walk: before })
  const partition = roles.map(({ roleArn }) => parseArn(roleArn.value)?.partition).find((found) => found !== undefined)
  // Two targets: never a code in AssumeRole itself.
  return { ...resolveRegion(sources, partition), endpoint: resolveEndpoint(sources), caBundle: findSetting('CA bundle', sources), plan: planLogin({ roles, durationSeconds: undefined }, 2) }
}
