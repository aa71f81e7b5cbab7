/** Durations in words, with dayjs, for messages that are read once; duration.ts has short forms without it. */
import dayjs from 'dayjs'
import duration from 'dayjs/plugin/duration.js'
import type { Duration } from 'dayjs/plugin/duration.js'

/** Units, and the count from which each is used: a session lasts up to 36 hours, so hours count to 47. */
const UNITS = [
  ['year', 1],
  ['month', 1],
  ['day', 2],
  ['hour', 1],
  ['minute', 1],
  ['second', 0],
] as const

/** Returns a duration in its largest unit, to the nearest second and then down: `12 hours`, `1 hour`. */
export function durationInWords(seconds: number): string {
  return inLargestUnit(Math.round(seconds))
}

/** Returns an exact duration in as few units as possible: `12 hours`, `1 hour 30 minutes`, `1000 seconds`. */
export function exactDuration(seconds: number): string {
  const length = lengthOf(seconds)
  if (seconds % 60 !== 0) return `${seconds} seconds`
  if (length.asDays() >= 2 && Number.isInteger(length.asDays())) return inLargestUnit(seconds)
  return [counted(Math.floor(length.asHours()), 'hour'), counted(length.minutes(), 'minute')]
    .filter((part) => !part.startsWith('0 '))
    .join(' ')
}

/** Returns the distance of an instant from now: `in 3 hours`, `2 days ago`. */
export function relativeToNow(instant: Date, now: Date): string {
  const seconds = dayjs(instant).diff(now, 'second', true)
  return seconds > 0 ? `in ${inLargestUnit(seconds)}` : `${inLargestUnit(-seconds)} ago`
}

function inLargestUnit(seconds: number): string {
  const length = lengthOf(seconds)
  const [unit] = UNITS.find(([name, least]) => length.as(name) >= least) ?? ['second']
  return counted(Math.max(1, Math.floor(length.as(unit))), unit)
}

/** Extended at first use, because the plugin asks for the local time, which takes the executable 5 ms. */
function lengthOf(seconds: number): Duration {
  dayjs.extend(duration)
  return dayjs.duration(seconds, 'seconds')
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
