/** What `awsmfa env` prints, quoted for each format: shells read back every value unchanged. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderEnv } from '../../src/commands/env.ts'
import { isFailure } from '../../src/model/failure.ts'
import type { EnvFormat } from '../../src/command-line/spec.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { ALL_SHELLS, isMissing, runScript } from './shells.ts'
import type { Shell } from './shells.ts'

/** Values that some shell would expand, run, split or truncate if they were not quoted. */
const SPECIAL_VALUES = [
  'plain',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'trailing==',
  '=leading',
  '~',
  'a:~root',
  '%1',
  'a=b',
  '-n',
  '',
  ' outer blanks ',
  'two  blanks',
  '\ttab',
  'line\nend',
  'cr\rlf\r\n',
  '\n',
  "it's",
  "'",
  "''",
  '"',
  '\\',
  'back\\slash',
  'ends\\',
  "\\'",
  '\\n',
  "'\\''",
  '$HOME',
  '${HOME}',
  '$(echo run)',
  '`echo run`',
  '$((1+1))',
  '!!',
  '!history',
  '^a^b',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '#comment',
  'a #b',
  ';echo run',
  '| cat',
  '& echo run',
  '> file',
  '<(echo)',
  '(echo run)',
  '%PATH%',
  '%%',
  'é ü 漢字 🙂',
  '\u2018quoted\u2019',
  '\u0007bell',
  '\u001b[31m',
  '\u00a0',
  '=(echo run)',
  '=ls',
  'x'.repeat(2000),
]

/** Sets VAR0, VAR1, … in a shell by the output of `env`, and returns the values that a child process then has. */
async function readBack(
  shell: Shell,
  format: EnvFormat,
  values: readonly string[],
  home: TempHome,
  read: (file: string) => string,
): Promise<readonly string[]> {
  const variables = Object.fromEntries(values.map((value, index) => [`VAR${index}`, value]))
  const file = join(home.path, 'code')
  writeFileSync(file, renderEnv(format, { variables, stale: [] }))
  const { stdout, stderr, code } = await runScript(shell, `${read(file)}\nenv -0\n`, home)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const seen = new Map(
    stdout.split('\0').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
  return values.map((_, index) => seen.get(`VAR${index}`) ?? 'missing')
}

const anyText = fc.array(
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom(...Array.from(' \'"\\$`!;&|<>()*?~#%^={}[]\n\t')),
        fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
      ),
      maxLength: 12,
    })
    .filter((text) => !text.includes('\0')),
  { minLength: 30, maxLength: 30 },
)

describe.each(ALL_SHELLS)('%s reads every value unchanged', (shell) => {
  let home: TempHome
  beforeAll(() => {
    home = createTempHome()
  })
  afterAll(() => home.remove())

  const commands: readonly (readonly [string, EnvFormat, (file: string) => string])[] =
    shell === 'fish'
      ? [
          ['source', 'fish', (file) => `cat ${file} | source`],
          ['eval "$(…)"', 'fish', (file) => `eval "$(cat ${file})"`],
          ['source, the POSIX format', 'env', (file) => `source ${file}`],
        ]
      : [
          ['eval "$(…)"', 'env', (file) => `eval "$(cat ${file})"`],
          ['set -a and the . command', 'env-no-export', (file) => `set -a\n. ${file}`],
        ]

  it.skipIf(isMissing(shell)).each(commands)('with %s, --format %s', async (_, format, read) => {
    // Within single quotes, a backslash is an escape for fish but not for POSIX shells, so values with one need
    // --format fish.
    const values =
      shell === 'fish' && format === 'env' ? SPECIAL_VALUES.filter((value) => !value.includes('\\')) : SPECIAL_VALUES
    expect(await readBack(shell, format, values, home, read)).toEqual(values)
  })

  it.skipIf(isMissing(shell))('whatever it is made of', async () => {
    const [, format, read] = commands[0] ?? ['', 'env', () => '']
    await fc.assert(
      fc.asyncProperty(anyText, async (values) => {
        expect(await readBack(shell, format, values, home, read)).toEqual(values)
      }),
      { numRuns: 8, seed: 20261121 },
    )
  })

  it.skipIf(isMissing(shell))('in an unquoted command substitution, for values that AWS returns', async () => {
    const values = [
      'ASIAIOSFODNN7EXAMPLE',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'FwoGZXIvYXdzE+/==',
      '2026-11-21T18:40:00Z',
    ]
    const [format, read]: [EnvFormat, string] =
      shell === 'fish' ? ['fish', 'eval (cat FILE)'] : ['env', 'eval $(cat FILE)']
    expect(await readBack(shell, format, values, home, (file) => read.replace('FILE', file))).toEqual(values)
  })
})

/** Returns the line for one variable, or undefined if the format cannot quote the value. */
function lineOf(format: EnvFormat, value: string): string | undefined {
  try {
    return renderEnv(format, { variables: { NAME: value }, stale: [] }).replace(/\n$/, '')
  } catch (error) {
    if (!isFailure(error, 'VALUE_NOT_QUOTABLE')) throw error
    expect(error.failure).toEqual({ code: 'VALUE_NOT_QUOTABLE', variable: 'NAME', format })
    return undefined
  }
}

describe('formats of Windows shells', () => {
  it.each([
    ['plain/+==', "$Env:NAME = 'plain/+=='"],
    ["it's", "$Env:NAME = 'it''s'"],
    [
      '\u2018typographic\u2019 \u201alow\u201b',
      "$Env:NAME = '\u2018\u2018typographic\u2019\u2019 \u201a\u201alow\u201b\u201b'",
    ],
    ['$x `n "q" ; & |', '$Env:NAME = \'$x `n "q" ; & |\''],
    ['', "$Env:NAME = ''"],
    ['two\nlines', undefined],
    ['nul\0', undefined],
  ])('powershell: %j', (value, line) => {
    expect(lineOf('powershell', value)).toBe(line)
  })

  it.each([
    ['plain/+==', 'set NAME=plain/+=='],
    ['2026-11-21T18:40:00Z', 'set NAME=2026-11-21T18:40:00Z'],
    ['a & b | c < d > e (f)', 'set "NAME=a & b | c < d > e (f)"'],
    ['%PATH%', undefined],
    ['100%', undefined],
    ['say "x"', undefined],
    ['wow!', undefined],
    ['a^b', undefined],
    ['é', undefined],
    ['two\r\nlines', undefined],
    ['', undefined],
  ])('windows-cmd: %j', (value, line) => {
    expect(lineOf('windows-cmd', value)).toBe(line)
  })

  it.each(['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd', 'dotenv'] as const)(
    '%s refuses a value with a NUL byte, which no environment variable can contain',
    (format) => {
      expect(lineOf(format, 'a\0b')).toBeUndefined()
    },
  )
})

describe('.env files', () => {
  it('are read unchanged by Node.js; values that cannot be quoted are refused', () => {
    const lines = SPECIAL_VALUES.map((value) => [value, lineOf('dotenv', value)] as const).filter(
      ([, line]) => line !== undefined,
    )
    expect(lines.length).toBeGreaterThan(25)
    for (const [value, line] of lines) expect(parseEnv(`${line ?? ''}\n`)).toEqual({ NAME: value })
  })
})

describe('the process format', () => {
  it.each(SPECIAL_VALUES)('contains %j unchanged', (value) => {
    const text = renderEnv('process', {
      variables: {
        AWS_ACCESS_KEY_ID: 'A',
        AWS_SECRET_ACCESS_KEY: value,
        AWS_SESSION_TOKEN: 'T',
        AWS_CREDENTIAL_EXPIRATION: '2026-11-21T18:40:00Z',
      },
      stale: [],
    })
    expect(JSON.parse(text)).toEqual({
      Version: 1,
      AccessKeyId: 'A',
      SecretAccessKey: value,
      SessionToken: 'T',
      Expiration: '2026-11-21T18:40:00Z',
    })
  })
})
