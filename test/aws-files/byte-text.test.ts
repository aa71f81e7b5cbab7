/** Files as byte strings, and their text as UTF-8. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../src/aws-files/ini-document.ts'

test.each([
  { what: 'ASCII', bytes: 'plain % text', text: 'plain % text' },
  { what: 'two bytes', bytes: 'caf\xc3\xa9 %41', text: 'café %41' },
  { what: 'four bytes', bytes: '\xf0\x9f\x94\x91', text: '🔑' },
  { what: 'latin-1', bytes: 'caf\xe9', text: 'caf\xe9' },
  { what: 'UTF-8 and latin-1 mixed', bytes: '\xc3\xa9\xe9', text: '\xc3\xa9\xe9' },
  { what: 'an overlong form', bytes: '\xc0\xaf', text: '\xc0\xaf' },
  { what: 'a surrogate in UTF-8', bytes: '\xed\xa0\x80', text: '\xed\xa0\x80' },
  { what: 'a sequence cut short', bytes: 'a\xe2\x82', text: 'a\xe2\x82' },
])('$what is decoded, never refused', ({ bytes, text }) => {
  expect(decodeUtf8(bytes)).toBe(text)
})

test('encoding is that of Node, and decoding reverses it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = encodeUtf8(text)
      expect(bytes).toBe(Buffer.from(text, 'utf8').toString('latin1'))
      expect(decodeUtf8(bytes)).toBe(text)
    }),
  )
})

test.each(['\ud83d', '\udd11', 'a\ud83db'])('a lone surrogate becomes U+FFFD', (text) => {
  expect(encodeUtf8(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'))
})
