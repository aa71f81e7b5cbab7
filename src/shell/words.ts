import type { EnvFormat } from '../command-line/spec.ts'
import { AwsmfaError } from '../model/failure.ts'

export function quoteForShell(word: string): string | undefined {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return /\s[#;]|[\r\n]/.test(word) ? undefined : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** No quoting keeps cmd.exe from reading these, nor a last backslash from taking the quote behind it along. */
export function quoteForWindows(word: string): string | undefined {
  if (/["%!^&|<>\r\n]|\s[#;]|\\$/.test(word)) return undefined
  return /^[\w@+=:,.\\/-]+$/.test(word) ? word : `"${word}"`
}

/** What may be said and known of a command that prints token codes. Its parameters may hold the secret that codes are made from. */

/** A token command, split and ready to be run without a shell. */
export interface TokenCommandWords {
  readonly program: string
  readonly parameters: readonly string[]
}

/** Splits a token command as botocore splits a `credential_process`. Gives undefined for an unclosed quote and for no word at all. */
export function splitTokenCommand(command: string, isWindows: boolean): TokenCommandWords | undefined {
  const [program, ...parameters] = (isWindows ? splitWindowsCommand(command) : splitCommand(command)) ?? []
  return program === undefined || program === '' ? undefined : { program, parameters }
}

/** A token command as it may be shown: its program alone, with `…` for the rest. */
export function showableCommand(command: string): string {
  const { program, parameters } = splitTokenCommand(command, false) ?? {
    program: firstChunk(command),
    parameters: ['…'],
  }
  return parameters.length > 0 ? `${program} …` : program
}

/** The program of a token command, also where it cannot be split. */
export function programOfCommand(command: string): string {
  return splitTokenCommand(command, false)?.program ?? firstChunk(command)
}

/** Tells whether a command holds what only a shell would understand (pipes, variables, lists) and does not call one itself. */
export function wantsShell(command: string): boolean {
  const isShell = /(?:^|[\\/])(?:ba|da|z|fi|k)?sh(?:\.exe)?$|(?:^|[\\/])(?:cmd|powershell|pwsh)(?:\.exe)?$/i.test(
    programOfCommand(command),
  )
  return !isShell && /[|;&<>`]|\$[({A-Za-z_]|^\w+=/.test(command)
}

function firstChunk(command: string): string {
  return command.trim().split(/\s/)[0] ?? ''
}

/**
 * Splits a command line from a config file as botocore does before it runs a `credential_process` without a shell
 * (botocore/credentials.py › ProcessProvider uses compat.compat_shell_split: Python's shlex.split, POSIX mode, on Unix).
 * Gives undefined for an unclosed quote or a trailing backslash, where botocore gives up too.
 */
export function splitCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let index = 0
  while (index < line.length) {
    const character = line.charAt(index)
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
      index += 1
      continue
    }
    const piece = readPiece(line, index)
    if (piece === undefined) return undefined
    word = (word ?? '') + piece.text
    index = piece.next
  }
  return word === undefined ? words : [...words, word]
}

interface Piece {
  readonly text: string
  readonly next: number
}

function readPiece(line: string, index: number): Piece | undefined {
  const character = line.charAt(index)
  if (character === "'") {
    const end = line.indexOf("'", index + 1)
    return end === -1 ? undefined : { text: line.slice(index + 1, end), next: end + 1 }
  }
  if (character === '"') return readDoubleQuoted(line, index + 1)
  if (character !== '\\') return { text: character, next: index + 1 }
  return index + 1 < line.length ? { text: line.charAt(index + 1), next: index + 2 } : undefined
}

/** Inside double quotes a backslash counts only before a double quote or another backslash. */
function readDoubleQuoted(line: string, start: number): Piece | undefined {
  let text = ''
  for (let index = start; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === '"') return { text, next: index + 1 }
    const next = line.charAt(index + 1)
    if (character === '\\' && (next === '"' || next === '\\')) {
      text += next
      index += 1
    } else text += character
  }
  return undefined
}

/**
 * Splits as botocore does on Windows: only double quotes quote, and a backslash is a character unless it stands before a
 * double quote (botocore/compat.py › _windows_shell_split, after Microsoft's rules for C programs).
 */
export function splitWindowsCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quoted = false
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === '\\') {
      const run = /^\\+/.exec(line.slice(index))?.[0].length ?? 1
      const beforeQuote = line.charAt(index + run) === '"'
      word = (word ?? '') + '\\'.repeat(beforeQuote ? Math.floor(run / 2) : run)
      index += run - 1
      if (beforeQuote && run % 2 === 1) {
        word += '"'
        index += 1
      }
    } else if (character === '"') {
      quoted = !quoted
      word ??= ''
    } else if (!quoted && /[ \t]/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quoted) return undefined
  return word === undefined ? words : [...words, word]
}

/**
 * Values as words of a shell's code, or of a file's. AWS's own values need no quotes anywhere; every other is quoted so that
 * it comes back as it was and nothing in it is run, or is refused.
 */

/** What no shell takes for anything but itself. zsh expands a leading `=` and, after a colon, `~`. */
const PLAIN = /^[A-Za-z0-9_+/.,:@%-][A-Za-z0-9_+/.,:@%=-]*$/

/** cmd.exe expands `%` anywhere. */
const PLAIN_IN_CMD = /^[A-Za-z0-9_+/.,:@-][A-Za-z0-9_+/.,:@=-]*$/

/**
 * Gives the value as it stands in the code; for windows-cmd the whole command, whose quotes go round the name too. Throws
 * VALUE_NOT_QUOTABLE where the form has no safe way to write it.
 */
export function quoteValue(format: Exclude<EnvFormat, 'process'>, name: string, value: string): string {
  const quoted = QUOTING[format](value, name)
  if (quoted === undefined) throw new AwsmfaError({ code: 'VALUE_NOT_QUOTABLE', variable: name, format })
  return quoted
}

type Quoting = (value: string, name: string) => string | undefined

const QUOTING: Readonly<Record<Exclude<EnvFormat, 'process'>, Quoting>> = {
  env: posix,
  'env-no-export': posix,
  fish,
  powershell,
  'windows-cmd': windowsCmd,
  dotenv,
}

/** POSIX.1, Shell Command Language, 2.2.2: within single quotes every character but the quote is itself. */
function posix(value: string): string | undefined {
  if (value.includes('\0')) return undefined
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/** fish, "Quotes": within single quotes a backslash escapes a quote and itself. */
function fish(value: string): string | undefined {
  return value.includes('\0') ? undefined : `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

/**
 * PowerShell, about_Quoting_Rules: within single quotes only the quote is special, and is doubled. Its parser takes typographic
 * single quotes for quotes too. The output of a program is piped line by line, so a value of several lines cannot be.
 */
function powershell(value: string): string | undefined {
  return hasControls(value) ? undefined : `'${value.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`
}

/** cmd.exe: within `set "NAME=value"` only these stay special: `"` ends it, `%` and, where switched on, `!` and `^` expand. */
function windowsCmd(value: string, name: string): string | undefined {
  if (PLAIN_IN_CMD.test(value)) return `set ${name}=${value}`
  return /^[ -~]+$/.test(value) && !/["%!^]/.test(value) ? `set "${name}=${value}"` : undefined
}

/**
 * Readers of .env files agree on plain values and, mostly, on single quotes: docker compose, Node.js, Ruby's and Python's take
 * what is between them as it is, but for escapes and expansions that some know.
 */
function dotenv(value: string): string | undefined {
  if (PLAIN.test(value)) return value
  return hasControls(value) || /['\\$`]/.test(value) ? undefined : `'${value}'`
}

function hasControls(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  return /[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(value)
}
