/** The key of the cache as a file of its own, in memory where that is to be had; see cache-key.ts for where and how. */
import { randomBytes } from 'node:crypto'
import { AwsmfaError } from '../core/failures.ts'
import { cacheKeyPath, encodeCacheKey, readCacheKey } from './cache-key.ts'
import type { CacheKey, CacheKeyPlaces, CacheKeySource, FoundCacheKey } from './cache-key.ts'
import { pauseSync } from './pause.ts'
import { publishWhole, takeAway } from './published-file.ts'

export interface CacheKeyFileOptions extends CacheKeyPlaces {
  /** Told why a key that is there is not used, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

/** A file that is being written where there are no links looks damaged for a moment. */
const BEING_WRITTEN_MS = 50
/** Each turn ends with a key, or has seen another process at the same work. */
const TURNS = 20

/**
 * Keeps the key as a file, mode 0600. Where the place is, is decided at each call. `findOrCreate` throws FILE_NOT_WRITABLE and
 * FILE_INCOMPLETE_WRITE, and FILE_UNREADABLE for a key that it must not replace.
 */
export function createCacheKeyFile({ onOddity, ...places }: CacheKeyFileOptions): CacheKeySource {
  const find = (): CacheKey | undefined => {
    const path = cacheKeyPath(places)
    const found = readCacheKey(path)
    if (found.kind === 'key') return found.key
    if (found.kind !== 'none') onOddity(`the cache key ${path} ${IN_WORDS[found.kind]}`)
    return undefined
  }
  return { find, findOrCreate: () => findOrCreate(cacheKeyPath(places), onOddity) }
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

/** Whoever publishes first has made the key; all others read it. A key that is no good is taken away by one of them. */
function findOrCreate(path: string, onOddity: (text: string) => void): CacheKey {
  for (let turn = 0; turn < TURNS; turn++) {
    const found = readCacheKey(path)
    if (found.kind === 'key') return found.key
    if (found.kind === 'unreadable' || found.kind === 'newer') throw leftAlone(path, found)
    if (found.kind !== 'none') {
      pauseSync(BEING_WRITTEN_MS)
      if (readCacheKey(path).kind !== found.kind) continue
      onOddity(`the cache key ${path} ${IN_WORDS[found.kind]}`)
      takeAway(path, isNoGood)
    }
    const made = publishWhole(path, encodeCacheKey(newCacheKey())) ? readCacheKey(path) : undefined
    // Where modes mean nothing every file can be read by others, and no key is safe.
    if (made?.kind === 'exposed') break
  }
  takeAway(path, isNoGood)
  throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno: 'EPERM', step: 'read-back' })
}

function isNoGood(path: string): boolean {
  const { kind } = readCacheKey(path)
  return kind === 'damaged' || kind === 'exposed'
}

function leftAlone(path: string, found: FoundCacheKey): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_UNREADABLE', place: { path }, errno: found.kind === 'unreadable' ? found.errno : 'EEXIST' })
}
