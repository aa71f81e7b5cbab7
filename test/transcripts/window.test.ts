/** Token code prompts in a zenity window, on a virtual display. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findCommandLines, findProcesses, startDisplay } from '../support/display.ts'
import type { Display } from '../support/display.ts'
import { needsProgram } from '../support/outside-program.ts'
import { BUILT, runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const CREDENTIALS = `[work-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const CONFIG = `[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\n`
const SIGNED_IN = /^✔ work: signed in as alice \(111111111111\) until .*, 12 h(?: \d+ min)? left\n$/
const canRun = ['Xvfb', 'xdotool', 'zenity'].map(needsProgram).every((found) => found)

describe.skipIf(!canRun)('the prompt window', () => {
  let sts: StrictSts
  let display: Display
  let home: TempHome
  beforeAll(async () => {
    ;[sts, display] = await Promise.all([startStrictSts(aliceWorld()), startDisplay()])
  })
  beforeEach(async () => {
    home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
    await sts.configure({ clearLog: true, forgetSpentCodes: true, faults: [] })
  })
  afterEach(() => {
    expect(findCommandLines('HOME', home.path)).toEqual([])
    home.remove()
  })
  afterAll(async () => {
    await Promise.all([sts.stop(), display.stop()])
  })

  const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
    home.environment({ ...sts.environment(), DISPLAY: display.name, NO_AT_BRIDGE: '1', ...more })
  const login = (more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<RunResult> =>
    runCli(['login', 'work', ...args], { environment: environment(more) })
  const windowLines = (): readonly string[] =>
    findCommandLines('HOME', home.path).filter((line) => line.includes('zenity'))
  const credentials = (): string => home.read('.aws/credentials').toString()

  it('accepts the code', async () => {
    const run = login({}, '--prompt', 'window')
    await display.expectWindow('awsmfa')
    expect(windowLines()).toEqual([expect.stringContaining(`Profile: work\\nDevice: ${serial} --timeout=50`)])
    await display.press('awsmfa', sts.code(serial), '<Return>')
    expect(await run).toEqual({ code: 0, signal: null, stdout: '', stderr: expect.stringMatching(SIGNED_IN) as string })
    expect(credentials()).toContain('[work]\naws_access_key_id = ASIA')
  })

  it('prompts again after invalid input and after a rejected code', async () => {
    const run = login({ AWSMFA_PROMPT: 'zenity' })
    await display.press('awsmfa', 'abc', '<Return>')
    await expect
      .poll(windowLines, { timeout: 60_000 })
      .toEqual([expect.stringContaining('--text=A code has six digits.\\n\\nMFA code for alice')])
    await display.press('awsmfa', sts.code(serial, 40), '<Return>')
    await expect
      .poll(windowLines, { timeout: 60_000 })
      .toEqual([
        expect.stringMatching(/--text=Code not accepted\. Each code works once; the next one appears in \d+ s\.\\n/),
      ])
    await display.press('awsmfa', sts.code(serial), '<Return>')
    expect(await run).toMatchObject({ code: 0, stderr: expect.stringMatching(SIGNED_IN) as string })
  })

  it('cancels the login on Escape', async () => {
    const run = login({}, '--prompt=zenity')
    await display.press('awsmfa', '<Escape>')
    expect(await run).toEqual({ code: 130, signal: null, stdout: '', stderr: 'awsmfa: error: canceled\n' })
    expect(credentials()).toBe(CREDENTIALS)
  })

  it('hides ARNs', async () => {
    home.write('.config/awsmfa/config.ini', 'prompt = zenity\nhide_arns = true\n')
    const run = login({}, '--role-arn', 'arn:aws:iam::222222222222:role/Admin')
    await display.expectWindow('awsmfa')
    const [line] = windowLines()
    await display.press('awsmfa', '<Escape>')
    expect((await run).code).toBe(130)
    expect(line).toContain('Role: Admin (222222222222)\\nDevice: alice (111111111111) --timeout')
    expect(line).not.toContain('arn:')
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('closes on %s', async (signal) => {
    const codes = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }
    const run = login({}, '--prompt=zenity')
    await display.expectWindow('awsmfa')
    const own = findCommandLines('HOME', home.path)
    expect(own.filter((line) => line.includes(BUILT))).toHaveLength(1)
    signalProcess(home.path, signal)
    expect((await run).code).toBe(codes[signal])
    expect(windowLines()).toEqual([])
    expect(credentials()).toBe(CREDENTIALS)
  })

  it('closes when the credentials turn out to be wrong', async () => {
    await sts.configure({ faults: [{ kind: 'hold', operation: 'GetCallerIdentity' }] })
    home.write('.aws/credentials', CREDENTIALS.replace(/key = .*/, 'key = wrongwrongwrongwrongwrongwrongwrongwrong'))
    const run = login({}, '--prompt=zenity')
    await display.expectWindow('awsmfa')
    await sts.configure({ release: true })
    expect(await run).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is wrong [SignatureDoesNotMatch]') as string,
    })
  })

  it('opens once for two concurrent logins', async () => {
    const runs = [login({}, '--prompt=zenity'), login({}, '--prompt=zenity')]
    await display.press('awsmfa', sts.code(serial), '<Return>')
    expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([0, 0])
    expect((await sts.log()).filter(({ operation }) => operation === 'GetSessionToken')).toHaveLength(1)
  })

  const noWindow = [
    {
      title: 'over SSH',
      more: { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' },
      args: [],
      hint: 'awsmfa: hint: for a prompt in a window over SSH, add --prompt window\n',
    },
    { title: 'with --no-gui', more: {}, args: ['--no-gui'], hint: '' },
    { title: 'with AWSMFA_NO_GUI', more: { AWSMFA_NO_GUI: '1' }, args: [], hint: '' },
    { title: 'with --prompt terminal', more: {}, args: ['--prompt', 'terminal'], hint: '' },
    { title: 'without a display', more: { DISPLAY: '' }, args: [], hint: '' },
  ]
  it.each(noWindow)('does not open $title', async ({ more, args, hint }) => {
    const run = await login(more, ...args)
    expect(run.code).toBe(4)
    expect(run.stderr).toMatch(
      /^awsmfa: error: a token code is required, and there is no terminal to prompt on\nawsmfa: hint: pass --token-code 123456/,
    )
    expect(run.stderr.endsWith(hint)).toBe(true)
  })

  it('reports why a requested window cannot open', async () => {
    expect(await login({ DISPLAY: ':32000' }, '--prompt', 'zenity')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /^awsmfa: error: a token code is required, and no window can be opened: zenity failed: .*cannot open display/,
      ) as string,
    })
    expect(await login({ DISPLAY: '' }, '--prompt', 'window')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no window can be opened: DISPLAY and WAYLAND_DISPLAY are not set') as string,
    })
    expect(await login({}, '--prompt', 'osascript')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no window can be opened: osascript is not installed') as string,
    })
  })

  const invalid = [
    {
      title: 'an unknown prompt',
      more: {},
      args: ['--prompt', 'kdialog'],
      says: "invalid value 'kdialog' for '--prompt': expected one of auto, terminal, window, zenity, pinentry, osascript, powershell",
    },
    { title: '--prompt window with --no-gui', more: {}, args: ['--prompt', 'window', '--no-gui'], says: '--no-gui' },
    {
      title: 'an invalid boolean',
      more: { AWSMFA_NO_GUI: 'maybe' },
      args: [],
      says: 'AWSMFA_NO_GUI',
    },
  ]
  it.each(invalid)('rejects $title', async ({ more, args, says }) => {
    const run = await login(more, ...args)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(says)
  })

  it('works for credential-process, and closes after --timeout', async () => {
    const run = (...args: readonly string[]): Promise<RunResult> =>
      runCli(['credential-process', '--profile', 'work', ...args], {
        environment: environment({ AWSMFA_PROMPT: 'zenity' }),
      })
    const late = run('--timeout', '3')
    await display.expectWindow('awsmfa')
    expect(await late).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'awsmfa: error: timed out after 3 s waiting for a session\n',
    })
    expect(windowLines()).toEqual([])
    rmSync(join(home.path, '.local'), { recursive: true })
    const answered = run()
    await display.press('awsmfa', sts.code(serial), '<Return>')
    const { code, stdout } = await answered
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) as string }),
    ])
  })

  it('opens for exec, except with AWSMFA_NO_GUI', async () => {
    const exec = (more: Readonly<Record<string, string>>): Promise<RunResult> =>
      runCli(['exec', 'work', '--', 'printenv', 'AWSMFA_PROFILE'], { environment: environment(more) })
    expect(await exec({ AWSMFA_NO_GUI: '1' })).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('awsmfa login work') as string,
    })
    const run = exec({ AWSMFA_PROMPT: 'zenity' })
    await display.press('awsmfa', sts.code(serial), '<Return>')
    expect(await run).toMatchObject({ code: 0, stdout: 'work\n' })
  })

  it('does not open if there is a valid session', async () => {
    expect((await login({}, '--token-code', sts.code(serial))).code).toBe(0)
    expect((await login({}, '--prompt', 'window')).code).toBe(0)
  })
})

function signalProcess(home: string, signal: NodeJS.Signals): void {
  for (const { pid, line } of findProcesses('HOME', home)) if (line.includes(BUILT)) process.kill(pid, signal)
}
