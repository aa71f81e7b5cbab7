import { join } from 'node:path'
import { readdirSync, unlinkSync } from 'node:fs'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { giveToOwnerOf, makeFolder, tryStage, writeWhole } from '../platform/atomic-file.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { readRegularFile } from '../platform/read-file.ts'
import { errnoOf } from '../platform/system-error.ts'
import { cacheEntryName, decodeCacheEntry, encodeCacheEntry, isCacheEntryName } from './aws-cache-entry.ts'
import type { AwsCache, AwsCacheFinding, AwsCacheWrite, CacheArguments } from './aws-cache-entry.ts'
import type { StoredSession } from './reuse.ts'
import type { Removal } from './stores.ts'

/**
 * The caches in which the AWS CLI and botocore keep the sessions of role profiles, as stores of sessions. Both lie under the
 * home folder, which is the only thing that moves them (awscli, customizations/assumerole.py; botocore, utils.py ›
 * JSONFileCache). Other programs keep other things there, AWS's own telemetry among them: nothing but entries with awsmfa's
 * mark, and entries of a name that was computed for a profile, is ever touched.
 */

/** The AWS CLI's cache, which boto3-session-cache reads too, or botocore's own, which SAM reads. */
export type AwsCacheKind = 'cli-cache' | 'boto-cache'

export interface AwsCacheOptions {
  /** The home folder as botocore has it: HOME, on Windows USERPROFILE. */
  readonly home: string
  readonly kind: AwsCacheKind
  readonly sha1: (text: string) => string
  /** Told what was found unreadable or damaged, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

/** One of the two caches, with what tests and healing need beside the port. */
export interface AwsCacheStore extends AwsCache {
  /** Removes the entry of that name if it is damaged; another program's that works stays. Throws FILE_NOT_WRITABLE. */
  readonly healFor: (cacheArguments: CacheArguments) => boolean
}

interface OwnEntry {
  readonly path: string
  readonly profiles: readonly string[]
  readonly session: StoredSession
}

const FOLDERS = { 'cli-cache': ['.aws', 'cli', 'cache'], 'boto-cache': ['.aws', 'boto', 'cache'] } as const

/** An entry is about as long. */
const TRIAL_BYTES = 2048

/** Makes the store. Touches nothing until it is asked. */
export function createAwsCacheStore({ home, kind, sha1, onOddity }: AwsCacheOptions): AwsCacheStore {
  const folder = join(home, ...FOLDERS[kind])
  const pathFor = (cacheArguments: CacheArguments): string => join(folder, cacheEntryName(cacheArguments, sha1))
  const ownEntries = (): readonly OwnEntry[] =>
    entriesOf(folder, onOddity).flatMap((path) => ownEntryAt(path, kind) ?? [])
  return {
    source: kind,
    pathFor,
    findFor: (cacheArguments) => findAt(pathFor(cacheArguments), onOddity),
    storeFor: (cacheArguments, write) => storeAt(pathFor(cacheArguments), write, home),
    preflight: () => preflightIn(folder),
    healFor: (cacheArguments) => {
      const path = pathFor(cacheArguments)
      if (findAt(path, onOddity).kind !== 'damaged') return false
      removeAt(path)
      return true
    },
    find: (profile) => lastingLongest(ownEntries().filter(({ profiles }) => profiles.includes(profile))),
    managedProfiles: () => [...new Set(ownEntries().flatMap(({ profiles }) => profiles))],
    remove: (profiles) => removeOwn(ownEntries(), profiles),
  }
}

function findAt(path: string, onOddity: (text: string) => void): AwsCacheFinding {
  const text = readEntry(path, onOddity)
  if (text === 'none') return { kind: 'none' }
  const entry = text === 'unreadable' ? undefined : decodeCacheEntry(text.content)
  if (entry !== undefined) return { kind: 'entry', entry }
  if (text !== 'unreadable') onOddity(`the cache entry ${path} is damaged: the AWS CLI and SAM fail on it`)
  return { kind: 'damaged' }
}

type EntryText = { readonly content: string } | 'none' | 'unreadable'

/** Readers take what is no regular file for no entry (os.path.isfile), and fail on one that they cannot read or decode. */
function readEntry(path: string, onOddity: (text: string) => void): EntryText {
  try {
    const { bytes, stat } = readRegularFile(path)
    return stat === undefined
      ? 'none'
      : { content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch (error) {
    if (isFailure(error, 'FILE_NOT_REGULAR')) {
      onOddity(`the cache entry ${path} is no regular file`)
      return 'none'
    }
    const errno = isFailure(error, 'FILE_UNREADABLE') ? error.failure.errno : undefined
    if (errno === 'ENOTDIR') return 'none'
    if (errno === undefined && !(error instanceof TypeError)) throw error
    onOddity(`the cache entry ${path} cannot be read (${errno ?? 'it is no UTF-8'})`)
    return 'unreadable'
  }
}

function storeAt(
  path: string,
  { profile, requestHash, credentials, assumedRoleArn }: AwsCacheWrite,
  home: string,
): void {
  const before = findAt(path, () => undefined)
  const others = before.kind === 'entry' ? (before.entry.mark?.profiles ?? []).filter((name) => name !== profile) : []
  const content = encodeCacheEntry({
    credentials,
    ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }),
    mark: { profiles: [profile, ...others], requestHash },
  })
  writeWhole(path, content)
  // The folder may be root's although the home is not: an entry that its owner cannot read makes every call of the profile fail.
  giveToOwnerOf(home, path)
}

/** With the folder there, what a killed rehearsal leaves lies where the next write sweeps. */
function preflightIn(folder: string): void {
  const trial = join(folder, 'trial')
  makeFolder(trial)
  tryStage(trial, TRIAL_BYTES)
}

function entriesOf(folder: string, onOddity: (text: string) => void): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(isCacheEntryName)
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') onOddity(`the cache folder ${folder} cannot be read (${code ?? 'unknown'})`)
    return []
  }
}

/** What others keep in the folder is no oddity. */
function ownEntryAt(path: string, kind: AwsCacheKind): OwnEntry | undefined {
  const found = findAt(path, () => undefined)
  if (found.kind !== 'entry' || found.entry.mark === undefined) return undefined
  const { credentials, mark } = found.entry
  const session: StoredSession = {
    source: kind,
    accessKeyId: credentials.accessKeyId,
    expiration: credentials.expiration,
    managedBy: 'awsmfa',
  }
  return { path, profiles: mark.profiles, session }
}

/**
 * An entry goes with any of its profiles: what is left of it would still answer for the one that signed out. One that cannot be
 * removed is a warning: by then the session is gone from elsewhere.
 */
function removeOwn(
  entries: readonly OwnEntry[],
  profiles: readonly string[],
): { readonly removals: readonly Removal[]; readonly warnings: readonly WriteWarning[] } {
  const wanted = profiles.map((profile) => ({
    profile,
    own: entries.filter((entry) => entry.profiles.includes(profile)),
  }))
  const warnings = [...new Set(wanted.flatMap(({ own }) => own.map((entry) => entry.path)))].flatMap(
    (path): readonly WriteWarning[] => {
      const errno = removalRefusal(path)
      return errno === undefined ? [] : [{ kind: 'session-not-removed', path, errno }]
    },
  )
  const removals = wanted.map(({ profile, own }): Removal => ({
    profile,
    removed: own.length > 0 ? 'session' : 'nothing',
    session: lastingLongest(own),
  }))
  return { removals, warnings }
}

function removeAt(path: string): void {
  const errno = removalRefusal(path)
  if (errno !== undefined) throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno, step: 'remove' })
}

/** Removes a file and gives the refusal; that it is gone already is what was wanted. */
function removalRefusal(path: string): string | undefined {
  const errno = errnoOf(() => unlinkSync(path))
  return errno === 'ENOENT' ? undefined : errno
}

/** Settings that changed between two logins leave a profile with more than one entry. */
function lastingLongest(entries: readonly OwnEntry[]): StoredSession | undefined {
  const sessions = entries.map(({ session }) => session)
  return sessions
    .toSorted((left, right) => (left.expiration?.getTime() ?? 0) - (right.expiration?.getTime() ?? 0))
    .at(-1)
}
