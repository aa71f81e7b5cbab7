/** Local times and durations as text. */
import dayjs from 'dayjs'
import duration from 'dayjs/plugin/duration.js'
import { describe, expect, it } from 'vitest'
import { durationInWords, exactDuration } from '../../src/ui/duration-words.ts'
import { formatAt, formatInstant, formatRemaining } from '../../src/ui/duration.ts'

dayjs.extend(duration)

describe('times for people', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [40_800, '11 h 20 min'],
    [129_600, '36 h'],
    [172_800, '2 d'],
    [183_600, '2 d 3 h'],
  ])('formats %i seconds as %s', (seconds, text) => {
    expect(formatRemaining(seconds)).toBe(text)
  })

  it.each([
    [1, '1 s'],
    [45, '45 s'],
    [60, '1 min'],
    [119, '1 min'],
    [900, '15 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [40_800, '11 h 20 min'],
    [43_199.6, '12 h'],
    [43_200, '12 h'],
    [129_600, '36 h'],
    [172_800, '2 d'],
    [183_600, '2 d 3 h'],
  ])('formats %d seconds as %s, as the quick answers do', (seconds, words) => {
    expect([durationInWords(seconds), formatRemaining(Math.round(seconds))]).toEqual([words, words])
  })

  it.each([
    [900, '15 min'],
    [3600, '1 h'],
    [5400, '1 h 30 min'],
    [129_600, '36 h'],
    [1000, '1000 s'],
  ])('formats exactly %d seconds as %s', (seconds, words) => {
    expect(exactDuration(seconds)).toBe(words)
  })

  const local = (month: number, day: number, hour: number, minute: number, year = 2026): Date =>
    new Date(year, month - 1, day, hour, minute)
  it.each([
    [local(11, 21, 19, 40), '19:40'],
    [local(11, 22, 0, 0), 'tomorrow 00:00'],
    [local(11, 20, 23, 59), 'yesterday 23:59'],
    [local(11, 23, 7, 5), '23 Nov 07:05'],
    [local(1, 2, 7, 5, 2027), '2 Jan 2027 07:05'],
  ])('formats %s as %s', (instant, words) => {
    expect(formatInstant(instant, local(11, 21, 12, 0))).toBe(words)
  })

  it.each([
    [local(11, 21, 7, 30), 'at 07:30'],
    [local(11, 20, 18, 2), 'yesterday 18:02'],
    [local(11, 2, 18, 2), 'on 2 Nov 18:02'],
  ])('formats %s after a verb as %s', (instant, words) => {
    expect(formatAt(instant, local(11, 21, 12, 0))).toBe(words)
  })

  // What duration.ts prints without a library is what dayjs would print.
  it.each([
    [60, 'm [min]'],
    [3599, 'm [min]'],
    [3600, 'H [h]'],
    [40_800, 'H [h] m [min]'],
    [172_800, 'D [d]'],
    [183_600, 'D [d] H [h]'],
    [2_505_600, 'D [d]'],
  ])('formats %i seconds as dayjs does with %s', (seconds, format) => {
    expect(formatRemaining(seconds)).toBe(dayjs.duration(seconds, 'seconds').format(format))
  })

  it.each([
    [local(11, 21, 0, 0), 'HH:mm'],
    [local(11, 21, 23, 59), 'HH:mm'],
    [local(11, 22, 7, 40), '[tomorrow] HH:mm'],
    [local(11, 20, 7, 40), '[yesterday] HH:mm'],
    [local(3, 29, 2, 30), 'D MMM HH:mm'],
    [local(12, 31, 23, 59), 'D MMM HH:mm'],
    [local(2, 29, 12, 0, 2028), 'D MMM YYYY HH:mm'],
  ])('formats %s as dayjs does with %s', (instant, format) => {
    expect(formatInstant(instant, local(11, 21, 12, 0))).toBe(dayjs(instant).format(format))
  })
})
