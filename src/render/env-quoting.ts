/**
 * Values as words of a shell's code, or of a file's. AWS's own values need no quotes anywhere; every other is quoted so that
 * it comes back as it was and nothing in it is run, or is refused.
 */
import { AwsmfaError } from '../core/failures.ts'
import type { EnvFormat } from '../core/env-formats.ts'

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
