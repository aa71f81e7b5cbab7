/** Concurrent logins: with the same MFA device they share one prompt and one call; others do not disturb each other. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT, runCli, runProgram } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { LogEntry, StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, manyUsersWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const FILES = {
  '.aws/credentials': `[base]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\naws_mfa_device = ${serial}\n`,
  '.aws/config': ['one', 'two'].map((name) => `[profile ${name}]\nawsmfa_source_profile = base\n`).join(''),
}
const withCode = (log: readonly LogEntry[]): readonly LogEntry[] =>
  log.filter(({ parameters }) => parameters['TokenCode'] !== undefined)

describe('concurrent logins', () => {
  const opened: { home?: TempHome; sts?: StrictSts; ptys: Pty[] } = { ptys: [] }
  afterEach(async () => {
    for (const pty of opened.ptys.splice(0)) pty.close()
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

  it('with the same code send it to STS once and share the session', async () => {
    const { home, sts, environment } = await start()
    await sts.configure({ faults: [{ kind: 'hold', operation: 'GetSessionToken' }] })
    const code = sts.code(serial)
    const one = runCli(['login', 'one', '--token-code', code], { environment })
    await expect.poll(async () => withCode(await sts.log()).length, { timeout: 60_000 }).toBe(1)
    const two = runProgram(
      ['/bin/sh', '-c', '"$0" "$@" 2> "$HOME/stderr"', ...PRODUCT, 'login', 'two', '--token-code', code],
      { environment },
    )
    const stderr = (): string => {
      const path = join(home.path, 'stderr')
      return existsSync(path) ? readFileSync(path, 'utf8') : ''
    }
    await expect
      .poll(stderr, { timeout: 60_000 })
      .toMatch(/^awsmfa: another awsmfa \(process \d+\) is signing in; waiting for it\n$/)
    await sts.configure({ release: true })
    expect(await one).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(
        /^✔ one: signed in as alice \(111111111111\) until .*, 12 h(?: \d+ min)? left\n$/,
      ) as string,
    })
    expect(await two).toMatchObject({ code: 0, stdout: '' })
    expect(stderr()).toMatch(/\n✔ two: signed in as alice \(111111111111\) until .*, 12 h(?: \d+ min)? left\n$/)
    expect(withCode(await sts.log())).toHaveLength(1)
    const keys = [
      ...home
        .read('.aws/credentials')
        .toString()
        .matchAll(/^aws_access_key_id = (ASIA\w+)$/gm),
    ].map(([, key]) => key)
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  it.skipIf(!needsProgram('python3'))('on two terminals prompt once and share the session', async () => {
    const { sts, environment } = await start()
    const first = await openPty([...PRODUCT, 'login', 'one'], { environment })
    opened.ptys.push(first)
    await first.expect('MFA code for alice (one): ')
    const second = await openPty([...PRODUCT, 'login', 'two', '--force'], { environment })
    opened.ptys.push(second)
    await second.expect(`another awsmfa (process ${first.pid}) is signing in; waiting for it`)
    first.send(`${sts.code(serial)}\r`)
    expect([await first.exit(), await second.exit()]).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ])
    expect(second.output()).not.toContain('MFA code')
    expect(second.screen().lines[1]).toMatch(/^✔ two: signed in as alice/)
    expect(withCode(await sts.log())).toHaveLength(1)
  })

  it.skipIf(!needsProgram('python3'))('with a code that is given do not wait until it has changed', async () => {
    const { sts, environment } = await start()
    const first = await openPty([...PRODUCT, 'login', 'one'], { environment })
    opened.ptys.push(first)
    await first.expect('MFA code for alice (one): ')
    const second = await runCli(['login', 'two', '--token-code', sts.code(serial)], { environment, limitMs: 60_000 })
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^awsmfa: another awsmfa \(process \d+\) is signing in; waiting for it\nawsmfa: error: .*another login with the same MFA device/,
      ),
    ])
  })

  it.skipIf(!needsProgram('python3'))('all fail when the prompt is cancelled, and none prompts again', async () => {
    const { environment } = await start()
    const first = await openPty([...PRODUCT, 'login', 'one'], { environment })
    opened.ptys.push(first)
    await first.expect('MFA code for alice (one): ')
    const second = await openPty([...PRODUCT, 'login', 'two'], { environment, columns: 120 })
    opened.ptys.push(second)
    await second.expect('is signing in; waiting for it')
    first.send('\u0003')
    expect(await first.exit()).toEqual({ code: 130, signal: null })
    expect((await second.exit()).code).not.toBe(0)
    expect(second.screen().lines[1]).toBe('awsmfa: error: another login for this MFA device failed: canceled')
  })

  it('of fifty users write all fifty sessions and change nothing else', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `user${index}`)
    const before = names
      .map(
        (name, index) =>
          `# ${name}\n[${name}-long-term]\naws_access_key_id = ${keyIdFor('111111111111', index + 1)}\naws_secret_access_key = ${secretFor(`arn:aws:iam::111111111111:user/${name}`)}\n`,
      )
      .join('')
    const home = createTempHome({ '.aws/credentials': before })
    const sts = await startStrictSts(manyUsersWorld(names.length))
    Object.assign(opened, { home, sts })
    const environment = home.environment(sts.environment())
    const login = (name: string) => {
      const device = virtualDevice('111111111111', name).serial
      return runCli(['login', name, '--quiet', '--serial-number', device, '--token-code', sts.code(device)], {
        environment,
        limitMs: 90_000,
      })
    }
    const runs = await Promise.all(names.map(login))
    expect(runs.map((run) => [run.code, run.stderr])).toEqual(names.map(() => [0, '']))
    const text = home.read('.aws/credentials').toString()
    expect(text.startsWith(before)).toBe(true)
    expect(
      [...text.slice(before.length).matchAll(/^\[(.*)\]\naws_access_key_id = ASIA/gm)]
        .map(([, name]) => name)
        .toSorted(),
    ).toEqual(names.toSorted())
    const status = await runCli(['status', '--all', '--format', '{profile} {state} {account}'], { environment })
    expect(status.stdout.split('\n').filter((line) => line.includes(' valid 111111111111'))).toHaveLength(names.length)
    expect((await runCli(['logout', '--all', '--quiet'], { environment })).code).toBe(0)
    expect(home.read('.aws/credentials').toString()).toBe(before)
  })
})
