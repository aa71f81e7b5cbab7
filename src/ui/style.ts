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

/** What is between the columns of a table. */
export const TABLE_GAP = '  '

/** Returns a table, each line ended: a bold header, and columns as wide as their widest cell. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[], style: TextStyle): string {
  const widths = header.map((name, column) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[column] ?? '')), displayWidth(name)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => padDisplay(cell, widths[column] ?? 0))
      .join(TABLE_GAP)
      .trimEnd()
  return [paint(line(header), 'bold', style), ...rows.map(line)].map((text) => `${text}\n`).join('')
}

/** What a table leaves out where a terminal is too narrow for all of it. */
export interface TableLayout<Column extends string> {
  /** The columns of ever narrower tables. */
  readonly forms: readonly (readonly Column[])[]
  /**
   * Columns of names: their width at most, and what they keep before a column is left out. `shorten` is for cells that
   * are more than one name.
   */
  readonly names: Readonly<
    Partial<Record<Column, { readonly most: number; readonly least: number; readonly shorten?: typeof shortenDisplay }>>
  >
}

/** How the columns of a table fit into the width of a terminal. */
interface FittedTable<Column extends string> {
  /** The first form that fits; undefined if none does. */
  readonly form: readonly Column[] | undefined
  /** The widths of the columns with everything in them, of names at most what they get. */
  readonly natural: Readonly<Record<Column, number>>
  /** Returns the room for what follows these columns if their names are as short as they may be. */
  readonly roomBeside: (columns: readonly Column[]) => number
  /** Returns what returns the cells of these columns, with `tail` more after them; the first has the room first. */
  readonly shorten: (
    columns: readonly Column[],
    tail: number,
  ) => (cells: Readonly<Record<Column, string>>) => readonly string[]
}

/** Returns how a table fits on a terminal; everywhere else it has all columns and whole names. */
export function fitTable<Column extends string>(
  all: readonly Column[],
  rows: readonly Readonly<Record<Column, string>>[],
  { forms, names }: TableLayout<Column>,
  { columns: width = Infinity }: TextStyle,
): FittedTable<Column> {
  const natural = Object.fromEntries(
    all.map((column) => {
      const widest = rows.reduce((most, row) => Math.max(most, displayWidth(row[column])), column.length)
      return [column, Math.min(widest, width === Infinity ? widest : (names[column]?.most ?? widest))]
    }),
  ) as Record<Column, number>
  const least = (column: Column): number => Math.min(natural[column], names[column]?.least ?? Infinity)
  const roomBeside = (columns: readonly Column[]): number =>
    columns.reduce((room, column) => room - least(column) - TABLE_GAP.length, width)
  const shorten = (columns: readonly Column[], tail: number) => {
    const [first] = columns
    let spare = roomBeside(columns) - tail
    const widths = columns.map((column) => {
      const wanted = Math.min(natural[column], least(column) + spare)
      const given = column === first ? Math.max(column.length, wanted) : Math.max(least(column), wanted)
      spare -= given - least(column)
      return given
    })
    return (cells: Readonly<Record<Column, string>>): readonly string[] =>
      columns.map((column, index) => {
        const name = names[column]
        return name === undefined
          ? cells[column]
          : (name.shorten ?? shortenDisplay)(cells[column], widths[index] ?? natural[column])
      })
  }
  return { form: forms.find((form) => roomBeside(form) >= -TABLE_GAP.length), natural, roomBeside, shorten }
}

/** Returns a table with the columns that fit, and shortened names, on a terminal; elsewhere everything. */
export function renderFittedTable<Column extends string>(
  rows: readonly Readonly<Record<Column, string>>[],
  layout: TableLayout<Column>,
  style: TextStyle,
): string {
  const [all = []] = layout.forms
  const { form = layout.forms.at(-1) ?? [], shorten } = fitTable(all, rows, layout, style)
  return renderTable(form, rows.map(shorten(form, -TABLE_GAP.length)), style)
}

/** Returns a list of names in at most `width` columns: the first of them, and how many more there are. */
export function shortenList(list: string, width: number): string {
  if (displayWidth(list) <= width) return list
  const names = list.split(', ')
  for (let count = names.length - 1; count > 0; count--) {
    const shown = `${names.slice(0, count).join(', ')} +${names.length - count}`
    if (displayWidth(shown) <= width) return shown
  }
  const [first = ''] = names
  const more = names.length > 1 ? ` +${names.length - 1}` : ''
  return shortenDisplay(first, width - more.length) + more
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
