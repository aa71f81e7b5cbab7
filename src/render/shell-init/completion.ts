/** What completion knows of the command line: the command table, as shells need it. */

/** An option. `nothing`: it takes no value; `anything`: it takes one of which nothing is known. */
export interface CompletedOption {
  readonly name: string
  readonly short?: string
  readonly description: string
  readonly offers: 'nothing' | 'anything' | 'profiles' | 'files' | readonly string[]
}

/** A word that may follow a command. */
export interface CompletedWord {
  readonly name: string
  readonly description: string
}

/**
 * A command, or, with the name '', the line before there is one; two words with a blank between are a command that is several, and
 * which of them. Names are plain words that no shell acts upon.
 */
export interface CompletedCommand {
  readonly name: string
  readonly takes: 'profile' | readonly CompletedWord[]
  readonly options: readonly CompletedOption[]
  /** What follows `--`: `command` is a program and its words; undefined is left to the shell, which offers files. */
  readonly tail?: 'command'
}

/** Words with blanks between: options without value and with one, those whose value is a profile or a file, `--option=one,two`, and what follows the command. */
export interface CaseValues {
  readonly flags: string
  readonly values: string
  readonly profiles: string
  readonly files: string
  readonly choices: string
  readonly takes: string
  readonly tail: string
}

/** Gives what the completion functions of bash, zsh and PowerShell look up for a command. */
export function caseValues({ takes, options, tail }: CompletedCommand): CaseValues {
  const spellings = ({ name, short }: CompletedOption): string => (short === undefined ? `--${name}` : `--${name} -${short}`)
  const wordsOf = (isMeant: (option: CompletedOption) => boolean): string => options.filter(isMeant).map(spellings).join(' ')
  return {
    flags: wordsOf(({ offers }) => offers === 'nothing'),
    values: wordsOf(({ offers }) => offers !== 'nothing'),
    profiles: wordsOf(({ offers }) => offers === 'profiles'),
    files: wordsOf(({ offers }) => offers === 'files'),
    choices: options.flatMap(({ name, offers }) => (typeof offers === 'string' ? [] : [`--${name}=${offers.join(',')} `])).join(''),
    takes: takes === 'profile' ? takes : takes.map(({ name }) => name).join(' '),
    tail: tail ?? '',
  }
}

/** Gives the row of bash's and zsh's `case` for a command, behind the word that it is looked up by. No word of the command table has a quote in it. */
export function caseAssignments(command: CompletedCommand): string {
  return [...Object.entries(caseValues(command)).filter(([, words]) => words !== '').map(([name, words]) => `${name}='${words}'`), ';;'].join(' ')
}

/** The commands that are several, each with a pattern of the words that may follow: `cache` with `show|clear`. */
export function commandsOfTwoWords(commands: readonly CompletedCommand[]): readonly (readonly [string, readonly string[]])[] {
  const pairs = commands.map(({ name }) => name.split(' ')).filter(([, second]) => second !== undefined)
  return [...new Set(pairs.map(([first = '']) => first))].map((first) => [first, pairs.flatMap(([before, second]) => (before === first && second !== undefined ? [second] : []))])
}
