/** The entry's only effects beside its output: two files, one fact, the environment and the clock, all synchronous. */
import type { CallerIdentity, FileSnapshot, SharedSnapshots } from '../core/ports.ts'
import { readFact, readIdentity, identityPath } from '../adapters/fact-files.ts'
import { resolveOwnFolders, resolveSharedFiles } from '../adapters/paths.ts'
import type { Surroundings } from '../adapters/paths.ts'
import { readWhole } from '../adapters/read-whole.ts'

/** Reads both shared files. Throws for one that is there but cannot be read, or is being written. */
export function readSnapshots(surroundings: Surroundings): SharedSnapshots {
  const paths = resolveSharedFiles(surroundings)
  return { credentials: readSnapshot(paths.credentials), config: readSnapshot(paths.config) }
}

/** Reads who a key belongs to, as login noted it; undefined where it is not known. */
export function readKnownIdentity(surroundings: Surroundings, accessKeyId: string): CallerIdentity | undefined {
  return readIdentity(readFact(identityPath(resolveOwnFolders(surroundings).cache, accessKeyId)))
}

function readSnapshot(path: string): FileSnapshot {
  const bytes = readWhole(path)
  return bytes === undefined ? { path, text: '', exists: false } : { path, text: bytes.toString('latin1'), exists: true }
}
