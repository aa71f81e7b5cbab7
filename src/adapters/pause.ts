/** Passing time: without returning to the event loop, for the one synchronous stretch from lock to unlock, and with. */
import type { Pause } from '../core/ports.ts'
import { monotonicMs } from './monotonic-clock.ts'
import { isSystemError } from './system-error.ts'

/** Blocks this thread for that many milliseconds. */
export function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/**
 * Runs an action of the system; on Windows, where a virus scanner or indexer may hold any file for a moment, again and again
 * for up to 2 s while it is refused with EPERM, EACCES or EBUSY. Throws what the action throws.
 */
export function insist<T>(action: () => T, platform: NodeJS.Platform = process.platform): T {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    try {
      return action()
    } catch (error) {
      const mayPass = platform === 'win32' && isSystemError(error) && /^(EPERM|EACCES|EBUSY)$/.test(error.code)
      if (!mayPass || monotonicMs() - startedMs > 2000) throw error
    }
    pauseSync(Math.min(100, 10 * round))
  }
}

/** Waits, and keeps the process alive meanwhile. */
export const pause: Pause = async (ms, signal) => {
  const { setTimeout: wait } = process.getBuiltinModule('node:timers/promises')
  await wait(ms, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}
