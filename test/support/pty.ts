import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { screenOf } from './screen.ts'

/** How a program is put on a pseudo-terminal. The environment is complete: nothing is inherited. */
export interface PtyOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly columns?: number
  readonly rows?: number
  /** Longest that `expect` and `exit` wait before they fail. */
  readonly limitMs?: number
}

/** How a program ended: one of the two is null. */
export interface PtyExit {
  readonly code: number | null
  readonly signal: string | null
}

/** A program on a pseudo-terminal, and the person before it. */
export interface Pty {
  readonly pid: number
  /** Waits until what came since the last match holds the text, takes everything up to its end, and gives what was taken. */
  readonly expect: (wanted: string | RegExp) => Promise<string>
  /** Types keys: `'123456\r'`, `'\u0003'` for Ctrl-C. */
  readonly send: (keys: string) => void
  readonly resize: (columns: number, rows?: number) => void
  readonly signal: (name: NodeJS.Signals) => void
  /** Takes the terminal away, as a closed window does. */
  readonly hangUp: () => void
  /** How the terminal's line editor is set now. */
  readonly modes: () => Promise<{ readonly echo: boolean; readonly canonical: boolean }>
  /** Everything that came so far, as bytes and as a person sees it. */
  readonly output: () => string
  readonly screen: () => ReturnType<typeof screenOf>
  /** Waits for the program's end. */
  readonly exit: () => Promise<PtyExit>
  /** Ends everything, at once. */
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
 * Starts a program as the leader of a session whose controlling terminal is a new pseudo-terminal. To have it in the
 * background, or its stdin from a pipe, start a shell that does so. Rejects when it cannot be started or takes too long.
 */
export async function openPty(argv: readonly string[], options: PtyOptions): Promise<Pty> {
  const { environment, cwd = '/', rows = 24, limitMs = 60_000 } = options
  let columns = options.columns ?? 80
  let output = ''
  let taken = 0
  let pid: number | undefined
  let ended: PtyExit | undefined
  const modes: Modes[] = []
  const watchers = new Set<() => void>()
  const driver = spawn('python3', ['-I', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const tell = (order: object): void => void driver.stdin.write(`${JSON.stringify(order)}\n`)
  driver.stdin.on('error', () => undefined)
  driver.on('error', () => (ended ??= { code: null, signal: 'no python3' }))

  const note = (event: PtyEvent): void => {
    if (event.event === 'output') output += event.data
    else if (event.event === 'modes') modes.push(event)
    else if (event.event === 'started') pid = event.pid
    else ended = { code: event.code, signal: event.signal }
    watchers.forEach((watch) => watch())
  }
  createInterface({ input: driver.stdout })
    .on('line', (line) => note(JSON.parse(line) as PtyEvent))
    .on('close', () => note({ event: 'exit', ...(ended ?? { code: null, signal: 'driver gone' }) }))

  /** Looks after every event until `look` gives something; the end of the program is the last event there is. */
  const until = <T>(what: string, look: () => T | undefined): Promise<T> =>
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

  tell({ op: 'spawn', argv, env: environment, cwd, rows, columns })
  const started = await until('the start', () => pid)
  return {
    pid: started,
    expect: (wanted) =>
      until(String(wanted), () => {
        const end = endOfMatch(output.slice(taken), wanted)
        if (end === undefined) return undefined
        taken += end
        return output.slice(taken - end, taken)
      }),
    send: (keys) => tell({ op: 'send', data: keys }),
    resize: (newColumns, newRows = rows) => {
      columns = newColumns
      tell({ op: 'resize', columns, rows: newRows })
    },
    signal: (name) => tell({ op: 'signal', name }),
    hangUp: () => tell({ op: 'hang-up' }),
    modes: () => {
      const known = modes.length
      tell({ op: 'modes' })
      return until('the modes', () => modes[known])
    },
    output: () => output,
    screen: () => screenOf(output, columns),
    exit: () => until('the end', () => ended),
    close: () => void driver.stdin.end(),
  }
}

function endOfMatch(text: string, wanted: string | RegExp): number | undefined {
  const found =
    typeof wanted === 'string' ? { index: text.indexOf(wanted), length: wanted.length } : matchOf(text, wanted)
  return found.index < 0 ? undefined : found.index + found.length
}

function matchOf(text: string, pattern: RegExp): { readonly index: number; readonly length: number } {
  const match = pattern.exec(text)
  return { index: match?.index ?? -1, length: match?.[0].length ?? 0 }
}
