/** Long-term credentials from profiles, the environment and credential processes. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCredentialProcess } from '../../src/login/long-term-keys.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'

const PLACE = { path: '/f', line: 3 }
const ANSWER = `echo '{ "Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s" }'`

describe.skipIf(process.platform === 'win32')('a credential process', () => {
  let folder: string
  const said: string[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  function script(body: string, name = 'keys'): string {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  async function run(
    command: string,
    {
      timeoutMs,
      signal = new AbortController().signal,
    }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const environment = { PATH: process.env['PATH'] }
    return await runCredentialProcess(
      { kind: 'process', profile: 'base', place: PLACE, command },
      { environment, announce: (line) => said.push(line), ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      signal,
    )
  }

  async function failureOf(command: string, timeoutMs?: number): Promise<Failure> {
    const error: unknown = await run(command, timeoutMs === undefined ? {} : { timeoutMs }).catch(
      (caught: unknown) => caught,
    )
    if (error instanceof AwsmfaError) return error.failure
    throw new Error('no AwsmfaError was thrown', { cause: error })
  }

  it.each([
    ['alone', ANSWER],
    ['with a lot of output on stderr', `head -c 200000 /dev/zero >&2; ${ANSWER}`],
    ['after it has read its stdin, which is empty', `cat; ${ANSWER}`],
  ])('returns its credentials, %s', async (_, body) => {
    expect(await run(script(body))).toEqual({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' })
  })

  it.each([
    ['does not exist', () => 'no-such-program-here x', 'not-found'],
    ['is not a program', () => '/ x', 'not-executable'],
    ['does not print JSON', () => script('echo no'), 'output'],
    ['prints too much', () => script('head -c 200000 /dev/zero'), 'output'],
    ['is killed', () => script('kill -9 $$'), 'exit'],
  ])('fails if it %s', async (_, command, reason) => {
    const line = command()
    expect(await failureOf(line)).toEqual({
      code: 'CREDENTIAL_PROCESS_FAILED',
      profile: 'base',
      program: line.split(' ')[0],
      reason,
      place: PLACE,
    })
  })

  it('fails with its exit code', async () => {
    expect(await failureOf(script(`${ANSWER}; exit 3`))).toMatchObject({ reason: 'exit', exitCode: 3 })
  })

  // That its child processes end too is tested for token commands, which are run by the same function.
  it('fails after its time limit', async () => {
    expect(await failureOf(script('exec sleep 1000'), 500)).toMatchObject({ reason: 'timed-out' })
  })

  it('is named within 3 s if it does not answer, since it may ask a person', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const failure = failureOf(script('exec sleep 1000'))
    vi.advanceTimersByTime(3000)
    expect(said).toEqual(["awsmfa: note: waiting for the credential_process of 'base', up to 50 s\n"])
    vi.advanceTimersByTime(47_000)
    expect(await failure).toMatchObject({ reason: 'timed-out' })
  })

  it('fails with the reason of an abort signal', async () => {
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    await expect(run(script('exec sleep 1000'), { signal: AbortSignal.timeout(500) })).rejects.toThrow('timeout')
    await expect(run(script('exec sleep 1000'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('fails if it is a batch file on Windows that cannot be called safely', async () => {
    const path = script(ANSWER, 'keys.cmd')
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {}
    try {
      Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
      expect(await failureOf(`${path} %USER%`)).toMatchObject({ program: path, reason: 'batch-file' })
    } finally {
      Object.defineProperty(process, 'platform', platform)
    }
  })
})
