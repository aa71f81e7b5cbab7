/** A token code from a window, which a program of the desktop shows. */
import { withoutArn } from '../aws/arn.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { WindowProgram, WindowTrouble } from '../model/failure.ts'
import { USUAL_FOLDERS, findProgram } from '../platform/find-program.ts'
import { callProgram, withoutKeys } from '../platform/run-program.ts'
import { windowsFolder } from '../platform/windows-program.ts'
import { visible } from '../ui/words.ts'
import { deviceName } from './device.ts'
import { whyRefused } from './prompt.ts'
import { parseTokenCode } from './token-code.ts'
import type { TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import { windowProgram } from './window-programs.ts'
import type { WindowAnswer, WindowCall, WindowProgramSpec, WindowText } from './window-programs.ts'

export interface WindowOptions {
  /** The programs to try, in this order. */
  readonly programs: readonly [WindowProgram, ...WindowProgram[]]
  readonly environment: NodeJS.ProcessEnv
  /** Returns the text of the window; `malformed`: the previous text was not a code. */
  readonly textOf: (request: TokenCodeRequest, malformed: boolean) => WindowText
  /** Returns the failure of a window that could not be opened. */
  readonly unavailable: (trouble: WindowTrouble) => AwsmfaError
  readonly timeoutSeconds?: number
  /** Finds a program by its name or path; by default on PATH and in the usual folders. */
  readonly find?: (name: string) => string | undefined
}

/** A window may hang at a display that is gone, and the AWS SDK for Go ends a credential process after 60 s. */
const TIMEOUT_SECONDS = 50

/** How long a window has to close by itself. */
const GRACE_MS = 1500

/** Texts that are no code, one after another, before the question is given up. */
const MAX_MALFORMED = 10

const LONGEST_STDERR = 4000

/**
 * Shows a window with the first program that is found and works, and resolves to six digits typed there; it asks again
 * for other text, which costs no attempt. Throws CANCELLED for a closed window, DEADLINE_EXCEEDED after 50 s without an
 * answer, TOKEN_CODE_MALFORMED after ten texts that are no code, `unavailable` if no window can be opened, and the
 * signal's reason when it aborts. The window and its program are gone by then.
 */
export function createWindowTokenCode(options: WindowOptions): TokenCodeSource {
  return async (request, signal) => {
    for (let malformed = 0; malformed < MAX_MALFORMED; malformed += 1) {
      const code = parseTokenCode(await showWindow(options.textOf(request, malformed > 0), options, signal))
      if (code !== undefined) return { code, typed: true }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

async function showWindow(text: WindowText, options: WindowOptions, signal: AbortSignal): Promise<string> {
  const { programs, environment, timeoutSeconds: seconds = TIMEOUT_SECONDS } = options
  const { find = (name: string) => findProgram(name, environment, USUAL_FOLDERS) } = options
  let trouble: WindowTrouble = { kind: 'no-program', programs }
  for (const program of programs) {
    const spec = windowProgram(program, windowsFolder(environment))
    for (const file of spec.files.flatMap((name) => find(name) ?? [])) {
      const answer = await callWindow(spec, spec.call(text, Math.ceil(seconds)), { file, environment, seconds }, signal)
      if (answer.kind === 'text') return answer.text
      if (answer.kind === 'cancelled') throw new AwsmfaError({ code: 'CANCELLED' })
      if (answer.kind === 'timed-out')
        throw new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds, waitingFor: 'a token code in the window' })
      trouble = trouble.kind === 'failed' ? trouble : { kind: 'failed', program, detail: answer.detail }
    }
  }
  throw options.unavailable(trouble)
}

async function callWindow(
  spec: WindowProgramSpec,
  { words, variables, input }: WindowCall,
  { file, environment, seconds }: { file: string; environment: NodeJS.ProcessEnv; seconds: number },
  signal: AbortSignal,
): Promise<WindowAnswer> {
  let stderr = ''
  const end = await callProgram(
    {
      program: file,
      words,
      environment: { ...withoutKeys(environment), ...variables },
      terminal: 'none',
      timeoutMs: seconds * 1000 + GRACE_MS,
      onTalk: (piece) => (stderr = (stderr + piece).slice(0, LONGEST_STDERR)),
      input,
    },
    signal,
  )
  switch (end.kind) {
    case 'ended':
      return spec.answer({ exitCode: end.exitCode, stdout: end.output, stderr })
    case 'timed-out':
      return { kind: 'timed-out' }
    case 'too-much':
      return { kind: 'failed', detail: '' }
    case 'not-run':
      return { kind: 'failed', detail: end.errno ?? '' }
  }
}

export interface WindowView {
  /** The last role of the profile chain. */
  readonly role: string | undefined
  readonly hideArns: boolean
  /** Whether the previous text was not a code. */
  readonly malformed: boolean
}

/** Returns the text that asks for a code: for which profile, role and device. */
export function tokenCodeWindow(request: TokenCodeRequest, { role, hideArns, malformed }: WindowView): WindowText {
  const { profile, profiles, serialNumber, userName, account, refusal } = request
  const show = (arn: string): string => visible(hideArns ? withoutArn(arn) : arn)
  const roleArn = request.roleArn ?? role
  const lines = [
    `MFA code for ${visible(userName ?? deviceName(serialNumber))}${account === undefined ? '' : ` (${visible(account)})`}`,
    '',
    profiles > 1 ? `${profiles} profiles` : `Profile: ${visible(profile)}`,
    ...(roleArn === undefined || profiles > 1 ? [] : [`Role: ${show(roleArn)}`]),
    `Device: ${show(serialNumber)}`,
  ]
  const why = refusal === undefined ? undefined : `${whyRefused(refusal)}.`
  const problem = malformed ? 'A code has six digits.' : why
  return { title: 'awsmfa', text: lines.join('\n'), problem, label: 'Token code' }
}
