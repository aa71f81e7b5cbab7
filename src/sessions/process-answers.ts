/**
 * Answers of `credential-process`, encrypted as they were given, so that the same question takes one comparison. Each
 * carries a fingerprint of what it was resolved from, and counts for nothing once that has changed.
 */
import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { SETTINGS_FILES } from '../platform/paths.ts'
import type { OwnFolders } from '../platform/paths.ts'
import { isThere, readWhole } from '../platform/read-file.ts'
import { decryptEntry, encryptEntry, findCacheKey } from './cache-cipher.ts'
import type { CacheKeyPlaces } from './cache-cipher.ts'

/** What an answer for any profile is resolved from. */
export interface AnswerSources {
  readonly folders: OwnFolders
  /** The two shared files. */
  readonly files: Readonly<Record<'credentials' | 'config', string>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The form on disk. Instants are in ms since 1970. */
interface StoredAnswer {
  readonly version: 1
  readonly fingerprint: string
  readonly createdAt: number
  readonly goodUntil: number
  /** What goes to stdout. */
  readonly text: string
}

/** A clock that is further behind the creation of an answer was set back, and cannot tell when it ends. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** Returns the stored answer for a profile, if it is from exactly these sources and still good. Never throws. */
export function findAnswer(profile: string, sources: AnswerSources, nowMs: number): string | undefined {
  const name = answerName(profile)
  if (name === undefined) return undefined
  try {
    const encrypted = readWhole(join(sources.folders.cache, name))
    const key = encrypted === undefined ? undefined : findCacheKey(keyPlaces(sources))
    const opened = encrypted === undefined || key === undefined ? undefined : decryptEntry(encrypted, name, key)
    if (opened === undefined) return undefined
    const { version, fingerprint, ...answer } = JSON.parse(opened.toString()) as Partial<StoredAnswer>
    const { createdAt = Infinity, goodUntil = 0, text } = answer
    const isGood = version === 1 && goodUntil > nowMs && createdAt <= nowMs + CLOCK_TOLERANCE_MS
    return isGood && fingerprint === fingerprintOf(sources) ? text : undefined
  } catch {
    // The full resolution finds out what is wrong, and replaces the answer.
    return undefined
  }
}

/** A new answer. */
export interface Answer {
  readonly profile: string
  /** What goes to stdout. */
  readonly text: string
  /** Until when it may be returned again without looking at the session. */
  readonly goodUntil: Date
  /** What `noteSources` returned before anything was read; undefined: the answer is not stored. */
  readonly madeFrom: string | undefined
}

/** Returns what an answer is about to be resolved from; undefined if that cannot be examined. Never throws. */
export function noteSources(sources: AnswerSources): string | undefined {
  try {
    return sourcesOf(sources)
  } catch {
    // No answer is stored in that case.
    return undefined
  }
}

/**
 * Stores an answer if the key is there and nothing that it was resolved from has changed meanwhile. Never throws.
 * `onOddity` is called, without secrets, if it is not stored.
 */
export async function storeAnswer(
  sources: AnswerSources,
  { profile, text, goodUntil, madeFrom }: Answer,
  now: Date,
  onOddity: (text: string) => void,
): Promise<void> {
  const { writeWhole } = await import('../platform/atomic-file.ts')
  const [name, key] = [answerName(profile), findCacheKey(keyPlaces(sources))]
  if (name === undefined || key === undefined) return
  try {
    const fingerprint = fingerprintOf(sources)
    // The files were edited while someone typed a code or STS was called: the answer is what they said before.
    if (sourcesOf(sources) !== madeFrom)
      return onOddity('the answer was not kept: what it was made from has changed, or could not be looked at')
    const [createdAt, goodUntilMs] = [now.getTime(), goodUntil.getTime()]
    const stored: StoredAnswer = { version: 1, fingerprint, createdAt, goodUntil: goodUntilMs, text }
    writeWhole(join(sources.folders.cache, name), encryptEntry(Buffer.from(JSON.stringify(stored)), name, key))
  } catch (error) {
    const reason = error instanceof AwsmfaError ? error.failure.code : 'a link is in its place'
    onOddity(`the answer could not be kept (${reason})`)
  }
}

/** Removes all answers, because something that they were resolved from has changed. Never throws. */
export function forgetAnswers(cacheFolder: string): void {
  try {
    rmSync(join(cacheFolder, 'answers'), { recursive: true, force: true })
  } catch {
    // They are encrypted, and no longer fit since the session cache has changed.
  }
}

/** Returns whether there is a settings file of awsmfa's, which only the full resolution reads. */
export function hasSettings(folders: OwnFolders): boolean {
  return settingsFiles(folders).some(isThere)
}

/**
 * Returns the JSON of the credential_process protocol, version 1 (AWS CLI User Guide, "Sourcing credentials with an
 * external process"), with the account if it is known, which saves SDKs a call.
 */
export function renderProcessAnswer(session: ShortTermCredentials & { readonly account: string | undefined }): string {
  const answer = {
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: formatExpiration(session.expiration),
    AccountId: session.account,
  }
  return `${JSON.stringify(answer)}\n`
}

/** The file in the cache folder; undefined for a profile whose name is too long for one or cannot be encoded. */
function answerName(profile: string): string | undefined {
  const hasLoneSurrogate = /\p{Cs}/u.test(profile)
  if (hasLoneSurrogate) return undefined
  const encoded = encodeURIComponent(profile)
  return encoded.length > 200 ? undefined : `answers/${encoded}.sealed`
}

/**
 * Variables that decide nothing here, and differ between programs that ask the same: the profile is known by then, and
 * keys in the environment are not what credential-process starts from unless the settings say so; nor may a secret be
 * stored.
 */
const WITHOUT_EFFECT =
  /^(?:AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|(?:DEFAULT_)?PROFILE|EXECUTION_ENV|PAGER|(?:SDK|CLI)_\w+)|AWSMFA_(?:PROFILE|PS1|NO_COLOR))$/

/**
 * Adds the session cache, which every login and logout changes, to the other sources. Throws if one cannot be examined.
 */
function fingerprintOf(sources: AnswerSources): string {
  return JSON.stringify([sourcesOf(sources), pathFacts(join(sources.folders.cache, 'sessions'))])
}

function keyPlaces({ environment, folders }: AnswerSources): CacheKeyPlaces {
  return { runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state }
}

/**
 * What an answer is resolved from but for the session cache, which awsmfa itself changes on the way: both files and
 * awsmfa's settings, by size and time, and the variables that count. Throws if one cannot be examined.
 */
function sourcesOf({ files, folders, environment }: AnswerSources): string {
  const shared = [files.credentials, files.config].map(pathFacts)
  const settings = settingsFiles(folders).map(pathFacts)
  // The settings may say that the long-term keys are those of the environment; the key id says whose they are.
  const mayStartFromKeys = settings.some(([, ...facts]) => facts.length > 0)
  const counts = (name: string): boolean =>
    !WITHOUT_EFFECT.test(name) || (mayStartFromKeys && name === 'AWS_ACCESS_KEY_ID')
  const variables = Object.keys(environment).filter((name) => name.startsWith('AWS') && counts(name))
  return JSON.stringify([shared, settings, variables.sort().map((name) => [name, environment[name]])])
}

function settingsFiles({ config }: OwnFolders): readonly string[] {
  return SETTINGS_FILES.map((name) => join(config, name))
}

function pathFacts(path: string): readonly [string, ...number[]] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // A link does not change when the file behind it does.
  if (found?.isSymbolicLink() === true) throw new Error('a link would have to be followed')
  return found === undefined ? [path] : [path, found.size, found.mtimeMs, found.ino]
}
