/** What awsmfa ends with, and what each code means; README, help and man page are made from it. */
import type { Failure, FailureCode } from '../model/failure.ts'

/** What awsmfa itself ends with; `exec` passes on what its program ends with. */
export type ExitCode = 0 | 1 | 2 | 4 | 126 | 127 | 129 | 130 | 143

/** Code in backticks, links as in Markdown; after a colon the failures that end so follow. */
const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done; for `status`: there is a session, see [status in scripts](#status-in-scripts)',
  1: 'anything that is not named below: files, permissions, the network, an unknown profile',
  2: 'what was typed, or stands in a setting, cannot be meant:',
  4: 'there is no usable session, and none could be got:',
  126: 'from `exec`: the program is there and cannot be run',
  127: 'from `exec`: there is no such program',
  129: 'ended by SIGHUP, as when the terminal is closed',
  130: 'cancelled with Ctrl-C or Ctrl-D',
  143: 'ended by SIGTERM',
}

/** The failures that end with 2, in words. */
const USAGE_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  USAGE: 'an unknown command or option, a value that is none',
  STS_ARGUMENT: 'a flag after `--` that STS does not have, or that does not fit',
  DURATION_OUT_OF_RANGE: 'a length that STS does not allow',
  TOKEN_CODE_MALFORMED: 'a code that is not six digits',
  MFA_SERIAL_MALFORMED: 'an MFA device serial that cannot be one',
  TEXT_REFUSED: 'a name that no file could hold safely',
}

/** The failures that end with 4, as gh ends where a login is missing; every other failure ends with 1. */
const SESSION_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  PROMPT_UNAVAILABLE: 'a question, and nobody to ask',
  TOKEN_CODE_REJECTED: 'the code was refused',
  MFA_SERIAL_REJECTED: 'the device was refused',
  CREDENTIALS_REJECTED: 'the keys were refused',
  SESSION_MISSING: 'the session is missing or has expired',
}

/** Returns every exit code with its meaning, in ascending order. */
export function exitCodeRows(): readonly { readonly exitCode: number; readonly meaning: string }[] {
  return Object.entries(MEANINGS).map(([code, meaning]) => {
    const failures = { 2: USAGE_FAILURES, 4: SESSION_FAILURES }[code]
    return {
      exitCode: Number(code),
      meaning: failures === undefined ? meaning : `${meaning} ${Object.values(failures).join('; ')}`,
    }
  })
}

/**
 * Returns the exit code of a failure. A login that waited for another one's token code ends as that login did; several
 * profiles end with the code that their failures share, else with 1.
 */
export function exitCodeOf(failure: Failure): ExitCode {
  if (failure.code === 'INTERRUPTED') return failure.signal === 'SIGTERM' ? 143 : 129
  // As shells end for a command that is not there, and for one that cannot be run (POSIX.1, Shell Command Language,
  // 2.8.2).
  if (failure.code === 'PROGRAM_NOT_RUN') return failure.reason === 'not-found' ? 127 : 126
  if (failure.code === 'LOGINS_FAILED') {
    const [shared, ...others] = new Set(failure.causes.map(exitCodeOf))
    return shared === undefined || others.length > 0 ? 1 : shared
  }
  const code = failure.code === 'ANOTHER_LOGIN_FAILED' ? failure.why : failure.code
  if (code === 'CANCELLED') return 130
  if (Object.hasOwn(USAGE_FAILURES, code)) return 2
  return Object.hasOwn(SESSION_FAILURES, code) ? 4 : 1
}
