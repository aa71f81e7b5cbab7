/**
 * Sealing what awsmfa keeps in its own cache: AES-256-GCM, each time with a new nonce, bound to the name under which it is kept.
 * What it takes from node:crypto it loads at first use, because the entry holds this for the one answer that needs it.
 *
 * A sealed file is: 7 bytes magic, 1 byte version, 8 bytes key id, 12 bytes nonce, 16 bytes tag, ciphertext. The bytes before
 * the nonce and the name are authenticated with it, so an entry that was moved, cut or changed anywhere does not open.
 */
import type { CacheKey } from './cache-key.ts'

const MAGIC = 'awsmfa\0'
const VERSION = 1
const HEAD_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TEXT_START = HEAD_BYTES + NONCE_BYTES + TAG_BYTES
const CIPHER = 'aes-256-gcm'

/**
 * Seals bytes under a name, such as `sessions/0123…`. The nonce is random: 96 bits, good for 2^32 files a key (NIST SP
 * 800-38D, 8.3). Throws for a key that is none, which its sources never give.
 */
export function seal(plain: Uint8Array, name: string, key: CacheKey): Buffer {
  const { createCipheriv, randomBytes } = process.getBuiltinModule('node:crypto')
  const head = Buffer.concat([Buffer.from(`${MAGIC}${String.fromCharCode(VERSION)}`, 'latin1'), Buffer.from(key.id, 'hex')])
  if (head.length !== HEAD_BYTES) throw new Error('a cache key has an id of 8 bytes')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(head, name))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), text])
}

/** Opens what `seal` made under this name with this key. Gives undefined for anything else. Never throws. */
export function openSealed(sealed: Buffer, name: string, key: CacheKey): Buffer | undefined {
  if (inspectSealed(sealed) !== key.id) return undefined
  try {
    const { createDecipheriv } = process.getBuiltinModule('node:crypto')
    const decipher = createDecipheriv(CIPHER, key.bytes, sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(authenticated(sealed.subarray(0, HEAD_BYTES), name))
    decipher.setAuthTag(sealed.subarray(TEXT_START - TAG_BYTES, TEXT_START))
    return Buffer.concat([decipher.update(sealed.subarray(TEXT_START)), decipher.final()])
  } catch {
    // final() throws for whatever is not exactly what was sealed; there is nothing else to know about it.
    return undefined
  }
}

/**
 * Tells without any key what bytes are: the id of the key that they were sealed with, `newer` for a later version's, or
 * `damaged`. Only opening them shows whether they are whole.
 */
export function inspectSealed(sealed: Buffer): string {
  if (sealed.length < TEXT_START || sealed.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'damaged'
  const version = sealed[MAGIC.length] ?? 0
  if (version !== VERSION) return version > VERSION ? 'newer' : 'damaged'
  return sealed.toString('hex', MAGIC.length + 1, HEAD_BYTES)
}

function authenticated(head: Buffer, name: string): Buffer {
  return Buffer.concat([head, Buffer.from(name, 'utf8')])
}
