/** Who an access key belongs to: as it was remembered, or as GetCallerIdentity answers while something else goes on. */
import { join } from 'node:path'
import type { Sts } from '../aws/sts.ts'
import type { CallerIdentity, CredentialSource, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { FailureCode } from '../model/failure.ts'
import { readWhole } from '../platform/read-file.ts'

/** What is remembered of identities between runs: a key's owner never changes. Never throws. */
export interface IdentityMemory {
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  readonly rememberIdentity: (accessKeyId: string, identity: CallerIdentity) => void
}

/** Who the long-term keys of a login belong to. */
export interface IdentityLookup {
  /** Returns what is known now. */
  readonly known: () => CallerIdentity | undefined
  /** Calls STS unless it is known or being asked already. Never throws. */
  readonly start: () => void
  /**
   * Waits for the answer, for 2 s at most, calling STS if that has not begun; undefined if there is none. The lookup is
   * given up then. Never rejects.
   */
  readonly settled: () => Promise<CallerIdentity | undefined>
  /**
   * Aborts, with the failure as reason, when STS says that these keys or this clock cannot work: no code need be spent.
   */
  readonly fatalSignal: AbortSignal
}

/** Any other failure is left to the real call, which reports it in its own words. */
const FATAL: ReadonlySet<FailureCode> = new Set<FailureCode>(['CREDENTIALS_REJECTED', 'CLOCK_SKEWED'])

/** The identity is only shown, and names role sessions: nothing waits longer for it. */
const PATIENCE_MS = 2000

/** Makes the lookup for one key pair, and remembers the answer. STS is asked only once the credentials are known. */
export function lookUpIdentity(
  source: CredentialSource,
  sts: Pick<Sts, 'getCallerIdentity'>,
  memory: IdentityMemory,
  signal: AbortSignal,
): IdentityLookup {
  const fatal = new AbortController()
  const givenUp = new AbortController()
  let identity: CallerIdentity | undefined
  let asking: Promise<CallerIdentity | undefined> | undefined
  const ask = async (signer: LongTermCredentials): Promise<CallerIdentity | undefined> => {
    try {
      identity = await sts.getCallerIdentity(signer, AbortSignal.any([signal, givenUp.signal]))
      memory.rememberIdentity(signer.accessKeyId, identity)
    } catch (error) {
      if (error instanceof AwsmfaError && FATAL.has(error.failure.code)) fatal.abort(error)
    }
    return identity
  }
  // Read again while it is not known: another login may have learnt it while this one waited for that.
  const known = (): CallerIdentity | undefined => (identity ??= memory.identityOf(source.accessKeyId))
  const start = (): Promise<CallerIdentity | undefined> => {
    if (known() !== undefined) return Promise.resolve(identity)
    const signer = source.known()
    // The answer is not worth opening a store for, which may ask for a passphrase.
    if (signer === undefined) return Promise.resolve(undefined)
    asking ??= ask(signer)
    return asking
  }
  const settled = async (): Promise<CallerIdentity | undefined> => {
    const timer = setTimeout(() => givenUp.abort(), PATIENCE_MS)
    return await start().finally(() => clearTimeout(timer))
  }
  return { known, start: () => void start(), settled, fatalSignal: fatal.signal }
}

/** Returns the file that remembers the owner of a key. What is not an access key id has no file of its own. */
export function identityPath(cacheFolder: string, accessKeyId: string): string {
  const name = /^[A-Za-z0-9]{16,128}$/.test(accessKeyId) ? accessKeyId : 'invalid'
  return join(cacheFolder, 'identities', `${name}.json`)
}

/** Reads a remembered fact; undefined if there is none of this version. Never throws. */
export function readFact(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readWhole(path)?.toString()
    const fact: unknown = text === undefined ? undefined : JSON.parse(text)
    return typeof fact === 'object' && fact !== null && (fact as { version?: unknown }).version === 1
      ? (fact as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // Unreadable and damaged mean the same: not known.
    return undefined
  }
}

/** Returns the identity in a fact; undefined for anything else. */
export function readIdentity(fact: Readonly<Record<string, unknown>> | undefined): CallerIdentity | undefined {
  const { account, arn, userId } = fact ?? {}
  return typeof account === 'string' && typeof arn === 'string' && typeof userId === 'string'
    ? { account, arn, userId }
    : undefined
}
