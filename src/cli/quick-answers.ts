/**
 * Answers the two commands that prompts and SDKs run all day, `status` and a cached `credential-process`, with Node's
 * fs alone. Anything unusual (an unreadable file, a usage error, another cache to look into) is declined: nothing has
 * been written, and the command itself runs, which has the words for every failure.
 */
import { statSync } from 'node:fs'
import { isIgnored, isOwnProcess, signInCommandOf } from '../aws-files/profile-keys.ts'
import { snapshotsOf } from '../aws-files/profiles.ts'
import type { FileSnapshot, SharedSnapshots } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { status } from '../commands/status.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { ProfileView } from '../model/profile.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { Surroundings } from '../platform/paths.ts'
import { isThere, readWhole } from '../platform/read-file.ts'
import { identityPath, readFact, readIdentity } from '../sessions/caller-identity.ts'
import type * as ProcessAnswers from '../sessions/process-answers.ts'
import { outlasts } from '../sessions/reuse.ts'
import { findCurrentSession } from '../sessions/status.ts'
import { createMessageOutput, createOutput, streamFacts } from '../ui/streams.ts'
import { textStyle } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'

/** Answers a line and returns its exit code; undefined if it is declined. */
export async function answerQuickly(invocation: Invocation): Promise<number | undefined> {
  if (invocation.command !== 'status' && invocation.command !== 'credential-process') return undefined
  try {
    const surroundings = surroundingsOfProcess()
    return invocation.command === 'status'
      ? answerStatus(invocation, surroundings)
      : await answerProcess(invocation, surroundings)
  } catch (error) {
    // Nothing is declined any more once something was written.
    if (isFailure(error, 'STDOUT_UNWRITABLE')) throw error
    return undefined
  }
}

function answerStatus(invocation: Invocation<'status'>, surroundings: Surroundings): number | undefined {
  if (invocation.options.pick === true || invocation.options.watch === true) return undefined
  const { env } = surroundings
  const noColor = invocation.options.noColor === true
  const styleOf = (descriptor: 1 | 2): TextStyle =>
    textStyle({ environment: env, platform: process.platform, noColor, stream: streamFacts(descriptor) })
  const [data, talk] = [styleOf(1), styleOf(2)]
  if (arePromptLinesOld(surroundings) || ((data.color || talk.color) && mayForbidColor(surroundings))) return undefined
  return status(invocation, {
    environment: env,
    now: () => new Date(),
    files: { read: () => readSnapshots(surroundings) },
    facts: { identityOf: (accessKeyId) => readKnownIdentity(surroundings, accessKeyId) },
    cachedSessionOf: (profile) => noneUnlessCached(profile, surroundings),
    terminal: { stdout: createOutput(1), stderr: createMessageOutput(talk), data },
  })
}

/** Prompt lines older than the credentials file are written anew by the command itself. */
function arePromptLinesOld(surroundings: Surroundings): boolean {
  const { credentials } = resolveSharedFiles(surroundings)
  const folder = statSync(`${credentials}.awsmfa`, { throwIfNoEntry: false })
  if (folder === undefined) return false
  return folder.mtimeMs < (statSync(credentials, { throwIfNoEntry: false })?.mtimeMs ?? Infinity)
}

/** The settings file may turn color off, and only the command itself reads it. */
function mayForbidColor(surroundings: Surroundings): boolean {
  return isThere(resolveOwnFolders(surroundings).config)
}

/** Entries in the AWS CLI's caches are found by hashes, which cost more than everything here. */
function noneUnlessCached(profile: ProfileView, surroundings: Surroundings): undefined {
  if (isOwnProcess(profile)) throw new Error("awsmfa's own cache has to be looked into")
  if (signInCommandOf(profile) !== undefined) throw new Error("the AWS CLI's tokens have to be looked into")
  const home = resolveHome(surroundings)
  if (['cli', 'boto'].some((tool) => isThere(`${home}/.aws/${tool}/cache`)))
    throw new Error('the caches have to be looked into')
  return undefined
}

/** Prints the stored answer, or the session in the profile's own section if more than 15 minutes of it remain. */
async function answerProcess(
  invocation: Invocation<'credential-process'>,
  surroundings: Surroundings,
): Promise<number | undefined> {
  if (Object.keys(invocation.options).some((name) => name !== 'profile')) return undefined
  const { env: environment } = surroundings
  const profile = resolveTargetProfile(invocation, environment).value
  // Loaded only here: with it comes the cipher.
  const answers = await import('../sessions/process-answers.ts')
  const folders = resolveOwnFolders(surroundings)
  const sources = { environment, folders, files: resolveSharedFiles(surroundings) }
  const text = answers.findAnswer(profile, sources, Date.now()) ?? answerFromSection(answers, profile, surroundings)
  if (text === undefined) return undefined
  createOutput(1)(text)
  return 0
}

/** Declines role profiles, whose own section no tool reads, and a settings file, which may say when to renew. */
function answerFromSection(
  { hasSettings, renderProcessAnswer }: typeof ProcessAnswers,
  name: string,
  surroundings: Surroundings,
): string | undefined {
  if (surroundings.env['AWSMFA_REFRESH_WINDOW'] !== undefined || hasSettings(resolveOwnFolders(surroundings)))
    return undefined
  const { profiles } = readSnapshots(surroundings)
  if (isIgnored(profiles.find(name))) return undefined
  const cachedSessionOf = (profile: ProfileView): undefined => noneUnlessCached(profile, surroundings)
  const now = new Date()
  const found = findCurrentSession(name, { profiles, cachedSessionOf, now, minimumSeconds: 0 })
  if (found.kind !== 'session' || found.session.expiration === undefined) return undefined
  const { expiration, ...session } = found.session
  if (!outlasts(expiration, 0, now)) return undefined
  const account = readKnownIdentity(surroundings, session.accessKeyId)?.account
  return renderProcessAnswer({ ...session, expiration, account })
}

function readKnownIdentity(surroundings: Surroundings, accessKeyId: string): CallerIdentity | undefined {
  return readIdentity(readFact(identityPath(resolveOwnFolders(surroundings).cache, accessKeyId)))
}

function readSnapshots(surroundings: Surroundings): SharedSnapshots {
  const paths = resolveSharedFiles(surroundings)
  return snapshotsOf({ credentials: readSnapshot(paths.credentials), config: readSnapshot(paths.config) })
}

function readSnapshot(path: string): FileSnapshot {
  const bytes = readWhole(path)
  return bytes === undefined
    ? { path, text: '', exists: false }
    : { path, text: bytes.toString('latin1'), exists: true }
}
