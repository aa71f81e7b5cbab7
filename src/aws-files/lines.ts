import type { ByteEdit } from './edit.ts'
import { linesBetween, lowerAscii, readIniDocument, trimBlanks } from './ini-document.ts'

/**
 * Texts as lines, and which lines two texts have in common, by Bram Cohen's "patience diff". Not a package: the algorithm of jsdiff
 * (Myers) takes time with the square of the changes, 17 s for 2,000 changed lines, and `doctor --fix` may change that many.
 */

/** A line: what it says, and how it ends (`''` for a last line without an end). */
export interface TextLine {
  readonly content: string
  readonly lineEnd: string
}

/** Lines that give way to others: from `beforeStart` up to `beforeEnd` of one text stands `afterStart` to `afterEnd` of the other. */
export interface LineChange {
  readonly beforeStart: number
  readonly beforeEnd: number
  readonly afterStart: number
  readonly afterEnd: number
}

/** Takes a text apart at LF, CR LF and CR. The lines put together again are the text. */
export function splitLines(text: string): readonly TextLine[] {
  return linesBetween(text, 0, text.length).map(({ start, contentEnd, end }) => ({
    content: text.slice(start, contentEnd),
    lineEnd: text.slice(contentEnd, end),
  }))
}

/** Gives the changes that make one list of lines of another: in order, apart from each other, none empty on both sides. */
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

/** Gives edits that make one text of another, line by line, so that what both have is not touched. */
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

/**
 * Matches lines that two lists have in common, in the same order in both: what both begin and end with, then lines that stand
 * once in each, then the same again between these (Bram Cohen's "patience diff"). Gives for each line of `before` its place in
 * `after`, or undefined. Takes time in proportion to the number of lines, not to how much they differ.
 */
export function matchLines(before: readonly string[], after: readonly string[]): readonly (number | undefined)[] {
  const matches: (number | undefined)[] = before.map(() => undefined)
  const open: LineChange[] = [{ beforeStart: 0, beforeEnd: before.length, afterStart: 0, afterEnd: after.length }]
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    let { beforeStart, beforeEnd, afterStart, afterEnd } = range
    while (beforeStart < beforeEnd && afterStart < afterEnd && before[beforeStart] === after[afterStart])
      matches[beforeStart++] = afterStart++
    while (beforeStart < beforeEnd && afterStart < afterEnd && before[beforeEnd - 1] === after[afterEnd - 1])
      matches[--beforeEnd] = --afterEnd
    const rest = { beforeStart, beforeEnd, afterStart, afterEnd }
    for (const [index, match] of anchorsIn(rest, before, after)) {
      matches[index] = match
      open.push({ beforeStart, beforeEnd: index, afterStart, afterEnd: match })
      beforeStart = index + 1
      afterStart = match + 1
    }
    if (beforeStart > rest.beforeStart)
      open.push({ beforeStart, beforeEnd: rest.beforeEnd, afterStart, afterEnd: rest.afterEnd })
  }
  return matches
}

type Anchor = readonly [number, number]

/** The longest row of lines that stand once on each side, in the same order on both. */
function anchorsIn(
  { beforeStart, beforeEnd, afterStart, afterEnd }: LineChange,
  before: readonly string[],
  after: readonly string[],
): readonly Anchor[] {
  const places = placesOfSingles(after, afterStart, afterEnd)
  const common = [...placesOfSingles(before, beforeStart, beforeEnd)].flatMap(([line, index]): readonly Anchor[] => {
    const match = places.get(line)
    return match === undefined ? [] : [[index, match]]
  })
  return longestRising(common.toSorted((a, b) => a[0] - b[0]))
}

function placesOfSingles(lines: readonly string[], start: number, end: number): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  for (let index = start; index < end; index++) {
    const line = lines[index] ?? ''
    if (places.has(line)) repeated.add(line)
    places.set(line, index)
  }
  for (const line of repeated) places.delete(line)
  return places
}

/** Patience sorting: the longest rising row of second numbers; the first numbers rise already. */
function longestRising(anchors: readonly Anchor[]): readonly Anchor[] {
  interface Card {
    readonly anchor: Anchor
    readonly below: Card | undefined
  }
  const piles: Card[] = []
  for (const anchor of anchors) {
    let [low, high] = [0, piles.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((piles[middle]?.anchor[1] ?? 0) < anchor[1]) low = middle + 1
      else high = middle
    }
    piles[low] = { anchor, below: piles[low - 1] }
  }
  const row: Anchor[] = []
  for (let card = piles.at(-1); card !== undefined; card = card.below) row.push(card.anchor)
  return row.reverse()
}

/** A line and the section that it stands in. */
export interface SectionedLine extends TextLine {
  /** What stands between the brackets of the header at or above it; `''` above the first. */
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
    // A byte order mark stands before the header on its line.
    const isHeader = header !== undefined && header.start >= offset && header.start < end
    if (isHeader) {
      section = header.name
      next++
    }
    offset = end
    return { ...line, section, isHeader }
  })
}

/** What a line is recognised by in another text: a line of one section is never taken for the same line of another. */
export function identityOf({ section, content }: SectionedLine): string {
  return `${section}\n${content}`
}

/** Gives the key of a line at column 0, in lower case; undefined for headers, comments, blank and further lines. */
export function keyOf({ content, isHeader }: SectionedLine): string | undefined {
  const match = isHeader ? null : /^([^\s#;=:][^=:]*)[=:]/.exec(content)
  return match === null ? undefined : lowerAscii(trimBlanks(match[1] ?? ''))
}

/** Tells whether a line says something to a tool. */
export function isMeaningful({ content }: TextLine): boolean {
  return /[^ \t\v\f]/.test(content) && !/^[ \t\v\f]*[#;]/.test(content)
}
