import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import { isStampedAsOurs } from '../platform/atomic-file.ts'
import { readRegularFile } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { isSystemError } from '../platform/system-error.ts'
import { monotonicMs } from '../platform/time.ts'

/**
 * Reading a file that somebody else may be in the midst of writing. The AWS CLI and most editors of these files truncate and
 * write in place: who reads meanwhile gets nothing, or 8192 bytes, and looks at a file without the person's long-term keys.
 */

/** What is known of a file from before, and how to pass the time. */
export interface Quietness {
  /** The size that this process last saw, in bytes; 0 when it saw none. */
  readonly lastSize: number
  readonly pause: (ms: number) => void
  readonly now: () => number
}

const RECENT_MS = 200

const APART_MS = 50

const PATIENCE_MS = 5_000

/** C, Python and Node all write in whole blocks of this until the last one. */
const BLOCK = 4_096

/**
 * Reads a file once it is quiet: at once, unless there is a sign that it is being written (a change in the last 200 ms that
 * was not awsmfa's, an empty file, one shorter than before, one that ends in the middle of a line or after whole blocks).
 * Then it is read until two reads 50 ms apart agree and, where the system can tell (Linux), no process has it open for
 * writing. Throws FILE_KEEPS_CHANGING after 5 s, and what reading throws.
 */
export function readWhenQuiet(path: string, quietness: Quietness): FileRead {
  let read = readRegularFile(path)
  if (!mayBeInTheMaking(read, quietness)) return read
  const startedMs = monotonicMs()
  let passedMs = 0
  for (;;) {
    quietness.pause(APART_MS)
    passedMs += APART_MS
    const next = readRegularFile(path)
    if (isSame(read, next) && !isOpenForWriting(path)) return next
    if (Math.max(passedMs, monotonicMs() - startedMs) >= PATIENCE_MS)
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path } })
    read = next
  }
}

/** Tells whether two reads found the same file with the same bytes. */
export function isSame(one: FileRead, other: FileRead): boolean {
  return one.stat?.ino === other.stat?.ino && one.bytes.equals(other.bytes)
}

function mayBeInTheMaking({ bytes, stat }: FileRead, { lastSize, now }: Quietness): boolean {
  if (stat === undefined) return lastSize > 0
  if (isStampedAsOurs(stat)) return false
  const isWholeLines = bytes.length > 0 && bytes.at(-1) === 0x0a
  return (
    !isWholeLines ||
    bytes.length < lastSize ||
    bytes.length % BLOCK === 0 ||
    Math.abs(now() - Number(stat.mtimeNs / 1_000_000n)) < RECENT_MS
  )
}

/** Tells whether some process of this user has a file open for writing; false where the system does not say. */
function isOpenForWriting(path: string): boolean {
  if (process.platform !== 'linux') return false
  const real = orElse(undefined, () => realpathSync.native(path))
  if (real === undefined) return false
  return orElse([], () => readdirSync('/proc')).some((pid) => /^\d+$/.test(pid) && hasOpenForWriting(pid, real))
}

/** /proc/<pid>/fd links to the open files; the lowest two bits of `flags` in /proc/<pid>/fdinfo are the access mode (proc(5)). */
function hasOpenForWriting(pid: string, real: string): boolean {
  return orElse([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) => {
    if (orElse('', () => readlinkSync(`/proc/${pid}/fd/${fd}`)) !== real) return false
    const flags = /^flags:\s*([0-7]+)$/m.exec(orElse('', () => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')))
    return (parseInt(flags?.[1] ?? '0', 8) & 3) !== 0
  })
}

function orElse<T>(fallback: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (isSystemError(error)) return fallback
    throw error
  }
}
