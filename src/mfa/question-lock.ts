/** The lock under which one prompt for a token code at a time is shown, in awsmfa's state folder. */
import { join } from 'node:path'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLockAsync } from '../platform/file-lock.ts'
import { asWriteFailure, writing } from '../platform/system-error.ts'
import type { Deadline, Now } from '../platform/time.ts'
import { QUESTION_REFUSALS } from '../sessions/facts.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { Terminal } from '../ui/terminal.ts'

/**
 * Returns the lock. A question's name becomes a file name: letters, digits, `-` and `_` only. Throws the signal's
 * reason when it aborts; FILE_NOT_WRITABLE if the state folder cannot be written.
 */
export function createQuestionLock(stateFolder: string): LockQuestion {
  const folder = join(stateFolder, 'questions')
  return async (question, signal) => {
    const path = join(folder, `${question}.lock`)
    writing(path, 'folder', () => makePrivateFolder(folder))
    const { waited, release } = await acquireLockAsync(path, signal).catch((error: unknown) => {
      throw asWriteFailure(path, 'lock', error)
    })
    return { waited, release: () => void release() }
  }
}

/** Waits for the lock until the signal aborts. `waited`: another process had it. */
export type LockQuestion = (
  question: string,
  signal: AbortSignal,
) => Promise<{ readonly waited: boolean; readonly release: () => void }>

export interface QuestionEffects {
  readonly lockQuestion: LockQuestion
  readonly facts: Pick<RememberedFacts, 'refusalOf' | 'rememberRefusal'>
  readonly terminal: Pick<Terminal, 'canAsk' | 'showWaiting'>
  readonly deadline: Deadline
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly now: Now
}

/**
 * Runs `ask` while no other process may ask this question: one name for each device and key. `ask` is passed the time
 * since when a session made by another process answers the same question; undefined: no other process held the lock.
 * Throws ANOTHER_LOGIN_FAILED if the question was refused while this process waited, or no longer than
 * `refusalMaxAgeMs` ago.
 */
export async function withQuestionLock<T>(
  question: string,
  refusalMaxAgeMs: number,
  effects: QuestionEffects,
  ask: (since: Date | undefined) => Promise<T>,
): Promise<T> {
  const { facts } = effects
  const started = effects.now()
  const { waited, release } = await acquire(question, effects)
  try {
    const since = new Date(started.getTime() - refusalMaxAgeMs)
    const refusal = waited || refusalMaxAgeMs > 0 ? facts.refusalOf(question, since) : undefined
    if (refusal !== undefined) throw new AwsmfaError({ code: 'ANOTHER_LOGIN_FAILED', why: refusal })
    return await ask(waited ? started : undefined)
  } catch (error) {
    const refusal = QUESTION_REFUSALS.find((code) => isFailure(error, code))
    if (refusal !== undefined) facts.rememberRefusal(question, refusal)
    throw error
  } finally {
    release()
  }
}

/** At a terminal the wait is shown and can be cancelled; without one it has the command's deadline. */
async function acquire(question: string, effects: QuestionEffects): ReturnType<LockQuestion> {
  const { deadline, cancelled, terminal, lockQuestion } = effects
  const canAsk = terminal.canAsk()
  const stopWaiting = terminal.showWaiting(`waiting for ${ANOTHER_LOGIN}`)
  try {
    return canAsk
      ? await deadline.pauseWhile(lockQuestion(question, cancelled))
      : await lockQuestion(question, deadline.signal)
  } catch (error) {
    if (canAsk || !isFailure(error, 'DEADLINE_EXCEEDED')) throw error
    throw new AwsmfaError({ ...error.failure, waitingFor: ANOTHER_LOGIN })
  } finally {
    stopWaiting()
  }
}

const ANOTHER_LOGIN = 'another login with the same MFA device'
