/** A list that is filtered by typing: what keys choose, and the rows that it takes. */
import { describe, expect, it } from 'vitest'
import { pickBy, renderPicker } from '../../src/ui/picker.ts'
import { displayWidth } from '../../src/ui/style.ts'

const CHOICES = [
  { name: 'base', detail: 'alice (111111111111)' },
  { name: 'base-eu', detail: 'bob (111111111111)' },
  { name: 'old-base', detail: 'role Admin (222222222222)' },
  { name: 'Prod', detail: 'role Deploy (333333333333)' },
  { name: 'a b' },
]

const [UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END] = [
  '\u001B[A',
  '\u001B[B',
  '\u001B[5~',
  '\u001B[6~',
  '\u001B[H',
  '\u001B[F',
]

describe('keys in a list', () => {
  it.each([
    ['nothing', '', '', [0, 1, 2, 3, 4], 0],
    ['a part that several have', 'ase', 'ase', [0, 1, 2], 0],
    ['a name that others contain', 'base', 'base', [0, 1, 2], 0],
    ['a beginning before a part', 'old', 'old', [2], 0],
    ['other case', 'PROD', 'PROD', [3], 0],
    ['a part of the detail', 'admin', 'admin', [2], 0],
    ['two words', '2222 base', '2222 base', [2], 0],
    ['a name with a space', 'a b', 'a b', [4, 0, 1, 2], 0],
    ['what none has', 'x', 'x', [], 0],
    ['Backspace', 'px\u007Fr', 'pr', [3], 0],
    ['Ctrl-U', 'prod\u0015', '', [0, 1, 2, 3, 4], 0],
    ['Ctrl-W', 'old x\u0017', 'old ', [2], 0],
    ['down', DOWN, '', [0, 1, 2, 3, 4], 1],
    ['up past the first', UP, '', [0, 1, 2, 3, 4], 4],
    ['down past the last', DOWN.repeat(5), '', [0, 1, 2, 3, 4], 0],
    ['arrows of application mode', '\u001BOB\u001BOB\u001BOA', '', [0, 1, 2, 3, 4], 1],
    ['Ctrl-N and Ctrl-P, Tab and Shift-Tab', '\u000E\t\t\u0010\u001B[Z', '', [0, 1, 2, 3, 4], 1],
    ['Page Down, Page Up', `${DOWN}${PAGE_DOWN}`, '', [0, 1, 2, 3, 4], 4],
    ['Page Up', `${DOWN}${PAGE_UP}`, '', [0, 1, 2, 3, 4], 0],
    ['End and Home', `${END}${HOME}`, '', [0, 1, 2, 3, 4], 0],
    ['End', END, '', [0, 1, 2, 3, 4], 4],
    ['down, then a letter', `${DOWN}b`, 'b', [0, 1, 2, 4], 0],
    ['down, then Backspace in an empty filter', `${DOWN}\u007F`, '', [0, 1, 2, 3, 4], 1],
    ['arrows where nothing matches', `x${DOWN}${UP}`, 'x', [], 0],
    ['other keys', '\u001B[C\u001B[3~\u0001\u001B[15~', '', [0, 1, 2, 3, 4], 0],
    ['a key of which half has arrived', `${DOWN}\u001B[`, '', [0, 1, 2, 3, 4], 1],
    ['Enter where nothing matches', 'x\r', 'x', [], 0],
    ['Ctrl-D after a letter', 'b\u0004', 'b', [0, 1, 2, 4], 0],
  ])('%s', (_, keys, filter, matches, at) => {
    const { list, typed } = pickBy(keys, CHOICES)
    expect({ list, end: typed.end }).toEqual({ list: { filter, matches, at }, end: undefined })
  })

  it.each([
    ['\r', 'enter', '0', ''],
    ['pro\rrest', 'enter', '3', 'rest'],
    ['pro\nrest', 'enter', '3', 'rest'],
    [`${DOWN}${DOWN}\r`, 'enter', '2', ''],
    [`base${DOWN}\r`, 'enter', '1', ''],
    ['x\r\u0015\r', 'enter', '0', ''],
    ['\u0004', 'end-of-input', '', ''],
    ['b\u0003', 'interrupt', '0', ''],
    ['\u001B\u001B', 'interrupt', '0', '\u001B'],
    ['b\u001Ac', 'suspend', '0', 'c'],
  ])('%j ends it', (keys, end, line, rest) => {
    expect(pickBy(keys, CHOICES).typed).toMatchObject({ end, line, rest })
  })

  it.each([
    ['\u001B', true],
    ['b\u001B', true],
    ['\u001B[', false],
    ['\u001Bb', false],
    ['', false],
  ])('%j may be Esc: %s', (keys, isEscaping) => {
    expect(pickBy(keys, CHOICES).isEscaping).toBe(isEscaping)
  })
})

describe('the rows of a list', () => {
  const plain = { color: false, unicode: true, columns: undefined }
  const many = Array.from({ length: 30 }, (_, index) => ({
    name: `account-${index + 1}${index === 3 ? '-with-a-name-that-is-longer-than-forty-columns' : ''}`,
    detail: `role Admin (${String(111111111111 + index)})`,
  }))
  const draw = (keys: string, columns: number, rows = 24): ReturnType<typeof renderPicker> =>
    renderPicker('Profile:', pickBy(keys, CHOICES).list, CHOICES, { columns, rows, style: plain })

  it('shows the question with the filter, the matches, and the keys', () => {
    expect(draw('ase', 80)).toEqual({
      lines: [
        'Profile: ase',
        '> base      alice (111111111111)',
        '  base-eu   bob (111111111111)',
        '  old-base  role Admin (222222222222)',
        '  3 of 5  type to filter, arrows to move, Enter to choose, Esc to cancel',
      ],
      column: 12,
    })
    expect(draw('x', 40)).toEqual({ lines: ['Profile: x', '  0 of 5  type, arrows, Enter, Esc'], column: 10 })
  })

  it('marks the match under the cursor, bold where there is color', () => {
    const room = { columns: 80, rows: 24, style: { ...plain, color: true } }
    const { lines } = renderPicker('Profile:', pickBy(`ase${DOWN}`, CHOICES).list, CHOICES, room)
    expect(lines[2]).toBe('\u001B[1m> base-eu   bob (111111111111)\u001B[22m')
  })

  it.each([20, 40, 80, 0])('fits in %i columns and 24 rows, wherever the cursor is', (columns) => {
    for (const keys of ['', UP, DOWN.repeat(15), 'acc', 'a'.repeat(100)]) {
      const room = { columns, rows: 24, style: plain }
      const { lines, column } = renderPicker('Profile:', pickBy(keys, many).list, many, room)
      expect(lines.length).toBeLessThan(24)
      expect(Math.max(...lines.map((line) => displayWidth(line)))).toBeLessThan(columns || 80)
      expect(column).toBeLessThan(columns || 80)
      expect(lines.filter((line) => line.startsWith('> '))).toHaveLength(keys.startsWith('aa') ? 0 : 1)
    }
  })

  it('takes no more than 24 rows of a higher terminal, and leaves details out of a narrow one', () => {
    const draw30 = (columns: number, rows: number): readonly string[] =>
      renderPicker('Profile:', pickBy('', many).list, many, { columns, rows, style: plain }).lines
    expect(draw30(80, 60)).toHaveLength(23)
    expect(draw30(80, 10)).toHaveLength(9)
    expect(draw30(80, 0)).toHaveLength(23)
    expect(draw30(80, 24)[4]).toBe('  account-4-with-a~n-forty-columns  role Admin (111111111114)')
    expect(draw30(40, 24)[1]).toBe('> account-1')
    expect(draw30(40, 24)[4]).toBe('  account-4-with-a~n-forty-columns')
  })
})
