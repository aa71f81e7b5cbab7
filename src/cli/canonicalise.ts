/**
 * Rewrites a line so that no parser can read it in two ways: `--flag value` and `-f value` become `--flag=value`, a flag
 * becomes `--flag=true`, and words that look like options but are none are set aside. yargs alone would swallow `-` and the
 * word `true`, and would take `--force-` for `--force` (observed with yargs 17.7.3).
 */
import type { CommandName } from '../core/command-names.ts'
import type { UsageProblem } from '../core/failures.ts'
import type { OptionSpec } from './command-table.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS, isCommandName } from './command-table.ts'

/**
 * Every option of every command, by each of its spellings. A name means the same kind of option wherever it occurs, but not the
 * same values: of several options that of `command` counts.
 */
export function optionsBySpelling(command?: CommandName): ReadonlyMap<string, OptionSpec> {
  const own = command === undefined ? [] : COMMAND_TABLE[command].options
  const all = [...GLOBAL_OPTIONS, ...Object.values(COMMAND_TABLE).flatMap(({ options }) => options), ...own]
  return new Map(all.flatMap((option) => spellings(option).map((spelling) => [spelling, option])))
}

/** The ways to write an option: `--profile`, `-p`. */
export function spellings(option: OptionSpec): readonly string[] {
  return option.short === undefined ? [`--${option.name}`] : [`--${option.name}`, `-${option.short}`]
}

export interface CanonicalLine {
  /** `--name=value` words and positionals, in order. An option that lacks its value is there as `--name=`. */
  readonly words: readonly string[]
  /** The words that begin with `-` and are no option of any command, up to their `=`. */
  readonly unknown: readonly string[]
  /** What is wrong with the first option whose value is; a parser can no longer tell. */
  readonly problem?: UsageProblem
}

/** Brings the words before `--` into the one form. Looks at no option's place: which command has it is for later. */
export function canonicalise(head: readonly string[]): CanonicalLine {
  const known = optionsBySpelling(head.find(isCommandName))
  const words: string[] = []
  const unknown: string[] = []
  const problems: UsageProblem[] = []
  for (let index = 0; index < head.length; index++) {
    const word = head[index] ?? ''
    const equals = word.indexOf('=')
    const spelling = equals === -1 ? word : word.slice(0, equals)
    const option = known.get(spelling)
    if (!word.startsWith('-')) {
      words.push(word)
    } else if (option === undefined) {
      unknown.push(spelling)
    } else {
      const next = head[index + 1]
      const value = readValue(option, equals === -1 ? undefined : word.slice(equals + 1), next)
      if (value.problem !== undefined) problems.push(value.problem)
      // `-p -x`: a value that needs `=`, and not an unknown option besides.
      const isStrayValue = value.problem?.kind === 'missing-value' && next !== undefined && !known.has(next.replace(/=.*$/s, ''))
      if (value.takesNext || isStrayValue) index++
      words.push(`--${option.name}=${value.text}`)
    }
  }
  const [problem] = problems
  return { words, unknown, ...(problem === undefined ? {} : { problem }) }
}

interface ValueReading {
  readonly text: string
  readonly takesNext: boolean
  readonly problem?: UsageProblem
}

function readValue(option: OptionSpec, attached: string | undefined, next: string | undefined): ValueReading {
  const name = `--${option.name}`
  if (option.kind === 'flag') {
    if (attached === undefined) return { text: 'true', takesNext: false }
    return { text: 'true', takesNext: false, problem: { kind: 'unexpected-value', option: name } }
  }
  if (attached === undefined && (next === undefined || (next.startsWith('-') && !(next === '-' && option.takesDash === true)))) {
    return { text: '', takesNext: false, problem: { kind: 'missing-value', option: name, expected: option.placeholder } }
  }
  const text = attached ?? next ?? ''
  const takesNext = attached === undefined
  return text === '' ? { text, takesNext, problem: { kind: 'empty-value', option: name } } : { text, takesNext }
}
