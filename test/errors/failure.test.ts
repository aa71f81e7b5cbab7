/** The message and hint of every failure, as golden files. */
import { expect, test } from 'vitest'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../../src/command-line/table.ts'
import { isCommandName } from '../../src/model/invocation.ts'
import type { Failure } from '../../src/model/failure.ts'
import { formatFailure, formatFault, renderFailure } from '../../src/errors/messages.ts'
import type { FailureView } from '../../src/errors/wording.ts'
import { commandLine } from '../../src/ui/words.ts'
import { documentedCodes, errorPage } from './error-page.ts'
import { FAILURE_EXAMPLES } from './failure-examples.ts'
import { isWindows } from '../support/on-windows.ts'

const VIEW: FailureView = {
  home: '/home/alice',
  files: { credentials: '/home/alice/.aws/credentials', config: '/home/alice/.aws/config' },
  ownFolders: ['/home/alice/.config/awsmfa', '/home/alice/.cache/awsmfa', '/home/alice/.local/state/awsmfa'],
  now: new Date(2026, 10, 21, 8, 0),
  debug: false,
}

function textOf(failure: Failure, view: FailureView = VIEW): string {
  return formatFailure(renderFailure(failure, view), view)
}

// Windows has other quotes, and another command to unset a variable: windows-words.test.ts, test/ui/words.test.ts.
const inPosixWords = test.skipIf(isWindows)

inPosixWords('the words for every failure', async () => {
  const golden = FAILURE_EXAMPLES.map(({ name, failure }) => `# ${name}\n${textOf(failure)}`).join('\n')
  await expect(golden).toMatchFileSnapshot('failures.golden.txt')
})

inPosixWords('docs/errors.md describes every failure', async () => {
  expect([...documentedCodes()].toSorted()).toEqual(
    [...new Set(FAILURE_EXAMPLES.map(({ failure }) => failure.code))].toSorted(),
  )
  await expect(errorPage(VIEW)).toMatchFileSnapshot('../../docs/errors.md')
})

test.each(FAILURE_EXAMPLES)('$name keeps to the form: what, where, then the way out', ({ failure }) => {
  const { error, hints, isAnswer } = renderFailure(failure, VIEW)
  for (const text of isAnswer === true ? [] : [error, ...hints]) {
    // Begins in lower case, unless with a name of somebody else's: a variable, an operation, STS.
    expect(text).toMatch(/^(?:[a-z~'/[{-]|\d+ of|[A-Z][A-Za-z_]*[A-Z][A-Za-z_]*\b)/)
    expect(text).not.toMatch(/[.!]$|!|undefined|please|success|\s{2}|\[object|NaN| ,/i)
    expect(text.length).toBeLessThan(400)
  }
  expect(new Set(hints).size).toBe(hints.length)
})

test.each(FAILURE_EXAMPLES)('$name names only commands and options that exist', ({ failure }) => {
  for (const hint of renderFailure(failure, VIEW).hints) {
    for (const [, word = ''] of hint.matchAll(/awsmfa ([\w-]+)/g)) {
      expect(isCommandName(word) || word === '--help').toBe(true)
    }
  }
  const options = [...GLOBAL_OPTIONS, ...Object.values(COMMAND_TABLE).flatMap((spec) => spec.options)].map(
    ({ name }) => `--${name}`,
  )
  for (const hint of renderFailure(failure, VIEW).hints) {
    for (const [option] of hint.matchAll(/(?<![\w'-])--[a-z][\w-]+/g)) expect(options).toContain(option)
  }
})

test('nothing from outside reaches the terminal as a control character', () => {
  const OURS = new Set(['because', 'expected', 'instead', 'known', 'what'])
  const evil = 'x\u001b[31m\u0007\r\nawsmfa: error: forged\u202e'
  const spoil = (value: unknown): unknown => {
    if (typeof value === 'string')
      return /^(?:[A-Z][A-Za-z_]+|[a-z-]+|--[a-z-]+)$/.test(value) ? value : `${value}${evil}`
    if (Array.isArray(value)) return value.map(spoil)
    if (value instanceof Date || value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, OURS.has(key) ? inner : spoil(inner)]))
  }
  for (const { failure } of FAILURE_EXAMPLES.filter((each) => each.failure.code !== 'DECLINED')) {
    const text = textOf(spoil(failure) as Failure, { ...VIEW, debug: true })
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^awsmfa: (error|hint|debug): /)
    expect(text.match(/^awsmfa: error: /gm)).toHaveLength(1)
  }
})

test('what AWS said itself is told with debug alone', () => {
  const failure: Failure = {
    code: 'ACCESS_DENIED',
    operation: 'AssumeRole',
    roleArn: 'arn:aws:iam::1:role/R',
    message: 'with an explicit deny',
  }
  expect(textOf(failure)).not.toContain('explicit deny')
  expect(textOf(failure, { ...VIEW, debug: true })).toContain(
    'awsmfa: debug: message from AWS: with an explicit deny\n',
  )
})

test('foreign text that is far too long is cut', () => {
  const failure: Failure = {
    code: 'PROFILE_NOT_FOUND',
    profile: 'x'.repeat(5000),
    origin: { kind: 'default' },
    paths: ['/a'],
  }
  expect(textOf(failure).length).toBeLessThan(400)
})

test.each([
  ['/home/alice/.aws/config', '/home/alice', '~/.aws/config'],
  ['/home/alicex/.aws/config', '/home/alice', '/home/alicex/.aws/config'],
  ['/etc/config', '/', '/etc/config'],
  ['/etc/config', undefined, '/etc/config'],
  ['C:\\Users\\a\\.aws\\config', 'C:\\Users\\a', '~\\.aws\\config'],
])('%s at home in %s is shown as %s', (path, home, shown) => {
  expect(renderFailure({ code: 'FILE_KEEPS_CHANGING', place: { path } }, { ...VIEW, home }).error).toContain(
    ` ${shown};`,
  )
})

test('without known files an origin is called by the full name of its file', () => {
  const origin = { kind: 'file', file: 'config', profile: 'a', key: 'source_profile', line: 2 } as const
  const failure: Failure = { code: 'SOURCE_PROFILE_NOT_FOUND', profile: 'a', source: 'b', origin, paths: ['/x'] }
  expect(renderFailure(failure, { ...VIEW, files: undefined }).error).toContain(
    "(from 'source_profile' in the shared config file, line 2)",
  )
})

inPosixWords.each([
  [['work'], 'awsmfa login work'],
  [['my work'], "awsmfa login 'my work'"],
  [["it's"], String.raw`awsmfa login 'it'\''s'`],
  [['$(x)'], "awsmfa login '$(x)'"],
  [['--profile=-x'], 'awsmfa login --profile=-x'],
  [[''], "awsmfa login ''"],
])('a line to paste has %j quoted for the shell', (words, line) => {
  expect(commandLine('login', ...words)).toBe(line)
})

test('a fault of awsmfa names versions, and where it happened with debug alone', () => {
  const facts = {
    name: 'TypeError',
    code: 'ERR_X',
    frames: ['at f (/x.js:1:2)'],
    versions: 'awsmfa 1.0.0, Node.js 20.19.0, linux x64',
  }
  expect(formatFault(facts, { debug: false })).toMatchInlineSnapshot(`
    "awsmfa: error: internal error: TypeError ERR_X (awsmfa 1.0.0, Node.js 20.19.0, linux x64)
    awsmfa: hint: for details, add --debug
    "
  `)
  expect(formatFault(facts, { debug: true })).toContain('awsmfa: debug: at f (/x.js:1:2)\n')
})
