import { AwsmfaError } from '../core/failures.ts'
import type { Failure } from '../core/failures.ts'
import type { Candidate, SignInOutcome } from '../flows/sign-in.ts'
import { renderFailure } from '../render/failure.ts'
import type { FailureView } from '../render/failure.ts'
import { renderLoginList } from '../render/login-many.ts'
import type { LoginListRow } from '../render/login-many.ts'
import { settleAttempt, signInAll } from './login-attempt.ts'
import type { Attempt, LoginRun } from './login-attempt.ts'
import { identityOf, quietOf, stateOf } from './login-one.ts'

/**
 * Signs many profiles in, with one code for each device, prints one line for each and gives the exit code 0; quietly, lines for
 * failures alone. Throws LOGINS_FAILED when some could not be signed in, what ends the whole, and what refuses all alike.
 */
export async function loginMany(targets: readonly string[], run: LoginRun): Promise<number> {
  const { invocation, context, snapshots } = run
  const settled = targets.map((target) => settle(target, targets.length, run))
  const files = { credentials: snapshots.credentials.path, config: snapshots.config.path }
  const view: FailureView = { home: context.home, files, now: context.now(), debug: false }
  throwWhatRefusesAll(settled, view)
  const candidates = settled.flatMap(({ attempt }) => (attempt?.decision.kind === 'renew' ? [attempt.candidate] : []))
  const outcomes = await signInAll(distinct(candidates), run)
  const rows = settled.map((each) => rowOf(each, outcomes, run))
  const shown = invocation.options['quiet'] === true ? rows.filter(({ kind }) => kind === 'failed') : rows
  context.terminal.writeTalk(renderLoginList(shown, { ...view, now: context.now() }, context.terminal.talk))
  if (invocation.options['json'] === true) context.terminal.writeData(`${JSON.stringify(targets.map((target) => stateOf(target, run)))}\n`)
  const causes = rows.flatMap((row) => (row.kind === 'failed' ? [row.failure] : []))
  if (causes.length > 0) throw new AwsmfaError({ code: 'LOGINS_FAILED', of: targets.length, causes })
  return 0
}

interface Settled {
  readonly target: string
  readonly attempt: Attempt | undefined
  readonly failure: Failure | undefined
}

function settle(target: string, targets: number, run: LoginRun): Settled {
  const { profile: _, all: __, ...options } = run.invocation.options
  try {
    return { target, attempt: settleAttempt({ ...run.invocation, positionals: [target], options }, targets, run), failure: undefined }
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    return { target, attempt: undefined, failure: error.failure }
  }
}

/** What would be told in the same words of every profile is wrong with the line: it is told once, with its hints. */
function throwWhatRefusesAll(settled: readonly Settled[], view: FailureView): void {
  const failures = settled.flatMap(({ failure }) => failure ?? [])
  const [first] = failures
  const texts = new Set(failures.map((failure) => renderFailure(failure, view).error))
  if (first !== undefined && failures.length === settled.length && texts.size === 1) throw new AwsmfaError(first)
}

/** Two role profiles may hang on one section, which is signed in once. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.resolution.storeProfile, candidate])).values()]
}

function rowOf({ target, attempt, failure }: Settled, outcomes: readonly SignInOutcome[], run: LoginRun): LoginListRow {
  if (attempt === undefined) return { kind: 'failed', profile: target, failure: failure ?? { code: 'SESSION_MISSING', profile: target } }
  const { candidate, decision } = attempt
  const quiet = candidate.resolution.storeIn === 'aws-caches' ? quietOf(target, run) : undefined
  const through = candidate.resolution.storeProfile === target ? undefined : candidate.resolution.storeProfile
  if (decision.kind === 'keep') {
    return { kind: 'kept', profile: target, through, quiet, expiration: decision.expiration, identity: identityOf(candidate.resolution.storeProfile, decision.accessKeyId, run) }
  }
  const outcome = outcomes.find((each) => each.candidate.resolution.storeProfile === candidate.resolution.storeProfile)
  if (outcome?.kind !== 'signed-in') return { kind: 'failed', profile: target, failure: outcome?.error.failure ?? { code: 'SESSION_MISSING', profile: target } }
  return { kind: 'signed-in', profile: target, through, quiet, expiration: outcome.session.credentials.expiration, identity: outcome.session.identity }
}
