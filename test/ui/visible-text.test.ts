/** Untrusted text without control characters. */
import { expect, test } from 'vitest'
import { visible } from '../../src/ui/words.ts'

test.each([
  ['plain', 'plain'],
  ['Ünïcödé 名前 ✔', 'Ünïcödé 名前 ✔'],
  ['\u001b[2J\u001b]0;x\u0007', '\\x1b[2J\\x1b]0;x\\x07'],
  ['a\r\nawsmfa: error: b', 'a\\x0d\\x0aawsmfa: error: b'],
  ['nul\u0000 del\u007f csi\u009b31m', 'nul\\x00 del\\x7f csi\\x9b31m'],
  ['abc\u202exe.gpj', 'abc\\u{202e}xe.gpj'],
  ['line\u2028break', 'line\\u{2028}break'],
  ['lone\ud800', 'lone\\u{d800}'],
  ['C:\\Users\\x', 'C:\\Users\\x'],
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('text that is too long is cut, never through the middle of a character', () => {
  expect(visible('x'.repeat(500))).toBe(`${'x'.repeat(200)}…`)
  expect(visible('abc😀def', 4)).toBe('abc…')
  expect(visible('abc', 3)).toBe('abc')
})

test('whatever it is given, nothing that is shown can control a terminal', () => {
  for (let code = 0; code < 0x300; code++) {
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(visible(String.fromCodePoint(code))).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  }
})
