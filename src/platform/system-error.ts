import { AwsmfaError } from '../model/failure.ts'
import type { WriteStep } from '../model/failure.ts'
import { monotonicMs, pauseSync } from './time.ts'

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

/** What Node throws when the system refuses a call, told apart from faults of our own. */

/** An error of the operating system; `code` is its name, such as ENOSPC. */
export type SystemError = Error & { readonly code: string }

/** Tells whether something caught came from the operating system. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
}

/** Runs one action of the system. Gives undefined when it worked, and the code of the error when it was refused. */
export function errnoOf(action: () => void): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (isSystemError(error)) return error.code
    throw error
  }
}

/** Runs one step of a write. A refusal of the system becomes FILE_NOT_WRITABLE with the step; everything else passes. */
export function writing<T>(path: string, step: WriteStep, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw asWriteFailure(path, step, error)
  }
}

/** Gives FILE_NOT_WRITABLE for a refusal of the system, and everything else as it is. */
export function asWriteFailure(path: string, step: WriteStep, error: unknown): unknown {
  if (!isSystemError(error)) return error
  return new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno: error.code, step }, { cause: error })
}
