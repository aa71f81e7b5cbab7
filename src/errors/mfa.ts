/** Questions, and the people and programs that answer them or not. */
import { BATCH_FILE, THROUGH_CMD, fromOrigin, section, showErrno, showPlace } from './wording.ts'
import type { SomeWords } from './wording.ts'
import { TYPE_IT, yubiKeyWords } from '../mfa/ykman.ts'
import type { FailureOf, WantedAnswer, WindowTrouble } from '../model/failure.ts'
import { commandLine, doubleDash, quoted, say, throughShell, visible } from '../ui/words.ts'

const PROGRAM_WORDS = {
  'not-found': 'it was not found',
  'not-executable': 'it cannot be run',
  'batch-file': `it ${BATCH_FILE}`,
  'timed-out': 'it gave no answer in time',
  output: 'what it printed cannot be used',
  session: 'it gave a session, and long-term keys are needed',
  circle: 'it starts awsmfa for this same profile again',
} as const

/** What a question is about; `isPassable`: the answer can come without a terminal. */
const QUESTION_WORDS: Readonly<
  Record<WantedAnswer, { readonly need: string; readonly way: string; readonly isPassable: boolean }>
> = {
  'token-code': {
    need: 'a token code is needed',
    way: 'pass --token-code 123456, or --token-code - to read it from stdin',
    isPassable: true,
  },
  answer: { need: 'a question needs an answer', way: 'run it at a terminal', isPassable: false },
  consent: { need: 'nothing was changed: a yes is needed', way: 'pass --yes to make these changes', isPassable: true },
  'long-term-keys': {
    need: 'the long-term keys are needed',
    way: 'put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and pass --source-env',
    isPassable: true,
  },
}

function whyProgramFailed(reason: keyof typeof PROGRAM_WORDS | 'exit', exitCode: number | undefined): string {
  if (reason !== 'exit') return PROGRAM_WORDS[reason]
  return exitCode === undefined ? 'it was stopped' : `it ended with exit code ${exitCode}`
}

function whyNoWindow(trouble: WindowTrouble): string {
  switch (trouble.kind) {
    case 'no-program':
      return trouble.programs.length === 1
        ? `${trouble.programs.join()} is not there`
        : `neither ${trouble.programs.join(' nor ')} is there`
    case 'failed':
      return trouble.detail === '' ? `${trouble.program} failed` : `${trouble.program} says: ${visible(trouble.detail)}`
    case 'no-display':
      return 'neither DISPLAY nor WAYLAND_DISPLAY is set'
    case 'terminal-chosen':
    case 'no-gui':
    case 'ssh':
    case 'container':
    case 'ci':
      return 'none is wanted'
  }
}

/** What helps where a window was not chosen, and would have been opened, had it been possible. */
function windowHints(trouble: WindowTrouble): readonly string[] {
  switch (trouble.kind) {
    case 'no-program':
      return [`to be asked in a window, install ${trouble.programs.join(' or ')}`]
    case 'failed':
      return [`no window could be opened: ${whyNoWindow(trouble)}`]
    case 'ssh':
      return ['to be asked in a window, though this is an SSH session: --prompt window']
    case 'container':
      return ['to be asked in a window, though this is a container: --prompt window']
    case 'terminal-chosen':
    case 'no-gui':
    case 'no-display':
    case 'ci':
      return []
  }
}

const OTHER_LOGIN_WORDS: Readonly<Record<FailureOf<'ANOTHER_LOGIN_FAILED'>['why'], string>> = {
  CANCELLED: 'was cancelled',
  TOKEN_CODE_REJECTED: 'had its token code refused',
  DEADLINE_EXCEEDED: 'took too long',
  TOKEN_COMMAND_FAILED: 'got no code from its token command',
  YUBIKEY_FAILED: 'got no code from its YubiKey',
}

/** Words for what a person, another program of theirs, or the time had a part in. */
export const PEOPLE_WORDS = {
  PROMPT_UNAVAILABLE: ({ obstacle, wanted, window }) => {
    const { need, way, isPassable } = QUESTION_WORDS[wanted]
    const besides = window === undefined ? [] : windowHints(window)
    if (obstacle === 'no-window')
      return say(`${need} and no window can be opened${window === undefined ? '' : `: ${whyNoWindow(window)}`}`, way)
    if (obstacle === 'background')
      return say(
        `${need}, and awsmfa runs in the background`,
        isPassable ? `bring it to the foreground (fg), or ${way}` : 'bring it to the foreground: fg',
        ...besides,
      )
    return say(
      obstacle === 'stdin-closed' ? `${need}, and stdin has ended` : `${need} and there is no terminal to ask at`,
      way,
      ...besides,
    )
  },
  CANCELLED: () => say('cancelled'),
  INTERRUPTED: ({ signal }) => say(`stopped by ${signal}`),
  LOGINS_FAILED: ({ causes, of }) => say(`${causes.length} of ${of} profiles could not sign in`),
  DECLINED: () => say('declined; nothing was changed'),
  DEADLINE_EXCEEDED: ({ seconds, waitingFor }) =>
    say(`gave up after ${seconds} s of waiting for ${visible(waitingFor)}`),
  CREDENTIAL_PROCESS_FAILED: ({ profile, program, reason, exitCode, place }, view) =>
    say(
      `the credential process ${quoted(program)} of ${section(profile)} in ${showPlace(place, view)} failed: ${whyProgramFailed(reason, exitCode)}`,
      reason === 'batch-file' ? `${THROUGH_CMD}: cmd /c …` : undefined,
    ),
  ANOTHER_LOGIN_FAILED: ({ why }) => say(`another login for the same MFA device ${OTHER_LOGIN_WORDS[why]} just now`),
} satisfies SomeWords

/** Words for programs that are to get credentials, and for what cannot be handed to them. */
export const PROGRAM_FAILURE_WORDS = {
  PROGRAM_NOT_RUN: ({ program, reason, errno }) => {
    if (reason === 'not-found')
      return say(
        `there is no program ${quoted(program)}`,
        `a line for a shell, with pipes or variables, needs one: ${throughShell()}`,
      )
    if (reason === 'not-executable') return say(`${quoted(program)} cannot be run: ${showErrno(errno)}`)
    return say(
      `${quoted(program)} ${BATCH_FILE}`,
      `${THROUGH_CMD}: ${commandLine('exec')} ${doubleDash('win32')} cmd /c …`,
    )
  },
  VALUE_NOT_QUOTABLE: ({ variable, format }) =>
    say(
      `the value of ${variable} holds a character that --format ${format} cannot carry safely`,
      `run the program with it instead: ${commandLine('exec')} ${doubleDash()} COMMAND`,
    ),
} satisfies SomeWords

/** Words for sources of token codes that gave none. */
export const TOKEN_CODE_WORDS = {
  TOKEN_COMMAND_FAILED: (failure, view) => {
    const { program, origin, wantsShell } = failure
    const error = `the token command ${quoted(program)}${fromOrigin(origin, view)} failed: ${whyCommandFailed(failure)}`
    const shell = wantsShell
      ? `it is run without a shell; for pipes, variables and the like: ${throughShell()}`
      : commandHint(failure)
    return say(error, shell, TYPE_IT)
  },
  YUBIKEY_FAILED: yubiKeyWords,
} satisfies SomeWords

function whyCommandFailed({ reason, exitCode, seconds }: FailureOf<'TOKEN_COMMAND_FAILED'>): string {
  switch (reason) {
    case 'not-found':
      return 'it was not found'
    case 'not-executable':
      return 'it cannot be run'
    case 'quote':
      return 'a quote in the command is not closed'
    case 'exit':
      return exitCode === undefined ? 'it was stopped' : `it ended with exit code ${exitCode}`
    case 'timed-out':
      return `it gave no answer${seconds === undefined ? ' in time' : ` in ${seconds} s`}`
    case 'output':
      return 'what it printed is no token code'
    case 'circle':
      return 'it starts awsmfa for this same profile again'
  }
}

function commandHint({ reason }: FailureOf<'TOKEN_COMMAND_FAILED'>): string | undefined {
  if (reason === 'not-found') return 'give its full path: programs that others start may have another PATH'
  return reason === 'output' ? 'it has to print six digits on one line, and nothing else on stdout' : undefined
}
