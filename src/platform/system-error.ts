/** Errors of the operating system, as Node throws them, told apart from faults of our own. */
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { WriteStep } from '../model/failure.ts'
import { monotonicMs, pauseSync } from './time.ts'

/** An error of the operating system; `code` is its name, such as ENOSPC. */
export type SystemError = Error & { readonly code: string }

const WINDOWS_PATIENCE_MS = 2000

/** Returns whether something caught came from the operating system. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
}

/** Runs an action; returns undefined if it worked, and the code of the system's error if it was refused. */
export function errnoOf(action: () => void): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (isSystemError(error)) return error.code
    throw error
  }
}

/** Returns what an action returns, or `fallback` if the system refuses it. */
export function orElse<T>(fallback: T, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (isSystemError(error)) return fallback
    throw error
  }
}

/** Runs one step of a write to `path`. Throws FILE_NOT_WRITABLE with the step if the system refuses it. */
export function writing<T>(path: string, step: WriteStep, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw asWriteFailure(path, step, error)
  }
}

/** Returns FILE_NOT_WRITABLE for an error of the system, and any other error as it is. */
export function asWriteFailure(path: string, step: WriteStep, error: unknown): unknown {
  if (!isSystemError(error)) return error
  return new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno: error.code, step }, { cause: error })
}

/**
 * Runs an action; on Windows, where a virus scanner or indexer may hold any file for a moment, repeats it for up to 2 s
 * while it is refused with EPERM, EACCES or EBUSY. Throws what the action throws.
 */
export function retryIfBusy<T>(action: () => T, platform: NodeJS.Platform = process.platform): T {
  const startedMs = monotonicMs()
  for (let round = 1; ; round++) {
    try {
      return action()
    } catch (error) {
      const mayPass = platform === 'win32' && /^(EPERM|EACCES|EBUSY)$/.test(codeOf(error))
      if (!mayPass || monotonicMs() - startedMs > WINDOWS_PATIENCE_MS) throw error
    }
    pauseSync(Math.min(100, 10 * round))
  }
}

/** Returns the system's code of an error, also of one that was wrapped in a failure; '' if it has none. */
function codeOf(error: unknown): string {
  if (isSystemError(error)) return error.code
  return isFailure(error, 'FILE_UNREADABLE') ? error.failure.errno : ''
}
