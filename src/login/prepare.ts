import { classifyProfile } from '../aws-files/ownership.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { describeRequest, keyOfSource, planLogin } from './plan.ts'
import { renderTrail } from './resolution.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve.ts'
import type { GlobalDefaults } from './settings.ts'
import type { Candidate, Connection, SignInEffects } from './sign-in.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import { findCachedEntries } from '../sessions/aws-cache-entry.ts'
import type { AwsCacheReader } from '../sessions/aws-cache-entry.ts'
import { hashRequest, reuseOrRenew } from '../sessions/reuse.ts'
import type { Reuse, StoredSession } from '../sessions/reuse.ts'
import { sessionInCredentialsFile } from '../sessions/status.ts'
import type { StatusLookup } from '../sessions/status.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What signing one profile in and signing many in have in common: resolving, keeping, and saying what happens on the way. */

/** The effects of a login. */
export interface PrepareContext extends Omit<SignInEffects, 'connect' | 'terminal'> {
  readonly environment: Environment
  readonly home: string | undefined
  /** Reads a file that a `file://` value names. */
  readonly readFile: (path: string) => string
  readonly connect: (resolution: LoginResolution, snapshots: SharedSnapshots) => Connection
  readonly terminal: Terminal
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  /** A `credential_process` is split as Windows does it. */
  readonly isWindows: boolean
}

/** One run of `login`. */
export interface LoginRun {
  readonly invocation: Invocation<'login'>
  readonly context: PrepareContext
  readonly talk: (text: string) => void
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
  readonly defaults: GlobalDefaults
}

/** A profile with everything settled, and whether its session will do as it is. */
export interface Attempt {
  readonly candidate: Candidate
  readonly decision: Reuse
}

/** Settles one profile. `invocation` names it; `targets`: how many are signed in together. Throws what resolveLogin throws. */
export function settleAttempt(invocation: Invocation<'login'>, targets: number, run: LoginRun): Attempt {
  const { context, snapshots, profiles, defaults } = run
  const { environment, readFile, isWindows } = context
  const { paths } = snapshots
  const resolution = resolveLogin({
    invocation,
    environment,
    profiles,
    paths,
    defaults,
    readFile,
    config: snapshots.config.text,
    targets,
    isWindows,
  })
  for (const line of renderTrail(resolution)) context.debug(line)
  const view = profiles.find(resolution.storeProfile)
  const candidate: Candidate = { resolution, view, ownership: classifyProfile(view) }
  return { candidate, decision: decide(candidate, invocation, targets, run) }
}

/**
 * The session must be of the same request, whether it was made alone or together with others, which can make it shorter. A
 * length that the line of one profile names is wanted as it is.
 */
function decide(
  candidate: Candidate,
  invocation: Invocation<'login'>,
  targets: number,
  { context, profiles }: LoginRun,
): Reuse {
  const { resolution } = candidate
  const { sha256, now } = context
  const lengthOrigin = resolution.durationSeconds?.origin.kind
  const isLengthMeant = targets === 1 && (lengthOrigin === 'flag' || lengthOrigin === 'sts-flag')
  const [minTtlSeconds, force] = [resolution.minTtlSeconds ?? 0, isRenewalAsked(invocation, [candidate])]
  const sessions = storedSessions(candidate, context.awsCaches, profiles)
  const decide = (together: number): Reuse => {
    const parts = describeRequest(planLogin(resolution, together), resolution, keyOfSource(resolution.longTerm))
    return reuseOrRenew(sessions, { requestHash: hashRequest(parts, sha256), minTtlSeconds, force }, now())
  }
  const alone = decide(1)
  if (alone.reuse || isLengthMeant) return alone
  const together = decide(2)
  return together.reuse ? together : alone
}

/** What each store holds in which tools need the session of this profile. A session in awsmfa's own cache is found when it is got, and costs no code. */
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
    const session = sessionInCredentialsFile(view)
    return session?.managedBy === 'awsmfa' ? [session] : []
  }
  const profile = profiles.find(resolution.storeProfile)
  return caches.map((cache) => findCachedEntries(profile, [cache])[0]?.session)
}

/** `--force` and a code on the command line both say that a new session is wanted. */
export function isRenewalAsked({ options }: Invocation<'login'>, candidates: readonly Candidate[]): boolean {
  return options.force === true || candidates.some(({ resolution }) => resolution.tokenCode !== undefined)
}
