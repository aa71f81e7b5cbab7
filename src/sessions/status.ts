/**
 * Which session a profile uses: where it is, whose it is, and until when. `status` and its JSON, the lines for prompts,
 * and the programs that are given credentials all ask here.
 */
import { LEGACY_TOKEN_KEY, classifyProfile } from '../aws-files/ownership.ts'
import { isAssumeRoleProfile, isIgnored, isOwnProcess } from '../aws-files/profile-keys.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity, GivenSession, ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration, parseExpiration, secondsUntil } from '../model/expiration.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { findCachedEntry } from './aws-cache-entry.ts'
import type { AwsCacheReader } from './aws-cache-entry.ts'
import { outlasts, sessionState } from './reuse.ts'
import type { SessionSource, SessionState, StoredSession } from './reuse.ts'
import { note, visible } from '../ui/words.ts'

/** A session that a profile could use. */
interface ProfileSession {
  readonly session: StoredSession
  /** Undefined if they are not needed, or some of them are missing. */
  readonly credentials?: GivenSession | undefined
  /** From the profile itself to the one whose session it is; one name if it is the profile's own. */
  readonly path: readonly string[]
}

/**
 * Yields the sessions that a profile could use, in the order in which tools take them: its own; for a role profile,
 * which no SDK serves from its own section, those of the profiles on its `source_profile` path, then the cached session
 * of the role. The path may lead back to the role profile: SDKs make the role of a profile that is its own source from
 * the keys beside it.
 */
function* sessionsFor(
  name: string,
  profiles: Profiles,
  cachedSessionOf: (profile: ProfileView) => Omit<ProfileSession, 'path'> | undefined,
): Generator<ProfileSession, undefined> {
  const own = profiles.find(name)
  if (own === undefined) return undefined
  const ofUser = (profile: ProfileView): Omit<ProfileSession, 'path'> | undefined =>
    sectionSession(profile) ??
    (isOwnProcess(profile) && !isAssumeRoleProfile(profile) ? cachedSessionOf(profile) : undefined)
  const path = [name]
  if (isAssumeRoleProfile(own)) {
    const visited = new Set<string>()
    for (let source = own.get('source_profile')?.value; source !== undefined && !visited.has(source);) {
      visited.add(source)
      path.push(source)
      const profile = profiles.find(source)
      const found = profile === undefined ? undefined : ofUser(profile)
      if (found !== undefined) yield { ...found, path: [...path] }
      source = profile?.get('source_profile')?.value
    }
  }
  const found = isAssumeRoleProfile(own) ? cachedSessionOf(own) : ofUser(own)
  if (found !== undefined) yield { ...found, path: [name] }
  return undefined
}

/**
 * Returns the session in a profile's own section of the credentials file; undefined if there is none. Long-term keys
 * are none.
 */
export function sessionInCredentialsFile(profile: ProfileView | undefined): StoredSession | undefined {
  const ownership = classifyProfile(profile)
  const source = 'credentials-file'
  if (ownership.kind === 'ours') {
    const { accessKeyId, requestHash } = ownership
    const expiration = ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339')
    return { source, accessKeyId, expiration, managedBy: 'awsmfa', requestHash }
  }
  if (ownership.kind !== 'foreign-session' || ownership.accessKeyId === undefined) return undefined
  const { accessKeyId, expiration: found } = ownership
  const expiration = found === undefined ? undefined : parseExpiration(found.value, found.format)
  return { source, accessKeyId, expiration, managedBy: 'other' }
}

function sectionSession(profile: ProfileView | undefined): Omit<ProfileSession, 'path'> | undefined {
  const session = sessionInCredentialsFile(profile)
  if (session === undefined) return undefined
  const get = (key: string): string => profile?.getFrom('credentials', key)?.value ?? ''
  const secretAccessKey = get('aws_secret_access_key')
  // Older tools write the token under its first name alone.
  const sessionToken = get('aws_session_token') || get(LEGACY_TOKEN_KEY)
  if (secretAccessKey === '' || sessionToken === '') return { session }
  const { accessKeyId, expiration } = session
  return { session, credentials: { accessKeyId, secretAccessKey, sessionToken, expiration } }
}

/**
 * Returns the session in a profile's own section if every tool uses it and more remains of it than 15 minutes and
 * `minimumSeconds`. Undefined if its expiration is not known: a program that got it could not tell when to renew it.
 */
export function usableSectionSession(
  profile: ProfileView | undefined,
  now: Date,
  minimumSeconds: number,
): ShortTermCredentials | undefined {
  const credentials = isIgnored(profile) ? undefined : sectionSession(profile)?.credentials
  const expiration = credentials?.expiration
  if (credentials === undefined || expiration === undefined || !outlasts(expiration, minimumSeconds, now))
    return undefined
  return { ...credentials, expiration }
}

/** The session that a profile uses, with its secrets, or that of the profile that its role is assumed with. */
export type CurrentSession =
  | { readonly kind: 'session'; readonly session: GivenSession }
  /**
   * A role, or several in a row, to be assumed with the session of the last profile of `path`, which begins with the
   * role profile.
   */
  | { readonly kind: 'through'; readonly path: readonly string[]; readonly session: GivenSession }
  /** `expiration`: of a session that has expired or does not last long enough. */
  | { readonly kind: 'none'; readonly expiration?: Date }

/** Where `findCurrentSession` looks, and how many seconds the session must last. */
export interface SessionSearch {
  readonly profiles: Profiles
  readonly caches: readonly AwsCacheReader[]
  readonly now: Date
  readonly minimumSeconds: number
}

/**
 * Returns the session that a profile uses now, for programs that are given credentials instead of reading files. A
 * session of unknown expiration is taken to last, unless a minimum is required. The session that roles are assumed with
 * need only be valid: what is made from it has a lifetime of its own.
 */
export function findCurrentSession(name: string, search: SessionSearch): CurrentSession {
  const { profiles, caches, now, minimumSeconds } = search
  const fromCaches = (profile: ProfileView): Omit<ProfileSession, 'path'> | undefined => {
    const cached = findCachedEntry(profile, caches)
    return cached === undefined ? undefined : { session: cached.session, credentials: cached.entry.credentials }
  }
  const found = [...sessionsFor(name, profiles, fromCaches)]
  const base = found.find(({ path, credentials }) => path.length > 1 && credentials !== undefined)
  const baseSession = ifLasting(base?.credentials, now, 0)
  if (base !== undefined && baseSession.kind === 'session') return { ...baseSession, kind: 'through', path: base.path }
  const own = ifLasting(found.find(({ path }) => path.length === 1)?.credentials, now, minimumSeconds)
  return own.kind === 'none' && own.expiration === undefined ? baseSession : own
}

function ifLasting(
  session: GivenSession | undefined,
  now: Date,
  minimumSeconds: number,
): Exclude<CurrentSession, { readonly kind: 'through' }> {
  if (session === undefined) return { kind: 'none' }
  const { expiration } = session
  if (expiration === undefined) return minimumSeconds > 0 ? { kind: 'none' } : { kind: 'session', session }
  const remaining = secondsUntil(expiration, now)
  return remaining > 0 && remaining >= minimumSeconds ? { kind: 'session', session } : { kind: 'none', expiration }
}

/** What `status` reports of one profile. */
export interface StatusEntry {
  readonly profile: string
  readonly state: SessionState
  readonly expiration: Date | undefined
  readonly source: SessionSource | undefined
  /** The profile whose session bounds this one; undefined if it is the profile's own. */
  readonly sourceProfile: string | undefined
  readonly managedBy: 'awsmfa' | 'other' | undefined
  /** Shortened: `…ABCD`. */
  readonly accessKeyId: string | undefined
  readonly account: string | undefined
  readonly arn: string | undefined
}

/** What status needs besides the profile's name. */
export interface StatusLookup {
  readonly profiles: Profiles
  readonly now: Date
  readonly minTtlSeconds: number
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  /**
   * The session in the caches of the AWS CLI and botocore for a role profile; in awsmfa's own for one whose process is
   * awsmfa.
   */
  readonly cachedSessionOf: (profile: ProfileView) => StoredSession | undefined
}

/**
 * Returns what is known of the session that a profile uses. The identity behind a source profile's session is not the
 * role's.
 */
export function statusOfProfile(name: string, lookup: StatusLookup): StatusEntry {
  const cached = (profile: ProfileView): Omit<ProfileSession, 'path'> | undefined => {
    const session = lookup.cachedSessionOf(profile)
    return session === undefined ? undefined : { session }
  }
  const [found] = sessionsFor(name, lookup.profiles, cached)
  if (found === undefined) return entryFor(name, undefined, lookup)
  const { session, path } = found
  const source = path.at(-1)
  const isKnown = path.length === 1 && session.source === 'credentials-file' && session.managedBy === 'awsmfa'
  const identity = isKnown ? lookup.identityOf(session.accessKeyId) : path.length === 1 ? session.identity : undefined
  return { ...entryFor(name, { ...session, identity }, lookup), sourceProfile: source === name ? undefined : source }
}

/**
 * Returns what is known of the session that `exec` put into the environment; undefined outside of it, and if a profile
 * has been chosen since.
 */
export function statusOfEnvironment(
  environment: Environment,
  lookup: Pick<StatusLookup, 'now' | 'minTtlSeconds' | 'identityOf'>,
): StatusEntry | undefined {
  const get = (name: string): string => environment[name] ?? ''
  const [profile, accessKeyId] = [get('AWSMFA_PROFILE'), get('AWS_ACCESS_KEY_ID')]
  const isComplete = [profile, accessKeyId, get('AWS_SECRET_ACCESS_KEY'), get('AWS_SESSION_TOKEN')].every(isSet)
  if (!isComplete || isSet(environment['AWS_PROFILE']) || isSet(environment['AWS_DEFAULT_PROFILE'])) return undefined
  const expiration = parseExpiration(get('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  const identity = lookup.identityOf(accessKeyId)
  return entryFor(profile, { source: 'environment', accessKeyId, expiration, managedBy: 'awsmfa', identity }, lookup)
}

function entryFor(
  profile: string,
  session: StoredSession | undefined,
  { now, minTtlSeconds }: Pick<StatusLookup, 'now' | 'minTtlSeconds'>,
): StatusEntry {
  return {
    profile,
    state: sessionState(session, now, minTtlSeconds),
    expiration: session?.expiration,
    source: session?.source,
    sourceProfile: undefined,
    managedBy: session?.managedBy,
    accessKeyId: session === undefined ? undefined : shortenAccessKeyId(session.accessKeyId),
    account: session?.identity?.account,
    arn: session?.identity?.arn,
  }
}

/** Returns the whole seconds that remain, 0 once expired; undefined if the expiration is not known. */
export function secondsRemaining({ expiration }: StatusEntry, now: Date): number | undefined {
  return expiration === undefined ? undefined : secondsUntil(expiration, now)
}

/** Returns the object of `status --json`: every field, in a fixed order. */
export function statusObject(entry: StatusEntry, now: Date): Readonly<Record<string, string | number | null>> {
  return {
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
  }
}

/**
 * Returns a note if the environment makes some tool use something else than the profile that is reported; undefined if
 * all tools agree. Observed with AWS CLI 1.45 and 2.36, boto3 1.43 and the JavaScript SDK 3.1169: exported keys beat
 * AWS_PROFILE everywhere but in the JavaScript SDK; with both variables set, AWS CLI v1 and boto3 take
 * AWS_DEFAULT_PROFILE, the others AWS_PROFILE.
 */
export function renderEnvironmentNote(environment: Environment, invocation: AnyInvocation): string | undefined {
  const { AWS_ACCESS_KEY_ID: keyId, AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: defaultProfile } = environment
  if (isSet(keyId))
    return note(
      'AWS_ACCESS_KEY_ID is set, so the AWS CLI and most SDKs use that key and no profile; to change that: unset AWS_ACCESS_KEY_ID',
    )
  const named = invocation.positionals.length > 0 || invocation.options.profile !== undefined
  if (named || !isSet(profile) || !isSet(defaultProfile) || profile === defaultProfile) return undefined
  return note(
    `AWS_PROFILE is '${visible(profile)}' and AWS_DEFAULT_PROFILE is '${visible(defaultProfile)}': AWS CLI v1 and boto3 use the latter, other tools the former`,
  )
}

/**
 * Returns a note if AWS_PROFILE names another profile than the one whose session is exported; undefined otherwise.
 * Observed with the JavaScript SDK 3.1169: it uses AWS_PROFILE even if keys are set beside it.
 */
export function renderProfileNote(profile: string, { AWS_PROFILE: named }: Environment): string | undefined {
  if (!isSet(named) || named === profile) return undefined
  return note(
    `AWS_PROFILE is '${visible(named)}', which the AWS SDK for JavaScript goes by whatever keys stand beside it; to have it use these: unset AWS_PROFILE`,
  )
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
