import type { CommandName } from './invocation.ts'
import type { Origin, Place, SharedFileName } from './origin.ts'

/**
 * Everything that can go wrong in a way that a person can do something about. To add one: give it a code and the facts that
 * its message needs, here; its words in render/failure.ts and its exit code in cli/exit-codes.ts are then demanded by the
 * compiler. Tests of behaviour assert codes and facts; only tests of render assert words.
 *
 * No field may ever hold a secret, a session token or a token code. Access key ids are shortened before they get here.
 */

/** A command line that cannot be carried out as it stands. */
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
  // `word`: what stands in the place of the action; undefined: nothing does.
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
  // `before`: the words that stand rightly before `--`; `words`: those that should follow it; `quotesSeparator`: a bare `--` would be dropped on the way;
  // `program`: the only word, which may have been meant to follow `--`.
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
  // `instead`: what to do for a setting that has a place elsewhere.
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

/** Why a token code cannot be asked for. `no-window`: a window was chosen, and none can be opened. */
export type PromptObstacle = 'no-terminal' | 'background' | 'stdin-closed' | 'no-window'

/** Why it cannot be asked for in a window either. `detail`: what the program said itself. */
export type WindowTrouble =
  | { readonly kind: NoWindowReason }
  | { readonly kind: 'no-program'; readonly programs: readonly WindowProgram[] }
  | { readonly kind: 'failed'; readonly program: WindowProgram; readonly detail: string }

/** What a question is about. `consent`: whether files may be changed as shown. */
export type WantedAnswer = 'token-code' | 'answer' | 'consent' | 'long-term-keys'

/** Why a token command gave no code. `output`: it printed something else than six digits; `circle`: it starts awsmfa for the same profile. */
export type TokenCommandTrouble = 'not-found' | 'not-executable' | 'quote' | 'exit' | 'timed-out' | 'output' | 'circle'

/** Why a YubiKey gave no code. `no-service`: the system's smart card service does not answer; `password`: it is needed and nobody can be asked. */
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

/** Why setup cannot tell, or must not guess, what a profile should become. */
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
 * `no-program`: neither dbus-send nor gdbus is there; `not-a-key`: something else stands where the key should be.
 */
export type KeychainTrouble =
  'locked' | 'no-service' | 'no-keyring' | 'slow' | 'denied' | 'no-add-on' | 'no-program' | 'not-a-key'

/** Tells whose session stands in a section that login would replace. */
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
  // `places`: where the two or more things stand that are in each other's way.
  | {
      readonly code: 'LAYOUT_UNSUITABLE'
      readonly profile: string
      readonly reason: LayoutObstacle
      readonly places: readonly Place[]
    }
  | { readonly code: 'REGION_UNKNOWN'; readonly partition: string }
  // Files: exit 1. `step` names what was being done; `errno` is Node's error code, such as ENOSPC. `keptAt` is where the
  // complete new file lies when writing in place broke off and the old bytes could not be brought back.
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
  // `section`: the header's text between its brackets; `signed-in`: a session of awsmfa's stands in its place in the credentials file.
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
  // `addOn`: the package that it takes, with its version; `detail`: what the keychain said itself.
  | {
      readonly code: 'KEYCHAIN_UNAVAILABLE'
      readonly platform: 'linux' | 'darwin' | 'win32'
      readonly reason: KeychainTrouble
      readonly addOn: string
      readonly detail?: string
    }
  // Programs that get credentials: 127 where there is no such program, 126 where it cannot be run; the second exits 1.
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
  // `wantsShell`: the command holds what only a shell understands, and none is asked for.
  | {
      readonly code: 'TOKEN_COMMAND_FAILED'
      readonly program: string
      readonly origin: Origin
      readonly reason: TokenCommandTrouble
      readonly wantsShell: boolean
      readonly exitCode?: number
      readonly seconds?: number
    }
  // `label`: the account that was looked for; `serials`: of the keys that ykman named; `detail`: what ykman said of an error it has.
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
  // STS says no to who is asking: exit 4.
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
  // `expiration`: of the session that is there, and has ended or has less left than `wantedSeconds`.
  | {
      readonly code: 'SESSION_MISSING'
      readonly profile: string
      readonly expiration?: Date
      readonly wantedSeconds?: number
    }
  // STS or the way there: exit 1.
  /** The cache from which the profile's credential_process answers takes no session; `isGot`: this was found out with one in hand. */
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

/** What stood between us and the server, named by what the person can do about it. */
export type NetworkTrouble =
  'dns' | 'refused' | 'timeout' | 'reset' | 'certificate' | 'proxy' | 'proxy-auth' | 'tls' | 'unreachable' | 'no-answer'

/** The code of a failure. */
export type FailureCode = Failure['code']

/**
 * The one error that awsmfa throws on purpose. Anything else that reaches the top is a fault of awsmfa and is reported as
 * one. `cause` keeps what was caught, for `--debug`; it may hold foreign text and is never shown otherwise.
 */
export class AwsmfaError extends Error {
  declare readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.code, options)
    this.name = 'AwsmfaError'
    this.failure = failure
  }
}

/** Tells whether something caught is an AwsmfaError with that code. */
export function isFailure<Code extends FailureCode>(
  error: unknown,
  code: Code,
): error is AwsmfaError & { readonly failure: Extract<Failure, { readonly code: Code }> } {
  return error instanceof AwsmfaError && error.failure.code === code
}

/** Where a token code is asked for: at the terminal, or in a window, and with which program. Decides, and opens nothing. */

/** The programs that can show a window with a question. */
export type WindowProgram = 'zenity' | 'pinentry' | 'osascript' | 'powershell'

/** Why no window is opened, though there is no terminal either. */
export type NoWindowReason = 'terminal-chosen' | 'no-gui' | 'no-display' | 'ssh' | 'container' | 'ci'
