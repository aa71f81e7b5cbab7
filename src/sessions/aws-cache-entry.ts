import type { CallerIdentity, ShortTermCredentials } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import type { ProfileView } from '../model/profile.ts'
import type { SessionSource, StoredSession } from './reuse.ts'
import type { SessionStore } from './stores.ts'

/** What lies under a computed name. `damaged`: every call of the profile fails on it, until it is replaced or removed. */
export type AwsCacheFinding =
  { readonly kind: 'none' } | { readonly kind: 'damaged' } | { readonly kind: 'entry'; readonly entry: CacheEntry }

/** A session to put under a computed name. */
export interface AwsCacheWrite {
  readonly profile: string
  readonly requestHash: string
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string
}

/**
 * One of the caches of the AWS CLI and botocore. By profile name it knows awsmfa's own entries alone, expired ones included;
 * by arguments whatever lies under their name.
 */
export interface AwsCache extends SessionStore {
  /** Looks without touching anything; never throws. */
  readonly findFor: (cacheArguments: CacheArguments) => AwsCacheFinding
  /**
   * Writes an entry whole, mode 0600, over whatever lies there; the caller has found out that it may go. An entry of ours
   * keeps the other profiles of its mark. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE; then what lay there is there still.
   */
  readonly storeFor: (cacheArguments: CacheArguments, write: AwsCacheWrite) => void
  /** Finds out whether `storeFor` could write: makes the folder, and a trial file that it removes. Throws what the write would throw. */
  readonly preflight: () => void
  /** The file for these arguments, whether it is there or not. */
  readonly pathFor: (cacheArguments: CacheArguments) => string
}

/**
 * The entries of the caches in which the AWS CLI (`~/.aws/cli/cache`) and botocore (`~/.aws/boto/cache`, SAM) keep the session
 * of a role profile: what an entry is called, what stands in it, and when it keeps them from asking.
 *
 * Sources: botocore, credentials.py › AssumeRoleProvider, BaseAssumeRoleCredentialFetcher, CachedCredentialFetcher; utils.py ›
 * JSONFileCache; awscli, customizations/assumerole.py. Observed with aws-cli 1.46 and 2.9, boto3 and SAM 1.170.
 */

/**
 * What botocore makes the name of an entry from: the arguments of AssumeRole that the profile itself sets. The source profile,
 * its keys, the endpoint and the region are no part of it, so two profiles, or two people of one home, can share an entry.
 */
export type CacheArguments = {
  readonly RoleArn: string
  /** A whole number of any size, as Python has them. */
  readonly DurationSeconds?: bigint
  readonly ExternalId?: string
  readonly RoleSessionName?: string
  readonly SerialNumber?: string
}

/** What awsmfa writes beside the session, so that it knows its own entries again. No reader looks at it. */
export interface CacheMark {
  /** The profiles that were signed in with the entry, at least one. */
  readonly profiles: readonly string[]
  /** What shaped the request, in the same form as in the credentials file. */
  readonly requestHash: string
}

/** An entry that its readers accept. `mark` undefined: another program made it. */
export interface CacheEntry {
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string
  readonly mark?: CacheMark
}

const MARK_KEY = 'Awsmfa'

const MARK_VERSION = 1

/** Readers drop an entry that has less left (CachedCredentialFetcher.DEFAULT_EXPIRY_WINDOW_SECONDS). */
const DROPPED_BELOW_MS = 15 * 60_000

/** No role session lasts longer (STS API, AssumeRole: at most 43,200 s); the rest is for clocks that differ. */
const LONGEST_MS = 12 * 3_600_000 + 5 * 60_000

/** Since 3.11 Python's int() refuses more digits (sys.int_info.default_max_str_digits). */
const MAXIMUM_DIGITS = 4_300

/**
 * What botocore's configparser takes off both ends of a line of a value: what Python's str.isspace() says is one. Not JavaScript's
 * `\s`, which knows U+FEFF and not U+0085 and U+001C to U+001F.
 */
const OUTER_BLANKS =
  // eslint-disable-next-line no-control-regex -- these control characters are what is looked for
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

/**
 * Gives the arguments for a profile, from its own keys as SDKs see them. Undefined where botocore would have no entry for it:
 * without `role_arn`, or with one of these keys as a nested block.
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
    // Empty, they are arguments all the same; but for the session name, which botocore then makes up.
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(sessionName === undefined || sessionName === '' ? {} : { RoleSessionName: sessionName }),
    ...(serialNumber === undefined ? {} : { SerialNumber: serialNumber }),
  }
}

/** Gives the name of the entry's file, `<40 hexadecimal digits>.json`. `sha1` gets ASCII text and gives lowercase hexadecimal digits. */
export function cacheEntryName(cacheArguments: CacheArguments, sha1: (text: string) => string): string {
  return `${sha1(spellArguments(cacheArguments))}.json`
}

/** Tells whether a file name has the form of an entry's. Other programs keep other things in the same folder, some of the same form. */
export function isCacheEntryName(name: string): boolean {
  return /^[0-9a-f]{40}\.json$/.test(name)
}

/** Gives the text that botocore hashes: Python's json.dumps(arguments, sort_keys=True). */
export function spellArguments(cacheArguments: CacheArguments): string {
  const members = Object.entries<string | bigint>(cacheArguments)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `"${name}": ${typeof value === 'bigint' ? String(value) : toAscii(JSON.stringify(value))}`)
  return `{${members.join(', ')}}`
}

/** Writes an entry as one line of ASCII JSON, in the form in which the AWS CLI writes its own, and with our mark. */
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
 * Reads an entry. Undefined where the AWS CLI would fail on it, which it does with a bare KeyError or worse at every call of the
 * profile, and on doubt: the parts of the session must be non-empty texts, and the expiration must have a zone. Seen there:
 * `+00:00`, `Z`, `UTC`, fractions of a second, a space for the `T`.
 */
export function decodeCacheEntry(text: string): CacheEntry | undefined {
  const entry = parseObject(text)
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
  const mark = readMark(entry[MARK_KEY])
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken, expiration },
    ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }),
    ...(mark === undefined ? {} : { mark }),
  }
}

/**
 * Tells whether an entry with that expiration keeps its readers from asking now. One that ends later than any role session can
 * is from the future, or the clock went back: it is not believed, though its readers would.
 */
export function isCacheEntryUsable(expiration: Date, now: Date): boolean {
  const leftMs = expiration.getTime() - now.getTime()
  return leftMs >= DROPPED_BELOW_MS && leftMs <= LONGEST_MS
}

/** Gives the instant from which the readers of an entry ask again. */
export function quietUntil(expiration: Date): Date {
  return new Date(expiration.getTime() - DROPPED_BELOW_MS)
}

/** SDKs do not read a bare section of the config file. */
function visibleValue(
  { getFrom, configForm }: Pick<ProfileView, 'getFrom' | 'configForm'>,
  key: string,
): string | undefined {
  const found = getFrom('credentials', key) ?? (configForm === 'standard' ? getFrom('config', key) : undefined)
  return found?.value
    .split('\n')
    .map((line) => line.replace(OUTER_BLANKS, ''))
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

/** Unicode has the decimal digits of each script in a run of ten, from zero on; some runs follow one another. */
function digitOf(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0
  let before = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(codePoint - before - 1))) before++
  return before % 10
}

/** Python writes everything but printable ASCII as an escape, DEL too, in lower case and a code unit at a time. */
function toAscii(json: string): string {
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function readMark(value: unknown): CacheMark | undefined {
  if (!isObject(value) || value['version'] !== MARK_VERSION || !Array.isArray(value['profiles'])) return undefined
  const requestHash = nonEmpty(value['request'])
  const profiles = value['profiles'].filter((profile): profile is string => typeof profile === 'string')
  return requestHash === undefined || profiles.length === 0 ? undefined : { profiles, requestHash }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    // Whatever is wrong with it, its readers fail on it.
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A session from a cache of the AWS CLI or botocore, with who it is where the entry says so. */
export interface CachedSession extends StoredSession {
  readonly identity: CallerIdentity | undefined
}

/** Finds the session that the caches hold for a role profile, whoever made it: the one that lasts longest. */
export function findCachedSession(
  profile: ProfileView,
  caches: readonly Pick<AwsCache, 'source' | 'findFor'>[],
): CachedSession | undefined {
  const cacheArguments = cacheArgumentsOf(profile)
  if (cacheArguments === undefined) return undefined
  const sessions = caches.flatMap(({ source, findFor }): readonly (CachedSession & { readonly expiration: Date })[] => {
    const found = findFor(cacheArguments)
    if (found.kind !== 'entry') return []
    const {
      credentials: { accessKeyId, expiration },
      mark,
      assumedRoleArn: arn,
    } = found.entry
    const identity = arn === undefined ? undefined : { account: arn.split(':')[4] ?? '', arn, userId: '' }
    return [{ source, accessKeyId, expiration, managedBy: mark === undefined ? 'other' : 'awsmfa', identity }]
  })
  return sessions.reduce<(CachedSession & { readonly expiration: Date }) | undefined>(
    (best, session) => (best === undefined || session.expiration > best.expiration ? session : best),
    undefined,
  )
}

/** A session that another program, such as the AWS CLI, put into a cache for a role profile. */
export interface OthersEntry {
  readonly path: string
  readonly expiration: Date
}

/** Finds the sessions that still hold and that logout leaves, since awsmfa did not make them. */
export function findOthersEntries(
  profile: ProfileView,
  caches: readonly Pick<AwsCache, 'findFor' | 'pathFor'>[],
  now: Date,
): readonly OthersEntry[] {
  const cacheArguments = cacheArgumentsOf(profile)
  if (cacheArguments === undefined) return []
  return caches.flatMap(({ findFor, pathFor }) => {
    const found = findFor(cacheArguments)
    if (found.kind !== 'entry' || found.entry.mark !== undefined || found.entry.credentials.expiration <= now) return []
    return [{ path: pathFor(cacheArguments), expiration: found.entry.credentials.expiration }]
  })
}

/** The caches whose readers do not ask for a code now, and until when none of these readers does. */
export interface Quiet {
  readonly sources: readonly SessionSource[]
  readonly until: Date
}

/** Finds out which readers a role profile's entries keep from asking, whoever made these; undefined where all would ask. */
export function findQuiet(
  profile: ProfileView,
  caches: readonly Pick<AwsCache, 'source' | 'findFor'>[],
  now: Date,
): Quiet | undefined {
  const cacheArguments = cacheArgumentsOf(profile)
  const entries = caches.flatMap(({ source, findFor }) => {
    const found = cacheArguments === undefined ? undefined : findFor(cacheArguments)
    return found?.kind === 'entry' && isCacheEntryUsable(found.entry.credentials.expiration, now)
      ? [{ source, until: quietUntil(found.entry.credentials.expiration) }]
      : []
  })
  const [soonest] = entries.map(({ until }) => until).toSorted((left, right) => left.getTime() - right.getTime())
  return soonest === undefined ? undefined : { sources: entries.map(({ source }) => source), until: soonest }
}

/** Who reads a cache: `the AWS CLI`. */
export function readerOf(source: SessionSource): string {
  return CACHE_READERS[source] ?? 'some tool'
}

const CACHE_READERS: Readonly<Partial<Record<SessionSource, string>>> = {
  'cli-cache': 'the AWS CLI',
  'boto-cache': 'SAM',
}
