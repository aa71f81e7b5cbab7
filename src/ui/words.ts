import type { CommandName } from '../model/invocation.ts'
import { paint } from './style.ts'
import type { TextStyle } from './style.ts'

/** Gives a path as people write it: with `~` for the home folder. Other paths stay as they are. */
export function displayPath(path: string, home: string | undefined): string {
  if (home === undefined || home === '' || home === '/') return path
  if (path === home) return '~'
  const next = path.charAt(home.length)
  return path.startsWith(home) && (next === '/' || next === '\\') ? `~${path.slice(home.length)}` : path
}

/**
 * Gives the candidate that a mistyped word was most likely meant to be, or undefined where none is near enough: at most one
 * slip in words of up to four letters, two in longer ones, three from ten on (a letter too many, missing, wrong, or swapped
 * with its neighbour; Damerau and Levenshtein's distance with adjacent swaps). A candidate that differs in case alone is
 * nearest. Of equally near ones the first wins. Used for profiles, commands and options alike.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const limit = Math.min(bestDistance - 1, allowedSlips(Math.max(word.length, candidate.length)))
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue
    const distance = word.toLowerCase() === candidate.toLowerCase() ? 0 : slipsBetween(word, candidate)
    if (distance > limit) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

function allowedSlips(length: number): number {
  if (length < 2) return 0
  if (length <= 4) return 1
  return length < 10 ? 2 : 3
}

function slipsBetween(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a.charAt(row - 1) === b.charAt(column - 1)
      const isSwap = a.charAt(row - 1) === b.charAt(column - 2) && a.charAt(row - 2) === b.charAt(column - 1)
      const swapped = isSwap ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity
      current.push(
        Math.min(
          (last[column] ?? Infinity) + 1,
          (current[column - 1] ?? Infinity) + 1,
          (last[column - 1] ?? Infinity) + (isSame ? 0 : 1),
          swapped,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? Infinity
}

/**
 * Makes text that comes from files, the environment or servers fit to be shown: nothing in it can move the cursor, start
 * another line, or reorder what is read. Control characters become `\xNN`, the Unicode line separators and the invisible
 * marks that change direction or joining `\u{NNNN}`, lone surrogates likewise. Text longer than `limit` characters is cut
 * and ends in `…`. Everything else, backslashes too, stays: this is for eyes, not for reading back.
 */
export function visible(text: string, limit = 200): string {
  const shown = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : text
  return shown.replace(UNSAFE, escape)
}

// C0, DEL and C1; Arabic letter mark, zero-width and direction marks (Unicode Technical Report 36, 3.6), line and paragraph
// separators, isolates, byte order mark, tags; with the u flag a surrogate matches only where it stands alone.
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\u{e0000}-\u{e007f}]/gu

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Gives a line to paste: a command that exists and its words, in quotes where a shell needs them. */
export function commandLine(command: CommandName, ...words: readonly string[]): string {
  return ['awsmfa', command, ...words.map(quoteWord)].join(' ')
}

/** Gives the line that shows help, of one command or of awsmfa. */
export function helpLine(command?: CommandName): string {
  return command === undefined ? 'awsmfa --help' : commandLine(command, '--help')
}

/** The word that names a profile, also where its name begins with `-` and would be taken for an option. */
export function profileWord(profile: string): string {
  return profile.startsWith('-') ? `--profile=${profile}` : profile
}

/** A word of a line to paste, made harmless, in quotes where a shell needs them. */
export function quoteWord(word: string): string {
  const shown = visible(word)
  return /^[\w%+,./:=@^-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`
}

/** A failure in words. `detail` is what a server said itself, for `--debug`. */
export interface FailureText {
  readonly error: string
  readonly hints: readonly string[]
  readonly detail?: string
}

/** Puts a message together. Hints that are undefined are left out. */
export function say(error: string, ...hints: readonly (string | undefined)[]): FailureText {
  return { error, hints: hints.filter((hint) => hint !== undefined) }
}

/** "did you mean 'prod'?", where there is a candidate. */
export function didYouMean(candidate: string | undefined): string | undefined {
  return candidate === undefined ? undefined : `did you mean ${quoted(candidate)}?`
}

/** A name in single quotes, made harmless. */
export function quoted(name: string): string {
  return `'${visible(name)}'`
}

/** Several things as one says them: `a, b or c`. */
export function listed(items: readonly string[], last: 'and' | 'or'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.slice(-1).join('')}`
}

export function tick(style: TextStyle): string {
  return paint(style.unicode ? '✔' : 'ok', 'green', style)
}

export function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}

/** The line of a warning. */
export function warn(text: string): string {
  return `awsmfa: warning: ${text}\n`
}
