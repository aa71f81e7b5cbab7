/**
 * Choosing one of a list, by typing a part of it and arrow keys, or on a line: what keys choose, and what is drawn.
 * Pure; keyboard.ts reads and draws.
 */
import { AwsmfaError } from '../model/failure.ts'
import type { Asker, Menu, MenuRoom, QuestionLine } from './question.ts'
import { KEYS, LINE_EDITS, LINE_ENDS, isText } from './question.ts'
import { displayWidth, padDisplay, paint, shortenDisplay } from './style.ts'
import type { TextStyle } from './style.ts'

/** Answers that are none of the choices, one after another, before the question is given up: nobody is there. */
const MAX_ATTEMPTS = 10

/** Something to choose. `detail` is shown beside the name. */
export interface Choice {
  readonly name: string
  readonly detail?: string | undefined
}

/**
 * Asks to choose one of a list, and resolves to its index: by typing a part of it and arrow keys, after which the
 * choice is printed beside the question; on terminals without menus by its number or a part of it. Throws what
 * `askLine` throws; CANCELLED after ten answers that choose none.
 */
export async function choose(
  asker: Asker,
  question: string,
  choices: readonly Choice[],
  signal: AbortSignal,
): Promise<number> {
  if (!asker.drawsMenus) return await chooseByLine(asker, question, choices, signal)
  const menu = pickerMenu(question, choices)
  const index = Number(await asker.askLine({ text: `${question} `, wanted: 'answer', keep: false, menu }, signal))
  asker.say(`${question} ${choices[index]?.name ?? ''}\n`)
  return index
}

/** The same on a line. A part that several have lists those alone. */
async function chooseByLine(
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
  asker.say(`${question.replace(/:$/, '')} (number, or part of its name):\n${list(choices.keys())}`)
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

/** A list while it is open. */
export interface Picked {
  /** What was typed, as edited. */
  readonly filter: string
  /** The indexes of the choices that it matches, best first. */
  readonly matches: readonly number[]
  /** Which of these the cursor is on; 0 if there is none. */
  readonly at: number
}

/** Where a key moves the cursor. */
type Move = (at: number, last: number) => number

/** Rows that Page Up and Page Down move by: the keys are read without knowing the height of the terminal. */
const PAGE = 10

const up: Move = (at, last) => (at === 0 ? last : at - 1)
const down: Move = (at, last) => (at === last ? 0 : at + 1)

/** As terminals send them, with and without application mode; Ctrl-P, Ctrl-N and Tab. */
const MOVES: ReadonlyMap<string, Move> = new Map<string, Move>([
  ['\u001B[A', up],
  ['\u001BOA', up],
  ['\u0010', up],
  ['\u001B[Z', up],
  ['\u001B[B', down],
  ['\u001BOB', down],
  ['\u000E', down],
  ['\t', down],
  ['\u001B[5~', (at) => Math.max(0, at - PAGE)],
  ['\u001B[6~', (at, last) => Math.min(last, at + PAGE)],
  ...['\u001B[H', '\u001BOH', '\u001B[1~'].map((key) => [key, () => 0] as const),
  ...['\u001B[F', '\u001BOF', '\u001B[4~'].map((key) => [key, (_: number, last: number) => last] as const),
])

/**
 * Returns the indexes of the choices whose name or detail contains every word of the filter, in any case: a name that
 * is the filter first, then those that begin with it, then the others, each in the order of the list.
 */
function matching(filter: string, choices: readonly Choice[]): readonly number[] {
  const typed = filter.trim().toLowerCase()
  const words = typed.split(/\s+/)
  const rankOf = ({ name }: Choice): number =>
    name === filter.trim() ? 0 : name.toLowerCase() === typed ? 1 : name.toLowerCase().startsWith(typed) ? 2 : 3
  const found = choices.flatMap((choice, index) => {
    const text = `${choice.name}\n${choice.detail ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word)) ? [{ index, rank: rankOf(choice) }] : []
  })
  return found.sort((left, right) => left.rank - right.rank).map(({ index }) => index)
}

/**
 * Applies keys to a list. A change of the filter moves the cursor to the best match. Enter ends it once something
 * matches, Ctrl-D only while nothing is typed, Esc twice always; `line` is the index of the choice under the cursor.
 * `isEscaping`: the last key is Esc, or the beginning of another key.
 */
export function pickBy(
  keys: string,
  choices: readonly Choice[],
): { readonly list: Picked; readonly typed: QuestionLine; readonly isEscaping: boolean } {
  let [filter, at, position] = ['', 0, 0]
  let known: readonly number[] | undefined
  const matches = (): readonly number[] => (known ??= matching(filter, choices))
  const result = (end: QuestionLine['end'], key: string): ReturnType<typeof pickBy> => {
    const line = end === 'end-of-input' ? '' : String(matches()[at] ?? '')
    const typed = { line, end, isNewlineEchoed: key.endsWith('\n'), rest: keys.slice(position) }
    return { list: { filter, matches: matches(), at }, typed, isEscaping: end === undefined && keys.endsWith(ESCAPE) }
  }
  for (const [key] of keys.matchAll(KEYS)) {
    position += key.length
    const end = key === ESCAPE && keys.charAt(position) === ESCAPE ? 'interrupt' : LINE_ENDS.get(key)
    if (end === 'enter' ? matches().length > 0 : end === 'end-of-input' ? filter === '' : end !== undefined)
      return result(end, key)
    const move = MOVES.get(key)
    const edited = LINE_EDITS.get(key)?.(filter) ?? (isText(key) ? filter + key : filter)
    if (move !== undefined) at = move(at, Math.max(0, matches().length - 1))
    else if (edited !== filter) [filter, at, known] = [edited, 0, undefined]
  }
  position = keys.length
  return result(undefined, '')
}

const ESCAPE = '\u001B'

/** Rows that a list takes at most, those of the smallest usual terminal. */
const MOST_ROWS = 24

/** The rows that are not of the list: the question, the keys, and one for what the shell has printed before. */
const OTHER_ROWS = 3

/** The widest name, and the narrowest detail that is shown. */
const [NAME_WIDTH, DETAIL_WIDTH] = [32, 12]

/**
 * Returns the rows of a list, the first one with the filter, and the column of the cursor in it. None is as wide as the
 * terminal, so that none wraps. The list scrolls around the cursor.
 */
export function renderPicker(
  question: string,
  { filter, matches, at }: Picked,
  choices: readonly Choice[],
  { columns, rows, style }: MenuRoom,
): { readonly lines: readonly string[]; readonly column: number } {
  const width = (columns > 0 ? columns : 80) - 1
  const height = Math.max(1, Math.min(MOST_ROWS, rows > 0 ? rows : MOST_ROWS) - OTHER_ROWS)
  const first = Math.max(0, Math.min(at - Math.floor(height / 2), matches.length - height))
  const widest = choices.reduce((most, { name }) => Math.max(most, displayWidth(name)), 0)
  const nameWidth = Math.min(widest, NAME_WIDTH, width - MARK.length)
  const entries = matches.slice(first, first + height).map((index, row) => {
    const { name = '', detail = '' } = choices[index] ?? {}
    return entryLine(name, detail, { isChosen: first + row === at, nameWidth, width, style })
  })
  const head = shortenDisplay(`${question} `, Math.floor(width / 2))
  const typed = tailOf(filter, width - displayWidth(head))
  const count = `${matches.length} of ${choices.length}`
  return {
    lines: [head + typed, ...entries, paint(footer(count, width), 'dim', style)],
    column: displayWidth(head + typed),
  }
}

const MARK = '> '

function entryLine(
  name: string,
  detail: string,
  look: { readonly isChosen: boolean; readonly nameWidth: number; readonly width: number; readonly style: TextStyle },
): string {
  const { isChosen, nameWidth, width, style } = look
  const shown = shortenDisplay(name, nameWidth)
  const room = width - MARK.length - nameWidth - 2
  const text =
    detail === '' || room < Math.min(DETAIL_WIDTH, displayWidth(detail))
      ? shown
      : `${padDisplay(shown, nameWidth)}  ${shortenDisplay(detail, room)}`
  return isChosen ? paint(MARK + text, 'bold', style) : ' '.repeat(MARK.length) + text
}

/** What the keys do, in as many words as fit. */
function footer(count: string, width: number): string {
  const forms = ['type to filter, arrows to move, Enter to choose, Esc to cancel', 'type, arrows, Enter, Esc']
  const fitting = forms.map((form) => `  ${count}  ${form}`).find((form) => displayWidth(form) <= width)
  return fitting ?? shortenDisplay(`  ${count}`, width)
}

/** Returns the end of a text that fits. */
function tailOf(text: string, width: number): string {
  const characters = Array.from(text)
  while (displayWidth(characters.join('')) > width) characters.shift()
  return characters.join('')
}

/** Returns a list as a question. */
function pickerMenu(question: string, choices: readonly Choice[]): Menu {
  return {
    read: (keys) => {
      const { typed, isEscaping } = pickBy(keys, choices)
      return { ...typed, isEscaping }
    },
    draw: (keys, room) => renderPicker(question, pickBy(keys, choices).list, choices, room),
  }
}
