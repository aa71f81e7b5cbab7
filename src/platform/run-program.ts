import type { ChildProcess, StdioOptions } from 'node:child_process'
import { constants as systemConstants } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { accessSync, constants, readFileSync, readdirSync, statSync } from 'node:fs'
import { AwsmfaError } from '../model/failure.ts'
import { isAtTerminal } from './process-info.ts'
import { isSystemError } from './system-error.ts'
import { findWindowsProgram, windowsFolder, windowsStart } from './windows-program.ts'
import type { ProgramStart, StartTrouble, WindowsProgram } from './windows-program.ts'

/**
 * Runs a program that is to answer on its stdout, waits for so long and no longer, and leaves nothing of it running when it is
 * broken off. No shell is involved.
 */

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
  | {
      readonly kind: 'not-run'
      readonly cause: unknown
      readonly errno: string | undefined
      readonly isBatchFile?: true
    }

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
  return end
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
  const kill = (): void =>
    signalAll(terminal === 'none' ? known : [...new Set([...known.flatMap(descendantsOf), ...known])], 'SIGKILL')
  const timer = setTimeout(kill, GRACE_MS)
  return () => {
    clearTimeout(timer)
    kill()
  }
}

/** What a program is told, and not told, that awsmfa runs to be given something: keys, or a token code. */

/** What such a program may not see: it is asked for something, and must not answer with the help of ours. */
const WITHHELD = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN']

/** The profiles for which programs are running above this process, a line each, so that none starts itself for ever. */
const CALLERS = 'AWSMFA_CALLERS'

/**
 * Gives the environment of a program that is run for this profile: ours, without AWS keys, and with the profile added to the
 * chain of callers. Undefined where the profile is in that chain already: a program run for it has started this awsmfa.
 */
export function environmentForCalled(environment: NodeJS.ProcessEnv, profile: string): NodeJS.ProcessEnv | undefined {
  const callers = (environment[CALLERS] ?? '').split('\n').filter((name) => name !== '')
  if (callers.includes(profile)) return undefined
  return { ...withoutKeys(environment), [CALLERS]: [...callers, profile].join('\n') }
}

/** Gives an environment without AWS keys. */
export function withoutKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !WITHHELD.includes(name)))
}

/** Runs another program in the foreground, in place of this one as far as that can be had: streams, signals, exit code. */

/** Signals that a person or a supervisor sends to a program. SIGWINCH and SIGTSTP reach the whole group by themselves. */
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** What the terminal's keys send goes to every process of the foreground group. */
const FROM_KEYS: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT'])

/**
 * Runs the program without a shell and waits for its end; see RunProgram. Ctrl-C at the terminal reaches the program by itself
 * and is not sent again: to many programs a second one means "at once". Throws PROGRAM_NOT_RUN.
 */
export async function runProgram(child: ChildProgram): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const start = startOf(child)
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
  // Windows has the console's keys alone, which reach the program too; with a listener they do not end this process.
  const listener = process.platform === 'win32' ? () => undefined : forward
  for (const signal of FORWARDED) process.on(signal, listener)
  return () => {
    for (const signal of FORWARDED) process.off(signal, listener)
  }
}

function notRun(child: ChildProgram, error: unknown): AwsmfaError {
  const { program, environment } = child
  const errno = startErrno(error, child) ?? 'UNKNOWN'
  // A script whose interpreter is not there says ENOENT too, and shells tell the two apart.
  const isFound = errno !== 'ENOENT' || isInPath(program, environment)
  return new AwsmfaError(
    { code: 'PROGRAM_NOT_RUN', program, reason: isFound ? 'not-executable' : 'not-found', errno },
    { cause: error },
  )
}

/** Ending a program together with everything that it started. */

/** Children by the process that started them. */
type Children = ReadonlyMap<number, readonly number[]>

/**
 * Gives the processes that a process started, and those that these started, and so on; only those that still have it above
 * them. None where that cannot be found out.
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

/** Sends a signal to processes, or to whole groups where a number is negative. Who is gone already is passed over. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // ESRCH: it has ended. EPERM: it runs as somebody else (sudo, say), and is not ours to end.
    }
  }
}

/** Ends a process of Windows with all that it started, at once; Windows knows no other way. */
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

/** Which file is meant by the name of a program, where awsmfa runs one. */

/** Where programs lie that a process started by a desktop may not have on its PATH. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

/** Gives what is to be spawned for a program: on Windows see `windowsStart`; elsewhere execvp(3) looks in the folders of PATH alone. */
function startOf(called: WindowsProgram): ProgramStart | StartTrouble {
  return process.platform === 'win32'
    ? windowsStart(called, isRegularFile)
    : { file: called.program, words: called.words, verbatim: false }
}

/**
 * Looks for a program by its absolute path, or by its name in the absolute folders of PATH and, but on Windows, in the usual
 * ones. Gives a path that can be run.
 */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32') return findWindowsProgram(name, environment, isRegularFile)
  const folders = [...(environment['PATH'] ?? '').split(delimiter), ...USUAL_FOLDERS].filter((folder) =>
    isAbsolute(folder),
  )
  const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
  return places.find(isExecutable)
}

/**
 * Returns the system's error of a program that could not be started. Where one folder of PATH may not be searched, execvp(3) says
 * EACCES of a program that is in none of them; as in a shell, that one is not found: ENOENT.
 */
export function startErrno(
  error: unknown,
  { program, environment }: Pick<WindowsProgram, 'program' | 'environment'>,
): string | undefined {
  const errno = isSystemError(error) ? error.code : undefined
  const isNowhere =
    errno === 'EACCES' && process.platform !== 'win32' && !program.includes('/') && !isInPath(program, environment)
  return isNowhere ? 'ENOENT' : errno
}

/** Returns whether a program's file is there, runnable or not, by its path or in a folder of PATH. */
function isInPath(program: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const places = program.includes('/')
    ? [program]
    : (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.some(isRegularFile)
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // What cannot be looked at cannot be run.
    return false
  }
}

/** Tells whether a path leads to a regular file that this process may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // What cannot be looked at cannot be run.
    return false
  }
}

/** A program that is run with credentials: what it is, and what its environment holds. */

/** A program to run. `words` are its parameters, passed on as they are. */
export interface ChildProgram {
  readonly program: string
  readonly words: readonly string[]
  /** All of it: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Runs a program in the foreground, with this process's streams and the signals that reach it, and gives its exit code, or
 * 128 and its number for the signal that ended it. Throws PROGRAM_NOT_RUN.
 */
export type RunProgram = (child: ChildProgram) => Promise<number>
