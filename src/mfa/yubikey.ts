/**
 * Token codes from a YubiKey, through its maker's ykman. ykman runs in a session without a terminal: otherwise its
 * question for the OATH password would appear across ours. It gets the password through stdin, never as a parameter.
 */
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { callProgram, environmentForCalled, withoutKeys } from '../platform/run-program.ts'
import type { Asker } from '../ui/question.ts'
import { TOUCH_LINE, TOUCH_PREFACE, oathPasswordQuestion, yubiKeyFailureLine } from './prompt.ts'
import type { TokenCodeSource } from './token-code.ts'
import { readYkman, wantsTouch, ykmanParameters } from './ykman.ts'
import type { YkmanAnswer, YkmanQuery, YubiKeyFailure, YubiKeySettings } from './ykman.ts'

/** What someone at the terminal is asked and shown while a YubiKey is asked. */
export interface YubiKeyDialog {
  /** Asks for the OATH password, hidden; `again`: the last was wrong. '' skips the key. Throws like an Asker. */
  readonly askPassword: (serial: string | undefined, again: boolean, signal: AbortSignal) => Promise<string>
  /** Reports whether the key waits to be touched. */
  readonly showTouch: (isAwaited: boolean) => void
  /** Reports a failure while a code can still be typed; otherwise the caller reports it. */
  readonly reportFailure: (error: AwsmfaError & { readonly failure: YubiKeyFailure }) => void
}

export interface YubiKeyOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly dialog: YubiKeyDialog
  readonly timeoutMs?: number
  readonly isWindows?: boolean
}

/** ykman starts in half a second, looks for a key for 2.5 s, and the key waits 15 s for a touch. */
const TIMEOUT_MS = 45_000

/** Passwords are mistyped; the key does not count them. */
const PASSWORD_TRIES = 3

/**
 * Asks a YubiKey for the code of its account, by default the one named like the MFA device. Throws YUBIKEY_FAILED, also
 * reported through `dialog`, which leaves the other sources alone; the signal's reason when it aborts, after ykman has
 * ended. Returns 'unavailable' if the password is skipped, and after a failure for a request that carries a refusal.
 */
export function createYubiKeyTokenCode(
  { serial, label }: YubiKeySettings,
  { environment, dialog, timeoutMs = TIMEOUT_MS, isWindows = process.platform === 'win32' }: YubiKeyOptions,
): TokenCodeSource {
  let hasFailed = false
  return async (request, signal) => {
    dialog.showTouch(false)
    if (hasFailed && request.refusal !== undefined) return 'unavailable'
    const query: YkmanQuery = { serial: serial?.value, label: label?.value ?? request.serialNumber }
    const callEnvironment = environmentForCalled(environment, request.profile) ?? withoutKeys(environment)
    try {
      const code = await askKey({ query, environment: callEnvironment, dialog, timeoutMs, isWindows }, signal)
      return code === undefined ? 'unavailable' : { code, typed: false, generated: true }
    } catch (error) {
      if (!isFailure(error, 'YUBIKEY_FAILED')) throw error
      hasFailed = true
      dialog.reportFailure(error)
      throw error
    }
  }
}

interface YubiKeyRead extends Required<YubiKeyOptions> {
  readonly query: YkmanQuery
}

/** Returns undefined if the password was skipped. */
async function askKey(asking: YubiKeyRead, signal: AbortSignal): Promise<string | undefined> {
  const { query } = asking
  let password: string | undefined
  for (let tries = 0; ; tries += 1) {
    const answer = await runYkman(asking, password, signal)
    if (answer.kind === 'code') return answer.code
    const isWrong = answer.kind === 'failed' && answer.reason === 'wrong-password'
    // Wrong although none was typed: the one that ykman remembers.
    if (answer.kind === 'failed' && (!isWrong || password === undefined || tries === PASSWORD_TRIES))
      throw failed(query, answer)
    password = await askPassword(asking, isWrong, signal)
    if (password === '') return undefined
  }
}

async function askPassword({ query, dialog }: YubiKeyRead, again: boolean, signal: AbortSignal): Promise<string> {
  try {
    return await dialog.askPassword(query.serial, again, signal)
  } catch (error) {
    if (!isFailure(error, 'PROMPT_UNAVAILABLE')) throw error
    throw failed(query, { reason: 'password', serials: [] }, error)
  }
}

/**
 * Without a password stdin is empty, which ends ykman's prompt. On Windows, where Python would read from an invisible
 * console, stdin is an empty line, which is no key's password (ykman/_cli/util.py, click_prompt).
 */
async function runYkman(
  { query, environment, dialog, timeoutMs, isWindows }: YubiKeyRead,
  password: string | undefined,
  signal: AbortSignal,
): Promise<YkmanAnswer> {
  let stderr = ''
  const onTalk = (piece: string): void => {
    const wanted = wantsTouch(stderr)
    stderr += piece
    if (!wanted && wantsTouch(stderr)) dialog.showTouch(true)
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
  const end = await callProgram({ ...program, input: line === undefined ? undefined : `${line}\n` }, signal)
  switch (end.kind) {
    case 'ended': {
      const answer = readYkman({ exitCode: end.exitCode, output: end.output, stderr })
      return isWindows && password === undefined && answer.kind === 'failed' && answer.reason === 'wrong-password'
        ? { kind: 'password' }
        : answer
    }
    case 'not-run':
      throw failed(query, { reason: end.errno === 'ENOENT' ? 'no-program' : 'other', serials: [] }, end.cause)
    case 'timed-out':
      return { kind: 'failed', reason: wantsTouch(stderr) ? 'not-touched' : 'timed-out', serials: [] }
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
  return new AwsmfaError({ code: 'YUBIKEY_FAILED', reason, label, serial, serials, detail }, { cause })
}

/** The dialog at the terminal, where a code can be typed meanwhile, or on stderr if nothing can be typed. */
export function terminalDialog(asker: Asker, stderr?: (text: string) => void): YubiKeyDialog {
  const canType = (): boolean => asker.obstacle() === undefined
  return {
    askPassword: (serial, again, signal) =>
      asker.askLine(
        { text: oathPasswordQuestion(serial, again), wanted: 'token-code', keep: false, hidden: true },
        signal,
      ),
    showTouch: (isAwaited) => {
      asker.preface(isAwaited ? TOUCH_PREFACE : '')
      if (isAwaited && !canType()) stderr?.(`${TOUCH_LINE}\n`)
    },
    reportFailure: ({ failure }) => {
      asker.preface('')
      asker.say(`${yubiKeyFailureLine(failure, asker.style)}\n`)
    },
  }
}
