/**
 * `status` in its four forms: one line, a table, JSON, a template. This is on the fast path: no library, no Intl.
 */
import type { TextStyle } from '../core/ports.ts'
import { formatExpiration } from '../core/sessions/expiration.ts'
import type { SessionState } from '../core/sessions/session-state.ts'
import { secondsRemaining } from '../core/status/status-entry.ts'
import type { StatusEntry } from '../core/status/status-entry.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import type { Colour } from './colour.ts'
import { identityInWords } from './identity.ts'
import { formatInstant, formatRemaining, formatRemainingShort } from './remaining.ts'
import { displayWidth, padDisplay, shortenDisplay } from './width.ts'

/** One profile on one line, without a line end: `work  valid  11 h 20 min left, until 19:40  alice in 111111111111`. */
export function renderStatusLine(entry: StatusEntry, now: Date, style: TextStyle): string {
  const identity = identityInWords(entry.account, entry.arn)
  const through = entry.sourceProfile === undefined ? undefined : `through ${visible(entry.sourceProfile)}`
  const parts = [visible(entry.profile), paint(entry.state, COLOURS[entry.state], style), whatIsLeft(entry, now), through, identity]
  return parts.filter((part) => part !== undefined).join('  ')
}

/** Many profiles as a table with a header, each line ended; those with a session first, else in the order given. */
export function renderStatusTable(entries: readonly StatusEntry[], now: Date, style: TextStyle): string {
  const sorted = [...entries.filter((entry) => entry.state !== 'none'), ...entries.filter((entry) => entry.state === 'none')]
  const widest = Math.max(PROFILE_HEADER.length, ...sorted.map((entry) => displayWidth(visible(entry.profile))))
  const layout = layoutFor(widest, sorted.some((entry) => entry.sourceProfile !== undefined), style)
  const header = row({ profile: PROFILE_HEADER, state: 'STATE', left: 'LEFT', until: 'UNTIL', through: '' }, layout)
  const lines = sorted.map((entry) => row(cellsOf(entry, now, style, layout), layout))
  return [paint(header, 'bold', style), ...lines].map((line) => `${line}\n`).join('')
}

/** The object of `status --json`, every field always there, in a fixed order. */
export function statusObject(entry: StatusEntry, now: Date): Readonly<Record<string, string | number | null>> {
  return {
    profile: entry.profile,
    state: entry.state,
    expiration: entry.expiration === undefined ? null : formatExpiration(entry.expiration),
    secondsRemaining: secondsRemaining(entry, now) ?? null,
    source: entry.source ?? null,
    sourceProfile: entry.sourceProfile ?? null,
    managedBy: entry.managedBy ?? null,
    accessKeyId: entry.accessKeyId ?? null,
    account: entry.account ?? null,
    arn: entry.arn ?? null,
  }
}

/** What `--format` may name. */
export const PLACEHOLDERS = ['profile', 'state', 'remaining', 'expiration', 'seconds', 'source', 'account'] as const

/** Finds the first `{name}` of a template that stands for nothing; undefined where all are known. */
export function unknownPlaceholder(template: string): string | undefined {
  for (const [, name] of withoutBraces(template).matchAll(/\{([^{}]*)\}?/g)) {
    if (!PLACEHOLDERS.some((known) => known === name)) return name ?? ''
  }
  return undefined
}

/** Fills a template whose names are all known. `{{` stands for a brace, and so does `}}`; what is not known is empty. */
export function renderTemplate(template: string, entry: StatusEntry, now: Date): string {
  const seconds = secondsRemaining(entry, now)
  const values: Readonly<Record<(typeof PLACEHOLDERS)[number], string>> = {
    profile: visible(entry.profile),
    state: entry.state,
    remaining: seconds === undefined ? '' : formatRemaining(seconds),
    expiration: entry.expiration === undefined ? '' : formatExpiration(entry.expiration),
    seconds: seconds === undefined ? '' : String(seconds),
    source: entry.source ?? '',
    account: entry.account ?? '',
  }
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name: string | undefined) =>
    name === undefined ? found.charAt(0) : values[name as keyof typeof values],
  )
}

const PROFILE_HEADER = 'PROFILE'
const STATE_WIDTH = 'expiring'.length
const BAR_CELLS = 17
const LEFT_WIDTH = '11 min'.length
const UNTIL_WIDTH = 'yesterday 18:02'.length
/** The scales of the bar, in seconds: the first that what is left fits into. */
const SCALES = [3600, 43_200, 129_600]

const COLOURS: Readonly<Record<SessionState, Colour>> = { valid: 'green', expiring: 'yellow', expired: 'red', unknown: 'yellow', none: 'dim' }

interface Layout {
  readonly profile: number
  readonly bar: boolean
  readonly until: boolean
  readonly through: boolean
}

interface Cells {
  readonly profile: string
  readonly state: string
  readonly left: string
  readonly until: string
  readonly through: string
}

/** Gives up the bar first, then the profile that a session comes through, then the end, then length of names. */
function layoutFor(widest: number, anyThrough: boolean, style: TextStyle): Layout {
  const columns = style.columns
  if (columns === undefined) return { profile: widest, bar: false, until: true, through: anyThrough }
  const base = 2 + STATE_WIDTH + 2 + LEFT_WIDTH
  const extras = [
    { bar: true, until: true, through: anyThrough, width: BAR_CELLS + 1 + 2 + UNTIL_WIDTH + (anyThrough ? 20 : 0) },
    { bar: false, until: true, through: anyThrough, width: 2 + UNTIL_WIDTH + (anyThrough ? 20 : 0) },
    { bar: false, until: true, through: false, width: 2 + UNTIL_WIDTH },
    { bar: false, until: false, through: false, width: 0 },
  ]
  const fitting = extras.find((extra) => widest + base + extra.width <= columns) ?? { bar: false, until: false, through: false, width: 0 }
  const { bar, until, through } = fitting
  return { profile: Math.max(PROFILE_HEADER.length, Math.min(widest, columns - base - fitting.width)), bar, until, through }
}

function cellsOf(entry: StatusEntry, now: Date, style: TextStyle, layout: Layout): Cells {
  const seconds = secondsRemaining(entry, now)
  const colour = COLOURS[entry.state]
  const words = seconds === undefined || seconds === 0 ? '' : formatRemainingShort(seconds)
  const bar = layout.bar && seconds !== undefined && seconds > 0 ? `${paint(barOf(seconds, style), colour, style)} ` : ''
  return {
    profile: visible(entry.profile),
    state: paint(entry.state.padEnd(STATE_WIDTH), colour, style),
    left: bar + words + ' '.repeat(Math.max(0, leftWidth(layout) - (bar === '' ? 0 : BAR_CELLS + 1) - words.length)),
    until: entry.expiration === undefined ? '' : formatInstant(entry.expiration, now),
    through: entry.sourceProfile === undefined ? '' : `through ${visible(entry.sourceProfile)}`,
  }
}

function leftWidth(layout: Layout): number {
  return LEFT_WIDTH + (layout.bar ? BAR_CELLS + 1 : 0)
}

function row(cells: Cells, layout: Layout): string {
  const profile = padDisplay(shortenDisplay(cells.profile, layout.profile), layout.profile)
  const parts = [profile, cells.state.padEnd(STATE_WIDTH), cells.left.padEnd(leftWidth(layout))]
  if (layout.until) parts.push(layout.through ? cells.until.padEnd(UNTIL_WIDTH) : cells.until)
  if (layout.through) parts.push(cells.through)
  return parts.join('  ').trimEnd()
}

function barOf(seconds: number, style: TextStyle): string {
  const scale = SCALES.find((candidate) => seconds <= candidate) ?? seconds
  const full = Math.min(BAR_CELLS, Math.max(1, Math.round((seconds / scale) * BAR_CELLS)))
  const [filled, empty] = style.unicode ? ['█', '░'] : ['#', '.']
  return filled.repeat(full) + empty.repeat(BAR_CELLS - full)
}

function whatIsLeft(entry: StatusEntry, now: Date): string {
  const { expiration } = entry
  if (entry.state === 'none') return 'no session'
  if (expiration === undefined) return 'nothing says when it ends'
  const seconds = secondsRemaining(entry, now) ?? 0
  return seconds === 0 ? `ended ${formatInstant(expiration, now)}` : `${formatRemaining(seconds)} left, until ${formatInstant(expiration, now)}`
}

function withoutBraces(template: string): string {
  return template.replace(/\{\{|\}\}/g, '')
}
