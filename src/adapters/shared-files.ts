/**
 * The two shared files of AWS: reading them, and the write protocol. From lock to unlock everything is one synchronous
 * function on the main thread, so that no event of this process comes in between.
 */
import { realpathSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { AwsmfaError } from '../core/failures.ts'
import { applyEdits } from '../core/files/byte-edit.ts'
import type { ByteEdit } from '../core/files/byte-edit.ts'
import type { SharedFileName } from '../core/origin.ts'
import type { FilePlan, FileSnapshot, SharedFiles, SharedSnapshots, TransactOutcome, WriteWarning } from '../core/ports.ts'
import { childPath } from './child-path.ts'
import { acquireLock, sweepLockLeftovers } from './file-lock.ts'
import type { HeldLock } from './file-lock.ts'
import { finishInPlace } from './in-place.ts'
import { monotonicMs } from './monotonic-clock.ts'
import { pauseSync } from './pause.ts'
import { readWhenQuiet } from './quiet-time.ts'
import { findRegularFile, isNullDevice, readRegularFile, resolveLinks } from './regular-file.ts'
import type { FileRead } from './regular-file.ts'
import { replaceFiles } from './replace-files.ts'
import type { Replacement } from './replace-files.ts'
import { listFolder, makeFolder, sweepStages, tryStage } from './staged-write.ts'
import { isSystemError, refusalOf, writing } from './system-error.ts'

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
    rehearse: (files) => rehearse(workplace, files),
  }
}

function rehearse({ options }: Workplace, files: readonly SharedFileName[]): void {
  refuseRootElsewhere(options)
  for (const { file } of findTargets(options, files)) {
    if (isNullDevice(file)) throw isDevice(file)
    tryStage(file, readRegularFile(file).bytes.length + ROOM)
  }
}

function transact<T>(workplace: Workplace, files: readonly SharedFileName[], plan: (snapshots: SharedSnapshots) => FilePlan<T>): TransactOutcome<T> {
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
function withLocks<T>(workplace: Workplace, targets: readonly Target[], work: (workplace: Workplace) => TransactOutcome<T>): TransactOutcome<T> {
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
      const lock = writing(file, 'lock', () => acquireLock(path, { waitMs: workplace.options.lockWaitMs ?? LOCK_WAIT_MS, pause }))
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
function replaceUntilUndisturbed<T>(workplace: Workplace, targets: readonly Target[], plan: (snapshots: SharedSnapshots) => FilePlan<T>): TransactOutcome<T> {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    const { snapshots, reads } = readBoth(workplace, (file) => {
      const isLocked = targets.some((target) => target.file === file)
      return isLocked ? readWhenQuiet(file, { lastSize: workplace.lastSizes.get(file) ?? 0, pause: workplace.pause, now: Date.now }) : readRegularFile(file)
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
      const changed = targets.filter(({ file }) => replacements.some((replacement) => replacement.file === file)).flatMap(({ names }) => names)
      return { result, changed, warnings }
    }
    const [first] = replacements
    if (first && (round >= ROUNDS || monotonicMs() - startedMs > ROUNDS_MS)) {
      throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: first.file } })
    }
  }
}

function planReplacement({ names, file }: Target, edits: FilePlan<unknown>['edits'], reads: ReadonlyMap<string, FileRead>): readonly Replacement[] {
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
  const stray = ORDER.find((name) => (edits[name] ?? []).length > 0 && !targets.some(({ names }) => names.includes(name)))
  if (stray !== undefined) throw new Error(`a plan edits the ${stray} file, which was not named`)
}

function readBoth({ options, lastSizes }: Workplace, readOne: (file: string) => FileRead): { readonly snapshots: SharedSnapshots; readonly reads: ReadonlyMap<string, FileRead> } {
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
  return { snapshots: { credentials: snapshot('credentials'), config }, reads }
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
  return refusalOf(() => statSync(dirname(file))) === 'ENOENT'
}

/** Root's files in somebody else's home lock that person out. Throws HOME_OF_ANOTHER. */
function refuseRootElsewhere({ home, allowRoot, uid = process.getuid?.() }: SharedFilesOptions): void {
  if (uid !== 0 || allowRoot || home === undefined) return
  refusalOf(() => {
    const owner = statSync(home).uid
    if (owner !== 0) throw new AwsmfaError({ code: 'HOME_OF_ANOTHER', place: { path: home }, owner })
  })
}

function isDevice(path: string): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_NOT_REGULAR', place: { path }, found: 'device' })
}
