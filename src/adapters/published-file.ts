/**
 * Files of awsmfa's own that many processes may want to make at once and that all of them must then agree on: the first one's
 * stays. Whoever finds one that is no good takes it away under a private name, so that nobody's good one is lost by it.
 */
import { linkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { giveToOwnerOf } from './private-folder.ts'
import { makeFolder, makeStage, stageName } from './staged-write.ts'
import { isSystemError, refusalOf, writing } from './system-error.ts'

/**
 * Makes a file, whole, mode 0600 and synced, in a folder that is made where it is missing, under a name that must not exist yet.
 * Gives false where it does: then what is there is left as it is. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE.
 */
export function publishWhole(path: string, content: string): boolean {
  makeFolder(path)
  const stage = makeStage(path, Buffer.from(content, 'utf8'), undefined)
  try {
    giveToOwnerOf(dirname(path), stage.path)
    return writing(path, 'rename', () => giveNewName(stage.path, path, stage.bytes))
  } finally {
    refusalOf(() => unlinkSync(stage.path))
  }
}

/**
 * Takes a file away if it is no good, judged under a private name where nobody else puts a new one; what is found to be good
 * after all is put back. Does nothing where there is none. Throws FILE_NOT_WRITABLE.
 */
export function takeAway(path: string, isNoGood: (aside: string) => boolean): void {
  const aside = stageName(path)
  if (!writing(path, 'remove', () => renameIfThere(path, aside))) return
  if (!isNoGood(aside)) {
    const errno = refusalOf(() => linkSync(aside, path))
    if (errno !== undefined && errno !== 'EEXIST') refusalOf(() => renameSync(aside, path))
  }
  refusalOf(() => unlinkSync(aside))
}

/** Where the file system has no links, a reader may find the file before it is whole, for as long as one small write takes. */
function giveNewName(stage: string, path: string, bytes: Buffer): boolean {
  const errno = refusalOf(() => linkSync(stage, path))
  if (errno === undefined || errno === 'EEXIST') return errno === undefined
  try {
    writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    refusalOf(() => unlinkSync(path))
    throw error
  }
}

function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false
    throw error
  }
}
