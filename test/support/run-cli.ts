import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What a program did: its exit code (null after a signal), and what it wrote. */
export interface RunResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program is run. The environment is complete: nothing is inherited. stdin is empty unless `input` is given. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** The run fails, and the program is killed, when it takes longer. */
  readonly limitMs?: number
}

/** The built tool. */
export const BUILT_CLI = fileURLToPath(new URL('../../dist/awsmfa.cjs', import.meta.url))

/** Runs the built tool as a person would, without a terminal. Rejects when it was not built or takes too long. */
export async function runCli(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  if (!existsSync(BUILT_CLI)) throw new Error(`${BUILT_CLI} is not there: run 'npm run build' first`)
  return await runProgram([process.execPath, BUILT_CLI, ...argv], options)
}

/**
 * Runs a program to its end. It leads a session of its own, so it has no controlling terminal, and what it started can be
 * killed with it.
 */
export function runProgram(argv: readonly [string, ...string[]], options: RunOptions): Promise<RunResult> {
  const { environment, input = '', cwd, limitMs = 60_000 } = options
  const [program, ...words] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: environment,
      stdio: 'pipe',
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    })
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
    // EPIPE: the program did not want all of its input.
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
    // It ended in the same moment.
  }
}
