import type { Failure, FailureCode } from '../core/failures.ts'

/** What awsmfa itself ends with; `exec` passes on whatever its program ends with. */
export type ExitCode = 0 | 1 | 2 | 4 | 126 | 127 | 129 | 130 | 143

/**
 * 2 for what the person wrote; 4 where there is no usable session and none could be got (gh ends with 4 where a login is
 * missing); 130 as after Ctrl-C; 1 for the rest.
 */
export const EXIT_CODES: Readonly<Record<Exclude<FailureCode, 'INTERRUPTED' | 'PROGRAM_NOT_RUN' | 'ANOTHER_LOGIN_FAILED' | 'LOGINS_FAILED'>, ExitCode>> = {
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
