/** `awsmfa login` with a YubiKey, on a pseudo-terminal and without a terminal, with a scripted ykman. */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { waitForExit, waitForFile } from '../support/processes.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT, runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'

const SCRIPTED = fileURLToPath(new URL('../support/scripted-ykman.mjs', import.meta.url))
const { serial } = virtualDevice('111111111111', 'alice')
const CREDENTIALS = `[work-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const CONFIG = `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\nvegas_yubikey_serial = 12345678 ; the blue one\n`
const PROMPT = 'MFA code for alice (work): '
const TOUCH = `Touch your YubiKey or type the code. ${PROMPT}`
const SIGNED_IN = /^✔ work: signed in as alice \(111111111111\) until .*, 12 h(?: \d+ min)? left$/

interface ScriptedKey {
  readonly touch?: boolean
  readonly password?: string
  readonly serial?: number
}

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('a login with a YubiKey', () => {
  let sandbox: Sandbox
  let pty: Pty | undefined
  beforeEach(async () => {
    sandbox = await openSandbox(aliceWorld(), { files: { '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG } })
    sandbox.home.write('.bin/ykman', `#!/bin/sh\nexec '${process.execPath}' '${SCRIPTED}' "$@"\n`)
    chmodSync(join(sandbox.home.path, '.bin/ykman'), 0o755)
  })
  afterEach(async () => {
    pty?.close()
    pty = undefined
    await sandbox.close()
  })

  const worldFile = (): string => join(sandbox.home.path, 'keys.json')
  const environment = (): Readonly<Record<string, string>> => ({
    ...sandbox.world.environment,
    YKMAN_WORLD: worldFile(),
    TERM: 'xterm-256color',
  })
  const nextCode = async (): Promise<string> => await sandbox.world.variables['code']!()
  const pidsOfYkman = async (): Promise<readonly number[]> =>
    (await waitForFile(`${worldFile()}.runs`)).split('\n').map((line) => (JSON.parse(line) as { pid: number }).pid)

  async function plugIn(
    { touch = false, password, serial: number = 12345678 }: ScriptedKey = {},
    touchMs = 15_000,
  ): Promise<void> {
    const key = {
      serial: number,
      ...(password === undefined ? {} : { password }),
      accounts: { [serial]: { code: await nextCode(), touch } },
    }
    sandbox.home.write('keys.json', JSON.stringify({ keys: [key], touchMs }))
  }

  async function login(words: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Promise<Pty> {
    pty = await openPty([...PRODUCT, 'login', 'work', ...words], {
      environment: { ...environment(), ...more },
      columns: 200,
    })
    return pty
  }

  /** Makes ykman wait until the returned function is called. */
  function holdYkman(): () => void {
    const go = join(sandbox.home.path, 'go')
    const wait = `while ! test -e '${go}'; do sleep 0.02; done`
    sandbox.home.write('.bin/ykman', `#!/bin/sh\n${wait}\nexec '${process.execPath}' '${SCRIPTED}' "$@"\n`)
    return () => sandbox.home.write('go', '')
  }

  const callsWithCode = async (): Promise<readonly string[]> =>
    (await sandbox.sts.log()).flatMap(({ operation }) => (operation === 'GetSessionToken' ? [operation] : []))

  async function loginWithoutTerminal(): Promise<RunResult> {
    return await runProgram([...PRODUCT, 'login', 'work'], { environment: environment() })
  }

  async function expectYkmanExited(): Promise<void> {
    for (const pid of await pidsOfYkman()) await waitForExit(pid)
  }

  it('signs in without typing, and removes the prompt', async () => {
    await plugIn()
    const terminal = await login()
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines[0]).toMatch(SIGNED_IN)
    expect(terminal.screen().lines.join('\n')).not.toContain('MFA code')
    await expectYkmanExited()
  })

  it('asks for a touch, and removes that line afterwards', async () => {
    await plugIn({ touch: true })
    const terminal = await login()
    await terminal.expect(TOUCH)
    sandbox.home.write('keys.json.touched', '')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines[0]).toMatch(SIGNED_IN)
    expect(terminal.screen().lines.join('\n')).not.toContain('ouch')
  })

  it('also accepts a typed code, and stops ykman', async () => {
    await plugIn({ touch: true })
    const terminal = await login()
    await terminal.expect(TOUCH)
    terminal.send(`${await nextCode()}\r`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines[0]).toMatch(SIGNED_IN)
    await expectYkmanExited()
  })

  it('asks for the OATH password without echo, and takes nothing of a code that was begun for it', async () => {
    await plugIn({ password: 'open sesame' })
    const release = holdYkman()
    const terminal = await login()
    await terminal.expect(PROMPT)
    terminal.send('12')
    await terminal.expect('12')
    release()
    await terminal.expect('OATH password of YubiKey 12345678 (Enter to type the code): ')
    expect(await terminal.modes()).toMatchObject({ echo: false })
    terminal.send('sesame\r')
    await terminal.expect('Wrong password. OATH password of YubiKey 12345678 (Enter to type the code): ')
    terminal.send('open sesame\r')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.output()).not.toContain('sesame')
    expect(terminal.screen().lines[0]).toMatch(SIGNED_IN)
    const runs = (await waitForFile(`${worldFile()}.runs`))
      .split('\n')
      .map((line) => JSON.parse(line) as { stdin: string; parameters: string[]; terminal: boolean })
    expect(runs.map(({ stdin }) => stdin)).toEqual(['', 'sesame\n', 'open sesame\n'])
    expect(runs.map(({ terminal: hasTerminal }) => hasTerminal)).toEqual([false, false, false])
    expect(JSON.stringify(runs.map(({ parameters }) => parameters))).not.toContain('sesame')
  })

  it('goes on with a code that was begun if no password is typed', async () => {
    await plugIn({ password: 'open sesame' })
    const release = holdYkman()
    const code = await nextCode()
    const terminal = await login()
    await terminal.expect(PROMPT)
    terminal.send(code.slice(0, 2))
    await terminal.expect(code.slice(0, 2))
    release()
    await terminal.expect('(Enter to type the code): ')
    terminal.send('\r')
    await terminal.expect(`${PROMPT}${code.slice(0, 2)}`)
    terminal.send(`${code.slice(2)}\r`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  it('loses no digit of a code that is being typed when the key fails', async () => {
    await plugIn({ serial: 87654321 })
    const release = holdYkman()
    const code = await nextCode()
    const terminal = await login()
    await terminal.expect(PROMPT)
    terminal.send(code.slice(0, 3))
    await terminal.expect(code.slice(0, 3))
    release()
    await terminal.expect(`not accessible\r\n${PROMPT}${code.slice(0, 3)}`)
    terminal.send(`${code.slice(3)}\r`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines).toEqual([
      expect.stringMatching(/^✖ YubiKey 12345678 is not plugged in/),
      expect.stringMatching(SIGNED_IN),
      '',
    ])
    expect(await callsWithCode()).toEqual(['GetSessionToken'])
  })

  it.each([1, 2, 3, 4, 5, 6])('loses no code that is pasted while ykman turns out to be missing (%i)', async () => {
    rmSync(join(sandbox.home.path, '.bin/ykman'))
    const code = await nextCode()
    const terminal = await login([], { PATH: join(sandbox.home.path, '.bin') })
    await terminal.expect(PROMPT)
    terminal.send(`${code}\r`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines).toEqual([expect.stringMatching(/^✖ .*ykman/), expect.stringMatching(SIGNED_IN), ''])
    expect(await callsWithCode()).toEqual(['GetSessionToken'])
  })

  it.each([
    ['is another one', { serial: 87654321 }, /^✖ YubiKey 12345678 is not plugged in or not accessible$/],
    ['was not touched', { touch: true }, /^✖ YubiKey 12345678 was not touched in time$/],
  ])('reports in one line that the key %s, and prompts for a code', async (_, key, message) => {
    await plugIn(key, 100)
    const terminal = await login()
    await terminal.expect('✖')
    await terminal.expect(PROMPT)
    terminal.send(`${await nextCode()}\r`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen().lines[0]).toMatch(message)
    expect(terminal.screen().lines[1]).toMatch(SIGNED_IN)
  })

  it.each([
    ['Ctrl-C', (terminal: Pty) => terminal.send('\u0003'), 130],
    ['SIGTERM', (terminal: Pty) => terminal.signal('SIGTERM'), 143],
  ])('ends with %s, and stops ykman', async (_, stop, code) => {
    await plugIn({ touch: true })
    const terminal = await login()
    await terminal.expect(TOUCH)
    stop(terminal)
    expect(await terminal.exit()).toEqual({ code, signal: null })
    await expectYkmanExited()
    expect(sandbox.home.read('.aws/credentials').toString()).toBe(CREDENTIALS)
  })

  it('does not start ykman if a code is passed', async () => {
    const terminal = await login(['--token-code', await nextCode()])
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(existsSync(`${worldFile()}.runs`)).toBe(false)
  })

  describe('without a terminal', () => {
    it('works, and asks for a touch on stderr', async () => {
      await plugIn({ touch: true })
      const running = loginWithoutTerminal()
      await waitForFile(`${worldFile()}.runs`)
      sandbox.home.write('keys.json.touched', '')
      const { code, stderr, stdout } = await running
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toMatch(/^awsmfa: touch your YubiKey\n✔ work: signed in as alice/)
    })

    it('reports why there is no code', async () => {
      await plugIn({ password: 'open sesame' })
      expect(await loginWithoutTerminal()).toMatchObject({
        code: 1,
        stderr:
          'awsmfa: error: YubiKey 12345678 needs its OATH password, and there is no terminal to prompt on\nawsmfa: hint: to save the password: ykman oath access remember\n',
      })
    })
  })
})
