/** What setup and undo say, apart from the diff. Each function gives whole lines with their ends. */
import type { CallerIdentity, TextStyle } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { commandLine, profileWord } from './command-line.ts'
import { identityInWords } from './identity.ts'

/** The question under a diff. */
export const CHANGE_QUESTION = 'Make these changes?'

/** The questions for a first access key. */
export const KEY_WORDS = {
  accessKeyId: 'Access key id: ',
  secretAccessKey: 'Secret access key (not shown): ',
  region: 'Region (empty: none): ',
  notAKeyId: note('an access key id has 16 letters and digits or more, and begins with AKIA; one that begins with ASIA is a session’s'),
  notASecret: note('a secret access key has 40 characters, without spaces'),
  notARegion: note('that is no name of a region, such as eu-west-1'),
} as const

/** Said before keys are asked for. */
export function renderKeysWanted(profile: string): string {
  return note(`'${visible(profile)}' has no long-term keys yet. An IAM user gets them in the AWS console: 'Security credentials', 'Create access key'`)
}

/** Whose the keys are that were typed or came from the environment. */
export function renderKeyOwner({ account, arn }: CallerIdentity): string {
  return note(`the keys are those of ${identityInWords(account, arn) ?? 'an unknown user'}`)
}

/** The files have changed while the question stood there, and with them what would be done. */
export function renderShownAgain(): string {
  return note('the files have changed meanwhile, and so have the changes:')
}

/** Nothing to change. */
export function renderAlreadySetUp(base: string): string {
  return note(`'${visible(base)}' is set up already; there is nothing to change`)
}

/** `✔ done. To take it back: awsmfa undo`, and what to do next; `signedIn`: the session stands there already. */
export function renderSetUp(base: string, signedIn: boolean, style: TextStyle): string {
  const next = signedIn ? '' : `awsmfa: hint: to sign in: ${commandLine('login', profileWord(base))}\n`
  return `${tick(style)} done. To take it back: ${commandLine('undo')}\n${next}`
}

/** `✔ undone`, and whose session went. */
export function renderUndone(signedOut: readonly string[], style: TextStyle): string {
  return `${tick(style)} undone\n${signedOut.map((profile) => note(`the session of '${visible(profile)}' is gone: its long-term keys are back in its place`)).join('')}`
}

/** No record of a change that could be taken back. */
export function renderNothingToUndo(): string {
  return note('there is nothing to undo')
}

function tick(style: TextStyle): string {
  return paint(style.unicode ? '✔' : 'ok', 'green', style)
}

function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}
