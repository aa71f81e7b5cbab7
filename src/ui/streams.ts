/** Writing stdout and stderr whole, and finding out whether they are terminals. */
import { fstatSync, statSync, writeSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import { isSystemError } from '../platform/system-error.ts'
import { pauseSync } from '../platform/time.ts'
import { movesCursor, renderMessages } from './style.ts'
import type { StreamFacts, TextStyle, TextStyleOptions } from './style.ts'

const FULL_PIPE_PAUSE_MS = 5

/**
 * Returns a writer for stdout (1) or stderr (2) that returns when every byte is written. It waits for a full pipe that
 * another process made non-blocking (EAGAIN). After the reader has closed the pipe, text is dropped. Throws
 * STDOUT_UNWRITABLE for any other error on stdout, where data would be missing unnoticed; such errors on stderr are
 * dropped.
 */
export function createOutput(descriptor: 1 | 2): (text: string) => void {
  let closed = false
  return (text) => {
    let rest: string | Uint8Array = text
    while (!closed && rest.length > 0) {
      const written = writeSome(descriptor, rest)
      if (written === 'closed') closed = true
      else rest = written === Buffer.byteLength(rest) ? '' : Buffer.from(rest).subarray(written)
    }
  }
}

/** Returns a writer of messages to stderr, in its style. */
export function createMessageOutput(style: TextStyle): (text: string) => void {
  const write = createOutput(2)
  return (text) => write(renderMessages(text, style))
}

function writeSome(descriptor: 1 | 2, rest: string | Uint8Array): number | 'closed' {
  try {
    return typeof rest === 'string' ? writeSync(descriptor, rest) : writeSync(descriptor, rest)
  } catch (error) {
    const errno = isSystemError(error) ? error.code : 'UNKNOWN'
    if (errno === 'EAGAIN') {
      pauseSync(FULL_PIPE_PAUSE_MS)
      return 0
    }
    if (errno === 'EPIPE' || errno === 'EOF' || descriptor === 2) return 'closed'
    throw new AwsmfaError({ code: 'STDOUT_UNWRITABLE', errno }, { cause: error })
  }
}

/**
 * Returns whether a standard stream is a terminal, and its width. Node's stream objects cost milliseconds, so one is
 * made only for a character device other than /dev/null.
 */
export function streamFacts(descriptor: 1 | 2): StreamFacts {
  if (!mayBeTerminal(descriptor)) return { isTTY: false, columns: undefined }
  const stream: Partial<NodeJS.WriteStream> = descriptor === 1 ? process.stdout : process.stderr
  return { isTTY: stream.isTTY === true, columns: stream.columns }
}

/** The terminal of stdout, for what is drawn again and again. */
export interface Screen {
  /** Its size now; undefined without a terminal. */
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined
  /** Whether it can be erased. */
  readonly canErase: boolean
  /**
   * Shows an empty screen if it can be erased, and returns what shows the former one again, as Ctrl-Z and SIGQUIT do.
   * Calls back when it must be drawn again.
   */
  readonly open: (redraw: () => void) => () => void
  readonly write: (text: string) => void
}

/** Returns the terminal of stdout. */
export function createScreen({ environment }: Pick<TextStyleOptions, 'environment'>): Screen {
  const canErase = movesCursor(environment, process.platform)
  const write = createOutput(1)
  return {
    size: () => {
      const { isTTY, columns } = streamFacts(1)
      return isTTY ? { columns: columns || 80, rows: process.stdout.rows || 24 } : undefined
    },
    canErase,
    open: (redraw) => openScreen(canErase, write, redraw),
    write,
  }
}

function openScreen(canErase: boolean, write: (text: string) => void, redraw: () => void): () => void {
  const [enter, leave] = canErase ? ['\u001B[?1049h', '\u001B[?1049l'] : ['', '']
  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGWINCH', redraw],
    [
      'SIGTSTP',
      () => {
        write(leave)
        process.kill(process.pid, 'SIGSTOP')
      },
    ],
    [
      'SIGCONT',
      () => {
        write(enter)
        redraw()
      },
    ],
    [
      'SIGQUIT',
      () => {
        close()
        process.kill(process.pid, 'SIGQUIT')
      },
    ],
  ]
  const close = (): void => {
    for (const [name, listener] of listeners) process.off(name, listener)
    write(leave)
  }
  write(enter)
  for (const [name, listener] of listeners) process.on(name, listener)
  return close
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isCharacterDevice()) return false
    return process.platform === 'win32' || stats.rdev !== statSync('/dev/null').rdev
  } catch {
    // Not a terminal as far as anyone can tell: plain text is always right.
    return false
  }
}
