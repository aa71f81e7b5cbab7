/** What Node throws when the system refuses a call, told apart from faults of our own. */
import { AwsmfaError } from '../core/failures.ts'
import type { WriteStep } from '../core/failures.ts'

/** An error of the operating system; `code` is its name, such as ENOSPC. */
export type SystemError = Error & { readonly code: string }

/** Tells whether something caught came from the operating system. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
}

/** Runs one action of the system. Gives undefined when it worked, and the code of the error when it was refused. */
export function refusalOf(action: () => void): string | undefined {
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
