/** Making folders that only their owner can look into. */
import { lchownSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolders } from './make-folders.ts'
import { refusalOf } from './system-error.ts'

const PRIVATE_FOLDER = 0o700

/**
 * Makes a folder, mode 0700, with those above it that are missing. As root they are given to the owner of the folder they lie
 * in. Throws the system's error.
 */
export function makePrivateFolder(folder: string): void {
  const first = makeFolders(folder, PRIVATE_FOLDER)
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
