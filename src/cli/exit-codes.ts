import type { Failure } from '../core/failures.ts'

/** What the process ends with. The README documents these seven, and 126 and 127 come from no other command than `exec`. */
export type ExitCode = 0 | 1 | 2 | 4 | 129 | 130 | 143

/**
 * Gives the exit code of a failure: 2 for what the person wrote, 4 where there is no usable session and none could be got
 * (gh exits 4 for the same reason), 128 + n for signals, 1 for the rest.
 */
export function exitCodeOf(failure: Failure): ExitCode {
  switch (failure.code) {
    case 'USAGE':
    case 'STS_ARGUMENT':
    case 'DURATION_OUT_OF_RANGE':
    case 'TOKEN_CODE_MALFORMED':
    case 'MFA_SERIAL_MALFORMED':
    case 'TEXT_REFUSED':
      return 2
    case 'PROMPT_UNAVAILABLE':
    case 'TOKEN_CODE_REJECTED':
    case 'MFA_SERIAL_REJECTED':
    case 'CREDENTIALS_REJECTED':
    case 'SESSION_MISSING':
      return 4
    case 'CANCELLED':
      return 130
    case 'INTERRUPTED':
      return failure.signal === 'SIGTERM' ? 143 : 129
    case 'ANOTHER_LOGIN_FAILED':
      return exitCodeOfOther(failure.why)
    case 'PROFILE_NOT_FOUND':
    case 'SOURCE_PROFILE_NOT_FOUND':
    case 'SOURCE_PROFILE_CYCLE':
    case 'SOURCE_PROFILE_AMBIGUOUS':
    case 'LONG_TERM_CREDENTIALS_MISSING':
    case 'LONG_TERM_CREDENTIALS_INCOMPLETE':
    case 'LONG_TERM_VARIABLES_MISSING':
    case 'MFA_SERIAL_MISSING':
    case 'SECTION_HOLDS_LONG_TERM_CREDENTIALS':
    case 'SECTION_NOT_OURS':
    case 'SESSION_WOULD_BE_IGNORED':
    case 'REGION_UNKNOWN':
    case 'FILE_UNREADABLE':
    case 'FILE_NOT_REGULAR':
    case 'FILE_NOT_WRITABLE':
    case 'FILE_INCOMPLETE_WRITE':
    case 'FILE_MALFORMED':
    case 'FILE_LOCKED':
    case 'FILE_KEEPS_CHANGING':
    case 'FILE_PARTLY_WRITTEN':
    case 'EDIT_NOT_CONTAINED':
    case 'HOME_UNKNOWN':
    case 'HOME_OF_ANOTHER':
    case 'SETTINGS_UNREADABLE':
    case 'DECLINED':
    case 'DEADLINE_EXCEEDED':
    case 'TOKEN_COMMAND_FAILED':
    case 'CREDENTIAL_PROCESS_FAILED':
    case 'ACCESS_DENIED':
    case 'REQUEST_REFUSED':
    case 'CLOCK_SKEWED':
    case 'THROTTLED':
    case 'REGION_DISABLED':
    case 'NETWORK_UNREACHABLE':
    case 'CA_BUNDLE_UNREADABLE':
    case 'STS_UNEXPECTED':
      return 1
  }
}

/** Who waited for another login's answer ends as that login did. */
function exitCodeOfOther(why: Extract<Failure, { readonly code: 'ANOTHER_LOGIN_FAILED' }>['why']): ExitCode {
  switch (why) {
    case 'CANCELLED':
      return 130
    case 'TOKEN_CODE_REJECTED':
      return 4
    case 'DEADLINE_EXCEEDED':
      return 1
  }
}
