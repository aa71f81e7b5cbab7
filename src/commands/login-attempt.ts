/** What signing one profile in and signing many in have in common: resolving, keeping, and saying what happens on the way. */
import { classifyProfile } from '../core/files/ownership.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import { keepOrRenew } from '../core/login/keep-or-renew.ts'
import { keepOrRenewCached } from '../core/login/keep-cached.ts'
import type { KeepDecision } from '../core/login/keep-or-renew.ts'
import { planLogin } from '../core/login/login-plan.ts'
import type { LoginResolution, ResolutionNote } from '../core/login/resolution.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { describeRequest, hashRequest } from '../core/login/session-request.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { StatusLookup } from '../core/status/profile-status.ts'
import type { SharedSnapshots, Terminal } from '../core/ports.ts'
import { keyOfSource, signIn } from '../flows/sign-in.ts'
import type { Candidate, Connection, SignInEffects, SignInEvent, SignInOutcome } from '../flows/sign-in.ts'
import type * as KeptSession from '../render/kept-session.ts'
import { renderDeviceFound, renderPlanNote, renderResolutionNote, renderTakeover, renderWriteWarning, takeoverQuestion } from '../render/login.ts'
import { renderTrail } from '../render/trail.ts'

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
export function settleAttempt(invocation: Invocation, targets: number, { context, snapshots, profiles, defaults }: LoginRun): Attempt {
  const { environment, readFile, isWindows } = context
  const paths = { credentials: snapshots.credentials.path, config: snapshots.config.path }
  const resolution = resolveLogin({ invocation, environment, profiles, paths, defaults, readFile, config: snapshots.config.text, targets, isWindows })
  for (const line of renderTrail(resolution)) context.debug(line)
  const view = profiles.find(resolution.storeProfile)
  const candidate: Candidate = { resolution, view, ownership: classifyProfile(view) }
  return { candidate, decision: decide(candidate, invocation, { ...context, profiles, targets }) }
}

/** Signs candidates in, saying on the way what is worth saying. */
export async function signInAll(candidates: readonly Candidate[], { invocation, context, talk, snapshots, profiles }: LoginRun): Promise<readonly SignInOutcome[]> {
  for (const candidate of candidates) {
    for (const note of candidate.resolution.notes) if (isWorthSaying(note, candidate)) talk(renderResolutionNote(note, context.home))
  }
  // Loaded before anything is sent: afterwards nothing may go wrong any more.
  const words = candidates.some(({ resolution }) => resolution.storeIn === 'aws-caches') ? await import('../render/kept-session.ts') : undefined
  const request = {
    candidates,
    profiles,
    renew: isRenewalAsked(invocation, candidates),
    replace: invocation.options['replace'] === true,
    path: snapshots.credentials.path,
    takeoverQuestion: (profile: string, session: Parameters<typeof takeoverQuestion>[1]) => takeoverQuestion(profile, session, context.now()),
    tell: (event: SignInEvent) => talk(renderEvent(event, context, words)),
  }
  const tellNextCode = invocation.options['quiet'] === true ? () => Promise.resolve() : context.tellNextCode
  return await signIn(request, { ...context, tellNextCode, connect: (resolution) => context.connect(resolution, profiles, snapshots) })
}

interface DecisionContext extends PrepareContext, Pick<LoginRun, 'profiles'> {
  readonly targets: number
}

/**
 * The session must be of the same request, whether it was made alone or together with others, which can make it shorter. A
 * length that the line of one profile names is wanted as it is.
 */
function decide(candidate: Candidate, invocation: Invocation, { sha256, now, awsCaches: caches, profiles, targets }: DecisionContext): KeepDecision {
  const { resolution, ownership } = candidate
  const lengthOrigin = resolution.durationSeconds?.origin.kind
  const isLengthMeant = targets === 1 && (lengthOrigin === 'flag' || lengthOrigin === 'sts-flag')
  const decisions = (isLengthMeant ? [1] : [1, 2]).map((together) => {
    const parts = describeRequest(planLogin(resolution, together), resolution, keyOfSource(resolution.longTerm))
    const [requestHash, minTtlSeconds] = [hashRequest(parts, sha256), resolution.minTtlSeconds ?? 0]
    const common = { requestHash, now: now(), minTtlSeconds, renew: isRenewalAsked(invocation, [candidate]) }
    // What is kept in awsmfa's own cache is found when the session is got, and costs no code.
    if (resolution.storeIn === 'own-cache') return { kind: 'renew', because: 'no-session' } as const
    return resolution.storeIn === 'section' ? keepOrRenew({ ...common, ownership }) : keepOrRenewCached({ ...common, profile: resolution.storeProfile, profiles, caches })
  })
  const [alone] = decisions
  return decisions.find(({ kind }) => kind === 'keep') ?? alone ?? { kind: 'renew', because: 'no-session' }
}

/** `--force` and a code on the command line both say that a new session is wanted. */
function isRenewalAsked({ options }: Invocation, candidates: readonly Candidate[]): boolean {
  return options['force'] === true || candidates.some(({ resolution }) => resolution.tokenCode !== undefined)
}

/** Which keys were found by their suffix is news on the first day and noise on every other. */
function isWorthSaying(note: ResolutionNote, { ownership, resolution }: Candidate): boolean {
  return note.kind !== 'own-suffix' || (ownership.kind !== 'ours' && resolution.storeIn === 'section')
}

/** `words`: of sessions that are kept although something failed; only a login into AWS's caches can come to that. */
function renderEvent(event: SignInEvent, { home, now }: PrepareContext, words: typeof KeptSession | undefined): string {
  switch (event.kind) {
    case 'capped':
      return renderPlanNote(event.note)
    case 'device-found':
      return renderDeviceFound(event.serialNumber)
    case 'taken-over':
      return renderTakeover(event.profile, event.takeover.session, event.takeover.reason, now())
    case 'write-warning':
      return renderWriteWarning(event.warning, home)
    case 'cache-refused':
      return words?.renderCacheRefusal(event.profile, event.refusal.source, { home, files: undefined, now: now(), debug: false }, event.refusal.error.failure) ?? ''
  }
}
