import {
  findCredentialProcess,
  findSession,
  findStaticCredentials,
  readKeys,
  withoutComment,
} from '../aws-files/profile-keys.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { EXTERNAL_ID, ROLE_ARN, ROLE_SESSION_NAME, keepsRule } from '../aws/sts-api.ts'
import type { TextRule } from '../aws/sts-api.ts'
import type { RoleStep } from './resolution.ts'
import { settingRow } from './setting-table.ts'
import { badSetting, findDefault, findFlag, toSeconds } from './settings.ts'
import type { GlobalDefaults, SettingSources } from './settings.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Origin, Place, Resolved } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

/**
 * The walk: from the profile that was asked for to the one that holds the long-term credentials, and the roles on the way.
 *
 * A profile's named source comes first. A source that holds no long-term credentials of its own may have them under its name
 * with a suffix, as several tools keep them; else the walk goes on from it. The suffixes of the profile that was asked for
 * come last, after its named source has led nowhere.
 */

/** Names under which tools keep long-term credentials. aws-mfa has `-long-term`, reusabit's awsmfa `Perm` and `Permanent`. */
export const LONG_TERM_SUFFIXES: readonly string[] = ['-long-term', 'Perm', 'Permanent', '-perm', '-permanent']

/** What the walk needs. `source`: from `--source-profile` or its variable, which stands for what the target itself names. */
export interface ProfileChainInput {
  readonly target: Resolved<string>
  readonly source: Resolved<string> | undefined
  /** What awsmfa's own settings name, for a target that neither names a source nor has long-term credentials itself. */
  readonly generalSource?: Resolved<string> | undefined
  readonly profiles: Profiles
  readonly paths: SharedPaths
}

/** Where the walk led. */
export interface ProfileChain {
  /** Every profile met, the target first, the one with the long-term credentials last; also one that no file has. */
  readonly path: readonly string[]
  readonly longTerm: LongTermSource
  /** The last profile was reached because another names it, not by a suffix; false where it is the target itself. */
  readonly reachedByName: boolean
  /** The target's own suffix led there. */
  readonly ownSuffix: boolean
}

/**
 * Walks. Throws PROFILE_NOT_FOUND where the target is in neither file and nothing leads on from it, SOURCE_PROFILE_NOT_FOUND,
 * SOURCE_PROFILE_CYCLE, SOURCE_PROFILE_AMBIGUOUS, LONG_TERM_CREDENTIALS_MISSING and LONG_TERM_CREDENTIALS_INCOMPLETE.
 */
export function resolveProfileChain(input: ProfileChainInput): ProfileChain {
  const { target, profiles, paths } = input
  const name = target.value
  const profile = profiles.find(name)
  const source = sourceOf(profile, input)
  if (source !== undefined && source.value !== name) {
    const found = followSource(source, [name], input)
    if ('longTerm' in found) return found
    return fromOwnSuffix(found.path, input) ?? fail(found.path, input)
  }
  const own =
    profile === undefined ? undefined : (findStaticCredentials(profile, paths) ?? findCredentialProcess(profile, paths))
  if (own !== undefined) return { path: [name], longTerm: own, reachedByName: false, ownSuffix: false }
  const general = input.generalSource
  if (general !== undefined && general.value !== name) {
    const found = followSource(general, [name], input)
    if ('longTerm' in found) return found
  }
  const suffixed = fromOwnSuffix([name], input)
  if (suffixed !== undefined) return suffixed
  return profile === undefined ? failNotFound(input) : fail([name], input)
}

/**
 * Gives the profiles that the target's named sources lead through, the target first, however far they lead: for credentials
 * that come from elsewhere. Throws SOURCE_PROFILE_CYCLE.
 */
export function pathOfSources(input: ProfileChainInput): readonly string[] {
  const { target, profiles } = input
  const path = [target.value]
  let next = sourceOf(profiles.find(target.value), input) ?? input.generalSource
  while (next !== undefined && next.value !== path.at(-1)) {
    if (path.includes(next.value)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path: [...path, next.value] })
    const profile = profiles.find(next.value)
    if (profile === undefined) break
    path.push(next.value)
    next = readKeys(profile, settingRow('source profile').profileKeys)
  }
  return path
}

/** The path of a walk that led nowhere. */
interface DeadEnd {
  readonly path: readonly string[]
}

function sourceOf(profile: ProfileView | undefined, input: ProfileChainInput): Resolved<string> | undefined {
  return input.source ?? readKeys(profile, settingRow('source profile').profileKeys)
}

function followSource(
  source: Resolved<string>,
  before: readonly string[],
  input: ProfileChainInput,
): ProfileChain | DeadEnd {
  const { profiles, paths } = input
  const name = source.value
  const path = [...before, name]
  if (before.includes(name)) throw new AwsmfaError({ code: 'SOURCE_PROFILE_CYCLE', path })
  const profile = profiles.find(name)
  const held = profile === undefined ? undefined : findStaticCredentials(profile, paths)
  if (held !== undefined) return { path, longTerm: held, reachedByName: true, ownSuffix: false }
  const next = readKeys(profile, settingRow('source profile').profileKeys)
  // Beside a named source a process counts for nothing, as in botocore (credentials.py › AssumeRoleProvider comes first).
  const process = profile === undefined || next !== undefined ? undefined : findCredentialProcess(profile, paths)
  if (process !== undefined) return { path, longTerm: process, reachedByName: true, ownSuffix: false }
  const suffixed = findSuffixed(name, input)
  if (suffixed !== undefined)
    return { path: extend(path, suffixed), longTerm: suffixed, reachedByName: false, ownSuffix: false }
  if (profile === undefined) throw sourceNotFound(source, before.at(-1) ?? name, input)
  return next === undefined ? { path } : followSource(next, path, input)
}

function fromOwnSuffix(path: readonly string[], input: ProfileChainInput): ProfileChain | undefined {
  const found = findSuffixed(input.target.value, input)
  return found === undefined
    ? undefined
    : { path: extend(path, found), longTerm: found, reachedByName: false, ownSuffix: true }
}

type Static = Extract<LongTermSource, { readonly kind: 'static' }>

/** The long-term credentials under this name with a suffix. Throws where there are several that differ. */
function findSuffixed(name: string, { profiles, paths }: ProfileChainInput): Static | undefined {
  const candidates = LONG_TERM_SUFFIXES.flatMap((suffix) => {
    const profile = profiles.find(name + suffix)
    const found = profile === undefined ? undefined : findStaticCredentials(profile, paths)
    return found === undefined ? [] : [found]
  })
  const [first] = candidates
  if (
    first === undefined ||
    candidates.every(({ credentials }) => credentials.accessKeyId === first.credentials.accessKeyId)
  )
    return first
  throw new AwsmfaError({
    code: 'SOURCE_PROFILE_AMBIGUOUS',
    profile: name,
    candidates: candidates.map(({ profile, place }) => ({ profile, place })),
  })
}

function extend(path: readonly string[], { profile }: Static): readonly string[] {
  return path.includes(profile) ? path : [...path, profile]
}

function sourceNotFound(
  source: Resolved<string>,
  profile: string,
  { profiles, paths }: ProfileChainInput,
): AwsmfaError {
  // The AWS CLI takes a comment after the value for a part of the name; so the name without it is the likeliest one meant.
  const uncommented = withoutComment(source.value)
  const near =
    uncommented !== source.value && profiles.find(uncommented) !== undefined
      ? uncommented
      : nearest(source.value, profiles.names())
  const { value, origin } = source
  const named: { readonly source: string; readonly origin: Origin } = { source: value, origin }
  return new AwsmfaError({
    code: 'SOURCE_PROFILE_NOT_FOUND',
    profile,
    ...named,
    paths: [paths.config, paths.credentials],
    ...(near === undefined ? {} : { nearest: near }),
  })
}

function failNotFound({ target, profiles, paths }: ProfileChainInput): never {
  const near = nearest(target.value, profiles.names())
  const failure = {
    code: 'PROFILE_NOT_FOUND',
    profile: target.value,
    origin: target.origin,
    paths: [paths.config, paths.credentials],
  } as const
  throw new AwsmfaError({ ...failure, ...(near === undefined ? {} : { nearest: near }) })
}

function fail(path: readonly string[], { target, profiles, paths }: ProfileChainInput): never {
  const names = [target.value, ...path.slice(1)]
  const lookedFor = [...new Set(names.flatMap((name) => LONG_TERM_SUFFIXES.map((suffix) => name + suffix)))].filter(
    (name) => !path.includes(name),
  )
  const sessionAt = path
    .map((name) => profiles.find(name))
    .reduce<Place | undefined>((found, profile) => found ?? (profile && findSession(profile, paths)), undefined)
  throw new AwsmfaError({
    code: 'LONG_TERM_CREDENTIALS_MISSING',
    profile: target.value,
    path,
    lookedFor,
    ...(sessionAt === undefined ? {} : { sessionAt }),
  })
}

/** The roles of a login: which, in which order, and with what. */

/** A role before what belongs to it is looked up. */
export interface NamedRole {
  readonly roleArn: Resolved<string>
  readonly profile: ProfileView | undefined
}

/** Where roles are looked for. `walk`: from the profile that gets the session to the last one met. */
export interface RoleSearch {
  readonly profileChain: readonly (ProfileView | undefined)[]
  /** The last of them holds the long-term credentials, and another profile names it: its `role_arn` is then no tool's concern. */
  readonly lastIsSource: boolean
  /** awsmfa's own settings; left out: none. */
  readonly defaults?: GlobalDefaults
}

/**
 * Finds the roles of the profiles on the way, in the order in which they are assumed: the one nearest to the long-term
 * credentials first. A profile reached as a source and holding keys is taken for its keys, not for its `role_arn`, as in
 * botocore (credentials.py › AssumeRoleProvider). Where there is none at all, `assume_role` beside the keys counts, as in aws-mfa;
 * else the role of awsmfa's own settings.
 */
export function findRoles({ profileChain: walk, lastIsSource, defaults = {} }: RoleSearch): readonly NamedRole[] {
  const { profileKeys } = settingRow('role')
  const roles = walk.flatMap((profile, index) => {
    const isSource = lastIsSource && index === walk.length - 1 && index > 0
    const roleArn = readKeys(
      profile,
      profileKeys.filter((key) => key !== 'assume_role' && !(isSource && key === 'role_arn')),
    )
    return roleArn === undefined ? [] : [{ roleArn, profile }]
  })
  if (roles.length > 0) return roles.reverse()
  const last = walk.at(-1)
  const roleArn = readKeys(last, ['assume_role'])
  if (roleArn !== undefined) return [{ roleArn, profile: last }]
  const general = findDefault('role', { defaults })
  return general === undefined ? [] : [{ roleArn: general, profile: undefined }]
}

/**
 * Gives every role with what was configured for it. A role from a flag stands for the one that the first profile of the walk
 * names. Throws USAGE for values that STS would not take, naming their place.
 */
export function resolveRoles(found: readonly NamedRole[], sources: SettingSources): readonly RoleStep[] {
  const [first] = sources.profileChain ?? []
  const flag = findFlag('role', sources)
  const roles: readonly NamedRole[] =
    flag === undefined
      ? found
      : [...found.filter((role) => role.profile !== first && !isFallback(role)), { roleArn: flag, profile: undefined }]
  return roles.map(({ roleArn, profile }, index) => {
    const isLast = index === roles.length - 1
    const from = profile ?? first
    return {
      roleArn: checked(roleArn, ROLE_ARN),
      profile: profile?.name,
      sessionName: check(
        (isLast ? findFlag('role session name', sources) : undefined) ??
          readKeys(from, ['role_session_name']) ??
          findDefault('role session name', sources),
        ROLE_SESSION_NAME,
      ),
      externalId: check(
        (isLast ? findFlag('external id', sources) : undefined) ??
          readKeys(from, ['external_id']) ??
          findDefault('external id', sources),
        EXTERNAL_ID,
      ),
      durationSeconds: secondsOf(readKeys(profile, ['duration_seconds'])),
    }
  })
}

/** `assume_role` and awsmfa's own settings say what to do where nothing else names a role. */
function isFallback({ roleArn: { origin } }: NamedRole): boolean {
  return origin.kind === 'settings' || (origin.kind === 'file' && origin.key === 'assume_role')
}

function secondsOf(value: Resolved<string> | undefined): Resolved<number> | undefined {
  return value === undefined ? undefined : toSeconds(value)
}

function check(value: Resolved<string> | undefined, rule: TextRule): Resolved<string> | undefined {
  return value === undefined ? undefined : checked(value, rule)
}

function checked(value: Resolved<string>, rule: TextRule): Resolved<string> {
  if (!keepsRule(value.value, rule)) throw badSetting(value, rule.expected)
  return value
}

/**
 * Gives the name of a role session that nobody named: the IAM user where known, else `awsmfa-<os user>`, else `awsmfa`.
 * What STS does not take becomes `-`; it takes 2 to 64 of letters, digits, `_+=,.@-` (STS API Reference, AssumeRole).
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
