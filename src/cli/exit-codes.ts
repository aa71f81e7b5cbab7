/** The exit codes of awsmfa and their meanings; the guide, help and man page are generated from them. */
import type { Failure, FailureCode } from '../model/failure.ts'

/** What awsmfa itself ends with; `exec` passes on what its program ends with. */
export type ExitCode = 0 | 1 | 2 | 4 | 126 | 127 | 129 | 130 | 143

/** Code in backticks, links as in Markdown; after a colon the failures that end so follow. */
const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'success; for `status`: there is a session, see [status in scripts](#status-in-scripts)',
  1: 'any other error: files, permissions, the network, an unknown profile',
  2: 'the command line or a setting is invalid:',
  4: 'there is no usable session, and login could not create one:',
  126: '`exec`: the command cannot be run',
  127: '`exec`: the command was not found',
  129: 'stopped by SIGHUP, for example because the terminal was closed',
  130: 'canceled with Ctrl-C or Ctrl-D',
  143: 'stopped by SIGTERM',
}

/** The failures that end with 2, in words. */
const USAGE_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  USAGE: 'an unknown command or option, or an invalid value',
  STS_ARGUMENT: 'an unknown or unsuitable option after `--`',
  DURATION_OUT_OF_RANGE: 'a duration that STS does not allow',
  TOKEN_CODE_MALFORMED: 'a token code that is not six digits',
  MFA_SERIAL_MALFORMED: 'an invalid MFA device',
  TEXT_REFUSED: 'a name that cannot be written to a file safely',
}

/** The failures that end with 4, as gh ends where a login is missing; every other failure ends with 1. */
const SESSION_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  PROMPT_UNAVAILABLE: 'an answer is required, and there is no terminal to prompt on',
  TOKEN_CODE_REJECTED: 'the token code was rejected',
  MFA_SERIAL_REJECTED: 'the MFA device was rejected',
  CREDENTIALS_REJECTED: 'the access key was rejected',
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
