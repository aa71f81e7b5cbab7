/** Durations for messages that are printed once, with dayjs; duration.ts prints the same without it. */
import dayjs from 'dayjs'
import duration from 'dayjs/plugin/duration.js'

/** Returns a duration in at most two units, to the nearest second: `12 h`, `11 h 20 min`, `2 d 3 h`, `45 s`. */
export function durationInWords(seconds: number): string {
  // Extended at first use: the plugin reads the local time, which takes the executable 5 ms.
  dayjs.extend(duration)
  const length = dayjs.duration(Math.round(seconds), 'seconds')
  const [hours, days] = [Math.floor(length.asHours()), Math.floor(length.asDays())]
  if (length.asMinutes() < 1) return `${length.asSeconds()} s`
  // A session lasts up to 36 hours.
  const parts = days < 2 ? [`${hours} h`, `${length.minutes()} min`] : [`${days} d`, `${length.hours()} h`]
  return parts.filter((part) => !part.startsWith('0 ')).join(' ')
}

/** Returns a duration exactly: `12 h`, `1 h 30 min`, `1000 s`. */
export function exactDuration(seconds: number): string {
  return seconds % 60 === 0 ? durationInWords(seconds) : `${seconds} s`
}
