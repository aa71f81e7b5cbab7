/**
 * Clocks, pauses and the deadline of a command; code that needs time takes them as parameters. And local time from the
 * system's time zone files (RFC 9636): `Date` loads ICU for it, which takes the executable 4 ms of the 15 ms of a
 * `status`; it stays the fallback.
 */
import { readFileSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'

/**
 * Makes the deadline of a command: `signal` aborts with DEADLINE_EXCEEDED after that many ms of unpaused time, or with
 * the reason of `cancelled` as soon as that aborts. Its timer keeps no process alive.
 */
export function createDeadline(lengthMs: number, cancelled: AbortSignal): Deadline {
  const controller = new AbortController()
  const expire = (): void =>
    controller.abort(
      new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: Math.round(lengthMs / 1000), waitingFor: 'STS' }),
    )
  let restMs = lengthMs
  let startedAt = monotonicMs()
  let pauses = 0
  let timer = setTimeout(expire, restMs).unref()
  if (cancelled.aborted) controller.abort(cancelled.reason)
  else cancelled.addEventListener('abort', () => controller.abort(cancelled.reason), { once: true })
  return {
    signal: controller.signal,
    leftMs: () => Math.max(0, pauses === 0 ? restMs - (monotonicMs() - startedAt) : restMs),
    pauseWhile: async (waiting) => {
      pauses += 1
      if (pauses === 1) {
        clearTimeout(timer)
        restMs -= monotonicMs() - startedAt
      }
      try {
        return await waiting
      } finally {
        pauses -= 1
        if (pauses === 0) {
          startedAt = monotonicMs()
          timer = setTimeout(expire, Math.max(0, restMs)).unref()
        }
      }
    },
  }
}

/**
 * Returns the milliseconds since some moment, by a clock that nobody sets. `performance.now()` would do the same, and
 * loads a part of Node that a login has no other use for.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/**
 * What a store or a program that asks nobody may take, in ms. It leaves half a second to end it, so that within 3 s a
 * person knows which one does not answer.
 */
export const STORE_PATIENCE_MS = 2500

/** What pass may take, in ms: a shell, GnuPG and its agent need 0.1 s, but seconds on a busy machine. */
export const PASS_PATIENCE_MS = 10_000

/** Blocks this thread for that many milliseconds. */
export function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Waits, and keeps the process alive meanwhile. */
export const pause: Pause = async (ms, signal) => {
  const { setTimeout: wait } = process.getBuiltinModule('node:timers/promises')
  await wait(ms, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}

/** Returns the present instant. */
export type Now = () => Date

/**
 * The time that a command may spend on the network. `signal` aborts with DEADLINE_EXCEEDED when it is over, or with the
 * reason for which the command was cancelled. It does not run while `pauseWhile` waits for a person.
 */
export interface Deadline {
  readonly signal: AbortSignal
  readonly pauseWhile: <T>(waiting: Promise<T>) => Promise<T>
  /** How much of it is left, in ms. */
  readonly leftMs: () => number
}

/** Waits for so many ms. Throws the signal's reason when that aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

/** When a check has passed: so many times in a row, over so many ms. After so many ms it is given up. */
export interface Steadiness {
  readonly times: number
  readonly overMs: number
  readonly limitMs: number
  /** The pause after a check that did not pass. */
  readonly retryMs: number
}

/** Returns whether a check has passed as often as needed, in time. Throws what it throws, and the signal's reason. */
export async function waitUntilSteady(
  check: () => Promise<boolean>,
  { times, overMs, limitMs, retryMs }: Steadiness,
  effects: { readonly monotonicMs: () => number; readonly pause: Pause; readonly signal: AbortSignal },
): Promise<boolean> {
  const startedMs = effects.monotonicMs()
  let [inARow, sinceMs] = [0, startedMs]
  for (;;) {
    const checkedMs = effects.monotonicMs()
    const isGood = await check()
    if (inARow === 0) sinceMs = checkedMs
    inARow = isGood ? inARow + 1 : 0
    if (inARow >= times && effects.monotonicMs() - sinceMs >= overMs) return true
    const waitMs = isGood ? overMs / (times - 1) : retryMs
    if (effects.monotonicMs() + waitMs - startedMs > limitMs) return false
    await effects.pause(waitMs, effects.signal)
  }
}

/** Maps every item with an asynchronous function, at most `limit` of them at a time; returns the results in order. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}

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
