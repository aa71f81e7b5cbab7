/** The command line of ykman: its parameters, its output, and the messages for its failures. Pure. */
import type { Failure, YubiKeyTrouble } from '../model/failure.ts'
import type { Resolved } from '../model/profile.ts'
import { listed, quoted, say, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** Which YubiKey to ask, and for which account; at least one of the two is set. */
export interface YubiKeySettings {
  /** By default the only one that is plugged in. */
  readonly serial: Resolved<string> | undefined
  /** The name of the OATH account, by default the MFA device's serial. */
  readonly label: Resolved<string> | undefined
}

/** Which code to ask for. Without a serial ykman takes the only key that is plugged in. */
export interface YkmanQuery {
  readonly serial: string | undefined
  readonly label: string
}

/**
 * Returns ykman's parameters for the code alone of one account. A label may begin with `-`, so it follows `--`.
 * From ykman's source: ykman/_cli/oath.py, ykman/_cli/__main__.py, and ykman/cli of 4.0.
 */
export function ykmanParameters({ serial, label }: YkmanQuery): readonly string[] {
  return [...(serial === undefined ? [] : ['--device', serial]), 'oath', 'accounts', 'code', '--single', '--', label]
}

/** How ykman ended, with all that it wrote; without exit code if a signal ended it. */
export interface YkmanRun {
  readonly exitCode: number | undefined
  readonly output: string
  readonly stderr: string
}

/** What that means. `password`: the key needs its OATH password, and ykman had none. */
export type YkmanAnswer =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'password' }
  | {
      readonly kind: 'failed'
      readonly reason: YubiKeyTrouble
      readonly serials: readonly string[]
      readonly detail?: string | undefined
    }

/** Returns whether ykman has written on stderr that the key waits to be touched. */
export function wantsTouch(stderr: string): boolean {
  return /\btouch your yubikey/i.test(stderr)
}

/** Reads ykman's answer. A code is six digits: an account with eight, or with letters, is not an MFA device of AWS. */
export function readYkman({ exitCode, output, stderr }: YkmanRun): YkmanAnswer {
  const code = /^\s*([0-9]{6})\s*$/.exec(output)?.[1]
  if (exitCode === 0 && code !== undefined) return { kind: 'code', code }
  const said = `${stderr}\n${output}`
  // On an empty stdin click aborts right after its prompt.
  if (/^Aborted!/m.test(said) && /enter the password/i.test(said)) return { kind: 'password' }
  const reason = SIGNS.find(({ pattern }) => pattern.test(said))?.reason ?? 'other'
  const serials = [...said.matchAll(/\bSerial: ([0-9]+)/g)].map(([, serial = '']) => serial)
  return { kind: 'failed', reason, serials, detail: reason === 'other' ? errorIn(stderr) : undefined }
}

/** In this order: without a smart card service ykman finds no key either, and reports both. */
const SIGNS: readonly { readonly pattern: RegExp; readonly reason: YubiKeyTrouble }[] = [
  { pattern: /authentication to the yubikey failed|wrong password/i, reason: 'wrong-password' },
  { pattern: /touch account timed out/i, reason: 'not-touched' },
  { pattern: /no matching account found/i, reason: 'no-account' },
  { pattern: /multiple matches/i, reason: 'several-accounts' },
  { pattern: /multiple yubikeys detected/i, reason: 'several-keys' },
  { pattern: /pc\/sc not available/i, reason: 'no-service' },
  { pattern: /failed connecting to a yubikey with serial/i, reason: 'other-key' },
  { pattern: /no yubikey detected/i, reason: 'no-key' },
  {
    pattern: /functionality required for this command is not enabled|requires one of the following usb interfaces/i,
    reason: 'no-oath',
  },
]

/** The last line that ykman marks as an error. Its messages contain no passwords or codes. */
function errorIn(stderr: string): string | undefined {
  return [...stderr.matchAll(/^error: (.+)$/gim)].at(-1)?.[1]?.trim()
}

export type YubiKeyFailure = Extract<Failure, { readonly code: 'YUBIKEY_FAILED' }>

const LIST_ACCOUNTS = 'to list its accounts: ykman oath accounts list'

/** Returns the message for a YubiKey that returned no code. `skip`: the hint that does without one. */
export function yubiKeyWords({ reason, label, serial, serials, detail }: YubiKeyFailure, skip?: string): FailureText {
  const key = serial === undefined ? 'the YubiKey' : `YubiKey ${visible(serial)}`
  switch (reason) {
    case 'no-program':
      return say('ykman not found; awsmfa needs it to get codes from a YubiKey', 'install yubikey-manager', skip)
    case 'no-key':
      return say('no YubiKey is plugged in', skip)
    case 'other-key':
      return say(`${key} is not plugged in or not accessible`, 'to list YubiKeys: ykman list', skip)
    case 'no-service':
      return say('ykman cannot reach the smart card service', 'on Linux, start pcscd; for details: ykman info', skip)
    case 'several-keys': {
      const names = serials.map((one) => visible(one))
      const plugged = names.length === 0 ? '' : ` (${listed(names, 'and')})`
      return say(
        `several YubiKeys are plugged in${plugged}`,
        `set yubikey_serial = ${visible(serials[0] ?? '12345678')} in the profile`,
      )
    }
    case 'no-account':
      return say(`${key} has no account ${quoted(label)}`, 'set yubikey_label in the profile', LIST_ACCOUNTS)
    case 'several-accounts':
      return say(
        `${key} has several accounts matching ${quoted(label)}`,
        'set yubikey_label to the full name of one',
        LIST_ACCOUNTS,
      )
    case 'password':
      return say(
        `${key} needs its OATH password, and there is no terminal to prompt on`,
        'to save the password: ykman oath access remember',
      )
    case 'wrong-password':
      return say(`wrong OATH password for ${key}`, 'to replace a saved password: ykman oath access remember', skip)
    case 'not-touched':
      return say(`${key} was not touched in time`)
    case 'no-oath':
      return say(`${key} has no enabled OATH application`, 'for details: ykman info')
    case 'timed-out':
      return say(`ykman timed out waiting for ${key}`, skip)
    case 'other': {
      const why = detail === undefined ? '' : `: ${visible(detail.replace(/[.!]+$/, ''), 200)}`
      return say(`ykman failed${why}`, skip)
    }
  }
}
