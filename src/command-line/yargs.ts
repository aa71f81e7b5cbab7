import yargs from 'yargs'
import { findLineProblem, findMissingSeparator } from './parse.ts'
import { HELP_TOPICS, isHelpTopic, optionKey } from './spec.ts'
import type { HelpTopic, OptionSpec } from './spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS, isCommandName } from './table.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { UsageProblem } from '../model/failure.ts'
import { COMMAND_NAMES } from '../model/invocation.ts'
import type { Invocation } from '../command-line/table.ts'
import type { CommandName } from '../model/invocation.ts'
import { nearest } from '../ui/words.ts'

/**
 * Rewrites a line so that no parser can read it in two ways: `--flag value` and `-f value` become `--flag=value`, a flag
 * becomes `--flag=true`, and words that look like options but are none are set aside. yargs alone would swallow `-` and the
 * word `true`, and would take `--force-` for `--force` (observed with yargs 17.7.3).
 */

/**
 * Every option of every command, by each of its spellings. A name means the same kind of option wherever it occurs, but not the
 * same values: of several options that of `command` counts.
 */
export function optionsBySpelling(command?: CommandName): ReadonlyMap<string, OptionSpec> {
  const own = command === undefined ? [] : COMMAND_TABLE[command].options
  const all = [...GLOBAL_OPTIONS, ...Object.values(COMMAND_TABLE).flatMap(({ options }) => options), ...own]
  return new Map(all.flatMap((option) => spellings(option).map((spelling) => [spelling, option])))
}

/** The ways to write an option: `--profile`, `-p`. */
export function spellings(option: OptionSpec): readonly string[] {
  return option.short === undefined ? [`--${option.name}`] : [`--${option.name}`, `-${option.short}`]
}

export interface CanonicalLine {
  /** `--name=value` words and positionals, in order. An option that lacks its value is there as `--name=`. */
  readonly words: readonly string[]
  /** The words that begin with `-` and are no option of any command, up to their `=`. */
  readonly unknown: readonly string[]
  /** What is wrong with the first option whose value is; a parser can no longer tell. */
  readonly problem?: UsageProblem
}

/** Brings the words before `--` into the one form. Looks at no option's place: which command has it is for later. */
export function canonicalise(head: readonly string[]): CanonicalLine {
  const known = optionsBySpelling(head.find(isCommandName))
  const words: string[] = []
  const unknown: string[] = []
  const problems: UsageProblem[] = []
  for (let index = 0; index < head.length; index++) {
    const word = head[index] ?? ''
    const equals = word.indexOf('=')
    const spelling = equals === -1 ? word : word.slice(0, equals)
    const option = known.get(spelling)
    if (!word.startsWith('-')) {
      words.push(word)
    } else if (option === undefined) {
      unknown.push(spelling)
    } else {
      const next = head[index + 1]
      const value = readValue(option, equals === -1 ? undefined : word.slice(equals + 1), next)
      if (value.problem !== undefined) problems.push(value.problem)
      // `-p -x`: a value that needs `=`, and not an unknown option besides.
      const isStrayValue =
        value.problem?.kind === 'missing-value' && next !== undefined && !known.has(next.replace(/=.*$/s, ''))
      if (value.takesNext || isStrayValue) index++
      words.push(`--${option.name}=${value.text}`)
    }
  }
  const [problem] = problems
  return { words, unknown, ...(problem === undefined ? {} : { problem }) }
}

interface ValueReading {
  readonly text: string
  readonly takesNext: boolean
  readonly problem?: UsageProblem
}

function readValue(option: OptionSpec, attached: string | undefined, next: string | undefined): ValueReading {
  const name = `--${option.name}`
  if (option.kind === 'flag') {
    if (attached === undefined) return { text: 'true', takesNext: false }
    return { text: 'true', takesNext: false, problem: { kind: 'unexpected-value', option: name } }
  }
  if (
    attached === undefined &&
    (next === undefined || (next.startsWith('-') && !(next === '-' && option.takesDash === true)))
  ) {
    return {
      text: '',
      takesNext: false,
      problem: { kind: 'missing-value', option: name, expected: option.placeholder },
    }
  }
  const text = attached ?? next ?? ''
  const takesNext = attached === undefined
  return text === '' ? { text, takesNext, problem: { kind: 'empty-value', option: name } } : { text, takesNext }
}

/**
 * The parser for what the strict parser declines: help, options in unusual places, and every line that is wrong, which gets
 * the words of a USAGE failure. `--` is cut off before anything is parsed, since yargs cannot tell `exec` from `exec --`.
 */

/** What a line asks for. `help` without a command is the help of awsmfa itself. */
export type ParsedLine =
  | { readonly kind: 'invocation'; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly command?: CommandName }
  | { readonly kind: 'topic'; readonly topic: HelpTopic }
  | { readonly kind: 'version' }

/**
 * Parses the words after `awsmfa`. A line with `--help`, the line `help [command or topic]` and an empty line ask for help, whatever
 * else is wrong with them; a line with `--version` asks for the version. Throws USAGE.
 */
export function parseYargs(argv: readonly string[]): ParsedLine {
  const end = argv.indexOf('--')
  if (argv.length === 0) return { kind: 'help' }
  const line = canonicalise(end === -1 ? argv : argv.slice(0, end))
  const help = findHelp(line.words)
  if (help !== undefined) return help
  const withoutSeparator = findMissingSeparator(argv)
  if (withoutSeparator !== undefined) throw usage(withoutSeparator)
  const { words, options } = splitWords(line.words)
  const [command, ...positionals] = words
  if (options.has('version')) return { kind: 'version' }
  if (command === undefined) throw usage(describeMissingCommand(line, end !== -1))
  if (!isCommandName(command)) throw usage(describeUnknownCommand(command))
  const problem = findOptionProblem(line, options, command) ?? findEmptyWord(positionals, command)
  if (problem !== undefined) throw usage(problem)
  const invocation = toInvocation(command, positionals, options, end === -1 ? undefined : argv.slice(end + 1))
  const lineProblem = findLineProblem(invocation, COMMAND_TABLE[invocation.command])
  if (lineProblem !== undefined) throw usage(lineProblem)
  return { kind: 'invocation', invocation }
}

interface SplitLine {
  readonly words: readonly string[]
  /** All values of each option that was given, by its name. */
  readonly options: ReadonlyMap<string, readonly string[]>
}

/**
 * Runs yargs over canonical words. Repeated options are kept, numbers, dots and `no-` mean nothing. Of a value after `=` yargs
 * takes off one pair of quotes (observed with yargs-parser 21.1.1), so each is given one to take.
 */
function splitWords(canonical: readonly string[]): SplitLine {
  const names = [...new Set([...optionsBySpelling().values()].map(({ name }) => name))]
  const parsed: Readonly<Record<string, unknown>> = yargs(
    canonical.map((word) => word.replace(/^(--[a-z-]+=)(.*)$/s, '$1"$2"')),
  )
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .string(names)
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new Error(message)
    })
    .parseSync()
  const given = names.filter((name) => parsed[name] !== undefined)
  return { words: asTexts(parsed['_']), options: new Map(given.map((name) => [name, asTexts(parsed[name])])) }
}

function asTexts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

/** Finds out whether canonical words ask for help, and for which; yargs, which takes its time, is not needed to see that. */
function findHelp(canonical: readonly string[]): ParsedLine | undefined {
  const [first, second] = canonical.filter((word) => !word.startsWith('--'))
  if (first === 'help') return helpFor(second)
  return canonical.includes('--help=true') ? helpForCommand(first) : undefined
}

function helpFor(subject: string | undefined): ParsedLine {
  if (subject === undefined) return { kind: 'help' }
  if (isHelpTopic(subject)) return { kind: 'topic', topic: subject }
  if (!isCommandName(subject)) throw usage(describeUnknownTopic(subject))
  return { kind: 'help', command: subject }
}

function helpForCommand(command: string | undefined): ParsedLine {
  if (command === undefined) return { kind: 'help' }
  if (!isCommandName(command)) throw usage(describeUnknownCommand(command))
  return { kind: 'help', command }
}

function toInvocation(
  command: CommandName,
  positionals: readonly string[],
  options: SplitLine['options'],
  tail: readonly string[] | undefined,
): Invocation {
  const flags = new Set(COMMAND_TABLE[command].options.filter(({ kind }) => kind === 'flag').map(({ name }) => name))
  const values = [...options].map(([name, [value = '']]): [string, string | true] => [
    optionKey(name),
    flags.has(name) ? true : value,
  ])
  return {
    command,
    positionals,
    options: Object.fromEntries(values),
    ...(tail === undefined ? {} : { tail }),
  }
}

/** The first thing that is wrong with the options: unknown ones before bad values, since a bad value may follow from them. */
function findOptionProblem(
  line: CanonicalLine,
  options: SplitLine['options'],
  command: CommandName,
): UsageProblem | undefined {
  const [unknown] = line.unknown
  if (unknown !== undefined) return describeUnknownOption(unknown, command)
  const own = new Set(COMMAND_TABLE[command].options.map(({ name }) => name))
  const foreign = [...options.keys()].find((name) => !own.has(name))
  if (foreign !== undefined) return describeUnknownOption(`--${foreign}`, command)
  if (line.problem !== undefined) return line.problem
  const repeated = [...options].find(([, values]) => values.length > 1)
  return repeated === undefined ? undefined : { kind: 'repeated-option', option: `--${repeated[0]}` }
}

function findEmptyWord(positionals: readonly string[], command: CommandName): UsageProblem | undefined {
  return positionals.includes('')
    ? { kind: 'empty-value', option: COMMAND_TABLE[command].positional?.name ?? 'word' }
    : undefined
}

function describeMissingCommand(line: CanonicalLine, hasSeparator: boolean): UsageProblem {
  const [unknown] = line.unknown
  if (unknown !== undefined) return describeUnknownOption(unknown)
  return hasSeparator && line.words.length === 0 ? { kind: 'unexpected-separator' } : { kind: 'missing-command' }
}

function describeUnknownCommand(word: string): UsageProblem {
  const near = nearest(word, COMMAND_NAMES)
  const meant = COMMAND_NAMES.find((name) => name === near)
  return { kind: 'unknown-command', word, ...(meant === undefined ? {} : { nearest: meant }) }
}

function describeUnknownTopic(word: string): UsageProblem {
  const near = nearest(word, [...COMMAND_NAMES, ...HELP_TOPICS])
  return { kind: 'unknown-topic', word, known: HELP_TOPICS, ...(near === undefined ? {} : { nearest: near }) }
}

/** An option that the command does not have: an abbreviation of one, or near to one, or neither. */
function describeUnknownOption(option: string, command?: CommandName): UsageProblem {
  const candidates = [...(command === undefined ? [] : COMMAND_TABLE[command].options), ...GLOBAL_OPTIONS]
  const longNames = candidates.map(({ name }) => `--${name}`)
  const [full, ...others] = /^--./.test(option) ? longNames.filter((name) => name.startsWith(option)) : []
  if (full !== undefined && others.length === 0) return { kind: 'abbreviated-option', option, full }
  const cluster = candidates
    .flatMap(spellings)
    .find((spelling) => /^-[^-]$/.test(spelling) && option.startsWith(spelling))
  const meant = cluster ?? full ?? nearest(option, longNames)
  return {
    kind: 'unknown-option',
    option,
    ...(command === undefined ? {} : { command }),
    ...(meant === undefined ? {} : { nearest: meant }),
  }
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}
