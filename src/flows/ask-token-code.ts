import { AwsmfaError, isFailure } from '../core/failures.ts'
import type { TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from '../core/ports.ts'

/**
 * Asks every source at once; the first answer wins and the others are withdrawn. Throws CANCELLED as soon as one source is
 * cancelled; when none can be used, YUBIKEY_FAILED where a YubiKey was to be asked, else PROMPT_UNAVAILABLE; and the reason of
 * `signal` when that aborts.
 */
export async function askTokenCode(request: TokenCodeRequest, sources: readonly TokenCodeSource[], signal: AbortSignal): Promise<TokenCodeAnswer> {
  const withdrawal = new AbortController()
  const withdraw = (): void => withdrawal.abort(signal.reason)
  signal.addEventListener('abort', withdraw, { once: true })
  try {
    signal.throwIfAborted()
    return await firstAnswer(sources.map(async (source) => source(request, withdrawal.signal)))
  } finally {
    signal.removeEventListener('abort', withdraw)
    withdrawal.abort()
  }
}

/** Waits until one source answers or fails for good, or all of them have proved unavailable. */
async function firstAnswer(answers: readonly Promise<TokenCodeAnswer | 'unavailable'>[]): Promise<TokenCodeAnswer> {
  const unavailable = Symbol('unavailable')
  const obstacles: AwsmfaError[] = []
  const decided = answers.map(async (answer) => {
    try {
      const given = await answer
      if (given !== 'unavailable') return given
    } catch (error) {
      if (!isFailure(error, 'PROMPT_UNAVAILABLE') && !isFailure(error, 'YUBIKEY_FAILED')) throw error
      obstacles.push(error)
    }
    return unavailable
  })
  const first = await new Promise<TokenCodeAnswer | undefined>((resolve, reject) => {
    for (const promise of decided) {
      promise.then((given) => {
        if (typeof given !== 'symbol') resolve(given)
      }, reject)
    }
    void Promise.allSettled(decided).then(() => resolve(undefined))
  })
  if (first !== undefined) return first
  // That there is no terminal is no news to whoever set a YubiKey up.
  throw obstacles.find((obstacle) => isFailure(obstacle, 'YUBIKEY_FAILED')) ?? obstacles[0] ?? new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' })
}
