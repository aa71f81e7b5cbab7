/** What `env` prints: code for a shell, or data. Each function gives whole lines with their ends. */
import type { EnvFormat } from '../core/env-formats.ts'
import { quoteValue } from './env-quoting.ts'

/** The variables by name, in order. `stale`: variables of an older session that stand in the environment and have to go. */
export interface EnvText {
  readonly variables: Readonly<Record<string, string>>
  readonly stale: readonly string[]
}

/** Every variable that `env` sets. */
const ALL_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']

/** How the JSON of the credential_process protocol calls them (AWS CLI User Guide, "Sourcing credentials with an external process"). */
const PROCESS_NAMES: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'AccessKeyId',
  AWS_SECRET_ACCESS_KEY: 'SecretAccessKey',
  AWS_SESSION_TOKEN: 'SessionToken',
  AWS_CREDENTIAL_EXPIRATION: 'Expiration',
}

/** Prints the credentials. Throws VALUE_NOT_QUOTABLE for a value that the form cannot carry safely. */
export function renderEnv(format: EnvFormat, { variables, stale }: EnvText): string {
  const entries = Object.entries(variables)
  if (format === 'process') return `${JSON.stringify({ Version: 1, ...Object.fromEntries(entries.map(([name, value]) => [PROCESS_NAMES[name] ?? name, value])) })}\n`
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

/** Prints code that takes the variables away; undefined for a form that is no code. */
export function renderUnset(format: EnvFormat): string | undefined {
  return isShellFormat(format) ? `${unsetCode(format, ALL_VARIABLES)}\n` : undefined
}

/**
 * Prints code that takes the variables away and fails, so that what follows `eval "$(awsmfa env)" &&` is not reached: the
 * status of an eval of nothing is success. Nothing for a form that is no code.
 */
export function renderEnvFailure(format: EnvFormat, exitCode: number): string {
  return isShellFormat(format) ? `${unsetCode(format, ALL_VARIABLES)}${failureCode(format, exitCode)}\n` : ''
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
      // Erasing what is not there is a status of its own.
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
