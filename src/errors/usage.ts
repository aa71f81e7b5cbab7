/** Command lines, settings, and values that cannot be used. */
import { fromOrigin, showErrno, showOrigin, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import type { StsArgumentProblem, TextDefect, UsageProblem } from '../model/failure.ts'
import type { Origin } from '../model/origin.ts'
import { exactDuration } from '../ui/duration-words.ts'
import { commandLine, didYouMean, doubleDash, helpLine, listed, quoteWord, quoted, say } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** The messages of the problems of one union, one function for each kind. */
type WordsForKinds<Problem extends { readonly kind: string }> = {
  readonly [Kind in Problem['kind']]: (
    problem: Extract<Problem, { readonly kind: Kind }>,
    view: FailureView,
  ) => FailureText
}

const USAGE_WORDS: WordsForKinds<UsageProblem> = {
  'missing-command': () => say('no command is given', `to see what there is: ${helpLine()}`),
  'unknown-command': ({ word, nearest }) =>
    say(`there is no command ${quoted(word)}`, didYouMean(nearest) ?? `to see what there is: ${helpLine()}`),
  'unknown-topic': ({ word, known, nearest }) =>
    say(
      `there is no help on ${quoted(word)}`,
      didYouMean(nearest),
      `there is help on every command, and on ${listed(known, 'and')}`,
    ),
  'unknown-shell': ({ word, known }) =>
    say(
      word === undefined ? "'shell-init' needs the name of a shell" : `there is no code for the shell ${quoted(word)}`,
      `there is code for ${listed(known, 'and')}`,
    ),
  'unknown-option': ({ option, command, nearest }) =>
    say(
      `${command === undefined ? 'awsmfa' : quoted(command)} has no option ${quoted(option)}`,
      didYouMean(nearest) ?? `to see what there is: ${helpLine(command)}`,
    ),
  'abbreviated-option': ({ option, full }) =>
    say(`there is no option ${quoted(option)}; names of options are written in full`, didYouMean(full)),
  'repeated-option': ({ option }) => say(`${quoted(option)} is given more than once`),
  'missing-value': ({ option, expected }) =>
    say(
      `${quoted(option)} needs a value`,
      `write ${option} ${expected}; a value that begins with '-' as ${option}=${expected}`,
    ),
  'empty-value': ({ option }) =>
    say(
      `the value of ${quoted(option)} is empty`,
      'leave it out, or give a value; where a shell variable should fill it, the variable is empty',
    ),
  'unexpected-value': ({ option }) => say(`${quoted(option)} takes no value`),
  'bad-value': ({ option, value, expected, origin, nearest }, view) =>
    say(
      `${origin === undefined || origin.kind === 'flag' ? quoted(option) : showOrigin(origin, view)} must be ${expected}, and is ${quoted(value)}`,
      didYouMean(nearest),
    ),
  'unknown-action': ({ command, word, known, nearest }) =>
    say(
      word === undefined
        ? `${quoted(command)} needs to know what to do`
        : `${quoted(command)} does not know ${quoted(word)}`,
      didYouMean(nearest) ?? `write: ${known.map((name) => commandLine(command, name)).join(', or ')}`,
    ),
  'option-of-other-action': ({ command, option, action, other }) =>
    say(`${quoted(option)} belongs to '${commandLine(command, other)}', not to '${commandLine(command, action)}'`),
  'unexpected-word': ({ word, command }) =>
    say(`${quoted(word)} is one word too many for ${quoted(command)}`, `to see what it takes: ${helpLine(command)}`),
  'unexpected-separator': ({ command }) =>
    say(command === undefined ? "there is no command before '--'" : `${quoted(command)} takes nothing after '--'`),
  'missing-separator': ({ command, before, words, quotesSeparator }) =>
    say(
      `${quoted(command)} finds the program to run after '--', and there is none`,
      `write: ${[commandLine(command, ...before), doubleDash(quotesSeparator ? 'win32' : 'linux'), ...words.map((word) => quoteWord(word))].join(' ')}`,
    ),
  'missing-tail': ({ command, before, quotesSeparator }) =>
    say(
      `${quoted(command)} needs a program to run, after '--'`,
      `write: ${commandLine(command, ...before)} ${doubleDash(quotesSeparator ? 'win32' : 'linux')} COMMAND`,
      `for a shell: ${commandLine(command, ...before)}`,
    ),
  'conflicting-profiles': ({ positional, option }) =>
    say(`two profiles are given: ${quoted(positional)}, and ${quoted(option)} with --profile`, 'give one of them'),
  'conflicting-options': ({ options: [first, second], because }) =>
    say(`${quoted(first)} and ${quoted(second)} do not go together: ${because}`),
  'missing-option': ({ command, option, needed, words }) =>
    say(`${quoted(option)} needs ${quoted(needed)}`, `write: ${commandLine(command, ...words)}`),
  'unknown-placeholder': ({ placeholder, known }) =>
    say(
      `there is no placeholder '{${quoted(placeholder).slice(1, -1)}}'`,
      `there are ${listed(
        known.map((name) => `{${name}}`),
        'and',
      )}; {{ stands for a brace`,
    ),
  'unknown-setting': ({ key, nearest, instead, ...place }, view) =>
    say(
      `${quoted(key)} in ${showPlace(place, view)} is no setting of ${instead === undefined ? 'awsmfa' : "awsmfa's settings file"}`,
      didYouMean(nearest) ?? instead,
    ),
  'repeated-setting': ({ path, key, lines }, view) =>
    say(
      `${quoted(key)} stands more than once in ${showPath(path, view)}${lines.length === 0 ? '' : ` (lines ${listed(lines.map(String), 'and')})`}`,
      'remove one of the two',
    ),
  'setting-type': ({ key, found, ...place }, view) =>
    say(`${quoted(key)} in ${showPlace(place, view)} is a ${found}, and must be a text, a number, or true or false`),
  'several-settings-files': ({ paths }, view) =>
    say(
      `awsmfa's settings stand in more than one file: ${listed(
        paths.map((path) => showPath(path, view)),
        'and',
      )}`,
      'put them into one of these',
    ),
  'malformed-settings': ({ format, ...place }, view) =>
    place.line === undefined
      ? say(`${showPlace(place, view)} is not text in UTF-8`, 'save it as UTF-8')
      : say(
          `${showPlace(place, view)} is not valid ${FORMATS[format].name}`,
          `a setting is written so: ${FORMATS[format].example}`,
        ),
  'token-code-for-many': ({ profiles }) =>
    say(
      `one token code cannot serve ${profiles} profiles with different MFA devices`,
      'leave the code out, and each device is asked for its own',
    ),
  'token-command-for-many': ({ profiles, origin }, view) =>
    say(
      `one token command${fromOrigin(origin, view)} cannot serve ${profiles} profiles with different MFA devices`,
      origin.kind === 'flag'
        ? "leave '--token-command' out, and each device is asked for its own code; 'awsmfa_token_command' in a profile is for that profile's device"
        : "put it into the profile whose device it is for, as 'awsmfa_token_command', and every other device is asked for its own code",
    ),
}

const FORMATS = {
  ini: { name: 'ini', example: 'duration = 8h' },
  toml: { name: 'TOML', example: 'duration = "8h"' },
  yaml: { name: 'YAML', example: 'duration: 8h' },
  json: { name: 'JSON', example: '{ "duration": "8h" }' },
} as const

const STS_WORDS: WordsForKinds<StsArgumentProblem> = {
  'unknown-flag': ({ flag, nearest }) => say(`STS has no flag ${quoted(flag)}`, didYouMean(nearest)),
  'ambiguous-flag': ({ flag, candidates }) =>
    say(`${quoted(flag)} after '--' may mean ${listed(candidates.map(quoted), 'or')}`, 'write it in full'),
  'refused-flag': ({ flag, because, instead }) =>
    say(
      `${quoted(flag)} cannot stand after '--': ${because}`,
      instead === undefined ? undefined : `use instead: ${instead}`,
    ),
  'role-flag-without-role': ({ flag }) =>
    say(`${quoted(flag)} is for AssumeRole, and there is no role to assume`, 'name the role: --role-arn ARN'),
  'missing-value': ({ flag, leadingDash }) =>
    say(
      `${quoted(flag)} after '--' needs a value`,
      leadingDash === undefined
        ? undefined
        : `a value that begins with '-' is written ${quoted(`${flag}=${leadingDash}`)}`,
    ),
  'bare-word': ({ word }) =>
    say(
      `${quoted(word)} after '--' belongs to no flag`,
      `a profile stands before it: ${commandLine('login', word)} ${doubleDash()} …`,
    ),
  'bad-value': ({ flag, value, expected }) =>
    say(`${quoted(flag)} after '--' must be ${expected}, and is ${quoted(value)}`),
  'unreadable-file': ({ flag, path, reason }, view) =>
    say(`the file for ${quoted(flag)} cannot be read: ${showPath(path, view)}: ${showErrno(reason)}`),
  contradiction: ({ flag, before, after }) =>
    say(`${quoted(flag)} is ${quoted(before)} before '--' and ${quoted(after)} after it`, 'give one of them'),
}

const DEFECT_WORDS: Readonly<Record<TextDefect, string>> = {
  empty: 'it is empty',
  'control-character': 'it holds a control character',
  'closing-bracket': "it holds a ']', which ends a section's header",
  'reserved-name': 'the name means something else to some tools',
  'outer-space': 'it begins or ends with a space',
  'too-long': 'it is too long',
  alphabet: 'it holds a character that AWS does not allow there',
}

export const COMMAND_LINE_WORDS = {
  // TypeScript cannot know that the function found under a kind is the one for that kind.
  USAGE: ({ problem }, view) =>
    (USAGE_WORDS[problem.kind] as (problem: UsageProblem, view: FailureView) => FailureText)(problem, view),
  STS_ARGUMENT: ({ problem }, view) =>
    (STS_WORDS[problem.kind] as (problem: StsArgumentProblem, view: FailureView) => FailureText)(problem, view),
  DURATION_OUT_OF_RANGE: ({ operation, seconds, minimum, maximum, origin }, view) =>
    say(
      `a session from ${operation} lasts ${exactDuration(minimum)} to ${exactDuration(maximum)}; asked for: ${exactDuration(seconds)}${fromOrigin(origin, view)}`,
      // Hours were meant.
      seconds * 3600 >= minimum && seconds * 3600 <= maximum
        ? didYouMean(isInUnits(origin) ? `${seconds}h` : String(seconds * 3600))
        : undefined,
    ),
  TOKEN_CODE_MALFORMED: ({ source }) => {
    if (source === 'flag') return say("'--token-code' must be the six digits that the MFA device shows")
    if (source === 'sts-flag') return say("'--token-code' after '--' must be the six digits that the MFA device shows")
    if (source === 'stdin') return say('there is no token code of six digits on stdin')
    return say(
      source === 'command' ? 'the token command printed no token code of six digits' : 'a token code has six digits',
    )
  },
  MFA_SERIAL_MALFORMED: ({ defect, serial, origin, corrected }, view) => {
    const device = `${quoted(serial)}${fromOrigin(origin, view)}`
    if (defect === 'fido') {
      return say(
        `${device} is a passkey or security key, and STS takes codes alone`,
        'register an authenticator app or a hardware token besides it; a user may have several MFA devices',
      )
    }
    if (defect === 'user-arn') return say(`${device} is the ARN of a user, not of an MFA device`, didYouMean(corrected))
    return say(
      `${device} is no MFA device serial: ${defect === 'length' ? 'it must have 9 to 256 characters' : DEFECT_WORDS.alphabet}`,
    )
  },
  TEXT_REFUSED: ({ what, text, defect, origin }, view) => {
    // A value from STS is left out: it may be secret.
    const shown = text === '' && origin.kind === 'default' ? '' : ` ${quoted(text)}`
    return say(`the ${what}${shown}${fromOrigin(origin, view)} cannot be used: ${DEFECT_WORDS[defect]}`)
  },
} satisfies SomeWords

/** Whether the setting takes a duration with its unit; the others are numbers of seconds. */
function isInUnits(origin: Origin): boolean {
  return (
    (origin.kind === 'flag' && origin.flag === '--duration') ||
    (origin.kind === 'environment' && origin.variable === 'AWSMFA_DURATION')
  )
}
