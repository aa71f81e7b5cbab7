/**
 * Between byte strings (one code unit from 0 to 255 a byte) and text. The shared files are UTF-8 by agreement, but tools also
 * read files that are not, so reading never fails.
 */

/** Gives the text of a byte string read as UTF-8; where it is not valid UTF-8, the byte string itself (latin-1), whole. */
export function decodeUtf8(bytes: string): string {
  if (isAscii(bytes)) return bytes
  try {
    return decodeURIComponent(bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`))
  } catch (error) {
    if (error instanceof URIError) return bytes
    throw error
  }
}

/** Gives the UTF-8 byte string of a text. A lone surrogate, which no encoding has, becomes U+FFFD. */
export function encodeUtf8(text: string): string {
  if (isAscii(text)) return text
  const wellFormed = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
  return encodeURIComponent(wellFormed).replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
