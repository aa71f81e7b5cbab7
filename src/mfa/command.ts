import type { TokenCodeSource } from './token-code.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, PromptObstacle } from '../model/failure.ts'
import type { Resolved } from '../model/origin.ts'
import { callProgram, environmentForCalled } from '../platform/run-program.ts'
import type { ProgramEnd } from '../platform/run-program.ts'
import { programOfCommand, splitTokenCommand, wantsShell } from '../shell/words.ts'

/** Token codes from a command of the person's own: a password manager, or a program that makes them. */

type CommandFailure = Extract<Failure, { readonly code: 'TOKEN_COMMAND_FAILED' }>

/** What running the command needs. */
export interface TokenCommandOptions {
  readonly environment: NodeJS.ProcessEnv
  /** The profile that is signed in: a command that is run for it must not start awsmfa for it once more. */
  readonly profile: string
  /** Tells why no question can be asked at the terminal; undefined where it can: then the command may ask there too. */
  readonly obstacle: () => PromptObstacle | undefined
  /** Somebody may have to unlock a vault first. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 60_000

/**
 * Runs the command, split as botocore splits a `credential_process`, without a shell, and takes six digits from its stdout,
 * white space round them dropped. A code that came so was not typed and is tried once: a request that carries a refusal gets
 * 'unavailable'. Where a question could be asked at the terminal, the command may ask there itself, and its stderr is ours.
 * Throws TOKEN_COMMAND_FAILED (for a circle at once, else when it is asked), which names the program and never shows its parameters or its output, and the signal's reason
 * when that aborts; nothing of it runs on then.
 */
export function createTokenCommand(
  { value: command, origin }: Resolved<string>,
  { environment, profile, obstacle, timeoutMs = TIMEOUT_MS }: TokenCommandOptions,
): TokenCodeSource {
  const failed = (facts: Pick<CommandFailure, 'reason' | 'exitCode' | 'seconds'>, cause?: unknown): AwsmfaError =>
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
  // Now: by the time a code is asked for, this process would wait for the question that the one above it holds.
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
    if (code === undefined) throw failed(reasonOf(end, timeoutMs), end.kind === 'not-run' ? end.cause : undefined)
    return { code, typed: false, generated: true }
  }
}

/** Exactly six digits: STS takes no others, and of two lines nobody can tell which is meant. */
function codeIn(end: ProgramEnd): string | undefined {
  return end.kind === 'ended' && end.exitCode === 0 ? /^\s*([0-9]{6})\s*$/.exec(end.output)?.[1] : undefined
}

function reasonOf(end: ProgramEnd, timeoutMs: number): Pick<CommandFailure, 'reason' | 'exitCode' | 'seconds'> {
  switch (end.kind) {
    case 'timed-out':
      return { reason: 'timed-out', seconds: timeoutMs / 1000 }
    case 'too-much':
      return { reason: 'output' }
    case 'not-run':
      return { reason: end.errno === 'ENOENT' ? 'not-found' : 'not-executable' }
    case 'ended':
      if (end.exitCode === 0) return { reason: 'output' }
      return { reason: 'exit', ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }) }
  }
}
