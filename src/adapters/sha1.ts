import { createHash } from 'node:crypto'

/**
 * Gives the SHA-1 of a text, taken as UTF-8, as 40 lowercase hexadecimal digits. For names that other programs make this way
 * alone: nothing is protected by it.
 */
export function sha1(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex')
}
