/** What completion knows of the command line: the command table, as shells need it. */

/** An option. `nothing`: it takes no value. */
export interface CompletedOption {
  readonly name: string
  readonly short?: string
  readonly description: string
  readonly offers: 'nothing' | 'profiles' | 'files' | readonly string[]
}

/** A word that may follow a command. */
export interface CompletedWord {
  readonly name: string
  readonly description: string
}

/** A command, or, with the name '', the line before there is one. Names are plain words that no shell acts upon. */
export interface CompletedCommand {
  readonly name: string
  readonly takes: 'profile' | readonly CompletedWord[]
  readonly options: readonly CompletedOption[]
}

/** Words with blanks between: options without value and with one, those whose value is a profile, `--option=one,two`, and what follows the command. */
export interface CaseValues {
  readonly flags: string
  readonly values: string
  readonly profiles: string
  readonly choices: string
  readonly takes: string
}

/** Gives what the completion functions of bash and zsh look up for a command. */
export function caseValues({ takes, options }: CompletedCommand): CaseValues {
  const spellings = ({ name, short }: CompletedOption): string => (short === undefined ? `--${name}` : `--${name} -${short}`)
  const wordsOf = (isMeant: (option: CompletedOption) => boolean): string => options.filter(isMeant).map(spellings).join(' ')
  return {
    flags: wordsOf(({ offers }) => offers === 'nothing'),
    values: wordsOf(({ offers }) => offers !== 'nothing'),
    profiles: wordsOf(({ offers }) => offers === 'profiles'),
    choices: options.flatMap(({ name, offers }) => (typeof offers === 'string' ? [] : [`--${name}=${offers.join(',')} `])).join(''),
    takes: takes === 'profile' ? takes : takes.map(({ name }) => name).join(' '),
  }
}
