import type { Failure, FailureCode } from '../model/failure.ts'

/** What each exit code means, for README, help and man page. Code in backticks, links as in Markdown; `plainText` takes both out. */

/** A colon at the end: the failures that end so follow. Those that end with 1 are the rest, and are not listed. */
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

/** The failures behind 2 and 4 in words. */
const FAILURES_IN_WORDS: Readonly<Partial<Record<FailureCode, string>>> = {
  USAGE: 'an unknown command or option, a value that is none',
  STS_ARGUMENT: 'a flag after `--` that STS does not have, or that does not fit',
  DURATION_OUT_OF_RANGE: 'a length that STS does not allow',
  TOKEN_CODE_MALFORMED: 'a code that is not six digits',
  MFA_SERIAL_MALFORMED: 'an MFA device serial that cannot be one',
  TEXT_REFUSED: 'a name that no file could hold safely',
  PROMPT_UNAVAILABLE: 'a question, and nobody to ask',
  TOKEN_CODE_REJECTED: 'the code was refused',
  MFA_SERIAL_REJECTED: 'the device was refused',
  CREDENTIALS_REJECTED: 'the keys were refused',
  SESSION_MISSING: 'the session is missing or has expired',
}

/** Gives every exit code with its meaning, in ascending order. Throws where a failure behind a code has no words. */
export function exitCodeRows(): readonly { readonly exitCode: number; readonly meaning: string }[] {
  return Object.entries(MEANINGS).map(([code, meaning]) => {
    const exitCode = Number(code)
    return { exitCode, meaning: meaning.endsWith(':') ? `${meaning} ${failuresOf(exitCode).join('; ')}` : meaning }
  })
}

function failuresOf(exitCode: number): readonly string[] {
  const words: Readonly<Record<string, string | undefined>> = FAILURES_IN_WORDS
  return Object.entries(EXIT_CODES).flatMap(([failure, code]) => {
    if (code !== exitCode) return []
    const text = words[failure]
    if (text === undefined) throw new Error(`exit-code-words.ts has no words for ${failure}`)
    return [text]
  })
}

/** What awsmfa itself ends with; `exec` passes on whatever its program ends with. */
export type ExitCode = 0 | 1 | 2 | 4 | 126 | 127 | 129 | 130 | 143

/**
 * 2 for what the person wrote; 4 where there is no usable session and none could be got (gh ends with 4 where a login is
 * missing); 130 as after Ctrl-C; 1 for the rest.
 */
export const EXIT_CODES: Readonly<
  Record<Exclude<FailureCode, 'INTERRUPTED' | 'PROGRAM_NOT_RUN' | 'ANOTHER_LOGIN_FAILED' | 'LOGINS_FAILED'>, ExitCode>
> = {
  USAGE: 2,
  STS_ARGUMENT: 2,
  DURATION_OUT_OF_RANGE: 2,
  TOKEN_CODE_MALFORMED: 2,
  MFA_SERIAL_MALFORMED: 2,
  TEXT_REFUSED: 2,
  PROMPT_UNAVAILABLE: 4,
  TOKEN_CODE_REJECTED: 4,
  MFA_SERIAL_REJECTED: 4,
  CREDENTIALS_REJECTED: 4,
  SESSION_MISSING: 4,
  SESSION_NOT_KEPT: 1,
  CANCELLED: 130,
  PROFILE_NOT_FOUND: 1,
  PROFILE_NOT_NAMED: 1,
  SOURCE_PROFILE_NOT_FOUND: 1,
  SOURCE_PROFILE_CYCLE: 1,
  SOURCE_PROFILE_AMBIGUOUS: 1,
  LONG_TERM_CREDENTIALS_MISSING: 1,
  LONG_TERM_CREDENTIALS_INCOMPLETE: 1,
  LONG_TERM_VARIABLES_MISSING: 1,
  MFA_SERIAL_MISSING: 1,
  SECTION_HOLDS_LONG_TERM_CREDENTIALS: 1,
  SECTION_NOT_OURS: 1,
  SESSION_WOULD_BE_IGNORED: 1,
  IMPORT_AMBIGUOUS: 1,
  LAYOUT_UNSUITABLE: 1,
  REGION_UNKNOWN: 1,
  FILE_UNREADABLE: 1,
  FILE_NOT_REGULAR: 1,
  FILE_NOT_WRITABLE: 1,
  FILE_INCOMPLETE_WRITE: 1,
  FILE_MALFORMED: 1,
  FILE_LOCKED: 1,
  FILE_KEEPS_CHANGING: 1,
  FILE_PARTLY_WRITTEN: 1,
  EDIT_NOT_CONTAINED: 1,
  UNDO_CONFLICT: 1,
  HOME_UNKNOWN: 1,
  HOME_OF_ANOTHER: 1,
  SETTINGS_UNREADABLE: 1,
  STDOUT_UNWRITABLE: 1,
  KEYCHAIN_UNAVAILABLE: 1,
  VALUE_NOT_QUOTABLE: 1,
  DECLINED: 1,
  TOKEN_COMMAND_FAILED: 1,
  YUBIKEY_FAILED: 1,
  CREDENTIAL_PROCESS_FAILED: 1,
  ACCESS_DENIED: 1,
  REQUEST_REFUSED: 1,
  CLOCK_SKEWED: 1,
  THROTTLED: 1,
  REGION_DISABLED: 1,
  NETWORK_UNREACHABLE: 1,
  CA_BUNDLE_UNREADABLE: 1,
  STS_UNEXPECTED: 1,
  DEADLINE_EXCEEDED: 1,
}

/** Gives the exit code of a failure. Who waited for another login's answer ends as that login did; several
 * profiles end with the code that their failures share, else with 1. */
export function exitCodeOf(failure: Failure): ExitCode {
  if (failure.code === 'INTERRUPTED') return failure.signal === 'SIGTERM' ? 143 : 129
  // As shells end for a command that is not there, and for one that cannot be run (POSIX.1, Shell Command Language, 2.8.2).
  if (failure.code === 'PROGRAM_NOT_RUN') return failure.reason === 'not-found' ? 127 : 126
  if (failure.code === 'LOGINS_FAILED') {
    const [shared, ...others] = new Set(failure.causes.map(exitCodeOf))
    return shared === undefined || others.length > 0 ? 1 : shared
  }
  return EXIT_CODES[failure.code === 'ANOTHER_LOGIN_FAILED' ? failure.why : failure.code]
}
