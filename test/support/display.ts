/** A virtual X display for tests of dialog windows, and the processes that belong to a test. */
import { execFile, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** A virtual display (Xvfb) with a scripted keyboard (xdotool). */
export interface Display {
  /** The value of DISPLAY. */
  readonly name: string
  /** Waits for a window with this title, focuses it and presses keys: `123456` types text, `<Return>` presses a key. */
  readonly press: (title: string, ...keys: readonly string[]) => Promise<void>
  /** Waits for a window with this title. */
  readonly expectWindow: (title: string) => Promise<void>
  /** Returns the number of visible windows with this title. */
  readonly countWindows: (title: string) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Enough for a window to open on a busy machine. */
const TIMEOUT_MS = 60_000

/**
 * Xvfb would start anew when its last client has gone, and refuse clients meanwhile, hence -noreset. It prints its
 * display number to descriptor 3, and is killed when stdin closes: at the latest when this process ends.
 */
const SERVER =
  'Xvfb -noreset -displayfd 3 -screen 0 1024x768x24 -nolisten tcp & exec 3>&-; cat >/dev/null; kill $!; wait'

/** Starts an X server on a free display number. The caller must call `stop`. */
export async function startDisplay(): Promise<Display> {
  const server = spawn('sh', ['-c', SERVER], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const number = await new Promise<string>((resolve, reject) => {
    let text = ''
    const displayNumber = server.stdio[3] as Readable
    displayNumber.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    server.once('error', reject)
    displayNumber.on('end', () => reject(new Error('Xvfb did not start')))
  })
  const name = `:${number}`
  const xdotool = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(
        'xdotool',
        args,
        { env: { DISPLAY: name, PATH: process.env['PATH'] ?? '' }, timeout: TIMEOUT_MS },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`xdotool ${args.join(' ')}: ${stderr}`, { cause: error }))
        },
      )
    })
  const search = (title: string): readonly string[] => ['search', '--sync', '--onlyvisible', '--name', `^${title}$`]
  /**
   * Gives the window the focus and waits until it has it. GTK moves the focus on to a child window, which
   * `windowfocus --sync` would wait for in vain, so its top-level window is compared.
   */
  const focus = async (title: string): Promise<string> => {
    const deadline = performance.now() + TIMEOUT_MS
    while (performance.now() < deadline) {
      const window = (await xdotool(...search(title))).trim()
      // The window may close or be replaced between two calls: then it is searched again.
      const focused = await xdotool('windowfocus', window, 'getwindowfocus').catch(() => '')
      if (focused.trim() === window) return window
    }
    throw new Error(`the window '${title}' did not get the focus`)
  }
  const exists = async (title: string, window: string): Promise<boolean> => {
    const found = await xdotool('search', '--onlyvisible', '--name', `^${title}$`).catch(() => '')
    return found.split('\n').includes(window)
  }
  /** Presses the keys; false if the window closed before the last one: it was the one of an earlier question. */
  const pressAll = async (title: string, window: string, keys: readonly string[]): Promise<boolean> => {
    for (const key of keys) {
      if (!(await exists(title, window))) return false
      await xdotool(...(/^<\w+>$/.test(key) ? ['key', key.slice(1, -1)] : ['type', '--delay', '20', key]))
    }
    return true
  }
  return {
    name,
    press: async (title, ...keys) => {
      while (!(await pressAll(title, await focus(title), keys)));
    },
    expectWindow: async (title) => {
      await xdotool(...search(title))
    },
    countWindows: async (title) =>
      (await xdotool('search', '--onlyvisible', '--name', `^${title}$`).catch(() => ''))
        .split('\n')
        .filter((line) => line !== '').length,
    stop: async () => {
      server.stdin?.end()
      await ended
    },
  }
}

/** A process with its command line. */
export interface RunningProcess {
  readonly pid: number
  readonly line: string
}

/** Returns the processes that have this variable in their environment, except this one. */
export function findProcesses(variable: string, value: string): readonly RunningProcess[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return line !== '' && environment.includes(`${variable}=${value}`) ? [{ pid: Number(pid), line }] : []
    } catch {
      // It has exited, or belongs to another user.
      return []
    }
  })
}

/** Returns the command lines of these processes. */
export function findCommandLines(variable: string, value: string): readonly string[] {
  return findProcesses(variable, value).map(({ line }) => line)
}
