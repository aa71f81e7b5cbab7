import { AwsmfaError } from '../core/failures.ts'
import type { Deadline } from '../core/ports.ts'
import { monotonicMs } from './monotonic-clock.ts'

/**
 * Makes the deadline of a command: `signal` aborts with DEADLINE_EXCEEDED after that many ms of unpaused time, or with the
 * reason of `cancelled` as soon as that aborts. Its timer keeps no process alive.
 */
export function createDeadline(lengthMs: number, cancelled: AbortSignal): Deadline {
  const controller = new AbortController()
  const expire = (): void => controller.abort(new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: Math.round(lengthMs / 1000), waitingFor: 'STS' }))
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
