/** A prompt that other messages and prompts can interrupt. */
import { describe, expect, it, vi } from 'vitest'
import type { Asker, Question } from '../../src/ui/question.ts'
import { createInterruptibleAsker } from '../../src/mfa/yubikey.ts'
import { AwsmfaError } from '../../src/model/failure.ts'

const QUESTION: Question = { text: 'MFA code: ', wanted: 'token-code', keep: false }

/** A terminal that records what happens. A prompt stays open until it is answered or cancelled. */
function fakeTerminal(): {
  readonly asker: Asker
  readonly seen: string[]
  readonly answer: (line: string | Error) => void
} {
  const seen: string[] = []
  let settle: ((line: string | Error) => void) | undefined
  const asker: Asker = {
    obstacle: () => undefined,
    style: { color: false, unicode: true, columns: 80 },
    say: (text) => void seen.push(`says ${text}`),
    askLine: ({ text }, signal) =>
      new Promise((resolve, reject) => {
        if (settle !== undefined) throw new Error('two questions at once')
        seen.push(`asks ${text}`)
        const end = (): void => {
          settle = undefined
          signal.removeEventListener('abort', onAbort)
        }
        const onAbort = (): void => {
          end()
          seen.push(`withdraws ${text}`)
          reject(signal.reason as Error)
        }
        signal.addEventListener('abort', onAbort)
        settle = (line) => {
          end()
          if (line instanceof Error) reject(line)
          else resolve(line)
        }
      }),
  }
  return { asker, seen, answer: (line) => settle?.(line) }
}

const never = new AbortController().signal

describe('an interruptible prompt', () => {
  it('is shown and answered like any other', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const line = createInterruptibleAsker(asker).askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toEqual(['asks MFA code: ']))
    answer('interrupted')
    expect(await line).toBe('interrupted')
  })

  it('disappears during another message or prompt, and is shown again', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const line = shared.askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    const password = shared.interrupt((own) => own.askLine({ ...QUESTION, text: 'Password: ' }, never))
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks Password: '))
    answer('sesame')
    expect(await password).toBe('sesame')
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks MFA code: '))
    await shared.interrupt((own) => own.say('no key'))
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks MFA code: '))
    answer('123456')
    expect(await line).toBe('123456')
    expect(seen).toEqual([
      'asks MFA code: ',
      'withdraws MFA code: ',
      'asks Password: ',
      'asks MFA code: ',
      'withdraws MFA code: ',
      'says no key',
      'asks MFA code: ',
    ])
  })

  it('waits for a prompt that is already open', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const password = shared.interrupt((own) => own.askLine({ ...QUESTION, text: 'Password: ' }, never))
    const line = shared.askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toEqual(['asks Password: ']))
    answer('sesame')
    await password
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks MFA code: '))
    answer('123456')
    expect(await line).toBe('123456')
  })

  it('is shown again with a new prefix, and later without it', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const line = shared.askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    shared.preface('Touch it. ')
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks Touch it. MFA code: '))
    shared.preface('Touch it. ')
    shared.preface('')
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks MFA code: '))
    answer('123456')
    await line
    expect(seen.filter((event) => event.startsWith('asks'))).toHaveLength(3)
  })

  it('is not shown between two simultaneous interruptions', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const line = shared.askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    const first = shared.interrupt((own) => own.say('one'))
    const second = shared.interrupt((own) => own.askLine({ ...QUESTION, text: 'Password: ' }, never))
    await first
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks Password: '))
    answer('sesame')
    await second
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks MFA code: '))
    answer('123456')
    await line
    expect(seen).toEqual(['asks MFA code: ', 'withdraws MFA code: ', 'says one', 'asks Password: ', 'asks MFA code: '])
  })

  it.each([
    ['is cancelled', new AwsmfaError({ code: 'CANCELLED' })],
    ['cannot be shown', new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' })],
  ])('ends where it %s', async (_, error) => {
    const { asker, seen, answer } = fakeTerminal()
    const line = createInterruptibleAsker(asker)
      .askLine(QUESTION, never)
      .catch((caught: unknown) => caught)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    answer(error)
    expect(await line).toBe(error)
  })

  it('is not shown again after it is cancelled', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const controller = new AbortController()
    const line = shared.askLine(QUESTION, controller.signal).catch((caught: unknown) => caught)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    const password = shared.interrupt((own) => own.askLine({ ...QUESTION, text: 'Password: ' }, never))
    await vi.waitFor(() => expect(seen.at(-1)).toBe('asks Password: '))
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    controller.abort(reason)
    answer('sesame')
    await password
    expect(await line).toBe(reason)
    expect(seen).toEqual(['asks MFA code: ', 'withdraws MFA code: ', 'asks Password: '])
  })

  it('is shown again if the interruption failed', async () => {
    const { asker, seen, answer } = fakeTerminal()
    const shared = createInterruptibleAsker(asker)
    const line = shared.askLine(QUESTION, never)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    await expect(shared.interrupt(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await vi.waitFor(() => expect(seen).toHaveLength(3))
    answer('123456')
    expect(await line).toBe('123456')
  })
})
