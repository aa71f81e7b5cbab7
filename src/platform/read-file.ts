/** Reads files without waiting at a named pipe, and without taking a directory, socket or device for a file. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import type { BigIntStats, Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { isSystemError, orElse, retryIfBusy } from './system-error.ts'

/** A file as it was read. `stat` is undefined if there is no file; then `bytes` is empty. */
export interface FileRead {
  readonly bytes: Buffer
  readonly stat: BigIntStats | undefined
}

/** As many as Linux follows (path_resolution(7)). */
const MAXIMUM_LINKS = 40

/** Windows has no O_NONBLOCK, despite the types; OR with undefined is OR with 0. */
const READ_WITHOUT_BLOCKING = constants.O_RDONLY | constants.O_NONBLOCK

/**
 * Reads a regular file whole. A missing file and /dev/null, by which people say "no file", have no bytes. On Windows,
 * waits up to 2 s for a program that holds the file. Throws FILE_UNREADABLE and FILE_NOT_REGULAR.
 */
export function readRegularFile(path: string): FileRead {
  return retryIfBusy(() => readOnce(path))
}

function readOnce(path: string): FileRead {
  let fd
  try {
    fd = openSync(path, READ_WITHOUT_BLOCKING)
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (error.code === 'ENOENT' || isNullDevice(path)) return { bytes: Buffer.alloc(0), stat: undefined }
    if (error.code === 'ELOOP') throw notRegular(path, 'symlink-loop', error)
    if (error.code === 'EISDIR') throw notRegular(path, 'directory', error)
    if (error.code === 'ENXIO') throw notRegular(path, 'socket', error)
    throw new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno: error.code }, { cause: error })
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (stat.isFile()) return { bytes: readFileSync(fd), stat }
    if (isNullDevice(path)) return { bytes: Buffer.alloc(0), stat: undefined }
    throw notRegular(path, kindOf(stat))
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno: error.code }, { cause: error })
  } finally {
    closeSync(fd)
  }
}

/** Bash names a process substitution /dev/fd/63, zsh on Linux /proc/self/fd/12. */
const SHELL_PIPES = /^\/(?:dev|proc\/(?:self|\d+)\/fd)\//

/**
 * Reads a file that somebody named, as UTF-8. Waits for the writer of a pipe only in the folders where shells put
 * theirs. Throws the system's error, and ENOTSUP for another pipe.
 */
export function readNamedFile(path: string): string {
  if (SHELL_PIPES.test(path)) return readFileSync(path, 'utf8')
  const fd = openSync(path, READ_WITHOUT_BLOCKING)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() && !stat.isDirectory()) throw Object.assign(new Error('not a file'), { code: 'ENOTSUP' })
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads a file of awsmfa's own; undefined if there is none. Throws the system's error, and a plain Error for a file
 * that is not regular, that `isAcceptable` rejects or that shrinks meanwhile.
 */
export function readWhole(path: string, isAcceptable: (stat: Stats) => boolean = () => true): Buffer | undefined {
  if (!isThere(path)) return undefined
  const fd = openSync(path, READ_WITHOUT_BLOCKING)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || !isAcceptable(stat)) throw new Error('not a file to read')
    const bytes = readFileSync(fd)
    if (bytes.length !== stat.size) throw new Error('the file is being written')
    return bytes
  } finally {
    closeSync(fd)
  }
}

/**
 * Returns whether there is anything under a name, even a dangling link. Throws the system's error if it cannot be
 * looked at.
 */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Returns whether a path is the device that means no file at all. */
export function isNullDevice(path: string): boolean {
  return path === '/dev/null' || /^(\\\\[.?]\\)?nul$/i.test(path)
}

/**
 * Returns the one absolute name of a file that need not exist, nor its folders: all links followed, those that lead to
 * nothing yet included, as `realpath -m` does. Throws FILE_NOT_REGULAR for a loop.
 */
export function resolveLinks(path: string, links = 0): string {
  if (isNullDevice(path)) return path
  if (links > MAXIMUM_LINKS) throw notRegular(path, 'symlink-loop')
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (error.code === 'ELOOP') throw notRegular(path, 'symlink-loop', error)
    const folder = dirname(path)
    // Opening the file meets the same obstacle and reports it.
    if (error.code !== 'ENOENT' || folder === path) return path
    const target = orElse(undefined, () => readlinkSync(path))
    const parent = resolveLinks(folder, links)
    return target === undefined ? join(parent, basename(path)) : resolveLinks(resolve(parent, target), links + 1)
  }
}

type NotRegular = 'directory' | 'fifo' | 'socket' | 'device' | 'symlink-loop'

function kindOf(stat: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): NotRegular {
  return stat.isDirectory() ? 'directory' : stat.isFIFO() ? 'fifo' : stat.isSocket() ? 'socket' : 'device'
}

function notRegular(path: string, found: NotRegular, cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found }, { cause })
}
