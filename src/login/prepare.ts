/**
 * One profile before anyone is asked for a token code: its settings, whether its session can be reused, and what a
 * login acts through.
 */
import { classifyProfile } from '../aws-files/ownership.ts'
import type { SectionOwnership } from '../aws-files/ownership.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import type { ListMfaDevices, Sts } from '../aws/sts.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import type { LongTermEffects } from './long-term-keys.ts'
import { describeRequest, planLogin } from './plan.ts'
import type { PlanNote } from './plan.ts'
import { renderTrail } from './resolution.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve.ts'
import type { LoginInput } from './resolve.ts'
import type { GlobalDefaults } from './settings.ts'
import type { QuestionEffects } from '../mfa/question-lock.ts'
import type { CodeEffects } from '../mfa/token-code.ts'
import type { ProfileView } from '../model/profile.ts'
import { findCachedEntries } from '../sessions/aws-cache-entry.ts'
import type { AwsCacheReader } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { hashRequest, outlasts, reuseOrRenew } from '../sessions/reuse.ts'
import type { Reuse, StoredSession } from '../sessions/reuse.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { Sha256 } from '../sessions/session-record.ts'
import { sectionSession } from '../sessions/status.ts'
import type { Terminal } from '../ui/terminal.ts'

/** One profile that is being signed in. */
export interface Login {
  readonly resolution: LoginResolution
  /** The profile that gets the session, and whose session is in its section now. */
  readonly view: ProfileView | undefined
  readonly ownership: SectionOwnership
  /** Whether the stored session can be reused as it is. */
  readonly reuse: Reuse
  /** What AWS limited in the session that is reused. */
  readonly reuseNotes: readonly PlanNote[]
}

/** Returns what resolveLogin needs for a line, from the files and settings as they were read. */
export function loginInput(
  invocation: AnyInvocation,
  { profiles, paths, config }: SharedSnapshots,
  defaults: GlobalDefaults,
  { environment, readFile, isWindows }: Pick<LoginInput, 'environment' | 'readFile' | 'isWindows'>,
): LoginInput {
  return { invocation, environment, profiles, paths, defaults, readFile, config: config.text, isWindows }
}

/** Resolves the profile that the line is about. Throws what resolveLogin throws. */
export function prepareLogin(
  input: LoginInput,
  effects: Pick<LoginEffects, 'sha256' | 'now' | 'debug'> & { readonly awsCaches: readonly AwsCacheReader[] },
): Login {
  const resolution = resolveLogin(input)
  for (const line of renderTrail(resolution)) effects.debug(line)
  const view = input.profiles.find(resolution.storeProfile)
  const sessions = storedSessions(resolution, view, effects.awsCaches, effects.now())
  return { resolution, view, ownership: classifyProfile(view), ...decide(resolution, sessions, input, effects) }
}

/**
 * The session must be of the same request, whether it was created alone or together with others, which can make it
 * shorter. A duration that the line names for its only profile must be met.
 */
function decide(
  resolution: LoginResolution,
  sessions: readonly (StoredSession | undefined)[],
  { invocation, targets = 1 }: LoginInput,
  { sha256, now }: Pick<LoginEffects, 'sha256' | 'now'>,
): Pick<Login, 'reuse' | 'reuseNotes'> {
  const durationOrigin = resolution.durationSeconds?.origin.kind
  const isDurationRequired = targets === 1 && (durationOrigin === 'flag' || durationOrigin === 'sts-flag')
  const limits = { minTtlSeconds: resolution.minTtlSeconds ?? 0, force: isRenewalRequested(invocation, [resolution]) }
  const decideFor = (profiles: number): Pick<Login, 'reuse' | 'reuseNotes'> => {
    const plan = planLogin(resolution, profiles)
    const requestHash = hashRequest(describeRequest(plan, resolution), sha256)
    const reuse = reuseOrRenew(sessions, { requestHash, ...limits }, now())
    return { reuse, reuseNotes: reuse.reuse ? plan.notes : [] }
  }
  const alone = decideFor(1)
  if (alone.reuse.reuse || isDurationRequired) return alone
  const withOthers = decideFor(2)
  return withOthers.reuse.reuse ? withOthers : alone
}

/**
 * Returns what each store holds from which tools read this profile's session. One in awsmfa's own cache needs no code,
 * and is found later. Where another program cached a session that lasts, that is the session of the profile: what other
 * tools would need besides takes `--force`.
 */
function storedSessions(
  { storeIn, minTtlSeconds = 0 }: LoginResolution,
  view: ProfileView | undefined,
  caches: readonly AwsCacheReader[],
  now: Date,
): readonly (StoredSession | undefined)[] {
  if (storeIn === 'own-cache') return []
  if (storeIn === 'aws-caches') {
    const entries = caches.map((cache) => findCachedEntries(view, [cache])[0]?.session)
    const ofOthers = entries.filter(
      (entry) => entry?.managedBy === 'other' && outlasts(entry.expiration, minTtlSeconds, now),
    )
    return ofOthers.length > 0 ? ofOthers : entries
  }
  const session = sectionSession(view)
  return session?.managedBy === 'awsmfa' ? [session] : []
}

/** Whether `--force`, or a token code on the command line, asks for a new session. */
export function isRenewalRequested({ options }: AnyInvocation, resolutions: readonly LoginResolution[]): boolean {
  return options.force === true || resolutions.some(({ tokenCode }) => tokenCode !== undefined)
}

export interface LoginEffects
  extends
    CacheEffects,
    QuestionEffects,
    Pick<CodeEffects, 'pause' | 'announceNextCode' | 'now'>,
    Omit<LongTermEffects, 'deadline'> {
  readonly files: SharedFiles
  /** The caches of the AWS CLI and botocore; none if the home folder is unknown. */
  readonly awsCaches: readonly AwsCache[]
  readonly facts: RememberedFacts
  readonly terminal: Pick<Terminal, 'canAsk' | 'confirm' | 'choose' | 'whileWaiting'>
  readonly sha256: Sha256
  /** Undefined if the system has no name for the user. */
  readonly osUser: string | undefined
}

/** The services of AWS, as one login reaches them. */
export interface Connection {
  readonly sts: Sts
  readonly listMfaDevices: ListMfaDevices
  /** The STS endpoint where it is not AWS's own, else ''. */
  readonly endpoint: string
}
