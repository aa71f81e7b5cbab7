/**
 * Splits a command line from a config file as botocore does before it runs a `credential_process` without a shell
 * (botocore/credentials.py › ProcessProvider uses compat.compat_shell_split: Python's shlex.split, POSIX mode, on Unix).
 * Gives undefined for an unclosed quote or a trailing backslash, where botocore gives up too.
 */
export function splitCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let index = 0
  while (index < line.length) {
    const character = line.charAt(index)
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
      index += 1
      continue
    }
    const piece = readPiece(line, index)
    if (piece === undefined) return undefined
    word = (word ?? '') + piece.text
    index = piece.next
  }
  return word === undefined ? words : [...words, word]
}

interface Piece {
  readonly text: string
  readonly next: number
}

function readPiece(line: string, index: number): Piece | undefined {
  const character = line.charAt(index)
  if (character === "'") {
    const end = line.indexOf("'", index + 1)
    return end === -1 ? undefined : { text: line.slice(index + 1, end), next: end + 1 }
  }
  if (character === '"') return readDoubleQuoted(line, index + 1)
  if (character !== '\\') return { text: character, next: index + 1 }
  return index + 1 < line.length ? { text: line.charAt(index + 1), next: index + 2 } : undefined
}

/** Inside double quotes a backslash counts only before a double quote or another backslash. */
function readDoubleQuoted(line: string, start: number): Piece | undefined {
  let text = ''
  for (let index = start; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === '"') return { text, next: index + 1 }
    const next = line.charAt(index + 1)
    if (character === '\\' && (next === '"' || next === '\\')) {
      text += next
      index += 1
    } else text += character
  }
  return undefined
}

/**
 * Splits as botocore does on Windows: only double quotes quote, and a backslash is a character unless it stands before a
 * double quote (botocore/compat.py › _windows_shell_split, after Microsoft's rules for C programs).
 */
export function splitWindowsCommand(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quoted = false
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === '\\') {
      const run = /^\\+/.exec(line.slice(index))?.[0].length ?? 1
      const beforeQuote = line.charAt(index + run) === '"'
      word = (word ?? '') + '\\'.repeat(beforeQuote ? Math.floor(run / 2) : run)
      index += run - 1
      if (beforeQuote && run % 2 === 1) {
        word += '"'
        index += 1
      }
    } else if (character === '"') {
      quoted = !quoted
      word ??= ''
    } else if (!quoted && /[ \t]/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quoted) return undefined
  return word === undefined ? words : [...words, word]
}
