/**
 * How text may be dressed on one stream. Pure and free of imports at run time, because the entry uses it too.
 */

/** What a stream is: a terminal or not, and how wide it says it is. */
export interface StreamFacts {
  readonly isTTY: boolean
  readonly columns: number | undefined
}

/** What decides about colour, Unicode and width. `noColor` is `--no-color`; `platform` is `process.platform`. */
export interface TextStyleOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly noColor: boolean
  readonly stream: StreamFacts
}

/** Width that is assumed for a terminal that tells none: what a VT100 had, and what most programs assume. */
const USUAL_COLUMNS = 80

/** Tells how text may be dressed on a stream. Empty variables count as unset, as no-color.org asks for NO_COLOR. */
export function textStyle(options: TextStyleOptions): TextStyle {
  return { color: hasColour(options), unicode: hasUnicode(options), columns: columnsOf(options) }
}

/**
 * Tells whether cursor movements can be sent to a terminal: not to a dumb one, nor to one that does not say what it is.
 * The consoles of Windows understand them without TERM.
 */
export function movesCursor(environment: TextStyleOptions['environment'], platform: string): boolean {
  return platform === 'win32' ? environment['TERM'] !== 'dumb' : !['', 'dumb'].includes(environment['TERM'] ?? '')
}

/** In order: our own two switches; FORCE_COLOR, which beats NO_COLOR as it does in Node itself; NO_COLOR; the terminal. */
function hasColour({ environment, platform, noColor, stream }: TextStyleOptions): boolean {
  if (noColor || isSet(environment['AWSMFA_NO_COLOR'])) return false
  if (isSet(environment['FORCE_COLOR'])) return !['0', 'false'].includes(environment['FORCE_COLOR'] ?? '')
  if (isSet(environment['NO_COLOR'])) return false
  return stream.isTTY && movesCursor(environment, platform)
}

/**
 * By the locale, in POSIX's order of precedence. macOS programs that were not started by a terminal have no locale at all,
 * and all of macOS is UTF-8. The Linux console has Unicode, but its fonts have few signs. On Windows there is no locale
 * variable; the terminals named here are known to draw Unicode.
 */
function hasUnicode({ environment, platform, stream }: TextStyleOptions): boolean {
  if (stream.isTTY && environment['TERM'] === 'linux') return false
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(isSet)
  if (locale !== undefined) return /utf-?8/i.test(locale)
  if (platform === 'win32')
    return (
      isSet(environment['WT_SESSION']) || environment['TERM_PROGRAM'] === 'vscode' || isSet(environment['ConEmuTask'])
    )
  return platform === 'darwin'
}

function columnsOf({ environment, stream }: TextStyleOptions): number | undefined {
  if (!stream.isTTY) return undefined
  if (stream.columns !== undefined && stream.columns > 0) return stream.columns
  const told = environment['COLUMNS'] ?? ''
  return /^[1-9]\d{0,3}$/.test(told) ? Number(told) : USUAL_COLUMNS
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/** How text may be dressed on one stream. `columns` is undefined where it is no terminal. */
export interface TextStyle {
  readonly color: boolean
  readonly unicode: boolean
  readonly columns: number | undefined
}

/** The few dresses that awsmfa's text may wear. */
export type Color = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
}

/** Colours a text where the stream takes colour, else gives it as it is. */
export function paint(text: string, colour: Color, style: TextStyle): string {
  const [on, off] = CODES[colour]
  return style.color ? `\u001b[${on}m${text}\u001b[${off}m` : text
}

/** How many columns a text takes on a terminal: enough for names, without the tables of a library. */

/** East Asian wide and emoji blocks take two columns (Unicode Standard Annex 11). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
]

/** Combining marks, joiners and variation selectors take none. */
const NARROW: readonly (readonly [number, number])[] = [
  [0x0300, 0x036f],
  [0x200b, 0x200f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
]

/** Gives the columns that a text without control characters takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += widthColumnsOf(character.codePointAt(0) ?? 0)
  return width
}

/** Fills a text with spaces up to a width. */
export function padDisplay(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Cuts a text that is wider than `width`, ending it in `~`, which every terminal can show. */
export function shortenDisplay(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const character of text) {
    used += widthColumnsOf(character.codePointAt(0) ?? 0)
    if (used > width) break
    kept += character
  }
  return `${kept}~`
}

function widthColumnsOf(codePoint: number): number {
  if (codePoint < 0x300) return 1
  if (NARROW.some(([from, to]) => codePoint >= from && codePoint <= to)) return 0
  return WIDE.some(([from, to]) => codePoint >= from && codePoint <= to) ? 2 : 1
}
