/**
 * Parses a command line by the command table: words, then what they ask for, else the first problem. Loads no package:
 * it runs before every quick answer. yargs renders the help (help.ts) and, in the tests, is the parser to compare with.
 */
import { HELP_TOPICS, isHelpTopic, optionKey } from './spec.ts'
import type { ActionSpec, CommandSpec, HelpTopic, OptionSpec } from './spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from './table.ts'
import type { AnyInvocation, Invocation } from './table.ts'
import { AwsmfaError } from '../model/failure.ts'
import { COMMAND_NAMES, isCommandName } from '../model/invocation.ts'
import type { CommandName, UsageProblem } from '../model/invocation.ts'
import { nearest } from '../ui/words.ts'

/**
 * The global options and those of every command. A name is the same kind of option wherever it occurs, except
 * `replace`, which takes a value for rotate alone.
 */
export const ALL_OPTIONS: readonly OptionSpec[] = [
  ...GLOBAL_OPTIONS,
  ...Object.values(COMMAND_TABLE).flatMap(({ options }) => options),
]

/** A word before `--`; an option is one word together with its value. */
interface Word {
  /** As it was typed, up to its `=`. */
  readonly text: string
  /** Its position in the line. */
  readonly index: number
  /** Undefined for a positional, and for what begins with `-` and is no option. */
  readonly option?: OptionSpec
  readonly value?: string | true
  readonly problem?: UsageProblem
}

/** A line, cut at its first `--`. */
interface Line {
  readonly head: readonly string[]
  readonly words: readonly Word[]
  readonly tail: readonly string[] | undefined
}

/** What a line asks for. `help` without a command is the help of awsmfa itself. */
export type ParsedLine =
  | { readonly kind: 'invocation'; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly command?: CommandName }
  | { readonly kind: 'topic'; readonly topic: HelpTopic }
  | { readonly kind: 'version' }
  | { readonly kind: 'licenses' }

/**
 * Parses the words after `awsmfa`. An empty line, `help [command or topic]` and a line with `--help` ask for help,
 * whatever else is wrong with them; a line with `--version` or `--licenses` asks for that. `isWindows`: hints quote
 * `--`. Throws USAGE.
 */
export function parse(argv: readonly string[], isWindows: boolean): ParsedLine {
  if (argv.length === 0) return { kind: 'help' }
  // Those of all commands are read, first those of the one that is meant.
  const meant = commandMeant(argv)
  const line = readLine(argv, meant === undefined ? ALL_OPTIONS : [...COMMAND_TABLE[meant].options, ...ALL_OPTIONS])
  const help = findHelp(line)
  if (help !== undefined) return help
  const problem = findProblem(line, isWindows)
  // After a missing `--` the option may be the program's.
  if (problem?.kind !== 'missing-separator') {
    if (isGiven(line.words, 'version')) return { kind: 'version' }
    if (isGiven(line.words, 'licenses')) return { kind: 'licenses' }
  }
  if (problem !== undefined) throw usage(problem)
  return { kind: 'invocation', invocation: toInvocation(line) }
}

/** Returns the command of a line, also of one with a problem. Options may come before it. */
export function commandMeant(argv: readonly string[]): CommandName | undefined {
  return argv.find(isCommandName)
}

/** Returns the invocation of a line without a problem. */
function toInvocation(line: Line): Invocation {
  const [command = '', ...positionals] = positionalsOf(line)
  if (!isCommandName(command)) throw usage({ kind: 'missing-command' })
  const options = line.words.flatMap(({ option, value }) =>
    option === undefined || value === undefined ? [] : [[optionKey(option.name), value] as const],
  )
  return { command, positionals, options: Object.fromEntries(options), tail: line.tail }
}

function findHelp(line: Line): ParsedLine | undefined {
  const [first, second] = positionalsOf(line)
  if (first === 'help') return helpOn(second)
  if (!isGiven(line.words, 'help')) return undefined
  if (first === undefined) return { kind: 'help' }
  if (isCommandName(first)) return { kind: 'help', command: first }
  throw usage(describeUnknownCommand(first))
}

function helpOn(subject: string | undefined): ParsedLine {
  if (subject === undefined) return { kind: 'help' }
  if (isHelpTopic(subject)) return { kind: 'topic', topic: subject }
  if (isCommandName(subject)) return { kind: 'help', command: subject }
  const near = nearest(subject, [...COMMAND_NAMES, ...HELP_TOPICS])
  throw usage({ kind: 'unknown-topic', word: subject, known: HELP_TOPICS, nearest: near })
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}

/** Returns whether a line asks for more on stderr: `--debug`, for `login` also as the AWS CLI's flag after `--`. */
export function isDebug({ command, options, tail }: AnyInvocation): boolean {
  return options.debug === true || (command === 'login' && tail?.includes('--debug') === true)
}

/** Options with which a line is the same as without: they change what is printed, or are for once. */
const PLAIN_OPTIONS: readonly string[] = ['profile', 'token-code', 'json', 'quiet', 'no-color', 'debug']

/** Returns the options without which a line would be another one; `''` stands for what follows `--`. */
export function optionsThatCount({ command, options, tail }: AnyInvocation): readonly string[] {
  const given = COMMAND_TABLE[command].options.map(({ name }) => name).filter((name) => optionKey(name) in options)
  return [...given.filter((name) => !PLAIN_OPTIONS.includes(name)), ...(tail === undefined ? [] : [''])]
}

/** Reads a line. Of several `options` with one spelling the first counts. */
export function readLine(argv: readonly string[], options: readonly OptionSpec[]): Line {
  const end = argv.indexOf('--')
  const head = end === -1 ? argv : argv.slice(0, end)
  const find = (text: string): OptionSpec | undefined =>
    text.startsWith('-') ? options.find((option) => spellings(option).includes(text)) : undefined
  const words: Word[] = []
  for (let index = 0; index < head.length; index++) {
    const [text, attached] = splitAtEquals(head[index] ?? '')
    const option = find(text)
    if (option === undefined) {
      words.push({ text: text.startsWith('-') ? text : (head[index] ?? ''), index })
      continue
    }
    const next = head[index + 1]
    const reading = readValue(option, attached, next)
    words.push({ text, index, option, ...reading })
    // Of `--profile -x`, where -x is no option, the missing `=` is the problem.
    const isStray = reading.problem?.kind === 'missing-value' && next !== undefined && !find(splitAtEquals(next)[0])
    if (attached === undefined && option.kind === 'value' && (reading.problem?.kind !== 'missing-value' || isStray))
      index++
  }
  return { head, words, tail: end === -1 ? undefined : argv.slice(end + 1) }
}

/** Returns the ways to write an option: `--profile`, `-p`. */
export function spellings({ name, short }: OptionSpec): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}

/** Returns the words that are neither options nor meant as such; the first is the command. */
function positionalsOf({ words }: Line): readonly string[] {
  return words.filter(({ option, text }) => option === undefined && !text.startsWith('-')).map(({ text }) => text)
}

function splitAtEquals(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

/** Reads the value of an option from after its `=`, else from the next word. */
function readValue(
  option: OptionSpec,
  attached: string | undefined,
  next: string | undefined,
): Pick<Word, 'value' | 'problem'> {
  const name = `--${option.name}`
  if (option.kind === 'flag')
    return attached === undefined ? { value: true } : { problem: { kind: 'unexpected-value', option: name } }
  const isDash = next === '-' && option.takesDash === true
  const value = attached ?? (next?.startsWith('-') === true && !isDash ? undefined : next)
  if (value === undefined) return { problem: { kind: 'missing-value', option: name, expected: option.placeholder } }
  return value === '' ? { problem: { kind: 'empty-value', option: name } } : { value }
}

/** Returns the first thing that is wrong with a line; undefined if it is right. */
function findProblem(line: Line, isWindows: boolean): UsageProblem | undefined {
  const [command, ...positionals] = positionalsOf(line)
  if (command === undefined) return describeMissingCommand(line)
  if (!isCommandName(command)) return describeUnknownCommand(command)
  const spec = COMMAND_TABLE[command]
  return (
    findMissingSeparator(line, command, isWindows) ??
    findOptionProblem(line.words, command) ??
    (positionals.includes('') ? { kind: 'empty-value', option: spec.positional?.name ?? 'word' } : undefined) ??
    findTailProblem(line, command, positionals, isWindows) ??
    findPositionalProblem(line.words, command, positionals) ??
    findConflict(line.words, spec, spec.actions === undefined ? positionals : positionals.slice(1))
  )
}

function describeUnknownCommand(word: string): UsageProblem {
  const near = nearest(word, COMMAND_NAMES)
  const meant = COMMAND_NAMES.find((name) => name === near)
  return { kind: 'unknown-command', word, nearest: meant }
}

function describeMissingCommand({ words, tail }: Line): UsageProblem {
  const unknown = words.find(({ option }) => option === undefined)
  if (unknown !== undefined) return describeUnknownOption(unknown.text)
  return tail !== undefined && words.length === 0 ? { kind: 'unexpected-separator' } : { kind: 'missing-command' }
}

/** Describes an option that the command does not have: an abbreviation of one, or near to one, or neither. */
function describeUnknownOption(option: string, command?: CommandName): UsageProblem {
  const candidates = [...(command === undefined ? [] : COMMAND_TABLE[command].options), ...GLOBAL_OPTIONS]
  const longNames = candidates.map(({ name }) => `--${name}`)
  const [full, ...others] = /^--./.test(option) ? longNames.filter((name) => name.startsWith(option)) : []
  if (full !== undefined && others.length === 0) return { kind: 'abbreviated-option', option, full }
  const cluster = candidates
    .flatMap(spellings)
    .find((spelling) => /^-[^-]$/.test(spelling) && option.startsWith(spelling))
  const meant = cluster ?? full ?? nearest(option, longNames)
  return { kind: 'unknown-option', option, command, nearest: meant }
}

/**
 * Returns the problem of a line that lacks its `--`: words follow the options and the profile of a command that takes a
 * program. They may hold options of that program, so this comes before any look at options.
 */
function findMissingSeparator(
  { head, words, tail }: Line,
  command: CommandName,
  isWindows: boolean,
): UsageProblem | undefined {
  const { tail: program, options } = COMMAND_TABLE[command]
  if (program?.isProgram !== true || tail !== undefined || head[0] !== command) return undefined
  let hasProfile = false
  for (const { option, text, index } of words.slice(1)) {
    const isOwn = option !== undefined && options.includes(option)
    if (!isOwn && text.startsWith('-')) return undefined
    if (!isOwn && hasProfile)
      return {
        kind: 'missing-separator',
        command,
        before: head.slice(1, index),
        words: head.slice(index),
        quotesSeparator: isWindows,
      }
    if (!isOwn || option.name === 'profile') hasProfile = true
  }
  return undefined
}

/** Unknown options come before bad values, since a bad value may follow from them. */
function findOptionProblem(words: readonly Word[], command: CommandName): UsageProblem | undefined {
  const own = COMMAND_TABLE[command].options
  const unknown = words.find(({ option, text }) => option === undefined && text.startsWith('-'))
  if (unknown !== undefined) return describeUnknownOption(unknown.text, command)
  const given = words.flatMap(({ option }) => option?.name ?? [])
  const foreign = given.find((name) => !own.some((option) => option.name === name))
  if (foreign !== undefined) return describeUnknownOption(`--${foreign}`, command)
  const problem = words.find((word) => word.problem !== undefined)?.problem
  if (problem !== undefined) return problem
  const repeated = given.find((name, index) => given.indexOf(name) !== index)
  return repeated === undefined ? undefined : { kind: 'repeated-option', option: `--${repeated}` }
}

function findTailProblem(
  { words, tail }: Line,
  command: CommandName,
  positionals: readonly string[],
  isWindows: boolean,
): UsageProblem | undefined {
  const expected = COMMAND_TABLE[command].tail
  if (expected === undefined) return tail === undefined ? undefined : { kind: 'unexpected-separator', command }
  if (expected.isProgram !== true || tail?.length !== 0) return undefined
  const profile = profileOption(words)
  return {
    kind: 'missing-tail',
    command,
    before: profile === undefined ? positionals.slice(0, 1) : [`--profile=${profile}`],
    quotesSeparator: isWindows,
  }
}

/** Finds an unknown action, an option of another action, and an unexpected argument. */
function findPositionalProblem(
  words: readonly Word[],
  command: CommandName,
  positionals: readonly string[],
): UsageProblem | undefined {
  const { actions, positional } = COMMAND_TABLE[command]
  const unexpected = (word: string | undefined): UsageProblem | undefined =>
    word === undefined ? undefined : { kind: 'unexpected-word', word, command }
  if (actions === undefined) return unexpected(positionals[positional?.maximum ?? 0])
  const [word, ...others] = positionals
  const action = Object.keys(actions).find((name) => name === word)
  if (action === undefined) return describeUnknownAction(command, word, Object.keys(actions))
  return unexpected(others[actions[action]?.maximum ?? 0]) ?? findOptionOfOtherAction(words, command, action, actions)
}

function describeUnknownAction(command: CommandName, word: string | undefined, known: readonly string[]): UsageProblem {
  return { kind: 'unknown-action', command, known, word, nearest: word === undefined ? word : nearest(word, known) }
}

function findOptionOfOtherAction(
  words: readonly Word[],
  command: CommandName,
  action: string,
  actions: Readonly<Record<string, ActionSpec>>,
): UsageProblem | undefined {
  for (const [other, { options }] of Object.entries(actions)) {
    const name = options.find((each) => isGiven(words, each) && actions[action]?.options.includes(each) !== true)
    if (name !== undefined) return { kind: 'option-of-other-action', command, option: `--${name}`, action, other }
  }
  return undefined
}

/** `profiles`: the positionals that name profiles; each counts as `--profile`. */
function findConflict(
  words: readonly Word[],
  { conflicts }: CommandSpec,
  profiles: readonly string[],
): UsageProblem | undefined {
  const option = profileOption(words)
  const positional = option === undefined ? undefined : profiles.find((word) => word !== option)
  if (option !== undefined && positional !== undefined) return { kind: 'conflicting-profiles', positional, option }
  const typed = (name: string): string | undefined =>
    isGiven(words, name) ? `--${name}` : name === 'profile' ? profiles[0] : undefined
  for (const [one, other] of conflicts) {
    const [first, second] = [typed(one), typed(other)]
    if (first !== undefined && second !== undefined) return { kind: 'conflicting-options', options: [first, second] }
  }
  return undefined
}

function isGiven(words: readonly Word[], name: string): boolean {
  return words.some(({ option }) => option?.name === name)
}

function profileOption(words: readonly Word[]): string | undefined {
  const value = words.find(({ option }) => option?.name === 'profile')?.value
  return value === true ? undefined : value
}
