/** How ykman is asked for a code, and what its answers mean. From its source: ykman/_cli/oath.py, ykman/_cli/__main__.py, and 4.0's ykman/cli. */
import type { YubiKeyTrouble } from '../failures.ts'

/** Which code is wanted. Without a serial ykman takes the only key that is plugged in. */
export interface YkmanQuery {
  readonly serial: string | undefined
  readonly label: string
}

/** Gives ykman's parameters: one account, and of it the code alone. A label may begin with `-`, so it stands after `--`. */
export function ykmanParameters({ serial, label }: YkmanQuery): readonly string[] {
  return [...(serial === undefined ? [] : ['--device', serial]), 'oath', 'accounts', 'code', '--single', '--', label]
}

/** What ykman did: its exit code (undefined: a signal ended it) and all that it printed. */
export interface YkmanRun {
  readonly exitCode: number | undefined
  readonly output: string
  readonly talk: string
}

/** What came of it. `password`: the key wants its OATH password and ykman was given none. */
export type YkmanAnswer =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'password' }
  | { readonly kind: 'failed'; readonly reason: YubiKeyTrouble; readonly serials: readonly string[]; readonly detail?: string }

/** Tells whether ykman has said on stderr that the key waits to be touched. */
export function wantsTouch(talk: string): boolean {
  return /\btouch your yubikey/i.test(talk)
}

/** Reads what ykman printed. A code is six digits: an account that shows eight, or letters, is no MFA device of AWS. */
export function readYkman({ exitCode, output, talk }: YkmanRun): YkmanAnswer {
  const code = /^\s*([0-9]{6})\s*$/.exec(output)?.[1]
  if (exitCode === 0 && code !== undefined) return { kind: 'code', code }
  const said = `${talk}\n${output}`
  // With an empty stdin click's prompt is broken off right behind its question.
  if (/^Aborted!/m.test(said) && /enter the password/i.test(said)) return { kind: 'password' }
  const reason = SIGNS.find(({ pattern }) => pattern.test(said))?.reason ?? 'other'
  const detail = reason === 'other' ? errorIn(talk) : undefined
  return { kind: 'failed', reason, serials: [...said.matchAll(/\bSerial: ([0-9]+)/g)].map(([, serial = '']) => serial), ...(detail === undefined ? {} : { detail }) }
}

/** In this order: without its smart card service ykman sees no key either, and says both. */
const SIGNS: readonly { readonly pattern: RegExp; readonly reason: YubiKeyTrouble }[] = [
  { pattern: /authentication to the yubikey failed|wrong password/i, reason: 'wrong-password' },
  { pattern: /touch account timed out/i, reason: 'not-touched' },
  { pattern: /no matching account found/i, reason: 'no-account' },
  { pattern: /multiple matches/i, reason: 'several-accounts' },
  { pattern: /multiple yubikeys detected/i, reason: 'several-keys' },
  { pattern: /pc\/sc not available/i, reason: 'no-service' },
  { pattern: /failed connecting to a yubikey with serial/i, reason: 'other-key' },
  { pattern: /no yubikey detected/i, reason: 'no-key' },
  { pattern: /functionality required for this command is not enabled|requires one of the following usb interfaces/i, reason: 'no-oath' },
]

/** The last line that ykman marks as an error. It holds no secret: passwords and codes are not in its messages. */
function errorIn(talk: string): string | undefined {
  return [...talk.matchAll(/^error: (.+)$/gim)].at(-1)?.[1]?.trim()
}
