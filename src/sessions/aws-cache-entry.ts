/**
 * Entries of the caches in which the AWS CLI (`~/.aws/cli/cache`) and botocore (`~/.aws/boto/cache`, SAM) keep the
 * session of a role profile: their names, their form, how long they keep their readers from prompting, and finding
 * those of a profile.
 *
 * Sources: botocore, credentials.py › AssumeRoleProvider, BaseAssumeRoleCredentialFetcher, CachedCredentialFetcher;
 * utils.py › JSONFileCache; awscli, customizations/assumerole.py. Observed with aws-cli 1.46 and 2.9, boto3 and SAM
 * 1.170.
 */
import type { ShortTermCredentials } from '../model/credentials.ts'
import { parseExpiration } from '../model/credentials.ts'
import type { ProfileView } from '../model/profile.ts'
import type { SessionSource, StoredSession } from './reuse.ts'
import { isObject, parseJsonObject } from './session-record.ts'

/**
 * The arguments of AssumeRole that a profile itself sets, from which botocore makes the name of its entry. The source
 * profile, its keys, the endpoint and the region are not among them, so two profiles, or two people of one home, can
 * share an entry.
 */
export type CacheArguments = {
  readonly RoleArn: string
  /** An integer of any size, as in Python. */
  readonly DurationSeconds?: bigint
  readonly ExternalId?: string
  readonly RoleSessionName?: string
  readonly SerialNumber?: string
}

/** What awsmfa adds to its own entries to recognize them. Their readers ignore it. */
export interface CacheMark {
  /** The profiles that were signed in with the entry, at least one. */
  readonly profiles: readonly string[]
  /** The `hashRequest` of the request that created it. */
  readonly requestHash: string
}

/** An entry that its readers accept. `mark` undefined: another program wrote it. */
export interface CacheEntry {
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string | undefined
  readonly mark?: CacheMark | undefined
}

const MARK_KEY = 'Awsmfa'

const MARK_VERSION = 1

/** Readers ignore an entry with less time remaining (CachedCredentialFetcher.DEFAULT_EXPIRY_WINDOW_SECONDS). */
const EXPIRY_WINDOW_MS = 15 * 60_000

/** The longest role session (STS API, AssumeRole: 43,200 s), and 5 minutes for clocks that differ. */
const MAXIMUM_LIFETIME_MS = 12 * 3_600_000 + 5 * 60_000

/** Since 3.11 Python's int() refuses more digits (sys.int_info.default_max_str_digits). */
const MAXIMUM_DIGITS = 4_300

/**
 * What botocore's configparser strips from both ends of a line of a value: the whitespace of Python's str.isspace().
 * JavaScript's `\s` has U+FEFF besides, and lacks U+0085 and U+001C to U+001F.
 */
const OUTER_WHITESPACE =
  // eslint-disable-next-line no-control-regex -- Python strips these control characters
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

/**
 * Returns the arguments for a profile, from its own keys as SDKs see them. Undefined if botocore would have no entry
 * for it: without `role_arn`, or with one of these keys as a nested block.
 */
export function cacheArgumentsOf(profile: Pick<ProfileView, 'getFrom' | 'configForm'>): CacheArguments | undefined {
  const get = (key: string) => visibleValue(profile, key)
  const [roleArn, serialNumber, externalId] = [get('role_arn'), get('mfa_serial'), get('external_id')]
  const [sessionName, duration] = [get('role_session_name'), get('duration_seconds')]
  if (roleArn === undefined || roleArn === '') return undefined
  if ([roleArn, serialNumber, externalId, sessionName, duration].some((value) => value?.startsWith('\n')))
    return undefined
  const durationSeconds = duration === undefined ? undefined : parsePythonInt(duration)
  return {
    RoleArn: roleArn,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
    // botocore passes empty values on, except for an empty session name: it generates one instead.
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(sessionName === undefined || sessionName === '' ? {} : { RoleSessionName: sessionName }),
    ...(serialNumber === undefined ? {} : { SerialNumber: serialNumber }),
  }
}

/**
 * Returns the file name of an entry, `<40 hexadecimal digits>.json`. `sha1` takes ASCII and returns lowercase
 * hexadecimal digits.
 */
export function cacheEntryName(cacheArguments: CacheArguments, sha1: (text: string) => string): string {
  return `${sha1(spellArguments(cacheArguments))}.json`
}

/**
 * Returns whether a file name has the form of an entry's. Other programs keep other files in the folder, some named
 * alike.
 */
export function isCacheEntryName(name: string): boolean {
  return /^[0-9a-f]{40}\.json$/.test(name)
}

/** Returns the text that botocore hashes: Python's json.dumps(arguments, sort_keys=True). */
export function spellArguments(cacheArguments: CacheArguments): string {
  const members = Object.entries<string | bigint>(cacheArguments)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `"${name}": ${typeof value === 'bigint' ? String(value) : toAscii(JSON.stringify(value))}`)
  return `{${members.join(', ')}}`
}

/** Returns an entry as one line of ASCII JSON, in the form in which the AWS CLI writes its own, with awsmfa's mark. */
export function encodeCacheEntry({
  credentials,
  assumedRoleArn,
  mark,
}: CacheEntry & { readonly mark: CacheMark }): string {
  const account = assumedRoleArn === undefined ? undefined : /^arn:[^:]*:sts:[^:]*:(\d{12}):/.exec(assumedRoleArn)?.[1]
  const entry = {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: `${credentials.expiration.toISOString().slice(0, 19)}+00:00`,
      AccountId: account,
    },
    AssumedRoleUser: assumedRoleArn === undefined ? undefined : { Arn: assumedRoleArn },
    [MARK_KEY]: { version: MARK_VERSION, profiles: mark.profiles, request: mark.requestHash },
  }
  // The AWS CLI opens it in the encoding of the locale.
  return toAscii(JSON.stringify(entry))
}

/**
 * Reads an entry. Undefined if the AWS CLI would fail on it, which it does with a bare KeyError or worse at every call
 * of the profile, or might: the parts of the session must be non-empty strings, and the expiration must have a zone.
 * Seen there: `+00:00`, `Z`, `UTC`, fractions of a second, a space for the `T`.
 */
export function decodeCacheEntry(text: string): CacheEntry | undefined {
  const entry = parseJsonObject(text)
  const session = entry?.['Credentials']
  if (entry === undefined || !isObject(session)) return undefined
  const [accessKeyId, secretAccessKey] = [nonEmpty(session['AccessKeyId']), nonEmpty(session['SecretAccessKey'])]
  const [sessionToken, written] = [nonEmpty(session['SessionToken']), nonEmpty(session['Expiration'])]
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined || written === undefined)
    return undefined
  const expiration = parseExpiration(written.replace(/ ?UTC$/, 'Z'), 'rfc3339')
  if (expiration === undefined) return undefined
  const user = entry['AssumedRoleUser']
  const assumedRoleArn = isObject(user) ? nonEmpty(user['Arn']) : undefined
  const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration }
  return { credentials, assumedRoleArn, mark: readMark(entry[MARK_KEY]) }
}

/**
 * Returns whether an entry with that expiration keeps its readers from prompting now. One that lasts longer than any
 * role session is not believed, although its readers would: it is from the future, or the clock was set back.
 */
export function isCacheEntryUsable(expiration: Date, now: Date): boolean {
  const remainingMs = expiration.getTime() - now.getTime()
  return remainingMs >= EXPIRY_WINDOW_MS && remainingMs <= MAXIMUM_LIFETIME_MS
}

/** Returns when the readers of an entry begin to prompt again. */
export function promptFreeUntil(expiration: Date): Date {
  return new Date(expiration.getTime() - EXPIRY_WINDOW_MS)
}

/** What is cached under a name. `damaged`: every call of the profile fails on it until it is replaced or removed. */
export type AwsCacheFinding =
  { readonly kind: 'none' } | { readonly kind: 'damaged' } | { readonly kind: 'entry'; readonly entry: CacheEntry }

/** One of the two caches, for reading. */
export interface AwsCacheReader {
  readonly source: SessionSource
  /** Returns what is cached under the name that these arguments have, by any tool. Never throws. */
  readonly findFor: (cacheArguments: CacheArguments) => AwsCacheFinding
}

/** An entry of a profile, and where it was found. */
export interface CachedEntry<Cache extends AwsCacheReader = AwsCacheReader> {
  readonly cache: Cache
  readonly cacheArguments: CacheArguments
  readonly session: StoredSession & { readonly expiration: Date }
}

/** Returns the entries of a profile, of any tool, in the order of the caches. Never throws. */
export function findCachedEntries<Cache extends AwsCacheReader>(
  profile: ProfileView | undefined,
  caches: readonly Cache[],
): readonly CachedEntry<Cache>[] {
  const cacheArguments = profile === undefined ? undefined : cacheArgumentsOf(profile)
  if (cacheArguments === undefined) return []
  return caches.flatMap((cache) => {
    const found = cache.findFor(cacheArguments)
    return found.kind === 'entry' ? [{ cache, cacheArguments, session: storedSession(found.entry, cache.source) }] : []
  })
}

/**
 * Returns an entry as a store holds it. The account and ARN of a role session are in the ARN that AssumeRole returned.
 */
export function storedSession(
  { credentials, mark, assumedRoleArn: arn }: CacheEntry,
  source: SessionSource,
): CachedEntry['session'] {
  const { accessKeyId, expiration } = credentials
  const identity = arn === undefined ? undefined : { account: arn.split(':')[4] ?? '', arn, userId: '' }
  const managedBy = mark === undefined ? 'other' : 'awsmfa'
  return { source, accessKeyId, expiration, managedBy, requestHash: mark?.requestHash, identity, credentials }
}

/** The caches whose readers do not prompt now, and until when none of them does. */
export interface PromptFree {
  readonly sources: readonly SessionSource[]
  readonly until: Date
}

/**
 * Returns which readers a role profile's entries keep from prompting, of any tool; undefined if all would
 * prompt.
 */
export function findPromptFree(
  profile: ProfileView,
  caches: readonly AwsCacheReader[],
  now: Date,
): PromptFree | undefined {
  const sessions = findCachedEntries(profile, caches)
    .map(({ session }) => session)
    .filter(({ expiration }) => isCacheEntryUsable(expiration, now))
  const [until] = sessions
    .map(({ expiration }) => promptFreeUntil(expiration))
    .toSorted((left, right) => left.getTime() - right.getTime())
  return until === undefined ? undefined : { sources: sessions.map(({ source }) => source), until }
}

/**
 * Returns the path and expiration of the valid sessions of a role profile that `logout` leaves in the caches, because
 * other programs wrote them.
 */
export function findForeignEntries(
  profile: ProfileView | undefined,
  caches: readonly (AwsCacheReader & { readonly pathFor: (cacheArguments: CacheArguments) => string })[],
  now: Date,
): readonly { readonly path: string; readonly expiration: Date }[] {
  return findCachedEntries(profile, caches)
    .filter(({ session }) => session.managedBy === 'other' && session.expiration > now)
    .map(({ cache, cacheArguments, session }) => ({
      path: cache.pathFor(cacheArguments),
      expiration: session.expiration,
    }))
}

/**
 * The commands of SAM that read its cache: its others make a session without one (samcli, cli/context.py ›
 * _refresh_session). Observed with 1.170, docs/compatibility.md.
 */
export const CACHED_IN_SAM = 'SAM (deploy, package, publish, traces)'

/** Returns who reads a cache and does not prompt: `the AWS CLI`. */
export function quietReaderOf(source: SessionSource): string {
  return source === 'boto-cache' ? CACHED_IN_SAM : readerOf(source)
}

/** Returns whose cache it is: `the AWS CLI`. */
export function readerOf(source: SessionSource): string {
  return source === 'cli-cache' ? 'the AWS CLI' : source === 'boto-cache' ? 'SAM' : 'some tool'
}

/** Returns a value as botocore sees it: it does not read a bare section of the config file. */
function visibleValue(
  { getFrom, configForm }: Pick<ProfileView, 'getFrom' | 'configForm'>,
  key: string,
): string | undefined {
  const found = getFrom('credentials', key) ?? (configForm === 'standard' ? getFrom('config', key) : undefined)
  return found?.value
    .split('\n')
    .map((line) => line.replace(OUTER_WHITESPACE, ''))
    .join('\n')
}

/** Reads what Python's int() reads: a sign, decimal digits of any script, single underscores between them. */
function parsePythonInt(text: string): bigint | undefined {
  const match = /^([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)$/u.exec(text)
  if (match === null) return undefined
  const [, sign = '', written = ''] = match
  const digits = Array.from(written.replaceAll('_', ''), digitOf).join('')
  if (digits.length > MAXIMUM_DIGITS) return undefined
  return sign === '-' ? -BigInt(digits) : BigInt(digits)
}

/** Unicode has the decimal digits of each script as a run of ten, from zero on; some runs follow one another. */
function digitOf(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0
  let before = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(codePoint - before - 1))) before++
  return before % 10
}

/** Escapes as Python does: everything but printable ASCII, DEL too, in lower case, one code unit at a time. */
function toAscii(json: string): string {
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function readMark(value: unknown): CacheMark | undefined {
  if (!isObject(value) || value['version'] !== MARK_VERSION || !Array.isArray(value['profiles'])) return undefined
  const requestHash = nonEmpty(value['request'])
  const profiles = value['profiles'].filter((profile): profile is string => typeof profile === 'string')
  return requestHash === undefined || profiles.length === 0 ? undefined : { profiles, requestHash }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
