import { withoutArn } from '../aws/arn.ts'
import { deviceName, whyRefused } from './prompt.ts'
import { parseTokenCode } from './token-code.ts'
import type { TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import { OSASCRIPT, PINENTRY, ZENITY, powershellSpec } from './window-programs.ts'
import type { WindowAnswer, WindowProgramSpec, WindowText } from './window-programs.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { WindowProgram, WindowTrouble } from '../model/failure.ts'
import { callProgram, findProgram, withoutKeys } from '../platform/run-program.ts'
import { windowsFolder } from '../platform/windows-program.ts'
import { visible } from '../ui/words.ts'

/** Asks for a token code in a window, with a program that the desktop has. */

/** What asking in a window needs. */
export interface WindowOptions {
  readonly programs: readonly [WindowProgram, ...WindowProgram[]]
  readonly environment: NodeJS.ProcessEnv
  /** The text of the window, and why it cannot be opened: so that all words are in one layer. */
  readonly textOf: (request: TokenCodeRequest, malformed: boolean) => WindowText
  /** Makes the failure of a window that could not be opened. */
  readonly unavailable: (trouble: WindowTrouble) => AwsmfaError
  readonly timeoutSeconds?: number
  /** Finds a program by its name or path; left out: on PATH, or where programs usually are. */
  readonly find?: (name: string) => string | undefined
}

/** A window may hang at a display that is gone, and the AWS SDK for Go ends a credential process after 60 s. */
const TIMEOUT_SECONDS = 50

/** The window closes by itself first, where it can. */
const GRACE_MS = 1500

/** Texts that are no code, one after another, before the question is given up. */
const MOST_MALFORMED = 10

const LONGEST_TALK = 4000

/**
 * Shows a window with the first of the programs that is there and can, and takes six digits from it; what is no code is asked
 * again and costs no try. Throws CANCELLED for a window that is closed, DEADLINE_EXCEEDED after 50 s without an answer,
 * TOKEN_CODE_MALFORMED after ten that are no code, what `unavailable` makes where no window can be opened, and the signal's
 * reason when it aborts. The window is gone by then, and its program with it.
 */
export function createWindowTokenCode(options: WindowOptions): TokenCodeSource {
  return async (request, signal) => {
    for (let malformed = 0; malformed < MOST_MALFORMED; malformed += 1) {
      const code = parseTokenCode(await showWindow(options.textOf(request, malformed > 0), options, signal))
      if (code !== undefined) return { code, typed: true }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

async function showWindow(text: WindowText, options: WindowOptions, signal: AbortSignal): Promise<string> {
  const {
    programs,
    environment,
    unavailable,
    timeoutSeconds = TIMEOUT_SECONDS,
    find = (name: string) => findProgram(name, environment),
  } = options
  let trouble: WindowTrouble = { kind: 'no-program', programs }
  for (const program of programs) {
    const spec = specOf(program, environment)
    for (const file of spec.files.flatMap((name) => find(name) ?? [])) {
      const answer = await callWindow({ spec, file, text, options }, signal)
      if (answer.kind === 'text') return answer.text
      if (answer.kind === 'cancelled') throw new AwsmfaError({ code: 'CANCELLED' })
      if (answer.kind === 'timed-out')
        throw new AwsmfaError({
          code: 'DEADLINE_EXCEEDED',
          seconds: timeoutSeconds,
          waitingFor: 'a token code in the window',
        })
      trouble = trouble.kind === 'failed' ? trouble : { kind: 'failed', program, detail: answer.detail }
    }
  }
  throw unavailable(trouble)
}

interface WindowToCall {
  readonly spec: WindowProgramSpec
  readonly file: string
  readonly text: WindowText
  readonly options: WindowOptions
}

async function callWindow({ spec, file, text, options }: WindowToCall, signal: AbortSignal): Promise<WindowAnswer> {
  const { environment, timeoutSeconds = TIMEOUT_SECONDS } = options
  const { words, variables, input } = spec.call(text, Math.ceil(timeoutSeconds))
  let talk = ''
  const end = await callProgram(
    {
      program: file,
      words,
      environment: { ...withoutKeys(environment), ...variables },
      terminal: 'none',
      timeoutMs: timeoutSeconds * 1000 + GRACE_MS,
      onTalk: (piece) => (talk = (talk + piece).slice(0, LONGEST_TALK)),
      ...(input === undefined ? {} : { input }),
    },
    signal,
  )
  switch (end.kind) {
    case 'ended':
      return spec.answer({ exitCode: end.exitCode, output: end.output, talk })
    case 'timed-out':
      return { kind: 'timed-out' }
    case 'too-much':
      return { kind: 'failed', detail: '' }
    case 'not-run':
      return { kind: 'failed', detail: end.errno ?? '' }
  }
}

function specOf(program: WindowProgram, environment: NodeJS.ProcessEnv): WindowProgramSpec {
  switch (program) {
    case 'zenity':
      return ZENITY
    case 'pinentry':
      return PINENTRY
    case 'osascript':
      return OSASCRIPT
    case 'powershell':
      return powershellSpec(windowsFolder(environment))
  }
}

/** The words of the window that asks for a token code. Plain text: what shows it makes it harmless for itself. */

/** A window's text, line by line, and why it is shown again. */
export interface WindowWords {
  readonly title: string
  readonly text: string
  readonly problem: string | undefined
  readonly label: string
}

/** What the words depend on besides the request. `role`: what the session is for in the end. `malformed`: the text before was no code. */
export interface WindowView {
  readonly role: string | undefined
  readonly hideArns: boolean
  readonly malformed: boolean
}

/** Says which code is wanted: for which profile, role and device. */
export function tokenCodeWindow(request: TokenCodeRequest, { role, hideArns, malformed }: WindowView): WindowWords {
  const { profile, profiles, serialNumber, userName, refusal } = request
  const show = (arn: string): string => visible(hideArns ? withoutArn(arn) : arn)
  const roleArn = request.roleArn ?? role
  const lines = [
    `MFA code for ${visible(userName ?? deviceName(serialNumber))}`,
    '',
    profiles > 1 ? `Serves ${profiles} profiles` : `Profile: ${visible(profile)}`,
    ...(roleArn === undefined || profiles > 1 ? [] : [`Role: ${show(roleArn)}`]),
    `Device: ${show(serialNumber)}`,
  ]
  return { title: 'awsmfa', text: lines.join('\n'), problem: problemOf(refusal, malformed), label: 'Token code' }
}

function problemOf(refusal: TokenCodeRequest['refusal'], malformed: boolean): string | undefined {
  if (malformed) return 'A code has six digits.'
  if (refusal === undefined) return undefined
  const words = whyRefused(refusal)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
