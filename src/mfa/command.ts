/** Token codes from a command of the user's: a password manager, or a program that generates them. */
import type { TokenCodeSource } from './token-code.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, PromptObstacle } from '../model/failure.ts'
import type { Resolved } from '../model/profile.ts'
import { callProgram, environmentForCalled, whyNothing } from '../platform/run-program.ts'
import type { ProgramEnd } from '../platform/run-program.ts'
import { programOfCommand, splitTokenCommand, wantsShell } from '../shell/words.ts'

type TokenCommandFailure = Extract<Failure, { readonly code: 'TOKEN_COMMAND_FAILED' }>

export interface TokenCommandOptions {
  readonly environment: NodeJS.ProcessEnv
  /** The profile that is signed in: its command must not start awsmfa for it again. */
  readonly profile: string
  /** Returns why nothing can be asked at the terminal; if something can, the command may ask there too. */
  readonly obstacle: () => PromptObstacle | undefined
  readonly timeoutMs?: number
}

/** Someone may have to unlock a vault first. */
const TIMEOUT_MS = 60_000

/**
 * Runs the command without a shell, split like a `credential_process`, and takes six digits from its stdout. Such a
 * code is tried once: a request that carries a refusal gets 'unavailable'. If a question could be asked at the
 * terminal, the command may ask there, and shares our stderr. Throws TOKEN_COMMAND_FAILED (at once if the command would
 * start itself), which names the program but neither its parameters nor its output; the signal's reason when it aborts,
 * after the command has ended.
 */
export function createTokenCommand(
  { value: command, origin }: Resolved<string>,
  { environment, profile, obstacle, timeoutMs = TIMEOUT_MS }: TokenCommandOptions,
): TokenCodeSource {
  const failed = (facts: Pick<TokenCommandFailure, 'reason' | 'exitCode' | 'seconds'>, cause?: unknown): AwsmfaError =>
    new AwsmfaError(
      {
        code: 'TOKEN_COMMAND_FAILED',
        program: programOfCommand(command),
        origin,
        wantsShell: wantsShell(command),
        ...facts,
      },
      { cause },
    )
  const childEnvironment = environmentForCalled(environment, profile)
  // At once: later this process would wait for the question lock that the awsmfa above it holds.
  if (childEnvironment === undefined) throw failed({ reason: 'circle' })
  return async (request, signal) => {
    signal.throwIfAborted()
    if (request.refusal !== undefined) return 'unavailable'
    const split = splitTokenCommand(command, process.platform === 'win32')
    if (split === undefined) throw failed({ reason: 'quote' })
    const terminal = obstacle() === undefined ? 'shared' : 'none'
    const end = await callProgram(
      { program: split.program, words: split.parameters, environment: childEnvironment, terminal, timeoutMs },
      signal,
    )
    const code = codeIn(end)
    if (code === undefined) throw failed(whyNothing(end, timeoutMs), end.kind === 'not-run' ? end.cause : undefined)
    return { code, typed: false, generated: true }
  }
}

/** Exactly six digits: STS takes no others, and two lines would be ambiguous. */
function codeIn(end: ProgramEnd): string | undefined {
  return end.kind === 'ended' && end.exitCode === 0 ? /^\s*([0-9]{6})\s*$/.exec(end.output)?.[1] : undefined
}
