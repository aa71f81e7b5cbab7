/**
 * Questions at the controlling terminal.
 *
 * - A question goes to the terminal and its answer comes from there, whatever stdin, stdout and stderr are. stdin is
 *   never read.
 * - The kernel edits the line, echoes it and turns Ctrl-C into a signal. Only a hidden answer makes the terminal raw;
 *   its mode is restored when the question ends, however it ends, and when the process exits. Only SIGKILL leaves it
 *   raw.
 * - A process outside the foreground group does not ask: the kernel would stop it, with its locks held and timers
 *   still.
 * - After the answer the question is erased, so that the outcome takes its place; a dumb terminal shows it on the next
 *   line.
 */
import { closeSync, fstatSync, openSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import { movesCursor, textStyle } from './style.ts'
import type { TextStyle } from './style.ts'

/** Asks at the controlling terminal. */
export interface Asker {
  /** Returns why nothing can be asked now; undefined if something can. Opens and closes the terminal to find out. */
  readonly obstacle: () => PromptObstacle | undefined
  /** How lines at the terminal may look. */
  readonly style: TextStyle
  /**
   * Asks, and resolves to the line that was typed, without its end. Throws PROMPT_UNAVAILABLE; CANCELLED on Ctrl-C, and
   * on Ctrl-D in an empty line; the signal's reason when it aborts. The event loop keeps running.
   */
  readonly askLine: (question: Question, signal: AbortSignal) => Promise<string>
  /** Writes lines to the terminal, which stay there. Does nothing if there is none. */
  readonly say: (text: string) => void
}

/** A question on one line. */
export interface Question {
  /** Ends in a space. Without color, since its length tells how many rows to erase. */
  readonly text: string
  readonly wanted: WantedAnswer
  /** Whether question and answer stay on the screen. */
  readonly keep: boolean
  /** Whether typing is not echoed. */
  readonly hidden?: boolean
}

/** What an Asker depends on. `noColor` is `--no-color`. */
export interface AskerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
}

/** Returns the Asker of this process. Opens nothing before the first question. */
export function createAsker({ environment, noColor }: AskerOptions): Asker {
  const { platform } = process
  const canMove = movesCursor(environment, platform)
  return {
    obstacle: findObstacle,
    style: textStyle({ environment, platform, noColor, stream: { isTTY: true, columns: undefined } }),
    askLine: async (question, signal) => {
      signal.throwIfAborted()
      const obstacle = findObstacle()
      if (obstacle !== undefined) throw unavailable(obstacle, question.wanted)
      return await converse({ ...question, canMove }, signal)
    },
    say: (text) => {
      if (findObstacle() !== undefined) return
      const screen = openScreen()
      screen.stream.write(text)
      close(screen)
    },
  }
}

/** Answers that are none of the choices, one after another, before the question is given up: nobody is there. */
const MAX_ATTEMPTS = 10

/** Asks a yes-or-no question, which stays on the screen. Anything but y or yes is no. Throws what `askLine` does. */
export async function confirm(
  asker: Asker,
  question: string,
  wanted: 'answer' | 'consent',
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await asker.askLine({ text: `${question} [y/N] `, wanted, keep: true }, signal)
  return /^\s*y(es)?\s*$/i.test(answer)
}

/** Asks to choose one of a numbered list, and resolves to its index. Throws what `askLine` throws. */
export async function choose(
  asker: Asker,
  question: string,
  choices: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  asker.say(`${question}\n${choices.map((choice, index) => `  ${index + 1}  ${choice}\n`).join('')}`)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const line = await asker.askLine({ text: `[1-${choices.length}] `, wanted: 'answer', keep: true }, signal)
    const answer = line.trim()
    if (/^[1-9]\d*$/.test(answer) && Number(answer) <= choices.length) return Number(answer) - 1
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}

interface PosedQuestion extends Question {
  /** Whether the terminal can move its cursor. */
  readonly canMove: boolean
}

/** A terminal stream and the descriptor it was made from: libuv reopens the terminal and leaves ours open. */
interface Side<Stream> {
  readonly stream: Stream
  readonly descriptor: number
}

/** How a question ended. `erased`: the question is gone already. */
type Ending = { readonly line: string; readonly entered: boolean } | { readonly error: unknown; readonly erased?: true }

async function converse(question: PosedQuestion, signal: AbortSignal): Promise<string> {
  const screen = openScreen()
  const ending = await readLine(question, screen, signal)
  if (!('erased' in ending)) erase(question, screen.stream, ending)
  close(screen)
  if ('error' in ending) throw ending.error
  return ending.line
}

/** Resolves to how the question ended; never rejects, so that one place cleans up. */
function readLine(question: PosedQuestion, screen: Side<WriteStream>, signal: AbortSignal): Promise<Ending> {
  const { text, wanted, canMove, hidden = false } = question
  return new Promise((resolve) => {
    const keyboard = openKeyboard()
    let typed = ''
    const showTyping = hidden ? hideTyping(keyboard.stream) : () => undefined
    const finish = (ending: Ending): void => {
      showTyping()
      signal.removeEventListener('abort', onAbort)
      process.off('SIGINT', onInterrupt)
      if (process.platform !== 'win32') process.off('SIGCONT', onContinue)
      close(keyboard)
      resolve(ending)
    }
    let withdrawn = false
    const onAbort = (): void => {
      withdrawn = true
      // At once: the next text must find the line free.
      erase(question, screen.stream, { error: signal.reason })
      void dropTyped(keyboard.stream, hidden).then(() => finish({ error: signal.reason, erased: true }))
    }
    // Nothing answers a question that is being withdrawn.
    const conclude = (ending: Ending): void => (withdrawn ? undefined : finish(ending))
    const onInterrupt = (): void => conclude({ error: new AwsmfaError({ code: 'CANCELLED' }) })
    // After Ctrl-Z and fg: the shell has written over the question, and the kernel has dropped what was typed.
    const onContinue = (): void => {
      if (!isForeground()) return conclude({ error: unavailable('background', wanted) })
      typed = ''
      // The shell has set a mode of its own.
      if (hidden) keyboard.stream.setRawMode(false).setRawMode(true)
      screen.stream.write(canMove ? `\r\u001B[J${text}` : `\n${text}`)
    }
    keyboard.stream.on('data', (chunk: Buffer | string) => {
      typed += chunk.toString()
      const ending = endingOf(typed)
      if (ending !== undefined) conclude(ending)
    })
    keyboard.stream.on('end', () =>
      conclude(
        typed === '' ? { error: new AwsmfaError({ code: 'CANCELLED' }) } : { line: edited(typed), entered: false },
      ),
    )
    // EIO: the kernel refuses the terminal to a background process of an orphaned group.
    keyboard.stream.on('error', (error) => conclude({ error: unavailable('background', wanted, error) }))
    signal.addEventListener('abort', onAbort)
    process.on('SIGINT', onInterrupt)
    if (process.platform !== 'win32') process.on('SIGCONT', onContinue)
    // Last, so that every answer to a visible question is understood, Ctrl-C too.
    screen.stream.write(text)
  })
}

/**
 * Discards a line that was begun when its question was withdrawn: the kernel keeps it, and it would begin the next
 * answer, perhaps a password, or the next command line. A raw terminal delivers it at once.
 */
async function dropTyped(keyboard: ReadStream, isRaw: boolean): Promise<void> {
  // The kernel stops a process that changes the terminal from the background.
  if (isRaw || process.platform === 'win32' || !isForeground()) return
  const show = hideTyping(keyboard)
  // Two turns: the reading of the first one may be over already.
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
  show()
}

/** Hides what is typed, and returns the function that shows it again, also before SIGQUIT ends the process. */
function hideTyping(keyboard: ReadStream): () => void {
  const show = (): void => void keyboard.setRawMode(false)
  const quit = (): void => {
    show()
    process.kill(process.pid, 'SIGQUIT')
  }
  keyboard.setRawMode(true)
  process.once('exit', show)
  if (process.platform !== 'win32') process.once('SIGQUIT', quit)
  return () => {
    process.off('exit', show)
    if (process.platform !== 'win32') process.off('SIGQUIT', quit)
    show()
  }
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const END_KEYS: readonly string[] = ['\r', '\n', CTRL_D]

/** Returns how typed text ends the question, if it does. Ctrl-C is a byte if another program left the terminal raw. */
function endingOf(typed: string): Ending | undefined {
  if (typed.includes(CTRL_C)) return { error: new AwsmfaError({ code: 'CANCELLED' }) }
  const end = Array.from(typed).find((key) => END_KEYS.includes(key))
  if (end === undefined) return undefined
  const line = edited(typed.slice(0, typed.indexOf(end)))
  if (end === CTRL_D && line === '') return { error: new AwsmfaError({ code: 'CANCELLED' }) }
  return { line, entered: end !== CTRL_D }
}

/** Applies Backspace and Ctrl-U, which the kernel does unless the terminal is raw. */
function edited(typed: string): string {
  return Array.from(typed).reduce((line: string, key) => {
    if (key === '\u0015') return ''
    return key === '\u007F' || key === '\b' ? line.slice(0, -1) : line + key
  }, '')
}

/** Moves the cursor to where the question began and clears the rest. Long questions take several rows. */
function erase({ text, keep, canMove, hidden = false }: PosedQuestion, screen: WriteStream, ending: Ending): void {
  const entered = 'line' in ending && ending.entered && !hidden
  if (!canMove || (keep && 'line' in ending)) {
    if (!entered) screen.write('\n')
    return
  }
  const [columns] = screen.getWindowSize()
  const width = text.length + ('line' in ending && !hidden ? ending.line.length : 0)
  const rows = Math.max(1, Math.ceil(width / (columns > 0 ? columns : width)))
  const up = entered ? rows : rows - 1
  screen.write(`${up > 0 ? `\u001B[${up}A` : ''}\r\u001B[J`)
}

function findObstacle(): PromptObstacle | undefined {
  try {
    closeSync(openDevice('keyboard'))
  } catch {
    // ENXIO without a terminal, ENOENT, EACCES: nobody can be asked there.
    return 'no-terminal'
  }
  return isForeground() ? undefined : 'background'
}

function openKeyboard(): Side<ReadStream> {
  const descriptor = openDevice('keyboard')
  return { stream: new (tty().ReadStream)(descriptor), descriptor }
}

/** Opens the terminal for synchronous writes, whose errors are dropped: reading fails too if it is gone. */
function openScreen(): Side<WriteStream> {
  const descriptor = openDevice('screen')
  const stream = new (tty().WriteStream)(descriptor)
  stream.on('error', () => undefined)
  return { stream, descriptor }
}

/** Node takes a plain `CON` for a file, and needs `CONIN$` opened for writing too (nodejs/node issue 63852). */
function openDevice(side: 'keyboard' | 'screen'): number {
  const onWindows = side === 'keyboard' ? '\\\\.\\CONIN$' : '\\\\.\\CONOUT$'
  return openSync(process.platform === 'win32' ? onWindows : '/dev/tty', 'r+')
}

/**
 * Closes a side of the terminal. libuv closes the descriptor that it was given if it uses it (always on Windows, on
 * POSIX if it could not reopen the terminal), and does so within `destroy`. So this is the only moment to see whether
 * ours is still open: later its number may be that of the next question.
 */
function close({ stream, descriptor }: Side<ReadStream | WriteStream>): void {
  stream.destroy()
  try {
    fstatSync(descriptor)
  } catch {
    return
  }
  closeSync(descriptor)
}

/** Loads node:tty with the first question: it loads node:net, which a command may not need. */
function tty(): { readonly ReadStream: typeof ReadStream; readonly WriteStream: typeof WriteStream } {
  return process.getBuiltinModule('node:tty')
}

function unavailable(obstacle: PromptObstacle, wanted: WantedAnswer, cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted }, { cause })
}
