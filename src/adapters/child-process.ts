/** Runs another program in the foreground, in place of this one as far as that can be had: streams, signals, exit code. */
import type { ChildProcess } from 'node:child_process'
import { constants as systemConstants } from 'node:os'
import { AwsmfaError } from '../core/failures.ts'
import type { ChildProgram } from '../core/child-program.ts'
import { isAtTerminal } from './process-group.ts'
import { isInPath, startErrno, startOf } from './program-file.ts'

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
  if (typeof start === 'string') throw new AwsmfaError({ code: 'PROGRAM_NOT_RUN', program: child.program, reason: start, errno: start === 'not-found' ? 'ENOENT' : 'EINVAL' })
  const { file, words, verbatim } = start
  return await new Promise((resolve, reject) => {
    const started = spawn(file, words, { env: { ...child.environment }, stdio: 'inherit', shell: false, windowsVerbatimArguments: verbatim })
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
  return new AwsmfaError({ code: 'PROGRAM_NOT_RUN', program, reason: isFound ? 'not-executable' : 'not-found', errno }, { cause: error })
}
