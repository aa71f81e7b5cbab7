/** The login before a program, which is loaded only where there is one. */
import { isFailure } from '../core/failures.ts'
import type { AwsmfaError } from '../core/failures.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import { isUsable } from '../core/sessions/session-record.ts'
import { settleAttempt } from './login-attempt.ts'
import type { LoginRun } from './login-attempt.ts'
import type { LoginFirstContext } from './login-first.ts'
import { loginOne } from './login-one.ts'

/**
 * Signs in the profile that the line is about, as `login` would. Throws what login throws, and `missing` where a code would be
 * needed and nobody can be asked for one.
 */
export async function loginForProgram(invocation: Invocation, missing: AwsmfaError, context: LoginFirstContext): Promise<void> {
  const run = await loginRun(invocation, context)
  if (!context.terminal.canAsk() && !hasMfaSession(context)) {
    // What refuses the login says more than that there is no session.
    const { candidate } = settleAttempt(run.invocation, 1, run)
    if (!context.canGetCode(candidate.resolution)) throw missing
  }
  try {
    await loginOne(run)
  } catch (error) {
    throw isFailure(error, 'PROMPT_UNAVAILABLE') ? missing : error
  } finally {
    context.keepPromptLines()
  }
}

/** The login that the line would be, had it been one. */
async function loginRun({ options, positionals }: Invocation, context: LoginFirstContext): Promise<LoginRun> {
  const kept = Object.entries(options).filter(([name]) => LOGIN_OPTIONS.has(name))
  const snapshots = context.files.read()
  return {
    invocation: { command: 'login', positionals, options: Object.fromEntries(kept) },
    context,
    talk: options['quiet'] === true ? () => undefined : context.terminal.writeTalk,
    snapshots,
    profiles: readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text }),
    defaults: await context.readSettings(),
  }
}

const LOGIN_OPTIONS: ReadonlySet<string> = new Set(['profile', 'min-ttl', 'region', 'endpoint-url', 'ca-bundle', 'quiet', 'allow-root', 'no-color', 'debug'])

/** A role's session can be made anew without a code while an MFA session is kept. */
function hasMfaSession({ cache, now }: LoginFirstContext): boolean {
  return cache.list().some((record) => record.key.chain === '' && isUsable(record, now(), 0))
}
