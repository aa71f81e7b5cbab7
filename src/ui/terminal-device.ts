/**
 * The controlling terminal as a device: opened whatever stdin, stdout and stderr are, read only while a question is
 * open, and raw only as long as it has to be. The mode is restored when the process exits; only SIGKILL leaves it raw.
 */
import { constants, openSync, readSync } from 'node:fs'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import type { ReadStream, WriteStream } from 'node:tty'
import { isForeground } from '../platform/process-info.ts'
import { isSystemError } from '../platform/system-error.ts'

/** The standalone executable, whose terminals differ from those of Node. */
const IS_BUN = 'bun' in process.versions

/** How often the terminal is looked at, in ms: a person does not notice, and it costs next to nothing. */
const POLL_MS = 10

/** With Bun the terminal is polled: see pollTerminal. */
const BUN_READS_MS = 2 * POLL_MS

/** Waits until what the terminal holds has been read: two turns, since the reading of this one may be over already. */
export async function whenRead(): Promise<void> {
  if (IS_BUN) await new Promise<void>((resolve) => setTimeout(resolve, BUN_READS_MS))
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The devices, which nothing here closes: a stream does it, and a number that is closed twice may be another's. */
export interface TerminalDevice {
  /** Keys are read between `start` and `stop`. What follows in the kernel is left to the next reader. */
  readonly start: (raw: boolean) => void
  readonly stop: () => void
  readonly isRaw: () => boolean
  readonly setRaw: (raw: boolean) => void
  /** Sets the mode again after another program has changed it. */
  readonly renewMode: () => void
  readonly write: (text: string) => void
  /** 0 if it reports none. */
  readonly columns: () => number
  readonly rows: () => number
}

interface KeyboardEvents {
  readonly onKeys: (keys: string) => void
  readonly onEnd: () => void
  readonly onError: (error: Error) => void
}

/** As much as the kernel keeps of a line. */
const BUFFER_BYTES = 4096

/** Loads node:tty only now: it loads node:net, which a command may not need. Errors of the screen are dropped. */
export function openTerminal({ onKeys, onEnd, onError }: KeyboardEvents): TerminalDevice {
  const tty = process.getBuiltinModule('node:tty')
  const decoder = new TextDecoder()
  let [isReading, isRaw] = [false, false]
  const onBytes = (bytes: Uint8Array): boolean => {
    onKeys(decoder.decode(bytes, { stream: true }))
    return isReading
  }
  // With a buffer of our own, reading stops with the line. Bun, where it is not polled, knows `data` alone, which
  // Node.js then does not emit.
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(BUFFER_BYTES),
    callback: (count: number, bytes: Uint8Array) => onBytes(bytes.subarray(0, count)),
  }
  let keyboard: ReadStream | undefined
  // Bun's stream is used for the mode alone.
  const poll = IS_BUN && process.platform !== 'win32' ? pollTerminal(onBytes, onEnd, onError) : undefined
  const openKeyboard = (): ReadStream => {
    if (poll !== undefined) return new tty.ReadStream(openDevice('keyboard'))
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread }
    const opened = new tty.ReadStream(needsStdin(tty) ? 0 : openDevice('keyboard'), options)
    const forget = (): void => void (keyboard = undefined)
    // Ctrl-D is the end of a stream, but not of the terminal.
    return opened.on('data', onBytes).once('end', forget).once('end', onEnd).once('error', forget).on('error', onError)
  }
  const screen = new tty.WriteStream(openDevice('screen'))
  screen.on('error', () => undefined)
  const restore = (): void => setRaw(false)
  const quit = (): void => {
    restore()
    process.kill(process.pid, 'SIGQUIT')
  }
  const setRaw = (raw: boolean): void => {
    if (raw === isRaw) return
    const mayChange = isForeground()
    if (raw && !mayChange) return
    isRaw = raw
    // The kernel stops a process that changes the terminal from the background.
    if (mayChange) keyboard?.setRawMode(raw)
    process.off('exit', restore).off('SIGQUIT', quit)
    if (!raw) return
    process.on('exit', restore)
    if (process.platform !== 'win32') process.on('SIGQUIT', quit)
  }
  return {
    start: (raw) => {
      keyboard ??= openKeyboard()
      // Before reading begins: a console of Windows would echo the line that is being read.
      setRaw(raw)
      isReading = true
      if (poll === undefined) keyboard.resume()
      else poll.start()
    },
    stop: () => {
      isReading = false
      if (poll === undefined) keyboard?.pause()
      else poll.stop()
    },
    isRaw: () => isRaw,
    setRaw,
    renewMode: () => {
      if (isRaw) keyboard?.setRawMode(false).setRawMode(true)
    },
    write: (text) => void screen.write(text),
    columns: () => sizeOf(screen)[0],
    rows: () => sizeOf(screen)[1],
  }
}

/** Node looks at the size again only for the streams of the process itself. */
function sizeOf(screen: WriteStream & { readonly _refreshSize?: () => void }): readonly [number, number] {
  screen._refreshSize?.()
  return screen.getWindowSize()
}

/**
 * Reads what is typed, line by line, for Bun: its stream of a terminal goes on reading when it is paused, and so would
 * take a line that was typed for the next program.
 */
function pollTerminal(
  onBytes: (bytes: Uint8Array) => boolean,
  onEnd: () => void,
  onError: (error: Error) => void,
): { readonly start: () => void; readonly stop: () => void } {
  const descriptor = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(BUFFER_BYTES)
  let timer: NodeJS.Timeout | undefined
  let polledAtMs = 0
  /** After a stop, when the kernel would stop a process that reads from the background again. */
  const mayRead = (): boolean => {
    const wasStopped = performance.now() - polledAtMs > 2 * POLL_MS
    polledAtMs = performance.now()
    return !wasStopped || isForeground()
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const poll = (): void => {
    try {
      if (!mayRead()) throw new Error('the terminal belongs to another program')
      const count = readSync(descriptor, buffer)
      if (count > 0) onBytes(buffer.subarray(0, count))
      else {
        stop()
        onEnd()
      }
    } catch (error) {
      if (isSystemError(error) && error.code === 'EAGAIN') return
      stop()
      onError(error as Error)
    }
  }
  return { start: () => void (timer ??= setInterval(poll, POLL_MS)), stop }
}

/** Returns whether a terminal can give each key as it is pressed: Bun on Windows can do that with stdin alone. */
export function givesKeys(): boolean {
  return !IS_BUN || process.platform !== 'win32' || needsStdin(process.getBuiltinModule('node:tty'))
}

/** On Windows, Bun can hide what is typed on stdin alone. */
function needsStdin({ isatty }: { readonly isatty: (descriptor: number) => boolean }): boolean {
  return IS_BUN && process.platform === 'win32' && isatty(0)
}

/** Node takes a plain `CON` for a file, and needs `CONIN$` opened for writing too (nodejs/node issue 63852). */
export function openDevice(side: 'keyboard' | 'screen'): number {
  const onWindows = side === 'keyboard' ? '\\\\.\\CONIN$' : '\\\\.\\CONOUT$'
  return openSync(process.platform === 'win32' ? onWindows : '/dev/tty', 'r+')
}
