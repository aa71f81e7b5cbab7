import { classifyProfile } from '../aws-files/ownership.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { describeRequest, keyOfSource, planLogin } from './plan.ts'
import { renderTrail } from './resolution.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve.ts'
import type { GlobalDefaults } from './settings.ts'
import type { Candidate, Connection, SignInEffects } from './sign-in.ts'
import type { Environment, Invocation } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import { cacheArgumentsOf } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache-entry.ts'
import { EXPIRING_SECONDS, differingParts, hashRequest, keepOrRenew } from '../sessions/reuse.ts'
import type { KeepDecision, KeepInput } from '../sessions/reuse.ts'
import type { StatusLookup } from '../sessions/status.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What signing one profile in and signing many in have in common: resolving, keeping, and saying what happens on the way. */

/** The effects of a login. */
export interface PrepareContext extends Omit<SignInEffects, 'connect' | 'terminal'> {
  readonly environment: Environment
  readonly home: string | undefined
  /** Reads a file that a `file://` value names. */
  readonly readFile: (path: string) => string
  readonly connect: (resolution: LoginResolution, profiles: Profiles, snapshots: SharedSnapshots) => Connection
  readonly terminal: Terminal
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  /** A `credential_process` is split as Windows does it. */
  readonly isWindows: boolean
}

/** One run of `login`. */
export interface LoginRun {
  readonly invocation: Invocation
  readonly context: PrepareContext
  readonly talk: (text: string) => void
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
  readonly defaults: GlobalDefaults
}

/** A profile with everything settled, and whether its session will do as it is. */
export interface Attempt {
  readonly candidate: Candidate
  readonly decision: KeepDecision
}

/** Settles one profile. `invocation` names it; `targets`: how many are signed in together. Throws what resolveLogin throws. */
export function settleAttempt(
  invocation: Invocation,
  targets: number,
  { context, snapshots, profiles, defaults }: LoginRun,
): Attempt {
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
  return { candidate, decision: decide(candidate, invocation, { ...context, profiles, targets }) }
}

interface DecisionContext extends PrepareContext, Pick<LoginRun, 'profiles'> {
  readonly targets: number
}

/**
 * The session must be of the same request, whether it was made alone or together with others, which can make it shorter. A
 * length that the line of one profile names is wanted as it is.
 */
function decide(
  candidate: Candidate,
  invocation: Invocation,
  { sha256, now, awsCaches: caches, profiles, targets }: DecisionContext,
): KeepDecision {
  const { resolution, ownership } = candidate
  const lengthOrigin = resolution.durationSeconds?.origin.kind
  const isLengthMeant = targets === 1 && (lengthOrigin === 'flag' || lengthOrigin === 'sts-flag')
  const decisions = (isLengthMeant ? [1] : [1, 2]).map((together) => {
    const parts = describeRequest(planLogin(resolution, together), resolution, keyOfSource(resolution.longTerm))
    const [requestHash, minTtlSeconds] = [hashRequest(parts, sha256), resolution.minTtlSeconds ?? 0]
    const common = { requestHash, now: now(), minTtlSeconds, renew: isRenewalAsked(invocation, [candidate]) }
    // What is kept in awsmfa's own cache is found when the session is got, and costs no code.
    if (resolution.storeIn === 'own-cache') return { kind: 'renew', because: 'no-session' } as const
    return resolution.storeIn === 'section'
      ? keepOrRenew({ ...common, ownership })
      : keepOrRenewCached({ ...common, profile: resolution.storeProfile, profiles, caches })
  })
  const [alone] = decisions
  return decisions.find(({ kind }) => kind === 'keep') ?? alone ?? { kind: 'renew', because: 'no-session' }
}

/** `--force` and a code on the command line both say that a new session is wanted. */
export function isRenewalAsked({ options }: Invocation, candidates: readonly Candidate[]): boolean {
  return options['force'] === true || candidates.some(({ resolution }) => resolution.tokenCode !== undefined)
}

/** The same decision for a role profile whose session lies in the caches of the AWS CLI and botocore. */
export interface KeepCachedInput extends Omit<KeepInput, 'ownership'> {
  readonly profile: string
  readonly profiles: Profiles
  readonly caches: readonly Pick<AwsCache, 'findFor'>[]
}

/**
 * Keeps what is there only if every cache has an entry that its readers will use for longer than asked for, and that is of the
 * same request or was made by another program for this very role.
 */
export function keepOrRenewCached({
  profile,
  profiles,
  caches,
  requestHash,
  now,
  minTtlSeconds,
  renew,
}: KeepCachedInput): KeepDecision {
  if (renew) return { kind: 'renew', because: 'asked' }
  const view = profiles.find(profile)
  const cacheArguments = view === undefined ? undefined : cacheArgumentsOf(view)
  const entries = cacheArguments === undefined ? [] : caches.flatMap((cache) => entryIn(cache, cacheArguments))
  const [first] = entries
  if (first === undefined || entries.length < caches.length) return { kind: 'renew', because: 'no-session' }
  const soonest = entries.reduce(
    (sooner, entry) => (entry.credentials.expiration < sooner.credentials.expiration ? entry : sooner),
    first,
  )
  const leftSeconds = (soonest.credentials.expiration.getTime() - now.getTime()) / 1000
  if (leftSeconds <= Math.max(EXPIRING_SECONDS, minTtlSeconds)) return { kind: 'renew', because: 'running-out' }
  const parts = [
    ...new Set(
      entries.flatMap(({ mark }) => (mark === undefined ? [] : differingParts(mark.requestHash, requestHash))),
    ),
  ]
  if (parts.length > 0) return { kind: 'renew', because: 'another-request', parts }
  return { kind: 'keep', expiration: soonest.credentials.expiration, accessKeyId: soonest.credentials.accessKeyId }
}

function entryIn(
  cache: Pick<AwsCache, 'findFor'>,
  cacheArguments: Parameters<AwsCache['findFor']>[0],
): readonly Extract<ReturnType<AwsCache['findFor']>, { kind: 'entry' }>['entry'][] {
  const found = cache.findFor(cacheArguments)
  return found.kind === 'entry' ? [found.entry] : []
}
