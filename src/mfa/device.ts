/** MFA devices: valid serial numbers, and the device that IAM lists if none is configured. */
import { parseArn, userNameOfArn, withoutArn } from '../aws/arn.ts'
import type { ListedMfaDevice } from '../aws/sts-api.ts'
import type { ListMfaDevices, Sts } from '../aws/sts.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Origin, Resolved } from '../model/profile.ts'
import type { Deadline } from '../platform/time.ts'
import type { IdentityMemory } from '../sessions/caller-identity.ts'
import type { Terminal } from '../ui/terminal.ts'

/**
 * Returns a valid serial number: `arn:<partition>:iam::<account>:mfa/<name>`, or that of a hardware token. Throws
 * MFA_SERIAL_MALFORMED for security keys and passkeys (`:u2f/`), which STS does not take; for a user's ARN, with the
 * likely device; for text outside STS's alphabet and length. Sources: STS API Reference, GetSessionToken, SerialNumber;
 * AWS CLI User Guide, "aws configure mfa-login" (no passkeys).
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

/** Returns the account and partition in a device's ARN; undefined for a hardware serial, which has neither. */
export function ownerOfSerial(
  serial: Resolved<string> | undefined,
): { readonly account: string; readonly partition: string } | undefined {
  const parts = serial === undefined ? undefined : parseArn(serial.value)
  return parts === undefined ? undefined : { account: parts.account, partition: parts.partition }
}

/** Returns `alice` for `arn:aws:iam::111111111111:mfa/alice`; the serial number of a hardware device unchanged. */
export function deviceName(serialNumber: string): string {
  return serialNumber.slice(serialNumber.lastIndexOf('/') + 1)
}

/** Returns the account of a device if another one of these has its name in another account; otherwise undefined. */
export function accountToName(serialNumber: string, serials: readonly string[]): string | undefined {
  const account = parseArn(serialNumber)?.account
  const namesakes = serials.filter((serial) => deviceName(serial) === deviceName(serialNumber)).map(parseArn)
  return namesakes.some((other) => other !== undefined && other.account !== account) ? account : undefined
}

/** A login without a configured MFA device; a LoginResolution fits. */
export interface DeviceSearch {
  readonly target: Pick<Resolved<string>, 'value'>
  /** The profile chain, for the error. */
  readonly path: readonly string[]
  /** `hideArns`: the choice shows names instead of ARNs. */
  readonly prompt: { readonly hideArns: boolean }
}

export interface DeviceEffects {
  readonly listMfaDevices: ListMfaDevices
  readonly sts: Pick<Sts, 'getCallerIdentity'>
  readonly facts: Pick<IdentityMemory, 'identityOf'>
  readonly terminal: Pick<Terminal, 'canAsk' | 'choose' | 'whileWaiting'>
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
}

/** A device. `isOnly`: it was used without asking, which must be reported. */
export interface FoundDevice {
  readonly serialNumber: string
  readonly isOnly: boolean
}

type Listing = Extract<Failure, { readonly code: 'MFA_SERIAL_MISSING' }>['listing']

/**
 * Finds the device through IAM: the only TOTP device, or the one chosen on a terminal. Throws MFA_SERIAL_MISSING with
 * IAM's answer; CREDENTIALS_REJECTED and CLOCK_SKEWED unchanged, since no device would help.
 */
export async function findDevice(
  search: DeviceSearch,
  signer: LongTermCredentials,
  effects: DeviceEffects,
): Promise<FoundDevice> {
  const { terminal, deadline, cancelled } = effects
  const devices = await listDevices(search, signer, effects)
  const usable = devices.filter(({ kind }) => kind === 'totp').map(({ serialNumber }) => serialNumber)
  const [only] = usable
  if (only === undefined) throw missing(search, devices.length === 0 ? 'empty' : 'fido-only', devices)
  if (usable.length === 1) return { serialNumber: only, isOnly: true }
  if (!terminal.canAsk()) throw missing(search, 'several', devices)
  const choices = search.prompt.hideArns ? usable.map(withoutArn) : usable
  const index = await deadline.pauseWhile(
    terminal.choose(
      'MFA device:',
      choices.map((name) => ({ name })),
      cancelled,
    ),
  )
  return { serialNumber: usable[index] ?? only, isOnly: false }
}

async function listDevices(
  search: DeviceSearch,
  signer: LongTermCredentials,
  effects: DeviceEffects,
): Promise<readonly ListedMfaDevice[]> {
  const { listMfaDevices, terminal, deadline } = effects
  const listing = listMfaDevices(signer, deadline.signal).catch((error: unknown) => listByName(error, signer, effects))
  try {
    return await terminal.whileWaiting('looking for your MFA device', listing)
  } catch (error) {
    if (!(error instanceof AwsmfaError) || deadline.signal.aborted) throw error
    if (error.failure.code === 'CREDENTIALS_REJECTED' || error.failure.code === 'CLOCK_SKEWED') throw error
    throw missing(search, error.failure.code === 'ACCESS_DENIED' ? 'denied' : 'failed', [], error)
  }
}

/**
 * Lists again with the user's name. A policy that allows users their own devices names
 * `arn:aws:iam::*:user/${aws:username}`, and IAM compares a request without a name with no user's ARN (IAM User Guide,
 * "AWS: Allows MFA-authenticated IAM users to manage their own MFA device"). Throws the refusal if there is no name.
 */
async function listByName(
  refusal: unknown,
  signer: LongTermCredentials,
  { listMfaDevices, sts, facts, deadline }: DeviceEffects,
): Promise<readonly ListedMfaDevice[]> {
  if (!isFailure(refusal, 'ACCESS_DENIED')) throw refusal
  const { arn } = facts.identityOf(signer.accessKeyId) ?? (await sts.getCallerIdentity(signer, deadline.signal))
  const userName = userNameOfArn(arn)
  if (userName === undefined) throw refusal
  return await listMfaDevices(signer, deadline.signal, userName)
}

function missing(
  { target, path }: DeviceSearch,
  listing: Listing,
  devices: readonly ListedMfaDevice[],
  cause?: unknown,
): AwsmfaError {
  return new AwsmfaError(
    {
      code: 'MFA_SERIAL_MISSING',
      profile: target.value,
      path,
      listing,
      devices: devices.map(({ serialNumber }) => serialNumber),
    },
    { cause },
  )
}
