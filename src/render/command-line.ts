import type { CommandName } from '../core/command-names.ts'
import { visible } from '../core/visible-text.ts'

/** Gives a line to paste: a command that exists and its words, in quotes where a shell needs them. */
export function commandLine(command: CommandName, ...words: readonly string[]): string {
  return ['awsmfa', command, ...words.map(quoteWord)].join(' ')
}

/** Gives the line that shows help, of one command or of awsmfa. */
export function helpLine(command?: CommandName): string {
  return command === undefined ? 'awsmfa --help' : commandLine(command, '--help')
}

/** The word that names a profile, also where its name begins with `-` and would be taken for an option. */
export function profileWord(profile: string): string {
  return profile.startsWith('-') ? `--profile=${profile}` : profile
}

/** A word of a line to paste, made harmless, in quotes where a shell needs them. */
export function quoteWord(word: string): string {
  const shown = visible(word)
  return /^[\w%+,./:=@^-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`
}
