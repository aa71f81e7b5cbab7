/** What `cache` shows and says: the sessions that awsmfa keeps, never their secrets. */
import type { TextStyle } from '../core/ports.ts'
import { formatExpiration, secondsUntil } from '../core/sessions/expiration.ts'
import type { KeptSession } from '../core/sessions/kept-session.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { identityInWords, nameOfArn } from './identity.ts'
import { formatInstant, formatRemainingShort } from './remaining.ts'
import { displayWidth, padDisplay } from './width.ts'

/** The kept sessions as a table with a header, each line ended, in the order given. */
export function renderKeptSessions(sessions: readonly KeptSession[], now: Date, style: TextStyle): string {
  const rows = [['PROFILES', 'SESSION', 'KEY', 'LEFT', 'UNTIL'], ...sessions.map((session) => cellsOf(session, now))]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => displayWidth(cells[column] ?? ''))))
  const lines = rows.map((cells) => cells.map((cell, column) => padDisplay(cell, widths[column] ?? 0)).join('  ').trimEnd())
  return lines.map((line, index) => `${index === 0 ? paint(line, 'bold', style) : line}\n`).join('')
}

/** The objects of `cache show --json`, every field always there, in a fixed order. */
export function keptSessionObject(session: KeptSession, now: Date): Readonly<Record<string, string | number | null | readonly string[]>> {
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

/** Some entries do not open: of another key, of another version, damaged. They cost a code, and are replaced in time. */
export function renderUnopened(count: number): string {
  const what = count === 1 ? 'one more entry cannot be opened: it was sealed with a key that is gone, or is damaged' : `${count} more entries cannot be opened: they were sealed with a key that is gone, or are damaged`
  return note(`${what}. To remove ${count === 1 ? 'it' : 'them'}: awsmfa cache clear`)
}

/** What `cache clear` removed; `profiles`: those that were named, none for all. */
export function renderCleared(count: number, profiles: readonly string[], style: TextStyle): string {
  const whose = profiles.length === 0 ? '' : ` of ${named(profiles)}`
  if (count === 0) return note(profiles.length === 0 ? 'no session is kept' : `no session${whose} is kept`)
  return `${paint(style.unicode ? '✔' : 'ok', 'green', style)} ${count === 1 ? 'one session' : `${count} sessions`}${whose} ${count === 1 ? 'is' : 'are'} gone from awsmfa's cache\n`
}

/** Others lose a session that they shared with those that were named. */
export function renderAlsoUsedBy(profiles: readonly string[]): string {
  return note(`shared with ${named(profiles)}: a new session for ${profiles.length === 1 ? 'it' : 'them'} takes a code too`)
}

function cellsOf(session: KeptSession, now: Date): readonly string[] {
  const seconds = secondsLeft(session, now)
  const left = seconds === 0 ? 'ended' : formatRemainingShort(seconds)
  return [session.profiles.map((profile) => visible(profile)).join(', '), sessionInWords(session), session.accessKeyId, left, formatInstant(session.expiration, now)]
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
  const words = profiles.map((profile) => `'${visible(profile)}'`)
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}
