/** What each exit code means, for README, help and man page. Code in backticks, links as in Markdown; `plainText` takes both out. */
import type { FailureCode } from '../core/failures.ts'
import type { ExitCode } from './exit-codes.ts'
import { EXIT_CODES } from './exit-codes.ts'

/** A colon at the end: the failures that end so follow. Those that end with 1 are the rest, and are not listed. */
const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done; for `status`: there is a session, see [status in scripts](#status-in-scripts)',
  1: 'anything that is not named below: files, permissions, the network, an unknown profile',
  2: 'what was typed, or stands in a setting, cannot be meant:',
  4: 'there is no usable session, and none could be got:',
  126: 'from `exec`: the program is there and cannot be run',
  127: 'from `exec`: there is no such program',
  129: 'ended by SIGHUP, as when the terminal is closed',
  130: 'cancelled with Ctrl-C or Ctrl-D',
  143: 'ended by SIGTERM',
}

/** The failures behind 2 and 4 in words. */
const FAILURES_IN_WORDS: Readonly<Partial<Record<FailureCode, string>>> = {
  USAGE: 'an unknown command or option, a value that is none',
  STS_ARGUMENT: 'a flag after `--` that STS does not have, or that does not fit',
  DURATION_OUT_OF_RANGE: 'a length that STS does not allow',
  TOKEN_CODE_MALFORMED: 'a code that is not six digits',
  MFA_SERIAL_MALFORMED: 'an MFA device serial that cannot be one',
  TEXT_REFUSED: 'a name that no file could hold safely',
  PROMPT_UNAVAILABLE: 'a question, and nobody to ask',
  TOKEN_CODE_REJECTED: 'the code was refused',
  MFA_SERIAL_REJECTED: 'the device was refused',
  CREDENTIALS_REJECTED: 'the keys were refused',
  SESSION_MISSING: 'the session is missing or has expired',
}

/** Gives every exit code with its meaning, in ascending order. Throws where a failure behind a code has no words. */
export function exitCodeRows(): readonly { readonly exitCode: number; readonly meaning: string }[] {
  return Object.entries(MEANINGS).map(([code, meaning]) => {
    const exitCode = Number(code)
    return { exitCode, meaning: meaning.endsWith(':') ? `${meaning} ${failuresOf(exitCode).join('; ')}` : meaning }
  })
}

function failuresOf(exitCode: number): readonly string[] {
  const words: Readonly<Record<string, string | undefined>> = FAILURES_IN_WORDS
  return Object.entries(EXIT_CODES).flatMap(([failure, code]) => {
    if (code !== exitCode) return []
    const text = words[failure]
    if (text === undefined) throw new Error(`exit-code-words.ts has no words for ${failure}`)
    return [text]
  })
}
