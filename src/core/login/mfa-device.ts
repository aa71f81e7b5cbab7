/** MFA devices: which serials can work with STS at all, and whose they are. */
import type { Origin, Resolved } from '../origin.ts'
import { AwsmfaError } from '../failures.ts'

/** The parts of an ARN that decide whom it belongs to. `resource` is everything after the account. */
export interface ArnParts {
  readonly partition: string
  readonly service: string
  readonly account: string
  readonly resource: string
}

/** Takes an ARN apart; undefined for anything that does not begin as one. Checks no alphabet. */
export function parseArn(text: string): ArnParts | undefined {
  const match = /^arn:([^:]*):([^:]*):[^:]*:([^:]*):(.*)$/s.exec(text)
  if (match === null) return undefined
  const [, partition = '', service = '', account = '', resource = ''] = match
  return { partition, service, account, resource }
}

/** Names what an ARN names without it: `arn:aws:iam::111111111111:role/team/Admin` is `Admin in 111111111111`. What is no ARN stays. */
export function withoutArn(text: string): string {
  const arn = parseArn(text)
  return arn === undefined ? text : `${arn.resource.slice(arn.resource.lastIndexOf('/') + 1)} in ${arn.account}`
}

/**
 * Checks an MFA device serial before any call and gives it back: `arn:<partition>:iam::<account>:mfa/<name>` in any
 * partition, or the serial of a hardware token. Throws MFA_SERIAL_MALFORMED for what can never work: security keys and
 * passkeys (`:u2f/`), which STS does not take; a user's ARN, with the likely device; text outside STS's alphabet and length.
 * Sources: STS API Reference, GetSessionToken › SerialNumber; AWS CLI User Guide, "aws configure mfa-login" (no passkeys).
 */
export function parseSerialNumber(text: string, origin: Origin): string {
  const resource = parseArn(text)?.resource ?? ''
  if (/^u2f(?:\/|$)/.test(resource)) throw malformed(text, origin, 'fido')
  if (/^user\//.test(resource)) {
    // A path belongs to the user, never to the device: `user/team/alice` goes with `mfa/alice`.
    const corrected = text.replace(/:user\/(?:.*\/)?/, ':mfa/')
    throw new AwsmfaError({ code: 'MFA_SERIAL_MALFORMED', defect: 'user-arn', serial: text, origin, corrected })
  }
  if (!/^[\w+=/:,.@-]*$/.test(text)) throw malformed(text, origin, 'alphabet')
  if (text.length < 9 || text.length > 256) throw malformed(text, origin, 'length')
  return text
}

function malformed(serial: string, origin: Origin, defect: 'fido' | 'alphabet' | 'length'): AwsmfaError {
  return new AwsmfaError({ code: 'MFA_SERIAL_MALFORMED', defect, serial, origin })
}

/** Gives the account and partition of a device's ARN; undefined for a hardware serial, which tells neither. */
export function ownerOfSerial(serial: Resolved<string> | undefined): { readonly account: string; readonly partition: string } | undefined {
  const parts = serial === undefined ? undefined : parseArn(serial.value)
  return parts === undefined ? undefined : { account: parts.account, partition: parts.partition }
}
