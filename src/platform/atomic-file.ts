/**
 * Writes files whole: a stage, complete and read back under a private name beside the file, is renamed to it.
 *
 * write-file-atomic writes the stage. It makes one unchecked write (a full disk cuts the file short without an error)
 * and has no hook before its own rename, so its target is never the file itself. Its temporary files are called
 * <target>.<digits>.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { AwsmfaError } from '../model/failure.ts'
import { isPidUsed } from './process-info.ts'
import type { FileRead } from './read-file.ts'
import { errnoOf, isSystemError, orElse, retryIfBusy, writing } from './system-error.ts'

/** A complete new file, read back, beside the file that it is for. */
export interface Stage extends FileRead {
  readonly path: string
  readonly warnings: readonly WriteWarning[]
}

/** What went wrong after the write was done, or that the person should know about how it was done. */
export interface WriteWarning {
  readonly kind:
    | 'folder-not-synced'
    | 'lock-not-removed'
    | 'mode-not-set'
    | 'owner-not-kept'
    | 'session-not-removed'
    | 'stage-not-removed'
    | 'written-in-place'
  readonly path: string
  readonly errno: string
}

const PRIVATE_FILE = 0o600
const PRIVATE_FOLDER = 0o700

/**
 * Without a lock, a stage may belong to a process in another container, invisible from here: it gets time to finish.
 */
const SWEEP_WITHOUT_LOCK_MS = 60_000

/** How much a stage is made older than its ctime, and how much of that a file system with a coarse clock leaves. */
const BACKDATED_MS = 20
const STILL_BACKDATED_MS = 10

/** As `stageName` makes them, with what write-file-atomic adds. */
const STAGE_NAME = /^(?<file>.+)\.awsmfa-(?<pid>\d+)-[0-9a-f]{12}(?:\.\d+)?$/

/**
 * Writes a file of awsmfa's own, mode 0600, and makes its folder if it is missing. In the home of another, root gives
 * both to the owner of the folder above. Throws FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE, and then the old file is
 * still there.
 */
export function writeWhole(path: string, content: string | Buffer): void {
  const folder = dirname(path)
  writing(path, 'folder', () => makePrivateFolder(folder))
  sweepStages(folder, listFolder(path), SWEEP_WITHOUT_LOCK_MS)
  replaceFile(path, content)
}

/** Does what `writeWhole` does, in a folder that exists, and without looking for what killed processes left there. */
export function replaceFile(path: string, content: string | Buffer): void {
  const stage = makeStage(path, Buffer.from(content), { fsync: false })
  try {
    writing(path, 'rename', () => retryIfBusy(() => renameSync(stage.path, path)))
  } catch (error) {
    discardStage(path, stage)
    throw error
  }
}

/** How a stage is made. */
export interface StageOptions {
  /**
   * The file that it replaces, whose owner and mode it keeps, no wider than 0600. Without one it gets the folder's
   * owner from root.
   */
  readonly old?: BigIntStats | undefined
  /** The folder for it, if not the file's own. */
  readonly folder?: string
  /** Whether to wait until it is on the disk; true by default. */
  readonly fsync?: boolean
}

/** Makes a stage for a file. Throws FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE, having removed it if possible. */
export function makeStage(file: string, bytes: Buffer, options: StageOptions = {}): Stage {
  const path = stageName(options.folder === undefined ? file : join(options.folder, basename(file)))
  try {
    const refusedMode = writing(file, 'stage', () => writeBytes(path, bytes, options.fsync ?? true))
    // See isRenamed: a stage that is refused this time is taken for somebody else's write, and waited for.
    errnoOf(() => utimesSync(path, new Date(), new Date(Date.now() - BACKDATED_MS)))
    const stat = writing(file, 'stage', () => statSync(path, { bigint: true }))
    const warnings = [...warningOf('mode-not-set', file, refusedMode), ...keepRights(file, path, stat, options.old)]
    const back = writing(file, 'read-back', () => readFileSync(path))
    if (!back.equals(bytes)) {
      const [wanted, written] = [bytes.length, commonLength(back, bytes)]
      throw new AwsmfaError({ code: 'FILE_INCOMPLETE_WRITE', place: { path: file }, wanted, written })
    }
    return { path, bytes, stat, warnings }
  } catch (error) {
    errnoOf(() => unlinkSync(path))
    throw error
  }
}

/**
 * Returns whether a file was put into place whole: a write gives mtime and ctime the same value, and `makeStage` an
 * older mtime. False on Windows, where they may differ after any write.
 */
export function isRenamed({ mtimeNs, ctimeNs }: BigIntStats): boolean {
  return process.platform !== 'win32' && ctimeNs - mtimeNs >= BigInt(STILL_BACKDATED_MS) * 1_000_000n
}

/** Removes a stage that is no longer wanted. A refusal is worth a warning: the stage holds credentials. */
export function discardStage(file: string, { path }: Pick<Stage, 'path'>): readonly WriteWarning[] {
  const errno = errnoOf(() => retryIfBusy(() => unlinkSync(path)))
  return warningOf('stage-not-removed', file, errno === 'ENOENT' ? undefined : errno)
}

/**
 * Throws what `makeStage` would throw for that many bytes. If the file's folder is missing, an empty stage is tried in
 * the nearest folder above that exists.
 */
export function tryStage(file: string, length: number): void {
  const folder = nearestFolder(dirname(file))
  const bytes = Buffer.alloc(folder === dirname(file) ? length : 0)
  discardStage(file, makeStage(file, bytes, { folder, fsync: false }))
}

/** Returns a new private name beside a file, by the pattern that the sweeps know. */
export function stageName(file: string, kind = ''): string {
  return `${file}.awsmfa-${kind}${String(process.pid)}-${randomBytes(6).toString('hex')}`
}

/** Returns the names in a file's folder. Throws FILE_NOT_WRITABLE. */
export function listFolder(file: string): readonly string[] {
  return writing(file, 'folder', () => readdirSync(dirname(file)))
}

/** Removes the stages of one file that killed processes left; for the holder of its lock, with the names beside it. */
export function sweepStagesOf(file: string, names: readonly string[]): void {
  const isOfFile = (name: string): boolean => STAGE_NAME.exec(name)?.groups?.['file'] === basename(file)
  sweepStages(dirname(file), names.filter(isOfFile), 0)
}

/** Removes the stages of all files that killed processes left in a folder at least `minimumAgeMs` ago. */
export function sweepStages(folder: string, names: readonly string[], minimumAgeMs: number): void {
  for (const name of names) {
    const pid = STAGE_NAME.exec(name)?.groups?.['pid']
    if (pid === undefined || isPidUsed(Number(pid))) continue
    const path = join(folder, name)
    errnoOf(() => {
      if (minimumAgeMs === 0 || Date.now() - statSync(path).mtimeMs >= minimumAgeMs) unlinkSync(path)
    })
  }
}

/**
 * Makes a folder, mode 0700, with those above it that are missing; in the home of another, root gives them to the owner
 * of the folder above. Throws the system's error. Not mkdirSync with `recursive`, which tries for ever in a file system
 * that answers ENOENT to a new folder, as procfs does, and says ENOENT instead of EROFS (src/node_file.cc, MKDirpSync;
 * Node 20.20).
 */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER })
  } catch (error) {
    const parent = dirname(folder)
    if (isFolder(folder)) return
    if (!isSystemError(error) || error.code !== 'ENOENT' || parent === folder || isFolder(parent)) throw error
    makePrivateFolder(parent)
    makePrivateFolder(folder)
    return
  }
  giveToOwnerOf(dirname(folder), folder)
}

function isFolder(path: string): boolean {
  return orElse(false, () => statSync(path).isDirectory())
}

/**
 * Gives what root made in the home of another to the owner of a folder, who could not use it otherwise; a link itself,
 * never what it leads to. Does nothing for other users, in root's own folders, or if the system refuses.
 */
export function giveToOwnerOf(folder: string, made: string): void {
  if (process.getuid?.() !== 0) return
  errnoOf(() => {
    const { uid, gid } = statSync(folder)
    if (uid !== 0) lchownSync(made, uid, gid)
  })
}

function nearestFolder(folder: string): string {
  const parent = dirname(folder)
  return parent !== folder && errnoOf(() => statSync(folder)) === 'ENOENT' ? nearestFolder(parent) : folder
}

/** Returns the code of a refused chmod, which leaves the file as private as it was made. */
function writeBytes(path: string, bytes: Buffer, fsync: boolean): string | undefined {
  try {
    retryIfBusy(() => writeFileAtomic.sync(path, bytes, { mode: PRIVATE_FILE, fsync }))
    return undefined
  } catch (error) {
    if (!isSystemError(error) || !('syscall' in error) || error.syscall !== 'chmod') throw error
    // write-file-atomic gives up then. Without a mode it makes no such call, and the umask keeps the file private.
    const umask = process.umask(0o077)
    try {
      writeFileAtomic.sync(path, bytes, { fsync })
    } finally {
      process.umask(umask)
    }
    return error.code
  }
}

function keepRights(
  file: string,
  path: string,
  stat: BigIntStats,
  old: BigIntStats | undefined,
): readonly WriteWarning[] {
  if (process.getuid === undefined) return []
  if (old === undefined && process.getuid() !== 0) return []
  const { uid, gid } = old ?? writing(file, 'stage', () => statSync(dirname(path), { bigint: true }))
  const mode = Number(old?.mode ?? PRIVATE_FILE) & PRIVATE_FILE
  const isOwned = stat.uid === uid && stat.gid === gid
  const owner = isOwned ? undefined : errnoOf(() => lchownSync(path, Number(uid), Number(gid)))
  const narrowed = mode === PRIVATE_FILE ? undefined : errnoOf(() => chmodSync(path, mode))
  return [...warningOf('owner-not-kept', file, owner), ...warningOf('mode-not-set', file, narrowed)]
}

function warningOf(kind: WriteWarning['kind'], path: string, errno: string | undefined): readonly WriteWarning[] {
  return errno === undefined ? [] : [{ kind, path, errno }]
}

/** How many bytes from the start two files have in common. */
export function commonLength(one: Buffer, other: Buffer): number {
  let length = 0
  while (length < one.length && length < other.length && one[length] === other[length]) length++
  return length
}
