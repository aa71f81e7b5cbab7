/** Long-term credentials from profiles, the environment and credential processes. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCredentialProcess } from '../../src/login/long-term-keys.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { waitForExit, waitForFile } from '../support/processes.ts'

const PLACE = { path: '/f', line: 3 }
const ANSWER = `echo '{ "Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s" }'`

// A shell that waits, the program that it waits for, and one that does not care about SIGTERM.
const STUBBORN = `sleep 1000 & echo $! >"$0.new"; sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' >>"$0.new" & echo $$ >>"$0.new"; while ! [ "$(grep -c . "$0.new")" = 3 ]; do sleep 0.02; done; mv "$0.new" "$0.pids"; wait`

describe.skipIf(process.platform === 'win32')('a credential process', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

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
      { environment, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      signal,
    )
  }

  async function failureOf(command: string, timeoutMs?: number): Promise<Failure> {
    const error: unknown = await run(command, timeoutMs === undefined ? {} : { timeoutMs }).catch(
      (caught: unknown) => caught,
    )
    if (error instanceof AwsmfaError) return error.failure
    throw new Error('it did not fail', { cause: error })
  }

  it.each([
    ['alone', ANSWER],
    ['beside much on stderr', `head -c 200000 /dev/zero >&2; ${ANSWER}`],
    ['after it has looked at its stdin, which is empty', `cat; ${ANSWER}`],
  ])('is taken at its word, %s', async (_, body) => {
    expect(await run(script(body))).toEqual({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' })
  })

  it.each([
    ['is not there', () => 'no-such-program-here x', 'not-found'],
    ['is no program', () => '/ x', 'not-executable'],
    ['answers in words', () => script('echo no'), 'output'],
    ['never comes to an end', () => script('head -c 200000 /dev/zero'), 'output'],
    ['is killed', () => script('kill -9 $$'), 'exit'],
  ])('that %s is a failure of its own', async (_, command, reason) => {
    const line = command()
    expect(await failureOf(line)).toEqual({
      code: 'CREDENTIAL_PROCESS_FAILED',
      profile: 'base',
      program: line.split(' ')[0],
      reason,
      place: PLACE,
    })
  })

  it('gives its exit code', async () => {
    expect(await failureOf(script(`${ANSWER}; exit 3`))).toMatchObject({ reason: 'exit', exitCode: 3 })
  })

  it('is ended, with all that it started, when its time is over', async () => {
    const path = script(STUBBORN)
    expect(await failureOf(path, 5000)).toMatchObject({ reason: 'timed-out' })
    const pids = readFileSync(`${path}.pids`, 'utf8').trim().split('\n').map(Number)
    expect(pids).toHaveLength(3)
    for (const pid of pids) await waitForExit(pid)
  })

  it('is ended, with all that it started, when it is broken off', async () => {
    const path = script(STUBBORN)
    const controller = new AbortController()
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    const running = run(path, { signal: controller.signal }).catch((error: unknown) => error)
    const pids = (await waitForFile(`${path}.pids`)).split('\n').map(Number)
    controller.abort(reason)
    expect(await running).toBe(reason)
    expect(pids).toHaveLength(3)
    for (const pid of pids) await waitForExit(pid)
  })

  it('that is a batch file on Windows is not said to be missing, where it cannot be given its words', async () => {
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
