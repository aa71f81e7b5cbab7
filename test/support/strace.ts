/**
 * Running a program under strace, to stop it or to refuse it something at any one of its system calls.
 *
 * strace counts calls by name and by thread, and without -f it sees the main thread alone. So a fault is put at a
 * number among the calls of one name. That number is not the same in every run: in one run out of about a hundred Node
 * opens two files less while it starts, by where the system has put its code. What stays the same, as long as the
 * program does its file work synchronously, is what a call is made with, and which one it is among those made with the
 * same.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A call of the main thread, as strace prints it, with the path of every descriptor. */
export interface TracedCall {
  readonly name: string
  /** Which one it is among the calls of that name in its run, counted from 1. */
  readonly nth: number
  /** Which one it is among the calls of that name and with the same arguments, counted from 1: see `isSameCall`. */
  readonly nthAlike: number
  readonly line: string
}

/** How a run ended. `trace` has the calls in order. */
export interface TracedRun {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly trace: readonly TracedCall[]
  /** Whether the fault took effect, and at the call that was meant. */
  readonly isFaulted: boolean
  /** The call that the fault met, right or wrong. */
  readonly met: TracedCall | undefined
}

/**
 * What to do at a call: kill the process there, refuse it (and with `onwards` all later ones of its name) with that
 * error, or pretend that it gave that number.
 */
export type Fault =
  | { readonly call: TracedCall; readonly kill: true }
  | { readonly call: TracedCall; readonly error: string; readonly onwards?: boolean }
  | { readonly call: TracedCall; readonly result: number }

/**
 * Every call by which a program can learn or change anything about files. Calls for memory and threads vary between
 * runs.
 */
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

/** The environment is complete: nothing but PATH is inherited. */
export interface TraceOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly fault?: Fault
  /** Words before strace's own: a program that prepares something and then runs the rest of its words. */
  readonly within?: readonly string[]
}

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
      `trace=${FILE_CALLS.join(',')}`,
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
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The calls from the first to the last that mentions one of the given paths: what a program does to the files there,
 * and what it does in between. What it says about them on stdout and stderr does not count.
 */
export function callsUpon(trace: readonly TracedCall[], paths: readonly string[]): readonly TracedCall[] {
  const mentions = (call: TracedCall): boolean =>
    !/^write\([12]\b/.test(call.line) && paths.some((path) => call.line.includes(path))
  return trace.slice(trace.findIndex(mentions), trace.findLastIndex(mentions) + 1)
}

/**
 * The calls among those given that change something, or open something to change it; without those by which Node guards
 * its signal handlers and wakes its threads, where a refusal makes Node abort.
 */
export function writingCalls(calls: readonly TracedCall[]): readonly TracedCall[] {
  return calls.filter((call) => !isOfNodeItself(call) && changes(call))
}

function changes({ name, line }: TracedCall): boolean {
  if (/^open/.test(name)) return /O_WRONLY|O_RDWR|O_CREAT/.test(line)
  return (
    /write|link$|linkat|rename|mkdir|rmdir|chmod|chown|utimens|truncate|sync/.test(name) && !name.startsWith('readlink')
  )
}

/**
 * libuv locks its signal handlers with one byte in a pipe (src/unix/signal.c), and wakes threads with an eventfd
 * (async.c).
 */
export function isOfNodeItself({ line }: TracedCall): boolean {
  return /^(read|write)\(\d+<[^>]*>, ("\*", 1|"\\1(\\0){7}", \d+)\)/.test(line)
}

/** Runs one task for each item, two at a time, and gives the results in order. */
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

/** Runs a program to its end, with nothing on stdin and nothing of this process's environment but PATH. */
export async function runProgram(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Pick<TracedRun, 'status' | 'signal' | 'stdout' | 'stderr'>> {
  const child = spawn(program, argv, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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

/** Returns whether two runs' calls are the same one. */
export function isSameCall(met: TracedCall, meant: TracedCall): boolean {
  return met.nthAlike === meant.nthAlike && kindOf(met) === kindOf(meant)
}

/**
 * What differs from run to run: cached secrets, scratch folders, lock nonces, hashes, access key ids, encrypted values,
 * times, pids.
 */
const VARIABLE =
  /^awsmfa(?:\\0|-cache-key:).*|awsmfa-(?:test|home)-\w{6}|[0-9a-f]{12,64}|A[A-Z]{3}[A-Z0-9]{16,17}|[A-Za-z0-9+/]{36,}=*|\d+/g
/** Of long content the beginning is enough to recognize a call, once nothing variable counts towards it. */
const COMPARED_LENGTH = 120
/** Calls whose text comes from the system. Where one was refused, or the program was killed at it, there is none. */
const READING = /^(?:p?read|preadv?|readv|pread64|readlink|readlinkat|getdents64)$/

/** A call's name, descriptors and text, without what differs from run to run. */
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
    return name === undefined ? [] : [{ name, nth: next(name), nthAlike: next(kindOf({ name, line })), line }]
  })
}
