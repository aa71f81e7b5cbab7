import type { CommandName } from '../core/command-names.ts'
import { visible } from '../core/visible-text.ts'

/**
 * Gives a command line that can be pasted into a shell: `awsmfa login 'my profile' --force`. Only commands that exist can be
 * named.
 */
export function commandLine(command: CommandName, ...words: readonly string[]): string {
  return ['awsmfa', command, ...words.map(quoteWord)].join(' ')
}

/** Single quotes hold everything but themselves, in every POSIX shell. */
function quoteWord(word: string): string {
  const shown = visible(word)
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`
}
