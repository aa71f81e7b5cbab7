/** Texts as lines, and which lines two texts have in common. */
import { diffArrays } from 'diff'
import type { ByteEdit } from './ini-document.ts'
import { linesBetween, lowerAscii, readIniDocument, trimBlanks } from './ini-document.ts'
import type { SharedSnapshots } from './profiles.ts'
import type { SharedFileName } from '../model/profile.ts'

/** A line: what it says, and how it ends (`''` for a last line without an end). */
export interface TextLine {
  readonly content: string
  readonly lineEnd: string
}

/**
 * Lines that are replaced: `beforeStart` up to `beforeEnd` of one text by `afterStart` up to `afterEnd` of the other.
 */
export interface LineChange {
  readonly beforeStart: number
  readonly beforeEnd: number
  readonly afterStart: number
  readonly afterEnd: number
}

/**
 * jsdiff takes the number of lines times the number of edits, so for texts of more lines than this, together, it looks
 * for that many edits at most.
 */
const LARGE = 20_000
const MAXIMUM_EDITS = 1_000

/** Takes a text apart at LF, CR LF and CR. The lines put together again are the text. */
export function splitLines(text: string): readonly TextLine[] {
  return linesBetween(text, 0, text.length).map(({ start, contentEnd, end }) => ({
    content: text.slice(start, contentEnd),
    lineEnd: text.slice(contentEnd, end),
  }))
}

/**
 * Returns the changes that make one list of lines of another: in order, apart from each other, none empty on both
 * sides.
 */
export function changesBetween(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  const matches = matchLines(before, after)
  const changes: LineChange[] = []
  let [beforeStart, afterStart] = [0, 0]
  for (let index = 0; index <= before.length; index++) {
    const match = index === before.length ? after.length : matches[index]
    if (match === undefined) continue
    if (index > beforeStart || match > afterStart)
      changes.push({ beforeStart, beforeEnd: index, afterStart, afterEnd: match })
    beforeStart = index + 1
    afterStart = match + 1
  }
  return changes
}

/** Returns edits that make one text of another, line by line, so that what both have is not touched. */
export function editsBetween(before: string, after: string): readonly ByteEdit[] {
  const [old, fresh] = [linesBetween(before, 0, before.length), linesBetween(after, 0, after.length)]
  const changes = changesBetween(
    old.map(({ start, end }) => before.slice(start, end)),
    fresh.map(({ start, end }) => after.slice(start, end)),
  )
  return changes.map(({ beforeStart, beforeEnd, afterStart, afterEnd }) => {
    const offset = old[beforeStart]?.start ?? before.length
    const length = (old[beforeEnd]?.start ?? before.length) - offset
    return {
      offset,
      length,
      content: after.slice(fresh[afterStart]?.start ?? after.length, fresh[afterEnd]?.start ?? after.length),
    }
  })
}

/** Returns the edits that make both files of others, as `editsBetween` does. */
export function editsBetweenFiles(
  before: SharedSnapshots,
  after: SharedSnapshots,
): Readonly<Record<SharedFileName, readonly ByteEdit[]>> {
  return {
    credentials: editsBetween(before.credentials.text, after.credentials.text),
    config: editsBetween(before.config.text, after.config.text),
  }
}

/** Returns for each line of `before` its place in `after`, or undefined for one that has none. */
export function matchLines(before: readonly string[], after: readonly string[]): readonly (number | undefined)[] {
  const isLarge = before.length + after.length > LARGE
  const parts = diffArrays([...before], [...after], { maxEditLength: isLarge ? MAXIMUM_EDITS : Infinity })
  if (parts === undefined) return matchEnds(before, after)
  let position = 0
  return parts.flatMap(({ value, added, removed }) => {
    const start = position
    if (!removed) position += value.length
    return added ? [] : value.map((_, index) => (removed ? undefined : start + index))
  })
}

/** Matches only the lines that both begin and both end with. */
function matchEnds(before: readonly string[], after: readonly string[]): readonly (number | undefined)[] {
  const shorter = Math.min(before.length, after.length)
  const moved = after.length - before.length
  let [head, tail] = [0, 0]
  while (head < shorter && before[head] === after[head]) head++
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  return before.map((_, index) => (index < head ? index : index >= before.length - tail ? index + moved : undefined))
}

/** A line and the section that it is in. */
export interface SectionedLine extends TextLine {
  /** The name in the header at or above it; `''` above the first. */
  readonly section: string
  readonly isHeader: boolean
}

/** Takes a shared file apart into lines that know their sections. */
export function sectionedLines(text: string): readonly SectionedLine[] {
  const { sections } = readIniDocument(text)
  let offset = 0
  let next = 0
  let section = ''
  return splitLines(text).map((line) => {
    const end = offset + line.content.length + line.lineEnd.length
    const header = sections[next]
    // A byte order mark comes before the header on its line.
    const isHeader = header !== undefined && header.start >= offset && header.start < end
    if (isHeader) {
      section = header.name
      next++
    }
    offset = end
    return { ...line, section, isHeader }
  })
}

/** Returns what a line is recognized by in another text: never the same for lines of two sections. */
export function identityOf({ section, content }: SectionedLine): string {
  return `${section}\n${content}`
}

/** Returns the key of a line at column 0, in lower case; undefined for headers, comments, blank and further lines. */
export function keyOf({ content, isHeader }: SectionedLine): string | undefined {
  const match = isHeader ? null : /^([^\s#;=:][^=:]*)[=:]/.exec(content)
  return match === null ? undefined : lowerAscii(trimBlanks(match[1] ?? ''))
}

/** Returns whether a line says something to a tool. */
export function isMeaningful({ content }: TextLine): boolean {
  return /[^ \t\v\f]/.test(content) && !/^[ \t\v\f]*[#;]/.test(content)
}
