import type { Sha256 } from '../ports.ts'

/** What an MFA session depends on, and nothing else: any two logins that agree in all of it may share one. */
export interface MfaSessionKey {
  readonly partition: string
  /** The STS endpoint in use where it is not AWS's own, else the empty string. */
  readonly endpoint: string
  readonly accessKeyId: string
  readonly serialNumber: string
}

/** Gives a name for the cache file of that session and for the question lock: 40 hexadecimal digits, the same for equal keys. */
export function mfaSessionName(key: MfaSessionKey, sha256: Sha256): string {
  return sha256(JSON.stringify(['mfa-session', key.partition, key.endpoint, key.accessKeyId, key.serialNumber])).slice(0, 40)
}
