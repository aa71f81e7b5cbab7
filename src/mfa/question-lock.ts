/** The lock under which one prompt for a token code at a time is shown, in awsmfa's state folder. */
import { join } from 'node:path'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { makePrivateFolder } from '../platform/atomic-file.ts'
import { acquireLockAsync, lockHolderPid } from '../platform/file-lock.ts'
import { asWriteFailure, writing } from '../platform/system-error.ts'
import type { Deadline, Now } from '../platform/time.ts'
import { QUESTION_REFUSALS } from '../sessions/facts.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { Terminal } from '../ui/terminal.ts'

/** How long to wait before saying so. */
const SILENT_MS = 1000

/**
 * Returns the lock. A question's name becomes a file name: letters, digits, `-` and `_` only. Throws the signal's
 * reason when it aborts. Where the state folder cannot be written there is no lock, and two processes may both ask.
 */
export function createQuestionLock(stateFolder: string, debug: (text: string) => void): LockQuestion {
  const folder = join(stateFolder, 'questions')
  return async (question, signal, onWaiting) => {
    const path = join(folder, `${question}.lock`)
    const timer = setTimeout(() => onWaiting?.(lockHolderPid(path)), SILENT_MS)
    try {
      writing(path, 'folder', () => makePrivateFolder(folder))
      const { waited, release } = await acquireLockAsync(path, signal)
      return { waited, release: () => void release() }
    } catch (error) {
      signal.throwIfAborted()
      const failure = asWriteFailure(path, 'lock', error)
      if (!isFailure(failure, 'FILE_NOT_WRITABLE')) throw failure
      debug(`no lock for the prompt: ${path} cannot be written (${failure.failure.errno})`)
      return { waited: false, release: () => undefined }
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * Waits for the lock until the signal aborts. `waited`: another process had it. `onWaiting` is called once after a
 * second, with the process that has it.
 */
export type LockQuestion = (
  question: string,
  signal: AbortSignal,
  onWaiting?: (pid: number | undefined) => void,
) => Promise<{ readonly waited: boolean; readonly release: () => void }>

export interface QuestionEffects {
  readonly lockQuestion: LockQuestion
  readonly facts: Pick<RememberedFacts, 'refusalOf' | 'rememberRefusal'>
  readonly terminal: Pick<Terminal, 'canAsk'>
  /** Reports that another login holds the lock, and which process that is. */
  readonly announceWaiting: (pid: number | undefined) => void
  readonly deadline: Deadline
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly now: Now
}

/** How a question is asked. */
export interface QuestionTerms {
  /** A refusal of the same question that is no older than this refuses it too. */
  readonly refusalMaxAgeMs: number
  /** The token code is given, and changes every 30 s: no use to wait for the lock longer. */
  readonly isCodeGiven: boolean
}

/** How long a given code waits for the lock. */
const GIVEN_CODE_MS = 25_000

/**
 * Runs `ask` while no other process may ask this question: one name for each device and key. `ask` is passed the time
 * since when a session made by another process answers the same question; undefined: no other process held the lock.
 * Throws ANOTHER_LOGIN_FAILED if the question was refused while this process waited, or no longer than
 * `refusalMaxAgeMs` ago.
 */
export async function withQuestionLock<T>(
  question: string,
  { refusalMaxAgeMs, isCodeGiven }: QuestionTerms,
  effects: QuestionEffects,
  ask: (since: Date | undefined) => Promise<T>,
): Promise<T> {
  const { facts } = effects
  const started = effects.now()
  const { waited, release } = await acquire(question, isCodeGiven, effects)
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

/** At a terminal the wait can be cancelled; without one it has the command's deadline. */
async function acquire(question: string, isCodeGiven: boolean, effects: QuestionEffects): ReturnType<LockQuestion> {
  const { deadline, cancelled, terminal, lockQuestion, announceWaiting } = effects
  if (!terminal.canAsk() || isCodeGiven) {
    const limit = new AbortController()
    const tooLate = { code: 'DEADLINE_EXCEEDED', seconds: GIVEN_CODE_MS / 1000, waitingFor: ANOTHER_LOGIN } as const
    const timer = isCodeGiven ? setTimeout(() => limit.abort(new AwsmfaError(tooLate)), GIVEN_CODE_MS) : undefined
    try {
      return await lockQuestion(question, AbortSignal.any([deadline.signal, limit.signal]), announceWaiting)
    } catch (error) {
      if (!isFailure(error, 'DEADLINE_EXCEEDED')) throw error
      throw new AwsmfaError({ ...error.failure, waitingFor: ANOTHER_LOGIN })
    } finally {
      clearTimeout(timer)
    }
  }
  return await deadline.pauseWhile(lockQuestion(question, cancelled, announceWaiting))
}

const ANOTHER_LOGIN = 'another login with the same MFA device'
