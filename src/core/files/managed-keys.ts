/** The keys of a section that login writes and logout removes, as data. */

/** In the order in which login writes them. */
export const MANAGED_KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'expiration', 'manager', 'awsmfa_state'] as const

/** One of the keys that login writes. */
export type ManagedKey = (typeof MANAGED_KEYS)[number]

/** What `manager` says in a section that login wrote; awsume looks at it before it takes a section over (aws_files.py › add_section). */
export const MANAGER = 'awsmfa'

/**
 * The second name of the session token. botocore takes it before `aws_session_token` (credentials.py ›
 * SharedCredentialProvider.TOKENS), so that an old one beside a new session makes every call fail: login removes it.
 */
export const LEGACY_TOKEN_KEY = 'aws_security_token'

const CREDENTIAL_AND_MARK_KEYS: ReadonlySet<string> = new Set<string>([...MANAGED_KEYS, LEGACY_TOKEN_KEY])

/** Tells whether login decides what a key (in lower case) of its section says. */
export function isManagedKey(key: string): boolean {
  return CREDENTIAL_AND_MARK_KEYS.has(key)
}
