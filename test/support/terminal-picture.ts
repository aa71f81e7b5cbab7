/**
 * Draws terminal output as an animated SVG that plays its frames once and stops at the last. Viewers without animation,
 * and people who prefer reduced motion, see the last frame.
 */

/** A frame: all output of the terminal up to that moment, and the seconds for which to show it. */
export interface Frame {
  readonly output: string
  readonly seconds: number
}

export interface PictureOptions {
  readonly columns: number
  readonly title: string
  /** Replaces what differs between runs, such as times. In a line with styles the result must have the same length. */
  readonly normalize: (line: string) => string
}

type Style = 'plain' | 'bold' | 'faint' | 'red' | 'green' | 'yellow' | 'cyan'

interface Cell {
  readonly character: string
  readonly style: Style
}

interface Screen {
  readonly rows: Cell[][]
  row: number
  column: number
  style: Style
}

const STYLES: Readonly<Record<string, Style>> = {
  '1': 'bold',
  '2': 'faint',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
  '36': 'cyan',
}
const ROW_HEIGHT = 20
const CHARACTER_WIDTH = 8.4
const MARGIN = 16

/** Returns the SVG. Deterministic: the same frames produce the same bytes. */
export function drawPicture(moments: readonly Frame[], options: PictureOptions): string {
  const screens = moments.map(({ output }) => rowsOf(output))
  const height = Math.max(...screens.map(({ length }) => length)) * ROW_HEIGHT + 2 * MARGIN
  const width = Math.round(options.columns * CHARACTER_WIDTH + 2 * MARGIN)
  const starts = moments.map((_, index) =>
    moments
      .slice(0, index)
      .reduce((sum, { seconds }) => sum + seconds, 0)
      .toFixed(2),
  )
  const frames = screens.map((rows, index) => {
    const isLast = index === screens.length - 1
    const [start = '0', seconds = 0] = [starts[index], moments[index]?.seconds]
    const timing = isLast
      ? `class="last" style="animation-duration:${start}s"`
      : `class="frame" style="animation-duration:${seconds}s;animation-delay:${start}s"`
    return `<g ${timing}>\n${rows.map((cells, row) => drawRow(cells, row, options)).join('')}</g>\n`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(options.title)}">
<title>${escaped(options.title)}</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d4d4d4; white-space: pre }
.bold { font-weight: bold } .faint { fill: #8a8a8a } .red { fill: #f48771 } .green { fill: #89d185 } .yellow { fill: #e5c07b } .cyan { fill: #75beff }
.frame { visibility: hidden; animation: shown 1s step-end } .last { animation: awaited 1s step-end }
@keyframes shown { from { visibility: visible } to { visibility: visible } }
@keyframes awaited { from { visibility: hidden } to { visibility: visible } }
@media (prefers-reduced-motion: reduce) { .frame, .last { animation: none } }
</style>
<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>
${frames.join('')}</svg>
`
}

/** Returns the text of a picture's last frame, line by line. */
export function lastFrameText(svg: string): readonly string[] {
  const last = svg.slice(svg.indexOf('<g class="last"'))
  return [...last.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, line = '']) =>
    line
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  )
}

function drawRow(cells: readonly Cell[], row: number, { normalize }: PictureOptions): string {
  const text = cells
    .map(({ character }) => character)
    .join('')
    .trimEnd()
  if (text === '') return ''
  const shown = normalize(text)
  if (shown.length !== text.length && cells.some(({ style }) => style !== 'plain'))
    throw new Error(`normalizing changed the length of a styled line: ${text}`)
  const runs: { style: Style; text: string }[] = []
  for (const [index, character] of Array.from(shown).entries()) {
    const style = cells[index]?.style ?? 'plain'
    const last = runs.at(-1)
    if (last?.style === style) last.text += character
    else runs.push({ style, text: character })
  }
  const spans = runs
    .map((run) =>
      run.style === 'plain' ? escaped(run.text) : `<tspan class="${run.style}">${escaped(run.text)}</tspan>`,
    )
    .join('')
  return `<text x="${MARGIN}" y="${MARGIN + (row + 0.75) * ROW_HEIGHT}" xml:space="preserve">${spans}</text>\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Renders output like screen.ts, with styles but without wrapping. */
function rowsOf(output: string): readonly (readonly Cell[])[] {
  const screen: Screen = { rows: [[]], row: 0, column: 0, style: 'plain' }
  for (const [whole, parameters, final] of output.matchAll(
    // eslint-disable-next-line no-control-regex -- escape sequences are the subject
    /\u001B\[([?\d;]*)([@-~])|\u001B\][^\u0007]*\u0007|\u001B.|[^\u001B]/gsu,
  )) {
    if (final !== undefined) control(screen, final, parameters ?? '')
    else if (!whole.startsWith('\u001B')) put(screen, whole)
  }
  while ((screen.rows.at(-1)?.length ?? 1) === 0) screen.rows.pop()
  return screen.rows
}

function put(screen: Screen, character: string): void {
  if (character === '\r') screen.column = 0
  else if (character === '\n') moveTo(screen, screen.row + 1)
  else if (character === '\b') screen.column = Math.max(0, screen.column - 1)
  else if (character >= ' ' && character !== '\u007F') {
    const row = rowAt(screen)
    while (row.length < screen.column) row.push({ character: ' ', style: 'plain' })
    row[screen.column++] = { character, style: screen.style }
  }
}

function control(screen: Screen, final: string, parameters: string): void {
  const count = Number(parameters.split(';')[0]) || 0
  if (final === 'A') moveTo(screen, Math.max(0, screen.row - Math.max(1, count)))
  if (final === 'B') moveTo(screen, screen.row + Math.max(1, count))
  if (final === 'C') screen.column += Math.max(1, count)
  if (final === 'G') screen.column = Math.max(0, count - 1)
  if (final === 'K') rowAt(screen).splice(count === 0 ? screen.column : 0)
  if (final === 'J' && count === 0) {
    rowAt(screen).splice(screen.column)
    screen.rows.length = screen.row + 1
  }
  if (final === 'm') screen.style = STYLES[parameters] ?? 'plain'
}

function moveTo(screen: Screen, row: number): void {
  screen.row = row
  rowAt(screen)
}

function rowAt(screen: Screen): Cell[] {
  while (screen.rows.length <= screen.row) screen.rows.push([])
  return screen.rows[screen.row] ?? []
}
