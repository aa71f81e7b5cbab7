import { execFile, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** A screen that nobody sees, and somebody at its keyboard. */
export interface Display {
  /** The value of DISPLAY. */
  readonly name: string
  /** Waits for a window with this title, gives it the keyboard and presses keys: `123456` is typed, `<Return>` is a key. */
  readonly press: (title: string, ...keys: readonly string[]) => Promise<void>
  /** Waits for a window with this title. */
  readonly expectWindow: (title: string) => Promise<void>
  /** How many windows with this title are shown now. */
  readonly countWindows: (title: string) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Longer than a window takes on a busy machine. */
const PATIENCE_MS = 60_000

/** The server tells its display at descriptor 3, and goes when stdin ends: with this process, however that goes. */
const SERVER = 'Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp & exec 3>&-; cat >/dev/null; kill $!; wait'

/** Starts an X server on a display number that is free. Whoever starts it stops it. */
export async function startDisplay(): Promise<Display> {
  const server = spawn('sh', ['-c', SERVER], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const number = await new Promise<string>((resolve, reject) => {
    let text = ''
    const told = server.stdio[3] as Readable
    told.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    server.once('error', reject)
    told.on('end', () => reject(new Error('Xvfb gave no display')))
  })
  const name = `:${number}`
  const xdotool = (...words: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(
        'xdotool',
        words,
        { env: { DISPLAY: name, PATH: process.env['PATH'] ?? '' }, timeout: PATIENCE_MS },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`xdotool ${words.join(' ')}: ${stderr}`, { cause: error }))
        },
      )
    })
  const search = (title: string): readonly string[] => ['search', '--sync', '--onlyvisible', '--name', `^${title}$`]
  return {
    name,
    press: async (title, ...keys) => {
      await xdotool(...search(title), 'windowfocus')
      for (const key of keys)
        await xdotool(...(/^<\w+>$/.test(key) ? ['key', key.slice(1, -1)] : ['type', '--delay', '20', key]))
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

/** A process, by its number and command line. */
export interface FoundProcess {
  readonly pid: number
  readonly line: string
}

/** The processes that have this variable in their environment, whoever started them, but for this one. */
export function findProcesses(variable: string, value: string): readonly FoundProcess[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return line !== '' && environment.includes(`${variable}=${value}`) ? [{ pid: Number(pid), line }] : []
    } catch {
      // It ended in the meantime, or is somebody else's.
      return []
    }
  })
}

/** Their command lines alone. */
export function processesWith(variable: string, value: string): readonly string[] {
  return findProcesses(variable, value).map(({ line }) => line)
}
