import dayjs from 'dayjs'
import relativeTime from 'dayjs/plugin/relativeTime.js'
import updateLocale from 'dayjs/plugin/updateLocale.js'

/** Times in words, for messages that are read once; off the fast paths, where remaining.ts does without a library. */

const MINUTE = 60

const HOUR = 60 * MINUTE

const DAY = 24 * HOUR

dayjs.extend(relativeTime, {
  // A session lasts up to 36 hours, so hours are counted until 48; rounded down, since nobody is cheered by half a minute.
  thresholds: [
    { l: 's', r: 1 },
    { l: 'ss', r: 59, d: 'second' },
    { l: 'm', r: 1 },
    { l: 'mm', r: 59, d: 'minute' },
    { l: 'h', r: 1 },
    { l: 'hh', r: 47, d: 'hour' },
    { l: 'd', r: 1 },
    { l: 'dd', r: 29, d: 'day' },
    { l: 'M', r: 1 },
    { l: 'MM', r: 11, d: 'month' },
    { l: 'y', r: 1 },
    { l: 'yy', d: 'year' },
  ],
  rounding: Math.floor,
})

dayjs.extend(updateLocale)

dayjs.updateLocale('en', {
  relativeTime: {
    future: 'in %s',
    past: '%s ago',
    s: '1 second',
    ss: '%d seconds',
    m: '1 minute',
    mm: '%d minutes',
    h: '1 hour',
    hh: '%d hours',
    d: '1 day',
    dd: '%d days',
    M: '1 month',
    MM: '%d months',
    y: '1 year',
    yy: '%d years',
  },
})

/** Gives a length in words: `12 hours`, `1 hour`, `15 minutes`. Rounded to the nearest second first, then down. */
export function durationInWords(seconds: number): string {
  const start = dayjs(0)
  return start.add(Math.round(seconds), 'second').from(start, true)
}

/** Gives an exact length as few units as say it: `12 hours`, `1 hour 30 minutes`, `1000 seconds`. For limits and requests. */
export function exactDuration(seconds: number): string {
  if (seconds >= DAY * 2 && seconds % DAY === 0) return durationInWords(seconds)
  if (seconds % MINUTE !== 0) return `${seconds} seconds`
  const parts = [seconds - (seconds % HOUR), seconds % HOUR].filter((part) => part > 0)
  return parts
    .map((part) => (part >= HOUR ? `${part / HOUR} hour${part === HOUR ? '' : 's'}` : durationInWords(part)))
    .join(' ')
}

/** Gives the distance of an instant from now: `in 3 hours`, `2 days ago`. */
export function relativeToNow(instant: Date, now: Date): string {
  return dayjs(instant).from(dayjs(now))
}
