import {
  ASKING_FOR_CODES,
  REFUSING_MFA_SERIAL,
  REFUSING_SOURCE_PROFILE,
  RUNNING_PROCESSES,
  findIgnoringKey,
  isIgnored,
  isOwnProcess,
  isAssumeRoleProfile,
  visible,
} from '../aws-files/profile-keys.ts'
import type { IgnoringKey, SharedPaths } from '../aws-files/profile-keys.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import type { ProfileValue, ProfileView, Profiles } from '../model/profile.ts'
import { splitCommand, splitWindowsCommand } from '../shell/words.ts'

/** Profiles whose `credential_process` is awsmfa itself: their session goes into the cache that it answers from. */

/**
 * Gives the profile that the `credential_process` of this profile asks awsmfa for: named by `--profile`, `-p` or alone, else
 * this profile itself. Undefined where the profile has none that is awsmfa.
 */
export function profileOfOwnProcess(profile: ProfileView | undefined, isWindows: boolean): string | undefined {
  const line = isOwnProcess(profile) ? profile?.get('credential_process')?.value : undefined
  if (profile === undefined || line === undefined) return undefined
  const words = (isWindows ? splitWindowsCommand(line) : splitCommand(line)) ?? []
  const parameters = words.slice(words.indexOf('credential-process') + 1)
  return namedIn(parameters) ?? profile.name
}

/** Options with a value that is a word of its own, which is no profile. */
const VALUED =
  /^--(?:refresh-window|timeout|prompt|token-command|serial-number|source-profile|role-arn|region|endpoint-url|ca-bundle)$/

function namedIn(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--profile' || word === '-p') return words[index + 1]
    if (word.startsWith('--profile=')) return word.slice('--profile='.length)
    if (!word.startsWith('-') && !VALUED.test(words[index - 1] ?? '')) return word
  }
  return undefined
}

/** Something the person should know before or after the login, though it stops nothing. */
export type ResolutionNote =
  | { readonly kind: 'own-suffix'; readonly profile: string; readonly source: string }
  | {
      readonly kind: 'signs-in-other'
      readonly target: string
      readonly stored: string
      readonly key: string
      readonly place: Place
    }
  | {
      readonly kind: 'strict-tools-refuse'
      readonly profile: string
      readonly key: 'mfa_serial' | 'source_profile'
      readonly place: Place
      readonly tools: readonly string[]
    }
  /** The session goes to another profile, but these tools ask for a code of their own while `mfa_serial` stands in this one. */
  | {
      readonly kind: 'tools-still-ask'
      readonly profile: string
      readonly place: Place
      readonly tools: readonly string[]
    }
  /** Tools will ask for this role for longer than the hour that AWS allows a role made from a session, and be refused. */
  | { readonly kind: 'role-too-long'; readonly profile: string; readonly place: Place; readonly seconds: number }
  /** The session is written beside a `credential_process`, which these tools go on running instead. */
  | {
      readonly kind: 'process-still-runs'
      readonly profile: string
      readonly place: Place
      readonly tools: readonly string[]
    }
  | { readonly kind: 'environment-serial-ignored'; readonly variable: string; readonly account: string }
  | { readonly kind: 'serial-of-other-account'; readonly serialAccount: string; readonly keyAccount: string }

/**
 * Where a session has to be written to be of use. Some keys make tools pass over the keys of the same profile; a session
 * there would be written and never read. Sources: botocore, credentials.py › create_credential_resolver;
 * @aws-sdk/credential-provider-ini › resolveProfileData; observed with aws-cli 1.45 and 2.36, boto3, the JavaScript and Go SDKs.
 */

/** What the decision rests on. `before`: the profiles on the walk before the one with the long-term credentials. */
export interface StoreInput {
  readonly target: string
  readonly before: readonly string[]
  readonly profiles: Profiles
  readonly paths: SharedPaths
  /** A flag names a role: its session can stand only where it was asked for. */
  readonly roleFromFlag: boolean
}

/**
 * Where the session goes: into the profile's section of the credentials file, or, for a role profile that hangs on long-term
 * credentials directly, into the caches of the AWS CLI and botocore. `own-cache`: the profile's `credential_process` is awsmfa,
 * which answers from its own cache. `nowhere`: it is for the program that asked.
 */
export type StorePlace = 'section' | 'aws-caches' | 'own-cache' | 'nowhere'

/** The profile whose session it is, where it goes, and what is to be said about that. */
export interface StoreDecision {
  readonly storeProfile: string
  readonly storeIn: StorePlace
  readonly notes: readonly ResolutionNote[]
}

/**
 * Throws SESSION_WOULD_BE_IGNORED where the target has a key that sends every tool elsewhere, and no other profile would do:
 * everything but a role with a source profile, and a `credential_process` that is awsmfa. To be asked before the walk, whose failures would hide the cause.
 */
export function assertNotElsewhere(target: ProfileView | undefined, paths: SharedPaths): void {
  const found = target === undefined ? undefined : findIgnoringKey(target)
  if (target === undefined || found === undefined || isAssumeRoleProfile(target) || isAnsweredHere(target, found))
    return
  throw ignored(target, found, paths)
}

/**
 * Decides. A role profile of the standard form cannot hold a session of its own; where a profile that is no role stands on
 * the way before the keys, the session goes there (into awsmfa's own cache where that profile's `credential_process` is awsmfa),
 * and tools assume the role from it; else into the caches of the tools that have some. Everything else: SESSION_WOULD_BE_IGNORED.
 */
export function decideStore(input: StoreInput): StoreDecision {
  const { target, before, profiles, paths, roleFromFlag } = input
  const profile = profiles.find(target)
  const found = profile === undefined ? undefined : findIgnoringKey(profile)
  if (profile === undefined || found === undefined)
    return { storeProfile: target, storeIn: 'section', notes: notesAbout(profile, paths) }
  if (isAnsweredHere(profile, found) && !roleFromFlag) return { storeProfile: target, storeIn: 'own-cache', notes: [] }
  // A role that is its own source profile is made from the keys that stand beside it: they are read after all.
  const isOwnSource = visible(profile, 'source_profile')?.value === target && before.includes(target)
  const stored = isOwnSource ? target : before.findLast((name) => name !== target && holdsSession(profiles.find(name)))
  const isItsOwn = visible(profile, 'source_profile')?.value === target
  if (roleFromFlag || !isAssumeRoleProfile(profile) || (stored === undefined && isItsOwn))
    throw ignored(profile, found, paths)
  if (stored === undefined) return { storeProfile: target, storeIn: 'aws-caches', notes: [] }
  const moved: readonly ResolutionNote[] =
    stored === target
      ? []
      : [{ kind: 'signs-in-other', target, stored, key: found.key, place: placeOf(found.value, paths) }]
  const holder = profiles.find(stored)
  if (isIgnored(holder) && stored !== target)
    return { storeProfile: stored, storeIn: 'own-cache', notes: [...moved, ...notesAboutRole(profile, paths)] }
  const notes = stored === target ? [] : notesAbout(holder, paths)
  return { storeProfile: stored, storeIn: 'section', notes: [...moved, ...notesAboutRole(profile, paths), ...notes] }
}

/** A role's tools get the session from its section, or from awsmfa, which the profile's `credential_process` starts. */
function holdsSession(profile: ProfileView | undefined): boolean {
  const found = profile === undefined ? undefined : findIgnoringKey(profile)
  return profile === undefined || found === undefined || isAnsweredHere(profile, found)
}

/** Nothing but awsmfa's own process stands before the session: tools get it from there. */
function isAnsweredHere(profile: ProfileView, { key }: IgnoringKey): boolean {
  return key === 'credential_process' && isOwnProcess(profile)
}

/** What tools will not like about the profile that gets the session. */
function notesAbout(profile: ProfileView | undefined, paths: SharedPaths): readonly ResolutionNote[] {
  if (profile === undefined) return []
  const notes: ResolutionNote[] = []
  const process = visible(profile, 'credential_process')
  if (process !== undefined)
    notes.push({
      kind: 'process-still-runs',
      profile: profile.name,
      place: placeOf(process, paths),
      tools: RUNNING_PROCESSES,
    })
  const serial = visible(profile, 'mfa_serial')
  if (serial !== undefined) {
    notes.push({
      kind: 'strict-tools-refuse',
      profile: profile.name,
      key: 'mfa_serial',
      place: placeOf(serial, paths),
      tools: REFUSING_MFA_SERIAL,
    })
  }
  const source = visible(profile, 'source_profile')
  if (source !== undefined && visible(profile, 'role_arn') === undefined) {
    notes.push({
      kind: 'strict-tools-refuse',
      profile: profile.name,
      key: 'source_profile',
      place: placeOf(source, paths),
      tools: REFUSING_SOURCE_PROFILE,
    })
  }
  return notes
}

/** What keeps tools from assuming the role from the session without a question, or at all. */
function notesAboutRole(profile: ProfileView, paths: SharedPaths): readonly ResolutionNote[] {
  const notes: ResolutionNote[] = []
  const serial = visible(profile, 'mfa_serial')
  if (serial !== undefined)
    notes.push({
      kind: 'tools-still-ask',
      profile: profile.name,
      place: placeOf(serial, paths),
      tools: ASKING_FOR_CODES,
    })
  const duration = visible(profile, 'duration_seconds')
  const seconds = Number(duration?.value)
  if (duration !== undefined && seconds > 3_600)
    notes.push({ kind: 'role-too-long', profile: profile.name, place: placeOf(duration, paths), seconds })
  return notes
}

function ignored(profile: ProfileView, { key, value }: IgnoringKey, paths: SharedPaths): AwsmfaError {
  return new AwsmfaError({
    code: 'SESSION_WOULD_BE_IGNORED',
    profile: profile.name,
    key,
    place: placeOf(value, paths),
    standardRole: isAssumeRoleProfile(profile),
  })
}

function placeOf(value: ProfileValue, paths: SharedPaths): Place {
  return { path: paths[value.file], line: value.line }
}
