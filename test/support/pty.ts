/** Runs programs on a pseudo-terminal, through the Python driver pty.py, and plays the person in front of it. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { countRun } from './product-runs.ts'
import { PRODUCT } from './run-cli.ts'
import { screenOf } from './screen.ts'

/** Options of `openPty`. The environment is complete: nothing is inherited. */
export interface PtyOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly columns?: number
  readonly rows?: number
  /** Timeout of `expect` and `exit`, in milliseconds. */
  readonly limitMs?: number
}

/** How a program ended: either `code` or `signal` is null. */
export interface PtyExit {
  readonly code: number | null
  readonly signal: string | null
}

/** A program that runs on a pseudo-terminal. */
export interface Pty {
  readonly pid: number
  /** Waits for `pattern` in the output after the last match. Returns the output up to the end of the new match. */
  readonly expect: (pattern: string | RegExp) => Promise<string>
  /** Types keys: `'123456\r'`, `'\u0003'` for Ctrl-C. */
  readonly send: (keys: string) => void
  readonly resize: (columns: number, rows?: number) => void
  readonly signal: (name: NodeJS.Signals) => void
  /** Closes the terminal, as closing its window does (SIGHUP). */
  readonly hangUp: () => void
  /** Returns the current terminal modes (termios). */
  readonly modes: () => Promise<{ readonly echo: boolean; readonly canonical: boolean }>
  /** All output so far: raw, and as rendered on the screen. */
  readonly output: () => string
  readonly screen: () => ReturnType<typeof screenOf>
  /** Waits for the program to exit. */
  readonly exit: () => Promise<PtyExit>
  /** Kills the program and the driver. */
  readonly close: () => void
}

type Modes = Awaited<ReturnType<Pty['modes']>>
type PtyEvent =
  | { readonly event: 'started'; readonly pid: number }
  | { readonly event: 'output'; readonly data: string }
  | ({ readonly event: 'modes' } & Modes)
  | ({ readonly event: 'exit' } & PtyExit)

const DRIVER = fileURLToPath(new URL('pty.py', import.meta.url))

/**
 * Starts a program as the leader of a new session, with a new pseudo-terminal as its controlling terminal. To run it in
 * the background or with piped stdin, start it through a shell. Rejects if it cannot be started, or on timeout.
 */
export async function openPty(argv: readonly string[], options: PtyOptions): Promise<Pty> {
  const { environment, cwd = '/', rows = 24, limitMs = 60_000 } = options
  let columns = options.columns ?? 80
  let output = ''
  let consumed = 0
  let pid: number | undefined
  let ended: PtyExit | undefined
  const modes: Modes[] = []
  const watchers = new Set<() => void>()
  const driver = spawn('python3', ['-I', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const sendCommand = (command: object): void => void driver.stdin.write(`${JSON.stringify(command)}\n`)
  driver.stdin.on('error', () => undefined)
  driver.on('error', () => (ended ??= { code: null, signal: 'no python3' }))

  const handleEvent = (event: PtyEvent): void => {
    if (event.event === 'output') output += event.data
    else if (event.event === 'modes') modes.push(event)
    else if (event.event === 'started') pid = event.pid
    else ended = { code: event.code, signal: event.signal }
    watchers.forEach((watch) => watch())
  }
  createInterface({ input: driver.stdout })
    .on('line', (line) => handleEvent(JSON.parse(line) as PtyEvent))
    .on('close', () => handleEvent({ event: 'exit', ...(ended ?? { code: null, signal: 'driver exited' }) }))

  /** Calls `look` after every event until it returns a value. Rejects when the program exits first, or on timeout. */
  const waitFor = <T>(what: string, look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        watchers.delete(watch)
        act()
      }
      const failed = (why: string): void =>
        settle(() => reject(new Error(`${why} while waiting for ${what}; on the terminal:\n${output}`)))
      const watch = (): void => {
        const found = look()
        if (found !== undefined) settle(() => resolve(found))
        else if (ended !== undefined) failed(`the program ended (${ended.code ?? ended.signal ?? ''})`)
      }
      const timer = setTimeout(() => failed(`${limitMs} ms passed`), limitMs)
      watchers.add(watch)
      watch()
    })

  countRun(argv, PRODUCT)
  sendCommand({ op: 'spawn', argv, env: environment, cwd, rows, columns })
  const started = await waitFor('the start', () => pid)
  return {
    pid: started,
    expect: (pattern) =>
      waitFor(String(pattern), () => {
        const end = endOfMatch(output.slice(consumed), pattern)
        if (end === undefined) return undefined
        consumed += end
        return output.slice(consumed - end, consumed)
      }),
    send: (keys) => sendCommand({ op: 'send', data: keys }),
    resize: (newColumns, newRows = rows) => {
      columns = newColumns
      sendCommand({ op: 'resize', columns, rows: newRows })
    },
    signal: (name) => sendCommand({ op: 'signal', name }),
    hangUp: () => sendCommand({ op: 'hang-up' }),
    modes: () => {
      const known = modes.length
      sendCommand({ op: 'modes' })
      return waitFor('the modes', () => modes[known])
    },
    output: () => output,
    screen: () => screenOf(output, columns),
    exit: () => waitFor('the exit', () => ended),
    close: () => void driver.stdin.end(),
  }
}

function endOfMatch(text: string, pattern: string | RegExp): number | undefined {
  const { index, length } =
    typeof pattern === 'string' ? { index: text.indexOf(pattern), length: pattern.length } : matchOf(text, pattern)
  return index < 0 ? undefined : index + length
}

function matchOf(text: string, pattern: RegExp): { readonly index: number; readonly length: number } {
  const match = pattern.exec(text)
  return { index: match?.index ?? -1, length: match?.[0].length ?? 0 }
}
