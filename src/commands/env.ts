/** `env`: prints a profile's session as code for a shell, or as data. */
import { ENV_FORMATS, findEnvFormat } from '../command-line/spec.ts'
import type { EnvFormat } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { programVariables, sessionForProgram, sessionVariables } from './program-session.ts'
import type { SessionForProgram } from './program-session.ts'
import { AwsmfaError } from '../model/failure.ts'
import { isRegionOfAwsmfa, REGION_SET } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { renderProfileNote } from '../sessions/status.ts'
import { isQuotable, quoteValue } from '../shell/words.ts'
import { createOutput } from '../ui/streams.ts'

/**
 * Prints what `env` prints when it failed, for whatever reason, a mistyped line included: code that unsets the
 * variables and fails. Never throws.
 */
export function printEnvFailure(format: string | undefined, exitCode: number, place: EnvPlace): void {
  try {
    const known = (format === undefined ? undefined : findEnvFormat(format)) ?? defaultFormat(place)
    createOutput(1)(renderEnvFailure(known, exitCode, place.environment))
  } catch {
    // stdout cannot be written to. That was reported if it was the failure; the exit code reports it too.
  }
}

/** Returns the format on a command line that could not be parsed. */
export function formatInWords(argv: readonly string[]): string | undefined {
  const attached = argv.find((word) => word.startsWith('--format='))
  const index = argv.indexOf('--format')
  return attached?.slice('--format='.length) ?? (index === -1 ? undefined : argv[index + 1])
}

/** Where `env` runs. */
export interface EnvPlace {
  readonly isWindows: boolean
  readonly environment: Environment
}

/**
 * Returns the format for the shell that most likely reads the output. Bash and zsh on Windows (Git, MSYS2, Cygwin) set
 * SHELL; PowerShell and cmd do not, and cmd cannot read the output of a program as code.
 */
export function defaultFormat({ isWindows, environment }: EnvPlace): EnvFormat {
  return isWindows && (environment['SHELL'] ?? '') === '' ? 'powershell' : 'env'
}

/**
 * Prints the profile's session, or code that unsets one, and returns the exit code 0. Throws USAGE,
 * VALUE_NOT_QUOTABLE and what sessionForProgram throws; then nothing was printed.
 */
export async function env(invocation: Invocation<'env'>, runtime: LoginRuntime): Promise<number> {
  const format = formatOf(invocation, runtime)
  const { environment, terminal } = runtime
  if (invocation.options.unset === true) {
    terminal.stdout(unsetIn(format, environment))
    return 0
  }
  const credentials = await sessionForProgram(invocation, runtime)
  const { profile, session } = credentials
  // The protocol of credential_process has members for the session alone.
  const variables = format === 'process' ? sessionVariables(session) : quotableVariables(format, credentials)
  const stale = ['AWS_SECURITY_TOKEN', 'AWS_CREDENTIAL_EXPIRATION', REGION_SET, 'AWSMFA_PROFILE'].filter(
    (name) => variables[name] === undefined && environment[name] !== undefined,
  )
  const text = renderEnv(format, { variables, stale })
  const note = invocation.options.quiet === true ? undefined : renderProfileNote(profile, environment)
  if (note !== undefined) terminal.stderr(note)
  terminal.stdout(text)
  return 0
}

/** The profile's name only informs: one that a format cannot write safely is left out. */
function quotableVariables(
  format: Exclude<EnvFormat, 'process'>,
  credentials: SessionForProgram,
): Readonly<Record<string, string>> {
  const { AWSMFA_PROFILE: profile = '', ...variables } = programVariables(credentials)
  return isQuotable(format, profile) ? { ...variables, AWSMFA_PROFILE: profile } : variables
}

function formatOf({ options }: Invocation<'env'>, place: EnvPlace): EnvFormat {
  const word = options.format
  const format = word === undefined ? defaultFormat(place) : findEnvFormat(word)
  if (format !== undefined) return format
  const expected = `${ENV_FORMATS.slice(0, -1).join(', ')} or ${ENV_FORMATS.at(-1) ?? ''}`
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: '--format', value: String(word), expected },
  })
}

function unsetIn(format: EnvFormat, environment: Environment): string {
  const code = renderUnset(format, environment)
  if (code !== undefined) return code
  throw new AwsmfaError({
    code: 'USAGE',
    problem: {
      kind: 'conflicting-options',
      options: ['--unset', `--format ${format}`],
    },
  })
}

/** The variables by name, in order. `stale`: variables of an older session in the environment, to be unset. */
export interface EnvText {
  readonly variables: Readonly<Record<string, string>>
  readonly stale: readonly string[]
}

/** Returns every variable that `env` sets. A region counts only where `env` set it: the user's own stays. */
function allVariables(environment: Environment): readonly string[] {
  const regions = ['AWS_REGION', 'AWS_DEFAULT_REGION'].filter((name) => isRegionOfAwsmfa(name, environment))
  return [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWSMFA_PROFILE',
    ...(regions.length > 0 ? [...regions, REGION_SET] : []),
  ]
}

/**
 * Their names in the JSON of the credential_process protocol (AWS CLI User Guide, "Sourcing credentials with an
 * external process").
 */
const PROCESS_NAMES: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'AccessKeyId',
  AWS_SECRET_ACCESS_KEY: 'SecretAccessKey',
  AWS_SESSION_TOKEN: 'SessionToken',
  AWS_CREDENTIAL_EXPIRATION: 'Expiration',
}

/** Returns the credentials in a format. Throws VALUE_NOT_QUOTABLE for a value that it cannot represent safely. */
export function renderEnv(format: EnvFormat, { variables, stale }: EnvText): string {
  const entries = Object.entries(variables)
  if (format === 'process')
    return `${JSON.stringify({ Version: 1, ...Object.fromEntries(entries.map(([name, value]) => [PROCESS_NAMES[name] ?? name, value])) })}\n`
  const lines = entries.map(([name, value]) => `${assign(format, name, quoteValue(format, name, value))}\n`)
  const isCode = format !== 'dotenv' && format !== 'env-no-export'
  return [...(stale.length > 0 && isCode ? [`${unsetCode(format, stale)}\n`] : []), ...lines].join('')
}

function assign(format: Exclude<EnvFormat, 'process'>, name: string, quoted: string): string {
  switch (format) {
    case 'env':
      return `export ${name}=${quoted}`
    case 'env-no-export':
    case 'dotenv':
      return `${name}=${quoted}`
    case 'fish':
      // The semicolon is for `eval (awsmfa …)`, which puts all lines on one.
      return `set -gx ${name} ${quoted};`
    case 'powershell':
      return `$Env:${name} = ${quoted}`
    case 'windows-cmd':
      return quoted
  }
}

/** Returns code that unsets the variables; undefined for a format that is no code. */
export function renderUnset(format: EnvFormat, environment: Environment): string | undefined {
  return isShellFormat(format) ? `${unsetCode(format, allVariables(environment))}\n` : undefined
}

/**
 * Returns code that unsets the variables and fails, so that what follows `eval "$(awsmfa env)" &&` does not run: an
 * eval of nothing succeeds. Returns '' for a format that is no code.
 */
export function renderEnvFailure(format: EnvFormat, exitCode: number, environment: Environment): string {
  if (!isShellFormat(format)) return ''
  return `${unsetCode(format, allVariables(environment))}${failureCode(format, exitCode)}\n`
}

type ShellFormat = Exclude<EnvFormat, 'process' | 'dotenv'>

function isShellFormat(format: EnvFormat): format is ShellFormat {
  return format !== 'process' && format !== 'dotenv'
}

function unsetCode(format: ShellFormat, names: readonly string[]): string {
  switch (format) {
    case 'env':
    case 'env-no-export':
      return `unset ${names.join(' ')}`
    case 'fish':
      // Erasing a variable that is not set has an exit status of its own.
      return `${names.map((name) => `set -e ${name}; `).join('')}true;`
    case 'powershell':
      return `Remove-Item -ErrorAction SilentlyContinue -Path ${names.map((name) => `Env:${name}`).join(', ')}`
    case 'windows-cmd':
      return names.map((name) => `set ${name}=`).join('\n')
  }
}

function failureCode(format: ShellFormat, exitCode: number): string {
  switch (format) {
    case 'env':
    case 'env-no-export':
      return `; (exit ${exitCode})`
    case 'fish':
      return ` sh -c 'exit ${exitCode}'`
    case 'powershell':
      return `; throw 'awsmfa has no credentials (exit code ${exitCode})'`
    case 'windows-cmd':
      return `\ncmd /c exit ${exitCode}`
  }
}
