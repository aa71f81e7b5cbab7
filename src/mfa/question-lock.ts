import { readdirSync } from 'node:fs'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLockAsync, sweepLockLeftovers } from '../platform/file-lock.ts'
import { childPath } from '../platform/paths.ts'
import { asWriteFailure, errnoOf, writing } from '../platform/system-error.ts'
import type { Deadline, Now } from '../platform/time.ts'
import type { QuestionRefusal, RememberedFacts } from '../sessions/facts.ts'
import type { Terminal } from '../ui/terminal.ts'

/** The lock under which one question at a time is asked, in awsmfa's state folder. */

/**
 * Makes the lock. A question's name becomes a file name: letters, digits, `-` and `_` alone. Rejects with the signal's reason
 * when it aborts; throws FILE_NOT_WRITABLE where the state folder is not to be had.
 */
export function createQuestionLock(stateFolder: string): LockQuestion {
  const folder = childPath(stateFolder, 'questions')
  return async (question, signal) => {
    const path = childPath(folder, `${question}.lock`)
    writing(path, 'folder', () => makePrivateFolder(folder))
    const { waited, release, ...lock } = await acquireLockAsync(path, signal).catch((error: unknown) => {
      throw asWriteFailure(path, 'lock', error)
    })
    // What others left behind is no reason to give up a lock that is held, nor to hold it without having said so.
    errnoOf(() => sweepLockLeftovers({ ...lock, release }, readdirSync(folder)))
    return { waited, release: () => void release() }
  }
}

/**
 * Takes the lock under which one question at a time is asked. Gives whether somebody else had to be waited for, and the
 * function that gives the lock back. Waits until the signal aborts.
 */
export type LockQuestion = (
  question: string,
  signal: AbortSignal,
) => Promise<{ readonly waited: boolean; readonly release: () => void }>

/** What asking one question at a time needs. */
export interface QuestionEffects {
  readonly lockQuestion: LockQuestion
  readonly facts: Pick<RememberedFacts, 'refusalOf' | 'rememberRefusal'>
  readonly terminal: Pick<Terminal, 'canAsk'>
  readonly deadline: Deadline
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly now: Now
  readonly showWaiting: (text: string) => () => void
}

/**
 * Runs `work` while this process alone may ask this question: one name for each device and key. `work` is passed the time
 * since when a session made by another process answers the same question; undefined: nobody had to be waited for. Throws
 * ANOTHER_LOGIN_FAILED where the question was refused meanwhile, or no longer than `refusalHoldsMs` ago.
 */
export async function underQuestionLock<T>(
  question: string,
  effects: QuestionEffects,
  refusalHoldsMs: number,
  work: (since: Date | undefined) => Promise<T>,
): Promise<T> {
  const started = effects.now()
  const { waited, release } = await lockTheQuestion(question, effects)
  try {
    const isAnswered = waited || refusalHoldsMs > 0
    const refusal = isAnswered
      ? effects.facts.refusalOf(question, new Date(started.getTime() - refusalHoldsMs))
      : undefined
    if (refusal !== undefined) throw new AwsmfaError({ code: 'ANOTHER_LOGIN_FAILED', why: refusal })
    return await work(waited ? started : undefined)
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal !== undefined) effects.facts.rememberRefusal(question, refusal)
    throw error
  } finally {
    release()
  }
}

/** Whoever sits at a terminal sees what is waited for and may break it off; without one the wait has the command's deadline. */
async function lockTheQuestion(question: string, effects: QuestionEffects): ReturnType<LockQuestion> {
  const { deadline, cancelled, terminal, lockQuestion, showWaiting } = effects
  const lock = async (signal: AbortSignal): ReturnType<LockQuestion> => {
    const stopWaiting = showWaiting(`waiting for ${ANOTHER_LOGIN}`)
    return await lockQuestion(question, signal).finally(stopWaiting)
  }
  if (terminal.canAsk()) return await deadline.pauseWhile(lock(cancelled))
  try {
    return await lock(deadline.signal)
  } catch (error) {
    if (!isFailure(error, 'DEADLINE_EXCEEDED')) throw error
    throw new AwsmfaError({ ...error.failure, waitingFor: ANOTHER_LOGIN })
  }
}

const ANOTHER_LOGIN = 'another login with the same MFA device'

/** What would be no different for whoever waited: a vault that stays locked need not ask for its password ten times. */
const REFUSALS: readonly QuestionRefusal[] = [
  'CANCELLED',
  'TOKEN_CODE_REJECTED',
  'DEADLINE_EXCEEDED',
  'TOKEN_COMMAND_FAILED',
  'YUBIKEY_FAILED',
]

function refusalIn(error: unknown): QuestionRefusal | undefined {
  const code = error instanceof AwsmfaError ? error.failure.code : undefined
  return REFUSALS.find((refusal) => refusal === code)
}
