import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import { isRenamed } from '../platform/atomic-file.ts'
import { readRegularFile } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { orElse } from '../platform/system-error.ts'
import { monotonicMs } from '../platform/time.ts'

/**
 * Looks into /proc for writers, since the AWS CLI and most editors truncate these files and write in place, without any
 * lock: two equal reads alone would take a half-written file, without the person's long-term keys, for the whole one
 * (test/faults/foreign-writer.test.ts).
 */

/** What is known of a file from before, and how to pass the time. */
export interface Quietness {
  /** The size that this process last saw, in bytes; 0 if it saw none. */
  readonly lastSize: number
  readonly pause: (ms: number) => void
}

const RECENT_MS = 200
const APART_MS = 50
const PATIENCE_MS = 5_000

/** C, Python and Node all write in whole blocks of this until the last one. */
const BLOCK = 4_096

/**
 * Reads a file once nobody is writing it: at once, unless it was written in place in the last 200 ms, is shorter than
 * before, or ends within a line or after whole blocks. In that case it is read until two reads 50 ms apart agree and,
 * on Linux, no process has it open for writing. Throws FILE_KEEPS_CHANGING after 5 s, and what reading throws.
 */
export function readWhenQuiet(path: string, quietness: Quietness): FileRead {
  let read = readRegularFile(path)
  if (!mayBeIncomplete(read, quietness)) return read
  const startedMs = monotonicMs()
  for (let pausedMs = APART_MS; ; pausedMs += APART_MS) {
    quietness.pause(APART_MS)
    const next = readRegularFile(path)
    if (isSame(read, next) && !isOpenForWriting(path)) return next
    if (Math.max(pausedMs, monotonicMs() - startedMs) >= PATIENCE_MS)
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path } })
    read = next
  }
}

/** Returns whether two reads found the same file with the same bytes. */
export function isSame(one: FileRead, other: FileRead): boolean {
  return one.stat?.ino === other.stat?.ino && one.bytes.equals(other.bytes)
}

function mayBeIncomplete({ bytes, stat }: FileRead, { lastSize }: Quietness): boolean {
  if (stat === undefined) return lastSize > 0
  const endsLine = bytes.at(-1) === 0x0a
  const isRecent = !isRenamed(stat) && Math.abs(Date.now() - Number(stat.mtimeMs)) < RECENT_MS
  return !endsLine || bytes.length < lastSize || bytes.length % BLOCK === 0 || isRecent
}

/** Returns whether a process of this user has a file open for writing; false where the system does not tell. */
function isOpenForWriting(path: string): boolean {
  if (process.platform !== 'linux') return false
  const real = orElse(undefined, () => realpathSync.native(path))
  const pids = orElse([], () => readdirSync('/proc')).filter((name) => /^\d+$/.test(name))
  return real !== undefined && pids.some((pid) => hasOpenForWriting(pid, real))
}

/**
 * /proc/<pid>/fd links to the open files; the lowest two bits of `flags` in /proc/<pid>/fdinfo are the access mode
 * (proc(5)).
 */
function hasOpenForWriting(pid: string, real: string): boolean {
  return orElse([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) => {
    if (orElse('', () => readlinkSync(`/proc/${pid}/fd/${fd}`)) !== real) return false
    const info = orElse('', () => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))
    return (parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8) & 3) !== 0
  })
}
