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

/**
 * Gives the options of all commands that take a value, each once: the word that follows one is not the command, nor what the command
 * takes. `offers` is 'anything' where commands differ in it.
 */
export function valueOptions(commands: readonly CompletedCommand[]): readonly CompletedOption[] {
  const byName = new Map<string, CompletedOption>()
  for (const option of commands.flatMap(({ options }) => options.filter(({ offers }) => offers !== 'nothing'))) {
    const known = byName.get(option.name)
    byName.set(option.name, known === undefined || String(known.offers) === String(option.offers) ? option : { ...option, offers: 'anything' })
  }
  return [...byName.values()]
}

/** Gives the ways to write options, each a word. */
export function spellingsOf(options: readonly CompletedOption[]): readonly string[] {
  return options.flatMap(({ name, short }) => (short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]))
}

/**
 * Gives what the completion functions of bash, zsh and PowerShell look up for one of these commands. Before there is a command, the
 * values of every command's options are known: they may stand ahead of it, though they are not offered there.
 */
export function caseValues({ name: command, takes, options, tail }: CompletedCommand, commands: readonly CompletedCommand[]): CaseValues {
  const known = command === '' ? [...options, ...valueOptions(commands)] : options
  const wordsOf = (among: readonly CompletedOption[], isMeant: (option: CompletedOption) => boolean): string => spellingsOf(among.filter(isMeant)).join(' ')
  return {
    flags: wordsOf(options, ({ offers }) => offers === 'nothing'),
    values: wordsOf(options, ({ offers }) => offers !== 'nothing'),
    profiles: wordsOf(known, ({ offers }) => offers === 'profiles'),
    files: wordsOf(known, ({ offers }) => offers === 'files'),
    choices: known.flatMap(({ name, offers }) => (typeof offers === 'string' ? [] : [`--${name}=${offers.join(',')} `])).join(''),
    takes: takes === 'profile' ? takes : takes.map(({ name }) => name).join(' '),
    tail: tail ?? '',
  }
}

/** Gives the row of bash's and zsh's `case` for a command, behind the word that it is looked up by. No word of the command table has a quote in it. */
export function caseAssignments(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  return [...Object.entries(caseValues(command, commands)).filter(([, words]) => words !== '').map(([name, words]) => `${name}='${words}'`), ';;'].join(' ')
}

/** The commands that are several, each with a pattern of the words that may follow: `cache` with `show|clear`. */
export function commandsOfTwoWords(commands: readonly CompletedCommand[]): readonly (readonly [string, readonly string[]])[] {
  const pairs = commands.map(({ name }) => name.split(' ')).filter(([, second]) => second !== undefined)
  return [...new Set(pairs.map(([first = '']) => first))].map((first) => [first, pairs.flatMap(([before, second]) => (before === first && second !== undefined ? [second] : []))])
}
