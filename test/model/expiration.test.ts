/** Reading and writing expiration times. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatExpiration, parseExpiration, secondsUntil } from '../../src/model/credentials.ts'
import type { ExpirationFormat } from '../../src/model/credentials.ts'

describe('reading an expiration', () => {
  it.each<[string, ExpirationFormat, string | undefined]>([
    ['2026-11-21T18:40:00Z', 'rfc3339', '2026-11-21T18:40:00.000Z'],
    ['2026-11-21T18:40:00.123Z', 'rfc3339', '2026-11-21T18:40:00.000Z'],
    ['2026-11-21T20:40:00+02:00', 'rfc3339', '2026-11-21T18:40:00.000Z'],
    ['2026-11-21T13:10:00-0530', 'rfc3339', '2026-11-21T18:40:00.000Z'],
    ['2026-11-21 18:40:00+00:00', 'rfc3339', '2026-11-21T18:40:00.000Z'],
    ['2026-11-21 18:40:00', 'rfc3339', undefined],
    ['2026-11-21T18:40:00', 'rfc3339', undefined],
    ['2026-11-21 18:40:00', 'naive-utc', '2026-11-21T18:40:00.000Z'],
    ['2024-02-29T00:00:00Z', 'rfc3339', '2024-02-29T00:00:00.000Z'],
    ['2026-02-29T00:00:00Z', 'rfc3339', undefined],
    ['2026-02-31T00:00:00Z', 'rfc3339', undefined],
    ['2026-13-01T00:00:00Z', 'rfc3339', undefined],
    ['2026-00-10T00:00:00Z', 'rfc3339', undefined],
    ['2026-11-21T24:00:00Z', 'rfc3339', undefined],
    ['2026-11-21T18:60:00Z', 'rfc3339', undefined],
    ['2026-11-21T18:40:00+25:00', 'rfc3339', undefined],
    ['2026-11-21T18:40:00Z trailing', 'rfc3339', undefined],
    ['2026-11-21', 'rfc3339', undefined],
    ['1999-11-21T18:40:00Z', 'rfc3339', undefined],
    ['', 'rfc3339', undefined],
    ['1795286400', 'epoch', '2026-11-21T18:40:00.000Z'],
    ['17952864000000', 'epoch', undefined],
    ['1795286400.5', 'epoch', undefined],
    ['-5', 'epoch', undefined],
  ])('reads %j as %s: %s', (text, format, instant) => {
    expect(parseExpiration(text, format)?.toISOString()).toBe(instant)
  })

  it('reads a local time in the zone of the process', () => {
    expect(parseExpiration('2026-11-21 18:40:00', 'naive-local')).toEqual(new Date(2026, 10, 21, 18, 40, 0))
  })

  it('reads every whole second as it was written', () => {
    const seconds = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 })
    fc.assert(
      fc.property(seconds, (second) => {
        const instant = new Date(second * 1000)
        expect(parseExpiration(formatExpiration(instant), 'rfc3339')).toEqual(instant)
      }),
    )
  })

  it('reads no text that it could misread: what it takes is a date that exists, in the form asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123456789-:TZ+ .')), maxLength: 28 }), (text) => {
        const instant = parseExpiration(text, 'rfc3339')
        if (instant !== undefined) expect(text.replace(' ', 'T').slice(0, 4)).toMatch(/^\d{4}$/)
        expect(instant === undefined || !Number.isNaN(instant.getTime())).toBe(true)
      }),
    )
  })
})

describe('time that is left', () => {
  const now = new Date('2026-11-21T12:00:00.500Z')
  it.each([
    ['2026-11-21T12:00:00Z', 0],
    ['2026-11-21T12:00:01Z', 0],
    ['2026-11-21T12:00:02Z', 1],
    ['2026-11-21T13:00:00.500Z', 3600],
    ['2020-01-01T00:00:00Z', 0],
  ])('until %s: %i whole seconds', (expiration, seconds) => {
    expect(secondsUntil(new Date(expiration), now)).toBe(seconds)
  })
})
