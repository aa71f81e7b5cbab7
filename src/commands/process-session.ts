/** The session that awsmfa itself answers with for a profile: kept in its own cache, or new. */
import type { AwsmfaError } from '../core/failures.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import type { SharedSnapshots } from '../core/ports.ts'
import type { ShortTermCredentials } from '../core/sessions/credentials.ts'
import { answerProcess } from '../flows/answer-process.ts'
import { renderTrail } from '../render/trail.ts'
import type { LoginFirstContext } from './login-first.ts'

/** What is asked for. `windowSeconds`: with so much left a session is renewed even if a code is needed. */
export interface ProcessAsked {
  readonly invocation: Invocation
  readonly context: LoginFirstContext
  readonly windowSeconds: number
  /** How long ago, in ms, a refusal of the same question counts for this one. */
  readonly refusalHoldsMs: number
  readonly snapshots: SharedSnapshots
  readonly profiles: Profiles
}

/** A session, and its account where that is known. */
export interface ProcessSession extends ShortTermCredentials {
  readonly account: string | undefined
}

/** Gives it. `onNotRenewed` is told why one that is about to end is given. Throws what resolveLogin and answerProcess throw. */
export async function processSession(asked: ProcessAsked, onNotRenewed: (error: AwsmfaError, expiration: Date) => void): Promise<ProcessSession> {
  const { context, snapshots, profiles, windowSeconds, refusalHoldsMs } = asked
  // What stands after `--` is a program for `exec`, and not for STS.
  const { tail: _, ...invocation } = asked.invocation
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
  const connection = context.connect(resolution, profiles, snapshots)
  const session = await answerProcess({ resolution, windowSeconds, refusalHoldsMs }, { ...context, connection, sources: await context.sourcesFor(resolution), onNotRenewed })
  return { ...session.credentials, account: session.account }
}
