/** The exit code of each failure, and that it is documented. */
import { expect, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/supervise.ts'
import { FAILURE_EXAMPLES } from '../errors/failure-examples.ts'

const TWO = [
  'USAGE',
  'STS_ARGUMENT',
  'DURATION_OUT_OF_RANGE',
  'TOKEN_CODE_MALFORMED',
  'MFA_SERIAL_MALFORMED',
  'TEXT_REFUSED',
]
const FOUR = [
  'PROMPT_UNAVAILABLE',
  'TOKEN_CODE_REJECTED',
  'MFA_SERIAL_REJECTED',
  'CREDENTIALS_REJECTED',
  'SESSION_MISSING',
]
const SPECIAL = ['CANCELLED', 'INTERRUPTED', 'ANOTHER_LOGIN_FAILED', 'PROGRAM_NOT_RUN']

test.each(FAILURE_EXAMPLES.filter(({ failure }) => !SPECIAL.includes(failure.code)))(
  '$name: 2 for usage, 4 for no session, else 1',
  ({ failure }) => {
    expect(exitCodeOf(failure)).toBe(TWO.includes(failure.code) ? 2 : FOUR.includes(failure.code) ? 4 : 1)
  },
)

test('stopping is 128 and the number of the signal', () => {
  expect(exitCodeOf({ code: 'CANCELLED' })).toBe(130)
  expect(exitCodeOf({ code: 'INTERRUPTED', signal: 'SIGTERM' })).toBe(143)
  expect(exitCodeOf({ code: 'INTERRUPTED', signal: 'SIGHUP' })).toBe(129)
})

test('a program that is not there ends as in a shell with 127, one that cannot be run with 126', () => {
  const failure = { code: 'PROGRAM_NOT_RUN', program: 'x', errno: 'ENOENT' } as const
  expect(exitCodeOf({ ...failure, reason: 'not-found' })).toBe(127)
  expect(exitCodeOf({ ...failure, reason: 'not-executable' })).toBe(126)
  expect(exitCodeOf({ ...failure, reason: 'batch-file' })).toBe(126)
})

test('who waited for another login ends as that one did', () => {
  expect(exitCodeOf({ code: 'ANOTHER_LOGIN_FAILED', why: 'CANCELLED' })).toBe(130)
  expect(exitCodeOf({ code: 'ANOTHER_LOGIN_FAILED', why: 'TOKEN_CODE_REJECTED' })).toBe(4)
  expect(exitCodeOf({ code: 'ANOTHER_LOGIN_FAILED', why: 'DEADLINE_EXCEEDED' })).toBe(1)
})
