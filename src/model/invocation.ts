/** Command lines: the names of the commands, the profile that a line is about, and what can be wrong with a line. */
import type { Origin, Resolved } from './profile.ts'

/** The commands, by the headings under which help lists them. */
export const COMMAND_GROUPS = {
  Sessions: ['login', 'status', 'logout'],
  'Using a session': ['exec', 'env', 'console', 'credential-process'],
  'Access keys': ['keys', 'rotate'],
  Configuration: ['setup', 'import', 'undo', 'doctor', 'settings', 'shell-init', 'cache'],
} as const

/**
 * The commands, in that order. Hints name a command by this type, so that none can name a command that does not exist;
 * the command table must have exactly these rows.
 */
export const COMMAND_NAMES = Object.values(COMMAND_GROUPS).flat()

export type CommandName = (typeof COMMAND_NAMES)[number]

/** Returns whether a word is the name of a command. */
export function isCommandName(word: string): word is CommandName {
  return COMMAND_NAMES.some((name) => name === word)
}

/** The environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the profile that a command line is about: its positional or `--profile`, else `AWS_PROFILE`, else
 * `AWS_DEFAULT_PROFILE`, else `default`. An empty variable counts as unset.
 */
export function resolveTargetProfile(
  {
    positionals,
    options,
  }: { readonly positionals: readonly string[]; readonly options: { readonly profile?: string } },
  environment: Environment,
): Resolved<string> {
  const [positional] = positionals
  if (positional !== undefined) return { value: positional, origin: { kind: 'flag', flag: 'profile' } }
  const { profile } = options
  if (profile !== undefined) return { value: profile, origin: { kind: 'flag', flag: '--profile' } }
  for (const variable of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) {
    const value = environment[variable]
    if (value !== undefined && value !== '') return { value, origin: { kind: 'environment', variable } }
  }
  return { value: 'default', origin: { kind: 'default' } }
}

/** Names the variable in which `exec` and `env` note the region that they set themselves. */
export const REGION_SET = 'AWSMFA_REGION_SET'

/**
 * Returns whether an outer awsmfa set this variable to the region of its own profile: that is not what the user wants
 * for another profile. A region that the user has set since differs from the note.
 */
export function isRegionOfAwsmfa(variable: string, environment: Environment): boolean {
  const isRegion = variable === 'AWS_REGION' || variable === 'AWS_DEFAULT_REGION'
  const noted = environment[REGION_SET] ?? ''
  return isRegion && noted !== '' && environment[variable] === noted
}

/** The union of a table's rows, read-only, each with its name under `Tag`. */
export type Tagged<Tag extends string, Table> = {
  [Name in keyof Table]: { readonly [Key in Tag]: Name } & Readonly<Table[Name]>
}[keyof Table]

/** The fields of each problem of a command line or a settings file. */
interface UsageFields {
  'missing-command': object
  'unknown-command': { word: string; nearest?: CommandName | undefined }
  // `known`: what help knows besides the commands.
  'unknown-topic': { word: string; known: readonly string[]; nearest?: string | undefined }
  'unknown-shell': { word?: string | undefined; known: readonly string[] }
  'unknown-option': { option: string; command?: CommandName | undefined; nearest?: string | undefined }
  'abbreviated-option': { option: string; full: string }
  'repeated-option': { option: string }
  'missing-value': { option: string; expected: string }
  'empty-value': { option: string }
  'unexpected-value': { option: string }
  'bad-value': {
    option: string
    value: string
    expected: string
    origin?: Origin | undefined
    nearest?: string | undefined
  }
  // `word`: what is written instead of an action; undefined: nothing.
  'unknown-action': {
    command: CommandName
    word?: string | undefined
    known: readonly string[]
    nearest?: string | undefined
  }
  'option-of-other-action': { command: CommandName; option: string; action: string; other: string }
  'unexpected-word': { word: string; command: CommandName }
  'unexpected-separator': { command?: CommandName | undefined }
  // `before`, `words`: what belongs before and after `--`; `quotesSeparator`: the shell drops a bare `--`.
  'missing-separator': {
    command: CommandName
    before: readonly string[]
    words: readonly string[]
    quotesSeparator: boolean
  }
  'missing-tail': {
    command: CommandName
    before: readonly string[]
    quotesSeparator: boolean
  }
  'conflicting-profiles': { positional: string; option: string }
  'conflicting-options': { options: readonly [string, string] }
  // `needed`: what has to be there too, or a profile name; `words`: a line that has both.
  'missing-option': { command: CommandName; option: string; needed?: string | undefined; words: readonly string[] }
  'needs-terminal': { option: string; words: readonly string[] }
  'unknown-placeholder': { placeholder: string; known: readonly string[] }
  // `instead`: what to do for a setting that belongs elsewhere.
  'unknown-setting': {
    path: string
    key: string
    line?: number | undefined
    nearest?: string | undefined
    instead?: string | undefined
  }
  'repeated-setting': { path: string; key: string; lines: readonly number[] }
  'setting-type': { path: string; key: string; line?: number | undefined; found: 'list' | 'table' | 'date' }
  'several-settings-files': { paths: readonly string[] }
  'malformed-settings': { path: string; format: 'ini' | 'toml' | 'yaml' | 'json'; line?: number | undefined }
  'token-code-for-many': { profiles: number }
  'token-command-for-many': { profiles: number; origin: Origin }
}

/** What is wrong with a command line or a settings file. */
export type UsageProblem = Tagged<'kind', UsageFields>

/** The fields of each problem of a flag after `--`. */
interface StsArgumentFields {
  'unknown-flag': { flag: string; operation: StsOperation; nearest?: string | undefined }
  'ambiguous-flag': { flag: string; candidates: readonly string[] }
  'refused-flag': { flag: string; because: string; instead?: string | undefined }
  'role-flag-without-role': { flag: string }
  'missing-value': { flag: string; leadingDash?: string | undefined }
  'bare-word': { word: string }
  'bad-value': { flag: string; value: string; expected: string }
  'unreadable-file': { flag: string; path: string; reason: string }
  contradiction: { flag: string; before: string; after: string }
}

/** What is wrong with a flag after `--`. */
export type StsArgumentProblem = Tagged<'kind', StsArgumentFields>

/** The two STS operations that a login is made of. */
export type StsOperation = 'GetSessionToken' | 'AssumeRole'
