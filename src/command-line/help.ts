/** Help of the commands: laid out by yargs, wrapped to the terminal. Loaded only for help. */
import yargs from 'yargs'
import type { Options } from 'yargs'
import { HELP_TOPICS, OPTION_GROUPS } from './spec.ts'
import type { OptionGroup, OptionSpec } from './spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from './table.ts'
import { COMMAND_GROUPS, COMMAND_NAMES } from '../model/invocation.ts'
import type { CommandName } from '../model/invocation.ts'
import { wrapLines } from '../ui/style.ts'

/** Returns the help of a command, or of awsmfa. */
export async function renderHelp(command: CommandName | undefined, columns: number): Promise<string> {
  const help = await (command === undefined ? topHelp() : commandHelp(command)).getHelp()
  const lines = help.replaceAll(/[ \t]+$/gm, '').trim()
  return wrapLines(`${command === undefined ? lines : withoutGaps(lines)}\n`, columns)
}

function topHelp(): ReturnType<typeof yargs> {
  const width = Math.max(...COMMAND_NAMES.map(({ length }) => length))
  const commands = Object.entries(COMMAND_GROUPS).flatMap(([group, names]) => [
    group,
    ...names.map((name) => `  ${name.padEnd(width)}  ${COMMAND_TABLE[name].summary}`),
  ])
  return blank(['awsmfa COMMAND [options]', '', 'One MFA code for every AWS tool.', '', ...commands])
    .options(displayed(GLOBAL_OPTIONS))
    .example('awsmfa setup work', 'Set up a profile')
    .example('awsmfa login work', 'Sign in')
    .example('awsmfa exec prod -- terraform plan', 'Run a command with a session')
    .epilogue(`Help on a command: awsmfa COMMAND --help\nHelp on a topic:   awsmfa help ${HELP_TOPICS.join(' | ')}`)
}

function commandHelp(name: CommandName): ReturnType<typeof yargs> {
  const { summary, actions, positional, tail, options, examples } = COMMAND_TABLE[name]
  const words = [
    ...(positional === undefined ? [] : [`${positional.name.toUpperCase()}: ${positional.description}.`]),
    ...(tail === undefined ? [] : [`${tail.placeholder}: ${tail.description}.`]),
  ]
  let builder = blank([synopsis(name), '', `${summary}.`, ...words])
  for (const [action, spec] of Object.entries(actions ?? {}))
    builder = builder.positional(action, { describe: spec.summary })
  const all = [...options, ...GLOBAL_OPTIONS.filter((option) => option.name === 'help')]
  builder = builder.options(displayed(all, OPTION_GROUPS))
  for (const { line, description } of examples) builder = builder.example(line, description)
  return builder
}

/** Returns what one types: `awsmfa cache show|clear [PROFILE...] [options]`. */
function synopsis(name: CommandName): string {
  const { actions, positional, tail } = COMMAND_TABLE[name]
  return [
    `awsmfa ${name}`,
    ...(actions === undefined ? [] : [Object.keys(actions).join('|')]),
    ...(positional === undefined ? [] : [`[${positional.name.toUpperCase()}${positional.maximum > 1 ? '...' : ''}]`]),
    '[options]',
    ...(tail === undefined ? [] : [`[-- ${tail.placeholder}]`]),
  ].join(' ')
}

/** Returns yargs with words above its lists, its own headings without colons, and no wrapping, which splits words. */
function blank([usage = '', ...above]: readonly string[]): ReturnType<typeof yargs> {
  return yargs([])
    .scriptName('awsmfa')
    .usage([`Usage: ${usage}`, ...above].join('\n'))
    .help(false)
    .version(false)
    .detectLocale(false)
    .locale('en')
    .updateStrings({ 'Options:': 'Options', 'Examples:': 'Examples', 'Positionals:': 'Actions' })
    .wrap(null)
}

/**
 * yargs has no placeholders for values; as part of the name they are shown where they belong. Names as wide as the
 * widest align the descriptions of all groups.
 */
function displayed(
  options: readonly OptionSpec[],
  groups: readonly (OptionGroup | undefined)[] = [undefined],
): Record<string, Options> {
  const named = options.map((option) => ({
    ...option,
    name: option.kind === 'value' ? `${option.name} ${option.placeholder}` : option.name,
  }))
  const width = Math.max(...named.map(({ name }) => name.length))
  return Object.fromEntries(
    groups.flatMap((group) =>
      named
        .filter((option) => group === undefined || option.group === group)
        .map(({ name, short, description }) => [
          name.padEnd(width),
          {
            describe: description,
            ...(short === undefined ? {} : { alias: short }),
            ...(group === undefined ? {} : { group }),
          },
        ]),
    ),
  )
}

/** Removes the blank lines between lists. */
function withoutGaps(help: string): string {
  const headings = ['Actions', ...OPTION_GROUPS, 'Examples'].join('|')
  const [start = '', first = '', ...others] = help.split(new RegExp(`\\n\\n(?=(?:${headings})\\n)`))
  return `${start}\n\n${[first, ...others].join('\n')}`
}
