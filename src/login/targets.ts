/** Which profiles a login can be about. */
import { classifyProfile } from '../aws-files/ownership.ts'
import { DURATION_LIMITS } from '../aws/sts-api.ts'
import { LONG_TERM_SUFFIXES } from '../aws-files/profile-keys.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve.ts'
import type { LoginInput } from './resolve.ts'
import { findProfileWord } from './sts-options.ts'
import { parseExpiration } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { SessionRecord } from '../sessions/session-record.ts'

/** Whether neither the command line nor the environment names a profile. */
export function isProfileUnnamed({ invocation, environment }: Pick<LoginInput, 'invocation' | 'environment'>): boolean {
  return (
    resolveTargetProfile(invocation, environment).origin.kind === 'default' &&
    findProfileWord(invocation.tail ?? []) === undefined
  )
}

/** A login whose profile nobody has named; `records`: awsmfa's cache. */
export interface CandidateInput extends Omit<LoginInput, 'targets'> {
  readonly records: readonly Pick<SessionRecord, 'profiles' | 'createdAt'>[]
}

/** Whether a login to this profile, with the other options, would get as far as asking for a code. */
export function canBeSignedIn(profile: string, input: LoginInput): boolean {
  return storeProfileOf(profile, input) !== undefined
}

/**
 * Returns the profiles that login can sign in to: the last ones that it did first, then the others in the order of the
 * files. Of role profiles that use the session of one profile, that profile alone.
 */
export function findCandidates(input: CandidateInput): readonly string[] {
  const stores = new Set(possibleNames(input.profiles).flatMap((name) => storeProfileOf(name, input) ?? []))
  return [...stores]
    .map((name) => ({ name, signedInAt: lastSignIn(name, input) }))
    .sort((left, right) => right.signedInAt - left.signedInAt)
    .map(({ name }) => name)
}

/**
 * Returns a login for each profile that can be signed in to, role profiles too: those that had a session of their own
 * last first, then those of the session that was signed in last, then in the order of the files.
 */
export function findChoices(input: CandidateInput): readonly LoginResolution[] {
  return possibleNames(input.profiles)
    .flatMap((name) => resolveFor(name, input) ?? [])
    .filter((resolution) => isWritable(resolution, input))
    .map((resolution) => ({
      resolution,
      ownAt: lastSignIn(resolution.target.value, input),
      signedInAt: lastSignIn(resolution.storeProfile, input),
    }))
    .sort((left, right) => right.ownAt - left.ownAt || right.signedInAt - left.signedInAt)
    .map(({ resolution }) => resolution)
}

/** The profiles of `login --all`. */
export interface AllTargets {
  /** Those to sign in to, in the order of the files. */
  readonly profiles: readonly string[]
  /** Those whose session would overwrite their own long-term credentials, and that are the source of no other. */
  readonly unwritable: readonly string[]
}

/**
 * Returns every profile with long-term credentials, whether or not it has a session, and those of `managed` that have
 * none any more: their failure says why. Of the profiles that use the session of one, that one alone, or the first that
 * names the device.
 */
export function findAllTargets(input: LoginInput, managed: readonly string[]): AllTargets {
  const found = possibleNames(input.profiles).flatMap((name) => resolveFor(name, input) ?? [])
  const writable = found.filter((resolution) => isWritable(resolution, input))
  const byStore = new Map<string, LoginResolution>()
  for (const resolution of writable) {
    const { storeProfile } = resolution
    const known = byStore.get(storeProfile)
    const rank = ({ serialNumber, target }: LoginResolution): number =>
      (serialNumber === undefined ? 0 : 2) + (target.value === storeProfile ? 1 : 0)
    if (known === undefined || rank(resolution) > rank(known)) byStore.set(storeProfile, resolution)
  }
  const sources = new Set(writable.flatMap(({ longTerm }) => (longTerm.kind === 'environment' ? [] : longTerm.profile)))
  const isLeftOut = ({ storeProfile, serialNumber }: LoginResolution): boolean =>
    serialNumber !== undefined && !sources.has(storeProfile)
  const unwritable = found.filter((each) => !isWritable(each, input) && isLeftOut(each))
  return {
    profiles: [
      ...[...byStore.values()].map(({ target }) => target.value),
      ...managed.filter((name) => found.every(({ target }) => target.value !== name)),
    ],
    unwritable: [...new Set(unwritable.map(({ storeProfile }) => storeProfile))],
  }
}

/** The names of all profiles, and those that a suffix for long-term credentials leads to. */
function possibleNames(profiles: Profiles): readonly string[] {
  const names = profiles.names()
  const stems = names.flatMap((name) =>
    LONG_TERM_SUFFIXES.filter((suffix) => name.endsWith(suffix)).map((suffix) => name.slice(0, -suffix.length)),
  )
  return [...new Set([...names, ...stems])].filter((name) => name !== '')
}

/** Returns the profile that would get the session; undefined where the login would be refused. */
function storeProfileOf(profile: string, input: LoginInput): string | undefined {
  const resolution = resolveFor(profile, input)
  return resolution !== undefined && isWritable(resolution, input) ? resolution.storeProfile : undefined
}

/** Whether the session would overwrite no long-term credentials. */
function isWritable({ storeProfile, storeIn }: LoginResolution, { profiles }: LoginInput): boolean {
  return storeIn !== 'section' || classifyProfile(profiles.find(storeProfile)).kind !== 'long-term'
}

/** Resolves the login to that profile, with the other options; undefined where it would be refused. */
function resolveFor(profile: string, input: LoginInput): LoginResolution | undefined {
  const { profile: _, ...options } = input.invocation.options
  try {
    return resolveLogin({ ...input, invocation: { ...input.invocation, positionals: [profile], options } })
  } catch (error) {
    if (error instanceof AwsmfaError) return undefined
    throw error
  }
}

/** Returns when awsmfa last signed in to a profile, in milliseconds since 1970; 0: never, as far as is known. */
export function lastSignIn(
  profile: string,
  { records, profiles }: Pick<CandidateInput, 'records' | 'profiles'>,
): number {
  const cached = records
    .filter((record) => record.profiles.includes(profile))
    .map(({ createdAt }) => createdAt.getTime())
  const ownership = classifyProfile(profiles.find(profile))
  const expiration = ownership.kind === 'ours' ? parseExpiration(ownership.expiration ?? '', 'rfc3339') : undefined
  // The cache drops expired sessions, the credentials file does not: awsmfa made the one there about so long before.
  const stored = expiration === undefined ? 0 : expiration.getTime() - DURATION_LIMITS.GetSessionToken.usual * 1000
  return Math.max(0, ...cached, stored)
}
