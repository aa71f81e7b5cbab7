/**
 * Where a session has to be stored so that tools use it. Some keys make tools ignore the credentials in the same
 * profile: a session there would be written and never read. Sources: botocore, credentials.py ›
 * create_credential_resolver; @aws-sdk/credential-provider-ini › resolveProfileData; observed with aws-cli 1.45 and
 * 2.36, boto3, the JavaScript and Go SDKs.
 */
import {
  ASKING_FOR_CODES,
  MISSING_PADDED_HEADERS,
  REFUSING_MFA_SERIAL,
  REFUSING_SOURCE_PROFILE,
  RUNNING_PROCESSES,
  findIgnoringKey,
  hasValue,
  isIgnored,
  isOwnProcess,
  isAssumeRoleProfile,
  signInCommandOf,
  visible,
} from '../aws-files/profile-keys.ts'
import type { IgnoringKey, SharedPaths } from '../aws-files/profile-keys.ts'
import { CHAINED_ROLE_SECONDS } from '../aws/sts-api.ts'
import { COMMAND_TABLE } from '../command-line/table.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { UnusableRole } from '../model/failure.ts'
import type { Place, ProfileValue, ProfileView, Profiles } from '../model/profile.ts'
import { splitCommand, splitWindowsCommand } from '../shell/words.ts'

/**
 * `section`: the profile's section of the credentials file. `aws-caches`: the caches of the AWS CLI and botocore, for a
 * role profile whose source profile holds long-term credentials. `own-cache`: awsmfa's own cache, from which the
 * profile's `credential_process` answers. `nowhere`: the session is for the program that asked.
 */
export type StorePlace = 'section' | 'aws-caches' | 'own-cache' | 'nowhere'

/** The profile that gets the session, and where. */
export interface StoreDecision {
  readonly storeProfile: string
  readonly storeIn: StorePlace
  readonly notes: readonly ResolutionNote[]
}

/** Something the person should know about a login that it does not stop. */
export type ResolutionNote =
  | { readonly kind: 'own-suffix'; readonly profile: string; readonly source: string }
  | {
      readonly kind: 'signs-in-other'
      readonly target: string
      readonly stored: string
      readonly key: string
      readonly place: Place
    }
  | (NoteAboutTools & { readonly kind: 'strict-tools-refuse'; readonly key: 'mfa_serial' | 'source_profile' })
  /**
   * The session goes to another profile, and these tools ask for a code of their own as long as this one has
   * `mfa_serial`.
   */
  | (NoteAboutTools & { readonly kind: 'tools-still-ask' })
  /** These tools do not see the profile's section of the credentials file. */
  | (NoteAboutTools & { readonly kind: 'header-not-seen' })
  /** These tools run the profile's `credential_process` instead of using the session. */
  | (NoteAboutTools & { readonly kind: 'process-still-runs' })
  /** Tools request this role for more than the hour that AWS allows with role chaining, and are refused. */
  | { readonly kind: 'role-too-long'; readonly profile: string; readonly place: Place; readonly seconds: number }
  | { readonly kind: 'environment-serial-ignored'; readonly variable: string; readonly account: string }
  | { readonly kind: 'serial-of-other-account'; readonly serialAccount: string; readonly keyAccount: string }

interface NoteAboutTools {
  readonly profile: string
  readonly place: Place
  readonly tools: readonly string[]
}

/**
 * Throws SESSION_WOULD_BE_IGNORED where the target has a key that sends every tool elsewhere: all but a role with a
 * source profile, and a `credential_process` that is awsmfa; also for a role with two sources, which tools refuse.
 * Checked before the profile chain, whose failures would hide the cause.
 */
export function assertNotElsewhere(target: ProfileView | undefined, paths: SharedPaths): void {
  const found = target && findIgnoringKey(target)
  if (target === undefined || found === undefined || isAnsweredHere(target, found)) return
  if (isAssumeRoleProfile(target) && unusableRole(target) === undefined) return
  throw ignored(target, found, paths)
}

export interface StoreInput {
  readonly target: string
  /** The profiles of the chain before the one with the long-term credentials. */
  readonly before: readonly string[]
  readonly profiles: Profiles
  readonly paths: SharedPaths
  /** The session of a role that a flag names can only be stored in the target. */
  readonly roleFromFlag: boolean
}

/**
 * Decides where the session goes. Tools ignore a session in a role profile. Where the profile from which they take the
 * role's credentials is before the long-term credentials, the session goes there; else into the caches of the tools
 * that have one. Throws SESSION_WOULD_BE_IGNORED for everything else that tools would ignore.
 */
export function decideStore({ target, before, profiles, paths, roleFromFlag }: StoreInput): StoreDecision {
  const profile = profiles.find(target)
  const found = profile && findIgnoringKey(profile)
  if (profile === undefined || found === undefined)
    return { storeProfile: target, storeIn: 'section', notes: notesAbout(profile, paths) }
  if (isAnsweredHere(profile, found) && !roleFromFlag) return { storeProfile: target, storeIn: 'own-cache', notes: [] }
  // Tools assume a role that is its own source profile with the credentials beside it.
  const isOwnSource = visible(profile, 'source_profile')?.value === target
  const stored = isOwnSource && before.includes(target) ? target : readForRole(profile, before, profiles)
  if (roleFromFlag || !isAssumeRoleProfile(profile)) throw ignored(profile, found, paths)
  if (stored === undefined) return { storeProfile: target, storeIn: 'aws-caches', notes: [] }
  const notes = notesAboutRole(profile, paths)
  if (stored === target) return { storeProfile: stored, storeIn: 'section', notes }
  const moved = { kind: 'signs-in-other', target, stored, key: found.key, place: placeOf(found.value, paths) } as const
  const holder = profiles.find(stored)
  return isIgnored(holder)
    ? { storeProfile: stored, storeIn: 'own-cache', notes: [moved, ...notes] }
    : { storeProfile: stored, storeIn: 'section', notes: [moved, ...notes, ...notesAbout(holder, paths)] }
}

/**
 * Returns the profile from which tools take the credentials for a role: its `source_profile`, or that one's where it is
 * a role too. They follow no other `source_profile`, so a session further along would not be found (botocore,
 * credentials.py › AssumeRoleProvider). Undefined where that profile is not before the long-term credentials.
 */
function readForRole(role: ProfileView, before: readonly string[], profiles: Profiles): string | undefined {
  const seen = new Set<string>([role.name])
  let current: ProfileView | undefined = role
  while (current !== undefined && isAssumeRoleProfile(current)) {
    const source = visible(current, 'source_profile')?.value ?? ''
    if (!before.includes(source) || seen.has(source)) return undefined
    if (holdsSession(profiles.find(source))) return source
    seen.add(source)
    current = profiles.find(source)
  }
  return undefined
}

/**
 * Whether a role's tools would get a session from this profile: from its section, or from awsmfa as its
 * `credential_process`.
 */
function holdsSession(profile: ProfileView | undefined): boolean {
  const found = profile && findIgnoringKey(profile)
  return profile === undefined || found === undefined || isAnsweredHere(profile, found)
}

/** Whether tools ask awsmfa for the session. */
function isAnsweredHere(profile: ProfileView, { key }: IgnoringKey): boolean {
  return key === 'credential_process' && isOwnProcess(profile)
}

/** Returns what some tools refuse or ignore in the profile that gets the session. */
function notesAbout(profile: ProfileView | undefined, paths: SharedPaths): readonly ResolutionNote[] {
  if (profile === undefined) return []
  const about = (value: ProfileValue, tools: readonly string[]): NoteAboutTools => ({
    profile: profile.name,
    place: placeOf(value, paths),
    tools,
  })
  const process = visible(profile, 'credential_process')
  const serial = visible(profile, 'mfa_serial')
  const source = visible(profile, 'role_arn') === undefined ? visible(profile, 'source_profile') : undefined
  const header = { path: paths.credentials, line: profile.lines.credentials }
  const notes: readonly (ResolutionNote | undefined)[] = [
    profile.hasPaddedHeader
      ? { kind: 'header-not-seen', profile: profile.name, place: header, tools: MISSING_PADDED_HEADERS }
      : undefined,
    process && { kind: 'process-still-runs', ...about(process, RUNNING_PROCESSES) },
    serial && { kind: 'strict-tools-refuse', key: 'mfa_serial', ...about(serial, REFUSING_MFA_SERIAL) },
    source && { kind: 'strict-tools-refuse', key: 'source_profile', ...about(source, REFUSING_SOURCE_PROFILE) },
  ]
  return notes.filter((note) => note !== undefined)
}

/** Returns what keeps tools from assuming the role with the session without a prompt, or at all. */
function notesAboutRole(profile: ProfileView, paths: SharedPaths): readonly ResolutionNote[] {
  const { name } = profile
  const serial = visible(profile, 'mfa_serial')
  const duration = visible(profile, 'duration_seconds')
  const seconds = Number(duration?.value)
  const notes: readonly (ResolutionNote | undefined)[] = [
    serial && { kind: 'tools-still-ask', profile: name, place: placeOf(serial, paths), tools: ASKING_FOR_CODES },
    duration && seconds > CHAINED_ROLE_SECONDS
      ? { kind: 'role-too-long', profile: name, place: placeOf(duration, paths), seconds }
      : undefined,
  ]
  return notes.filter((note) => note !== undefined)
}

function ignored(profile: ProfileView, { key, value }: IgnoringKey, paths: SharedPaths): AwsmfaError {
  return new AwsmfaError({
    code: 'SESSION_WOULD_BE_IGNORED',
    profile: profile.name,
    key,
    place: placeOf(value, paths),
    standardRole: isAssumeRoleProfile(profile),
    signIn: signInCommandOf(profile),
    role: unusableRole(profile),
    ...(key === 'credential_process' && hasValue(profile, 'granted_sso_account_id') ? { ofGranted: true } : {}),
  })
}

/** Returns why no session of awsmfa helps a role; undefined if one does, or the profile is no role. */
function unusableRole(profile: ProfileView): UnusableRole | undefined {
  const has = (key: string): boolean => hasValue(profile, key)
  if (!has('role_arn')) return undefined
  // Web identity comes first in every SDK (doctor/credential-order.ts).
  if (has('web_identity_token_file')) return has('source_profile') ? undefined : 'web-identity'
  if (has('credential_source')) return has('source_profile') ? 'two-sources' : 'credential-source'
  return has('source_profile') ? undefined : 'without-source'
}

function placeOf(value: ProfileValue, paths: SharedPaths): Place {
  return { path: paths[value.file], line: value.line }
}

/**
 * Returns the profile that the `credential_process` of this profile asks awsmfa for: the one that its options name,
 * else this profile itself. Undefined where the profile has no `credential_process` that is awsmfa.
 */
export function profileOfOwnProcess(profile: ProfileView | undefined, isWindows: boolean): string | undefined {
  const line = isOwnProcess(profile) ? profile?.get('credential_process')?.value : undefined
  if (profile === undefined || line === undefined) return undefined
  const words = (isWindows ? splitWindowsCommand(line) : splitCommand(line)) ?? []
  return profileIn(words.slice(words.indexOf('credential-process') + 1)) ?? profile.name
}

/** Options whose next word is a value. */
const VALUED: readonly string[] = COMMAND_TABLE['credential-process'].options.flatMap(({ kind, name }) =>
  kind === 'value' ? [`--${name}`] : [],
)

function profileIn(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--profile' || word === '-p') return words[index + 1]
    if (word.startsWith('--profile=')) return word.slice('--profile='.length)
    if (!word.startsWith('-') && !VALUED.includes(words[index - 1] ?? '')) return word
  }
  return undefined
}
