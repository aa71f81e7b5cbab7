import { randomBytes } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { listFolder, makeFolder, sweepStages, writeWhole } from '../platform/atomic-file.ts'
import { acquireLock, sweepLockLeftovers } from '../platform/file-lock.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import { pauseSync } from '../platform/time.ts'
import { cacheKeyPath, encodeCacheKey, readCacheKey } from './cache-cipher.ts'
import type { CacheKey, CacheKeyPlaces, CacheKeySource, FoundCacheKey } from './cache-cipher.ts'

/** The key of the cache as a file of its own, in memory where that is to be had; see cache-key.ts for where and how. */

export interface CacheKeyFileOptions extends CacheKeyPlaces {
  /** Told why a key that is there is not used, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

/** Longer than any write of so small a file; whoever waits for longer goes without. */
const LOCK_WAIT_MS = 5_000

/**
 * Keeps the key as a file, mode 0600. Where its place is, is decided at each call. `findOrCreate` throws FILE_NOT_WRITABLE,
 * FILE_INCOMPLETE_WRITE and FILE_LOCKED, and FILE_UNREADABLE for a key that it must not replace.
 */
export function createCacheKeyFile({ onOddity, ...places }: CacheKeyFileOptions): CacheKeySource {
  const find = (): CacheKey | undefined => {
    const path = cacheKeyPath(places)
    const found = readCacheKey(path)
    if (found.kind === 'key') return found.key
    if (found.kind !== 'none') onOddity(`the cache key ${path} ${IN_WORDS[found.kind]}`)
    return undefined
  }
  const findOrCreate = (): CacheKey => {
    const path = cacheKeyPath(places)
    const found = readCacheKey(path)
    if (found.kind !== 'key') return underLock(path, LOCK_WAIT_MS, () => settle(path, onOddity))
    tidyUp(path)
    return found.key
  }
  return { find, findOrCreate }
}

/** Gives a new key, made of what the system has for secrets. */
export function newCacheKey(): CacheKey {
  return { id: randomBytes(8).toString('hex'), bytes: randomBytes(32) }
}

const IN_WORDS: Readonly<Record<Exclude<FoundCacheKey['kind'], 'key' | 'none'>, string>> = {
  exposed: 'can be read by others, or is not yours; it is not used, and will be replaced',
  damaged: 'is damaged; it is not used, and will be replaced',
  newer: 'was made by a later version of awsmfa; it is left alone',
  unreadable: 'cannot be read; it is left alone',
}

/** Reads again what another process may have put there, and else makes the key, in place of one that is no good. */
function settle(path: string, onOddity: (text: string) => void): CacheKey {
  const found = readCacheKey(path)
  if (found.kind === 'key') return found.key
  if (found.kind === 'unreadable' || found.kind === 'newer') throw leftAlone(path, found)
  if (found.kind !== 'none') onOddity(`the cache key ${path} ${IN_WORDS[found.kind]}`)
  writeWhole(path, encodeCacheKey(newCacheKey()))
  const made = readCacheKey(path)
  if (made.kind === 'key') return made.key
  // Where modes mean nothing every file can be read by others, and no key is safe.
  errnoOf(() => unlinkSync(path))
  throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno: 'EPERM', step: 'read-back' })
}

/** One process at a time makes the key, so that all agree on one. */
function underLock<T>(path: string, waitMs: number, action: () => T): T {
  makeFolder(path)
  const lock = writing(path, 'lock', () => acquireLock(`${path}.awsmfa-lock`, { waitMs, pause: pauseSync }))
  try {
    const names = listFolder(path)
    sweepLockLeftovers(lock, names)
    sweepStages(path, names)
    return action()
  } finally {
    lock.release()
  }
}

/** Clears away what somebody who was killed while making the key left beside it; nobody makes one again for long. */
function tidyUp(path: string): void {
  try {
    if (listFolder(path).some((name) => name.startsWith(`${basename(path)}.awsmfa-`)))
      underLock(path, 0, () => undefined)
  } catch (error) {
    // Another process is at it, or the folder cannot be changed: the key is there, and that is all that counts.
    if (!(error instanceof AwsmfaError)) throw error
  }
}

function leftAlone(path: string, found: FoundCacheKey): AwsmfaError {
  return new AwsmfaError({
    code: 'FILE_UNREADABLE',
    place: { path },
    errno: found.kind === 'unreadable' ? found.errno : 'EEXIST',
  })
}
