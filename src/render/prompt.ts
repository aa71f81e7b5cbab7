/**
 * The question for a token code and what is said about a code that was not taken. Questions carry no colour: their length
 * tells how many rows there are to erase.
 */
import { visible } from '../core/visible-text.ts'
import type { TextStyle, TokenCodeRequest } from '../core/ports.ts'
import type { Failure } from '../core/failures.ts'
import { paint } from './colour.ts'
import { yubiKeyWords } from './failures/token-codes.ts'

/** The question, ready to be typed behind: `MFA code for alice (profile 'work'): `. `malformed`: the line before was no code. */
export function tokenCodeQuestion(request: TokenCodeRequest, malformed: boolean): string {
  const served = request.profiles > 1 ? `serves ${request.profiles} profiles` : `profile '${visible(request.profile)}'`
  const reason = malformed ? 'A code has six digits. ' : ''
  return `${reason}MFA code for ${visible(request.userName ?? deviceName(request.serialNumber))} (${served}): `
}

/** The line, without its end, that tells why the code before was not taken and when the next one comes. */
export function tokenCodeRefusal(refusal: NonNullable<TokenCodeRequest['refusal']>, style: TextStyle): string {
  return `${paint(style.unicode ? '✖' : 'x', 'red', style)} ${whyRefused(refusal)}`
}

/** The same in words alone. */
export function whyRefused({ answerLost, known, nextCodeInSeconds }: NonNullable<TokenCodeRequest['refusal']>): string {
  const next = `${nextCodeInSeconds} s`
  if (answerLost) return `the answer was lost and the code is spent; the next one comes in ${next}`
  if (known === 'used') return `already used; the next code comes in ${next}`
  return `not accepted. A code works once; the next one comes in ${next}`
}

/** The line, without its end, that tells what is waited for where a program gave a code that is spent. */
export function nextCodeLine(seconds: number): string {
  return `awsmfa: note: this token code has been used before; waiting ${seconds} s for the next one`
}

/** What stands before the question while a YubiKey waits to be touched. */
export const TOUCH_PREFACE = 'Touch your YubiKey or type the code. '

/** The same for stderr, where nothing can be typed; a line without its end. */
export const TOUCH_LINE = 'awsmfa: touch your YubiKey'

/** The question for the OATH password of a YubiKey; `again`: the one before was wrong. */
export function oathPasswordQuestion(serial: string | undefined, again: boolean): string {
  const key = serial === undefined ? 'the YubiKey' : `the YubiKey ${visible(serial)}`
  return `${again ? 'That was not it. ' : ''}OATH password of ${key} (Enter alone to type the code): `
}

/** The line, without its end, that tells why a YubiKey gave no code where one can still be typed. */
export function yubiKeyFailureLine(failure: Extract<Failure, { readonly code: 'YUBIKEY_FAILED' }>, style: TextStyle): string {
  return `${paint(style.unicode ? '✖' : 'x', 'red', style)} ${yubiKeyWords(failure).error}`
}

/** `arn:aws:iam::111111111111:mfa/alice` is alice; the serial number of a hardware device stands for itself. */
export function deviceName(serialNumber: string): string {
  return serialNumber.slice(serialNumber.lastIndexOf('/') + 1)
}
