/**
 * Runs a program that is to answer on its stdout, waits for so long and no longer, and leaves nothing of it running when it is
 * broken off. No shell is involved.
 */
import type { ChildProcess, StdioOptions } from 'node:child_process'
import type { ProgramStart } from '../core/windows-program.ts'
import { startErrno, startOf } from './program-file.ts'
import { descendantsOf, endTreeOnWindows, signalAll } from './process-tree.ts'

/** A program to run. */
export interface CalledProgram {
  readonly program: string
  readonly words: readonly string[]
  /** All of it: nothing else is inherited. */
  readonly environment: NodeJS.ProcessEnv
  /**
   * `shared`: it stays in this process's session, so that it can ask a person at the terminal, and has our stderr. `none`: it
   * gets a session of its own and cannot reach a terminal, whatever it tries.
   */
  readonly terminal: 'shared' | 'none'
  readonly timeoutMs: number
  /** What it reads from stdin, which then ends; without it stdin is empty. */
  readonly input?: string
  /** Is told each piece of stderr as it comes; without it, and with `terminal: 'none'`, stderr is dropped. */
  readonly onTalk?: (piece: string) => void
}

/**
 * How a program ended. `exitCode` is undefined where a signal ended it. Only `ended` carries what it printed. `isBatchFile`: it is
 * there, and cmd.exe would take one of its words for something else.
 */
export type ProgramEnd =
  | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly output: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much' }
  | { readonly kind: 'not-run'; readonly cause: unknown; readonly errno: string | undefined; readonly isBatchFile?: true }

/** More than any answer is. */
const LARGEST_OUTPUT = 64_000

/** How long a program that is told to stop may take to bring the terminal back into order, in ms. */
const GRACE_MS = 500

/** How long the output of a program that has ended is waited for, where something that it left running holds it open, in ms. */
const OUTPUT_MS = 300

/** Runs the program. Throws nothing but the signal's reason, when it aborts, and then only once the program has ended. */
export async function callProgram(called: CalledProgram, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted()
  const found = startOf(called)
  if (found === 'not-found') return { kind: 'not-run', cause: undefined, errno: 'ENOENT' }
  if (found === 'batch-file') return { kind: 'not-run', cause: undefined, errno: 'EINVAL', isBatchFile: true }
  const end = await new Promise<ProgramEnd>((resolve) => {
    const child = start(found, called)
    const chunks: Buffer[] = []
    let breaking: 'timed-out' | 'too-much' | 'aborted' | undefined
    let left: (() => void) | undefined
    const breakOff = (reason: NonNullable<typeof breaking>): void => {
      breaking ??= reason
      left ??= stop(child, called.terminal)
    }
    const onAbort = (): void => breakOff('aborted')
    const timer = setTimeout(() => breakOff('timed-out'), called.timeoutMs)
    const finish = (outcome: ProgramEnd): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      left?.()
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve(outcome)
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (chunks.reduce((sum, { length }) => sum + length, 0) > LARGEST_OUTPUT) breakOff('too-much')
    })
    child.stderr?.on('data', (chunk: Buffer) => called.onTalk?.(chunk.toString()))
    child.once('error', (cause) => finish({ kind: 'not-run', cause, errno: startErrno(cause, called) }))
    child.once('exit', (code) => {
      const told = (): void => finish(breaking === undefined || breaking === 'aborted' ? ended(code, chunks) : { kind: breaking })
      if (breaking !== undefined) return told()
      const late = setTimeout(told, OUTPUT_MS)
      child.once('close', () => {
        clearTimeout(late)
        told()
      })
    })
    signal.addEventListener('abort', onAbort)
    feed(child, called.input)
  })
  signal.throwIfAborted()
  return end
}

function ended(code: number | null, chunks: readonly Buffer[]): ProgramEnd {
  return { kind: 'ended', exitCode: code ?? undefined, output: Buffer.concat(chunks).toString() }
}

function start({ file, words, verbatim }: ProgramStart, { environment, terminal, input, onTalk }: CalledProgram): ChildProcess {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const stderr = onTalk === undefined ? (terminal === 'shared' ? 'inherit' : 'ignore') : 'pipe'
  const stdio: StdioOptions = [input === undefined ? 'ignore' : 'pipe', 'pipe', stderr]
  // On Windows `detached` would open a console window; there a tree is ended by its root, group or not.
  const detached = terminal === 'none' && process.platform !== 'win32'
  return spawn(file, words, { env: environment, stdio, detached, shell: false, windowsHide: terminal === 'none', windowsVerbatimArguments: verbatim })
}

function feed(child: ChildProcess, input: string | undefined): void {
  // EPIPE: it ended without reading.
  child.stdin?.on('error', () => undefined)
  if (input !== undefined) child.stdin?.end(input)
}

/**
 * Tells the program, and all that it started, to stop; makes it stop when it has not after a moment. Gives what is to be done
 * once the program has ended: ending what it left behind.
 */
function stop(child: ChildProcess, terminal: CalledProgram['terminal']): () => void {
  const { pid } = child
  if (pid === undefined) return () => undefined
  if (process.platform === 'win32') {
    endTreeOnWindows(pid)
    return () => undefined
  }
  // A program in a session of its own leads a group that has its number; one in ours is in our group.
  const known = terminal === 'none' ? [-pid] : [...descendantsOf(pid), pid]
  signalAll(known, 'SIGTERM')
  const kill = (): void => signalAll(terminal === 'none' ? known : [...new Set([...known.flatMap(descendantsOf), ...known])], 'SIGKILL')
  const timer = setTimeout(kill, GRACE_MS)
  return () => {
    clearTimeout(timer)
    kill()
  }
}
