import { sessionVariables } from '../core/child-program.ts'
import { ENV_FORMATS, findEnvFormat } from '../core/env-formats.ts'
import type { EnvFormat } from '../core/env-formats.ts'
import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import { renderEnv, renderUnset } from '../render/env.ts'
import { renderProfileNote } from '../render/environment-note.ts'
import { sessionForProgram } from './login-first.ts'
import type { LoginFirstContext } from './login-first.ts'

/**
 * Prints the profile's session, or code that takes one away, and gives the exit code 0. Throws USAGE, VALUE_NOT_QUOTABLE and
 * what sessionForProgram throws; then nothing was printed.
 */
export async function env(invocation: Invocation, context: LoginFirstContext): Promise<number> {
  const format = formatOf(invocation)
  const { environment, terminal } = context
  if (invocation.options['unset'] === true) {
    terminal.writeData(unsetIn(format))
    return 0
  }
  const { profile, session } = await sessionForProgram(invocation, context)
  const variables = sessionVariables(session)
  const stale = ['AWS_SECURITY_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'].filter((name) => variables[name] === undefined && environment[name] !== undefined)
  const text = renderEnv(format, { variables, stale })
  const note = invocation.options['quiet'] === true ? undefined : renderProfileNote(profile, environment)
  if (note !== undefined) terminal.writeTalk(note)
  terminal.writeData(text)
  return 0
}

function formatOf({ options }: Invocation): EnvFormat {
  const word = options['format']
  const format = typeof word === 'string' ? findEnvFormat(word) : 'env'
  if (format !== undefined) return format
  const expected = `${ENV_FORMATS.slice(0, -1).join(', ')} or ${ENV_FORMATS.at(-1) ?? ''}`
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--format', value: String(word), expected } })
}

function unsetIn(format: EnvFormat): string {
  const code = renderUnset(format)
  if (code !== undefined) return code
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'conflicting-options', options: ['--unset', `--format ${format}`], because: 'only a shell can take variables away' } })
}
