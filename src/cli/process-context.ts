/** The effects of `credential-process`: those of `exec`, and little time, because whoever started it waits for so long and no longer. */
import { AwsmfaError } from '../core/failures.ts'
import { keepAnswer, noteSources } from '../adapters/answer-store.ts'
import { monotonicMs } from '../adapters/monotonic-clock.ts'
import { resolveSharedFiles, surroundingsOfProcess } from '../adapters/paths.ts'
import { settingsReader } from '../adapters/settings-file.ts'
import type { ProcessContext } from '../commands/credential-process.ts'
import type { Invocation } from '../core/invocation.ts'
import { findOutsideLogin, toLength } from '../core/login/settings.ts'
import type { Context } from './context.ts'
import { createProgramContext } from './program-context.ts'

/**
 * The AWS SDK for Rust gives a credential process about 20 s, the one for Go a minute (aws-config › profile › credentials
 * › exec; aws-sdk-go-v2/credentials/processcreds › DefaultTimeout).
 */
const TIMEOUT_SECONDS = 20

/** Makes them. The time runs from now on, whoever is asked. Throws USAGE. */
export async function createProcessContext(invocation: Invocation, context: Context): Promise<ProcessContext> {
  const { environment, folders, now, debug } = context
  const sources = { environment, folders, files: resolveSharedFiles(surroundingsOfProcess()) }
  // Before anything of it is read for the answer; what was read of the settings until now may be older.
  const madeFrom = noteSources(sources)
  const readSettings = settingsReader(folders.config)
  const seconds = await timeoutOf(invocation, { environment, readSettings })
  const endMs = monotonicMs() + seconds * 1000
  const timeout = new AbortController()
  setTimeout(() => timeout.abort(new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds, waitingFor: 'a session' })), seconds * 1000).unref()
  const cancelled = AbortSignal.any([context.cancelled, timeout.signal])
  const program = createProgramContext({ ...context, cancelled, readSettings })
  return {
    ...program,
    deadline: { ...program.deadline, leftMs: () => Math.min(program.deadline.leftMs(), endMs - monotonicMs()) },
    keepAnswer: (profile, answer) => {
      // It would lie under the key of a file, where the next run could open it without the keychain.
      if (context.cacheKeyPlace === 'keychain') return
      const places = { ...sources, profile, runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state }
      keepAnswer(places, { ...answer, madeFrom }, now(), debug)
    },
  }
}

async function timeoutOf({ options }: Invocation, { environment, readSettings }: Pick<Context, 'environment' | 'readSettings'>): Promise<number> {
  const found = findOutsideLogin('timeout', { options, environment, defaults: await readSettings() })
  return found === undefined ? TIMEOUT_SECONDS : toLength('timeout', found).value
}
