import { AwsmfaError } from '../core/failures.ts'
import type { CallerIdentity, RememberedFacts, Sts } from '../core/ports.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'

/** Who the long-term keys belong to: known from before, or asked of STS while something else goes on. */
export interface IdentityLookup {
  /** What is known now. */
  readonly known: () => CallerIdentity | undefined
  /** Asks STS unless it is known or being asked already. Never throws. */
  readonly start: () => void
  /** Waits for the answer; undefined where there is none to be had. Starts the call if it was not started. */
  readonly settled: () => Promise<CallerIdentity | undefined>
  /** Aborts, with the failure as reason, when STS says that these keys or this clock cannot work: no code need be spent. */
  readonly hopeless: AbortSignal
}

/** Makes the lookup for one key. Its answer is kept by key id, since it never changes. */
export function lookUpIdentity(signer: LongTermCredentials, sts: Pick<Sts, 'getCallerIdentity'>, facts: RememberedFacts, signal: AbortSignal): IdentityLookup {
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
  return { known, start: () => void start(), settled: start, hopeless: hopeless.signal }
}

const HOPELESS: ReadonlySet<string> = new Set(['CREDENTIALS_REJECTED', 'CLOCK_SKEWED'])
