/**
 * Changes of files as a unified diff for eyes: each change under its section's header, with a line of what stands beside it.
 * Secrets are masked: a diff may be pasted into a ticket.
 */
import { displayPath } from '../core/display-path.ts'
import { changesBetween } from '../core/files/line-diff.ts'
import type { LineChange } from '../core/files/line-diff.ts'
import { keyOf, sectionedLines } from '../core/layouts/sectioned-lines.ts'
import type { SectionedLine } from '../core/layouts/sectioned-lines.ts'
import type { TextStyle } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { maskedLine } from './masked-line.ts'

/** A file before and after, as byte strings. */
export interface FileDifference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Gives the diff of several files, each under its path; a file that does not change is left out. */
export function renderDiff(files: readonly FileDifference[], home: string | undefined, style: TextStyle): string {
  return files
    .filter(({ before, after }) => before !== after)
    .map(({ path, before, after }) => `${visible(displayPath(path, home), 1000)}\n${diffLines(before, after, style).map((line) => `  ${line}`.trimEnd() + '\n').join('')}`)
    .join('')
}

/** A line as it is shown, its secrets masked. */
interface ShownLine extends SectionedLine {
  readonly shown: string
}

type Sign = ' ' | '-' | '+'

function diffLines(beforeText: string, afterText: string, style: TextStyle): readonly string[] {
  const [before, after] = [shownLines(beforeText), shownLines(afterText)]
  const changes = changesBetween(before.map(({ content }) => content), after.map(({ content }) => content))
  const context = new Set(changes.flatMap((change) => contextOf(change, changes, before, after)))
  const rows: string[] = []
  let [position, isGap] = [0, false]
  const show = (line: ShownLine, sign: Sign): void => {
    if (isGap && !line.isHeader && rows.length > 0) rows.push(' …')
    isGap = false
    rows.push(dressed(sign, line.shown, style))
  }
  const showContext = (end: number): void => {
    for (; position < end; position++) {
      const line = before[position]
      if (line === undefined || !context.has(position)) isGap ||= line !== undefined && line.content !== ''
      else show(line, ' ')
    }
  }
  for (const { beforeStart, beforeEnd, afterStart, afterEnd } of changes) {
    showContext(beforeStart)
    for (const line of before.slice(beforeStart, beforeEnd)) show(line, '-')
    for (const line of after.slice(afterStart, afterEnd)) show(line, '+')
    position = beforeEnd
  }
  showContext(before.length)
  return rows
}

/** The header above a change, by both texts, and the lines at both of its ends; nothing above a section that is new. */
function contextOf(change: LineChange, changes: readonly LineChange[], before: readonly SectionedLine[], after: readonly SectionedLine[]): readonly number[] {
  const { beforeStart, beforeEnd, afterStart, afterEnd } = change
  const first = after.slice(afterStart, afterEnd).find(({ content }) => content !== '')
  const isNewSection = beforeStart === beforeEnd && first?.isHeader === true
  // What is inserted right above another header belongs to the section that ends there, whose name has to be seen.
  const isWholeSection = beforeStart < beforeEnd && before[beforeStart]?.isHeader === true && first?.isHeader !== false
  const above = isNewSection || isWholeSection ? [] : [headerAbove(before, beforeStart), unchanged(headerAbove(after, afterStart), changes), beforeStart - 1]
  const next = before[beforeEnd]
  const below = isNewSection || next === undefined || next.isHeader ? [] : [beforeEnd]
  return [...above, ...below].filter((index) => index >= 0 && before[index]?.content !== '')
}

function headerAbove(lines: readonly SectionedLine[], end: number): number {
  return lines.findLastIndex(({ isHeader }, index) => isHeader && index < end)
}

/** Gives the place in the text before of a line of the text after; -1 for one that is new. */
function unchanged(index: number, changes: readonly LineChange[]): number {
  const last = changes.findLast(({ afterStart }) => afterStart <= index)
  if (last === undefined) return index
  return index < last.afterEnd ? -1 : index - last.afterEnd + last.beforeEnd
}

function dressed(sign: Sign, text: string, style: TextStyle): string {
  if (sign === ' ') return ` ${text}`
  return paint(`${sign}${text}`, sign === '-' ? 'red' : 'green', style)
}

/** Masks line by line, knowing the key that an indented line may be a part of. */
function shownLines(text: string): readonly ShownLine[] {
  let parent: string | undefined
  return sectionedLines(text).map((line) => {
    parent = line.isHeader ? undefined : keyOf(line) ?? parent
    return { ...line, shown: visible(maskedLine(line, parent)) }
  })
}
