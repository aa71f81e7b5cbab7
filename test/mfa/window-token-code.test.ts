/** A token code from a real window on a virtual display. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWindowTokenCode } from '../../src/mfa/window.ts'
import type { WindowOptions } from '../../src/mfa/window.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { WindowTrouble } from '../../src/model/failure.ts'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'
import { tokenCodeWindow } from '../../src/mfa/window.ts'
import { findCommandLines, startDisplay } from '../support/display.ts'
import type { Display } from '../support/display.ts'
import { needsProgram } from '../support/outside-program.ts'

const REQUEST: TokenCodeRequest = {
  profile: 'wörk_1 \\n <b>&amp; %41',
  profiles: 1,
  serialNumber: 'arn:aws:iam::111111111111:mfa/alice',
}
const MARK = 'AWSMFA_WINDOW_TEST'
const canRun = ['Xvfb', 'xdotool', 'zenity', 'pinentry-gtk-2'].map(needsProgram).every((found) => found)

describe.skipIf(!canRun)('a token code from a window', () => {
  let display: Display
  let mark = ''
  let asked = 0
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-window-'))

  beforeAll(async () => {
    display = await startDisplay()
  })
  beforeEach(() => {
    asked = 0
    mark = `${process.pid}-${Math.random()}`
  })
  afterEach(() => expect(findCommandLines(MARK, mark)).toEqual([]))
  afterAll(async () => {
    await display.stop()
    rmSync(folder, { recursive: true, maxRetries: 10 })
  })

  const environment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    NO_AT_BRIDGE: '1',
    DISPLAY: display.name,
    LC_ALL: 'C.UTF-8',
    AWS_SECRET_ACCESS_KEY: 'secret',
    [MARK]: mark,
    ...more,
  })
  const ask = (options: Partial<WindowOptions>, signal: AbortSignal = new AbortController().signal) =>
    createWindowTokenCode({
      programs: ['zenity'],
      environment: environment(),
      textOf: (request, malformed) => {
        asked += 1
        return tokenCodeWindow(request, { role: undefined, hideArns: false, malformed })
      },
      unavailable: (window: WindowTrouble) =>
        new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-window', wanted: 'token-code', window }),
      ...options,
    })(REQUEST, signal)
  const only = (names: Readonly<Record<string, string>>): Partial<WindowOptions> => ({
    programs: ['pinentry'],
    find: (name) => names[name],
  })
  const script = (name: string, lines: string): string => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${lines}\n`)
    chmodSync(path, 0o755)
    return path
  }

  const programs: readonly { readonly title: string; readonly options: Partial<WindowOptions> }[] = [
    { title: 'zenity', options: {} },
    { title: 'pinentry-gtk-2', options: only({ 'pinentry-gtk-2': '/usr/bin/pinentry-gtk-2' }) },
  ]
  describe.each(programs)('of $title', ({ options }) => {
    it('is the typed text without spaces', async () => {
      const answer = ask(options)
      await display.press('awsmfa', '123 456', '<Return>')
      expect(await answer).toEqual({ code: '123456', typed: true })
    })

    it('is asked for again after invalid text', async () => {
      const answer = ask(options)
      await display.press('awsmfa', '12345', '<Return>')
      await expect.poll(() => asked, { timeout: 60_000 }).toBe(2)
      await expect.poll(() => display.countWindows('awsmfa'), { timeout: 60_000 }).toBe(1)
      await display.press('awsmfa', '234567', '<Return>')
      expect(await answer).toEqual({ code: '234567', typed: true })
    })

    it('is cancelled with Escape', async () => {
      const answer = ask(options).catch((error: unknown) => error)
      await display.press('awsmfa', '123', '<Escape>')
      expect(await answer).toMatchObject({ failure: { code: 'CANCELLED' } })
    })

    it('is cancelled by the signal, which closes the window', async () => {
      const withdrawal = new AbortController()
      const answer = ask(options, withdrawal.signal).catch((error: unknown) => error)
      await display.expectWindow('awsmfa')
      withdrawal.abort('enough')
      expect(await answer).toBe('enough')
      expect(await display.countWindows('awsmfa')).toBe(0)
    })

    it('is cancelled after the time limit', async () => {
      const answer = await ask({ ...options, timeoutSeconds: 1 }).catch((error: unknown) => error)
      expect(answer).toMatchObject({
        failure: { code: 'DEADLINE_EXCEEDED', seconds: 1, waitingFor: 'a token code in the window' },
      })
    })
  })

  it('shows non-ASCII text in the C locale', async () => {
    const answer = ask({ environment: environment({ LC_ALL: 'C' }) })
    await display.press('awsmfa', '123456', '<Return>')
    expect(await answer).toMatchObject({ code: '123456' })
  })

  it('is asked for with the next program if the first is missing or opens no window', async () => {
    const names: Readonly<Record<string, string>> = {
      zenity: script('zenity', 'echo "cannot open display" >&2; exit 1'),
      'pinentry-qt': join(folder, 'missing'),
      'pinentry-gtk-2': '/usr/bin/pinentry-gtk-2',
    }
    const answer = ask({ programs: ['zenity', 'pinentry'], find: (name) => names[name] })
    await display.press('awsmfa', '123456', '<Return>')
    expect(await answer).toMatchObject({ code: '123456' })
  })

  it('is unavailable without any such program', async () => {
    const error = await ask({ programs: ['zenity', 'pinentry'], find: () => undefined }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({
      failure: { code: 'PROMPT_UNAVAILABLE', window: { kind: 'no-program', programs: ['zenity', 'pinentry'] } },
    })
  })

  it('is not asked for with a pinentry for terminals', async () => {
    const tty = script(
      'pinentry',
      'echo "OK hello"; echo "D gtk2:curses"; echo OK; echo "ERR 83918950 Inappropriate ioctl for device <Pinentry>"; cat >/dev/null',
    )
    const error = await ask(only({ pinentry: tty })).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      failure: { window: { kind: 'failed', program: 'pinentry', detail: 'it is pinentry-curses' } },
    })
  })

  it.skipIf(!needsProgram('pinentry-curses'))('is not asked for with pinentry-curses', async () => {
    const error = await ask(only({ pinentry: '/usr/bin/pinentry-curses' })).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      failure: { window: { kind: 'failed', program: 'pinentry', detail: 'it is pinentry-curses' } },
    })
  })

  it('is unavailable on a display that does not exist', async () => {
    const error = await ask({ environment: environment({ DISPLAY: ':32000' }) }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      failure: {
        window: { kind: 'failed', program: 'zenity', detail: expect.stringContaining('cannot open display') as string },
      },
    })
  })

  it('is unavailable on a display that does not respond', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const DISPLAY = `127.0.0.1:${(silent.address() as AddressInfo).port - 6000}`
    const error = await ask({ environment: environment({ DISPLAY }), timeoutSeconds: 0.5 }).catch(
      (caught: unknown) => caught,
    )
    silent.close()
    expect(error).toMatchObject({ failure: { code: 'DEADLINE_EXCEEDED' } })
  })

  it('kills a program that ignores SIGTERM', async () => {
    const started = join(folder, 'started')
    const stubborn = script('stubborn', `trap '' TERM; : > '${started}'; sleep 60 & wait; sleep 60`)
    const withdrawal = new AbortController()
    const answer = ask({ find: () => stubborn }, withdrawal.signal).catch((error: unknown) => error)
    await expect.poll(() => findCommandLines(MARK, mark).length, { timeout: 60_000 }).toBe(2)
    withdrawal.abort('enough')
    expect(await answer).toBe('enough')
  })

  it('is asked for without AWS keys in the environment', async () => {
    const nosy = script('nosy', 'test -z "$AWS_SECRET_ACCESS_KEY" && echo 123456')
    expect(await ask({ find: () => nosy })).toMatchObject({ code: '123456' })
  })

  it('fails after ten invalid texts', async () => {
    const error = await ask({ find: () => script('wrong', 'echo 12345é') }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ failure: { code: 'TOKEN_CODE_MALFORMED', source: 'typed' } })
    expect(asked).toBe(10)
  })
})
