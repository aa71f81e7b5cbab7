/**
 * Questions at the controlling terminal, which all of the process shares.
 *
 * - Questions go to the terminal and answers come from there, whatever stdin, stdout and stderr are. stdin is never
 *   read.
 * - The kernel edits the line, echoes it and turns Ctrl-C into a signal. The terminal is raw only for a hidden answer,
 *   and for the rest of a line that was begun when something else had to be printed: the kernel could not show it
 *   again.
 * - Messages and other questions replace the open question, which comes back with what was typed for it.
 *   What was typed for a question that is withdrawn answers no other one.
 * - A process outside the foreground group does not ask: the kernel would stop it, with its locks held and timers
 *   still.
 * - After the answer the question is erased, so that the outcome takes its place; a dumb terminal shows it on the next
 *   line.
 */
import { closeSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { isForeground } from '../platform/process-info.ts'
import { editLine, rowsOf } from './question.ts'
import type { Asker, Menu, Question, QuestionLine } from './question.ts'
import { movesCursor, textStyle, wrapLines } from './style.ts'
import type { TextStyle } from './style.ts'
import { givesKeys, openDevice, openTerminal, whenRead } from './terminal-device.ts'
import type { TerminalDevice } from './terminal-device.ts'

/** What an Asker depends on. `noColor` is `--no-color`. */
export interface AskerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
}

/** Returns an Asker. All of them share the terminal of this process, which the first question opens. */
export function createAsker({ environment, noColor }: AskerOptions): Asker {
  const { platform } = process
  const canMove = movesCursor(environment, platform)
  const style = textStyle({ environment, platform, noColor, stream: { isTTY: true, columns: undefined } })
  let preface = ''
  return {
    obstacle: findObstacle,
    style,
    drawsMenus: canMove && givesKeys(),
    askLine: async (question, signal) => {
      signal.throwIfAborted()
      const obstacle = findObstacle()
      if (obstacle !== undefined) throw unavailable(obstacle, question.wanted)
      return await prompts.ask({ ...question, canMove, style, preface: () => preface }, signal)
    },
    say: (text) => {
      if (findObstacle() === undefined) prompts.printAbove(() => prompts.write(text))
    },
    printAbove: prompts.printAbove,
    preface: (words) => {
      if (words === preface) return
      preface = words
      prompts.printAbove(() => undefined)
    },
  }
}

interface PosedQuestion extends Question {
  /** Whether the terminal can move its cursor. */
  readonly canMove: boolean
  readonly style: TextStyle
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

/** How a question ended. `isNewlineEchoed`: the cursor is on the next row already. */
type Ending = { readonly line: string; readonly isNewlineEchoed: boolean } | { readonly error: unknown }

/**
 * The open questions, as a stack, and the keys and messages that come while they are open. A question is
 *
 *     added:     lines that were typed ahead are read, since one may be its answer; then it is
 *     shown:     the kernel echoes and edits its line, or, in raw mode, `onKeys` does; until it is
 *     hidden:    for a message, a resize or a question above it, which ends first; and shown again; or
 *     withdrawn: its signal has aborted, and what was typed for it is read and dropped; or
 *     ended:     by Enter, Ctrl-D, Ctrl-C or an error: erased, or kept with its answer, and off the stack.
 */
class Prompts {
  /** The last one is being answered; the others wait until it has ended. */
  private open: readonly OpenQuestion[] = []
  /** What is to be printed or added as soon as the shown question is hidden. */
  private pending: readonly (() => void)[] = []
  /** What was typed after the line that ended a question. */
  private unread = ''
  /** Opened when it is used first. */
  private opened: TerminalDevice | undefined
  /** Until it is settled, what was typed for a withdrawn question is being dropped. */
  private withdrawal: Promise<void> = Promise.resolve()

  private get terminal(): TerminalDevice {
    return (this.opened ??= openTerminal({ onKeys: this.onKeys, onEnd: this.onEnd, onError: this.onError }))
  }

  readonly write = (text: string): void => this.terminal.write(text)

  /** Shows a question, with what was typed for it. */
  private show(asked: OpenQuestion): void {
    if (asked.menu !== undefined) return this.draw(asked, asked.menu)
    const { line } = editLine(asked.typed)
    this.terminal.start(asked.hidden === true || line !== '')
    asked.isEchoed = !this.terminal.isRaw()
    asked.shown = this.textOf(asked) + (asked.hidden === true ? '' : line.replaceAll('\t', ' '))
    this.write(asked.shown)
  }

  /** Shows a menu, with the cursor in its first row. */
  private draw(asked: OpenQuestion, menu: Menu): void {
    this.terminal.start(true)
    const room = { columns: this.terminal.columns(), rows: this.terminal.rows(), style: asked.style }
    const { lines, column } = menu.draw(asked.typed, room)
    asked.shown = lines.join('\n')
    const back = lines.length > 1 ? `\u001B[${lines.length - 1}A` : ''
    this.write(`${asked.shown}${back}\r${column > 0 ? `\u001B[${column}C` : ''}`)
  }

  /** Returns the words of a question, broken at spaces, with the space after them. */
  private textOf({ preface, text }: OpenQuestion): string {
    const words = (preface() + text).trimEnd()
    return wrapLines(words, this.terminal.columns() || undefined) + (preface() + text).slice(words.length)
  }

  /** Erases a question that is still open. */
  private hide(asked: OpenQuestion): void {
    if (asked.shown === undefined) return
    const echoed = asked.isEchoed ? editLine(asked.typed).line : ''
    if (asked.menu !== undefined) this.write(backTo(0))
    else this.write(asked.canMove ? backTo(rowsOf(asked.shown + echoed, this.terminal.columns()) - 1) : '\n')
    asked.shown = undefined
    asked.isEchoed = false
  }

  /** Erases a question that has ended, or completes it with its answer. */
  private finish(asked: OpenQuestion, ending: Ending): void {
    if (asked.menu !== undefined) return this.hide(asked)
    const { shown, hidden = false, isEchoed } = asked
    const isAnswered = 'line' in ending
    const isNewlineEchoed = isAnswered && ending.isNewlineEchoed && !hidden
    const whole = `${this.textOf(asked)}${isAnswered && !hidden ? ending.line : ''}`
    if (asked.canMove && !(asked.keep && isAnswered)) {
      const rows = rowsOf(isEchoed ? whole : (shown ?? ''), this.terminal.columns())
      if (shown !== undefined) this.write(backTo(isNewlineEchoed ? rows : rows - 1))
    } else if (isAnswered && !isEchoed && shown !== whole) {
      // The line was typed ahead, or its last keys came with Enter.
      this.hide(asked)
      this.write(`${whole}\n`)
    } else if (shown !== undefined && !isNewlineEchoed) this.write('\n')
  }

  /** Ends questions; if the one on the screen is among them, goes on with what waits. */
  private end(ended: readonly OpenQuestion[], ending: Ending): void {
    const last = this.open.at(-1)
    const isOver = last !== undefined && ended.includes(last)
    if (isOver) this.finish(last, ending)
    this.open = this.open.filter((asked) => !ended.includes(asked))
    for (const asked of ended) asked.settle(ending)
    if (this.open.length === 0) this.stopListening()
    if (isOver) this.runPending()
  }

  /** Hides the question on top, runs what is pending, and shows what is on top then. */
  private runPending(): void {
    const [hidden, acts] = [this.open.at(-1), this.pending]
    this.pending = []
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
  private async readBegunLine(): Promise<void> {
    // A console of Windows would drop it, and otherwise keeps it: it is not shown again, but still part of the line.
    if (process.platform !== 'win32') this.terminal.setRaw(true)
    await whenRead()
  }

  /** See Asker. */
  readonly printAbove = (print: () => void): void => {
    if (this.open.at(-1)?.shown === undefined) return print()
    this.pending = [...this.pending, print]
    if (this.pending.length === 1) void this.readBegunLine().then(() => this.runPending())
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
        if (!signal.aborted) this.add(asked).catch((error: unknown) => this.end([asked], { error }))
      })
    })
    if ('error' in ending) throw ending.error
    return ending.line
  }

  private async add(asked: OpenQuestion): Promise<void> {
    this.open = [...this.open, asked]
    this.terminal.start(asked.hidden === true || asked.menu !== undefined)
    this.startListening()
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
    this.withdrawal = this.readBegunLine().then(() => {
      this.unread = readKeys(asked).rest
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
    const typed = readKeys(asked)
    switch (typed.end) {
      case undefined:
        if (typed.isEscaping === true) this.awaitKey(asked)
        if (asked.shown === undefined || asked.hidden === true || !this.terminal.isRaw()) return
        this.hide(asked)
        return this.show(asked)
      case 'enter':
        this.unread = typed.rest
        return this.end([asked], { line: typed.line, isNewlineEchoed: typed.isNewlineEchoed && asked.isEchoed })
      case 'end-of-input':
        this.unread = typed.rest
        return typed.line === '' ? this.cancel() : this.end([asked], { line: typed.line, isNewlineEchoed: false })
      case 'interrupt':
        return this.cancel()
      case 'suspend':
      case 'quit':
        // The kernel drops what was typed after such a key.
        asked.typed = asked.typed.slice(0, -1 - typed.rest.length)
        if (asked.menu !== undefined) this.hide(asked)
        if (process.platform !== 'win32') this.sendToGroup(typed.end)
    }
  }

  /** Esc alone cancels; other keys begin with the same character. */
  private awaitKey(asked: OpenQuestion): void {
    const { typed } = asked
    setTimeout(() => {
      if (this.open.at(-1) === asked && asked.typed === typed) this.cancel()
    }, ESCAPE_MS)
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
    if (asked === undefined || asked.isWithdrawn) return
    const line = asked.menu === undefined ? editLine(asked.typed).line : ''
    if (line === '') this.cancel()
    else this.end([asked], { line, isNewlineEchoed: false })
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

  private startListening(): void {
    if (this.open.length !== 1) return
    process.on('SIGINT', this.cancel)
    if (process.platform === 'win32') return
    process.on('SIGCONT', this.onContinue)
    process.on('SIGWINCH', this.onResize)
  }

  /** Leaves keys to the programs that read next. */
  private stopListening(): void {
    process.off('SIGINT', this.cancel)
    process.off('SIGCONT', this.onContinue)
    process.off('SIGWINCH', this.onResize)
    this.opened?.setRaw(false)
    this.opened?.stop()
  }
}

/** One: two would take each other's keys. */
const prompts = new Prompts()

/** Moves the cursor to where a text began that many rows above, and clears the rest. */
function backTo(rows: number): string {
  return `${rows > 0 ? `\u001B[${rows}A` : ''}\r\u001B[J`
}

/** Returns what the keys of a question amount to. */
function readKeys({ typed, menu }: OpenQuestion): QuestionLine & { readonly isEscaping?: boolean } {
  return menu?.read(typed) ?? editLine(typed)
}

/** How long the rest of a key that begins with Esc may take, in ms: it crosses a network. */
const ESCAPE_MS = 80

/** How long a stop by a signal may take to begin, in ms. */
const STOP_MS = 20

function findObstacle(): PromptObstacle | undefined {
  try {
    closeSync(openDevice('keyboard'))
  } catch {
    // ENXIO without a terminal, ENOENT, EACCES: nobody can be asked there.
    return 'no-terminal'
  }
  return isForeground() ? undefined : 'background'
}

function unavailable(obstacle: PromptObstacle, wanted: WantedAnswer, cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted }, { cause })
}
