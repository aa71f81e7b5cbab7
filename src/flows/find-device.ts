import { AwsmfaError } from '../core/failures.ts'
import type { Failure } from '../core/failures.ts'
import { withoutArn } from '../core/login/mfa-device.ts'
import type { Deadline, ListedMfaDevice, Terminal } from '../core/ports.ts'

/** A login whose MFA device is named nowhere. */
export interface DeviceSearch {
  readonly profile: string
  readonly path: readonly string[]
  /** Whether devices are named without their ARNs where one is to be chosen. */
  readonly hideArns: boolean
  readonly list: () => Promise<readonly ListedMfaDevice[]>
  readonly terminal: Pick<Terminal, 'canAsk' | 'choose'>
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
}

/** A device, and whether the person should be told that it was taken without asking. */
export interface FoundDevice {
  readonly serialNumber: string
  readonly told: boolean
}

type Listing = Extract<Failure, { readonly code: 'MFA_SERIAL_MISSING' }>['listing']

/**
 * Finds the device through IAM: one TOTP device is taken, several are asked about on a terminal. Throws MFA_SERIAL_MISSING
 * with what IAM said; CREDENTIALS_REJECTED and CLOCK_SKEWED as they are, since no device would help.
 */
export async function findDevice(search: DeviceSearch): Promise<FoundDevice> {
  const devices = await listOrExplain(search)
  const usable = devices.filter(({ kind }) => kind === 'totp').map(({ serialNumber }) => serialNumber)
  const [only] = usable
  if (only === undefined) throw missing(search, devices.length === 0 ? 'empty' : 'fido-only', devices)
  if (usable.length === 1) return { serialNumber: only, told: true }
  if (!search.terminal.canAsk()) throw missing(search, 'several', devices)
  const index = await search.deadline.pauseWhile(search.terminal.choose('Which MFA device?', search.hideArns ? usable.map(withoutArn) : usable, search.cancelled))
  return { serialNumber: usable[index] ?? only, told: false }
}

async function listOrExplain(search: DeviceSearch): Promise<readonly ListedMfaDevice[]> {
  try {
    return await search.list()
  } catch (error) {
    if (!(error instanceof AwsmfaError) || search.deadline.signal.aborted) throw error
    if (error.failure.code === 'CREDENTIALS_REJECTED' || error.failure.code === 'CLOCK_SKEWED') throw error
    throw missing(search, error.failure.code === 'ACCESS_DENIED' ? 'denied' : 'failed', [], error)
  }
}

function missing({ profile, path }: DeviceSearch, listing: Listing, devices: readonly ListedMfaDevice[], cause?: unknown): AwsmfaError {
  return new AwsmfaError({ code: 'MFA_SERIAL_MISSING', profile, path, listing, devices: devices.map(({ serialNumber }) => serialNumber) }, { cause })
}
