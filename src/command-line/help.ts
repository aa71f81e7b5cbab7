/** Help of the commands, rendered by yargs. Loaded only for help. */
import yargs from 'yargs'
import type { Options } from 'yargs'
import { HELP_TOPICS } from './spec.ts'
import type { CommandSpec, OptionSpec } from './spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from './table.ts'
import { COMMAND_NAMES } from '../model/invocation.ts'
import type { CommandName } from '../model/invocation.ts'

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
  return ` [-- ${tail.placeholder}]`
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
