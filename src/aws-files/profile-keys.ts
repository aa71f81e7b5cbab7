/**
 * What the keys of a profile make it: long-term credentials, a session, a role, a process; and which keys tools ignore
 * for that.
 */
import { classifyProfile } from './ownership.ts'
import { KEY_STORES, isLongTermKeyId, shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Place, ProfileValue, ProfileView, Resolved, SharedFileName } from '../model/profile.ts'

/** The paths of the two shared files, as they are shown. */
export type SharedPaths = Readonly<Record<SharedFileName, string>>

const FILES: readonly SharedFileName[] = ['credentials', 'config']

/**
 * Returns the static long-term credentials of a profile, or undefined where it has none. All of it comes from one file,
 * the credentials file before config, as botocore reads it (credentials.py › SharedCredentialProvider, ConfigProvider).
 * A session token beside the keys makes them a session, unless the key id begins with AKIA: that is long-term whatever
 * was left beside it, except login's own session. Throws LONG_TERM_CREDENTIALS_INCOMPLETE for half a pair. Source of
 * the prefix: IAM User Guide, "Unique identifiers".
 */
export function findStaticCredentials(
  profile: ProfileView,
  paths: SharedPaths,
): Extract<LongTermSource, { readonly kind: 'static' }> | undefined {
  for (const file of FILES) {
    const accessKeyId = presentValue(profile, file, 'aws_access_key_id')
    const secretAccessKey = presentValue(profile, file, 'aws_secret_access_key')
    const first = accessKeyId ?? secretAccessKey
    if (first === undefined) continue
    const isLongTermId = accessKeyId?.value.startsWith('AKIA') === true
    const isOurs = file === 'credentials' && classifyProfile(profile).kind === 'ours'
    if (tokenOf(profile, file) !== undefined && (!isLongTermId || isOurs)) return undefined
    const place: Place = { path: paths[file], line: first.line }
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      const missing = accessKeyId === undefined ? 'aws_access_key_id' : 'aws_secret_access_key'
      throw new AwsmfaError({ code: 'LONG_TERM_CREDENTIALS_INCOMPLETE', profile: profile.name, missing, place })
    }
    return {
      kind: 'static',
      profile: profile.name,
      place,
      credentials: { accessKeyId: accessKeyId.value, secretAccessKey: secretAccessKey.value },
    }
  }
  return undefined
}

/**
 * Names under which tools keep long-term credentials. aws-mfa has `-long-term`, reusabit's awsmfa `Perm` and
 * `Permanent`.
 */
export const LONG_TERM_SUFFIXES: readonly string[] = ['-long-term', 'Perm', 'Permanent', '-perm', '-permanent']

/** The keys of a profile that say which store has its long-term keys, and under which access key id. */
export const STORE_KEYS = { store: 'awsmfa_keys', accessKeyId: 'awsmfa_key_id' } as const

/**
 * Returns where the long-term keys of a profile are stored outside the shared files; undefined if nothing says so, or
 * `awsmfa_keys = file` does. Throws USAGE for a store that there is not, and for an access key id that can be none.
 */
export function findStoredKeys(
  profile: ProfileView,
  paths: SharedPaths,
): Extract<LongTermSource, { readonly kind: 'stored' }> | undefined {
  const named = readKeys(profile, [STORE_KEYS.store])
  if (named === undefined || named.value === 'file') return undefined
  const store = KEY_STORES.find((each) => each === named.value)
  if (store === undefined) throw badKey(profile, STORE_KEYS.store, named, `file, ${KEY_STORES.join(', ')}`)
  const id = readKeys(profile, [STORE_KEYS.accessKeyId])
  if (id === undefined || !isLongTermKeyId(id.value))
    throw badKey(profile, STORE_KEYS.accessKeyId, id, 'an access key id, which begins with AKIA')
  const found = profile.get(STORE_KEYS.store)
  const place = { path: paths[found?.file ?? 'config'], line: found?.line }
  return { kind: 'stored', profile: profile.name, place, store, accessKeyId: id.value }
}

function badKey(profile: ProfileView, key: string, found: Resolved<string> | undefined, expected: string): AwsmfaError {
  const value = key === STORE_KEYS.accessKeyId ? shortenAccessKeyId(found?.value ?? '') : (found?.value ?? '')
  const origin = found?.origin ?? readKeys(profile, [STORE_KEYS.store])?.origin
  return new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: key, value, expected, origin } })
}

/**
 * Returns the long-term credentials of a profile: static keys, which every tool reads; otherwise those of a store.
 * Throws what findStaticCredentials and findStoredKeys throw.
 */
export function findLongTermKeys(
  profile: ProfileView,
  paths: SharedPaths,
): Extract<LongTermSource, { readonly kind: 'static' | 'stored' }> | undefined {
  return findStaticCredentials(profile, paths) ?? findStoredKeys(profile, paths)
}

/**
 * Returns the credential process of a profile where its answer can be the long-term credentials. One that is awsmfa
 * itself would ask the question that is being answered, so it is passed over.
 */
export function findCredentialProcess(
  profile: ProfileView,
  paths: SharedPaths,
): Extract<LongTermSource, { readonly kind: 'process' }> | undefined {
  const command = profile.get('credential_process')
  if (command === undefined || command.value === '' || runsProgram(command.value, ['awsmfa'])) return undefined
  return {
    kind: 'process',
    profile: profile.name,
    place: { path: paths[command.file], line: command.line },
    command: command.value,
  }
}

/**
 * Returns whether one of the words of a command line is one of these programs, by whatever path and with whatever
 * extension.
 */
export function runsProgram(command: string, programs: readonly string[]): boolean {
  return command.split(/[\s"']+/).some((word) => {
    const name = word.replace(/^.*[\\/]/, '').replace(/\.(?:[cm]?js|cmd|exe|ps1|py)$/i, '')
    return programs.includes(name.toLowerCase())
  })
}

/**
 * Returns the line of a session token in a profile, to report that it has a session instead of long-term credentials.
 */
export function findSession(profile: ProfileView, paths: SharedPaths): Place | undefined {
  for (const file of FILES) {
    const value = tokenOf(profile, file)
    if (value !== undefined) return { path: paths[file], line: value.line }
  }
  return undefined
}

function tokenOf(profile: ProfileView, file: SharedFileName): ProfileValue | undefined {
  return presentValue(profile, file, 'aws_session_token') ?? presentValue(profile, file, 'aws_security_token')
}

function presentValue(profile: ProfileView, file: SharedFileName, key: string): ProfileValue | undefined {
  const value = profile.getFrom(file, key)
  return value === undefined || value.value === '' ? undefined : value
}

/** Returns whether the `credential_process` of a profile is awsmfa's, by whatever path it is started. */
export function isOwnProcess(profile: ProfileView | undefined): boolean {
  const line = profile?.get('credential_process')?.value
  return (
    line !== undefined &&
    /(?:^|[\s"'\\/])awsmfa(?:\.[cm]?js|\.cmd|\.exe)?["']?\s(?:.*\s)?["']?credential-process(?:["'\s]|$)/i.test(line)
  )
}

/**
 * Returns the first of these keys that has a value, with its place. An empty value counts as none.
 *
 * Keys that begin with `_` or `vegas_` are read by vegas-credentials alone, whose parser takes ` # …` and ` ; …` after
 * a value for a comment, and whose README shows such lines. All other keys are read by the AWS CLI, which takes the
 * whole text.
 */
export function readKeys(profile: ProfileView | undefined, keys: readonly string[]): Resolved<string> | undefined {
  for (const key of keys) {
    const found = profile?.get(key)
    const value = found === undefined || !/^(?:_|vegas_)/.test(key) ? found?.value : withoutComment(found.value)
    if (profile === undefined || found === undefined || value === undefined || value === '') continue
    return { value, origin: { kind: 'file', file: found.file, profile: profile.name, key, line: found.line } }
  }
  return undefined
}

/** The text before a ` #` or ` ;` with a blank before it. */
export function withoutComment(value: string): string {
  return value.replace(/\s+[#;].*$/s, '')
}

export const REFUSING_MFA_SERIAL = ['the AWS SDK for .NET']

export const REFUSING_SOURCE_PROFILE = ['Terraform', 'the AWS SDKs for Go and .NET']

export const ASKING_FOR_CODES = [
  'the AWS CLI',
  'boto3',
  'SAM',
  'CDK',
  'Terraform',
  'the AWS SDKs for JavaScript, Go and .NET',
]

/** Tools that see no section whose brackets contain spaces (botocore, the SDK for JavaScript). */
export const MISSING_PADDED_HEADERS = ['the AWS CLI', 'boto3', 'SAM', 'CDK', 'the AWS SDK for JavaScript']

export const RUNNING_PROCESSES = ['the AWS SDKs for Rust and Java']

/** Programs whose sessions login now stores itself: once it has, most tools no longer start them. */
export const PREDECESSORS = ['vegas-credentials', 'aws-mfa-credential-process']

export interface IgnoringKey {
  readonly key: string
  readonly value: ProfileValue
}

export function findIgnoringKey(profile: ProfileView): IgnoringKey | undefined {
  const sso = profile.keys().filter((key) => key.startsWith('sso_'))
  for (const key of ['role_arn', 'credential_process', ...sso, 'login_session', 'web_identity_token_file']) {
    const value = visible(profile, key)
    // An empty value counts: botocore takes the key for set, and fails on it.
    if (value !== undefined && !(key === 'credential_process' && isPredecessor(profile, value))) return { key, value }
  }
  return undefined
}

/** The command of the AWS CLI that signs in to a profile. */
export type SignInCommand = 'aws login' | 'aws sso login'

/**
 * Returns the command of the AWS CLI that signs in to this profile; undefined for a role, for one with keys of its own,
 * and for one without `login_session` and single sign-on.
 */
export function signInCommandOf(profile: ProfileView): SignInCommand | undefined {
  if (hasValue(profile, 'role_arn') || hasValue(profile, 'aws_access_key_id')) return undefined
  if (hasValue(profile, 'sso_session') || hasValue(profile, 'sso_start_url')) return 'aws sso login'
  return hasValue(profile, 'login_session') ? 'aws login' : undefined
}

/** Returns whether a key of the profile makes tools pass over the keys in its section of the credentials file. */
export function isIgnored(profile: ProfileView | undefined): boolean {
  return profile !== undefined && findIgnoringKey(profile) !== undefined
}

/** Returns whether a profile is a role that tools assume with another profile's credentials. */
export function isAssumeRoleProfile(profile: ProfileView): boolean {
  return hasValue(profile, 'role_arn') && hasValue(profile, 'source_profile')
}

/** Keys that each make SDKs find credentials through the profile, or fail, and look nowhere else. */
const LEADING_KEYS = [
  'role_arn',
  'credential_process',
  'web_identity_token_file',
  'login_session',
  'sso_account_id',
  'sso_role_name',
]

/**
 * Returns whether SDKs find credentials through the profile; keys in config do not count. With a profile that has none,
 * they go on to look elsewhere, such as at a container's endpoint.
 */
export function leadsToCredentials(profile: ProfileView): boolean {
  const hasKeys = presentValue(profile, 'credentials', 'aws_access_key_id') !== undefined
  return hasKeys || LEADING_KEYS.some((key) => hasValue(profile, key))
}

/** Returns whether SDKs see a value that is not empty. */
export function hasValue(profile: ProfileView, key: string): boolean {
  return (visible(profile, key)?.value ?? '') !== ''
}

/** The value as SDKs see it: they do not read a bare section of the config file. */
export function visible(profile: ProfileView, key: string): ProfileValue | undefined {
  return (
    profile.getFrom('credentials', key) ??
    (profile.configForm === 'standard' ? profile.getFrom('config', key) : undefined)
  )
}

function isPredecessor(profile: ProfileView, process: ProfileValue): boolean {
  return runsProgram(process.value, PREDECESSORS) && readKeys(profile, ['_role_arn', 'vegas_role_arn']) !== undefined
}
