/** The SDK's IAM client behind one function. Loaded at first use: few logins need it. */
import { IAMClient, ListMFADevicesCommand } from '@aws-sdk/client-iam'
import type { Agent } from 'node:http'
import type { ListedMfaDevice } from '../core/ports.ts'
import type { SigningCredentials } from '../core/sessions/credentials.ts'
import type { SendOptions } from './sdk-client.ts'
import { clientSettings, withoutVersionWarning } from './sdk-client.ts'
import type { Reading } from './sts-answers.ts'
import type { ServiceEndpoint } from './sts-endpoint.ts'

/**
 * Asks once for the devices of the user who signs. One page is all: a user has at most 8 devices (IAM User Guide, "IAM and AWS STS
 * quotas"), a page holds 100.
 */
export async function listMfaDevicesOnce(endpoint: ServiceEndpoint, signer: SigningCredentials, agent: Agent, options: SendOptions): Promise<Reading<readonly ListedMfaDevice[]>> {
  const client = withoutVersionWarning(() => new IAMClient(clientSettings(endpoint, () => signer, agent)))
  const { MFADevices: devices } = await client.send(new ListMFADevicesCommand({}), options)
  if (devices === undefined) return { defect: 'the answer lists no devices, not even none', incomplete: true }
  const serials = devices.map((device) => device.SerialNumber ?? '')
  if (!serials.every((serial) => SERIAL.test(serial))) return { defect: 'a device in the answer has no valid serial', incomplete: false }
  return { value: serials.map((serialNumber) => ({ serialNumber, kind: kindOf(serialNumber) })) }
}

// STS API reference, GetSessionToken, SerialNumber.
const SERIAL = /^[\w+=/:,.@-]{9,256}$/

// Virtual devices are `…:mfa/name`, hardware tokens a bare serial; every other ARN (`…:u2f/…`) is a device that shows no code.
const kindOf = (serial: string): ListedMfaDevice['kind'] => (!serial.startsWith('arn:') || serial.includes(':mfa/') ? 'totp' : 'fido')
