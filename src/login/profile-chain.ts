/**
 * The profile chain: from the profile that was asked for to the one with the long-term credentials, and the roles on
 * the way.
 */
import {
  LONG_TERM_SUFFIXES,
  findCredentialProcess,
  findLongTermKeys,
  findSession,
  readKeys,
  signInCommandOf,
  withoutComment,
} from '../aws-files/profile-keys.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { profileNotFound } from '../aws-files/profiles.ts'
import { EXTERNAL_ID, ROLE_ARN, ROLE_SESSION_NAME, keepsRule } from '../aws/sts-api.ts'
import type { TextRule } from '../aws/sts-api.ts'
import type { RoleStep } from './resolution.ts'
import { settingRow } from './setting-table.ts'
import { badSetting, findDefault, findFlag, toSeconds } from './settings.ts'
import type { GlobalDefaults, SettingSources } from './settings.ts'
import { keyIdOf } from '../model/credentials.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { ProfileView, Profiles, Resolved } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

export interface ProfileChainInput {
  readonly target: Resolved<string>
  /** `--source-profile` or its variable, in place of what the target itself names. */
  readonly source: Resolved<string> | undefined
  /**
   * The source profile in awsmfa's own settings, for a target that neither names one nor has long-term credentials
   * itself.
   */
  readonly generalSource?: Resolved<string> | undefined
  readonly profiles: Profiles
  readonly paths: SharedPaths
}

/** A profile chain that leads to long-term credentials. */
export interface ProfileChain {
  /** The target first, the profile with the long-term credentials last; also profiles that are in no file. */
  readonly path: readonly string[]
  readonly longTerm: LongTermSource
  /** The last profile was reached because another names it, not by a suffix; false where it is the target itself. */
  readonly reachedByName: boolean
  /** The last profile was reached by a suffix of the target. */
  readonly ownSuffix: boolean
}

/**
 * Follows the source profiles from the target to long-term credentials. A source profile without any may have them
 * under its name with a suffix; else the chain goes on. The suffixes of the target come last. Throws PROFILE_NOT_FOUND
 * where the target is in neither file and the chain ends there, SOURCE_PROFILE_NOT_FOUND, SOURCE_PROFILE_CYCLE,
 * SOURCE_PROFILE_AMBIGUOUS, LONG_TERM_CREDENTIALS_MISSING and LONG_TERM_CREDENTIALS_INCOMPLETE.
 */
export function resolveProfileChain(input: ProfileChainInput): ProfileChain {
  const { target, profiles, paths, generalSource: general } = input
  const name = target.value
  const profile = profiles.find(name)
  const source = input.source ?? namedSource(profile)
  if (source !== undefined && source.value !== name) {
    const found = followSource(source, [name], input)
    return found.longTerm !== undefined ? found : (fromOwnSuffix(found.path, input) ?? fail(found.path, input))
  }
  const own = profile && (findLongTermKeys(profile, paths) ?? findCredentialProcess(profile, paths))
  if (own !== undefined) return { path: [name], longTerm: own, reachedByName: false, ownSuffix: false }
  const found = general && general.value !== name ? followSource(general, [name], input) : undefined
  if (found?.longTerm !== undefined) return found
  const suffixed = fromOwnSuffix([name], input)
  if (suffixed === undefined && profile === undefined) throw profileNotFound(target, input)
  return suffixed ?? fail([name], input)
}

/**
 * Returns the target and its source profiles, as far as they lead, for credentials that come from elsewhere. Throws
 * SOURCE_PROFILE_CYCLE.
 */
export function pathOfSources(input: ProfileChainInput): readonly string[] {
  const { target, profiles } = input
  const path = [target.value]
  let next = input.source ?? namedSource(profiles.find(target.value)) ?? input.generalSource
  while (next !== undefined && next.value !== path.at(-1)) {
    if (path.includes(next.value)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path: [...path, next.value] })
    const profile = profiles.find(next.value)
    if (profile === undefined) break
    path.push(next.value)
    next = namedSource(profile)
  }
  return path
}

function namedSource(profile: ProfileView | undefined): Resolved<string> | undefined {
  return readKeys(profile, settingRow('source profile').profileKeys)
}

interface ChainWithoutKeys {
  readonly path: readonly string[]
  readonly longTerm?: undefined
}

/** Returns the chain, or the path of one that ends without long-term credentials. */
function followSource(
  source: Resolved<string>,
  before: readonly string[],
  input: ProfileChainInput,
): ProfileChain | ChainWithoutKeys {
  const { profiles, paths } = input
  const name = source.value
  const path = [...before, name]
  if (before.includes(name)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path })
  const profile = profiles.find(name)
  const next = namedSource(profile)
  const held =
    profile &&
    (findLongTermKeys(profile, paths) ??
      // With a source profile, a process is ignored, as in botocore (credentials.py › AssumeRoleProvider comes first).
      (next === undefined ? findCredentialProcess(profile, paths) : undefined))
  if (held !== undefined) return { path, longTerm: held, reachedByName: true, ownSuffix: false }
  const suffixed = findSuffixed(name, input)
  if (suffixed !== undefined)
    return { path: extend(path, suffixed), longTerm: suffixed, reachedByName: false, ownSuffix: false }
  if (profile === undefined) throw sourceNotFound(source, before.at(-1) ?? name, input)
  return next === undefined ? { path } : followSource(next, path, input)
}

function fromOwnSuffix(path: readonly string[], input: ProfileChainInput): ProfileChain | undefined {
  const found = findSuffixed(input.target.value, input)
  return found && { path: extend(path, found), longTerm: found, reachedByName: false, ownSuffix: true }
}

/** Long-term credentials in a profile. */
type ProfileSource = Exclude<LongTermSource, { readonly kind: 'environment' }>

/**
 * Returns the long-term credentials under this name with a suffix. Throws SOURCE_PROFILE_AMBIGUOUS for several that
 * differ.
 */
function findSuffixed(name: string, { profiles, paths }: ProfileChainInput): ProfileSource | undefined {
  const candidates = LONG_TERM_SUFFIXES.flatMap((suffix) => {
    const profile = profiles.find(name + suffix)
    return (profile && (findLongTermKeys(profile, paths) ?? findCredentialProcess(profile, paths))) ?? []
  })
  const identities = candidates.map((each) => (each.kind === 'process' ? each.command : keyIdOf(each)))
  if (new Set(identities).size <= 1) return candidates[0]
  throw new AwsmfaError({
    code: 'SOURCE_PROFILE_AMBIGUOUS',
    profile: name,
    candidates: candidates.map(({ profile, place }) => ({ profile, place })),
  })
}

function extend(path: readonly string[], { profile }: ProfileSource): readonly string[] {
  return path.includes(profile) ? path : [...path, profile]
}

function sourceNotFound(
  { value: source, origin }: Resolved<string>,
  profile: string,
  { profiles, paths }: ProfileChainInput,
): AwsmfaError {
  // The AWS CLI takes a comment after the value as part of the name, so the name without it is the likeliest one meant.
  const uncommented = withoutComment(source)
  const isUncommented = uncommented !== source && profiles.find(uncommented) !== undefined
  return new AwsmfaError({
    code: 'SOURCE_PROFILE_NOT_FOUND',
    profile,
    source,
    origin,
    paths: [paths.config, paths.credentials],
    nearest: isUncommented ? uncommented : nearest(source, profiles.names()),
  })
}

function fail(path: readonly string[], { target, profiles, paths }: ProfileChainInput): never {
  const names = [target.value, ...path.slice(1)]
  const suffixed = names.flatMap((name) => LONG_TERM_SUFFIXES.map((suffix) => name + suffix))
  const sessionAt = path
    .flatMap((name) => profiles.find(name) ?? [])
    .map((profile) => findSession(profile, paths))
    .find((place) => place !== undefined)
  const last = profiles.find(path.at(-1) ?? '')
  throw new AwsmfaError({
    code: 'LONG_TERM_CREDENTIALS_MISSING',
    profile: target.value,
    path,
    lookedFor: [...new Set(suffixed)].filter((name) => !path.includes(name)),
    sessionAt,
    signIn: last && signInCommandOf(last),
  })
}

/** A role, and the profile that names it; undefined for a role from a flag or from awsmfa's own settings. */
interface NamedRole {
  readonly roleArn: Resolved<string>
  readonly profile: ProfileView | undefined
}

interface RoleSearch {
  /** From the profile that gets the session to the one with the long-term credentials. */
  readonly profileChain: readonly (ProfileView | undefined)[]
  /** Another profile names the last one as its source profile: no tool reads its `role_arn` then. */
  readonly lastIsSource: boolean
  readonly defaults?: GlobalDefaults
}

/**
 * Returns the roles of a profile chain in the order in which they are assumed: the one nearest to the long-term
 * credentials first. The `role_arn` of a source profile with long-term credentials is ignored, as in botocore
 * (credentials.py › AssumeRoleProvider). Without a role, `assume_role` beside the credentials counts, as in aws-mfa;
 * else the role of awsmfa's own settings.
 */
export function findRoles({ profileChain, lastIsSource, defaults = {} }: RoleSearch): readonly NamedRole[] {
  const { profileKeys } = settingRow('role')
  const roles = profileChain.flatMap((profile, index) => {
    const isSource = lastIsSource && index === profileChain.length - 1 && index > 0
    const keys = profileKeys.filter((key) => key !== 'assume_role' && !(isSource && key === 'role_arn'))
    const roleArn = readKeys(profile, keys)
    return roleArn === undefined ? [] : [{ roleArn, profile }]
  })
  if (roles.length > 0) return roles.reverse()
  const last = profileChain.at(-1)
  const roleArn = readKeys(last, ['assume_role'])
  if (roleArn !== undefined) return [{ roleArn, profile: last }]
  const general = findDefault('role', { defaults })
  return general === undefined ? [] : [{ roleArn: general, profile: undefined }]
}

/**
 * Resolves what is configured for each role. A role from a flag replaces the one that the first profile of the chain
 * names. Throws USAGE for values that STS would refuse.
 */
export function resolveRoles(found: readonly NamedRole[], sources: SettingSources): readonly RoleStep[] {
  const [first] = sources.profileChain ?? []
  const flag = findFlag('role', sources)
  const roles: readonly NamedRole[] =
    flag === undefined
      ? found
      : [...found.filter((role) => role.profile !== first && !isFallback(role)), { roleArn: flag, profile: undefined }]
  return roles.map(({ roleArn, profile }, index) => {
    const settingOf = (name: 'role session name' | 'external ID', key: string): Resolved<string> | undefined =>
      (index === roles.length - 1 ? findFlag(name, sources) : undefined) ??
      readKeys(profile ?? first, [key]) ??
      findDefault(name, sources)
    const sessionName = settingOf('role session name', 'role_session_name')
    const externalId = settingOf('external ID', 'external_id')
    const duration = readKeys(profile, ['duration_seconds'])
    return {
      roleArn: checked(roleArn, ROLE_ARN),
      profile: profile?.name,
      sessionName: sessionName && checked(sessionName, ROLE_SESSION_NAME),
      externalId: externalId && checked(externalId, EXTERNAL_ID),
      durationSeconds: duration && toSeconds(duration),
    }
  })
}

/** `assume_role` and awsmfa's own settings count only where nothing else names a role. */
function isFallback({ roleArn: { origin } }: NamedRole): boolean {
  return origin.kind === 'settings' || (origin.kind === 'file' && origin.key === 'assume_role')
}

/** Returns a value that STS accepts. Throws USAGE. */
export function checked(value: Resolved<string>, rule: TextRule): Resolved<string> {
  if (!keepsRule(value.value, rule)) throw badSetting(value, rule.expected)
  return value
}

/**
 * Returns the name of a role session that nobody has named: the IAM user where known, else `awsmfa-<os user>`, else
 * `awsmfa`. Other characters than STS takes become `-`; it takes 2 to 64 of letters, digits, `_+=,.@-` (STS API
 * Reference, AssumeRole).
 */
export function defaultSessionName(userName?: string, osUser?: string): string {
  const fromUser = toSessionName(userName ?? '')
  if (fromUser.length >= 2) return fromUser
  const fromSystem = toSessionName(osUser ?? '')
  return fromSystem === '' ? 'awsmfa' : `awsmfa-${fromSystem}`.slice(0, 64)
}

function toSessionName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_+=,.@-]+/g, '-').slice(0, 64)
  return /[A-Za-z0-9]/.test(name) ? name : ''
}
