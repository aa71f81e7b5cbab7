/** The offset that is read from time zone files, beside what Intl, which Date uses, says of every zone. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { localOffset, offsetIn } from '../../src/platform/time-zone.ts'

const DATABASE = '/usr/share/zoneinfo/tzdata.zi'
/** ICU has one hour of daylight saving time there, and the database two. */
const DIFFERENT_IN_ICU = ['Antarctica/Troll']
/** Zones that may differ where the system has another version of the database than Node. */
const MOST_CHANGED = 4

function zonesOf(database: string): readonly string[] {
  const lines = database.split('\n').map((line) => line.split(' '))
  return lines.flatMap(([kind, first = '', second = '']) => (kind === 'Z' ? [first] : kind === 'L' ? [second] : []))
}

/** From 2000 to 2050, which is after the last transition in every file: every 130 days, at all times of day. */
const MOMENTS = Array.from({ length: 140 }, (_, index) => 946_684_800 + index * 11_275_200 + ((index * 7919) % 86_400))

function offsetByIntl(zone: string): (seconds: number) => number {
  const options = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...options, second: 'numeric' })
  return (seconds) => {
    const parts = format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)] as const)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = Object.fromEntries(parts)
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds
  }
}

describe.skipIf(!existsSync(DATABASE))('the offset of a zone', () => {
  it('is that of Date, for every zone of the database', { timeout: 240_000 }, () => {
    const database = readFileSync(DATABASE, 'utf8')
    const zones = zonesOf(database).filter((zone) => /^[A-Z]/.test(zone) && zone !== 'Factory')
    expect(zones.length).toBeGreaterThan(400)
    const different = zones.filter((zone) => {
      const [file, expected] = [readFileSync(`/usr/share/zoneinfo/${zone}`), offsetByIntl(zone)]
      return MOMENTS.some((seconds) => offsetIn(file, seconds) !== expected(seconds))
    })
    const [, version] = /^# version (\S+)/.exec(database) ?? []
    const unknown = different.filter((zone) => !DIFFERENT_IN_ICU.includes(zone))
    expect(unknown.length, unknown.join()).toBeLessThanOrEqual(version === process.versions['tz'] ? 0 : MOST_CHANGED)
  })

  it.each([
    [
      'before, in and after daylight saving time',
      'Europe/Berlin',
      ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
      [3600, 7200, 3600],
    ],
    [
      'by the rule, in the south',
      'Australia/Sydney',
      ['2090-01-15T00:00:00Z', '2090-07-15T00:00:00Z'],
      [39_600, 36_000],
    ],
    ['of a quarter of an hour', 'Asia/Kathmandu', ['2026-11-30T00:00:00Z'], [20_700]],
    ['where standard time is in summer', 'Europe/Dublin', ['2060-07-15T00:00:00Z', '2060-12-15T00:00:00Z'], [3600, 0]],
  ])('is right %s', (_, zone, moments, offsets) => {
    expect(moments.map((moment) => localOffset(Date.parse(moment) / 1000, zone))).toEqual(offsets)
  })
})

it.each([
  ':Europe/Berlin',
  '../../etc/passwd',
  '/etc/localtime',
  'EST5EDT,M3.2.0,M11.1.0',
  'right/Europe/Berlin',
  '',
  'Mars/Olympus',
])('of %j is left to Date', (zone) => {
  expect(localOffset(1_800_000_000, zone)).toBeUndefined()
})

it.each([
  ['empty', Buffer.alloc(0)],
  ['of version 1', Buffer.concat([Buffer.from('TZif\0'), Buffer.alloc(100)])],
  [
    'without a rule',
    Buffer.concat([
      Buffer.from('TZif2'),
      Buffer.alloc(39),
      Buffer.from('TZif2'),
      Buffer.alloc(39),
      Buffer.from('\n\n'),
    ]),
  ],
])('a file that is %s is left to Date', (_, file) => {
  expect(offsetIn(file, 1_800_000_000)).toBeUndefined()
})
