/**
 * The cache key in a real Secret Service (gnome-keyring on a session bus of its own): unlocked, locked, absent, slow
 * and denying access.
 */
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
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createKeychain, createKeychainKey } from '../../src/sessions/keychain.ts'
import type { KeychainFailure } from '../../src/sessions/keychain.ts'
import { isFailure } from '../../src/model/failure.ts'
import { DIST } from '../packaging/built-files.ts'
import { startOfDriver } from '../support/drivers.ts'
import { BUILT_CLI, PRODUCT } from '../support/run-cli.ts'
import { end, hasSecretService, lookUpSecret, processesOf, startSessionBus } from '../support/secret-service.ts'
import type { SessionBus } from '../support/secret-service.ts'

const HELPER_WORD = '__keychain-helper'
const HELPER: Helper = [...PRODUCT, HELPER_WORD]
/** The D-Bus path of the default keyring, which is unlocked at login. */
const LOGIN_KEYRING = '/org/freedesktop/secrets/collection/login'
const SERVICE = ['--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets']
/** A failure without a timeout takes less than this, also on a loaded machine. A slow service has 3 s to answer. */
const IMMEDIATE_MS = 2500

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-keychain-'))
})
afterEach(() => {
  expect(processesOf(folder)).toEqual([])
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

type Helper = readonly [string, ...string[]]

/** What the key source reports. */
interface Reports {
  readonly oddities: string[]
  readonly failures: KeychainFailure[]
}

function keySource(
  environment: NodeJS.ProcessEnv,
  {
    helper = HELPER,
    reports = { oddities: [], failures: [] },
  }: { readonly helper?: Helper; readonly reports?: Reports } = {},
) {
  return createKeychainKey({
    askKeychain: createKeychain({ helper, environment: { ...environment, HOME: folder } }),
    stateFolder: folder,
    onOddity: (text) => reports.oddities.push(text),
    onUnavailable: (failure) => reports.failures.push(failure),
  })
}

/** Tries to find and then to create a key. Returns the reason of the failure, and the time until then. */
function keychainFailure(environment: NodeJS.ProcessEnv, helper?: Helper) {
  const reports: Reports = { oddities: [], failures: [] }
  const source = keySource(environment, { reports, ...(helper === undefined ? {} : { helper }) })
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
    throw new Error('there is a key, or another failure', { cause: thrown })
  expect({ found, failures: reports.failures, oddities: reports.oddities.length }).toEqual({
    found: undefined,
    failures: [thrown.failure],
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

/** Returns a folder for PATH that contains only these programs. */
function folderWith(...programs: readonly string[]): string {
  const place = mkdtempSync(join(folder, 'path-'))
  for (const program of programs)
    symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(place, program))
  return place
}

/** Runs the helper as awsmfa does. Returns its output and duration. */
function runHelper(environment: NodeJS.ProcessEnv) {
  const startMs = performance.now()
  const { stdout, stderr } = spawnSync(HELPER[0], HELPER.slice(1), {
    env: { ...environment, HOME: folder },
    input: '',
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  return { stdout, stderr, tookMs: performance.now() - startMs }
}

/** Returns a copy of the npm package beside an add-on with this version and code, or beside none. */
function helperWithAddOn(version: string | undefined, code: string): Helper {
  const program = join(folder, 'awsmfa.cjs')
  copyFileSync(BUILT_CLI, program)
  cpSync(join(DIST, 'chunks'), join(folder, 'chunks'), { recursive: true })
  if (version !== undefined) {
    const place = join(folder, 'node_modules', '@napi-rs', 'keyring')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: '@napi-rs/keyring', version, main: 'index.js' }))
    writeFileSync(join(place, 'index.js'), code)
  }
  return [process.execPath, program, HELPER_WORD]
}

describe.skipIf(!hasSecretService())('the cache key in the Secret Service', () => {
  it('unlocked: is created once, and found by the next process and after a restart of the keyring', async () => {
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

  it('unlocked: two processes that create it at the same time get the same key', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const [program, ...script] = await startOfDriver('keychain-key-once')
    const answers = await Promise.all(
      [1, 2].map(async () => {
        const child = spawn(program, [...script, folder, ...HELPER], {
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

  it('unlocked: another secret under the same name is not changed', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    spawnSync('secret-tool', ['store', '--label=x', 'service', 'awsmfa', 'username', 'cache-key'], {
      env: bus.environment,
      input: 'some password',
      timeout: 10_000,
    })
    expect(keychainFailure(bus.environment).reason).toBe('not-a-key')
    expect(lookUpSecret(bus)).toBe('some password')
  })

  it('locked by hand or since the boot: fails immediately and opens no window', async () => {
    const bus = await withBus()
    const keyring = await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    lock(bus)
    const byHand = keychainFailure(bus.environment)
    await end(keyring)
    await bus.startKeyring('after-boot')
    const sinceBoot = keychainFailure(bus.environment)
    expect([byHand.reason, sinceBoot.reason]).toEqual(['locked', 'locked'])
    expect(Math.max(byHand.tookMs, sinceBoot.tookMs)).toBeLessThan(IMMEDIATE_MS)
    expect(bus.windows()).toBe(0)
  })

  it('locked: a key in a locked keyring that is not the default one fails and opens no window', async () => {
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
    expect(keychainFailure(bus.environment).reason).toBe('locked')
    expect(bus.windows()).toBe(0)
  })

  it('locked between the check and the native call: the helper opens a window, and exits', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    lock(bus)
    const { stdout, tookMs } = runHelper(bus.environment)
    expect({ stdout, windows: bus.windows() }).toEqual({ stdout: '', windows: 1 })
    expect(tookMs).toBeLessThan(8000)
  })

  it.each(['dbus-send', 'gdbus'])('%s alone distinguishes unlocked, locked and absent', async (program) => {
    const bus = await withBus()
    const only = { ...bus.environment, PATH: folderWith(program) }
    expect(keychainFailure(only).reason).toBe('no-service')
    const empty = await bus.startKeyring('after-boot')
    expect(keychainFailure(only).reason).toBe('no-keyring')
    await end(empty)
    await bus.startKeyring('unlocked')
    const made = keySource(only).findOrCreate()
    expect(keySource(only).find()).toEqual(made)
    lock(bus)
    expect(keychainFailure(only).reason).toBe('locked')
    bus.call(
      'org.freedesktop.Secret.Service.SetAlias',
      ...SERVICE,
      'default',
      '/org/freedesktop/secrets/collection/session',
    )
    expect(keychainFailure(only).reason).toBe('locked')
    expect(bus.windows()).toBe(0)
  })

  it('without dbus-send and gdbus the keychain is not used, because it might be locked', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(keychainFailure({ ...bus.environment, PATH: folderWith() }).reason).toBe('no-program')
  })

  it('a dbus-send of the current folder is not run, though PATH has a relative folder', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const folder = folderWith()
    const ran = join(folder, 'ran')
    writeFileSync(join(folder, 'dbus-send'), `#!/bin/sh\n: >'${ran}'\n`, { mode: 0o755 })
    const path = relative(process.cwd(), folder)
    expect(keychainFailure({ ...bus.environment, PATH: path }).reason).toBe('no-program')
    expect(existsSync(ran)).toBe(false)
  })

  it('the session bus of systemd is found without DBUS_SESSION_BUS_ADDRESS', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    const made = keySource(bus.environment).findOrCreate()
    expect(keySource({ PATH: process.env['PATH'], XDG_RUNTIME_DIR: bus.folder }).find()).toEqual(made)
  })

  it('absent: fails without a session bus', () => {
    expect(keychainFailure({ PATH: process.env['PATH'] })).toMatchObject({ reason: 'no-service' })
    expect(
      keychainFailure({ PATH: process.env['PATH'], DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` }),
    ).toMatchObject({
      reason: 'no-service',
    })
  })

  it('absent: fails without a Secret Service, and does not use the kernel keyring instead', async () => {
    const bus = await withBus()
    const { reason, tookMs } = keychainFailure(bus.environment)
    expect(reason).toBe('no-service')
    expect(tookMs).toBeLessThan(IMMEDIATE_MS)
    expect(JSON.parse(runHelper(bus.environment).stdout)).toMatchObject({ kind: 'refused' })
  })

  it('absent: fails if the Secret Service has no keyring yet, and opens no window to create one', async () => {
    const bus = await withBus()
    await bus.startKeyring('after-boot')
    expect(keychainFailure(bus.environment).reason).toBe('no-keyring')
    expect(bus.windows()).toBe(0)
  })

  it('slow: waits 2.5 s once for a service that does not answer', async () => {
    const bus = await withBus()
    const keyring = await bus.startKeyring('unlocked')
    keySource(bus.environment).findOrCreate()
    keyring.kill('SIGSTOP')
    const { reason, tookMs } = keychainFailure(bus.environment)
    expect(reason).toBe('slow')
    expect(tookMs).toBeGreaterThan(2400)
    expect(tookMs).toBeLessThan(5900)
  })

  it('slow: fails if the bus does not answer, and kills a native call that does not return', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(bus.whileStopped(() => keychainFailure(bus.environment))).toMatchObject({ reason: 'slow' })
    const sleeper = helperWithAddOn('2.1.2', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000)')
    expect(keychainFailure(bus.environment, sleeper)).toMatchObject({ reason: 'slow' })
  })

  it('denied: fails if the bus allows no call to the service', async () => {
    const bus = await withBus([
      'send_destination="org.freedesktop.secrets" send_interface="org.freedesktop.DBus.Properties"',
    ])
    await bus.startKeyring('unlocked')
    expect(keychainFailure(bus.environment)).toMatchObject({ reason: 'denied' })
  })

  it('denied: fails if the service does not return the secret', async () => {
    const bus = await withBus(['send_interface="org.freedesktop.Secret.Item" send_member="GetSecret"'])
    await bus.startKeyring('unlocked')
    expect(keychainFailure(bus.environment)).toMatchObject({
      reason: 'denied',
      detail: expect.stringMatching(/\w/) as string,
    })
  })

  it('fails without the add-on, or with one that cannot be limited to one store, which is not loaded', async () => {
    const bus = await withBus()
    await bus.startKeyring('unlocked')
    expect(keychainFailure(bus.environment, helperWithAddOn(undefined, ''))).toMatchObject({ reason: 'no-add-on' })
    const loaded = join(folder, 'loaded')
    const code = `require('node:fs').writeFileSync(${JSON.stringify(loaded)}, '')`
    expect(keychainFailure(bus.environment, helperWithAddOn('1.3.0', code))).toMatchObject({ reason: 'no-add-on' })
    expect(existsSync(loaded)).toBe(false)
  })

  it('the helper gets no AWS keys, display or Node options, and the key is in no argument', async () => {
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
    keySource(environment, { helper: helperWithAddOn('2.1.2', code) }).find()
    const seen = JSON.parse(readFileSync(join(folder, 'seen'), 'utf8')) as readonly (readonly string[])[]
    expect(seen).toEqual([[HELPER_WORD], [], expect.arrayContaining(['PATH', 'HOME', 'DBUS_SESSION_BUS_ADDRESS'])])
    expect(seen[2]?.filter((name) => /^(AWS|NODE|DISPLAY|WAYLAND)/.test(name))).toEqual([])
  })
})
