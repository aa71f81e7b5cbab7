/**
 * The key of awsmfa's own cache as a file, mode 0600, in memory where the system has such a folder: making and keeping
 * it.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import { makePrivateFolder, sweepStages, writeWhole } from '../platform/atomic-file.ts'
import { acquireLock } from '../platform/file-lock.ts'
import { errnoOf, orElse, writing } from '../platform/system-error.ts'
import { pauseSync } from '../platform/time.ts'
import { cacheKeyPath, encodeCacheKey, readCacheKey } from './cache-cipher.ts'
import type { CacheKey, CacheKeyPlaces, CacheKeySource, FoundCacheKey } from './cache-cipher.ts'

export interface CacheKeyFileOptions extends CacheKeyPlaces {
  /** Called with why a key that is there is not used, for `--debug`; never with a secret. */
  readonly onOddity: (text: string) => void
}

/** Longer than any write of so small a file. */
const LOCK_WAIT_MS = 5_000

/**
 * Makes the source of the key file. Its place is decided at each call. `findOrCreate` throws FILE_NOT_WRITABLE,
 * FILE_INCOMPLETE_WRITE and FILE_LOCKED, and FILE_UNREADABLE for a key that it must not replace.
 */
export function createCacheKeyFile({ onOddity, ...places }: CacheKeyFileOptions): CacheKeySource {
  return {
    find: () => {
      const path = cacheKeyPath(places)
      const found = readCacheKey(path)
      if (found.kind === 'key') return found.key
      if (found.kind !== 'none') onOddity(`the cache key ${path} ${ODDITIES[found.kind]}`)
      return undefined
    },
    findOrCreate: () => {
      const path = cacheKeyPath(places)
      const found = readCacheKey(path)
      if (found.kind !== 'key') return underLock(path, LOCK_WAIT_MS, () => makeUnlessThere(path, onOddity))
      sweepBeside(path)
      return found.key
    },
  }
}

/** Returns a new random key. */
export function newCacheKey(): CacheKey {
  return { id: randomBytes(8).toString('hex'), bytes: randomBytes(32) }
}

const ODDITIES: Readonly<Record<Exclude<FoundCacheKey['kind'], 'key' | 'none'>, string>> = {
  exposed: 'can be read by others, or is not yours; it is not used, and will be replaced',
  damaged: 'is damaged; it is not used, and will be replaced',
  newer: 'was made by a later version of awsmfa; it is left alone',
  unreadable: 'cannot be read; it is left alone',
}

/** Returns the key that another process made meanwhile; else makes one, replacing one that is exposed or damaged. */
function makeUnlessThere(path: string, onOddity: (text: string) => void): CacheKey {
  const found = readCacheKey(path)
  if (found.kind === 'key') return found.key
  if (found.kind === 'unreadable' || found.kind === 'newer') {
    const errno = found.kind === 'unreadable' ? found.errno : 'EEXIST'
    throw new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno })
  }
  if (found.kind !== 'none') onOddity(`the cache key ${path} ${ODDITIES[found.kind]}`)
  writeWhole(path, encodeCacheKey(newCacheKey()))
  const made = readCacheKey(path)
  if (made.kind === 'key') return made.key
  // On a file system without modes others can read every file, and no key is safe.
  errnoOf(() => unlinkSync(path))
  throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno: 'EPERM', step: 'read-back' })
}

/** Runs `action` in one process at a time, so that all agree on one key. Sweeps first. */
function underLock<T>(path: string, waitMs: number, action: () => T): T {
  writing(path, 'folder', () => makePrivateFolder(dirname(path)))
  const lock = writing(path, 'lock', () => acquireLock(`${path}.awsmfa-lock`, { waitMs, pause: pauseSync, file: path }))
  try {
    sweepStages(dirname(path), 0, basename(path))
    return action()
  } finally {
    lock.release()
  }
}

/** Removes what a process that was killed while making the key left: nobody makes one again for a long time. */
function sweepBeside(path: string): void {
  try {
    const names = orElse([], () => readdirSync(dirname(path)))
    if (names.some((name) => name.startsWith(`${basename(path)}.awsmfa-`))) underLock(path, 0, () => undefined)
  } catch (error) {
    // Another process is sweeping, or the folder cannot be changed. The key is there, which is what matters.
    if (!(error instanceof AwsmfaError)) throw error
  }
}
