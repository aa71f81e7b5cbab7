import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder with those above it that are missing, and gives the first that was made; undefined: all were there. Throws the
 * system's error of the folder that it stops at. Node's own way (mkdirSync, `recursive`) tries for ever where a folder that is
 * there says ENOENT to a new one in it, as those of procfs do, and says ENOENT for refusals that it does not know, EROFS among
 * them (src/node_file.cc, MKDirpSync; seen with 20.20).
 */
export function makeFolders(folder: string, mode: number): string | undefined {
  try {
    return makeOne(folder, mode)
  } catch (error) {
    const above = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error
    const first = makeFolders(above, mode)
    // Once more and no more: what is refused now is refused for good.
    const last = makeOne(folder, mode)
    return first ?? last
  }
}

/** Undefined: it is there, or another process was faster. */
function makeOne(folder: string, mode: number): string | undefined {
  try {
    mkdirSync(folder, { mode })
    return folder
  } catch (error) {
    if (isFolder(folder)) return undefined
    throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // What cannot be looked at is no folder to use; why it could not be made says more.
    return false
  }
}
