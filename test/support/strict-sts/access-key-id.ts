/**
 * Access key IDs in AWS's format: a four-letter prefix and 16 base32 characters, the first ten of which encode the
 * account. AWS does not document the encoding. Source: Tal Be'ery, "A short note on AWS KEY ID"
 * (https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489): bits 1 to 40 of the first six bytes.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const TAIL_CHARACTERS = 6n

/** Returns the key ID number `serial` (0 to 2^30) of a 12-digit account: 20 characters, deterministic. */
export const accessKeyIdFor = (prefix: 'AKIA' | 'ASIA', account: string, serial: number): string => {
  // 80 bits: 1 set bit, 40 bits of account, 9 zero bits, 30 bits of serial.
  let bits = (1n << 79n) | (BigInt(account) << 39n) | (BigInt(serial) & ((1n << (TAIL_CHARACTERS * 5n)) - 1n))
  let text = ''
  for (let index = 0; index < 16; index += 1) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text
    bits >>= 5n
  }
  return prefix + text
}

/** Returns the 12-digit account that a key ID encodes. Meaningless for IDs in another format. */
export const accountOf = (accessKeyId: string): string => {
  let bits = 0n
  for (const character of accessKeyId.slice(4, 14))
    bits = (bits << 5n) | BigInt(Math.max(0, ALPHABET.indexOf(character)))
  return ((bits >> 9n) & ((1n << 40n) - 1n)).toString().padStart(12, '0')
}
