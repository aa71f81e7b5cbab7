import type { ReadStream, WriteStream } from 'node:tty'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import { movesCursor, textStyle } from './style.ts'
import type { TextStyle } from './style.ts'

/**
 * Questions at the controlling terminal. The rules:
 *
 * - The question goes to the terminal and the answer comes from it, whatever stdin, stdout and stderr are. stdin is never read.
 * - The terminal stays in the mode in which the kernel edits the line, echoes it and turns Ctrl-C into a signal. Only for an
 *   answer that must not be seen it is made raw, and what it was before is restored when the answer is there, when the
 *   question is ended by whatever, and when the process ends without ending it; SIGKILL alone leaves it as it is.
 * - A process outside the terminal's foreground group does not ask: the kernel would stop it in the middle, alive, with its
 *   locks held and its timers still.
 * - After the answer the question is erased and the cursor is where the question began, so that the outcome takes its place.
 *   A terminal that cannot move its cursor shows the outcome on the next line.
 */

/** Asks at the controlling terminal. */
export interface Asker {
  /** Why nothing can be asked here and now; undefined when it can. Opens and closes the terminal to find out. */
  readonly obstacle: () => PromptObstacle | undefined
  /** How a question may be dressed. */
  readonly style: TextStyle
  /**
   * Writes the question and gives the line that was typed, without its end. Throws PROMPT_UNAVAILABLE; CANCELLED on Ctrl-C and
   * on Ctrl-D in an empty line; the signal's reason when it aborts. The event loop runs on meanwhile.
   */
  readonly askLine: (question: Question, signal: AbortSignal) => Promise<string>
  /** Writes lines that stay, to the terminal. Does nothing where there is none. */
  readonly say: (text: string) => void
}

/** A question on one line, its text without colours and ready to be typed behind. What is not kept is erased when it is answered. */
export interface Question {
  readonly text: string
  readonly wanted: WantedAnswer
  readonly keep: boolean
  /** What is typed is not shown. */
  readonly hidden?: boolean
}

/** What an Asker needs to know: variables for the terminal's abilities, and whether `--no-color` was given. */
export interface AskerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
}

/** Makes the Asker of this process. Opens nothing before the first question. */
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
      if (findObstacle() === undefined) sayTo(openScreen(), text)
    },
  }
}

interface PosedQuestion extends Question {
  /** Whether the cursor can be moved where it is asked. */
  readonly canMove: boolean
}

/** A terminal stream and the descriptor it was made from: libuv opens the terminal again and leaves ours to us. */
interface Side<Stream> {
  readonly stream: Stream
  readonly descriptor: number
}

/** `erased`: the question is gone already. */
type Ending = { readonly line: string; readonly entered: boolean } | { readonly error: unknown; readonly erased?: true }

async function converse(question: PosedQuestion, signal: AbortSignal): Promise<string> {
  const screen = openScreen()
  const ending = await readLine(question, screen, signal)
  if (!('erased' in ending)) erase(question, screen.stream, ending)
  close(screen)
  if ('error' in ending) throw ending.error
  return ending.line
}

/** Never rejects: whatever happens while the line is typed is an ending, so that there is one place that cleans up. */
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
      // At once: whatever is said next must find the line free.
      erase(question, screen.stream, { error: signal.reason })
      void dropTyped(keyboard.stream, hidden).then(() => finish({ error: signal.reason, erased: true }))
    }
    /** What happens while a withdrawn question goes is not an answer to it any more. */
    const conclude = (ending: Ending): void => (withdrawn ? undefined : finish(ending))
    const onInterrupt = (): void => conclude({ error: new AwsmfaError({ code: 'CANCELLED' }) })
    // Stopped with Ctrl-Z and taken up again: the shell has written over the question, and the kernel dropped what was typed.
    const onContinue = (): void => {
      if (!isForeground()) return conclude({ error: unavailable('background', wanted) })
      typed = ''
      // The shell has made the terminal what it likes it to be.
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
    // EIO: the kernel refuses the terminal to a background process whose group has nobody left to stop it for.
    keyboard.stream.on('error', (error) => conclude({ error: unavailable('background', wanted, error) }))
    signal.addEventListener('abort', onAbort)
    process.on('SIGINT', onInterrupt)
    if (process.platform !== 'win32') process.on('SIGCONT', onContinue)
    // Last, so that whoever sees the question finds every answer to it understood, Ctrl-C too.
    screen.stream.write(text)
  })
}

/**
 * Takes what stands in a line that was begun when the question was withdrawn: the kernel keeps it, and it would become the
 * beginning of the next answer, a password perhaps, or of the next line of the shell. A terminal that is raw hands it out at once.
 */
async function dropTyped(keyboard: ReadStream, isRaw: boolean): Promise<void> {
  // Whoever changes the terminal from the background is stopped by the kernel.
  if (isRaw || process.platform === 'win32' || !isForeground()) return
  const show = hideTyping(keyboard)
  // Two turns: the first one's reading may be over already.
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
  show()
}

/** Keeps what is typed from being shown; gives what brings that back. SIGQUIT would end the process without a word. */
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

/** Tells whether what came from the keyboard ends the question. Ctrl-C comes as a byte where another program left the terminal raw. */
function endingOf(typed: string): Ending | undefined {
  if (typed.includes(CTRL_C)) return { error: new AwsmfaError({ code: 'CANCELLED' }) }
  const end = Array.from(typed).find((key) => END_KEYS.includes(key))
  if (end === undefined) return undefined
  const line = edited(typed.slice(0, typed.indexOf(end)))
  if (end === CTRL_D && line === '') return { error: new AwsmfaError({ code: 'CANCELLED' }) }
  return { line, entered: end !== CTRL_D }
}

/** Does what the kernel's line editor would have done, for a terminal that was left raw: Backspace and Ctrl-U. */
function edited(typed: string): string {
  return Array.from(typed).reduce((line: string, key) => {
    if (key === '\u0015') return ''
    return key === '\u007F' || key === '\b' ? line.slice(0, -1) : line + key
  }, '')
}

/** Brings the cursor back to where the question began, with everything from there on cleared. Long questions take several rows. */
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

function sayTo(screen: Side<WriteStream>, text: string): void {
  screen.stream.write(text)
  close(screen)
}

function findObstacle(): PromptObstacle | undefined {
  try {
    closeSync(openDevice('keyboard'))
  } catch {
    // Whatever keeps it from being opened (ENXIO without a terminal, ENOENT, EACCES), nobody can be asked there.
    return 'no-terminal'
  }
  return isForeground() ? undefined : 'background'
}

function openKeyboard(): Side<ReadStream> {
  const descriptor = openDevice('keyboard')
  return { stream: new (tty().ReadStream)(descriptor), descriptor }
}

/** Writes to it return when the terminal has the text. Errors are dropped: a terminal that is gone also ends the reading. */
function openScreen(): Side<WriteStream> {
  const descriptor = openDevice('screen')
  const stream = new (tty().WriteStream)(descriptor)
  stream.on('error', () => undefined)
  return { stream, descriptor }
}

/** Windows: `CON` alone would be an ordinary file to Node, and `CONIN$` has to be opened for writing too (nodejs/node issue 63852). */
function openDevice(side: 'keyboard' | 'screen'): number {
  const onWindows = side === 'keyboard' ? '\\\\.\\CONIN$' : '\\\\.\\CONOUT$'
  return openSync(process.platform === 'win32' ? onWindows : '/dev/tty', 'r+')
}

function close({ stream, descriptor }: Side<ReadStream | WriteStream>): void {
  stream.once('close', () => {
    try {
      if (fstatSync(descriptor).isCharacterDevice()) closeSync(descriptor)
    } catch {
      // libuv had not opened the terminal again and has closed ours.
    }
  })
  stream.destroy()
}

/** Loaded with the first question: node:tty brings node:net with it, which nothing else may need. */
function tty(): { readonly ReadStream: typeof ReadStream; readonly WriteStream: typeof WriteStream } {
  return process.getBuiltinModule('node:tty')
}

function unavailable(obstacle: PromptObstacle, wanted: WantedAnswer, cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted }, { cause })
}
