/**
 * Access key ids of AWS's shape: a four-letter prefix and 16 base32 characters, of which the first ten carry the account.
 * The coding is undocumented by AWS; its public description is Tal Be'ery, "A short note on AWS KEY ID"
 * (https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489): bits 1 to 40 of the first six bytes.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const TAIL_CHARACTERS = 6n

/**
 * Makes a 20-character key id for a 12-digit account.
 * `serial` (0 to 2^30) tells the ids of one account apart; the same arguments always give the same id.
 */
export const accessKeyIdFor = (prefix: 'AKIA' | 'ASIA', account: string, serial: number): string => {
  // 80 bits: 1 set bit, 40 bits of account, 9 bits of filling, 30 bits of serial.
  let bits = (1n << 79n) | (BigInt(account) << 39n) | (BigInt(serial) & ((1n << (TAIL_CHARACTERS * 5n)) - 1n))
  let text = ''
  for (let index = 0; index < 16; index += 1) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text
    bits >>= 5n
  }
  return prefix + text
}

/** The 12-digit account that a key id carries. Meaningless for ids that are not of AWS's shape. */
export const accountOf = (accessKeyId: string): string => {
  let bits = 0n
  for (const character of accessKeyId.slice(4, 14))
    bits = (bits << 5n) | BigInt(Math.max(0, ALPHABET.indexOf(character)))
  return ((bits >> 9n) & ((1n << 40n) - 1n)).toString().padStart(12, '0')
}
