/** Commands with `cache_key = keychain`, with a real Secret Service and without one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import { hasSecretService, lookUpSecret, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const KEYS = `aws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const FILES = {
  '.aws/credentials': `[base-long-term]\n${KEYS}`,
  '.aws/config': [
    `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\ncredential_process = awsmfa credential-process --profile base\n`,
    `[profile plain]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\nawsmfa_source_profile = base-long-term\n`,
  ].join(''),
  '.config/awsmfa/config.ini': 'cache_key = keychain\n',
}
const LOCKED =
  'awsmfa: warning: session not cached: cannot read the cache key: the keyring is locked; unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password\n'

describe.skipIf(!hasSecretService())('with the cache key in the keychain', () => {
  let home: TempHome
  let sts: StrictSts
  let bus: SessionBus
  beforeEach(async () => {
    home = createTempHome(FILES)
    ;[sts, bus] = await Promise.all([startStrictSts(aliceWorld()), startSessionBus()])
  })
  afterEach(async () => {
    const [left] = await Promise.all([bus.stop(), sts.stop()])
    home.remove()
    expect(left).toEqual([])
  })

  const run = (...words: readonly string[]) =>
    runCli(words, {
      environment: home.environment({
        ...sts.environment(),
        DBUS_SESSION_BUS_ADDRESS: bus.environment['DBUS_SESSION_BUS_ADDRESS'] ?? '',
      }),
    })
  const lock = (): string =>
    bus.call(
      'org.freedesktop.Secret.Service.Lock',
      '--dest',
      'org.freedesktop.secrets',
      '--object-path',
      '/org/freedesktop/secrets',
      "['/org/freedesktop/secrets/collection/login']",
    )
  const isThere = (path: string): boolean => existsSync(join(home.path, path))

  it('login caches the session for credential-process, and creates no key file and no answers for one', async () => {
    await bus.startKeyring('unlocked')
    expect(await run('login', 'base', '--token-code', sts.code(serial))).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('warning') as string,
    })
    const [first, second] = [
      await run('credential-process', '--profile', 'base'),
      await run('credential-process', '--profile', 'base'),
    ]
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(first.stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/) as string,
    })
    expect(second).toEqual(first)
    expect(lookUpSecret(bus)).toMatch(/^awsmfa-cache-key:1:/)
    expect(['.local/state/awsmfa/cache-key', '.cache/awsmfa/answers', '.cache/awsmfa/sessions'].map(isThere)).toEqual([
      false,
      false,
      true,
    ])
  })

  it('locked: a login to the credentials file succeeds with one warning, without the cache', async () => {
    await bus.startKeyring('unlocked')
    lock()
    const { code, stderr } = await run('login', 'plain', '--token-code', sts.code(serial))
    expect({ code, warnings: stderr.match(/^awsmfa: warning: .*\n/gm) }).toEqual({ code: 0, warnings: [LOCKED] })
    expect(home.read('.aws/credentials').toString()).toContain('[plain]')
    expect(isThere('.cache/awsmfa/sessions')).toBe(false)
    expect(bus.windows()).toBe(0)
  })

  it('locked: a cached session is not found, and a login to the cache alone fails with the reason', async () => {
    await bus.startKeyring('unlocked')
    expect(await run('login', 'base', '--token-code', sts.code(serial))).toMatchObject({ code: 0 })
    lock()
    expect(await run('credential-process', '--profile', 'base')).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('awsmfa login base') as string,
    })
    const { code, stderr } = await run('login', 'base', '--force', '--token-code', sts.code(serial, 1))
    expect(code).toBe(1)
    expect(stderr).toContain(LOCKED)
    expect(stderr).toContain("awsmfa: error: a session of 'base' cannot be cached")
    expect(bus.windows()).toBe(0)
  })

  it('slow: credential-process waits once, and fails as without a cached session', async () => {
    const keyring = await bus.startKeyring('unlocked')
    expect(await run('login', 'base', '--token-code', sts.code(serial))).toMatchObject({ code: 0 })
    keyring.kill('SIGSTOP')
    const startMs = performance.now()
    expect(await run('credential-process', '--profile', 'base')).toMatchObject({ code: 4, stdout: '' })
    expect(performance.now() - startMs).toBeLessThan(6000)
  })

  it('an invalid value is reported with its file and line', async () => {
    home.write('.config/awsmfa/config.ini', 'cache_key = vault\n')
    expect(await run('login', 'plain')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /invalid value 'vault' for 'cache_key' in .*config\.ini, line 1: expected file or keychain/,
      ) as string,
    })
  })
})

describe.skipIf(process.platform !== 'linux')('with the cache key in the keychain, without a Secret Service', () => {
  it('a login to the cache alone fails before it uses the token code', async () => {
    const [home, sts] = [createTempHome(FILES), await startStrictSts(aliceWorld())]
    try {
      const code = sts.code(serial)
      const run = (...words: readonly string[]) =>
        runCli([...words, '--token-code', code], { environment: home.environment(sts.environment()) })
      const refused = await run('login', 'base')
      expect(refused).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining("awsmfa: error: a session of 'base' cannot be cached") as string,
      })
      expect(refused.stderr).toContain('no Secret Service is running')
      expect(await run('login', 'plain')).toMatchObject({ code: 0 })
    } finally {
      await sts.stop()
      home.remove()
    }
  })
})
