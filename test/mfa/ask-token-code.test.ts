/** Several sources of a token code at the same time. */
import { describe, expect, it } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from '../../src/mfa/token-code.ts'
import { askTokenCode } from '../../src/mfa/token-code.ts'

const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: 'arn:aws:iam::111111111111:mfa/alice' }
const NO_TERMINAL = new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' })
const NO_KEY = new AwsmfaError({ code: 'YUBIKEY_FAILED', reason: 'no-key', label: REQUEST.serialNumber, serials: [] })
const COMMAND_FAILED = new AwsmfaError({
  code: 'TOKEN_COMMAND_FAILED',
  program: 'op',
  origin: { kind: 'default' },
  reason: 'output',
  wantsShell: false,
})
const CANCELLED = new AwsmfaError({ code: 'CANCELLED' })

const giving =
  (code: string, typed = false): TokenCodeSource =>
  () =>
    Promise.resolve({ code, typed })
const failing =
  (error: Error): TokenCodeSource =>
  () =>
    Promise.reject(error)
const unavailable: TokenCodeSource = () => Promise.resolve('unavailable')

/** A prompt that stays open until it is cancelled or, if a line is given, answered later. */
function standing(line?: string): { readonly source: TokenCodeSource; readonly withdrawn: unknown[] } {
  const withdrawn: unknown[] = []
  const source: TokenCodeSource = (_, signal) =>
    new Promise<TokenCodeAnswer>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        withdrawn.push(signal.reason)
        reject(signal.reason as Error)
      })
      if (line !== undefined) setImmediate(() => resolve({ code: line, typed: true }))
    })
  return { source, withdrawn }
}

const never = new AbortController().signal

describe('several sources of a token code', () => {
  it('start at the same time, and the first answer cancels the others', async () => {
    const [slow, slower] = [standing(), standing()]
    expect(await askTokenCode(REQUEST, [slow.source, giving('123456'), slower.source], never)).toEqual({
      code: '123456',
      typed: false,
    })
    expect([slow.withdrawn, slower.withdrawn].map(({ length }) => length)).toEqual([1, 1])
  })

  it.each([
    ['no YubiKey', failing(NO_KEY)],
    ['no terminal', failing(NO_TERMINAL)],
    ['one that is unavailable', unavailable],
  ])('%s takes nothing from the others', async (_, source) => {
    expect(await askTokenCode(REQUEST, [source, standing('123456').source], never)).toEqual({
      code: '123456',
      typed: true,
    })
  })

  it.each([
    ['the failure of a YubiKey rather than the missing terminal', [failing(NO_TERMINAL), failing(NO_KEY)], NO_KEY],
    ['the failure of a YubiKey, in any order', [failing(NO_KEY), failing(NO_TERMINAL)], NO_KEY],
    ['the missing terminal', [unavailable, failing(NO_TERMINAL)], NO_TERMINAL],
  ])('that all come to nothing are told as %s', async (_, sources, expected) => {
    await expect(askTokenCode(REQUEST, sources, never)).rejects.toBe(expected)
  })

  it.each([[[]], [[unavailable]]])('fail with the missing terminal if none is available', async (sources) => {
    await expect(askTokenCode(REQUEST, sources, never)).rejects.toMatchObject({
      failure: { code: 'PROMPT_UNAVAILABLE' },
    })
  })

  it.each([
    ['a cancelled prompt', CANCELLED],
    ['a token command that failed', COMMAND_FAILED],
    ['an internal error', new TypeError('fault')],
  ])('are all ended by %s', async (_, error) => {
    const other = standing()
    await expect(askTokenCode(REQUEST, [other.source, failing(error)], never)).rejects.toBe(error)
    expect(other.withdrawn).toHaveLength(1)
  })

  it('are all cancelled with the reason of the abort signal', async () => {
    const [one, two] = [standing(), standing()]
    const controller = new AbortController()
    const answer = askTokenCode(REQUEST, [one.source, two.source], controller.signal)
    controller.abort(CANCELLED)
    await expect(answer).rejects.toBe(CANCELLED)
    expect([...one.withdrawn, ...two.withdrawn]).toEqual([CANCELLED, CANCELLED])
  })

  it('do not start if the signal is already aborted', async () => {
    await expect(askTokenCode(REQUEST, [failing(new Error('asked'))], AbortSignal.abort(CANCELLED))).rejects.toBe(
      CANCELLED,
    )
  })
})
