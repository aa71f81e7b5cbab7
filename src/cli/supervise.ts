import type { EventEmitter } from 'node:events'
import { version } from '../../package.json'
import { exitCodeOf } from './exit-codes.ts'
import type { FailureView } from '../errors/wording.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { resolveHome, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import { createOutput } from '../ui/streams.ts'

/**
 * What stands round every command: signals become an AbortSignal, whatever is thrown becomes words on stderr and an exit
 * code, and a process that is about to end without an answer says so instead of ending with 0.
 */

/** What to run: gives the exit code, or throws. The signal aborts with an AwsmfaError when the person or the system says stop. */
export type Work = (signal: AbortSignal) => number | Promise<number>

export interface Supervision {
  readonly debug: boolean
  /** Where signals and stray errors arrive: the process. */
  readonly events: Pick<EventEmitter, 'on' | 'once' | 'off'>
  /** Takes the words for stderr. */
  readonly stderr: (text: string) => void
}

const SIGNALS: Readonly<Record<string, Failure>> = {
  SIGINT: { code: 'CANCELLED' },
  SIGTERM: { code: 'INTERRUPTED', signal: 'SIGTERM' },
  SIGHUP: { code: 'INTERRUPTED', signal: 'SIGHUP' },
}

/** The supervision of this process. */
export function supervisionOfProcess(debug: boolean): Supervision {
  return { debug, events: process, stderr: createOutput(2) }
}

/**
 * Runs the work and gives the exit code. Never throws. The first signal aborts the work, a second one ends the process as if
 * nobody listened. An AwsmfaError is told in its own words, also after a signal, since a file may have been left in a state
 * that the person must know of; anything else that is thrown after a signal is that signal's doing. Any other error is a
 * fault of awsmfa, which is told without its message: messages of Node and of parsers quote what they were given.
 */
export async function supervise(work: Work, supervision: Supervision): Promise<number> {
  const { events } = supervision
  const controller = new AbortController()
  const listeners = Object.entries(SIGNALS).map(([name, failure]) => ({
    name,
    listener: () => controller.abort(new AwsmfaError(failure)),
  }))
  for (const { name, listener } of listeners) events.once(name, listener)
  const stray = watchForStrays(events)
  try {
    return await Promise.race([Promise.resolve(controller.signal).then(work), stray.promise])
  } catch (error) {
    const isOurs = error instanceof AwsmfaError || !controller.signal.aborted
    return await report(isOurs ? error : controller.signal.reason, supervision)
  } finally {
    stray.stop()
    for (const { name, listener } of listeners) events.off(name, listener)
  }
}

interface StrayWatch {
  /** Rejects with the first error that nobody caught. */
  readonly promise: Promise<never>
  readonly stop: () => void
}

function watchForStrays(events: Supervision['events']): StrayWatch {
  const { promise, reject } = rejectable()
  const onStray = (error: unknown): void => {
    // Somebody closed the pipe that a stream of Node writes to: success, as for every other output.
    if (codeOf(error) !== 'EPIPE') reject(error)
  }
  const onExit = (): void => {
    process.exitCode = 1
    createOutput(2)('awsmfa: error: this is a fault of awsmfa: it ended before it had an answer\n')
  }
  events.on('uncaughtException', onStray)
  events.on('unhandledRejection', onStray)
  events.once('exit', onExit)
  return {
    promise,
    stop: () => {
      events.off('uncaughtException', onStray)
      events.off('unhandledRejection', onStray)
      events.off('exit', onExit)
    },
  }
}

function rejectable(): { readonly promise: Promise<never>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise
  })
  return { promise, reject }
}

/** Tells what went wrong on stderr and gives the exit code. The words are loaded only now. */
export async function report(
  error: unknown,
  { debug, stderr }: Pick<Supervision, 'debug' | 'stderr'>,
): Promise<number> {
  try {
    return await reportInWords(error, { debug, stderr })
  } catch (trouble) {
    if (codeOf(trouble) !== OWN_FILE_GONE) throw trouble
    stderr('awsmfa: error: awsmfa was replaced or removed while it ran\nawsmfa: hint: run it again\n')
    return 1
  }
}

/** Everything that is loaded while a command runs is a file of awsmfa's own. */
const OWN_FILE_GONE = 'MODULE_NOT_FOUND'

async function reportInWords(
  error: unknown,
  { debug, stderr }: Pick<Supervision, 'debug' | 'stderr'>,
): Promise<number> {
  if (codeOf(error) === OWN_FILE_GONE) throw error
  const { formatFailure, formatFault, renderFailure } = await import('../errors/messages.ts')
  const view = viewOfProcess(debug)
  if (error instanceof AwsmfaError) {
    stderr(formatFailure(renderFailure(error.failure, view), view))
    return exitCodeOf(error.failure)
  }
  const code = codeOf(error)
  stderr(
    formatFault(
      {
        name: error instanceof Error ? error.name : 'something that is no error was thrown',
        ...(code === undefined ? {} : { code }),
        frames: framesOf(error),
        versions: `awsmfa ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
      },
      view,
    ),
  )
  return 1
}

function viewOfProcess(debug: boolean): FailureView {
  const surroundings = surroundingsOfProcess()
  return {
    home: orUndefined(() => resolveHome(surroundings)),
    files: orUndefined(() => resolveSharedFiles(surroundings)),
    now: new Date(),
    debug,
  }
}

/** A home folder that is not known is no reason to say nothing. */
function orUndefined<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The lines of the stack that say where, and none that say what. */
function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack.split('\n').flatMap((line) => /^ {4}(at .*)$/.exec(line)?.[1] ?? [])
}
