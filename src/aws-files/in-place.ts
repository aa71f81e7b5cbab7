import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { commonLength, makeStage, stageName } from '../platform/atomic-file.ts'
import type { Stage, WriteWarning } from '../platform/atomic-file.ts'
import { isPidUsed } from '../platform/process-info.ts'
import { errnoOf, isSystemError, orElse, writing } from '../platform/system-error.ts'

/**
 * Writes a file in place that cannot be renamed over: a mount point, such as a single file mounted into a container.
 * While it is written it is neither the old file nor the new one, so both lie beside it, complete, as
 * <file>.awsmfa-rescue-<pid>-<random>.old and .new, and the next process finishes what a killed one began.
 */

interface Rescue {
  readonly oldPath: string
  readonly newPath: string
}

/**
 * Overwrites a file with what a stage holds and removes the stage. Throws FILE_NOT_WRITABLE: with step 'in-place' the
 * old bytes are there again and checked; with step 'restore' they could not be restored, and `keptAt` has the new file
 * whole.
 */
export function writeInPlace(file: string, stage: Stage, old: Buffer): readonly WriteWarning[] {
  const rescue = prepareRescue(file, stage, old)
  try {
    overwrite(file, stage.bytes)
  } catch (error) {
    const isRestored = errnoOf(() => overwrite(file, old)) === undefined
    if (isRestored) removeRescue(rescue)
    const outcome = isRestored ? { step: 'in-place' as const } : { step: 'restore' as const, keptAt: rescue.newPath }
    const errno = isSystemError(error) ? error.code : 'EIO'
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, ...outcome }, { cause: error })
  }
  const errno = removeRescue(rescue)
  return errno === undefined ? [] : [{ kind: 'stage-not-removed', path: file, errno }]
}

/**
 * Finishes what killed processes began and removes the files that they left for it. A file that somebody else has
 * written since is left alone, with what lies beside it. For the holder of the file's lock, with the names in its
 * folder. Throws FILE_NOT_WRITABLE.
 */
export function finishInPlace(file: string, names: readonly string[]): void {
  for (const name of names) {
    const [, of, pid] = /^(.+)\.awsmfa-rescue-(\d+)-[0-9a-f]{12}\.old$/.exec(name) ?? []
    if (of !== basename(file) || isPidUsed(Number(pid))) continue
    const newName = name.replace(/old$/, 'new')
    const rescue = { oldPath: join(dirname(file), name), newPath: join(dirname(file), newName) }
    writing(file, 'in-place', () => {
      if (!names.includes(newName) || finish(file, rescue)) removeRescue(rescue)
    })
  }
}

/** The old file first: an old one alone means that nothing was begun. */
function prepareRescue(file: string, stage: Stage, old: Buffer): Rescue {
  const base = stageName(file, 'rescue-')
  const rescue = { oldPath: `${base}.old`, newPath: `${base}.new` }
  const oldStage = makeStage(file, old)
  try {
    writing(file, 'stage', () => renameSync(oldStage.path, rescue.oldPath))
    writing(file, 'stage', () => renameSync(stage.path, rescue.newPath))
    return rescue
  } catch (error) {
    for (const path of [oldStage.path, rescue.oldPath]) errnoOf(() => unlinkSync(path))
    throw error
  }
}

/** The new file first: an old one alone means that there is nothing to finish. Returns the code of a refusal. */
function removeRescue({ oldPath, newPath }: Rescue): string | undefined {
  for (const path of [newPath, oldPath]) {
    const errno = errnoOf(() => unlinkSync(path))
    if (errno !== undefined && errno !== 'ENOENT') return errno
  }
  return undefined
}

/** Returns false for a file that is not what a killed `overwrite` leaves: new up to some place, old from there on. */
function finish(file: string, { oldPath, newPath }: Rescue): boolean {
  const [current, old, wanted] = [readFileSync(file), readFileSync(oldPath), readFileSync(newPath)]
  if (current.equals(old) || current.equals(wanted)) return true
  const written = commonLength(current, wanted)
  if (!current.subarray(written).equals(old.subarray(written))) return false
  overwrite(file, wanted)
  return true
}

/**
 * Writes from the start and truncates last, so that at every moment the file is new up to some place, and old from
 * there on.
 */
function overwrite(file: string, bytes: Buffer): void {
  const fd = openSync(file, 'r+')
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, done)
    ftruncateSync(fd, bytes.length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (!readFileSync(file).equals(bytes))
    throw Object.assign(new Error('read back otherwise'), { code: 'EIO', syscall: 'read' })
}

/**
 * Returns whether a file is itself a mount point. Known on Linux alone: the fifth field of /proc/self/mountinfo, with
 * space, tab, line end and backslash as octal numbers (proc(5)).
 */
export function isMountPoint(path: string): boolean {
  const real = orElse(undefined, () => realpathSync.native(path))
  const mounts = orElse('', () => readFileSync('/proc/self/mountinfo', 'utf8')).split('\n')
  const unescape = (text: string): string =>
    text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
  return real !== undefined && mounts.some((line) => unescape(line.split(' ')[4] ?? '') === real)
}
