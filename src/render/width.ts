/** How many columns a text takes on a terminal: enough for names, without the tables of a library. */

/** East Asian wide and emoji blocks take two columns (Unicode Standard Annex 11). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
]

/** Combining marks, joiners and variation selectors take none. */
const NARROW: readonly (readonly [number, number])[] = [
  [0x0300, 0x036f],
  [0x200b, 0x200f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
]

/** Gives the columns that a text without control characters takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character.codePointAt(0) ?? 0)
  return width
}

/** Fills a text with spaces up to a width. */
export function padDisplay(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Cuts a text that is wider than `width`, ending it in `~`, which every terminal can show. */
export function shortenDisplay(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const character of text) {
    used += columnsOf(character.codePointAt(0) ?? 0)
    if (used > width) break
    kept += character
  }
  return `${kept}~`
}

function columnsOf(codePoint: number): number {
  if (codePoint < 0x300) return 1
  if (NARROW.some(([from, to]) => codePoint >= from && codePoint <= to)) return 0
  return WIDE.some(([from, to]) => codePoint >= from && codePoint <= to) ? 2 : 1
}
