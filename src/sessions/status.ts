import { isOwnProcess, isAssumeRoleProfile } from '../aws-files/profile-keys.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity, GivenSession } from '../model/credentials.ts'
import { formatExpiration, parseExpiration, secondsUntil } from '../model/expiration.ts'
import type { Environment, Invocation } from '../model/invocation.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { cacheArgumentsOf } from './aws-cache-entry.ts'
import type { AwsCache, CachedSession } from './aws-cache-entry.ts'
import { sessionInCredentialsFile, sessionInSection, stateOfSession } from './reuse.ts'
import type { SessionSource, SessionState, StoredSession } from './reuse.ts'
import { visible } from '../ui/words.ts'

/**
 * Which session a profile works with now, secrets included: for programs that are given credentials instead of reading files.
 * It is the one that `status` tells of, but for a role profile the role's own session, which tools would make from that one.
 */

/** What was found. */
export type CurrentSession =
  | { readonly kind: 'session'; readonly session: GivenSession }
  /** A role to be assumed, or several in a row, with the session of the last profile of `path`, which begins with the role profile. */
  | { readonly kind: 'through'; readonly path: readonly string[]; readonly session: GivenSession }
  /** `expiration`: of the session that is there, and has ended or does not last long enough. */
  | { readonly kind: 'none'; readonly expiration?: Date }

/** Where to look, and how long the session has to last at least, in seconds. */
export interface SessionSearch {
  readonly profiles: Profiles
  readonly caches: readonly Pick<AwsCache, 'findFor'>[]
  readonly now: Date
  readonly minimumSeconds: number
}

/**
 * Finds it. A session whose end is not known counts as lasting, unless a minimum is asked for. The session that roles are
 * assumed with need only be alive: what is made from it has a length of its own.
 */
export function findCurrentSession(name: string, search: SessionSearch): CurrentSession {
  const { profiles } = search
  const own = profiles.find(name)
  if (own === undefined || !isAssumeRoleProfile(own)) return usable(sessionInSection(own), search)
  const held = findHolder(own, profiles)
  const signer = held === undefined ? undefined : usable(held.session, { ...search, minimumSeconds: 0 })
  if (held !== undefined && signer?.kind === 'session')
    return { kind: 'through', path: held.path, session: held.session }
  const cached = usable(cachedSession(own, search.caches), search)
  return cached.kind === 'none' && cached.expiration === undefined && signer !== undefined ? signer : cached
}

/** The first profile on the way of the source profiles that holds a session; a role profile may be its own source. */
function findHolder(
  own: ProfileView,
  profiles: Profiles,
): { readonly path: readonly string[]; readonly session: GivenSession } | undefined {
  const path = [own.name]
  let source = own.get('source_profile')?.value
  while (source !== undefined) {
    const profile = profiles.find(source)
    const session = sessionInSection(profile)
    if (session !== undefined) return { path: [...path, source], session }
    if (path.includes(source)) return undefined
    path.push(source)
    source = profile?.get('source_profile')?.value
  }
  return undefined
}

function cachedSession(profile: ProfileView, caches: SessionSearch['caches']): GivenSession | undefined {
  const cacheArguments = cacheArgumentsOf(profile)
  const found = cacheArguments === undefined ? [] : caches.map((cache) => cache.findFor(cacheArguments))
  const sessions = found.flatMap((finding) => (finding.kind === 'entry' ? [finding.entry.credentials] : []))
  return sessions.toSorted((left, right) => left.expiration.getTime() - right.expiration.getTime()).at(-1)
}

function usable(session: GivenSession | undefined, { now, minimumSeconds }: SessionSearch): CurrentSession {
  if (session === undefined) return { kind: 'none' }
  const { expiration } = session
  if (expiration === undefined) return minimumSeconds > 0 ? { kind: 'none' } : { kind: 'session', session }
  const left = secondsUntil(expiration, now)
  return left > 0 && left >= minimumSeconds ? { kind: 'session', session } : { kind: 'none', expiration }
}

/**
 * Says what is left of the session that `exec` put into the environment; undefined outside of it. Where somebody has set a
 * profile since, that is what they want to know of.
 */
export function statusOfEnvironment(
  environment: Environment,
  { now, minTtlSeconds, identityOf }: Pick<StatusLookup, 'now' | 'minTtlSeconds' | 'identityOf'>,
): StatusEntry | undefined {
  const valueOf = (name: string): string => environment[name] ?? ''
  const [profile, accessKeyId] = [valueOf('AWSMFA_PROFILE'), valueOf('AWS_ACCESS_KEY_ID')]
  const isComplete = [profile, accessKeyId, valueOf('AWS_SECRET_ACCESS_KEY'), valueOf('AWS_SESSION_TOKEN')].every(
    (value) => value !== '',
  )
  if (!isComplete || valueOf('AWS_PROFILE') !== '' || valueOf('AWS_DEFAULT_PROFILE') !== '') return undefined
  const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  const identity = identityOf(accessKeyId)
  return {
    profile,
    state: stateOfSession(expiration, now, minTtlSeconds),
    expiration,
    source: 'environment',
    sourceProfile: undefined,
    managedBy: 'awsmfa',
    accessKeyId: shortenAccessKeyId(accessKeyId),
    account: identity?.account,
    arn: identity?.arn,
  }
}

/** What status needs beside the profiles themselves. */
export interface StatusLookup {
  readonly profiles: Profiles
  readonly now: Date
  readonly minTtlSeconds: number
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  /** What the caches of the AWS CLI and botocore hold for a role profile, or awsmfa's own for one whose process is awsmfa. */
  readonly cachedSessionOf: (profile: ProfileView) => CachedSession | undefined
}

/**
 * Says what is left of the session that a profile works with: its own, or, for a role profile, which no SDK serves from its
 * own section, that of the first profile on its `source_profile` path that has one, in its section or through awsmfa as its process, else what the AWS CLI's caches hold. The
 * path may begin with the role profile itself: SDKs make the role of a profile that is its own source from the keys beside it.
 */
export function statusOfProfile(name: string, lookup: StatusLookup): StatusEntry {
  const own = lookup.profiles.find(name)
  if (own === undefined || !isAssumeRoleProfile(own)) return entryOf(name, own, lookup)
  const visited = new Set<string>()
  for (let source = own.get('source_profile')?.value; source !== undefined && !visited.has(source);) {
    visited.add(source)
    const holder = lookup.profiles.find(source)
    const session = sessionInCredentialsFile(holder)
    // Whose the session is says nothing of the role that is made from it.
    if (session !== undefined)
      return entryFor(
        name,
        session,
        { identity: undefined, sourceProfile: source === name ? undefined : source },
        lookup,
      )
    const answered =
      holder !== undefined && !isAssumeRoleProfile(holder) && isOwnProcess(holder)
        ? lookup.cachedSessionOf(holder)
        : undefined
    if (answered !== undefined) return entryFor(name, answered, { identity: undefined, sourceProfile: source }, lookup)
    source = holder?.get('source_profile')?.value
  }
  const cached = lookup.cachedSessionOf(own)
  return cached === undefined
    ? entryWithoutSession(name)
    : entryFor(name, cached, { identity: cached.identity, sourceProfile: undefined }, lookup)
}

function entryOf(name: string, own: ProfileView | undefined, lookup: StatusLookup): StatusEntry {
  const session = sessionInCredentialsFile(own)
  if (session === undefined) {
    const cached = own !== undefined && isOwnProcess(own) ? lookup.cachedSessionOf(own) : undefined
    return cached === undefined
      ? entryWithoutSession(name)
      : entryFor(name, cached, { identity: cached.identity, sourceProfile: undefined }, lookup)
  }
  const identity = session.managedBy === 'awsmfa' ? lookup.identityOf(session.accessKeyId) : undefined
  return entryFor(name, session, { identity, sourceProfile: undefined }, lookup)
}

function entryFor(
  name: string,
  session: StoredSession,
  { identity, sourceProfile }: Pick<StatusEntry, 'sourceProfile'> & { readonly identity: CallerIdentity | undefined },
  lookup: StatusLookup,
): StatusEntry {
  return {
    profile: name,
    state: stateOfSession(session.expiration, lookup.now, lookup.minTtlSeconds),
    expiration: session.expiration,
    source: session.source,
    sourceProfile,
    managedBy: session.managedBy,
    accessKeyId: shortenAccessKeyId(session.accessKeyId),
    account: identity?.account,
    arn: identity?.arn,
  }
}

/** What `status` knows about one profile. */
export interface StatusEntry {
  readonly profile: string
  readonly state: SessionState
  readonly expiration: Date | undefined
  readonly source: SessionSource | undefined
  /** The profile whose session bounds this one, where it is not its own. */
  readonly sourceProfile: string | undefined
  readonly managedBy: 'awsmfa' | 'other' | undefined
  /** Shortened: `…ABCD`. */
  readonly accessKeyId: string | undefined
  readonly account: string | undefined
  readonly arn: string | undefined
}

/** The entry of a profile without a session. */
export function entryWithoutSession(profile: string): StatusEntry {
  return {
    profile,
    state: 'none',
    expiration: undefined,
    source: undefined,
    sourceProfile: undefined,
    managedBy: undefined,
    accessKeyId: undefined,
    account: undefined,
    arn: undefined,
  }
}

/** Gives the whole seconds that are left, 0 once expired, undefined where no end is known. */
export function secondsRemaining(entry: StatusEntry, now: Date): number | undefined {
  return entry.expiration === undefined ? undefined : secondsUntil(entry.expiration, now)
}

/**
 * Says in one line that the environment makes some tool use something else than the profile that is reported; undefined
 * where all tools agree. Observed with AWS CLI 1.45 and 2.36, boto3 1.43 and the JavaScript SDK 3.1169: exported keys beat
 * AWS_PROFILE everywhere but in the JavaScript SDK; with both variables set, AWS CLI v1 and boto3 take AWS_DEFAULT_PROFILE,
 * the others AWS_PROFILE.
 */
export function renderEnvironmentNote(environment: Environment, invocation: Invocation): string | undefined {
  const { AWS_ACCESS_KEY_ID: keyId, AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: defaultProfile } = environment
  if (isSet(keyId))
    return 'awsmfa: note: AWS_ACCESS_KEY_ID is set, so the AWS CLI and most SDKs use that key and no profile; to change that: unset AWS_ACCESS_KEY_ID\n'
  const named = invocation.positionals.length > 0 || invocation.options['profile'] !== undefined
  if (named || !isSet(profile) || !isSet(defaultProfile) || profile === defaultProfile) return undefined
  return `awsmfa: note: AWS_PROFILE is '${visible(profile)}' and AWS_DEFAULT_PROFILE is '${visible(defaultProfile)}': AWS CLI v1 and boto3 use the latter, other tools the former\n`
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/**
 * Says in one line that AWS_PROFILE names another profile than the one whose session is to be exported; undefined where it does
 * not. Observed with the JavaScript SDK 3.1169: it goes by AWS_PROFILE even where keys stand beside it.
 */
export function renderProfileNote(profile: string, { AWS_PROFILE: named }: Environment): string | undefined {
  if (!isSet(named) || named === profile) return undefined
  return `awsmfa: note: AWS_PROFILE is '${visible(named)}', which the AWS SDK for JavaScript goes by whatever keys stand beside it; to have it use these: unset AWS_PROFILE\n`
}

/** The object of `status --json`, every field always there, in a fixed order. */
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
