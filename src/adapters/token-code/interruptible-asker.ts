/**
 * Lets another source of token codes speak at the terminal while a question stands there: the question goes, the other has its
 * say, and the question comes back.
 */
import { AwsmfaError } from '../../core/failures.ts'
import type { Asker, Question } from '../controlling-terminal.ts'

/** An Asker whose standing question can be interrupted. */
export interface InterruptibleAsker extends Asker {
  /**
   * Withdraws the question that stands, if one does; runs `work`, which may ask and say things through the Asker that it is
   * given; then the question is asked again, and with it whatever was asked meanwhile. One at a time. Throws what `work` throws.
   */
  readonly interrupt: <T>(work: (asker: Asker) => Promise<T> | T) => Promise<T>
  /** Puts these words before the question from now on, and before the one that stands, if one does; '' takes them away again. */
  readonly preface: (words: string) => void
}

/** Makes one of an Asker. Questions must be asked one at a time, through it alone. */
export function createInterruptibleAsker(asker: Asker): InterruptibleAsker {
  let standing: { readonly withdraw: () => void; readonly gone: Promise<unknown> } | undefined
  let interruption: Promise<unknown> = Promise.resolve()
  let preface = ''
  /** Another interruption may have been called for while one was waited for. */
  const quiet = async (): Promise<void> => {
    let last: unknown
    while (last !== interruption) {
      last = interruption
      await last
    }
  }
  /** Undefined: it was interrupted. */
  const pose = async (question: Question, signal: AbortSignal): Promise<string | undefined> => {
    const withdrawal = new AbortController()
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    const answer = asker.askLine({ ...question, text: preface + question.text }, AbortSignal.any([signal, withdrawal.signal]))
    const gone = answer.catch(() => undefined)
    const own = { withdraw: () => withdrawal.abort(reason), gone }
    standing = own
    try {
      return await answer
    } catch (error) {
      if (error !== reason) throw error
      return undefined
    } finally {
      if (standing === own) standing = undefined
    }
  }
  const interrupt: InterruptibleAsker['interrupt'] = async (work) => {
    const before = interruption
    let over = (): void => undefined
    interruption = new Promise<void>((resolve) => {
      over = resolve
    })
    try {
      await before
      standing?.withdraw()
      await standing?.gone
      return await work(asker)
    } finally {
      over()
    }
  }
  return {
    ...asker,
    askLine: async (question, signal) => {
      for (;;) {
        await quiet()
        signal.throwIfAborted()
        const answer = await pose(question, signal)
        if (answer !== undefined) return answer
      }
    },
    interrupt,
    preface: (words) => {
      if (words === preface) return
      preface = words
      // Asked again, it stands there with its new words.
      if (standing !== undefined) void interrupt(() => undefined)
    },
  }
}
