/** One profile before anyone is asked for a token code: its settings, and whether its session can be reused. */
import { classifyProfile } from '../aws-files/ownership.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { describeRequest, keyOfSource, planLogin } from './plan.ts'
import { renderTrail } from './resolution.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve.ts'
import type { LoginInput } from './resolve.ts'
import type { GlobalDefaults } from './settings.ts'
import type { Candidate, SignInEffects } from './sign-in.ts'
import type { Profiles } from '../model/profile.ts'
import { findCachedEntries } from '../sessions/aws-cache-entry.ts'
import type { AwsCacheReader } from '../sessions/aws-cache-entry.ts'
import { hashRequest, reuseOrRenew } from '../sessions/reuse.ts'
import type { Reuse, StoredSession } from '../sessions/reuse.ts'
import { sectionSession } from '../sessions/status.ts'

/** A profile with its settings resolved. `decision`: whether its session can be reused as it is. */
export interface PreparedLogin {
  readonly candidate: Candidate
  readonly decision: Reuse
}

/** What preparing reads through. */
type PrepareEffects = Pick<SignInEffects, 'awsCaches' | 'sha256' | 'now' | 'debug'>

/** Returns what resolveLogin needs for a line, from the files and settings as they were read. */
export function loginInput(
  invocation: AnyInvocation,
  { profiles, paths, config }: SharedSnapshots,
  defaults: GlobalDefaults,
  { environment, readFile, isWindows }: Pick<LoginInput, 'environment' | 'readFile' | 'isWindows'>,
): LoginInput {
  return {
    invocation,
    environment,
    profiles,
    paths,
    defaults,
    readFile,
    config: config.text,
    isWindows: isWindows === true,
  }
}

/** Resolves the profile that the line is about. Throws what resolveLogin throws. */
export function prepareLogin(input: LoginInput, effects: PrepareEffects): PreparedLogin {
  const resolution = resolveLogin(input)
  for (const line of renderTrail(resolution)) effects.debug(line)
  const view = input.profiles.find(resolution.storeProfile)
  const candidate: Candidate = { resolution, view, ownership: classifyProfile(view) }
  return { candidate, decision: decide(candidate, input, effects) }
}

/**
 * The session must be of the same request, whether it was created alone or together with others, which can make it
 * shorter. A duration that the line names for its only profile must be met.
 */
function decide(
  candidate: Candidate,
  { invocation, profiles, targets = 1 }: LoginInput,
  effects: PrepareEffects,
): Reuse {
  const { resolution } = candidate
  const durationOrigin = resolution.durationSeconds?.origin.kind
  const isDurationMeant = targets === 1 && (durationOrigin === 'flag' || durationOrigin === 'sts-flag')
  const [minTtlSeconds, force] = [resolution.minTtlSeconds ?? 0, isRenewalAsked(invocation, [candidate])]
  const sessions = storedSessions(candidate, effects.awsCaches, profiles)
  const decideFor = (together: number): Reuse => {
    const parts = describeRequest(planLogin(resolution, together), resolution, keyOfSource(resolution.longTerm))
    const requestHash = hashRequest(parts, effects.sha256)
    return reuseOrRenew(sessions, { requestHash, minTtlSeconds, force }, effects.now())
  }
  const alone = decideFor(1)
  if (alone.reuse || isDurationMeant) return alone
  const together = decideFor(2)
  return together.reuse ? together : alone
}

/**
 * Each store from which tools read this profile's session. One in awsmfa's own cache needs no code, and is found later.
 */
function storedSessions(
  {
    resolution,
    view,
  }: Pick<Candidate, 'view'> & { readonly resolution: Pick<LoginResolution, 'storeIn' | 'storeProfile'> },
  caches: readonly AwsCacheReader[],
  profiles: Profiles,
): readonly (StoredSession | undefined)[] {
  if (resolution.storeIn === 'own-cache') return []
  if (resolution.storeIn === 'section') {
    const session = sectionSession(view)
    return session?.managedBy === 'awsmfa' ? [session] : []
  }
  const profile = profiles.find(resolution.storeProfile)
  return caches.map((cache) => findCachedEntries(profile, [cache])[0]?.session)
}

/** Whether `--force`, or a token code on the command line, asks for a new session. */
export function isRenewalAsked({ options }: AnyInvocation, candidates: readonly Candidate[]): boolean {
  return options.force === true || candidates.some(({ resolution }) => resolution.tokenCode !== undefined)
}
