import type { CallerIdentity } from '../ports.ts'
import { shortenAccessKeyId } from './credentials.ts'
import type { SessionRecord } from './session-record.ts'
import { stateOfSession } from './session-state.ts'
import type { SessionState } from './session-state.ts'

/** A session in awsmfa's own cache, without its secrets. */
export interface KeptSession {
  readonly kind: 'mfa-session' | 'role-session'
  /** The profiles that use it. */
  readonly profiles: readonly string[]
  readonly state: SessionState
  readonly expiration: Date
  /** Shortened. */
  readonly accessKeyId: string
  /** Of the key that it was made with, shortened. */
  readonly sourceAccessKeyId: string
  readonly serialNumber: string
  /** Who it is, where known. */
  readonly account: string | undefined
  readonly arn: string | undefined
}

/** Tells of a kept session what may be shown. */
export function describeKept(record: SessionRecord, now: Date, identityOf: (accessKeyId: string) => CallerIdentity | undefined): KeptSession {
  const { key, credentials, profiles, assumedRoleArn } = record
  const isRole = key.chain !== ''
  const identity = identityOf(credentials.accessKeyId) ?? (isRole ? undefined : identityOf(key.accessKeyId))
  const arn = identity?.arn ?? assumedRoleArn
  return {
    kind: isRole ? 'role-session' : 'mfa-session',
    profiles,
    state: stateOfSession(credentials.expiration, now),
    expiration: credentials.expiration,
    accessKeyId: shortenAccessKeyId(credentials.accessKeyId),
    sourceAccessKeyId: shortenAccessKeyId(key.accessKeyId),
    serialNumber: key.serialNumber,
    account: identity?.account ?? accountOf(arn ?? key.serialNumber),
    arn,
  }
}

/** The account in an ARN; undefined for what is none, such as the serial number of a hardware device. */
function accountOf(arn: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1]
}
