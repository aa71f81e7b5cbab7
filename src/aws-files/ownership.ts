/**
 * Whose credentials a section of the credentials file holds, and the keys by which that is known. The rules, in order:
 *
 * 1. a session token, and the key id in `awsmfa_state` is the section's: the session is login's. Its key id may begin
 *    with AKIA: servers that imitate STS issue such ids (moto does);
 * 2. a key id that begins with AKIA, or a key id or secret without a session token: long-term credentials, even beside
 *    login's marks. Somebody pasted them over an old session; nothing may change them;
 * 3. any other session: somebody else's. If `awsmfa_state` is for another key id, login's `expiration` and `manager`
 *    are left-overs: `aws configure mfa-login` writes three keys and leaves the rest (AWS CLI 2.36,
 *    configure/mfalogin.py);
 * 4. no credentials, or a session token alone, which nobody can use: empty.
 *
 * Of several keys of one name all must agree for rule 1, and every value counts for rule 2.
 */
import type { ExpirationFormat } from '../model/credentials.ts'
import type { ProfileView } from '../model/profile.ts'

/** The keys that login writes and logout removes, in the order in which login writes them. */
export const MANAGED_KEYS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'expiration',
  'manager',
  'awsmfa_state',
] as const

/** One of the keys that login writes. */
export type ManagedKey = (typeof MANAGED_KEYS)[number]

/**
 * What `manager` says in a section that login wrote; awsume looks at it before it takes a section over (aws_files.py ›
 * add_section).
 */
export const MANAGER = 'awsmfa'

/**
 * The second name of the session token. botocore takes it before `aws_session_token` (credentials.py ›
 * SharedCredentialProvider.TOKENS), so that an old one beside a new session makes every call fail: login removes it.
 */
export const LEGACY_TOKEN_KEY = 'aws_security_token'

const CREDENTIAL_AND_MARK_KEYS: ReadonlySet<string> = new Set<string>([...MANAGED_KEYS, LEGACY_TOKEN_KEY])

/** Returns whether login decides what a key (in lower case) of its section says. */
export function isManagedKey(key: string): boolean {
  return CREDENTIAL_AND_MARK_KEYS.has(key)
}

/** A key of a section, in lower case, and its value. */
export interface SectionEntry {
  readonly key: string
  readonly value: string
}

/** Whose credentials a section holds, and so what login and logout may do with it. */
export type SectionOwnership =
  /** No such section: login makes it. */
  | { readonly kind: 'absent' }
  /** No credentials: taken. `marked`: login's marks are there. */
  | { readonly kind: 'empty'; readonly marked: boolean }
  /** What login wrote. `expiration`: as it is written; undefined: somebody removed it. */
  | {
      readonly kind: 'ours'
      readonly accessKeyId: string
      readonly expiration: string | undefined
      readonly requestHash: string
    }
  /**
   * Never overwritten, never removed. `complete`: key id and secret are both there. `marked`: login's marks are there
   * too.
   */
  | {
      readonly kind: 'long-term'
      readonly accessKeyId: string | undefined
      readonly complete: boolean
      readonly marked: boolean
    }
  /**
   * Another's session. `expiration` undefined: unknown. `marked`: login's marks of an earlier session are there too.
   */
  | {
      readonly kind: 'foreign-session'
      readonly accessKeyId: string | undefined
      readonly complete: boolean
      readonly marked: boolean
      readonly manager: string | undefined
      readonly expiration: MarkedExpiration | undefined
    }

/** Returns whose credentials a section holds; `entries` is undefined for a section that is not there. */
export function classifySection(entries: readonly SectionEntry[] | undefined): SectionOwnership {
  if (entries === undefined) return { kind: 'absent' }
  const valuesOf = (...keys: string[]) =>
    entries.filter(({ key, value }) => keys.includes(key) && value !== '').map(({ value }) => value)
  const get = (key: string) => valuesOf(key).at(-1)
  const keyIds = valuesOf('aws_access_key_id')
  const accessKeyId = keyIds.at(-1)
  const hasSecret = valuesOf('aws_secret_access_key').length > 0
  const hasSessionToken = valuesOf('aws_session_token', LEGACY_TOKEN_KEY).length > 0
  const marked = valuesOf('awsmfa_state').length > 0 || get('manager') === MANAGER
  const longTermId = keyIds.find((keyId) => keyId.startsWith('AKIA'))
  const complete = accessKeyId !== undefined && hasSecret
  const state = parseStateValue(get('awsmfa_state') ?? '')
  if (hasSessionToken && state !== undefined && accessKeyId !== undefined) {
    const isOurs = keyIds.every((keyId) => keyId === state.accessKeyId)
    if (isOurs) return { kind: 'ours', accessKeyId, expiration: get('expiration'), requestHash: state.requestHash }
  }
  if (longTermId !== undefined) return { kind: 'long-term', accessKeyId: longTermId, complete, marked }
  if (accessKeyId === undefined && !hasSecret) return { kind: 'empty', marked }
  if (!hasSessionToken) return { kind: 'long-term', accessKeyId, complete, marked }
  return { kind: 'foreign-session', accessKeyId, complete, marked, ...foreignMarks(get, marked) }
}

/** Returns whose credentials a profile's section in the credentials file holds, whatever config has. */
export function classifyProfile(profile: ProfileView | undefined): SectionOwnership {
  if (profile?.lines.credentials === undefined) return classifySection(undefined)
  return classifySection(
    profile.keys().map((key) => ({ key, value: profile.getFrom('credentials', key)?.value ?? '' })),
  )
}

function foreignMarks(get: (key: string) => string | undefined, marked: boolean) {
  const manager = get('manager')
  const isLeftOver = (key: string, value: string | undefined) =>
    marked && key === 'expiration' && value !== undefined && hasOwnExpirationForm(value)
  return {
    manager: manager === MANAGER ? undefined : manager,
    expiration: markedExpiration((key) => (isLeftOver(key, get(key)) ? undefined : get(key))),
  }
}

/**
 * The value of `awsmfa_state`: `1:<access key id>:<layout>:<request hash>`. It is on people's disks, so version 1 is
 * read for ever. No part of it is secret, and nothing but awsmfa reads it.
 *
 * The layout is what logout must undo besides the keys: `s` login made the section, `k` it was there before; `b` login
 * added a blank line before it; `e` and four hex digits: login added an end to the line above. The digits are a
 * checksum of that line, so that logout removes the line end only if that line is the last one again.
 */
export interface SectionState {
  /** The key id of the session that login wrote; if the section holds another, its session is not ours. */
  readonly accessKeyId: string
  /** What shaped the request, as the caller of login gave it. */
  readonly requestHash: string
  readonly madeSection: boolean
  readonly addedBlankLine: boolean
  /** Checksum of a line to which login gave its line end. */
  readonly endedLine: string | undefined
}

/** Returns the value of `awsmfa_state`. Throws a plain Error for parts outside their alphabets. */
export function formatStateValue(state: SectionState): string {
  if (!isStateAccessKeyId(state.accessKeyId) || !/^[0-9a-f.]{1,80}$/.test(state.requestHash))
    throw new Error('a part of the state is outside its alphabet')
  const layout = `${state.madeSection ? 's' : 'k'}${state.addedBlankLine ? 'b' : ''}${state.endedLine === undefined ? '' : `e${state.endedLine}`}`
  return `1:${state.accessKeyId}:${layout}:${state.requestHash}`
}

/** Reads the value of `awsmfa_state`; undefined if it is not of this version. */
export function parseStateValue(value: string): SectionState | undefined {
  const match = /^1:(\w{1,128}):([ks])(b?)(?:e([0-9a-f]{4}))?:([0-9a-f.]{1,80})$/.exec(value)
  if (match === null) return undefined
  const [, accessKeyId = '', origin, blank, endedLine, requestHash = ''] = match
  return { accessKeyId, requestHash, madeSection: origin === 's', addedBlankLine: blank === 'b', endedLine }
}

/** Returns whether an access key id is of AWS's alphabet and length (IAM API, AccessKey: `[\w]+`, at most 128). */
export function isStateAccessKeyId(accessKeyId: string): boolean {
  return /^\w{1,128}$/.test(accessKeyId)
}

/**
 * Returns four hex digits that recognize a line: FNV-1a (Fowler, Noll, Vo), folded to 16 bits as its authors advise.
 */
export function lineChecksum(line: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < line.length; index++) hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193) >>> 0
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, '0')
}

/**
 * The keys that say when a session ends, the most trusted first. Sources: the writers' own code (file › function, as of
 * 2026).
 */
export const EXPIRATION_KEYS: readonly string[] = [
  // broamski/aws-mfa (awsmfa/__init__.py › get_credentials), in UTC without a zone.
  'expiration',
  // saml2aws (pkg/awsconfig/awsconfig.go › Save), okta-aws-cli.
  'x_security_token_expires',
  // dcoker/awsmfa (awsmfa/__main__.py › update_credentials_file).
  'awsmfa_expiration',
  // aws-vault export --format ini.
  'aws_credential_expiration',
  // gsts, and scripts in public repositories; the next two: such scripts alone.
  'aws_session_expiration',
  'aws_session_token_expiration',
  'aws_expiration',
]

/**
 * Keys that describe another tool's session without saying when it ends; they go when login puts another session there.
 * The writers: broamski/aws-mfa, awsume (`source_expiration` is when the source session ends, not this one), saml2aws.
 */
export const COMPANION_KEYS: readonly string[] = [
  'assumed_role',
  'assumed_role_arn',
  'autoawsume',
  'awsumepy_command',
  'source_expiration',
  'x_principal_arn',
]

/** Returns whether a key (in lower case) belongs to another tool's session and dies with it. */
export function isForeignMark(key: string): boolean {
  return EXPIRATION_KEYS.includes(key) || COMPANION_KEYS.includes(key)
}

/** When a session ends, as a marker says it, and how to read that. */
export interface MarkedExpiration {
  readonly key: string
  readonly value: string
  readonly format: ExpirationFormat
}

/** The one form in which awsmfa writes `expiration`. */
const OWN_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** Returns whether a value of `expiration` has exactly the form that awsmfa writes. */
export function hasOwnExpirationForm(value: string): boolean {
  return OWN_FORM.test(value)
}

/**
 * Finds the marker that says when the session in a section ends; `get` returns the value of a key (in lower case)
 * there. A value that carries an offset, or is a number, is read as that, whatever tool wrote it. `expiration` without
 * an offset is UTC (broamski/aws-mfa), or local time where awsume signed the section (lib/cache.py; `manager = awsume`,
 * `autoawsume`).
 */
export function markedExpiration(get: (key: string) => string | undefined): MarkedExpiration | undefined {
  for (const key of EXPIRATION_KEYS) {
    const value = get(key)
    if (value !== undefined && value !== '') return { key, value, format: formatOf(value, key, get) }
  }
  return undefined
}

function formatOf(value: string, key: string, get: (key: string) => string | undefined): ExpirationFormat {
  if (/\d(?:Z|[+-]\d{2}:?\d{2})$/i.test(value)) return 'rfc3339'
  if (/^\d{9,11}$/.test(value)) return 'epoch'
  const isAwsumes = key === 'expiration' && (get('manager') === 'awsume' || get('autoawsume') !== undefined)
  return isAwsumes ? 'naive-local' : 'naive-utc'
}
