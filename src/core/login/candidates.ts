/** Which profiles can be signed in, for a person who has named none. */
import { AwsmfaError } from '../failures.ts'
import { classifyProfile } from '../files/ownership.ts'
import type { ProfileView } from '../files/profile-view.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { DURATION_LIMITS } from './duration.ts'
import { resolveLogin } from './resolve-login.ts'
import type { LoginInput } from './resolve-login.ts'
import { LONG_TERM_SUFFIXES } from './role-chain.ts'

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
  const stems = input.profiles.names().flatMap((name) => LONG_TERM_SUFFIXES.filter((suffix) => name.endsWith(suffix)).map((suffix) => name.slice(0, -suffix.length)))
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
    const { storeProfile, storeIn } = resolveLogin({ ...input, invocation: { ...input.invocation, positionals: [profile], options } })
    return storeIn === 'section' && classifyProfile(input.profiles.find(storeProfile)).kind === 'long-term' ? undefined : storeProfile
  } catch (error) {
    if (error instanceof AwsmfaError) return undefined
    throw error
  }
}

/** In milliseconds since 1970; 0: never, as far as is known. */
function lastSignIn(profile: string, { records, profiles }: CandidateInput): number {
  const cached = records.filter((record) => record.profiles.includes(profile)).map(({ createdAt }) => createdAt.getTime())
  return Math.max(0, ...cached, madeBefore(profiles.find(profile)))
}

/** The cache forgets what has expired, the credentials file does not: a session of login's there was made about so long before its end. */
function madeBefore(view: ProfileView | undefined): number {
  const ownership = classifyProfile(view)
  const expiration = ownership.kind === 'ours' && ownership.expiration !== undefined ? parseExpiration(ownership.expiration, 'rfc3339') : undefined
  return expiration === undefined ? 0 : expiration.getTime() - DURATION_LIMITS.GetSessionToken.usual * 1000
}
