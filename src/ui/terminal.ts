import type { Options, Ora } from 'ora'
import { AwsmfaError } from '../model/failure.ts'
import type { WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import type { Asker } from './question.ts'
import { createOutput, streamFacts } from './streams.ts'
import { textStyle } from './style.ts'
import type { StreamFacts, TextStyle } from './style.ts'

/** Shows that something is awaited. */
export interface Spinner {
  /** Shows the text with a moving sign until the returned function is called, which clears the line. */
  readonly showWaiting: (text: string) => () => void
  /** Clears the line for something else to be written there; the spinner comes back by itself while it is needed. */
  readonly clear: () => void
}

/** `talk` is what stderr is; on anything but a terminal there is no spinner. The rest is there for tests. */
export interface SpinnerOptions {
  readonly talk: TextStyle
  readonly canMoveCursor: boolean
  readonly delayMs?: number
  readonly mayShow?: () => boolean
  readonly columns?: () => number | undefined
  readonly load?: () => Promise<{ readonly default: (options: Options) => Ora }>
}

/** A wait that is shorter is not worth a sign, nor the 26 ms of processor time that loading ora takes. */
const DELAY_MS = 150

/**
 * Makes the spinner on stderr. The cursor is never hidden, so that no signal can leave it so; stdin is never touched. ora is
 * loaded when a wait has lasted 150 ms, and not in a background job, which would write over the person's next command; when
 * it cannot be loaded, the wait goes on without a sign. So it does on a terminal that says it has no columns, as those of
 * expect, of serial lines and of some containers do: ora divides by them, and would clear lines without end.
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
          .then(({ default: ora }) => start(ora(appearance(text, talk)), showing, stopped.signal))
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

function appearance(text: string, talk: TextStyle): Options {
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

/**
 * Which text goes where: data to stdout, all talk to stderr, questions to the controlling terminal.
 */

/** What a terminal is made of. `noColor` is `--no-color`. */
export interface TerminalOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
  readonly asker: Asker
  readonly spinner: (talk: Terminal['talk']) => Spinner
}

/** Answers that are no answer, one after another, before a question is given up: nobody sits there. */
const MOST_TRIES = 10

/** Makes the terminal of this process. Asks nothing and writes nothing by itself. */
export function createTerminal({ environment, noColor, asker, spinner: createSpinner }: TerminalOptions): Terminal {
  const styleOf = (stream: StreamFacts): Terminal['talk'] =>
    textStyle({ environment, platform: process.platform, noColor, stream })
  const talk = styleOf(streamFacts(2))
  const spinner = createSpinner(talk)
  const toStdout = createOutput(1)
  const toStderr = createOutput(2)
  return {
    data: styleOf(streamFacts(1)),
    talk,
    stdout: (text) => {
      spinner.clear()
      toStdout(text)
    },
    stderr: (text) => {
      spinner.clear()
      toStderr(text)
    },
    showWaiting: spinner.showWaiting,
    canAsk: () => asker.obstacle() === undefined,
    ask: async (question, signal) => (await asker.askLine({ ...question, keep: true }, signal)).trim(),
    confirm: async (question, signal) => confirm(asker, question, signal),
    choose: async (question, choices, signal) => choose(asker, { question, choices }, signal),
  }
}

/** No is the default: anything but y or yes is a no. The question stays with its answer, as what was agreed to. */
async function confirm(asker: Asker, question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await asker.askLine({ text: `${question} [y/N] `, wanted: 'answer', keep: true }, signal)
  return /^\s*y(es)?\s*$/i.test(answer)
}

async function choose(asker: Asker, { question, choices }: Choice, signal: AbortSignal): Promise<number> {
  const list = choices.map((choice, index) => `  ${index + 1}  ${choice}\n`).join('')
  asker.say(`${question}\n${list}`)
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const answer = (
      await asker.askLine({ text: `[1-${choices.length}] `, wanted: 'answer', keep: true }, signal)
    ).trim()
    if (/^[1-9]\d*$/.test(answer) && Number(answer) <= choices.length) return Number(answer) - 1
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}

interface Choice {
  readonly question: string
  readonly choices: readonly string[]
}

/** The terminal as commands see it. Text goes out as given; the caller has made control characters harmless. */
export interface Terminal {
  /** Data, to stdout. A closed pipe is success and ends quietly. */
  readonly stdout: (text: string) => void
  /** Talk, to stderr. */
  readonly stderr: (text: string) => void
  /** What stdout and stderr are, for render: colour, Unicode and width. */
  readonly data: TextStyle
  readonly talk: TextStyle
  /** Whether a question can be asked at all. */
  readonly canAsk: () => boolean
  /** Asks a yes-or-no question at the controlling terminal; no is the default. Throws PROMPT_UNAVAILABLE, CANCELLED. */
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>
  /**
   * Asks for a line of text and gives it without the spaces at its ends; `hidden`: what is typed is not shown. The question
   * stays. Throws PROMPT_UNAVAILABLE, CANCELLED.
   */
  readonly ask: (
    question: { readonly text: string; readonly wanted: WantedAnswer; readonly hidden?: boolean },
    signal: AbortSignal,
  ) => Promise<string>
  /** Asks to choose one of a numbered list. Gives its index. Throws PROMPT_UNAVAILABLE, CANCELLED. */
  readonly choose: (question: string, choices: readonly string[], signal: AbortSignal) => Promise<number>
  /** Shows that something is awaited, on a terminal only, until the returned function is called. */
  readonly showWaiting: (text: string) => () => void
}
