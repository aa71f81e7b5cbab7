/** `exec`: runs a program, or a shell, with a profile's session in its environment. */
import { identityInWords } from '../aws/arn.ts'
import type { Invocation } from '../command-line/table.ts'
import { childEnvironment, profileEnvironment, sessionForProgram } from './program-session.ts'
import type { SessionForProgram } from './program-session.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { findProgram } from '../platform/find-program.ts'
import { runProgram } from '../platform/run-program.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { formatInstant } from '../ui/duration.ts'
import { isSet } from '../ui/style.ts'
import { note, tick, visible } from '../ui/words.ts'

/**
 * Runs the program after `--`, or the user's shell, with the profile's session in its environment, and returns its exit
 * code. Throws PROGRAM_NOT_RUN and what sessionForProgram throws.
 */
export async function exec(invocation: Invocation<'exec'>, runtime: LoginRuntime): Promise<number> {
  const { environment, isWindows } = runtime
  const [program = shellOf(runtime), ...words] = invocation.tail ?? []
  const credentials = await sessionOf(invocation, runtime)
  if (invocation.tail === undefined && invocation.options.quiet !== true) announceShell(credentials, runtime)
  return await runProgram({
    program,
    words,
    environment:
      invocation.options.profileEnv === true
        ? profileEnvironment(environment, credentials.profile, isWindows)
        : childEnvironment(environment, credentials, isWindows),
  })
}

/** Throws USAGE for an only word that is a program and no profile: it lacks its `--`. */
async function sessionOf(invocation: Invocation<'exec'>, runtime: LoginRuntime): Promise<SessionForProgram> {
  try {
    return await sessionForProgram(invocation, runtime)
  } catch (error) {
    const [word] = invocation.positionals
    const isProgram =
      invocation.tail === undefined && word !== undefined && findProgram(word, runtime.environment) !== undefined
    if (!isProgram || !isFailure(error, 'PROFILE_NOT_FOUND') || error.failure.nearest !== undefined) throw error
    const line = { before: [], words: [word], quotesSeparator: runtime.isWindows }
    throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'missing-separator', command: 'exec', ...line } })
  }
}

/** Returns the user's shell; on Windows PowerShell, else COMSPEC. */
function shellOf({ environment, isWindows }: LoginRuntime): string {
  if (!isWindows) return isSet(environment['SHELL']) ? environment['SHELL'] : '/bin/sh'
  return findProgram('powershell', environment) ?? environment['COMSPEC'] ?? 'cmd.exe'
}

function announceShell({ profile, session }: SessionForProgram, runtime: LoginRuntime): void {
  const { terminal, facts, environment, now } = runtime
  const identity = facts.identityOf(session.accessKeyId)
  const who = identity === undefined ? '' : ` as ${identityInWords(identity.account, identity.arn) ?? ''}`
  const until = session.expiration === undefined ? '' : ` until ${formatInstant(session.expiration, now())}`
  terminal.stderr(`${tick(terminal.talk)} ${visible(profile)}: shell${who}${until}; to leave it: exit\n`)
  const outer = environment['AWSMFA_PROFILE']
  if (isSet(outer)) terminal.stderr(note(`this shell is inside one with the session of '${visible(outer)}'`))
}
