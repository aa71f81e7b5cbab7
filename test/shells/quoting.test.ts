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
import { ALL_SHELLS, lacks, runScript } from './shells.ts'
import type { Shell } from './shells.ts'

/** Values that some shell would take for something else, run, expand or cut. */
const EVIL = [
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

/** Sets VAR0, VAR1, … and says where the environment is written, a value behind each NUL. */
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

describe.each(ALL_SHELLS)('%s gets every value as it is', (shell) => {
  let home: TempHome
  beforeAll(() => {
    home = createTempHome()
  })
  afterAll(() => home.remove())

  const ways: readonly (readonly [string, EnvFormat, (file: string) => string])[] =
    shell === 'fish'
      ? [
          ['source', 'fish', (file) => `cat ${file} | source`],
          ['eval "$(…)"', 'fish', (file) => `eval "$(cat ${file})"`],
          ['source of the POSIX form', 'env', (file) => `source ${file}`],
        ]
      : [
          ['eval "$(…)"', 'env', (file) => `eval "$(cat ${file})"`],
          ['its own reading, all exported', 'env-no-export', (file) => `set -a\n. ${file}`],
        ]

  it.skipIf(lacks(shell)).each(ways)('by %s of %s', async (_, format, read) => {
    // fish reads a backslash within single quotes, which POSIX does not: there the form is for values without.
    const values = shell === 'fish' && format === 'env' ? EVIL.filter((value) => !value.includes('\\')) : EVIL
    // What ends in line ends keeps them only where the code is not the last of a substitution; ours always ends in a
    // quote.
    expect(await readBack(shell, format, values, home, read)).toEqual(values)
  })

  it.skipIf(lacks(shell))('whatever it is made of', async () => {
    const [, format, read] = ways[0] ?? ['', 'env', () => '']
    await fc.assert(
      fc.asyncProperty(anyText, async (values) => {
        expect(await readBack(shell, format, values, home, read)).toEqual(values)
      }),
      { numRuns: 8, seed: 20261121 },
    )
  })

  it.skipIf(lacks(shell))('in a substitution without quotes, where a value is one that AWS gives', async () => {
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

/** The line for one variable; undefined where the form refuses the value. */
function lineOf(format: EnvFormat, value: string): string | undefined {
  try {
    return renderEnv(format, { variables: { NAME: value }, stale: [] }).replace(/\n$/, '')
  } catch (error) {
    if (!isFailure(error, 'VALUE_NOT_QUOTABLE')) throw error
    expect(error.failure).toEqual({ code: 'VALUE_NOT_QUOTABLE', variable: 'NAME', format })
    return undefined
  }
}

describe('forms whose readers are not here', () => {
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
    '%s refuses a value with a NUL, which no environment can hold',
    (format) => {
      expect(lineOf(format, 'a\0b')).toBeUndefined()
    },
  )
})

describe('.env files', () => {
  it('come back from Node.js as they were, or are refused', () => {
    const lines = EVIL.map((value) => [value, lineOf('dotenv', value)] as const).filter(
      ([, line]) => line !== undefined,
    )
    expect(lines.length).toBeGreaterThan(25)
    for (const [value, line] of lines) expect(parseEnv(`${line ?? ''}\n`)).toEqual({ NAME: value })
  })
})

describe('process', () => {
  it.each(EVIL)('carries %j', (value) => {
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
