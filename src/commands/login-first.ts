/** What `exec` and `env` have in common: the session that a profile works with, after a login where there is none. */
import { AwsmfaError, isFailure } from '../core/failures.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import { isOwnProcess } from '../core/login/own-process-line.ts'
import { isStandardRole } from '../core/login/store-profile.ts'
import { findOutsideLogin, toSeconds } from '../core/login/settings.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import type { ThroughSession } from '../core/login/through-session.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { SharedSnapshots } from '../core/ports.ts'
import type { GivenSession } from '../core/login/section-session.ts'
import { currentCredentials } from '../flows/current-credentials.ts'
import type { CurrentOutcome } from '../flows/current-credentials.ts'
import type { Connection } from '../flows/sign-in.ts'
import type { PrepareContext } from './login-attempt.ts'
import type { ProcessAsked } from './process-session.ts'

/** What both need. */
export interface LoginFirstContext extends PrepareContext {
  /** Makes the lines for prompts say what is so now. Never throws. */
  readonly keepPromptLines: () => void
  readonly readSettings: () => Promise<GlobalDefaults>
  /** Whether a code could be had, here and now, from a program or a person. */
  readonly canGetCode: (resolution: LoginResolution) => boolean
  /** Reaches STS for roles that are assumed with a session. */
  readonly connectThrough: (settings: ThroughSession & { readonly path: readonly string[] }, profiles: Profiles, snapshots: SharedSnapshots) => Connection
}

/** A session for a program. */
export interface SessionForProgram {
  readonly profile: string
  readonly session: GivenSession
  /** The region that the profile, or a source profile of it, names; undefined: none. */
  readonly profileRegion: string | undefined
}

/**
 * Gets the session of the profile that the line is about. Where there is none that lasts, signs in as `login` would, into the
 * same place; where nobody can be asked for a code, only if none is needed. Throws SESSION_MISSING and what login throws.
 */
export async function sessionForProgram(invocation: Invocation, context: LoginFirstContext): Promise<SessionForProgram> {
  const { value: profile } = resolveTargetProfile(invocation, context.environment)
  const minimumSeconds = await minimumOf(invocation, context)
  const first = await lookOrNone(profile, minimumSeconds, invocation, context)
  if (first.found.kind === 'session') return given(profile, first.found.session, first.profiles)
  if (isAnsweredHere(profile, first.profiles)) return await fromOwnCache(profile, minimumSeconds, { invocation, context, ...first })
  const { loginForProgram } = await import('./login-for-program.ts')
  await loginForProgram(invocation, missing(profile, first.found, minimumSeconds), context)
  // A role's hour may be less than what is wanted: what could be had was got.
  const second = await look(profile, 0, invocation, context)
  if (second.found.kind === 'session') return given(profile, second.found.session, second.profiles)
  throw missing(profile, second.found, 0)
}

/** Tools get the profile's session from awsmfa, by its own `credential_process` or, for a role, by that of a profile on its way. */
function isAnsweredHere(profile: string, profiles: Profiles, before: readonly string[] = []): boolean {
  const view = profiles.find(profile)
  if (view === undefined || !isStandardRole(view)) return isOwnProcess(view)
  const source = view.get('source_profile')?.value
  return source !== undefined && !before.includes(source) && isAnsweredHere(source, profiles, [...before, profile])
}

/** The session that tools get for this profile by a `credential_process`. */
async function fromOwnCache(profile: string, minimumSeconds: number, { invocation, context, snapshots, profiles }: Looked & Pick<ProcessAsked, 'invocation' | 'context'>): Promise<SessionForProgram> {
  const { processSession } = await import('./process-session.ts')
  try {
    const asked = { invocation, context, snapshots, profiles, windowSeconds: minimumSeconds, refusalHoldsMs: 0 }
    const session = await processSession(asked, (error) => context.debug(`the session could not be renewed (${error.failure.code})`))
    return given(profile, session, profiles)
  } catch (error) {
    throw isFailure(error, 'PROMPT_UNAVAILABLE') ? missing(profile, { kind: 'none' }, minimumSeconds) : error
  }
}

function given(profile: string, session: GivenSession, profiles: Profiles): SessionForProgram {
  return { profile, session, profileRegion: regionOf(profile, profiles) }
}

function regionOf(profile: string, profiles: Profiles, before: readonly string[] = []): string | undefined {
  const view = profiles.find(profile)
  const region = view?.get('region')?.value ?? ''
  if (region !== '') return region
  const source = view?.get('source_profile')?.value
  return source === undefined || before.includes(source) ? undefined : regionOf(source, profiles, [...before, profile])
}

async function minimumOf({ options }: Invocation, { environment, readSettings }: LoginFirstContext): Promise<number> {
  const minimum = findOutsideLogin('minimum time left', { options, environment, defaults: await readSettings() })
  return minimum === undefined ? 0 : toSeconds(minimum).value
}

interface Looked {
  readonly found: CurrentOutcome
  readonly profiles: Profiles
  readonly snapshots: SharedSnapshots
}

async function look(profile: string, minimumSeconds: number, { options }: Invocation, context: LoginFirstContext): Promise<Looked> {
  const snapshots = context.files.read()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
  const { environment } = context
  const effects = { ...context, connect: (settings: ThroughSession & { readonly path: readonly string[] }) => context.connectThrough(settings, profiles, snapshots) }
  return { found: await currentCredentials({ profile, profiles, minimumSeconds, options, environment, defaults: await context.readSettings() }, effects), profiles, snapshots }
}

/** A session of which nothing says when it ends may have ended, which STS alone knows: that is as good as none. */
async function lookOrNone(profile: string, minimumSeconds: number, invocation: Invocation, context: LoginFirstContext): Promise<Looked> {
  try {
    return await look(profile, minimumSeconds, invocation, context)
  } catch (error) {
    if (!isFailure(error, 'CREDENTIALS_REJECTED')) throw error
    const snapshots = context.files.read()
    return { found: { kind: 'none' }, profiles: readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text }), snapshots }
  }
}

function missing(profile: string, found: CurrentOutcome, minimumSeconds: number): AwsmfaError {
  const expiration = found.kind === 'none' && found.expiration !== undefined ? { expiration: found.expiration, wantedSeconds: minimumSeconds } : {}
  return new AwsmfaError({ code: 'SESSION_MISSING', profile, ...expiration })
}
