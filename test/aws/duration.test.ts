/** Durations in seconds and in `12h`-style units, and STS's limits. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { assertDuration } from '../../src/aws/sts-api.ts'
import { parseDuration } from '../../src/ui/duration.ts'
import { failureOf } from '../login/resolve.ts'

describe('a length is read', () => {
  test.each([
    ['12h', 43_200],
    ['1h30m', 5_400],
    ['45m', 2_700],
    ['900', 900],
    ['900s', 900],
    ['1h0m1s', 3_601],
    ['90m', 5_400],
    ['0', 0],
    ['0900', 900],
  ])('%s is %i seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  test.each([
    '',
    'h',
    ' 1h',
    '1h ',
    '1.5h',
    '-1h',
    '30m1h',
    '1h1h',
    '1d',
    '12H',
    '1h30',
    '1e3',
    '0x10',
    '٣h',
    '99999999999',
  ])("'%s' is no length", (text) => expect(parseDuration(text)).toBeUndefined())

  it('reads hours, minutes and seconds in any amount, and their sum in seconds as the same', () => {
    const amount = fc.nat({ max: 99_999 })
    fc.assert(
      fc.property(amount, amount, amount, (hours, minutes, seconds) => {
        const sum = hours * 3_600 + minutes * 60 + seconds
        expect([parseDuration(`${hours}h${minutes}m${seconds}s`), parseDuration(String(sum))]).toEqual([sum, sum])
      }),
    )
  })
})

describe('the limits of STS', () => {
  const origin = { kind: 'environment', variable: 'AWSMFA_DURATION' } as const
  test.each([
    ['GetSessionToken', 900, true],
    ['GetSessionToken', 129_600, true],
    ['GetSessionToken', 899, false],
    ['GetSessionToken', 129_601, false],
    ['AssumeRole', 900, true],
    ['AssumeRole', 43_200, true],
    ['AssumeRole', 43_201, false],
    ['AssumeRole', 0, false],
  ] as const)('%s for %i s is allowed: %s', (operation, value, allowed) => {
    const check = (): void => assertDuration({ value, origin }, operation)
    if (allowed) expect(check).not.toThrow()
    else {
      expect(failureOf(check)).toEqual({
        code: 'DURATION_OUT_OF_RANGE',
        operation,
        seconds: value,
        minimum: 900,
        maximum: operation === 'AssumeRole' ? 43_200 : 129_600,
        origin,
      })
    }
  })
})
