import { basename, dirname, join } from 'node:path'
import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { randomBytes } from 'node:crypto'
import writeFileAtomic from 'write-file-atomic'
import { AwsmfaError } from '../model/failure.ts'
import { isPidUsed } from './process-info.ts'
import { insist, isSystemError, errnoOf, writing } from './system-error.ts'

/**
 * Makes a folder with those above it that are missing, and gives the first that was made; undefined: all were there. Throws the
 * system's error of the folder that it stops at. Node's own way (mkdirSync, `recursive`) tries for ever where a folder that is
 * there says ENOENT to a new one in it, as those of procfs do, and says ENOENT for refusals that it does not know, EROFS among
 * them (src/node_file.cc, MKDirpSync; seen with 20.20).
 */
export function makeFolders(folder: string, mode: number): string | undefined {
  try {
    return makeOne(folder, mode)
  } catch (error) {
    const above = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error
    const first = makeFolders(above, mode)
    // Once more and no more: what is refused now is refused for good.
    const last = makeOne(folder, mode)
    return first ?? last
  }
}

/** Undefined: it is there, or another process was faster. */
function makeOne(folder: string, mode: number): string | undefined {
  try {
    mkdirSync(folder, { mode })
    return folder
  } catch (error) {
    if (isFolder(folder)) return undefined
    throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // What cannot be looked at is no folder to use; why it could not be made says more.
    return false
  }
}

/** Making folders that only their owner can look into. */

const PRIVATE_FOLDER = 0o700

/**
 * Makes a folder, mode 0700, with those above it that are missing. As root they are given to the owner of the folder they lie
 * in. Throws the system's error.
 */
export function makePrivateFolder(folder: string): void {
  const first = makeFolders(folder, PRIVATE_FOLDER)
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) giveToOwnerOf(dirname(first), made)
}

/**
 * As root in another's home: gives what was made there to the owner of a folder, who could not use it otherwise. Does nothing
 * for anybody else, where the folder is root's, and where the system refuses. A link is given itself, never what it leads to.
 */
export function giveToOwnerOf(folder: string, made: string): void {
  if (process.getuid?.() !== 0) return
  errnoOf(() => {
    const { uid, gid } = statSync(folder)
    if (uid !== 0) lchownSync(made, uid, gid)
  })
}

/** The nearest folder that exists, from this one upwards. Throws the system's error, also where there is none at all. */
function nearestFolder(folder: string): string {
  let current = folder
  for (;;) {
    const errno = errnoOf(() => statSync(current))
    if (errno === undefined) return current
    if (errno !== 'ENOENT' || dirname(current) === current)
      throw Object.assign(new Error('no folder'), { code: errno, syscall: 'stat' })
    current = dirname(current)
  }
}

/**
 * Every file that awsmfa writes is written here: complete under a private name, checked, and only then put in its place.
 *
 * write-file-atomic writes the bytes. It makes one unchecked write (a full disk cuts the file short without an error) and has
 * no hook before its rename, so its target is the stage file and never the person's file: the stage is read back, and renamed
 * by shared-files. Its own temporary files are called <target>.<digits>.
 */

/** Whose a file is to be, and how open. `mode` has permission bits alone. */
export interface FileRights {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** A complete new file, checked, that lies beside the file that it is for. */
export interface Stage {
  readonly path: string
  readonly bytes: Buffer
  readonly warnings: readonly WriteWarning[]
}

const PRIVATE_FILE = 0o600

/** Without a lock a stage may be another container's, whose processes cannot be seen from here: it is given time to finish. */
const SWEEP_WITHOUT_LOCK_MS = 60_000

/** As `stageName` makes them, with what write-file-atomic adds. */
const STAGE_NAME = /^(?<file>.+)\.awsmfa-(?<pid>\d+)-[0-9a-f]{12}(?:\.\d+)?$/

const HAS_MODES = process.platform !== 'win32'

/**
 * Writes a file of awsmfa's own whole, mode 0600, into a folder that is made, mode 0700, where it is missing; as root it is
 * given to the owner of its folder, and this to that of the one it lies in. Throws FILE_NOT_WRITABLE and
 * FILE_INCOMPLETE_WRITE; then what was there before is there still, unless write-file-atomic was cut short: what is cached is
 * checked by its readers, and the size here.
 */
export function writeWhole(path: string, content: string | Buffer): void {
  makeFolder(path)
  sweepFolder(dirname(path), listFolder(path), SWEEP_WITHOUT_LOCK_MS)
  putInPlace(path, typeof content === 'string' ? Buffer.from(content, 'utf8') : content)
}

/** Writes many files of one folder as `writeWhole` does, which looks after the folder for each anew. Throws as that does. */
export function writeEachWhole(
  folder: string,
  files: readonly { readonly name: string; readonly content: string }[],
): void {
  writing(folder, 'folder', () => makePrivateFolder(folder))
  for (const { name, content } of files) putInPlace(join(folder, name), Buffer.from(content, 'utf8'))
}

function putInPlace(path: string, bytes: Buffer): void {
  const stage = stageName(path)
  try {
    writing(path, 'stage', () => writeBytes(stage, bytes, false))
    const written = writing(path, 'read-back', () => statSync(stage).size)
    if (written !== bytes.length) throw incomplete(path, bytes.length, written)
    giveToOwnerOf(dirname(path), stage)
    writing(path, 'rename', () => insist(() => renameSync(stage, path)))
  } catch (error) {
    errnoOf(() => unlinkSync(stage))
    throw error
  }
}

/** A new private name beside a file, by the pattern that `sweepStages` knows. */
export function stageName(file: string, kind = ''): string {
  return `${file}.awsmfa-${kind}${String(process.pid)}-${randomBytes(6).toString('hex')}`
}

/**
 * Writes the new bytes of a file beside it, synced to disk, and reads them back. Rights are made no wider than 0600, and are
 * undefined for a new file. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE; then no stage is left, if it can be removed.
 */
export function makeStage(file: string, bytes: Buffer, rights: FileRights | undefined): Stage {
  const path = stageName(file)
  try {
    const refused = writing(file, 'stage', () => writeBytes(path, bytes, true))
    const warnings: WriteWarning[] = refused === undefined ? [] : [{ kind: 'mode-not-set', path: file, errno: refused }]
    if (rights !== undefined && HAS_MODES) warnings.push(...giveRights(file, path, rights))
    // Refused, the next writer merely waits 50 ms for nothing.
    errnoOf(() => stampAsOurs(path))
    const back = writing(file, 'read-back', () => readFileSync(path))
    if (!back.equals(bytes)) throw incomplete(file, bytes.length, agreement(back, bytes))
    return { path, bytes, warnings }
  } catch (error) {
    errnoOf(() => unlinkSync(path))
    throw error
  }
}

/** Removes a stage that is not wanted any more. A refusal is worth a warning: the stage holds credentials. */
export function discardStage(file: string, stage: Stage): readonly WriteWarning[] {
  const errno = errnoOf(() => insist(() => unlinkSync(stage.path)))
  return errno === undefined || errno === 'ENOENT' ? [] : [{ kind: 'stage-not-removed', path: file, errno }]
}

/**
 * Finds out whether a stage of that many bytes could be made beside a file, by making one of zeros and removing it. Where the
 * folder is still missing, its nearest existing ancestor is tried with an empty one. Throws FILE_NOT_WRITABLE,
 * FILE_INCOMPLETE_WRITE.
 */
export function tryStage(file: string, length: number): void {
  const folder = writing(file, 'folder', () => nearestFolder(dirname(file)))
  const isThere = folder === dirname(file)
  const path = isThere ? stageName(file) : stageName(join(folder, basename(file)))
  try {
    const wanted = isThere ? length : 0
    const written = writing(file, 'stage', () => writeZeros(path, wanted))
    if (written !== wanted) throw incomplete(file, wanted, written)
  } finally {
    errnoOf(() => unlinkSync(path))
  }
}

/** Makes a file's folder, mode 0700, with those above it. As root they are given to the owner of the folder they lie in. */
export function makeFolder(file: string): void {
  writing(file, 'folder', () => makePrivateFolder(dirname(file)))
}

/**
 * Removes the stages of a file that processes which are gone left behind, by their exact names. To be called with the names in
 * its folder, under the file's lock.
 */
export function sweepStages(file: string, names: readonly string[]): void {
  sweepFolder(
    dirname(file),
    names.filter((name) => STAGE_NAME.exec(name)?.groups?.['file'] === basename(file)),
    0,
  )
}

/**
 * Removes all stages that processes which are gone left in a folder where nobody takes a lock, if they are at least that old:
 * what looks gone from here may be another container's, and at work.
 */
export function sweepFolder(folder: string, names: readonly string[], minimumAgeMs: number): void {
  for (const name of names) {
    const pid = STAGE_NAME.exec(name)?.groups?.['pid']
    if (pid === undefined || isPidUsed(Number(pid))) continue
    const path = join(folder, name)
    errnoOf(() => {
      if (minimumAgeMs === 0 || Date.now() - statSync(path).mtimeMs >= minimumAgeMs) unlinkSync(path)
    })
  }
}

/** The names in a file's folder. Throws FILE_NOT_WRITABLE. */
export function listFolder(file: string): readonly string[] {
  return writing(file, 'folder', () => readdirSync(dirname(file)))
}

/** Gives the errno of a chmod that the file system refused, which takes away nothing: the file was made private. */
function writeBytes(path: string, bytes: Buffer, fsync: boolean): string | undefined {
  try {
    insist(() => writeFileAtomic.sync(path, bytes, { mode: PRIVATE_FILE, fsync }))
    return undefined
  } catch (error) {
    if (!isSystemError(error) || !('syscall' in error) || error.syscall !== 'chmod') throw error
    writeWithoutModes(path, bytes, fsync)
    return error.code
  }
}

/** write-file-atomic gives up where chmod is refused. Without a mode it does not call it, and the umask keeps the file private. */
function writeWithoutModes(path: string, bytes: Buffer, fsync: boolean): void {
  const umask = process.umask(0o077)
  try {
    writeFileAtomic.sync(path, bytes, { fsync })
  } finally {
    process.umask(umask)
  }
}

function giveRights(file: string, path: string, rights: FileRights): readonly WriteWarning[] {
  const stat = writing(file, 'stage', () => statSync(path))
  const warnings: WriteWarning[] = []
  if (stat.uid !== rights.uid || stat.gid !== rights.gid) {
    const errno = errnoOf(() => chownSync(path, rights.uid, rights.gid))
    if (errno !== undefined) warnings.push({ kind: 'owner-not-kept', path: file, errno })
  }
  const mode = rights.mode & PRIVATE_FILE
  if (mode !== PRIVATE_FILE) {
    const errno = errnoOf(() => chmodSync(path, mode))
    if (errno !== undefined) warnings.push({ kind: 'mode-not-set', path: file, errno })
  }
  return warnings
}

function writeZeros(path: string, length: number): number {
  const fd = openSync(path, 'wx', PRIVATE_FILE)
  try {
    return length === 0 ? 0 : writeSync(fd, Buffer.alloc(length))
  } finally {
    closeSync(fd)
  }
}

function incomplete(path: string, wanted: number, written: number): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_INCOMPLETE_WRITE', place: { path }, wanted, written })
}

/** How many bytes from the start are as they should be. */
function agreement(found: Buffer, wanted: Buffer): number {
  let length = 0
  while (length < found.length && found[length] === wanted[length]) length++
  return length
}

/**
 * Telling awsmfa's own writes from those of others, who may be in the midst of writing in place. A file that awsmfa put there
 * was renamed into place whole; so that every later awsmfa process can see that without asking anybody, its modification time
 * is set to now with the microseconds below 10 ms replaced by a fixed number. Any later write by whomever gives the file a
 * time of the system's, which has that number once in millions. Where a file system keeps no such fine times, nothing
 * matches, and the file is treated as written by somebody else, which is the careful side.
 */

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

/** Something that went wrong after the write was done, or that the person should know about how it was done. */
export type WriteWarning =
  | { readonly kind: 'folder-not-synced'; readonly path: string; readonly errno: string }
  | { readonly kind: 'lock-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'mode-not-set'; readonly path: string; readonly errno: string }
  | { readonly kind: 'owner-not-kept'; readonly path: string; readonly errno: string }
  | { readonly kind: 'session-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'stage-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'written-in-place'; readonly path: string; readonly errno: string }
