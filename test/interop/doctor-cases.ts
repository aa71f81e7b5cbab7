/**
 * Profiles with every combination of settings that decides which credentials a tool uses, and their lines in both
 * files.
 */
import { TRAITS } from '../../src/doctor/credential-order.ts'
import type { ProfileTraits } from '../../src/doctor/credential-order.ts'

/** A profile without settings. */
export const NO_TRAITS = Object.fromEntries(TRAITS.map((trait) => [trait, false])) as ProfileTraits

const ROLE = { role: true, source: true }
const SESSION = { keys: true, token: true }

/** The profiles by name. Traits that are not listed are false. */
export const PROFILE_CASES: readonly (readonly [name: string, traits: Partial<ProfileTraits>])[] = [
  ['nothing', {}],
  ['keys', { keys: true }],
  ['a session', SESSION],
  ['keys in config', { keys: true, keysInConfig: true }],
  ['half of the keys', { half: true }],
  ['a role', ROLE],
  ['a role with mfa_serial', { ...ROLE, mfa: true }],
  ['a role and a session', { ...ROLE, ...SESSION }],
  ['a role with mfa_serial and a session', { ...ROLE, ...SESSION, mfa: true }],
  ['a role that is its own source', { ...ROLE, ...SESSION, self: true }],
  ['a role and a process', { ...ROLE, process: true }],
  ['a role without a source', { role: true }],
  ['a role without a source, with a session', { role: true, ...SESSION }],
  ['a role without a source, with mfa_serial and a session', { role: true, mfa: true, ...SESSION }],
  ['a role without a source, with a process', { role: true, process: true }],
  ['a role with the credentials of the environment', { role: true, credentialSource: true }],
  ['a role with two sources', { ...ROLE, credentialSource: true }],
  ['a role with two sources and a session', { ...ROLE, credentialSource: true, ...SESSION }],
  ['a role with two sources and mfa_serial', { ...ROLE, credentialSource: true, mfa: true }],
  ['a process', { process: true }],
  ['a process and a session', { process: true, ...SESSION }],
  ['a process and keys, both in config', { process: true, keys: true, keysInConfig: true }],
  ['a process and half of the keys', { process: true, half: true }],
  ['mfa_serial and a session', { mfa: true, ...SESSION }],
  ['source_profile and a session', { source: true, ...SESSION }],
  ['single sign-on', { sso: true }],
  ['single sign-on and a session', { sso: true, ...SESSION }],
  ['single sign-on and a process', { sso: true, process: true }],
  ['a web identity', { role: true, webIdentity: true }],
  ['a web identity with a source', { ...ROLE, webIdentity: true }],
  ['a web identity without a role', { webIdentity: true }],
  ['a web identity without a role, with a session', { webIdentity: true, ...SESSION }],
  ['a role and single sign-on', { ...ROLE, sso: true }],
  [
    'a role and a process, with the credentials of the environment',
    { role: true, credentialSource: true, process: true },
  ],
  ['a role with an empty source_profile', { role: true, blank: true }],
  ['a role with an empty source_profile, and a session', { role: true, blank: true, ...SESSION }],
  ['an empty role_arn', { blank: true, source: true }],
  ['an empty role_arn and a session', { blank: true, source: true, ...SESSION }],
]

/** The values for a profile's settings. `pair` and `session` are lines with two and three keys. */
export interface ProfileParts {
  readonly roleArn: string
  readonly pair: string
  readonly session: string
  readonly process: string
  readonly webIdentityFile: string
}

/** Returns the lines of a key pair, or of a session. */
export function keyLines(id: string, secret: string, token?: string): string {
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n${token === undefined ? '' : `aws_session_token = ${token}\n`}`
}

/** Returns the sections of a profile with these traits in both files. Its source profile is `base`. */
export function writtenProfile(
  name: string,
  traits: ProfileTraits,
  parts: ProfileParts,
): { readonly credentials: string; readonly config: string } {
  const keys = traits.keys
    ? traits.token
      ? parts.session
      : parts.pair
    : traits.half
      ? parts.pair.slice(0, parts.pair.indexOf('\n') + 1)
      : ''
  const lines = [
    traits.role ? `role_arn = ${parts.roleArn}\nrole_session_name = ${name}` : traits.blank ? 'role_arn =' : '',
    traits.source ? `source_profile = ${traits.self ? name : 'base'}` : traits.blank ? 'source_profile =' : '',
    traits.credentialSource ? 'credential_source = Environment' : '',
    traits.mfa ? 'mfa_serial = arn:aws:iam::111111111111:mfa/alice' : '',
    traits.process ? `credential_process = ${parts.process}` : '',
    traits.sso
      ? 'sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Reader'
      : '',
    traits.login ? 'login_session = arn:aws:iam::111111111111:user/alice' : '',
    traits.webIdentity ? `web_identity_token_file = ${parts.webIdentityFile}` : '',
  ].filter((line) => line !== '')
  const config = `${lines.join('\n')}\n${traits.keysInConfig ? keys : ''}`
  return {
    credentials: traits.keysInConfig || keys === '' ? '' : `[${name}]\n${keys}\n`,
    config: `[profile ${name}]\nregion = eu-west-1\n${config}\n`,
  }
}
