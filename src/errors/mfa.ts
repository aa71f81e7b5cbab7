/** Messages about prompts that cannot be shown or were canceled, and programs that fail. */
import { BATCH_FILE, fromOrigin, loginWith, section, showErrno, showOrigin, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { yubiKeyWords } from '../mfa/ykman.ts'
import type { FailureOf, WantedAnswer, WindowTrouble } from '../model/failure.ts'
import { commandLine, doubleDash, quoted, say, throughShell, visible } from '../ui/words.ts'

const PROGRAM_WORDS = {
  'not-found': 'not found',
  'not-executable': 'not executable',
  'batch-file': BATCH_FILE,
  'timed-out': 'no output in time',
  output: 'invalid output',
  session: 'it returned a session; long-term credentials are required',
  circle: 'it runs awsmfa for the same profile',
} as const

/** What a prompt asks for. `isPassable`: the answer can come without a terminal. */
const QUESTION_WORDS: Readonly<
  Record<WantedAnswer, { readonly need: string; readonly way: string; readonly isPassable: boolean }>
> = {
  'token-code': {
    need: 'a token code is required',
    way: 'pass --token-code 123456, or --token-code - to read it from stdin',
    isPassable: true,
  },
  answer: { need: 'input is required', way: 'run it in a terminal', isPassable: false },
  consent: {
    need: 'nothing was changed: confirmation is required',
    way: 'to apply the changes, add --yes',
    isPassable: true,
  },
  'long-term-keys': {
    need: 'an access key is required',
    way: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and add --source-env',
    isPassable: true,
  },
  passphrase: {
    need: 'the passphrase of the access key is required',
    way: 'set AWSMFA_PASSPHRASE_COMMAND to a command that prints it',
    isPassable: true,
  },
}

function whyProgramFailed(reason: keyof typeof PROGRAM_WORDS | 'exit', exitCode: number | undefined): string {
  if (reason !== 'exit') return PROGRAM_WORDS[reason]
  return exitCode === undefined ? 'stopped by a signal' : `exit code ${exitCode}`
}

function whyNoWindow(trouble: WindowTrouble): string {
  switch (trouble.kind) {
    case 'no-program':
      return trouble.programs.length === 1
        ? `${trouble.programs.join()} is not installed`
        : `neither ${trouble.programs.join(' nor ')} is installed`
    case 'failed':
      return trouble.detail === ''
        ? `${trouble.program} failed`
        : `${trouble.program} failed: ${visible(trouble.detail)}`
    case 'no-display':
      return 'DISPLAY and WAYLAND_DISPLAY are not set'
    case 'terminal-chosen':
    case 'no-gui':
    case 'ssh':
    case 'container':
    case 'ci':
      return 'windows are disabled'
  }
}

/** What would let awsmfa prompt in a window, where a window was not required. */
function windowHints(trouble: WindowTrouble): readonly string[] {
  switch (trouble.kind) {
    case 'no-program':
      return [`for a prompt in a window, install ${trouble.programs.join(' or ')}`]
    case 'failed':
      return [`cannot open a window: ${whyNoWindow(trouble)}`]
    case 'ssh':
      return ['for a prompt in a window over SSH, add --prompt window']
    case 'container':
      return ['for a prompt in a window from a container, add --prompt window']
    case 'terminal-chosen':
    case 'no-gui':
    case 'no-display':
    case 'ci':
      return []
  }
}

const OTHER_LOGIN_WORDS: Readonly<Record<FailureOf<'ANOTHER_LOGIN_FAILED'>['why'], string>> = {
  CANCELLED: 'canceled',
  TOKEN_CODE_REJECTED: 'token code rejected',
  DEADLINE_EXCEEDED: 'timed out',
  TOKEN_COMMAND_FAILED: 'its token command failed',
  YUBIKEY_FAILED: 'its YubiKey failed',
}

/** Messages about prompts, signals, time limits and other logins. */
export const PEOPLE_WORDS = {
  PROMPT_UNAVAILABLE: ({ obstacle, wanted, window }) => {
    const { need, way, isPassable } = QUESTION_WORDS[wanted]
    const besides = window === undefined ? [] : windowHints(window)
    if (obstacle === 'no-window')
      return say(`${need}, and no window can be opened${window === undefined ? '' : `: ${whyNoWindow(window)}`}`, way)
    if (obstacle === 'background')
      return say(
        `${need}, and awsmfa is running in the background`,
        'to bring it to the foreground: fg',
        ...(isPassable ? [way] : []),
        ...besides,
      )
    return say(
      obstacle === 'stdin-closed' ? `${need}, and stdin is closed` : `${need}, and there is no terminal to prompt on`,
      way,
      ...besides,
    )
  },
  CANCELLED: () => say('canceled'),
  INTERRUPTED: ({ signal }) => say(`stopped by ${signal}`),
  LOGINS_FAILED: ({ causes, of }) => say(`${causes.length} of ${of} profiles failed`),
  DECLINED: ({ deleted }) => ({
    error:
      deleted === undefined ? 'No changes made.' : `Access key ${visible(deleted)} is deleted. No other changes made.`,
    hints: [],
    isAnswer: true,
  }),
  DEADLINE_EXCEEDED: ({ seconds, waitingFor }) =>
    say(`timed out after ${seconds} s waiting for ${visible(waitingFor)}`),
  CREDENTIAL_PROCESS_FAILED: ({ profile, program, reason, exitCode, place }, view) =>
    say(
      `credential_process ${quoted(program)} of ${section(profile)} in ${showPlace(place, view)} failed: ${whyProgramFailed(reason, exitCode)}`,
      reason === 'batch-file' ? 'to run it with cmd, start the line with: cmd /c' : undefined,
    ),
  ANOTHER_LOGIN_FAILED: ({ why }) => say(`another login for this MFA device failed: ${OTHER_LOGIN_WORDS[why]}`),
} satisfies SomeWords

/** Messages about a command that cannot be run, or a value that cannot be passed on. */
export const PROGRAM_FAILURE_WORDS = {
  PROGRAM_NOT_RUN: ({ program, reason, errno }) => {
    if (reason === 'not-found')
      return say(`command ${quoted(program)} not found`, `for pipes and variables, run a shell: ${throughShell()}`)
    if (reason === 'not-executable') return say(`cannot run ${quoted(program)}: ${showErrno(errno)}`)
    return say(
      `cannot run ${quoted(program)}: ${BATCH_FILE}`,
      `to run it with cmd: ${commandLine('exec')} ${doubleDash('win32')} cmd /c …`,
    )
  },
  VALUE_NOT_QUOTABLE: ({ variable, format }) =>
    say(
      `${variable} contains a character that format '${format}' cannot quote safely`,
      `to run a command with the session: ${commandLine('exec')} ${doubleDash()} COMMAND`,
    ),
} satisfies SomeWords

/** Messages about token commands and YubiKeys that return no code. */
export const TOKEN_CODE_WORDS = {
  TOKEN_COMMAND_FAILED: (failure, view) => {
    const { program, origin, wantsShell } = failure
    const error = `token command ${quoted(program)}${fromOrigin(origin, view)} failed: ${whyCommandFailed(failure)}`
    const shell = wantsShell
      ? `it runs without a shell; for pipes and variables: ${throughShell()}`
      : commandHint(failure)
    const skip =
      origin.kind === 'flag'
        ? `to skip it, replace ${showOrigin(origin, view)} with --token-code 123456`
        : skipHint(view)
    return say(error, shell, skip)
  },
  YUBIKEY_FAILED: (failure, view) => yubiKeyWords(failure, skipHint(view)),
  PASSPHRASE_COMMAND_FAILED: (failure, view) => {
    const { program, origin, wantsShell, reason } = failure
    const why = reason === 'output' ? 'it must print one line' : whyCommandFailed(failure)
    const error = `the passphrase command ${quoted(program)}${fromOrigin(origin, view)} failed: ${why}`
    return say(
      error,
      wantsShell ? `it runs without a shell; for pipes, variables and the like: ${throughShell()}` : undefined,
    )
  },
} satisfies SomeWords

/** Returns the hint that does without a token command or a YubiKey. */
function skipHint(view: FailureView): string {
  return `to skip it: ${loginWith(view.typed?.profile, view, '--token-code', '123456')}`
}

type CommandFailure = FailureOf<'TOKEN_COMMAND_FAILED' | 'PASSPHRASE_COMMAND_FAILED'>

function whyCommandFailed({ reason, exitCode, seconds }: CommandFailure): string {
  switch (reason) {
    case 'quote':
      return 'unclosed quote'
    case 'timed-out':
      return `no output${seconds === undefined ? ' in time' : ` within ${seconds} s`}`
    case 'output':
      return 'output is not six digits'
    case 'not-found':
    case 'not-executable':
    case 'exit':
    case 'circle':
      return whyProgramFailed(reason, exitCode)
  }
}

function commandHint({ reason }: FailureOf<'TOKEN_COMMAND_FAILED'>): string | undefined {
  if (reason === 'not-found') return 'use its full path; programs started by other programs may have another PATH'
  return reason === 'output' ? 'it must print six digits and nothing else to stdout' : undefined
}
