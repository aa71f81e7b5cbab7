import { fstatSync, statSync, writeSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import type { StreamFacts } from './style.ts'

/** Writes text to a standard stream, whole and at once. */
export type Write = (text: string) => void

/** Milliseconds to wait before trying a full pipe again. */
const FULL_PIPE_PAUSE = 5

/**
 * Makes a writer for stdout (1) or stderr (2) that returns when every byte is out. A pipe that another process made
 * non-blocking says EAGAIN while it is full: then it waits. A closed pipe is success: what comes after is dropped. Any other
 * error on stdout is thrown as STDOUT_UNWRITABLE, since data would be missing unnoticed; on stderr there is nobody to tell.
 */
export function createOutput(descriptor: 1 | 2): Write {
  let closed = false
  return (text) => {
    let rest: string | Uint8Array = text
    while (!closed && rest.length > 0) {
      const written = writeSome(descriptor, rest)
      if (written === 'closed') closed = true
      else rest = written === Buffer.byteLength(rest) ? '' : Buffer.from(rest).subarray(written)
    }
  }
}

function writeSome(descriptor: 1 | 2, rest: string | Uint8Array): number | 'closed' {
  try {
    return typeof rest === 'string' ? writeSync(descriptor, rest) : writeSync(descriptor, rest)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EAGAIN') return pause()
    if (errno === 'EPIPE' || errno === 'EOF' || descriptor === 2) return 'closed'
    throw new AwsmfaError({ code: 'STDOUT_UNWRITABLE', errno }, { cause: error })
  }
}

function pause(): 0 {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE)
  return 0
}

/**
 * Tells what a standard stream is. Node's stream objects cost milliseconds, so they are made only for what may be a terminal:
 * a character device that is not /dev/null.
 */
export function streamFacts(descriptor: 1 | 2): StreamFacts {
  if (!mayBeTerminal(descriptor)) return { isTTY: false, columns: undefined }
  const stream: Partial<NodeJS.WriteStream> = descriptor === 1 ? process.stdout : process.stderr
  return { isTTY: stream.isTTY === true, columns: stream.columns }
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    const found = fstatSync(descriptor)
    if (!found.isCharacterDevice()) return false
    return process.platform === 'win32' || found.rdev !== statSync('/dev/null').rdev
  } catch {
    // A descriptor that cannot be looked at is treated as no terminal: plain text is always right.
    return false
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
