/**
 * The question for a token code and what is said about a code that was not taken. Questions carry no colour: their length
 * tells how many rows there are to erase.
 */
import { visible } from '../core/visible-text.ts'
import type { TextStyle, TokenCodeRequest } from '../core/ports.ts'
import { paint } from './colour.ts'

/** The question, ready to be typed behind: `MFA code for alice (profile 'work'): `. `malformed`: the line before was no code. */
export function tokenCodeQuestion(request: TokenCodeRequest, malformed: boolean): string {
  const served = request.profiles > 1 ? `serves ${request.profiles} profiles` : `profile '${visible(request.profile)}'`
  const reason = malformed ? 'A code has six digits. ' : ''
  return `${reason}MFA code for ${visible(request.userName ?? deviceName(request.serialNumber))} (${served}): `
}

/** The line, without its end, that tells why the code before was not taken and when the next one comes. */
export function tokenCodeRefusal(refusal: NonNullable<TokenCodeRequest['refusal']>, style: TextStyle): string {
  const sign = paint(style.unicode ? '✖' : 'x', 'red', style)
  const next = `${refusal.nextCodeInSeconds} s`
  if (refusal.answerLost) return `${sign} the answer was lost and the code is spent; the next one comes in ${next}`
  if (refusal.known === 'used') return `${sign} already used; the next code comes in ${next}`
  return `${sign} not accepted. A code works once; the next one comes in ${next}`
}

/** `arn:aws:iam::111111111111:mfa/alice` is alice; the serial number of a hardware device stands for itself. */
function deviceName(serialNumber: string): string {
  return serialNumber.slice(serialNumber.lastIndexOf('/') + 1)
}
