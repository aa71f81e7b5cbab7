import { basename, dirname, join } from 'node:path'
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
import { AwsmfaError } from '../model/failure.ts'
import { makeStage, stageName } from '../platform/atomic-file.ts'
import type { Stage, WriteWarning } from '../platform/atomic-file.ts'
import { isPidUsed } from '../platform/process-info.ts'
import { isSystemError, errnoOf, writing } from '../platform/system-error.ts'

/**
 * Writing a file in place, for one that cannot be renamed over: a mount point. While it is written it is neither the old file
 * nor the new one, so both lie beside it, complete, and whoever comes next can finish what a killed process began.
 */

interface Rescue {
  readonly oldPath: string
  readonly newPath: string
}

/**
 * Overwrites a file with what a stage holds and removes the stage. Gives a warning when something that lay beside the file
 * for that purpose could not be removed. Throws FILE_NOT_WRITABLE: with step 'in-place' the old
 * bytes are there again and checked, with step 'restore' they could not be brought back, and `keptAt` has the new file whole.
 */
export function writeInPlace(file: string, stage: Stage, old: Buffer): readonly WriteWarning[] {
  const rescue = prepareRescue(file, stage, old)
  try {
    overwrite(file, stage.bytes)
  } catch (error) {
    const restored = errnoOf(() => overwrite(file, old)) === undefined
    if (restored) removeRescue(rescue)
    const errno = isSystemError(error) ? error.code : 'EIO'
    const told = restored ? { step: 'in-place' as const } : { step: 'restore' as const, keptAt: rescue.newPath }
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: file }, errno, ...told }, { cause: error })
  }
  return removeRescue(rescue).map((errno) => ({ kind: 'stage-not-removed', path: file, errno }))
}

/**
 * Finishes writing in place that a process which is gone broke off, where the file is still part old, part new; removes what
 * lies beside the file for that purpose. A file that somebody else has written since is left alone, and so is what lies beside
 * it. To be called under the file's lock, with the names in its folder. Throws FILE_NOT_WRITABLE.
 */
export function finishInPlace(file: string, names: readonly string[]): void {
  const prefix = `${basename(file)}.awsmfa-rescue-`
  for (const name of names) {
    const match = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]{12}\.old$/.exec(name.slice(prefix.length)) : null
    if (!match || isPidUsed(Number(match[1]))) continue
    const oldPath = join(dirname(file), name)
    const newPath = `${oldPath.slice(0, -'.old'.length)}.new`
    writing(file, 'in-place', () => finishRescue(file, { oldPath, newPath }, names.includes(basename(newPath))))
  }
}

/** The old file first: by itself it means that nothing was begun. */
function prepareRescue(file: string, stage: Stage, old: Buffer): Rescue {
  const base = stageName(file, 'rescue-')
  const rescue = { oldPath: `${base}.old`, newPath: `${base}.new` }
  const oldStage = makeStage(file, old, undefined)
  try {
    writing(file, 'stage', () => renameSync(oldStage.path, rescue.oldPath))
    writing(file, 'stage', () => renameSync(stage.path, rescue.newPath))
    return rescue
  } catch (error) {
    for (const path of [oldStage.path, rescue.oldPath]) errnoOf(() => unlinkSync(path))
    throw error
  }
}

/** The new file goes first: an old one by itself means that there is nothing to finish. Gives the refusal, if there was one. */
function removeRescue({ oldPath, newPath }: Rescue): readonly string[] {
  for (const path of [newPath, oldPath]) {
    const errno = errnoOf(() => unlinkSync(path))
    if (errno !== undefined && errno !== 'ENOENT') return [errno]
  }
  return []
}

function finishRescue(file: string, rescue: Rescue, hasNew: boolean): void {
  if (hasNew) {
    const current = readFileSync(file)
    const old = readFileSync(rescue.oldPath)
    const wanted = readFileSync(rescue.newPath)
    if (!current.equals(old) && !current.equals(wanted)) {
      if (!isMixture(current, old, wanted)) return
      overwrite(file, wanted)
    }
  }
  removeRescue(rescue)
}

/** Tells whether a file is what overwriting leaves when it is broken off: new up to some place, old from there on. */
function isMixture(current: Buffer, old: Buffer, wanted: Buffer): boolean {
  let length = 0
  while (length < current.length && current[length] === wanted[length]) length++
  return current.subarray(length).equals(old.subarray(length))
}

/** Overwrites from the start and cuts off the rest last, so that at every moment the file is new up to some place, then old. */
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

/** Which paths are mount points, where no other file can be renamed to. */

/**
 * Tells whether a file is itself a mount point, as a single file that is mounted into a container is. Known on Linux alone
 * (proc(5), /proc/self/mountinfo: the fifth field, with space, tab, line end and backslash written as octal numbers).
 */
export function isMountPoint(path: string): boolean {
  try {
    const real = realpathSync.native(path)
    return readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .some((line) => unescapeOctal(line.split(' ')[4] ?? '') === real)
  } catch (error) {
    if (isSystemError(error)) return false
    throw error
  }
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}
