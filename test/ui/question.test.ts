/** The line that keys make, and the rows that text takes. */
import { describe, expect, it } from 'vitest'
import { editLine, rowsOf } from '../../src/ui/question.ts'

describe('a line that is edited', () => {
  it.each([
    { keys: '', line: '' },
    { keys: 'abc', line: 'abc' },
    { keys: 'Jürgen 鍵 🚀', line: 'Jürgen 鍵 🚀' },
    { keys: 'abX\u007Fc', line: 'abc' },
    { keys: 'abX\bc', line: 'abc' },
    { keys: '\u007F\u007Fa', line: 'a' },
    { keys: 'a🚀\u007Fb', line: 'ab' },
    { keys: 'abc\u0015d', line: 'd' },
    { keys: 'one two  \u0017three', line: 'one three' },
    { keys: 'one\u0017two', line: 'two' },
    { keys: '123\t456', line: '123\t456' },
    { keys: '12\u001B[D34', line: '1234' },
    { keys: '12\u001B[1;5C34', line: '1234' },
    { keys: '12\u001BOA34', line: '1234' },
    { keys: '\u001B[200~123456\u001B[201~', line: '123456' },
    { keys: '12\u001B[1;', line: '12' },
    { keys: '\u001B123', line: '123' },
    { keys: '1\u00002\u0001\u009B', line: '12' },
  ])('$keys is $line', ({ keys, line }) => {
    expect(editLine(keys)).toEqual({ line, end: undefined, isNewlineEchoed: false, rest: '' })
  })

  it.each([
    { keys: 'a\rb', line: 'a', end: 'enter', isNewlineEchoed: false, rest: 'b' },
    { keys: 'a\nb\nc', line: 'a', end: 'enter', isNewlineEchoed: true, rest: 'b\nc' },
    { keys: 'a\r\nb', line: 'a', end: 'enter', isNewlineEchoed: true, rest: 'b' },
    { keys: '\r\r', line: '', end: 'enter', isNewlineEchoed: false, rest: '\r' },
    { keys: '\u001B[\ra', line: '', end: 'enter', isNewlineEchoed: false, rest: 'a' },
    { keys: 'a\u0004b', line: 'a', end: 'end-of-input', isNewlineEchoed: false, rest: 'b' },
    { keys: '\u0004', line: '', end: 'end-of-input', isNewlineEchoed: false, rest: '' },
    { keys: 'ab\u0003\r', line: 'ab', end: 'interrupt', isNewlineEchoed: false, rest: '\r' },
    { keys: 'ab\u007F\u001Ac', line: 'a', end: 'suspend', isNewlineEchoed: false, rest: 'c' },
    { keys: 'a\u001C', line: 'a', end: 'quit', isNewlineEchoed: false, rest: '' },
  ])('$keys ends by $end', ({ keys, ...expected }) => {
    expect(editLine(keys)).toEqual(expected)
  })
})

describe('the rows of a text', () => {
  it.each([
    ['', 10, 1],
    ['1234567890', 10, 1],
    ['12345678901', 10, 2],
    ['鍵鍵鍵鍵鍵', 10, 1],
    ['1鍵鍵鍵鍵鍵', 10, 2],
    // One column of the first row stays empty.
    ['123456789鍵', 10, 2],
    ['🚀✅', 3, 2],
    ['e\u0301e\u0301e\u0301', 3, 1],
    ['any', 0, 1],
  ])('%j on %i columns takes %i', (text, columns, rows) => {
    expect(rowsOf(text, columns)).toBe(rows)
  })
})
