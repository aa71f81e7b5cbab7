import type { Failure } from '../core/failures.ts'
import { AwsmfaError } from '../core/failures.ts'
import type { FailedRequest } from './sts-failures.ts'

/** What came of sending a request once. `cause` is for `--debug` and holds no secret. */
export type Attempt<T> = { readonly value: T } | (FailedRequest & { readonly cause: unknown })

/** How often a request may be sent. */
export interface SendingRules {
  /** A code is good for one use, so a request with one is repeated with care. */
  readonly carriesTokenCode: boolean
  readonly maxAttempts: number
  /** The wait before the second attempt; it doubles. */
  readonly firstDelayMs: number
  readonly signal: AbortSignal
}

/**
 * Sends a request until it succeeds or must be given up, and throws AwsmfaError, or the signal's reason once it aborts.
 * - Busy (throttled, 503): sent again after a wait, up to `maxAttempts` times, with a code too: AWS turned it away before
 *   reading it, so the code is not spent.
 * - Lost: without a code sent again in the same way. With a code sent once more, since it may not have arrived; if it had,
 *   STS refuses the code now, which is told as TOKEN_CODE_REJECTED with `answerLost`.
 * - Refused or unsent: given up at once. A host that does not answer the door will not a second later.
 */
export async function send<T>(attempt: () => Promise<Attempt<T>>, rules: SendingRules): Promise<T> {
  let lost = 0
  for (let attempts = 1; ; attempts += 1) {
    rules.signal.throwIfAborted()
    const outcome = await attempt()
    if ('value' in outcome) return outcome.value
    rules.signal.throwIfAborted()
    if (outcome.fate === 'lost') lost += 1
    const isLastTry = rules.carriesTokenCode && outcome.fate === 'lost' ? lost > 1 : attempts >= rules.maxAttempts
    const isFinal = outcome.fate === 'refused' || outcome.fate === 'unsent'
    if (isFinal || isLastTry) throw new AwsmfaError(withAnswerLost(outcome.failure, lost > 0), { cause: outcome.cause })
    await pause(rules.firstDelayMs * 2 ** (attempts - 1), rules.signal)
  }
}

const withAnswerLost = (failure: Failure, answerLost: boolean): Failure => (failure.code === 'TOKEN_CODE_REJECTED' ? { ...failure, answerLost } : failure)

/** Waits so long, or until the signal aborts; the caller looks which. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end, { once: true })
  })
}
