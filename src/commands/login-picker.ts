import { AwsmfaError } from '../core/failures.ts'
import { canBeSignedIn, findCandidates } from '../core/login/candidates.ts'
import type { CandidateInput } from '../core/login/candidates.ts'
import { visible } from '../core/visible-text.ts'
import { PICK_QUESTION, pickOnlyQuestion } from '../render/login.ts'
import type { LoginRun } from './login-attempt.ts'

/**
 * Gives the run with the profile that is meant where none is named: where `default` cannot be signed in, the person picks one of
 * those that can; where there is none, the run stays as it is, and fails for what is wrong with `default`. Throws
 * PROFILE_NOT_NAMED where nobody can be asked, CANCELLED, and DECLINED for a no to the only one.
 */
export async function withProfileNamed(run: LoginRun): Promise<LoginRun> {
  const { invocation, context } = run
  const input = inputOf(run)
  if (canBeSignedIn('default', input)) return run
  const candidates = findCandidates({ ...input, records: context.cache.list() })
  if (candidates.length === 0) return run
  const picked = await pick(candidates, run)
  return { ...run, invocation: { ...invocation, positionals: [picked] } }
}

async function pick(candidates: readonly string[], { context: { terminal, deadline, cancelled } }: LoginRun): Promise<string> {
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'PROFILE_NOT_NAMED', candidates })
  const [only, second] = candidates
  if (only !== undefined && second === undefined) {
    const answer = await deadline.pauseWhile(terminal.ask({ text: pickOnlyQuestion(only), wanted: 'answer' }, cancelled))
    if (!/^(?:y|yes)?$/i.test(answer)) throw new AwsmfaError({ code: 'DECLINED' })
    return only
  }
  const index = await deadline.pauseWhile(terminal.choose(PICK_QUESTION, candidates.map((name) => visible(name)), cancelled))
  return candidates[index] ?? ''
}

function inputOf({ invocation, context, profiles, snapshots, defaults }: LoginRun): Omit<CandidateInput, 'records'> {
  const { environment, readFile, isWindows } = context
  const paths = { credentials: snapshots.credentials.path, config: snapshots.config.path }
  return { invocation, environment, profiles, paths, defaults, readFile, config: snapshots.config.text, isWindows }
}
