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

/** Which profiles can be signed in, for a person who has named none. */

/** The line and the files, as for a login; `records`: what awsmfa's cache holds. */
export interface CandidateInput extends Omit<LoginInput, 'targets'> {
  readonly records: readonly Pick<SessionRecord, 'profiles' | 'createdAt'>[]
}

/** Tells whether a login of this profile, with the rest of the line, would get as far as asking for a code. */
export function canBeSignedIn(profile: string, input: LoginInput): boolean {
  return storeProfileOf(profile, input) !== undefined
}

/**
 * Gives the profiles that can be signed in, those that awsmfa signed in last first, then the others in the order of the files.
 * Of role profiles that work through one session, the profile that has the session stands for all.
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

/** The profile under which the session would go; undefined where the login would be refused. */
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

/** In milliseconds since 1970; 0: never, as far as is known. */
function lastSignIn(profile: string, { records, profiles }: CandidateInput): number {
  const cached = records
    .filter((record) => record.profiles.includes(profile))
    .map(({ createdAt }) => createdAt.getTime())
  return Math.max(0, ...cached, madeBefore(profiles.find(profile)))
}

/** The cache forgets what has expired, the credentials file does not: a session of login's there was made about so long before its end. */
function madeBefore(view: ProfileView | undefined): number {
  const ownership = classifyProfile(view)
  const expiration =
    ownership.kind === 'ours' && ownership.expiration !== undefined
      ? parseExpiration(ownership.expiration, 'rfc3339')
      : undefined
  return expiration === undefined ? 0 : expiration.getTime() - DURATION_LIMITS.GetSessionToken.usual * 1000
}

/** What `login` was told to sign in. */
export interface TargetWords {
  /** Names and patterns; empty where none were given. */
  readonly words: readonly string[]
  /** Every profile of both files. */
  readonly names: readonly string[]
  /** Whether a profile holds long-term credentials, which no session may replace. */
  readonly holdsKeys: (name: string) => boolean
  /** Where the names come from, for a pattern that fits none of them. */
  readonly paths: readonly string[]
}

/** The profiles that are meant. */
export interface Targets {
  readonly profiles: readonly string[]
  /** More than a person has typed by name: worth a question. */
  readonly byPattern: boolean
}

/**
 * Finds the profiles that words mean, each once and in the order of the words; `*` stands for any characters and `?` for one.
 * Profiles that hold long-term credentials are no target of a pattern. A word without either is a name, known or not. Throws PROFILE_NOT_FOUND for a pattern that fits no profile.
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

/** Tells whether nobody has said which profile is meant: not the line, not the environment. */
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
