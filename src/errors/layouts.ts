/** Messages for setup and import that need a decision, and for an undo that is not possible. */
import { section, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { FailureOf } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import { commandLine, listed, profileWord, quoted, say } from '../ui/words.ts'

export const LAYOUT_WORDS = {
  IMPORT_AMBIGUOUS: ({ tools }) =>
    say(
      'found files of several tools, and there is no terminal to prompt on',
      ...tools.map((tool) => commandLine('import', tool)),
    ),
  LAYOUT_UNSUITABLE: ({ profile, reason, places }, view) => {
    const where = inPlaces(places, view)
    return say(...UNSUITABLE[reason](profile, where))
  },
  KEYS_UNSUITABLE: ({ profile, reason, places }, view) => say(...UNMOVABLE[reason](profile, inPlaces(places, view))),
  UNDO_CONFLICT: ({ place, section: name, reason }, view) => {
    const where = `${section(name)} in ${showPlace(place, view)}`
    switch (reason) {
      case 'changed':
        return say(
          `cannot undo: ${where} has changed since; nothing was undone`,
          'reverse that change first, or edit the file by hand',
        )
      case 'signed-in':
        return say(
          `cannot undo: ${where} contains a session; nothing was undone`,
          `first remove the session: ${commandLine('logout', profileWord(name))}`,
          `then: ${commandLine('undo')}`,
        )
      case 'in-the-way':
        return say(
          `cannot undo: ${where} conflicts with what undo would restore; nothing was undone`,
          'remove or rename it, then try again',
        )
    }
  },
} satisfies SomeWords

/** The error and its hint, given the profile and the place of the conflict. */
const UNSUITABLE: Readonly<
  Record<FailureOf<'LAYOUT_UNSUITABLE'>['reason'], (profile: string, where: string) => readonly [string, string]>
> = {
  'name-taken': (profile, where) => [
    `cannot move the access key to ${section(`${profile}-long-term`)}: the section exists in ${where}`,
    'remove or rename one of the sections',
  ],
  'keys-in-both-files': (profile, where) => [
    `${quoted(profile)} has access keys in both files: ${where}`,
    'remove one of them',
  ],
  'keys-beside-source': (profile, where) => [
    `${quoted(profile)} has both an access key and a source profile: ${where}`,
    "remove its access key or its 'source_profile'",
  ],
  'has-keys': (profile, where) => [
    `${quoted(profile)} already has another access key: ${where}`,
    "to use that key, omit '--source-env'",
  ],
  'own-source': (profile, where) => [
    `the role ${quoted(profile)} is its own source profile (${where}), so a session would overwrite its access key`,
    'use one profile for the role and another for the access key',
  ],
  'devices-differ': (profile, where) => [
    `roles of ${quoted(profile)} use different MFA devices: ${where}`,
    `${commandLine('setup', profileWord(profile))} --serial-number SERIAL`,
  ],
  'name-in-process': (profile, where) => [
    `${quoted(profile)} cannot be used in a credential_process line: ${where}`,
    `${commandLine('setup', profileWord(profile))} --layout session`,
  ],
  'credentials-in-role': (profile, where) => [
    `${quoted(profile)} has credentials of its own: ${where}`,
    'choose another name for the role profile',
  ],
  'source-of-others': (profile, where) => [
    `${quoted(profile)} is the source profile of other profiles: ${where}`,
    'choose another name for the role profile',
  ],
  'session-beside-process': (profile, where) => [
    `${section(profile)} (${where}) contains another tool's session; most tools prefer it to credential_process`,
    'remove that session first',
  ],
  'one-file': (_profile, where) => [
    `${where} is both the credentials and the config file; setup needs two files`,
    'set AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE to different files',
  ],
}

/** The same for `keys`. */
const UNMOVABLE: Readonly<
  Record<FailureOf<'KEYS_UNSUITABLE'>['reason'], (profile: string, where: string) => readonly [string, string?]>
> = {
  process: (profile, where) => [
    `the keys of ${quoted(profile)} come from a credential_process (${where}), which stores them itself`,
  ],
  'has-keys': (profile, where) => [
    `${quoted(profile)} has an access key already: ${where}`,
    `to delete it: ${commandLine('keys', 'remove', profileWord(profile))}`,
  ],
  'one-file': (_profile, where) => [
    `${where} is both the credentials and the config file; a store needs two`,
    'set AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE to one file each',
  ],
  'two-pairs': (profile, where) => [
    `${quoted(profile)} has two access keys, ${where}, and only one can be meant`,
    'remove one of the two',
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
