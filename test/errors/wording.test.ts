/** Errors of the operating system in words, by platform. */
import { expect, test } from 'vitest'
import { errnoHint, showErrno } from '../../src/errors/wording.ts'

const CLOSE_IT = 'close the program that has it open, then try again'

test.each([
  ['EBUSY', 'win32', 'another program has it open (EBUSY)', CLOSE_IT],
  ['EPERM', 'win32', 'permission denied, or another program has it open (EPERM)', CLOSE_IT],
  ['ENOSPC', 'win32', 'the disk is full (ENOSPC)', 'free some space, then try again'],
  ['EBUSY', 'linux', 'it is in use (EBUSY)', undefined],
  ['EPERM', 'linux', 'not permitted (EPERM)', undefined],
] as const)('%s on %s', (errno, platform, words, hint) => {
  expect(showErrno(errno, platform)).toBe(words)
  expect(errnoHint(errno, platform)).toBe(hint)
})
