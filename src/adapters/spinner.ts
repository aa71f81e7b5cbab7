import type { Options, Ora } from 'ora'
import type { TextStyle } from '../core/ports.ts'
import { isForeground } from './process-group.ts'

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
  if (talk.columns === undefined || !canMoveCursor) return { showWaiting: () => () => undefined, clear: () => undefined }
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
    color: talk.colour ? 'cyan' : false,
    isEnabled: true,
    hideCursor: false,
    discardStdin: false,
  }
}
