/**
 * Gets long-term credentials from where they are: a shared file, the environment, a store of awsmfa's (a keychain, say)
 * or a `credential_process`. Everything that signs with long-term credentials gets them here.
 */
import { keyIdOf, knownCredentials } from '../model/credentials.ts'
import type { CredentialSource, LongTermCredentials, LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, KeyDefect } from '../model/failure.ts'
import type { Origin, Profiles, Resolved, SharedFileName } from '../model/profile.ts'
import { callProgram, environmentForCalled } from '../platform/run-program.ts'
import type { ProgramEnd } from '../platform/run-program.ts'
import type { Deadline } from '../platform/time.ts'
import { splitCommand, splitWindowsCommand } from '../shell/words.ts'
import { quoted, slowLine } from '../ui/words.ts'

type ProcessSource = Extract<LongTermSource, { readonly kind: 'process' }>

/** Runs the `credential_process` of a source. */
export type RunCredentialProcess = (source: ProcessSource) => Promise<LongTermCredentials>

type StoredSource = Extract<LongTermSource, { readonly kind: 'stored' }>

/** Opens a store. `passphraseCommand`: what prints the passphrase of an encrypted file; otherwise it is asked for. */
export type OpenStore = (
  source: StoredSource,
  passphraseCommand: Resolved<string> | undefined,
) => Promise<LongTermCredentials>

/** What the long-term credentials of a login depend on; a LoginResolution fits. */
export interface LongTermRequest {
  readonly longTerm: LongTermSource
  readonly passphraseCommand: Resolved<string> | undefined
}

export interface LongTermEffects {
  readonly deadline: Pick<Deadline, 'pauseWhile'>
  readonly runCredentialProcess: RunCredentialProcess
  readonly openStore: OpenStore
}

/**
 * Returns the long-term credentials of a login as a source. A process is run at once, since only its answer has the key
 * id; a store stays shut until `open`. The deadline is paused for both, which may ask a person. Throws what the process
 * throws; `open` throws what the store throws.
 */
export async function credentialSource(
  { longTerm, passphraseCommand }: LongTermRequest,
  { deadline, runCredentialProcess: run, openStore }: LongTermEffects,
): Promise<CredentialSource> {
  if (longTerm.kind === 'process') return knownCredentials(await deadline.pauseWhile(run(longTerm)))
  if (longTerm.kind !== 'stored') return knownCredentials(longTerm.credentials)
  let opened: LongTermCredentials | undefined
  let opening: Promise<LongTermCredentials> | undefined
  return {
    accessKeyId: longTerm.accessKeyId,
    known: () => opened,
    open: async () => {
      opening ??= deadline.pauseWhile(openStore(longTerm, passphraseCommand))
      opened = await opening
      return opened
    },
  }
}

/** Whether two sources have the same long-term credentials, as far as is known without running or opening anything. */
export function isSameSource(left: LongTermSource, right: LongTermSource): boolean {
  if (left.kind === 'process' || right.kind === 'process')
    return left.kind === right.kind && JSON.stringify(left) === JSON.stringify(right)
  return keyIdOf(left) === keyIdOf(right)
}

/**
 * Throws LONG_TERM_CREDENTIALS_MALFORMED for long-term credentials that no request can be signed with, before anything
 * is sent. Other unusual ids and secrets may be right at another endpoint.
 */
export function assertUsableKeys(source: LongTermSource, profiles: Profiles): void {
  if (source.kind === 'process' || source.kind === 'stored') return
  const { accessKeyId, secretAccessKey } = source.credentials
  const [idDefect, secretDefect] = [keyDefect(accessKeyId), keyDefect(secretAccessKey)]
  const isSwapped = /^AKIA[A-Z2-7]{16}$/.test(secretAccessKey) && !accessKeyId.startsWith('AKIA')
  const defect = isSwapped ? 'swapped' : (idDefect ?? secretDefect)
  if (defect === undefined) return
  const key = isSwapped || idDefect !== undefined ? 'aws_access_key_id' : 'aws_secret_access_key'
  throw new AwsmfaError({
    code: 'LONG_TERM_CREDENTIALS_MALFORMED',
    key,
    origin: originOf(key, source, profiles),
    defect,
  })
}

function keyDefect(text: string): KeyDefect | undefined {
  if (/^<|>$/.test(text)) return 'placeholder'
  if (/["']/.test(text)) return 'quotes'
  if (/[ \t]/.test(text)) return 'white-space'
  return /^[!-~]*$/.test(text) ? undefined : 'not-ascii'
}

function originOf(
  key: string,
  source: Exclude<LongTermSource, { readonly kind: 'process' | 'stored' }>,
  profiles: Profiles,
): Origin {
  if (source.kind === 'environment') return { kind: 'environment', variable: key.toUpperCase() }
  const profile = profiles.find(source.profile)
  const idOf = (file: SharedFileName): string | undefined => profile?.getFrom(file, 'aws_access_key_id')?.value
  const file = idOf('credentials') === source.credentials.accessKeyId ? 'credentials' : 'config'
  const line = profile?.getFrom(file, key)?.line ?? source.place.line ?? 1
  return { kind: 'file', file, profile: source.profile, key, line }
}

type ProcessFailure = Extract<Failure, { readonly code: 'CREDENTIAL_PROCESS_FAILED' }>

/** A credential process may ask a person for a password; after so many ms nobody is going to answer. */
const PROCESS_MS = 50_000

/** What running the command needs. `timeoutMs`: 50 s unless given. */
export interface ProcessOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Takes the line, with its end, about a command that takes long. */
  readonly announce: (line: string) => void
  readonly timeoutMs?: number
}

/**
 * Runs a `credential_process`, split as botocore splits it, without a shell and without AWS keys in its environment.
 * Throws CREDENTIAL_PROCESS_FAILED when it cannot be run, fails, takes over 50 s, prints anything but the protocol's
 * JSON, returns a session, which GetSessionToken does not take, or has started this awsmfa itself; and the signal's
 * reason when that aborts. A command that is stopped ends with all its children.
 */
export async function runCredentialProcess(
  source: ProcessSource,
  { environment, announce, timeoutMs = PROCESS_MS }: ProcessOptions,
  signal: AbortSignal,
): Promise<LongTermCredentials> {
  const words = process.platform === 'win32' ? splitWindowsCommand(source.command) : splitCommand(source.command)
  const [program, ...parameters] = words ?? []
  const failed = (reason: ProcessFailure['reason'], cause?: unknown, exitCode?: number): AwsmfaError =>
    new AwsmfaError(
      {
        code: 'CREDENTIAL_PROCESS_FAILED',
        profile: source.profile,
        program: program ?? source.command,
        reason,
        place: source.place,
        exitCode,
      },
      { cause },
    )
  if (program === undefined) throw failed('not-found')
  const callee = environmentForCalled(environment, source.profile)
  if (callee === undefined) throw failed('circle')
  // It may ask a person at the terminal for a password.
  const called = {
    program,
    words: parameters,
    environment: callee,
    terminal: 'shared',
    timeoutMs,
    onSlow: () => announce(slowLine(`the credential_process of ${quoted(source.profile)}`, timeoutMs)),
    onTalk: () => undefined,
  } as const
  const end = await callProgram(called, signal)
  if (end.kind !== 'ended') throw failed(reasonOf(end), end.kind === 'not-run' ? end.cause : undefined)
  if (end.exitCode !== 0) throw failed('exit', undefined, end.exitCode)
  const answer = readAnswer(end.output)
  if (answer === undefined) throw failed('output')
  if (answer === 'session') throw failed('session')
  return answer
}

function reasonOf(end: Exclude<ProgramEnd, { readonly kind: 'ended' }>): ProcessFailure['reason'] {
  switch (end.kind) {
    case 'timed-out':
      return 'timed-out'
    case 'too-much':
      return 'output'
    case 'not-run':
      if (end.errno === 'ENOENT') return 'not-found'
      return end.isBatchFile === true ? 'batch-file' : 'not-executable'
  }
}

/** Reads the JSON of the credential_process protocol, version 1. */
function readAnswer(output: string): LongTermCredentials | 'session' | undefined {
  try {
    const parsed = JSON.parse(output) as Readonly<Record<string, unknown>> | null
    const { Version, AccessKeyId, SecretAccessKey, SessionToken } = parsed ?? {}
    if (Version !== 1 || typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') return undefined
    return SessionToken === undefined || SessionToken === null || SessionToken === ''
      ? { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }
      : 'session'
  } catch {
    // Not JSON: the message says what was expected and shows nothing of the output, which may hold a secret.
    return undefined
  }
}
