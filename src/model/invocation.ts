/** The names of the commands, and the profile that a line is about. */
import type { Resolved } from './origin.ts'

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
