/** How a shared file is written, so that what login adds looks like the rest. */
import { linesBetween, parseSection, trimBlanks } from './ini-document.ts'
import type { IniDocument, IniEntry, IniSection } from './ini-document.ts'

/** How much of the end of a file tells its style, in bytes: some sections, and no cost for a large file. */
const SAMPLE_LENGTH = 8192

/**
 * Gives the file's last line end, LF or CR LF; LF where there is none. A file with CR alone gets LF as well, since only
 * botocore, Java and .NET read CR.
 */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const feed = text.lastIndexOf('\n')
  return feed > 0 && text.charAt(feed - 1) === '\r' ? '\r\n' : '\n'
}

/** Gives the line end of the line that begins at `start`, or undefined if the text ends with it. */
export function lineEndAt(text: string, start: number): string | undefined {
  const line = linesBetween(text, start, Math.min(text.length, start + SAMPLE_LENGTH))[0]
  if (line === undefined || line.contentEnd === line.end) return undefined
  return text.slice(line.contentEnd, line.end)
}

/** Tells whether a text ends with a line end that every tool takes for one, or is empty. */
export function endsLine(text: string): boolean {
  return text === '' || text.endsWith('\n')
}

/** Gives the last line of a text, a CR at its end included, at most 256 bytes of it: what a checksum recognises the line by. */
export function lastLineOf(text: string): string {
  return /[^\r\n]*\r?$/.exec(text.slice(-256))?.[0] ?? ''
}

/** Gives what most keys have between name and value; ` = ` where there is no majority. Empty and colon-delimited values do not count. */
export function delimiterOf(document: IniDocument, section: IniSection | undefined): ' = ' | '=' {
  const own = section === undefined ? [] : parseSection(document, section).entries
  const entries = own.length > 0 ? own : sampleEntries(document)
  const votes = entries.reduce((sum, entry) => sum + vote(document.text, entry), 0)
  return votes < 0 ? '=' : ' = '
}

/**
 * Tells whether the file keeps its sections apart with blank lines: as its last header does, comments right above it not
 * counted; yes where there are fewer than two sections.
 */
export function separatesSections({ text, sections }: IniDocument): boolean {
  const last = sections.at(-1)
  if (last === undefined || sections.length < 2) return true
  const lines = linesBetween(text, Math.max(0, last.start - SAMPLE_LENGTH), last.start).map((line) => text.slice(line.start, line.contentEnd))
  return trimBlanks(lines.findLast((line) => !/^[ \t\v\f]*[#;]/.test(line)) ?? 'none') === ''
}

/** Tells whether a text ends with a blank line, blanks on it allowed. */
export function endsWithBlankLine(text: string): boolean {
  return /(?:^|\n|\r(?!\n))[ \t\v\f]*(?:\r\n|\n|\r)$/.test(text.slice(-SAMPLE_LENGTH))
}

function sampleEntries(document: IniDocument): readonly IniEntry[] {
  const from = document.text.length - SAMPLE_LENGTH
  const sections = document.sections.slice(-16).filter(({ start, end }) => start >= from && end - start <= SAMPLE_LENGTH)
  return sections.flatMap((section) => parseSection(document, section).entries)
}

function vote(text: string, entry: IniEntry): number {
  if (entry.delimiter === ':' || entry.value === '') return 0
  return text.charAt(entry.valueStart - 1) === '=' ? -1 : 1
}
