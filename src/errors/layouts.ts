/** What setup and import must not guess, and what undo cannot restore. */
import { section, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { FailureOf } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import { commandLine, listed, profileWord, quoted, say } from '../ui/words.ts'

export const LAYOUT_WORDS = {
  IMPORT_AMBIGUOUS: ({ tools }) =>
    say(
      'layouts of several tools are found, and there is no terminal to ask at which is meant',
      ...tools.map((tool) => `name one: ${commandLine('import', tool)}`),
    ),
  LAYOUT_UNSUITABLE: ({ profile, reason, places }, view) => {
    const where = inPlaces(places, view)
    return say(...UNSUITABLE[reason](profile, where))
  },
  UNDO_CONFLICT: ({ place, section: name, reason }, view) => {
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
          `${where} conflicts with what undo would restore; nothing was undone`,
          'remove it or rename it, then try again',
        )
    }
  },
} satisfies SomeWords

/** The error and the hint, by the profile and where the obstacle is. */
const UNSUITABLE: Readonly<
  Record<FailureOf<'LAYOUT_UNSUITABLE'>['reason'], (profile: string, where: string) => readonly [string, string]>
> = {
  'name-taken': (profile, where) => [
    `the long-term keys of ${section(profile)} belong into ${section(`${profile}-long-term`)}, and there is such a section: ${where}`,
    'take one of the two out, or give that section another name',
  ],
  'keys-in-both-files': (profile, where) => [
    `${quoted(profile)} has keys in both files, ${where}, and only one pair can be meant`,
    'take one of the two pairs out',
  ],
  'keys-beside-source': (profile, where) => [
    `${quoted(profile)} has keys of its own and takes those of another profile: ${where}`,
    "take its own keys out, or the line with its 'source_profile'",
  ],
  'has-keys': (profile, where) => [
    `${quoted(profile)} has other long-term keys already: ${where}`,
    "leave '--source-env' out to keep those",
  ],
  'own-source': (profile, where) => [
    `the role ${quoted(profile)} is its own source profile (${where}), and a session would stand where its keys are`,
    'give the role and the keys a profile each',
  ],
  'devices-differ': (profile, where) => [
    `the roles of ${quoted(profile)} name different MFA devices: ${where}`,
    'name the one to use: --serial-number SERIAL',
  ],
  'name-in-process': (profile, where) => [
    `no credential_process line can carry the name ${quoted(profile)} through every tool: ${where}`,
    'use the layout with the session in the credentials file: --layout session',
  ],
  'keys-in-role': (profile, where) => [
    `${quoted(profile)} has an access key: ${where}`,
    'choose another name for the role profile',
  ],
  'session-beside-process': (profile, where) => [
    `another tool's session stands in ${section(profile)} (${where}), and most tools would take it and never start a credential_process`,
    'take its keys out first',
  ],
  'one-file': (_profile, where) => [
    `${where} is both the credentials and the config file, and setup needs two`,
    'point AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE at a file each',
  ],
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
