/** Whether a serial and a code prove that the caller holds the device. */
import type { Refusal } from './answers.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, Signer } from './state.ts'
import { HALF_MFA, WRONG_CODE, WRONG_DEVICE } from './answers.ts'
import { textOf } from './query-protocol.ts'
import { serverNow } from './state.ts'
import { findStepOfCode } from './totp.ts'

export type MfaProof = 'none' | 'proven' | Refusal

/**
 * Checks SerialNumber and TokenCode of a request. A right code is spent by this, whatever becomes of the request: it works once per
 * device. Role sessions have no devices.
 */
export const proveMfa = (state: ServerState, signer: Signer, parameters: Parameters): MfaProof => {
  const serial = textOf(parameters, 'SerialNumber')
  const code = textOf(parameters, 'TokenCode')
  if (serial === undefined && code === undefined) return 'none'
  if (serial === undefined || code === undefined) return HALF_MFA
  const devices = signer.kind === 'assumed-role' ? [] : signer.user.devices
  const seed = devices.find((device) => device.serial === serial && device.kind === 'totp' && device.isEnabled)?.seed
  if (seed === undefined) return WRONG_DEVICE
  const spent = state.spentSteps.get(serial) ?? new Set()
  const step = findStepOfCode(seed, code, serverNow(state), spent)
  if (step === undefined) return WRONG_CODE
  state.spentSteps.set(serial, spent.add(step))
  return 'proven'
}
