/**
 * The base profile of a setup: the one that gets the sessions; where its long-term keys are; and the profiles that
 * depend on it. Pure.
 */
import { LONG_TERM_SUFFIXES, findLongTermKeys, isAssumeRoleProfile, visible } from '../aws-files/profile-keys.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { assertNotElsewhere } from '../login/destination.ts'
import { resolveProfileChain } from '../login/profile-chain.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Place, ProfileView, Profiles, Resolved } from '../model/profile.ts'

export interface BaseInput {
  readonly target: Resolved<string>
  readonly profiles: Profiles
  readonly paths: SharedPaths
}

/** The base profile. `longTerm`: undefined if it has no long-term credentials yet. */
export interface SetupBase {
  readonly base: string
  readonly longTerm: Exclude<LongTermSource, { readonly kind: 'environment' }> | undefined
  /** The profiles from the base to its keys: a role whose source profile is one of them depends on the base. */
  readonly sources: readonly string[]
}

/** The suffix that setup gives to the section with the long-term keys. */
export const LONG_TERM_SUFFIX = '-long-term'

/**
 * Returns the base of a target: the target itself; for a role, the first source profile that is no role; for a section
 * of long-term keys (`base-long-term`), the profile that it belongs to.
 *
 * Throws PROFILE_NOT_FOUND for an unknown name, unless there is no profile at all yet or `mayBeNew`;
 * SOURCE_PROFILE_CYCLE; SESSION_WOULD_BE_IGNORED if tools ignore keys in the base's section; LAYOUT_UNSUITABLE for a
 * role that is its own source and for keys beside a source that has others; and what resolveProfileChain throws.
 */
export function findSetupBase(input: BaseInput, mayBeNew: boolean): SetupBase {
  const { profiles, paths } = input
  const reached = withoutSuffix(firstProfileWithoutRole(input), input)
  const base: Resolved<string> = { value: reached, origin: input.target.origin }
  const profile = profiles.find(reached)
  assertNotElsewhere(profile, paths)
  const own = profile === undefined ? undefined : findLongTermKeys(profile, paths)
  const found = findKeys({ ...input, target: base }, mayBeNew || reached !== input.target.value)
  if (found === undefined) return { base: reached, longTerm: undefined, sources: [reached] }
  const { longTerm, path } = found
  if (longTerm.kind === 'environment') throw new Error('a walk through files ends in a file')
  if (own !== undefined && longTerm.profile !== reached) {
    throw unsuitable(reached, 'keys-beside-source', [own.place, longTerm.place])
  }
  return { base: reached, longTerm, sources: [...new Set([reached, longTerm.profile, ...path])] }
}

/** Returns the bases of all profiles with long-term credentials, without those that cannot be set up. */
export function findSetupCandidates(input: Omit<BaseInput, 'target'>): readonly string[] {
  const { profiles } = input
  const bases = profiles.names().map((name) => baseWithKeys(name, input))
  return [...new Set(bases.filter((base) => base !== undefined))]
}

/** Returns the base of a profile if there are keys for it; undefined also for a profile that cannot be set up. */
export function baseWithKeys(name: string, { profiles, paths }: Omit<BaseInput, 'target'>): string | undefined {
  try {
    const target = { value: name, origin: { kind: 'default' } } as const
    const { base, longTerm } = findSetupBase({ target, profiles, paths }, false)
    return longTerm === undefined ? undefined : base
  } catch (error) {
    if (error instanceof AwsmfaError) return undefined
    throw error
  }
}

function firstProfileWithoutRole({ target, profiles, paths }: BaseInput): string {
  const path = [target.value]
  for (;;) {
    const name = path.at(-1) ?? ''
    const profile = profiles.find(name)
    if (profile === undefined || !isAssumeRoleProfile(profile)) return name
    const source = visible(profile, 'source_profile')?.value ?? ''
    if (source === name) throw unsuitable(name, 'own-source', [placeOf(profile, 'source_profile', paths)])
    if (path.includes(source)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path: [...path, source] })
    if (profiles.find(source) === undefined) {
      // The keys may be under its name with a suffix; otherwise the chain's error says what is wrong.
      resolveProfileChain({ target: { value: name, origin: target.origin }, source: undefined, profiles, paths })
      return source
    }
    path.push(source)
  }
}

/**
 * `base-long-term` belongs to `base`. The other suffixes may be part of a name, unless there is a profile without them.
 */
function withoutSuffix(name: string, { profiles, paths }: BaseInput): string {
  const profile = profiles.find(name)
  const suffix = LONG_TERM_SUFFIXES.find((each) => name.length > each.length && name.endsWith(each))
  if (suffix === undefined || profile === undefined || findLongTermKeys(profile, paths) === undefined) return name
  const stem = name.slice(0, -suffix.length)
  return suffix === LONG_TERM_SUFFIX || profiles.find(stem) !== undefined ? stem : name
}

/** Returns the chain to the base's keys; undefined if the base has none, or is new and may be. */
function findKeys(input: BaseInput, mayBeNew: boolean): ReturnType<typeof resolveProfileChain> | undefined {
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

/** The profiles that depend on the base. */
export interface DependentProfiles {
  /** Roles that tools assume with the base's credentials, directly or through other roles. */
  readonly roles: readonly string[]
  /** Of these, the ones whose source profile is the section of long-term keys instead of the base. */
  readonly misdirected: readonly string[]
  /** Profiles without a role whose source profile is the base or its long-term keys: each gets sessions of its own. */
  readonly siblings: readonly string[]
}

/**
 * Returns the profiles that depend on the base. A role whose source profile is the section of long-term keys depends on
 * the base if it has an `mfa_serial`, or if the section is named after the base; otherwise it works without a session
 * and stays as it is.
 */
export function findDependents({ base, longTerm }: SetupBase, profiles: Profiles): DependentProfiles {
  const keys = longTerm?.profile
  const views = profiles.names().flatMap((name) => (name === base ? [] : (profiles.find(name) ?? [])))
  const isOwn = keys !== undefined && keys !== base && LONG_TERM_SUFFIXES.some((suffix) => keys === base + suffix)
  const namesKeys = (profile: ProfileView): boolean => keys !== undefined && keys !== base && sourceOf(profile) === keys
  const isMisdirected = (profile: ProfileView): boolean =>
    namesKeys(profile) && (isOwn || visible(profile, 'mfa_serial') !== undefined)
  const depends = (profile: ProfileView, above: readonly string[]): boolean => {
    const source = sourceOf(profile)
    if (source === base || isMisdirected(profile)) return true
    const next = source === undefined || above.includes(source) ? undefined : profiles.find(source)
    return next !== undefined && isAssumeRoleProfile(next) && depends(next, [...above, next.name])
  }
  const roles = views.filter(
    (profile) => isAssumeRoleProfile(profile) && profile.name !== keys && depends(profile, [profile.name]),
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

/** Returns the LAYOUT_UNSUITABLE error of a setup. */
export function unsuitable(
  profile: string,
  reason: Extract<Failure, { readonly code: 'LAYOUT_UNSUITABLE' }>['reason'],
  places: readonly Place[],
): AwsmfaError {
  return new AwsmfaError({ code: 'LAYOUT_UNSUITABLE', profile, reason, places })
}
