/** Parsing a command line: options, positionals and errors. */
import { expect, test } from 'vitest'
import { parse, readLine } from '../../src/command-line/parse.ts'
import { COMMAND_TABLE } from '../../src/command-line/table.ts'

test.each([
  ['login', { command: 'login', positionals: [], options: {} }],
  ['login work', { command: 'login', positionals: ['work'], options: {} }],
  ['login -p work --json', { command: 'login', positionals: [], options: { profile: 'work', json: true } }],
  ['login -p=work', { command: 'login', positionals: [], options: { profile: 'work' } }],
  ['login --profile=-x', { command: 'login', positionals: [], options: { profile: '-x' } }],
  ['login work --profile work', { command: 'login', positionals: ['work'], options: { profile: 'work' } }],
  ['login --token-code -', { command: 'login', positionals: [], options: { tokenCode: '-' } }],
  ['login --token-code 012345', { command: 'login', positionals: [], options: { tokenCode: '012345' } }],
  ['login --region=a=b work', { command: 'login', positionals: ['work'], options: { region: 'a=b' } }],
  [
    'login work -- --role-arn x -- y',
    { command: 'login', positionals: ['work'], options: {}, tail: ['--role-arn', 'x', '--', 'y'] },
  ],
  ['login --', { command: 'login', positionals: [], options: {}, tail: [] }],
  ['status --all --no-color', { command: 'status', positionals: [], options: { all: true, noColor: true } }],
  ['status true', { command: 'status', positionals: ['true'], options: {} }],
  ['cache show --json', { command: 'cache', positionals: ['show'], options: { json: true } }],
  ['cache clear a show', { command: 'cache', positionals: ['clear', 'a', 'show'], options: {} }],
  ['cache --quiet clear -p a', { command: 'cache', positionals: ['clear'], options: { quiet: true, profile: 'a' } }],
  ['logout a b c', { command: 'logout', positionals: ['a', 'b', 'c'], options: {} }],
])('takes: %s', (line, invocation) => {
  expect(parse(line.split(' '), false)).toEqual({ kind: 'invocation', invocation })
})

test.each([
  ['--version', 'version'],
  ['-V', 'version'],
  ['--licenses', 'licenses'],
])('takes %s alone', (word, kind) => {
  expect(parse([word], false)).toEqual({ kind })
})

test.each([
  ['an unknown command', ['lgin']],
  ['an unknown option', ['login', '--frce']],
  ['an abbreviation', ['login', '--prof', 'x']],
  ['an option of another command', ['status', '--force']],
  ['a command without its action', ['cache']],
  ['an action that there is not', ['cache', 'drop']],
  ['an option of another action', ['cache', 'show', '--quiet']],
  ['an unexpected argument of an action', ['cache', 'show', 'a']],
  ['a cluster', ['login', '-px']],
  ['a repeated flag', ['login', '--json', '--json']],
  ['a repeated value in two spellings', ['login', '-p', 'x', '--profile=x']],
  ['an empty value', ['login', '--profile=']],
  ['an empty value as a word', ['login', '--profile', '']],
  ['an empty profile', ['login', '']],
  ['a missing value', ['login', '--profile']],
  ['an option where a value should be', ['login', '--profile', '--json']],
  ['a value with a leading dash', ['login', '--profile', '-x']],
  ['a dash for anything but the token code', ['login', '--profile', '-']],
  ['a lone dash', ['login', '-']],
  ['a value for a flag', ['login', '--json=true']],
  ['too many words', ['env', 'a', 'b']],
  ['two different profiles', ['login', 'a', '--profile', 'b']],
  ['one of many that differs', ['logout', 'a', 'b', '-p', 'a']],
  ['-- where nothing may follow', ['status', '--']],
  ['-- after logout', ['logout', 'x', '--', 'y']],
  ['-- alone', ['--']],
  ['options that exclude each other', ['login', '--duration', '1h', '--duration-seconds=3600']],
  ['all and one', ['status', '--all', 'work']],
  ['__proto__', ['login', '--__proto__=x']],
  ['constructor as a command', ['constructor']],
])('refuses %s', (_, argv) => {
  expect(() => parse(argv, false)).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: 'USAGE' }) }),
  )
})

test.each([
  [
    ['login', '-p', 'x', '--json'],
    ['login', '--profile=x', '--json=true'],
  ],
  [
    ['login', '--token-code', '-'],
    ['login', '--token-code=-'],
  ],
  [
    ['login', '--region=-x', 'true'],
    ['login', '--region=-x', 'true'],
  ],
  [['-p=x'], ['--profile=x']],
  [
    ['login', '--region', '--json'],
    ['login', '--region=', '--json=true'],
  ],
])('%j is read as %j', (head, words) => {
  const read = readLine(head, COMMAND_TABLE.login.options).words
  expect(
    read.map(({ text, option, value = '' }) => (option === undefined ? text : `--${option.name}=${value}`)),
  ).toEqual(words)
})
