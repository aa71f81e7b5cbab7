/** Color, width and tables of terminal output. */
import { describe, expect, it } from 'vitest'
import {
  displayWidth,
  movesCursor,
  padDisplay,
  paint,
  renderMessages,
  renderTable,
  shortenDisplay,
  textStyle,
  wrapLines,
} from '../../src/ui/style.ts'
import { formatFailure, renderFailure } from '../../src/errors/messages.ts'
import { FAILURE_EXAMPLES } from '../errors/failure-examples.ts'

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

  it('has a bold header', () => {
    const table = renderTable(['A'], [['b'], ['c']], { color: true, unicode: true, columns: 80 })
    expect(table).toBe('\u001b[1mA\u001b[22m\nb\nc\n')
  })
})

describe('wrapLines', () => {
  it.each([
    ['no terminal: unchanged', 'awsmfa: error: a b c d e f g', undefined, 'awsmfa: error: a b c d e f g'],
    ['a line that fits', 'awsmfa: error: a', 40, 'awsmfa: error: a'],
    [
      'below the text after a label',
      'awsmfa: error: cannot reach STS at sts.eu-west-1.amazonaws.com\n',
      50,
      'awsmfa: error: cannot reach STS at\n               sts.eu-west-1.amazonaws.com\n',
    ],
    ['below the text after a mark', '✔ work: signed in as alice', 20, '✔ work: signed in as\n  alice'],
    ['below the last column', '  --all  All of the profiles', 20, '  --all  All of the\n         profiles'],
    [
      'a column without room has a line of its own',
      '  --a-long-option  All profiles',
      24,
      '  --a-long-option\n      All profiles',
    ],
    [
      'a command to copy stays whole',
      'awsmfa: hint: to move them to [work-long-term]: awsmfa setup work --yes',
      60,
      'awsmfa: hint: to move them to [work-long-term]:\n              awsmfa setup work --yes',
    ],
    ['a word wider than a line stays whole', `a ${'b'.repeat(12)} c`, 10, `a\n  ${'b'.repeat(12)}\n  c`],
    ['wide characters count as two columns', '漢字 漢字 漢字', 10, '漢字 漢字\n  漢字'],
    ['indents and blank lines stay', '  a b\n\n  c d', 4, '  a\n    b\n\n  c\n    d'],
  ])('%s', (_, text, columns, expected) => {
    expect(wrapLines(text, columns)).toBe(expected)
  })

  it('does not count color', () => {
    const style = { color: true, unicode: true, columns: 20 }
    expect(wrapLines(`${paint('✔', 'green', style)} work: signed in as alice`, 20)).toBe(
      `${paint('✔', 'green', style)} work: signed in as\n  alice`,
    )
  })
})

describe.each([40, 80, 120, 200])('messages at %i columns', (columns) => {
  const view = { home: '/home/alice', files: undefined, now: new Date('2026-11-21T08:00:00Z'), debug: false }

  it('break at spaces, not within words', () => {
    for (const { failure } of FAILURE_EXAMPLES) {
      const message = formatFailure(renderFailure(failure, view), view)
      const shown = renderMessages(message, { color: false, unicode: true, columns })
      expect(shown.split(/\s+/)).toEqual(message.split(/\s+/))
      for (const line of shown.split('\n')) if (displayWidth(line) > columns) expect(line.trim()).not.toContain(' ')
      expect(shown.endsWith('\n')).toBe(true)
    }
  })
})

describe('renderMessages', () => {
  const message =
    'awsmfa: error: a\nawsmfa: warning: b\nawsmfa: note: c\nawsmfa: hint: d\nawsmfa: debug: error: e\n✔ f\n'

  it('paints labels', () => {
    const style = { color: true, unicode: true, columns: 80 }
    expect(renderMessages(message, style)).toBe(
      `awsmfa: ${paint('error:', 'red', style)} a
awsmfa: ${paint('warning:', 'yellow', style)} b
awsmfa: ${paint('note:', 'dim', style)} c
awsmfa: ${paint('hint:', 'dim', style)} d
awsmfa: ${paint('debug:', 'dim', style)} error: e
✔ f
`,
    )
  })

  it('paints nothing without color', () => {
    expect(renderMessages(message, { color: false, unicode: true, columns: undefined })).toBe(message)
  })

  it('indents below painted labels', () => {
    const style = { color: true, unicode: true, columns: 20 }
    expect(renderMessages('awsmfa: hint: a bb cc', { ...style, columns: 28 })).toBe(
      `awsmfa: ${paint('hint:', 'dim', style)} a bb cc`,
    )
    expect(renderMessages('awsmfa: hint: aaaaa bbbbb ccccc', { ...style, columns: 28 })).toBe(
      `awsmfa: ${paint('hint:', 'dim', style)} aaaaa bbbbb\n              ccccc`,
    )
  })
})
