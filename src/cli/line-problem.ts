import type { UsageProblem } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import { COMMAND_TABLE } from './command-table.ts'

/**
 * Finds what is wrong with a line although each of its words is right: too many words, `--` where nothing can follow it, two
 * profiles, options that exclude each other. Both parsers ask it, so that they cannot disagree.
 */
export function findLineProblem(invocation: Invocation): UsageProblem | undefined {
  const { command, positionals, options, tail } = invocation
  const spec = COMMAND_TABLE[command]
  if (tail !== undefined && spec.tail === undefined) return { kind: 'unexpected-separator', command }
  const extra = positionals[spec.positional.maximum]
  if (extra !== undefined) return { kind: 'unexpected-word', word: extra, command }
  const { profile } = options
  const other = positionals.find((word) => word !== profile)
  if (typeof profile === 'string' && other !== undefined) return { kind: 'conflicting-profiles', positional: other, option: profile }
  const isGiven = (name: string): boolean => Object.hasOwn(options, name) || (name === 'profile' && positionals.length > 0)
  const conflict = spec.conflicts.find(({ options: [first, second] }) => isGiven(first) && isGiven(second))
  if (conflict === undefined) return undefined
  const [first, second] = conflict.options
  return { kind: 'conflicting-options', options: [`--${first}`, `--${second}`], because: conflict.because }
}
