/** Runs the built tool, or any program, without a terminal and captures its output. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { countRun } from './product-runs.ts'

/** The result of a program. `code` is null if a signal ended it. */
export interface RunResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Options of a run. The environment is complete: nothing is inherited. stdin is empty unless `input` is set. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Timeout in milliseconds, after which the program is killed and the promise rejects. */
  readonly limitMs?: number
}

/** The built program of the npm package, for tests of the package itself. Others use `PRODUCT`. */
export const BUILT_CLI = fileURLToPath(new URL('../../dist/awsmfa.cjs', import.meta.url))

const EXECUTABLE = fileURLToPath(new URL('../../build/executable/awsmfa', import.meta.url))

/** Which product is under test: the npm package, or with AWSMFA_TEST_PRODUCT=executable the standalone executable. */
export const isExecutable = process.env['AWSMFA_TEST_PRODUCT'] === 'executable'

/** The built file of the product under test. */
export const BUILT = isExecutable ? EXECUTABLE : BUILT_CLI

/** The words that start the product under test. */
export const PRODUCT: readonly [string, ...string[]] = isExecutable ? [BUILT] : [process.execPath, BUILT]

/** The same as a shell has it. */
export const PRODUCT_LINE = PRODUCT.map((word) => `'${word}'`).join(' ')

/** Runs the product without a terminal. Rejects if it is not built, or on timeout. */
export async function runCli(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} does not exist: build it first`)
  return await runProgram([...PRODUCT, ...argv], options)
}

/** Runs a program to completion, in a new session: without a controlling terminal, and killable with its children. */
export function runProgram(argv: readonly [string, ...string[]], options: RunOptions): Promise<RunResult> {
  const { environment, input = '', cwd, limitMs = 60_000 } = options
  const [program, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: environment,
      stdio: 'pipe',
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    })
    countRun(argv, PRODUCT, child.pid)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString()
    const timer = setTimeout(() => {
      killGroup(child.pid)
      reject(
        new Error(
          `${argv.join(' ')} took longer than ${limitMs} ms; stdout:\n${textOf(stdout)}\nstderr:\n${textOf(stderr)}`,
        ),
      )
    }, limitMs)
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    // EPIPE: the program closed stdin before reading all of it.
    child.stdin.on('error', () => undefined)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout: textOf(stdout), stderr: textOf(stderr) })
    })
    child.stdin.end(input)
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has exited already.
  }
}
