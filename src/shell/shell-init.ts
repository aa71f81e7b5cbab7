/**
 * The code that `awsmfa shell-init` prints: awsmfa.{bash,zsh,fish,ps1}, with the command table filled into their slots.
 *
 * A slot is a word `SLOT_NAME`, or a whole line `# SLOT_NAME`, so that each file is valid code of its shell as it is.
 * VALUE_OPTIONS: every option that takes a value; TWO_WORDS: commands such as `cache show`; COMMANDS: what completes
 * after each command.
 */
import {
  ENV_FORMATS,
  FOREIGN_TOOLS,
  HELP_TOPICS,
  KEY_PLACES,
  LAYOUT_NAMES,
  PROMPT_CHOICES,
  SHELL_NAMES,
} from '../command-line/spec.ts'
import type { OptionSpec, ShellName } from '../command-line/spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../command-line/table.ts'
import { KEY_STORES } from '../model/credentials.ts'
import { COMMAND_NAMES } from '../model/invocation.ts'
import type { CommandName } from '../model/invocation.ts'
import BASH from './awsmfa.bash'
import FISH from './awsmfa.fish'
import POWERSHELL from './awsmfa.ps1'
import ZSH from './awsmfa.zsh'

/** A command as completion knows it. Names are plain words that no shell interprets. */
export interface CompletedCommand {
  /** One word, or two with a space between (`cache show`); '' is the line before a command. */
  readonly name: string
  /** What follows the command: the name of a profile, or one of these words. */
  readonly takes: 'profile' | readonly CompletedWord[]
  readonly options: readonly CompletedOption[]
  /** Set if a program and its arguments follow `--`; otherwise the shell offers files there. */
  readonly tail?: 'command'
}

interface CompletedWord {
  readonly name: string
  readonly description: string
}

interface CompletedOption extends CompletedWord {
  readonly short?: string
  /** What completes its value: `nothing` if it takes none, `anything` if the value is free text. */
  readonly offers: 'nothing' | 'anything' | 'profiles' | 'files' | readonly string[]
}

/** Returns the code for a shell's start-up file. It prints nothing, and cannot fail under errexit or nounset. */
export function renderShellInit(shell: ShellName, commands: readonly CompletedCommand[]): string {
  return RENDERERS[shell](commands)
}

/** Returns the command table for completion: the line without a command, every command and action, and `help`. */
export function completedCommands(): readonly CompletedCommand[] {
  const words = COMMAND_NAMES.map((name) => ({ name, description: COMMAND_TABLE[name].summary }))
  const first: CompletedCommand = {
    name: '',
    takes: [...words, { name: 'help', description: 'Show help on a command or a topic' }],
    options: GLOBAL_OPTIONS.map((option) => completedOption('', option)),
  }
  const help: CompletedCommand = { name: 'help', takes: [...words, ...HELP_TOPICS.map(plain)], options: [] }
  return [first, ...COMMAND_NAMES.flatMap(rowsOf), help]
}

/** The values of options, and the words after commands, that form a closed set. */
const CLOSED_SETS: Readonly<Record<string, readonly string[]>> = {
  'env --format': ENV_FORMATS,
  'login --prompt': PROMPT_CHOICES,
  'credential-process --prompt': PROMPT_CHOICES,
  'setup --layout': LAYOUT_NAMES,
  'setup --keys': KEY_PLACES,
  'import --keys': KEY_STORES,
  'keys --to': KEY_PLACES,
  'keys --from': KEY_STORES,
  import: FOREIGN_TOOLS,
  'shell-init': SHELL_NAMES,
}

const FILE_PLACEHOLDERS = ['FILE', 'COMMAND']

const HELP_OPTIONS = GLOBAL_OPTIONS.filter(({ name }) => name === 'help')

function rowsOf(name: CommandName): readonly CompletedCommand[] {
  const { actions = {}, options, positional, tail } = COMMAND_TABLE[name]
  const offered = [...options, ...HELP_OPTIONS].map((option) => completedOption(name, option))
  const takes = positional?.name === 'profile' ? 'profile' : (CLOSED_SETS[name] ?? []).map(plain)
  const rows = Object.entries(actions)
  // The words after `--` are a program, or options for STS.
  if (rows.length === 0) return [{ name, takes, options: offered, ...(tail?.isProgram ? { tail: 'command' } : {}) }]
  const ofOneAction = rows.flatMap(([, action]) => action.options)
  return [
    { name, takes: rows.map(([word, { summary }]) => ({ name: word, description: summary })), options: offered },
    ...rows.map(([word, action]): CompletedCommand => ({
      name: `${name} ${word}`,
      takes: action.maximum > 0 ? takes : [],
      options: offered.filter((option) => !ofOneAction.includes(option.name) || action.options.includes(option.name)),
    })),
  ]
}

function completedOption(command: string, { name, short, description, ...spec }: OptionSpec): CompletedOption {
  const offers = spec.kind === 'flag' ? 'nothing' : offersOf(command, name, spec.placeholder)
  return { name, ...(short === undefined ? {} : { short }), description, offers }
}

function offersOf(command: string, option: string, placeholder: string): CompletedOption['offers'] {
  if (option === 'profile' || option === 'source-profile') return 'profiles'
  return CLOSED_SETS[`${command} --${option}`] ?? (FILE_PLACEHOLDERS.includes(placeholder) ? 'files' : 'anything')
}

function plain(name: string): CompletedWord {
  return { name, description: '' }
}

/**
 * Returns the options of all commands that take a value, each once: the word that follows one is neither a command nor
 * what the command takes. `offers` is 'anything' where commands differ in it. Without `--replace`, which takes no value
 * in login.
 */
export function valueOptions(commands: readonly CompletedCommand[]): readonly CompletedOption[] {
  const byName = new Map<string, CompletedOption>()
  const all = commands.flatMap(({ options }) => options)
  const flags = new Set(all.filter(({ offers }) => offers === 'nothing').map(({ name }) => name))
  for (const option of all.filter(({ name }) => !flags.has(name))) {
    const { offers } = byName.get(option.name) ?? option
    byName.set(option.name, String(offers) === String(option.offers) ? option : { ...option, offers: 'anything' })
  }
  return [...byName.values()]
}

/** Returns every spelling of the options: `--profile`, `-p`. */
export function spellingsOf(options: readonly CompletedOption[]): readonly string[] {
  return options.flatMap(({ name, short }) => (short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]))
}

/** What completes after a command, separated by spaces; `choices` has items like `--format=env,fish `. */
export interface CompletionWords {
  readonly flags: string
  readonly values: string
  readonly profiles: string
  readonly files: string
  readonly choices: string
  readonly takes: string
  readonly tail: string
}

/**
 * Returns what completes after a command. Before a command, the value of any command's option completes, since options
 * may precede the command; the options themselves are not offered there.
 */
export function completionWords(
  { name: command, takes, options, tail }: CompletedCommand,
  commands: readonly CompletedCommand[],
): CompletionWords {
  const known = command === '' ? [...options, ...valueOptions(commands)] : options
  const spelled = (among: readonly CompletedOption[], isMeant: (option: CompletedOption) => boolean): string =>
    spellingsOf(among.filter(isMeant)).join(' ')
  return {
    flags: spelled(options, ({ offers }) => offers === 'nothing'),
    values: spelled(options, ({ offers }) => offers !== 'nothing'),
    profiles: spelled(known, ({ offers }) => offers === 'profiles'),
    files: spelled(known, ({ offers }) => offers === 'files'),
    choices: known
      .flatMap(({ name, offers }) => (typeof offers === 'string' ? [] : [`--${name}=${offers.join(',')} `]))
      .join(''),
    takes: takes === 'profile' ? takes : takes.map(({ name }) => name).join(' '),
    tail: tail ?? '',
  }
}

/** Commands that take sections which only contain an access key; the shells' code names them as well. */
const ABOUT_KEYS = ['keys', 'rotate', 'setup', 'settings', 'doctor']

type Commands = readonly CompletedCommand[]

const RENDERERS: Readonly<Record<ShellName, (commands: Commands) => string>> = {
  bash: (commands) => fillSlots(BASH, caseSlots(commands, '', ' | ')),
  zsh: (commands) => fillSlots(ZSH, caseSlots(commands, '(', '|', zshDescriptions)),
  fish: (commands) =>
    fillSlots(FISH, {
      VALUE_OPTIONS: spellingsOf(valueOptions(commands)).join(' '),
      TWO_WORDS: actionsOf(commands)
        .flatMap(([first, words]) => words.map((word) => `'${first} ${word}'`))
        .join(' '),
      COMMANDS: lines([...commands.flatMap(fishRows), ...valueOptions(commands).flatMap(fishValueRows)]),
    }),
  powershell: (commands) =>
    fillSlots(POWERSHELL, {
      VALUE_OPTIONS: spellingsOf(valueOptions(commands)).map(quotedForPowerShell).join(', '),
      COMMANDS: lines(commands.map((command) => powershellEntry(command, commands))),
    }),
}

function fillSlots(code: string, slots: Readonly<Record<string, string>>): string {
  return code.replace(
    /^ *# SLOT_(\w+)\n|SLOT_(\w+)/gm,
    (_, line?: string, word?: string) => slots[line ?? word ?? ''] ?? '',
  )
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

/** Returns each command that has actions, with their names: `cache` with `show` and `clear`. */
function actionsOf(commands: Commands): readonly (readonly [string, readonly string[]])[] {
  const actions = new Map<string, readonly string[]>()
  for (const [first = '', second] of commands.map(({ name }) => name.split(' ')))
    if (second !== undefined) actions.set(first, [...(actions.get(first) ?? []), second])
  return [...actions]
}

/** Returns what bash and zsh look up with `case`. No word of the command table contains a quote. */
function caseSlots(
  commands: Commands,
  open: '' | '(',
  or: string,
  more: (command: CompletedCommand) => Readonly<Record<string, string>> = () => ({}),
): Readonly<Record<string, string>> {
  const branches = commands.map((command) => {
    const all = { ...completionWords(command, commands), ...more(command) }
    const words = Object.entries(all).filter(([, value]) => value !== '')
    return `    ${open}'${command.name}') ${[...words.map(([name, value]) => `${name}='${value}'`), ';;'].join(' ')}`
  })
  const twoWords = actionsOf(commands).map(
    ([first, seconds]) =>
      `      ${open}${first}) case $word in ${open}${seconds.join(or)}) command="$command $word" ;; esac ;;`,
  )
  return {
    VALUE_OPTIONS: spellingsOf(valueOptions(commands)).join(' '),
    TWO_WORDS: lines(twoWords),
    COMMANDS: lines(branches),
  }
}

/** Returns what zsh's `_describe` takes, separated by `|`, within single quotes. */
function zshDescriptions({ takes, options }: CompletedCommand): Readonly<Record<string, string>> {
  const list = (words: readonly CompletedWord[]): string =>
    words
      .map(({ name, description }) => (description === '' ? name : `${name}:${description.replaceAll('|', '/')}`))
      .join('|')
      .replaceAll("'", String.raw`'\''`)
  const spelled = options.flatMap((option) =>
    spellingsOf([option]).map((name) => ({ name, description: option.description })),
  )
  return { about: list(spelled), about_takes: takes === 'profile' ? '' : list(takes) }
}

function fishRows({ name, takes, options, tail }: CompletedCommand): readonly string[] {
  const condition = name === '' || name.includes(' ') ? `"${name}"` : name
  const profiles = ABOUT_KEYS.includes(name.split(' ')[0] ?? '')
    ? '_awsmfa_profiles'
    : '_awsmfa_profiles | string match -v -r "(-long-term|Perm|Permanent|-perm|-permanent)\\z"'
  const words = takes === 'profile' ? [`-f -a '(${profiles})'`] : takes.map(fishWord)
  const rows = [...(words.length === 0 ? ['-f'] : words), ...options.map(fishOption)]
  return [
    ...rows.map((row) => `complete -c awsmfa -n '_awsmfa_is ${condition}' ${row}`),
    ...(tail === undefined ? [] : [`complete -c awsmfa -n '_awsmfa_is "${name} --"' -f -a '(_awsmfa_program)'`]),
  ]
}

/** Returns the rows for the value of an option that precedes the command. */
function fishValueRows(option: CompletedOption): readonly string[] {
  const value = fishValue(option.offers).replace(' -r', '')
  return spellingsOf([option]).map((spelling) => `complete -c awsmfa -n '_awsmfa_is ${spelling}'${value}`)
}

function fishWord({ name, description }: CompletedWord): string {
  return `-f -a ${name}${fishDescription(description)}`
}

function fishOption({ name, short, offers, description }: CompletedOption): string {
  return `-l ${name}${short === undefined ? '' : ` -s ${short}`}${fishValue(offers)}${fishDescription(description)}`
}

function fishValue(offers: CompletedOption['offers']): string {
  if (offers === 'nothing') return ' -f'
  if (offers === 'anything') return ' -f -r'
  if (offers === 'profiles') return " -f -r -a '(_awsmfa_profiles)'"
  return offers === 'files' ? ' -r -F' : ` -f -r -a '${offers.join(' ')}'`
}

function fishDescription(text: string): string {
  return text === '' ? '' : ` -d '${text.replace(/[\\']/g, '\\$&')}'`
}

function powershellEntry(command: CompletedCommand, commands: Commands): string {
  const { flags, values, profiles, choices, takes } = completionWords(command, commands)
  const listOf = (words: string, separator = ' '): string =>
    `@(${words.split(separator).filter(Boolean).map(quotedForPowerShell).join(', ')})`
  const choicesOf = choices
    .split(' ')
    .filter(Boolean)
    .map((choice) => choice.split('='))
    .map(([option = '', words = '']) => `${quotedForPowerShell(option)} = ${listOf(words, ',')}`)
  const takesProfile = command.takes === 'profile'
  const properties = [
    `Flags = ${listOf(flags)}`,
    `Values = ${listOf(values)}`,
    `Profiles = ${listOf(profiles)}`,
    `Choices = @{ ${choicesOf.join('; ')} }`,
    `TakesProfile = $${String(takesProfile)}`,
    `Takes = ${takesProfile ? '@()' : listOf(takes)}`,
    `TakesProgram = $${String(command.tail === 'command')}`,
  ]
  return `  ${quotedForPowerShell(command.name)} = @{ ${properties.join('; ')} }`
}

/** Returns a word in quotes, which even plain words need: `-p` would be an operator. */
function quotedForPowerShell(word: string): string {
  return `'${word.replaceAll("'", "''")}'`
}
