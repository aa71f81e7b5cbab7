import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readlinkSync, statSync } from 'node:fs'
import type { BigIntStats, Stats } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { isSystemError } from './system-error.ts'

/**
 * Reading small files on the way to an answer that must come at once: what Node does at the first use of readFileSync,
 * existsSync or an exception takes longer than all the rest of it (0.4, 0.3 and 0.2 ms of 2).
 */

/** Tells whether there is anything under this name, be it a dangling link. False also where that cannot be told. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/**
 * Reads a regular file. Gives undefined where there is none. Throws what Node throws for one that is there but cannot be read,
 * and an Error for what is no regular file, is not accepted by `isAcceptable`, or changes its length meanwhile.
 */
export function readWhole(path: string, isAcceptable: (found: Stats) => boolean = isRegular): Buffer | undefined {
  if (!isThere(path)) return undefined
  // Non-blocking, so that a pipe in the file's place cannot hold up a prompt.
  const descriptor = openSync(path, OPEN_FOR_READING)
  try {
    const found = fstatSync(descriptor)
    if (!isRegular(found) || !isAcceptable(found)) throw new Error('not a file to read')
    return readBytes(descriptor, found.size)
  } finally {
    closeSync(descriptor)
  }
}

/** Windows has no O_NONBLOCK, whatever the types say, and OR with undefined is OR with 0. */
const OPEN_FOR_READING = constants.O_RDONLY | constants.O_NONBLOCK

function isRegular(found: Stats): boolean {
  return found.isFile()
}

/** One byte more than there should be is asked for, so that a longer file is noticed. */
function readBytes(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size + 1)
  let length = 0
  for (let read = -1; read !== 0 && length <= size; length += read)
    read = readSync(descriptor, bytes, length, size + 1 - length, null)
  if (length !== size) throw new Error('the file is being written')
  return bytes.subarray(0, size)
}

/** Reading files of the person's without being held up or misled by what is no regular file. */

/** A file as it was read. `stat` is undefined where nothing was found; then there are no bytes. */
export interface FileRead {
  readonly bytes: Buffer
  readonly stat: BigIntStats | undefined
}

/** Linux gives up after 40 links (path_resolution(7)). */
const MAXIMUM_LINKS = 40

/** Not there on Windows, where neither named pipes nor devices have a place in the file system. */
const NON_BLOCKING = (constants as Partial<typeof constants>).O_NONBLOCK ?? 0

/**
 * Follows the symbolic links that the last part of a path is, to the file that they mean, which need not exist. Links among
 * the folders are left to the system: they lead to the same folder. Throws FILE_NOT_REGULAR for a loop.
 */
export function resolveLinks(path: string): string {
  let current = path
  for (let links = 0; links <= MAXIMUM_LINKS; links++) {
    const target = readLink(current)
    if (target === undefined) return current
    // Not joined: that would fold `..` on paper, and behind a linked folder the system folds it elsewhere.
    current = isAbsolute(target) ? target : `${dirname(current)}/${target}`
  }
  throw new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'symlink-loop' })
}

/**
 * Reads a regular file whole. One that does not exist has no bytes, and so has /dev/null, by which people say "no file".
 * Never waits at a named pipe. Throws FILE_UNREADABLE, FILE_NOT_REGULAR.
 */
export function readRegularFile(path: string): FileRead {
  let fd
  try {
    fd = openSync(path, constants.O_RDONLY | NON_BLOCKING)
  } catch (error) {
    return explainUnopened(path, error)
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (stat.isFile()) return { bytes: regularFileReadWhole(fd, Number(stat.size)), stat }
    if (isNullDevice(path)) return { bytes: Buffer.alloc(0), stat: undefined }
    throw notRegular(path, kindOf(stat))
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno: error.code }, { cause: error })
  } finally {
    closeSync(fd)
  }
}

/** Tells whether a file is there, without opening it. Throws FILE_NOT_REGULAR when what is there is none. */
export function findRegularFile(path: string): boolean {
  let stat
  try {
    stat = statSync(path)
  } catch (error) {
    // Whatever stands in the way of looking stands in the way of reading, and is named there.
    if (isSystemError(error)) return false
    throw error
  }
  if (!stat.isFile() && !isNullDevice(path)) throw notRegular(path, kindOf(stat))
  return true
}

/** Tells whether a path is the device that stands for no file at all. */
export function isNullDevice(path: string): boolean {
  return path === '/dev/null' || /^(\\\\[.?]\\)?nul$/i.test(path)
}

function kindOf(stat: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): 'directory' | 'fifo' | 'socket' | 'device' {
  return stat.isDirectory() ? 'directory' : stat.isFIFO() ? 'fifo' : stat.isSocket() ? 'socket' : 'device'
}

function explainUnopened(path: string, error: unknown): FileRead {
  if (!isSystemError(error)) throw error
  if (error.code === 'ENOENT' || isNullDevice(path)) return { bytes: Buffer.alloc(0), stat: undefined }
  if (error.code === 'ELOOP') throw notRegular(path, 'symlink-loop', error)
  if (error.code === 'EISDIR') throw notRegular(path, 'directory', error)
  if (error.code === 'ENXIO') throw notRegular(path, 'socket', error)
  throw new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno: error.code }, { cause: error })
}

function notRegular(
  path: string,
  found: 'directory' | 'fifo' | 'socket' | 'device' | 'symlink-loop',
  cause?: unknown,
): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found }, { cause })
}

/** Reads until the end, also where the file has grown since its size was taken. */
function regularFileReadWhole(fd: number, size: number): Buffer {
  let buffer = Buffer.allocUnsafeSlow(size + 1)
  let length = 0
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null)
    if (count === 0) return buffer.subarray(0, length)
    length += count
    if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    // EINVAL: no link. Every other obstacle meets whoever opens the file, and is named there.
    if (isSystemError(error)) return undefined
    throw error
  }
}
