import { parseTokenCode } from './token-code.ts'
import type { TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from './token-code.ts'
import { AwsmfaError } from '../model/failure.ts'

/** Where a code on the command line stood: `--token-code`, or the AWS CLI's spelling after `--`. */
export type GivenWhere = 'flag' | 'sts-flag'

/** What may be set otherwise in tests. */
export interface StdinOptions {
  readonly stdin?: NodeJS.ReadableStream
  readonly timeoutMs?: number
}

/** Longest line that is read from stdin, and how long it is waited for: enough for a code that another program makes. */
const MOST_BYTES = 64

const STDIN_TIMEOUT_MS = 30_000

/**
 * Gives the code that stands on the command line, spaces dropped. `-` means one line from stdin, which is read only when the
 * code is asked for; with any other value stdin is left alone. A code that was given is not typed: it is tried once, so a
 * request that carries a refusal gets 'unavailable'. Throws TOKEN_CODE_MALFORMED; from stdin also PROMPT_UNAVAILABLE
 * (stdin-closed) when it ends without a line, DEADLINE_EXCEEDED after 30 s, and the signal's reason when it aborts.
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
      if (rest.length > 0 || text.length > MOST_BYTES) settle(() => resolve(rest.length > 0 ? (line ?? '') : text))
    }
    const onEnd = (): void => (text === '' ? fail(stdinClosed()) : settle(() => resolve(text)))
    const onError = (cause: unknown): void => fail(stdinClosed(cause))
    const timer = setTimeout(() => fail(tooLate(timeoutMs)), timeoutMs)
    signal.addEventListener('abort', onAbort)
    stdin.on('data', onData).on('end', onEnd).on('error', onError)
  })
}

function stdinClosed(cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'stdin-closed', wanted: 'token-code' }, { cause })
}

function tooLate(timeoutMs: number): AwsmfaError {
  return new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: timeoutMs / 1000, waitingFor: 'a token code on stdin' })
}

/** Our own signals always carry an Error; another's may carry anything. */
function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new AwsmfaError({ code: 'CANCELLED' })
}

/** A program's function that gets a token code; what it gives may be anything. */
export type ProvideTokenCode = (request: TokenCodeRequest) => Promise<unknown>

/** Answers that are no code, one after another, before the function is given up. */
const MOST_MALFORMED = 3

/**
 * Asks a function of the program for the code. What it gives counts as typed, since a person may stand behind it: a refused
 * code is asked for again; but the same code once more, as a generator gives it, is not sent three times. Throws CANCELLED
 * with the function's own error as cause where that fails, TOKEN_CODE_MALFORMED after three answers that are no code, and the
 * signal's reason when it aborts.
 */
export function createProvidedTokenCode(provide: ProvideTokenCode): TokenCodeSource {
  let last: string | undefined
  return async (request, signal) => {
    for (let malformed = 0; malformed < MOST_MALFORMED; malformed += 1) {
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
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new AwsmfaError({ code: 'CANCELLED' }))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
