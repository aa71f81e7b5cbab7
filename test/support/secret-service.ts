/** A session bus of a test's own with a real Secret Service on it: gnome-keyring, in a home of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needsProgram } from './outside-program.ts'

/** Whether this machine has what the tests of the keychain need. */
export function hasSecretService(): boolean {
  return (
    process.platform === 'linux' &&
    ['dbus-daemon', 'dbus-send', 'gdbus', 'gnome-keyring-daemon', 'secret-tool'].every(needsProgram)
  )
}

export interface SessionBus {
  readonly folder: string
  /** What a program of that session has in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** How many windows were asked for since the bus began. */
  readonly windows: () => number
  /** Stops the bus itself for as long as a call takes (SIGSTOP). */
  readonly whileStopped: <T>(work: () => T) => T
  /** Starts gnome-keyring and waits until it serves: unlocked with a keyring of its own, or as it is after a boot. */
  readonly startKeyring: (state: 'unlocked' | 'as-it-lies') => Promise<ChildProcess>
  readonly call: (method: string, ...words: readonly string[]) => string
  /** Ends everything, and gives the processes of this session that are still there. */
  readonly stop: () => Promise<readonly string[]>
}

/** What the bus lets through is in its policy; `deny` lists attributes of things that it does not. */
export async function startSessionBus(deny: readonly string[] = []): Promise<SessionBus> {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-bus-'))
  const address = `unix:path=${folder}/bus`
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
    DBUS_SESSION_BUS_ADDRESS: address,
    DISPLAY: ':99',
  }
  for (const name of ['run', 'services']) mkdirSync(join(folder, name), { mode: 0o700 })
  writePrompter(folder)
  writeFileSync(join(folder, 'bus.conf'), busConfiguration(folder, address, deny))
  const started: ChildProcess[] = []
  const start = (program: string, words: readonly string[], input?: string): ChildProcess => {
    const child = spawn(program, words, {
      env: environment,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore'],
    })
    started.push(child)
    child.stdin?.end(input)
    return child
  }
  const call = (method: string, ...words: readonly string[]): string =>
    execFileSync('gdbus', ['call', '--session', '--method', method, ...words], {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const bus = start('dbus-daemon', ['--nofork', '--nosyslog', `--config-file=${folder}/bus.conf`])
  // Its socket is there a moment before it listens.
  await until(
    () =>
      spawnSync(
        'gdbus',
        [
          'call',
          '--session',
          '--method',
          'org.freedesktop.DBus.GetId',
          '--dest',
          'org.freedesktop.DBus',
          '--object-path',
          '/',
        ],
        { env: environment },
      ).status === 0,
  )
  return {
    folder,
    environment,
    windows: () => windowsIn(folder).length,
    whileStopped: (work) => {
      bus.kill('SIGSTOP')
      try {
        return work()
      } finally {
        bus.kill('SIGCONT')
      }
    },
    startKeyring: async (state) => {
      const child = start(
        'gnome-keyring-daemon',
        ['--foreground', '--components=secrets', ...(state === 'unlocked' ? ['--unlock'] : [])],
        state === 'unlocked' ? 'password' : undefined,
      )
      await until(() =>
        call(
          'org.freedesktop.DBus.NameHasOwner',
          '--dest',
          'org.freedesktop.DBus',
          '--object-path',
          '/',
          'org.freedesktop.secrets',
        ).includes('true'),
      )
      return child
    },
    call,
    stop: async () => {
      for (const child of started.toReversed()) await end(child)
      // The bus started it, and it would stay.
      for (const pid of windowsIn(folder)) process.kill(pid, 'SIGKILL')
      await until(() => processesOf(folder).length === 0, 5000).catch(() => undefined)
      const left = processesOf(folder)
      rmSync(folder, { recursive: true, force: true })
      return left
    },
  }
}

/** Ends a process that the test started, also one that was stopped, and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** The processes that name a folder in their environment or their words. */
export function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [words, environment] = ['cmdline', 'environ'].map((name) =>
          readFileSync(`/proc/${pid}/${name}`, 'latin1'),
        )
        return `${words} ${environment}`.includes(folder) ? [`${pid} ${words?.replaceAll('\0', ' ')}`] : []
      } catch {
        // It ended meanwhile, or is another user's.
        return []
      }
    })
}

/** Waits for a state of the world that another process brings about. */
async function until(isSo: () => boolean, patienceMs = 15_000): Promise<void> {
  const endMs = performance.now() + patienceMs
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error('it did not come about in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function windowsIn(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith('window-') ? [Number(name.slice('window-'.length))] : [],
  )
}

/** In place of the window that asks for the keyring's password: notes that it was asked for, and never answers. */
function writePrompter(folder: string): void {
  const program = join(folder, 'prompter')
  writeFileSync(program, `#!/bin/sh\n: > '${folder}/window-'$$\nexec sleep 60\n`)
  chmodSync(program, 0o755)
  writeFileSync(
    join(folder, 'services', 'org.gnome.keyring.SystemPrompter.service'),
    `[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=${program}\n`,
  )
}

function busConfiguration(folder: string, address: string, deny: readonly string[]): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    ${deny.map((what) => `<deny ${what}/>`).join('\n    ')}
  </policy>
</busconfig>
`
}

/** Asks for the key as any other program of the session would. */
export function lookUpSecret({ environment }: SessionBus): string {
  return spawnSync('secret-tool', ['lookup', 'service', 'awsmfa', 'username', 'cache-key'], {
    env: environment,
    encoding: 'utf8',
    timeout: 10_000,
  }).stdout
}
