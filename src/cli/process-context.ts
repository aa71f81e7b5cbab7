/** The effects of `credential-process`: those of `exec`, and little time, because whoever started it waits for so long and no longer. */
import { AwsmfaError } from '../core/failures.ts'
import type { LoginFirstContext } from '../commands/login-first.ts'
import type { Invocation } from '../core/invocation.ts'
import { parseDuration } from '../core/login/duration.ts'
import type { Context } from './context.ts'
import { createProgramContext } from './program-context.ts'

/**
 * The AWS SDK for Rust gives a credential process about 20 s, the one for Go a minute (aws-config › profile › credentials
 * › exec; aws-sdk-go-v2/credentials/processcreds › DefaultTimeout).
 */
const TIMEOUT_SECONDS = 20
/** Longer than any caller waits. */
const LONGEST_SECONDS = 600

/** Makes them. The time runs from now on, whoever is asked. Throws USAGE. */
export function createProcessContext(invocation: Invocation, context: Context): LoginFirstContext {
  const seconds = timeoutOf(invocation)
  const timeout = new AbortController()
  setTimeout(() => timeout.abort(new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds, waitingFor: 'a session' })), seconds * 1000).unref()
  const cancelled = AbortSignal.any([context.cancelled, timeout.signal])
  return createProgramContext({ ...context, cancelled })
}

function timeoutOf({ options }: Invocation): number {
  const text = options['timeout']
  if (typeof text !== 'string') return TIMEOUT_SECONDS
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds > 0 && seconds <= LONGEST_SECONDS) return seconds
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--timeout', value: text, expected: 'a length of time up to 10m, such as 20s' } })
}
