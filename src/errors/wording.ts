/**
 * What all messages about failures share: the shape of a message, and how names, places, origins and errors are
 * written.
 */
import type { FailureCode, FailureOf } from '../model/failure.ts'
import type { Origin, Place, SharedFileName } from '../model/origin.ts'
import { displayPath, quoted, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** What a message depends on besides the failure. */
export interface FailureView {
  /** The home folder, shown as `~`; undefined if it is not known. */
  readonly home: string | undefined
  /** The paths of the shared files; undefined if they are not known. */
  readonly files: Readonly<Record<SharedFileName, string>> | undefined
  /** The folders of awsmfa's own files; undefined if they are not known. */
  readonly ownFolders?: readonly string[] | undefined
  readonly now: Date
  readonly debug: boolean
}

/** The message of every failure, a function for each code. */
export type Words = {
  readonly [Code in FailureCode]: (failure: FailureOf<Code>, view: FailureView) => FailureText
}

/** The messages of some failures; messages.ts has them all. */
export type SomeWords = Partial<Words>

/** What is wrong with a program that is a batch file, and how to run it all the same. */
export const BATCH_FILE = 'is a batch file, and no safe way is known to hand it these words'

export const THROUGH_CMD = 'run it through cmd, which reads them in its own way'

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

/** Returns ` (from AWS_PROFILE)`; nothing for a flag, which is on the screen, and for a default. */
export function fromOrigin(origin: Origin, view: FailureView): string {
  return origin.kind === 'flag' || origin.kind === 'default' ? '' : ` (from ${showOrigin(origin, view)})`
}

function flagName(flag: string): string {
  return visible(flag.startsWith('-') ? flag : `--${flag}`)
}

const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ENOTSUP: 'it is a pipe or a device, not a file',
  ELOOP: 'its symbolic links go round in a circle',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many open files',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'it is in use',
}

/** On Windows a sharing violation is EBUSY; a rename over an open file is refused like one that is not permitted. */
const WINDOWS_ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied, or another program has it open',
  EBUSY: 'another program has it open',
  EPERM: 'permission denied, or another program has it open',
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
    ? "to keep awsmfa's own files elsewhere, set AWSMFA_HOME to a folder that can be written"
    : undefined
}

/** Returns what a person can do about a system error, if that is certain. */
export function errnoHint(errno: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === 'win32' && WINDOWS_ERRNO_WORDS[errno] !== undefined)
    return 'close the program that has it open, then try again'
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'free some space, then try again'
  return errno === 'EROFS' ? 'where only the file is mounted into a container, mount its folder, writable' : undefined
}
