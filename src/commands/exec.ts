/** `exec`: runs a program with a profile's session in its environment. */
import type { Invocation } from '../command-line/table.ts'
import { childEnvironment, sessionForProgram } from './program-session.ts'
import { runProgram } from '../platform/run-program.ts'
import type { LoginRuntime } from '../runtime/login.ts'

/**
 * Runs the program after `--` with the profile's session in its environment, and returns its exit code. The region is
 * that of the flag, the environment or the profile, the first that names one. Throws PROGRAM_NOT_RUN and what
 * sessionForProgram throws.
 */
export async function exec(invocation: Invocation<'exec'>, runtime: LoginRuntime): Promise<number> {
  const { environment, isWindows } = runtime
  const [program, ...words] = invocation.tail ?? []
  if (program === undefined) throw new Error('a line without a program is refused before')
  const { profile, session, profileRegion } = await sessionForProgram(invocation, runtime)
  const { region: flag } = invocation.options
  const named = [flag, environment['AWS_REGION'], environment['AWS_DEFAULT_REGION'], profileRegion]
  const region = named.find((name) => name !== undefined && name !== '')
  return await runProgram({
    program,
    words,
    environment: childEnvironment(environment, { profile, session, region }, isWindows),
  })
}
