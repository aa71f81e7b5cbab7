/**
 * Everything that can go wrong and that a person can act on: one union, one error class. To add a failure, add its code
 * and the fields of its message; the compiler then asks for the message in errors/. No field contains a secret, a
 * session token or a token code; access key ids are shortened.
 */
import type { KeyStoreName, RotatedKey } from './credentials.ts'
import type { StsArgumentProblem, StsOperation, Tagged, UsageProblem } from './invocation.ts'
import type { Origin, Place, SharedFileName } from './profile.ts'

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
export type WantedAnswer = 'token-code' | 'answer' | 'consent' | 'long-term-keys' | 'passphrase'

/** Why a command of the user's gave nothing. `output`: not what is wanted; `circle`: it starts awsmfa again. */
export type CommandTrouble = 'not-found' | 'not-executable' | 'quote' | 'exit' | 'timed-out' | 'output' | 'circle'

/** `wantsShell`: the command has syntax of a shell, and does not name one. */
interface CommandFields {
  program: string
  origin: Origin
  reason: CommandTrouble
  wantsShell: boolean
  exitCode?: number | undefined
  seconds?: number | undefined
}

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
  | 'credentials-in-role'
  | 'source-of-others'

/** Why a name or value taken from a flag, the environment or a file is refused before it is used anywhere. */
export type TextDefect =
  'empty' | 'control-character' | 'closing-bracket' | 'reserved-name' | 'outer-space' | 'too-long' | 'alphabet'

/**
 * Why the cache key cannot be had from the system's keychain. `no-keyring`: the Secret Service has none to keep it in;
 * `no-program`: neither dbus-send nor gdbus is there; `not-a-key`: the item holds something else.
 */
export type KeychainProblem =
  'locked' | 'no-service' | 'no-keyring' | 'slow' | 'denied' | 'no-add-on' | 'no-program' | 'not-a-key'

/**
 * Why a store does not provide, take or remove a long-term key. `no-item`: it has none of that id; `newer`: a later
 * version of awsmfa wrote the item; `other-secret`: there is an item of that id with another secret; `not-kept`: what
 * was stored could not be read back; `no-store`: pass has not been set up.
 */
export type KeyStoreProblem =
  | 'no-item'
  | 'damaged'
  | 'newer'
  | 'other-secret'
  | 'not-kept'
  | 'wrong-passphrase'
  | 'locked'
  | 'slow'
  | 'no-program'
  | 'no-store'
  | 'refused'

/** Why `keys` does not change a profile. */
export type KeysObstacle =
  | 'process'
  | 'has-keys'
  | 'one-file'
  | 'two-pairs'
  | 'parts-apart'
  | 'in-use'
  | 'named'
  | 'only-copy'
  | 'rotating'
  | 'rotated'

/**
 * Why `rotate` stops. `process`: a `credential_process` has the key; `root`, `role`: no IAM user's; `not-accepted`: AWS
 * does not know the new key yet; `answer-lost`: there may be a new key whose secret nobody knows, `candidate`: there is
 * one, `not-stored`: there is one for certain; `not-activated` to `not-replaced`: AWS answered, and does not list it;
 * `replaced`: the key is inactive, and another one is active; `replace-…`: of `--replace`; `old-not-ours`: somebody
 * else has deactivated the old key; `undo-too-late`: the old key is deleted.
 */
export type RotationObstacle =
  | ('process' | 'root' | 'role' | 'undo-too-late')
  | ('two-keys' | 'not-accepted' | 'answer-lost' | 'candidate' | 'not-stored' | 'replaced')
  | `not-${'activated' | 'deactivated' | 'deleted' | 'replaced'}`
  | `replace-${'unknown' | 'ambiguous' | 'active' | 'in-use'}`
  | `nothing-to-${'undo' | 'delete'}`
  | `old-${'deleted' | 'active' | 'not-ours'}`

/** Why no session of awsmfa helps a role. */
export type UnusableRole = 'without-source' | 'two-sources' | 'credential-source' | 'web-identity'

/** Why a text cannot be half of an access key. */
export type KeyDefect = 'white-space' | 'quotes' | 'not-ascii' | 'placeholder' | 'swapped'

/** Whose session is in a section that login would replace. */
export interface ForeignSession {
  readonly manager?: string | undefined
  readonly expiration?: Date | undefined
  /** Last four characters of the access key id, as `…ABCD`. */
  readonly accessKeyId: string
}

/** What was being done to a file when it failed. All but 'restore' and 'compare' leave the file as it was. */
export type WriteStep =
  'folder' | 'lock' | 'stage' | 'read-back' | 'compare' | 'rename' | 'in-place' | 'restore' | 'remove'

/** The fields of each failure, by its code. */
interface FailureFields {
  // The command line and what it says: exit 2.
  USAGE: { problem: UsageProblem }
  STS_ARGUMENT: { problem: StsArgumentProblem }
  DURATION_OUT_OF_RANGE: { operation: StsOperation; seconds: number; minimum: number; maximum: number; origin: Origin }
  TOKEN_CODE_MALFORMED: { source: 'flag' | 'stdin' | 'sts-flag' | 'command' | 'typed' }
  MFA_SERIAL_MALFORMED: {
    defect: 'fido' | 'user-arn' | 'alphabet' | 'length'
    serial: string
    origin: Origin
    corrected?: string | undefined
  }
  TEXT_REFUSED: { what: string; text: string; defect: TextDefect; origin: Origin }
  // Profiles: exit 1.
  // `other`: a profile that exists; undefined if there is none.
  PROFILE_NOT_FOUND: {
    profile: string
    origin: Origin
    paths: readonly string[]
    nearest?: string | undefined
    other?: string | undefined
  }
  // `candidates`: the profiles that can be signed in, or set up, one at least, the latest first.
  PROFILE_NOT_NAMED: { candidates: readonly string[]; command?: 'setup'; hasDefault?: boolean }
  SOURCE_PROFILE_NOT_FOUND: {
    profile: string
    source: string
    origin: Origin
    paths: readonly string[]
    nearest?: string | undefined
  }
  SOURCE_PROFILE_CYCLE: { path: readonly string[] }
  SOURCE_PROFILE_AMBIGUOUS: {
    profile: string
    candidates: readonly { readonly profile: string; readonly place: Place }[]
  }
  LONG_TERM_CREDENTIALS_MISSING: {
    profile: string
    path: readonly string[]
    lookedFor: readonly string[]
    sessionAt?: Place | undefined
    // The last profile of the path, if it gets its credentials from this command of the AWS CLI.
    signIn?: string | undefined
  }
  LONG_TERM_CREDENTIALS_MALFORMED: { key: string; origin: Origin; defect: KeyDefect }
  LONG_TERM_CREDENTIALS_INCOMPLETE: { profile: string; missing: string; place: Place }
  LONG_TERM_VARIABLES_MISSING: { missing: readonly string[]; sessionTokenSet: boolean }
  MFA_SERIAL_MISSING: {
    profile: string
    path: readonly string[]
    listing: 'denied' | 'empty' | 'several' | 'fido-only' | 'failed'
    devices: readonly string[]
    command?: 'setup' | undefined
  }
  SECTION_HOLDS_LONG_TERM_CREDENTIALS: { profile: string; place: Place; sourceIsSame: boolean }
  SECTION_NOT_OURS: { profile: string; place: Place; session: ForeignSession }
  // `signIn`: the command of the AWS CLI that signs in to the profile instead.
  // `ofGranted`: the profile has granted's settings of single sign-on, which import converts.
  SESSION_WOULD_BE_IGNORED: {
    profile: string
    key: string
    place: Place
    standardRole: boolean
    signIn?: string | undefined
    role?: UnusableRole | undefined
    ofGranted?: true
  }
  // `tools`: those whose layouts are found, as import knows them.
  IMPORT_AMBIGUOUS: { tools: readonly string[] }
  // `places`: where the conflicting settings are.
  LAYOUT_UNSUITABLE: { profile: string; reason: LayoutObstacle; places: readonly Place[] }
  // `places`: where the keys are that stay.
  KEYS_UNSUITABLE: { profile: string; reason: KeysObstacle; places: readonly Place[] }
  // `identity`: whose keys these are; `keys`: those that the reason is about; `last4`: of `--replace`; `isUndo`: of
  // `--undo`.
  ROTATION_STOPPED: {
    profile: string
    reason: RotationObstacle
    identity?: string | undefined
    keys: readonly RotatedKey[]
    last4?: string | undefined
    isUndo?: boolean | undefined
    place?: Place | undefined
  }
  REGION_UNKNOWN: { partition: string }
  // Files: exit 1. `step`: what was being done; `errno`: Node's error code, such as ENOSPC; `keptAt`: where the
  // complete new file is if writing in place failed and the old bytes could not be restored.
  FILE_UNREADABLE: { place: Place; errno: string }
  FILE_ENCODING_UNSUPPORTED: { place: Place }
  FILE_NOT_REGULAR: {
    place: Place
    found: 'directory' | 'fifo' | 'socket' | 'device' | 'symlink-loop' | 'dangling-link'
  }
  FILE_NOT_WRITABLE: { place: Place; errno: string; step: WriteStep; keptAt?: string | undefined }
  FILE_INCOMPLETE_WRITE: { place: Place; wanted: number; written: number }
  FILE_MALFORMED: {
    place: Place
    defect: 'duplicate-section' | 'ambiguous-header' | 'key-unplaceable' | 'duplicate-key' | 'nul'
    section: string
    otherLine?: number | undefined
  }
  FILE_LOCKED: {
    place: Place
    holder?: { readonly pid: number; readonly host: string; readonly since: Date } | undefined
    waitedMs: number
  }
  FILE_KEEPS_CHANGING: { place: Place }
  FILE_PARTLY_WRITTEN: { place: Place; written: SharedFileName; errno: string }
  EDIT_NOT_CONTAINED: { place: Place }
  // `section`: the text between a header's brackets; `signed-in`: the credentials file has awsmfa's session there;
  // `rotated`: the profile whose rotation must be undone first.
  UNDO_CONFLICT: {
    place: Place
    section: string
    reason: 'changed' | 'signed-in' | 'in-the-way' | 'no-item'
    rotated?: string | undefined
    missing?:
      { readonly store: KeyStoreName; readonly accessKeyId: string; readonly profile: string | undefined } | undefined
  }
  HOME_UNKNOWN: object
  HOME_OF_ANOTHER: { place: Place; owner: number }
  SETTINGS_UNREADABLE: { place: Place; errno: string }
  STDOUT_UNWRITABLE: { errno: string }
  // `addOn`: the package that it needs, with its version; `detail`: the keychain's own message.
  // `wanted`: what was looked for in it, the cache key if undefined.
  KEYCHAIN_UNAVAILABLE: {
    platform: 'linux' | 'darwin' | 'win32'
    reason: KeychainProblem
    addOn: string
    detail?: string | undefined
    wanted?: 'access-key' | undefined
  }
  // `accessKeyId`: shortened; `item`: its file, or its name in the store; `detail`: the store's own message; `profile`:
  // which refers to it.
  KEY_STORE_FAILED: {
    store: KeyStoreName | 'file'
    reason: KeyStoreProblem
    accessKeyId: string
    item: string
    detail?: string | undefined
    profile?: string | undefined
  }
  VAULT_ITEM_UNREADABLE: { profile: string; item: string; reason: KeyStoreProblem; detail?: string | undefined }
  // Programs that get credentials: 127 if there is no such program, 126 if it cannot be run; the second exits 1.
  PROGRAM_NOT_RUN: { program: string; reason: 'not-found' | 'not-executable' | 'batch-file'; errno: string }
  VALUE_NOT_QUOTABLE: { variable: string; format: string }
  // A person or the time: PROMPT_UNAVAILABLE exits 4, CANCELLED 130, the rest 1.
  PROMPT_UNAVAILABLE: { obstacle: PromptObstacle; wanted: WantedAnswer; window?: WindowTrouble | undefined }
  CANCELLED: object
  INTERRUPTED: { signal: 'SIGTERM' | 'SIGHUP' }
  // `deleted`: an access key that was deleted before, shortened.
  DECLINED: { deleted?: string | undefined }
  DEADLINE_EXCEEDED: { seconds: number; waitingFor: string; codeMayBeSpent?: boolean | undefined }
  TOKEN_COMMAND_FAILED: CommandFields
  PASSPHRASE_COMMAND_FAILED: CommandFields
  // `label`: the account that was looked for; `serials`: of the keys that ykman named; `detail`: ykman's own error.
  YUBIKEY_FAILED: {
    reason: YubiKeyTrouble
    label: string
    serial?: string | undefined
    serials: readonly string[]
    detail?: string | undefined
  }
  CREDENTIAL_PROCESS_FAILED: {
    profile: string
    program: string
    reason: 'not-found' | 'not-executable' | 'batch-file' | 'exit' | 'timed-out' | 'output' | 'session' | 'circle'
    exitCode?: number | undefined
    place: Place
  }
  ANOTHER_LOGIN_FAILED: {
    why: 'CANCELLED' | 'TOKEN_CODE_REJECTED' | 'DEADLINE_EXCEEDED' | 'TOKEN_COMMAND_FAILED' | 'YUBIKEY_FAILED'
  }
  // Several profiles: the exit code that all causes share, else 1.
  LOGINS_FAILED: { of: number; causes: readonly Failure[] }
  // STS rejects the caller: exit 4.
  TOKEN_CODE_REJECTED: { nextCodeInSeconds: number; known: 'used' | 'wrong-or-used'; answerLost: boolean }
  MFA_SERIAL_REJECTED: { serial: string; origin: Origin }
  CREDENTIALS_REJECTED: {
    accessKeyId: string
    reason: 'unknown-key' | 'wrong-secret' | 'session' | 'expired'
    origin: Origin | 'session'
  }
  // `expiration`: of a session that has expired, or has less than `wantedSeconds` remaining.
  // `inBackground`: a code could be prompted for, were it not for a background job. `noTerminal`: nobody can be asked.
  SESSION_MISSING: {
    profile: string
    expiration?: Date | undefined
    wantedSeconds?: number | undefined
    inBackground?: boolean
    noTerminal?: boolean
    signIn?: { command: string; profile: string; isRenewable?: boolean } | undefined
  }
  // STS, the connection to it, and the cache: exit 1. The cache from which the profile's credential_process answers
  // takes no session; `isGot`: one had been created by then; `unwritable`: a file of it that cannot be written.
  SESSION_NOT_KEPT: { profile: string; isGot: boolean; unwritable?: { path: string; errno: string } | undefined }
  // `userArn`: whose policies must allow it.
  ACCESS_DENIED: { operation: string; roleArn?: string | undefined; message: string; userArn?: string | undefined }
  REQUEST_REFUSED: {
    operation: string
    awsCode: string
    message: string
    reason?: 'role-maximum' | 'chained' | 'packed-policy' | 'root-account' | undefined
  }
  CLOCK_SKEWED: { skewSeconds: number | undefined }
  // `codeMayBeSpent`: a request with the token code was sent, and its answer is not known.
  THROTTLED: { operation: string; codeMayBeSpent?: boolean | undefined }
  REGION_DISABLED: { region: string }
  // `service`: AWS's name of what is there, unless it is STS.
  NETWORK_UNREACHABLE: {
    host: string
    service?: string | undefined
    reason: NetworkProblem
    proxy?: string | undefined
    proxyIgnored?: boolean | undefined
    timeoutSeconds?: number | undefined
    codeMayBeSpent?: boolean | undefined
  }
  // The console. `roleProfiles`: those that use the session of the profile.
  CONSOLE_NEEDS_ROLE: { profile: string; roleProfiles: readonly string[] }
  CONSOLE_UNSUPPORTED: { partition: string }
  // `detail`: AWS's own message.
  CONSOLE_REFUSED: { status: number; reason: 'not-a-role' | 'chained' | 'other'; detail: string }
  BROWSER_FAILED: {
    program: string
    reason: 'ci' | 'quote' | 'not-found' | 'not-executable' | 'exit'
    exitCode?: number | undefined
    origin: Origin
  }
  CA_BUNDLE_UNREADABLE: { place: Place; origin: Origin; errno: string }
  STS_UNEXPECTED: {
    operation: string
    status: number | undefined
    awsCode: string | undefined
    detail: string
    // What is wrong with an answer that has the form of AWS's.
    defect?: string | undefined
    codeMayBeSpent?: boolean | undefined
  }
}

/** What went wrong: a code and its fields. */
export type Failure = Tagged<'code', FailureFields>

/** Why the server could not be reached, by what a person can do about it. */
export type NetworkProblem =
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
