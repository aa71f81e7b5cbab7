/** What a login leaves on the terminal: after success, and after Ctrl-C or a signal at the prompt. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { acquireLock } from '../../src/platform/file-lock.ts'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const PROMPT = 'MFA code for alice (work): '
const CREDENTIALS = `[work-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const { serial } = virtualDevice('111111111111', 'alice')
const CONFIG = `[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\n`

describe.skipIf(!needsProgram('python3'))('the built tool on a terminal', () => {
  let sts: StrictSts
  let home: TempHome
  let pty: Pty | undefined
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld())
  })
  beforeEach(() => {
    home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
  })
  afterEach(() => {
    pty?.close()
    home.remove()
  })
  afterAll(() => sts.stop())

  const login = async (): Promise<Pty> => {
    const environment = home.environment({ ...sts.environment(), TERM: 'xterm-256color' })
    pty = await openPty([...PRODUCT, 'login', 'work'], { environment })
    await pty.expect(PROMPT)
    return pty
  }

  it('replaces the prompt and the spinner with one line: the outcome', async () => {
    await sts.configure({ faults: [{ kind: 'hold', operation: 'GetSessionToken' }] })
    const terminal = await login()
    terminal.send(`${sts.code(serial)}\r`)
    await terminal.expect('signing in')
    await sts.configure({ release: true })
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines).toEqual([
      expect.stringMatching(
        /^✔ work: signed in as alice \(111111111111\) until (?:tomorrow )?\d\d:\d\d, 12 h(?: \d+ min)? left$/,
      ),
      '',
    ])
    expect(terminal.output()).not.toContain('\u001B[?25l')
  })

  it.each([
    { title: 'Ctrl-C', end: (terminal: Pty) => terminal.send('\u0003'), code: 130 },
    { title: 'SIGTERM', end: (terminal: Pty) => terminal.signal('SIGTERM'), code: 143 },
  ])('exits with $code on $title while another process has the lock of the file', async ({ end, code }) => {
    const lock = acquireLock(join(home.path, '.aws/credentials.awsmfa-lock'), { waitMs: 0, pause: () => undefined })
    await sts.configure({ clearLog: true })
    const terminal = await login()
    terminal.send(`${sts.code(serial)}\r`)
    await expect.poll(async () => (await sts.log()).map(({ operation }) => operation)).toContain('GetSessionToken')
    end(terminal)
    expect(await terminal.exit()).toEqual({ code, signal: null })
    lock.release()
    expect(home.read('.aws/credentials').toString()).toBe(CREDENTIALS)
    expect(readdirSync(join(home.path, '.aws')).sort()).toEqual(['config', 'credentials'])
  })

  const endings = [
    {
      title: 'Ctrl-C',
      end: (terminal: Pty) => terminal.send('123\u0003'),
      code: 130,
      lines: ['awsmfa: error: canceled', ''],
    },
    {
      title: 'SIGTERM',
      end: (terminal: Pty) => terminal.signal('SIGTERM'),
      code: 143,
      lines: [expect.stringMatching(/^awsmfa: error: /), ''],
    },
    {
      title: 'SIGHUP',
      end: (terminal: Pty) => terminal.signal('SIGHUP'),
      code: 129,
      lines: [expect.stringMatching(/^awsmfa: error: /), ''],
    },
  ]
  it.each(endings)(
    'exits with $code on $title at the prompt and leaves no trace on the terminal or in the files',
    async ({ end, code, lines }) => {
      const terminal = await login()
      end(terminal)
      expect(await terminal.exit()).toEqual({ code, signal: null })
      expect(terminal.screen().lines).toEqual(lines)
      expect([home.read('.aws/credentials').toString(), home.read('.aws/config').toString()]).toEqual([
        CREDENTIALS,
        CONFIG,
      ])
    },
  )
})
