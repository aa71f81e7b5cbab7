/** Splitting and quoting command lines, by shell and system. Pure: no shell is started. */
import type { EnvFormat } from '../command-line/spec.ts'
import { AwsmfaError } from '../model/failure.ts'

/**
 * Splits a command line from a config file as botocore does before it runs a `credential_process` without a shell
 * (botocore/credentials.py, ProcessProvider: compat_shell_split, which is Python's shlex.split in POSIX mode).
 * Returns undefined for an unclosed quote or a trailing backslash, where botocore fails too.
 */
export function splitCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let end = 0
  for (const [piece, space, single, double, escaped] of line.matchAll(PIECE)) {
    end += piece.length
    if (space !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? piece)
  }
  if (end < line.length) return undefined
  return word === undefined ? words : [...words, word]
}

/** Space, single quotes, double quotes (where a backslash escapes a double quote and itself), an escape, plain text. */
const PIECE = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|[^\s'"\\]+/gy

/**
 * Splits as botocore does on Windows: only double quotes quote, and a backslash escapes only before a double quote
 * (botocore/compat.py, _windows_shell_split, after Microsoft's rules for C programs). Returns undefined for an unclosed
 * quote.
 */
export function splitWindowsCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quoted = false
  for (const [piece, backslashes] of line.matchAll(/(\\*)"|[ \t]+|\\+|[^\\" \t]+/g)) {
    if (backslashes !== undefined) {
      word = (word ?? '') + backslashes.slice(Math.ceil(backslashes.length / 2))
      if (backslashes.length % 2 === 1) word += '"'
      else quoted = !quoted
    } else if (!quoted && /^[ \t]/.test(piece)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + piece
  }
  if (quoted) return undefined
  return word === undefined ? words : [...words, word]
}

/** Splits a token command like a `credential_process`. Returns undefined for an unclosed quote or an empty program. */
export function splitTokenCommand(
  command: string,
  isWindows: boolean,
): { readonly program: string; readonly parameters: readonly string[] } | undefined {
  const [program, ...parameters] = (isWindows ? splitWindowsCommand(command) : splitCommand(command)) ?? []
  return program === undefined || program === '' ? undefined : { program, parameters }
}

/** Returns a token command with `…` for its parameters, which may contain the secret that codes are generated from. */
export function showableCommand(command: string): string {
  const hasParameters = splitTokenCommand(command, false)?.parameters.length !== 0
  return `${programOfCommand(command)}${hasParameters ? ' …' : ''}`
}

/** Returns the program of a token command, even if the command cannot be split. */
export function programOfCommand(command: string): string {
  return splitTokenCommand(command, false)?.program ?? command.trim().split(/\s/)[0] ?? ''
}

/** Returns whether a command uses what only a shell interprets (pipes, variables, lists) without starting a shell. */
export function wantsShell(command: string): boolean {
  const isShell = /(?:^|[\\/])(?:ba|da|z|fi|k)?sh(?:\.exe)?$|(?:^|[\\/])(?:cmd|powershell|pwsh)(?:\.exe)?$/i.test(
    programOfCommand(command),
  )
  return !isShell && /[|;&<>`]|\$[({A-Za-z_]|^\w+=/.test(command)
}

/** Returns a word as one of a `credential_process` line; undefined if config files have no way to write it. */
export function quoteForShell(word: string): string | undefined {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return /\s[#;]|[\r\n]/.test(word) ? undefined : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** The same on Windows, where cmd.exe reads some characters in quotes too, and `\"` escapes the quote. */
export function quoteForWindows(word: string): string | undefined {
  if (/["%!^&|<>\r\n]|\s[#;]|\\$/.test(word)) return undefined
  return /^[\w@+=:,.\\/-]+$/.test(word) ? word : `"${word}"`
}

/**
 * Returns whether a `credential_process` line cannot be run by programs written in Go on Windows: their SDK gives it to
 * cmd.exe with the quotes escaped (aws/aws-sdk-go-v2 issue 3208).
 */
export function hasWindowsQuotes(line: string, isWindows: boolean): boolean {
  return isWindows && line.includes('"')
}

/**
 * Returns a value as code that sets it to exactly that; for windows-cmd the whole command, since its quotes enclose the
 * name. AWS's own values need no quotes. Throws VALUE_NOT_QUOTABLE if the format has no safe way to write the value.
 */
export function quoteValue(format: Exclude<EnvFormat, 'process'>, name: string, value: string): string {
  const quoted = QUOTING[format](value, name)
  if (quoted === undefined) throw new AwsmfaError({ code: 'VALUE_NOT_QUOTABLE', variable: name, format })
  return quoted
}

/** Returns whether `quoteValue` can write a value in a format. */
export function isQuotable(format: Exclude<EnvFormat, 'process'>, value: string): boolean {
  return QUOTING[format](value, '') !== undefined
}

/** What every shell takes literally. zsh expands a leading `=` and, after a colon, `~`. */
const PLAIN = /^[A-Za-z0-9_+/.,:@%-][A-Za-z0-9_+/.,:@%=-]*$/

/** cmd.exe expands `%` anywhere. */
const PLAIN_IN_CMD = /^[A-Za-z0-9_+/.,:@-][A-Za-z0-9_+/.,:@=-]*$/

// eslint-disable-next-line no-control-regex -- control characters are the subject
const CONTROLS = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/

type Quoting = (value: string, name: string) => string | undefined

/** POSIX.1, Shell Command Language, 2.2.2: within single quotes every character but the quote is literal. */
const quoteForPosix: Quoting = (value) => {
  if (value.includes('\0')) return undefined
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}

const QUOTING: Readonly<Record<Exclude<EnvFormat, 'process'>, Quoting>> = {
  env: quoteForPosix,
  'env-no-export': quoteForPosix,
  /** fish, "Quotes": within single quotes a backslash escapes a quote and itself. */
  fish: (value) => (value.includes('\0') ? undefined : `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`),
  /**
   * PowerShell, about_Quoting_Rules: within single quotes only the quote, which may be a typographic one, is special,
   * and is doubled. The output of a program is piped line by line, so a value of several lines cannot be.
   */
  powershell: (value) => (CONTROLS.test(value) ? undefined : `'${value.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`),
  /** cmd.exe: within `set "NAME=value"` only `"`, `%` and, if enabled, `!` and `^` are special. */
  'windows-cmd': (value, name) => {
    if (PLAIN_IN_CMD.test(value)) return `set ${name}=${value}`
    return /^[ -~]+$/.test(value) && !/["%!^]/.test(value) ? `set "${name}=${value}"` : undefined
  },
  /**
   * Readers of .env files agree on plain values and, mostly, on single quotes: docker compose, Node.js, Ruby's and
   * Python's take what is between them literally, apart from escapes and expansions that some know.
   */
  dotenv: (value) => {
    if (PLAIN.test(value)) return value
    return CONTROLS.test(value) || /['\\$`]/.test(value) ? undefined : `'${value}'`
  },
}
