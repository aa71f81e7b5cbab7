/** Failures as a program gets them: an Error whose message has the words of the command line, in terms of the options. */
import { version } from '../../package.json'
import { AwsmfaError, isFailure } from '../core/failures.ts'
import type { Failure, FailureCode } from '../core/failures.ts'
import { visible } from '../core/visible-text.ts'
import { commandLine, profileWord } from '../render/command-line.ts'
import { renderFailure } from '../render/failure.ts'
import type { FailureText, FailureView } from '../render/failure.ts'
import type { AwsmfaProviderError } from './from-awsmfa.ts'
import { OPTION_FLAGS } from './options.ts'

/** What the words depend on. */
export interface ProviderErrorView extends Pick<FailureView, 'home' | 'files'> {
  readonly profile: string
}

/** Nothing is set up for the profile here; another provider of a chain may have what is needed. */
const NOTHING_HERE: readonly FailureCode[] = ['PROFILE_NOT_FOUND', 'LONG_TERM_CREDENTIALS_MISSING', 'HOME_UNKNOWN']

/**
 * Gives what is thrown for something caught: what the program's own function threw, as it is; a TypeError about options; else
 * an AwsmfaProviderError. A fault of awsmfa is told without its message, which may quote a secret.
 */
export function asProviderError(error: unknown, view: ProviderErrorView): unknown {
  if (isFailure(error, 'CANCELLED') && error.cause !== undefined) return error.cause
  if (error instanceof TypeError && error.message.startsWith('fromAwsmfa: ')) return error
  if (!(error instanceof AwsmfaError)) return fault(error)
  const { error: text, hints, detail } = wordsOf(error.failure, view)
  const all = [...hints.flatMap(inOptions), ...(detail === undefined ? [] : [`AWS says: ${visible(detail, 2000)}`])]
  return providerError([withOptionNames(text), ...all].join('\n  '), { code: error.failure.code, hints: all, tryNextLink: NOTHING_HERE.includes(error.failure.code) })
}

function wordsOf(failure: Failure, { profile, home, files }: ProviderErrorView): FailureText {
  const text = renderFailure(failure, { home, files, now: new Date(), debug: false })
  if (failure.code === 'PROMPT_UNAVAILABLE') return { error: text.error, hints: [`sign in before: ${commandLine('login', profileWord(profile))}; or give fromAwsmfa an mfaCodeProvider`] }
  return text
}

/** Hints that name a flag which is no option here are left out, unless the flag is part of a whole command line. */
function inOptions(hint: string): readonly string[] {
  if (hint.includes('awsmfa login')) return [hint]
  const text = withOptionNames(hint)
  return /(?:^|\s)--[a-z]/.test(text) ? [] : [text]
}

function withOptionNames(text: string): string {
  return OPTION_FLAGS.reduce((named, [option, flag]) => named.replaceAll(new RegExp(`--${flag}(?![\\w-])`, 'g'), option), text)
}

function fault(error: unknown): AwsmfaProviderError {
  const name = error instanceof Error ? error.name : 'something that is no error was thrown'
  const made = providerError(`this is a fault of awsmfa: ${name} (awsmfa ${version}, Node.js ${process.versions.node})`, { code: 'FAULT', hints: [], tryNextLink: false })
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : []
  if (frames.length > 0) made.stack = [`${made.name}: ${made.message}`, ...frames].join('\n')
  return made
}

function providerError(message: string, fields: Pick<AwsmfaProviderError, 'code' | 'hints' | 'tryNextLink'>): AwsmfaProviderError {
  return Object.assign(new Error(message), { name: 'AwsmfaError' as const, ...fields })
}
