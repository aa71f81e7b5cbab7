import { findAnswer, hasSettings } from '../adapters/answer-file.ts'
import { createOutput } from '../adapters/output.ts'
import { resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import { usableSectionSession } from '../core/login/section-session.ts'
import { isStandardRole } from '../core/login/store-profile.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import { renderProcessAnswer } from '../render/process-answer.ts'
import { readKnownIdentity, readSnapshots } from './read-files.ts'

/**
 * Answers `credential-process` from what was answered before, or from the session in the profile's own section, where either
 * holds for more than 15 minutes. Gives the exit code, or undefined for whatever else: then nothing was written.
 */
export function answerProcess(invocation: Invocation): number | undefined {
  if (Object.keys(invocation.options).some((name) => name !== 'profile')) return undefined
  try {
    const surroundings = surroundingsOfProcess()
    const profile = resolveTargetProfile(invocation, surroundings.env).value
    const text = answerBefore(profile, surroundings) ?? answerFromSection(profile, surroundings)
    if (text === undefined) return undefined
    createOutput(1)(text)
    return 0
  } catch {
    // The long way goes over it again, and knows every failure and the words for it.
    return undefined
  }
}

function answerBefore(profile: string, surroundings: Surroundings): string | undefined {
  const { env: environment } = surroundings
  const folders = resolveOwnFolders(surroundings)
  const places = { profile, environment, folders, files: resolveSharedFiles(surroundings), runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state }
  return findAnswer(places, Date.now())
}

/** A role profile's section is not what tools use, even if keys stand there. When to renew may stand in the settings. */
function answerFromSection(name: string, surroundings: Surroundings): string | undefined {
  if (surroundings.env['AWSMFA_REFRESH_WINDOW'] !== undefined || hasSettings(resolveOwnFolders(surroundings))) return undefined
  const { credentials, config } = readSnapshots(surroundings)
  const profile = readProfiles({ credentials: credentials.text, config: config.text }).find(name)
  const session = profile === undefined || isStandardRole(profile) ? undefined : usableSectionSession(profile, new Date(), 0)
  return session === undefined ? undefined : renderProcessAnswer({ ...session, account: readKnownIdentity(surroundings, session.accessKeyId)?.account })
}
