/** The lines that differ between two texts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesBetween, matchLines, splitLines } from '../../src/aws-files/lines.ts'

const few = fc.array(fc.constantFrom('a', 'b', 'c', '', 'd', 'e'), { maxLength: 12 })

test.each([
  ['', []],
  ['a', [['a', '']]],
  [
    'a\nb\r\n\rc',
    [
      ['a', '\n'],
      ['b', '\r\n'],
      ['', '\r'],
      ['c', ''],
    ],
  ],
] as const)('%j is taken apart', (text, lines) => {
  expect(splitLines(text).map(({ content, lineEnd }) => [content, lineEnd])).toEqual(lines)
})

test('matched lines are equal and in the same order', () => {
  fc.assert(
    fc.property(few, few, (before, after) => {
      const matches = matchLines(before, after)
      const found = matches.filter((match) => match !== undefined)
      expect(found).toEqual(found.toSorted((a, b) => a - b))
      expect(new Set(found).size).toBe(found.length)
      matches.forEach((match, index) => match !== undefined && expect(after[match]).toBe(before[index]))
    }),
  )
})

test('the changes turn one text into the other', () => {
  fc.assert(
    fc.property(few, few, (before, after) => {
      const changes = changesBetween(before, after)
      const made = changes
        .toReversed()
        .reduce((lines: readonly string[], { beforeStart, beforeEnd, afterStart, afterEnd }) => {
          return [...lines.slice(0, beforeStart), ...after.slice(afterStart, afterEnd), ...lines.slice(beforeEnd)]
        }, before)
      expect(made).toEqual(after)
    }),
  )
})

test('a line that every section has is removed from the right one', () => {
  const section = (name: string, ...more: readonly string[]): readonly string[] => [
    `[${name}]`,
    `role_arn = ${name}`,
    ...more,
    'region = x',
    '',
  ]
  const before = [...section('a', 'mfa = 1'), ...section('b', 'mfa = 1'), ...section('c', 'mfa = 1')]
  const after = [...section('a', 'mfa = 1'), ...section('b'), ...section('c', 'mfa = 1')]
  expect(changesBetween(before, after)).toEqual([{ beforeStart: 7, beforeEnd: 8, afterStart: 7, afterEnd: 7 }])
})

test('of two large texts that have little in common, the ends are matched, without looking for more', () => {
  const numbered = (name: string): readonly string[] =>
    Array.from({ length: 150_000 }, (_, index) => name + String(index))
  const [before, after] = [
    ['[a]', ...numbered('old '), '[z]'],
    ['[a]', '[b]', ...numbered('new '), '[z]'],
  ]
  expect(changesBetween(before, after)).toEqual([
    { beforeStart: 1, beforeEnd: 150_001, afterStart: 1, afterEnd: 150_002 },
  ])
})

test('of two large texts that differ in a few lines, only those change', () => {
  const before = Array.from({ length: 150_000 }, (_, index) => `line ${String(index)}`)
  const after = before.with(70_000, 'changed').toSpliced(20, 1)
  expect(changesBetween(before, after)).toEqual([
    { beforeStart: 20, beforeEnd: 21, afterStart: 20, afterEnd: 20 },
    { beforeStart: 70_000, beforeEnd: 70_001, afterStart: 69_999, afterEnd: 70_000 },
  ])
})
