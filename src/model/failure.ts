/**
 * Everything that can go wrong and that a person can act on: one union, one error class. To add a failure, add its code
 * and the fields of its message; the compiler then asks for the message in errors/. No field contains a secret, a
 * session token or a token code; access key ids are shortened.
 */
import type { CommandName } from './invocation.ts'
import type { Origin, Place, SharedFileName } from './origin.ts'

/** What is wrong with a command line or a settings file. */
export type UsageProblem =
  | { readonly kind: 'missing-command' }
  | { readonly kind: 'unknown-command'; readonly word: string; readonly nearest?: CommandName }
  // `known`: what help knows besides the commands.
  | {
      readonly kind: 'unknown-topic'
      readonly word: string
      readonly known: readonly string[]
      readonly nearest?: string
    }
  | { readonly kind: 'unknown-shell'; readonly word?: string; readonly known: readonly string[] }
  | {
      readonly kind: 'unknown-option'
      readonly option: string
      readonly command?: CommandName
      readonly nearest?: string
    }
  | { readonly kind: 'abbreviated-option'; readonly option: string; readonly full: string }
  | { readonly kind: 'repeated-option'; readonly option: string }
  | { readonly kind: 'missing-value'; readonly option: string; readonly expected: string }
  | { readonly kind: 'empty-value'; readonly option: string }
  | { readonly kind: 'unexpected-value'; readonly option: string }
  | {
      readonly kind: 'bad-value'
      readonly option: string
      readonly value: string
      readonly expected: string
      readonly origin?: Origin
    }
  // `word`: what is in the place of the action; undefined: nothing.
  | {
      readonly kind: 'unknown-action'
      readonly command: CommandName
      readonly word?: string
      readonly known: readonly string[]
      readonly nearest?: string
    }
  | {
      readonly kind: 'option-of-other-action'
      readonly command: CommandName
      readonly option: string
      readonly action: string
      readonly other: string
    }
  | { readonly kind: 'unexpected-word'; readonly word: string; readonly command: CommandName }
  | { readonly kind: 'unexpected-separator'; readonly command?: CommandName }
  // `before`, `words`: what belongs before and after `--`; `quotesSeparator`: the shell drops a bare `--`.
  | {
      readonly kind: 'missing-separator'
      readonly command: CommandName
      readonly before: readonly string[]
      readonly words: readonly string[]
      readonly quotesSeparator: boolean
    }
  | {
      readonly kind: 'missing-tail'
      readonly command: CommandName
      readonly before: readonly string[]
      readonly quotesSeparator: boolean
      readonly program?: string
    }
  | { readonly kind: 'conflicting-profiles'; readonly positional: string; readonly option: string }
  | { readonly kind: 'conflicting-options'; readonly options: readonly [string, string]; readonly because: string }
  | { readonly kind: 'unknown-placeholder'; readonly placeholder: string; readonly known: readonly string[] }
  // `instead`: what to do for a setting that belongs elsewhere.
  | {
      readonly kind: 'unknown-setting'
      readonly path: string
      readonly key: string
      readonly line?: number
      readonly nearest?: string
      readonly instead?: string
    }
  | {
      readonly kind: 'repeated-setting'
      readonly path: string
      readonly key: string
      readonly lines: readonly number[]
    }
  | {
      readonly kind: 'setting-type'
      readonly path: string
      readonly key: string
      readonly line?: number
      readonly found: 'list' | 'table' | 'date'
    }
  | { readonly kind: 'several-settings-files'; readonly paths: readonly string[] }
  | {
      readonly kind: 'malformed-settings'
      readonly path: string
      readonly format: 'ini' | 'toml' | 'yaml' | 'json'
      readonly line?: number
    }
  | { readonly kind: 'token-code-for-many'; readonly profiles: number }
  | { readonly kind: 'token-command-for-many'; readonly profiles: number; readonly origin: Origin }

/** What is wrong with a flag after `--`. */
export type StsArgumentProblem =
  | {
      readonly kind: 'unknown-flag'
      readonly flag: string
      readonly operation: StsOperation
      readonly nearest?: string
    }
  | { readonly kind: 'ambiguous-flag'; readonly flag: string; readonly candidates: readonly string[] }
  | { readonly kind: 'refused-flag'; readonly flag: string; readonly because: string; readonly instead?: string }
  | { readonly kind: 'role-flag-without-role'; readonly flag: string }
  | { readonly kind: 'missing-value'; readonly flag: string; readonly leadingDash?: string }
  | { readonly kind: 'bare-word'; readonly word: string }
  | { readonly kind: 'bad-value'; readonly flag: string; readonly value: string; readonly expected: string }
  | { readonly kind: 'unreadable-file'; readonly flag: string; readonly path: string; readonly reason: string }
  | { readonly kind: 'contradiction'; readonly flag: string; readonly before: string; readonly after: string }

/** The two STS operations that a login is made of. */
export type StsOperation = 'GetSessionToken' | 'AssumeRole'

/** Why nobody can be prompted for a token code. `no-window`: a window was chosen, and none can be opened. */
export type PromptObstacle = 'no-terminal' | 'background' | 'stdin-closed' | 'no-window'

/** The programs that can show a window with a question. */
export type WindowProgram = 'zenity' | 'pinentry' | 'osascript' | 'powershell'

/** Why no window is opened, though there is no terminal either. */
export type NoWindowReason = 'terminal-chosen' | 'no-gui' | 'no-display' | 'ssh' | 'container' | 'ci'

/** Why a window cannot prompt either. `detail`: the program's own message. */
export type WindowTrouble =
  | { readonly kind: NoWindowReason }
  | { readonly kind: 'no-program'; readonly programs: readonly WindowProgram[] }
  | { readonly kind: 'failed'; readonly program: WindowProgram; readonly detail: string }

/** What a prompt asks for. `consent`: whether files may be changed as shown. */
export type WantedAnswer = 'token-code' | 'answer' | 'consent' | 'long-term-keys'

/** Why a token command returned no code. `output`: not six digits; `circle`: it starts awsmfa for the same profile. */
export type TokenCommandTrouble = 'not-found' | 'not-executable' | 'quote' | 'exit' | 'timed-out' | 'output' | 'circle'

/**
 * Why a YubiKey returned no code. `no-service`: the smart card service does not answer; `password`: nobody can be
 * prompted for it.
 */
export type YubiKeyTrouble =
  | 'no-program'
  | 'no-key'
  | 'no-service'
  | 'other-key'
  | 'several-keys'
  | 'no-account'
  | 'several-accounts'
  | 'password'
  | 'wrong-password'
  | 'not-touched'
  | 'no-oath'
  | 'timed-out'
  | 'other'

/** Why setup cannot decide, or must not guess, what a profile should become. */
export type LayoutObstacle =
  | 'name-taken'
  | 'keys-in-both-files'
  | 'keys-beside-source'
  | 'has-keys'
  | 'own-source'
  | 'devices-differ'
  | 'one-file'
  | 'name-in-process'
  | 'session-beside-process'

/** Why a name or value taken from a flag, the environment or a file is refused before it is used anywhere. */
export type TextDefect =
  'empty' | 'control-character' | 'closing-bracket' | 'reserved-name' | 'outer-space' | 'too-long' | 'alphabet'

/**
 * Why the cache key cannot be had from the system's keychain. `no-keyring`: the Secret Service has none to keep it in;
 * `no-program`: neither dbus-send nor gdbus is there; `not-a-key`: the item holds something else.
 */
export type KeychainTrouble =
  'locked' | 'no-service' | 'no-keyring' | 'slow' | 'denied' | 'no-add-on' | 'no-program' | 'not-a-key'

/** Whose session is in a section that login would replace. */
export interface ForeignSession {
  readonly manager?: string
  readonly expiration?: Date
  /** Last four characters of the access key id, as `…ABCD`. */
  readonly accessKeyId: string
}

/** What was being done to a file when it failed. All but 'restore' leave the file as it was. */
export type WriteStep =
  'folder' | 'lock' | 'stage' | 'read-back' | 'compare' | 'rename' | 'in-place' | 'restore' | 'remove'

export type Failure =
  // The command line and what it says: exit 2.
  | { readonly code: 'USAGE'; readonly problem: UsageProblem }
  | { readonly code: 'STS_ARGUMENT'; readonly problem: StsArgumentProblem }
  | {
      readonly code: 'DURATION_OUT_OF_RANGE'
      readonly operation: StsOperation
      readonly seconds: number
      readonly minimum: number
      readonly maximum: number
      readonly origin: Origin
    }
  | { readonly code: 'TOKEN_CODE_MALFORMED'; readonly source: 'flag' | 'stdin' | 'sts-flag' | 'command' | 'typed' }
  | {
      readonly code: 'MFA_SERIAL_MALFORMED'
      readonly defect: 'fido' | 'user-arn' | 'alphabet' | 'length'
      readonly serial: string
      readonly origin: Origin
      readonly corrected?: string
    }
  | {
      readonly code: 'TEXT_REFUSED'
      readonly what: string
      readonly text: string
      readonly defect: TextDefect
      readonly origin: Origin
    }
  // Profiles: exit 1.
  | {
      readonly code: 'PROFILE_NOT_FOUND'
      readonly profile: string
      readonly origin: Origin
      readonly paths: readonly string[]
      readonly nearest?: string
    }
  // `candidates`: the profiles that can be signed in, one at least, the latest first.
  | { readonly code: 'PROFILE_NOT_NAMED'; readonly candidates: readonly string[] }
  | {
      readonly code: 'SOURCE_PROFILE_NOT_FOUND'
      readonly profile: string
      readonly source: string
      readonly origin: Origin
      readonly paths: readonly string[]
      readonly nearest?: string
    }
  | { readonly code: 'SOURCE_PROFILE_CYCLE'; readonly path: readonly string[] }
  | {
      readonly code: 'SOURCE_PROFILE_AMBIGUOUS'
      readonly profile: string
      readonly candidates: readonly { readonly profile: string; readonly place: Place }[]
    }
  | {
      readonly code: 'LONG_TERM_CREDENTIALS_MISSING'
      readonly profile: string
      readonly path: readonly string[]
      readonly lookedFor: readonly string[]
      readonly sessionAt?: Place
    }
  | {
      readonly code: 'LONG_TERM_CREDENTIALS_INCOMPLETE'
      readonly profile: string
      readonly missing: string
      readonly place: Place
    }
  | {
      readonly code: 'LONG_TERM_VARIABLES_MISSING'
      readonly missing: readonly string[]
      readonly sessionTokenSet: boolean
    }
  | {
      readonly code: 'MFA_SERIAL_MISSING'
      readonly profile: string
      readonly path: readonly string[]
      readonly listing: 'denied' | 'empty' | 'several' | 'fido-only' | 'failed'
      readonly devices: readonly string[]
      readonly command?: 'setup'
    }
  | {
      readonly code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS'
      readonly profile: string
      readonly place: Place
      readonly sourceIsSame: boolean
    }
  | {
      readonly code: 'SECTION_NOT_OURS'
      readonly profile: string
      readonly place: Place
      readonly session: ForeignSession
    }
  | {
      readonly code: 'SESSION_WOULD_BE_IGNORED'
      readonly profile: string
      readonly key: string
      readonly place: Place
      readonly standardRole: boolean
    }
  // `tools`: those whose layouts are found, as import knows them.
  | { readonly code: 'IMPORT_AMBIGUOUS'; readonly tools: readonly string[] }
  // `places`: where the conflicting settings are.
  | {
      readonly code: 'LAYOUT_UNSUITABLE'
      readonly profile: string
      readonly reason: LayoutObstacle
      readonly places: readonly Place[]
    }
  | { readonly code: 'REGION_UNKNOWN'; readonly partition: string }
  // Files: exit 1. `step`: what was being done; `errno`: Node's error code, such as ENOSPC; `keptAt`: where the
  // complete new file is if writing in place failed and the old bytes could not be restored.
  | { readonly code: 'FILE_UNREADABLE'; readonly place: Place; readonly errno: string }
  | {
      readonly code: 'FILE_NOT_REGULAR'
      readonly place: Place
      readonly found: 'directory' | 'fifo' | 'socket' | 'device' | 'symlink-loop'
    }
  | {
      readonly code: 'FILE_NOT_WRITABLE'
      readonly place: Place
      readonly errno: string
      readonly step: WriteStep
      readonly keptAt?: string
    }
  | { readonly code: 'FILE_INCOMPLETE_WRITE'; readonly place: Place; readonly wanted: number; readonly written: number }
  | {
      readonly code: 'FILE_MALFORMED'
      readonly place: Place
      readonly defect: 'duplicate-section' | 'ambiguous-header' | 'key-unplaceable' | 'duplicate-key' | 'nul'
      readonly section: string
      readonly otherLine?: number
    }
  | {
      readonly code: 'FILE_LOCKED'
      readonly place: Place
      readonly holder?: { readonly pid: number; readonly host: string; readonly since: Date }
      readonly waitedMs: number
    }
  | { readonly code: 'FILE_KEEPS_CHANGING'; readonly place: Place }
  | {
      readonly code: 'FILE_PARTLY_WRITTEN'
      readonly place: Place
      readonly written: SharedFileName
      readonly errno: string
    }
  | { readonly code: 'EDIT_NOT_CONTAINED'; readonly place: Place }
  // `section`: the text between a header's brackets; `signed-in`: the credentials file has awsmfa's session there.
  | {
      readonly code: 'UNDO_CONFLICT'
      readonly place: Place
      readonly section: string
      readonly reason: 'changed' | 'signed-in' | 'in-the-way'
    }
  | { readonly code: 'HOME_UNKNOWN' }
  | { readonly code: 'HOME_OF_ANOTHER'; readonly place: Place; readonly owner: number }
  | { readonly code: 'SETTINGS_UNREADABLE'; readonly place: Place; readonly errno: string }
  | { readonly code: 'STDOUT_UNWRITABLE'; readonly errno: string }
  // `addOn`: the package that it needs, with its version; `detail`: the keychain's own message.
  | {
      readonly code: 'KEYCHAIN_UNAVAILABLE'
      readonly platform: 'linux' | 'darwin' | 'win32'
      readonly reason: KeychainTrouble
      readonly addOn: string
      readonly detail?: string
    }
  // Programs that get credentials: 127 if there is no such program, 126 if it cannot be run; the second exits 1.
  | {
      readonly code: 'PROGRAM_NOT_RUN'
      readonly program: string
      readonly reason: 'not-found' | 'not-executable' | 'batch-file'
      readonly errno: string
    }
  | { readonly code: 'VALUE_NOT_QUOTABLE'; readonly variable: string; readonly format: string }
  // A person or the time: PROMPT_UNAVAILABLE exits 4, CANCELLED 130, the rest 1.
  | {
      readonly code: 'PROMPT_UNAVAILABLE'
      readonly obstacle: PromptObstacle
      readonly wanted: WantedAnswer
      readonly window?: WindowTrouble
    }
  | { readonly code: 'CANCELLED' }
  | { readonly code: 'INTERRUPTED'; readonly signal: 'SIGTERM' | 'SIGHUP' }
  | { readonly code: 'DECLINED' }
  | { readonly code: 'DEADLINE_EXCEEDED'; readonly seconds: number; readonly waitingFor: string }
  // `wantsShell`: the command has syntax of a shell, and does not name one.
  | {
      readonly code: 'TOKEN_COMMAND_FAILED'
      readonly program: string
      readonly origin: Origin
      readonly reason: TokenCommandTrouble
      readonly wantsShell: boolean
      readonly exitCode?: number
      readonly seconds?: number
    }
  // `label`: the account that was looked for; `serials`: of the keys that ykman named; `detail`: ykman's own error.
  | {
      readonly code: 'YUBIKEY_FAILED'
      readonly reason: YubiKeyTrouble
      readonly label: string
      readonly serial?: string
      readonly serials: readonly string[]
      readonly detail?: string
    }
  | {
      readonly code: 'CREDENTIAL_PROCESS_FAILED'
      readonly profile: string
      readonly program: string
      readonly reason:
        'not-found' | 'not-executable' | 'batch-file' | 'exit' | 'timed-out' | 'output' | 'session' | 'circle'
      readonly exitCode?: number
      readonly place: Place
    }
  | {
      readonly code: 'ANOTHER_LOGIN_FAILED'
      readonly why:
        'CANCELLED' | 'TOKEN_CODE_REJECTED' | 'DEADLINE_EXCEEDED' | 'TOKEN_COMMAND_FAILED' | 'YUBIKEY_FAILED'
    }
  // Several profiles: the exit code that all causes share, else 1.
  | { readonly code: 'LOGINS_FAILED'; readonly of: number; readonly causes: readonly Failure[] }
  // STS rejects the caller: exit 4.
  | {
      readonly code: 'TOKEN_CODE_REJECTED'
      readonly nextCodeInSeconds: number
      readonly known: 'used' | 'wrong-or-used'
      readonly answerLost: boolean
    }
  | { readonly code: 'MFA_SERIAL_REJECTED'; readonly serial: string; readonly origin: Origin }
  | {
      readonly code: 'CREDENTIALS_REJECTED'
      readonly accessKeyId: string
      readonly reason: 'unknown-key' | 'wrong-secret' | 'session' | 'expired'
      readonly origin: Origin | 'session'
    }
  // `expiration`: of a session that has expired, or has less than `wantedSeconds` remaining.
  | {
      readonly code: 'SESSION_MISSING'
      readonly profile: string
      readonly expiration?: Date
      readonly wantedSeconds?: number
    }
  // STS, the connection to it, and the cache: exit 1. The cache from which the profile's credential_process answers
  // takes no session; `isGot`: one had been created by then.
  | { readonly code: 'SESSION_NOT_KEPT'; readonly profile: string; readonly isGot: boolean }
  | { readonly code: 'ACCESS_DENIED'; readonly operation: string; readonly roleArn?: string; readonly message: string }
  | {
      readonly code: 'REQUEST_REFUSED'
      readonly operation: string
      readonly awsCode: string
      readonly message: string
      readonly reason?: 'role-maximum' | 'chained' | 'packed-policy' | 'root-account'
    }
  | { readonly code: 'CLOCK_SKEWED'; readonly skewSeconds: number | undefined }
  | { readonly code: 'THROTTLED'; readonly operation: string }
  | { readonly code: 'REGION_DISABLED'; readonly region: string }
  | {
      readonly code: 'NETWORK_UNREACHABLE'
      readonly host: string
      readonly reason: NetworkTrouble
      readonly proxy?: string
      readonly proxyIgnored?: boolean
      readonly timeoutSeconds?: number
    }
  | { readonly code: 'CA_BUNDLE_UNREADABLE'; readonly place: Place; readonly origin: Origin; readonly errno: string }
  | {
      readonly code: 'STS_UNEXPECTED'
      readonly operation: string
      readonly status: number | undefined
      readonly awsCode: string | undefined
      readonly detail: string
    }

/** Why the server could not be reached, by what a person can do about it. */
export type NetworkTrouble =
  'dns' | 'refused' | 'timeout' | 'reset' | 'certificate' | 'proxy' | 'proxy-auth' | 'tls' | 'unreachable' | 'no-answer'

/** The code of a failure. */
export type FailureCode = Failure['code']

/**
 * The one error that awsmfa throws on purpose; any other is reported as a fault of awsmfa. `cause` keeps what was
 * caught, for `--debug`: it may hold foreign text and is not shown otherwise.
 */
export class AwsmfaError extends Error {
  declare readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.code, options)
    this.name = 'AwsmfaError'
    this.failure = failure
  }
}

/** The failure with that code. */
export type FailureOf<Code extends FailureCode> = Extract<Failure, { readonly code: Code }>

/** Returns whether something caught is an AwsmfaError with that code. */
export function isFailure<Code extends FailureCode>(
  error: unknown,
  code: Code,
): error is AwsmfaError & { readonly failure: FailureOf<Code> } {
  return error instanceof AwsmfaError && error.failure.code === code
}
