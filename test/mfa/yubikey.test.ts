/** Token codes from a YubiKey, with a scripted ykman. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createYubiKeyTokenCode } from '../../src/mfa/yubikey.ts'
import type { YubiKeyDialog } from '../../src/mfa/yubikey.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import type { TokenCodeRequest, TokenCodeSource } from '../../src/mfa/token-code.ts'
import { waitForExit, waitForFile } from '../support/processes.ts'
import { isWindows } from '../support/on-windows.ts'

const SERIAL_NUMBER = 'arn:aws:iam::111111111111:mfa/alice'
const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: SERIAL_NUMBER }
const SCRIPTED = fileURLToPath(new URL('../support/scripted-ykman.mjs', import.meta.url))
const KEY = { serial: 12345678, accounts: { [SERIAL_NUMBER]: { code: '123456' } } }

interface Run {
  readonly pid: number
  readonly parameters: readonly string[]
  readonly stdin: string
  readonly terminal: boolean
  readonly callers: string
  readonly keys?: string
}

describe.skipIf(isWindows)('a YubiKey', () => {
  let folder: string
  let place: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
    place = join(folder, 'world.json')
    writeFileSync(join(folder, 'ykman'), `#!/bin/sh\nexec '${process.execPath}' '${SCRIPTED}' "$@"\n`)
    chmodSync(join(folder, 'ykman'), 0o755)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  function runs(): readonly Run[] {
    return readFileSync(`${place}.runs`, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Run)
  }

  /** A user who types these passwords; an Error in the list is thrown. */
  function person(passwords: readonly (string | Error)[] = []): YubiKeyDialog & { readonly heard: unknown[][] } {
    const heard: unknown[][] = []
    const left = [...passwords]
    return {
      heard,
      askPassword: (serial, again) => {
        heard.push(['password', serial, again])
        const answer = left.shift()
        if (answer === undefined || answer instanceof Error)
          return Promise.reject(answer ?? new Error('asked once more than expected'))
        return Promise.resolve(answer)
      },
      showTouch: (isAwaited) => void heard.push(['touch', isAwaited]),
      reportFailure: ({ failure }) => void heard.push(['failure', failure.reason]),
    }
  }

  interface Setting {
    readonly callers?: string
    readonly serial?: string
    readonly label?: string
    readonly dialog?: YubiKeyDialog
    readonly timeoutMs?: number
    readonly path?: string
    readonly isWindows?: boolean
  }

  function sourceOf(
    world: object,
    {
      serial,
      label,
      dialog = person(),
      timeoutMs,
      isWindows = false,
      callers,
      path = `${folder}:/usr/bin:/bin`,
    }: Setting = {},
  ): TokenCodeSource {
    writeFileSync(place, JSON.stringify(world))
    const from = (value: string | undefined) =>
      value === undefined ? undefined : { value, origin: { kind: 'default' } as const }
    const environment = {
      PATH: path,
      YKMAN_WORLD: place,
      AWS_ACCESS_KEY_ID: 'AKIA',
      ...(callers === undefined ? {} : { AWSMFA_CALLERS: callers }),
    }
    return createYubiKeyTokenCode(
      { serial: from(serial), label: from(label) },
      { environment, dialog, isWindows, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    )
  }

  async function failureOf(source: TokenCodeSource, signal = new AbortController().signal): Promise<Failure> {
    const error: unknown = await source(REQUEST, signal).catch((caught: unknown) => caught)
    if (error instanceof AwsmfaError) return error.failure
    throw new Error('it did not fail', { cause: error })
  }

  const never = new AbortController().signal

  it('returns the code of the account with the serial number of the MFA device as its name', async () => {
    const dialog = person()
    expect(await sourceOf({ keys: [KEY] }, { dialog })(REQUEST, never)).toEqual({
      code: '123456',
      typed: false,
      generated: true,
    })
    expect(runs()).toMatchObject([
      {
        parameters: ['oath', 'accounts', 'code', '--single', '--', SERIAL_NUMBER],
        stdin: '',
        terminal: false,
        callers: 'work',
      },
    ])
    expect(runs()[0]).not.toHaveProperty('keys')
    expect(dialog.heard).toEqual([['touch', false]])
  })

  it('gets no AWS keys, also during the login of another profile', async () => {
    expect(await sourceOf({ keys: [KEY] }, { callers: 'work' })(REQUEST, never)).toEqual({
      code: '123456',
      typed: false,
      generated: true,
    })
    expect(runs()).toMatchObject([{ callers: 'work' }])
    expect(runs()[0]).not.toHaveProperty('keys')
  })

  it('is selected by its serial number, and the account by its label', async () => {
    const other = { serial: 87654321, accounts: { 'AWS:alice': { code: '654321' }, AWS: { code: '000000' } } }
    expect(await sourceOf({ keys: [KEY, other] }, { serial: '87654321', label: 'AWS:alice' })(REQUEST, never)).toEqual({
      code: '654321',
      typed: false,
      generated: true,
    })
  })

  it('asks for a touch, and then returns the code', async () => {
    const dialog = person()
    const source = sourceOf(
      { keys: [{ ...KEY, accounts: { [SERIAL_NUMBER]: { code: '123456', touch: true } } }] },
      { dialog },
    )
    const answer = source(REQUEST, never)
    await vi.waitFor(() => expect(dialog.heard).toContainEqual(['touch', true]), 10_000)
    writeFileSync(`${place}.touched`, '')
    expect(await answer).toEqual({ code: '123456', typed: false, generated: true })
  })

  describe('with an OATH password', () => {
    const world = { keys: [{ ...KEY, password: 'opén sesame' }] }

    it('asks for the password only if it is required, and passes it on stdin', async () => {
      const dialog = person(['opén sesame'])
      expect(await sourceOf(world, { dialog, serial: '12345678' })(REQUEST, never)).toEqual({
        code: '123456',
        typed: false,
        generated: true,
      })
      expect(dialog.heard).toEqual([
        ['touch', false],
        ['password', '12345678', false],
      ])
      expect(runs().map(({ stdin }) => stdin)).toEqual(['', 'opén sesame\n'])
      expect(JSON.stringify(runs().map(({ parameters }) => parameters))).not.toContain('sesame')
    })

    it('asks for the password on Windows, where ykman would wait at a hidden console', async () => {
      const dialog = person(['opén sesame'])
      expect(await sourceOf(world, { dialog, isWindows: true })(REQUEST, never)).toEqual({
        code: '123456',
        typed: false,
        generated: true,
      })
      expect(dialog.heard).toEqual([
        ['touch', false],
        ['password', undefined, false],
      ])
      expect(runs().map(({ stdin }) => stdin)).toEqual(['\n', 'opén sesame\n'])
    })

    it('asks again after a wrong password', async () => {
      const dialog = person(['open', 'opén sesame'])
      expect(await sourceOf(world, { dialog })(REQUEST, never)).toEqual({
        code: '123456',
        typed: false,
        generated: true,
      })
      expect(dialog.heard.slice(1)).toEqual([
        ['password', undefined, false],
        ['password', undefined, true],
      ])
    })

    it('fails after three wrong passwords', async () => {
      const dialog = person(['a', 'b', 'c'])
      expect(await failureOf(sourceOf(world, { dialog }))).toMatchObject({ reason: 'wrong-password' })
      expect(dialog.heard.at(-1)).toEqual(['failure', 'wrong-password'])
    })

    it('is skipped if no password is typed', async () => {
      expect(await sourceOf(world, { dialog: person(['']) })(REQUEST, never)).toBe('unavailable')
    })

    it('fails if no prompt is possible', async () => {
      const dialog = person([
        new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' }),
      ])
      expect(await failureOf(sourceOf(world, { dialog }))).toEqual({
        code: 'YUBIKEY_FAILED',
        reason: 'password',
        label: SERIAL_NUMBER,
        serials: [],
      })
    })

    it('is cancelled by Ctrl-C', async () => {
      const dialog = person([new AwsmfaError({ code: 'CANCELLED' })])
      expect(await failureOf(sourceOf(world, { dialog }))).toEqual({ code: 'CANCELLED' })
    })
  })

  it.each([
    ['none plugged in', { keys: [] }, {}, { reason: 'no-key' }],
    [
      'several plugged in and none selected',
      { keys: [KEY, { ...KEY, serial: 87654321 }] },
      {},
      { reason: 'several-keys', serials: ['12345678', '87654321'] },
    ],
    ['another one plugged in', { keys: [KEY] }, { serial: '87654321' }, { reason: 'other-key', serial: '87654321' }],
    ['no smart card service', { keys: [KEY], service: false }, {}, { reason: 'no-service' }],
    ['its OATH application off', { keys: [{ serial: 12345678 }] }, {}, { reason: 'no-oath' }],
    ['no such account', { keys: [KEY] }, { label: 'other' }, { reason: 'no-account', label: 'other' }],
    [
      'several such accounts',
      { keys: [{ ...KEY, accounts: { 'aws:a': { code: '1' }, 'AWS:b': { code: '2' } } }] },
      { label: 'aws' },
      { reason: 'several-accounts', label: 'aws' },
    ],
    [
      'an account of eight digits',
      { keys: [{ ...KEY, accounts: { [SERIAL_NUMBER]: { code: '12345678' } } }] },
      {},
      { reason: 'other' },
    ],
    [
      'nobody to touch it',
      { keys: [{ ...KEY, accounts: { [SERIAL_NUMBER]: { code: '123456', touch: true } } }], touchMs: 50 },
      {},
      { reason: 'not-touched' },
    ],
    ['no answer in time', { keys: [KEY], hang: true }, { timeoutMs: 800 }, { reason: 'timed-out' }],
    ['no ykman', { keys: [KEY] }, { path: '/no/such/folder' }, { reason: 'no-program' }],
  ])('with %s says so', async (_, world, setting, facts) => {
    const dialog = person()
    expect(await failureOf(sourceOf(world, { ...setting, dialog }))).toEqual({
      code: 'YUBIKEY_FAILED',
      label: SERIAL_NUMBER,
      serials: [],
      ...facts,
    })
    expect(dialog.heard.at(-1)).toEqual(['failure', facts.reason])
  })

  it('is not used again after it has failed', async () => {
    const source = sourceOf({ keys: [] })
    await failureOf(source)
    expect(
      await source({ ...REQUEST, refusal: { nextCodeInSeconds: 12, known: 'used', answerLost: false } }, never),
    ).toBe('unavailable')
    expect(runs()).toHaveLength(1)
  })

  it('stops, and ends ykman, when the signal aborts', async () => {
    const reason = new AwsmfaError({ code: 'CANCELLED' })
    const controller = new AbortController()
    const answer = sourceOf({ keys: [KEY], hang: true })(REQUEST, controller.signal).catch((error: unknown) => error)
    const { pid } = JSON.parse(await waitForFile(`${place}.runs`)) as Run
    controller.abort(reason)
    expect(await answer).toBe(reason)
    await waitForExit(pid)
  })

  it('is not used if the signal is already aborted', async () => {
    await expect(
      sourceOf({ keys: [KEY] })(REQUEST, AbortSignal.abort(new AwsmfaError({ code: 'CANCELLED' }))),
    ).rejects.toMatchObject({ failure: { code: 'CANCELLED' } })
    expect(existsSync(`${place}.runs`)).toBe(false)
  })
})
