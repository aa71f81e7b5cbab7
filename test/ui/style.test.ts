/** Color, width and tables of terminal output. */
import { describe, expect, it } from 'vitest'
import { displayWidth, movesCursor, padDisplay, renderTable, shortenDisplay, textStyle } from '../../src/ui/style.ts'

const TERMINAL = { isTTY: true, columns: 100 }
const PIPE = { isTTY: false, columns: undefined }
const XTERM = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' }

describe('textStyle', () => {
  const cases = [
    { title: 'a terminal', environment: XTERM, stream: TERMINAL, style: [true, true, 100] },
    { title: 'a pipe', environment: XTERM, stream: PIPE, style: [false, true, undefined] },
    { title: 'a dumb terminal', environment: { ...XTERM, TERM: 'dumb' }, stream: TERMINAL, style: [false, true, 100] },
    {
      title: 'a terminal that does not say what it is',
      environment: { LANG: 'C.UTF-8' },
      stream: TERMINAL,
      style: [false, true, 100],
    },
    {
      title: '--no-color',
      environment: { ...XTERM, FORCE_COLOR: '1' },
      noColor: true,
      stream: TERMINAL,
      style: [false, true, 100],
    },
    {
      title: 'AWSMFA_NO_COLOR over FORCE_COLOR',
      environment: { ...XTERM, AWSMFA_NO_COLOR: '1', FORCE_COLOR: '1' },
      stream: TERMINAL,
      style: [false, true, 100],
    },
    { title: 'NO_COLOR', environment: { ...XTERM, NO_COLOR: '1' }, stream: TERMINAL, style: [false, true, 100] },
    { title: 'an empty NO_COLOR', environment: { ...XTERM, NO_COLOR: '' }, stream: TERMINAL, style: [true, true, 100] },
    {
      title: 'FORCE_COLOR over NO_COLOR, in a pipe',
      environment: { ...XTERM, FORCE_COLOR: '1', NO_COLOR: '1' },
      stream: PIPE,
      style: [true, true, undefined],
    },
    {
      title: 'FORCE_COLOR=0',
      environment: { ...XTERM, FORCE_COLOR: '0' },
      stream: TERMINAL,
      style: [false, true, 100],
    },
    {
      title: 'FORCE_COLOR=false',
      environment: { ...XTERM, FORCE_COLOR: 'false' },
      stream: TERMINAL,
      style: [false, true, 100],
    },
    { title: 'the C locale', environment: { TERM: 'xterm', LANG: 'C' }, stream: TERMINAL, style: [true, false, 100] },
    { title: 'no locale', environment: { TERM: 'xterm' }, stream: TERMINAL, style: [true, false, 100] },
    {
      title: 'LC_ALL over LC_CTYPE and LANG',
      environment: { ...XTERM, LC_ALL: 'C', LC_CTYPE: 'C.utf8' },
      stream: TERMINAL,
      style: [true, false, 100],
    },
    {
      title: 'LC_CTYPE over LANG',
      environment: { TERM: 'xterm', LC_CTYPE: 'C.utf8', LANG: 'C' },
      stream: TERMINAL,
      style: [true, true, 100],
    },
    { title: 'an empty LC_ALL', environment: { ...XTERM, LC_ALL: '' }, stream: TERMINAL, style: [true, true, 100] },
    {
      title: 'the Linux console',
      environment: { ...XTERM, TERM: 'linux' },
      stream: TERMINAL,
      style: [true, false, 100],
    },
    {
      title: 'macOS without a locale',
      platform: 'darwin',
      environment: { TERM: 'xterm' },
      stream: TERMINAL,
      style: [true, true, 100],
    },
    {
      title: 'Windows Terminal',
      platform: 'win32',
      environment: { WT_SESSION: '1' },
      stream: TERMINAL,
      style: [true, true, 100],
    },
    {
      title: 'the old console of Windows',
      platform: 'win32',
      environment: {},
      stream: TERMINAL,
      style: [true, false, 100],
    },
    {
      title: 'a terminal of no width',
      environment: XTERM,
      stream: { isTTY: true, columns: 0 },
      style: [true, true, 80],
    },
    {
      title: 'COLUMNS for a terminal of no width',
      environment: { ...XTERM, COLUMNS: '132' },
      stream: { isTTY: true, columns: undefined },
      style: [true, true, 132],
    },
    {
      title: 'COLUMNS that is no number',
      environment: { ...XTERM, COLUMNS: '1e3' },
      stream: { isTTY: true, columns: undefined },
      style: [true, true, 80],
    },
    {
      title: 'COLUMNS in a pipe',
      environment: { ...XTERM, COLUMNS: '132' },
      stream: PIPE,
      style: [false, true, undefined],
    },
  ] as const
  it.each(cases)('follows $title', ({ environment, stream, style: [color, unicode, columns], ...rest }) => {
    const noColor = 'noColor' in rest
    const platform = 'platform' in rest ? rest.platform : 'linux'
    expect(textStyle({ environment, platform, noColor, stream })).toEqual({ color, unicode, columns })
  })

  it.each([
    ['linux', { TERM: 'xterm' }, true],
    ['linux', { TERM: 'dumb' }, false],
    ['linux', {}, false],
    ['win32', {}, true],
    ['win32', { TERM: 'dumb' }, false],
  ])('moves the cursor on %s with %j: %s', (platform, environment: Readonly<Record<string, string>>, moves) => {
    expect(movesCursor(environment, platform)).toBe(moves)
  })
})

describe('the width of text', () => {
  it.each([
    ['work', 4],
    ['', 0],
    ['Ünïcödé', 7],
    ['e\u0301', 1],
    ['名前', 4],
    ['ｗｏｒｋ', 8],
    ['한국', 4],
    ['🚀', 2],
    ['✅ prod', 7],
    ['☃', 1],
    ['✔\uFE0F', 1],
    ['\u200Ba\u2060', 1],
    ['ที่', 1],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
    expect(padDisplay(text, 10)).toBe(text + ' '.repeat(10 - width))
  })

  it.each([
    ['production', 10, 'production'],
    ['production', 5, 'pr~on'],
    ['🚀🚀🚀', 5, '🚀~🚀'],
    ['🚀🚀🚀', 4, '🚀~'],
    ['名前', 1, '~'],
  ])('shortens %j to %i columns: %j', (text, width, shortened) => {
    expect(shortenDisplay(text, width)).toBe(shortened)
  })
})

describe('a table', () => {
  const rows = [
    ['work', '名前', 'x'],
    ['production', '-', ''],
  ]

  it('pads columns by what they take on the terminal, and leaves no blanks at the ends of lines', () => {
    expect(renderTable(['NAME', 'ID', 'LAST'], rows, { color: false, unicode: true, columns: 80 })).toBe(
      'NAME        ID    LAST\nwork        名前  x\nproduction  -\n',
    )
  })

  it('has a bold header, and dims rows', () => {
    const table = renderTable(['A'], [['b'], ['c']], { color: true, unicode: true, columns: 80 }, (row) => row === 1)
    expect(table).toBe('\u001b[1mA\u001b[22m\nb\n\u001b[2mc\u001b[22m\n')
  })
})
