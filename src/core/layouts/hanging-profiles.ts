/** Which profiles work through the base of a setup. */
import type { Profiles, ProfileView } from '../files/profile-view.ts'
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'
import { isStandardRole, visible } from '../login/store-profile.ts'
import type { SetupBase } from './setup-base.ts'

/** Profiles besides the base itself, by what they are. */
export interface HangingProfiles {
  /** Roles that tools assume with the base's credentials, through any number of other roles. */
  readonly roles: readonly string[]
  /** Of these, the ones that name the section with the long-term keys instead of the base. */
  readonly misdirected: readonly string[]
  /** Profiles without a role that name the base, or its long-term keys, as their source: each gets sessions of its own. */
  readonly siblings: readonly string[]
}

/**
 * Finds them. A role that names the long-term keys directly hangs on the base where its `mfa_serial` says that it needs a
 * code, or where the section's name says that it is the base's; else it works without a session and is left as it is.
 */
export function findHangingProfiles({ base, longTerm }: SetupBase, profiles: Profiles): HangingProfiles {
  const keys = longTerm?.profile
  const views = profiles.names().flatMap((name) => (name === base ? [] : (profiles.find(name) ?? [])))
  const isOwn = keys !== undefined && keys !== base && LONG_TERM_SUFFIXES.some((suffix) => keys === base + suffix)
  const namesKeys = (profile: ProfileView): boolean => keys !== undefined && keys !== base && sourceOf(profile) === keys
  const isMisdirected = (profile: ProfileView): boolean => namesKeys(profile) && (isOwn || visible(profile, 'mfa_serial') !== undefined)
  const hangs = (profile: ProfileView, above: readonly string[]): boolean => {
    const source = sourceOf(profile)
    if (source === base || isMisdirected(profile)) return true
    const next = source === undefined || above.includes(source) ? undefined : profiles.find(source)
    return next !== undefined && isStandardRole(next) && hangs(next, [...above, next.name])
  }
  const roles = views.filter((profile) => isStandardRole(profile) && profile.name !== keys && hangs(profile, [profile.name]))
  const siblings = views.filter((profile) => profile.name !== keys && visible(profile, 'role_arn') === undefined && (sourceOf(profile) === base || namesKeys(profile)))
  return { roles: namesOf(roles), misdirected: namesOf(roles.filter(isMisdirected)), siblings: namesOf(siblings) }
}

function sourceOf(profile: ProfileView): string | undefined {
  return visible(profile, 'source_profile')?.value
}

function namesOf(profiles: readonly ProfileView[]): readonly string[] {
  return profiles.map(({ name }) => name)
}
