/** How text looks on one stream: color, Unicode, width. Pure, for the quick answers. */
import { eastAsianWidth } from 'get-east-asian-width'

/** Whether a stream is a terminal, and the width that it reports. */
export interface StreamFacts {
  readonly isTTY: boolean
  readonly columns: number | undefined
}

/** How text may look on a stream. `columns` is undefined if it is not a terminal. */
export interface TextStyle {
  readonly color: boolean
  readonly unicode: boolean
  readonly columns: number | undefined
}

/** What a style depends on. `noColor` is `--no-color`; `platform` is `process.platform`. */
export interface TextStyleOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly noColor: boolean
  readonly stream: StreamFacts
}

/** Returns the style for a stream. Empty variables count as unset, as no-color.org requires of NO_COLOR. */
export function textStyle(options: TextStyleOptions): TextStyle {
  return { color: hasColor(options), unicode: hasUnicode(options), columns: columnsOf(options) }
}

/** Returns whether a terminal can move its cursor: not if it is dumb or does not report its type. */
export function movesCursor(environment: TextStyleOptions['environment'], platform: string): boolean {
  return platform === 'win32' ? environment['TERM'] !== 'dumb' : !['', 'dumb'].includes(environment['TERM'] ?? '')
}

/** In order: awsmfa's own two switches; FORCE_COLOR, which beats NO_COLOR as in Node.js; NO_COLOR; the terminal. */
function hasColor({ environment, platform, noColor, stream }: TextStyleOptions): boolean {
  if (noColor || isSet(environment['AWSMFA_NO_COLOR'])) return false
  if (isSet(environment['FORCE_COLOR'])) return !['0', 'false'].includes(environment['FORCE_COLOR'])
  if (isSet(environment['NO_COLOR'])) return false
  return stream.isTTY && movesCursor(environment, platform)
}

/**
 * By the locale, in POSIX's order of precedence. macOS programs that no terminal started have no locale at all, and all
 * of macOS is UTF-8. The fonts of the Linux console have few signs. On Windows, which has no locale variable, the
 * terminals named here are known to draw Unicode.
 */
function hasUnicode({ environment, platform, stream }: TextStyleOptions): boolean {
  if (stream.isTTY && environment['TERM'] === 'linux') return false
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(isSet)
  if (locale !== undefined) return /utf-?8/i.test(locale)
  if (platform !== 'win32') return platform === 'darwin'
  return (
    isSet(environment['WT_SESSION']) || environment['TERM_PROGRAM'] === 'vscode' || isSet(environment['ConEmuTask'])
  )
}

/** The width that most programs assume of a terminal that reports none. */
const DEFAULT_COLUMNS = 80

function columnsOf({ environment, stream }: TextStyleOptions): number | undefined {
  if (!stream.isTTY) return undefined
  if (stream.columns !== undefined && stream.columns > 0) return stream.columns
  const columns = environment['COLUMNS'] ?? ''
  return /^[1-9]\d{0,3}$/.test(columns) ? Number(columns) : DEFAULT_COLUMNS
}

/** Returns whether a variable has a value; an empty one counts as unset. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

export type Color = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
}

/** Returns a text in a color, or unchanged if the stream has none. */
export function paint(text: string, color: Color, style: TextStyle): string {
  const [on, off] = CODES[color]
  return style.color ? `\u001b[${on}m${text}\u001b[${off}m` : text
}

/** Returns how many columns a text takes on a terminal. It contains no control characters but those of `paint`. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const character of text.replaceAll(PAINT, '')) width += characterWidth(character)
  return width
}

/** Returns a text filled with spaces up to `width` columns. */
export function padDisplay(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/**
 * Returns whole lines broken at spaces where they are wider than `columns`; unchanged if that is undefined. Further
 * lines are indented like the last column, or like the text after a label or a mark; others by `indent` more. A column
 * without room moves to a line of its own, and so does a command to copy. Words wider than a line stay whole.
 */
export function wrapLines(text: string, columns: number | undefined, indent = 2): string {
  if (columns === undefined) return text
  return text
    .split('\n')
    .map((line) => (displayWidth(line) <= columns ? line : wrapLine(line, columns, indent)))
    .join('\n')
}

function wrapLine(line: string, columns: number, indent: number): string {
  const [before = ''] = /^ */.exec(line) ?? []
  const [label = ''] = LABEL.exec(line) ?? []
  const isNarrow = displayWidth(label) > columns / 2
  const hang = label === '' ? before.length + indent : isNarrow ? before.length + 4 : displayWidth(label)
  if (isNarrow)
    return `${fillRows(label.trimEnd(), columns, hang)}\n${fillRows(' '.repeat(hang) + line.slice(label.length), columns, hang)}`
  return fillRows(line, columns, hang)
}

function fillRows(line: string, columns: number, hang: number): string {
  const rows: string[] = []
  let row = ''
  for (const word of wordsOf(line, columns - hang)) {
    if (row.trim() === '' || displayWidth(row + word.trimEnd()) <= columns) row += word
    else {
      rows.push(row.trimEnd())
      row = ' '.repeat(hang) + word.trimStart()
    }
  }
  return [...rows, row.trimEnd()].join('\n')
}

/** Splits a line into words, each with the spaces before it; a command at its end that fits in a line is one word. */
function wordsOf(line: string, width: number): readonly string[] {
  const [, start = line, command = ''] = /^(.*:)( awsmfa .*)$/.exec(line) ?? []
  const isWhole = command !== '' && displayWidth(command.trimStart()) <= width
  const words = (isWhole ? start : line).match(/ *[^ ]+| +$/g) ?? []
  return isWhole ? [...words, command] : words
}

/** Returns messages for stderr as its style has them: labels such as `error:` in color, lines broken at spaces. */
export function renderMessages(text: string, style: TextStyle): string {
  const painted = text.replaceAll(
    /^awsmfa: (error|warning|note|hint|debug):/gm,
    (_, label: keyof typeof LABEL_COLORS) => `awsmfa: ${paint(`${label}:`, LABEL_COLORS[label], style)}`,
  )
  return wrapLines(painted, style.columns)
}

const LABEL_COLORS = { error: 'red', warning: 'yellow', note: 'dim', hint: 'dim', debug: 'dim' } as const

/** What is before the last column of a line; a label such as `awsmfa: hint:`, or a mark. */
const LABEL =
  // eslint-disable-next-line no-control-regex -- the escape character is the subject
  /^(?:.*\S {2,}(?=\S)|awsmfa: (?:\u001b\[\d+m)?[a-z]+:(?:\u001b\[\d+m)? |(?:\u001b\[\d+m)?(?:✔|✖|ok|x)(?:\u001b\[\d+m)? )/

/** Returns a table, each line ended: a bold header, columns two spaces apart, rows for which `isDim` holds are dim. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: TextStyle,
  isDim: (row: number) => boolean = () => false,
): string {
  const widths = header.map((name, column) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[column] ?? '')), displayWidth(name)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => padDisplay(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const lines = rows.map((row, index) => (isDim(index) ? paint(line(row), 'dim', style) : line(row)))
  return [paint(line(header), 'bold', style), ...lines].map((text) => `${text}\n`).join('')
}

/**
 * Returns a text of at most `width` columns; `~`, which every terminal can show, replaces the middle of one that is
 * longer: names often differ at their end alone.
 */
export function shortenDisplay(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  const characters = Array.from(text)
  const start = takeWidth(characters, Math.ceil((width - 1) / 2))
  const end = takeWidth(characters.toReversed(), width - 1 - displayWidth(start.join('')))
  return `${start.join('')}~${end.toReversed().join('')}`
}

/** Returns the first characters, at most `width` columns of them. */
function takeWidth(characters: readonly string[], width: number): readonly string[] {
  let used = 0
  const past = characters.findIndex((character) => (used += characterWidth(character)) > width)
  return past === -1 ? characters : characters.slice(0, past)
}

function characterWidth(character: string): number {
  if (character < '\u0300') return 1
  return ZERO_WIDTH.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)
}

const PRINTABLE_ASCII = /^[ -~]*$/

// eslint-disable-next-line no-control-regex -- the escape character is the subject
const PAINT = /\u001b\[\d+m/g

/** Combining marks, joiners and variation selectors. */
const ZERO_WIDTH = /^[\p{Nonspacing_Mark}\p{Enclosing_Mark}\p{Default_Ignorable_Code_Point}]/u
