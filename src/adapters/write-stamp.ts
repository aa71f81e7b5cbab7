/**
 * Telling awsmfa's own writes from those of others, who may be in the midst of writing in place. A file that awsmfa put there
 * was renamed into place whole; so that every later awsmfa process can see that without asking anybody, its modification time
 * is set to now with the microseconds below 10 ms replaced by a fixed number. Any later write by whomever gives the file a
 * time of the system's, which has that number once in millions. Where a file system keeps no such fine times, nothing
 * matches, and the file is treated as written by somebody else, which is the careful side.
 */
import { utimesSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'

const STAMP_MICROSECONDS = 7_770
const GRAIN_MICROSECONDS = 10_000

/** Sets a file's times to now, within 10 ms, in the form that `isStampedAsOurs` knows. */
export function stampAsOurs(path: string): void {
  const seconds = stampIn(Math.floor(Date.now() / 10 - 1))
  utimesSync(path, seconds, seconds)
}

/**
 * Tells whether the last write to a file was awsmfa's. Node up to 22 hands the time on in whole microseconds, of which
 * floating point may have moved it by one; Node 24 in nanoseconds, just as the floating-point number has them (observed).
 */
export function isStampedAsOurs({ mtimeNs }: BigIntStats): boolean {
  const seconds = stampIn(Number(mtimeNs / 1000n / BigInt(GRAIN_MICROSECONDS)))
  const asStored = BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.round((seconds % 1) * 1e9))
  const microseconds = Number((mtimeNs / 1000n) % BigInt(GRAIN_MICROSECONDS))
  const isWhole = mtimeNs % 1000n === 0n && Math.abs(microseconds - STAMP_MICROSECONDS) <= 1
  return isWhole || Math.abs(Number(mtimeNs - asStored)) <= 1
}

/** The stamped time within that interval of 10 ms, in seconds. */
function stampIn(interval: number): number {
  return (interval * GRAIN_MICROSECONDS + STAMP_MICROSECONDS) / 1e6
}
