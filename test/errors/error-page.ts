/** Renders docs/errors.md from the failure examples: every code with its cause, exit code, messages and hints. */
import { exitCodeOf } from '../../src/cli/supervise.ts'
import { renderFailure } from '../../src/errors/messages.ts'
import type { FailureView } from '../../src/errors/wording.ts'
import type { FailureCode } from '../../src/model/failure.ts'
import { FAILURE_EXAMPLES } from './failure-examples.ts'

/** The cause of each failure, by subject. A test requires one for each code. */
const SUBJECTS: Readonly<Record<string, Readonly<Partial<Record<FailureCode, string>>>>> = {
  'Command line and settings': {
    USAGE: 'The command line or the settings file is invalid.',
    STS_ARGUMENT: 'An option after `--` is invalid.',
    DURATION_OUT_OF_RANGE: 'STS does not allow a session of this duration.',
    TOKEN_CODE_MALFORMED: 'The token code does not have six digits.',
    MFA_SERIAL_MALFORMED: 'The value cannot be the ARN or serial number of an MFA device that shows codes.',
    TEXT_REFUSED: 'A name or value contains something that a file or AWS does not accept.',
    SETTINGS_UNREADABLE: 'The settings file exists and cannot be read.',
  },
  'Profiles and access keys': {
    PROFILE_NOT_FOUND: 'The profile is in neither shared file.',
    PROFILE_NOT_NAMED: 'No profile was named, and `default` cannot sign in.',
    SOURCE_PROFILE_NOT_FOUND: 'A source profile is in neither shared file.',
    SOURCE_PROFILE_CYCLE: 'The source profiles lead back to a profile of the same chain.',
    SOURCE_PROFILE_AMBIGUOUS: 'Several sections could contain the access key of the profile.',
    LONG_TERM_CREDENTIALS_MISSING: 'No profile of the chain has an access key.',
    LONG_TERM_CREDENTIALS_MALFORMED: 'A value cannot be an access key.',
    LONG_TERM_CREDENTIALS_INCOMPLETE: 'A section has an access key ID without a secret, or a secret without an ID.',
    LONG_TERM_VARIABLES_MISSING: 'With `--source-env`, the environment has no long-term credentials.',
    MFA_SERIAL_MISSING: 'No MFA device is set, and IAM did not return exactly one that shows codes.',
    SECTION_HOLDS_LONG_TERM_CREDENTIALS: 'The session would overwrite an access key.',
    SECTION_NOT_OURS: 'The session would overwrite a session of another tool.',
    SESSION_WOULD_BE_IGNORED: 'Tools would not use a session under this name, because of another key of the profile.',
    REGION_UNKNOWN: 'No region is set, and the partition of the ARN has no default region in awsmfa.',
    CREDENTIAL_PROCESS_FAILED: 'A `credential_process` returned no long-term credentials.',
  },
  'Access keys outside the credentials file': {
    VAULT_ITEM_UNREADABLE: 'An access key of aws-vault cannot be read.',
    KEY_STORE_FAILED: 'A store does not provide, take or delete an access key.',
    KEYCHAIN_UNAVAILABLE: "The system's keychain does not provide an access key or the cache key.",
    PASSPHRASE_COMMAND_FAILED: 'The passphrase command returned no passphrase.',
    KEYS_UNSUITABLE: 'keys cannot change the access key of this profile.',
    ROTATION_STOPPED: 'rotate cannot go on. The access key that the profile has works as before.',
  },
  'Setup, import and undo': {
    IMPORT_AMBIGUOUS: 'Files of several tools were found, and there is no terminal to prompt on.',
    LAYOUT_UNSUITABLE: 'setup cannot decide how to change the profile.',
    UNDO_CONFLICT: 'Something that undo would restore was changed since.',
    DECLINED: 'You answered no. Nothing was changed.',
  },
  Files: {
    FILE_UNREADABLE: 'A file exists and cannot be read.',
    FILE_ENCODING_UNSUPPORTED: 'A file is in UTF-16.',
    FILE_NOT_REGULAR: 'A path is not a regular file.',
    FILE_NOT_WRITABLE: 'A file or its folder cannot be written.',
    FILE_INCOMPLETE_WRITE: 'The system wrote only a part of the file.',
    FILE_MALFORMED: 'A file contains something that tools read in different ways, where awsmfa has to write.',
    FILE_LOCKED: 'Another awsmfa holds the lock of the file.',
    FILE_KEEPS_CHANGING: 'Another program changed the file each time that awsmfa was about to replace it.',
    FILE_PARTLY_WRITTEN: 'One of the two shared files was written, the other one cannot be.',
    EDIT_NOT_CONTAINED: 'Internal error: the change would affect other sections. Nothing was written.',
    HOME_UNKNOWN: 'The environment names no home folder.',
    HOME_OF_ANOTHER: 'root would write to the home folder of another user.',
    STDOUT_UNWRITABLE: 'The output cannot be written, for example because the disk is full.',
  },
  'Prompts and programs': {
    PROMPT_UNAVAILABLE: 'An answer is required, and there is no terminal or window to prompt in.',
    CANCELLED: 'You canceled with Ctrl-C or Ctrl-D, or closed the window.',
    INTERRUPTED: 'awsmfa was stopped by a signal.',
    DEADLINE_EXCEEDED: 'Something took too long.',
    TOKEN_COMMAND_FAILED: 'The token command returned no code.',
    YUBIKEY_FAILED: 'The YubiKey returned no code.',
    ANOTHER_LOGIN_FAILED: 'This login waited for the code of another login, which failed.',
    LOGINS_FAILED: 'Some of several profiles failed. Each has its own error.',
    PROGRAM_NOT_RUN: 'The command of `exec` cannot be run.',
    VALUE_NOT_QUOTABLE: 'A value cannot be written safely in this format of `env`.',
    SESSION_NOT_KEPT: 'The cache for `credential-process` cannot store the session.',
  },
  AWS: {
    TOKEN_CODE_REJECTED: 'STS rejected the token code, or its response was lost.',
    MFA_SERIAL_REJECTED: 'STS does not know the MFA device for this user.',
    CREDENTIALS_REJECTED: 'AWS rejected the access key or the session.',
    SESSION_MISSING: 'There is no session, or it has expired.',
    ACCESS_DENIED: 'The policies of AWS do not allow the request.',
    REQUEST_REFUSED: 'AWS rejected the request.',
    CLOCK_SKEWED: 'The clock of this computer is wrong, so AWS rejects its signatures.',
    THROTTLED: 'AWS received too many requests.',
    REGION_DISABLED: 'STS is not enabled in the region.',
    NETWORK_UNREACHABLE: 'STS, or AWS Sign-In for `console`, cannot be reached.',
    CONSOLE_NEEDS_ROLE: 'AWS opens its console for the sessions of roles, not for those of IAM users.',
    CONSOLE_UNSUPPORTED: 'The addresses of the console of an isolated partition are not public.',
    CONSOLE_REFUSED: 'The federation endpoint of AWS Sign-In did not accept the credentials of the role.',
    BROWSER_FAILED: 'The browser could not be started.',
    CA_BUNDLE_UNREADABLE: 'The file with the certificates cannot be read.',
    STS_UNEXPECTED: 'The response is not one that STS documents.',
  },
}

const INTRODUCTION = `# Errors

What each error of awsmfa means: its cause, its messages, what to do, and the exit code. Names, places and numbers are
examples. The code is the \`code\` of an error of [the library](library.md). For the most common errors, see
[troubleshooting](troubleshooting.md). The tests write this page from the code.
`

const cell = (text: string): string =>
  text.replaceAll(/[\\`*_<>[\]|]/g, (character) => (character === '|' ? '\\|' : `\\${character}`))

/** Returns the text with the first two of a long list of names, for a table; the golden test has them all. */
const shortened = (text: string): string => text.replaceAll(/('[^']*', '[^']*')(?:, '[^']*'){4,}/g, '$1, …')

/** Returns the page. */
export function errorPage(view: FailureView): string {
  const sections = Object.entries(SUBJECTS).map(
    ([subject, causes]) =>
      `\n## ${subject}\n${Object.entries(causes)
        .map(([code, cause]) => errorSection(code, cause, view))
        .join('')}`,
  )
  return INTRODUCTION + sections.join('')
}

/** Returns the codes that have a cause. */
export function documentedCodes(): ReadonlySet<string> {
  return new Set(Object.values(SUBJECTS).flatMap((causes) => Object.keys(causes)))
}

function errorSection(code: string, cause: string, view: FailureView): string {
  const failures = FAILURE_EXAMPLES.map(({ failure }) => failure).filter((failure) => failure.code === code)
  const exitCodes = [...new Set(failures.map(exitCodeOf))]
  const rows = failures.map((failure) => {
    const { error, hints } = renderFailure(failure, view)
    return `| ${cell(error)} | ${hints.map((hint) => cell(shortened(hint))).join('<br>')} |\n`
  })
  return `\n### ${code}\n\n${cause} Exit code ${exitCodes.join(' or ')}.\n\n| message | what to do |\n| --- | --- |\n${[...new Set(rows)].join('')}`
}
