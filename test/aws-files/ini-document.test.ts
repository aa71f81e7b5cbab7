/** Sections, keys and comments of an ini file, with their positions. */
import { describe, expect, test } from 'vitest'
import { parseSection, readIniDocument } from '../../src/aws-files/ini-document.ts'

function sectionNames(text: string): string[] {
  return readIniDocument(text).sections.map(({ name }) => name)
}

function bodyOf(lines: string) {
  const document = readIniDocument(`[s]\n${lines}`)
  const [section] = document.sections
  if (section === undefined) throw new Error('no section')
  return parseSection(document, section)
}

describe('headers', () => {
  test.each([
    { what: 'an empty file', text: '', names: [] },
    { what: 'a plain header', text: '[a]', names: ['a'] },
    { what: 'blanks inside', text: '[ a\t]\n', names: ['a'] },
    { what: 'a trailing comment', text: '[a] # c\n[b]; c\n[c]# [d]\n', names: ['a', 'b', 'c'] },
    { what: 'CR LF', text: '[a]\r\nk=v\r\n[b]\r\n', names: ['a', 'b'] },
    { what: 'CR alone', text: '[a]\rk=v\r[b]', names: ['a', 'b'] },
    { what: 'mixed line ends', text: '[a]\r\n[b]\r[c]\n[d]', names: ['a', 'b', 'c', 'd'] },
    { what: 'a byte order mark', text: '\xef\xbb\xbf[a]\n', names: ['a'] },
    { what: 'an indented header', text: '[a]\nk=v\n  [b]\n', names: ['a', 'b'] },
    { what: 'brackets in values and comments', text: '[a]\nk = [x]\n# [y]\n;[z]\n', names: ['a'] },
    { what: 'a bracket that is not closed', text: '[a\nk=]\n[b]', names: ['b'] },
    { what: 'no name', text: '[]\n', names: [''] },
    { what: 'NUL and latin-1 bytes', text: '\0\xff[x]\n[caf\xe9\xa0]\n', names: ['caf\xe9\xa0'] },
    { what: 'a dangerous name', text: '[__proto__]\n[constructor]\n', names: ['__proto__', 'constructor'] },
    { what: 'dots and spaces', text: '[a.b]\n[my prof]\n', names: ['a.b', 'my prof'] },
  ])('$what', ({ text, names }) => {
    expect(sectionNames(text)).toEqual(names)
  })

  test('a section spans from its header to the next', () => {
    const text = '# top\n  [a]\r\nk=v\n\n[b] ; c\r[c]'
    expect(
      readIniDocument(text).sections.map(({ start, bodyStart, end, isIndented }) => [
        text.slice(start, bodyStart),
        text.slice(bodyStart, end),
        isIndented,
      ]),
    ).toEqual([
      ['  [a]\r\n', 'k=v\n\n', true],
      ['[b] ; c\r', '', false],
      ['[c]', '', false],
    ])
  })
})

describe('keys', () => {
  test.each([
    { what: 'as AWS writes them', lines: 'aws_access_key_id = AKIA', keys: [['aws_access_key_id', 'AKIA', 0]] },
    { what: 'without blanks', lines: 'k=v', keys: [['k', 'v', 0]] },
    { what: 'in capitals', lines: 'AWS_Key = V', keys: [['aws_key', 'V', 0]] },
    {
      what: 'with bytes that are letters in latin-1',
      lines: '\xc3\x89T\xc3\x80 = \xa0\x85',
      keys: [['\xc3\x89t\xc3\x80', '\xa0\x85', 0]],
    },
    { what: 'with a colon', lines: 'k: v=w', keys: [['k', 'v=w', 0]] },
    { what: 'with delimiters in the value', lines: 'k = a=b:c [d] # e', keys: [['k', 'a=b:c [d] # e', 0]] },
    {
      what: 'empty',
      lines: 'k =\nl =   \n',
      keys: [
        ['k', '', 0],
        ['l', '', 0],
      ],
    },
    {
      what: 'nested',
      lines: 's3 =\n  a = 1\n\n  # c\n  b = 2\nk = v',
      keys: [
        ['s3', '', 2],
        ['k', 'v', 0],
      ],
    },
    { what: 'continued', lines: 'k = v\n\tw\n x', keys: [['k', 'v', 2]] },
    {
      what: 'all indented alike',
      lines: '  k = v\n  l = w\n    m = x\nn = y',
      keys: [
        ['k', 'v', 0],
        ['l', 'w', 1],
        ['n', 'y', 0],
      ],
    },
    {
      what: 'twice',
      lines: 'k = v\nK = w',
      keys: [
        ['k', 'v', 0],
        ['k', 'w', 0],
      ],
    },
    { what: 'after a line that is none', lines: 'nonsense\n  k = v', keys: [['k', 'v', 0]] },
    {
      what: 'with CR',
      lines: 'k = v\rl = w\r\n',
      keys: [
        ['k', 'v', 0],
        ['l', 'w', 0],
      ],
    },
  ])('$what', ({ lines, keys }) => {
    expect(bodyOf(lines).entries.map(({ key, value, continuations }) => [key, value, continuations.length])).toEqual(
      keys,
    )
  })

  test('comments and lines without a key are distinguished', () => {
    const { entries, comments, strays } = bodyOf('# a\n  ; b\nnonsense\n= v\n[open\n\nk = v\n')
    expect([entries.length, comments.length, strays.length]).toEqual([1, 2, 3])
  })
})

test.each([
  { text: 'a\nb\nc', offset: 4, line: 3 },
  { text: 'a\r\nb\r\nc', offset: 6, line: 3 },
  { text: 'a\rb\rc', offset: 4, line: 3 },
  { text: 'a\n\r\nb', offset: 4, line: 3 },
  { text: '', offset: 0, line: 1 },
])('offset $offset of $text is on line $line', ({ text, offset, line }) => {
  expect(readIniDocument(text).lineAt(offset)).toBe(line)
})

test('headers are found in linear time', () => {
  const hostile = '['.repeat(200_000) + '\n['.repeat(200_000) + `\n${' '.repeat(1000)}[`.repeat(200)
  expect(readIniDocument(hostile).sections).toEqual([])
})

test('line numbers are the same as counted one by one, also for repeated lookups', () => {
  for (const text of ['', '\n', 'a', 'a\nb\r\nc\rd', '[a]\nk = v\n', 'a\r', '\r\n\r\n']) {
    const document = readIniDocument(text)
    for (let round = 0; round < 10; round++) {
      for (let offset = 0; offset <= text.length; offset++)
        expect([text, offset, document.lineAt(offset)]).toEqual([text, offset, readIniDocument(text).lineAt(offset)])
    }
  }
})
