/** The cache key in a real Secret Service, in every state that one can be in. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createKeychainKey } from '../../src/sessions/keychain.ts'
import type { KeychainFailure } from '../../src/sessions/keychain.ts'
import { isFailure } from '../../src/model/failure.ts'
import { DIST } from '../packaging/built-files.ts'
import { bundleScript } from '../support/bundle-script.ts'
import { end, hasSecretService, lookUpSecret, processesOf, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'

const HELPER = join(DIST, 'keychain-helper.cjs')
/** Where gnome-keyring has the keyring that is unlocked at login, which is the default one. */
const LOGIN_KEYRING = '/org/freedesktop/secrets/collection/login'
const SERVICE = ['--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets']
/**
 * What is refused without waiting for anything is refused within this time, also on a loaded machine; a slow one is
 * given 3 s.
 */
const AT_ONCE_MS = 2500

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-keychain-'))
})
afterEach(() => {
  expect(processesOf(folder)).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

interface Told {
  readonly oddities: string[]
  readonly failures: KeychainFailure[]
}

function keySource(
  environment: NodeJS.ProcessEnv,
  { helper = HELPER, told = { oddities: [], failures: [] } }: { readonly helper?: string; readonly told?: Told } = {},
) {
  return createKeychainKey({
    helper,
    stateFolder: folder,
    environment: { ...environment, HOME: folder },
    onOddity: (text) => told.oddities.push(text),
    onUnavailable: (failure) => told.failures.push(failure),
  })
}

/**
 * Asks for a key that is not to be had: looks for it, and then wants it made. Gives why not, and how long that took.
 */
function refusal(environment: NodeJS.ProcessEnv, helper?: string) {
  const told: Told = { oddities: [], failures: [] }
  const source = keySource(environment, { told, ...(helper === undefined ? {} : { helper }) })
  const startMs = performance.now()
  const found = source.find()
  let thrown: unknown
  try {
    source.findOrCreate()
  } catch (error) {
    thrown = error
  }
  const tookMs = performance.now() - startMs
  if (!isFailure(thrown, 'KEYCHAIN_UNAVAILABLE'))
    throw new Error('there was a key, or another failure', { cause: thrown })
  expect({ found, told: told.failures, oddities: told.oddities.length }).toEqual({
    found: undefined,
    told: [thrown.failure],
    oddities: 1,
  })
  return { reason: thrown.failure.reason, detail: thrown.failure.detail, tookMs }
}

async function withBus(deny?: readonly string[]): Promise<SessionBus> {
  const bus = await startSessionBus(deny)
  onTestFinished(async () => expect(await bus.stop()).toEqual([]))
  return bus
}

function lock({ call }: SessionBus): void {
  call('org.freedesktop.Secret.Service.Lock', ...SERVICE, `['${LOGIN_KEYRING}']`)
}

/** A folder for PATH with these programs in it and no other. */
function folderWith(...programs: readonly string[]): string {
  const place = mkdtempSync(join(folder, 'path-'))
  for (const program of programs)
    symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(place, program))
  return place
}

/** Runs the helper as it is run, and gives what it says and how long it lived. */
function askHelper(environment: NodeJS.ProcessEnv, helper = HELPER) {
  const startMs = performance.now()
  const { stdout, stderr } = spawnSync(process.execPath, [helper], {
    env: { ...environment, HOME: folder },
    input: '',
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  return { stdout, stderr, tookMs: performance.now() - startMs }
}

/** The helper where it finds the add-on of that version, or none. The add-on's code is `code`. */
function helperBeside(version: string | undefined, code: string): string {
  const helper = join(folder, 'keychain-helper.cjs')
  copyFileSync(HELPER, helper)
  cpSync(join(DIST, 'chunks'), join(folder, 'chunks'), { recursive: true })
  if (version !== undefined) {
    const place = join(folder, 'node_modules', '@napi-rs', 'keyring')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: '@napi-rs/keyring', version, main: 'index.js' }))
    writeFileSync(join(place, 'index.js'), code)
  }
  return helper
}

describe.skipIf(!hasSecretService())('the cache key in the Secret Service', () => {
  it('unlocked: is made once, stands in the keyring, and is found by the next process and after the keyring began anew', async () => {
    const bus = await withBus()
    const keyring = await bus.startKeyring('unlocked')
    expect(keySource(bus.environment).find()).toBeUndefined()
    const made = keySource(bus.environment).findOrCreate()
    expect(made.bytes).toHaveLength(32)
    expect(lookUpSecret(bus)).toBe(`awsmfa-cache-key:1:${made.id}:${made.bytes.toString('base64')}\n`)
    expect(keySource(bus.environment).find()).toEqual(made)
    expect(keySource(bus.environment).findOrCreate()).toEqual(made)
    await end(keyring)
    await bus.startKeyring('unlocked')
    expect(keySource(bus.environment).find()).toEqual(made)
    expect(bus.windows()).toBe(0)
  })

  it('unlocked: two processes that make it at once are given the same', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const script = await bundleScript(new URL('../support/drivers/keychain-key-once.ts', import.meta.url))
    const answers = await Promise.all(
      [1, 2].map(async () => {
        const child = spawn(process.execPath, [script, HELPER, folder], {
          env: bus.environment,
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const output: Buffer[] = []
        child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
        await once(child, 'close')
        return Buffer.concat(output).toString('latin1')
      }),
    )
    expect(answers[0]).toMatch(/^awsmfa-cache-key:1:/)
    expect(answers[1]).toBe(answers[0])
    expect(lookUpSecret(bus)).toBe(answers[0])
  })

  it('unlocked: what else stands under its name is left alone', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    spawnSync('secret-tool', ['store', '--label=x', 'service', 'awsmfa', 'username', 'cache-key'], {
      env: bus.environment,
      input: 'a password of mine',
      timeout: 10_000,
    })
    expect(refusal(bus.environment).reason).toBe('not-a-key')
    expect(lookUpSecret(bus)).toBe('a password of mine')
  })

  it('locked: says so at once and opens no window, whether it was locked by hand or nobody has unlocked it since the boot', async () => {
    const bus = await withBus()
    const keyring = await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    lock(bus)
    const byHand = refusal(bus.environment)
    await end(keyring)
    await bus.startKeyring('as-it-lies')
    const sinceBoot = refusal(bus.environment)
    expect([byHand.reason, sinceBoot.reason]).toEqual(['locked', 'locked'])
    expect(Math.max(byHand.tookMs, sinceBoot.tookMs)).toBeLessThan(AT_ONCE_MS)
    expect(bus.windows()).toBe(0)
  })

  it('locked: the key lies in a locked keyring beside an open default one, and no window is opened for it either', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    lock(bus)
    bus.call(
      'org.freedesktop.Secret.Service.SetAlias',
      ...SERVICE,
      'default',
      '/org/freedesktop/secrets/collection/session',
    )
    expect(refusal(bus.environment).reason).toBe('locked')
    expect(bus.windows()).toBe(0)
  })

  it('locked between the look and the native call: the helper, which opens a window then, ends by itself', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    lock(bus)
    const { stdout, tookMs } = askHelper(bus.environment)
    expect({ stdout, windows: bus.windows() }).toEqual({ stdout: '', windows: 1 })
    expect(tookMs).toBeLessThan(8000)
  })

  it.each(['dbus-send', 'gdbus'])('%s alone tells unlocked, locked and absent apart', async (program) => {
    const bus = await withBus()
    const only = { ...bus.environment, PATH: folderWith(program) }
    expect(refusal(only).reason).toBe('no-service')
    const empty = await bus.startKeyring('as-it-lies')
    expect(refusal(only).reason).toBe('no-keyring')
    await end(empty)
    await bus.startKeyring('unlocked')
    const made = keySource(only).findOrCreate()
    expect(keySource(only).find()).toEqual(made)
    lock(bus)
    expect(refusal(only).reason).toBe('locked')
    bus.call(
      'org.freedesktop.Secret.Service.SetAlias',
      ...SERVICE,
      'default',
      '/org/freedesktop/secrets/collection/session',
    )
    expect(refusal(only).reason).toBe('locked')
    expect(bus.windows()).toBe(0)
  })

  it('no program is there that could tell whether it is locked: it is not touched', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(refusal({ ...bus.environment, PATH: folderWith() }).reason).toBe('no-program')
  })

  it('the session bus is found where systemd has it, too', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const made = keySource(bus.environment).findOrCreate()
    expect(keySource({ PATH: process.env['PATH'], XDG_RUNTIME_DIR: bus.folder }).find()).toEqual(made)
  })

  it('absent: there is no session bus', () => {
    expect(refusal({ PATH: process.env['PATH'] })).toMatchObject({ reason: 'no-service' })
    expect(refusal({ PATH: process.env['PATH'], DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` })).toMatchObject({
      reason: 'no-service',
    })
  })

  it('absent: nobody on the session bus keeps secrets, and the kernel keyring is not taken instead', async () => {
    const bus = await withBus()
    const { reason, tookMs } = refusal(bus.environment)
    expect(reason).toBe('no-service')
    expect(tookMs).toBeLessThan(AT_ONCE_MS)
    expect(JSON.parse(askHelper(bus.environment).stdout)).toMatchObject({ kind: 'refused' })
  })

  it('absent: the Secret Service has no keyring yet, and no window is opened to make one', async () => {
    const bus = await withBus()
    await bus.startKeyring('as-it-lies')
    expect(refusal(bus.environment).reason).toBe('no-keyring')
    expect(bus.windows()).toBe(0)
  })

  it('slow: the service does not answer, which costs 3 s once', async () => {
    const bus = await withBus()
    const keyring = await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    keyring.kill('SIGSTOP')
    const { reason, tookMs } = refusal(bus.environment)
    expect(reason).toBe('slow')
    expect(tookMs).toBeGreaterThan(2900)
    expect(tookMs).toBeLessThan(5900)
  })

  it('slow: the bus itself does not answer, and neither does the native call, which is killed', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(bus.whileStopped(() => refusal(bus.environment))).toMatchObject({ reason: 'slow' })
    const sleeper = helperBeside('2.1.2', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000)')
    expect(refusal(bus.environment, sleeper)).toMatchObject({ reason: 'slow' })
  })

  it('denying: the bus lets nobody near the service', async () => {
    const bus = await withBus([
      'send_destination="org.freedesktop.secrets" send_interface="org.freedesktop.DBus.Properties"',
    ])
    await bus.startKeyring('unlocked')
    expect(refusal(bus.environment)).toMatchObject({ reason: 'denied' })
  })

  it('denying: the service is there and does not give the secret', async () => {
    const bus = await withBus(['send_interface="org.freedesktop.Secret.Item" send_member="GetSecret"'])
    await bus.startKeyring('unlocked')
    expect(refusal(bus.environment)).toMatchObject({ reason: 'denied', detail: expect.stringMatching(/\w/) as string })
  })

  it('the add-on is missing, or too old to be kept to one store: it is named, and nothing of it is loaded', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(refusal(bus.environment, helperBeside(undefined, ''))).toMatchObject({ reason: 'no-add-on' })
    const loaded = join(folder, 'loaded')
    const code = `require('node:fs').writeFileSync(${JSON.stringify(loaded)}, '')`
    expect(refusal(bus.environment, helperBeside('1.3.0', code))).toMatchObject({ reason: 'no-add-on' })
    expect(existsSync(loaded)).toBe(false)
  })

  it('the helper sees no AWS keys, no display and nothing that changes Node, and the key is in no words of a process', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const code = `exports.AsyncEntry = class { getSecret() { require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'seen'))}, JSON.stringify([process.argv.slice(2), process.execArgv, Object.keys(process.env)])); return null } }`
    const environment = {
      ...bus.environment,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ACCESS_KEY_ID: 'AKIAX',
      AWS_SESSION_TOKEN: 'x',
      NODE_OPTIONS: '--no-warnings',
      WAYLAND_DISPLAY: 'w',
    }
    keySource(environment, { helper: helperBeside('2.1.2', code) }).find()
    const seen = JSON.parse(readFileSync(join(folder, 'seen'), 'utf8')) as readonly (readonly string[])[]
    expect(seen).toEqual([[], [], expect.arrayContaining(['PATH', 'HOME', 'DBUS_SESSION_BUS_ADDRESS'])])
    expect(seen[2]?.filter((name) => /^(AWS|NODE|DISPLAY|WAYLAND)/.test(name))).toEqual([])
  })
})
