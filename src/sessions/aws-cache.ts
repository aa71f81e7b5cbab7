/**
 * The caches of the AWS CLI and botocore as stores of sessions. Both are in the home folder, which alone moves them
 * (awscli, customizations/assumerole.py; botocore, utils.py › JSONFileCache). Other programs keep other files there,
 * AWS's own telemetry among them: only entries with awsmfa's mark, and entries of a name computed for a profile, are
 * ever touched.
 */
import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import { giveToOwnerOf, makePrivateFolder, tryStage, writeWhole } from '../platform/atomic-file.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { readRegularFile } from '../platform/read-file.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import {
  cacheEntryName,
  decodeCacheEntry,
  encodeCacheEntry,
  isCacheEntryName,
  storedSession,
} from './aws-cache-entry.ts'
import type { AwsCacheFinding, AwsCacheReader, CacheArguments, CachedEntry } from './aws-cache-entry.ts'
import type { Removal, RemovalOutcome, SessionStore } from './stores.ts'

/**
 * One of the two caches. As a store it holds awsmfa's own entries alone, expired ones included; by arguments, whatever
 * is cached under their name.
 */
export interface AwsCache extends SessionStore, AwsCacheReader {
  readonly source: AwsCacheKind
  /** See SessionStore. */
  readonly remove: (profiles: readonly string[]) => RemovalOutcome
  /**
   * Writes an entry whole, mode 0600, over whatever is there: the caller has made sure that it may go. The mark of an
   * entry of awsmfa's keeps its other profiles. Throws FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE, and has then
   * changed nothing.
   */
  readonly storeFor: (cacheArguments: CacheArguments, write: AwsCacheWrite) => void
  /** Makes the folder, and a trial file that it removes. Throws what `storeFor` would throw. */
  readonly preflight: () => void
  /** Returns the file for these arguments, whether it exists or not. */
  readonly pathFor: (cacheArguments: CacheArguments) => string
}

/** The AWS CLI's cache, which boto3-session-cache reads too, or botocore's own, which SAM reads. */
export type AwsCacheKind = 'cli-cache' | 'boto-cache'

/** A session to cache for a profile. */
export interface AwsCacheWrite {
  readonly profile: string
  readonly requestHash: string
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string
}

export interface AwsCacheOptions {
  /** The home folder as botocore has it: HOME, on Windows USERPROFILE. */
  readonly home: string
  readonly kind: AwsCacheKind
  readonly sha1: (text: string) => string
  /** Called with what is unreadable or damaged, for `--debug`; never with a secret. */
  readonly onOddity: (text: string) => void
}

const FOLDERS = { 'cli-cache': ['.aws', 'cli', 'cache'], 'boto-cache': ['.aws', 'boto', 'cache'] } as const

/** About the size of an entry. */
const TRIAL_BYTES = 2048

/** Makes the store. Touches nothing until it is used. */
export function createAwsCacheStore({ home, kind, sha1, onOddity }: AwsCacheOptions): AwsCache {
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
    managedProfiles: () => [...new Set(ownEntries().flatMap(({ profiles }) => profiles))],
    remove: (profiles) => removeOwn(ownEntries(), profiles),
  }
}

function findAt(path: string, onOddity: (text: string) => void): AwsCacheFinding {
  const text = readEntry(path, onOddity)
  if (text === 'none') return { kind: 'none' }
  if (text === 'unreadable') return { kind: 'damaged' }
  const entry = decodeCacheEntry(text.content)
  if (entry !== undefined) return { kind: 'entry', entry }
  onOddity(`the cache entry ${path} is damaged: the AWS CLI and SAM fail on it`)
  return { kind: 'damaged' }
}

/**
 * Its readers take what is not a regular file for no entry (os.path.isfile), and fail on one that they cannot read or
 * decode.
 */
function readEntry(
  path: string,
  onOddity: (text: string) => void,
): { readonly content: string } | 'none' | 'unreadable' {
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
  // The folder may be root's although the home is not: an entry that its owner cannot read makes every call of the
  // profile fail.
  giveToOwnerOf(home, path)
}

/** Makes the folder first, so that what a killed preflight leaves is where the next write sweeps. */
function preflightIn(folder: string): void {
  const trial = join(folder, 'trial')
  writing(trial, 'folder', () => makePrivateFolder(folder))
  tryStage(trial, TRIAL_BYTES)
}

interface OwnEntry {
  readonly path: string
  readonly profiles: readonly string[]
  readonly session: CachedEntry['session']
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

/** What other programs keep in the folder is not reported. */
function ownEntryAt(path: string, kind: AwsCacheKind): OwnEntry | undefined {
  const found = findAt(path, () => undefined)
  if (found.kind !== 'entry' || found.entry.mark === undefined) return undefined
  return { path, profiles: found.entry.mark.profiles, session: storedSession(found.entry, kind) }
}

/**
 * Removes an entry with any of its profiles: left alone, it would still serve the one that signed out. One that cannot
 * be removed is a warning, because the session is gone from elsewhere by then.
 */
function removeOwn(
  entries: readonly OwnEntry[],
  profiles: readonly string[],
): { readonly removals: readonly Removal[]; readonly warnings: readonly WriteWarning[] } {
  const warnings: WriteWarning[] = []
  const removed = entries
    .filter((entry) => entry.profiles.some((profile) => profiles.includes(profile)))
    .filter(({ path }) => {
      const errno = errnoOf(() => unlinkSync(path))
      if (errno === undefined || errno === 'ENOENT') return true
      warnings.push({ kind: 'session-not-removed', path, errno })
      return false
    })
    .toSorted((left, right) => right.session.expiration.getTime() - left.session.expiration.getTime())
  const removals = profiles.map((profile): Removal => {
    // Settings that changed between two logins leave a profile with more than one entry.
    const session = removed.find((entry) => entry.profiles.includes(profile))?.session
    return { profile, removed: session === undefined ? 'nothing' : 'session', session }
  })
  return { removals, warnings }
}
