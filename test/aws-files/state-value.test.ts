/** The `awsmfa_state` value in a session's section. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatStateValue, lineChecksum, parseStateValue } from '../../src/aws-files/ownership.ts'

const state = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9_a-z]{1,128}$/),
  requestHash: fc.stringMatching(/^[0-9a-f.]{1,80}$/),
  madeSection: fc.boolean(),
  addedBlankLine: fc.boolean(),
  endedLine: fc.option(fc.stringMatching(/^[0-9a-f]{4}$/), { nil: undefined }),
})

test('a state is read as it was written', () => {
  fc.assert(
    fc.property(state, (written) => {
      expect(parseStateValue(formatStateValue(written))).toEqual(written)
    }),
  )
})

test('version 1 has the format that is on disk', () => {
  const written = {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    requestHash: '0a1b.2c',
    madeSection: true,
    addedBlankLine: true,
    endedLine: '01ff',
  }
  expect(formatStateValue(written)).toBe('1:ASIAIOSFODNN7EXAMPLE:sbe01ff:0a1b.2c')
  expect(parseStateValue('1:ASIAIOSFODNN7EXAMPLE:k:00')).toEqual({
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    requestHash: '00',
    madeSection: false,
    addedBlankLine: false,
    endedLine: undefined,
  })
})

test.each([
  '',
  '1',
  '2:A:k:00',
  '1:A:k',
  '1::k:00',
  '1:A:x:00',
  '1:A:bk:00',
  '1:A:ke1:00',
  '1:A:k:',
  '1:A:k:0g',
  '1:A:k:00 ',
  '1:A:k:00\n',
  ' 1:A:k:00',
  '1:A-B:k:00',
  `1:A:k:${'0'.repeat(81)}`,
  '1:A:k:00 # c',
])('anything else is no state: %j', (value) => {
  expect(parseStateValue(value)).toBeUndefined()
})

test.each([{ accessKeyId: 'A B' }, { accessKeyId: '' }, { requestHash: 'xyz' }, { requestHash: '' }])(
  'invalid parts are not written: %j',
  (part) => {
    expect(() =>
      formatStateValue({
        accessKeyId: 'A',
        requestHash: '0',
        madeSection: true,
        addedBlankLine: false,
        endedLine: undefined,
        ...part,
      }),
    ).toThrow('alphabet')
  },
)

test.each([
  { line: '', checksum: (0x811c ^ 0x9dc5).toString(16) },
  { line: 'a', checksum: (0xe40c ^ 0x292c).toString(16) },
  { line: 'foobar', checksum: (0xbf9c ^ 0xf968).toString(16) },
])('the checksum of $line is the published FNV-1a, folded', ({ line, checksum }) => {
  expect(lineChecksum(line)).toBe(checksum.padStart(4, '0'))
})
