/** `cache`: shows the sessions in awsmfa's own cache, without their secrets, or removes them. */
import { identityInWords, nameOfArn } from '../aws/arn.ts'
import type { Invocation } from '../command-line/table.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { formatExpiration, secondsUntil } from '../model/expiration.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sessionState } from '../sessions/reuse.ts'
import type { SessionState } from '../sessions/reuse.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { formatInstant, formatRemainingShort } from '../ui/duration.ts'
import { displayWidth, padDisplay, paint } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { listed, note, quoted, tick, visible } from '../ui/words.ts'

/** What `cache` uses. It cannot reach STS: AWS has no way to end a session early. */
type CacheRuntime = Pick<Runtime, 'cache' | 'facts' | 'now' | 'terminal'>

/**
 * Shows the sessions that awsmfa keeps (`show`), or removes those of the named profiles or all (`clear`), and gives the
 * exit code: 0, also where there is nothing. What stands in the credentials file is not touched. Throws
 * FILE_NOT_WRITABLE.
 */
export function cache(invocation: Invocation<'cache'>, runtime: CacheRuntime): number {
  const [action, ...profiles] = invocation.positionals
  const { profile } = invocation.options
  if (action === 'show') show(invocation.options.json === true, runtime)
  else clear([...new Set(profile === undefined ? profiles : [profile])], invocation.options.quiet === true, runtime)
  return 0
}

function show(json: boolean, { cache: kept, facts, now: clock, terminal }: CacheRuntime): void {
  const now = clock()
  const records = kept.list().toSorted((left, right) => compare(left, right))
  const sessions = records.map((record) => describeKept(record, now, facts.identityOf))
  const unopened = kept.count() - records.length
  if (json) terminal.stdout(`${JSON.stringify(sessions.map((session) => keptSessionObject(session, now)))}\n`)
  else if (sessions.length > 0) terminal.stdout(renderKeptSessions(sessions, now, terminal.data))
  else if (unopened === 0) terminal.stderr(renderNothingKept())
  if (unopened > 0) terminal.stderr(renderUnopened(unopened))
}

/**
 * By the profiles that use them; of those with the same users the one that lasts longest first, which the others were
 * made from.
 */
function compare(left: SessionRecord, right: SessionRecord): number {
  const [first, second] = [left.profiles.join(), right.profiles.join()]
  if (first !== second) return first < second ? -1 : 1
  return right.credentials.expiration.getTime() - left.credentials.expiration.getTime()
}

function clear(profiles: readonly string[], quiet: boolean, { cache: kept, terminal }: CacheRuntime): void {
  const records =
    profiles.length === 0 ? [] : kept.list().filter((record) => record.profiles.some((name) => profiles.includes(name)))
  const count = profiles.length === 0 ? kept.count() : records.length
  if (profiles.length === 0) kept.removeAll()
  for (const { key } of records) kept.remove(key)
  // Last: what killed processes left of these sessions, too.
  kept.sweep()
  if (quiet) return
  terminal.stderr(renderCleared(count, profiles, terminal.talk))
  const others = [...new Set(records.flatMap((record) => record.profiles))]
    .filter((name) => !profiles.includes(name))
    .toSorted()
  if (others.length > 0) terminal.stderr(renderAlsoUsedBy(others))
}

/** A session in awsmfa's own cache, without its secrets. */
export interface KeptSession {
  readonly kind: 'mfa-session' | 'role-session'
  /** The profiles that use it. */
  readonly profiles: readonly string[]
  readonly state: SessionState
  readonly expiration: Date
  /** Shortened. */
  readonly accessKeyId: string
  /** Of the key that it was made with, shortened. */
  readonly sourceAccessKeyId: string
  readonly serialNumber: string
  /** Who it is, where known. */
  readonly account: string | undefined
  readonly arn: string | undefined
}

/** Tells of a kept session what may be shown. */
export function describeKept(
  record: SessionRecord,
  now: Date,
  identityOf: (accessKeyId: string) => CallerIdentity | undefined,
): KeptSession {
  const { key, credentials, profiles, assumedRoleArn } = record
  const isRole = key.chain !== ''
  const identity = identityOf(credentials.accessKeyId) ?? (isRole ? undefined : identityOf(key.accessKeyId))
  const arn = identity?.arn ?? assumedRoleArn
  return {
    kind: isRole ? 'role-session' : 'mfa-session',
    profiles,
    state: sessionState(credentials, now),
    expiration: credentials.expiration,
    accessKeyId: shortenAccessKeyId(credentials.accessKeyId),
    sourceAccessKeyId: shortenAccessKeyId(key.accessKeyId),
    serialNumber: key.serialNumber,
    account: identity?.account ?? accountOf(arn ?? key.serialNumber),
    arn,
  }
}

/** The account in an ARN; undefined for what is none, such as the serial number of a hardware device. */
function accountOf(arn: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1]
}

/** The kept sessions as a table with a header, each line ended, in the order given. */
export function renderKeptSessions(sessions: readonly KeptSession[], now: Date, style: TextStyle): string {
  const rows = [['PROFILES', 'SESSION', 'KEY', 'LEFT', 'UNTIL'], ...sessions.map((session) => cellsOf(session, now))]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => displayWidth(cells[column] ?? ''))))
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => padDisplay(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line, index) => `${index === 0 ? paint(line, 'bold', style) : line}\n`).join('')
}

/** The objects of `cache show --json`, every field always there, in a fixed order. */
export function keptSessionObject(
  session: KeptSession,
  now: Date,
): Readonly<Record<string, string | number | null | readonly string[]>> {
  return {
    kind: session.kind,
    profiles: session.profiles,
    state: session.state,
    expiration: formatExpiration(session.expiration),
    secondsRemaining: secondsLeft(session, now),
    accessKeyId: session.accessKeyId,
    sourceAccessKeyId: session.sourceAccessKeyId,
    serialNumber: session.serialNumber === '' ? null : session.serialNumber,
    account: session.account ?? null,
    arn: session.arn ?? null,
  }
}

/** There is nothing to show. */
export function renderNothingKept(): string {
  return note('no session is kept')
}

/**
 * Some entries do not open: of another key, of another version, damaged. They cost a code, and are replaced in time.
 */
export function renderUnopened(count: number): string {
  const what =
    count === 1
      ? 'one more entry cannot be opened: it was sealed with a key that is gone, or is damaged'
      : `${count} more entries cannot be opened: they were sealed with a key that is gone, or are damaged`
  return note(`${what}. To remove ${count === 1 ? 'it' : 'them'}: awsmfa cache clear`)
}

/** What `cache clear` removed; `profiles`: those that were named, none for all. */
export function renderCleared(count: number, profiles: readonly string[], style: TextStyle): string {
  const whose = profiles.length === 0 ? '' : ` of ${named(profiles)}`
  if (count === 0) return note(profiles.length === 0 ? 'no session is kept' : `no session${whose} is kept`)
  return `${tick(style)} ${count === 1 ? 'one session' : `${count} sessions`}${whose} ${count === 1 ? 'is' : 'are'} gone from awsmfa's cache\n`
}

/** Others lose a session that they shared with those that were named. */
export function renderAlsoUsedBy(profiles: readonly string[]): string {
  return note(
    `shared with ${named(profiles)}: a new session for ${profiles.length === 1 ? 'it' : 'them'} takes a code too`,
  )
}

function cellsOf(session: KeptSession, now: Date): readonly string[] {
  const seconds = secondsLeft(session, now)
  const left = seconds === 0 ? 'ended' : formatRemainingShort(seconds)
  return [
    session.profiles.map((profile) => visible(profile)).join(', '),
    sessionInWords(session),
    session.accessKeyId,
    left,
    formatInstant(session.expiration, now),
  ]
}

function sessionInWords({ kind, account, arn, serialNumber }: KeptSession): string {
  const identity = identityInWords(account, arn)
  if (kind === 'role-session') return identity ?? 'a role'
  if (arn !== undefined && identity !== undefined) return `MFA session of ${identity}`
  return serialNumber === '' ? 'MFA session' : `MFA session of the device ${nameOfArn(serialNumber)}`
}

function secondsLeft({ expiration }: KeptSession, now: Date): number {
  return Math.max(0, Math.floor(secondsUntil(expiration, now)))
}

function named(profiles: readonly string[]): string {
  return listed(profiles.map(quoted), 'and')
}
