/**
 * Edits of byte strings as values, and conversion between byte strings (one code unit from 0 to 255 for each byte) and
 * text. The shared files are UTF-8 by agreement, but tools also read files that are not, so reading never fails.
 */

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
 * Returns the text of a byte string read as UTF-8; where it is not valid UTF-8, the byte string itself (latin-1),
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
