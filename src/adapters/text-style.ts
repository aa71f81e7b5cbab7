/**
 * How text may be dressed on one stream. Pure and free of imports at run time, because the entry uses it too.
 */
import type { TextStyle } from '../core/ports.ts'

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
  return { colour: hasColour(options), unicode: hasUnicode(options), columns: columnsOf(options) }
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
  if (platform === 'win32') return isSet(environment['WT_SESSION']) || environment['TERM_PROGRAM'] === 'vscode' || isSet(environment['ConEmuTask'])
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
