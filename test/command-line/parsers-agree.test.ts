/** The parser of plain command lines and yargs read every command line alike. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import yargs from 'yargs'
import { optionKey } from '../../src/command-line/spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../../src/command-line/table.ts'
import { parse, spellings } from '../../src/command-line/parse.ts'
import type { CommandName, UsageProblem } from '../../src/model/invocation.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'
import { isFailure } from '../../src/model/failure.ts'

const ALL_SPELLINGS = [...Object.values(COMMAND_TABLE).flatMap(({ options }) => options), ...GLOBAL_OPTIONS].flatMap(
  spellings,
)
const ODD_WORDS = [
  '',
  '-',
  '--',
  '---',
  '-5',
  '0x10',
  '1e3',
  'true',
  'false',
  'null',
  '__proto__',
  'constructor',
  'a=b',
  '"q"',
  "'q'",
  'a b',
  '@x',
  'ü',
  '{profile}',
  '-p',
  '\n',
]
const VALUES = ['work', '012345', '12h', 'eu-west-1', '-x', '3600', ...ODD_WORDS]

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
)
const spelling = fc.constantFrom(...ALL_SPELLINGS)
const misspelling = fc.oneof(
  fc.tuple(spelling, fc.nat(20)).map(([name, length]) => name.slice(0, Math.max(1, length))),
  spelling.map((name) => `${name}-`),
  spelling.map((name) => name.replace('--', '--no-')),
  fc.constantFrom('-px', '-hV', '--constructor', '--toString=x', '--__proto__', '--profile.x=y', '--p=1'),
)
const words = fc.oneof(
  { weight: 3, arbitrary: value.map((word) => [word]) },
  { weight: 4, arbitrary: spelling.map((name) => [name]) },
  { weight: 6, arbitrary: fc.tuple(spelling, value) },
  { weight: 4, arbitrary: fc.tuple(spelling, value).map(([name, text]) => [`${name}=${text}`]) },
  { weight: 1, arbitrary: misspelling.map((name) => [name]) },
)
const command = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<string[]>(...COMMAND_NAMES.map((name) => [name])) },
  { weight: 1, arbitrary: fc.constantFrom<string[]>([], ['help'], ['logn']) },
)
const tail = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }).map((rest) => ['--', ...rest]) },
)
/** Options may come before the command. */
const ahead = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: spelling.map((name) => [name]) },
)
const anyLine = fc
  .tuple(ahead, command, fc.array(words, { maxLength: 4 }), tail)
  .map(([before, first, middle, last]) => [...before, ...first, ...middle.flat(), ...last])

/** Lines of right options in right places, most of which are right. */
const rightLine = fc.constantFrom(...COMMAND_NAMES).chain((name) => {
  const option = fc.constantFrom(...COMMAND_TABLE[name].options).chain((spec) => {
    const written = fc.constantFrom(...spellings(spec))
    if (spec.kind === 'flag') return written.map((word) => [word])
    return fc.oneof(
      fc.tuple(written, value),
      value.map((text) => [`--${spec.name}=${text}`]),
    )
  })
  return fc
    .array(
      fc.oneof(
        option,
        value.map((word) => [word]),
      ),
      { maxLength: 3 },
    )
    .map((rest) => [name, ...rest.flat()])
})

// yargs takes about a millisecond a line.
const TIMEOUT = 60_000
const RUNS = { numRuns: 2000, seed: 20261121 }

/** What `parse` returns, or the usage error that it throws. */
function outcomeOf(argv: readonly string[]): ReturnType<typeof parse> | { readonly kind: UsageProblem['kind'] } {
  try {
    return parse(argv, false)
  } catch (error) {
    if (isFailure(error, 'USAGE')) return error.failure.problem
    throw error
  }
}

/** What yargs reads: with `nargs` it takes `-` and `true` for what they are, and leaves quotes alone. */
function readByYargs(name: CommandName, argv: readonly string[]): object {
  const end = argv.indexOf('--')
  const options = COMMAND_TABLE[name].options.map(({ name: option, short, kind }) => [
    option,
    {
      ...(kind === 'flag' ? { boolean: true, nargs: 0 } : { string: true, nargs: 1 }),
      ...(short === undefined ? {} : { alias: short }),
    },
  ])
  const {
    _: positionals,
    $0: _,
    ...given
  } = yargs(end === -1 ? [...argv] : argv.slice(0, end))
    .parserConfiguration({
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'strip-aliased': true,
      'strip-dashed': true,
    })
    .options(Object.fromEntries(options))
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new Error(message)
    })
    .parseSync()
  const tail = end === -1 ? undefined : argv.slice(end + 1)
  return { command: name, positionals: positionals.slice(1).map(String), options: given, tail }
}

test.each([
  ['any', anyLine, 100],
  ['nearly right', rightLine, 500],
])(
  'of 2000 lines of %s words, yargs reads the right ones exactly as parse does',
  (_, lines, atLeast) => {
    let taken = 0
    fc.assert(
      fc.property(lines, (argv) => {
        const line = outcomeOf(argv)
        if (!('invocation' in line)) return
        taken++
        expect(readByYargs(line.invocation.command, argv)).toEqual(line.invocation)
      }),
      RUNS,
    )
    expect(taken).toBeGreaterThan(atLeast)
  },
  TIMEOUT,
)

test(
  'every line is an invocation, help, the version or a usage error, and nothing else',
  () => {
    const seen = new Map<string, number>()
    const count = (outcome: string): void => void seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    fc.assert(
      fc.property(anyLine, (argv) => {
        const line = outcomeOf(argv)
        count(line.kind)
        if (!('invocation' in line)) return
        const own = COMMAND_TABLE[line.invocation.command].options
        for (const [name, given] of Object.entries(line.invocation.options)) {
          const spec = own.find((option) => optionKey(option.name) === name)
          expect(given === true ? 'flag' : 'value').toBe(spec?.kind)
        }
      }),
      RUNS,
    )
    for (const outcome of [
      'invocation',
      'help',
      'version',
      'unknown-option',
      'abbreviated-option',
      'repeated-option',
      'missing-value',
      'empty-value',
      'unexpected-value',
    ]) {
      expect([...seen.keys()]).toContain(outcome)
    }
  },
  TIMEOUT,
)
