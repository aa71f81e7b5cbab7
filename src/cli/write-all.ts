import { writeSync } from 'node:fs'

/**
 * Writes the whole text to stdout (1) or stderr (2) before it returns: `process.stdout` costs 2 to 3 ms at first use. Waits
 * for a full pipe whose reader is slow (EAGAIN: the descriptor may be non-blocking). A reader that has gone away (EPIPE) is
 * success and ends the writing; every other error is thrown.
 */
export function writeAll(descriptor: 1 | 2, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
