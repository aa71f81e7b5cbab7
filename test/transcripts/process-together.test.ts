/** Concurrent `credential-process` calls, and what they answer when STS is down or the session is gone. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT, PRODUCT_LINE, runCli } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const FILES = {
  '.aws/credentials': `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`,
  '.aws/config': `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\ncredential_process = awsmfa credential-process --profile base\n`,
}
/** On a busy machine ten processes take longer than the 20 s that the command gives an answer. */
const PATIENT = '--timeout 180'
const LONG_MS = 180_000
const TEN = Array.from({ length: 10 }, (_, index) => index)

describe('credential-process', () => {
  const opened: { home?: TempHome; sts?: StrictSts; pty?: Pty } = {}
  afterEach(async () => {
    opened.pty?.close()
    await opened.sts?.stop()
    opened.home?.remove()
  })

  const start = async (): Promise<{
    readonly home: TempHome
    readonly sts: StrictSts
    readonly environment: Record<string, string>
  }> => {
    const home = createTempHome(FILES)
    const sts = await startStrictSts(aliceWorld())
    Object.assign(opened, { home, sts })
    return { home, sts, environment: home.environment({ ...sts.environment(), TERM: 'xterm-256color' }) }
  }
  const codesSent = async (sts: StrictSts): Promise<number> =>
    (await sts.log()).filter(({ parameters }) => parameters['TokenCode'] !== undefined).length
  /**
   * Starts ten processes at once, like make -j, with their output in files, and returns when one has prompted and the
   * others wait for it.
   */
  const openTen = async (home: TempHome, environment: Record<string, string>, line: string): Promise<Pty> => {
    const tenAtOnce = `for i in ${TEN.join(' ')}; do (${PRODUCT_LINE} ${line} > "$HOME/out$i" 2> "$HOME/err$i"; echo $? > "$HOME/code$i") & done; wait`
    const pty = await openPty(['/bin/sh', '-c', tenAtOnce], { environment, columns: 120, limitMs: LONG_MS })
    opened.pty = pty
    await pty.expect(/MFA code for alice \(\w+\): /)
    const isWaiting = (index: number): boolean => {
      const path = join(home.path, `err${index}`)
      return existsSync(path) && readFileSync(path, 'utf8').includes('is signing in; waiting for it')
    }
    await expect.poll(() => TEN.filter(isWaiting).length, { timeout: LONG_MS }).toBe(TEN.length - 1)
    return pty
  }
  const resultsIn = (home: TempHome): readonly (readonly string[])[] =>
    TEN.map((index) => ['code', 'out', 'err'].map((name) => home.read(`${name}${index}`).toString()))

  it.skipIf(!needsProgram('python3'))(
    'prompts once for ten concurrent calls, which all print the same session',
    async () => {
      const { home, sts, environment } = await start()
      const pty = await openTen(home, environment, `credential-process --profile base ${PATIENT}`)
      pty.send(`${sts.code(serial)}\r`)
      await pty.exit()
      const results = resultsIn(home)
      expect(results.map(([code]) => code)).toEqual(TEN.map(() => '0\n'))
      expect(new Set(results.map(([, out]) => out)).size).toBe(1)
      expect(JSON.parse(results[0]?.[1] ?? '')).toMatchObject({
        Version: 1,
        AccountId: '111111111111',
        AccessKeyId: expect.stringMatching(/^ASIA/) as string,
        Expiration: expect.stringMatching(/Z$/) as string,
      })
      expect(await codesSent(sts)).toBe(1)
      expect(pty.output().match(/MFA code/g)).toHaveLength(1)
    },
  )

  it.skipIf(!needsProgram('python3'))('fails all of ten concurrent calls when the prompt is cancelled', async () => {
    const { home, sts, environment } = await start()
    const pty = await openTen(home, environment, `credential-process --profile base ${PATIENT}`)
    pty.send('\u0004')
    await pty.exit()
    const codes = resultsIn(home).map(([code]) => code)
    expect(codes).not.toContain('0\n')
    expect(pty.output().match(/MFA code/g)).toHaveLength(1)
    expect(await codesSent(sts)).toBe(0)
  })

  it.skipIf(!needsProgram('python3'))('signs in with one code for ten concurrent logins', async () => {
    const { home, sts, environment } = await start()
    const pty = await openTen(home, environment, 'login base')
    pty.send(`${sts.code(serial)}\r`)
    await pty.exit()
    expect(resultsIn(home).map(([code]) => code)).toEqual(TEN.map(() => '0\n'))
    for (const [, , err] of resultsIn(home))
      expect(err).toMatch(/^(?:awsmfa: another awsmfa .*\n)?✔ base: signed in as alice.*\n$/)
    expect(await codesSent(sts)).toBe(1)
    expect((await sts.log()).filter(({ operation }) => operation === 'GetSessionToken')).toHaveLength(1)
  })

  it.skipIf(!needsProgram('python3'))(
    'sends one code for ten concurrent calls for a role that is refused',
    async () => {
      const { home, sts, environment } = await start()
      home.write(
        '.aws/config',
        `${FILES['.aws/config']}[profile admin]\nawsmfa_source_profile = base\nawsmfa_role_arn = arn:aws:iam::222222222222:role/NotForAlice\n`,
      )
      const pty = await openTen(home, environment, `credential-process --profile admin ${PATIENT}`)
      pty.send(`${sts.code(serial)}\r`)
      await pty.exit()
      for (const [code, out, err] of resultsIn(home)) {
        expect([code, out]).toEqual(['1\n', ''])
        expect(err).toMatch(
          /^(?:awsmfa: another awsmfa .*\n)?awsmfa: error: not allowed to assume role NotForAlice \(222222222222\) \[AccessDenied\]\n/,
        )
      }
      expect(await codesSent(sts)).toBe(1)
    },
  )

  it('assumes a role once for twenty concurrent calls', async () => {
    const home = createTempHome({
      ...FILES,
      '.aws/config': `${FILES['.aws/config']}[profile admin]\nawsmfa_source_profile = base\nawsmfa_role_arn = arn:aws:iam::222222222222:role/Admin\n`,
    })
    const sts = await startStrictSts(aliceWorld())
    Object.assign(opened, { home, sts })
    const environment = home.environment(sts.environment())
    expect(await runCli(['login', 'base', '--token-code', sts.code(serial)], { environment })).toMatchObject({
      code: 0,
    })
    const runs = await Promise.all(
      Array.from({ length: 20 }, () =>
        runCli(['credential-process', '--profile', 'admin', ...PATIENT.split(' ')], { environment, limitMs: LONG_MS }),
      ),
    )
    expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 0))
    expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1)
    expect((await sts.log()).filter(({ operation }) => operation === 'AssumeRole')).toHaveLength(1)
  })

  it('fails ten concurrent calls immediately, with a hint, if there is no terminal to prompt on', async () => {
    const { sts, environment } = await start()
    const runs = await Promise.all(TEN.map(() => runCli(['credential-process', '--profile', 'base'], { environment })))
    // On a busy machine one may have to wait for another to find out.
    const withoutWaiting = (stderr: string): string => stderr.replace(/^awsmfa: another awsmfa .*\n/, '')
    expect(runs.map(({ code, stdout, stderr }) => [code, stdout, withoutWaiting(stderr)])).toEqual(
      TEN.map(() => [4, '', "awsmfa: error: 'base' is not signed in\nawsmfa: hint: awsmfa login base\n"]),
    )
    expect(await codesSent(sts)).toBe(0)
  })

  it('prints a valid session when STS is down, even if it is due for renewal', async () => {
    const { home, sts, environment } = await start()
    expect((await runCli(['login', 'base', '--token-code', sts.code(serial)], { environment })).code).toBe(0)
    await sts.stop()
    const first = await runCli(['credential-process', '--profile', 'base'], { environment })
    expect([first.code, first.stderr]).toEqual([0, ''])
    expect(existsSync(join(home.path, '.cache/awsmfa/answers/base.sealed'))).toBe(true)
    const again = await runCli(['credential-process', '--profile', 'base'], { environment })
    expect(again).toMatchObject({ code: 0, stdout: first.stdout, stderr: '' })
    const late = await runCli(['credential-process', '--profile', 'base', '--refresh-window', '13h'], { environment })
    expect([late.code, late.stdout]).toEqual([0, first.stdout])
    expect(late.stderr).toMatch(/^awsmfa: warning: session of 'base' ends in .* and could not be renewed: /)
  })

  it.skipIf(!needsProgram('python3'))('gives up a prompt that nobody answers after --timeout', async () => {
    const { environment } = await start()
    const pty = await openPty([...PRODUCT, 'credential-process', '--profile', 'base', '--timeout', '2s'], {
      environment,
      columns: 120,
    })
    opened.pty = pty
    await pty.expect('MFA code for alice')
    expect((await pty.exit()).code).toBe(1)
    expect(pty.output()).toContain('timed out after 2 s')
  })

  it('prints no session after a logout', async () => {
    const { home, sts, environment } = await start()
    await runCli(['login', 'base', '--token-code', sts.code(serial)], { environment })
    expect((await runCli(['credential-process', '--profile', 'base'], { environment })).code).toBe(0)
    expect((await runCli(['logout', 'base'], { environment })).code).toBe(0)
    expect(existsSync(join(home.path, '.cache/awsmfa/answers'))).toBe(false)
    expect((await runCli(['credential-process', '--profile', 'base'], { environment })).code).toBe(4)
  })
})
