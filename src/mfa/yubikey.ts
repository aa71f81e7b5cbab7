import type { TokenCodeSource } from './token-code.ts'
import { readYkman, wantsTouch, ykmanParameters } from './ykman.ts'
import type { YkmanAnswer, YkmanQuery, YubiKeySettings } from './ykman.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { callProgram, environmentForCalled, withoutKeys } from '../platform/run-program.ts'
import type { Asker, Question } from '../ui/question.ts'

/**
 * Lets another source of token codes speak at the terminal while a question stands there: the question goes, the other has its
 * say, and the question comes back.
 */

/** An Asker whose standing question can be interrupted. */
export interface InterruptibleAsker extends Asker {
  /**
   * Withdraws the question that stands, if one does; runs `work`, which may ask and say things through the Asker that it is
   * given; then the question is asked again, and with it whatever was asked meanwhile. One at a time. Throws what `work` throws.
   */
  readonly interrupt: <T>(work: (asker: Asker) => Promise<T> | T) => Promise<T>
  /** Puts these words before the question from now on, and before the one that stands, if one does; '' takes them away again. */
  readonly preface: (words: string) => void
}

/** Makes one of an Asker. Questions must be asked one at a time, through it alone. */
export function createInterruptibleAsker(asker: Asker): InterruptibleAsker {
  let standing: { readonly withdraw: () => void; readonly gone: Promise<unknown> } | undefined
  let interruption: Promise<unknown> = Promise.resolve()
  let preface = ''
  /** Another interruption may have been called for while one was waited for. */
  const quiet = async (): Promise<void> => {
    let last: unknown
    while (last !== interruption) {
      last = interruption
      await last
    }
  }
  /** Undefined: it was interrupted. */
  const pose = async (question: Question, signal: AbortSignal): Promise<string | undefined> => {
    const withdrawal = new AbortController()
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    const answer = asker.askLine(
      { ...question, text: preface + question.text },
      AbortSignal.any([signal, withdrawal.signal]),
    )
    const gone = answer.catch(() => undefined)
    const own = { withdraw: () => withdrawal.abort(reason), gone }
    standing = own
    try {
      return await answer
    } catch (error) {
      if (error !== reason) throw error
      return undefined
    } finally {
      if (standing === own) standing = undefined
    }
  }
  const interrupt: InterruptibleAsker['interrupt'] = async (work) => {
    const before = interruption
    let over = (): void => undefined
    interruption = new Promise<void>((resolve) => {
      over = resolve
    })
    try {
      await before
      standing?.withdraw()
      await standing?.gone
      return await work(asker)
    } finally {
      over()
    }
  }
  return {
    ...asker,
    askLine: async (question, signal) => {
      for (;;) {
        await quiet()
        signal.throwIfAborted()
        const answer = await pose(question, signal)
        if (answer !== undefined) return answer
      }
    },
    interrupt,
    preface: (words) => {
      if (words === preface) return
      preface = words
      // Asked again, it stands there with its new words.
      if (standing !== undefined) void interrupt(() => undefined)
    },
  }
}

/**
 * Token codes from a YubiKey, through its maker's ykman. ykman gets a session of its own, without a terminal: else it would put
 * its own question for the OATH password there, across ours. The password goes to it through stdin, never as a parameter.
 */

type YubiKeyFailure = Extract<Failure, { readonly code: 'YUBIKEY_FAILED' }>

/** What a person is told and asked while a YubiKey is at work. */
export interface YubiKeyTalk {
  /** Asks for the OATH password, unseen; `again`: the one before was wrong. '' says that it shall be left. Throws PROMPT_UNAVAILABLE, CANCELLED. */
  readonly askPassword: (serial: string | undefined, again: boolean, signal: AbortSignal) => Promise<string>
  /** Says that the key waits to be touched; with false, before a key is asked, that none does. */
  readonly showTouch: (isAwaited: boolean) => void
  /** Tells the failure where another source may still give the code; where none can, whoever catches it tells it. */
  readonly tellFailure: (error: AwsmfaError & { readonly failure: YubiKeyFailure }) => Promise<void>
}

/** What asking a YubiKey needs. */
export interface YubiKeyOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly talk: YubiKeyTalk
  readonly timeoutMs?: number
  readonly isWindows?: boolean
}

/** ykman starts in half a second, looks for a key for 2.5 s, and the key waits 15 s to be touched. */
const TIMEOUT_MS = 45_000

/** Passwords are mistyped; the key itself counts none. */
const PASSWORD_TRIES = 3

/**
 * Asks the YubiKey for the code of its account, which is called as the MFA device where nothing else is said. A code that came
 * so was not typed. Throws YUBIKEY_FAILED, told through `talk`, which takes nothing from the other sources; gives 'unavailable'
 * where the person leaves the password, and for a request that carries a refusal once it has failed; throws the signal's reason
 * when that aborts, and ykman has ended then.
 */
export function createYubiKeyTokenCode(
  { serial, label }: YubiKeySettings,
  { environment, talk, timeoutMs = TIMEOUT_MS, isWindows = process.platform === 'win32' }: YubiKeyOptions,
): TokenCodeSource {
  let hasFailed = false
  return async (request, signal) => {
    talk.showTouch(false)
    if (hasFailed && request.refusal !== undefined) return 'unavailable'
    const query: YkmanQuery = { serial: serial?.value, label: label?.value ?? request.serialNumber }
    const callEnvironment = environmentForCalled(environment, request.profile) ?? withoutKeys(environment)
    try {
      const code = await askKey({ query, environment: callEnvironment, talk, timeoutMs, isWindows }, signal)
      return code === undefined ? 'unavailable' : { code, typed: false, generated: true }
    } catch (error) {
      if (!isFailure(error, 'YUBIKEY_FAILED')) throw error
      hasFailed = true
      await talk.tellFailure(error)
      throw error
    }
  }
}

interface Asking extends Required<YubiKeyOptions> {
  readonly query: YkmanQuery
}

/** Undefined: the person would not give the password. */
async function askKey(asking: Asking, signal: AbortSignal): Promise<string | undefined> {
  const { query } = asking
  let password: string | undefined
  for (let tries = 0; ; tries += 1) {
    const answer = await runYkman(asking, password, signal)
    if (answer.kind === 'code') return answer.code
    const isWrong = answer.kind === 'failed' && answer.reason === 'wrong-password'
    // Wrong without one that was typed: the one that ykman remembers.
    if (answer.kind === 'failed' && (!isWrong || password === undefined || tries === PASSWORD_TRIES))
      throw failed(query, answer)
    password = await askPassword(asking, isWrong, signal)
    if (password === '') return undefined
  }
}

async function askPassword({ query, talk }: Asking, again: boolean, signal: AbortSignal): Promise<string> {
  try {
    return await talk.askPassword(query.serial, again, signal)
  } catch (error) {
    if (!isFailure(error, 'PROMPT_UNAVAILABLE')) throw error
    throw failed(query, { reason: 'password', serials: [] }, error)
  }
}

/**
 * Without a password stdin is empty, and ykman's prompt breaks off there. On Windows it would not: Python reads a password from a
 * console that nobody sees. There it gets an empty line, which is no key's password (ykman/_cli/util.py › click_prompt).
 */
async function runYkman(
  { query, environment, talk, timeoutMs, isWindows }: Asking,
  password: string | undefined,
  signal: AbortSignal,
): Promise<YkmanAnswer> {
  let said = ''
  const onTalk = (piece: string): void => {
    const wanted = wantsTouch(said)
    said += piece
    if (!wanted && wantsTouch(said)) talk.showTouch(true)
  }
  const program = {
    program: 'ykman',
    words: ykmanParameters(query),
    environment,
    terminal: 'none',
    timeoutMs,
    onTalk,
  } as const
  const line = password ?? (isWindows ? '' : undefined)
  const end = await callProgram(line === undefined ? program : { ...program, input: `${line}\n` }, signal)
  switch (end.kind) {
    case 'ended': {
      const answer = readYkman({ exitCode: end.exitCode, output: end.output, talk: said })
      return isWindows && password === undefined && answer.kind === 'failed' && answer.reason === 'wrong-password'
        ? { kind: 'password' }
        : answer
    }
    case 'not-run':
      throw failed(query, { reason: end.errno === 'ENOENT' ? 'no-program' : 'other', serials: [] }, end.cause)
    case 'timed-out':
      return { kind: 'failed', reason: wantsTouch(said) ? 'not-touched' : 'timed-out', serials: [] }
    case 'too-much':
      return { kind: 'failed', reason: 'other', serials: [] }
  }
}

function failed(
  { serial, label }: YkmanQuery,
  facts: Pick<YubiKeyFailure, 'reason' | 'serials' | 'detail'>,
  cause?: unknown,
): AwsmfaError {
  const { reason, serials, detail } = facts
  const known = { ...(serial === undefined ? {} : { serial }), ...(detail === undefined ? {} : { detail }) }
  return new AwsmfaError({ code: 'YUBIKEY_FAILED', reason, label, serials, ...known }, { cause })
}
