/**
 * Files that are written in place: by other programs, and by awsmfa where nothing can be renamed to a file because it
 * is a mount point, such as a single file mounted into a container.
 *
 * The AWS CLI and most editors truncate a file and write it in place, without any lock. Two equal reads alone would
 * take a half-written file, without the long-term keys, for the whole one, so readers also look into /proc for writers.
 *
 * While awsmfa writes in place, the old and the new file are both beside it, complete, as
 * <file>.awsmfa-rescue-<pid>-<random>.old and .new, and the next process finishes what a killed one began.
 */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { commonLength, isRenamed, makeStage, stageName } from '../platform/atomic-file.ts'
import type { Stage, WriteWarning } from '../platform/atomic-file.ts'
import { isPidUsed } from '../platform/process-info.ts'
import { readRegularFile } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { errnoOf, isSystemError, orElse, writing } from '../platform/system-error.ts'
import { monotonicMs } from '../platform/time.ts'

const RECENT_MS = 200
const APART_MS = 50
const PATIENCE_MS = 5_000

/** C, Python and Node all write in whole blocks of this until the last one. */
const BLOCK = 4_096

/**
 * Reads a file once nobody is writing it: at once, unless it was written in place in the last 200 ms, is shorter than
 * `lastSize` (what this process last saw, in bytes), or ends within a line or after whole blocks. In that case it is
 * read until two reads 50 ms apart agree and, on Linux, no process has it open for writing. Throws FILE_KEEPS_CHANGING
 * after 5 s, and what reading throws.
 */
export function readWhenQuiet(path: string, lastSize: number, pause: (ms: number) => void): FileRead {
  let read = readRegularFile(path)
  if (!mayBeIncomplete(read, lastSize)) return read
  const startedMs = monotonicMs()
  for (let pausedMs = APART_MS; ; pausedMs += APART_MS) {
    pause(APART_MS)
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

function mayBeIncomplete({ bytes, stat }: FileRead, lastSize: number): boolean {
  if (stat === undefined) return lastSize > 0
  const endsLine = bytes.at(-1) === 0x0a
  const isRecent = !isRenamed(stat) && Math.abs(Date.now() - Number(stat.mtimeMs)) < RECENT_MS
  return !endsLine || bytes.length < lastSize || bytes.length % BLOCK === 0 || isRecent
}

/** Returns whether a process of this user has a file open for writing; false where the system does not tell. */
function isOpenForWriting(path: string): boolean {
  if (process.platform !== 'linux') return false
  const pids = orElse([], () => readdirSync('/proc')).filter((name) => /^\d+$/.test(name))
  return pids.some((pid) => hasOpenForWriting(pid, path))
}

/**
 * /proc/<pid>/fd links to the open files; the lowest two bits of `flags` in /proc/<pid>/fdinfo are the access mode
 * (proc(5)).
 */
function hasOpenForWriting(pid: string, path: string): boolean {
  return orElse([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) => {
    if (orElse('', () => readlinkSync(`/proc/${pid}/fd/${fd}`)) !== path) return false
    const info = orElse('', () => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))
    return (parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8) & 3) !== 0
  })
}

/**
 * Overwrites a file with what a stage holds and removes the stage. Throws FILE_NOT_WRITABLE: with step 'in-place' the
 * old bytes are there again and checked; with step 'restore' they could not be restored, and `keptAt` has the new file
 * whole.
 */
export function writeInPlace(file: string, { path, bytes }: Stage, old: Buffer): readonly WriteWarning[] {
  const rescue = stageName(file, 'rescue-')
  makeStage(file, old, { path: `${rescue}.old` })
  try {
    writing(file, 'stage', () => renameSync(path, `${rescue}.new`))
  } catch (error) {
    removeRescue(rescue)
    throw error
  }
  try {
    overwrite(file, bytes)
  } catch (error) {
    // A file that cannot even be opened is still the old one.
    const isRestored = readFileSync(file).equals(old) || errnoOf(() => overwrite(file, old)) === undefined
    if (isRestored) removeRescue(rescue)
    const outcome = isRestored ? { step: 'in-place' as const } : { step: 'restore' as const, keptAt: `${rescue}.new` }
    const errno = isSystemError(error) ? error.code : 'EIO'
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, ...outcome }, { cause: error })
  }
  const errno = removeRescue(rescue)
  return errno === undefined ? [] : [{ kind: 'stage-not-removed', path: file, errno }]
}

/**
 * Finishes what killed processes began and removes the files that they left for it. A file that somebody else has
 * written since is left alone, with what lies beside it. For the holder of the file's lock. Throws FILE_NOT_WRITABLE.
 */
export function finishInPlace(file: string): void {
  const names = writing(file, 'folder', () => readdirSync(dirname(file)))
  for (const name of names) {
    const [, base, of, pid] = /^((.+)\.awsmfa-rescue-(\d+)-[0-9a-f]{12})\.old$/.exec(name) ?? []
    if (base === undefined || of !== basename(file) || isPidUsed(Number(pid))) continue
    const rescue = join(dirname(file), base)
    writing(file, 'in-place', () => {
      if (!names.includes(`${base}.new`) || finish(file, rescue)) removeRescue(rescue)
    })
  }
}

/** Removes the new file first: an old one alone means that nothing was begun. Returns the code of a refusal. */
function removeRescue(rescue: string): string | undefined {
  for (const path of [`${rescue}.new`, `${rescue}.old`]) {
    const errno = errnoOf(() => unlinkSync(path))
    if (errno !== undefined && errno !== 'ENOENT') return errno
  }
  return undefined
}

/** Returns false for a file that is not what a killed `overwrite` leaves: new up to some place, old from there on. */
function finish(file: string, rescue: string): boolean {
  const [current, old, wanted] = [readFileSync(file), readFileSync(`${rescue}.old`), readFileSync(`${rescue}.new`)]
  if (current.equals(old) || current.equals(wanted)) return true
  const written = commonLength(current, wanted)
  if (!current.subarray(written).equals(old.subarray(written))) return false
  overwrite(file, wanted)
  return true
}

/**
 * Writes from the start and truncates last, so that at every moment the file is new up to some place, and old from
 * there on.
 */
function overwrite(file: string, bytes: Buffer): void {
  const fd = openSync(file, 'r+')
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, done)
    ftruncateSync(fd, bytes.length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (!readFileSync(file).equals(bytes))
    throw Object.assign(new Error('read back otherwise'), { code: 'EIO', syscall: 'read' })
}

/** Throws FILE_NOT_WRITABLE for a mount point that `writeInPlace` could not open, such as one that is read-only. */
export function tryInPlace(file: string): void {
  if (isMountPoint(file)) writing(file, 'in-place', () => closeSync(openSync(file, 'r+')))
}

/**
 * Returns whether a file is itself a mount point. Known on Linux alone: the fifth field of /proc/self/mountinfo, with
 * space, tab, line end and backslash as octal numbers (proc(5)).
 */
export function isMountPoint(path: string): boolean {
  const mounts = orElse('', () => readFileSync('/proc/self/mountinfo', 'utf8')).split('\n')
  const unescape = (text: string): string =>
    text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
  return mounts.some((line) => unescape(line.split(' ')[4] ?? '') === path)
}
