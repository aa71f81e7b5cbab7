/** Words of command lines to paste, quoted for the shells of each platform. */
import { expect, test } from 'vitest'
import { doubleDash, quoteWord, throughShell, unsetLine } from '../../src/ui/words.ts'

test.each([
  ['prod', 'prod', 'prod'],
  ['a@b.c/d', 'a@b.c/d', 'a@b.c/d'],
  ['my profile', "'my profile'", '"my profile"'],
  ["it's", String.raw`'it'\''s'`, `"it's"`],
  ['a"b', `'a"b'`, String.raw`"a\"b"`],
  ['a,b', 'a,b', '"a,b"'],
  ['@all', '@all', '"@all"'],
  ['a^b', 'a^b', '"a^b"'],
  ['--', '--', '--'],
  [String.raw`C:\x\y`, String.raw`'C:\x\y'`, String.raw`C:\x\y`],
])('%s is %s for a POSIX shell and %s on Windows', (word, posix, windows) => {
  expect([quoteWord(word, 'linux'), quoteWord(word, 'win32')]).toEqual([posix, windows])
})

test.each([
  ['linux', ['A'], 'unset A'],
  ['darwin', ['A', 'B'], 'unset A B'],
  ['win32', ['A', 'B'], 'Remove-Item Env:A, Env:B (PowerShell), or set A=& set B= (cmd)'],
] as const)('unsets variables on %s', (platform, names, line) => {
  expect(unsetLine(names, platform)).toBe(line)
})

test.each([
  ['linux', '--', "sh -c 'LINE'"],
  ['win32', '"--"', 'cmd /c "LINE"'],
] as const)('two dashes and a line for a shell on %s', (platform, dashes, line) => {
  expect([doubleDash(platform), throughShell(platform)]).toEqual([dashes, line])
})
