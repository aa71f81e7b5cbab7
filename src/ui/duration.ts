/**
 * Durations and times for people without a library, for the quick answers: loading Intl alone takes half as long as
 * starting Node. test/ui/times.test.ts compares them with dayjs.
 */
import { localOffset } from '../platform/time.ts'

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'a duration such as 12h, 1h30m or 3600'

const FORM = /^(?:(\d{1,9})|(?=\d)(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,9})s)?)$/

/** Parses `12h`, `1h30m`, `45m`, `900s` or `900` into seconds. Returns undefined for anything else; no limits. */
export function parseDuration(text: string): number | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const [plain = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits?: string) => Number(digits ?? 0))
  return plain + hours * 3_600 + minutes * 60 + seconds
}

/** Returns `11 h 20 min`, `6 min`, `45 s`, `2 d 3 h`: at most two units, rounded down. */
export function formatRemaining(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Returns a local time, with the day unless it is today: `19:40`, `tomorrow 07:40`, `23 Nov 07:40`. */
export function formatInstant(instant: Date, now: Date): string {
  const local = inLocalTime(instant)
  const clock = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}`
  const days = dayNumber(instant) - dayNumber(now)
  if (days === 0) return clock
  if (days === 1) return `tomorrow ${clock}`
  if (days === -1) return `yesterday ${clock}`
  const [day, year] = [`${local.getUTCDate()} ${MONTHS[local.getUTCMonth()] ?? ''}`, local.getUTCFullYear()]
  return year === inLocalTime(now).getUTCFullYear() ? `${day} ${clock}` : `${day} ${year} ${clock}`
}

/** Returns a date whose UTC fields are the local ones of the instant. */
function inLocalTime(instant: Date): Date {
  const offset = localOffset(Math.floor(instant.getTime() / 1000)) ?? -60 * instant.getTimezoneOffset()
  return new Date(instant.getTime() + offset * 1000)
}

/** Returns `formatInstant`'s time to follow a verb: `at 19:40`, `yesterday 07:40`, `on 23 Nov 07:40`. */
export function formatAt(instant: Date, now: Date): string {
  const days = dayNumber(instant) - dayNumber(now)
  const preposition = days === 0 ? 'at ' : Math.abs(days) === 1 ? '' : 'on '
  return preposition + formatInstant(instant, now)
}

/** Numbers local calendar days, however long they are. */
function dayNumber(instant: Date): number {
  return Math.floor(inLocalTime(instant).getTime() / 86_400_000)
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
