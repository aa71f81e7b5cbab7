/** What lies encrypted in a test's home, opened with the key that lies there too. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { decryptEntry } from '../../src/sessions/cache-cipher.ts'
import { findCacheKey } from '../../src/sessions/cache-cipher.ts'
import type { CacheKey } from '../../src/sessions/cache-cipher.ts'

/** The key of a home whose environment has no runtime folder; undefined where there is none. */
export function cacheKeyOf(home: string): CacheKey | undefined {
  return findCacheKey({ runtimeFolder: undefined, stateFolder: join(home, '.local', 'state', 'awsmfa') })
}

/** The kept sessions of a home by their paths, as text; undefined for one that does not open. */
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
