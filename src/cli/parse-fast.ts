/**
 * The strict parser, for lines that are exactly right: the only one on the fast paths. It knows `--name value`,
 * `--name=value`, `-x` and `-x value` from the command table, and declines everything else (help, errors, abbreviations,
 * clusters, options ahead of the command), for yargs to take or to explain. A line that it accepts means the same to both.
 */
import type { CommandName } from '../core/command-names.ts'
import type { Invocation } from '../core/invocation.ts'
import type { CommandSpec, OptionSpec } from './command-table.ts'
import { findLineProblem } from './line-problem.ts'

/** Rows of the command table: all of them, or those that the caller answers. */
type CommandTable = Readonly<Partial<Record<CommandName, CommandSpec>>>

/** Parses the words after `awsmfa`. Gives undefined for a line that it declines, of a command without a row in `table` among them. */
export function parseFast(argv: readonly string[], table: CommandTable): Invocation | 'version' | undefined {
  const [command, ...words] = argv
  if (command === undefined) return undefined
  if (argv.length === 1 && (command === '--version' || command === '-V')) return 'version'
  const spec = Object.hasOwn(table, command) ? table[command as CommandName] : undefined
  if (spec === undefined) return undefined
  const end = words.indexOf('--')
  const head = parseHead(end === -1 ? words : words.slice(0, end), spec)
  if (head === undefined) return undefined
  const invocation: Invocation = { command: command as CommandName, ...head, ...(end === -1 ? {} : { tail: words.slice(end + 1) }) }
  return findLineProblem(invocation, spec) === undefined ? invocation : undefined
}

function parseHead(words: readonly string[], spec: CommandSpec): Pick<Invocation, 'positionals' | 'options'> | undefined {
  const positionals: string[] = []
  const options: Record<string, string | true> = {}
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!word.startsWith('-')) {
      if (word === '') return undefined
      positionals.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const option = findOption(equals === -1 ? word : word.slice(0, equals), spec)
    if (option === undefined || Object.hasOwn(options, option.name)) return undefined
    const value = equals === -1 ? readFollowing(option, words[index + 1]) : readAttached(option, word, equals)
    if (value === undefined) return undefined
    if (equals === -1 && value !== true) index++
    options[option.name] = value
  }
  return { positionals, options }
}

function findOption(name: string, spec: CommandSpec): OptionSpec | undefined {
  return spec.options.find((option) => name === `--${option.name}` || (option.short !== undefined && name === `-${option.short}`))
}

/** The value of an option that has no `=`: true for a flag, else the next word; undefined if that cannot be its value. */
function readFollowing(option: OptionSpec, next: string | undefined): string | true | undefined {
  if (option.kind === 'flag') return true
  if (next === undefined || next === '') return undefined
  return !next.startsWith('-') || (next === '-' && option.takesDash === true) ? next : undefined
}

/** The value in `--name=value`. A short option takes none this way. */
function readAttached(option: OptionSpec, word: string, equals: number): string | undefined {
  if (option.kind === 'flag' || !word.startsWith('--') || equals === word.length - 1) return undefined
  return word.slice(equals + 1)
}
