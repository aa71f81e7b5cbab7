import type { Sts } from '../aws/sts.ts'
import type { CallerIdentity, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { childPath } from '../platform/paths.ts'
import { readWhole } from '../platform/read-file.ts'
import type { RememberedFacts } from './facts.ts'

/** Reading the small facts that awsmfa keeps between runs; apart from writing them, because the entry reads one. */

/** Where the identity of a key id is kept. A text that is no access key id has no file of its own. */
export function identityPath(cacheFolder: string, accessKeyId: string): string {
  return childPath(
    childPath(cacheFolder, 'identities'),
    `${/^[A-Za-z0-9]{16,128}$/.test(accessKeyId) ? accessKeyId : 'invalid'}.json`,
  )
}

/** Reads an identity as it was written; undefined for anything else. */
export function readIdentity(fact: Readonly<Record<string, unknown>> | undefined): CallerIdentity | undefined {
  const { account, arn, userId } = fact ?? {}
  return typeof account === 'string' && typeof arn === 'string' && typeof userId === 'string'
    ? { account, arn, userId }
    : undefined
}

/** Reads a fact; undefined where there is none, or none that this version wrote. */
export function readFact(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readWhole(path)?.toString()
    if (text === undefined) return undefined
    const fact: unknown = JSON.parse(text)
    return typeof fact === 'object' && fact !== null && (fact as { version?: unknown }).version === 1
      ? (fact as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // Missing, unreadable or damaged all mean the same: not known.
    return undefined
  }
}

/** Who the long-term keys belong to: known from before, or asked of STS while something else goes on. */
export interface IdentityLookup {
  /** What is known now. */
  readonly known: () => CallerIdentity | undefined
  /** Asks STS unless it is known or being asked already. Never throws. */
  readonly start: () => void
  /** Waits for the answer; undefined where there is none to be had. Starts the call if it was not started. */
  readonly settled: () => Promise<CallerIdentity | undefined>
  /** Aborts, with the failure as reason, when STS says that these keys or this clock cannot work: no code need be spent. */
  readonly fatalSignal: AbortSignal
}

/** Makes the lookup for one key. Its answer is kept by key id, since it never changes. */
export function lookUpIdentity(
  signer: LongTermCredentials,
  sts: Pick<Sts, 'getCallerIdentity'>,
  facts: RememberedFacts,
  signal: AbortSignal,
): IdentityLookup {
  const hopeless = new AbortController()
  let identity: CallerIdentity | undefined
  let asking: Promise<CallerIdentity | undefined> | undefined
  const ask = async (): Promise<CallerIdentity | undefined> => {
    try {
      identity = await sts.getCallerIdentity(signer, signal)
      facts.rememberIdentity(signer.accessKeyId, identity)
    } catch (error) {
      // Any other failure is left to the real call, which reports it in its own words.
      if (error instanceof AwsmfaError && HOPELESS.has(error.failure.code)) hopeless.abort(error)
    }
    return identity
  }
  // Looked up anew while it is not known: another login may have learnt it while this one waited for that.
  const known = (): CallerIdentity | undefined => (identity ??= facts.identityOf(signer.accessKeyId))
  const start = (): Promise<CallerIdentity | undefined> => {
    asking ??= known() === undefined ? ask() : Promise.resolve(identity)
    return asking
  }
  return { known, start: () => void start(), settled: start, fatalSignal: hopeless.signal }
}

const HOPELESS: ReadonlySet<string> = new Set(['CREDENTIALS_REJECTED', 'CLOCK_SKEWED'])
