/** Every command line that a message names, in the transcripts, the golden files and doctor's reports, parses. */
import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from '../../src/command-line/parse.ts'
import { splitCommand } from '../../src/shell/words.ts'
import { commandLinesIn } from '../support/hints.ts'

const SOURCES = [
  ...readdirSync('test/transcripts', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .map((name) => `test/transcripts/${name}`),
  'test/errors/failures.golden.txt',
  ...readdirSync('fixtures/homes', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('report.txt'))
    .map((name) => `fixtures/homes/${name}`),
]
/** What a transcript expects on stderr and the terminal, and the lines of the other files. */
const MESSAGE = /^(?:!>|tty>)? *(?<text>.*)$/

interface Named {
  readonly place: string
  readonly line: string
}

const NAMED: readonly Named[] = SOURCES.flatMap((path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((row, index) => {
      const isTyped = path.includes('transcripts') && !/^(?:!>|tty>)/.test(row)
      const text = isTyped ? '' : (MESSAGE.exec(row)?.groups?.['text'] ?? '')
      return commandLinesIn(text).map((line) => ({ place: `${path}:${index + 1}`, line }))
    }),
)

it('are found', () => {
  expect(NAMED.length).toBeGreaterThan(200)
})

it.each([...new Map(NAMED.map((named) => [named.line, named])).values()])('$line ($place)', ({ line }) => {
  const [, ...words] = splitCommand(line) ?? []
  expect(() => parse(words, false)).not.toThrow()
})
