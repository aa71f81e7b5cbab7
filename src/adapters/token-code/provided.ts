import { AwsmfaError } from '../../core/failures.ts'
import { parseTokenCode } from '../../core/login/token-code.ts'
import type { TokenCodeRequest, TokenCodeSource } from '../../core/ports.ts'

/** A program's function that gets a token code; what it gives may be anything. */
export type ProvideTokenCode = (request: TokenCodeRequest) => Promise<unknown>

/** Answers that are no code, one after another, before the function is given up. */
const MOST_MALFORMED = 3

/**
 * Asks a function of the program for the code. What it gives counts as typed, since a person may stand behind it: a refused
 * code is asked for again; but the same code once more, as a generator gives it, is not sent three times. Throws CANCELLED
 * with the function's own error as cause where that fails, TOKEN_CODE_MALFORMED after three answers that are no code, and the
 * signal's reason when it aborts.
 */
export function createProvidedTokenCode(provide: ProvideTokenCode): TokenCodeSource {
  let last: string | undefined
  return async (request, signal) => {
    for (let malformed = 0; malformed < MOST_MALFORMED; malformed += 1) {
      const answer = await untilAborted(ask(provide, request), signal)
      const code = typeof answer === 'string' ? parseTokenCode(answer) : undefined
      if (code === undefined) continue
      const isNew = code !== last
      last = code
      return { code, typed: isNew }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

async function ask(provide: ProvideTokenCode, request: TokenCodeRequest): Promise<unknown> {
  try {
    return await provide(request)
  } catch (cause) {
    throw new AwsmfaError({ code: 'CANCELLED' }, { cause })
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new AwsmfaError({ code: 'CANCELLED' }))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
