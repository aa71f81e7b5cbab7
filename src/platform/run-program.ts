/**
 * Running programs: for their answer (`callProgram`), which leaves nothing running; in place of awsmfa (`runProgram`);
 * or to go on without awsmfa (`startProgram`). No shell is involved.
 */
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { constants as systemConstants } from 'node:os'
import { AwsmfaError } from '../model/failure.ts'
import type { CommandTrouble } from '../model/failure.ts'
import { isInPath, startErrno, startOf, startOfCommand } from './find-program.ts'
import { ENDPOINT_TOKEN, ENDPOINT_URL } from './paths.ts'
import { isAtTerminal } from './process-info.ts'
import { windowsFolder } from './windows-program.ts'
import type { ProgramStart } from './windows-program.ts'
import { STORE_PATIENCE_MS } from './time.ts'

/** A program that answers on stdout. */
export interface CalledProgram {
  readonly program: string
  readonly words: readonly string[]
  /** The whole environment: nothing else is inherited. */
  readonly environment: NodeJS.ProcessEnv
  /**
   * `shared`: it stays in this session, can ask at the terminal, and shares our stderr. `none`: it gets a session of
   * its own, from which it cannot reach a terminal.
   */
  readonly terminal: 'shared' | 'none'
  readonly timeoutMs: number
  /** Called once if it takes longer than a program that asks nobody, unless it is seen to ask at the terminal. */
  readonly onSlow?: (() => void) | undefined
  /** What it reads from stdin; by default stdin is empty. */
  readonly input?: string | undefined
  /** Receives each piece of stderr; by default, with `terminal: 'none'`, stderr is dropped. */
  readonly onTalk?: (piece: string) => void
}

/**
 * How a program ended. `exitCode` is undefined if a signal ended it. `isBatchFile`: it exists, but cmd.exe would
 * misread one of its arguments.
 */
export type ProgramEnd =
  | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly output: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much' }
  | {
      readonly kind: 'not-run'
      readonly cause: unknown
      readonly errno: string | undefined
      readonly isBatchFile?: true
    }

/** Returns why a command of the user's gave nothing, for its failure; `timeoutMs`: how long it was waited for. */
export function whyNothing(
  end: ProgramEnd,
  timeoutMs: number,
): { readonly reason: CommandTrouble; readonly exitCode?: number | undefined; readonly seconds?: number } {
  switch (end.kind) {
    case 'timed-out':
      return { reason: 'timed-out', seconds: timeoutMs / 1000 }
    case 'too-much':
      return { reason: 'output' }
    case 'not-run':
      return { reason: end.errno === 'ENOENT' ? 'not-found' : 'not-executable' }
    case 'ended':
      return end.exitCode === 0 ? { reason: 'output' } : { reason: 'exit', exitCode: end.exitCode }
  }
}

/** Longer than any answer, in bytes. */
const LARGEST_OUTPUT = 64_000

/** How long a program may take to restore the terminal after SIGTERM. */
const GRACE_MS = 500

/** How long to wait for the output of a program that has ended, if a process that it left behind holds it open. */
const OUTPUT_MS = 300

/**
 * Runs a program without a shell and resolves to its answer. Throws only the signal's reason, when it aborts, after the
 * program and all that it started have ended; and CANCELLED if Ctrl-C at the shared terminal ended the program, which
 * may be known before the SIGINT of this process is.
 */
export async function callProgram(called: CalledProgram, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted()
  const found = startOf(called)
  if (found === 'not-found') return { kind: 'not-run', cause: undefined, errno: 'ENOENT' }
  if (found === 'batch-file') return { kind: 'not-run', cause: undefined, errno: 'EINVAL', isBatchFile: true }
  let isInterrupted = false as boolean
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
    const { onSlow, terminal } = called
    const announce = (): void => {
      if (!(terminal === 'shared' && isTypingHidden())) onSlow?.()
    }
    const slowTimer = onSlow === undefined ? undefined : setTimeout(announce, STORE_PATIENCE_MS)
    const finish = (outcome: ProgramEnd): void => {
      clearTimeout(timer)
      clearTimeout(slowTimer)
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
    child.once('exit', (code, by) => {
      isInterrupted = by === 'SIGINT' && called.terminal === 'shared'
      const told = (): void =>
        finish(breaking === undefined || breaking === 'aborted' ? ended(code, chunks) : { kind: breaking })
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
  if (isInterrupted) throw new AwsmfaError({ code: 'CANCELLED' })
  return end
}

/** Returns whether the terminal does not echo what is typed: a program asks there for a passphrase. */
function isTypingHidden(): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  try {
    const terminal = openSync('/dev/tty', 'r')
    const { stdout } = spawnSync('stty', ['-a'], {
      stdio: [terminal, 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: 200,
    })
    closeSync(terminal)
    return /\s-echo\s/.test(stdout)
  } catch {
    // No terminal, or no stty: Windows has neither.
    return false
  }
}

function ended(code: number | null, chunks: readonly Buffer[]): ProgramEnd {
  return { kind: 'ended', exitCode: code ?? undefined, output: Buffer.concat(chunks).toString() }
}

function start(
  { file, words, verbatim }: ProgramStart,
  { environment, terminal, input, onTalk }: CalledProgram,
): ChildProcess {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const stderr = onTalk === undefined ? (terminal === 'shared' ? 'inherit' : 'ignore') : 'pipe'
  const stdio: StdioOptions = [input === undefined ? 'ignore' : 'pipe', 'pipe', stderr]
  // On Windows `detached` would open a console window; there a tree is ended by its root, group or not.
  const detached = terminal === 'none' && process.platform !== 'win32'
  return spawn(file, words, {
    env: environment,
    stdio,
    detached,
    shell: false,
    windowsHide: terminal === 'none',
    windowsVerbatimArguments: verbatim,
  })
}

function feed(child: ChildProcess, input: string | undefined): void {
  // EPIPE: it ended without reading.
  child.stdin?.on('error', () => undefined)
  if (input !== undefined) child.stdin?.end(input)
}

/**
 * Sends SIGTERM to the program and all that it started, and SIGKILL if it does not end. Returns what to call once it
 * has ended, which kills what it left behind.
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
  const kill = (): void =>
    signalAll(terminal === 'none' ? known : [...new Set([...known.flatMap(descendantsOf), ...known])], 'SIGKILL')
  const timer = setTimeout(kill, GRACE_MS)
  return () => {
    clearTimeout(timer)
    kill()
  }
}

/** Hidden from a program that is asked for credentials or a code: it must not answer with the help of ours. */
const WITHHELD = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  ENDPOINT_URL,
  ENDPOINT_TOKEN,
]

/** The profiles for which programs run above this process, one a line, so that none starts itself forever. */
const CALLERS = 'AWSMFA_CALLERS'

/**
 * Returns the environment of a program that is run for a profile: ours without credentials, the profile added to the
 * chain of callers. Returns undefined if the profile is in that chain: a program run for it has started this awsmfa.
 */
export function environmentForCalled(environment: NodeJS.ProcessEnv, profile: string): NodeJS.ProcessEnv | undefined {
  const callers = (environment[CALLERS] ?? '').split('\n').filter((name) => name !== '')
  if (callers.includes(profile)) return undefined
  return { ...withoutKeys(environment), [CALLERS]: [...callers, profile].join('\n') }
}

/** Returns an environment without AWS keys, and without an endpoint that serves them. */
export function withoutKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !WITHHELD.includes(name)))
}

/** A program to run in place of this one, with the credentials in its environment. */
export interface ChildProgram {
  readonly program: string
  readonly words: readonly string[]
  /** The whole environment: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>
}

/** How a program started: it runs, or has ended well; or why not. */
export type ProgramOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'not-run'; readonly errno: string | undefined }
  | { readonly kind: 'failed'; readonly exitCode: number }

/** A browser that cannot start says so at once; one that has opened a window may run until that is closed. */
const SETTLED_MS = 1500

/**
 * Starts a program of the desktop, without a shell and with none of our streams, and leaves it running. Resolves once
 * it ends, or has run for a moment.
 */
export async function startProgram(
  called: Pick<CalledProgram, 'program' | 'words' | 'environment'>,
): Promise<ProgramOutcome> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const found = startOf(called)
  if (typeof found === 'string') return { kind: 'not-run', errno: found === 'not-found' ? 'ENOENT' : 'EINVAL' }
  const { file, words, verbatim } = found
  return await new Promise((resolve) => {
    const child = spawn(file, words, {
      env: called.environment,
      stdio: 'ignore',
      // In a group of its own: Ctrl-C in this terminal must not end the browser. On Windows it would get a console.
      detached: process.platform !== 'win32',
      shell: false,
      windowsVerbatimArguments: verbatim,
    })
    const finish = (outcome: ProgramOutcome): void => {
      clearTimeout(timer)
      child.unref()
      resolve(outcome)
    }
    const timer = setTimeout(() => finish({ kind: 'started' }), SETTLED_MS)
    child.once('error', (error) => finish({ kind: 'not-run', errno: startErrno(error, called) }))
    child.once('exit', (code) => finish(code === 0 ? { kind: 'started' } : { kind: 'failed', exitCode: code ?? -1 }))
  })
}

/** Signals that people and supervisors send. SIGWINCH and SIGTSTP reach the whole group by themselves. */
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** Signals of the terminal's keys, which reach every process of the foreground group. */
const FROM_KEYS: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT'])

/**
 * Runs a program in the foreground in place of this one, without a shell: with its streams and the signals that reach
 * it. Resolves to its exit code, or 128 plus the number of the signal that ended it. Ctrl-C reaches the program by
 * itself and is not sent again: to many programs a second one means "at once". Throws PROGRAM_NOT_RUN.
 */
export async function runProgram(child: ChildProgram): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const start = startOfCommand(child)
  if (typeof start === 'string')
    throw new AwsmfaError({
      code: 'PROGRAM_NOT_RUN',
      program: child.program,
      reason: start,
      errno: start === 'not-found' ? 'ENOENT' : 'EINVAL',
    })
  const { file, words, verbatim } = start
  return await new Promise((resolve, reject) => {
    const started = spawn(file, words, {
      env: { ...child.environment },
      stdio: 'inherit',
      shell: false,
      windowsVerbatimArguments: verbatim,
    })
    const stopForwarding = forwardSignals(started)
    started.once('error', (error) => {
      stopForwarding()
      reject(notRun(child, error))
    })
    started.once('exit', (code, signal) => {
      stopForwarding()
      resolve(code ?? 128 + (signal === null ? 0 : systemConstants.signals[signal]))
    })
  })
}

function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    if (!(FROM_KEYS.has(signal) && isAtTerminal())) child.kill(signal)
  }
  // Windows has only the console's keys, which reach the program too; a listener keeps them from ending this process.
  const listener = process.platform === 'win32' ? () => undefined : forward
  for (const signal of FORWARDED) process.on(signal, listener)
  return () => {
    for (const signal of FORWARDED) process.off(signal, listener)
  }
}

function notRun(child: ChildProgram, error: unknown): AwsmfaError {
  const { program, environment } = child
  const errno = startErrno(error, child) ?? 'UNKNOWN'
  // A script without its interpreter fails with ENOENT too, and shells distinguish the two.
  const isFound = errno !== 'ENOENT' || isInPath(program, environment)
  return new AwsmfaError(
    { code: 'PROGRAM_NOT_RUN', program, reason: isFound ? 'not-executable' : 'not-found', errno },
    { cause: error },
  )
}

/** Children by the process that started them. */
type Children = ReadonlyMap<number, readonly number[]>

/**
 * Returns the processes below a process, as far as the chain of parents is intact; none if that cannot be determined.
 */
function descendantsOf(pid: number): readonly number[] {
  const children = process.platform === 'linux' ? childrenFromProc() : childrenFromPs()
  const found: number[] = []
  let generation = children.get(pid) ?? []
  while (generation.length > 0) {
    found.push(...generation)
    generation = generation.flatMap((parent) => children.get(parent) ?? []).filter((child) => !found.includes(child))
  }
  return found
}

/** Sends a signal to processes, or to whole groups if a number is negative. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // ESRCH: it has ended. EPERM: it runs as another user, as under sudo.
    }
  }
}

/** Ends a process on Windows with all that it started, at once: Windows has no gentler way. */
function endTreeOnWindows(pid: number): void {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  spawnSync(`${windowsFolder(process.env)}\\System32\\taskkill.exe`, ['/pid', String(pid), '/T', '/F'], {
    stdio: 'ignore',
    windowsHide: true,
    timeout: 5000,
  })
}

/** proc(5), /proc/pid/stat: field 4 is the parent. Field 2 is the program's name in brackets and may hold anything. */
function childrenFromProc(): Children {
  const pairs = namesIn('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const]
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
  return byParent(pairs)
}

/** ps(1) of POSIX has both as keywords. */
function childrenFromPs(): Children {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const text = execFileSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], {
      encoding: 'latin1',
      timeout: 2000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return byParent(
      text
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number))
        .map(([pid = 0, parent = 0]) => [pid, parent] as const),
    )
  } catch {
    return new Map()
  }
}

function byParent(pairs: readonly (readonly [pid: number, parent: number])[]): Children {
  const children = new Map<number, number[]>()
  for (const [pid, parent] of pairs) children.set(parent, [...(children.get(parent) ?? []), pid])
  return children
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A system without /proc.
    return []
  }
}
