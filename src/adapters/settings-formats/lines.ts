/** Lines of a text, for parsers that do not say where what they read stands. */

/** Gives the lines without their ends, whichever these are. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/)
}

/** Gives the line, counted from 1, in which an offset lies. */
export function lineAt(text: string, offset: number): number {
  return linesOf(text.slice(0, offset)).length
}
