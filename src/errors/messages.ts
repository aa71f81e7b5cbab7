import { FILE_WORDS, KEYCHAIN_WORDS, LAYOUT_WORDS } from './files.ts'
import { PEOPLE_WORDS, PROGRAMS_PROGRAM_WORDS, TOKEN_CODE_WORDS } from './mfa.ts'
import { PROFILE_WORDS } from './profiles.ts'
import { STS_WORDS } from './sts.ts'
import { COMMAND_LINE_WORDS } from './usage.ts'
import type { FailureView, WordsFor } from './wording.ts'
import type { Failure, FailureCode } from '../model/failure.ts'
import { visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/**
 * The words for every failure: what happened, where, and the way out. Lower case, no full stop, names in single quotes,
 * sections in brackets; a hint only where it is certainly right, naming only commands that exist. All text that comes from
 * files, the environment or servers is made harmless on its way in.
 */

const WORDS: WordsFor<FailureCode> = {
  ...COMMAND_LINE_WORDS,
  ...PROFILE_WORDS,
  ...FILE_WORDS,
  ...KEYCHAIN_WORDS,
  ...LAYOUT_WORDS,
  ...PEOPLE_WORDS,
  ...PROGRAMS_PROGRAM_WORDS,
  ...STS_WORDS,
  ...TOKEN_CODE_WORDS,
}

/** Says a failure in one error and as many hints as are certainly right. */
export function renderFailure(failure: Failure, view: FailureView): FailureText {
  // TypeScript cannot tell that the function found under a code is the one for that code.
  const words = WORDS[failure.code] as (failure: Failure, view: FailureView) => FailureText
  return words(failure, view)
}

/** Gives the lines for stderr: `awsmfa: error: …`, then `awsmfa: hint: …`, and what AWS said itself where debug is on. */
export function formatFailure({ error, hints, detail }: FailureText, { debug }: Pick<FailureView, 'debug'>): string {
  const lines = [`error: ${error}`, ...hints.map((hint) => `hint: ${hint}`)]
  if (debug && detail !== undefined) lines.push(`debug: AWS says: ${visible(detail, 2000)}`)
  return lines.map((line) => `awsmfa: ${line}\n`).join('')
}

/** What is known of an error that awsmfa did not foresee. It never holds the error's message, which may quote a secret. */
export interface FaultFacts {
  readonly name: string
  readonly code?: string
  /** Where in the code it was thrown. */
  readonly frames: readonly string[]
  /** The versions of awsmfa, Node and the platform. */
  readonly versions: string
}

/** Gives the lines for an error that nobody foresaw: whose fault it is, in which version, and with debug where. */
export function formatFault(
  { name, code, frames, versions }: FaultFacts,
  { debug }: Pick<FailureView, 'debug'>,
): string {
  const what = code === undefined ? visible(name) : `${visible(name)} ${visible(code)}`
  const lines = [`error: this is a fault of awsmfa: ${what} (${visible(versions)})`]
  if (debug) lines.push(...frames.map((frame) => `debug: ${visible(frame, 500)}`))
  else lines.push('hint: to see where it happened, run it again with --debug')
  return lines.map((line) => `awsmfa: ${line}\n`).join('')
}
