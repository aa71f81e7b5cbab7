/** Verifies the MFA parameters of a request. */
import type { Refusal } from './answers.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, Signer } from './state.ts'
import { HALF_MFA, WRONG_CODE, WRONG_DEVICE } from './answers.ts'
import { textOf } from './query-protocol.ts'
import { serverNow } from './state.ts'
import { findStepOfCode } from './totp.ts'

export type MfaProof = 'none' | 'proven' | Refusal

/**
 * Verifies SerialNumber and TokenCode. A valid code is used up even if the request fails later: it works once per
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
