/** What is wrong with a whole file, or with lines of it, whatever section they stand in. */
import { BYTE_ORDER_MARK, leadingBlanks, linesBetween } from '../../files/ini-document.ts'
import type { ExaminedDocument } from '../examination.ts'
import { finding, spelling } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { isPlainKey } from '../plain-keys.ts'
import { rivalOf } from '../settled.ts'

/** A file that cannot be read. */
export function checkReadable({ path, unreadable }: ExaminedDocument): readonly Finding[] {
  return unreadable === undefined ? [] : [finding('file-unreadable', { file: path, name: unreadable })]
}

/** The bytes: mark, encoding, line ends. */
export function checkBytes(file: ExaminedDocument): readonly Finding[] {
  const { path, text, lineAt, sections: [first] } = file
  const found: Finding[] = []
  if (text.startsWith(BYTE_ORDER_MARK)) found.push(spelling('byte-order-mark', { file: path, line: 1, isMendable: first === undefined || rivalOf(file, first) === undefined }))
  const odd = firstOddByte(text)
  if (odd !== undefined) found.push(spelling('not-utf8', { file: path, line: lineAt(odd) }))
  if (/\r(?!\n)/.test(text) && !text.includes('\n')) found.push(spelling('carriage-returns', { file: path, line: 1 }))
  return found
}

/** Lines above the first header, and lines that are no key. */
export function checkStrayLines(file: ExaminedDocument): readonly Finding[] {
  const { path, text, document, sections, lineAt } = file
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const above = linesBetween(text, start, document.sections[0]?.start ?? text.length).find(({ start: from, contentEnd }) => /^[ \t\v\f]*[^ \t\v\f#;]/.test(text.slice(from, contentEnd)))
  const strays = sections.flatMap(({ body }) => body.strays)
  return [
    ...(above === undefined ? [] : [spelling('key-before-section', { file: path, line: lineAt(above.start) })]),
    ...strays.map((line) => {
      const key = shown(text.slice(line.start, line.contentEnd))
      return spelling('line-without-key', { file: path, line: lineAt(line.start), ...(key === undefined ? {} : { key }) })
    }),
  ]
}

/** Comments that do not begin their lines; blank above the first header they harm nobody. */
export function checkIndentedComments({ path, text, sections, lineAt }: ExaminedDocument): readonly Finding[] {
  return sections
    .flatMap(({ body }) => body.comments)
    .filter(({ start, contentEnd }) => leadingBlanks(text.slice(start, contentEnd)) > 0)
    .map(({ start }) => spelling('indented-comment', { file: path, line: lineAt(start), isMendable: true }))
}

/** A stray line may be a part of a secret, so no more is shown than a key's name at its beginning. */
function shown(line: string): string | undefined {
  const word = /^[ \t]*([a-z_]+)/.exec(line)?.[1] ?? ''
  return isPlainKey(word) ? word : undefined
}

/** Where the first byte is that is no part of valid UTF-8. */
function firstOddByte(text: string): number | undefined {
  const valid = /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/
  for (let index = text.search(/[\x80-\xff]/); index !== -1 && index < text.length; ) {
    const match = valid.exec(text.slice(index, index + 4))
    if (match === null) return index
    index += match[0].length
  }
  return undefined
}
