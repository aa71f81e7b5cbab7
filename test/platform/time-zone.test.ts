/** The offset that is read from time zone files, beside what the system's own `date` reads from them. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { localOffset, offsetIn } from '../../src/platform/time.ts'

const DATABASE = '/usr/share/zoneinfo/tzdata.zi'

function zonesOf(database: string): readonly string[] {
  const lines = database.split('\n').map((line) => line.split(' '))
  return lines.flatMap(([kind, first = '', second = '']) => (kind === 'Z' ? [first] : kind === 'L' ? [second] : []))
}

/** 130 days and a half. */
const STEP = 11_275_200
/** From 2006 to 2048, from the first transition of the youngest zone on, at all times of day. In seconds since 1970. */
const MOMENTS = Array.from({ length: 120 }, (_, index) => 1_136_073_600 + index * STEP + ((index * 7919) % 86_400))

/** The offsets of the moments in seconds. Not from Intl: Node has a time zone database of its own, of another year. */
function offsetsByDate(zone: string): readonly number[] {
  const lines = execFileSync('date', ['-f', '-', '+%::z'], {
    env: { TZ: zone, PATH: process.env['PATH'] },
    input: MOMENTS.map((seconds) => `@${seconds}\n`).join(''),
    encoding: 'utf8',
  })
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [hours = 0, minutes = 0, seconds = 0] = line.slice(1).split(':').map(Number)
      return (line.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds) + 0
    })
}

describe.skipIf(process.platform !== 'linux' || !existsSync(DATABASE))('the offset of a zone', () => {
  it('is that of `date`, for every zone of the database', () => {
    const zones = zonesOf(readFileSync(DATABASE, 'utf8')).filter((zone) => zone !== 'Factory')
    expect(zones.length).toBeGreaterThan(400)
    const different = zones.filter((zone) => {
      const [file, expected] = [readFileSync(`/usr/share/zoneinfo/${zone}`), offsetsByDate(zone)]
      return MOMENTS.some((seconds, index) => offsetIn(file, seconds) !== expected[index])
    })
    expect(different).toEqual([])
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
