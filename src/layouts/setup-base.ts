import { findStaticCredentials, isAssumeRoleProfile, visible } from '../aws-files/profile-keys.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { assertNotElsewhere } from '../login/destination.ts'
import { LONG_TERM_SUFFIXES, resolveProfileChain } from '../login/profile-chain.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Place, Resolved } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'

/** Which profiles work through the base of a setup. */

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
  const isMisdirected = (profile: ProfileView): boolean =>
    namesKeys(profile) && (isOwn || visible(profile, 'mfa_serial') !== undefined)
  const hangs = (profile: ProfileView, above: readonly string[]): boolean => {
    const source = sourceOf(profile)
    if (source === base || isMisdirected(profile)) return true
    const next = source === undefined || above.includes(source) ? undefined : profiles.find(source)
    return next !== undefined && isAssumeRoleProfile(next) && hangs(next, [...above, next.name])
  }
  const roles = views.filter(
    (profile) => isAssumeRoleProfile(profile) && profile.name !== keys && hangs(profile, [profile.name]),
  )
  const siblings = views.filter(
    (profile) =>
      profile.name !== keys &&
      visible(profile, 'role_arn') === undefined &&
      (sourceOf(profile) === base || namesKeys(profile)),
  )
  return { roles: namesOf(roles), misdirected: namesOf(roles.filter(isMisdirected)), siblings: namesOf(siblings) }
}

function sourceOf(profile: ProfileView): string | undefined {
  return visible(profile, 'source_profile')?.value
}

function namesOf(profiles: readonly ProfileView[]): readonly string[] {
  return profiles.map(({ name }) => name)
}

/** Which profile a setup is about: the one that gets the sessions, and where its long-term keys are. */

/** What the search starts from. */
export interface BaseInput {
  /** The profile that was asked for. */
  readonly target: Resolved<string>
  readonly profiles: Profiles
  readonly paths: SharedPaths
}

/** The base profile. `longTerm` undefined: it has no long-term credentials yet. */
export interface SetupBase {
  readonly base: string
  readonly longTerm: Exclude<LongTermSource, { readonly kind: 'environment' }> | undefined
  /** The profiles whose keys sessions of the base are made with: a role that hangs on one of them hangs on the base. */
  readonly sources: readonly string[]
}

/** The suffix that setup gives to the section with the long-term keys. */
export const LONG_TERM_SUFFIX = '-long-term'

/**
 * Finds the base: the profile that was asked for, for a role the first profile on its way that is none; and for the section
 * with long-term keys itself (`base-long-term`) the profile that it belongs to.
 *
 * Throws PROFILE_NOT_FOUND where the name is nowhere, unless there is no profile at all yet or `mayBeNew`;
 * SOURCE_PROFILE_CYCLE, SESSION_WOULD_BE_IGNORED where tools pass the base's keys over, LAYOUT_UNSUITABLE for a role that is
 * its own source and for keys beside a source that has others; and what the walk to the keys throws.
 */
export function findSetupBase(input: BaseInput, mayBeNew: boolean): SetupBase {
  const { profiles, paths } = input
  const reached = withoutSuffix(firstWithoutRole(input), input)
  const base: Resolved<string> = { value: reached, origin: input.target.origin }
  const profile = profiles.find(reached)
  assertNotElsewhere(profile, paths)
  const own = profile === undefined ? undefined : findStaticCredentials(profile, paths)
  const found = walkWhereThere({ ...input, target: base }, mayBeNew || reached !== input.target.value)
  if (found === undefined) return { base: reached, longTerm: undefined, sources: [reached] }
  const { longTerm, path } = found
  if (longTerm.kind === 'environment') throw new Error('a walk through files ends in a file')
  if (own !== undefined && longTerm.profile !== reached) {
    throw new AwsmfaError({
      code: 'LAYOUT_UNSUITABLE',
      profile: reached,
      reason: 'keys-beside-source',
      places: [own.place, longTerm.place],
    })
  }
  return { base: reached, longTerm, sources: [...new Set([reached, longTerm.profile, ...path])] }
}

function firstWithoutRole({ target, profiles, paths }: BaseInput): string {
  const path = [target.value]
  for (;;) {
    const name = path.at(-1) ?? ''
    const profile = profiles.find(name)
    if (profile === undefined || !isAssumeRoleProfile(profile)) return name
    const source = visible(profile, 'source_profile')?.value ?? ''
    if (source === name)
      throw new AwsmfaError({
        code: 'LAYOUT_UNSUITABLE',
        profile: name,
        reason: 'own-source',
        places: [placeOf(profile, 'source_profile', paths)],
      })
    if (path.includes(source)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path: [...path, source] })
    if (profiles.find(source) === undefined) {
      // The keys may stand under its name with a suffix; else the walk says what is wrong.
      resolveProfileChain({ target: { value: name, origin: target.origin }, source: undefined, profiles, paths })
      return source
    }
    path.push(source)
  }
}

/** `base-long-term` belongs to `base`; the other suffixes may be part of a name, unless there is a profile without them. */
function withoutSuffix(name: string, { profiles, paths }: BaseInput): string {
  const profile = profiles.find(name)
  const suffix = LONG_TERM_SUFFIXES.find((each) => name.length > each.length && name.endsWith(each))
  if (suffix === undefined || profile === undefined || findStaticCredentials(profile, paths) === undefined) return name
  const stem = name.slice(0, -suffix.length)
  return suffix === LONG_TERM_SUFFIX || profiles.find(stem) !== undefined ? stem : name
}

type Found = ReturnType<typeof resolveProfileChain>

/** Walks; undefined where the base is there, or may be new, and has no keys. */
function walkWhereThere(input: BaseInput, mayBeNew: boolean): Found | undefined {
  const { target, profiles } = input
  try {
    return resolveProfileChain({ ...input, source: undefined })
  } catch (error) {
    if (isFailure(error, 'LONG_TERM_CREDENTIALS_MISSING')) return undefined
    const isNew = mayBeNew || profiles.names().length === 0 || isNamedAsSource(target.value, profiles)
    if (isNew && isFailure(error, 'PROFILE_NOT_FOUND')) return undefined
    throw error
  }
}

function isNamedAsSource(name: string, profiles: Profiles): boolean {
  return profiles.names().some((each) => profiles.find(each)?.get('source_profile')?.value === name)
}

function placeOf(profile: ProfileView, key: string, paths: SharedPaths): Place {
  const value = profile.get(key)
  return value === undefined ? { path: paths.config } : { path: paths[value.file], line: value.line }
}
