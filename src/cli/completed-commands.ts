import { COMMAND_NAMES } from '../core/command-names.ts'
import type { CommandName } from '../core/command-names.ts'
import { ENV_FORMATS } from '../core/env-formats.ts'
import { FOREIGN_TOOLS } from '../core/layouts/foreign/foreign-profile.ts'
import { LAYOUT_NAMES } from '../core/layouts/process-layout.ts'
import { PROMPT_CHOICES } from '../core/login/prompt-choice.ts'
import { SHELL_NAMES } from '../core/shell-names.ts'
import type { CompletedCommand, CompletedOption, CompletedWord } from '../render/shell-init/completion.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from './command-table.ts'
import type { OptionSpec } from './command-table.ts'
import { HELP_TOPICS } from './help-topics.ts'

/**
 * Gives the command table as completion needs it: what each word and value can be. The first is the line without a command, the last
 * `help`, which is no command of the table. A command that is several has a row for each, named by both words.
 */
export function completedCommands(): readonly CompletedCommand[] {
  const words = COMMAND_NAMES.map((name) => ({ name, description: COMMAND_TABLE[name].summary }))
  const first: CompletedCommand = { name: '', takes: [...words, { name: 'help', description: 'Say more on a command or a topic' }], options: GLOBAL_OPTIONS.map((option) => completedOption('', option)) }
  const help: CompletedCommand = { name: 'help', takes: [...words, ...HELP_TOPICS.map(plain)], options: [] }
  return [first, ...COMMAND_NAMES.flatMap(rowsOf), help]
}

/** The values of options, and the words after commands, of which there are so many and no more: the lists that the commands themselves go by. */
const CLOSED_SETS: Readonly<Record<string, readonly string[]>> = {
  'env --format': ENV_FORMATS,
  'login --prompt': PROMPT_CHOICES,
  'credential-process --prompt': PROMPT_CHOICES,
  'setup --layout': LAYOUT_NAMES,
  import: FOREIGN_TOOLS,
  'shell-init': SHELL_NAMES,
}

/** What a value can be, by what stands for it in help. A command is a program's file at the least. */
const OFFERED: Readonly<Record<string, CompletedOption['offers']>> = { FILE: 'files', COMMAND: 'files' }

/** A version is asked for without a command. */
const HELP = GLOBAL_OPTIONS.filter(({ name }) => name === 'help')

function rowsOf(name: CommandName): readonly CompletedCommand[] {
  const { actions, options, positional, tail } = COMMAND_TABLE[name]
  const offered = [...options, ...HELP].map((option) => completedOption(name, option))
  const takes = positional?.name === 'profile' ? 'profile' : (CLOSED_SETS[name] ?? []).map(plain)
  // The words after `--` are a program's where they have to be there; where they need not be, flags for STS.
  if (actions === undefined) return [{ name, takes, options: offered, ...(tail?.required === true ? { tail: 'command' as const } : {}) }]
  const ofOne = new Set(Object.values(actions).flatMap((action) => action.options))
  return [
    { name, takes: Object.entries(actions).map(([word, { summary }]) => ({ name: word, description: summary })), options: offered },
    ...Object.entries(actions).map(([word, action]): CompletedCommand => ({
      name: `${name} ${word}`,
      takes: action.maximum > 0 ? takes : [],
      options: offered.filter((option) => !ofOne.has(option.name) || action.options.includes(option.name)),
    })),
  ]
}

function completedOption(command: string, { name, short, description, ...spec }: OptionSpec): CompletedOption {
  return { name, ...(short === undefined ? {} : { short }), description, offers: spec.kind === 'flag' ? 'nothing' : offersOf(command, name, spec.placeholder) }
}

function offersOf(command: string, option: string, placeholder: string): CompletedOption['offers'] {
  if (option === 'profile' || option === 'source-profile') return 'profiles'
  return CLOSED_SETS[`${command} --${option}`] ?? OFFERED[placeholder] ?? 'anything'
}

function plain(name: string): CompletedWord {
  return { name, description: '' }
}
