/**
 * What all messages about failures share: the shape of a message, and how names, places, origins and errors are
 * written.
 */
import type { FailureCode, FailureOf } from '../model/failure.ts'
import type { Origin, Place, SharedFileName } from '../model/profile.ts'
import type { CommandName } from '../model/invocation.ts'
import { commandLine, displayPath, profileWord, quoteWord, quoted, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** What a message needs besides the failure. */
export interface FailureView {
  /** The home folder, shown as `~`; undefined if it is not known. */
  readonly home: string | undefined
  /** The paths of the shared files; undefined if they are not known. */
  readonly files: Readonly<Record<SharedFileName, string>> | undefined
  /** The folders of awsmfa's own files; undefined if they are not known. */
  readonly ownFolders?: readonly string[] | undefined
  readonly now: Date
  readonly debug: boolean
  /** The line that failed; undefined if it is not known. */
  readonly typed?: TypedLine | undefined
}

/** What a hint must know of a line to name a command that does not fail where that one did. */
export interface TypedLine {
  readonly command: CommandName
  readonly profile: string | undefined
  /** The names of options without which it would be another line: no token code, and none about output. */
  readonly options: readonly string[]
}

/**
 * Returns what signs in to a profile with one more option: the whole line, or that option if the line has others. It is
 * not for other profiles of the line: what it allows is meant for one.
 */
export function loginWith(profile: string | undefined, { typed }: FailureView, ...words: readonly string[]): string {
  const options = typed?.command === 'login' ? typed.options : []
  const others = options.filter((name) => `--${name}` !== words[0])
  const isOfOne = !options.includes('all') && (typed?.profile === undefined || typed.profile === profile)
  if (others.length > 0 && isOfOne) {
    const verb = others.length === options.length ? 'add' : 'use'
    return `${verb} ${words.map((word) => quoteWord(word)).join(' ')}${others.includes('') ? " before '--'" : ''}`
  }
  return commandLine('login', ...(profile === undefined ? [] : [profileWord(profile)]), ...words)
}

/** The message of every failure, a function for each code. */
export type Words = {
  readonly [Code in FailureCode]: (failure: FailureOf<Code>, view: FailureView) => FailureText
}

/** The messages of some failures; messages.ts has them all. */
export type SomeWords = Partial<Words>

/** Why a batch file is not run. */
export const BATCH_FILE = 'batch files cannot take these arguments safely'

/** The hint for a user whose MFA devices give no token codes. */
export const ADD_DEVICE = 'add an authenticator app in the AWS console, "Security credentials"'

/** Returns a section as its header. */
export function section(name: string): string {
  return `[${visible(name)}]`
}

/** Returns a path with `~` for the home folder. */
export function showPath(path: string, { home }: FailureView): string {
  return visible(displayPath(path, home), 1000)
}

/** Returns a place: `~/.aws/credentials (line 3)`. */
export function showPlace({ path, line }: Place, view: FailureView): string {
  return line === undefined ? showPath(path, view) : `${showPath(path, view)} (line ${line})`
}

/** Returns the path of one of the shared files if it is known, else its full name. */
export function showSharedFile(file: SharedFileName, view: FailureView): string {
  return view.files === undefined ? `the shared ${file} file` : showPath(view.files[file], view)
}

/**
 * Returns where a value came from, to follow "from": `--region`, `AWS_PROFILE`, `'mfa_serial' in ~/.aws/config, line
 * 4`.
 */
export function showOrigin(origin: Origin, view: FailureView): string {
  switch (origin.kind) {
    case 'flag':
      return flagName(origin.flag)
    case 'sts-flag':
      return `${flagName(origin.flag)} after --`
    case 'environment':
      return origin.variable
    case 'file':
      return `${quoted(origin.key)} in ${showSharedFile(origin.file, view)}, line ${origin.line}`
    case 'settings':
      return `${quoted(origin.key)} in ${showPath(origin.place.path, view)}${origin.place.line === undefined ? '' : `, line ${origin.place.line}`}`
    case 'iam':
      return 'IAM'
    case 'typed':
      return 'as typed'
    case 'default':
      return 'the default'
  }
}

/** Returns ` (from AWS_PROFILE)`; '' for a flag, which is on the command line, and for a default. */
export function fromOrigin(origin: Origin, view: FailureView): string {
  return origin.kind === 'flag' || origin.kind === 'default' ? '' : ` (from ${showOrigin(origin, view)})`
}

function flagName(flag: string): string {
  return visible(flag.startsWith('-') ? flag : `--${flag}`)
}

const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'file in use',
  EDQUOT: 'disk quota exceeded',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ENOTSUP: 'not a regular file',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ETXTBSY: 'file in use',
}

/** On Windows a sharing violation is EBUSY; a rename over an open file is refused like one that is not permitted. */
const WINDOWS_ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied, or the file is open in another program',
  EBUSY: 'the file is open in another program',
  EPERM: 'permission denied, or the file is open in another program',
}

/** Returns a system error in words, with its name for searching: `permission denied (EACCES)`. */
export function showErrno(errno: string, platform: NodeJS.Platform = process.platform): string {
  const words = (platform === 'win32' ? WINDOWS_ERRNO_WORDS[errno] : undefined) ?? ERRNO_WORDS[errno]
  return words === undefined ? visible(errno) : `${words} (${errno})`
}

/** Returns how to move awsmfa's own folders, if the path is in one of them and this user may not write there. */
export function ownFolderHint(path: string, errno: string, { ownFolders = [] }: FailureView): string | undefined {
  const isRefused = errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS'
  const isOwn = ownFolders.some((folder) => path.startsWith(folder) && /^(?:[\\/]|$)/.test(path.slice(folder.length)))
  return isRefused && isOwn
    ? "to keep awsmfa's own files elsewhere, set AWSMFA_HOME to a writable directory"
    : undefined
}

/** Returns what a person can do about a system error, if that is certain. */
export function errnoHint(errno: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === 'win32' && WINDOWS_ERRNO_WORDS[errno] !== undefined)
    return 'close the program that has the file open, then try again'
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'free some disk space, then try again'
  return errno === 'EROFS' ? 'if only the file is mounted into a container, mount its directory' : undefined
}
