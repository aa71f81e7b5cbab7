/** Retries of file operations that Windows temporarily denies. */
import { describe, expect, it } from 'vitest'
import { retryIfBusy } from '../../src/platform/system-error.ts'

describe('an action that Windows refuses for a moment', () => {
  it('is tried again there, and nowhere else', () => {
    const busyTwice = (): (() => number) => {
      let tries = 0
      return () => {
        tries++
        if (tries < 3) throw Object.assign(new Error('busy'), { code: 'EBUSY', syscall: 'rename' })
        return tries
      }
    }
    expect(retryIfBusy(busyTwice(), 'win32')).toBe(3)
    expect(() => retryIfBusy(busyTwice(), 'linux')).toThrow('busy')
  })
})
