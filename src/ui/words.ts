/** Text for people: names and paths made safe to show, command lines to paste, lists, and the lines of messages. */
import type { CommandName } from '../model/invocation.ts'
import { paint } from './style.ts'
import type { TextStyle } from './style.ts'

/** Returns a path with `~` for the home folder; other paths unchanged. */
export function displayPath(path: string, home: string | undefined): string {
  if (home === undefined || home === '' || home === '/') return path
  if (path === home) return '~'
  const next = path.charAt(home.length)
  return path.startsWith(home) && (next === '/' || next === '\\') ? `~${path.slice(home.length)}` : path
}

/**
 * Returns the candidate that a mistyped word most likely means; undefined if none is near enough: at most one slip in
 * words of up to four letters, two in longer ones, three from ten on. A slip is a letter too many, missing, wrong, or
 * swapped with its neighbor (Damerau-Levenshtein distance with adjacent swaps); case counts as none. The first of the
 * nearest wins.
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
 * Returns text from files, the environment or servers in a form that is safe to show: it cannot move the cursor, start
 * another line or reorder what is read. Control characters become `\xNN`; line separators, invisible marks that change
 * direction or joining, and lone surrogates become `\u{NNNN}`. Text over `limit` characters is cut and ends in `…`.
 * Backslashes stay: this is for eyes, not for parsing.
 */
export function visible(text: string, limit = 200): string {
  const shown = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : text
  return shown.replace(UNSAFE, escape)
}

// C0, DEL and C1; Arabic letter mark, zero-width and direction marks (Unicode Technical Report 36, 3.6), line and
// paragraph separators, isolates, byte order mark, tags; with the u flag a surrogate matches only where it stands
// alone.
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\u{e0000}-\u{e007f}]/gu

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Returns a command line to paste, its words quoted if a shell needs that. */
export function commandLine(command: CommandName, ...words: readonly string[]): string {
  return ['awsmfa', command, ...words.map((word) => quoteWord(word))].join(' ')
}

/** Returns the command line that shows help on a command, or on awsmfa. */
export function helpLine(command?: CommandName): string {
  return command === undefined ? 'awsmfa --help' : commandLine(command, '--help')
}

/** Returns the word that names a profile on a command line, also if the name begins with `-` like an option. */
export function profileWord(profile: string): string {
  return profile.startsWith('-') ? `--profile=${profile}` : profile
}

/**
 * Returns a word of a line to paste, safe to show, in quotes if a shell needs them: for cmd.exe and PowerShell on
 * Windows, where only double quotes mean the same to both.
 */
export function quoteWord(word: string, platform: NodeJS.Platform = process.platform): string {
  const shown = visible(word)
  if (platform === 'win32')
    return /^[\w+./:\\-][\w+./:=@\\-]*$/.test(shown) ? shown : `"${shown.replaceAll('"', String.raw`\"`)}"`
  return /^[\w%+,./:=@^-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`
}

/** Returns `--` as a word of a line to paste. On Windows in quotes: npm's PowerShell shim drops one without them. */
export function doubleDash(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? '"--"' : '--'
}

/** Returns how to have a shell run a line. */
export function throughShell(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? 'cmd /c "LINE"' : "sh -c 'LINE'"
}

/** Returns what removes variables from a shell's environment: on Windows for PowerShell and for cmd.exe. */
export function unsetLine(names: readonly string[], platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return `unset ${names.join(' ')}`
  const inCmd = names.map((name) => `set ${name}=`).join('& ')
  return `Remove-Item ${names.map((name) => `Env:${name}`).join(', ')} (PowerShell), or ${inCmd} (cmd)`
}

/** Returns what sets a variable in a shell: on Windows for PowerShell. */
export function exportLine(name: string, value: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `$env:${name} = ${quoteWord(value)}` : `export ${name}=${quoteWord(value)}`
}

/** The message of a failure. `detail` is the server's own message, for `--debug`. */
export interface FailureText {
  readonly error: string
  /** Whether the user's own answer ended the command, which is no error. */
  readonly isAnswer?: boolean
  readonly hints: readonly string[]
  readonly detail?: string
}

/** Returns a message, without the hints that are undefined. */
export function say(error: string, ...hints: readonly (string | undefined)[]): FailureText {
  return { error, hints: hints.filter((hint) => hint !== undefined) }
}

/** Returns `did you mean 'prod'?`; undefined without a candidate. */
export function didYouMean(candidate: string | undefined): string | undefined {
  return candidate === undefined ? undefined : `did you mean ${quoted(candidate)}?`
}

/** Returns a name in single quotes, safe to show. */
export function quoted(name: string): string {
  return `'${visible(name)}'`
}

/** Returns a list in words: `a, b or c`. */
export function listed(items: readonly string[], last: 'and' | 'or'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.slice(-1).join('')}`
}

/** Returns the sign of success. */
export function tick(style: TextStyle): string {
  return paint(style.unicode ? '✔' : 'ok', 'green', style)
}

/** Returns the sign of failure. */
export function cross(style: TextStyle): string {
  return paint(style.unicode ? '✖' : 'x', 'red', style)
}

/** Returns the line of a note. */
export function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}

/** Returns the line about a program that takes long, because it asks a person or hangs. */
export function slowLine(program: string, timeoutMs: number): string {
  return note(`waiting for ${program}, up to ${timeoutMs / 1000} s`)
}

/** Returns the line of a hint. */
export function hint(text: string): string {
  return `awsmfa: hint: ${text}\n`
}

/** Returns the line of a warning. */
export function warn(text: string): string {
  return `awsmfa: warning: ${text}\n`
}

/**
 * Returns the commands of the AWS CLI that make a profile work again, the best first: one that renews the session
 * without a new sign-in, where that can be, then the one that signs in.
 */
export function signInLines(
  { command, profile }: { readonly command: string; readonly profile: string },
  isRenewable: boolean,
): readonly string[] {
  const suffix = `--profile ${profileWord(profile)}`
  return [...(isRenewable ? [`aws sts get-caller-identity ${suffix}`] : []), `${visible(command)} ${suffix}`]
}
