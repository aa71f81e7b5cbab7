import type { Invocation } from '../invocation.ts'
import type { Resolved } from '../origin.ts'

/** The environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Gives the profile that a command line is about: its positional or `--profile`, else `AWS_PROFILE`, else
 * `AWS_DEFAULT_PROFILE`, else `default`. An empty variable counts as unset.
 */
export function resolveTargetProfile({ positionals, options }: Pick<Invocation, 'positionals' | 'options'>, environment: Environment): Resolved<string> {
  const [positional] = positionals
  if (positional !== undefined) return { value: positional, origin: { kind: 'flag', flag: 'profile' } }
  const { profile } = options
  if (typeof profile === 'string') return { value: profile, origin: { kind: 'flag', flag: '--profile' } }
  for (const variable of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) {
    const value = environment[variable]
    if (value !== undefined && value !== '') return { value, origin: { kind: 'environment', variable } }
  }
  return { value: 'default', origin: { kind: 'default' } }
}
