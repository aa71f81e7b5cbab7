/** Files that cannot be read or written, the keychain, and what went wrong although a file was written. */
import { errnoHint, ownFolderHint, section, showErrno, showPath, showPlace, showSharedFile } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { FailureOf } from '../model/failure.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { formatInstant } from '../ui/duration.ts'
import { displayPath, quoted, say, visible, warn } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

const FOUND_WORDS = {
  directory: 'a folder',
  fifo: 'a named pipe',
  socket: 'a socket',
  device: 'a device',
  'symlink-loop': 'a circle of symbolic links',
  'dangling-link': 'a symbolic link that leads nowhere',
} as const

export const FILE_WORDS = {
  FILE_UNREADABLE: ({ place, errno }, view) =>
    say(`${showPlace(place, view)} cannot be read: ${showErrno(errno)}`, errnoHint(errno)),
  FILE_ENCODING_UNSUPPORTED: ({ place }, view) =>
    say(`${showPlace(place, view)} is UTF-16, which no AWS tool reads`, 'save it as UTF-8'),
  FILE_NOT_REGULAR: ({ place, found }, view) =>
    say(`${showPlace(place, view)} is no regular file: it is ${FOUND_WORDS[found]}`),
  FILE_NOT_WRITABLE: ({ place, errno, step, keptAt }, view) => {
    const error = `${showPlace(place, view)} cannot be written: ${showErrno(errno)}`
    if (keptAt !== undefined)
      return say(
        `${error}; it may be incomplete now`,
        `the complete file lies in ${showPath(keptAt, view)}: move it into place`,
      )
    if (step === 'compare')
      return say(
        `${showPlace(place, view)} was written, but holds something else now: another program may have changed it`,
        'run the same command again',
      )
    return say(
      step === 'restore' ? `${error}; it may be incomplete now` : `${error}; nothing was changed`,
      ownFolderHint(place.path, errno, view) ?? errnoHint(errno),
    )
  },
  FILE_INCOMPLETE_WRITE: ({ place, wanted, written }, view) =>
    say(
      `only ${written} of ${wanted} bytes of the new ${showPlace(place, view)} could be written; nothing was changed`,
      'free some space, then try again',
    ),
  FILE_MALFORMED: malformedText,
  FILE_LOCKED: ({ place, holder, waitedMs }, view) =>
    say(
      `another awsmfa has been changing ${showPlace(place, view)} for ${durationInWords(waitedMs / 1000)}${holder === undefined ? '' : `: process ${holder.pid} on ${quoted(holder.host)}, since ${formatInstant(holder.since, view.now)}`}`,
      'try again when it is done',
    ),
  FILE_KEEPS_CHANGING: ({ place }, view) =>
    say(
      `another program keeps changing ${showPlace(place, view)}; nothing was changed by awsmfa`,
      'try again when it is done',
    ),
  FILE_PARTLY_WRITTEN: ({ place, written, errno }, view) =>
    say(
      `${showSharedFile(written, view)} was changed, but ${showPlace(place, view)} could not be: ${showErrno(errno)}`,
      errnoHint(errno),
    ),
  EDIT_NOT_CONTAINED: ({ place }, view) =>
    say(
      `the change to ${showPlace(place, view)} would have touched more than its own section, so it was not made; this is a fault of awsmfa`,
    ),
  HOME_UNKNOWN: () =>
    say('the home folder is not known: HOME is not set, and the system has no entry for this user', 'set HOME'),
  HOME_OF_ANOTHER: ({ place, owner }, view) =>
    say(
      `${showPlace(place, view)} belongs to user ${owner}, and awsmfa runs as root: the file would no longer be theirs`,
      'run it as that user; or, to write all the same: --allow-root',
    ),
  SETTINGS_UNREADABLE: ({ place, errno }, view) =>
    say(`awsmfa's settings in ${showPlace(place, view)} cannot be read: ${showErrno(errno)}`),
  STDOUT_UNWRITABLE: ({ errno }) => say(`stdout cannot be written to: ${showErrno(visible(errno))}`, errnoHint(errno)),
} satisfies SomeWords

function malformedText(
  { place, defect, section: name, otherLine }: FailureOf<'FILE_MALFORMED'>,
  view: FailureView,
): FailureText {
  const lines = [place.line, otherLine].filter((line) => line !== undefined).toSorted((a, b) => a - b)
  const where =
    otherLine === undefined ? showPlace(place, view) : `${showPath(place.path, view)} (lines ${lines.join(' and ')})`
  const header = section(name)
  switch (defect) {
    case 'duplicate-section':
      return say(
        `${header} stands more than once in ${where}, and tools do not agree on which counts`,
        'join the two sections into one',
      )
    case 'ambiguous-header':
      return say(
        `it is not certain that the line in ${where} begins the section ${header}`,
        `write the header as ${header}, with nothing else on its line`,
      )
    case 'key-unplaceable':
      return say(`the keys of ${header} in ${where} are not certain: a line there is neither a key nor a comment`)
    case 'duplicate-key':
      return say(`a key stands more than once in ${header} in ${where}`, 'remove one of the two lines')
    case 'nul':
      return say(`${header} in ${where} holds a NUL byte`, 'remove it; no tool reads such a line')
  }
}

const KEYCHAINS: Readonly<Record<FailureOf<'KEYCHAIN_UNAVAILABLE'>['platform'], string>> = {
  linux: 'the Secret Service',
  darwin: 'the macOS Keychain',
  win32: 'the Windows Credential Manager',
}

const USE_DEFAULT = "take the default with 'cache_key = file'"

/** Words for a cache key that the system's keychain does not provide. */
export const KEYCHAIN_WORDS = { KEYCHAIN_UNAVAILABLE: keychainText } satisfies SomeWords

/** Returns the one-line warning that a session is not cached: why, and what to do about it. */
export function renderNotKept(failure: FailureOf<'KEYCHAIN_UNAVAILABLE'>): string {
  const { error, hints } = keychainText(failure)
  return warn(`this session is not kept in awsmfa's cache: ${[error, ...hints].join('; ')}`)
}

function keychainText({ platform, reason, addOn, detail }: FailureOf<'KEYCHAIN_UNAVAILABLE'>): FailureText {
  const keychain = KEYCHAINS[platform]
  switch (reason) {
    case 'locked':
      return say(
        'the keyring with the cache key is locked',
        'unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password',
      )
    case 'no-service':
      return say('no Secret Service runs here to keep the cache key in, as is usual without a desktop', USE_DEFAULT)
    case 'no-keyring':
      return say(
        'the Secret Service has no default keyring to keep the cache key in',
        `log in at the desktop with your password, or make one (in GNOME: Passwords and Keys); or ${USE_DEFAULT}`,
      )
    case 'slow':
      return say(
        `${keychain} did not give the cache key within 3 s`,
        platform === 'darwin'
          ? `if it asked whether node may use the key, remove 'awsmfa' with the account 'cache-key' in Keychain Access, and the next login makes a new one`
          : `see whether a window of it is waiting for an answer; or ${USE_DEFAULT}`,
      )
    case 'denied':
      return say(`${keychain} refused the cache key${detail === undefined ? '' : `: ${visible(detail)}`}`, USE_DEFAULT)
    case 'no-add-on':
      return say(
        `'cache_key = keychain' needs the package ${visible(addOn)}, which is not installed or does not run here`,
        `install it beside awsmfa: npm install -g ${visible(addOn)}; or ${USE_DEFAULT}`,
      )
    case 'no-program':
      return say(
        'it is not known whether the keyring with the cache key is locked: neither dbus-send nor gdbus is there',
        `install dbus-send; or ${USE_DEFAULT}`,
      )
    case 'not-a-key':
      return say(
        `what ${keychain} has as 'awsmfa' with the account 'cache-key' is no cache key of this version of awsmfa`,
        'remove it there, and the next login makes a new one',
      )
  }
}

/** Returns the warning about a file that was written: what went wrong after it, or how it was written. */
export function renderWriteWarning(warning: WriteWarning, home: string | undefined): string {
  const path = visible(displayPath(warning.path, home), 1000)
  switch (warning.kind) {
    case 'folder-not-synced':
      return warn(
        `the file is written, but ${path} could not be synced to the disk (${warning.errno}); after a power cut it may be gone`,
      )
    case 'lock-not-removed':
      return warn(
        `the file is written, but the lock ${path} could not be removed (${warning.errno}); the next awsmfa removes it`,
      )
    case 'mode-not-set':
      return warn(`${path} could not be made private (${warning.errno}): this file system may not keep permissions`)
    case 'owner-not-kept':
      return warn(`the owner of ${path} could not be kept (${warning.errno})`)
    case 'session-not-removed':
      return warn(
        `${path} could not be changed (${warning.errno}); the session in it is still there, so delete the file`,
      )
    case 'stage-not-removed':
      return warn(`${path} could not be removed (${warning.errno}); it holds secrets, so delete it`)
    case 'written-in-place':
      return warn(
        `${path} is mounted by itself (${warning.errno}), so it was written in place; mount its folder to have it replaced in one step`,
      )
  }
}
