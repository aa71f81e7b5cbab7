/** The status command, without a shell. */
import { describe, expect, it } from 'vitest'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import type { Invocation } from '../../src/command-line/table.ts'
import { status, watchStatus } from '../../src/commands/status.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { growthOf } from '../support/growth.ts'

it.each([
  { how: '--all', positionals: [], options: { all: true as const }, code: 0 },
  { how: 'a pattern', positionals: ['*'], options: {}, code: 4 },
])('lists 150,000 profiles with $how', ({ positionals, options, code }) => {
  const { exitCode, lines } = statusOf(150_000, positionals, options)
  expect([exitCode, lines]).toEqual([code, 150_001])
})

it('lists 8 times as many profiles in about 8 times the time', async () => {
  // Anything quadratic takes 64 times as long.
  expect(await growthOf((count) => statusOf(count, [], { all: true }), 2_000, 8)).toBeLessThan(40)
})

/** Runs status on so many profiles; returns its exit code and the number of lines. */
function statusOf(
  count: number,
  positionals: readonly string[],
  options: Invocation<'status'>['options'],
): { readonly exitCode: number; readonly lines: number } {
  const text = Array.from({ length: count }, (_, index) => `[profile p${String(index)}]\nregion = eu-west-1\n`).join('')
  const config = { path: '/home/alice/.aws/config', text, exists: true }
  const credentials = { path: '/home/alice/.aws/credentials', text: '', exists: false }
  const printed: string[] = []
  const exitCode = status(
    { command: 'status', positionals, options, tail: undefined },
    {
      environment: {},
      now: () => new Date('2026-11-21T18:40:00Z'),
      cachedSessionOf: () => undefined,
      files: { read: () => snapshotsOf({ credentials, config }) },
      facts: { identityOf: () => undefined },
      terminal: {
        stdout: (words) => void printed.push(words),
        stderr: () => undefined,
        data: { color: false, unicode: true, columns: 80 },
      },
    },
  )
  return { exitCode, lines: printed.join('').split('\n').length - 1 }
}

describe('--watch', () => {
  const text =
    '[work]\naws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\nexpiration = 2026-11-21T20:00:00Z\n'
  const many = Array.from({ length: 30 }, (_, index) => `[profile p${index}]\n`).join('')

  const CTRL_C: Failure = { code: 'CANCELLED' }

  /** Returns what is written in three minutes, and the pauses. */
  async function watch(
    size: { readonly columns: number; readonly rows: number } | undefined,
    { canErase = true, config = '', all = false, isResized = false, onCancel = CTRL_C } = {},
  ): Promise<{ readonly written: readonly string[]; readonly pauses: readonly number[]; readonly error: unknown }> {
    let redraw = (): void => undefined
    const onOpen = (given: () => void): void => void (redraw = given)
    const [written, pauses]: [string[], number[]] = [[], []]
    let now = new Date('2026-11-21T18:40:20Z').getTime()
    const error: unknown = await watchStatus(
      { command: 'status', positionals: all ? [] : ['work'], options: { watch: true, ...(all ? { all } : {}) } },
      {
        environment: {},
        now: () => new Date(now),
        cachedSessionOf: () => undefined,
        files: {
          read: () =>
            snapshotsOf({
              credentials: { path: '/home/alice/.aws/credentials', text, exists: true },
              config: { path: '/home/alice/.aws/config', text: config, exists: true },
            }),
        },
        facts: { identityOf: () => undefined },
        terminal: {
          stdout: () => undefined,
          stderr: () => undefined,
          data: { color: false, unicode: true, columns: 80 },
        },
        screen: {
          size: () => size,
          canErase,
          open: (redraw) => {
            written.push('open')
            onOpen(redraw)
            return () => void written.push('close')
          },
          write: (words) => void written.push(words),
        },
        cancelled: new AbortController().signal,
        pause: (ms, signal) => {
          pauses.push(ms)
          now += ms
          if (isResized && pauses.length === 1) redraw()
          if (signal.aborted) return Promise.reject(signal.reason as Error)
          return pauses.length < 3 ? Promise.resolve() : Promise.reject(new AwsmfaError(onCancel))
        },
      },
    ).catch((thrown: unknown) => thrown)
    return { written, pauses, error }
  }

  it('draws at once and after each full minute on a screen of its own, which it leaves', async () => {
    const { written, pauses, error } = await watch({ columns: 80, rows: 24 })
    expect(pauses).toEqual([40_000, 60_000, 60_000])
    expect(error).toBe(130)
    expect(written.map((words) => /(\d+ h \d+ min) left/.exec(words)?.[1])).toEqual([
      undefined,
      '1 h 19 min',
      '1 h 19 min',
      '1 h 18 min',
      undefined,
    ])
    expect(written[0]).toBe('open')
    expect(written[1]?.endsWith('Ctrl-C to leave\u001B[J')).toBe(true)
    // Erased before its text: the cursor is still on the last character of a row as wide as the terminal.
    expect(written.slice(1, 4).every((words) => words.startsWith('\u001B[H\u001B[Kwork: valid'))).toBe(true)
    expect(written.at(-1)).toBe('close')
  })

  it('draws again when the terminal has changed', async () => {
    const { written, error } = await watch({ columns: 80, rows: 24 }, { isResized: true })
    expect([written.length, error]).toEqual([5, 130])
  })

  it('throws what else ends it, on the former screen', async () => {
    const onCancel: Failure = { code: 'INTERRUPTED', signal: 'SIGTERM' }
    const { written, error } = await watch({ columns: 80, rows: 24 }, { onCancel })
    expect([written.at(-1), error]).toMatchObject(['close', { failure: onCancel }])
  })

  it('draws as many rows as there are, and says how many more', async () => {
    const [, frame = ''] = (await watch({ columns: 40, rows: 10 }, { config: many, all: true })).written
    const rows = frame.split('\n')
    expect(rows).toHaveLength(9)
    expect(rows.at(-1)).toContain('24 more rows. ')
  })

  it('writes one below the other on a terminal that cannot be erased', async () => {
    const { written } = await watch({ columns: 80, rows: 24 }, { canErase: false })
    expect(written.join('')).not.toContain('\u001B')
    expect(written.join('').match(/work: valid/g)).toHaveLength(3)
  })

  it('is refused without a terminal', async () => {
    const { written, error } = await watch(undefined)
    expect(written).toEqual([])
    expect(error).toMatchObject({ failure: { code: 'USAGE', problem: { kind: 'needs-terminal', words: ['work'] } } })
  })
})
