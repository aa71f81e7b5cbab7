import { errnoHint, section, showErrno, showPath, showPlace, showSharedFile } from './wording.ts'
import type { FailureView, WordsFor } from './wording.ts'
import type { Failure } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, displayPath, listed, profileWord, quoted, say, visible, warn } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

const FOUND_WORDS = {
  directory: 'a folder',
  fifo: 'a named pipe',
  socket: 'a socket',
  device: 'a device',
  'symlink-loop': 'a circle of symbolic links',
} as const

/** Words for files that could not be read or written. */
export const FILE_WORDS: WordsFor<
  | 'FILE_UNREADABLE'
  | 'FILE_NOT_REGULAR'
  | 'FILE_NOT_WRITABLE'
  | 'FILE_INCOMPLETE_WRITE'
  | 'FILE_MALFORMED'
  | 'FILE_LOCKED'
  | 'FILE_KEEPS_CHANGING'
  | 'FILE_PARTLY_WRITTEN'
  | 'EDIT_NOT_CONTAINED'
  | 'HOME_UNKNOWN'
  | 'HOME_OF_ANOTHER'
  | 'SETTINGS_UNREADABLE'
  | 'STDOUT_UNWRITABLE'
> = {
  FILE_UNREADABLE: ({ place, errno }, view) =>
    say(`${showPlace(place, view)} cannot be read: ${showErrno(errno)}`, errnoHint(errno)),
  FILE_NOT_REGULAR: ({ place, found }, view) =>
    say(`${showPlace(place, view)} is no regular file: it is ${FOUND_WORDS[found]}`),
  FILE_NOT_WRITABLE: ({ place, errno, step, keptAt }, view) => {
    const error = `${showPlace(place, view)} cannot be written: ${showErrno(errno)}`
    if (keptAt !== undefined)
      return say(
        `${error}; it may be incomplete now`,
        `the complete file lies in ${showPath(keptAt, view)}: move it into place`,
      )
    return say(
      step === 'restore' ? `${error}; it may be incomplete now` : `${error}; nothing was changed`,
      errnoHint(errno),
    )
  },
  FILE_INCOMPLETE_WRITE: ({ place, wanted, written }, view) =>
    say(
      `only ${written} of ${wanted} bytes of the new ${showPlace(place, view)} could be written; nothing was changed`,
      'free some space, then try again',
    ),
  FILE_MALFORMED: ({ place, defect, section: name, otherLine }, view) => {
    const lines =
      otherLine === undefined
        ? showPlace(place, view)
        : `${showPath(place.path, view)} (lines ${[place.line, otherLine]
            .filter((line) => line !== undefined)
            .toSorted((a, b) => a - b)
            .join(' and ')})`
    switch (defect) {
      case 'duplicate-section':
        return say(
          `${section(name)} stands more than once in ${lines}, and tools do not agree on which counts`,
          'join the two sections into one',
        )
      case 'ambiguous-header':
        return say(
          `it is not certain that the line in ${lines} begins the section ${section(name)}`,
          `write the header as ${section(name)}, with nothing else on its line`,
        )
      case 'key-unplaceable':
        return say(
          `the keys of ${section(name)} in ${lines} are not certain: a line there is neither a key nor a comment`,
        )
      case 'duplicate-key':
        return say(`a key stands more than once in ${section(name)} in ${lines}`, 'remove one of the two lines')
      case 'nul':
        return say(`${section(name)} in ${lines} holds a NUL byte`, 'remove it; no tool reads such a line')
    }
  },
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
}

type KeychainFailure = Extract<Failure, { readonly code: 'KEYCHAIN_UNAVAILABLE' }>

const NAMES: Readonly<Record<KeychainFailure['platform'], string>> = {
  linux: 'the Secret Service',
  darwin: 'the macOS Keychain',
  win32: 'the Windows Credential Manager',
}

/** What stands in the keychain, for who must look for it there. */
const ITEM = "'awsmfa' with the account 'cache-key'"

const DEFAULT_PLACE = "take the default with 'cache_key = file'"

/** Words for a key of awsmfa's own cache that the system's keychain does not give. */
export const KEYCHAIN_WORDS: WordsFor<'KEYCHAIN_UNAVAILABLE'> = { KEYCHAIN_UNAVAILABLE: (failure) => words(failure) }

/** Says in one line, for stderr, that a session that was got is not kept, why, and what to do about it. */
export function renderNotKept(failure: KeychainFailure): string {
  const { error, hints } = words(failure)
  return `awsmfa: warning: this session is not kept in awsmfa's cache: ${[error, ...hints].join('; ')}\n`
}

function words({ platform, reason, addOn, detail }: KeychainFailure): FailureText {
  const keychain = NAMES[platform]
  switch (reason) {
    case 'locked':
      return say(
        'the keyring with the cache key is locked',
        'unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password',
      )
    case 'no-service':
      return say('no Secret Service runs here to keep the cache key in, as is usual without a desktop', DEFAULT_PLACE)
    case 'no-keyring':
      return say(
        'the Secret Service has no default keyring to keep the cache key in',
        `log in at the desktop with your password, or make one (in GNOME: Passwords and Keys); or ${DEFAULT_PLACE}`,
      )
    case 'slow':
      return say(
        `${keychain} did not give the cache key within 3 s`,
        platform === 'darwin'
          ? `if it asked whether node may use the key, remove ${ITEM} in Keychain Access, and the next login makes a new one`
          : `see whether a window of it is waiting for an answer; or ${DEFAULT_PLACE}`,
      )
    case 'denied':
      return say(
        `${keychain} refused the cache key${detail === undefined ? '' : `: ${visible(detail)}`}`,
        DEFAULT_PLACE,
      )
    case 'no-add-on':
      return say(
        `'cache_key = keychain' needs the package ${visible(addOn)}, which is not installed or does not run here`,
        `install it beside awsmfa: npm install -g ${visible(addOn)}; or ${DEFAULT_PLACE}`,
      )
    case 'no-program':
      return say(
        'it is not known whether the keyring with the cache key is locked: neither dbus-send nor gdbus is there',
        `install dbus-send; or ${DEFAULT_PLACE}`,
      )
    case 'not-a-key':
      return say(
        `what ${keychain} has as ${ITEM} is no cache key of this version of awsmfa`,
        'remove it there, and the next login makes a new one',
      )
  }
}

/** Words for what setup and import must not guess and undo cannot take back. */
export const LAYOUT_WORDS: WordsFor<'LAYOUT_UNSUITABLE' | 'IMPORT_AMBIGUOUS' | 'UNDO_CONFLICT'> = {
  IMPORT_AMBIGUOUS: ({ tools }) =>
    say(
      'layouts of several tools are found, and there is no terminal to ask at which is meant',
      ...tools.map((tool) => `name one: ${commandLine('import', tool)}`),
    ),
  LAYOUT_UNSUITABLE: (failure, view) => sayUnsuitable(failure, view),
  UNDO_CONFLICT: (failure, view) => sayConflict(failure, view),
}

function sayConflict(
  { place, section: name, reason }: Extract<Failure, { readonly code: 'UNDO_CONFLICT' }>,
  view: FailureView,
): FailureText {
  const where = `${section(name)} in ${showPlace(place, view)}`
  switch (reason) {
    case 'changed':
      return say(
        `what setup, import or doctor --fix changed has been changed again: ${where}; nothing was undone`,
        'make it what it was after that, or change it back by hand',
      )
    case 'signed-in':
      return say(
        `a session stands where lines would come back: ${where}; nothing was undone`,
        `take it out first: ${commandLine('logout', profileWord(name))}`,
        `then: ${commandLine('undo')}`,
      )
    case 'in-the-way':
      return say(
        `${where} is in the way of what would come back; nothing was undone`,
        'take it out or give it another name, then try again',
      )
  }
}

function sayUnsuitable(
  { profile, reason, places }: Extract<Failure, { readonly code: 'LAYOUT_UNSUITABLE' }>,
  view: FailureView,
): FailureText {
  const where = inPlaces(places, view)
  switch (reason) {
    case 'name-taken':
      return say(
        `the long-term keys of ${section(profile)} belong into ${section(`${profile}-long-term`)}, and there is such a section: ${where}`,
        'take one of the two out, or give that section another name',
      )
    case 'keys-in-both-files':
      return say(
        `${quoted(profile)} has keys in both files, ${where}, and only one pair can be meant`,
        'take one of the two pairs out',
      )
    case 'keys-beside-source':
      return say(
        `${quoted(profile)} has keys of its own and takes those of another profile: ${where}`,
        "take its own keys out, or the line with its 'source_profile'",
      )
    case 'has-keys':
      return say(
        `${quoted(profile)} has other long-term keys already: ${where}`,
        "leave '--source-env' out to keep those",
      )
    case 'own-source':
      return say(
        `the role ${quoted(profile)} is its own source profile (${where}), and a session would stand where its keys are`,
        'give the role and the keys a profile each',
      )
    case 'devices-differ':
      return say(
        `the roles of ${quoted(profile)} name different MFA devices: ${where}`,
        'name the one to use: --serial-number SERIAL',
      )
    case 'name-in-process':
      return say(
        `no credential_process line can carry the name ${quoted(profile)} through every tool: ${where}`,
        'use the layout with the session in the credentials file: --layout session',
      )
    case 'session-beside-process':
      return say(
        `another tool's session stands in ${section(profile)} (${where}), and most tools would take it and never start a credential_process`,
        'take its keys out first',
      )
    case 'one-file':
      return say(
        `${where} is both the credentials and the config file, and setup needs two`,
        'point AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE at a file each',
      )
  }
}

function inPlaces(places: readonly Place[], view: FailureView): string {
  const [first] = places
  const isOneFile = first !== undefined && places.length > 1 && places.every(({ path }) => path === first.path)
  if (!isOneFile)
    return listed(
      places.map((place) => showPlace(place, view)),
      'and',
    )
  return `${showPath(first.path, view)} (lines ${listed(
    places.flatMap(({ line }) => (line === undefined ? [] : [String(line)])),
    'and',
  )})`
}

/** The file is written; this says what went wrong after it, or how it was written. */
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
