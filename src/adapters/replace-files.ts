/**
 * Putting new bytes in the place of files that were read before: all or none of them, each whole, and none if one has changed
 * since it was read. To be called under the files' locks.
 */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { AwsmfaError } from '../core/failures.ts'
import type { SharedFileName } from '../core/origin.ts'
import type { WriteWarning } from '../core/ports.ts'
import { writeInPlace } from './in-place.ts'
import { isMountPoint } from './mount-points.ts'
import { insist } from './pause.ts'
import { isSame } from './quiet-time.ts'
import { readRegularFile } from './regular-file.ts'
import type { FileRead } from './regular-file.ts'
import { discardStage, makeStage, stageName } from './staged-write.ts'
import type { FileRights, Stage } from './staged-write.ts'
import { isSystemError, refusalOf } from './system-error.ts'

/** One file to replace: what it held when it was read, and what it is to hold. */
export interface Replacement {
  readonly name: SharedFileName
  /** The file itself, links followed. */
  readonly file: string
  readonly read: FileRead
  readonly bytes: Buffer
}

interface StagedReplacement extends Replacement {
  readonly stage: Stage
  /** The old file under another name, to be put back if a later file cannot be replaced; undefined where there was none. */
  readonly kept: Stage | undefined
}

/**
 * Stages every file, compares every original once more (also those in `unchanged`, on which the plan rests), and renames the
 * stages into place in the order given. Gives undefined, having changed nothing, when an original has changed. Throws
 * FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE with the old bytes in place (but for its step 'restore'), and
 * FILE_PARTLY_WRITTEN when a later file failed and an earlier one could not be put back.
 */
export function replaceFiles(replacements: readonly Replacement[], unchanged: readonly Pick<Replacement, 'file' | 'read'>[]): readonly WriteWarning[] | undefined {
  const staged: StagedReplacement[] = []
  const warnings: WriteWarning[] = []
  let arePlaced = false
  try {
    for (const replacement of replacements) staged.push(stageReplacement(replacement, replacements.length > 1 && replacement !== replacements.at(-1)))
    if (![...replacements, ...unchanged].every(({ file, read }) => isSame(readRegularFile(file), read))) return undefined
    warnings.push(...putAllInPlace(staged))
    arePlaced = true
  } finally {
    for (const { file, stage, kept } of staged) {
      if (!arePlaced) warnings.push(...discardStage(file, stage))
      if (kept !== undefined) warnings.push(...discardStage(file, kept))
    }
  }
  const folders = new Set(replacements.map(({ file }) => dirname(file)))
  return [...staged.flatMap(({ stage }) => stage.warnings), ...warnings, ...[...folders].flatMap(syncFolder)]
}

function stageReplacement(replacement: Replacement, isToBeKept: boolean): StagedReplacement {
  const { file, read, bytes } = replacement
  const kept = isToBeKept && read.stat !== undefined ? keepOld(file, read) : undefined
  try {
    return { ...replacement, stage: makeStage(file, bytes, rightsFor(file, read)), kept }
  } catch (error) {
    if (kept !== undefined) discardStage(file, kept)
    throw error
  }
}

/** Another name for the old file costs nothing; where links are not to be had it is a copy. */
function keepOld(file: string, read: FileRead): Stage {
  const path = stageName(file)
  const isLinked = refusalOf(() => linkSync(file, path)) === undefined
  return isLinked ? { path, bytes: read.bytes, warnings: [] } : makeStage(file, read.bytes, rightsFor(file, read))
}

/** The owner and group of the old file, and for root those of the folder where there is no old file. */
function rightsFor(file: string, { stat }: FileRead): FileRights | undefined {
  if (stat !== undefined) return { uid: Number(stat.uid), gid: Number(stat.gid), mode: Number(stat.mode) & 0o777 }
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = statSync(dirname(file))
  return { uid, gid, mode: 0o600 }
}

function putAllInPlace(staged: readonly StagedReplacement[]): readonly WriteWarning[] {
  const warnings: WriteWarning[] = []
  const done: StagedReplacement[] = []
  for (const replacement of staged) {
    try {
      warnings.push(...putInPlace(replacement.file, replacement.stage, replacement.read.bytes))
    } catch (error) {
      for (const earlier of done.toReversed()) putBack(earlier, replacement, error)
      throw error
    }
    done.push(replacement)
  }
  return warnings
}

/** Renames a stage to its file, or overwrites the file where it is a mount point and can have no other file in its place. */
function putInPlace(file: string, stage: Stage, old: Buffer): readonly WriteWarning[] {
  try {
    insist(() => renameSync(stage.path, file))
    return []
  } catch (error) {
    if (!isSystemError(error)) throw error
    const { code: errno } = error
    if (errno !== 'EXDEV' && !(errno === 'EBUSY' && isMountPoint(file))) {
      throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, step: 'rename' }, { cause: error })
    }
    return [{ kind: 'written-in-place', path: file, errno }, ...writeInPlace(file, stage, old)]
  }
}

/** Undoes one replacement, unless somebody has written the file since. Throws FILE_PARTLY_WRITTEN when it cannot. */
function putBack({ name, file, kept, bytes }: StagedReplacement, failed: Replacement, cause: unknown): void {
  try {
    if (!readRegularFile(file).bytes.equals(bytes)) throw new Error('written by somebody else since')
    if (kept === undefined) unlinkSync(file)
    else putInPlace(file, kept, bytes)
  } catch {
    const errno = cause instanceof AwsmfaError && cause.failure.code === 'FILE_NOT_WRITABLE' ? cause.failure.errno : 'EIO'
    throw new AwsmfaError({ code: 'FILE_PARTLY_WRITTEN', place: { path: failed.file }, written: name, errno }, { cause })
  }
}

/** Makes a rename last through a power failure. Windows has no such thing. */
function syncFolder(folder: string): readonly WriteWarning[] {
  if (process.platform === 'win32') return []
  const errno = refusalOf(() => {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
  return errno === undefined ? [] : [{ kind: 'folder-not-synced', path: folder, errno }]
}
