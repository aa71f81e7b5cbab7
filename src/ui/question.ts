/**
 * Questions at a terminal: what is asked, the line that keys make, and the rows that both take. Pure; keyboard.ts asks.
 */
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { displayWidth } from './style.ts'
import type { TextStyle } from './style.ts'

/** Asks at the controlling terminal. */
export interface Asker {
  /** Returns why nothing can be asked now; undefined if something can. */
  readonly obstacle: () => PromptObstacle | undefined
  /** How lines at the terminal may look. */
  readonly style: TextStyle
  /** Whether questions may have a `menu`: the terminal can move its cursor, and gives each key as it is pressed. */
  readonly drawsMenus: boolean
  /**
   * Asks, and resolves to the line that was typed, without its end. A question that is open already comes back
   * afterwards, with what was typed for it. Throws PROMPT_UNAVAILABLE; CANCELLED on Ctrl-C, and on Ctrl-D in an empty
   * line; the signal's reason when it aborts, and drops what was typed. The event loop keeps running.
   */
  readonly askLine: (question: Question, signal: AbortSignal) => Promise<string>
  /** Writes lines to the terminal, which stay there. Does nothing if there is none. */
  readonly say: (text: string) => void
  /**
   * Calls `print`, which writes whole lines to a terminal: at once, or while a question is open as soon as that is out
   * of the way. The question comes back below, with what was typed for it.
   */
  readonly printAbove: (print: () => void) => void
  /** Puts words before questions, also the open one; '' removes them. */
  readonly preface: (words: string) => void
}

/** A question on one line. */
export interface Question {
  /** Ends in a space. Without color, since its width tells how many rows to erase. */
  readonly text: string
  readonly wanted: WantedAnswer
  /** Whether question and answer stay on the screen. */
  readonly keep: boolean
  /** Whether typing is not echoed. */
  readonly hidden?: boolean
  /** Replaces the line: what the keys mean, and what is on the screen meanwhile. It is erased in the end. */
  readonly menu?: Menu
}

/** A question that takes several rows, and each key. */
export interface Menu {
  /** Returns what the keys amount to. `isEscaping`: the last one is Esc, or another one that has not all arrived. */
  readonly read: (keys: string) => QuestionLine & { readonly isEscaping: boolean }
  /** Returns the rows for these keys, each narrower than the terminal, and the column of the cursor in the first. */
  readonly draw: (keys: string, room: MenuRoom) => { readonly lines: readonly string[]; readonly column: number }
}

/** The terminal of a menu; 0 columns or rows: not known. */
export interface MenuRoom {
  readonly columns: number
  readonly rows: number
  readonly style: TextStyle
}

/** A question for yes or no. */
export interface YesNoQuestion {
  readonly text: string
  /** Whether Enter alone means yes; otherwise it means no. */
  readonly isYesDefault?: boolean
  /** What the error says if nothing can be asked. */
  readonly wanted?: 'answer' | 'consent'
}

/** Asks for yes or no; the question stays on the screen. Anything else is no. Throws what `askLine` does. */
export async function confirm(
  asker: Asker,
  { text, isYesDefault = false, wanted = 'answer' }: YesNoQuestion,
  signal: AbortSignal,
): Promise<boolean> {
  const choices = isYesDefault ? '[Y/n]' : '[y/N]'
  const line = await asker.askLine({ text: `${text} ${choices} `, wanted, keep: true }, signal)
  const answer = line.trim()
  return answer === '' ? isYesDefault : /^y(?:es)?$/i.test(answer)
}

/** What keys amount to. */
export interface QuestionLine {
  /** As edited, without its end. */
  readonly line: string
  /** What the key that ended the line means; undefined while it is being typed. */
  readonly end: LineEnd | undefined
  /** Whether the end is a line feed: what a terminal that edits the line itself has made of Enter, and shown. */
  readonly isNewlineEchoed: boolean
  /** The keys after that one. */
  readonly rest: string
}

export type LineEnd = 'enter' | 'end-of-input' | 'interrupt' | 'suspend' | 'quit'

/** Keys that end a line. */
export const LINE_ENDS: ReadonlyMap<string, LineEnd> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\r\n', 'enter'],
  ['\u0004', 'end-of-input'],
  ['\u0003', 'interrupt'],
  ['\u001A', 'suspend'],
  ['\u001C', 'quit'],
])

/** Backspace in its two forms, Ctrl-U and Ctrl-W. */
export const LINE_EDITS: ReadonlyMap<string, (line: string) => string> = new Map<string, (line: string) => string>([
  ['\u007F', (line) => line.replace(/.$/su, '')],
  ['\b', (line) => line.replace(/.$/su, '')],
  ['\u0015', () => ''],
  ['\u0017', (line) => line.replace(/\S*\s*$/u, '')],
])

/** Arrows and other keys that send a sequence, the end of which may not have arrived yet, count as one. */
// eslint-disable-next-line no-control-regex -- the escape character is the subject
export const KEYS = /\r\n|\u001B\[[0-?]*[ -/]*[@-~]?|\u001BO[^]?|[^]/gu

/**
 * Applies the keys of a line, as a terminal in raw mode sends them. In a line that the terminal has edited, only the
 * end is left to find. Keys without a meaning here are ignored.
 */
export function editLine(keys: string): QuestionLine {
  let [line, position] = ['', 0]
  for (const [key] of keys.matchAll(KEYS)) {
    position += key.length
    const end = LINE_ENDS.get(key)
    if (end !== undefined) return { line, end, isNewlineEchoed: key.endsWith('\n'), rest: keys.slice(position) }
    line = LINE_EDITS.get(key)?.(line) ?? (isText(key) ? line + key : line)
  }
  return { line, end: undefined, isNewlineEchoed: false, rest: '' }
}

/** Returns whether a key is a character of the line. */
export function isText(key: string): boolean {
  return key === '\t' || (key >= ' ' && !(key >= '\u007F' && key <= '\u009F'))
}

/** Returns how many rows a text takes from the first column on. A wide character does not fit in one last column. */
export function rowsOf(text: string, columns: number): number {
  let [rows, used] = [1, 0]
  for (const character of text) {
    if (character === '\n') {
      ;[rows, used] = [rows + 1, 0]
      continue
    }
    const width = displayWidth(character)
    if (columns > 0 && used + width > columns) [rows, used] = [rows + 1, 0]
    used += width
  }
  return rows
}
