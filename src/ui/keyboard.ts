/**
 * The controlling terminal: one keyboard and one screen for the whole process, opened with its first question.
 *
 * - Questions go to the terminal and answers come from there, whatever stdin, stdout and stderr are. stdin is never
 *   read.
 * - The kernel edits the line, echoes it and turns Ctrl-C into a signal. The terminal is raw only for a hidden answer,
 *   and for the rest of a line that was begun when something else had to be printed: the kernel could not show it
 *   again. The mode is restored when the question ends, however it ends, and when the process exits. Only SIGKILL
 *   leaves it raw.
 * - Messages and other questions take the place of the open question, which comes back with what was typed for it.
 *   What was typed for a question that is withdrawn answers no other one.
 * - A process outside the foreground group does not ask: the kernel would stop it, with its locks held and timers
 *   still.
 * - After the answer the question is erased, so that the outcome takes its place; a dumb terminal shows it on the next
 *   line.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import type { ReadStream } from 'node:tty'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import { isSystemError } from '../platform/system-error.ts'
import { editLine, rowsOf } from './question.ts'
import type { Asker, Question } from './question.ts'
import { movesCursor, textStyle } from './style.ts'

/** The standalone executable, whose terminals differ from those of Node. */
const IS_BUN = 'bun' in process.versions

/** What an Asker depends on. `noColor` is `--no-color`. */
export interface AskerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
}

/** Returns an Asker. All of them share the terminal of this process, which the first question opens. */
export function createAsker({ environment, noColor }: AskerOptions): Asker {
  const { platform } = process
  const canMove = movesCursor(environment, platform)
  let preface = ''
  return {
    obstacle: findObstacle,
    style: textStyle({ environment, platform, noColor, stream: { isTTY: true, columns: undefined } }),
    askLine: async (question, signal) => {
      signal.throwIfAborted()
      const obstacle = findObstacle()
      if (obstacle !== undefined) throw unavailable(obstacle, question.wanted)
      return await conversation.ask({ ...question, canMove, preface: () => preface }, signal)
    },
    say: (text) => {
      if (findObstacle() === undefined) conversation.printAbove(() => conversation.write(text))
    },
    printAbove: conversation.printAbove,
    preface: (words) => {
      if (words === preface) return
      preface = words
      conversation.printAbove(() => undefined)
    },
  }
}

interface PosedQuestion extends Question {
  /** Whether the terminal can move its cursor. */
  readonly canMove: boolean
  readonly preface: () => string
}

interface OpenQuestion extends PosedQuestion {
  /** All keys that were read for it. */
  typed: string
  /** What was written to the screen; undefined while it is not there. */
  shown: string | undefined
  /** Whether the kernel echoes what is typed after `shown`. */
  isEchoed: boolean
  /** Nothing answers it any more. */
  isWithdrawn: boolean
  readonly settle: (ending: Ending) => void
}

/** How a question ended. `isFed`: the cursor is on the next row already. */
type Ending = { readonly line: string; readonly isFed: boolean } | { readonly error: unknown }

/** The open questions, and the keys and messages that come while they are. */
class Conversation {
  /** The last one is being answered; the others wait until it has ended. */
  private open: readonly OpenQuestion[] = []
  /** What is to be done as soon as the open question is out of the way. */
  private waiting: readonly (() => void)[] = []
  /** What was typed after the line that ended a question. */
  private unread = ''
  /** Opened when it is used first. */
  private opened: Terminal | undefined
  /** Until it is settled, what was typed for a withdrawn question is being dropped. */
  private withdrawal: Promise<void> = Promise.resolve()

  private get terminal(): Terminal {
    return (this.opened ??= openTerminal({ onKeys: this.onKeys, onEnd: this.onEnd, onError: this.onError }))
  }

  readonly write = (text: string): void => this.terminal.write(text)

  /** Puts a question on the screen, with what was typed for it. */
  private show(asked: OpenQuestion): void {
    const { line } = editLine(asked.typed)
    this.terminal.start(asked.hidden === true || line !== '')
    asked.isEchoed = !this.terminal.isRaw()
    asked.shown = asked.preface() + asked.text + (asked.hidden === true ? '' : line.replaceAll('\t', ' '))
    this.write(asked.shown)
  }

  /** Erases a question that is still open. */
  private hide(asked: OpenQuestion): void {
    if (asked.shown === undefined) return
    const echoed = asked.isEchoed ? editLine(asked.typed).line : ''
    this.write(asked.canMove ? backTo(rowsOf(asked.shown + echoed, this.terminal.columns()) - 1) : '\n')
    asked.shown = undefined
    asked.isEchoed = false
  }

  /** Erases a question that has ended, or completes it with its answer. */
  private conclude(asked: OpenQuestion, ending: Ending): void {
    const { shown, hidden = false, isEchoed } = asked
    const isAnswered = 'line' in ending
    const isFed = isAnswered && ending.isFed && !hidden
    const whole = `${asked.preface()}${asked.text}${isAnswered && !hidden ? ending.line : ''}`
    if (asked.canMove && !(asked.keep && isAnswered)) {
      const rows = rowsOf(isEchoed ? whole : (shown ?? ''), this.terminal.columns())
      if (shown !== undefined) this.write(backTo(isFed ? rows : rows - 1))
    } else if (isAnswered && !isEchoed && shown !== whole) {
      // The line was typed ahead, or its last keys came with Enter.
      this.hide(asked)
      this.write(`${whole}\n`)
    } else if (shown !== undefined && !isFed) this.write('\n')
  }

  /** Ends questions; if the one on the screen is among them, goes on with what waits. */
  private end(ended: readonly OpenQuestion[], ending: Ending): void {
    const last = this.open.at(-1)
    const isOver = last !== undefined && ended.includes(last)
    if (isOver) this.conclude(last, ending)
    this.open = this.open.filter((asked) => !ended.includes(asked))
    for (const asked of ended) asked.settle(ending)
    if (this.open.length === 0) this.rest()
    if (isOver) this.makeWay()
  }

  /** Does what waits for the open question to be out of the way, and shows it again. */
  private makeWay(): void {
    const [hidden, acts] = [this.open.at(-1), this.waiting]
    this.waiting = []
    if (hidden !== undefined && acts.length > 0) this.hide(hidden)
    for (const act of acts) act()
    const current = this.open.at(-1)
    if (current === undefined || current.shown !== undefined || current.isWithdrawn) return
    const keys = this.unread
    this.unread = ''
    if (keys !== '') this.onKeys(keys)
    if (this.open.at(-1) === current) this.show(current)
  }

  /** Reads the line that was begun, which the kernel keeps until Enter. It delivers that at once if it is made raw. */
  private async takeLine(): Promise<void> {
    // A console of Windows would drop it, and otherwise keeps it: it is not shown again, but still part of the line.
    if (process.platform !== 'win32') this.terminal.setRaw(true)
    await whenRead()
  }

  /** See Asker. */
  readonly printAbove = (print: () => void): void => {
    if (this.open.at(-1)?.shown === undefined) return print()
    this.waiting = [...this.waiting, print]
    if (this.waiting.length === 1) void this.takeLine().then(() => this.makeWay())
  }

  /** See Asker.askLine. */
  async ask(question: PosedQuestion, signal: AbortSignal): Promise<string> {
    await this.withdrawal
    signal.throwIfAborted()
    const ending = await new Promise<Ending>((resolve) => {
      const asked: OpenQuestion = {
        ...question,
        typed: '',
        shown: undefined,
        isEchoed: false,
        isWithdrawn: false,
        settle: (ending) => {
          signal.removeEventListener('abort', onAbort)
          resolve(ending)
        },
      }
      const onAbort = (): void => this.withdraw(asked, signal.reason)
      signal.addEventListener('abort', onAbort)
      this.printAbove(() => {
        if (!signal.aborted) this.begin(asked).catch((error: unknown) => this.end([asked], { error }))
      })
    })
    if ('error' in ending) throw ending.error
    return ending.line
  }

  private async begin(asked: OpenQuestion): Promise<void> {
    this.open = [...this.open, asked]
    this.terminal.start(asked.hidden === true)
    this.listen()
    const keys = this.unread
    this.unread = ''
    if (keys !== '') this.onKeys(keys)
    // A line that was typed ahead is read before the question is shown.
    await whenRead()
    if (this.open.at(-1) === asked && asked.shown === undefined && !asked.isWithdrawn) this.show(asked)
  }

  private withdraw(asked: OpenQuestion, reason: unknown): void {
    if (this.open.at(-1) !== asked) return this.end([asked], { error: reason })
    // At once: the next text must find the line free.
    this.hide(asked)
    asked.isWithdrawn = true
    this.withdrawal = this.takeLine().then(() => {
      this.unread = editLine(asked.typed).rest
      this.end([asked], { error: reason })
    })
  }

  private readonly onKeys = (keys: string): void => {
    const asked = this.open.at(-1)
    if (asked === undefined) {
      this.unread += keys
      return
    }
    asked.typed += keys
    if (asked.isWithdrawn) return
    const typed = editLine(asked.typed)
    switch (typed.end) {
      case undefined:
        if (asked.shown === undefined || asked.hidden === true || !this.terminal.isRaw()) return
        this.hide(asked)
        return this.show(asked)
      case 'enter':
        this.unread = typed.rest
        return this.end([asked], { line: typed.line, isFed: typed.isFed && asked.isEchoed })
      case 'end-of-input':
        this.unread = typed.rest
        return typed.line === '' ? this.cancel() : this.end([asked], { line: typed.line, isFed: false })
      case 'interrupt':
        return this.cancel()
      case 'suspend':
      case 'quit':
        // The kernel drops what was typed after such a key.
        asked.typed = typed.line
        if (process.platform !== 'win32') this.sendToGroup(typed.end)
    }
  }

  private sendToGroup(key: 'suspend' | 'quit'): void {
    this.terminal.setRaw(false)
    process.kill(0, key === 'suspend' ? 'SIGTSTP' : 'SIGQUIT')
    // The kernel stops nothing in a session that no shell watches: the answer must not be echoed there.
    setTimeout(this.onContinue, STOP_MS)
  }

  /** Ctrl-D in an empty line, or after a part of one that was sent by Ctrl-D. */
  private readonly onEnd = (): void => {
    const asked = this.open.at(-1)
    const { line } = editLine(asked?.typed ?? '')
    if (asked === undefined || asked.isWithdrawn) return
    if (line === '') this.cancel()
    else this.end([asked], { line, isFed: false })
  }

  // EIO: the kernel refuses the terminal to a background process of an orphaned group.
  private readonly onError = (error: Error): void => {
    this.end(this.open, { error: unavailable('background', this.open.at(-1)?.wanted ?? 'answer', error) })
  }

  private readonly cancel = (): void => {
    if (this.open.at(-1)?.isWithdrawn !== true) this.end(this.open, { error: new AwsmfaError({ code: 'CANCELLED' }) })
  }

  /** After Ctrl-Z and fg: the shell has written over the question, and set a mode of its own. */
  private readonly onContinue = (): void => {
    const asked = this.open.at(-1)
    if (asked === undefined || asked.isWithdrawn) return
    if (!isForeground()) return this.end(this.open, { error: unavailable('background', asked.wanted) })
    this.terminal.renewMode()
    this.write(asked.canMove ? '\r\u001B[J' : '\n')
    this.show(asked)
  }

  /** A line that the kernel echoes is left to the terminal. */
  private readonly onResize = (): void => {
    const asked = this.open.at(-1)
    if (asked?.shown === undefined || !this.terminal.isRaw()) return
    this.hide(asked)
    this.show(asked)
  }

  private listen(): void {
    if (this.open.length !== 1) return
    process.on('SIGINT', this.cancel)
    if (process.platform === 'win32') return
    process.on('SIGCONT', this.onContinue)
    process.on('SIGWINCH', this.onResize)
  }

  /** Leaves keys to the programs that read next. */
  private rest(): void {
    process.off('SIGINT', this.cancel)
    process.off('SIGCONT', this.onContinue)
    process.off('SIGWINCH', this.onResize)
    this.opened?.setRaw(false)
    this.opened?.stop()
  }
}

/** One: two would take each other's keys. */
const conversation = new Conversation()

/** Moves the cursor to where a text began that many rows above, and clears the rest. */
function backTo(rows: number): string {
  return `${rows > 0 ? `\u001B[${rows}A` : ''}\r\u001B[J`
}

/** How long a stop by a signal may take to begin, in ms. */
const STOP_MS = 20

/** How often the terminal is looked at, in ms: a person does not notice, and it costs next to nothing. */
const POLL_MS = 10

/** With Bun the terminal is polled: see pollTerminal. */
const BUN_READS_MS = 2 * POLL_MS

/** Waits until what the terminal holds has been read: two turns, since the reading of this one may be over already. */
async function whenRead(): Promise<void> {
  if (IS_BUN) await new Promise<void>((resolve) => setTimeout(resolve, BUN_READS_MS))
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
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

/** The devices, which nothing here closes: a stream does it, and a number that is closed twice may be another's. */
interface Terminal {
  /** Keys are read between `start` and `stop`. What follows in the kernel is left to the next reader. */
  readonly start: (raw: boolean) => void
  readonly stop: () => void
  readonly isRaw: () => boolean
  readonly setRaw: (raw: boolean) => void
  /** Sets the mode again after another program has changed it. */
  readonly renewMode: () => void
  readonly write: (text: string) => void
  readonly columns: () => number
}

interface KeyboardEvents {
  readonly onKeys: (keys: string) => void
  readonly onEnd: () => void
  readonly onError: (error: Error) => void
}

/** As much as the kernel keeps of a line. */
const BUFFER_BYTES = 4096

/** Loads node:tty only now: it loads node:net, which a command may not need. Errors of the screen are dropped. */
function openTerminal({ onKeys, onEnd, onError }: KeyboardEvents): Terminal {
  const tty = process.getBuiltinModule('node:tty')
  const decoder = new TextDecoder()
  let [isReading, isRaw] = [false, false]
  const onBytes = (bytes: Uint8Array): boolean => {
    onKeys(decoder.decode(bytes, { stream: true }))
    return isReading
  }
  // With a buffer of our own, reading stops with the line. Bun, where it is not polled, knows `data` alone, which
  // Node.js then does not emit.
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(BUFFER_BYTES),
    callback: (count: number, bytes: Uint8Array) => onBytes(bytes.subarray(0, count)),
  }
  let keyboard: ReadStream | undefined
  // Bun's stream is used for the mode alone.
  const poll = IS_BUN && process.platform !== 'win32' ? pollTerminal(onBytes, onEnd, onError) : undefined
  const openKeyboard = (): ReadStream => {
    if (poll !== undefined) return new tty.ReadStream(openDevice('keyboard'))
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread }
    const opened = new tty.ReadStream(needsStdin(tty) ? 0 : openDevice('keyboard'), options)
    const forget = (): void => void (keyboard = undefined)
    // Ctrl-D is the end of a stream, but not of the terminal.
    return opened.on('data', onBytes).once('end', forget).once('end', onEnd).once('error', forget).on('error', onError)
  }
  const screen = new tty.WriteStream(openDevice('screen'))
  screen.on('error', () => undefined)
  const restore = (): void => setRaw(false)
  const quit = (): void => {
    restore()
    process.kill(process.pid, 'SIGQUIT')
  }
  const setRaw = (raw: boolean): void => {
    if (raw === isRaw) return
    const mayChange = isForeground()
    if (raw && !mayChange) return
    isRaw = raw
    // The kernel stops a process that changes the terminal from the background.
    if (mayChange) keyboard?.setRawMode(raw)
    process.off('exit', restore).off('SIGQUIT', quit)
    if (!raw) return
    process.on('exit', restore)
    if (process.platform !== 'win32') process.on('SIGQUIT', quit)
  }
  return {
    start: (raw) => {
      keyboard ??= openKeyboard()
      // Before reading begins: a console of Windows would echo the line that is being read.
      setRaw(raw)
      isReading = true
      if (poll === undefined) keyboard.resume()
      else poll.start()
    },
    stop: () => {
      isReading = false
      if (poll === undefined) keyboard?.pause()
      else poll.stop()
    },
    isRaw: () => isRaw,
    setRaw,
    renewMode: () => {
      if (isRaw) keyboard?.setRawMode(false).setRawMode(true)
    },
    write: (text) => void screen.write(text),
    columns: () => screen.getWindowSize()[0],
  }
}

/**
 * Reads what is typed, line by line, for Bun: its stream of a terminal goes on reading when it is paused, and so would
 * take a line that was typed for the next program.
 */
function pollTerminal(
  onBytes: (bytes: Uint8Array) => boolean,
  onEnd: () => void,
  onError: (error: Error) => void,
): { readonly start: () => void; readonly stop: () => void } {
  const descriptor = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(BUFFER_BYTES)
  let timer: NodeJS.Timeout | undefined
  let lookedAtMs = 0
  /** After a stop, when the kernel would stop a process that reads from the background again. */
  const mayRead = (): boolean => {
    const wasStopped = performance.now() - lookedAtMs > 2 * POLL_MS
    lookedAtMs = performance.now()
    return !wasStopped || isForeground()
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const look = (): void => {
    try {
      if (!mayRead()) throw new Error('the terminal belongs to another program')
      const count = readSync(descriptor, buffer)
      if (count > 0) onBytes(buffer.subarray(0, count))
      else {
        stop()
        onEnd()
      }
    } catch (error) {
      if (isSystemError(error) && error.code === 'EAGAIN') return
      stop()
      onError(error as Error)
    }
  }
  return { start: () => void (timer ??= setInterval(look, POLL_MS)), stop }
}

/** On Windows, Bun can hide what is typed on stdin alone. */
function needsStdin({ isatty }: { readonly isatty: (descriptor: number) => boolean }): boolean {
  return IS_BUN && process.platform === 'win32' && isatty(0)
}

/** Node takes a plain `CON` for a file, and needs `CONIN$` opened for writing too (nodejs/node issue 63852). */
function openDevice(side: 'keyboard' | 'screen'): number {
  const onWindows = side === 'keyboard' ? '\\\\.\\CONIN$' : '\\\\.\\CONOUT$'
  return openSync(process.platform === 'win32' ? onWindows : '/dev/tty', 'r+')
}

function unavailable(obstacle: PromptObstacle, wanted: WantedAnswer, cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted }, { cause })
}
