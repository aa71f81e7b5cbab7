/**
 * Which session a profile works with now, secrets included: for programs that are given credentials instead of reading files.
 * It is the one that `status` tells of, but for a role profile the role's own session, which tools would make from that one.
 */
import type { ProfileView, Profiles } from '../files/profile-view.ts'
import { sessionInSection } from '../login/section-session.ts'
import type { GivenSession } from '../login/section-session.ts'
import { isStandardRole } from '../login/store-profile.ts'
import type { AwsCache } from '../ports.ts'
import { cacheArgumentsOf } from './aws-cache-entry.ts'
import { secondsUntil } from './expiration.ts'

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
  if (own === undefined || !isStandardRole(own)) return usable(sessionInSection(own), search)
  const held = findHolder(own, profiles)
  const signer = held === undefined ? undefined : usable(held.session, { ...search, minimumSeconds: 0 })
  if (held !== undefined && signer?.kind === 'session') return { kind: 'through', path: held.path, session: held.session }
  const cached = usable(cachedSession(own, search.caches), search)
  return cached.kind === 'none' && cached.expiration === undefined && signer !== undefined ? signer : cached
}

/** The first profile on the way of the source profiles that holds a session; a role profile may be its own source. */
function findHolder(own: ProfileView, profiles: Profiles): { readonly path: readonly string[]; readonly session: GivenSession } | undefined {
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
