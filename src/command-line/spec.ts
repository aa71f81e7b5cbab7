/**
 * What a row of the command table may say, the types that follow from it, and the closed sets of values that a line may
 * name.
 */
import { KEY_STORES } from '../model/credentials.ts'

/** The headings under which help lists the options of a command, in order. */
export const OPTION_GROUPS = ['Common', 'Keys and MFA', 'Role and session', 'Network', 'Output'] as const

export type OptionGroup = (typeof OPTION_GROUPS)[number]

/** An option without a value. */
interface FlagSpec {
  readonly kind: 'flag'
  /** The long name without its dashes. */
  readonly name: string
  readonly short?: string
  readonly description: string
  readonly group: OptionGroup
}

/** An option with a value, as `--name value` or `--name=value`. */
interface ValueSpec extends Omit<FlagSpec, 'kind'> {
  readonly kind: 'value'
  /** The value in help, in capitals. */
  readonly placeholder: string
  /** A lone `-` may follow; every other value that begins with `-` needs `--name=`. */
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

/** Returns the conflicts of an option with others. */
export function pairs<const Name extends string, const Other extends string>(
  option: Name,
  ...others: readonly Other[]
): readonly (readonly [Name, Other])[] {
  return others.map((other) => [option, other])
}

/** Returns an option without a value. */
export function flag<const Name extends string>(name: Name, description: string, group: OptionGroup = 'Common') {
  return { kind: 'flag', name, description, group } as const
}

/** Returns an option with a value. */
export function value<const Name extends string>(
  name: Name,
  placeholder: string,
  description: string,
  group: OptionGroup = 'Common',
) {
  return { kind: 'value', name, placeholder, description, group } as const
}

export interface CommandSpec {
  /** One line for the list of commands. */
  readonly summary: string
  /** The actions of a command such as `cache show`: its first word is one of these. */
  readonly actions?: Readonly<Record<string, ActionSpec>>
  /** The words after the command or its action, and how many there may be; undefined: none. In help in capitals. */
  readonly positional?: { readonly name: string; readonly description: string; readonly maximum: number }
  /**
   * The words after `--`; undefined where `--` is refused. `isProgram`: a program and its arguments, one word at least.
   */
  readonly tail?: { readonly placeholder: string; readonly description: string; readonly isProgram?: true }
  readonly options: readonly OptionSpec[]
  /** Options that cannot be used together. A positional profile counts as `profile`. */
  readonly conflicts: readonly (readonly [string, string])[]
  readonly examples: readonly [Example, Example]
}

export interface ActionSpec {
  readonly summary: string
  /** How many positionals may follow. */
  readonly maximum: number
  /** The names of the options that this action has and some of the command's other actions do not. */
  readonly options: readonly string[]
}

interface Example {
  readonly line: string
  readonly description: string
}

/** What `awsmfa help TOPIC` explains besides commands. */
export const HELP_TOPICS = ['exit-codes', 'config', 'environment', 'security'] as const

export type HelpTopic = (typeof HELP_TOPICS)[number]

/** Returns whether a word names a help topic. */
export function isHelpTopic(word: string): word is HelpTopic {
  return HELP_TOPICS.some((topic) => topic === word)
}

/**
 * The formats in which `env` prints credentials: those of `aws configure export-credentials` of the AWS CLI, and
 * dotenv.
 */
export const ENV_FORMATS = ['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd', 'process', 'dotenv'] as const

export type EnvFormat = (typeof ENV_FORMATS)[number]

/** Returns the format that a word names; `json` is another name of `process`. Undefined: none. */
export function findEnvFormat(word: string): EnvFormat | undefined {
  return word === 'json' ? 'process' : ENV_FORMATS.find((format) => format === word)
}

/** The tools whose layouts `import` converts, by the names that are typed. */
export const FOREIGN_TOOLS = [
  'aws-mfa',
  'reusabit-awsmfa',
  'dcoker-awsmfa',
  'mfa-login',
  'vegas-credentials',
  'aws-vault',
  'awsume',
  'granted',
  'saml2aws',
  'aws-runas',
] as const

export type ForeignTool = (typeof FOREIGN_TOOLS)[number]

/** Where access keys can be: in the credentials file, or in a store. */
export const KEY_PLACES = [...KEY_STORES, 'file'] as const

export type KeyPlace = (typeof KEY_PLACES)[number]

/** What `--layout` may say. */
export const LAYOUT_NAMES = ['session', 'process'] as const

export type LayoutName = (typeof LAYOUT_NAMES)[number]

/** What `--prompt` may say. `window`: any program that fits the platform, also where a terminal could be asked. */
export const PROMPT_CHOICES = ['auto', 'terminal', 'window', 'zenity', 'pinentry', 'osascript', 'powershell'] as const

/** The shells that `shell-init` has code for. */
export const SHELL_NAMES = ['bash', 'zsh', 'fish', 'powershell'] as const

export type ShellName = (typeof SHELL_NAMES)[number]

/** Returns a shell by its name; PowerShell's program has two. Undefined: no code for it. */
export function findShell(word: string): ShellName | undefined {
  return word === 'pwsh' ? 'powershell' : SHELL_NAMES.find((name) => name === word)
}
