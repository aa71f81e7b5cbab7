import { basename, dirname } from 'node:path'
import { closeSync, fsyncSync, linkSync, openSync, realpathSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { applyEdits } from './edit.ts'
import type { ByteEdit } from './edit.ts'
import { finishInPlace, isMountPoint, writeInPlace } from './in-place.ts'
import { isSame, readWhenQuiet } from './quiet-read.ts'
import { snapshotsOf } from './profiles.ts'
import type { FileSnapshot, SharedSnapshots } from './profiles.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/origin.ts'
import {
  discardStage,
  listFolder,
  makeFolder,
  makeStage,
  stageName,
  sweepStages,
  tryStage,
} from '../platform/atomic-file.ts'
import type { FileRights, Stage, WriteWarning } from '../platform/atomic-file.ts'
import { acquireLock, sweepLockLeftovers } from '../platform/file-lock.ts'
import type { HeldLock } from '../platform/file-lock.ts'
import { childPath } from '../platform/paths.ts'
import { findRegularFile, isNullDevice, readRegularFile, resolveLinks } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { insist, isSystemError, errnoOf, writing } from '../platform/system-error.ts'
import { monotonicMs, pauseSync } from '../platform/time.ts'

/**
 * Putting new bytes in the place of files that were read before: all or none of them, each whole, and none if one has changed
 * since it was read. To be called under the files' locks.
 */

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
function replaceFiles(
  replacements: readonly Replacement[],
  unchanged: readonly Pick<Replacement, 'file' | 'read'>[],
): readonly WriteWarning[] | undefined {
  const staged: StagedReplacement[] = []
  const warnings: WriteWarning[] = []
  let arePlaced = false
  try {
    for (const replacement of replacements)
      staged.push(stageReplacement(replacement, replacements.length > 1 && replacement !== replacements.at(-1)))
    if (![...replacements, ...unchanged].every(({ file, read }) => isSame(readRegularFile(file), read)))
      return undefined
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
  const isLinked = errnoOf(() => linkSync(file, path)) === undefined
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
      throw new AwsmfaError(
        { code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, step: 'rename' },
        { cause: error },
      )
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
    const errno =
      cause instanceof AwsmfaError && cause.failure.code === 'FILE_NOT_WRITABLE' ? cause.failure.errno : 'EIO'
    throw new AwsmfaError(
      { code: 'FILE_PARTLY_WRITTEN', place: { path: failed.file }, written: name, errno },
      { cause },
    )
  }
}

/** Makes a rename last through a power failure. Windows has no such thing. */
function syncFolder(folder: string): readonly WriteWarning[] {
  if (process.platform === 'win32') return []
  const errno = errnoOf(() => {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
  return errno === undefined ? [] : [{ kind: 'folder-not-synced', path: folder, errno }]
}

/**
 * The two shared files of AWS: reading them, and the write protocol. From lock to unlock everything is one synchronous
 * function on the main thread, so that no event of this process comes in between.
 */

export interface SharedFilesOptions {
  readonly paths: Readonly<Record<SharedFileName, string>>
  /** The home folder, so that root does not leave files of its own in somebody else's; undefined: not checked. */
  readonly home?: string | undefined
  readonly allowRoot?: boolean
  readonly uid?: number | undefined
  readonly lockWaitMs?: number
  /** Blocks for that many milliseconds. */
  readonly pause?: (ms: number) => void
}

/** One file to lock and perhaps to write. With both variables set to one path it has both names. */
interface Target {
  readonly names: readonly SharedFileName[]
  /** The file itself, links followed. */
  readonly file: string
}

interface Workplace {
  readonly options: SharedFilesOptions
  readonly pause: (ms: number) => void
  /** The size of each file when this process last read it whole: one that is suddenly shorter is suspicious. */
  readonly lastSizes: Map<string, number>
}

/** Config before credentials, in locking and in writing. */
const ORDER: readonly SharedFileName[] = ['config', 'credentials']

const LOCK_WAIT_MS = 10_000

const ROUNDS_MS = 5_000

const ROUNDS = 50

/** What a login adds at most, roughly; the rehearsal asks for room for it. */
const ROOM = 4_096

/** Makes the adapter. Touches nothing until it is asked. */
export function createSharedFiles(options: SharedFilesOptions): SharedFiles {
  const workplace = { options, pause: options.pause ?? pauseSync, lastSizes: new Map<string, number>() }
  return {
    read: () => readBoth(workplace, (file) => readRegularFile(file)).snapshots,
    transact: (files, plan) => transact(workplace, files, plan),
    preflight: (files) => rehearse(workplace, files),
  }
}

function rehearse({ options }: Workplace, files: readonly SharedFileName[]): void {
  refuseRootElsewhere(options)
  for (const { file } of findTargets(options, files)) {
    if (isNullDevice(file)) throw isDevice(file)
    tryStage(file, readRegularFile(file).bytes.length + ROOM)
  }
}

function transact<T>(
  workplace: Workplace,
  files: readonly SharedFileName[],
  plan: (snapshots: SharedSnapshots) => FilePlan<T>,
): TransactOutcome<T> {
  const { options } = workplace
  const targets = findTargets(options, files)
  const real = targets.filter(({ file }) => !isNullDevice(file))
  if (real.map(({ file }) => !findRegularFile(file) && isFolderMissing(file)).includes(true)) {
    // Nothing to lock yet: a folder is made only when there is something to write into it.
    const { edits, result } = plan(readBoth(workplace, readRegularFile).snapshots)
    if (ORDER.every((name) => (edits[name] ?? []).length === 0)) return { result, changed: [], warnings: [] }
    refuseRootElsewhere(options)
    for (const { file } of real) makeFolder(file)
  }
  refuseRootElsewhere(options)
  return withLocks(workplace, real, (locked) => replaceUntilUndisturbed(locked, targets, plan))
}

/** Locks the files, does the work and unlocks; a lock that cannot be removed is a warning beside the outcome. */
function withLocks<T>(
  workplace: Workplace,
  targets: readonly Target[],
  work: (workplace: Workplace) => TransactOutcome<T>,
): TransactOutcome<T> {
  const locks: HeldLock[] = []
  const warnings: WriteWarning[] = []
  const pause = (ms: number): void => {
    for (const lock of locks) lock.touch()
    workplace.pause(ms)
  }
  let outcome: TransactOutcome<T>
  try {
    for (const { file } of targets) {
      const path = `${file}.awsmfa-lock`
      const lock = writing(file, 'lock', () =>
        acquireLock(path, { waitMs: workplace.options.lockWaitMs ?? LOCK_WAIT_MS, pause }),
      )
      locks.push(lock)
      cleanUp(file, lock)
    }
    outcome = work({ ...workplace, pause })
  } finally {
    for (const lock of locks.toReversed()) {
      const errno = lock.release()
      if (errno !== undefined) warnings.push({ kind: 'lock-not-removed', path: lock.path, errno })
    }
  }
  return { ...outcome, warnings: [...outcome.warnings, ...warnings] }
}

/** Clears away what killed processes left beside a file, now that its lock says that none of them is at work. */
function cleanUp(file: string, lock: HeldLock): void {
  const names = listFolder(file)
  finishInPlace(file, names)
  sweepStages(file, names)
  sweepLockLeftovers(lock, names)
}

/** Reads, plans and replaces, again from the start when a file was changed meanwhile by somebody who takes no lock. */
function replaceUntilUndisturbed<T>(
  workplace: Workplace,
  targets: readonly Target[],
  plan: (snapshots: SharedSnapshots) => FilePlan<T>,
): TransactOutcome<T> {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    const { snapshots, reads } = readBoth(workplace, (file) => {
      const isLocked = targets.some((target) => target.file === file)
      return isLocked
        ? readWhenQuiet(file, { lastSize: workplace.lastSizes.get(file) ?? 0, pause: workplace.pause, now: Date.now })
        : readRegularFile(file)
    })
    const { edits, result } = plan(snapshots)
    const replacements = targets.flatMap((target) => planReplacement(target, edits, reads))
    refuseStrayEdits(edits, targets)
    if (replacements.length === 0) return { result, changed: [], warnings: [] }
    const unchanged = targets.flatMap(({ file }) => {
      const read = reads.get(file)
      return read === undefined || replacements.some((replacement) => replacement.file === file) ? [] : [{ file, read }]
    })
    const warnings = replaceFiles(replacements, unchanged)
    if (warnings !== undefined) {
      for (const { file, bytes } of replacements) workplace.lastSizes.set(file, bytes.length)
      const changed = targets
        .filter(({ file }) => replacements.some((replacement) => replacement.file === file))
        .flatMap(({ names }) => names)
      return { result, changed, warnings }
    }
    const [first] = replacements
    if (first && (round >= ROUNDS || monotonicMs() - startedMs > ROUNDS_MS)) {
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: first.file } })
    }
  }
}

function planReplacement(
  { names, file }: Target,
  edits: FilePlan<unknown>['edits'],
  reads: ReadonlyMap<string, FileRead>,
): readonly Replacement[] {
  const [name] = names
  const read = reads.get(file)
  const wanted = names.flatMap((each) => edits[each] ?? [])
  if (name === undefined || read === undefined || wanted.length === 0) return []
  if (isNullDevice(file)) throw isDevice(file)
  const text = read.bytes.toString('latin1')
  const edited = applyEdits(text, wanted)
  if (edited === text) return []
  if (!isContained(text, edited, wanted)) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path: file } })
  return [{ name, file, read, bytes: Buffer.from(edited, 'latin1') }]
}

/** The last look before a file of the person's is replaced: every byte outside the edits is as it was. */
function isContained(text: string, edited: string, edits: readonly ByteEdit[]): boolean {
  let position = 0
  let editedPosition = 0
  for (const { offset, length, content } of edits.toSorted((a, b) => a.offset - b.offset || a.length - b.length)) {
    const untouched = text.slice(position, offset)
    if (edited.slice(editedPosition, editedPosition + untouched.length) !== untouched) return false
    if (/[^\0-\xff]/.test(content)) return false
    position = offset + length
    editedPosition += untouched.length + content.length
  }
  return edited.slice(editedPosition) === text.slice(position)
}

function refuseStrayEdits(edits: FilePlan<unknown>['edits'], targets: readonly Target[]): void {
  const stray = ORDER.find(
    (name) => (edits[name] ?? []).length > 0 && !targets.some(({ names }) => names.includes(name)),
  )
  if (stray !== undefined) throw new Error(`a plan edits the ${stray} file, which was not named`)
}

function readBoth(
  { options, lastSizes }: Workplace,
  readOne: (file: string) => FileRead,
): { readonly snapshots: SharedSnapshots; readonly reads: ReadonlyMap<string, FileRead> } {
  const reads = new Map<string, FileRead>()
  const snapshot = (name: SharedFileName): FileSnapshot => {
    const path = options.paths[name]
    const file = canonical(path)
    const read = reads.get(file) ?? readOne(file)
    reads.set(file, read)
    lastSizes.set(file, read.bytes.length)
    return { path, text: read.bytes.toString('latin1'), exists: read.stat !== undefined }
  }
  const config = snapshot('config')
  return { snapshots: snapshotsOf({ credentials: snapshot('credentials'), config }), reads }
}

function findTargets({ paths }: SharedFilesOptions, files: readonly SharedFileName[]): readonly Target[] {
  const targets = new Map<string, SharedFileName[]>()
  for (const name of ORDER.filter((each) => files.includes(each))) {
    const file = canonical(paths[name])
    targets.set(file, [...(targets.get(file) ?? []), name])
  }
  return [...targets].map(([file, names]) => ({ names, file }))
}

/** One spelling for one file, so that both names of one file are seen to be that, and one lock serves both. */
function canonical(path: string): string {
  const file = resolveLinks(path)
  try {
    return childPath(realpathSync.native(dirname(file)), basename(file))
  } catch (error) {
    if (isSystemError(error)) return file
    throw error
  }
}

function isFolderMissing(file: string): boolean {
  return errnoOf(() => statSync(dirname(file))) === 'ENOENT'
}

/** Root's files in somebody else's home lock that person out. Throws HOME_OF_ANOTHER. */
function refuseRootElsewhere({ home, allowRoot, uid = process.getuid?.() }: SharedFilesOptions): void {
  if (uid !== 0 || allowRoot || home === undefined) return
  errnoOf(() => {
    const owner = statSync(home).uid
    if (owner !== 0) throw new AwsmfaError({ code: 'HOME_OF_ANOTHER', place: { path: home }, owner })
  })
}

function isDevice(path: string): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'device' })
}

/** What a plan wants done: edits per file (none: the file is left alone) and whatever the caller wants to know afterwards. */
export interface FilePlan<T> {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  readonly result: T
}

/** What a transaction did. `changed` lists the files whose bytes are new. */
export interface TransactOutcome<T> {
  readonly result: T
  readonly changed: readonly SharedFileName[]
  readonly warnings: readonly WriteWarning[]
}

/** The two shared files of AWS. */
export interface SharedFiles {
  /** Reads both files, without any lock. Throws FILE_UNREADABLE, FILE_NOT_REGULAR. */
  readonly read: () => SharedSnapshots
  /**
   * Locks the named files (config before credentials), reads both files, asks `plan` for edits on what was read, and makes
   * them so that each file is the old one or the new one, whole, whatever happens. `plan` may be asked again when a file
   * was changed meanwhile; it may throw, and then nothing is changed. Only edits of the named files are allowed.
   */
  readonly transact: <T>(
    files: readonly SharedFileName[],
    plan: (snapshots: SharedSnapshots) => FilePlan<T>,
  ) => TransactOutcome<T>
  /** Finds out whether `transact` could write: makes and removes a trial stage file. Throws what the write would throw. */
  readonly preflight: (files: readonly SharedFileName[]) => void
}
