/** The entry's only effects beside its output: two files, one fact, the environment and the clock, all synchronous. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { CallerIdentity, FileSnapshot, SharedSnapshots } from '../core/ports.ts'
import { readFact, readIdentity, identityPath } from '../adapters/fact-files.ts'
import { resolveOwnFolders, resolveSharedFiles } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'

/** Reads both shared files. Throws whatever Node throws for one that is there but cannot be read. */
export function readSnapshots(surroundings: Surroundings): SharedSnapshots {
  const paths = resolveSharedFiles(surroundings)
  return { credentials: readSnapshot(paths.credentials), config: readSnapshot(paths.config) }
}

/** Reads who a key belongs to, as login noted it; undefined where it is not known. */
export function readKnownIdentity(surroundings: Surroundings, accessKeyId: string): CallerIdentity | undefined {
  return readIdentity(readFact(identityPath(resolveOwnFolders(surroundings).cache, accessKeyId)))
}

function readSnapshot(path: string): FileSnapshot {
  let descriptor: number
  try {
    // Non-blocking, so that a pipe in the file's place cannot hold up a prompt.
    descriptor = openSync(path, OPEN_FOR_READING)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, text: '', exists: false }
    throw error
  }
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile()) throw new Error('not a regular file')
    return { path, text: readBytes(descriptor, found.size), exists: true }
  } finally {
    closeSync(descriptor)
  }
}


/** Windows has no O_NONBLOCK, whatever the types say, and OR with undefined is OR with 0. */
const OPEN_FOR_READING = constants.O_RDONLY | constants.O_NONBLOCK

/** readFileSync takes 0.4 ms at its first use, this 0.03. A file that grows or shrinks meanwhile goes the long way, which waits. */
function readBytes(descriptor: number, size: number): string {
  const bytes = Buffer.allocUnsafe(size + 1)
  let length = 0
  for (let read = -1; read !== 0 && length <= size; length += read) read = readSync(descriptor, bytes, length, size + 1 - length, null)
  if (length !== size) throw new Error('the file is being written')
  return bytes.toString('latin1', 0, length)
}
