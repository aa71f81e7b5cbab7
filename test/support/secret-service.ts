/** A real Secret Service for tests: gnome-keyring with an empty home, on a D-Bus session bus of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needsProgram } from './outside-program.ts'

/** Returns whether this machine has the programs that the keychain tests need. */
export function hasSecretService(): boolean {
  return (
    process.platform === 'linux' &&
    ['dbus-daemon', 'dbus-send', 'gdbus', 'gnome-keyring-daemon', 'secret-tool'].every(needsProgram)
  )
}

export interface SessionBus {
  readonly folder: string
  /** The process of the bus daemon. */
  readonly pid: number
  /** The environment of programs in this session. */
  readonly environment: Readonly<Record<string, string>>
  /** Returns how many windows the keyring has opened to ask for its password. */
  readonly windows: () => number
  /** Suspends the bus daemon with SIGSTOP while `work` runs. */
  readonly whileStopped: <T>(work: () => T) => T
  /** Starts gnome-keyring, either unlocked with a default keyring or as after a boot, and waits until it is ready. */
  readonly startKeyring: (state: 'unlocked' | 'after-boot') => Promise<ChildProcess>
  readonly call: (method: string, ...words: readonly string[]) => string
  /** Kills all processes that it started. Returns those of this session that are still running. */
  readonly stop: () => Promise<readonly string[]>
}

/** Starts a session bus. `deny` lists the attributes of `<deny>` rules for its policy. */
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
  // The socket exists before the bus listens on it.
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
    pid: bus.pid ?? 0,
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
      // The bus started these programs, so they are not in `started`.
      for (const pid of windowsIn(folder)) process.kill(pid, 'SIGKILL')
      await until(() => processesOf(folder).length === 0, 5000).catch(() => undefined)
      const left = processesOf(folder)
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
      return left
    },
  }
}

/** Kills a process that the test started, also a suspended one, and waits until it has exited. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Returns the processes with a folder in their environment or arguments. */
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
        // It has exited, or belongs to another user.
        return []
      }
    })
}

/** Waits until a condition is true. Throws after `timeoutMs`. */
async function until(isTrue: () => boolean, timeoutMs = 15_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`timed out after ${timeoutMs} ms: ${String(isTrue)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function windowsIn(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith('window-') ? [Number(name.slice('window-'.length))] : [],
  )
}

/** Installs a replacement for the window that asks for the keyring's password. It records its start and never exits. */
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

/** Returns the cache key as another program of the session reads it. */
export function lookUpSecret({ environment }: SessionBus): string {
  return spawnSync('secret-tool', ['lookup', 'service', 'awsmfa', 'username', 'cache-key'], {
    env: environment,
    encoding: 'utf8',
    timeout: 10_000,
  }).stdout
}
