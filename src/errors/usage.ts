/** Command lines, settings, and values that cannot be used. */
import { ADD_DEVICE, fromOrigin, showErrno, showOrigin, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { TextDefect } from '../model/failure.ts'
import type { CommandName, StsArgumentProblem, UsageProblem } from '../model/invocation.ts'
import type { Origin } from '../model/profile.ts'
import { exactDuration } from '../ui/duration-words.ts'
import { commandLine, didYouMean, doubleDash, helpLine, listed, quoteWord, quoted, say } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

const COMMANDS_HINT = `for a list of commands: ${helpLine()}`

function usageHint(command: CommandName | undefined): string {
  return command === undefined ? COMMANDS_HINT : `for usage: ${helpLine(command)}`
}

/** The messages of the problems of one union, one function for each kind. */
type WordsForKinds<Problem extends { readonly kind: string }> = {
  readonly [Kind in Problem['kind']]: (
    problem: Extract<Problem, { readonly kind: Kind }>,
    view: FailureView,
  ) => FailureText
}

const LIST_PROFILES = `to list profiles: ${commandLine('status', '--all')}`
const SET_UP = `to set up a profile: ${commandLine('setup')}`
const SWITCH = `to switch profiles in your shell: awsmfa-use PROFILE (${commandLine('shell-init')})`
const RENEW = `to renew a session: ${commandLine('login', '--force')}`

/** What to use instead of the commands of other tools. */
const INSTEAD: Readonly<Record<string, string>> = {
  list: LIST_PROFILES,
  ls: LIST_PROFILES,
  profiles: LIST_PROFILES,
  whoami: `to show whose session it is: ${commandLine('status')}`,
  init: SET_UP,
  configure: SET_UP,
  refresh: RENEW,
  renew: RENEW,
  shell: `to open a shell with a session: ${commandLine('exec')}`,
  completion: `for completion in your shell: ${helpLine('shell-init')}`,
  use: SWITCH,
  assume: SWITCH,
  add: SET_UP,
  clear: `to remove cached sessions: ${commandLine('cache', 'clear')}`,
}

const USAGE_WORDS: WordsForKinds<UsageProblem> = {
  'missing-command': () => say('no command given', COMMANDS_HINT),
  'unknown-command': ({ word, nearest }) =>
    say(
      `unknown command ${quoted(word)}`,
      (Object.hasOwn(INSTEAD, word) ? INSTEAD[word] : undefined) ?? didYouMean(nearest) ?? COMMANDS_HINT,
    ),
  'unknown-topic': ({ word, known, nearest }) =>
    say(
      `unknown help topic ${quoted(word)}`,
      didYouMean(nearest) ?? `topics: ${known.join(', ')}, or the name of a command`,
    ),
  'unknown-shell': ({ word, known }) =>
    say(
      word === undefined ? "'shell-init' needs the name of a shell" : `unsupported shell ${quoted(word)}`,
      `supported: ${known.join(', ')}`,
    ),
  'unknown-option': ({ option, command, nearest }) =>
    say(
      `unknown option ${quoted(option)}${command === undefined ? '' : ` for ${quoted(command)}`}`,
      didYouMean(nearest) ?? usageHint(command),
    ),
  'abbreviated-option': ({ option, full }) => say(`unknown option ${quoted(option)}`, didYouMean(full)),
  'repeated-option': ({ option }) => say(`${quoted(option)} is given more than once`),
  'missing-value': ({ option, expected }) =>
    say(
      `${quoted(option)} needs a value`,
      `write ${option} ${expected}, or ${option}=${expected} if the value starts with '-'`,
    ),
  'empty-value': ({ option }) =>
    say(`the value of ${quoted(option)} is empty`, 'if it comes from a shell variable, that variable is empty'),
  'unexpected-value': ({ option }) => say(`${quoted(option)} does not take a value`),
  'bad-value': ({ option, value, expected, origin, nearest }, view) =>
    say(
      `invalid value ${quoted(value)} for ${origin === undefined || origin.kind === 'flag' ? quoted(option) : showOrigin(origin, view)}: expected ${expected}`,
      didYouMean(nearest),
    ),
  'unknown-action': ({ command, word, known, nearest }) =>
    say(
      word === undefined
        ? `${quoted(command)} needs an action`
        : `unknown action ${quoted(word)} for ${quoted(command)}`,
      didYouMean(nearest) ?? known.map((name) => commandLine(command, name)).join(', or '),
    ),
  'option-of-other-action': ({ command, option, action, other }) =>
    say(
      `unknown option ${quoted(option)} for '${command} ${action}'`,
      `it is an option of '${commandLine(command, other)}'`,
    ),
  'unexpected-word': ({ word, command }) =>
    say(`unexpected argument ${quoted(word)} for ${quoted(command)}`, usageHint(command)),
  'unexpected-separator': ({ command }) =>
    say(command === undefined ? "no command before '--'" : `${quoted(command)} takes nothing after '--'`),
  'missing-separator': ({ command, before, words, quotesSeparator }) =>
    say(
      `${quoted(command)} needs '--' before the command to run`,
      `${commandLine(command, ...before)} ${doubleDash(quotesSeparator ? 'win32' : 'linux')} ${words.map((word) => quoteWord(word)).join(' ')}`,
    ),
  'missing-tail': ({ command, before, quotesSeparator }) =>
    say(
      `${quoted(command)} needs a command after '--'`,
      `${commandLine(command, ...before)} ${doubleDash(quotesSeparator ? 'win32' : 'linux')} COMMAND`,
      `for a shell: ${commandLine(command, ...before)}`,
    ),
  'conflicting-profiles': ({ positional, option }) =>
    say(`two different profiles: ${quoted(positional)}, and ${quoted(option)} with --profile`),
  'conflicting-options': ({ options: [first, second] }) => say(`cannot use ${quoted(first)} with ${quoted(second)}`),
  'missing-option': ({ command, option, needed, words }) =>
    say(
      `${quoted(option)} needs ${needed === undefined ? 'a profile name' : quoted(needed)}`,
      commandLine(command, ...words),
    ),
  'needs-terminal': ({ option, words }) =>
    say(`${quoted(option)} needs a terminal on stdout`, commandLine('status', ...words)),
  'unknown-placeholder': ({ placeholder, known }) =>
    say(
      `unknown placeholder '{${quoted(placeholder).slice(1, -1)}}'`,
      `available: ${known.map((name) => `{${name}}`).join(', ')}; {{ is a brace`,
    ),
  'unknown-setting': ({ key, nearest, instead, ...place }, view) =>
    say(`unknown setting ${quoted(key)} in ${showPlace(place, view)}`, didYouMean(nearest) ?? instead),
  'repeated-setting': ({ path, key, lines }, view) =>
    say(
      `${quoted(key)} is set more than once in ${showPath(path, view)}${lines.length === 0 ? '' : ` (lines ${listed(lines.map(String), 'and')})`}`,
      'remove one of them',
    ),
  'setting-type': ({ key, found, ...place }, view) =>
    say(
      `invalid value for ${quoted(key)} in ${showPlace(place, view)}: expected a string, number or boolean, found a ${found}`,
    ),
  'several-settings-files': ({ paths }, view) =>
    say(
      `more than one settings file: ${listed(
        paths.map((path) => showPath(path, view)),
        'and',
      )}`,
      'move all settings into one of them',
    ),
  'malformed-settings': ({ format, ...place }, view) =>
    place.line === undefined
      ? say(`${showPlace(place, view)} is not UTF-8`, 'save it as UTF-8')
      : say(
          `${showPlace(place, view)} is not valid ${FORMATS[format].name}`,
          `example of a setting: ${FORMATS[format].example}`,
        ),
  'token-code-for-many': ({ profiles }) =>
    say(
      `one token code cannot serve ${profiles} profiles with different MFA devices`,
      "omit '--token-code' to be prompted for each device",
    ),
  'token-command-for-many': ({ profiles, origin }, view) =>
    say(
      `one token command${fromOrigin(origin, view)} cannot serve ${profiles} profiles with different MFA devices`,
      origin.kind === 'flag'
        ? "to have a command for each device, set 'awsmfa_token_command' in the profiles"
        : "set 'awsmfa_token_command' in the profile of the device instead",
    ),
}

const FORMATS = {
  ini: { name: 'ini', example: 'duration = 8h' },
  toml: { name: 'TOML', example: 'duration = "8h"' },
  yaml: { name: 'YAML', example: 'duration: 8h' },
  json: { name: 'JSON', example: '{ "duration": "8h" }' },
} as const

const STS_WORDS: WordsForKinds<StsArgumentProblem> = {
  'unknown-flag': ({ flag, nearest }) => say(`unknown STS option ${quoted(flag)}`, didYouMean(nearest)),
  'ambiguous-flag': ({ flag, candidates }) =>
    say(`ambiguous STS option ${quoted(flag)}`, `did you mean ${listed(candidates.map(quoted), 'or')}?`),
  'refused-flag': ({ flag, because, instead }) =>
    say(
      `${quoted(flag)} is not supported after '--': ${because}`,
      instead === undefined ? undefined : `use instead: ${instead}`,
    ),
  'role-flag-without-role': ({ flag }) =>
    say(`${quoted(flag)} needs a role to assume`, "add --role-arn ARN before '--'"),
  'missing-value': ({ flag, leadingDash }) =>
    say(
      `${quoted(flag)} after '--' needs a value`,
      leadingDash === undefined ? undefined : `if the value starts with '-': ${quoted(`${flag}=${leadingDash}`)}`,
    ),
  'bare-word': ({ word }) =>
    say(
      `unexpected argument ${quoted(word)} after '--'`,
      `profiles go before '--': ${commandLine('login', word)} ${doubleDash()} …`,
    ),
  'bad-value': ({ flag, value, expected }) =>
    say(`invalid value ${quoted(value)} for ${quoted(flag)} after '--': expected ${expected}`),
  'unreadable-file': ({ flag, path, reason }, view) =>
    say(`cannot read ${showPath(path, view)} for ${quoted(flag)}: ${showErrno(reason)}`),
  contradiction: ({ flag, before, after }) =>
    say(`${quoted(flag)} is ${quoted(before)} before '--' and ${quoted(after)} after it`),
}

const DEFECT_WORDS: Readonly<Record<TextDefect, string>> = {
  empty: 'it is empty',
  'control-character': 'it contains a control character',
  'closing-bracket': "it contains ']'",
  'reserved-name': 'some tools reserve this name',
  'outer-space': 'it starts or ends with a space',
  'too-long': 'it is too long',
  alphabet: 'it contains a character that AWS does not allow',
}

export const COMMAND_LINE_WORDS = {
  // TypeScript cannot know that the function found under a kind is the one for that kind.
  USAGE: ({ problem }, view) =>
    (USAGE_WORDS[problem.kind] as (problem: UsageProblem, view: FailureView) => FailureText)(problem, view),
  STS_ARGUMENT: ({ problem }, view) =>
    (STS_WORDS[problem.kind] as (problem: StsArgumentProblem, view: FailureView) => FailureText)(problem, view),
  DURATION_OUT_OF_RANGE: ({ operation, seconds, minimum, maximum, origin }, view) =>
    say(
      `invalid duration ${exactDuration(seconds)}${fromOrigin(origin, view)}: ${operation} allows ${exactDuration(minimum)} to ${exactDuration(maximum)}`,
      // Hours were meant.
      seconds * 3600 >= minimum && seconds * 3600 <= maximum
        ? didYouMean(isInUnits(origin) ? `${seconds}h` : String(seconds * 3600))
        : undefined,
    ),
  TOKEN_CODE_MALFORMED: ({ source }) => {
    if (source === 'flag') return say("invalid value for '--token-code': expected six digits")
    if (source === 'sts-flag') return say("invalid value for '--token-code' after '--': expected six digits")
    if (source === 'stdin') return say('no token code on stdin: expected six digits')
    return say(
      source === 'command'
        ? 'no token code from the token command: expected six digits'
        : 'a token code has six digits',
    )
  },
  MFA_SERIAL_MALFORMED: ({ defect, serial, origin, corrected }, view) => {
    const device = `${quoted(serial)}${fromOrigin(origin, view)}`
    if (defect === 'fido') {
      return say(`${device} is a passkey or security key; STS accepts only six-digit codes`, ADD_DEVICE)
    }
    if (defect === 'user-arn') return say(`${device} is the ARN of a user, not of an MFA device`, didYouMean(corrected))
    return say(
      `invalid MFA device ${device}: ${defect === 'length' ? 'it must have 9 to 256 characters' : DEFECT_WORDS.alphabet}`,
    )
  },
  TEXT_REFUSED: ({ what, text, defect, origin }, view) => {
    // A value from STS is left out: it may be secret.
    const shown = text === '' && origin.kind === 'default' ? '' : ` ${quoted(text)}`
    return say(`invalid ${what}${shown}${fromOrigin(origin, view)}: ${DEFECT_WORDS[defect]}`)
  },
} satisfies SomeWords

/** Whether the setting takes a duration with its unit; the others are numbers of seconds. */
function isInUnits(origin: Origin): boolean {
  return (
    (origin.kind === 'flag' && origin.flag === '--duration') ||
    (origin.kind === 'environment' && origin.variable === 'AWSMFA_DURATION')
  )
}
