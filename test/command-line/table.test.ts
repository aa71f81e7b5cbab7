/** Consistency of the table of commands and options. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, spellings } from '../../src/command-line/parse.ts'
import { ALL_OPTIONS } from '../../src/command-line/parse.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../../src/command-line/table.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'

const ROWS = COMMAND_NAMES.map((name) => ({ name, ...COMMAND_TABLE[name] }))

test.each(ROWS)('$name: no two options share a spelling', ({ options }) => {
  const all = [...options, ...GLOBAL_OPTIONS].flatMap(spellings)
  expect(new Set(all).size).toBe(all.length)
})

/** The command that is meant is looked for first, so this is ambiguous only before the command's own name. */
const OF_TWO_KINDS = ['--replace']

test('a spelling means the same kind of option in every command, since a line is read before its command is known', () => {
  const known = new Map(ALL_OPTIONS.flatMap((option) => spellings(option).map((spelling) => [spelling, option])))
  for (const { options } of ROWS)
    for (const option of options)
      for (const spelling of spellings(option).filter((each) => !OF_TWO_KINDS.includes(each))) {
        const { name, kind, short } = option
        expect(known.get(spelling)).toMatchObject({ name, kind, ...(short === undefined ? {} : { short }) })
      }
})

test.each(ROWS)('$name: every option is written in lower case and has a description', ({ options, summary }) => {
  for (const option of options) {
    expect(option.name).toMatch(/^[a-z][a-z-]*[a-z]$/)
    expect(option.description).toMatch(/^\S.*(?:[^.\s]|\.\.\.)$/)
    if (option.kind === 'value') expect(option.placeholder).toMatch(/^[A-Z]+4?$/)
  }
  expect(summary).toMatch(/^[A-Z].*[^.]$/)
})

test.each(ROWS)('$name: conflicts name options that it has', ({ options, conflicts }) => {
  const names = options.map(({ name }) => name)
  for (const pair of conflicts) expect(names).toEqual(expect.arrayContaining([...pair]))
})

test.each(ROWS)('$name: its examples are lines that parse takes', ({ name, examples }) => {
  for (const { line } of examples) {
    const [program, ...words] = (/awsmfa (?:'[^']*'|[^|")])*/.exec(line)?.[0] ?? '').trim().split(' ')
    expect(program).toBe('awsmfa')
    expect(parse(words, false)).toMatchObject({ invocation: { command: name } })
  }
})

test('every command with --json has a failure in test/transcripts/failures-json.txt', () => {
  const transcript = readFileSync(new URL('../transcripts/failures-json.txt', import.meta.url), 'utf8')
  for (const { name } of ROWS.filter(({ options }) => options.some((option) => option.name === 'json')))
    expect(transcript).toMatch(new RegExp(`[ ']${name} .*--json`))
})
