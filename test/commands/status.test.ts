/** The status command, without a shell. */
import { expect, it } from 'vitest'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import { status } from '../../src/commands/status.ts'

it.each([
  { how: '--all', positionals: [], options: { all: true as const }, code: 0 },
  { how: 'a pattern', positionals: ['*'], options: {}, code: 4 },
])('lists 150,000 profiles with $how', ({ positionals, options, code }) => {
  const text = Array.from({ length: 150_000 }, (_, index) => `[profile p${String(index)}]\nregion = eu-west-1\n`).join(
    '',
  )
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
  expect([exitCode, printed.join('').split('\n').length]).toEqual([code, 150_002])
})
