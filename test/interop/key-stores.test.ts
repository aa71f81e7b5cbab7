/**
 * Access keys in real stores: the Secret Service (gnome-keyring) and `pass` with a GnuPG key, unlocked, locked, missing
 * and hanging. A locked or missing store is reported within 3 s, and nothing is changed.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createGnuPgHome, hasPass } from '../support/pass-store.ts'
import type { GnuPgHome } from '../support/pass-store.ts'
import { openPty } from '../support/pty.ts'
import { isExecutable, PRODUCT, runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { FAST_CLOCK } from '../support/sandbox.ts'
import { hasSecretService, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const OLD = {
  credentials: `# mine\n[work]\naws_access_key_id = ${ID}\naws_secret_access_key = ${SECRET}\n`,
  config: '[profile work]\nregion = eu-west-1\n',
}
/** More than the 3 s for which a store is waited for, on a loaded machine. */
const SOON_MS = 8000

let home: TempHome
beforeEach(() => {
  home = createTempHome({ '.aws/credentials': OLD.credentials, '.aws/config': OLD.config })
})
afterEach(() => home.remove())

const filesNow = (): typeof OLD => ({
  credentials: readFileSync(join(home.path, '.aws/credentials'), 'utf8'),
  config: readFileSync(join(home.path, '.aws/config'), 'utf8'),
})

/** Returns the files below the home folder with the secret in them. */
function filesWithSecret(): readonly string[] {
  return spawnSync('grep', ['-rlF', SECRET, home.path], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
}

async function awsmfa(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<RunResult> {
  return await runCli(words, { environment: { ...home.environment(), ...environment } })
}

/** Expects a move to a store and back, undo, and another secret for the same key to work as they should. */
async function expectMoves(environment: Readonly<Record<string, string>>, store: string): Promise<void> {
  expect(await awsmfa(environment, 'keys', 'move', 'work', '--to', store, '--yes')).toMatchObject({
    code: 0,
    stdout: '',
  })
  expect(filesNow()).toEqual({
    credentials: '# mine\n',
    config: `${OLD.config}awsmfa_keys = ${store}\nawsmfa_key_id = ${ID}\n`,
  })
  expect(filesWithSecret()).toEqual([])
  expect(await awsmfa(environment, 'undo', '--yes')).toMatchObject({ code: 0 })
  expect(filesNow()).toEqual(OLD)
  expect(await awsmfa(environment, 'keys', 'move', 'work', '--to', store, '--yes')).toMatchObject({ code: 0 })
  expect(await awsmfa(environment, 'keys', 'move', 'work', '--to', 'file', '--yes')).toMatchObject({ code: 0 })
  expect(filesNow().credentials).toContain(`aws_secret_access_key = ${SECRET}`)
  home.write('.aws/credentials', OLD.credentials.replace(SECRET, `x${SECRET.slice(1)}`))
  const refused = await awsmfa(environment, 'keys', 'move', 'work', '--to', store, '--yes')
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.stderr).toContain('has another secret for the access key …MPLE; nothing was changed')
  home.write('.aws/credentials', OLD.credentials)
  expect(await awsmfa(environment, 'keys', 'move', 'work', '--to', store, '--yes')).toMatchObject({ code: 0 })
  expect(await awsmfa(environment, 'keys', 'remove', 'work', '--yes')).toMatchObject({ code: 0 })
  expect(filesWithSecret()).toEqual([])
}

/** Expects the access key to be rotated in a store, and back, with nothing in plain text in between. */
async function expectRotation(environment: Readonly<Record<string, string>>, store: string): Promise<void> {
  const { serial } = virtualDevice('111111111111', 'alice')
  const [id, secret] = [keyIdFor('111111111111'), secretFor('arn:aws:iam::111111111111:user/alice')]
  const config = `${OLD.config}awsmfa_mfa_serial = ${serial}\n`
  home.write('.aws/config', config)
  home.write('.aws/credentials', `[work]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`)
  const sts = await startStrictSts(aliceWorld())
  onTestFinished(() => sts.stop())
  const run = async (...words: readonly string[]): Promise<string> => {
    const { code, stderr } = await awsmfa({ ...environment, ...sts.environment(), NODE_OPTIONS: FAST_CLOCK }, ...words)
    expect([code, stderr]).toEqual([0, stderr])
    return stderr
  }
  const keyNow = (): string => /awsmfa_key_id = (\w+)/.exec(filesNow().config)?.[1] ?? ''
  await run('keys', 'move', 'work', '--to', store, '--yes')
  await run('login', 'work', '--token-code', sts.code(serial))
  await run('rotate', 'work', '--yes')
  const fresh = keyNow()
  expect([fresh.startsWith('AKIA'), fresh === id]).toEqual([true, false])
  expect(filesNow().config).toBe(`${config}awsmfa_keys = ${store}\nawsmfa_key_id = ${fresh}\n`)
  await run('rotate', 'work', '--undo', '--yes')
  expect(keyNow()).toBe(id)
  await run('rotate', 'work', '--undo', '--yes')
  expect(keyNow()).toBe(fresh)
  await run('rotate', 'work', '--delete-old', '--yes')
  expect(await run('login', 'work')).toContain('signed in as alice')
  const lists = (await sts.log()).filter(({ operation }) => operation === 'CreateAccessKey')
  expect(lists).toHaveLength(1)
  expect(spawnSync('grep', ['-rlF', secret, home.path], { encoding: 'utf8' }).stdout).toBe('')
  // The note says what has happened.
  expect(readdirSync(join(home.path, '.local/state/awsmfa/rotations'))).toEqual([`${id}.rotation.json`])
}

/** An item of aws-vault 7.2.0, as `aws-vault add --env work` writes it into pass and into the Secret Service. */
const VAULT_ITEM = JSON.stringify({
  Key: 'work',
  Data: Buffer.from(
    `{"AccessKeyID":"${ID}","SecretAccessKey":"${SECRET}","SessionToken":"","Source":"","CanExpire":false,"Expires":"0001-01-01T00:00:00Z"}`,
  ).toString('base64'),
  Label: 'aws-vault (work)',
  Description: '',
  KeychainNotTrustApplication: true,
  KeychainNotSynchronizable: false,
})

/** Expects the access key of aws-vault in a store of awsmfa, and in no file. */
async function expectTakeover(environment: Readonly<Record<string, string>>, store: string): Promise<void> {
  home.write('.aws/credentials', '')
  const { code, stderr } = await awsmfa(environment, 'import', 'aws-vault', '--keys', store, '--yes')
  expect([code, stderr]).toEqual([0, stderr])
  expect(filesNow().config).toBe(`${OLD.config}awsmfa_keys = ${store}\nawsmfa_key_id = ${ID}\n`)
  expect(filesWithSecret()).toEqual([])
  expect(await awsmfa(environment, 'undo', '--yes')).toMatchObject({ code: 0 })
  expect(filesNow().config).toBe(OLD.config)
}

/** Expects a move to fail soon, with this message, having changed nothing. */
async function expectRefusal(environment: Readonly<Record<string, string>>, store: string, message: string | RegExp) {
  const startMs = performance.now()
  const { code, stderr } = await awsmfa(environment, 'keys', 'move', 'work', '--to', store, '--yes')
  expect(performance.now() - startMs).toBeLessThan(SOON_MS)
  const errors = stderr.split('\n').filter((line) => line.startsWith('awsmfa: error: '))
  expect([code, errors.length]).toEqual([1, 1])
  expect(errors[0]).toMatch(message)
  expect(filesNow()).toEqual(OLD)
}

describe.skipIf(!hasSecretService())('the keychain', { timeout: 120_000 }, () => {
  async function withBus(): Promise<SessionBus> {
    const bus = await startSessionBus()
    onTestFinished(async () => expect(await bus.stop()).toEqual([]))
    return bus
  }
  const lock = ({ call }: SessionBus): void =>
    void call(
      'org.freedesktop.Secret.Service.Lock',
      '--dest',
      'org.freedesktop.secrets',
      '--object-path',
      '/org/freedesktop/secrets',
      "['/org/freedesktop/secrets/collection/login']",
    )
  const variablesOf = ({ environment }: SessionBus): Readonly<Record<string, string>> => ({
    DBUS_SESSION_BUS_ADDRESS: environment['DBUS_SESSION_BUS_ADDRESS'] ?? '',
    DISPLAY: ':99',
  })

  it('takes keys and gives them back', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    await expectMoves(variablesOf(bus), 'keychain')
  })

  it.skipIf(isExecutable)('has the new key of a rotation', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    await expectRotation(variablesOf(bus), 'keychain')
  })

  it('takes over what aws-vault has in another collection', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    execFileSync('secret-tool', ['store', '--label=work', 'profile', 'work'], {
      env: bus.environment,
      input: VAULT_ITEM,
    })
    const environment = { ...variablesOf(bus), AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME: 'login' }
    await expectTakeover({ ...environment, AWS_VAULT_BACKEND: 'secret-service' }, 'keychain')
    lock(bus)
    home.write('.aws/config', OLD.config)
    const locked = await awsmfa(environment, 'import', 'aws-vault', '--keys', 'keychain', '--yes')
    expect(locked).toMatchObject({ code: 1 })
    expect(locked.stderr).toContain(
      "cannot read the access key of 'work' from aws-vault: 'keyring login: work' is locked",
    )
    expect(bus.windows()).toBe(0)
  })

  it('is offered by setup, where it can be used', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const serial = 'arn:aws:iam::111111111111:mfa/alice'
    const environment = { TERM: 'dumb', ...home.environment(), ...variablesOf(bus) }
    const pty = await openPty([...PRODUCT, 'setup', 'work', '--serial-number', serial], { environment })
    try {
      await pty.expect(/Store the access key …MPLE in the keychain\? \[y\/N\] $/)
      pty.send('y\r')
      await pty.expect(/\[y\/N\] $/)
      pty.send('y\r')
      await pty.expect(/Sign in now\? \[Y\/n\] $/)
      pty.send('n\r')
      expect(await pty.exit()).toMatchObject({ code: 0 })
    } finally {
      pty.close()
    }
    expect(filesNow().config).toContain(`[profile work-long-term]\nawsmfa_keys = keychain\nawsmfa_key_id = ${ID}\n`)
    expect(filesWithSecret()).toEqual([])
  })

  it('that is locked is reported before anything is asked, without a window', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    lock(bus)
    await expectRefusal(variablesOf(bus), 'keychain', /error: the keyring is locked$/)
    home.write('.aws/credentials', '')
    home.write('.aws/config', `${OLD.config}awsmfa_keys = keychain\nawsmfa_key_id = ${ID}\n`)
    const serial = ['--serial-number', 'arn:aws:iam::111111111111:mfa/alice']
    const login = await awsmfa(variablesOf(bus), 'login', 'work', '--token-code', '123456', ...serial)
    expect(login).toMatchObject({ code: 1 })
    expect(login.stderr).toMatch(/^awsmfa: error: the keyring is locked\n/m)
    home.write('.aws/credentials', OLD.credentials)
    home.write('.aws/config', OLD.config)
    const removed = await awsmfa(variablesOf(bus), 'keys', 'remove', 'work', '--yes')
    expect(removed).toMatchObject({ code: 0 })
    expect(removed.stderr).toContain(
      `note: there may be a copy in the keychain: the keyring is locked\nawsmfa: hint: to remove it: awsmfa keys remove ${ID} --from keychain\n`,
    )
    expect(bus.windows()).toBe(0)
  })

  it('that is missing, without a keyring or hanging is reported', async () => {
    const bus = await withBus()
    await expectRefusal(variablesOf(bus), 'keychain', /no Secret Service is running/)
    await expectRefusal({}, 'keychain', /no Secret Service is running/)
    await bus.startKeyring('after-boot')
    await expectRefusal(variablesOf(bus), 'keychain', /the (?:keyring is locked|Secret Service has no default keyring)/)
    process.kill(bus.pid, 'SIGSTOP')
    try {
      await expectRefusal(variablesOf(bus), 'keychain', /the Secret Service did not answer within 2.5 s/)
    } finally {
      process.kill(bus.pid, 'SIGCONT')
    }
  })

  it('with an item that is not awsmfa’s reports it, and leaves it alone', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const item = (text: string) =>
      execFileSync('secret-tool', ['store', '--label=x', 'service', 'awsmfa', 'username', ID, 'target', 'default'], {
        env: bus.environment,
        input: text,
      })
    item('{"version":1')
    await expectRefusal(variablesOf(bus), 'keychain', /…MPLE in the keychain \(AKIAIOSFODNN7EXAMPLE\) is damaged/)
    item('{"version":2,"x":1}')
    await expectRefusal(variablesOf(bus), 'keychain', /was stored by a later version of awsmfa/)
  })
})

describe.skipIf(!hasPass())('pass', { timeout: 120_000 }, () => {
  let gnuPg: GnuPgHome
  let folder = ''
  beforeEach(() => {
    gnuPg = createGnuPgHome()
    folder = join(home.path, 'own store')
  })
  afterEach(() => gnuPg.remove())
  const variables = (): Readonly<Record<string, string>> => ({ GNUPGHOME: gnuPg.path, PASSWORD_STORE_DIR: folder })
  function initialize(passphrase: string): void {
    gnuPg.makeKey(passphrase)
    gnuPg.initialize(folder)
  }

  it('takes keys and gives them back, with the agent unlocked', async () => {
    initialize('')
    await expectMoves(variables(), 'pass')
    expect(existsSync(join(home.path, '.password-store'))).toBe(false)
  })

  it.skipIf(isExecutable)('has the new key of a rotation', async () => {
    initialize('')
    await expectRotation(variables(), 'pass')
  })

  it('has the key that aws-vault has there, too', async () => {
    initialize('')
    const environment = { ...variables(), AWS_VAULT_PASS_PREFIX: 'vault' }
    gnuPg.insert(folder, 'vault/work', VAULT_ITEM)
    await expectTakeover(environment, 'pass')
  })

  it('whose GnuPG key is locked is reported before anything is asked; unlocked, it works', async () => {
    initialize('sesame')
    gnuPg.unlock('sesame')
    expect(await awsmfa(variables(), 'keys', 'move', 'work', '--to', 'pass', '--yes')).toMatchObject({ code: 0 })
    gnuPg.lock()
    const locked = await awsmfa(variables(), 'keys', 'move', 'work', '--to', 'file', '--yes')
    expect(locked).toMatchObject({ code: 1 })
    expect(locked.stderr).toContain(
      `error: the access key …MPLE is in pass, and its GnuPG key is locked\nawsmfa: hint: to unlock it: pass show awsmfa/${ID} > /dev/null\n`,
    )
    gnuPg.unlock('sesame')
    expect(await awsmfa(variables(), 'keys', 'move', 'work', '--to', 'file', '--yes')).toMatchObject({ code: 0 })
  })

  it('that is not there, not set up or damaged is reported', async () => {
    const without = join(home.path, 'empty')
    mkdirSync(without)
    await expectRefusal({ ...variables(), PATH: without }, 'pass', /the program pass was not found/)
    await expectRefusal(variables(), 'pass', /pass has no password store yet/)
    initialize('')
    mkdirSync(join(folder, 'awsmfa'), { recursive: true })
    writeFileSync(join(folder, 'awsmfa', `${ID}.gpg`), 'x')
    await expectRefusal(variables(), 'pass', /is damaged/)
  })

  it('has half an entry of a killed awsmfa under another name, which the next one replaces', async () => {
    initialize('')
    mkdirSync(join(folder, 'awsmfa'))
    writeFileSync(join(folder, 'awsmfa', `${ID}.new.gpg`), 'x')
    expect(await awsmfa(variables(), 'keys', 'move', 'work', '--to', 'pass', '--yes')).toMatchObject({ code: 0 })
    expect(readdirSync(join(folder, 'awsmfa'))).toEqual([`${ID}.gpg`])
  })

  it.skipIf(process.platform !== 'linux')(
    'never has the secret in an argument or in the environment of a process',
    async () => {
      initialize('')
      const seen = join(home.path, 'seen')
      const programs = join(home.path, 'programs')
      mkdirSync(programs)
      // Before pass runs, and before it runs GnuPG: all arguments and environments.
      for (const name of ['pass', 'gpg', 'gpg2']) {
        const program = spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()
        if (program === '') continue
        const note = `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >> '${seen}' 2>/dev/null`
        writeFileSync(join(programs, name), `#!/bin/sh\n${note}\nexec ${program} "$@"\n`, { mode: 0o755 })
      }
      const environment = { ...variables(), PATH: `${programs}:${process.env['PATH'] ?? ''}` }
      for (const to of ['pass', 'file'])
        expect(await awsmfa(environment, 'keys', 'move', 'work', '--to', to, '--yes')).toMatchObject({ code: 0 })
      const text = readFileSync(seen, 'latin1')
      for (const word of [PRODUCT.at(-1) ?? '', 'insert\0--multiline', `-d\0`]) expect(text).toContain(word)
      expect(text).not.toContain(SECRET)
    },
  )
})
