/** `credential-process`: answers the AWS SDKs and the AWS CLI in the JSON of their `credential_process` protocol. */
import type { Invocation } from '../command-line/table.ts'
import { ownSession } from './program-session.ts'
import type { ProcessSession } from './program-session.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import { existingSession, sessionOfAwsCli, throwIfStopped } from '../login/provide-session.ts'
import type { ExistingSession } from '../login/provide-session.ts'
import { settingsReader } from '../login/settings-file.ts'
import { findSetting, toLength, toSeconds, toSwitch } from '../login/settings.ts'
import { secondsUntil } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import { createLoginRuntime, currentEffects } from '../runtime/login.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { noteSources, renderProcessAnswer, storeAnswer } from '../sessions/process-answers.ts'
import { findSignIn } from '../sessions/status.ts'
import { MANDATORY_REFRESH_SECONDS, refreshAction, serveUntil } from '../sessions/reuse.ts'
import type { StoredSession } from '../sessions/reuse.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { quoted, warn } from '../ui/words.ts'

/**
 * The SDK for JavaScript starts a process that failed again at once, and `make -j` starts many one after another: a no
 * counts for all of them.
 */
const REFUSAL_MAX_AGE_MS = 5_000

/**
 * How long the answer may take, a person included. The AWS SDK for Rust waits about 20 s for a credential process, the
 * one for Go a minute (aws-config › profile › credentials › exec; aws-sdk-go-v2/credentials/processcreds ›
 * DefaultTimeout).
 */
const TIMEOUT_SECONDS = 20

/**
 * Prints the JSON of the credential_process protocol and nothing else on stdout, and returns the exit code 0. The
 * session is the one that `status` reports, or a role's made from it, else one of awsmfa's own cache, else a new one.
 * Throws SESSION_MISSING if a token code is required and there is nobody to ask, and what resolveLogin and
 * answerProcess throw.
 */
export async function credentialProcess(
  invocation: Invocation<'credential-process'>,
  runtime: Runtime,
): Promise<number> {
  const { folders, paths, environment } = runtime
  // Noted before anything is read for the answer. The settings may have been read already, so they are read again.
  const sources = { environment, folders, files: paths }
  const madeFrom = noteSources(sources)
  const fresh = { ...runtime, readSettings: settingsReader(folders.config) }
  const loginRuntime = createLoginRuntime(fresh, await timeoutOf(invocation, fresh))
  const windowSeconds = await windowOf(invocation, loginRuntime)
  const profile = resolveTargetProfile(invocation, environment).value
  const { isStorable, ...answer } = await findSession(invocation, profile, windowSeconds, loginRuntime)
  const text = renderProcessAnswer(answer)
  loginRuntime.terminal.stdout(text)
  // Other options change the answer, and the entry does not look at them. What is in the keychain stays there: the next
  // run could open an answer with a key from a file.
  const hasOptions = Object.keys(invocation.options).some((name) => name !== 'profile')
  if (!isStorable || hasOptions || runtime.cacheKeyPlace === 'keychain') return 0
  const goodUntil = serveUntil(answer.expiration, windowSeconds)
  await storeAnswer(sources, { profile, text, goodUntil, madeFrom }, loginRuntime.now(), loginRuntime.debug)
  return 0
}

async function timeoutOf(
  { options }: Invocation<'credential-process'>,
  { environment, readSettings }: Runtime,
): Promise<number> {
  const found = findSetting('timeout', { options, environment, defaults: await readSettings() })
  return found === undefined ? TIMEOUT_SECONDS : toLength('timeout', found).value
}

/** `isStorable`: not so for a session in a cache of the AWS CLI or botocore, which may be another user's. */
type FoundSession = ProcessSession & { readonly isStorable: boolean }

async function findSession(
  invocation: Invocation<'credential-process'>,
  profile: string,
  windowSeconds: number,
  runtime: LoginRuntime,
): Promise<FoundSession> {
  const snapshots = runtime.files.read()
  const onNotRenewed = ({ failure }: AwsmfaError, expiration: Date): void => {
    const view = { home: runtime.home, files: snapshots.paths, now: runtime.now(), debug: false }
    runtime.terminal.stderr(renderNotRenewed(profile, expiration, failure, view))
  }
  const [{ options }, { profiles }, { environment }] = [invocation, snapshots, runtime]
  const defaults = await runtime.readSettings()
  const request = { profile, profiles, minimumSeconds: 0, options, environment, defaults }
  const effects = currentEffects(options, snapshots, runtime)
  // The AWS CLI may sign out, which no stored answer would notice.
  if (findSignIn(profile, profiles) !== undefined)
    return { ...(await sessionOfAwsCli(request, effects)), isStorable: false }
  const existing = await existingSession(request, effects)
  if (existing !== undefined && isServed(existing, windowSeconds, runtime.now())) return found(existing)
  try {
    const limits = { windowSeconds, refusalMaxAgeMs: REFUSAL_MAX_AGE_MS, onNotRenewed }
    return { ...(await ownSession(invocation, snapshots, limits, runtime)), isStorable: true }
  } catch (error) {
    throwIfStopped(runtime.cancelled)
    if (!(error instanceof AwsmfaError)) throw error
    if (existing !== undefined && secondsUntil(existing.expiration, runtime.now()) > 0) {
      onNotRenewed(error, existing.expiration)
      return found(existing)
    }
    if (!isFailure(error, 'PROMPT_UNAVAILABLE')) throw error
    const inBackground = runtime.terminal.isInBackground()
    throw new AwsmfaError({ code: 'SESSION_MISSING', profile, inBackground }, { cause: error })
  }
}

/**
 * Returns whether an existing session is served as it is. An entry of awsmfa's own in the caches of the AWS CLI and
 * botocore is renewed earlier than others, since that mostly takes no token code.
 */
function isServed({ expiration, stored }: ExistingSession, windowSeconds: number, now: Date): boolean {
  const action = refreshAction(expiration, now, windowSeconds)
  return action === 'serve' || (action === 'try' && !(isInAwsCache(stored) && stored?.managedBy === 'awsmfa'))
}

function found({ stored, ...session }: ExistingSession): FoundSession {
  return { ...session, isStorable: !isInAwsCache(stored) }
}

function isInAwsCache(stored: StoredSession | undefined): boolean {
  return stored?.source === 'cli-cache' || stored?.source === 'boto-cache'
}

async function windowOf(
  { options }: Invocation<'credential-process'>,
  { environment, readSettings }: LoginRuntime,
): Promise<number> {
  const sources = { options, environment, defaults: await readSettings() }
  const window = findSetting('refresh window', sources)
  const none = options.noMandatoryRefresh === true ? undefined : findSetting('no early prompt', sources)
  const isNone =
    options.noMandatoryRefresh === true ||
    (none !== undefined && window?.origin.kind !== 'flag' && toSwitch(none).value)
  if (isNone) return 0
  return window === undefined ? MANDATORY_REFRESH_SECONDS : toSeconds(window).value
}

/** A session that is about to expire is returned, since it is still valid. */
function renderNotRenewed(profile: string, expiration: Date, failure: Failure, view: FailureView): string {
  const { error } = renderFailure(failure, view)
  return warn(
    `session of ${quoted(profile)} ends in ${durationInWords(secondsUntil(expiration, view.now))} and could not be renewed: ${error}`,
  )
}
