import { AwsmfaError, isFailure } from '../core/failures.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import { parseDuration } from '../core/login/duration.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { SharedSnapshots } from '../core/ports.ts'
import type { ShortTermCredentials } from '../core/sessions/credentials.ts'
import { decideRefresh, MANDATORY_REFRESH_SECONDS } from '../core/sessions/refresh.ts'
import { secondsUntil } from '../core/sessions/expiration.ts'
import { answerProcess } from '../flows/answer-process.ts'
import { currentCredentials } from '../flows/current-credentials.ts'
import { renderProcessAnswer } from '../render/env.ts'
import { renderNotRenewed } from '../render/login.ts'
import { renderTrail } from '../render/trail.ts'
import type { LoginFirstContext } from './login-first.ts'

/** What credential-process needs. */
export interface ProcessContext extends LoginFirstContext {
  /** A `credential_process` is split as Windows does it. */
  readonly isWindows: boolean
}

/**
 * Prints the JSON of the credential_process protocol and nothing else on stdout, and gives the exit code 0. The session is the
 * one that stands in the credentials file, or a role's made from it, else one of awsmfa's own cache, else a new one. Throws
 * SESSION_MISSING where a code is needed and nobody can be asked, and what resolveLogin and answerProcess throw.
 */
export async function credentialProcess(invocation: Invocation, context: ProcessContext): Promise<number> {
  const windowSeconds = windowOf(invocation)
  const snapshots = context.files.read()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
  const request = { invocation, context, windowSeconds, snapshots, profiles, profile: resolveTargetProfile(invocation, context.environment).value }
  const answer = await find(request)
  context.terminal.writeData(renderProcessAnswer(answer))
  return 0
}

interface Asked {
  readonly invocation: Invocation
  readonly context: ProcessContext
  readonly windowSeconds: number
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
  readonly profile: string
}

interface Answer extends ShortTermCredentials {
  readonly account: string | undefined
}

async function find(asked: Asked): Promise<Answer> {
  const { context, windowSeconds, profile } = asked
  const standing = await standingSession(asked)
  if (standing !== undefined && decideRefresh(standing.expiration, context.now(), windowSeconds) !== 'renew') return standing
  try {
    return await keptOrNew(asked)
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    if (standing === undefined || secondsUntil(standing.expiration, context.now()) <= 0) throw isFailure(error, 'PROMPT_UNAVAILABLE') ? new AwsmfaError({ code: 'SESSION_MISSING', profile }, { cause: error }) : error
    tellNotRenewed(error, standing.expiration, asked)
    return standing
  }
}

/** The session in the credentials file, or a role's made from one there. One that says nothing of its end could not be renewed in time. */
async function standingSession({ invocation, context, snapshots, profiles, profile }: Asked): Promise<Answer | undefined> {
  const { options } = invocation
  const { environment, facts, connectThrough } = context
  try {
    // The caches of other tools are theirs: an entry there may be another user's.
    const effects = { ...context, awsCaches: [], connect: (settings: Parameters<typeof connectThrough>[0]) => connectThrough(settings, profiles, snapshots) }
    const found = await currentCredentials({ profile, profiles, minimumSeconds: 0, options, environment, defaults: {} }, effects)
    if (found.kind === 'none' || found.session.expiration === undefined) return undefined
    return { ...found.session, expiration: found.session.expiration, account: facts.identityOf(found.session.accessKeyId)?.account }
  } catch (error) {
    if (!(error instanceof AwsmfaError) || context.cancelled.aborted) throw error
    context.debug(`the session in the credentials file was of no use (${error.failure.code})`)
    return undefined
  }
}

async function keptOrNew(asked: Asked): Promise<Answer> {
  const { invocation, context, snapshots, profiles, windowSeconds } = asked
  const { environment, readFile, isWindows } = context
  const resolution = resolveLogin({
    invocation,
    environment,
    profiles,
    paths: { credentials: snapshots.credentials.path, config: snapshots.config.path },
    defaults: await context.readSettings(),
    readFile,
    config: snapshots.config.text,
    storesNothing: true,
    isWindows,
  })
  for (const line of renderTrail(resolution)) context.debug(line)
  const session = await answerProcess(
    { resolution, windowSeconds },
    {
      ...context,
      connection: context.connect(resolution, profiles, snapshots),
      sources: context.sourcesFor(resolution),
      onNotRenewed: (error, expiration) => tellNotRenewed(error, expiration, asked),
    },
  )
  return { ...session.credentials, account: session.account }
}

function tellNotRenewed(error: AwsmfaError, expiration: Date, { context, snapshots, profile }: Asked): void {
  const view = { home: context.home, files: { credentials: snapshots.credentials.path, config: snapshots.config.path }, now: context.now(), debug: false }
  context.terminal.writeTalk(renderNotRenewed(profile, expiration, error.failure, view))
}

function windowOf({ options }: Invocation): number {
  if (options['no-mandatory-refresh'] === true) return 0
  const text = options['refresh-window']
  if (typeof text !== 'string') return MANDATORY_REFRESH_SECONDS
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--refresh-window', value: text, expected: 'a length of time such as 10m or 600' } })
}
