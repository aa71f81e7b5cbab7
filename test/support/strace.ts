/**
 * Runs a program under strace, to kill it at one of its system calls or to make one of them fail. strace counts the
 * calls of a name, but that number varies between runs (once in about a hundred, Node opens two files less at startup).
 * So calls are matched by their arguments and by their number among calls with the same arguments, which do not vary as
 * long as the program works on files synchronously. Only the main thread is traced.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countRun } from './product-runs.ts'
import { PRODUCT } from './run-cli.ts'

/** A system call of the main thread, as strace prints it, with the path of every descriptor. */
export interface TracedCall {
  readonly name: string
  /** Its number among the calls of that name in the run, from 1. */
  readonly nth: number
  /** Its number among the calls with the same name and arguments, from 1; see `isSameCall`. */
  readonly nthAlike: number
  readonly line: string
}

/** The result of a run. `trace` has the calls in order. */
export interface TracedRun {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly trace: readonly TracedCall[]
  /** Whether the fault took effect at the intended call. */
  readonly isFaulted: boolean
  /** The call at which the fault took effect, intended or not. */
  readonly met: TracedCall | undefined
}

/**
 * What happens at a call: the process is killed, the call fails with an error (with `onwards`, all later calls of that
 * name fail too), or it returns a number without doing anything.
 */
export type Fault =
  | { readonly call: TracedCall; readonly kill: true }
  | { readonly call: TracedCall; readonly error: string; readonly onwards?: boolean }
  | { readonly call: TracedCall; readonly result: number }

/** Every system call that reads or changes files. Calls for memory and threads are left out: they vary between runs. */
const FILE_CALLS = [
  'open',
  'openat',
  'openat2',
  'creat',
  'close',
  'read',
  'pread64',
  'readv',
  'preadv',
  'write',
  'pwrite64',
  'writev',
  'pwritev',
  'lseek',
  'stat',
  'lstat',
  'fstat',
  'newfstatat',
  'statx',
  'statfs',
  'access',
  'faccessat',
  'faccessat2',
  'readlink',
  'readlinkat',
  'getdents64',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'rmdir',
  'mkdir',
  'mkdirat',
  'chmod',
  'fchmod',
  'fchmodat',
  'chown',
  'fchown',
  'lchown',
  'fchownat',
  'utimensat',
  'truncate',
  'ftruncate',
  'fsync',
  'fdatasync',
  'kill',
  'copy_file_range',
  'sendfile',
]

/** `env` is the whole environment: only PATH is inherited. */
export interface TraceOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly fault?: Fault
  /** A command prefix for strace: a program that prepares something and then runs its remaining arguments. */
  readonly within?: readonly string[]
  /** Whether the calls with which programs are started and fed are traced, too; see `isCallForProgram`. */
  readonly tracesPrograms?: boolean
}

/** libuv starts a program with clone(2), and ends its input with shutdown(2). */
const PROGRAM_CALLS = ['clone', 'clone3', 'fork', 'vfork', 'shutdown']

/** Runs a program under strace, with at most one fault. */
export async function runTraced(argv: readonly string[], options: TraceOptions = {}): Promise<TracedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-strace-'))
  const traceFile = join(folder, 'trace')
  const inject = options.fault === undefined ? [] : ['-e', describeFault(options.fault)]
  try {
    const words = [
      ...(options.within ?? []),
      'strace',
      '-y',
      '-o',
      traceFile,
      '-s',
      '4096',
      '-e',
      `trace=${[...FILE_CALLS, ...(options.tracesPrograms === true ? PROGRAM_CALLS : [])].join(',')}`,
      ...inject,
      ...argv,
    ]
    const run = await runProgram(words[0] ?? '', words.slice(1), options.env ?? {})
    const text = readFileSync(traceFile, 'latin1')
    const trace = parseTrace(text)
    const met = text.includes('+++ killed by SIGKILL +++')
      ? trace.at(-1)
      : trace.find(({ line }) => line.endsWith('(INJECTED)'))
    return {
      ...run,
      trace,
      met,
      isFaulted: met !== undefined && options.fault !== undefined && isSameCall(met, options.fault.call),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/**
 * Returns the calls from the first to the last one with one of the given paths: what a program does to these files, and
 * everything in between. Output on stdout and stderr that contains a path does not count.
 */
export function callsOn(trace: readonly TracedCall[], paths: readonly string[]): readonly TracedCall[] {
  const mentions = (call: TracedCall): boolean =>
    !/^write\([12]\b/.test(call.line) && paths.some((path) => call.line.includes(path))
  return trace.slice(trace.findIndex(mentions), trace.findLastIndex(mentions) + 1)
}

/**
 * Returns the calls that change a file, or open one for writing. Leaves out the calls for signal handlers and threads
 * of Node: it aborts if they fail.
 */
export function writingCalls(calls: readonly TracedCall[]): readonly TracedCall[] {
  return calls.filter((call) => !isInternalToNode(call) && changes(call))
}

function changes({ name, line }: TracedCall): boolean {
  if (/^open/.test(name)) return /O_WRONLY|O_RDWR|O_CREAT/.test(line)
  return (
    /write|link$|linkat|rename|mkdir|rmdir|chmod|chown|utimens|truncate|sync/.test(name) && !name.startsWith('readlink')
  )
}

/**
 * Returns whether a call belongs to libuv: it locks its signal handlers with one byte in a pipe (src/unix/signal.c),
 * notes there that a child has ended (SIGCHLD, 17), and wakes threads with an eventfd (async.c).
 */
export function isInternalToNode({ line }: TracedCall): boolean {
  return /^(read|write)\(\d+<[^>]*>, ("\*", 1|"\\1(\\0){7}", \d+|"[^"]*\\21(\\0){7}", 16)\)/.test(line)
}

/** Returns whether a call starts a program, writes its input or ends that: kills there are before and in its work. */
export function isCallForProgram({ name, line }: TracedCall): boolean {
  if (name === 'write') return /^write\((?![12]<)\d+<(?:socket|UNIX)/.test(line)
  return PROGRAM_CALLS.includes(name) && !line.includes('CLONE_THREAD')
}

/** Runs a task for each item, two at a time. Returns the results in order. */
export async function inPairs<Item, Result>(
  items: readonly Item[],
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await task(items[index] as Item)
  }
  await Promise.all([work(), work()])
  return results
}

/** Runs a program until it exits, with an empty stdin and only PATH from the environment of this process. */
export async function runProgram(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Pick<TracedRun, 'status' | 'signal' | 'stdout' | 'stderr'>> {
  const child = spawn(program, argv, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  countRun(argv, PRODUCT)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
}

/** Returns whether calls of two runs correspond to each other. */
export function isSameCall(call: TracedCall, other: TracedCall): boolean {
  return call.nthAlike === other.nthAlike && kindOf(call) === kindOf(other)
}

/** What varies between runs: secrets, scratch folders, nonces, hashes, access key IDs, ciphertext, times, pids. */
const VARIABLE =
  /^awsmfa(?:\\0|-cache-key:).*|awsmfa-(?:test|home)-\w{6}|[0-9a-f]{12,64}|A[A-Z]{3}[A-Z0-9]{16,17}|[A-Za-z0-9+/]{36,}=*|\d+/g
/** The start of long content is enough to recognize a call. */
const COMPARED_LENGTH = 120
/** Calls that return content. A call that failed, or at which the program was killed, has none. */
const READING = /^(?:p?read|preadv?|readv|pread64|readlink|readlinkat|getdents64)$/

/** Returns a call's name, paths and content, without what varies between runs. */
function kindOf({ name, line }: Pick<TracedCall, 'name' | 'line'>): string {
  const values = [...line.replace(/\)\s+= [^"]*$/, '').matchAll(/"((?:[^"\\]|\\.)*)"|\d<([^>]*)>/g)].map(
    ([, text, path]) => text ?? path ?? '',
  )
  return [
    name,
    ...values
      .slice(0, READING.test(name) ? 1 : 2)
      .map((value) => value.replace(VARIABLE, '').slice(0, COMPARED_LENGTH)),
  ].join(' ')
}

function describeFault(fault: Fault): string {
  const { name, nth } = fault.call
  const what = 'kill' in fault ? 'signal=KILL' : 'error' in fault ? `error=${fault.error}` : `retval=${fault.result}`
  return `inject=${name}:${what}:when=${nth}${'onwards' in fault && fault.onwards ? '+' : ''}`
}

function parseTrace(text: string): readonly TracedCall[] {
  const counts = new Map<string, number>()
  const next = (what: string): number => {
    const count = (counts.get(what) ?? 0) + 1
    counts.set(what, count)
    return count
  }
  return text.split('\n').flatMap((line) => {
    const name = /^([a-z0-9_]+)\(/.exec(line)?.[1]
    return name === undefined
      ? []
      : [{ name, nth: next(name), nthAlike: next(`alike ${kindOf({ name, line })}`), line }]
  })
}
