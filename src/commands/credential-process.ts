import type { Invocation } from '../command-line/table.ts'
import { processSession } from './program-session.ts'
import type { LoginFirstContext, ProcessAsked, ProcessSession } from './program-session.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import { currentCredentials } from '../login/provide-session.ts'
import { findSetting, toSeconds, toSwitch } from '../login/settings.ts'
import { secondsUntil } from '../model/expiration.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import { renderProcessAnswer } from '../sessions/process-answers.ts'
import { MANDATORY_REFRESH_SECONDS, refreshAction, serveUntil } from '../sessions/reuse.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { visible, warn } from '../ui/words.ts'

/**
 * The SDK for JavaScript starts a process that failed once more, at once, and `make -j` starts many one after another: whoever
 * said no has said it to all of them.
 */
const REFUSAL_HOLDS_MS = 5_000

/** What credential-process needs. `keepAnswer` has the next run answer the same without all this, as long as nothing changes. */
export interface ProcessContext extends LoginFirstContext {
  readonly keepAnswer: (profile: string, answer: { readonly text: string; readonly goodUntil: Date }) => Promise<void>
}

/**
 * Prints the JSON of the credential_process protocol and nothing else on stdout, and gives the exit code 0. The session is the
 * one that stands in the credentials file, or a role's made from it, else one of awsmfa's own cache, else a new one. Throws
 * SESSION_MISSING where a code is needed and nobody can be asked, and what resolveLogin and answerProcess throw.
 */
export async function credentialProcess(
  invocation: Invocation<'credential-process'>,
  context: ProcessContext,
): Promise<number> {
  const windowSeconds = await windowOf(invocation, context)
  const snapshots = context.files.read()
  const request = {
    invocation,
    context,
    windowSeconds,
    refusalHoldsMs: REFUSAL_HOLDS_MS,
    snapshots,
    profiles: snapshots.profiles,
    profile: resolveTargetProfile(invocation, context.environment).value,
  }
  const answer = await find(request)
  const text = renderProcessAnswer(answer)
  context.terminal.stdout(text)
  // Other options change what is answered, and the entry looks at none of them.
  if (Object.keys(invocation.options).every((name) => name === 'profile'))
    await context.keepAnswer(request.profile, { text, goodUntil: serveUntil(answer.expiration, windowSeconds) })
  return 0
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
  const { environment, facts, connectThrough } = context
  try {
    // The caches of other tools are theirs: an entry there may be another user's.
    const effects = {
      ...context,
      awsCaches: [],
      connect: (settings: Parameters<typeof connectThrough>[0]) => connectThrough(settings, profiles, snapshots),
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
  { environment, readSettings }: LoginFirstContext,
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
