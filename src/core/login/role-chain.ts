/**
 * The walk: from the profile that was asked for to the one that holds the long-term credentials, and the roles on the way.
 *
 * A profile's named source comes first. A source that holds no long-term credentials of its own may have them under its name
 * with a suffix, as several tools keep them; else the walk goes on from it. The suffixes of the profile that was asked for
 * come last, after its named source has led nowhere.
 */
import { AwsmfaError } from '../failures.ts'
import { nearest } from '../nearest.ts'
import type { Origin, Place, Resolved } from '../origin.ts'
import type { Profiles, ProfileView } from '../files/profile-view.ts'
import { findCredentialProcess, findSession, findStaticCredentials } from './long-term.ts'
import type { SharedPaths } from './long-term.ts'
import { readKeys, withoutComment } from './profile-keys.ts'
import type { LongTermSource } from './resolution.ts'
import { settingRow } from './setting-table.ts'

/** Names under which tools keep long-term credentials. aws-mfa has `-long-term`, reusabit's awsmfa `Perm` and `Permanent`. */
export const LONG_TERM_SUFFIXES: readonly string[] = ['-long-term', 'Perm', 'Permanent', '-perm', '-permanent']

/** What the walk needs. `source`: from `--source-profile` or its variable, which stands for what the target itself names. */
export interface WalkInput {
  readonly target: Resolved<string>
  readonly source: Resolved<string> | undefined
  /** What awsmfa's own settings name, for a target that neither names a source nor has long-term credentials itself. */
  readonly generalSource?: Resolved<string> | undefined
  readonly profiles: Profiles
  readonly paths: SharedPaths
}

/** Where the walk led. */
export interface Walk {
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
export function walkToLongTerm(input: WalkInput): Walk {
  const { target, profiles, paths } = input
  const name = target.value
  const profile = profiles.find(name)
  const source = sourceOf(profile, input)
  if (source !== undefined && source.value !== name) {
    const found = followSource(source, [name], input)
    if ('longTerm' in found) return found
    return fromOwnSuffix(found.path, input) ?? fail(found.path, input)
  }
  const own = profile === undefined ? undefined : (findStaticCredentials(profile, paths) ?? findCredentialProcess(profile, paths))
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
export function pathOfSources(input: WalkInput): readonly string[] {
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

function sourceOf(profile: ProfileView | undefined, input: WalkInput): Resolved<string> | undefined {
  return input.source ?? readKeys(profile, settingRow('source profile').profileKeys)
}

function followSource(source: Resolved<string>, before: readonly string[], input: WalkInput): Walk | DeadEnd {
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
  if (suffixed !== undefined) return { path: extend(path, suffixed), longTerm: suffixed, reachedByName: false, ownSuffix: false }
  if (profile === undefined) throw sourceNotFound(source, before.at(-1) ?? name, input)
  return next === undefined ? { path } : followSource(next, path, input)
}

function fromOwnSuffix(path: readonly string[], input: WalkInput): Walk | undefined {
  const found = findSuffixed(input.target.value, input)
  return found === undefined ? undefined : { path: extend(path, found), longTerm: found, reachedByName: false, ownSuffix: true }
}

type Static = Extract<LongTermSource, { readonly kind: 'static' }>

/** The long-term credentials under this name with a suffix. Throws where there are several that differ. */
function findSuffixed(name: string, { profiles, paths }: WalkInput): Static | undefined {
  const candidates = LONG_TERM_SUFFIXES.flatMap((suffix) => {
    const profile = profiles.find(name + suffix)
    const found = profile === undefined ? undefined : findStaticCredentials(profile, paths)
    return found === undefined ? [] : [found]
  })
  const [first] = candidates
  if (first === undefined || candidates.every(({ credentials }) => credentials.accessKeyId === first.credentials.accessKeyId)) return first
  throw new AwsmfaError({ code: 'SOURCE_PROFILE_AMBIGUOUS', profile: name, candidates: candidates.map(({ profile, place }) => ({ profile, place })) })
}

function extend(path: readonly string[], { profile }: Static): readonly string[] {
  return path.includes(profile) ? path : [...path, profile]
}

function sourceNotFound(source: Resolved<string>, profile: string, { profiles, paths }: WalkInput): AwsmfaError {
  // The AWS CLI takes a comment after the value for a part of the name; so the name without it is the likeliest one meant.
  const uncommented = withoutComment(source.value)
  const near = uncommented !== source.value && profiles.find(uncommented) !== undefined ? uncommented : nearest(source.value, profiles.names())
  const { value, origin } = source
  const named: { readonly source: string; readonly origin: Origin } = { source: value, origin }
  return new AwsmfaError({ code: 'SOURCE_PROFILE_NOT_FOUND', profile, ...named, paths: [paths.config, paths.credentials], ...(near === undefined ? {} : { nearest: near }) })
}

function failNotFound({ target, profiles, paths }: WalkInput): never {
  const near = nearest(target.value, profiles.names())
  const failure = { code: 'PROFILE_NOT_FOUND', profile: target.value, origin: target.origin, paths: [paths.config, paths.credentials] } as const
  throw new AwsmfaError({ ...failure, ...(near === undefined ? {} : { nearest: near }) })
}

function fail(path: readonly string[], { target, profiles, paths }: WalkInput): never {
  const names = [target.value, ...path.slice(1)]
  const lookedFor = [...new Set(names.flatMap((name) => LONG_TERM_SUFFIXES.map((suffix) => name + suffix)))].filter((name) => !path.includes(name))
  const sessionAt = path.map((name) => profiles.find(name)).reduce<Place | undefined>((found, profile) => found ?? (profile && findSession(profile, paths)), undefined)
  throw new AwsmfaError({
    code: 'LONG_TERM_CREDENTIALS_MISSING',
    profile: target.value,
    path,
    lookedFor,
    ...(sessionAt === undefined ? {} : { sessionAt }),
  })
}
