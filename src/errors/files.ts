/** Files that cannot be read or written, the keychain, and what went wrong although a file was written. */
import { errnoHint, ownFolderHint, section, showErrno, showPath, showPlace, showSharedFile } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { FailureOf } from '../model/failure.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { PASS_PATIENCE_MS, STORE_PATIENCE_MS } from '../platform/time.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, displayPath, profileWord, quoted, say, visible, warn } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

const FOUND_WORDS = {
  directory: 'a directory',
  fifo: 'a named pipe',
  socket: 'a socket',
  device: 'a device',
  'symlink-loop': 'a symbolic link loop',
  'dangling-link': 'a dangling symbolic link',
} as const

export const FILE_WORDS = {
  FILE_UNREADABLE: ({ place, errno }, view) =>
    say(`cannot read ${showPlace(place, view)}: ${showErrno(errno)}`, errnoHint(errno)),
  FILE_ENCODING_UNSUPPORTED: ({ place }, view) =>
    say(`${showPlace(place, view)} is UTF-16; AWS tools read only UTF-8`, 'save it as UTF-8'),
  FILE_NOT_REGULAR: ({ place, found }, view) =>
    say(`${showPlace(place, view)} is ${FOUND_WORDS[found]}, not a regular file`),
  FILE_NOT_WRITABLE: ({ place, errno, step, keptAt }, view) => {
    const error = `cannot write ${showPlace(place, view)}: ${showErrno(errno)}`
    if (keptAt !== undefined)
      return say(
        `${error}; the file may be incomplete`,
        `the complete file is ${showPath(keptAt, view)}; move it to ${showPath(place.path, view)}`,
      )
    if (step === 'compare')
      return say(
        `another program changed ${showPlace(place, view)} while awsmfa wrote it`,
        'run the same command again',
      )
    return say(
      step === 'restore' ? `${error}; the file may be incomplete` : `${error}; nothing was changed`,
      ownFolderHint(place.path, errno, view) ?? errnoHint(errno),
    )
  },
  FILE_INCOMPLETE_WRITE: ({ place, wanted, written }, view) =>
    say(
      `cannot write ${showPlace(place, view)}: only ${written} of ${wanted} bytes were written; nothing was changed`,
      'free some disk space, then try again',
    ),
  FILE_MALFORMED: malformedText,
  FILE_LOCKED: ({ place, holder, waitedMs }, view) =>
    say(
      `${showPlace(place, view)} is locked by another awsmfa${holder === undefined ? '' : ` since ${formatInstant(holder.since, view.now)}: process ${holder.pid} on ${quoted(holder.host)}`}; waited ${durationInWords(waitedMs / 1000)}`,
      'try again when it has finished',
    ),
  FILE_KEEPS_CHANGING: ({ place }, view) =>
    say(
      `another program keeps changing ${showPlace(place, view)}; awsmfa changed nothing`,
      'try again when it has finished',
    ),
  FILE_PARTLY_WRITTEN: ({ place, written, errno }, view) =>
    say(
      `${showSharedFile(written, view)} was changed, but ${showPlace(place, view)} cannot be written: ${showErrno(errno)}`,
      errnoHint(errno),
    ),
  EDIT_NOT_CONTAINED: ({ place }, view) =>
    say(`internal error: the change to ${showPlace(place, view)} would affect other sections; nothing was changed`),
  HOME_UNKNOWN: () => say('no home directory: HOME is not set, and the system has no entry for this user', 'set HOME'),
  HOME_OF_ANOTHER: ({ place, owner }, view) =>
    say(
      `${showPlace(place, view)} belongs to user ${owner}, but awsmfa is running as root`,
      'run it as that user, or add --allow-root',
    ),
  SETTINGS_UNREADABLE: ({ place, errno }, view) =>
    say(`cannot read the settings file ${showPlace(place, view)}: ${showErrno(errno)}`),
  STDOUT_UNWRITABLE: ({ errno }) => say(`cannot write to stdout: ${showErrno(visible(errno))}`, errnoHint(errno)),
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
        `${header} appears more than once in ${where}, and tools disagree on which one counts`,
        'merge the sections',
      )
    case 'ambiguous-header':
      return say(`cannot determine whether ${where} starts section ${header}`, `write ${header} alone on that line`)
    case 'key-unplaceable':
      return say(`cannot parse ${header} in ${where}: this line is neither a key nor a comment`)
    case 'duplicate-key':
      return say(`a key is set more than once in ${header} in ${where}`, 'remove one of the lines')
    case 'nul':
      return say(`${header} in ${where} contains a NUL byte`, 'remove it')
  }
}

const KEYCHAINS: Readonly<Record<FailureOf<'KEYCHAIN_UNAVAILABLE'>['platform'], string>> = {
  linux: 'the Secret Service',
  darwin: 'the macOS Keychain',
  win32: 'the Windows Credential Manager',
}

const USE_FILE = 'to use a key file instead, set cache_key = file'

/** The messages for a key that the system's keychain does not provide, and for the other stores of access keys. */
export const KEYCHAIN_WORDS = {
  KEYCHAIN_UNAVAILABLE: (failure) => (failure.wanted === 'access-key' ? accessKeyText(failure) : keychainText(failure)),
  KEY_STORE_FAILED: keyStoreText,
  VAULT_ITEM_UNREADABLE: ({ profile, item, reason, detail }, view) => {
    const shown = item.startsWith('/') ? showPath(item, view) : quoted(item)
    const [why, hint] = VAULT_WORDS[reason]?.(detail === undefined ? '' : `: ${visible(detail)}`) ?? ['is damaged']
    return say(
      `cannot read the access key of ${quoted(profile)} from aws-vault: ${shown} ${why}`,
      hint,
      `to let aws-vault pass it on: aws-vault exec -n ${profileWord(profile)} -- awsmfa keys add ${profileWord(profile)} --source-env`,
    )
  },
} satisfies SomeWords

/** Why an item of aws-vault is not read, after its name, and what to do. */
const VAULT_WORDS: Partial<
  Record<FailureOf<'VAULT_ITEM_UNREADABLE'>['reason'], (why: string) => readonly [string, string?]>
> = {
  'no-item': () => ['is not there'],
  'wrong-passphrase': () => ['has another passphrase'],
  locked: () => ['is locked', 'unlock it; for a file, run this in a terminal or set AWS_VAULT_FILE_PASSPHRASE'],
  slow: () => ['did not answer in time'],
  'no-program': () => ['needs a program that is not installed', 'install pass, or for the Secret Service secret-tool'],
  refused: (why) => [`was refused${why}`],
}

/** Returns the one-line warning that a session is not cached: why, and what to do about it. */
export function renderNotKept(failure: FailureOf<'KEYCHAIN_UNAVAILABLE'>): string {
  const { error, hints } = keychainText(failure)
  return warn(`session not cached: ${[error, ...hints].join('; ')}`)
}

function keychainText({ platform, reason, addOn, detail }: FailureOf<'KEYCHAIN_UNAVAILABLE'>): FailureText {
  const keychain = KEYCHAINS[platform]
  switch (reason) {
    case 'locked':
      return say(
        'cannot read the cache key: the keyring is locked',
        'unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password',
      )
    case 'no-service':
      return say('cannot read the cache key: no Secret Service is running', USE_FILE)
    case 'no-keyring':
      return say(
        'cannot read the cache key: the Secret Service has no default keyring',
        'create one (in GNOME: Passwords and Keys)',
        USE_FILE,
      )
    case 'slow':
      return say(
        `cannot read the cache key: ${keychain} did not respond within ${STORE_PATIENCE_MS / 1000} s`,
        ...(platform === 'darwin'
          ? ["if it asked whether node may use the key: delete 'awsmfa' (account 'cache-key') in Keychain Access"]
          : ['check for an open dialog', USE_FILE]),
      )
    case 'denied':
      return say(
        `cannot read the cache key: ${keychain} refused${detail === undefined ? '' : `: ${visible(detail)}`}`,
        USE_FILE,
      )
    case 'no-add-on':
      return say(
        `cannot read the cache key: ${visible(addOn)} is not installed, or does not run on this system`,
        `npm install -g ${visible(addOn)}`,
        USE_FILE,
      )
    case 'no-program':
      return say('cannot read the cache key: dbus-send and gdbus are missing', 'install dbus-send', USE_FILE)
    case 'not-a-key':
      return say(
        `cannot read the cache key: 'awsmfa' (account 'cache-key') in ${keychain} is invalid`,
        'delete it there; the next login creates a new one',
      )
  }
}

/** The same for an access key. */
function accessKeyText({ platform, reason, addOn, detail }: FailureOf<'KEYCHAIN_UNAVAILABLE'>): FailureText {
  const keychain = KEYCHAINS[platform]
  switch (reason) {
    case 'locked':
      return say(
        'the keyring is locked',
        'unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password',
      )
    case 'no-service':
      return say(
        'no Secret Service is running, as is usual without a desktop',
        'without a desktop, keep the access key in pass or in an encrypted file',
      )
    case 'no-keyring':
      return say(
        'the Secret Service has no default keyring',
        'log in at the desktop with your password, or create one (in GNOME: Passwords and Keys)',
      )
    case 'slow':
      return say(
        `${keychain} did not answer within ${STORE_PATIENCE_MS / 1000} s`,
        'check whether a window of it is waiting for an answer, then try again',
      )
    case 'no-add-on':
      return say(
        `access keys in the keychain require the package ${visible(addOn)}, which is not installed or does not run here`,
        `to install it: npm install -g ${visible(addOn)}`,
      )
    case 'no-program':
      return say('cannot find out whether the keyring is locked: dbus-send and gdbus are missing', 'install dbus-send')
    case 'denied':
    case 'not-a-key':
      return say(`${keychain} denied access${detail === undefined ? '' : `: ${visible(detail)}`}`)
  }
}

const STORES: Readonly<Record<FailureOf<'KEY_STORE_FAILED'>['store'], string>> = {
  keychain: 'the keychain',
  pass: 'pass',
  'encrypted-file': 'the encrypted file',
  file: "awsmfa's own file",
}

function keyStoreText(
  { store, reason, accessKeyId, item, detail, profile }: FailureOf<'KEY_STORE_FAILED'>,
  view: FailureView,
): FailureText {
  const isFile = store === 'encrypted-file' || store === 'file'
  const shown = isFile ? showPath(item, view) : visible(item)
  const key = `the access key ${visible(accessKeyId)}`
  const where = isFile ? shown : `${STORES[store]} (${shown})`
  const why = detail === undefined ? '' : `: ${visible(detail)}`
  switch (reason) {
    case 'no-item':
      return say(
        `${key} is not in ${where}`,
        `if it was on another computer, add it here: ${commandLine('keys', 'add', profile === undefined ? 'PROFILE' : profileWord(profile))}`,
      )
    case 'damaged':
      return say(
        `${key} in ${where} is damaged`,
        'restore it from a backup, or create a new access key in the AWS console',
      )
    case 'newer':
      return say(`${key} in ${where} was stored by a later version of awsmfa`, 'update awsmfa')
    case 'other-secret':
      return say(`${where} has another secret for ${key}; nothing was changed`, 'delete the one that is wrong')
    case 'not-kept':
      return say(`${key} could not be read back from ${where}; nothing was changed`)
    case 'wrong-passphrase':
      return say(`wrong passphrase for ${key} in ${where}`)
    case 'locked':
      return say(`${key} is in pass, and its GnuPG key is locked`, `to unlock it: pass show ${shown} > /dev/null`)
    case 'slow':
      return say(`${STORES[store]} did not answer within ${PASS_PATIENCE_MS / 1000} s`)
    case 'no-program':
      return say(`${key} is in pass, and the program pass was not found`, 'install pass, or add its folder to PATH')
    case 'no-store':
      return say('pass has no password store yet', 'to create one: pass init YOUR-GPG-ID')
    case 'refused':
      return say(`${STORES[store]} failed for ${key}${why}`)
  }
}

/** Returns the warning about a file that was written: what went wrong after it, or how it was written. */
export function renderWriteWarning(warning: WriteWarning, home: string | undefined): string {
  const path = visible(displayPath(warning.path, home), 1000)
  switch (warning.kind) {
    case 'folder-not-synced':
      return warn(
        `the file was written, but ${path} cannot be synced to disk (${warning.errno}); a power failure may lose the change`,
      )
    case 'lock-not-removed':
      return warn(
        `the file was written, but the lock ${path} cannot be removed (${warning.errno}); the next awsmfa removes it`,
      )
    case 'mode-not-set':
      return warn(`cannot make ${path} private (${warning.errno}); the file system may not support permissions`)
    case 'owner-not-kept':
      return warn(`cannot keep the owner of ${path} (${warning.errno})`)
    case 'session-not-removed':
      return warn(`cannot change ${path} (${warning.errno}); it still contains the session, so delete the file`)
    case 'stage-not-removed':
      return warn(`cannot delete ${path}, which contains secrets (${warning.errno}); delete it yourself`)
    case 'written-in-place':
      return warn(
        `${path} is mounted as a single file (${warning.errno}) and was written in place; mount its directory for atomic writes`,
      )
  }
}
