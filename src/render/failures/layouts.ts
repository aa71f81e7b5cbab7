import type { Failure } from '../../core/failures.ts'
import type { Place } from '../../core/origin.ts'
import { commandLine, profileWord } from '../command-line.ts'
import type { FailureText, FailureView, WordsFor } from './wording.ts'
import { listed, quoted, say, section, showPath, showPlace } from './wording.ts'

/** Words for what setup and import must not guess and undo cannot take back. */
export const LAYOUT_WORDS: WordsFor<'LAYOUT_UNSUITABLE' | 'IMPORT_AMBIGUOUS' | 'UNDO_CONFLICT'> = {
  IMPORT_AMBIGUOUS: ({ tools }) =>
    say('layouts of several tools are found, and there is no terminal to ask at which is meant', ...tools.map((tool) => `name one: ${commandLine('import', tool)}`)),
  LAYOUT_UNSUITABLE: (failure, view) => sayUnsuitable(failure, view),
  UNDO_CONFLICT: (failure, view) => sayConflict(failure, view),
}

function sayConflict({ place, section: name, reason }: Extract<Failure, { readonly code: 'UNDO_CONFLICT' }>, view: FailureView): FailureText {
  const where = `${section(name)} in ${showPlace(place, view)}`
  switch (reason) {
    case 'changed':
      return say(`what setup, import or doctor --fix changed has been changed again: ${where}; nothing was undone`, 'make it what it was after that, or change it back by hand')
    case 'signed-in':
      return say(`a session stands where lines would come back: ${where}; nothing was undone`, `take it out first: ${commandLine('logout', profileWord(name))}`, `then: ${commandLine('undo')}`)
    case 'in-the-way':
      return say(`${where} is in the way of what would come back; nothing was undone`, 'take it out or give it another name, then try again')
  }
}

function sayUnsuitable({ profile, reason, places }: Extract<Failure, { readonly code: 'LAYOUT_UNSUITABLE' }>, view: FailureView): FailureText {
  const where = inPlaces(places, view)
  switch (reason) {
    case 'name-taken':
      return say(`the long-term keys of ${section(profile)} belong into ${section(`${profile}-long-term`)}, and there is such a section: ${where}`, 'take one of the two out, or give that section another name')
    case 'keys-in-both-files':
      return say(`${quoted(profile)} has keys in both files, ${where}, and only one pair can be meant`, 'take one of the two pairs out')
    case 'keys-beside-source':
      return say(`${quoted(profile)} has keys of its own and takes those of another profile: ${where}`, "take its own keys out, or the line with its 'source_profile'")
    case 'has-keys':
      return say(`${quoted(profile)} has other long-term keys already: ${where}`, "leave '--source-env' out to keep those")
    case 'own-source':
      return say(`the role ${quoted(profile)} is its own source profile (${where}), and a session would stand where its keys are`, 'give the role and the keys a profile each')
    case 'devices-differ':
      return say(`the roles of ${quoted(profile)} name different MFA devices: ${where}`, 'name the one to use: --serial-number SERIAL')
    case 'name-in-process':
      return say(`no credential_process line can carry the name ${quoted(profile)} through every tool: ${where}`, 'use the layout with the session in the credentials file: --layout session')
    case 'session-beside-process':
      return say(`another tool's session stands in ${section(profile)} (${where}), and most tools would take it and never start a credential_process`, 'take its keys out first')
    case 'one-file':
      return say(`${where} is both the credentials and the config file, and setup needs two`, 'point AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE at a file each')
  }
}

function inPlaces(places: readonly Place[], view: FailureView): string {
  const [first] = places
  const isOneFile = first !== undefined && places.length > 1 && places.every(({ path }) => path === first.path)
  if (!isOneFile) return listed(places.map((place) => showPlace(place, view)), 'and')
  return `${showPath(first.path, view)} (lines ${listed(places.flatMap(({ line }) => (line === undefined ? [] : [String(line)])), 'and')})`
}
