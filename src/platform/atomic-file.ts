/**
 * Writes files whole: a stage, complete and read back under a private name beside the file, is renamed to it.
 *
 * write-file-atomic writes the stage. It makes one unchecked write (a full disk cuts the file short without an error)
 * and cannot wait before its own rename, so its target is never the file itself.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
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

/** Without a lock, a stage may belong to a process in another container, invisible from here: it may take this long. */
const STAGE_MS = 60_000

/** How much a stage is made older than its ctime. A file system with a coarse clock leaves half of it. */
const BACKDATED_MS = 100

/** Names that `stageName` makes; write-file-atomic's own temporary files add `.<digits>`. */
const STAGE_NAME = /^(?<file>.+)\.awsmfa-(?:rescue-)?(?<pid>\d+)-[0-9a-f]{12}(?:(?:\.old)?\.\d+)?$/

/**
 * Writes a file of awsmfa's own, mode 0600, and makes its folder if it is missing. In the home of another, root gives
 * both to the owner of the folder above. `isDurable`: not before it is on the disk. Throws FILE_NOT_WRITABLE and
 * FILE_INCOMPLETE_WRITE, and then the old file is still there.
 */
export function writeWhole(path: string, content: string | Buffer, isDurable = false): void {
  const folder = dirname(path)
  writing(path, 'folder', () => makePrivateFolder(folder))
  sweepStages(folder)
  replaceFile(path, content, isDurable)
  if (isDurable) syncFolder(folder)
}

/** Does what `writeWhole` does, in a folder that exists, and without looking for what killed processes left there. */
export function replaceFile(path: string, content: string | Buffer, fsync = false): void {
  const stage = makeStage(path, Buffer.from(content), { fsync })
  try {
    writing(path, 'rename', () => retryIfBusy(() => renameSync(stage.path, path)))
  } catch (error) {
    discardStage(path, stage.path)
    throw error
  }
}

/**
 * Writes a file of awsmfa's own whole, as `writeWhole` does and through to the disk; leaves one that is there as it is.
 */
export function writeNew(path: string, content: string): void {
  const folder = dirname(path)
  writing(path, 'folder', () => makePrivateFolder(folder))
  sweepStages(folder)
  const stage = makeStage(path, Buffer.from(content))
  const errno = errnoOf(() => linkSync(stage.path, path))
  // A file system without hard links refuses with another code.
  if (errno !== undefined && errno !== 'EEXIST' && errnoOf(() => statSync(path)) === 'ENOENT')
    writing(path, 'rename', () => retryIfBusy(() => renameSync(stage.path, path)))
  else discardStage(path, stage.path)
  syncFolder(folder)
}

/** How a stage is made. */
interface StageOptions {
  /** The file whose owner and mode it keeps, no wider than 0600; without one, root gives it the folder's owner. */
  readonly old?: BigIntStats | undefined
  /** By default `stageName(file)`. */
  readonly path?: string
  /** Whether to wait until it is on the disk; true by default. */
  readonly fsync?: boolean
}

/** Makes a stage for a file. Throws FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE, having removed it if possible. */
export function makeStage(file: string, bytes: Buffer, options: StageOptions = {}): Stage {
  const { old, path = stageName(file), fsync = true } = options
  try {
    const refusedMode = writing(file, 'stage', () => writeBytes(path, bytes, fsync))
    // See isRenamed. Where this is refused, the file counts as written in place, and the next write waits for it.
    errnoOf(() => utimesSync(path, new Date(), new Date(Date.now() - BACKDATED_MS)))
    const stat = writing(file, 'stage', () => statSync(path, { bigint: true }))
    const warnings = [...warningOf('mode-not-set', file, refusedMode), ...keepRights(file, path, stat, old)]
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
  return process.platform !== 'win32' && ctimeNs - mtimeNs >= BigInt(BACKDATED_MS / 2) * 1_000_000n
}

/** Removes a stage that is no longer wanted. A refusal is worth a warning: the stage holds credentials. */
export function discardStage(file: string, path: string): readonly WriteWarning[] {
  const errno = errnoOf(() => retryIfBusy(() => unlinkSync(path)))
  return warningOf('stage-not-removed', file, errno === 'ENOENT' ? undefined : errno)
}

/**
 * Throws what `makeStage` would throw for that many bytes. If the file's folder is missing, an empty stage is tried in
 * the nearest folder above that exists.
 */
export function tryStage(file: string, length: number): void {
  let folder = dirname(file)
  while (folder !== dirname(folder) && errnoOf(() => statSync(folder)) === 'ENOENT') folder = dirname(folder)
  const bytes = Buffer.alloc(folder === dirname(file) ? length : 0)
  const path = stageName(join(folder, basename(file)))
  makeStage(file, bytes, { path, fsync: false })
  discardStage(file, path)
}

/** Returns a new private name beside a file, by the pattern that the sweeps know. */
export function stageName(file: string, kind = ''): string {
  return `${file}.awsmfa-${kind}${String(process.pid)}-${randomBytes(6).toString('hex')}`
}

/**
 * Removes the stages that killed processes left in a folder at least `minimumAgeMs` ago; if a file is named, only those
 * of it. An age of 0 is for the holder of that file's lock. Does nothing where it is not allowed to.
 */
export function sweepStages(folder: string, minimumAgeMs = STAGE_MS, of?: string): void {
  for (const name of orElse([], () => readdirSync(folder))) {
    const { file, pid } = STAGE_NAME.exec(name)?.groups ?? {}
    if (pid === undefined || (of !== undefined && of !== file) || isPidUsed(Number(pid))) continue
    const path = join(folder, name)
    errnoOf(() => {
      if (minimumAgeMs === 0 || Date.now() - statSync(path).mtimeMs >= minimumAgeMs) unlinkSync(path)
    })
  }
}

/**
 * Removes the stages and rescue files beside a file that have one of these texts in them, whichever process made them.
 * Only for files that no process is writing with these texts. Returns warnings about those that could not be removed.
 */
export function removeStagesWith(file: string, texts: readonly string[]): readonly WriteWarning[] {
  const folder = dirname(file)
  return orElse([], () => readdirSync(folder)).flatMap((name) => {
    if (!name.startsWith(`${basename(file)}.awsmfa-`) || !/-[0-9a-f]{12}(?:\.(?:old|new))?(?:\.\d+)?$/.test(name))
      return []
    const path = join(folder, name)
    const bytes = orElse(Buffer.alloc(0), () => readFileSync(path))
    return texts.some((text) => bytes.includes(text)) ? discardStage(file, path) : []
  })
}

/** Makes a rename last through a power failure. Windows cannot do that. */
export function syncFolder(path: string): readonly WriteWarning[] {
  if (process.platform === 'win32') return []
  const errno = errnoOf(() => {
    const fd = openSync(path, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
  return errno === undefined ? [] : [{ kind: 'folder-not-synced', path, errno }]
}

/**
 * Makes a folder, mode 0700, with those above it that are missing; in the home of another, root gives them to the owner
 * of the folder above. Throws the system's error. Not mkdirSync with `recursive`, which tries for ever in a file system
 * that answers ENOENT to a new folder, as procfs does, and says ENOENT instead of EROFS (src/node_file.cc, MKDirpSync;
 * Node 20.20).
 */
export function makePrivateFolder(folder: string): void {
  const parent = dirname(folder)
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER })
    giveToOwnerOf(parent, folder)
  } catch (error) {
    if (isFolder(folder)) return
    if (!isSystemError(error) || error.code !== 'ENOENT' || parent === folder || isFolder(parent)) throw error
    makePrivateFolder(parent)
    makePrivateFolder(folder)
  }
}

function isFolder(path: string): boolean {
  return orElse(false, () => statSync(path).isDirectory())
}

/**
 * Changes the owner of what root made in the home of another to the owner of a folder, who could not use it otherwise;
 * of a link itself, never of what it leads to. Does nothing for other users, in root's own folders, or if refused.
 */
export function giveToOwnerOf(folder: string, made: string): void {
  if (process.getuid?.() !== 0) return
  errnoOf(() => {
    const { uid, gid } = statSync(folder)
    if (uid !== 0) lchownSync(made, uid, gid)
  })
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

/** Sets the owner and mode of a stage to those of the old file. */
function keepRights(file: string, path: string, stat: BigIntStats, old?: BigIntStats): readonly WriteWarning[] {
  if (process.getuid === undefined || (old === undefined && process.getuid() !== 0)) return []
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
