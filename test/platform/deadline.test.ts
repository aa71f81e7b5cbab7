/** The time limit of a command, which pauses during prompts. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeadline } from '../../src/platform/time.ts'
import { AwsmfaError } from '../../src/model/failure.ts'

describe('the time of a command', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const never = (): AbortSignal => new AbortController().signal

  it('is over after its length, and says so', () => {
    const { signal } = createDeadline(55_000, never())
    vi.advanceTimersByTime(54_999)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(signal.reason).toBeInstanceOf(AwsmfaError)
    expect((signal.reason as AwsmfaError).failure).toMatchObject({ code: 'DEADLINE_EXCEEDED', seconds: 55 })
  })

  it('tells how much is left, also while it stands still', async () => {
    const { leftMs, pauseWhile } = createDeadline(55_000, never())
    vi.advanceTimersByTime(10_000)
    expect(leftMs()).toBe(45_000)
    let answer: (() => void) | undefined
    const question = pauseWhile(new Promise<void>((resolve) => (answer = resolve)))
    vi.advanceTimersByTime(3_600_000)
    expect(leftMs()).toBe(45_000)
    answer?.()
    await question
    vi.advanceTimersByTime(50_000)
    expect(leftMs()).toBe(0)
  })

  it('stands still while a person is asked, however many questions there are at once', async () => {
    const { signal, pauseWhile } = createDeadline(55_000, never())
    vi.advanceTimersByTime(50_000)
    const answers: ((value: string) => void)[] = []
    const questions = [1, 2].map(() => pauseWhile(new Promise<string>((resolve) => answers.push(resolve))))
    vi.advanceTimersByTime(3_600_000)
    answers[0]?.('a')
    await questions[0]
    vi.advanceTimersByTime(3_600_000)
    answers[1]?.('b')
    expect(await Promise.all(questions)).toEqual(['a', 'b'])
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(4_999)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(signal.aborted).toBe(true)
  })

  it('ends with whatever cancels the command, before or after it was made', () => {
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    const later = new AbortController()
    const { signal } = createDeadline(55_000, later.signal)
    later.abort(reason)
    expect(signal.reason).toBe(reason)
    expect(createDeadline(55_000, AbortSignal.abort(reason)).signal.reason).toBe(reason)
  })
})
