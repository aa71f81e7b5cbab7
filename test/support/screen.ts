/** Renders terminal output: enough of a VT100 for prompts, spinners and colors. Ignores unknown escape sequences. */

import { displayWidth } from '../../src/ui/style.ts'

interface Screen {
  readonly columns: number
  readonly rows: string[][]
  row: number
  column: number
}

// eslint-disable-next-line no-control-regex -- the escape character is the subject
const SEQUENCE = /^\u001B\[([?\d;]*)([@-~])/

/** Returns the rows of a terminal of that width, without trailing spaces, and the zero-based cursor position. */
export function screenOf(
  output: string,
  columns: number,
): { readonly lines: readonly string[]; readonly row: number; readonly column: number } {
  const screen: Screen = { columns, rows: [[]], row: 0, column: 0 }
  let rest = output
  while (rest !== '') {
    const sequence = SEQUENCE.exec(rest)
    if (sequence === null) {
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0)
      put(screen, character)
      rest = rest.slice(character.length)
    } else {
      control(screen, sequence[2] ?? '', sequence[1] ?? '')
      rest = rest.slice(sequence[0].length)
    }
  }
  const lines = screen.rows.map((row) =>
    Array.from(row, (cell: string | undefined) => cell ?? ' ')
      .join('')
      .trimEnd(),
  )
  while (lines.length > screen.row + 1 && lines.at(-1) === '') lines.pop()
  return { lines, row: screen.row, column: Math.min(screen.column, columns - 1) }
}

function put(screen: Screen, character: string): void {
  if (character === '\r') screen.column = 0
  else if (character === '\n') moveTo(screen, screen.row + 1)
  else if (character === '\b') screen.column = Math.max(0, screen.column - 1)
  else if (character >= ' ' && character !== '\u007F') print(screen, character)
}

/** Wraps a character that does not fit to the next row. The second cell of a wide one is ''. */
function print(screen: Screen, character: string): void {
  const width = displayWidth(character)
  if (screen.column + width > screen.columns) {
    screen.column = 0
    moveTo(screen, screen.row + 1)
  }
  const row = rowAt(screen, screen.row)
  row[screen.column] = character
  if (width === 2) row[screen.column + 1] = ''
  screen.column += width
}

function control(screen: Screen, final: string, parameters: string): void {
  const count = Number(parameters.split(';')[0]) || 0
  if (final === 'A') moveTo(screen, Math.max(0, screen.row - Math.max(1, count)))
  if (final === 'B') moveTo(screen, screen.row + Math.max(1, count))
  if (final === 'G') screen.column = Math.max(0, count - 1)
  if (final === 'K') eraseInRow(screen, count)
  if (final === 'J' && count === 0) {
    eraseInRow(screen, 0)
    screen.rows.length = screen.row + 1
  }
}

function eraseInRow(screen: Screen, how: number): void {
  const row = rowAt(screen, screen.row)
  if (how === 0) row.length = Math.min(row.length, screen.column)
  else if (how === 1) row.fill(' ', 0, screen.column + 1)
  else row.length = 0
}

function moveTo(screen: Screen, row: number): void {
  screen.row = row
  rowAt(screen, row)
}

function rowAt(screen: Screen, index: number): string[] {
  while (screen.rows.length <= index) screen.rows.push([])
  return screen.rows[index] ?? []
}
