/** Making folders that only their owner can look into. */
import { lchownSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSystemError, refusalOf } from './system-error.ts'

const PRIVATE_FOLDER = 0o700

/**
 * Makes a folder, mode 0700, with those above it that are missing. As root they are given to the owner of the folder they lie
 * in. Throws the system's error.
 */
export function makePrivateFolder(folder: string): void {
  const first = makeMissing(folder)
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) giveToOwnerOf(dirname(first), made)
}

/**
 * As root in another's home: gives what was made there to the owner of a folder, who could not use it otherwise. Does nothing
 * for anybody else, where the folder is root's, and where the system refuses. A link is given itself, never what it leads to.
 */
export function giveToOwnerOf(folder: string, made: string): void {
  if (process.getuid?.() !== 0) return
  refusalOf(() => {
    const { uid, gid } = statSync(folder)
    if (uid !== 0) lchownSync(made, uid, gid)
  })
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

/** Gives the first folder that was made; undefined: all were there. */
function makeMissing(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  } catch (error) {
    // Node says ENOENT also where it does not know what to make of a refusal, EROFS among others (src/node_file.cc,
    // MKDirpSync). Asked for one folder alone it says what is wrong.
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error
    const missing = firstMissing(folder)
    mkdirSync(missing, { mode: PRIVATE_FOLDER })
    makeMissing(folder)
    return missing
  }
}
