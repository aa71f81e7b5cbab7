/**
 * Reads the dialect of AWS's shared files without losing a byte, and edits them. Texts are byte strings (one code unit
 * from 0 to 255 for each byte) and offsets are byte offsets; what people see is converted, see `decodeUtf8`.
 *
 * The dialect, where tools agree: `[name]` opens a section, `key = value` begins a line, `#` and `;` begin whole-line
 * comments, and an indented line belongs to the key above it. Where they do not agree, this reads like botocore
 * (configloader.py › raw_config_parse, Python's configparser), because one file that botocore refuses stops the AWS CLI
 * for all profiles; with these additions, each of which some tool reads: blanks inside the brackets (Go, Rust, Java,
 * .NET), any text after them, an indented header (JavaScript, Go, .NET), a byte order mark (JavaScript, .NET).
 *
 * Line ends are LF, CR LF and CR, as in Python's universal newlines. Blanks are space, tab, vertical tab and form feed:
 * a byte string must never meet `trim`, `\s` or `toLowerCase`, which also know 0xA0 and 0xC0–0xDE, and those are parts
 * of UTF-8.
 *
 * Not told apart: why a line is no key (no delimiter, no name). It is a stray line.
 */

/** A section of a shared file. */
export interface IniSection {
  /** The text between the brackets without outer blanks; a byte string. */
  readonly name: string
  /** Where the header's line begins, indentation included, a byte order mark not. */
  readonly start: number
  /** Where the first line after the header begins. */
  readonly bodyStart: number
  /** Where the next header's line begins, or the length of the text. */
  readonly end: number
  /** The header is indented: a header for JavaScript and Go, a continuation of the value above it for botocore. */
  readonly isIndented: boolean
}

/** A shared file of AWS. Its sections are found when they are first asked for. */
export interface IniDocument {
  readonly text: string
  readonly sections: readonly IniSection[]
  /** Returns all sections of a name (a byte string), in order. */
  readonly named: (name: string) => readonly IniSection[]
  /** The number, from 1, of the line that holds an offset. Costs little near the offset that was asked for before. */
  readonly lineAt: (offset: number) => number
}

/** A line: `start` to `end` with its line end, `contentEnd` before it. */
export interface IniLine {
  readonly start: number
  readonly contentEnd: number
  readonly end: number
}

/** A key of a section: its line, and the indented lines that belong to it. */
export interface IniEntry extends IniLine {
  /** The key in lower case (ASCII letters alone), as every tool but JavaScript and Java matches it. */
  readonly key: string
  /** The key as it is written. */
  readonly writtenKey: string
  readonly delimiter: '=' | ':'
  /**
   * The value of the key's own line, outer blanks removed. A trailing comment is part of it, as for botocore and .NET.
   */
  readonly value: string
  /** Where `value` is; both right after the delimiter if it is empty. */
  readonly valueStart: number
  readonly valueEnd: number
  readonly isIndented: boolean
  /** Indented lines after it that are neither blank nor comments. */
  readonly continuations: readonly IniLine[]
}

/** The lines of a section. */
export interface IniBody {
  readonly entries: readonly IniEntry[]
  readonly comments: readonly IniLine[]
  /** Lines that are no key for anyone. */
  readonly strays: readonly IniLine[]
}

/** A section whose end is not known yet. */
type SectionStart = IniSection & { end: number }

const LF = 10
const CR = 13

const PIECE_LENGTH = 256

/** After so many names an index of all sections is cheaper than another search. */
const SEARCHES_BEFORE_INDEX = 8

/** UTF-8's byte order mark, as a byte string. */
export const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/**
 * Returns a shared file to be read. Nothing is looked at before it is asked for: of a file with 10,000 profiles mostly
 * one section is wanted, and `named` finds it in a fraction of what all `sections` cost. Never throws: a file that no
 * parser accepts has the sections that can be made out.
 */
export function readIniDocument(text: string): IniDocument {
  let sections: readonly IniSection[] | undefined
  let index: ReadonlyMap<string, readonly IniSection[]> | undefined
  let searches = 0
  const document: IniDocument = {
    text,
    get sections() {
      return (sections ??= sectionsFrom(text))
    },
    named: (name) => {
      if (++searches <= SEARCHES_BEFORE_INDEX) return searchSections(text, name)
      index ??= indexByName(document.sections)
      return name === '' ? [] : (index.get(name) ?? [])
    },
    lineAt: lineCounter(text),
  }
  return document
}

function indexByName(sections: readonly IniSection[]): ReadonlyMap<string, readonly IniSection[]> {
  const index = new Map<string, IniSection[]>()
  for (const section of sections) {
    const same = index.get(section.name)
    if (same === undefined) index.set(section.name, [section])
    else same.push(section)
  }
  return index
}

/** Looks for the name itself: of 10,000 other sections no header is parsed. */
function searchSections(text: string, name: string): readonly IniSection[] {
  const found: IniSection[] = []
  if (name === '') return found
  for (let hit = text.indexOf(name); hit !== -1; hit = text.indexOf(name, hit + 1)) {
    let bracket = hit - 1
    while (isBlank(text.charCodeAt(bracket))) bracket--
    const header = text.charAt(bracket) === '[' ? headerAt(text, bracket) : undefined
    if (header?.name !== name) continue
    header.end = nextHeaderFrom(text, header.bodyStart)?.start ?? text.length
    found.push(header)
  }
  return found
}

/**
 * Returns the last part of a file, from the beginning of a line on, at most `length` bytes of it; offsets begin there.
 */
export function tailOf({ text }: IniDocument, length: number): IniDocument {
  if (text.length <= length) return readIniDocument(text)
  const tail = text.slice(-length)
  return readIniDocument(tail.slice(/[\r\n]/.exec(tail)?.index ?? tail.length))
}

/** Returns the lines of a section in order, several keys of one name included. Never throws. */
export function parseSection(document: IniDocument, section: IniSection): IniBody {
  const entries: (IniEntry & { continuations: IniLine[] })[] = []
  const comments: IniLine[] = []
  const strays: IniLine[] = []
  let current: { readonly continuations: IniLine[]; readonly indent: number } | undefined
  for (const line of linesBetween(document.text, section.bodyStart, section.end)) {
    const content = document.text.slice(line.start, line.contentEnd)
    const indent = leadingBlanks(content)
    const first = content.charAt(indent)
    if (first === '') continue
    if (first === '#' || first === ';') comments.push(line)
    else if (current !== undefined && indent > current.indent) current.continuations.push(line)
    else {
      const entry = parseEntry(content, line, indent)
      if (entry === undefined) strays.push(line)
      else entries.push(entry)
      current = entry === undefined ? undefined : { continuations: entry.continuations, indent }
    }
  }
  return { entries, comments, strays }
}

/** Returns the lines between two offsets, the first of which begins a line. */
export function linesBetween(text: string, start: number, end: number): readonly IniLine[] {
  const lines: IniLine[] = []
  for (let position = start; position < end;) {
    const contentEnd = Math.min(contentEndFrom(text, position), end)
    const next = Math.min(endOfLine(text, contentEnd), end)
    lines.push({ start: position, contentEnd, end: next })
    position = next
  }
  return lines
}

/** Returns the number, from 1, of the line that holds an offset; counts from the offset that it was last asked for. */
function lineCounter(text: string): (offset: number) => number {
  let [known, line] = [0, 1]
  return (offset) => {
    line += offset >= known ? lineEndsBetween(text, known, offset) : -lineEndsBetween(text, offset, known)
    known = offset
    return line
  }
}

function lineEndsBetween(text: string, start: number, end: number): number {
  const part = text.slice(start, end)
  let count = 0
  for (let feed = part.indexOf('\n'); feed !== -1; feed = part.indexOf('\n', feed + 1)) count++
  for (let back = part.indexOf('\r'); back !== -1; back = part.indexOf('\r', back + 1))
    if (text.charCodeAt(start + back + 1) !== LF) count++
  return count
}

/** Returns a byte string without the blanks at both of its ends. */
export function trimBlanks(bytes: string): string {
  let end = bytes.length
  const start = leadingBlanks(bytes)
  while (end > start && isBlank(bytes.charCodeAt(end - 1))) end--
  return bytes.slice(start, end)
}

/** Returns a byte string with its ASCII capitals made small. */
export function lowerAscii(bytes: string): string {
  return /[A-Z]/.test(bytes) ? bytes.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : bytes
}

/** Returns the number of blanks that a byte string begins with. */
export function leadingBlanks(bytes: string): number {
  let count = 0
  while (isBlank(bytes.charCodeAt(count))) count++
  return count
}

function parseEntry(
  content: string,
  line: IniLine,
  indent: number,
): (IniEntry & { continuations: IniLine[] }) | undefined {
  const delimiterAt = content.search(/[=:]/)
  if (delimiterAt === -1 || content.charAt(indent) === '[') return undefined
  const writtenKey = trimBlanks(content.slice(0, delimiterAt))
  if (writtenKey === '') return undefined
  const rest = content.slice(delimiterAt + 1)
  const value = trimBlanks(rest)
  const valueStart = line.start + delimiterAt + 1 + (value === '' ? 0 : leadingBlanks(rest))
  return {
    start: line.start,
    contentEnd: line.contentEnd,
    end: line.end,
    key: lowerAscii(writtenKey),
    writtenKey,
    delimiter: content.charAt(delimiterAt) === '=' ? '=' : ':',
    value,
    valueStart,
    valueEnd: valueStart + value.length,
    isIndented: indent > 0,
    continuations: [],
  }
}

function sectionsFrom(text: string): readonly IniSection[] {
  const sections: SectionStart[] = []
  for (let header = nextHeaderFrom(text, 0); header !== undefined; header = nextHeaderFrom(text, header.bodyStart)) {
    const above = sections.at(-1)
    if (above !== undefined) above.end = header.start
    sections.push(header)
  }
  return sections
}

function nextHeaderFrom(text: string, offset: number): SectionStart | undefined {
  for (let bracket = text.indexOf('[', offset); bracket !== -1; bracket = text.indexOf('[', bracket + 1)) {
    const header = headerAt(text, bracket)
    if (header !== undefined) return header
  }
  return undefined
}

/** The header whose bracket is at an offset; undefined if that bracket opens none. */
function headerAt(text: string, bracket: number): SectionStart | undefined {
  const start = text.charCodeAt(bracket - 1) === LF ? bracket : lineStartThroughBlanks(text, bracket)
  if (start === -1) return undefined
  const contentEnd = contentEndFrom(text, bracket)
  const content = text.slice(bracket + 1, contentEnd)
  const close = content.indexOf(']')
  if (close === -1) return undefined
  return {
    name: trimBlanks(content.slice(0, close)),
    start,
    bodyStart: endOfLine(text, contentEnd),
    end: text.length,
    isIndented: start < bracket,
  }
}

/** Where the line of `offset` begins, if there is nothing but blanks between; else -1. */
function lineStartThroughBlanks(text: string, offset: number): number {
  const textStart = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  let position = offset
  while (position > textStart) {
    const before = text.charCodeAt(position - 1)
    if (before === LF || before === CR) return position
    if (!isBlank(before)) return -1
    position--
  }
  return position
}

/**
 * Looks at one piece after the other: a search for CR through a whole file without any would be made again for each
 * line.
 */
function contentEndFrom(text: string, offset: number): number {
  for (let start = offset; start < text.length; start += PIECE_LENGTH) {
    const piece = text.slice(start, start + PIECE_LENGTH)
    const feed = piece.indexOf('\n')
    const back = piece.indexOf('\r')
    if (feed !== -1 && (back === -1 || feed < back)) return start + feed
    if (back !== -1) return start + back
  }
  return text.length
}

function endOfLine(text: string, contentEnd: number): number {
  if (contentEnd >= text.length) return text.length
  return text.charCodeAt(contentEnd) === CR && text.charCodeAt(contentEnd + 1) === LF ? contentEnd + 2 : contentEnd + 1
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 11 || code === 12
}

/** One replacement in a byte string: `length` bytes from `offset` of the original give way to `content`. */
export interface ByteEdit {
  readonly offset: number
  readonly length: number
  readonly content: string
}

/**
 * Returns `text` with all edits made. Every edit refers to the original, so their order does not matter, except that
 * several inserts at one offset keep the order in which they were given. Bytes that no edit names stay as they are.
 * Throws a plain Error when edits overlap or reach outside the text: that is a fault of the caller, never of a file.
 */
export function applyEdits(text: string, edits: readonly ByteEdit[]): string {
  const ordered = edits.toSorted((a, b) => a.offset - b.offset || Number(a.length > 0) - Number(b.length > 0))
  let edited = ''
  let position = 0
  for (const { offset, length, content } of ordered) {
    if (!Number.isInteger(offset) || !Number.isInteger(length) || length < 0)
      throw new Error(`edit of ${length} bytes at ${offset} is no range`)
    if (offset < position) throw new Error(`edit at ${offset} overlaps one that ends at ${position}`)
    if (offset + length > text.length)
      throw new Error(`edit of ${length} bytes at ${offset} reaches beyond ${text.length}`)
    edited += text.slice(position, offset) + content
    position = offset + length
  }
  return edited + text.slice(position)
}

/** Returns the edit that makes `after` of `before`; none where they are equal. */
export function replaceText(before: string, after: string): readonly ByteEdit[] {
  return before === after ? [] : [{ offset: 0, length: before.length, content: after }]
}

/**
 * Returns the text of a byte string read as UTF-8: the shared files are UTF-8 by agreement, but tools also read files
 * that are not, so reading never fails. Where it is not valid UTF-8, the byte string itself (latin-1),
 * whole.
 */
export function decodeUtf8(bytes: string): string {
  if (isAscii(bytes)) return bytes
  try {
    return decodeURIComponent(bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`))
  } catch (error) {
    if (error instanceof URIError) return bytes
    throw error
  }
}

/** Returns the UTF-8 byte string of a text. A lone surrogate, which no encoding has, becomes U+FFFD. */
export function encodeUtf8(text: string): string {
  if (isAscii(text)) return text
  const wellFormed = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
  return encodeURIComponent(wellFormed).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
