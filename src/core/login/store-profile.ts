/**
 * Where a session has to be written to be of use. Some keys make tools pass over the keys of the same profile; a session
 * there would be written and never read. Sources: botocore, credentials.py › create_credential_resolver;
 * @aws-sdk/credential-provider-ini › resolveProfileData; observed with aws-cli 1.45 and 2.36, boto3, the JavaScript and Go SDKs.
 */
import { AwsmfaError } from '../failures.ts'
import type { Place } from '../origin.ts'
import type { ProfileValue, ProfileView, Profiles } from '../files/profile-view.ts'
import { runsProgram } from './long-term.ts'
import type { SharedPaths } from './long-term.ts'
import { isOwnProcess } from './own-process-line.ts'
import { readKeys } from './profile-keys.ts'
import type { ResolutionNote } from './resolution.ts'

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

const REFUSING_MFA_SERIAL = ['the AWS SDK for .NET']
const REFUSING_SOURCE_PROFILE = ['Terraform', 'the AWS SDKs for Go and .NET']
const ASKING_FOR_CODES = ['the AWS CLI', 'boto3', 'SAM', 'CDK', 'Terraform', 'the AWS SDKs for JavaScript, Go and .NET']
const RUNNING_PROCESSES = ['the AWS SDKs for Rust and Java']

/** Programs whose lines only fetch what login now stores: with the session written, most tools no longer start them. */
const PREDECESSORS = ['vegas-credentials', 'aws-mfa-credential-process']

/**
 * Throws SESSION_WOULD_BE_IGNORED where the target has a key that sends every tool elsewhere, and no other profile would do:
 * everything but a role with a source profile, and a `credential_process` that is awsmfa. To be asked before the walk, whose failures would hide the cause.
 */
export function assertNotElsewhere(target: ProfileView | undefined, paths: SharedPaths): void {
  const found = target === undefined ? undefined : findIgnoringKey(target)
  if (target === undefined || found === undefined || isStandardRole(target) || isAnsweredHere(target, found)) return
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
  if (profile === undefined || found === undefined) return { storeProfile: target, storeIn: 'section', notes: notesAbout(profile, paths) }
  if (isAnsweredHere(profile, found) && !roleFromFlag) return { storeProfile: target, storeIn: 'own-cache', notes: [] }
  // A role that is its own source profile is made from the keys that stand beside it: they are read after all.
  const isOwnSource = visible(profile, 'source_profile')?.value === target && before.includes(target)
  const stored = isOwnSource ? target : before.findLast((name) => name !== target && holdsSession(profiles.find(name)))
  const isItsOwn = visible(profile, 'source_profile')?.value === target
  if (roleFromFlag || !isStandardRole(profile) || (stored === undefined && isItsOwn)) throw ignored(profile, found, paths)
  if (stored === undefined) return { storeProfile: target, storeIn: 'aws-caches', notes: [] }
  const moved: readonly ResolutionNote[] =
    stored === target ? [] : [{ kind: 'signs-in-other', target, stored, key: found.key, place: placeOf(found.value, paths) }]
  const holder = profiles.find(stored)
  if (isIgnored(holder) && stored !== target) return { storeProfile: stored, storeIn: 'own-cache', notes: [...moved, ...notesAboutRole(profile, paths)] }
  const notes = stored === target ? [] : notesAbout(holder, paths)
  return { storeProfile: stored, storeIn: 'section', notes: [...moved, ...notesAboutRole(profile, paths), ...notes] }
}

interface IgnoringKey {
  readonly key: string
  readonly value: ProfileValue
}

function findIgnoringKey(profile: ProfileView): IgnoringKey | undefined {
  const sso = profile.keys().filter((key) => key.startsWith('sso_'))
  for (const key of ['role_arn', 'credential_process', ...sso, 'login_session', 'web_identity_token_file']) {
    const value = visible(profile, key)
    // An empty value counts: botocore takes the key for set, and fails on it.
    if (value !== undefined && !(key === 'credential_process' && isPredecessor(profile, value))) return { key, value }
  }
  return undefined
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

/** Tells whether a key of the profile makes tools pass over the keys in its section of the credentials file. */
export function isIgnored(profile: ProfileView | undefined): boolean {
  return profile !== undefined && findIgnoringKey(profile) !== undefined
}

/** Tells whether a profile is a role that tools assume with another profile's credentials. */
export function isStandardRole(profile: ProfileView): boolean {
  return (visible(profile, 'role_arn')?.value ?? '') !== '' && (visible(profile, 'source_profile')?.value ?? '') !== ''
}

/** The value as SDKs see it: they do not read a bare section of the config file. */
export function visible(profile: ProfileView, key: string): ProfileValue | undefined {
  return profile.getFrom('credentials', key) ?? (profile.configForm === 'standard' ? profile.getFrom('config', key) : undefined)
}

function isPredecessor(profile: ProfileView, process: ProfileValue): boolean {
  return runsProgram(process.value, PREDECESSORS) && readKeys(profile, ['_role_arn', 'vegas_role_arn']) !== undefined
}

/** What tools will not like about the profile that gets the session. */
function notesAbout(profile: ProfileView | undefined, paths: SharedPaths): readonly ResolutionNote[] {
  if (profile === undefined) return []
  const notes: ResolutionNote[] = []
  const process = visible(profile, 'credential_process')
  if (process !== undefined) notes.push({ kind: 'process-still-runs', profile: profile.name, place: placeOf(process, paths), tools: RUNNING_PROCESSES })
  const serial = visible(profile, 'mfa_serial')
  if (serial !== undefined) {
    notes.push({ kind: 'strict-tools-refuse', profile: profile.name, key: 'mfa_serial', place: placeOf(serial, paths), tools: REFUSING_MFA_SERIAL })
  }
  const source = visible(profile, 'source_profile')
  if (source !== undefined && visible(profile, 'role_arn') === undefined) {
    notes.push({ kind: 'strict-tools-refuse', profile: profile.name, key: 'source_profile', place: placeOf(source, paths), tools: REFUSING_SOURCE_PROFILE })
  }
  return notes
}

/** What keeps tools from assuming the role from the session without a question, or at all. */
function notesAboutRole(profile: ProfileView, paths: SharedPaths): readonly ResolutionNote[] {
  const notes: ResolutionNote[] = []
  const serial = visible(profile, 'mfa_serial')
  if (serial !== undefined) notes.push({ kind: 'tools-still-ask', profile: profile.name, place: placeOf(serial, paths), tools: ASKING_FOR_CODES })
  const duration = visible(profile, 'duration_seconds')
  const seconds = Number(duration?.value)
  if (duration !== undefined && seconds > 3_600) notes.push({ kind: 'role-too-long', profile: profile.name, place: placeOf(duration, paths), seconds })
  return notes
}

function ignored(profile: ProfileView, { key, value }: IgnoringKey, paths: SharedPaths): AwsmfaError {
  return new AwsmfaError({ code: 'SESSION_WOULD_BE_IGNORED', profile: profile.name, key, place: placeOf(value, paths), standardRole: isStandardRole(profile) })
}

function placeOf(value: ProfileValue, paths: SharedPaths): Place {
  return { path: paths[value.file], line: value.line }
}
