/**
 * Every command, option, positional and example, as data. Both parsers, help, README and completion are made from this table
 * and from nothing else. An option is declared by the item that builds it, never ahead of it; names and their meaning are
 * settled once released. To add a command: a name in core/command-names.ts; the compiler then asks for its row here.
 */

/** An option that is given or not. It takes no value. */
interface FlagSpec {
  readonly kind: 'flag'
  /** The long name without its dashes. */
  readonly name: string
  readonly short?: string
  readonly description: string
}

/** An option with a value, as `--name value` or `--name=value`. */
interface ValueSpec extends Omit<FlagSpec, 'kind'> {
  readonly kind: 'value'
  /** What stands for the value in help, in capitals. */
  readonly placeholder: string
  /** Whether a lone `-` may follow as a word of its own; every other value that begins with `-` needs `--name=`. */
  readonly takesDash?: true
}

export type OptionSpec = FlagSpec | ValueSpec

/** The name of an option in code: `minTtl` for `min-ttl`. */
export type OptionKey<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<OptionKey<Rest>>}`
  : Name

/** What a parsed line has for these options: `true` for a flag, else the text that was typed. */
export type OptionValues<Spec extends OptionSpec> = {
  readonly [Option in Spec as OptionKey<Option['name']>]?: Option extends FlagSpec ? true : string
}

/** Returns the name of an option in code. */
export function optionKey<const Name extends string>(name: Name): OptionKey<Name> {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as OptionKey<Name>
}

/** Two options of one command that contradict each other. A positional profile counts as `profile`. */
export interface ConflictSpec {
  readonly options: readonly [string, string]
  readonly because: string
}

export interface CommandSpec {
  /** One line for the list of commands. */
  readonly summary: string
  /** For a command that is several: its first word is one of these. */
  readonly actions?: Readonly<Record<string, ActionSpec>>
  /** What the words after the command, or after its action, are, and how many there may be; undefined: none. */
  readonly positional?: { readonly name: string; readonly description: string; readonly maximum: number }
  /** What stands after `--`; undefined where `--` is refused. */
  readonly tail?: { readonly placeholder: string; readonly description: string; readonly required?: true }
  readonly options: readonly OptionSpec[]
  readonly conflicts: readonly ConflictSpec[]
  readonly examples: readonly [Example, Example]
}

/** One of the several things that a command does. */
export interface ActionSpec {
  readonly summary: string
  /** How many words may follow. */
  readonly maximum: number
  /** The options, by their names, that it has and the command's other actions do not. */
  readonly options: readonly string[]
}

interface Example {
  readonly line: string
  readonly description: string
}

/** The subjects of `awsmfa help` that are no commands. Their texts are in help-topic-texts.ts, which is loaded to print one. */

/** What `awsmfa help TOPIC` knows besides commands. */
export const HELP_TOPICS = ['exit-codes', 'config', 'environment', 'security'] as const

/** One of the subjects. */
export type HelpTopic = (typeof HELP_TOPICS)[number]

/** Tells whether a word names a subject. */
export function isHelpTopic(word: string): word is HelpTopic {
  return HELP_TOPICS.some((topic) => topic === word)
}

/** The forms in which `env` prints credentials: those of `aws configure export-credentials` of the AWS CLI, and dotenv. */
export const ENV_FORMATS = ['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd', 'process', 'dotenv'] as const

/** One of them. */
export type EnvFormat = (typeof ENV_FORMATS)[number]

/** Finds the form that a word names; `json` is another name of `process`. Undefined: none. */
export function findEnvFormat(word: string): EnvFormat | undefined {
  return word === 'json' ? 'process' : ENV_FORMATS.find((format) => format === word)
}

/** What import finds: profiles that another tool signs in, and what would make each one awsmfa's. */

/** The tools whose layouts import knows, by the names that are typed. */
export const FOREIGN_TOOLS = ['aws-mfa', 'reusabit-awsmfa', 'dcoker-awsmfa', 'mfa-login', 'vegas-credentials'] as const

/** One of them. */
export type ForeignTool = (typeof FOREIGN_TOOLS)[number]

/** What `--layout` may say. */
export const LAYOUT_NAMES = ['session', 'process'] as const

/** One of them. */
export type LayoutName = (typeof LAYOUT_NAMES)[number]

/** What `--prompt` may say. `window`: any program that fits the platform, also where a terminal could be asked. */
export const PROMPT_CHOICES = ['auto', 'terminal', 'window', 'zenity', 'pinentry', 'osascript', 'powershell'] as const

/** The shells that `shell-init` has code for. */
export const SHELL_NAMES = ['bash', 'zsh', 'fish', 'powershell'] as const

/** One of them. */
export type ShellName = (typeof SHELL_NAMES)[number]

/** Finds a shell by its name; undefined where there is no code for it. PowerShell's program has two names. */
export function findShell(word: string): ShellName | undefined {
  return word === 'pwsh' ? 'powershell' : SHELL_NAMES.find((name) => name === word)
}
