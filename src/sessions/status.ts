/**
 * Which session a profile uses: where it is, whose it is, and until when. `status` and its JSON, the lines for prompts,
 * and the programs that are given credentials all ask here.
 */
import { LEGACY_TOKEN_KEY, classifyProfile } from '../aws-files/ownership.ts'
import { isAssumeRoleProfile, isOwnProcess, readKeys, signInCommandOf } from '../aws-files/profile-keys.ts'
import type { SignInCommand } from '../aws-files/profile-keys.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import {
  formatExpiration,
  isTooFarAhead,
  parseExpiration,
  secondsUntil,
  shortenAccessKeyId,
} from '../model/credentials.ts'
import type { CallerIdentity, GivenSession } from '../model/credentials.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { sessionState } from './reuse.ts'
import type { SessionSource, SessionState, StoredSession } from './reuse.ts'
import { formatAt } from '../ui/duration.ts'
import { isSet } from '../ui/style.ts'
import { hint, note, quoted, unsetLine } from '../ui/words.ts'

/** Returns the session that the caches hold for a profile; undefined if there is none. */
export type CachedSessionOf = (profile: ProfileView) => StoredSession | undefined

/** A session that a profile can use. */
interface ProfileSession {
  readonly session: StoredSession
  /** From the profile itself to the one whose session it is; one name if it is the profile's own. */
  readonly path: readonly string[]
}

/**
 * Yields the sessions that a profile can use, in the order in which tools take them: its own; for a role profile, which
 * no SDK serves from its own section, those of its source profiles, then the cached session of the role.
 */
function* sessionsFor(
  name: string,
  profiles: Profiles,
  cachedSessionOf: CachedSessionOf,
): Generator<ProfileSession, undefined> {
  const own = profiles.find(name)
  if (own === undefined) return undefined
  const ofUser = (profile: ProfileView | undefined): StoredSession | undefined =>
    sectionSession(profile) ??
    (profile !== undefined && isCached(profile) && !isAssumeRoleProfile(profile) ? cachedSessionOf(profile) : undefined)
  const isRole = isAssumeRoleProfile(own)
  const sources = isRole ? sourceProfilesOf(name, profiles) : []
  for (const [index, source] of sources.entries()) {
    const session = ofUser(profiles.find(source))
    if (session !== undefined) yield { session, path: [name, ...sources.slice(0, index + 1)] }
  }
  const session = isRole ? cachedSessionOf(own) : ofUser(own)
  if (session !== undefined) yield { session, path: [name] }
  return undefined
}

/** Returns whether a profile that is no role has its session in a cache: awsmfa's own, or that of the AWS CLI. */
function isCached(profile: ProfileView): boolean {
  return isOwnProcess(profile) || signInCommandOf(profile) !== undefined
}

/**
 * Returns the profiles on the `source_profile` path of a profile, each once. The last may be the profile itself: SDKs
 * assume the role of a profile that is its own source with the keys beside it.
 */
export function sourceProfilesOf(name: string, profiles: Profiles): readonly string[] {
  const path = new Set<string>()
  const sourceOf = (profile: string): string | undefined => profiles.find(profile)?.get('source_profile')?.value
  for (let source = sourceOf(name); source !== undefined && !path.has(source); source = sourceOf(source))
    path.add(source)
  return [...path]
}

/**
 * Returns the session in a profile's own section of the credentials file; undefined if there is none. Long-term keys
 * are none.
 */
export function sectionSession(profile: ProfileView | undefined): StoredSession | undefined {
  const ownership = classifyProfile(profile)
  const isOurs = ownership.kind === 'ours'
  if ((!isOurs && ownership.kind !== 'foreign-session') || ownership.accessKeyId === undefined) return undefined
  const { accessKeyId, expiration: marked } = ownership
  const { value, format } = typeof marked === 'string' ? { value: marked, format: 'rfc3339' as const } : (marked ?? {})
  const expiration = value === undefined || format === undefined ? undefined : parseExpiration(value, format)
  const get = (key: string): string => profile?.getFrom('credentials', key)?.value ?? ''
  const secretAccessKey = get('aws_secret_access_key')
  // Older tools write the token under its first name alone.
  const sessionToken = get('aws_session_token') || get(LEGACY_TOKEN_KEY)
  const isComplete = secretAccessKey !== '' && sessionToken !== ''
  return {
    source: 'credentials-file',
    accessKeyId,
    expiration,
    managedBy: isOurs ? 'awsmfa' : 'other',
    requestHash: isOurs ? ownership.requestHash : undefined,
    credentials: isComplete ? { accessKeyId, secretAccessKey, sessionToken, expiration } : undefined,
  }
}

/** The session that a profile uses, with its secrets, or that of the profile that its role is assumed with. */
export type CurrentSession =
  | { readonly kind: 'session'; readonly session: GivenSession; readonly stored: StoredSession }
  /**
   * A role, or several in a row, to be assumed with the session of the last profile of `path`, which begins with the
   * role profile. Only one that the AWS CLI renews may have expired.
   */
  | {
      readonly kind: 'through'
      readonly path: readonly string[]
      readonly session: GivenSession
      readonly stored: StoredSession
    }
  /** The session of the last profile of `path` is made with its token of single sign-on; the rest as for `through`. */
  | { readonly kind: 'sso'; readonly path: readonly string[] }
  /** `expiration`: of a session that has expired or does not last long enough. */
  | { readonly kind: 'none'; readonly expiration?: Date | undefined }

/** Where `findCurrentSession` looks, and how many seconds the session must last. */
export interface SessionSearch {
  readonly profiles: Profiles
  readonly cachedSessionOf: CachedSessionOf
  readonly now: Date
  readonly minimumSeconds: number
}

/**
 * Returns the session that a profile uses now, for programs that are given credentials instead of reading files. A
 * session of unknown expiration is taken to last, unless a minimum is required. The session that roles are assumed with
 * need only be valid: what is made from it has a lifetime of its own. A session without its secrets is passed over.
 */
export function findCurrentSession(name: string, search: SessionSearch): CurrentSession {
  const { profiles, cachedSessionOf, now, minimumSeconds } = search
  const found = [...sessionsFor(name, profiles, cachedSessionOf)].filter(
    ({ session }) => session.credentials !== undefined || session.source === 'aws-sso-cache',
  )
  const base = found.find(({ path }) => path.length > 1)
  const own = found.find(({ path }) => path.length === 1)
  for (const { session: stored, path } of [base, own].filter((each) => each !== undefined)) {
    const session = stored.credentials
    // A token is good for as long as it is valid: the session is made anew.
    const isOwn = path.length === 1 && session !== undefined
    // What was made with one that the AWS CLI renews may still be cached.
    const isRenewable = !isOwn && stored.isRenewable === true
    if (!isRenewable && !lasts(stored, now, isOwn ? minimumSeconds : 0)) continue
    if (session === undefined) return { kind: 'sso', path }
    return path.length === 1 ? { kind: 'session', session, stored } : { kind: 'through', path, session, stored }
  }
  return { kind: 'none', expiration: own?.session.expiration ?? base?.session.expiration }
}

/** Returns whether so many seconds remain of a session; one of unknown expiration only lasts if none are required. */
function lasts({ expiration }: Pick<StoredSession, 'expiration'>, now: Date, minimumSeconds: number): boolean {
  if (expiration === undefined) return minimumSeconds <= 0
  const remaining = secondsUntil(expiration, now)
  return remaining > 0 && remaining >= minimumSeconds
}

/** What `status` reports of one profile. */
export interface StatusEntry {
  readonly profile: string
  readonly state: SessionState
  /** Undefined also for a session that the AWS CLI renews. */
  readonly expiration: Date | undefined
  readonly isRenewable: boolean
  readonly source: SessionSource | undefined
  /** The profile whose session bounds this one; undefined if it is the profile's own. */
  readonly sourceProfile: string | undefined
  readonly managedBy: 'awsmfa' | 'other' | undefined
  /** Shortened: `…ABCD`. */
  readonly accessKeyId: string | undefined
  readonly account: string | undefined
  readonly arn: string | undefined
  /** The role that the profile names; undefined if it names none. */
  readonly roleArn: string | undefined
}

/** What status needs besides the profile's name. */
export interface StatusLookup {
  readonly profiles: Profiles
  readonly now: Date
  readonly minTtlSeconds?: number | undefined
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  readonly cachedSessionOf: CachedSessionOf
}

/**
 * Returns what is known of the session that a profile uses. The identity behind a source profile's session is not the
 * role's.
 */
export function statusOfProfile(name: string, lookup: StatusLookup): StatusEntry {
  const [found] = sessionsFor(name, lookup.profiles, lookup.cachedSessionOf)
  if (found === undefined) return entryFor(name, undefined, lookup)
  const { session, path } = found
  const source = path.at(-1)
  const isKnown = path.length === 1 && session.source === 'credentials-file' && session.managedBy === 'awsmfa'
  const identity =
    isKnown && session.accessKeyId !== undefined
      ? lookup.identityOf(session.accessKeyId)
      : path.length === 1
        ? session.identity
        : undefined
  return { ...entryFor(name, { ...session, identity }, lookup), sourceProfile: source === name ? undefined : source }
}

/**
 * Returns the command of the AWS CLI that signs in to a profile, or to the first of its source profiles that has one,
 * and the name of that profile.
 */
export function findSignIn(
  name: string,
  profiles: Profiles,
): { readonly command: SignInCommand; readonly profile: string } | undefined {
  for (const profile of [name, ...sourceProfilesOf(name, profiles)]) {
    const found = profiles.find(profile)
    const command = found && signInCommandOf(found)
    if (command !== undefined) return { command, profile }
  }
  return undefined
}

/**
 * Returns what is known of the session that `exec` put into the environment; undefined outside of it, and if a profile
 * has been chosen since.
 */
export function statusOfEnvironment(
  environment: Environment,
  lookup: Pick<StatusLookup, 'profiles' | 'now' | 'minTtlSeconds' | 'identityOf'>,
): StatusEntry | undefined {
  const get = (name: string): string => environment[name] ?? ''
  const [profile, accessKeyId] = [get('AWSMFA_PROFILE'), get('AWS_ACCESS_KEY_ID')]
  const isComplete = [profile, accessKeyId, get('AWS_SECRET_ACCESS_KEY'), get('AWS_SESSION_TOKEN')].every(isSet)
  if (!isComplete || isSet(environment['AWS_PROFILE']) || isSet(environment['AWS_DEFAULT_PROFILE'])) return undefined
  const expiration = parseExpiration(get('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  const identity = lookup.identityOf(accessKeyId)
  return entryFor(profile, { source: 'environment', accessKeyId, expiration, managedBy: 'awsmfa', identity }, lookup)
}

/** The keys of a profile that name its role, for every tool and for those whose layouts awsmfa reads. */
const ROLE_KEYS = ['awsmfa_role_arn', 'vegas_role_arn', '_role_arn', 'role_arn']

function entryFor(
  profile: string,
  session: StoredSession | undefined,
  { profiles, now, minTtlSeconds }: Pick<StatusLookup, 'profiles' | 'now' | 'minTtlSeconds'>,
): StatusEntry {
  return {
    profile,
    state: sessionState(session, now, minTtlSeconds),
    expiration: session?.isRenewable === true ? undefined : session?.expiration,
    isRenewable: session?.isRenewable === true,
    source: session?.source,
    sourceProfile: undefined,
    managedBy: session?.managedBy,
    accessKeyId: session?.accessKeyId === undefined ? undefined : shortenAccessKeyId(session.accessKeyId),
    account: session?.identity?.account,
    arn: session?.identity?.arn,
    roleArn: readKeys(profiles.find(profile), ROLE_KEYS)?.value,
  }
}

/** Returns the whole seconds that remain, 0 once expired; undefined if the expiration is not known. */
export function secondsRemaining({ expiration }: StatusEntry, now: Date): number | undefined {
  return expiration === undefined ? undefined : secondsUntil(expiration, now)
}

/**
 * Returns the line of `status --json`, with its end: an array, or the object of the only profile. Each object has every
 * field, in a fixed order.
 */
export function statusesJson(entries: readonly StatusEntry[], now: Date, asArray: boolean): string {
  const objects = entries.map((entry) => ({
    profile: entry.profile,
    state: entry.state,
    expiration: entry.expiration === undefined ? null : formatExpiration(entry.expiration),
    secondsRemaining: secondsRemaining(entry, now) ?? null,
    source: entry.source ?? null,
    sourceProfile: entry.sourceProfile ?? null,
    managedBy: entry.managedBy ?? null,
    accessKeyId: entry.accessKeyId ?? null,
    account: entry.account ?? null,
    arn: entry.arn ?? null,
    roleArn: entry.roleArn ?? null,
  }))
  return `${JSON.stringify(asArray ? objects : objects[0])}\n`
}

const KEY_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

/**
 * Returns a note if the environment makes some tool use something else than the profile that is reported; undefined if
 * all tools agree. Observed with AWS CLI 1.45 and 2.36, boto3 1.43 and the JavaScript SDK 3.1169: exported keys beat
 * AWS_PROFILE everywhere but in the JavaScript SDK; with both variables set, AWS CLI v1 and boto3 take
 * AWS_DEFAULT_PROFILE, the others AWS_PROFILE.
 */
export function renderEnvironmentNote(environment: Environment, invocation: AnyInvocation): string | undefined {
  const { AWS_ACCESS_KEY_ID: keyId, AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: defaultProfile } = environment
  if (isSet(keyId))
    return `${note('AWS_ACCESS_KEY_ID is set and overrides profiles in most tools')}${hint(unsetLine(KEY_VARIABLES))}`
  const named = invocation.positionals.length > 0 || invocation.options.profile !== undefined
  if (named || !isSet(profile) || !isSet(defaultProfile) || profile === defaultProfile) return undefined
  return note(
    `AWS CLI 1 and boto3 use AWS_DEFAULT_PROFILE (${quoted(defaultProfile)}), other tools AWS_PROFILE (${quoted(profile)})`,
  )
}

/**
 * Returns a note about the first session that seems to last longer than AWS allows; undefined if there is none. What
 * awsmfa recorded came from STS, so the clock is wrong; another program may have recorded anything.
 */
export function renderClockNote(
  entries: readonly Pick<StatusEntry, 'profile' | 'expiration' | 'managedBy'>[],
  now: Date,
): string | undefined {
  for (const { profile, expiration, managedBy } of entries) {
    if (expiration === undefined || !isTooFarAhead(expiration, now)) continue
    const cause = managedBy === 'awsmfa' ? "this computer's clock" : "this computer's clock or the file"
    return note(
      `the session of ${quoted(profile)} expires ${formatAt(expiration, now)}, later than AWS allows (36 h): ${cause} is wrong`,
    )
  }
  return undefined
}

/**
 * Returns a note if AWS_PROFILE names another profile than the one whose session is exported; undefined otherwise.
 * Observed with the JavaScript SDK 3.1169: it uses AWS_PROFILE even if keys are set beside it.
 */
export function renderProfileNote(
  profile: string,
  { AWS_PROFILE: named, AWSMFA_PROFILE: ofShell }: Environment,
): string | undefined {
  if (!isSet(named) || named === profile) return undefined
  // Inside of exec --server the variable has another name in it.
  const which = named === ofShell ? `${quoted(named)}, the profile of this shell,` : `AWS_PROFILE (${quoted(named)})`
  return `${note(`the AWS SDK for JavaScript uses ${which} even if keys are set`)}${hint(unsetLine(['AWS_PROFILE']))}`
}
