/**
 * Long-term credentials from a `credential_process` of the profile that holds them (a password manager, say). The command is
 * split as botocore splits it and run without a shell, with no AWS keys in its environment.
 */
import { AwsmfaError } from '../core/failures.ts'
import type { Failure } from '../core/failures.ts'
import type { LongTermSource } from '../core/login/resolution.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'
import { splitCommand, splitWindowsCommand } from '../core/shell-words.ts'
import { environmentForCalled } from './caller-chain.ts'
import { startOf } from './program-file.ts'

type ProcessSource = Extract<LongTermSource, { readonly kind: 'process' }>
type ProcessFailure = Extract<Failure, { readonly code: 'CREDENTIAL_PROCESS_FAILED' }>

/** A credential process may ask a person for a password; after this many ms nobody is going to answer. */
const PATIENCE_MS = 50_000
const LARGEST_ANSWER = 64_000

/**
 * Runs the command and reads its answer. Throws CREDENTIAL_PROCESS_FAILED when it cannot be run, fails, takes over 50 s,
 * answers anything but the protocol's JSON, gives a session (STS takes no session here), or has started this awsmfa itself.
 */
export async function runCredentialProcess(source: ProcessSource, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<LongTermCredentials> {
  const words = process.platform === 'win32' ? splitWindowsCommand(source.command) : splitCommand(source.command)
  const [program, ...parameters] = words ?? []
  const failed = (reason: ProcessFailure['reason'], cause?: unknown, exitCode?: number): AwsmfaError =>
    new AwsmfaError(
      { code: 'CREDENTIAL_PROCESS_FAILED', profile: source.profile, program: program ?? source.command, reason, place: source.place, ...(exitCode === undefined ? {} : { exitCode }) },
      { cause },
    )
  if (program === undefined) throw failed('not-found')
  const env = environmentForCalled(environment, source.profile)
  if (env === undefined) throw failed('circle')
  const start = startOf({ program, words: parameters, environment: env })
  if (typeof start === 'string') throw failed('not-found')
  const { execFile } = process.getBuiltinModule('node:child_process')
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(start.file, start.words, { env, signal, timeout: PATIENCE_MS, maxBuffer: LARGEST_ANSWER, encoding: 'utf8', windowsVerbatimArguments: start.verbatim }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(signal.aborted ? (signal.reason as Error) : failed(...reasonOf(error)))
    })
    child.stdin?.end()
  })
  const answer = readAnswer(output)
  if (answer === undefined) throw failed('output')
  if (answer === 'session') throw failed('session')
  return answer
}

function reasonOf(error: Error & { code?: unknown; killed?: boolean }): [ProcessFailure['reason'], unknown, number?] {
  if (error.killed === true) return ['timed-out', error]
  if (typeof error.code === 'number') return ['exit', error, error.code]
  return [error.code === 'ENOENT' || error.code === 'EACCES' ? 'not-found' : 'output', error]
}

/** Reads the JSON of the credential_process protocol, version 1. */
function readAnswer(output: string): LongTermCredentials | 'session' | undefined {
  try {
    const parsed = JSON.parse(output) as Readonly<Record<string, unknown>> | null
    const { Version, AccessKeyId, SecretAccessKey, SessionToken } = parsed ?? {}
    if (Version !== 1 || typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') return undefined
    return SessionToken === undefined || SessionToken === null || SessionToken === '' ? { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } : 'session'
  } catch {
    // Not JSON: the message says what was expected and shows nothing of the output, which may hold a secret.
    return undefined
  }
}
