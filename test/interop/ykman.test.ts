/**
 * The real ykman with a simulated YubiKey, and the scripted ykman of the other tests: awsmfa must get the same from
 * both.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createYubiKeyTokenCode } from '../../src/mfa/yubikey.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { ykmanParameters } from '../../src/mfa/ykman.ts'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'
import { needsProgram } from '../support/outside-program.ts'

const LABEL = 'arn:aws:iam::111111111111:mfa/alice'
const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: LABEL }
const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))
const KEY = { serial: 12345678, accounts: { [LABEL]: { code: '123456' } } }
const TOUCHED = { ...KEY, accounts: { [LABEL]: { code: '123456', touch: true } } }

/** What a key does, and the expected result and events. */
const cases = [
  { title: 'returns a code', world: { keys: [KEY] }, result: { code: '123456', typed: false, generated: true } },
  {
    title: 'uses the key with the configured serial number',
    world: { keys: [KEY, { ...KEY, serial: 7, accounts: { [LABEL]: { code: '777777' } } }] },
    serial: '7',
    result: { code: '777777', typed: false, generated: true },
  },
  {
    title: 'accepts an account label that begins with a dash',
    world: { keys: [{ ...KEY, accounts: { '-x': { code: '222222' } } }] },
    label: '-x',
    result: { code: '222222', typed: false, generated: true },
  },
  {
    title: 'waits for a touch',
    world: { keys: [TOUCHED] },
    touched: true,
    result: { code: '123456', typed: false, generated: true },
    events: ['touch'],
  },
  {
    title: 'fails without a touch',
    world: { keys: [TOUCHED], touchMs: 50 },
    result: 'not-touched',
    events: ['touch', 'not-touched'],
  },
  {
    title: 'asks for the password',
    world: { keys: [{ ...KEY, password: 'opén sesame' }] },
    passwords: ['opén sesame'],
    result: { code: '123456', typed: false, generated: true },
    events: ['password'],
  },
  {
    title: 'asks again after a wrong password',
    world: { keys: [{ ...KEY, password: 'sesame' }] },
    passwords: ['x', 'sesame'],
    result: { code: '123456', typed: false, generated: true },
    events: ['password', 'password again'],
  },
  { title: 'fails without a key', world: { keys: [] }, result: 'no-key', events: ['no-key'] },
  {
    title: 'fails with two keys',
    world: { keys: [KEY, { ...KEY, serial: 7 }] },
    result: 'several-keys',
    events: ['several-keys'],
  },
  { title: 'fails with another key', world: { keys: [KEY] }, serial: '7', result: 'other-key', events: ['other-key'] },
  {
    title: 'fails without the account',
    world: { keys: [KEY] },
    label: 'other',
    result: 'no-account',
    events: ['no-account'],
  },
  {
    title: 'fails with several accounts of that name',
    world: { keys: [{ ...KEY, accounts: { 'a:1': { code: '1' }, 'A:2': { code: '2' } } }] },
    label: 'a:',
    result: 'several-accounts',
    events: ['several-accounts'],
  },
]

/** Returns whether the fake key works here: it replaces internals of ykman 4, the version in Debian 12. */
function canHaveFakeKey(): boolean {
  return (process.env['CI'] ?? '') !== '' || spawnSync('/usr/bin/python3', ['-c', 'import ykman.cli.oath']).status === 0
}

/** The scripted ykman of the other tests, and the installed one with a fake key. */
const ykmans = [
  {
    name: 'the scripted ykman',
    command: `'${process.execPath}' '${support('scripted-ykman.mjs')}'`,
    isHere: () => true,
  },
  {
    name: 'the installed ykman',
    command: `/usr/bin/python3 '${support('ykman_with_fake_key.py')}'`,
    isHere: canHaveFakeKey,
  },
]

describe.skipIf(process.platform !== 'linux' || !needsProgram('ykman'))('ykman', () => {
  it('accepts the arguments that awsmfa uses', () => {
    const words = ykmanParameters({ serial: '12345678', label: LABEL })
    const code = words.indexOf('code')
    const help = (parameters: readonly string[]): string =>
      spawnSync('ykman', [...parameters, '--help'], { encoding: 'utf8' }).stdout
    expect(words.slice(0, code + 1)).toEqual(['--device', '12345678', 'oath', 'accounts', 'code'])
    expect(help([])).toMatch(/^ +-d, --device SERIAL/m)
    expect(help(words.slice(2, code + 1))).toMatch(
      /Usage: ykman oath accounts code \[OPTIONS\] \[QUERY\][^]* -s, --single /,
    )
    // Without a key it fails because it finds none, not because of the arguments.
    const { status, stderr } = spawnSync('ykman', words, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.not.stringContaining('Usage:') as string })
  })

  describe.each(ykmans.filter(({ isHere }) => isHere()))('$name', ({ command }) => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
      writeFileSync(join(folder, 'ykman'), `#!/bin/sh\nexec ${command} "$@"\n`)
      chmodSync(join(folder, 'ykman'), 0o755)
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

    it.each(cases)(
      '$title',
      async ({
        world,
        serial,
        label,
        touched = false,
        passwords = [],
        result: expectedResult,
        events: expectedEvents = [],
      }) => {
        const place = join(folder, 'world.json')
        writeFileSync(place, JSON.stringify(world))
        if (touched) writeFileSync(`${place}.touched`, '')
        const events: string[] = []
        const left: string[] = [...passwords]
        const from = (value: string | undefined) =>
          value === undefined ? undefined : { value, origin: { kind: 'default' } as const }
        const source = createYubiKeyTokenCode(
          { serial: from(serial), label: from(label) },
          {
            environment: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, LANG: 'C.UTF-8', YKMAN_WORLD: place },
            dialog: {
              askPassword: (_, again) => {
                events.push(again ? 'password again' : 'password')
                return Promise.resolve(left.shift() ?? '')
              },
              showTouch: (isAwaited) => {
                if (isAwaited) events.push('touch')
              },
              reportFailure: ({ failure }) => void events.push(failure.reason),
            },
          },
        )
        const result = await source(REQUEST, new AbortController().signal).catch((error: unknown) => {
          if (error instanceof AwsmfaError && error.failure.code === 'YUBIKEY_FAILED') return error.failure.reason
          throw error
        })
        expect({ result, events }).toEqual({ result: expectedResult, events: expectedEvents })
      },
    )
  })
})
