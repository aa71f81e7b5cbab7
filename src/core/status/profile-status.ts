import { classifyProfile } from '../files/ownership.ts'
import type { ProfileView, Profiles } from '../files/profile-view.ts'
import { isOwnProcess } from '../login/own-process-line.ts'
import { isStandardRole } from '../login/store-profile.ts'
import type { CallerIdentity, StoredSession } from '../ports.ts'
import { shortenAccessKeyId } from '../sessions/credentials.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import { stateOfSession } from '../sessions/session-state.ts'
import type { CachedSession } from './cached-session.ts'
import { entryWithoutSession } from './status-entry.ts'
import type { StatusEntry } from './status-entry.ts'

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
 * Tells the session that a profile's own section of the credentials file holds, whoever wrote it. A section with long-term
 * credentials, or with none, holds no session.
 */
export function sessionInCredentialsFile(profile: ProfileView | undefined): StoredSession | undefined {
  const ownership = classifyProfile(profile)
  if (ownership.kind === 'ours') {
    const expiration = ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339')
    return { source: 'credentials-file', accessKeyId: ownership.accessKeyId, expiration, managedBy: 'awsmfa' }
  }
  if (ownership.kind !== 'foreign-session' || ownership.accessKeyId === undefined) return undefined
  const { expiration } = ownership
  return {
    source: 'credentials-file',
    accessKeyId: ownership.accessKeyId,
    expiration: expiration === undefined ? undefined : parseExpiration(expiration.value, expiration.format),
    managedBy: 'other',
  }
}

/**
 * Says what is left of the session that a profile works with: its own, or, for a role profile, which no SDK serves from its
 * own section, that of the first profile on its `source_profile` path that has one, in its section or through awsmfa as its process, else what the AWS CLI's caches hold. The
 * path may begin with the role profile itself: SDKs make the role of a profile that is its own source from the keys beside it.
 */
export function statusOfProfile(name: string, lookup: StatusLookup): StatusEntry {
  const own = lookup.profiles.find(name)
  if (own === undefined || !isStandardRole(own)) return entryOf(name, own, lookup)
  const visited = new Set<string>()
  for (let source = own.get('source_profile')?.value; source !== undefined && !visited.has(source); ) {
    visited.add(source)
    const holder = lookup.profiles.find(source)
    const session = sessionInCredentialsFile(holder)
    // Whose the session is says nothing of the role that is made from it.
    if (session !== undefined) return entryFor(name, session, { identity: undefined, sourceProfile: source === name ? undefined : source }, lookup)
    const answered = holder !== undefined && !isStandardRole(holder) && isOwnProcess(holder) ? lookup.cachedSessionOf(holder) : undefined
    if (answered !== undefined) return entryFor(name, answered, { identity: undefined, sourceProfile: source }, lookup)
    source = holder?.get('source_profile')?.value
  }
  const cached = lookup.cachedSessionOf(own)
  return cached === undefined ? entryWithoutSession(name) : entryFor(name, cached, { identity: cached.identity, sourceProfile: undefined }, lookup)
}

function entryOf(name: string, own: ProfileView | undefined, lookup: StatusLookup): StatusEntry {
  const session = sessionInCredentialsFile(own)
  if (session === undefined) {
    const cached = own !== undefined && isOwnProcess(own) ? lookup.cachedSessionOf(own) : undefined
    return cached === undefined ? entryWithoutSession(name) : entryFor(name, cached, { identity: cached.identity, sourceProfile: undefined }, lookup)
  }
  const identity = session.managedBy === 'awsmfa' ? lookup.identityOf(session.accessKeyId) : undefined
  return entryFor(name, session, { identity, sourceProfile: undefined }, lookup)
}

function entryFor(name: string, session: StoredSession, { identity, sourceProfile }: Pick<StatusEntry, 'sourceProfile'> & { readonly identity: CallerIdentity | undefined }, lookup: StatusLookup): StatusEntry {
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
