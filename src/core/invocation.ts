import type { CommandName } from './command-names.ts'

/**
 * A command line after parsing: what to run, with values still as they were typed. Every option that the command table knows
 * appears at most once; `tail` is what stood after the first `--`, undefined when there was none.
 */
export interface Invocation {
  readonly command: CommandName
  readonly positionals: readonly string[]
  /** By the option's long name without dashes; a boolean option that was given is `true`. */
  readonly options: Readonly<Record<string, string | true>>
  readonly tail?: readonly string[]
}

/** Tells whether more is to be said: `--debug`, also as the AWS CLI's flag after `--`. */
export function isDebug({ command, options, tail }: Invocation): boolean {
  return options['debug'] === true || (command === 'login' && tail?.includes('--debug') === true)
}
