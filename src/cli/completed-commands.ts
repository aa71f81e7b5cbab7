import { COMMAND_NAMES } from '../core/command-names.ts'
import type { CommandName } from '../core/command-names.ts'
import { ENV_FORMATS } from '../core/env-formats.ts'
import { SHELL_NAMES } from '../core/shell-names.ts'
import type { CompletedCommand, CompletedOption } from '../render/shell-init/completion.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from './command-table.ts'
import type { OptionSpec } from './command-table.ts'

/** Gives the command table as completion needs it: what each word and value can be. The first is the line without a command. */
export function completedCommands(): readonly CompletedCommand[] {
  const commands = COMMAND_NAMES.map((name): CompletedCommand => ({ name, takes: wordsAfter(name), options: [...COMMAND_TABLE[name].options, ...HELP].map((option) => completedOption(name, option)) }))
  const words = COMMAND_NAMES.map((name) => ({ name, description: COMMAND_TABLE[name].summary }))
  return [{ name: '', takes: words, options: GLOBAL_OPTIONS.map((option) => completedOption(undefined, option)) }, ...commands]
}

/** A version is asked for without a command. */
const HELP = GLOBAL_OPTIONS.filter(({ name }) => name === 'help')

function wordsAfter(command: CommandName): CompletedCommand['takes'] {
  if (command === 'shell-init') return SHELL_NAMES.map((name) => ({ name, description: '' }))
  const { actions } = COMMAND_TABLE[command]
  if (actions !== undefined) return Object.entries(actions).map(([name, { summary }]) => ({ name, description: summary }))
  return COMMAND_TABLE[command].positional?.name === 'profile' ? 'profile' : []
}

function completedOption(command: CommandName | undefined, { kind, name, short, description }: OptionSpec): CompletedOption {
  const offers = kind === 'flag' ? 'nothing' : name === 'profile' || name === 'source-profile' ? 'profiles' : name === 'format' && command === 'env' ? ENV_FORMATS : 'files'
  return { name, ...(short === undefined ? {} : { short }), description, offers }
}
