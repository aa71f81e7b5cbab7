/** Which profiles a login is about: those that are named, and those that could be. */
import { classifyProfile } from '../aws-files/ownership.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { DURATION_LIMITS } from '../aws/sts-api.ts'
import { LONG_TERM_SUFFIXES, profileNotFound } from './profile-chain.ts'
import { resolveLogin } from './resolve.ts'
import type { LoginInput } from './resolve.ts'
import { findProfileWord } from './sts-options.ts'
import { parseExpiration } from '../model/expiration.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { SessionRecord } from '../sessions/session-record.ts'

/** The profiles to sign in to. */
export interface Targets {
  readonly profiles: readonly string[]
  /** A pattern named some, which may be more than its author expects. */
  readonly byPattern: boolean
}

/**
 * Returns the profiles that the words name, each once and in their order. In a pattern `*` matches any characters and
 * `?` one; it skips profiles with long-term credentials, which no session may overwrite. A word without either is a
 * name, known or not. Throws PROFILE_NOT_FOUND for a pattern that matches no profile.
 */
export function expandTargets(words: readonly string[], profiles: Profiles, paths: SharedPaths): Targets {
  const targets = new Set<string>()
  const names = profiles.names()
  let byPattern = false
  for (const word of words) {
    if (names.includes(word) || !/[*?]/.test(word)) {
      targets.add(word)
      continue
    }
    const pattern = toPattern(word)
    const matching = names.filter(
      (name) => pattern.test(name) && classifyProfile(profiles.find(name)).kind !== 'long-term',
    )
    if (matching.length === 0)
      throw profileNotFound({ value: word, origin: { kind: 'flag', flag: 'profile' } }, { profiles, paths })
    byPattern = true
    for (const name of matching) targets.add(name)
  }
  return { profiles: [...targets], byPattern }
}

function toPattern(word: string): RegExp {
  const source = word
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su')
}

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
  const stems = input.profiles
    .names()
    .flatMap((name) =>
      LONG_TERM_SUFFIXES.filter((suffix) => name.endsWith(suffix)).map((suffix) => name.slice(0, -suffix.length)),
    )
  const names = [...new Set([...input.profiles.names(), ...stems])].filter((name) => name !== '')
  const stores = new Set(names.flatMap((name) => storeProfileOf(name, input) ?? []))
  return [...stores]
    .map((name) => ({ name, signedInAt: lastSignIn(name, input) }))
    .sort((left, right) => right.signedInAt - left.signedInAt)
    .map(({ name }) => name)
}

/** Returns the profile that would get the session; undefined where the login would be refused. */
function storeProfileOf(profile: string, input: LoginInput): string | undefined {
  const { profile: _, ...options } = input.invocation.options
  try {
    const { storeProfile, storeIn } = resolveLogin({
      ...input,
      invocation: { ...input.invocation, positionals: [profile], options },
    })
    return storeIn === 'section' && classifyProfile(input.profiles.find(storeProfile)).kind === 'long-term'
      ? undefined
      : storeProfile
  } catch (error) {
    if (error instanceof AwsmfaError) return undefined
    throw error
  }
}

/** Returns milliseconds since 1970; 0: never, as far as is known. */
function lastSignIn(profile: string, { records, profiles }: CandidateInput): number {
  const cached = records
    .filter((record) => record.profiles.includes(profile))
    .map(({ createdAt }) => createdAt.getTime())
  const ownership = classifyProfile(profiles.find(profile))
  const expiration = ownership.kind === 'ours' ? parseExpiration(ownership.expiration ?? '', 'rfc3339') : undefined
  // The cache drops expired sessions, the credentials file does not: awsmfa made the one there about so long before.
  const stored = expiration === undefined ? 0 : expiration.getTime() - DURATION_LIMITS.GetSessionToken.usual * 1000
  return Math.max(0, ...cached, stored)
}
