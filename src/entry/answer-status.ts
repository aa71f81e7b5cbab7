import { createOutput, streamFacts } from '../adapters/output.ts'
import { resolveHome, surroundingsOfProcess } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'
import { isThere } from '../adapters/read-whole.ts'
import { textStyle } from '../adapters/text-style.ts'
import { status } from '../commands/status.ts'
import type { Invocation } from '../core/invocation.ts'
import { readKnownIdentity, readSnapshots } from './read-files.ts'

/**
 * Answers `status` without loading anything. Gives the exit code, or undefined for whatever is out of the ordinary (a profile
 * or a file that is not there to be read, a usage error): then nothing was written, and the long way reports it in full.
 */
export function answerStatus(invocation: Invocation): number | undefined {
  const surroundings = surroundingsOfProcess()
  const { env } = surroundings
  const noColor = invocation.options['no-color'] === true
  try {
    return status(invocation, {
      environment: env,
      now: () => new Date(),
      readFiles: () => readSnapshots(surroundings),
      identityOf: (accessKeyId) => readKnownIdentity(surroundings, accessKeyId),
      cachedSessionOf: () => noneUnlessCached(surroundings),
      terminal: {
        writeData: createOutput(1),
        writeTalk: createOutput(2),
        data: textStyle({ environment: env, platform: process.platform, noColor, stream: streamFacts(1) }),
      },
    })
  } catch {
    // the built main.ts goes the same way again, with adapters that know every failure and the words for it.
    return undefined
  }
}

/** What lies in the caches of the AWS CLI is found by hashes, which cost more than all of this: then the long way is taken. */
function noneUnlessCached(surroundings: Surroundings): undefined {
  const home = resolveHome(surroundings)
  if (['cli', 'boto'].some((tool) => isThere(`${home}/.aws/${tool}/cache`))) throw new Error('the caches have to be looked into')
  return undefined
}
