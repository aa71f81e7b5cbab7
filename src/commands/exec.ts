/** `exec`: runs a program with a profile's session in its environment. */
import type { Invocation } from '../command-line/table.ts'
import { childEnvironment, sessionForProgram } from './program-session.ts'
import { runProgram } from '../platform/run-program.ts'
import type { LoginRuntime } from '../runtime/login.ts'

/**
 * Runs the program after `--` with the profile's session in its environment, and returns its exit code. Throws
 * PROGRAM_NOT_RUN and what sessionForProgram throws.
 */
export async function exec(invocation: Invocation<'exec'>, runtime: LoginRuntime): Promise<number> {
  const { environment, isWindows } = runtime
  const [program, ...words] = invocation.tail ?? []
  if (program === undefined) throw new Error('a line without a program is refused before')
  const credentials = await sessionForProgram(invocation, runtime)
  return await runProgram({ program, words, environment: childEnvironment(environment, credentials, isWindows) })
}
