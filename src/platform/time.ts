/** Clocks, pauses and the deadline of a command; code that needs time takes them as parameters. */
import { AwsmfaError } from '../model/failure.ts'

/**
 * Makes the deadline of a command: `signal` aborts with DEADLINE_EXCEEDED after that many ms of unpaused time, or with
 * the reason of `cancelled` as soon as that aborts. Its timer keeps no process alive.
 */
export function createDeadline(lengthMs: number, cancelled: AbortSignal): Deadline {
  const controller = new AbortController()
  const expire = (): void =>
    controller.abort(
      new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: Math.round(lengthMs / 1000), waitingFor: 'STS' }),
    )
  let restMs = lengthMs
  let startedAt = monotonicMs()
  let pauses = 0
  let timer = setTimeout(expire, restMs).unref()
  if (cancelled.aborted) controller.abort(cancelled.reason)
  else cancelled.addEventListener('abort', () => controller.abort(cancelled.reason), { once: true })
  return {
    signal: controller.signal,
    leftMs: () => Math.max(0, pauses === 0 ? restMs - (monotonicMs() - startedAt) : restMs),
    pauseWhile: async (waiting) => {
      pauses += 1
      if (pauses === 1) {
        clearTimeout(timer)
        restMs -= monotonicMs() - startedAt
      }
      try {
        return await waiting
      } finally {
        pauses -= 1
        if (pauses === 0) {
          startedAt = monotonicMs()
          timer = setTimeout(expire, Math.max(0, restMs)).unref()
        }
      }
    },
  }
}

/**
 * Returns the milliseconds since some moment, by a clock that nobody sets. `performance.now()` would do the same, and
 * loads a part of Node that a login has no other use for.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Blocks this thread for that many milliseconds. */
export function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Waits, and keeps the process alive meanwhile. */
export const pause: Pause = async (ms, signal) => {
  const { setTimeout: wait } = process.getBuiltinModule('node:timers/promises')
  await wait(ms, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}

/** Returns the present instant. */
export type Now = () => Date

/**
 * The time that a command may spend on the network. `signal` aborts with DEADLINE_EXCEEDED when it is over, or with the
 * reason for which the command was cancelled. It does not run while `pauseWhile` waits for a person.
 */
export interface Deadline {
  readonly signal: AbortSignal
  readonly pauseWhile: <T>(waiting: Promise<T>) => Promise<T>
  /** How much of it is left, in ms. */
  readonly leftMs: () => number
}

/** Waits for so many ms. Throws the signal's reason when that aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

/** When a check has passed: so many times in a row, over so many ms. After so many ms it is given up. */
export interface Steadiness {
  readonly times: number
  readonly overMs: number
  readonly limitMs: number
  /** The pause after a check that did not pass. */
  readonly retryMs: number
}

/** Returns whether a check has passed as often as needed, in time. Throws what it throws, and the signal's reason. */
export async function waitUntilSteady(
  check: () => Promise<boolean>,
  { times, overMs, limitMs, retryMs }: Steadiness,
  effects: { readonly monotonicMs: () => number; readonly pause: Pause; readonly signal: AbortSignal },
): Promise<boolean> {
  const startedMs = effects.monotonicMs()
  let [inARow, sinceMs] = [0, startedMs]
  for (;;) {
    const checkedMs = effects.monotonicMs()
    const isGood = await check()
    if (inARow === 0) sinceMs = checkedMs
    inARow = isGood ? inARow + 1 : 0
    if (inARow >= times && effects.monotonicMs() - sinceMs >= overMs) return true
    const waitMs = isGood ? overMs / (times - 1) : retryMs
    if (effects.monotonicMs() + waitMs - startedMs > limitMs) return false
    await effects.pause(waitMs, effects.signal)
  }
}

/** Maps every item with an asynchronous function, at most `limit` of them at a time; returns the results in order. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}
