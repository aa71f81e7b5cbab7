/**
 * The effects, as types. Flows and commands take what they need from here as parameters; adapters provide them; nothing else
 * touches the world. Every port that can wait takes an AbortSignal, and one deadline covers a whole command.
 */
import type { Failure, WantedAnswer } from './failures.ts'
import type { ByteEdit } from './files/byte-edit.ts'
import type { SharedFileName } from './origin.ts'
import type { CacheArguments, CacheEntry } from './sessions/aws-cache-entry.ts'
import type { ShortTermCredentials, SigningCredentials } from './sessions/credentials.ts'
import type { SessionKey } from './sessions/session-key.ts'
import type { SessionRecord } from './sessions/session-record.ts'

/** Gives the present instant. */
export type Now = () => Date

/**
 * One of the shared files as it was read. `text` is a byte string: one code unit from 0 to 255 for each byte, so that every
 * offset is a byte offset and nothing is lost. A file that does not exist has the text ''.
 */
export interface FileSnapshot {
  readonly path: string
  readonly text: string
  readonly exists: boolean
}

/** Both shared files as they were read. */
export type SharedSnapshots = Readonly<Record<SharedFileName, FileSnapshot>>

/** What a plan wants done: edits per file (none: the file is left alone) and whatever the caller wants to know afterwards. */
export interface FilePlan<T> {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  readonly result: T
}

/** Something that went wrong after the write was done, or that the person should know about how it was done. */
export type WriteWarning =
  | { readonly kind: 'folder-not-synced'; readonly path: string; readonly errno: string }
  | { readonly kind: 'lock-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'mode-not-set'; readonly path: string; readonly errno: string }
  | { readonly kind: 'owner-not-kept'; readonly path: string; readonly errno: string }
  | { readonly kind: 'session-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'stage-not-removed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'written-in-place'; readonly path: string; readonly errno: string }

/** What a transaction did. `changed` lists the files whose bytes are new. */
export interface TransactOutcome<T> {
  readonly result: T
  readonly changed: readonly SharedFileName[]
  readonly warnings: readonly WriteWarning[]
}

/** The two shared files of AWS. */
export interface SharedFiles {
  /** Reads both files, without any lock. Throws FILE_UNREADABLE, FILE_NOT_REGULAR. */
  readonly read: () => SharedSnapshots
  /**
   * Locks the named files (config before credentials), reads both files, asks `plan` for edits on what was read, and makes
   * them so that each file is the old one or the new one, whole, whatever happens. `plan` may be asked again when a file
   * was changed meanwhile; it may throw, and then nothing is changed. Only edits of the named files are allowed.
   */
  readonly transact: <T>(files: readonly SharedFileName[], plan: (snapshots: SharedSnapshots) => FilePlan<T>) => TransactOutcome<T>
  /** Finds out whether `transact` could write: makes and removes a trial stage file. Throws what the write would throw. */
  readonly rehearse: (files: readonly SharedFileName[]) => void
}

/** Who a key belongs to, as GetCallerIdentity tells it. */
export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  readonly userId: string
}

/** An MFA device to use and the code it shows. */
export interface MfaProof {
  readonly serialNumber: string
  readonly tokenCode: string
}

export interface GetSessionTokenRequest {
  readonly durationSeconds: number
  readonly mfa?: MfaProof
}

/** A session tag. */
export interface SessionTag {
  readonly key: string
  readonly value: string
}

export interface AssumeRoleRequest {
  readonly roleArn: string
  readonly roleSessionName: string
  readonly durationSeconds: number
  readonly mfa?: MfaProof
  readonly externalId?: string
  readonly policy?: string
  readonly policyArns?: readonly string[]
  readonly tags?: readonly SessionTag[]
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string
  readonly providedContexts?: readonly { readonly providerArn: string; readonly contextAssertion: string }[]
}

/** A session as STS gave it. `assumedRoleArn` is there for AssumeRole alone. */
export interface StsSession {
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string
}

/**
 * AWS STS. Every call throws AwsmfaError alone: TOKEN_CODE_REJECTED, MFA_SERIAL_REJECTED, CREDENTIALS_REJECTED,
 * ACCESS_DENIED, REQUEST_REFUSED, CLOCK_SKEWED, THROTTLED, REGION_DISABLED, NETWORK_UNREACHABLE, STS_UNEXPECTED; or the
 * signal's reason as soon as it aborts. A call that carries a token code is sent once more when its answer was lost; besides
 * that it is repeated only while AWS turns it away unread (throttled, 503), which does not spend the code.
 */
export interface Sts {
  readonly getCallerIdentity: (signer: SigningCredentials, signal: AbortSignal) => Promise<CallerIdentity>
  readonly getSessionToken: (signer: SigningCredentials, request: GetSessionTokenRequest, signal: AbortSignal) => Promise<StsSession>
  readonly assumeRole: (signer: SigningCredentials, request: AssumeRoleRequest, signal: AbortSignal) => Promise<StsSession>
  /** Loads the client and opens the connection, so that the first call finds both ready. Swallows every error. */
  readonly prepare: () => void
}

/** An MFA device as IAM lists it. */
export interface ListedMfaDevice {
  readonly serialNumber: string
  readonly kind: 'totp' | 'fido'
}

/** IAM's ListMFADevices for the user whose keys sign. Throws ACCESS_DENIED and what Sts throws. */
export type ListMfaDevices = (signer: SigningCredentials, signal: AbortSignal) => Promise<readonly ListedMfaDevice[]>

/** What a source of token codes needs to know to ask a sensible question. */
export interface TokenCodeRequest {
  readonly profile: string
  /** How many profiles the code serves. */
  readonly profiles: number
  readonly serialNumber: string
  /** The IAM user, where known. */
  readonly userName?: string
  readonly roleArn?: string
  /** Why the previous answer was not taken, when this is another try. */
  readonly refusal?: { readonly nextCodeInSeconds: number; readonly known: 'used' | 'wrong-or-used'; readonly answerLost: boolean }
}

/**
 * A code together with how it came, which decides how often it may be tried: a typed one up to three times. `generated`: by a
 * program that gives the next code in the next 30 s.
 */
export interface TokenCodeAnswer {
  readonly code: string
  readonly typed: boolean
  readonly generated?: boolean
}

/**
 * One way to get a token code. Gives 'unavailable' where it cannot be used here and now; throws CANCELLED when the person
 * says no. Withdraws its question when the signal aborts.
 */
export type TokenCodeSource = (request: TokenCodeRequest, signal: AbortSignal) => Promise<TokenCodeAnswer | 'unavailable'>

/** The terminal as commands see it. Text goes out as given; the caller has made control characters harmless. */
export interface Terminal {
  /** Data, to stdout. A closed pipe is success and ends quietly. */
  readonly writeData: (text: string) => void
  /** Talk, to stderr. */
  readonly writeTalk: (text: string) => void
  /** What stdout and stderr are, for render: colour, Unicode and width. */
  readonly data: TextStyle
  readonly talk: TextStyle
  /** Whether a question can be asked at all. */
  readonly canAsk: () => boolean
  /** Asks a yes-or-no question at the controlling terminal; no is the default. Throws PROMPT_UNAVAILABLE, CANCELLED. */
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>
  /**
   * Asks for a line of text and gives it without the spaces at its ends; `hidden`: what is typed is not shown. The question
   * stays. Throws PROMPT_UNAVAILABLE, CANCELLED.
   */
  readonly ask: (question: { readonly text: string; readonly wanted: WantedAnswer; readonly hidden?: boolean }, signal: AbortSignal) => Promise<string>
  /** Asks to choose one of a numbered list. Gives its index. Throws PROMPT_UNAVAILABLE, CANCELLED. */
  readonly choose: (question: string, choices: readonly string[], signal: AbortSignal) => Promise<number>
  /** Shows that something is awaited, on a terminal only, until the returned function is called. */
  readonly showWaiting: (text: string) => () => void
}

/** How text may be dressed on one stream. `columns` is undefined where it is no terminal. */
export interface TextStyle {
  readonly colour: boolean
  readonly unicode: boolean
  readonly columns: number | undefined
}

/** Where a session was found. The names are part of `status --json`. */
export type SessionSource = 'credentials-file' | 'awsmfa-cache' | 'cli-cache' | 'boto-cache' | 'environment'

/** A session as a store holds it, without its secrets. */
export interface StoredSession {
  readonly source: SessionSource
  readonly accessKeyId: string
  /** Undefined: nothing says when it ends. */
  readonly expiration: Date | undefined
  readonly managedBy: 'awsmfa' | 'other'
}

/** What was taken out for one profile. `nothing`: the store held nothing of it that awsmfa may take out. */
export interface Removal {
  readonly profile: string
  readonly removed: 'session' | 'marks' | 'nothing'
  /** The session that went, as the store held it; undefined where none did. */
  readonly session: StoredSession | undefined
  /** Why nothing could be taken out for this profile, where others had no such trouble. */
  readonly failure?: Failure
}

/** One place that holds sessions by profile. status and logout walk all of them. */
export interface SessionStore {
  readonly source: SessionSource
  /** Gives what the store holds for a profile; absence is undefined. Throws for files that cannot be read. */
  readonly find: (profile: string) => StoredSession | undefined
  /** The profiles for which awsmfa wrote something here. */
  readonly managedProfiles: () => readonly string[]
  /**
   * Takes out, in one write, what awsmfa wrote for these profiles, and only that; one removal for each, in their order. A
   * profile whose own place is in doubt fails alone, in its removal.
   */
  readonly remove: (profiles: readonly string[]) => { readonly removals: readonly Removal[]; readonly warnings: readonly WriteWarning[] }
}

/** What lies under a computed name. `damaged`: every call of the profile fails on it, until it is replaced or removed. */
export type AwsCacheFinding = { readonly kind: 'none' } | { readonly kind: 'damaged' } | { readonly kind: 'entry'; readonly entry: CacheEntry }

/** A session to put under a computed name. */
export interface AwsCacheWrite {
  readonly profile: string
  readonly requestHash: string
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string
}

/**
 * One of the caches of the AWS CLI and botocore. By profile name it knows awsmfa's own entries alone, expired ones included;
 * by arguments whatever lies under their name.
 */
export interface AwsCache extends SessionStore {
  /** Looks without touching anything; never throws. */
  readonly findFor: (cacheArguments: CacheArguments) => AwsCacheFinding
  /**
   * Writes an entry whole, mode 0600, over whatever lies there; the caller has found out that it may go. An entry of ours
   * keeps the other profiles of its mark. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE; then what lay there is there still.
   */
  readonly storeFor: (cacheArguments: CacheArguments, write: AwsCacheWrite) => void
  /** Finds out whether `storeFor` could write: makes the folder, and a trial file that it removes. Throws what the write would throw. */
  readonly rehearse: () => void
  /** The file for these arguments, whether it is there or not. */
  readonly pathFor: (cacheArguments: CacheArguments) => string
}

/** awsmfa's own cache of sessions. Reading never throws: what cannot be read is a miss. */
export interface SessionCache {
  readonly find: (key: SessionKey) => SessionRecord | undefined
  /**
   * Stores a record, sealed, whole or not at all. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE, and what the source of the
   * cache key throws where there is no key to be had.
   */
  readonly store: (record: SessionRecord) => void
  /** Finds out whether `store` could: sees to the key and the folder, and makes a trial file that it removes. Throws what `store` would throw. */
  readonly rehearse: () => void
  /** Every readable record. */
  readonly list: () => readonly SessionRecord[]
  /** How many entries there are, those that cannot be read included. */
  readonly count: () => number
  /** Removes a record, if it is there. Throws FILE_NOT_WRITABLE. */
  readonly remove: (key: SessionKey) => void
  /** Removes every entry, those that cannot be read included. Throws FILE_NOT_WRITABLE. */
  readonly removeAll: () => void
  /** Removes what killed processes left, whole sessions under other names among it. Never throws. */
  readonly sweep: () => void
}

/**
 * Small facts kept between runs, none of them secret, none of them needed: who a key belongs to (it never changes), which
 * token code was spent last (a hash, 90 s), and how the last question ended (30 s). Reading and writing never throw.
 */
export interface RememberedFacts {
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  readonly rememberIdentity: (accessKeyId: string, identity: CallerIdentity) => void
  readonly forgetIdentity: (accessKeyId: string) => void
  readonly isSpent: (serialNumber: string, tokenCode: string) => boolean
  readonly rememberSpent: (serialNumber: string, tokenCode: string) => void
  /** How a question of that name ended without an answer, if that was after `since` and less than 30 s ago. */
  readonly refusalOf: (question: string, since: Date) => QuestionRefusal | undefined
  readonly rememberRefusal: (question: string, refusal: QuestionRefusal) => void
}

/** Why a question ended without a session. */
export type QuestionRefusal = 'CANCELLED' | 'TOKEN_CODE_REJECTED' | 'DEADLINE_EXCEEDED' | 'TOKEN_COMMAND_FAILED' | 'YUBIKEY_FAILED'

/**
 * Takes the lock under which one question at a time is asked. Gives whether somebody else had to be waited for, and the
 * function that gives the lock back. Waits until the signal aborts.
 */
export type LockQuestion = (question: string, signal: AbortSignal) => Promise<{ readonly waited: boolean; readonly release: () => void }>

/**
 * The time that a command may spend on the network. `signal` aborts with DEADLINE_EXCEEDED when it is over, and with
 * whatever cancelled the command; the clock stands still while a person is asked.
 */
export interface Deadline {
  readonly signal: AbortSignal
  readonly pauseWhile: <T>(waiting: Promise<T>) => Promise<T>
  /** How much of it is left, in ms. */
  readonly leftMs: () => number
}

/** Waits for so many ms. Throws the signal's reason when that aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

/** A lowercase hexadecimal SHA-256 of a text, taken as UTF-8. */
export type Sha256 = (text: string) => string

/** One of the shared files as it was before a change, and what was changed. `before` is a byte string. */
export interface RecordedFile {
  readonly path: string
  readonly before: string
  readonly edits: readonly ByteEdit[]
}

/** A change of the person's files that undo can take back. */
export interface ChangeRecord {
  readonly at: Date
  readonly files: Readonly<Record<SharedFileName, RecordedFile>>
}

/** Private copies of both files as they were before a change, kept for 30 days. */
export interface Backups {
  /** Keeps a record, whole or not at all, and gives its name. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE. */
  readonly keep: (record: ChangeRecord) => string
  /** The records of changes to these files, the newest first. Never throws: what cannot be read is passed over. */
  readonly list: (paths: Readonly<Record<SharedFileName, string>>) => readonly (ChangeRecord & { readonly name: string })[]
  /** Removes a record. Never throws. */
  readonly remove: (name: string) => void
  /** Removes the records that are older than 30 days. Never throws. */
  readonly sweep: () => void
}
