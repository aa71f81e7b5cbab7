/** Which profiles hold long-term credentials. */
import type { Place, SharedFileName } from '../origin.ts'
import { AwsmfaError } from '../failures.ts'
import type { ProfileValue, ProfileView } from '../files/profile-view.ts'
import type { LongTermSource } from './resolution.ts'

/** The paths of the two shared files, as they are shown. */
export type SharedPaths = Readonly<Record<SharedFileName, string>>

const FILES: readonly SharedFileName[] = ['credentials', 'config']

/**
 * Gives the static long-term credentials of a profile, or undefined where it has none. All of it comes from one file, the
 * credentials file before config, as botocore reads it (credentials.py › SharedCredentialProvider, ConfigProvider). A session
 * token beside the keys makes them a session, unless the key id begins with AKIA: that is long-term whatever was left beside
 * it. Throws LONG_TERM_CREDENTIALS_INCOMPLETE for half a pair. Source of the prefix: IAM User Guide, "Unique identifiers".
 */
export function findStaticCredentials(profile: ProfileView, paths: SharedPaths): Extract<LongTermSource, { readonly kind: 'static' }> | undefined {
  for (const file of FILES) {
    const accessKeyId = presentValue(profile, file, 'aws_access_key_id')
    const secretAccessKey = presentValue(profile, file, 'aws_secret_access_key')
    const first = accessKeyId ?? secretAccessKey
    if (first === undefined) continue
    if (holdsSessionToken(profile, file) && accessKeyId?.value.startsWith('AKIA') !== true) return undefined
    const place: Place = { path: paths[file], line: first.line }
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      const missing = accessKeyId === undefined ? 'aws_access_key_id' : 'aws_secret_access_key'
      throw new AwsmfaError({ code: 'LONG_TERM_CREDENTIALS_INCOMPLETE', profile: profile.name, missing, place })
    }
    return { kind: 'static', profile: profile.name, place, credentials: { accessKeyId: accessKeyId.value, secretAccessKey: secretAccessKey.value } }
  }
  return undefined
}

/**
 * Gives the credential process of a profile where its answer can be the long-term credentials. One that is awsmfa itself
 * would ask the question that is being answered, so it is passed over.
 */
export function findCredentialProcess(profile: ProfileView, paths: SharedPaths): Extract<LongTermSource, { readonly kind: 'process' }> | undefined {
  const command = profile.get('credential_process')
  if (command === undefined || command.value === '' || runsProgram(command.value, ['awsmfa'])) return undefined
  return { kind: 'process', profile: profile.name, place: { path: paths[command.file], line: command.line }, command: command.value }
}

/** Tells whether one of the words of a command line is one of these programs, by whatever path and with whatever extension. */
export function runsProgram(command: string, programs: readonly string[]): boolean {
  return command.split(/[\s"']+/).some((word) => {
    const name = word.replace(/^.*[\\/]/, '').replace(/\.(?:[cm]?js|cmd|exe|ps1|py)$/i, '')
    return programs.includes(name.toLowerCase())
  })
}

/** Gives the line of a session token in a profile, for telling that a session stands where long-term credentials were sought. */
export function findSession(profile: ProfileView, paths: SharedPaths): Place | undefined {
  for (const file of FILES) {
    const value = presentValue(profile, file, 'aws_session_token') ?? presentValue(profile, file, 'aws_security_token')
    if (value !== undefined) return { path: paths[file], line: value.line }
  }
  return undefined
}

function holdsSessionToken(profile: ProfileView, file: SharedFileName): boolean {
  return presentValue(profile, file, 'aws_session_token') !== undefined || presentValue(profile, file, 'aws_security_token') !== undefined
}

function presentValue(profile: ProfileView, file: SharedFileName, key: string): ProfileValue | undefined {
  const value = profile.getFrom(file, key)
  return value === undefined || value.value === '' ? undefined : value
}
