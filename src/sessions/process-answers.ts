import { lstatSync, rmSync } from 'node:fs'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/expiration.ts'
import { AwsmfaError } from '../model/failure.ts'
import { SETTINGS_FILES } from '../platform/paths.ts'
import type { OwnFolders } from '../platform/paths.ts'
import { isThere, readWhole } from '../platform/read-file.ts'
import { findCacheKey, openSealed, seal } from './cache-cipher.ts'
import type { CacheKeyPlaces } from './cache-cipher.ts'

/**
 * Answers of `credential-process` as they were given, sealed, so that the same question needs nothing but to be compared: each
 * carries what it was resolved from, and holds no longer than that is as it was. Only reading is here, for the entry.
 */

/** What decides what an answer says, for whatever profile. */
export interface AnswerSources {
  readonly folders: OwnFolders
  /** The two shared files. */
  readonly files: Readonly<Record<'credentials' | 'config', string>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Everything that an answer depends on. */
export interface AnswerPlaces extends CacheKeyPlaces, AnswerSources {
  readonly profile: string
}

/** What is kept. `fingerprint`: of what it was resolved from; instants in ms since 1970. */
export interface KeptAnswer {
  readonly version: 1
  readonly fingerprint: string
  readonly createdAt: number
  /** From then on the session is to be looked at anew. */
  readonly goodUntil: number
  /** What goes to stdout. */
  readonly text: string
}

/** A clock that is so much behind the instant at which an answer was made was set back, and cannot tell when it ends. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/**
 * Gives the answer, if there is one for exactly these circumstances that is still good. Undefined for everything else; never
 * throws.
 */
export function findAnswer(places: AnswerPlaces, nowMs: number): string | undefined {
  const name = answerName(places.profile)
  if (name === undefined) return undefined
  try {
    const sealed = readWhole(`${places.folders.cache}/${name}`)
    const key = sealed === undefined ? undefined : findCacheKey(places)
    const opened = sealed === undefined || key === undefined ? undefined : openSealed(sealed, name, key)
    if (opened === undefined) return undefined
    const kept = JSON.parse(opened.toString()) as Partial<KeptAnswer>
    const { version, fingerprint, createdAt = Infinity, goodUntil = 0, text } = kept
    const holds = goodUntil > nowMs && createdAt <= nowMs + CLOCK_TOLERANCE_MS
    return version === 1 && holds && fingerprint === fingerprintOf(places) ? text : undefined
  } catch {
    // The long way finds out what is wrong, and makes it anew.
    return undefined
  }
}

/** The file in the cache folder; undefined for a profile whose name is too long for one, or no text that can be encoded. */
export function answerName(profile: string): string | undefined {
  const encoded = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(profile)
    ? undefined
    : encodeURIComponent(profile)
  return encoded === undefined || encoded.length > 200 ? undefined : `answers/${encoded}.sealed`
}

/**
 * Variables that decide nothing here, and differ between programs that ask for the same: which profile is known by then, and keys
 * in the environment are not what credential-process starts from unless the settings say so, nor is anything secret to lie in a file.
 */
const WITHOUT_EFFECT =
  /^(?:AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|(?:DEFAULT_)?PROFILE|EXECUTION_ENV|PAGER|(?:SDK|CLI)_\w+)|AWSMFA_(?:PROFILE|PS1|NO_COLOR))$/

/**
 * What an answer was resolved from: both files, awsmfa's settings, the session cache (which every login and logout changes) by
 * their sizes and times, and the variables that count. Throws for what cannot be looked at.
 */
export function fingerprintOf(places: AnswerSources): string {
  return JSON.stringify([sourcesOf(places), pathFacts(`${places.folders.cache}/sessions`)])
}

/** The same but for the session cache, which awsmfa itself changes on its way to an answer. Throws for what cannot be looked at. */
export function sourcesOf({ files, folders, environment }: AnswerSources): string {
  const shared = [files.credentials, files.config].map(pathFacts)
  const settings = settingsFiles(folders).map(pathFacts)
  // The settings may say that the long-term keys are those of the environment; whose they are their id tells.
  const mayStartFromKeys = settings.some(([, ...facts]) => facts.length > 0)
  const counts = (name: string): boolean =>
    !WITHOUT_EFFECT.test(name) || (mayStartFromKeys && name === 'AWS_ACCESS_KEY_ID')
  const variables = Object.keys(environment).filter((name) => name.startsWith('AWS') && counts(name))
  return JSON.stringify([shared, settings, variables.sort().map((name) => [name, environment[name]])])
}

/** Tells whether there is a settings file of awsmfa's, which only the long way reads. */
export function hasSettings(folders: OwnFolders): boolean {
  return settingsFiles(folders).some(isThere)
}

function settingsFiles({ config }: OwnFolders): readonly string[] {
  return SETTINGS_FILES.map((name) => `${config}/${name}`)
}

function pathFacts(path: string): readonly [string, ...number[]] {
  return [path, ...factsOf(path)]
}

function factsOf(path: string): readonly number[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // A link stays as it is when its file changes.
  if (found?.isSymbolicLink() === true) throw new Error('a link would have to be followed')
  return found === undefined ? [] : [found.size, found.mtimeMs, found.ino]
}

/** Keeping answers of `credential-process`; see answer-file.ts for what they are and how they are found. */

/** An answer as it goes to stdout, and until when it may be given without another look. */
export interface Answer {
  readonly text: string
  readonly goodUntil: Date
  /** What noteSources gave before anything was read. Undefined: it is not kept. */
  readonly madeFrom: string | undefined
}

/** Notes what an answer is about to be made from. Undefined where that cannot be looked at; never throws. */
export function noteSources(places: AnswerSources): string | undefined {
  try {
    return sourcesOf(places)
  } catch {
    // Then no answer can be kept, and that is all.
    return undefined
  }
}

/** Keeps an answer where the key is at hand and nothing that it was made from has changed meanwhile. Never throws: what is not kept is found out anew. `onOddity` is told, without secrets. */
export async function keepAnswer(
  places: AnswerPlaces,
  { text, goodUntil, madeFrom }: Answer,
  now: Date,
  onOddity: (text: string) => void,
): Promise<void> {
  const { writeWhole } = await import('../platform/atomic-file.ts')
  const [name, key] = [answerName(places.profile), findCacheKey(places)]
  if (name === undefined || key === undefined) return
  try {
    const fingerprint = fingerprintOf(places)
    // Somebody was asked for a code, or STS waited for, and the files were edited: it is what they said before.
    if (sourcesOf(places) !== madeFrom)
      return onOddity('the answer was not kept: what it was made from has changed, or could not be looked at')
    const kept: KeptAnswer = { version: 1, fingerprint, createdAt: now.getTime(), goodUntil: goodUntil.getTime(), text }
    writeWhole(`${places.folders.cache}/${name}`, seal(Buffer.from(JSON.stringify(kept)), name, key))
  } catch (error) {
    onOddity(
      `the answer could not be kept (${error instanceof AwsmfaError ? error.failure.code : 'a link stands in the way'})`,
    )
  }
}

/** Removes all answers: something that they were resolved from has changed. Never throws. */
export function forgetAnswers(cacheFolder: string): void {
  try {
    rmSync(`${cacheFolder}/answers`, { recursive: true, force: true })
  } catch {
    // They no longer fit, since the session cache has changed, and are sealed.
  }
}

/**
 * The JSON of the credential_process protocol, version 1 (AWS CLI User Guide, "Sourcing credentials with an external process"),
 * with the account where it is known: SDKs that want it need no call to find it.
 */
export function renderProcessAnswer({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration,
  account,
}: ShortTermCredentials & { readonly account: string | undefined }): string {
  const accountId = account === undefined ? {} : { AccountId: account }
  return `${JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: formatExpiration(expiration), ...accountId })}\n`
}
