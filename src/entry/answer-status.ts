import { statSync } from 'node:fs'
import { createOutput, streamFacts } from '../adapters/output.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'
import { isThere } from '../adapters/read-whole.ts'
import { textStyle } from '../adapters/text-style.ts'
import { status } from '../commands/status.ts'
import type { ProfileView } from '../core/files/profile-view.ts'
import type { Invocation } from '../core/invocation.ts'
import { isOwnProcess } from '../core/login/own-process-line.ts'
import { readKnownIdentity, readSnapshots } from './read-files.ts'

/**
 * Answers `status` without loading anything. Gives the exit code, or undefined for whatever is out of the ordinary (a profile
 * or a file that is not there to be read, a usage error, lines for prompts that are older than the file, settings that may
 * forbid colours): then nothing was written, and the long way reports it in full.
 */
export function answerStatus(invocation: Invocation): number | undefined {
  const surroundings = surroundingsOfProcess()
  const { env } = surroundings
  const noColor = invocation.options['no-color'] === true
  try {
    const data = textStyle({ environment: env, platform: process.platform, noColor, stream: streamFacts(1) })
    if (arePromptLinesOld(surroundings) || (data.colour && mayForbidColour(surroundings))) return undefined
    return status(invocation, {
      environment: env,
      now: () => new Date(),
      readFiles: () => readSnapshots(surroundings),
      identityOf: (accessKeyId) => readKnownIdentity(surroundings, accessKeyId),
      cachedSessionOf: (profile) => noneUnlessCached(profile, surroundings),
      terminal: {
        writeData: createOutput(1),
        writeTalk: createOutput(2),
        data,
      },
    })
  } catch {
    // the built main.ts goes the same way again, with adapters that know every failure and the words for it.
    return undefined
  }
}

/** They are dated from the credentials file, and so is their folder. Only the long way can write them. */
function arePromptLinesOld(surroundings: Surroundings): boolean {
  const { credentials } = resolveSharedFiles(surroundings)
  const folder = statSync(`${credentials}.awsmfa`, { throwIfNoEntry: false })
  if (folder === undefined) return false
  return folder.mtimeMs < (statSync(credentials, { throwIfNoEntry: false })?.mtimeMs ?? Infinity)
}

/** awsmfa's own settings may; they are read in the long way alone. Whoever wants no colours anyway does not pay for the look. */
function mayForbidColour(surroundings: Surroundings): boolean {
  return isThere(resolveOwnFolders(surroundings).config)
}

/** What lies in the caches of the AWS CLI is found by hashes, which cost more than all of this: then the long way is taken. */
function noneUnlessCached(profile: ProfileView, surroundings: Surroundings): undefined {
  if (isOwnProcess(profile)) throw new Error("awsmfa's own cache has to be looked into")
  const home = resolveHome(surroundings)
  if (['cli', 'boto'].some((tool) => isThere(`${home}/.aws/${tool}/cache`))) throw new Error('the caches have to be looked into')
  return undefined
}
