import { closeSync, fsyncSync, linkSync, openSync, realpathSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/origin.ts'
import {
  discardStage,
  listFolder,
  makePrivateFolder,
  makeStage,
  stageName,
  sweepStagesOf,
  tryStage,
} from '../platform/atomic-file.ts'
import type { Stage, WriteWarning } from '../platform/atomic-file.ts'
import { acquireLock } from '../platform/file-lock.ts'
import type { HeldLock } from '../platform/file-lock.ts'
import { assertRegularFile, isNullDevice, readRegularFile, resolveLinks } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { errnoOf, isSystemError, orElse, retryIfBusy, writing } from '../platform/system-error.ts'
import { monotonicMs, pauseSync } from '../platform/time.ts'
import { applyEdits } from './edit.ts'
import type { ByteEdit } from './edit.ts'
import { finishInPlace, isMountPoint, writeInPlace } from './in-place.ts'
import { snapshotsOf } from './profiles.ts'
import type { FileSnapshot, SharedSnapshots } from './profiles.ts'
import { isSame, readWhenQuiet } from './quiet-read.ts'

/**
 * The two shared files of AWS, and the only way in which awsmfa changes them.
 *
 * Purpose: whatever happens (a kill, a full disk, another awsmfa, a program that writes in place without any lock),
 * each file is the old one or the new one, whole; what others wrote is kept; and no file changes unless all do.
 *
 * Calling sequence: `read` for a look without a lock; `preflight` to find out whether a write will be possible, before
 * a token code is spent; `transact` with a plan, which turns what was read into edits. `transact` locks the files
 * (config before credentials), removes what killed processes left, reads both, asks the plan, applies its edits, stages
 * the new files beside the old ones, reads the stages back, compares the originals once more, and renames. It is one
 * synchronous function, so that no event of this process comes in between. A plan must not wait, and is asked again if
 * a file was changed meanwhile.
 *
 * Errors: a plan may throw, and then nothing has changed. FILE_UNREADABLE and FILE_NOT_REGULAR for reading;
 * FILE_LOCKED; FILE_KEEPS_CHANGING; FILE_NOT_WRITABLE with the step and FILE_INCOMPLETE_WRITE, with the old bytes in
 * place but for the step 'restore'; FILE_PARTLY_WRITTEN if the second file failed and the first could not be restored;
 * HOME_OF_ANOTHER for root. What is wrong after the new files are in place is a warning.
 */
export interface SharedFiles {
  readonly read: () => SharedSnapshots
  /** Edits of files that are not in `files` are a fault of the plan. */
  readonly transact: <T>(files: readonly SharedFileName[], plan: Plan<T>) => TransactOutcome<T>
  /** Throws what `transact` would throw for files that cannot be written, by making and removing a stage. */
  readonly preflight: (files: readonly SharedFileName[]) => void
}

type Plan<T> = (snapshots: SharedSnapshots) => FilePlan<T>

/** The edits of each file (none: it is left alone), and whatever the caller wants to know afterwards. */
export interface FilePlan<T> {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  readonly result: T
}

/** What a transaction did. `changed`: the files whose bytes are new. */
export interface TransactOutcome<T> {
  readonly result: T
  readonly changed: readonly SharedFileName[]
  readonly warnings: readonly WriteWarning[]
}

export interface SharedFilesOptions {
  readonly paths: Readonly<Record<SharedFileName, string>>
  /** The home folder, in which root may not leave files of its own if it is somebody else's; undefined: not checked. */
  readonly home?: string | undefined
  readonly allowRoot?: boolean
  readonly uid?: number | undefined
  readonly lockWaitMs?: number
  /** Blocks for that many milliseconds. */
  readonly pause?: (ms: number) => void
}

interface Session extends SharedFilesOptions {
  readonly pause: (ms: number) => void
  /** The size of each file when this process last saw it: one that is suddenly shorter may be being written. */
  readonly lastSizes: Map<string, number>
}

/** What was read, by file: with both variables set to one path, both names are one file. */
interface Reading {
  readonly snapshots: SharedSnapshots
  readonly reads: ReadonlyMap<string, FileRead>
}

/** The new bytes of a file. */
interface Replacement {
  readonly file: string
  readonly names: readonly SharedFileName[]
  readonly read: FileRead
  readonly bytes: Buffer
}

/** A replacement on the disk. `backup`: the old file, to be put back if a later file cannot be replaced. */
interface Staged extends Replacement {
  readonly stage: Stage
  readonly backup: Stage | undefined
}

/** In locking and in writing. */
const ORDER: readonly SharedFileName[] = ['config', 'credentials']

const LOCK_WAIT_MS = 10_000
const MAXIMUM_ROUNDS = 50
const MAXIMUM_ROUNDS_MS = 5_000

/** More than a login adds; `preflight` asks for room for it. */
const ROOM_BYTES = 4_096

/** Returns access to the files at these paths. Touches nothing until it is asked. */
export function createSharedFiles(options: SharedFilesOptions): SharedFiles {
  const session = { ...options, pause: options.pause ?? pauseSync, lastSizes: new Map<string, number>() }
  return {
    read: () => readBoth(session, readRegularFile).snapshots,
    transact: (names, plan) => transact(session, names, plan),
    preflight: (names) => {
      refuseRootElsewhere(session)
      for (const file of filesOf(session, names).keys()) {
        if (isNullDevice(file)) throw isDevice(file)
        tryStage(file, readRegularFile(file).bytes.length + ROOM_BYTES)
      }
    },
  }
}

function transact<T>(session: Session, names: readonly SharedFileName[], plan: Plan<T>): TransactOutcome<T> {
  const missing = [...filesOf(session, names).keys()].filter((file) => {
    assertRegularFile(file)
    return errnoOf(() => statSync(dirname(file))) === 'ENOENT'
  })
  if (missing.length > 0) {
    // Nothing to lock yet: a folder is made only when there is something to write into it.
    const { edits, result } = plan(readBoth(session, readRegularFile).snapshots)
    if (ORDER.every((name) => (edits[name] ?? []).length === 0)) return { result, changed: [], warnings: [] }
  }
  refuseRootElsewhere(session)
  for (const file of missing) writing(file, 'folder', () => makePrivateFolder(dirname(file)))
  // Only now, since a folder that is missing has no canonical name.
  const files = filesOf(session, names)
  const locks: HeldLock[] = []
  const pause = (ms: number): void => {
    for (const lock of locks) lock.touch()
    session.pause(ms)
  }
  const lockWarnings: WriteWarning[] = []
  let outcome: TransactOutcome<T>
  try {
    for (const file of files.keys()) {
      if (isNullDevice(file)) continue
      locks.push(lockFile(file, session.lockWaitMs ?? LOCK_WAIT_MS, pause))
      removeLeftovers(file)
    }
    outcome = writeUndisturbed({ ...session, pause }, files, plan)
  } finally {
    for (const lock of locks.toReversed()) {
      const errno = lock.release()
      if (errno !== undefined) lockWarnings.push({ kind: 'lock-not-removed', path: lock.path, errno })
    }
  }
  return { ...outcome, warnings: [...outcome.warnings, ...lockWarnings] }
}

function lockFile(file: string, waitMs: number, pause: (ms: number) => void): HeldLock {
  return writing(file, 'lock', () => acquireLock(`${file}.awsmfa-lock`, { waitMs, pause }))
}

/** Clears away what killed processes left beside a locked file; finishes what one of them began to write in place. */
function removeLeftovers(file: string): void {
  const names = listFolder(file)
  finishInPlace(file, names)
  sweepStagesOf(file, names)
}

/** Reads, plans and replaces, again from the start if somebody who takes no lock changed a file meanwhile. */
function writeUndisturbed<T>(
  session: Session,
  files: ReadonlyMap<string, readonly SharedFileName[]>,
  plan: Plan<T>,
): TransactOutcome<T> {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    const { snapshots, reads } = readBoth(session, (file) => {
      if (!files.has(file)) return readRegularFile(file)
      return readWhenQuiet(file, { lastSize: session.lastSizes.get(file) ?? 0, pause: session.pause })
    })
    const { edits, result } = plan(snapshots)
    const stray = ORDER.find((name) => edits[name]?.length && ![...files.values()].flat().includes(name))
    if (stray !== undefined) throw new Error(`a plan edits the ${stray} file, which was not named`)
    const replacements = [...files].flatMap(([file, names]) => planReplacement(file, names, edits, reads))
    const [first] = replacements
    if (first === undefined) return { result, changed: [], warnings: [] }
    const locked = [...reads].filter(([file]) => files.has(file))
    const isUnchanged = (): boolean => locked.every(([file, read]) => isSame(readRegularFile(file), read))
    const warnings = replaceAll(session, replacements, isUnchanged)
    if (warnings !== undefined) return { result, changed: replacements.flatMap(({ names }) => names), warnings }
    if (round >= MAXIMUM_ROUNDS || monotonicMs() - startedMs > MAXIMUM_ROUNDS_MS)
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: first.file } })
  }
}

function planReplacement(
  file: string,
  names: readonly SharedFileName[],
  edits: FilePlan<unknown>['edits'],
  reads: Reading['reads'],
): readonly Replacement[] {
  const read = reads.get(file)
  const wanted = names.flatMap((name) => edits[name] ?? [])
  if (wanted.length === 0) return []
  if (isNullDevice(file)) throw isDevice(file)
  if (read === undefined) throw new Error(`${file} was locked and not read`)
  const text = read.bytes.toString('latin1')
  const edited = applyEdits(text, wanted)
  if (!isContained(text, edited, wanted)) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path: file } })
  return edited === text ? [] : [{ file, names, read, bytes: Buffer.from(edited, 'latin1') }]
}

/** Returns whether every byte outside the edits is as it was: the last look before a file is replaced. */
function isContained(text: string, edited: string, edits: readonly ByteEdit[]): boolean {
  let [position, editedPosition] = [0, 0]
  for (const { offset, length, content } of edits.toSorted((a, b) => a.offset - b.offset || a.length - b.length)) {
    const untouched = text.slice(position, offset)
    if (!edited.startsWith(untouched, editedPosition) || /[^\0-\xff]/.test(content)) return false
    position = offset + length
    editedPosition += untouched.length + content.length
  }
  return edited.slice(editedPosition) === text.slice(position)
}

/** Stages all files and renames them into place. Returns undefined, having changed nothing, if a file was changed. */
function replaceAll(
  { lastSizes }: Session,
  replacements: readonly Replacement[],
  isUnchanged: () => boolean,
): readonly WriteWarning[] | undefined {
  const staged: Staged[] = []
  const warnings: WriteWarning[] = []
  let areReplaced = false
  try {
    for (const each of replacements) staged.push(stageReplacement(each, each !== replacements.at(-1)))
    if (!isUnchanged()) return undefined
    warnings.push(...staged.flatMap(({ stage }) => stage.warnings), ...renameAll(staged))
    areReplaced = true
  } finally {
    for (const { file, stage, backup } of staged) {
      if (!areReplaced) warnings.push(...discardStage(file, stage))
      if (backup !== undefined) warnings.push(...discardStage(file, backup))
    }
  }
  for (const { file, bytes } of staged) lastSizes.set(file, bytes.length)
  const folders = new Set(staged.map(({ file }) => dirname(file)))
  return [...warnings, ...[...folders].flatMap(syncFolder)]
}

function stageReplacement(replacement: Replacement, needsBackup: boolean): Staged {
  const { file, read, bytes } = replacement
  const backup = needsBackup && read.stat !== undefined ? keepOld(file, read) : undefined
  try {
    return { ...replacement, stage: makeStage(file, bytes, { old: read.stat }), backup }
  } catch (error) {
    if (backup !== undefined) discardStage(file, backup)
    throw error
  }
}

/** Gives the old file a second name, or copies it where the file system has no links. */
function keepOld(file: string, read: FileRead): Stage {
  const path = stageName(file)
  const isLinked = errnoOf(() => linkSync(file, path)) === undefined
  return isLinked ? { ...read, path, warnings: [] } : makeStage(file, read.bytes, { old: read.stat })
}

function renameAll(staged: readonly Staged[]): readonly WriteWarning[] {
  const warnings: WriteWarning[] = []
  for (const [index, each] of staged.entries()) {
    try {
      warnings.push(...renameStage(each.file, each.stage, each.read.bytes))
    } catch (error) {
      for (const earlier of staged.slice(0, index).toReversed()) restore(earlier, each, error)
      throw error
    }
  }
  return warnings
}

/** Renames a stage to its file; overwrites the file if it is a mount point, to which nothing can be renamed. */
function renameStage(file: string, stage: Stage, old: Buffer): readonly WriteWarning[] {
  try {
    retryIfBusy(() => renameSync(stage.path, file))
    return []
  } catch (error) {
    if (!isSystemError(error)) throw error
    const { code: errno } = error
    if (errno === 'EXDEV' || (errno === 'EBUSY' && isMountPoint(file)))
      return [{ kind: 'written-in-place', path: file, errno }, ...writeInPlace(file, stage, old)]
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, step: 'rename' }, { cause: error })
  }
}

/** Undoes one replacement, unless somebody has written the file since. Throws FILE_PARTLY_WRITTEN if it cannot. */
function restore({ names, file, backup, bytes }: Staged, failed: Staged, cause: unknown): void {
  try {
    if (!readRegularFile(file).bytes.equals(bytes)) throw new Error('written by somebody else since')
    if (backup === undefined) unlinkSync(file)
    else renameStage(file, backup, bytes)
  } catch {
    const isRefusal = cause instanceof AwsmfaError && cause.failure.code === 'FILE_NOT_WRITABLE'
    const errno = isRefusal ? cause.failure.errno : 'EIO'
    const [written = 'config'] = names
    throw new AwsmfaError({ code: 'FILE_PARTLY_WRITTEN', place: { path: failed.file }, written, errno }, { cause })
  }
}

/** Makes a rename last through a power failure. Windows has no such thing. */
function syncFolder(path: string): readonly WriteWarning[] {
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

function readBoth({ paths, lastSizes }: Session, readOne: (file: string) => FileRead): Reading {
  const reads = new Map<string, FileRead>()
  const snapshot = (name: SharedFileName): FileSnapshot => {
    const path = paths[name]
    const file = canonical(path)
    const read = reads.get(file) ?? readOne(file)
    reads.set(file, read)
    lastSizes.set(file, read.bytes.length)
    return { path, text: read.bytes.toString('latin1'), exists: read.stat !== undefined }
  }
  const [config, credentials] = [snapshot('config'), snapshot('credentials')]
  return { snapshots: snapshotsOf({ credentials, config }), reads }
}

/** The files themselves, links followed, each with its names. */
function filesOf({ paths }: Session, names: readonly SharedFileName[]): ReadonlyMap<string, readonly SharedFileName[]> {
  const files = new Map<string, readonly SharedFileName[]>()
  for (const name of ORDER.filter((each) => names.includes(each))) {
    const file = canonical(paths[name])
    files.set(file, [...(files.get(file) ?? []), name])
  }
  return files
}

/** One spelling for one file, so that one lock serves both of its names. */
function canonical(path: string): string {
  const file = resolveLinks(path)
  return orElse(file, () => join(realpathSync.native(dirname(file)), basename(file)))
}

/** Root's files in somebody else's home lock that person out. Throws HOME_OF_ANOTHER. */
function refuseRootElsewhere({ home, allowRoot, uid = process.getuid?.() }: Session): void {
  if (uid !== 0 || allowRoot || home === undefined) return
  const owner = orElse(0, () => statSync(home).uid)
  if (owner !== 0) throw new AwsmfaError({ code: 'HOME_OF_ANOTHER', place: { path: home }, owner })
}

function isDevice(path: string): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'device' })
}
