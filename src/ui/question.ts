/**
 * Questions at a terminal: what is asked, the line that keys make, and the rows that both take. Pure; keyboard.ts asks.
 */
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WantedAnswer } from '../model/failure.ts'
import { displayWidth, padDisplay } from './style.ts'
import type { TextStyle } from './style.ts'

/** Asks at the controlling terminal. */
export interface Asker {
  /** Returns why nothing can be asked now; undefined if something can. */
  readonly obstacle: () => PromptObstacle | undefined
  /** How lines at the terminal may look. */
  readonly style: TextStyle
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
}

/** Answers that are none of the choices, one after another, before the question is given up: nobody is there. */
const MAX_ATTEMPTS = 10

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

/** Something to choose. `detail` is shown beside the name. */
export interface Choice {
  readonly name: string
  readonly detail?: string | undefined
}

/**
 * Asks to choose one of a numbered list, by its number or a part of it, and resolves to its index. A part that several
 * have lists those alone. Throws what `askLine` throws; CANCELLED after ten answers that choose none.
 */
export async function choose(
  asker: Asker,
  question: string,
  choices: readonly Choice[],
  signal: AbortSignal,
): Promise<number> {
  const widest = choices.reduce((most, { name }) => Math.max(most, displayWidth(name)), 0)
  const digits = String(choices.length).length
  const row = ({ name, detail }: Choice, index: number): string =>
    `  ${String(index + 1).padStart(digits)}  ${detail === undefined ? name : `${padDisplay(name, widest)}  ${detail}`}\n`
  const list = (indexes: Iterable<number>): string =>
    Array.from(indexes, (index) => choices.slice(index, index + 1).map((choice) => row(choice, index)))
      .flat()
      .join('')
  asker.say(`${question}\n${list(choices.keys())}`)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const line = await asker.askLine({ text: `[1-${choices.length}] `, wanted: 'answer', keep: true }, signal)
    const [first, ...others] = chosenBy(line.trim(), choices)
    if (first !== undefined && others.length === 0) return first
    if (first !== undefined) asker.say(list([first, ...others]))
    else if (line.trim() !== '') asker.say('No match\n')
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}

/**
 * Returns the indexes of the choices that an answer means: the one with that number, with exactly that name, the only
 * one whose name begins with it, otherwise all that contain it. Case counts only where names differ in nothing else.
 */
export function chosenBy(answer: string, choices: readonly Choice[]): readonly number[] {
  if (answer === '') return []
  if (/^[1-9]\d*$/.test(answer) && Number(answer) <= choices.length) return [Number(answer) - 1]
  const typed = answer.toLowerCase()
  const those = (matches: (choice: Choice) => boolean): readonly number[] =>
    choices.flatMap((choice, index) => (matches(choice) ? [index] : []))
  const containing = those(({ name, detail = '' }) => `${name}\n${detail}`.toLowerCase().includes(typed))
  const narrower = [
    those(({ name }) => name === answer),
    those(({ name }) => name.toLowerCase() === typed),
    those(({ name }) => name.toLowerCase().startsWith(typed)),
  ]
  return narrower.find((indexes) => indexes.length === 1) ?? containing
}

/** What keys amount to. */
export interface TypedLine {
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

const ENDS: ReadonlyMap<string, LineEnd> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\r\n', 'enter'],
  ['\u0004', 'end-of-input'],
  ['\u0003', 'interrupt'],
  ['\u001A', 'suspend'],
  ['\u001C', 'quit'],
])

/** Backspace in its two forms, Ctrl-U and Ctrl-W. */
const EDITS: ReadonlyMap<string, (line: string) => string> = new Map<string, (line: string) => string>([
  ['\u007F', (line) => line.replace(/.$/su, '')],
  ['\b', (line) => line.replace(/.$/su, '')],
  ['\u0015', () => ''],
  ['\u0017', (line) => line.replace(/\S*\s*$/u, '')],
])

/** Arrows and other keys that send a sequence, the end of which may not have arrived yet, count as one. */
// eslint-disable-next-line no-control-regex -- the escape character is the subject
const KEYS = /\r\n|\u001B\[[0-?]*[ -/]*[@-~]?|\u001BO[^]?|[^]/gu

/**
 * Applies the keys of a line, as a terminal in raw mode sends them. In a line that the terminal has edited, only the
 * end is left to find. Keys without a meaning here are ignored.
 */
export function editLine(keys: string): TypedLine {
  let [line, position] = ['', 0]
  for (const [key] of keys.matchAll(KEYS)) {
    position += key.length
    const end = ENDS.get(key)
    if (end !== undefined) return { line, end, isNewlineEchoed: key.endsWith('\n'), rest: keys.slice(position) }
    line = EDITS.get(key)?.(line) ?? (isText(key) ? line + key : line)
  }
  return { line, end: undefined, isNewlineEchoed: false, rest: '' }
}

function isText(key: string): boolean {
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
