import { visible } from '../../core/visible-text.ts'
import { durationInWords } from '../duration-words.ts'
import { formatInstant } from '../remaining.ts'
import type { WordsFor } from './wording.ts'
import { errnoHint, quoted, say, section, showErrno, showPath, showPlace, showSharedFile } from './wording.ts'

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
  FILE_UNREADABLE: ({ place, errno }, view) => say(`${showPlace(place, view)} cannot be read: ${showErrno(errno)}`, errnoHint(errno)),
  FILE_NOT_REGULAR: ({ place, found }, view) => say(`${showPlace(place, view)} is no regular file: it is ${FOUND_WORDS[found]}`),
  FILE_NOT_WRITABLE: ({ place, errno, step, keptAt }, view) => {
    const error = `${showPlace(place, view)} cannot be written: ${showErrno(errno)}`
    if (keptAt !== undefined) return say(`${error}; it may be incomplete now`, `the complete file lies in ${showPath(keptAt, view)}: move it into place`)
    return say(step === 'restore' ? `${error}; it may be incomplete now` : `${error}; nothing was changed`, errnoHint(errno))
  },
  FILE_INCOMPLETE_WRITE: ({ place, wanted, written }, view) =>
    say(`only ${written} of ${wanted} bytes of the new ${showPlace(place, view)} could be written; nothing was changed`, 'free some space, then try again'),
  FILE_MALFORMED: ({ place, defect, section: name, otherLine }, view) => {
    const lines = otherLine === undefined ? showPlace(place, view) : `${showPath(place.path, view)} (lines ${[place.line, otherLine].filter((line) => line !== undefined).toSorted((a, b) => a - b).join(' and ')})`
    switch (defect) {
      case 'duplicate-section':
        return say(`${section(name)} stands more than once in ${lines}, and tools do not agree on which counts`, 'join the two sections into one')
      case 'ambiguous-header':
        return say(`it is not certain that the line in ${lines} begins the section ${section(name)}`, `write the header as ${section(name)}, with nothing else on its line`)
      case 'key-unplaceable':
        return say(`the keys of ${section(name)} in ${lines} are not certain: a line there is neither a key nor a comment`)
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
  FILE_KEEPS_CHANGING: ({ place }, view) => say(`another program keeps changing ${showPlace(place, view)}; nothing was changed by awsmfa`, 'try again when it is done'),
  FILE_PARTLY_WRITTEN: ({ place, written, errno }, view) =>
    say(`${showSharedFile(written, view)} was changed, but ${showPlace(place, view)} could not be: ${showErrno(errno)}`, errnoHint(errno)),
  EDIT_NOT_CONTAINED: ({ place }, view) => say(`the change to ${showPlace(place, view)} would have touched more than its own section, so it was not made; this is a fault of awsmfa`),
  HOME_UNKNOWN: () => say('the home folder is not known: HOME is not set, and the system has no entry for this user', 'set HOME'),
  HOME_OF_ANOTHER: ({ place, owner }, view) =>
    say(`${showPlace(place, view)} belongs to user ${owner}, and awsmfa runs as root: the file would no longer be theirs`, 'run it as that user; or, to write all the same: --allow-root'),
  SETTINGS_UNREADABLE: ({ place, errno }, view) => say(`awsmfa's settings in ${showPlace(place, view)} cannot be read: ${showErrno(errno)}`),
  STDOUT_UNWRITABLE: ({ errno }) => say(`stdout cannot be written to: ${showErrno(visible(errno))}`, errnoHint(errno)),
}
