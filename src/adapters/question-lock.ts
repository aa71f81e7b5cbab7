/** The lock under which one question at a time is asked, in awsmfa's state folder. */
import { readdirSync } from 'node:fs'
import type { LockQuestion } from '../core/ports.ts'
import { childPath } from './child-path.ts'
import { acquireLockAsync, sweepLockLeftovers } from './file-lock.ts'
import { makePrivateFolder } from './private-folder.ts'
import { asWriteFailure, refusalOf, writing } from './system-error.ts'

/**
 * Makes the lock. A question's name becomes a file name: letters, digits, `-` and `_` alone. Rejects with the signal's reason
 * when it aborts; throws FILE_NOT_WRITABLE where the state folder is not to be had.
 */
export function createQuestionLock(stateFolder: string): LockQuestion {
  const folder = childPath(stateFolder, 'questions')
  return async (question, signal) => {
    const path = childPath(folder, `${question}.lock`)
    writing(path, 'folder', () => makePrivateFolder(folder))
    const { waited, release, ...lock } = await acquireLockAsync(path, signal).catch((error: unknown) => { throw asWriteFailure(path, 'lock', error) })
    // What others left behind is no reason to give up a lock that is held, nor to hold it without having said so.
    refusalOf(() => sweepLockLeftovers({ ...lock, release }, readdirSync(folder)))
    return { waited, release: () => void release() }
  }
}
