/**
 * What yargs does: it reads the lines that `parse` declines and renders the help of the commands. Lines that are wrong
 * do not reach it: it would take `--force-` for `--force`, `-profile` for `--profile`, and has no words for what is
 * nearest.
 */
import yargs from 'yargs'
import type { Options } from 'yargs'
import { describeUnknownCommand, findProblem, positionalsOf, readLine } from './parse.ts'
import type { Line } from './parse.ts'
import { HELP_TOPICS, isHelpTopic } from './spec.ts'
import type { CommandSpec, HelpTopic, OptionSpec } from './spec.ts'
import { ALL_OPTIONS, COMMAND_TABLE, GLOBAL_OPTIONS, isCommandName } from './table.ts'
import type { Invocation } from './table.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { UsageProblem } from '../model/failure.ts'
import { COMMAND_NAMES } from '../model/invocation.ts'
import type { CommandName } from '../model/invocation.ts'
import { nearest } from '../ui/words.ts'

/** What a line asks for. `help` without a command is the help of awsmfa itself. */
export type ParsedLine =
  | { readonly kind: 'invocation'; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly command?: CommandName }
  | { readonly kind: 'topic'; readonly topic: HelpTopic }
  | { readonly kind: 'version' }

/**
 * Parses the words after `awsmfa`. An empty line, `help [command or topic]` and a line with `--help` ask for help,
 * whatever else is wrong with them; a line with `--version` asks for the version. Throws USAGE.
 */
export function parseWithYargs(argv: readonly string[], isWindows: boolean): ParsedLine {
  if (argv.length === 0) return { kind: 'help' }
  // Options may come before the command: those of all commands are read, first those of the one that is meant.
  const meant = argv.find(isCommandName)
  const line = readLine(argv, meant === undefined ? ALL_OPTIONS : [...COMMAND_TABLE[meant].options, ...ALL_OPTIONS])
  const help = findHelp(line)
  if (help !== undefined) return help
  const problem = findProblem(line, isWindows)
  // After a missing `--` the option may be the program's.
  if (has(line, 'version') && problem?.kind !== 'missing-separator') return { kind: 'version' }
  if (problem !== undefined) throw usage(problem)
  const [command] = positionalsOf(line).filter(isCommandName)
  if (command === undefined) throw usage({ kind: 'missing-command' })
  return { kind: 'invocation', invocation: toInvocation(command, line) }
}

function has({ words }: Line, name: string): boolean {
  return words.some(({ option }) => option?.name === name)
}

function findHelp(line: Line): ParsedLine | undefined {
  const [first, second] = positionalsOf(line)
  if (first === 'help') return helpFor(second)
  if (!has(line, 'help')) return undefined
  if (first === undefined || isCommandName(first)) return { kind: 'help', ...(first && { command: first }) }
  throw usage(describeUnknownCommand(first))
}

function helpFor(subject: string | undefined): ParsedLine {
  if (subject === undefined) return { kind: 'help' }
  if (isHelpTopic(subject)) return { kind: 'topic', topic: subject }
  if (isCommandName(subject)) return { kind: 'help', command: subject }
  const near = nearest(subject, [...COMMAND_NAMES, ...HELP_TOPICS])
  throw usage({ kind: 'unknown-topic', word: subject, known: HELP_TOPICS, nearest: near })
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}

/**
 * yargs spells options as code does: `minTtl`. With `nargs` it takes `-` and `true` for what they are and leaves quotes
 * alone.
 */
function toInvocation(command: CommandName, { head, tail }: Line): Invocation {
  const options = COMMAND_TABLE[command].options.map((option): [string, Options] => [
    option.name,
    {
      ...(option.kind === 'flag' ? { boolean: true, nargs: 0 } : { string: true, nargs: 1 }),
      ...(option.short === undefined ? {} : { alias: option.short }),
    },
  ])
  const {
    _: [, ...positionals],
    $0: _,
    ...given
  } = yargs([...head])
    .parserConfiguration({
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'strip-aliased': true,
      'strip-dashed': true,
    })
    .options(Object.fromEntries(options))
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new Error(message)
    })
    .parseSync()
  return { command, positionals: positionals.map(String), options: given, ...(tail === undefined ? {} : { tail }) }
}

/** Renders the help of a command, or of awsmfa: at most 80 columns wide wherever it is shown, and in English. */
export async function renderHelp(command?: CommandName): Promise<string> {
  const help = await (command === undefined ? topHelp() : commandHelp(command)).getHelp()
  const [synopsisLine = '', ...rest] = help
    .replaceAll(/[ \t]+$/gm, '')
    .trim()
    .split('\n')
  // yargs would lay a summary of several lines out in columns.
  const summary = command === undefined ? 'One MFA code, and every AWS tool works' : COMMAND_TABLE[command].summary
  return `${[synopsisLine, '', `${summary}.`, ...(command === undefined ? commandList() : []), ...rest].join('\n')}\n`
}

function topHelp(): ReturnType<typeof yargs> {
  return blank('awsmfa COMMAND [options]')
    .options(displayed(GLOBAL_OPTIONS))
    .example('awsmfa login', 'sign in: asks for the code')
    .example('awsmfa status', 'what is left of the session')
    .epilogue(`More on a command: awsmfa COMMAND --help\nAbout awsmfa: awsmfa help ${HELP_TOPICS.join(' | ')}`)
}

/** Lists the commands by name alone: with arguments, the longest would leave no room for its summary. */
function commandList(): readonly string[] {
  const width = Math.max(...COMMAND_NAMES.map(({ length }) => length))
  return ['', 'Commands:', ...COMMAND_NAMES.map((name) => `  ${name.padEnd(width)}  ${COMMAND_TABLE[name].summary}`)]
}

function commandHelp(name: CommandName): ReturnType<typeof yargs> {
  const { actions, positional, tail, options, examples } = COMMAND_TABLE[name]
  let builder = blank(`awsmfa ${synopsis(name)} [options]${tailSynopsis(tail)}`)
  for (const [action, { summary }] of Object.entries(actions ?? {}))
    builder = builder.positional(action, { describe: summary })
  if (positional !== undefined) builder = builder.positional(positional.name, { describe: positional.description })
  builder = builder.options(displayed([...options, ...GLOBAL_OPTIONS.filter((option) => option.name === 'help')]))
  for (const { line, description } of examples) builder = builder.example(line, description)
  return tail === undefined ? builder : builder.epilogue(`After --: ${tail.description}.`)
}

/** Returns what one types: `login [profile..]`, `cache show|clear [profile..]`. */
function synopsis(name: CommandName): string {
  const { actions, positional } = COMMAND_TABLE[name]
  const words = actions === undefined ? name : `${name} ${Object.keys(actions).join('|')}`
  return positional === undefined ? words : `${words} [${positional.name}${positional.maximum > 1 ? '..' : ''}]`
}

function tailSynopsis(tail: CommandSpec['tail']): string {
  if (tail === undefined) return ''
  return tail.required === true ? ` -- ${tail.placeholder}` : ` [-- ${tail.placeholder}]`
}

function blank(usageLine: string): ReturnType<typeof yargs> {
  return yargs([])
    .scriptName('awsmfa')
    .usage(usageLine)
    .help(false)
    .version(false)
    .detectLocale(false)
    .locale('en')
    .wrap(80)
}

/** yargs has no placeholders for values; as part of the name they are shown where they belong. */
function displayed(options: readonly OptionSpec[]): Record<string, Options> {
  return Object.fromEntries(
    options.map((option) => [
      option.kind === 'value' ? `${option.name} ${option.placeholder}` : option.name,
      { describe: option.description, ...(option.short === undefined ? {} : { alias: option.short }) },
    ]),
  )
}
