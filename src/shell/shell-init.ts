import {
  ENV_FORMATS,
  FOREIGN_TOOLS,
  HELP_TOPICS,
  LAYOUT_NAMES,
  PROMPT_CHOICES,
  SHELL_NAMES,
} from '../command-line/spec.ts'
import type { OptionSpec, ShellName } from '../command-line/spec.ts'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../command-line/table.ts'
import { COMMAND_NAMES } from '../model/invocation.ts'
import type { CommandName } from '../model/invocation.ts'

/**
 * Gives the command table as completion needs it: what each word and value can be. The first is the line without a command, the last
 * `help`, which is no command of the table. A command that is several has a row for each, named by both words.
 */
export function completedCommands(): readonly CompletedCommand[] {
  const words = COMMAND_NAMES.map((name) => ({ name, description: COMMAND_TABLE[name].summary }))
  const first: CompletedCommand = {
    name: '',
    takes: [...words, { name: 'help', description: 'Say more on a command or a topic' }],
    options: GLOBAL_OPTIONS.map((option) => completedOption('', option)),
  }
  const help: CompletedCommand = { name: 'help', takes: [...words, ...HELP_TOPICS.map(plain)], options: [] }
  return [first, ...COMMAND_NAMES.flatMap(rowsOf), help]
}

/** The values of options, and the words after commands, of which there are so many and no more: the lists that the commands themselves go by. */
const CLOSED_SETS: Readonly<Record<string, readonly string[]>> = {
  'env --format': ENV_FORMATS,
  'login --prompt': PROMPT_CHOICES,
  'credential-process --prompt': PROMPT_CHOICES,
  'setup --layout': LAYOUT_NAMES,
  import: FOREIGN_TOOLS,
  'shell-init': SHELL_NAMES,
}

/** What a value can be, by what stands for it in help. A command is a program's file at the least. */
const OFFERED: Readonly<Record<string, CompletedOption['offers']>> = { FILE: 'files', COMMAND: 'files' }

/** A version is asked for without a command. */
const HELP = GLOBAL_OPTIONS.filter(({ name }) => name === 'help')

function rowsOf(name: CommandName): readonly CompletedCommand[] {
  const { actions, options, positional, tail } = COMMAND_TABLE[name]
  const offered = [...options, ...HELP].map((option) => completedOption(name, option))
  const takes = positional?.name === 'profile' ? 'profile' : (CLOSED_SETS[name] ?? []).map(plain)
  // The words after `--` are a program's where they have to be there; where they need not be, flags for STS.
  if (actions === undefined)
    return [{ name, takes, options: offered, ...(tail?.required === true ? { tail: 'command' as const } : {}) }]
  const ofOne = new Set(Object.values(actions).flatMap((action) => action.options))
  return [
    {
      name,
      takes: Object.entries(actions).map(([word, { summary }]) => ({ name: word, description: summary })),
      options: offered,
    },
    ...Object.entries(actions).map(([word, action]): CompletedCommand => ({
      name: `${name} ${word}`,
      takes: action.maximum > 0 ? takes : [],
      options: offered.filter((option) => !ofOne.has(option.name) || action.options.includes(option.name)),
    })),
  ]
}

function completedOption(command: string, { name, short, description, ...spec }: OptionSpec): CompletedOption {
  return {
    name,
    ...(short === undefined ? {} : { short }),
    description,
    offers: spec.kind === 'flag' ? 'nothing' : offersOf(command, name, spec.placeholder),
  }
}

function offersOf(command: string, option: string, placeholder: string): CompletedOption['offers'] {
  if (option === 'profile' || option === 'source-profile') return 'profiles'
  return CLOSED_SETS[`${command} --${option}`] ?? OFFERED[placeholder] ?? 'anything'
}

function plain(name: string): CompletedWord {
  return { name, description: '' }
}

/** The snippet for bash. Whatever stands in the environment and in the files may have been chosen to hurt: nothing of it is evaluated. */

/**
 * Gives the code for ~/.bashrc: what keeps AWSMFA_PS1, `awsmfa-use`, and completion for these commands. bash 3.2 (macOS) to 5.
 * AWSMFA_PS1 can stand in PS1 as it is or as `$AWSMFA_PS1`: it holds nothing that bash would act upon.
 */
function renderBash(commands: readonly CompletedCommand[]): string {
  const twoWords = commandsOfTwoWords(commands).map(
    ([first, seconds]) => `      ${first}) case $word in ${seconds.join(' | ')}) command="$command $word" ;; esac ;;\n`,
  )
  const before = COMPLETION_BEFORE.replace('TAKING', spellingsOf(valueOptions(commands)).join(' '))
  return `${PROMPT}${before}${twoWords.join('')}${COMPLETION_CASE}${commands.map((command) => caseOf(command, commands)).join('')}${COMPLETION_AFTER}`
}

function caseOf(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  return `    '${command.name}') ${caseAssignments(command, commands)}\n`
}

const PROMPT = `# shellcheck shell=bash disable=SC2034
# awsmfa in bash, 3.2 or later: what is left of the session, in AWSMFA_PS1. Nothing is started; only bash before 4.2 needs one \`date\`.
# bash before 5.0 has no such clock, but may have inherited one that stands still.
case $BASH_VERSION in [1234].*) unset EPOCHSECONDS ;; esac

_awsmfa_prompt() {
  local code=$?
  _awsmfa_segment || :
  # Under errexit bash would end here with the code of the last command.
  case $- in *e*) return 0 ;; esac
  return "$code"
}

# bash copies a function each time it calls it: what is rarely needed has one of its own.
_awsmfa_segment() {
  local profile=\${AWS_PROFILE:-\${AWS_DEFAULT_PROFILE:-}} credentials=\${AWS_SHARED_CREDENTIALS_FILE:-\${HOME:-}/.aws/credentials} end='' state='' inside='' left label file name
  AWSMFA_PS1=''
  if [[ -n \${AWSMFA_PROFILE:-} && -z $profile && -n \${AWS_ACCESS_KEY_ID:-} && -n \${AWS_SECRET_ACCESS_KEY:-} && -n \${AWS_SESSION_TOKEN:-} ]]; then
    # Inside of awsmfa exec.
    profile=$AWSMFA_PROFILE inside=1 state=ends
    _awsmfa_instant "\${AWS_CREDENTIAL_EXPIRATION:-}" || state=unknown
  else
    profile=\${profile:-default}
    file=$profile
    # shellcheck disable=SC2088 # as AWS's tools do it, whatever the shell did
    case $credentials in '~' | '~/'*) credentials=\${HOME:-}\${credentials#'~'} ;; esac
    case $file in .* | *[%/\\\\:*?\\"\\<\\>\\|]*) _awsmfa_encode ;; esac
    file=$credentials.awsmfa/$file
    [[ -f $file && -r $file && -e $credentials ]] || return 0
    # The first word is the version of the form.
    IFS=' ' read -r label end state name <"$file" || return 0
    if [ "$label" != 1 ] || [ "$name" != "$profile" ]; then return 0; fi
    if [[ $credentials -nt $file ]]; then state=older; fi
  fi
  label=$profile
  # What a prompt would act upon.
  case $label in *[\\\\\\\`\\$![:cntrl:]]*) label=\${label//[\\\\\\\`\\$![:cntrl:]]/_} ;; esac
  if [[ $state != ends ]]; then
    AWSMFA_PS1="$label ?"
    return 0
  fi
  # Arithmetic would take anything but digits for an expression.
  case $end in '' | 0* | *[!0-9]* | ????????????*) [[ -n $inside ]] || return 0 ;; esac
  case \${EPOCHSECONDS:-} in
    '' | *[!0-9]*) _awsmfa_left || return 0 ;;
    *) left=$((end - EPOCHSECONDS)) ;;
  esac
  if ((left >= 3600)); then
    AWSMFA_PS1="$label $((left / 3600))h$((left % 3600 / 60))m"
  else
    _awsmfa_soon
  fi
}

_awsmfa_soon() {
  if ((left >= 60)); then
    AWSMFA_PS1="$label $((left / 60))m"
  elif ((left > 0)); then
    AWSMFA_PS1="$label <1m"
  elif ((left > -86400)); then
    AWSMFA_PS1="$label expired"
  fi
  if ((left > 0 && left <= 600)); then _awsmfa_warn; fi
}

# Gives $left where bash has no such clock.
_awsmfa_left() {
  local now
  case $BASH_VERSION in
    [123].* | 4.[01].*) now=$(date +%s 2>/dev/null) || return 1 ;;
    *) printf -v now '%(%s)T' -1 ;;
  esac
  case $now in '' | *[!0-9]*) return 1 ;; esac
  left=$((end - now))
}

# The name of the file for a name that files cannot have.
_awsmfa_encode() {
  file=\${file//%/%25} file=\${file//\\//%2F} file=\${file//\\\\/%5C} file=\${file//:/%3A} file=\${file//\\*/%2A}
  file=\${file//\\?/%3F} file=\${file//\\"/%22} file=\${file//</%3C} file=\${file//>/%3E} file=\${file//|/%7C}
  case $file in .*) file=%2E\${file#.} ;; esac
}

# Gives $end the instant of a text such as 2026-11-21T18:40:00Z.
_awsmfa_instant() {
  local d='[0123456789]' year month day days
  # shellcheck disable=SC2254 # a pattern
  case $1 in $d$d$d$d-$d$d-$d\${d}T$d$d:$d$d:$d\${d}Z) ;; *) return 1 ;; esac
  year=$((10#\${1:0:4})) month=$((10#\${1:5:2})) day=$((10#\${1:8:2}))
  if ((month < 3)); then year=$((year - 1)) month=$((month + 12)); fi
  days=$((365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 719469))
  end=$((days * 86400 + 10#\${1:11:2} * 3600 + 10#\${1:14:2} * 60 + 10#\${1:17:2}))
}

# Says once at ten and once at five minutes before the end what renews the session.
_awsmfa_warn() {
  local mark=10 word option=
  if ((left <= 300)); then mark=5; fi
  case \${_awsmfa_warned-} in *"/$end $mark $profile/"*) return 0 ;; esac
  _awsmfa_warned="\${_awsmfa_warned-}/$end $mark $profile/"
  printf -v word %q "$profile"
  case $profile in -*) option=--profile= ;; esac
  if [[ -n $inside ]]; then
    printf '%s\\n' "awsmfa: note: the session of '$label' in this shell ends in $(((left + 59) / 60)) min; to get another: exit, then awsmfa exec $option$word -- bash" >&2
  else
    printf '%s\\n' "awsmfa: note: the session of '$label' ends in $(((left + 59) / 60)) min; to renew it: awsmfa login $option$word" >&2
  fi
}

case $'\\n'"\${PROMPT_COMMAND[*]-}" in
  *_awsmfa_prompt*) ;;
  *) PROMPT_COMMAND=_awsmfa_prompt\${PROMPT_COMMAND:+$'\\n'"$PROMPT_COMMAND"} ;;
esac

# awsmfa-use PROFILE: sets AWS_PROFILE; without a name, prints the profile in use. In POSIX mode bash has no such names.
case :\${SHELLOPTS-}: in
  *:posix:*) ;;
  *)
    awsmfa-use() {
      if (($# == 0)); then
        printf '%s\\n' "\${AWS_PROFILE:-\${AWS_DEFAULT_PROFILE:-default}}"
      elif (($# > 1)) || [[ -z $1 ]]; then
        printf '%s\\n' 'awsmfa-use: one profile, or none to see which is in use' >&2
        return 2
      else
        export AWS_PROFILE=$1
        if [[ -n \${AWS_ACCESS_KEY_ID:-} ]]; then
          printf '%s\\n' "awsmfa-use: note: most tools take the keys in this shell's environment before AWS_PROFILE; to take them away: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN" >&2
        fi
      fi
    }
    ;;
esac
`

const COMPLETION_BEFORE = `
# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
_awsmfa_profiles() {
  local file line name kind IFS=$' \\t\\n'
  _awsmfa_names=()
  for kind in credentials config; do
    if [[ $kind == config ]]; then file=\${AWS_CONFIG_FILE:-\${HOME:-}/.aws/config}; else file=\${AWS_SHARED_CREDENTIALS_FILE:-\${HOME:-}/.aws/credentials}; fi
    # shellcheck disable=SC2088 # as AWS's tools do it
    case $file in '~/'*) file=\${HOME:-}\${file#'~'} ;; esac
    [[ -f $file && -r $file ]] || continue
    while IFS= read -r line || [[ -n $line ]]; do
      case $line in '['*']'*) ;; *) continue ;; esac
      name=\${line#[} name=\${name%%]*}
      name=\${name#"\${name%%[![:space:]]*}"} name=\${name%"\${name##*[![:space:]]}"}
      if [[ $kind == config ]]; then
        case $name in
          profile[[:space:]]*) name=\${name#profile} name=\${name#"\${name%%[![:space:]]*}"} ;;
          default) ;;
          *) continue ;;
        esac
        case $name in '"'*'"' | "'"*"'") name=\${name#?} name=\${name%?} ;; esac
      fi
      case $name in '' | DEFAULT | *[[:cntrl:]]*) continue ;; esac
      case " \${_awsmfa_names[*]-} " in *" $name "*) ;; *) _awsmfa_names[\${#_awsmfa_names[@]}]=$name ;; esac
    done <"$file"
  done
}

# Offers those words that begin with what is typed. What stands before the last \`:\`, \`@\` or \`=\` is not for bash to replace.
_awsmfa_offer() {
  local line=\${COMP_LINE:0:COMP_POINT} typed=\${COMP_WORDS[COMP_CWORD]} word before='' breaks=''
  line=\${line##*[[:space:]]}
  if [[ $line == *"$typed" ]]; then typed=$line; fi
  case $typed in --*=*) typed=\${typed#*=} ;; esac
  for word in : @ =; do
    case \${COMP_WORDBREAKS-} in *"$word"*) breaks=$breaks$word ;; esac
  done
  if [[ -n $breaks ]]; then before=\${typed%"\${typed##*["$breaks"]}"}; fi
  for word in "$@"; do
    printf -v word %q "$word"
    if [[ $word == "$typed"* ]]; then COMPREPLY[\${#COMPREPLY[@]}]=\${word#"$before"}; fi
  done
}

# What follows \`--\`: a program, as at the beginning of a line, and its words, by bash-completion where that is there.
_awsmfa_offer_program() {
  local word
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    compopt -o default 2>/dev/null
    if [[ $now == */* ]]; then compopt -o filenames 2>/dev/null; fi
    while IFS= read -r word; do
      if [[ -n $word ]]; then COMPREPLY[\${#COMPREPLY[@]}]=$word; fi
    done <<<"$(compgen -c -- "$now")"
  else
    compopt -o default 2>/dev/null
  fi
}

_awsmfa_complete() {
  local IFS=$' \\t\\n' now=\${COMP_WORDS[COMP_CWORD]} last='' command='' word i flags='' values='' profiles='' files='' takes='' choices='' tail='' dashes='' skip='' taking='TAKING'
  local -a _awsmfa_names=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      --)
        dashes=$i
        break
        ;;
      # Options and their values are no words of the command. bash parts words at these three.
      [=:@]*) skip=1 word='' ;;
      -*) case " $taking " in *" $word "*) skip=1 word='' ;; *) skip='' word='' ;; esac ;;
      *) if [[ -n $skip ]]; then skip='' word=''; fi ;;
    esac
    case $command in
      '') command=$word ;;
`

const COMPLETION_CASE = `    esac
  done
  if ((COMP_CWORD > 0)); then last=\${COMP_WORDS[COMP_CWORD - 1]}; fi
  if [[ $now == = ]]; then now=''; elif [[ $last == = ]] && ((COMP_CWORD > 1)); then last=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  case $command in
`

const COMPLETION_AFTER = `  esac
  if [[ -n $dashes ]]; then
    if [[ $tail == command ]]; then _awsmfa_offer_program $((dashes + 1)); else compopt -o default 2>/dev/null; fi
    return 0
  fi
  case $last in
    -?*)
      case " $profiles " in
        *" $last "*)
          _awsmfa_profiles
          _awsmfa_offer \${_awsmfa_names[@]+"\${_awsmfa_names[@]}"}
          return 0
          ;;
      esac
      case " $choices" in
        *" $last="*)
          choices=\${choices#*"$last="}
          IFS=, read -r -a _awsmfa_names <<<"\${choices%% *}"
          _awsmfa_offer "\${_awsmfa_names[@]}"
          return 0
          ;;
      esac
      case " $taking " in
        *" $last "*)
          case " $files " in *" $last "*) compopt -o default 2>/dev/null ;; esac
          return 0
          ;;
      esac
      ;;
  esac
  case $now in
    -*)
      IFS=' ' read -r -a _awsmfa_names <<<"$flags $values"
      _awsmfa_offer "\${_awsmfa_names[@]}"
      return 0
      ;;
  esac
  case $takes in
    profile)
      _awsmfa_profiles
      _awsmfa_offer \${_awsmfa_names[@]+"\${_awsmfa_names[@]}"}
      ;;
    ?*)
      IFS=' ' read -r -a _awsmfa_names <<<"$takes"
      _awsmfa_offer "\${_awsmfa_names[@]}"
      ;;
  esac
}

_awsmfa_use_complete() {
  local -a _awsmfa_names=()
  COMPREPLY=()
  if ((COMP_CWORD > 1)) && [[ \${COMP_LINE:0:COMP_POINT} != *[:@=]* ]]; then return 0; fi
  _awsmfa_profiles
  _awsmfa_offer \${_awsmfa_names[@]+"\${_awsmfa_names[@]}"}
}

complete -F _awsmfa_complete awsmfa
complete -F _awsmfa_use_complete awsmfa-use
`

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
    byName.set(
      option.name,
      known === undefined || String(known.offers) === String(option.offers)
        ? option
        : { ...option, offers: 'anything' },
    )
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
export function caseValues(
  { name: command, takes, options, tail }: CompletedCommand,
  commands: readonly CompletedCommand[],
): CaseValues {
  const known = command === '' ? [...options, ...valueOptions(commands)] : options
  const wordsOf = (among: readonly CompletedOption[], isMeant: (option: CompletedOption) => boolean): string =>
    spellingsOf(among.filter(isMeant)).join(' ')
  return {
    flags: wordsOf(options, ({ offers }) => offers === 'nothing'),
    values: wordsOf(options, ({ offers }) => offers !== 'nothing'),
    profiles: wordsOf(known, ({ offers }) => offers === 'profiles'),
    files: wordsOf(known, ({ offers }) => offers === 'files'),
    choices: known
      .flatMap(({ name, offers }) => (typeof offers === 'string' ? [] : [`--${name}=${offers.join(',')} `]))
      .join(''),
    takes: takes === 'profile' ? takes : takes.map(({ name }) => name).join(' '),
    tail: tail ?? '',
  }
}

/** Gives the row of bash's and zsh's `case` for a command, behind the word that it is looked up by. No word of the command table has a quote in it. */
function caseAssignments(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  return [
    ...Object.entries(caseValues(command, commands))
      .filter(([, words]) => words !== '')
      .map(([name, words]) => `${name}='${words}'`),
    ';;',
  ].join(' ')
}

/** The commands that are several, each with a pattern of the words that may follow: `cache` with `show|clear`. */
function commandsOfTwoWords(commands: readonly CompletedCommand[]): readonly (readonly [string, readonly string[]])[] {
  const pairs = commands.map(({ name }) => name.split(' ')).filter(([, second]) => second !== undefined)
  return [...new Set(pairs.map(([first = '']) => first))].map((first) => [
    first,
    pairs.flatMap(([before, second]) => (before === first && second !== undefined ? [second] : [])),
  ])
}

/** The snippet for fish. Whatever stands in the environment and in the files may have been chosen to hurt: nothing of it is evaluated. */

/** Gives the code for config.fish: what keeps AWSMFA_PS1, `awsmfa-use`, and completion for these commands. */
function renderFish(commands: readonly CompletedCommand[]): string {
  const twoWords = commandsOfTwoWords(commands)
    .flatMap(([first, seconds]) => seconds.map((second) => `'${first} ${second}'`))
    .join(' ')
  const options = valueOptions(commands)
  const lines = [...commands.flatMap(linesOf), ...options.flatMap(linesAhead)]
  return `${FISH_PROMPT}${COMPLETION.replace('TWO_WORDS', twoWords).replace('TAKING', spellingsOf(options).join(' '))}${lines.map((line) => `${line}\n`).join('')}`
}

/** For the value of an option that stands ahead of the command. */
function linesAhead(option: CompletedOption): readonly string[] {
  return spellingsOf([option]).map(
    (spelling) => `complete -c awsmfa -n '_awsmfa_is ${spelling}'${valueOf(option.offers).replace(' -r', '')}`,
  )
}

function linesOf({ name, takes, options, tail }: CompletedCommand): readonly string[] {
  const start = `complete -c awsmfa -n '_awsmfa_is ${name === '' ? '""' : name.includes(' ') ? `"${name}"` : name}'`
  const words =
    takes === 'profile'
      ? ["-f -a '(_awsmfa_profiles)'"]
      : takes.length === 0
        ? ['-f']
        : takes.map(({ name: word, description }) => `-f -a ${word}${descriptionOf(description)}`)
  const lines = [...words, ...options.map(optionOf)].map((rest) => `${start} ${rest}`)
  return tail === undefined
    ? lines
    : [...lines, `complete -c awsmfa -n '_awsmfa_is "${name} --"' -f -a '(_awsmfa_program)'`]
}

function optionOf({ name, short, offers, description }: CompletedOption): string {
  return `-l ${name}${short === undefined ? '' : ` -s ${short}`}${valueOf(offers)}${descriptionOf(description)}`
}

function valueOf(offers: CompletedOption['offers']): string {
  switch (offers) {
    case 'nothing':
      return ' -f'
    case 'anything':
      return ' -f -r'
    case 'profiles':
      return " -f -r -a '(_awsmfa_profiles)'"
    case 'files':
      return ' -r -F'
    default:
      return ` -f -r -a '${offers.join(' ')}'`
  }
}

function descriptionOf(text: string): string {
  return text === '' ? '' : ` -d '${text.replace(/[\\']/g, '\\$&')}'`
}

const FISH_PROMPT = `# awsmfa in fish, 3.1 or later: what is left of the session, in AWSMFA_PS1. Nothing is started; only fish before 3.5 needs one \`date\`.
function _awsmfa_prompt --on-event fish_prompt
    set -l code $status
    _awsmfa_segment
    return $code
end

# Prints what is left until an instant, in seconds, and its whole hours and minutes beside them. fish has no clock, but can tell
# when a file was changed and how long ago that was.
if builtin -q path
    function _awsmfa_left
        set -l now (path mtime -- /; path mtime -R -- /)
        _awsmfa_parts "$argv[1] - $now[1] - $now[2]"
    end
else
    function _awsmfa_left
        command -q date; or return
        set -l now (command date +%s 2>/dev/null)
        test -n "$now"; and _awsmfa_parts "$argv[1] - $now"
    end
end

function _awsmfa_parts
    math $argv[1]
    math -s0 "($argv[1]) / 3600"
    math -s0 "($argv[1]) % 3600 / 60"
end

# What costs here is each (…): there is one for the time, and others only where they are needed.
function _awsmfa_segment
    set -g AWSMFA_PS1
    set -l profile default
    set -l inside
    if test -n "$AWSMFA_PROFILE"; and test -z "$AWS_PROFILE$AWS_DEFAULT_PROFILE"; and test -n "$AWS_ACCESS_KEY_ID"; and test -n "$AWS_SECRET_ACCESS_KEY"; and test -n "$AWS_SESSION_TOKEN"
        # Inside of awsmfa exec.
        set profile "$AWSMFA_PROFILE"
        set inside 1
    else if test -n "$AWS_PROFILE"
        set profile "$AWS_PROFILE"
    else if test -n "$AWS_DEFAULT_PROFILE"
        set profile "$AWS_DEFAULT_PROFILE"
    end
    set -l label "$profile"
    set -l file "$profile"
    # What a prompt or a terminal would act upon, and what files cannot be called.
    if string match -q -r '[%/\\\\\\\\:*?"<>|\`$!]|^[.]|[[:cntrl:]]' -- $profile
        set label (string replace -r -a '[\\\\\\\\\`$![:cntrl:]]' _ -- $profile | string join _)
        set file (string replace -a % %25 -- $file | string replace -a / %2F | string replace -a \\\\ %5C | string replace -a : %3A | string replace -a '*' %2A | string replace -a '?' %3F | string replace -a '"' %22 | string replace -a '<' %3C | string replace -a '>' %3E | string replace -a '|' %7C | string replace -r '^[.]' %2E)
    end
    set -l seconds unknown
    if test -n "$inside"
        set seconds (_awsmfa_instant "$AWS_CREDENTIAL_EXPIRATION")
    else
        set -l credentials "$AWS_SHARED_CREDENTIALS_FILE"
        if test -z "$credentials"
            set credentials "$HOME/.aws/credentials"
        else if string match -q -r '^~(/|$)' -- $credentials
            set credentials "$HOME"(string sub -s 2 -- $credentials)
        end
        set file "$credentials.awsmfa/$file"
        test -f "$file"; and test -r "$file"; and test -e "$credentials"; or return 0
        read -l -d ' ' form end state name <$file; or return 0
        test "$form" = 1; and test "$name" = "$profile"; or return 0
        if test "$state" = ends; and not test "$credentials" -nt "$file"
            string match -q -r '^[1-9][0-9]{0,10}$' -- $end; or return 0
            set seconds $end
        end
    end
    if test "$seconds" = unknown
        set AWSMFA_PS1 "$label ?"
        return 0
    end
    set -l left (_awsmfa_left $seconds)
    set -q left[3]; or return 0
    if test $left[1] -ge 3600
        set AWSMFA_PS1 "$label $left[2]h$left[3]m"
    else if test $left[1] -ge 60
        set AWSMFA_PS1 "$label $left[3]m"
    else if test $left[1] -gt 0
        set AWSMFA_PS1 "$label <1m"
    else if test $left[1] -gt -86400
        set AWSMFA_PS1 "$label expired"
    end
    if test $left[1] -gt 0; and test $left[1] -le 600
        _awsmfa_warn $left[1] $seconds "$profile" "$label" $inside
    end
end

# Prints the instant of a text such as 2026-11-21T18:40:00Z.
function _awsmfa_instant
    set -l part (string match -r '^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$' -- $argv[1])
    if test (count $part) -ne 7
        echo unknown
        return
    end
    set -l year $part[2]
    set -l month $part[3]
    if test $month -lt 3
        set year (math $year - 1)
        set month (math $month + 12)
    end
    math "(365 * $year + floor($year / 4) - floor($year / 100) + floor($year / 400) + floor((153 * ($month - 3) + 2) / 5) + $part[4] - 719469) * 86400 + $part[5] * 3600 + $part[6] * 60 + $part[7]"
end

# Says once at ten and once at five minutes before the end what renews the session.
function _awsmfa_warn -a left seconds profile label inside
    set -l mark 10
    test $left -le 300; and set mark 5
    contains -- "$seconds $mark $profile" $_awsmfa_warned; and return
    set -g -a _awsmfa_warned "$seconds $mark $profile"
    set -l word (string escape -- $profile)
    string match -q -- '-*' $profile; and set word --profile=$word
    set -l minutes (math "ceil($left / 60)")
    if test -n "$inside"
        echo "awsmfa: note: the session of '$label' in this shell ends in $minutes min; to get another: exit, then awsmfa exec $word -- fish" >&2
    else
        echo "awsmfa: note: the session of '$label' ends in $minutes min; to renew it: awsmfa login $word" >&2
    end
end

# awsmfa-use PROFILE: sets AWS_PROFILE; without a name, prints the profile in use.
function awsmfa-use
    if test (count $argv) -eq 0
        if test -n "$AWS_PROFILE"
            printf '%s\\n' "$AWS_PROFILE"
        else if test -n "$AWS_DEFAULT_PROFILE"
            printf '%s\\n' "$AWS_DEFAULT_PROFILE"
        else
            echo default
        end
    else if test (count $argv) -gt 1; or test -z "$argv[1]"
        echo 'awsmfa-use: one profile, or none to see which is in use' >&2
        return 2
    else
        set -gx AWS_PROFILE $argv[1]
        if test -n "$AWS_ACCESS_KEY_ID"
            echo "awsmfa-use: note: most tools take the keys in this shell's environment before AWS_PROFILE; to take them away: set -e AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN" >&2
        end
    end
end
`

const COMPLETION = `
# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
function _awsmfa_profiles
    set -l config "$AWS_CONFIG_FILE"
    set -l credentials "$AWS_SHARED_CREDENTIALS_FILE"
    test -n "$config"; or set config "$HOME/.aws/config"
    test -n "$credentials"; or set credentials "$HOME/.aws/credentials"
    set config (string replace -r '^~/' "$HOME/" -- $config)
    set credentials (string replace -r '^~/' "$HOME/" -- $credentials)
    test -f "$credentials"; and test -r "$credentials"; and string match -r -g '^\\[\\s*(.*?)\\s*\\]' <$credentials | string match -v -r '^$|^DEFAULT$|[[:cntrl:]]'
    test -f "$config"; and test -r "$config"; and string match -r -g '^\\[\\s*(default|profile\\s+.*?)\\s*\\]' <$config | string replace -r '^profile\\s+' '' | string replace -r '^(["\\'])(.*)\\1$' '$2' | string match -v -r '^$|[[:cntrl:]]'
    return 0
end

# The command that was typed, of two words where there are such, and \`--\` where that stands after it; before there is one, the
# option whose value is next.
function _awsmfa_command
    set -l words (commandline -opc)
    set -l taking TAKING
    set -l command
    set -l before
    for word in $words[2..-1]
        if test "$word" = --
            set command "$command --"
            break
        end
        if string match -q -- '-*' $word
            set before $word
            continue
        end
        # Options and their values are no words of the command.
        if contains -- "$before" $taking
            set before
            continue
        end
        set before
        if test -z "$command"
            set command $word
        else if contains -- "$command $word" TWO_WORDS
            set command "$command $word"
        end
    end
    if test -z "$command"; and contains -- "$before" $taking
        set command $before
    end
    printf '%s\\n' "$command"
end

# What fish offers for the words after \`--\` as a line of their own.
function _awsmfa_program
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words); or return
    set -e words[1..$at]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function _awsmfa_is
    set -l command (_awsmfa_command)
    test "$argv[1]" = "$command"
end

complete -c awsmfa-use -f -n 'test (count (commandline -opc)) -eq 1' -a '(_awsmfa_profiles)'
`

/** The snippet for PowerShell. Whatever stands in the environment and in the files may have been chosen to hurt: nothing of it is evaluated. */

/**
 * Gives the code for $PROFILE: what keeps $AWSMFA_PS1, `awsmfa-use`, and completion for these commands. PowerShell has no list of
 * functions to call before a prompt: the prompt that is there is called by one that comes before it.
 */
function renderPowerShell(commands: readonly CompletedCommand[]): string {
  return `${POWERSHELL_PROMPT}${POWERSHELL_COMPLETION_BEFORE}${commands.map((command) => entryOf(command, commands)).join('')}${POWERSHELL_COMPLETION_AFTER.replace('TAKING', list(spellingsOf(valueOptions(commands))))}`
}

function entryOf(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const { flags, values, profiles, choices, takes } = caseValues(command, commands)
  const pairs = choices
    .trim()
    .split(' ')
    .filter((pair) => pair !== '')
    .map((pair) => `${quoted(pair.split('=')[0] ?? '')} = ${list(pair.split('=')[1]?.split(',') ?? [])}`)
  const words = (text: string): string => list(text.split(' ').filter((word) => word !== ''))
  const isProfile = command.takes === 'profile'
  return `  ${quoted(command.name)} = @{ Flags = ${words(flags)}; Values = ${words(values)}; Profiles = ${words(profiles)}; Choices = @{ ${pairs.join('; ')} }; TakesProfile = $${String(isProfile)}; Takes = ${isProfile ? '@()' : words(takes)}; TakesProgram = $${String(command.tail === 'command')} }\n`
}

function list(words: readonly string[]): string {
  return `@(${words.map(quoted).join(', ')})`
}

/** Every word is the command table's; quoted all the same, since `-p` would be an operator. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "''")}'`
}

const POWERSHELL_PROMPT = `# awsmfa in PowerShell, 5.1 or later: what is left of the session, in $AWSMFA_PS1. Nothing is started.
# One of the two files: the one that is named, \`~\` being the home folder, or the usual one.
function global:Get-AwsmfaFile([string]$Named, [string]$Usual) {
  $userHome = $HOME
  if ($env:USERPROFILE -and [IO.Path]::DirectorySeparatorChar -eq '\\') { $userHome = $env:USERPROFILE } elseif ($env:HOME) { $userHome = $env:HOME }
  if (-not $Named) { return [IO.Path]::Combine($userHome, '.aws', $Usual) }
  $Named -replace '\\A~(?=[\\\\/]|\\z)', $userHome.Replace('$', '$$')
}

function global:Update-AwsmfaSegment {
  $global:AWSMFA_PS1 = ''
  try {
    $inside = $env:AWSMFA_PROFILE -and -not "$env:AWS_PROFILE$env:AWS_DEFAULT_PROFILE" -and $env:AWS_ACCESS_KEY_ID -and $env:AWS_SECRET_ACCESS_KEY -and $env:AWS_SESSION_TOKEN
    $end = $null
    if ($inside) {
      # Inside of awsmfa exec.
      $name = $env:AWSMFA_PROFILE
      $at = [DateTimeOffset]::MinValue
      $style = [Globalization.DateTimeStyles]::AssumeUniversal
      if ([DateTimeOffset]::TryParseExact("$env:AWS_CREDENTIAL_EXPIRATION", "yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture, $style, [ref]$at)) { $end = $at.ToUnixTimeSeconds() }
    } else {
      $name = 'default'
      if ($env:AWS_PROFILE) { $name = $env:AWS_PROFILE } elseif ($env:AWS_DEFAULT_PROFILE) { $name = $env:AWS_DEFAULT_PROFILE }
      $credentials = Get-AwsmfaFile $env:AWS_SHARED_CREDENTIALS_FILE 'credentials'
      $encoded = $name.Replace('%', '%25').Replace('/', '%2F').Replace('\\', '%5C').Replace(':', '%3A').Replace('*', '%2A').Replace('?', '%3F').Replace('"', '%22').Replace('<', '%3C').Replace('>', '%3E').Replace('|', '%7C') -replace '\\A\\.', '%2E'
      $file = [IO.Path]::Combine("$credentials.awsmfa", $encoded)
      if (-not ([IO.File]::Exists($file) -and [IO.File]::Exists($credentials))) { return }
      $line = [regex]::Match([IO.File]::ReadAllText($file), '\\A1 ([0-9]{1,11}) (\\w+) ([^\\n]+)\\n')
      if (-not $line.Success -or $line.Groups[3].Value -cne $name) { return }
      if ($line.Groups[2].Value -ceq 'ends' -and [IO.File]::GetLastWriteTimeUtc($credentials) -le [IO.File]::GetLastWriteTimeUtc($file)) { $end = [long]$line.Groups[1].Value }
    }
    $label = $name -replace '[\\\\\`$!\\p{Cc}]', '_'
    if ($null -eq $end) { $global:AWSMFA_PS1 = "$label ?"; return }
    $left = $end - [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    if ($left -ge 3600) { $global:AWSMFA_PS1 = "$label $([Math]::Floor($left / 3600))h$([Math]::Floor($left % 3600 / 60))m" }
    elseif ($left -ge 60) { $global:AWSMFA_PS1 = "$label $([Math]::Floor($left / 60))m" }
    elseif ($left -gt 0) { $global:AWSMFA_PS1 = "$label <1m" }
    elseif ($left -gt -86400) { $global:AWSMFA_PS1 = "$label expired" }
    # Says once at ten and once at five minutes before the end what renews the session.
    if ($left -gt 0 -and $left -le 600) {
      $mark = if ($left -le 300) { "$end 5 $name" } else { "$end 10 $name" }
      if ($global:AwsmfaWarned -cnotcontains $mark) {
        $global:AwsmfaWarned = @($global:AwsmfaWarned) + $mark
        $word = if ($name -cmatch '\\A[A-Za-z0-9_.][A-Za-z0-9_.-]*\\z') { $name } else { "'--profile=" + $name.Replace("'", "''") + "'" }
        $minutes = [Math]::Ceiling($left / 60)
        if ($inside) { [Console]::Error.WriteLine("awsmfa: note: the session of '$label' in this shell ends in $minutes min; to get another: exit, then awsmfa exec $word '--' powershell") }
        else { [Console]::Error.WriteLine("awsmfa: note: the session of '$label' ends in $minutes min; to renew it: awsmfa login $word") }
      }
    }
  } catch {
    # What cannot be read is not shown.
    $global:AWSMFA_PS1 = ''
  }
}

if (-not $global:AwsmfaPromptBefore) {
  $global:AwsmfaWarned = @()
  $global:AwsmfaPromptBefore = $function:prompt
  function global:prompt {
    $succeeded = $?
    $exitCode = $global:LASTEXITCODE
    Update-AwsmfaSegment
    $global:LASTEXITCODE = $exitCode
    # The prompt that was there before sees how the last command ended.
    if ($succeeded) { $null = 1 } else { Write-Error '' -ErrorAction Ignore }
    & $global:AwsmfaPromptBefore
  }
}

# awsmfa-use PROFILE: sets AWS_PROFILE; without a name, prints the profile in use.
function global:awsmfa-use([string]$Name) {
  if ($Name) {
    $env:AWS_PROFILE = $Name
    if ($env:AWS_ACCESS_KEY_ID) { [Console]::Error.WriteLine("awsmfa-use: note: most tools take the keys in this shell's environment before AWS_PROFILE; to take them away: Remove-Item Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY, Env:AWS_SESSION_TOKEN") }
  } elseif ($env:AWS_PROFILE) { $env:AWS_PROFILE } elseif ($env:AWS_DEFAULT_PROFILE) { $env:AWS_DEFAULT_PROFILE } else { 'default' }
}
`

const POWERSHELL_COMPLETION_BEFORE = `
# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
function global:Get-AwsmfaProfile {
  $credentials = Get-AwsmfaFile $env:AWS_SHARED_CREDENTIALS_FILE 'credentials'
  $config = Get-AwsmfaFile $env:AWS_CONFIG_FILE 'config'
  $names = @()
  if ([IO.File]::Exists($credentials)) { $names += [regex]::Matches([IO.File]::ReadAllText($credentials), '(?m)^\\[[ \\t]*([^\\]\\r\\n]+?)[ \\t]*\\]') | ForEach-Object { $_.Groups[1].Value } }
  if ([IO.File]::Exists($config)) { $names += [regex]::Matches([IO.File]::ReadAllText($config), '(?m)^\\[[ \\t]*(?:profile[ \\t]+["'']?([^\\]\\r\\n]+?)["'']?|(default))[ \\t]*\\]') | ForEach-Object { $_.Groups[1].Value + $_.Groups[2].Value } }
  $names | Where-Object { $_ -cne 'DEFAULT' } | Select-Object -Unique
}

$global:AwsmfaCommands = @{
`

const POWERSHELL_COMPLETION_AFTER = `}

Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1)
  $dashes = $null
  $command = ''
  $last = ''
  $taking = TAKING
  $skip = $false
  foreach ($element in $elements) {
    $last = "$element"
    # PowerShell hands on a \`--\` in quotes, and may keep one without.
    if ($last -ceq '--' -or $last -ceq "'--'") { $dashes = $element; break }
    # Options and their values are no words of the command.
    if ($last -like '-*') { $skip = $taking -ccontains $last; continue }
    if ($skip) { $skip = $false; continue }
    if (-not $command) { $command = $last } elseif ($global:AwsmfaCommands.ContainsKey("$command $last")) { $command = "$command $last" }
  }
  $known = $global:AwsmfaCommands[$command]
  if (-not $known) { return }
  if ($dashes) {
    # A program and its words, as at the beginning of a line.
    if (-not $known.TakesProgram) { return }
    $cursor = $cursorPosition - $dashes.Extent.EndOffset
    $line = $commandAst.Extent.Text.Substring($dashes.Extent.EndOffset - $commandAst.Extent.StartOffset).PadRight($cursor)
    return [Management.Automation.CommandCompletion]::CompleteInput($line, $cursor, $null).CompletionMatches
  }
  $before = ''
  if ($wordToComplete -cmatch '\\A(--[a-z-]+)=(.*)\\z') { $last = $Matches[1]; $before = "$last="; $wordToComplete = $Matches[2] }
  $offered = if ($known.Profiles -ccontains $last) { Get-AwsmfaProfile }
  elseif ($known.Choices.ContainsKey($last)) { $known.Choices[$last] }
  elseif ($taking -ccontains $last) { return }
  elseif ($wordToComplete -like '-*') { @($known.Flags) + @($known.Values) }
  elseif ($known.TakesProfile) { Get-AwsmfaProfile }
  else { $known.Takes }
  $offered | Where-Object { $_ -and $_.StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
    $text = if ($_ -cmatch '\\A[A-Za-z0-9_./=-]+\\z') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [Management.Automation.CompletionResult]::new($before + $text, $_, 'ParameterValue', $_)
  }
}

Register-ArgumentCompleter -CommandName awsmfa-use -ParameterName Name -ScriptBlock {
  param($commandName, $parameterName, $wordToComplete)
  Get-AwsmfaProfile | Where-Object { $_.StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
    $text = if ($_ -cmatch '\\A[A-Za-z0-9_./=-]+\\z') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
  }
}
`

/**
 * Gives the code that a shell reads at its start. It prints nothing and fails nowhere, also under errexit and nounset; what it
 * does at each prompt it does without starting a program.
 */
export function renderShellInit(shell: ShellName, commands: readonly CompletedCommand[]): string {
  return RENDERERS[shell](commands)
}

const RENDERERS: Readonly<Record<ShellName, (commands: readonly CompletedCommand[]) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
  powershell: renderPowerShell,
}

/** The snippet for zsh. Whatever stands in the environment and in the files may have been chosen to hurt: nothing of it is evaluated. */

/**
 * Gives the code for ~/.zshrc: what keeps AWSMFA_PS1, `awsmfa-use`, and completion for these commands. AWSMFA_PS1 can stand in
 * PROMPT as it is, or as `$AWSMFA_PS1` with `setopt prompt_subst`: percent signs in it are doubled, and it holds nothing else
 * that zsh would act upon.
 */
function renderZsh(commands: readonly CompletedCommand[]): string {
  const twoWords = commandsOfTwoWords(commands).map(
    ([first, seconds]) => `      (${first}) case $word in (${seconds.join('|')}) command="$command $word" ;; esac ;;\n`,
  )
  const before = ZSH_COMPLETION_BEFORE.replace('TAKING', spellingsOf(valueOptions(commands)).join(' '))
  return `${ZSH_PROMPT}${before}${twoWords.join('')}${ZSH_COMPLETION_CASE}${commands.map((command) => zshCaseOf(command, commands)).join('')}${ZSH_COMPLETION_AFTER}`
}

function zshCaseOf(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  return `    ('${command.name}') ${caseAssignments(command, commands)}\n`
}

const ZSH_PROMPT = `# awsmfa in zsh, 5.0 or later: what is left of the session, in AWSMFA_PS1. Nothing is started.
# A variable of that name that was inherited would stand in the clock's place.
case \${(t)EPOCHSECONDS-} in (''|*special*|*readonly*) ;; (*) unset EPOCHSECONDS ;; esac
zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null

# One function and not two: the call of one is a sixth of it.
_awsmfa_prompt() {
  local code=$?
  # Under errexit zsh would end here with the code of the last command.
  if [[ -o errexit ]]; then code=0; fi
  emulate -L zsh
  setopt noerrexit noerrreturn
  local profile end= state= inside= label credentials file line
  integer left
  typeset -g AWSMFA_PS1=
  if [[ -n \${AWSMFA_PROFILE:-} && -z \${AWS_PROFILE:-}\${AWS_DEFAULT_PROFILE:-} && -n \${AWS_ACCESS_KEY_ID:-} && -n \${AWS_SECRET_ACCESS_KEY:-} && -n \${AWS_SESSION_TOKEN:-} ]]; then
    # Inside of awsmfa exec.
    profile=$AWSMFA_PROFILE inside=1 state=ends
    _awsmfa_instant "\${AWS_CREDENTIAL_EXPIRATION:-}" || state=unknown
  else
    profile=\${AWS_PROFILE:-\${AWS_DEFAULT_PROFILE:-default}} credentials=\${AWS_SHARED_CREDENTIALS_FILE:-\${HOME:-}/.aws/credentials}
    case $credentials in ('~'|'~/'*) credentials=\${HOME:-}\${credentials#'~'} ;; esac
    file=$profile
    case $file in (.*|*[%/\\\\:*?\\"\\<\\>\\|]*) _awsmfa_encode ;; esac
    file=$credentials.awsmfa/$file
    [[ -f $file && -r $file && -e $credentials ]] || return $code
    # zsh reads this by itself; its read would make a system call for each letter.
    line="$(<$file)"
    (( \${#line} < 1000 )) || return $code
    case $line in ('1 '*' '*" $profile") ;; (*) return $code ;; esac
    line=\${line#1 } end=\${line%% *} line=\${line#* } state=\${line%% *}
    [[ \${line#* } == "$profile" ]] || return $code
    if [[ $credentials -nt $file ]]; then state=older; fi
  fi
  label=$profile
  # What a prompt would act upon.
  case $label in (*[%\\\\\\\`\\$![:cntrl:]]*) label=\${\${label//[\\\\\\\`\\$![:cntrl:]]/_}//\\%/%%} ;; esac
  if [[ $state != ends ]]; then
    AWSMFA_PS1="$label ?"
    return $code
  fi
  # Arithmetic would take anything but digits for an expression.
  case $end in (''|0*|*[^0123456789]*|????????????*) [[ -n $inside ]] || return $code ;; esac
  # Whoever started zsh may have set it: then the module's has no place.
  case \${EPOCHSECONDS:-} in (''|*[^0123456789]*) return $code ;; esac
  left=$(( end - EPOCHSECONDS ))
  if (( left >= 3600 )); then
    AWSMFA_PS1="$label $((left / 3600))h$((left % 3600 / 60))m"
  elif (( left >= 60 )); then
    AWSMFA_PS1="$label $((left / 60))m"
  elif (( left > 0 )); then
    AWSMFA_PS1="$label <1m"
  elif (( left > -86400 )); then
    AWSMFA_PS1="$label expired"
  fi
  if (( left > 0 && left <= 600 )); then _awsmfa_warn; fi
  return $code
}

# The name of the file for a name that files cannot have.
_awsmfa_encode() {
  file=\${file//\\%/%25} file=\${file//\\//%2F} file=\${file//\\\\/%5C} file=\${file//:/%3A} file=\${file//\\*/%2A}
  file=\${file//\\?/%3F} file=\${file//\\"/%22} file=\${file//</%3C} file=\${file//>/%3E} file=\${file//|/%7C}
  case $file in (.*) file=%2E\${file#.} ;; esac
}

# Gives $end the instant of a text such as 2026-11-21T18:40:00Z.
_awsmfa_instant() {
  local d='[0123456789]'
  integer year month day days
  case $1 in (\${~d}\${~d}\${~d}\${~d}-\${~d}\${~d}-\${~d}\${~d}T\${~d}\${~d}:\${~d}\${~d}:\${~d}\${~d}Z) ;; (*) return 1 ;; esac
  year=$(( 10#\${1[1,4]} )) month=$(( 10#\${1[6,7]} )) day=$(( 10#\${1[9,10]} ))
  if (( month < 3 )); then year=$(( year - 1 )) month=$(( month + 12 )); fi
  days=$(( 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 719469 ))
  end=$(( days * 86400 + 10#\${1[12,13]} * 3600 + 10#\${1[15,16]} * 60 + 10#\${1[18,19]} ))
}

# Says once at ten and once at five minutes before the end what renews the session.
_awsmfa_warn() {
  local mark=10 option= shown=\${profile//[[:cntrl:]]/_}
  if (( left <= 300 )); then mark=5; fi
  case \${_awsmfa_warned:-} in (*"/$end $mark $profile/"*) return 0 ;; esac
  typeset -g _awsmfa_warned="\${_awsmfa_warned:-}/$end $mark $profile/"
  case $profile in (-*) option=--profile= ;; esac
  if [[ -n $inside ]]; then
    print -r -u2 -- "awsmfa: note: the session of '$shown' in this shell ends in $(( (left + 59) / 60 )) min; to get another: exit, then awsmfa exec $option\${(q-)profile} -- zsh"
  else
    print -r -u2 -- "awsmfa: note: the session of '$shown' ends in $(( (left + 59) / 60 )) min; to renew it: awsmfa login $option\${(q-)profile}"
  fi
}

() {
  emulate -L zsh
  typeset -ga precmd_functions
  (( \${precmd_functions[(Ie)_awsmfa_prompt]} )) || precmd_functions=(_awsmfa_prompt $precmd_functions)
}

# awsmfa-use PROFILE: sets AWS_PROFILE; without a name, prints the profile in use.
awsmfa-use() {
  emulate -L zsh
  if (( $# == 0 )); then
    print -r -- "\${AWS_PROFILE:-\${AWS_DEFAULT_PROFILE:-default}}"
  elif (( $# > 1 )) || [[ -z $1 ]]; then
    print -r -u2 -- 'awsmfa-use: one profile, or none to see which is in use'
    return 2
  else
    export AWS_PROFILE=$1
    if [[ -n \${AWS_ACCESS_KEY_ID:-} ]]; then
      print -r -u2 -- "awsmfa-use: note: most tools take the keys in this shell's environment before AWS_PROFILE; to take them away: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
    fi
  fi
}
`

const ZSH_COMPLETION_BEFORE = `
# Completion, where compinit has run before. No program is started; the names of profiles are read from the files when TAB is pressed.
_awsmfa_profiles() {
  emulate -L zsh
  local file line name kind
  typeset -ga _awsmfa_names
  _awsmfa_names=()
  for kind in credentials config; do
    if [[ $kind == config ]]; then file=\${AWS_CONFIG_FILE:-\${HOME:-}/.aws/config}; else file=\${AWS_SHARED_CREDENTIALS_FILE:-\${HOME:-}/.aws/credentials}; fi
    case $file in ('~/'*) file=\${HOME:-}\${file#'~'} ;; esac
    [[ -f $file && -r $file ]] || continue
    while IFS= read -r line || [[ -n $line ]]; do
      case $line in ('['*']'*) ;; (*) continue ;; esac
      name=\${line#\\[} name=\${name%%\\]*}
      name=\${name#"\${name%%[^[:space:]]*}"} name=\${name%"\${name##*[^[:space:]]}"}
      if [[ $kind == config ]]; then
        case $name in
          (profile[[:space:]]*) name=\${name#profile} name=\${name#"\${name%%[^[:space:]]*}"} ;;
          (default) ;;
          (*) continue ;;
        esac
        case $name in ('"'*'"'|"'"*"'") name=\${name#?} name=\${name%?} ;; esac
      fi
      case $name in (''|DEFAULT|*[[:cntrl:]]*) continue ;; esac
      (( \${_awsmfa_names[(Ie)$name]} )) || _awsmfa_names+=("$name")
    done <$file
  done
}

# The options are those that zsh's completion sets for itself; with others its own _default fails.
_awsmfa_complete() {
  local command= word flags= values= profiles= files= takes= choices= tail= last= skip= taking='TAKING'
  integer i dashes=0
  local -a offered
  for (( i = 2; i < CURRENT; i++ )); do
    word=\${words[i]}
    case $word in
      (--) dashes=i; break ;;
      # Options and their values are no words of the command.
      (-*) if [[ " $taking " == *" $word "* ]]; then skip=1; else skip=; fi; continue ;;
    esac
    if [[ -n $skip ]]; then skip=; continue; fi
    case $command in
      ('') command=$word ;;
`

const ZSH_COMPLETION_CASE = `    esac
  done
  case $command in
`

const ZSH_COMPLETION_AFTER = `  esac
  if (( dashes )); then
    # A program and its words, as at the beginning of a line.
    if [[ $tail == command ]]; then
      words=("\${(@)words[dashes+1,-1]}")
      (( CURRENT -= dashes ))
      _normal
    else
      _default
    fi
    return
  fi
  last=\${words[CURRENT-1]}
  if [[ \${words[CURRENT]} == --*=* ]]; then
    last=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ " $profiles " == *" $last "* ]]; then
    _awsmfa_profiles
    compadd -- $_awsmfa_names
  elif [[ " $choices" == *" $last="* ]]; then
    choices=\${choices#*"$last="}
    offered=(\${(s:,:)\${choices%% *}})
    compadd -- $offered
  elif [[ " $files " == *" $last "* ]]; then
    _default
  elif [[ " $taking " == *" $last "* ]]; then
    return 1
  elif [[ \${words[CURRENT]} == -* ]]; then
    offered=(\${=flags} \${=values})
    compadd -- $offered
  elif [[ $takes == profile ]]; then
    _awsmfa_profiles
    compadd -- $_awsmfa_names
  else
    offered=(\${=takes})
    compadd -- $offered
  fi
}

_awsmfa_use_complete() {
  emulate -L zsh
  (( CURRENT == 2 )) || return 1
  _awsmfa_profiles
  compadd -- $_awsmfa_names
}

if (( \${+functions[compdef]} )); then
  compdef _awsmfa_complete awsmfa
  compdef _awsmfa_use_complete awsmfa-use
fi
`
