import type { Invocation } from '../command-line/table.ts'
import { processSession } from './program-session.ts'
import type { ProcessAsked, ProcessSession } from './program-session.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import { currentCredentials } from '../login/provide-session.ts'
import { settingsReader } from '../login/settings-file.ts'
import { findSetting, toLength, toSeconds, toSwitch } from '../login/settings.ts'
import { secondsUntil } from '../model/expiration.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import { createLoginRuntime } from '../runtime/login.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { keepAnswer, noteSources, renderProcessAnswer } from '../sessions/process-answers.ts'
import { MANDATORY_REFRESH_SECONDS, refreshAction, serveUntil } from '../sessions/reuse.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { visible, warn } from '../ui/words.ts'

/**
 * The SDK for JavaScript starts a process that failed once more, at once, and `make -j` starts many one after another: whoever
 * said no has said it to all of them.
 */
const REFUSAL_HOLDS_MS = 5_000

/**
 * How long the answer may take, a person included. The AWS SDK for Rust waits about 20 s for a credential process, the one
 * for Go a minute (aws-config › profile › credentials › exec; aws-sdk-go-v2/credentials/processcreds › DefaultTimeout).
 */
const TIMEOUT_SECONDS = 20

/**
 * Prints the JSON of the credential_process protocol and nothing else on stdout, and returns the exit code 0. The session is
 * the one in the credentials file, or a role's made from it, else one of awsmfa's own cache, else a new one. Throws
 * SESSION_MISSING if a token code is required and there is nobody to ask, and what resolveLogin and answerProcess throw.
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
  const context = createLoginRuntime(fresh, await timeoutOf(invocation, fresh))
  const windowSeconds = await windowOf(invocation, context)
  const snapshots = context.files.read()
  const { profiles } = snapshots
  const profile = resolveTargetProfile(invocation, environment).value
  const answer = await find({
    invocation,
    context,
    windowSeconds,
    refusalHoldsMs: REFUSAL_HOLDS_MS,
    snapshots,
    profiles,
    profile,
  })
  const text = renderProcessAnswer(answer)
  context.terminal.stdout(text)
  // Other options change the answer, and the entry does not look at them. What is in the keychain stays there: the next run
  // could open an answer with a key from a file.
  if (Object.keys(invocation.options).some((name) => name !== 'profile') || runtime.cacheKeyPlace === 'keychain')
    return 0
  const places = { ...sources, profile, runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state }
  const goodUntil = serveUntil(answer.expiration, windowSeconds)
  await keepAnswer(places, { text, goodUntil, madeFrom }, context.now(), context.debug)
  return 0
}

async function timeoutOf(
  { options }: Invocation<'credential-process'>,
  { environment, readSettings }: Runtime,
): Promise<number> {
  const found = findSetting('timeout', { options, environment, defaults: await readSettings() })
  return found === undefined ? TIMEOUT_SECONDS : toLength('timeout', found).value
}

interface Asked extends ProcessAsked {
  readonly profile: string
}

async function find(asked: Asked): Promise<ProcessSession> {
  const { context, windowSeconds, profile } = asked
  const standing = await standingSession(asked)
  if (standing !== undefined && refreshAction(standing.expiration, context.now(), windowSeconds) !== 'renew')
    return standing
  try {
    return await processSession(asked, (failure, expiration) => tellNotRenewed(failure, expiration, asked))
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    if (standing === undefined || secondsUntil(standing.expiration, context.now()) <= 0)
      throw isFailure(error, 'PROMPT_UNAVAILABLE')
        ? new AwsmfaError({ code: 'SESSION_MISSING', profile }, { cause: error })
        : error
    tellNotRenewed(error, standing.expiration, asked)
    return standing
  }
}

/** The session in the credentials file, or a role's made from one there. One that says nothing of its end could not be renewed in time. */
async function standingSession({
  invocation,
  context,
  snapshots,
  profiles,
  profile,
}: Asked): Promise<ProcessSession | undefined> {
  const { options } = invocation
  const { environment, facts, connect } = context
  try {
    // The caches of other tools are theirs: an entry there may be another user's.
    const effects = {
      ...context,
      awsCaches: [],
      connect: (settings: Parameters<typeof connect>[0]) => connect(settings, snapshots),
    }
    const found = await currentCredentials(
      { profile, profiles, minimumSeconds: 0, options, environment, defaults: await context.readSettings() },
      effects,
    )
    if (found.kind === 'none' || found.session.expiration === undefined) return undefined
    return {
      ...found.session,
      expiration: found.session.expiration,
      account: facts.identityOf(found.session.accessKeyId)?.account,
    }
  } catch (error) {
    if (!(error instanceof AwsmfaError) || context.cancelled.aborted) throw error
    context.debug(`the session in the credentials file was of no use (${error.failure.code})`)
    return undefined
  }
}

function tellNotRenewed(error: AwsmfaError, expiration: Date, { context, snapshots, profile }: Asked): void {
  const view = {
    home: context.home,
    files: snapshots.paths,
    now: context.now(),
    debug: false,
  }
  context.terminal.stderr(renderNotRenewed(profile, expiration, error.failure, view))
}

async function windowOf(
  { options }: Invocation<'credential-process'>,
  { environment, readSettings }: LoginRuntime,
): Promise<number> {
  const sources = { options, environment, defaults: await readSettings() }
  const window = findSetting('refresh window', sources)
  const none = options.noMandatoryRefresh === true ? undefined : findSetting('no mandatory refresh', sources)
  const isNone =
    options.noMandatoryRefresh === true ||
    (none !== undefined && window?.origin.kind !== 'flag' && toSwitch(none).value)
  if (isNone) return 0
  return window === undefined ? MANDATORY_REFRESH_SECONDS : toSeconds(window).value
}

/** A session that is about to end is handed on, since it still holds. */
function renderNotRenewed(profile: string, expiration: Date, failure: Failure, view: FailureView): string {
  const { error } = renderFailure(failure, view)
  return warn(
    `the session of '${visible(profile)}' ends in ${durationInWords(secondsUntil(expiration, view.now))} and could not be renewed: ${error}`,
  )
}
