/**
 * What surrounds every command: signals become an AbortSignal, whatever is thrown becomes a message on stderr and an
 * exit code, and a process that would end without an answer reports that instead of ending with 0. The guide, help and
 * man page are generated from the meanings of the exit codes.
 */
import type { EventEmitter } from 'node:events'
import { version } from '../../package.json'
import type { FailureView } from '../errors/wording.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, FailureCode } from '../model/failure.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import { createMessageOutput, createOutput, streamFacts } from '../ui/streams.ts'
import { textStyle } from '../ui/style.ts'
import type { FailureText } from '../ui/words.ts'

/**
 * What to run: returns the exit code, or throws. The signal aborts with an AwsmfaError when the person or the system
 * says stop.
 */
export type Work = (signal: AbortSignal) => number | Promise<number>

export interface Supervision {
  readonly debug: boolean
  /** The process, which emits signals and uncaught errors. */
  readonly events: Pick<EventEmitter, 'on' | 'once' | 'off'>
  readonly stderr: (text: string) => void | Promise<void>
  /** Takes the document of a failure, with its end; left out without `--json`. */
  readonly json?: ((text: string) => void) | undefined
  readonly typed?: FailureView['typed']
}

const SIGNALS: Readonly<Record<string, Failure>> = {
  SIGINT: { code: 'CANCELLED' },
  SIGTERM: { code: 'INTERRUPTED', signal: 'SIGTERM' },
  SIGHUP: { code: 'INTERRUPTED', signal: 'SIGHUP' },
}

/** Returns the supervision of this process. `json`: a failure is a document on stdout, too. */
export function supervisionOfProcess(
  how: Pick<Supervision, 'debug' | 'typed'> & { json: boolean; noColor: boolean },
): Supervision {
  const json = how.json ? createOutput(1) : undefined
  return { debug: how.debug, typed: how.typed, events: process, stderr: messagesOfProcess(how.noColor), json }
}

/** Returns a writer of messages to stderr. The settings file, which may turn color off, is read with the first one. */
export function messagesOfProcess(noColor: boolean): (text: string) => Promise<void> {
  return async (text) => {
    const options = { environment: process.env, platform: process.platform, stream: streamFacts(2) }
    const style = textStyle({ ...options, noColor })
    const isOff =
      style.color &&
      (await import('../runtime/runtime.ts').then(
        ({ forbidsColor }) => forbidsColor(),
        () => false,
      ))
    createMessageOutput(isOff ? { ...style, color: false } : style)(text)
  }
}

/**
 * Runs the work and returns the exit code. Never throws. The first signal aborts the work, a second one ends the
 * process. An AwsmfaError is reported as such, also after a signal, since a file may have been left in a state that the
 * person must know of; anything else that is thrown after a signal counts as cancelled. Any other error is a fault of
 * awsmfa, reported without its message: messages of Node and of parsers quote what they were given, which may be a
 * secret.
 */
export async function supervise(work: Work, supervision: Supervision): Promise<number> {
  const { events } = supervision
  const controller = new AbortController()
  const listeners = Object.entries(SIGNALS).map(([name, failure]) => ({
    name,
    listener: () => controller.abort(new AwsmfaError(failure)),
  }))
  for (const { name, listener } of listeners) events.once(name, listener)
  const uncaught = watchForUncaught(events)
  try {
    return await Promise.race([Promise.resolve(controller.signal).then(work), uncaught.promise])
  } catch (error) {
    const isOurs = error instanceof AwsmfaError || !controller.signal.aborted
    return await report(isOurs ? error : controller.signal.reason, supervision)
  } finally {
    uncaught.stop()
    for (const { name, listener } of listeners) events.off(name, listener)
  }
}

interface UncaughtWatch {
  /** Rejects with the first uncaught error. */
  readonly promise: Promise<never>
  readonly stop: () => void
}

function watchForUncaught(events: Supervision['events']): UncaughtWatch {
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<never>((_, rejectPromise) => (reject = rejectPromise))
  const onError = (error: unknown): void => {
    // The reader of a pipe has gone away: success, as for every other output.
    if (codeOf(error) !== 'EPIPE') reject(error)
  }
  const onExit = (): void => {
    process.exitCode = 1
    createOutput(2)('awsmfa: error: this is a fault of awsmfa: it ended before it had an answer\n')
  }
  events.on('uncaughtException', onError)
  events.on('unhandledRejection', onError)
  events.once('exit', onExit)
  return {
    promise,
    stop: () => {
      events.off('uncaughtException', onError)
      events.off('unhandledRejection', onError)
      events.off('exit', onExit)
    },
  }
}

type Reporting = Pick<Supervision, 'debug' | 'stderr' | 'json' | 'typed'>

/** Reports what went wrong on stderr and returns the exit code. The messages are loaded only now. */
export async function report(error: unknown, reporting: Reporting): Promise<number> {
  const { stderr } = reporting
  try {
    return await reportInWords(error, reporting)
  } catch (failed) {
    if (codeOf(failed) !== OWN_FILE_GONE) throw failed
    await stderr('awsmfa: error: awsmfa was replaced or removed while it ran\nawsmfa: hint: run it again\n')
    return 1
  }
}

/** What Node throws for a file that is gone; all that is loaded while a command runs is a file of awsmfa's own. */
const OWN_FILE_GONE = 'MODULE_NOT_FOUND'

async function reportInWords(error: unknown, { debug, stderr, json, typed }: Reporting): Promise<number> {
  if (codeOf(error) === OWN_FILE_GONE) throw error
  const { formatFailure, formatFault, renderFailure } = await import('../errors/messages.ts')
  const view = { ...viewOfProcess(debug), typed }
  if (error instanceof AwsmfaError) {
    const text = renderFailure(error.failure, view)
    await stderr(formatFailure(text, view))
    // Where some of many profiles failed, their states are the document, and printed already.
    if (error.failure.code !== 'LOGINS_FAILED') writeDocument(json, { code: error.failure.code, ...text })
    return exitCodeOf(error.failure)
  }
  const code = codeOf(error)
  await stderr(
    formatFault(
      {
        name: error instanceof Error ? error.name : 'something that is no error was thrown',
        code,
        frames: framesOf(error),
        versions: `awsmfa ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
      },
      view,
    ),
  )
  writeDocument(json, { code: 'FAULT', error: 'this is a fault of awsmfa', hints: [] })
  return 1
}

/** `{"error":{"code":"PROFILE_NOT_FOUND","message":"…","hints":["…"]}}`. */
function writeDocument(
  json: Reporting['json'],
  { code, error: message, hints }: Pick<FailureText, 'error' | 'hints'> & { readonly code: string },
): void {
  try {
    json?.(`${JSON.stringify({ error: { code, message, hints } })}\n`)
  } catch {
    // stdout cannot be written to; stderr and the exit code say what failed.
  }
}

function viewOfProcess(debug: boolean): FailureView {
  const surroundings = surroundingsOfProcess()
  return {
    home: orUndefined(() => resolveHome(surroundings)),
    files: orUndefined(() => resolveSharedFiles(surroundings)),
    ownFolders: orUndefined(() => {
      const { config, cache, state } = resolveOwnFolders(surroundings)
      return [config, cache, state]
    }),
    now: new Date(),
    debug,
  }
}

/** Without a home folder, paths are printed in full. */
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

/** Returns the lines of the stack that say where, and none of the message. */
function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack.split('\n').flatMap((line) => /^ {4}(at .*)$/.exec(line)?.[1] ?? [])
}

/** What awsmfa itself ends with; `exec` passes on what its program ends with. */
export type ExitCode = 0 | 1 | 2 | 4 | 126 | 127 | 129 | 130 | 143

/** Code in backticks, links as in Markdown; after a colon the failures that end so follow. */
const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'success; for `status`: there is a session, see [status in scripts](#status-in-scripts)',
  1: 'any other error: files, permissions, the network, an unknown profile',
  2: 'the command line or a setting is invalid:',
  4: 'there is no usable session, and login could not create one:',
  126: '`exec`: the command cannot be run',
  127: '`exec`: the command was not found',
  129: 'stopped by SIGHUP, for example because the terminal was closed',
  130: 'canceled with Ctrl-C or Ctrl-D',
  143: 'stopped by SIGTERM',
}

/** The failures that end with 2, in words. */
const USAGE_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  USAGE: 'an unknown command or option, or an invalid value',
  STS_ARGUMENT: 'an unknown or unsuitable option after `--`',
  DURATION_OUT_OF_RANGE: 'a duration that STS does not allow',
  TOKEN_CODE_MALFORMED: 'a token code that is not six digits',
  MFA_SERIAL_MALFORMED: 'an invalid MFA device',
  TEXT_REFUSED: 'a name that cannot be written to a file safely',
}

/** The failures that end with 4, as gh ends where a login is missing; every other failure ends with 1. */
const SESSION_FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  PROMPT_UNAVAILABLE: 'an answer is required, and there is no terminal to prompt on',
  TOKEN_CODE_REJECTED: 'the token code was rejected',
  MFA_SERIAL_REJECTED: 'the MFA device was rejected',
  CREDENTIALS_REJECTED: 'the access key was rejected',
  SESSION_MISSING: 'the session is missing or has expired',
}

/** Returns every exit code with its meaning, in ascending order. */
export function exitCodeRows(): readonly { readonly exitCode: number; readonly meaning: string }[] {
  return Object.entries(MEANINGS).map(([code, meaning]) => {
    const failures = { 2: USAGE_FAILURES, 4: SESSION_FAILURES }[code]
    return {
      exitCode: Number(code),
      meaning: failures === undefined ? meaning : `${meaning} ${Object.values(failures).join('; ')}`,
    }
  })
}

/**
 * Returns the exit code of a failure. A login that waited for another one's token code ends as that login did; several
 * profiles end with the code that their failures share, else with 1.
 */
export function exitCodeOf(failure: Failure): ExitCode {
  if (failure.code === 'INTERRUPTED') return failure.signal === 'SIGTERM' ? 143 : 129
  // As shells end for a command that is not there, and for one that cannot be run (POSIX.1, Shell Command Language,
  // 2.8.2).
  if (failure.code === 'PROGRAM_NOT_RUN') return failure.reason === 'not-found' ? 127 : 126
  if (failure.code === 'LOGINS_FAILED') {
    const [shared, ...others] = new Set(failure.causes.map(exitCodeOf))
    return shared === undefined || others.length > 0 ? 1 : shared
  }
  const code = failure.code === 'ANOTHER_LOGIN_FAILED' ? failure.why : failure.code
  if (code === 'CANCELLED') return 130
  if (Object.hasOwn(USAGE_FAILURES, code)) return 2
  return Object.hasOwn(SESSION_FAILURES, code) ? 4 : 1
}
