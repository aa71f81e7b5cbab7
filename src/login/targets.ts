/** Which profiles a login is about: those that are named, and those that could be. */
import { classifyProfile } from '../aws-files/ownership.ts'
import { DURATION_LIMITS } from '../aws/sts-api.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { LONG_TERM_SUFFIXES } from './profile-chain.ts'
import { resolveLogin } from './resolve.ts'
import type { LoginInput } from './resolve.ts'
import { findProfileWord } from './sts-options.ts'
import { parseExpiration } from '../model/expiration.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView } from '../model/profile.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { nearest } from '../ui/words.ts'

/** What the command line names. */
export interface TargetWords {
  /** Names and patterns; empty if none are given. */
  readonly words: readonly string[]
  /** Every profile of both files. */
  readonly names: readonly string[]
  /** Whether a profile has long-term credentials, which no session may overwrite. */
  readonly holdsKeys: (name: string) => boolean
  /** The files, for the message about a pattern that matches nothing. */
  readonly paths: readonly string[]
}

/** The profiles to sign in to. */
export interface Targets {
  readonly profiles: readonly string[]
  /** A pattern named some, which may be more than its author expects. */
  readonly byPattern: boolean
}

/**
 * Returns the profiles that the words name, each once and in their order. In a pattern `*` matches any characters and
 * `?` one; it skips profiles with long-term credentials. A word without either is a name, known or not. Throws
 * PROFILE_NOT_FOUND for a pattern that matches no profile.
 */
export function expandTargets({ words, names, holdsKeys, paths }: TargetWords): Targets {
  const targets = new Set<string>()
  let byPattern = false
  for (const word of words) {
    if (names.includes(word) || !/[*?]/.test(word)) {
      targets.add(word)
      continue
    }
    const pattern = toPattern(word)
    const fitting = names.filter((name) => pattern.test(name) && !holdsKeys(name))
    if (fitting.length === 0) throw notFound(word, names, paths)
    byPattern = true
    for (const name of fitting) targets.add(name)
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

function notFound(pattern: string, names: readonly string[], paths: readonly string[]): AwsmfaError {
  const near = nearest(pattern, names)
  return new AwsmfaError({
    code: 'PROFILE_NOT_FOUND',
    profile: pattern,
    origin: { kind: 'flag', flag: 'profile' },
    paths,
    ...(near === undefined ? {} : { nearest: near }),
  })
}

/** Whether neither the command line nor the environment names a profile. */
export function isProfileUnnamed({
  invocation,
  environment,
}: {
  readonly invocation: AnyInvocation
  readonly environment: Environment
}): boolean {
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
  return Math.max(0, ...cached, madeBefore(profiles.find(profile)))
}

/**
 * The cache drops expired sessions, the credentials file does not: awsmfa made the one there about so long before its
 * expiration.
 */
function madeBefore(view: ProfileView | undefined): number {
  const ownership = classifyProfile(view)
  const expiration =
    ownership.kind === 'ours' && ownership.expiration !== undefined
      ? parseExpiration(ownership.expiration, 'rfc3339')
      : undefined
  return expiration === undefined ? 0 : expiration.getTime() - DURATION_LIMITS.GetSessionToken.usual * 1000
}
