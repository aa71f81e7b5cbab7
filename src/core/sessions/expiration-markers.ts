/** What other tools write beside a session in the shared credentials file, as data: when it ends, and what else is theirs. */

/** How a marker spells an instant: with an offset, without one in UTC or in local time, or as seconds since 1970. */
export type ExpirationFormat = 'rfc3339' | 'naive-utc' | 'naive-local' | 'epoch'

/** A key that says when a session ends. `format` is how its writer spells it; `markedExpiration` also believes the value's own form. */
export interface ExpirationMarker {
  readonly key: string
  readonly writtenBy: string
  readonly format: ExpirationFormat
}

/**
 * The markers, the most trusted first. Sources: the writers' own code (file › function, as of 2026); where only scripts in
 * public repositories write one, it says so.
 */
export const EXPIRATION_MARKERS: readonly ExpirationMarker[] = [
  { key: 'expiration', writtenBy: 'broamski/aws-mfa (awsmfa/__init__.py › get_credentials), in UTC', format: 'naive-utc' },
  { key: 'x_security_token_expires', writtenBy: 'saml2aws (pkg/awsconfig/awsconfig.go › Save), okta-aws-cli', format: 'rfc3339' },
  { key: 'awsmfa_expiration', writtenBy: 'dcoker/awsmfa (awsmfa/__main__.py › update_credentials_file)', format: 'rfc3339' },
  { key: 'aws_credential_expiration', writtenBy: 'aws-vault export --format ini', format: 'rfc3339' },
  { key: 'aws_session_expiration', writtenBy: 'gsts; scripts in public repositories', format: 'rfc3339' },
  { key: 'aws_session_token_expiration', writtenBy: 'scripts in public repositories', format: 'rfc3339' },
  { key: 'aws_expiration', writtenBy: 'scripts in public repositories', format: 'rfc3339' },
]

/** Keys that describe another tool's session without saying when it ends. They go when login puts another session there. */
export const COMPANION_KEYS: readonly { readonly key: string; readonly writtenBy: string }[] = [
  { key: 'assumed_role', writtenBy: 'broamski/aws-mfa' },
  { key: 'assumed_role_arn', writtenBy: 'broamski/aws-mfa' },
  { key: 'autoawsume', writtenBy: 'awsume' },
  { key: 'awsumepy_command', writtenBy: 'awsume' },
  { key: 'source_expiration', writtenBy: 'awsume; when the source session ends, not this one' },
  { key: 'x_principal_arn', writtenBy: 'saml2aws' },
]

/** Tells whether a key (in lower case) belongs to another tool's session and dies with it. */
export function isForeignMark(key: string): boolean {
  return EXPIRATION_MARKERS.some((marker) => marker.key === key) || COMPANION_KEYS.some((companion) => companion.key === key)
}

/** When a session ends, as a marker says it: the value as it stands, and how to read it. */
export interface MarkedExpiration {
  readonly key: string
  readonly value: string
  readonly format: ExpirationFormat
}

/** The one form in which awsmfa writes `expiration`. */
const OWN_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** Tells whether a value of `expiration` has exactly the form that awsmfa writes. */
export function hasOwnExpirationForm(value: string): boolean {
  return OWN_FORM.test(value)
}

/**
 * Finds the marker that says when the session in a section ends; `get` gives the value of a key (in lower case) there. A
 * value that carries an offset, or is a number, is read as that, whoever wrote it. `expiration` without an offset is UTC
 * (broamski/aws-mfa), or local time where awsume signed the section (lib/cache.py; `manager = awsume`, `autoawsume`).
 */
export function markedExpiration(get: (key: string) => string | undefined): MarkedExpiration | undefined {
  for (const marker of EXPIRATION_MARKERS) {
    const value = get(marker.key)
    if (value === undefined || value === '') continue
    return { key: marker.key, value, format: formatOf(value, marker, get) }
  }
  return undefined
}

function formatOf(value: string, marker: ExpirationMarker, get: (key: string) => string | undefined): ExpirationFormat {
  if (/\d(?:Z|[+-]\d{2}:?\d{2})$/i.test(value)) return 'rfc3339'
  if (/^\d{9,11}$/.test(value)) return 'epoch'
  if (marker.key !== 'expiration') return marker.format === 'rfc3339' ? 'naive-utc' : marker.format
  return get('manager') === 'awsume' || get('autoawsume') !== undefined ? 'naive-local' : marker.format
}
