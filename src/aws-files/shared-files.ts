/**
 * The two shared files of AWS, and the only way in which awsmfa changes them.
 *
 * Whatever happens (a kill, a full disk, another awsmfa, a program that writes in place without any lock), each file is
 * the old one or the new one, whole; what others wrote is kept; and no file changes unless all do.
 *
 * `read` looks without a lock. `preflight` finds out whether a write will be possible, before a token code is spent.
 * `transact` locks the files (config before credentials), reads both, calls the plan, which turns what was read into
 * edits, stages the new files beside the old ones, compares the old files once more, renames the stages into place, and
 * reads the files again by the paths that tools open. It is one synchronous function, so that no event of this process
 * comes in between. A plan must not wait, and is called again if a file was changed meanwhile.
 *
 * Errors: a plan may throw, and then nothing has changed. FILE_UNREADABLE and FILE_NOT_REGULAR for reading;
 * FILE_LOCKED; FILE_KEEPS_CHANGING; FILE_INCOMPLETE_WRITE, and FILE_NOT_WRITABLE with the step: the old bytes are in
 * place but for the steps 'restore' and 'compare'; FILE_PARTLY_WRITTEN if the second file failed and the first could
 * not be restored; HOME_OF_ANOTHER for root. What goes wrong after the new files are in place is a warning.
 */
import { renameSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { SharedFileName } from '../model/profile.ts'
import {
  discardStage,
  makePrivateFolder,
  makeStage,
  removeStagesWith,
  sweepStages,
  syncFolder,
  tryStage,
} from '../platform/atomic-file.ts'
import type { Stage, WriteWarning } from '../platform/atomic-file.ts'
import { acquireLock, whenUnlocked } from '../platform/file-lock.ts'
import type { HeldLock } from '../platform/file-lock.ts'
import { isNullDevice, readRegularFile, resolveLinks } from '../platform/read-file.ts'
import type { FileRead } from '../platform/read-file.ts'
import { asWriteFailure, errnoOf, isSystemError, orElse, retryIfBusy, writing } from '../platform/system-error.ts'
import { monotonicMs, pauseSync } from '../platform/time.ts'
import { applyEdits } from './ini-document.ts'
import type { ByteEdit } from './ini-document.ts'
import { finishInPlace, isMountPoint, isSame, readWhenQuiet, tryInPlace, writeInPlace } from './in-place.ts'
import { snapshotsOf } from './profiles.ts'
import type { FileSnapshot, SharedSnapshots } from './profiles.ts'

export interface SharedFiles {
  readonly read: () => SharedSnapshots
  /**
   * Waits until no other process writes these files, so that `transact`, during which no signal is noticed, need not
   * wait for long. Throws FILE_LOCKED, and the signal's reason.
   */
  readonly whenUnlocked: (names: readonly SharedFileName[], signal: AbortSignal) => Promise<void>
  /** Edits of files that are not in `names` are a fault of the plan. */
  readonly transact: <T>(names: readonly SharedFileName[], plan: Plan<T>) => TransactOutcome<T>
  /** Throws what `transact` would throw for files that cannot be written, by making and removing a stage. */
  readonly preflight: (names: readonly SharedFileName[]) => void
  /** Removes what killed processes left beside the files with one of these texts, which are no longer in the files. */
  readonly removeCopies: (texts: readonly string[]) => readonly WriteWarning[]
}

type Plan<T> = (snapshots: SharedSnapshots) => FilePlan<T>

/** The edits of each file (none: it is left alone), and what the caller wants to know afterwards. */
export interface FilePlan<T> {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  /** The file to replace before the other one, as a kill may come in between; by default config. */
  readonly first?: SharedFileName
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
  /** The home folder. Root may not leave files of its own in another user's; undefined: not checked. */
  readonly home?: string | undefined
  readonly allowRoot?: boolean
  readonly uid?: number | undefined
  readonly lockWaitMs?: number
  /** Blocks for that many milliseconds. */
  readonly pause?: (ms: number) => void
}

interface Access extends SharedFilesOptions {
  readonly pause: (ms: number) => void
  /** The size of each file when this process last saw it: one that is suddenly shorter may be being written. */
  readonly lastSizes: Map<string, number>
}

/** A file, links resolved, by each of its names: with both variables set to one path, both names are one file. */
type Targets = ReadonlyMap<string, readonly SharedFileName[]>

/** A file that the plan changes. */
interface Replacement {
  readonly file: string
  readonly names: readonly SharedFileName[]
  readonly old: FileRead
  readonly bytes: Buffer
}

/** The order in which files are locked, and written unless the plan says otherwise. */
const ORDER: readonly SharedFileName[] = ['config', 'credentials']

/** Longer than it takes to see that a lock is abandoned. */
const LOCK_WAIT_MS = 12_000
const MAXIMUM_ROUNDS = 50
const MAXIMUM_ROUNDS_MS = 5_000

/** More than a login adds; `preflight` asks for room for it. */
const ROOM_BYTES = 4_096

/** Returns access to the files at these paths. Touches nothing until it is called. */
export function createSharedFiles(options: SharedFilesOptions): SharedFiles {
  const access = { ...options, pause: options.pause ?? pauseSync, lastSizes: new Map<string, number>() }
  return {
    read: () => readBoth(access, readRegularFile).snapshots,
    whenUnlocked: async (names, signal) => {
      const waitMs = access.lockWaitMs ?? LOCK_WAIT_MS
      for (const file of targetsOf(access, names).keys())
        await whenUnlocked(`${file}.awsmfa-lock`, { waitMs, file }, signal)
    },
    transact: (names, plan) => transact(access, names, plan),
    preflight: (names) => {
      refuseRootElsewhere(access)
      for (const file of targetsOf(access, names).keys()) {
        refuseNullDevice(file)
        tryInPlace(file)
        tryStage(file, readRegularFile(file).bytes.length + ROOM_BYTES)
      }
    },
    removeCopies: (texts) => [...targetsOf(access, ORDER).keys()].flatMap((file) => removeStagesWith(file, texts)),
  }
}

function transact<T>(access: Access, names: readonly SharedFileName[], plan: Plan<T>): TransactOutcome<T> {
  const targets = targetsOf(access, names)
  // What is no regular file is refused before a lock is made beside it.
  for (const file of targets.keys()) readRegularFile(file)
  const withoutFolder = [...targets.keys()].filter((file) => errnoOf(() => statSync(dirname(file))) === 'ENOENT')
  if (withoutFolder.length > 0) {
    // Nothing to lock yet: a folder is made only when there is something to write into it.
    const { edits, result } = plan(readBoth(access, readRegularFile).snapshots)
    if (ORDER.every((name) => (edits[name] ?? []).length === 0)) return { result, changed: [], warnings: [] }
  }
  refuseRootElsewhere(access)
  for (const file of withoutFolder) writing(file, 'folder', () => makePrivateFolder(dirname(file)))
  const locks: HeldLock[] = []
  const pause = (ms: number): void => {
    for (const lock of locks) lock.touch()
    access.pause(ms)
  }
  const warnings: WriteWarning[] = []
  try {
    for (const file of targets.keys()) {
      if (isNullDevice(file)) continue
      const waiting = { waitMs: access.lockWaitMs ?? LOCK_WAIT_MS, pause, file }
      locks.push(writing(file, 'lock', () => acquireLock(`${file}.awsmfa-lock`, waiting)))
      finishInPlace(file)
      sweepStages(dirname(file), 0, basename(file))
    }
    const outcome = replaceUndisturbed({ ...access, pause }, targets, plan)
    warnings.push(...outcome.warnings)
    return { ...outcome, warnings }
  } finally {
    for (const lock of locks.toReversed()) {
      const errno = lock.release()
      if (errno !== undefined) warnings.push({ kind: 'lock-not-removed', path: lock.path, errno })
    }
  }
}

/** Reads, plans and replaces, again from the start if a program that takes no lock changed a file meanwhile. */
function replaceUndisturbed<T>(access: Access, targets: Targets, plan: Plan<T>): TransactOutcome<T> {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    const { snapshots, reads } = readBoth(access, (file) => {
      if (!targets.has(file)) return readRegularFile(file)
      return readWhenQuiet(file, access.lastSizes.get(file) ?? 0, access.pause)
    })
    const { edits, first: name, result } = plan(snapshots)
    const planned = planReplacements(targets, edits, reads)
    const replacements = name === 'credentials' ? planned.toReversed() : planned
    const [first] = replacements
    if (first === undefined) return { result, changed: [], warnings: [] }
    const locked = [...reads].filter(([file]) => targets.has(file))
    const isUnchanged = (): boolean => locked.every(([file, read]) => isSame(readRegularFile(file), read))
    const warnings = replaceAll(replacements, isUnchanged)
    if (warnings !== undefined) {
      assertWritten(access, replacements)
      return { result, changed: replacements.flatMap(({ names }) => names), warnings }
    }
    if (round >= MAXIMUM_ROUNDS || monotonicMs() - startedMs > MAXIMUM_ROUNDS_MS)
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: first.file } })
  }
}

/** Returns the files whose bytes the edits change, with their new bytes. */
function planReplacements(
  targets: Targets,
  edits: FilePlan<unknown>['edits'],
  reads: ReadonlyMap<string, FileRead>,
): readonly Replacement[] {
  const named = [...targets.values()].flat()
  const stray = ORDER.find((name) => edits[name]?.length && !named.includes(name))
  if (stray !== undefined) throw new Error(`a plan edits the ${stray} file, which was not named`)
  return [...targets].flatMap(([file, names]) => {
    const wanted = names.flatMap((name) => edits[name] ?? [])
    if (wanted.length === 0) return []
    refuseNullDevice(file)
    const old = reads.get(file)
    if (old === undefined) throw new Error(`${file} was locked and not read`)
    const edited = applyEdits(old.bytes.toString('latin1'), wanted)
    if (/[^\0-\xff]/.test(edited)) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path: file } })
    const bytes = Buffer.from(edited, 'latin1')
    return bytes.equals(old.bytes) ? [] : [{ file, names, old, bytes }]
  })
}

/** Stages all files and renames them into place. Returns undefined, having changed nothing, if a file was changed. */
function replaceAll(
  replacements: readonly Replacement[],
  isUnchanged: () => boolean,
): readonly WriteWarning[] | undefined {
  const staged: (Replacement & { readonly stage: Stage })[] = []
  const warnings: WriteWarning[] = []
  let replaced = 0
  try {
    for (const each of replacements)
      staged.push({ ...each, stage: makeStage(each.file, each.bytes, { old: each.old.stat }) })
    if (!isUnchanged()) return undefined
    warnings.push(...staged.flatMap(({ stage }) => stage.warnings))
    for (const { file, stage, old } of staged) {
      warnings.push(...moveIntoPlace(file, stage, old.bytes))
      replaced++
    }
  } catch (error) {
    for (const each of staged.slice(0, replaced)) restore(each, staged[replaced]?.file ?? each.file, error)
    throw error
  } finally {
    for (const { file, stage } of staged.slice(replaced)) discardStage(file, stage.path)
  }
  return [...warnings, ...[...new Set(staged.map(({ file }) => dirname(file)))].flatMap(syncFolder)]
}

/** Renames a stage to its file; overwrites the file if it is a mount point, to which nothing can be renamed. */
function moveIntoPlace(file: string, stage: Stage, old: Buffer): readonly WriteWarning[] {
  try {
    retryIfBusy(() => renameSync(stage.path, file))
    return []
  } catch (error) {
    if (!isSystemError(error)) throw error
    const { code: errno } = error
    if (errno === 'EXDEV' || (errno === 'EBUSY' && isMountPoint(file)))
      return [{ kind: 'written-in-place', path: file, errno }, ...writeInPlace(file, stage, old)]
    throw asWriteFailure(file, 'rename', error)
  }
}

/** Undoes a replacement, unless another program has written the file since; else throws FILE_PARTLY_WRITTEN. */
function restore({ file, names, old, bytes }: Replacement, failed: string, cause: unknown): void {
  const undone = { file, names, old: { bytes, stat: old.stat }, bytes: old.bytes }
  try {
    if (!readRegularFile(file).bytes.equals(bytes)) throw new Error('written by another program since')
    if (old.stat === undefined) unlinkSync(file)
    else replaceAll([undone], () => true)
  } catch {
    const errno = isFailure(cause, 'FILE_NOT_WRITABLE') ? cause.failure.errno : 'EIO'
    const [written = 'config'] = names
    throw new AwsmfaError({ code: 'FILE_PARTLY_WRITTEN', place: { path: failed }, written, errno }, { cause })
  }
}

/** Throws FILE_NOT_WRITABLE unless the paths that tools open lead to the new bytes: only that is a success. */
function assertWritten({ paths, lastSizes }: Access, replacements: readonly Replacement[]): void {
  for (const { file, names, bytes } of replacements) {
    lastSizes.set(file, bytes.length)
    if (!names.every((name) => readRegularFile(paths[name]).bytes.equals(bytes)))
      throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno: 'EIO', step: 'compare' })
  }
}

function readBoth(
  { paths, lastSizes }: Access,
  readOne: (file: string) => FileRead,
): { readonly snapshots: SharedSnapshots; readonly reads: ReadonlyMap<string, FileRead> } {
  const reads = new Map<string, FileRead>()
  const snapshot = (name: SharedFileName): FileSnapshot => {
    const path = paths[name]
    const file = resolveLinks(path)
    const read = reads.get(file) ?? readOne(file)
    reads.set(file, read)
    lastSizes.set(file, read.bytes.length)
    return { path, text: read.bytes.toString('latin1'), exists: read.stat !== undefined }
  }
  const [config, credentials] = [snapshot('config'), snapshot('credentials')]
  return { snapshots: snapshotsOf({ credentials, config }), reads }
}

function targetsOf({ paths }: Access, names: readonly SharedFileName[]): Targets {
  const targets = new Map<string, readonly SharedFileName[]>()
  for (const name of ORDER.filter((each) => names.includes(each))) {
    const file = resolveLinks(paths[name])
    targets.set(file, [...(targets.get(file) ?? []), name])
  }
  return targets
}

/** Root's files in another user's home lock that user out. Throws HOME_OF_ANOTHER. */
function refuseRootElsewhere({ home, allowRoot, uid = process.getuid?.() }: Access): void {
  if (uid !== 0 || allowRoot || home === undefined) return
  const owner = orElse(0, () => statSync(home).uid)
  if (owner !== 0) throw new AwsmfaError({ code: 'HOME_OF_ANOTHER', place: { path: home }, owner })
}

function refuseNullDevice(path: string): void {
  if (isNullDevice(path)) throw new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'device' })
}
