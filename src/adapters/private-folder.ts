/** Making folders that only their owner can look into. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSystemError, refusalOf } from './system-error.ts'

const PRIVATE_FOLDER = 0o700

/**
 * Makes a folder, mode 0700, with those above it that are missing. Gives the first that was made; undefined: it was there.
 * Throws the system's error.
 */
export function makePrivateFolder(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  } catch (error) {
    // Node says ENOENT also where it does not know what to make of a refusal, EROFS among others (src/node_file.cc,
    // MKDirpSync). Asked for one folder alone it says what is wrong.
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error
    const missing = firstMissing(folder)
    mkdirSync(missing, { mode: PRIVATE_FOLDER })
    makePrivateFolder(folder)
    return missing
  }
}

/** The nearest folder that exists, from this one upwards. Throws the system's error, also where there is none at all. */
export function nearestFolder(folder: string): string {
  let current = folder
  for (;;) {
    const errno = refusalOf(() => statSync(current))
    if (errno === undefined) return current
    if (errno !== 'ENOENT' || dirname(current) === current) throw Object.assign(new Error('no folder'), { code: errno, syscall: 'stat' })
    current = dirname(current)
  }
}

function firstMissing(folder: string): string {
  let current = folder
  while (refusalOf(() => statSync(dirname(current))) === 'ENOENT' && dirname(current) !== current) current = dirname(current)
  return current
}
