/** Help and errors from yargs, built from the table of commands. */
import { describe, expect, test } from 'vitest'
import { HELP_TOPICS, OPTION_GROUPS } from '../../src/command-line/spec.ts'
import { COMMAND_TABLE } from '../../src/command-line/table.ts'
import { renderHelp } from '../../src/command-line/help.ts'
import { parse } from '../../src/command-line/parse.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { UsageProblem } from '../../src/model/invocation.ts'
import { COMMAND_GROUPS, COMMAND_NAMES } from '../../src/model/invocation.ts'

function problemOf(argv: readonly string[]): UsageProblem | undefined {
  try {
    parse(argv, false)
  } catch (error) {
    if (error instanceof AwsmfaError && error.failure.code === 'USAGE') return error.failure.problem
    throw error
  }
  return undefined
}

test.each<[readonly string[], UsageProblem]>([
  [['logn'], { kind: 'unknown-command', word: 'logn', nearest: 'login' }],
  [['frobnicate'], { kind: 'unknown-command', word: 'frobnicate' }],
  [['frobnicate', '--help'], { kind: 'unknown-command', word: 'frobnicate' }],
  [['help', 'stauts'], { kind: 'unknown-topic', word: 'stauts', known: [...HELP_TOPICS], nearest: 'status' }],
  [['constructor'], { kind: 'unknown-command', word: 'constructor' }],
  [['--json'], { kind: 'missing-command' }],
  [['--vresion'], { kind: 'unknown-option', option: '--vresion', nearest: '--version' }],
  [['--'], { kind: 'unexpected-separator' }],
  [['--', 'login'], { kind: 'unexpected-separator' }],
  [['exec', '--'], { kind: 'missing-tail', command: 'exec', before: [], quotesSeparator: false }],
  [['exec', 'prod', '--'], { kind: 'missing-tail', command: 'exec', before: ['prod'], quotesSeparator: false }],
  [
    ['exec', '-p', 'x', '--'],
    { kind: 'missing-tail', command: 'exec', before: ['--profile=x'], quotesSeparator: false },
  ],
  [
    ['exec', 'prod', 'ls', '-la', '/'],
    { kind: 'missing-separator', command: 'exec', before: ['prod'], words: ['ls', '-la', '/'], quotesSeparator: false },
  ],
  [
    ['exec', '--min-ttl', '1h', 'prod', 'ls'],
    {
      kind: 'missing-separator',
      command: 'exec',
      before: ['--min-ttl', '1h', 'prod'],
      words: ['ls'],
      quotesSeparator: false,
    },
  ],
  [
    ['exec', 'prod', '--quiet', 'ls', '--quiet'],
    {
      kind: 'missing-separator',
      command: 'exec',
      before: ['prod', '--quiet'],
      words: ['ls', '--quiet'],
      quotesSeparator: false,
    },
  ],
  [
    ['exec', '--profile=prod', 'ls'],
    { kind: 'missing-separator', command: 'exec', before: ['--profile=prod'], words: ['ls'], quotesSeparator: false },
  ],
  [['exec', '--frce', 'prod', 'ls'], { kind: 'unknown-option', option: '--frce', command: 'exec' }],
  [['exec', 'a', 'b', '--', 'ls'], { kind: 'unexpected-word', word: 'b', command: 'exec' }],
  [['env', 'prod', '--', 'ls'], { kind: 'unexpected-separator', command: 'env' }],
  [
    ['env', '--unset', '--min-ttl', '1h'],
    {
      kind: 'conflicting-options',
      options: ['--unset', '--min-ttl'],
    },
  ],
  [['login', '--frce'], { kind: 'unknown-option', option: '--frce', command: 'login', nearest: '--force' }],
  [['login', '--frce=x'], { kind: 'unknown-option', option: '--frce', command: 'login', nearest: '--force' }],
  [['help', 'exit-code'], { kind: 'unknown-topic', word: 'exit-code', known: [...HELP_TOPICS], nearest: 'exit-codes' }],
  [['help', 'frobnicate'], { kind: 'unknown-topic', word: 'frobnicate', known: [...HELP_TOPICS] }],
  [['exit-codes', '--help'], { kind: 'unknown-command', word: 'exit-codes' }],
  [['login', '--zzzzzz'], { kind: 'unknown-option', option: '--zzzzzz', command: 'login' }],
  [['login', '-x'], { kind: 'unknown-option', option: '-x', command: 'login' }],
  [['login', '-5'], { kind: 'unknown-option', option: '-5', command: 'login' }],
  [['login', '-'], { kind: 'unknown-option', option: '-', command: 'login' }],
  [['login', '-pwork'], { kind: 'unknown-option', option: '-pwork', command: 'login', nearest: '-p' }],
  [['login', '--constructor'], { kind: 'unknown-option', option: '--constructor', command: 'login' }],
  [['login', '--__proto__=x'], { kind: 'unknown-option', option: '--__proto__', command: 'login' }],
  [['login', '--force-'], { kind: 'unknown-option', option: '--force-', command: 'login', nearest: '--force' }],
  [['login', '--no-force'], { kind: 'unknown-option', option: '--no-force', command: 'login', nearest: '--force' }],
  [
    ['login', '--tokenCode', '123456'],
    { kind: 'unknown-option', option: '--tokenCode', command: 'login', nearest: '--token-code' },
  ],
  [['status', '--force'], { kind: 'unknown-option', option: '--force', command: 'status' }],
  [['login', '--prof', 'x'], { kind: 'abbreviated-option', option: '--prof', full: '--profile' }],
  [['login', '--token-cod=123456'], { kind: 'abbreviated-option', option: '--token-cod', full: '--token-code' }],
  [['login', '--json', '--json'], { kind: 'repeated-option', option: '--json' }],
  [['login', '-p', 'x', '--profile=y'], { kind: 'repeated-option', option: '--profile' }],
  [['login', '--region'], { kind: 'missing-value', option: '--region', expected: 'NAME' }],
  [['status', '--format'], { kind: 'missing-value', option: '--format', expected: 'TEMPLATE' }],
  [['env', '--format'], { kind: 'missing-value', option: '--format', expected: 'FORMAT' }],
  [['login', '-p', '-x'], { kind: 'missing-value', option: '--profile', expected: 'NAME' }],
  [['login', '--profile', '-'], { kind: 'missing-value', option: '--profile', expected: 'NAME' }],
  [['login', '--region='], { kind: 'empty-value', option: '--region' }],
  [['login', '--region', ''], { kind: 'empty-value', option: '--region' }],
  [['login', ''], { kind: 'empty-value', option: 'profile' }],
  [['login', '--json=yes'], { kind: 'unexpected-value', option: '--json' }],
  [['login', '--json='], { kind: 'unexpected-value', option: '--json' }],
  [['env', 'a', 'b'], { kind: 'unexpected-word', word: 'b', command: 'env' }],
  [['env', 'a', 'true'], { kind: 'unexpected-word', word: 'true', command: 'env' }],
  [['cache'], { kind: 'unknown-action', command: 'cache', known: ['show', 'clear'] }],
  [
    ['cache', 'shwo'],
    { kind: 'unknown-action', command: 'cache', word: 'shwo', known: ['show', 'clear'], nearest: 'show' },
  ],
  [
    ['cache', 'constructor'],
    { kind: 'unknown-action', command: 'cache', word: 'constructor', known: ['show', 'clear'] },
  ],
  [['cache', 'show', 'work'], { kind: 'unexpected-word', word: 'work', command: 'cache' }],
  [
    ['cache', '--quiet', 'show'],
    { kind: 'option-of-other-action', command: 'cache', option: '--quiet', action: 'show', other: 'clear' },
  ],
  [
    ['cache', 'clear', '--json'],
    { kind: 'option-of-other-action', command: 'cache', option: '--json', action: 'clear', other: 'show' },
  ],
  [['cache', 'clear', 'a', '-p', 'b'], { kind: 'conflicting-profiles', positional: 'a', option: 'b' }],
  [['cache', 'show', '--'], { kind: 'unexpected-separator', command: 'cache' }],
  [['status', '--'], { kind: 'unexpected-separator', command: 'status' }],
  [['logout', 'a', '--', 'b'], { kind: 'unexpected-separator', command: 'logout' }],
  [['login', 'a', '--profile', 'b'], { kind: 'conflicting-profiles', positional: 'a', option: 'b' }],
  [['logout', 'a', 'b', '-p', 'a'], { kind: 'conflicting-profiles', positional: 'b', option: 'a' }],
  [
    ['login', '--duration', '1h', '--duration-seconds=3600'],
    {
      kind: 'conflicting-options',
      options: ['--duration', '--duration-seconds'],
    },
  ],
  [
    ['status', '--all', 'work'],
    {
      kind: 'conflicting-options',
      options: ['--all', 'work'],
    },
  ],
])('%j is a usage error', (argv, problem) => {
  expect(problemOf(argv)).toEqual(problem)
})

test.each([
  [[], { kind: 'help' }],
  [['--help'], { kind: 'help' }],
  [['-h'], { kind: 'help' }],
  [['help'], { kind: 'help' }],
  [['help', 'login'], { kind: 'help', command: 'login' }],
  [['help', 'exit-codes'], { kind: 'topic', topic: 'exit-codes' }],
  [['help', 'security', '--json'], { kind: 'topic', topic: 'security' }],
  [['login', '--help'], { kind: 'help', command: 'login' }],
  [['-h', 'status'], { kind: 'help', command: 'status' }],
  [['login', '--frce', '--region', '-h'], { kind: 'help', command: 'login' }],
  [['login', '--version'], { kind: 'version' }],
])('%j asks for help or the version, whatever else is wrong', (argv, line) => {
  expect(parse(argv, false)).toEqual(line)
})

test.each([
  [['--json', 'login', 'work'], { command: 'login', positionals: ['work'], options: { json: true } }],
  [['-p=work', 'login'], { command: 'login', positionals: [], options: { profile: 'work' } }],
  [['login', '--token-code', '012345'], { command: 'login', positionals: [], options: { tokenCode: '012345' } }],
  [
    ['login', '--duration-seconds', '0x10'],
    { command: 'login', positionals: [], options: { durationSeconds: '0x10' } },
  ],
  [['login', '007'], { command: 'login', positionals: ['007'], options: {} }],
  [['login', 'a.b', '--region="x"'], { command: 'login', positionals: ['a.b'], options: { region: '"x"' } }],
  [
    ['login', '--json', '--', '--help'],
    { command: 'login', positionals: [], options: { json: true }, tail: ['--help'] },
  ],
])('%j is taken word for word', (argv, invocation) => {
  expect(parse(argv, false)).toEqual({ kind: 'invocation', invocation })
})

describe.each([undefined, ...COMMAND_NAMES])('help of %s', (name) => {
  test('fits 80 columns and breaks no text of the table', async () => {
    const help = await renderHelp(name, 80)
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const texts =
      name === undefined
        ? [...Object.keys(COMMAND_GROUPS), ...COMMAND_NAMES.map((command) => COMMAND_TABLE[command].summary)]
        : [
            COMMAND_TABLE[name].positional?.description ?? '',
            ...COMMAND_TABLE[name].options.map(({ description }) => description),
            ...COMMAND_TABLE[name].examples.flatMap(({ line, description }) => [line, description]),
          ]
    for (const text of texts) expect(help).toContain(text)
  })

  test.each([40, 60])('breaks only at spaces at %i columns', async (columns) => {
    const help = await renderHelp(name, columns)
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
    expect(help.split(/\s+/)).toEqual((await renderHelp(name, 80)).split(/\s+/))
  })
})

test('login has at most 40 lines', async () => {
  expect((await renderHelp('login', 80)).trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})

test.each(COMMAND_NAMES)('%s lists each option once, under the heading of its group', async (name) => {
  const lines = (await renderHelp(name, 200)).split('\n')
  const isHeading = (line: string): boolean => OPTION_GROUPS.some((group) => group === line)
  for (const { name: option, group } of COMMAND_TABLE[name].options) {
    const at = lines.flatMap((line, index) => (new RegExp(`^ {2}.{4}--${option} .*`).test(line) ? [index] : []))
    expect({ option, groups: at.map((index) => lines.slice(0, index).findLast(isHeading)) }).toEqual({
      option,
      groups: [group],
    })
  }
})

test('help shows an option as it is written', async () => {
  const help = await renderHelp('login', 80)
  expect(help).toContain('\n  -p, --profile NAME ')
  expect(help).toContain('\n      --token-code CODE ')
  expect(help).toContain('\n  -h, --help ')
  expect(help).not.toContain('[string]')
  expect(help.startsWith('Usage: awsmfa login [PROFILE...] [options] [-- STS-OPTIONS]\n\nSign in')).toBe(true)
})

test('help of awsmfa', async () => {
  expect(await renderHelp(undefined, 80)).toMatchInlineSnapshot(`
    "Usage: awsmfa COMMAND [options]

    One MFA code for every AWS tool.

    Sessions
      login               Sign in with an MFA code
      status              Show the time remaining
      logout              Remove stored sessions
    Using a session
      exec                Run a command or a shell with a session
      env                 Print a session as environment variables
      console             Open the AWS console
      credential-process  Return a session to AWS SDKs
    Access keys
      keys                Show, add, move or remove stored access keys
      rotate              Replace an access key
    Configuration
      setup               Set up a profile
      import              Import profiles from another tool
      undo                Undo the last setup, import, keys or doctor --fix
      doctor              Find and fix problems
      settings            Show each setting and where it is set
      shell-init          Print the shell integration (prompt, completion)
      cache               Show or clear cached sessions

    Options
      -h, --help      Show help
      -V, --version   Show the version
          --licenses  Show the licenses of the packages that it contains

    Examples
      awsmfa setup work                   Set up a profile
      awsmfa login work                   Sign in
      awsmfa exec prod -- terraform plan  Run a command with a session

    Help on a command: awsmfa COMMAND --help
    Help on a topic:   awsmfa help exit-codes | config | environment | security
    "
  `)
})
