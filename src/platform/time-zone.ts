/**
 * Local time from the system's time zone files (RFC 9636). `Date` loads ICU for it, which takes the executable 4 ms of
 * the 15 ms of a `status`; it stays the fallback.
 */
import { readFileSync } from 'node:fs'

const FILES = new Map<string, Buffer>()

/** A name of the database, such as Europe/Berlin. Others (`:path`, `EST5EDT,M3…`, `right/…`) are for `Date`. */
const ZONE_NAME = /^[A-Z][\w+-]*(?:\/[A-Z][\w+-]*)*$/

/**
 * Returns the offset from UTC in seconds, positive in the east, at a moment in seconds since 1970, of the zone that TZ
 * names, or of the system's zone where TZ is not set. Returns undefined on Windows, for other values of TZ, for times
 * before the first transition, and without a file that is understood.
 */
export function localOffset(seconds: number, zone: string | undefined = process.env['TZ']): number | undefined {
  if (process.platform === 'win32' || (zone !== undefined && !ZONE_NAME.test(zone))) return undefined
  const path = zone === undefined ? '/etc/localtime' : `/usr/share/zoneinfo/${zone}`
  try {
    const file = FILES.get(path) ?? readFileSync(path)
    FILES.set(path, file)
    return offsetIn(file, seconds)
  } catch {
    return undefined
  }
}

/** Returns the offset from the 64-bit transitions of a file, or its rule for later times. Throws for a cut-off file. */
export function offsetIn(file: Buffer, seconds: number): number | undefined {
  if (file.toString('latin1', 0, 4) !== 'TZif' || (file[4] ?? 0) < 0x32) return undefined
  const first = countsAt(file, 0)
  const header = 44 + first.times * 5 + first.types * 6 + first.characters + first.leaps * 8 + first.isStd + first.isUt
  const { times, types, characters, leaps, isStd, isUt } = countsAt(file, header)
  const [typeIndexes, typesAt] = [header + 44 + times * 8, header + 44 + times * 9]
  const timeOf = (index: number): number => Number(file.readBigInt64BE(header + 44 + index * 8))
  // Only the zones under right/ count leap seconds.
  if (leaps > 0 || (times > 0 && seconds < timeOf(0))) return undefined
  const rule = file.toString('latin1', typesAt + types * 6 + characters + isStd + isUt).trim()
  if (times === 0 || seconds >= timeOf(times - 1)) return offsetByRule(rule, seconds)
  let index = times - 1
  while (timeOf(index) > seconds) index -= 1
  return file.readInt32BE(typesAt + file.readUInt8(typeIndexes + index) * 6)
}

function countsAt(file: Buffer, header: number) {
  const count = (index: number): number => file.readUInt32BE(header + 20 + index * 4)
  return { isUt: count(0), isStd: count(1), leaps: count(2), times: count(3), types: count(4), characters: count(5) }
}

const RULE =
  /^(?:<[^>]+>|[A-Za-z]+)([^A-Za-z<,]+)(?:(?:<[^>]+>|[A-Za-z]+)([^A-Za-z<,]*),M([\d.]+)(?:\/([^,]+))?,M([\d.]+)(?:\/([^,]+))?)?$/

/** Returns the offset by a rule in POSIX's form, such as `CET-1CEST,M3.5.0,M10.5.0/3`; undefined for other rules. */
function offsetByRule(rule: string, seconds: number): number | undefined {
  const match = RULE.exec(rule)
  if (match === null) return undefined
  const [, standardText = '', daylightText = '', start, startTime = '2', end = '', endTime = '2'] = match
  const standard = 0 - secondsOf(standardText)
  if (start === undefined) return standard
  const daylight = daylightText === '' ? standard + 3600 : 0 - secondsOf(daylightText)
  const year = new Date((seconds + standard) * 1000).getUTCFullYear()
  const from = dayOf(year, start) + secondsOf(startTime) - standard
  const to = dayOf(year, end) + secondsOf(endTime) - daylight
  const isDaylight = from < to ? seconds >= from && seconds < to : seconds >= from || seconds < to
  return isDaylight ? daylight : standard
}

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, rest = 0] = text.replace(/^[+-]/, '').split(':').map(Number) // -3:30, or 26
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + rest)
}

/** Returns the start of a day like `10.5.0`, the last (5) Sunday (0) of October, in seconds since 1970, in UTC. */
function dayOf(year: number, text: string): number {
  const [month = 1, week = 1, weekday = 0] = text.split('.').map(Number)
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay()
  const day = 1 + ((weekday - firstWeekday + 7) % 7) + (week - 1) * 7
  return Date.UTC(year, month - 1, day > new Date(Date.UTC(year, month, 0)).getUTCDate() ? day - 7 : day) / 1000
}
