/** Keys of AWS and of awsmfa whose values are plain words: no blanks, no quotes, no `#` and `;` of their own. */

const PLAIN_KEYS: ReadonlySet<string> = new Set([
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
  'aws_account_id',
  'awsmfa_mfa_serial',
  'awsmfa_role_arn',
  'awsmfa_source_profile',
  'awsmfa_state',
  'aws_mfa_device',
  'duration_seconds',
  'expiration',
  'manager',
  'mfa_serial',
  'output',
  'region',
  'role_arn',
  'role_session_name',
  'source_profile',
  'credential_source',
  'sso_account_id',
  'sso_region',
  'sso_role_name',
  'sso_session',
])

/** Tells whether the value of a key (in lower case) is a plain word, so that quotes and comments are none of it. */
export function isPlainKey(key: string): boolean {
  return PLAIN_KEYS.has(key)
}
