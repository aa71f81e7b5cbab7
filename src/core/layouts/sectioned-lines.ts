import { readIniDocument } from '../files/ini-document.ts'
import { splitLines } from '../files/line-diff.ts'
import type { TextLine } from '../files/line-diff.ts'
import { lowerAscii, trimBlanks } from '../files/ini-document.ts'

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
