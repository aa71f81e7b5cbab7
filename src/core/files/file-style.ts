/** How a shared file is written, so that what login adds looks like the rest. */
import { BYTE_ORDER_MARK, linesBetween, parseSection, tailOf, trimBlanks } from './ini-document.ts'
import type { IniDocument, IniEntry, IniSection } from './ini-document.ts'

/** How much of the end of a file tells its style, in bytes: some sections, and no cost for a large file. */
const SAMPLE_LENGTH = 16_384

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
  const own = section === undefined ? 0 : votes(document, [section])
  if (own !== 0) return own < 0 ? '=' : ' = '
  const tail = tailOf(document, SAMPLE_LENGTH)
  return votes(tail, tail.sections) < 0 ? '=' : ' = '
}

/**
 * Tells whether the file keeps its sections apart with blank lines: as it does before its last header, comments right above
 * that not counted; yes where nothing else stands above it.
 */
export function separatesSections(document: IniDocument): boolean {
  const { text, sections } = tailOf(document, SAMPLE_LENGTH)
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const lines = linesBetween(text, start, sections.at(-1)?.start ?? start).map((line) => text.slice(line.start, line.contentEnd))
  return trimBlanks(lines.findLast((line) => !/^[ \t\v\f]*[#;]/.test(line)) ?? '') === ''
}

/** Gives the keys of the last section, if it is not too long to be looked at. */
export function lastEntriesOf(document: IniDocument): readonly IniEntry[] {
  const tail = tailOf(document, SAMPLE_LENGTH)
  const last = tail.sections.at(-1)
  return last === undefined ? [] : parseSection(tail, last).entries
}

/** Tells whether a text ends with a blank line, blanks on it allowed. */
export function endsWithBlankLine(text: string): boolean {
  return /(?:^|\n|\r(?!\n))[ \t\v\f]*(?:\r\n|\n|\r)$/.test(text.slice(-SAMPLE_LENGTH))
}

function votes(document: IniDocument, sections: readonly IniSection[]): number {
  const entries = sections.flatMap((section) => parseSection(document, section).entries)
  return entries.reduce((sum, entry) => sum + vote(document.text, entry), 0)
}

function vote(text: string, entry: IniEntry): number {
  if (entry.delimiter === ':' || entry.value === '') return 0
  return text.charAt(entry.valueStart - 1) === '=' ? -1 : 1
}
