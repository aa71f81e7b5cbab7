import { expect, test } from 'vitest'
import { canonicalise, optionsBySpelling, spellings } from '../../src/command-line/yargs.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../../src/command-line/table.ts'
import { renderHelp } from '../../src/cli/help.ts'
import { parseFast } from '../../src/command-line/parse.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'

const ROWS = COMMAND_NAMES.map((name) => ({ name, ...COMMAND_TABLE[name] }))

test.each(ROWS)('$name: no two options share a spelling', ({ options }) => {
  const all = [...options, ...GLOBAL_OPTIONS].flatMap(spellings)
  expect(new Set(all).size).toBe(all.length)
})

test('an option that several commands have is of the same kind in all of them, since a line is read before its command is known', () => {
  const known = optionsBySpelling()
  for (const { options } of ROWS) {
    for (const option of options) {
      for (const spelling of spellings(option)) {
        const { name, kind, short } = option
        expect(known.get(spelling)).toMatchObject({ name, kind, ...(short === undefined ? {} : { short }) })
      }
    }
  }
})

test.each(ROWS)('$name: every option is written in lower case and has a description', ({ options, summary }) => {
  for (const option of options) {
    expect(option.name).toMatch(/^[a-z][a-z-]*[a-z]$/)
    expect(option.description).toMatch(/^\S.*[^.\s]$/)
    if (option.kind === 'value') expect(option.placeholder).toMatch(/^[A-Z]+$/)
  }
  expect(summary).toMatch(/^[A-Z].*[^.]$/)
})

test.each(ROWS)('$name: conflicts name options that it has', ({ options, conflicts }) => {
  const names = options.map(({ name }) => name)
  for (const { options: pair } of conflicts) expect(names).toEqual(expect.arrayContaining([...pair]))
})

test.each(ROWS)('$name: its examples are lines that the strict parser takes', ({ name, examples }) => {
  for (const { line } of examples) {
    const [program, ...words] = (/awsmfa (?:'[^']*'|[^|")])*/.exec(line)?.[0] ?? '').trim().split(' ')
    expect(program).toBe('awsmfa')
    expect(parseFast(words, COMMAND_TABLE)).toMatchObject({ command: name })
  }
})

test.each([undefined, ...COMMAND_NAMES])('help of %s fits 80 columns and breaks no text of the table', async (name) => {
  const help = await renderHelp(name)
  for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  const texts =
    name === undefined
      ? ROWS.map(({ summary }) => summary)
      : [
          COMMAND_TABLE[name].positional?.description ?? '',
          ...COMMAND_TABLE[name].options.map(({ description }) => description),
          ...COMMAND_TABLE[name].examples.flatMap(({ line, description }) => [line, description]),
        ]
  for (const text of texts) expect(help).toContain(text)
})

test('help shows an option as it is written', async () => {
  const help = await renderHelp('login')
  expect(help).toContain('\n  -p, --profile NAME ')
  expect(help).toContain('\n      --token-code CODE ')
  expect(help).toContain('\n  -h, --help ')
  expect(help).not.toContain('[string]')
  expect(help.startsWith('awsmfa login [profile..] [options] [-- STS FLAGS]\n\nSign in')).toBe(true)
  expect(help.endsWith('.\n')).toBe(true)
})

test.each([
  [
    ['login', '-p', 'x', '--json'],
    ['login', '--profile=x', '--json=true'],
  ],
  [
    ['login', '--token-code', '-'],
    ['login', '--token-code=-'],
  ],
  [
    ['login', '--region=-x', 'true'],
    ['login', '--region=-x', 'true'],
  ],
  [['-p=x'], ['--profile=x']],
  [
    ['login', '--region', '--json'],
    ['login', '--region=', '--json=true'],
  ],
])('%j becomes %j', (head, words) => {
  expect(canonicalise(head).words).toEqual(words)
})
