/**
 * Which sources of token codes a login asks. They race, see `askTokenCode`; each is loaded only if it is used. Codes
 * that need no prompt, from the command line, stdin or a function of the calling program, are read here.
 */
import { accountToName } from './device.ts'
import { choosePrompt, createTerminalTokenCode } from './prompt.ts'
import type { PromptDecision, PromptSettings } from './prompt.ts'
import { parseTokenCode } from './token-code.ts'
import type { TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import type { YubiKeySettings } from './ykman.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WindowTrouble } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/profile.ts'
import { hasContainerMark } from '../platform/process-info.ts'
import type { Asker } from '../ui/question.ts'

/** The settings of a login that concern its token code. */
export interface TokenCodeSettings {
  /** The profile that was asked for. */
  readonly target: Resolved<string>
  /** The roles in the order in which they are assumed. */
  readonly roles: readonly { readonly roleArn: Resolved<string> }[]
  /** A code of six digits; `-` is one line from stdin. */
  readonly tokenCode: Resolved<string> | undefined
  /** The command that prints token codes. Only its program may be shown. */
  readonly tokenCommand: Resolved<string> | undefined
  readonly yubiKey: YubiKeySettings | undefined
  readonly prompt: PromptSettings
}

/** What the sources depend on besides the settings. */
export interface SourcesOptions {
  readonly asker: Asker
  readonly environment: Environment
  /** Writes lines to stderr, for a login without a terminal; if missing, nobody reads them. */
  readonly stderr?: (text: string) => void
  /** Returns the devices that profiles name; read when a prompt is shown. */
  readonly deviceSerials?: () => readonly string[]
}

/**
 * Returns the sources to ask: a code that was given, otherwise a token command, otherwise a YubiKey beside a prompt,
 * otherwise a prompt. stdin is read only for the code `-`.
 */
export async function tokenCodeSources(
  settings: TokenCodeSettings,
  options: SourcesOptions,
): Promise<readonly TokenCodeSource[]> {
  const { tokenCode, tokenCommand, yubiKey, target } = settings
  const { asker, environment, stderr } = options
  const own = { environment: { ...environment } }
  if (tokenCode !== undefined)
    return [createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
  if (tokenCommand !== undefined) {
    const { createTokenCommand } = await import('./command.ts')
    return [createTokenCommand(tokenCommand, { ...own, profile: target.value, obstacle: asker.obstacle })]
  }
  if (yubiKey === undefined) return [typedTokenCode(settings, options)]
  const { createYubiKeyTokenCode, terminalDialog } = await import('./yubikey.ts')
  return [
    createYubiKeyTokenCode(yubiKey, { ...own, dialog: terminalDialog(asker, stderr) }),
    typedTokenCode(settings, options),
  ]
}

/** Whether a program or a person can provide a token code, here and now. */
export function canGetCode(
  { tokenCode, tokenCommand, yubiKey, prompt }: Omit<TokenCodeSettings, 'target' | 'roles'>,
  options: SourcesOptions,
): boolean {
  return (tokenCode ?? tokenCommand ?? yubiKey) !== undefined || decide(prompt, options).kind !== 'nothing'
}

function decide(prompt: PromptSettings, { asker, environment }: SourcesOptions): PromptDecision {
  return choosePrompt(prompt, {
    platform: process.platform,
    environment,
    hasContainerMark: hasContainerMark(),
    canAskTerminal: asker.obstacle() === undefined,
  })
}

/** Prompts at the terminal or in a window; decides when it is asked, since the terminal may have come or gone. */
function typedTokenCode(
  { prompt, roles }: Pick<TokenCodeSettings, 'prompt' | 'roles'>,
  options: SourcesOptions,
): TokenCodeSource {
  const { asker, environment, deviceSerials = () => [] } = options
  const terminal = createTerminalTokenCode(asker)
  return async (asked, signal) => {
    signal.throwIfAborted()
    const request = { ...asked, account: accountToName(asked.serialNumber, deviceSerials()) }
    const decision = decide(prompt, options)
    if (decision.kind === 'terminal') return await terminal(request, signal)
    const unavailable = (window: WindowTrouble): AwsmfaError => {
      const obstacle: PromptObstacle = decision.isChosen ? 'no-window' : (asker.obstacle() ?? 'no-terminal')
      return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted: 'token-code', window })
    }
    if (decision.kind === 'nothing') throw unavailable({ kind: decision.why })
    const { createWindowTokenCode, tokenCodeWindow } = await import('./window.ts')
    const role = roles.at(-1)?.roleArn.value
    const ask = createWindowTokenCode({
      programs: decision.programs,
      environment: { ...environment },
      textOf: (shown, malformed) => tokenCodeWindow(shown, { role, hideArns: prompt.hideArns, malformed }),
      unavailable,
    })
    return await ask(request, signal)
  }
}

/** Where a code is on the command line: `--token-code`, or the AWS CLI's option after `--`. */
export type GivenWhere = 'flag' | 'sts-flag'

/** For tests. */
export interface StdinOptions {
  readonly stdin?: NodeJS.ReadableStream
  readonly timeoutMs?: number
}

/** The longest line that is read from stdin, and how long it may take: enough for a program that generates codes. */
const MAX_LENGTH = 64
const STDIN_TIMEOUT_MS = 30_000

/**
 * Returns the code on the command line without its spaces. `-` is one line from stdin, read when the code is asked for;
 * otherwise stdin is left alone. The code is tried once: a request that carries a refusal gets 'unavailable'. Throws
 * TOKEN_CODE_MALFORMED; from stdin also PROMPT_UNAVAILABLE (stdin-closed) if it ends without a line, DEADLINE_EXCEEDED
 * after 30 s, and the signal's reason when it aborts.
 */
export function createGivenTokenCode(value: string, where: GivenWhere, options: StdinOptions = {}): TokenCodeSource {
  return async (request, signal) => {
    signal.throwIfAborted()
    if (request.refusal !== undefined) return 'unavailable'
    if (value !== '-') return answer(value, where)
    return answer(await readStdinLine(options, signal), 'stdin')
  }
}

function answer(text: string, source: GivenWhere | 'stdin'): TokenCodeAnswer {
  const code = parseTokenCode(text)
  if (code === undefined) throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source })
  return { code, typed: false }
}

function readStdinLine(
  { stdin = process.stdin, timeoutMs = STDIN_TIMEOUT_MS }: StdinOptions,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      stdin.off('data', onData).off('end', onEnd).off('error', onError)
      stdin.pause()
      act()
    }
    const fail = (error: Error): void => settle(() => reject(error))
    const onAbort = (): void => fail(reasonOf(signal))
    const onData = (chunk: Buffer | string): void => {
      text += chunk.toString()
      const [line, ...rest] = text.split(/\r?\n/)
      if (rest.length > 0 || text.length > MAX_LENGTH) settle(() => resolve(rest.length > 0 ? (line ?? '') : text))
    }
    const onEnd = (): void => (text === '' ? fail(stdinClosed()) : settle(() => resolve(text)))
    const onError = (cause: unknown): void => fail(stdinClosed(cause))
    const timer = setTimeout(() => {
      const waitingFor = 'a token code on stdin'
      fail(new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: timeoutMs / 1000, waitingFor }))
    }, timeoutMs)
    signal.addEventListener('abort', onAbort)
    stdin.on('data', onData).on('end', onEnd).on('error', onError)
  })
}

function stdinClosed(cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'stdin-closed', wanted: 'token-code' }, { cause })
}

/** Returns the signal's reason as an Error; a signal of the calling program may carry anything. */
function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new AwsmfaError({ code: 'CANCELLED' })
}

/** A function of the calling program that resolves to a token code, or to anything. */
export type ProvideTokenCode = (request: TokenCodeRequest) => Promise<unknown>

/** Answers that are no code, one after another, before the function is given up. */
const MAX_MALFORMED = 3

/**
 * Asks a function for the code. Its codes count as typed, since someone may type them: a refused one is asked for
 * again, unless the function repeats it, as a generator does. Throws CANCELLED with the function's error as cause,
 * TOKEN_CODE_MALFORMED after three answers that are no code, and the signal's reason when it aborts.
 */
export function createProvidedTokenCode(provide: ProvideTokenCode): TokenCodeSource {
  let last: string | undefined
  return async (request, signal) => {
    for (let malformed = 0; malformed < MAX_MALFORMED; malformed += 1) {
      const answer = await untilAborted(ask(provide, request), signal)
      const code = typeof answer === 'string' ? parseTokenCode(answer) : undefined
      if (code === undefined) continue
      const isNew = code !== last
      last = code
      return { code, typed: isNew }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}

async function ask(provide: ProvideTokenCode, request: TokenCodeRequest): Promise<unknown> {
  try {
    return await provide(request)
  } catch (cause) {
    throw new AwsmfaError({ code: 'CANCELLED' }, { cause })
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const settled = new AbortController()
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { signal: settled.signal }),
  )
  try {
    return await Promise.race([promise, aborted])
  } finally {
    settled.abort()
  }
}
