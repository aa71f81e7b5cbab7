import { optionKey } from './spec.ts'
import type { ActionSpec, CommandSpec, OptionSpec } from './spec.ts'
import { COMMAND_TABLE, isCommandName } from './table.ts'
import type { AnyInvocation, Invocation } from './table.ts'
import type { UsageProblem } from '../model/failure.ts'
import type { CommandName } from '../model/invocation.ts'
import { nearest } from '../ui/words.ts'

/** npm's PowerShell shim drops a `--` without quotes (npm/cli#4903). */
// eslint-disable-next-line no-restricted-globals -- a fact of the platform
const QUOTES_SEPARATOR = process.platform === 'win32'

/** Tells whether a line asks for more on stderr: `--debug`, for `login` also as the AWS CLI's flag after `--`. */
export function isDebug({ command, options, tail }: AnyInvocation): boolean {
  return options.debug === true || (command === 'login' && tail?.includes('--debug') === true)
}

/**
 * Finds what is wrong with a line although each of its words is right: too many words, `--` where nothing can follow it, two
 * profiles, options that exclude each other. `spec` is the command's row. Both parsers ask it, so that they cannot disagree.
 */
export function findLineProblem(invocation: AnyInvocation, spec: CommandSpec): UsageProblem | undefined {
  const { command, options, tail } = invocation
  if (tail !== undefined && spec.tail === undefined) return { kind: 'unexpected-separator', command }
  if (spec.tail?.required === true && (tail ?? []).length === 0) return missingTail(invocation)
  const actionProblem = spec.actions === undefined ? undefined : findActionProblem(invocation, spec.actions)
  if (actionProblem !== undefined) return actionProblem
  const positionals = spec.actions === undefined ? invocation.positionals : invocation.positionals.slice(1)
  const extra = positionals[spec.positional?.maximum ?? 0]
  if (extra !== undefined) return { kind: 'unexpected-word', word: extra, command }
  const { profile } = options
  const other = positionals.find((word) => word !== profile)
  if (typeof profile === 'string' && other !== undefined)
    return { kind: 'conflicting-profiles', positional: other, option: profile }
  const isGiven = (name: string): boolean =>
    Object.hasOwn(options, optionKey(name)) || (name === 'profile' && positionals.length > 0)
  const conflict = spec.conflicts.find(({ options: [first, second] }) => isGiven(first) && isGiven(second))
  if (conflict === undefined) return undefined
  // A profile may be a word without an option, and is called what was typed.
  const typed = (name: string): string =>
    Object.hasOwn(options, optionKey(name)) ? `--${name}` : (positionals[0] ?? `--${name}`)
  const [first, second] = conflict.options
  return { kind: 'conflicting-options', options: [typed(first), typed(second)], because: conflict.because }
}

/** Of a command that is several: whether its first word says which, and whether the others and the options are for that. */
function findActionProblem(
  { command, positionals, options }: AnyInvocation,
  actions: Readonly<Record<string, ActionSpec>>,
): UsageProblem | undefined {
  const [word, ...words] = positionals
  const known = Object.keys(actions)
  const action = known.find((name) => name === word)
  if (action === undefined) return unknownAction(command, word, known)
  const extra = words[actions[action]?.maximum ?? 0]
  if (extra !== undefined) return { kind: 'unexpected-word', word: extra, command }
  const foreign = known
    .flatMap((other) => (actions[other]?.options ?? []).map((option) => ({ other, option })))
    .find(({ other, option }) => other !== action && Object.hasOwn(options, optionKey(option)))
  return foreign === undefined
    ? undefined
    : { kind: 'option-of-other-action', command, option: `--${foreign.option}`, action, other: foreign.other }
}

function unknownAction(command: CommandName, word: string | undefined, known: readonly string[]): UsageProblem {
  const near = word === undefined ? undefined : nearest(word, known)
  return {
    kind: 'unknown-action',
    command,
    known,
    ...(word === undefined ? {} : { word }),
    ...(near === undefined ? {} : { nearest: near }),
  }
}

function missingTail(invocation: AnyInvocation): UsageProblem {
  const { command, positionals, tail } = invocation
  const before = profileWords(invocation)
  const program =
    tail === undefined && positionals.length === 1 && before[0] === positionals[0] ? positionals[0] : undefined
  return {
    kind: 'missing-tail',
    command,
    before,
    quotesSeparator: QUOTES_SEPARATOR,
    ...(program === undefined ? {} : { program }),
  }
}

/** The words of a line that say which profile it is about. */
function profileWords({ positionals, options }: AnyInvocation): readonly string[] {
  const { profile } = options
  return typeof profile === 'string' ? [`--profile=${profile}`] : positionals.slice(0, 1)
}

/**
 * Finds out whether a line lacks its `--`: words follow the profile, or the options, of a command that takes a program. They
 * may hold options of that program, so this is asked before any option is looked at. `argv`: all words, the command first.
 */
export function findMissingSeparator(argv: readonly string[]): UsageProblem | undefined {
  const [command = '', ...words] = argv
  if (!isCommandName(command) || COMMAND_TABLE[command].tail?.required !== true || words.includes('--'))
    return undefined
  const end = endOfHead(words, COMMAND_TABLE[command])
  const rest = words.slice(end)
  const [first] = rest
  if (first === undefined || first.startsWith('-')) return undefined
  return {
    kind: 'missing-separator',
    command,
    before: words.slice(0, end),
    words: rest,
    quotesSeparator: QUOTES_SEPARATOR,
  }
}

/** How many words are the command's own: its options, and a profile unless `--profile` names one. */
function endOfHead(words: readonly string[], { options }: CommandSpec): number {
  let hasProfile = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const equals = word.indexOf('=')
    const spelling = equals === -1 ? word : word.slice(0, equals)
    const option = options.find(({ name, short }) => spelling === `--${name}` || spelling === `-${short ?? '-'}`)
    if (option === undefined && (hasProfile || word.startsWith('-'))) return index
    if (option === undefined || option.name === 'profile') hasProfile = true
    if (option?.kind === 'value' && equals === -1) index++
  }
  return words.length
}

/**
 * The strict parser, for lines that are exactly right: the only one on the fast paths. It knows `--name value`,
 * `--name=value`, `-x` and `-x value` from the command table, and declines everything else (help, errors, abbreviations,
 * clusters, options ahead of the command), for yargs to take or to explain. A line that it accepts means the same to both.
 */

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
  const invocation = {
    command: command as CommandName,
    ...head,
    ...(end === -1 ? {} : { tail: words.slice(end + 1) }),
  } as Invocation
  return findLineProblem(invocation, spec) === undefined ? invocation : undefined
}

function parseHead(
  words: readonly string[],
  spec: CommandSpec,
): Pick<AnyInvocation, 'positionals' | 'options'> | undefined {
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
    if (option === undefined || Object.hasOwn(options, optionKey(option.name))) return undefined
    const value = equals === -1 ? readFollowing(option, words[index + 1]) : readAttached(option, word, equals)
    if (value === undefined) return undefined
    if (equals === -1 && value !== true) index++
    options[optionKey(option.name)] = value
  }
  return { positionals, options }
}

function findOption(name: string, spec: CommandSpec): OptionSpec | undefined {
  return spec.options.find(
    (option) => name === `--${option.name}` || (option.short !== undefined && name === `-${option.short}`),
  )
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
