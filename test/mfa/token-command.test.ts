/** Token commands, run for real. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTokenCommand } from '../../src/mfa/command.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'
import { waitForExit, waitForFile } from '../support/processes.ts'
import { isWindows } from '../support/on-windows.ts'

const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: 'arn:aws:iam::111111111111:mfa/alice' }
const ORIGIN = { kind: 'file', file: 'config', profile: 'work', key: 'mfa_process', line: 3 } as const
const REFUSAL = { nextCodeInSeconds: 12, known: 'used', answerLost: false } as const

describe.skipIf(isWindows)('a token command', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  function script(body: string): string {
    const path = join(folder, 'vault')
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  interface Running {
    readonly environment?: NodeJS.ProcessEnv
    readonly signal?: AbortSignal
    readonly timeoutMs?: number
    readonly request?: TokenCodeRequest
    readonly atTerminal?: boolean
  }

  async function run(
    command: string,
    {
      environment = {},
      signal = new AbortController().signal,
      timeoutMs,
      request = REQUEST,
      atTerminal = false,
    }: Running = {},
  ): Promise<unknown> {
    const source = createTokenCommand(
      { value: command, origin: ORIGIN },
      {
        environment: { PATH: process.env['PATH'], ...environment },
        profile: 'work',
        obstacle: () => (atTerminal ? undefined : 'no-terminal'),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
    )
    return await source(request, signal)
  }

  async function failureOf(command: string, running: Running = {}): Promise<Failure> {
    const error: unknown = await run(command, running).catch((caught: unknown) => caught)
    if (error instanceof AwsmfaError) return error.failure
    throw new Error('it did not fail', { cause: error })
  }

  it.each([
    ['six digits', 'echo 123456'],
    ['whitespace around them', "printf '\\n  123456 \\r\\n\\n'"],
    ['no line ending', "printf '123456'"],
    ['output on stderr', 'echo unlocked >&2; echo 123456'],
    ['a child that keeps running in the background', 'sleep 2 & echo 123456'],
  ])('is taken at its word: %s', async (_, body) => {
    expect(await run(script(body))).toEqual({ code: '123456', typed: false, generated: true })
  })

  it('gets its arguments without a shell', async () => {
    const path = script('printf "%s|" "$@" >"$0.words"; echo 123456')
    await run(`${path} item 'two words' "$HOME" a\\ b '|' '*'`)
    expect(readFileSync(`${path}.words`, 'utf8')).toBe('item|two words|$HOME|a b|||*|')
  })

  it('cancels the login if Ctrl-C ended it, which is known before the SIGINT of this process', async () => {
    expect(await failureOf(script('kill -INT $$'), { atTerminal: true })).toEqual({ code: 'CANCELLED' })
    expect(await failureOf(script('kill -INT $$'))).toMatchObject({ code: 'TOKEN_COMMAND_FAILED', reason: 'exit' })
  })

  it('can be a shell', async () => {
    expect(await run(`sh -c 'echo 12345"$((5 + 1))" | cat'`)).toEqual({ code: '123456', typed: false, generated: true })
  })

  it('gets no AWS keys, an empty stdin, and the profile in its environment', async () => {
    const environment = {
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 't',
      AWS_SECURITY_TOKEN: 't',
      OP_SESSION: 'kept',
      AWSMFA_CALLERS: 'above',
    }
    const path = script('env >"$0.env"; cat >"$0.stdin"; echo 123456')
    await run(path, { environment })
    const seen = readFileSync(`${path}.env`, 'utf8')
    expect(seen).not.toMatch(/^AWS_/m)
    expect(seen).toMatch(/^OP_SESSION=kept$/m)
    expect(seen).toMatch(/^AWSMFA_CALLERS=above\nwork$/m)
    expect(readFileSync(`${path}.stdin`, 'utf8')).toBe('')
  })

  it.each([
    ['two lines', 'echo 123456; echo 654321', { reason: 'output' }],
    ['the same code twice', 'echo 123456 123456', { reason: 'output' }],
    ['nothing', 'true', { reason: 'output' }],
    ['an empty line', 'echo', { reason: 'output' }],
    ['five digits', 'echo 12345', { reason: 'output' }],
    ['seven digits', 'echo 1234567', { reason: 'output' }],
    ['words', 'echo code: 123456', { reason: 'output' }],
    [
      'digits of another script',
      "printf '\\331\\241\\331\\241\\331\\241\\331\\241\\331\\241\\331\\241'",
      { reason: 'output' },
    ],
    ['very long output', 'head -c 200000 /dev/zero', { reason: 'output' }],
    ['a code and a failing exit code', 'echo 123456; exit 3', { reason: 'exit', exitCode: 3 }],
    ['a code and a fatal signal', 'echo 123456; kill -9 $$', { reason: 'exit' }],
  ])('is a failure that shows nothing it printed: %s', async (_, body, facts) => {
    const path = script(body)
    expect(await failureOf(path)).toEqual({
      code: 'TOKEN_COMMAND_FAILED',
      program: path,
      origin: ORIGIN,
      wantsShell: false,
      ...facts,
    })
  })

  it.each([
    [
      'no such program',
      'no-such-program-here --otp SECRETSEED',
      { program: 'no-such-program-here', reason: 'not-found', wantsShell: false },
    ],
    ['a folder', '/ --otp', { program: '/', reason: 'not-executable', wantsShell: false }],
    ['an open quote', `"op item get`, { program: '"op', reason: 'quote', wantsShell: false }],
    ['only spaces', '   ', { program: '', reason: 'quote', wantsShell: false }],
    ['a pipe without a shell', 'false | grep x', { program: 'false', reason: 'exit', exitCode: 1, wantsShell: true }],
    ['a variable without a shell', 'false $VAULT', { program: 'false', reason: 'exit', exitCode: 1, wantsShell: true }],
  ])('is a failure with its program alone: %s', async (_, command, facts) => {
    expect(await failureOf(command)).toEqual({ code: 'TOKEN_COMMAND_FAILED', origin: ORIGIN, ...facts })
  })

  it('is not started recursively for the same profile', async () => {
    const path = script('echo 123456')
    expect(await failureOf(path, { environment: { AWSMFA_CALLERS: 'other\nwork' } })).toMatchObject({
      reason: 'circle',
    })
  })

  it('is not run again for a code that was rejected', async () => {
    const path = script('touch "$0.ran"; echo 123456')
    expect(await run(path, { request: { ...REQUEST, refusal: REFUSAL } })).toBe('unavailable')
    expect(existsSync(`${path}.ran`)).toBe(false)
  })

  // A shell that waits for a child, and a child that ignores SIGTERM.
  const STUBBORN = `sleep 1000 & echo $! >"$0.pids.new"; sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' >>"$0.pids.new" & echo $$ >>"$0.pids.new"; while ! [ "$(grep -c . "$0.pids.new")" = 3 ]; do sleep 0.02; done; mv "$0.pids.new" "$0.pids"; wait`

  describe.each([
    ['without a terminal', false],
    ['at a terminal', true],
  ])('that hangs, %s', (_, atTerminal) => {
    it('is ended with its child processes after the time limit', async () => {
      const path = script(STUBBORN)
      expect(await failureOf(path, { timeoutMs: 5000, atTerminal })).toMatchObject({
        reason: 'timed-out',
        seconds: 5,
      })
      const pids = readFileSync(`${path}.pids`, 'utf8').trim().split('\n').map(Number)
      expect(pids).toHaveLength(3)
      for (const pid of pids) await waitForExit(pid)
    })

    it('is ended with its child processes when the signal aborts', async () => {
      const path = script(STUBBORN)
      const controller = new AbortController()
      const reason = new AwsmfaError({ code: 'CANCELLED' })
      const running = run(path, { signal: controller.signal, atTerminal }).catch((error: unknown) => error)
      const pids = (await waitForFile(`${path}.pids`)).split('\n').map(Number)
      controller.abort(reason)
      expect(await running).toBe(reason)
      expect(pids).toHaveLength(3)
      for (const pid of pids) await waitForExit(pid)
    })
  })

  it('is not started if the signal is already aborted', async () => {
    const path = script('touch "$0.ran"')
    await expect(
      run(path, { signal: AbortSignal.abort(new AwsmfaError({ code: 'CANCELLED' })) }),
    ).rejects.toMatchObject({ failure: { code: 'CANCELLED' } })
    expect(existsSync(`${path}.ran`)).toBe(false)
  })
})
