/** The lock under which one prompt for a token code at a time is shown, in awsmfa's state folder. */
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLockAsync } from '../platform/file-lock.ts'
import { childPath } from '../platform/paths.ts'
import { asWriteFailure, writing } from '../platform/system-error.ts'
import type { Deadline, Now } from '../platform/time.ts'
import type { QuestionRefusal, RememberedFacts } from '../sessions/facts.ts'
import type { Terminal } from '../ui/terminal.ts'

/**
 * Returns the lock. A question's name becomes a file name: letters, digits, `-` and `_` only. Throws the signal's
 * reason when it aborts; FILE_NOT_WRITABLE if the state folder cannot be written.
 */
export function createQuestionLock(stateFolder: string): LockQuestion {
  const folder = childPath(stateFolder, 'questions')
  return async (question, signal) => {
    const path = childPath(folder, `${question}.lock`)
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
 * Runs `work` while this process alone may ask this question: one name for each device and key. `work` is passed the
 * time since when a session made by another process answers the same question; undefined: nobody had to be waited for.
 * Throws ANOTHER_LOGIN_FAILED where the question was refused meanwhile, or no longer than `refusalHoldsMs` ago.
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

/** At a terminal the wait is shown and can be cancelled; without one it has the command's deadline. */
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

/** Failures that a waiting process would repeat: a locked vault need not ask for its password ten times. */
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
