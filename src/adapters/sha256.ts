import { createHash } from 'node:crypto'

/** Gives the SHA-256 of a text, taken as UTF-8, as 64 lowercase hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
