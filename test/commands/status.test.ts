/** The status command, without a shell. */
import { expect, it } from 'vitest'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import type { Invocation } from '../../src/command-line/table.ts'
import { status } from '../../src/commands/status.ts'
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
