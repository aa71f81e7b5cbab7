/** Reads the encrypted session cache of a test's home. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { decryptEntry, findCacheKey } from '../../src/sessions/cache-cipher.ts'
import type { CacheKey } from '../../src/sessions/cache-cipher.ts'

/** Returns the cache key in a home's state folder, or undefined. */
export function cacheKeyOf(home: string): CacheKey | undefined {
  return findCacheKey({ runtimeFolder: undefined, stateFolder: join(home, '.local', 'state', 'awsmfa') })
}

/** Returns the cached sessions of a home by path, decrypted; undefined for one that cannot be decrypted. */
export function encryptedSessions(home: string): readonly (readonly [path: string, text: string | undefined])[] {
  const folder = join(home, '.cache', 'awsmfa', 'sessions')
  const key = cacheKeyOf(home)
  return namesIn(folder).flatMap((file) => {
    const [, name] = /^([0-9a-f]{40})\.sealed$/.exec(file) ?? []
    if (name === undefined) return []
    const path = join(folder, file)
    return [
      [
        path,
        key === undefined ? undefined : decryptEntry(readFileSync(path), `sessions/${name}`, key)?.toString(),
      ] as const,
    ]
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
