/** Reading the small facts that awsmfa keeps between runs; apart from writing them, because the entry reads one. */
import type { CallerIdentity } from '../core/ports.ts'
import { childPath } from './child-path.ts'
import { readWhole } from './read-whole.ts'

/** Where the identity of a key id is kept. A text that is no access key id has no file of its own. */
export function identityPath(cacheFolder: string, accessKeyId: string): string {
  return childPath(childPath(cacheFolder, 'identities'), `${/^[A-Za-z0-9]{16,128}$/.test(accessKeyId) ? accessKeyId : 'invalid'}.json`)
}

/** Reads an identity as it was written; undefined for anything else. */
export function readIdentity(fact: Readonly<Record<string, unknown>> | undefined): CallerIdentity | undefined {
  const { account, arn, userId } = fact ?? {}
  return typeof account === 'string' && typeof arn === 'string' && typeof userId === 'string' ? { account, arn, userId } : undefined
}

/** Reads a fact; undefined where there is none, or none that this version wrote. */
export function readFact(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readWhole(path)?.toString()
    if (text === undefined) return undefined
    const fact: unknown = JSON.parse(text)
    return typeof fact === 'object' && fact !== null && (fact as { version?: unknown }).version === 1 ? (fact as Readonly<Record<string, unknown>>) : undefined
  } catch {
    // Missing, unreadable or damaged all mean the same: not known.
    return undefined
  }
}
