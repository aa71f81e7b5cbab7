/**
 * Reading and writing when a session expires. Strict: a text that is not wholly of the expected form, or names a day or
 * time that does not exist, is undefined; nothing is guessed.
 */
/** How a tool writes an instant: with an offset, without one in UTC or in local time, or as seconds since 1970. */
export type ExpirationFormat = 'rfc3339' | 'naive-utc' | 'naive-local' | 'epoch'

const DATE_AND_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/**
 * Returns the instant, to the whole second, or undefined. `naive-utc` and `naive-local` look alike, `2026-11-21
 * 18:40:00`, and mean instants that can lie hours apart; the latter is read in the time zone of the process.
 */
export function parseExpiration(text: string, format: ExpirationFormat): Date | undefined {
  if (format === 'epoch') return /^\d{9,11}$/.test(text) ? new Date(Number(text) * 1000) : undefined
  const match = DATE_AND_TIME.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const fields: Fields = { year, month, day, hour, minute, second }
  if (!isRealTime(fields)) return undefined
  const zone = match[7]
  if (format === 'rfc3339') return zone === undefined ? undefined : fromZone(fields, zone)
  if (zone !== undefined) return fromZone(fields, zone)
  return format === 'naive-utc' ? fromZone(fields, 'Z') : new Date(year, month - 1, day, hour, minute, second)
}

/** Returns an instant as `2026-11-21T18:40:00Z`: the one form that starship, botocore, Go and Java all read alike. */
export function formatExpiration(expiration: Date): string {
  return `${expiration.toISOString().slice(0, 19)}Z`
}

/** Returns the whole seconds from `now` until `expiration`, rounded down; 0 once it has passed. */
export function secondsUntil(expiration: Date, now: Date): number {
  return Math.max(0, Math.floor((expiration.getTime() - now.getTime()) / 1000))
}

/** STS issues sessions for 36 hours at most (STS API, GetSessionToken); ten minutes more, for clocks that differ. */
const LONGEST_SESSION_SECONDS = 36 * 3600 + 10 * 60

/** Returns whether an expiration is further ahead than that of any session of AWS, by a clock that is right. */
export function isTooFarAhead(expiration: Date, now: Date): boolean {
  return secondsUntil(expiration, now) > LONGEST_SESSION_SECONDS
}

function isRealTime({ year, month, day, hour, minute, second }: Fields): boolean {
  if (year < 2000 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return false
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function fromZone({ year, month, day, hour, minute, second }: Fields, zone: string): Date | undefined {
  const utc = Date.UTC(year, month - 1, day, hour, minute, second)
  if (zone === 'Z') return new Date(utc)
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  const offsetMs = (hours * 60 + minutes) * 60_000
  return new Date(zone.startsWith('-') ? utc + offsetMs : utc - offsetMs)
}
