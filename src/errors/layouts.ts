/** Messages for setup and import that need a decision, and for an undo that is not possible. */
import { section, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { nameOfArn } from '../aws/arn.ts'
import type { KeyStoreName, RotatedKey } from '../model/credentials.ts'
import type { FailureOf, RotationObstacle } from '../model/failure.ts'
import type { Place } from '../model/profile.ts'
import { formatAt } from '../ui/duration.ts'
import { commandLine, hint, listed, note, profileWord, quoted, say, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

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
  ROTATION_STOPPED: rotationText,
  UNDO_CONFLICT: ({ place, section: name, reason, rotated, missing }, view) => {
    const where = `${section(name)} in ${showPlace(place, view)}`
    switch (reason) {
      case 'changed':
        if (rotated !== undefined)
          return say(
            `cannot undo: the access key in ${where} was rotated since; nothing was undone`,
            `first undo the rotation: ${commandLine('rotate', profileWord(rotated), '--undo')}`,
            `then: ${commandLine('undo')}`,
          )
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
      case 'no-item': {
        const { store = 'keychain', accessKeyId = '', profile } = missing ?? {}
        return say(
          `cannot undo: ${quoted(name)} would refer to access key ${visible(accessKeyId)} in ${UNDO_STORES[store]}, which does not have it; nothing was undone`,
          profile === undefined
            ? undefined
            : `to store it there: ${commandLine('keys', 'move', profileWord(profile), '--to', store)}`,
        )
      }
    }
  },
} satisfies SomeWords

const UNDO_STORES: Readonly<Record<KeyStoreName, string>> = {
  keychain: 'the keychain',
  pass: 'pass',
  'encrypted-file': 'an encrypted file',
}

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
  Record<
    FailureOf<'KEYS_UNSUITABLE'>['reason'],
    (profile: string, where: string) => readonly [string, (string | undefined)?]
  >
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
  'parts-apart': (profile, where) => [
    `the access key ID and the secret of ${quoted(profile)} are not in the same section: ${where}`,
    'write both into one section, then try again',
  ],
  'in-use': (profile, where) => [
    `${quoted(profile)} uses the access key in this store: ${where}`,
    `to store it elsewhere: ${commandLine('keys', 'move', profileWord(profile))} --to STORE`,
  ],
  named: (profile, where) => [
    `the section of ${quoted(profile)} refers to the access key in this store: ${where}`,
    "if that is obsolete, first remove 'awsmfa_keys' and 'awsmfa_key_id' there",
  ],
  'only-copy': (profile, where) => [
    `this store has the only copy of the access key of ${quoted(profile)}${where === '' ? '' : `, which refers to another store: ${where}`}`,
    where === '' ? undefined : "to use it: change 'awsmfa_keys' there to this store",
  ],
  rotating: (profile) => [
    `this store has the only copy of the new access key of ${quoted(profile)}, whose rotation is not finished`,
    `to finish it: ${commandLine('rotate', profileWord(profile))}`,
  ],
  rotated: (profile) => [
    `this store has the only copy of the old access key of ${quoted(profile)}, which 'rotate --undo' needs`,
    `if nothing uses it any more: ${commandLine('rotate', profileWord(profile), '--delete-old')}`,
  ],
  'two-pairs': (profile, where) => [
    `${quoted(profile)} has two access keys, ${where}, and only one can be meant`,
    'remove one of the two',
  ],
}

/**
 * Returns the lines about secrets that were in the credentials file before a move. awsmfa has removed them from its own
 * backups; `profiles`: those whose rotation makes them worthless.
 */
export function renderPlainTextAdvice(profiles: readonly string[]): string {
  if (profiles.length === 0) return ''
  const hints = profiles.map((name) => hint(`to make it worthless: ${commandLine('rotate', profileWord(name))}`))
  return note('the secret was in plain text: backups that other programs made may still contain it') + hints.join('')
}

const DAY_MS = 86_400_000

/** Returns an access key as a list of facts: `…MPLE (412 days old, last used yesterday 09:12 for sts)`. */
export function keyInWords(key: RotatedKey, now: Date): string {
  const facts = [...(key.isActive ? [] : ['inactive']), ageInWords(key, now), useInWords(key, now)]
  return `${visible(key.accessKeyId)} (${facts.filter((fact) => fact !== '').join(', ')})`
}

/** Returns how old an access key is: `412 days old`; '' if that is not known. */
export function ageInWords({ createdAt }: Pick<RotatedKey, 'createdAt'>, now: Date): string {
  if (createdAt === undefined) return ''
  const days = Math.max(0, Math.floor((now.getTime() - createdAt.getTime()) / DAY_MS))
  return days === 0 ? 'created today' : `${days} ${days === 1 ? 'day' : 'days'} old`
}

/** Returns when an access key was used last: `last used yesterday 09:12 for sts`. */
export function useInWords({ use }: Pick<RotatedKey, 'use'>, now: Date): string {
  if (use === undefined) return 'last use unknown'
  if (use === 'never') return 'never used'
  const service = /^[\w.-]+$/.test(use.service) ? ` for ${use.service}` : ''
  return `last used ${formatAt(use.at, now)}${service}`
}

function rotationText(failure: FailureOf<'ROTATION_STOPPED'>, view: FailureView): FailureText {
  const { profile, keys, place } = failure
  const { now } = view
  const line = (...words: readonly string[]): string => commandLine('rotate', profileWord(profile), ...words)
  const user = quoted(failure.identity === undefined ? profile : nameOfArn(failure.identity))
  const [key, other] = keys
  const id = visible(key?.accessKeyId ?? '')
  switch (failure.reason) {
    case 'process':
      return say(
        `cannot rotate ${quoted(profile)}: its access key comes from a credential_process${place === undefined ? '' : ` in ${showPlace(place, view)}`}`,
        'rotate it with the program that stores it',
      )
    case 'root':
    case 'role': {
      const owner = failure.reason === 'root' ? 'the root user' : 'a role session'
      return say(`cannot rotate keys of ${owner}`, 'use the access key of an IAM user')
    }
    case 'two-keys':
      return say(
        `${user} has two access keys, which is the maximum: ${keys.map((each) => keyInWords(each, now)).join(', ')}`,
        ...twoKeysHints(keys, line),
      )
    case 'not-accepted':
      return say(
        failure.isUndo === true
          ? `AWS does not accept access key ${id} yet; the other key stays in use`
          : `AWS does not accept the new access key ${id} yet; the old key is still active`,
        `to continue: ${failure.isUndo === true ? line('--undo') : line()}`,
      )
    case 'answer-lost':
      return say(
        'the response to CreateAccessKey was lost; AWS may have created an access key',
        `to continue: ${line()}`,
      )
    case 'candidate':
      return say(
        `access key ${key === undefined ? id : keyInWords(key, now)} may be the one whose response was lost, or another computer has created it`,
        `to delete it and create another one, run in a terminal: ${line('--replace', last4Of(key))}`,
      )
    case 'replaced':
      return replacedText(profile, id, visible(other?.accessKeyId ?? ''))
    case 'not-stored':
      return say(
        `access key ${id} was created, but could not be stored, and could not be deleted`,
        `to delete it and create another one: ${line()}`,
      )
    case 'not-activated':
    case 'not-deactivated':
    case 'not-deleted':
    case 'not-replaced':
      return unconfirmedText(failure, id, line)
    case 'replace-unknown':
    case 'replace-ambiguous':
    case 'replace-active':
    case 'replace-in-use':
      return replaceText(failure, failure.reason, user, view)
    case 'nothing-to-undo':
      return say(`nothing to undo: awsmfa has not rotated the access key of ${quoted(profile)} on this computer`)
    case 'nothing-to-delete':
      return say(
        `no old key to delete: awsmfa has not rotated the access key of ${quoted(profile)} on this computer`,
        other === undefined ? undefined : `to replace an inactive key: ${line('--replace', 'LAST4')}`,
      )
    case 'undo-too-late':
      return say(`cannot undo: the old access key ${id} is deleted`)
    case 'old-deleted':
      return say(`the old access key ${id} is already deleted`, `to use the new one: ${line()}`)
    case 'old-active':
      return say(`the old access key ${id} is still active`, `to deactivate it: ${line()}`)
    case 'old-not-ours':
      return say(
        `the old access key ${id} was not deactivated by awsmfa`,
        `to replace it anyway: ${line('--replace', last4Of(key))}`,
      )
  }
}

/** AWS has answered a change, and does not list it. */
function unconfirmedText(
  { reason, isUndo }: FailureOf<'ROTATION_STOPPED'>,
  id: string,
  line: (...words: string[]) => string,
): FailureText {
  const state = reason === 'not-activated' ? 'active' : reason === 'not-deactivated' ? 'inactive' : 'deleted'
  const next = reason === 'not-deleted' ? line('--delete-old') : isUndo === true ? line('--undo') : line()
  return say(`AWS does not confirm that access key ${id} is ${state}`, `to check and continue: ${next}`)
}

/** Why `--replace` does not delete a key. */
function replaceText(
  { keys, last4 = '' }: FailureOf<'ROTATION_STOPPED'>,
  reason: Extract<RotationObstacle, `replace-${string}`>,
  user: string,
  { now }: FailureView,
): FailureText {
  const [key] = keys
  const shown = key === undefined ? '' : keyInWords(key, now)
  switch (reason) {
    case 'replace-unknown':
      return say(
        `${user} has no access key that ends in ${quoted(last4)}`,
        keys.length === 0 ? undefined : `available: ${keys.map((each) => keyInWords(each, now)).join(', ')}`,
      )
    case 'replace-ambiguous':
      return say(`both access keys of ${user} end in ${quoted(last4)}`, 'use more characters of the id')
    case 'replace-active':
      return say(
        `access key ${shown} is active; only an inactive key is deleted`,
        'first deactivate it in the AWS console, "Security credentials"',
      )
    case 'replace-in-use':
      return say(
        `access key ${visible(key?.accessKeyId ?? '')} is in use here`,
        'to replace the other one, use its last four characters',
      )
  }
}

function replacedText(profile: string, id: string, otherId: string): FailureText {
  return say(
    `access key ${id} is inactive; another computer may have replaced it with ${otherId}`,
    `to use the other one here: ${commandLine('keys', 'remove', profileWord(profile))}`,
    `then: ${commandLine('keys', 'add', profileWord(profile))}`,
  )
}

function last4Of(key: RotatedKey | undefined): string {
  return key === undefined ? 'LAST4' : key.accessKeyId.slice(-4)
}

function twoKeysHints(keys: readonly RotatedKey[], line: (...words: string[]) => string): readonly string[] {
  const inactive = keys.filter(({ isActive }) => !isActive)
  const [only] = inactive
  if (only === undefined) return ['deactivate the one that is not used in the AWS console, "Security credentials"']
  return [`to delete the inactive one and create a new one: ${line('--replace', last4Of(only))}`]
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
