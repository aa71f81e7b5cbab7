/**
 * Makes text that comes from files, the environment or servers fit to be shown: nothing in it can move the cursor, start
 * another line, or reorder what is read. Control characters become `\xNN`, the Unicode line separators and the invisible
 * marks that change direction or joining `\u{NNNN}`, lone surrogates likewise. Text longer than `limit` characters is cut
 * and ends in `…`. Everything else, backslashes too, stays: this is for eyes, not for reading back.
 */
export function visible(text: string, limit = 200): string {
  const shown = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : text
  return shown.replace(UNSAFE, escape)
}

// C0, DEL and C1; Arabic letter mark, zero-width and direction marks (Unicode Technical Report 36, 3.6), line and paragraph
// separators, isolates, byte order mark, tags; with the u flag a surrogate matches only where it stands alone.
// eslint-disable-next-line no-control-regex -- control characters are the subject
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\u{e0000}-\u{e007f}]/gu

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
