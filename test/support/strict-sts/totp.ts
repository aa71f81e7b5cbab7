/** Token codes of RFC 6238 as AWS uses it: HMAC-SHA-1, six digits, steps of 30 seconds. */
import { createHmac } from 'node:crypto'

/** Length of a time step, RFC 6238 section 4.1. */
const STEP_SECONDS = 30

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Decodes a seed: base32 (case, spaces and padding do not matter), or hexadecimal after `hex:`. */
const decodeSeed = (seed: string): Buffer => {
  if (seed.startsWith('hex:')) return Buffer.from(seed.slice(4), 'hex')
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of seed.toUpperCase().replace(/[\s=]/g, '')) {
    const digit = BASE32.indexOf(character)
    if (digit < 0) throw new Error(`not base32: ${JSON.stringify(character)}`)
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}

/** Returns the step of a time (milliseconds since 1970). */
export const stepAt = (nowMs: number): number => Math.floor(nowMs / 1000 / STEP_SECONDS)

/** Returns the code of a step, with leading zeros. `digits` is six except in the RFC's test vectors. */
export const codeOfStep = (seed: string, step: number, digits = 6): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', decodeSeed(seed)).update(counter).digest()
  const offset = (mac[mac.length - 1] ?? 0) & 0x0f
  return ((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).toString().padStart(digits, '0')
}

/**
 * Returns the step of a code: the current, previous or next one, if not in `spent`. Undefined for a wrong or used code.
 */
export const findStepOfCode = (
  seed: string,
  code: string,
  nowMs: number,
  spent: ReadonlySet<number>,
): number | undefined => {
  const current = stepAt(nowMs)
  return [current, current - 1, current + 1].find((step) => !spent.has(step) && codeOfStep(seed, step) === code)
}
