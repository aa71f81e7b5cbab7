import type { AssumeRoleRequest, Sha256 } from '../ports.ts'

/**
 * What a kept session depends on, and nothing else: two logins that agree in all of it may share one session, and a change in
 * any of it never finds the old one.
 */
export interface SessionKey {
  readonly partition: string
  /** The STS endpoint in use where it is not AWS's own, else the empty string. */
  readonly endpoint: string
  /** Of the long-term credentials; of the session, for roles that were assumed with one that stood in the credentials file. */
  readonly accessKeyId: string
  readonly serialNumber: string
  /** The roles as `chainOf` writes them; the empty string for the MFA session itself. */
  readonly chain: string
}

/** Gives a name for the cache file of that session: 40 hexadecimal digits, the same for equal keys. */
export function sessionName(key: SessionKey, sha256: Sha256): string {
  return sha256(JSON.stringify([key.partition, key.endpoint, key.accessKeyId, key.serialNumber, key.chain])).slice(0, 40)
}

/**
 * Writes a chain of roles with every parameter as it is sent, but for the proof of MFA: `direct` says that the first is signed
 * by the long-term credentials and carries the code. Policies and assertions go in by
 * their hash.
 */
export function chainOf(requests: readonly AssumeRoleRequest[], direct: boolean, sha256: Sha256): string {
  return JSON.stringify([direct ? 'direct' : 'mfa-session', ...requests.map((request) => withoutProof(request, sha256))])
}

function withoutProof(request: AssumeRoleRequest, sha256: Sha256): readonly (readonly [string, unknown])[] {
  return Object.entries(request)
    .filter(([name, value]) => name !== 'mfa' && value !== undefined)
    .map(([name, value]) => [name, name === 'policy' || name === 'providedContexts' ? sha256(JSON.stringify(value)) : (value as unknown)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1))
}
