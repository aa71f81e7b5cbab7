/**
 * The message of every failure: what failed, why, and what to do. Lower case, no full stop, names in single quotes,
 * sections in brackets. A hint names only commands that exist and that help in that situation. Text from files, the
 * environment and servers is escaped.
 */
import { FILE_WORDS, KEYCHAIN_WORDS } from './files.ts'
import { LAYOUT_WORDS } from './layouts.ts'
import { PEOPLE_WORDS, PROGRAM_FAILURE_WORDS, TOKEN_CODE_WORDS } from './mfa.ts'
import { PROFILE_WORDS } from './profiles.ts'
import { STS_WORDS } from './sts.ts'
import { COMMAND_LINE_WORDS } from './usage.ts'
import type { FailureView, Words } from './wording.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { Failure } from '../model/failure.ts'
import { say, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

const WORDS: Words = {
  ...COMMAND_LINE_WORDS,
  ...PROFILE_WORDS,
  ...FILE_WORDS,
  ...KEYCHAIN_WORDS,
  ...LAYOUT_WORDS,
  ...PEOPLE_WORDS,
  ...PROGRAM_FAILURE_WORDS,
  ...STS_WORDS,
  ...TOKEN_CODE_WORDS,
}

/** Returns the error of a failure, and its hints. */
export function renderFailure(failure: Failure, view: FailureView): FailureText {
  // TypeScript cannot know that the function found under a code is the one for that code.
  const words = WORDS[failure.code] as (failure: Failure, view: FailureView) => FailureText
  const text = words(failure, view)
  const isInDoubt = 'codeMayBeSpent' in failure && failure.codeMayBeSpent === true
  return isInDoubt ? { ...text, error: `${text.error}; the token code may be used up` } : text
}

/** Returns the text about a copy of an access key that could not be removed. `next`: the command that removes it. */
export function copyRemainsText(
  accessKeyId: string,
  failure: Failure,
  next: string | undefined,
  view: FailureView,
): FailureText {
  const { error, hints } = renderFailure(failure, view)
  return say(
    `access key ${shortenAccessKeyId(accessKeyId)} could not be removed from where it is stored: ${error}`,
    ...hints,
    next === undefined ? undefined : `to remove it: ${next}`,
  )
}

/** Returns the lines for stderr: `awsmfa: error: …`, `awsmfa: hint: …`, and with `debug` the message from AWS. */
export function formatFailure(text: FailureText, { debug }: Pick<FailureView, 'debug'>): string {
  const { error, hints, detail, isAnswer } = text
  if (isAnswer === true) return `${error}\n`
  const lines = [`error: ${error}`, ...hints.map((hint) => `hint: ${hint}`)]
  if (debug && detail !== undefined) lines.push(`debug: message from AWS: ${visible(detail, 2000)}`)
  return lines.map((line) => `awsmfa: ${line}\n`).join('')
}

/** What is known of an unexpected error; never its message, which may quote a secret. */
export interface FaultFacts {
  readonly name: string
  readonly code?: string | undefined
  /** Where in the code it was thrown. */
  readonly frames: readonly string[]
  /** The versions of awsmfa, Node and the platform. */
  readonly versions: string
}

/** Returns the lines for an unexpected error: its name, the versions, and with `debug` the stack. */
export function formatFault(
  { name, code, frames, versions }: FaultFacts,
  { debug }: Pick<FailureView, 'debug'>,
): string {
  const what = code === undefined ? visible(name) : `${visible(name)} ${visible(code)}`
  const lines = [`error: internal error: ${what} (${visible(versions)})`]
  if (debug) lines.push(...frames.map((frame) => `debug: ${visible(frame, 500)}`))
  else lines.push('hint: for details, add --debug')
  return lines.map((line) => `awsmfa: ${line}\n`).join('')
}
