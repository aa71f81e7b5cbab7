/** Data to stdout, messages to stderr, questions to the controlling terminal, and a spinner. */
import type { Options, Ora } from 'ora'
import type { WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import { choose } from './picker.ts'
import type { Choice } from './picker.ts'
import { confirm } from './question.ts'
import type { Asker, YesNoQuestion } from './question.ts'
import { createMessageOutput, createOutput, streamFacts } from './streams.ts'
import { textStyle } from './style.ts'
import type { TextStyle } from './style.ts'

/** What commands write and ask. The caller has escaped control characters. Questions throw what an Asker throws. */
export interface Terminal {
  /** Writes data to stdout. A closed pipe is not an error. */
  readonly stdout: (text: string) => void
  /** Writes messages to stderr, wrapped to its width, with their labels in color. */
  readonly stderr: (text: string) => void
  /** The style of stdout. */
  readonly data: TextStyle
  /** The style of stderr. */
  readonly talk: TextStyle
  /** Returns whether a question can be asked now. */
  readonly canAsk: () => boolean
  /** Returns whether nothing can be asked because this is a background job. */
  readonly isInBackground: () => boolean
  /** Asks a yes-or-no question. */
  readonly confirm: (question: YesNoQuestion, signal: AbortSignal) => Promise<boolean>
  /** Asks for a line, trimmed; the question stays on the screen. */
  readonly ask: (
    question: { readonly text: string; readonly wanted: WantedAnswer; readonly hidden?: boolean },
    signal: AbortSignal,
  ) => Promise<string>
  /** Asks to choose one of a list, and resolves to its index. `question`: a noun and a colon. */
  readonly choose: (question: string, choices: readonly Choice[], signal: AbortSignal) => Promise<number>
  /** Shows a spinner, on terminals only, until the promise is settled, and returns what it resolves to. */
  readonly whileWaiting: <T>(text: string, waiting: Promise<T>) => Promise<T>
}

/** What a terminal is made from. `noColor` is `--no-color`. */
export interface TerminalOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
  readonly asker: Asker
  readonly spinner: (talk: TextStyle) => Spinner
}

/** Returns the terminal of this process. Asks and writes nothing itself. */
export function createTerminal({ environment, noColor, asker, spinner: createSpinner }: TerminalOptions): Terminal {
  const styleOf = (descriptor: 1 | 2): TextStyle =>
    textStyle({ environment, platform: process.platform, noColor, stream: streamFacts(descriptor) })
  const [data, talk] = [styleOf(1), styleOf(2)]
  const spinner = createSpinner(talk)
  const writer = (write: (text: string) => void, { columns }: TextStyle): ((text: string) => void) => {
    const print = (text: string): void => {
      spinner.clear()
      write(text)
    }
    return columns === undefined ? print : (text) => asker.printAbove(() => print(text))
  }
  return {
    data,
    talk,
    stdout: writer(createOutput(1), data),
    stderr: writer(createMessageOutput(talk), talk),
    whileWaiting: async (text, waiting) => await waiting.finally(spinner.showWaiting(text)),
    canAsk: () => asker.obstacle() === undefined,
    isInBackground: () => asker.obstacle() === 'background',
    ask: async (question, signal) => (await asker.askLine({ ...question, keep: true }, signal)).trim(),
    confirm: (question, signal) => confirm(asker, question, signal),
    choose: (question, choices, signal) => choose(asker, question, choices, signal),
  }
}

/** Shows that something is awaited. */
export interface Spinner {
  /** Shows a moving sign with the text until the returned function is called, which clears the line. */
  readonly showWaiting: (text: string) => () => void
  /** Clears the line for other text; a spinner that is still needed comes back by itself. */
  readonly clear: () => void
}

/** What a spinner depends on. `talk` is the style of stderr; the rest is for tests. */
export interface SpinnerOptions {
  readonly talk: TextStyle
  readonly canMoveCursor: boolean
  readonly delayMs?: number
  readonly mayShow?: () => boolean
  readonly columns?: () => number | undefined
  readonly load?: () => Promise<{ readonly default: (options: Options) => Ora }>
}

/** A shorter wait is not worth a sign, nor the 26 ms of processor time for loading ora. */
const DELAY_MS = 150

/**
 * Returns the spinner on stderr. The cursor is never hidden, so that no signal can leave it hidden; stdin is never
 * touched. There is no spinner in a background job, which would write over the next command; nor if ora cannot be
 * loaded; nor on a terminal that reports 0 columns, as those of expect, serial lines and some containers do: ora
 * divides by them.
 */
export function createSpinner(options: SpinnerOptions): Spinner {
  const { talk, canMoveCursor, delayMs = DELAY_MS, mayShow = isForeground, load = () => import('ora') } = options
  const { columns = () => process.stderr.columns } = options
  if (talk.columns === undefined || !canMoveCursor)
    return { showWaiting: () => () => undefined, clear: () => undefined }
  const showing = new Set<Ora>()
  return {
    clear: () => showing.forEach((spinner) => spinner.clear()),
    showWaiting: (text) => {
      const stopped = new AbortController()
      const timer = setTimeout(() => {
        if (columns() === 0 || !mayShow()) return
        load()
          .then(({ default: ora }) => start(ora(oraOptions(text, talk)), showing, stopped.signal))
          .catch(() => undefined)
      }, delayMs)
      timer.unref()
      return () => {
        clearTimeout(timer)
        stopped.abort()
      }
    },
  }
}

function start(spinner: Ora, showing: Set<Ora>, stopped: AbortSignal): void {
  if (stopped.aborted) return
  spinner.start()
  showing.add(spinner)
  stopped.addEventListener('abort', () => {
    spinner.stop()
    showing.delete(spinner)
  })
}

function oraOptions(text: string, talk: TextStyle): Options {
  return {
    text,
    stream: process.stderr,
    spinner: talk.unicode ? 'dots' : 'line',
    color: talk.color ? 'cyan' : false,
    isEnabled: true,
    hideCursor: false,
    discardStdin: false,
  }
}
