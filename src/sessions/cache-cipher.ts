/**
 * Encryption of awsmfa's own cache, and the key for it: its form, where it is, and reading it. Making one is in
 * cache-key-file.ts, or in keychain.ts.
 *
 * An encrypted file is: 7 bytes magic, 1 byte version, 8 bytes key id, 12 bytes nonce, 16 bytes tag, AES-256-GCM
 * ciphertext. The bytes before the nonce and the entry's name are authenticated, so an entry that was moved, cut or
 * changed does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { statSync, statfsSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { readWhole } from '../platform/read-file.ts'

/** A key for AES-256. `id` names it (16 hexadecimal digits, no part of the key); `bytes` are the 32 secret bytes. */
export interface CacheKey {
  readonly id: string
  readonly bytes: Buffer
}

/** A place for the key. Synchronous, because sessions are stored and found synchronously. */
export interface CacheKeySource {
  /** Returns the key if there is one that can be used. Never prompts; throws only USAGE, for an invalid `cache_key`. */
  readonly find: () => CacheKey | undefined
  /**
   * Returns the key, made now if there is none; processes that make one at the same time all get the same. Throws
   * AwsmfaError if there can be none: nothing is cached then, and the caller goes on.
   */
  readonly findOrCreate: () => CacheKey
}

const MAGIC = 'awsmfa\0'

const VERSION = 1

const HEAD_BYTES = 16

const NONCE_BYTES = 12

const TAG_BYTES = 16

const CIPHERTEXT_START = HEAD_BYTES + NONCE_BYTES + TAG_BYTES

const CIPHER = 'aes-256-gcm'

/**
 * Encrypts an entry under its name, such as `sessions/0123…`. The nonce is random: 96 bits, good for 2^32 files per key
 * (NIST SP 800-38D, 8.3). Throws for an invalid key, which no source returns.
 */
export function encryptEntry(plaintext: Uint8Array, name: string, key: CacheKey): Buffer {
  const head = Buffer.concat([Buffer.from(MAGIC), Buffer.from([VERSION]), Buffer.from(key.id, 'hex')])
  if (head.length !== HEAD_BYTES) throw new Error('a cache key has an id of 8 bytes')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.concat([head, Buffer.from(name)]))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), ciphertext])
}

/** Returns what `encryptEntry` encrypted under this name with this key; undefined for anything else. Never throws. */
export function decryptEntry(encrypted: Buffer, name: string, key: CacheKey): Buffer | undefined {
  if (inspectEncrypted(encrypted) !== key.id) return undefined
  const [head, nonce] = [encrypted.subarray(0, HEAD_BYTES), encrypted.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES)]
  try {
    const decipher = createDecipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.concat([head, Buffer.from(name)]))
    decipher.setAuthTag(encrypted.subarray(CIPHERTEXT_START - TAG_BYTES, CIPHERTEXT_START))
    return Buffer.concat([decipher.update(encrypted.subarray(CIPHERTEXT_START)), decipher.final()])
  } catch {
    // final() throws unless every byte is authentic; no more than that can be known.
    return undefined
  }
}

/**
 * Returns, without any key, the id of the key that bytes were encrypted with; `newer` for a later version's, `damaged`
 * for anything else. Only decrypting shows whether they are intact.
 */
export function inspectEncrypted(encrypted: Buffer): string {
  if (encrypted.length < CIPHERTEXT_START || encrypted.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'damaged'
  const version = encrypted[MAGIC.length] ?? 0
  if (version !== VERSION) return version > VERSION ? 'newer' : 'damaged'
  return encrypted.toString('hex', MAGIC.length + 1, HEAD_BYTES)
}

/** What decides where the key is. */
export interface CacheKeyPlaces {
  /** XDG_RUNTIME_DIR as it is set; it is checked before it is used. */
  readonly runtimeFolder: string | undefined
  /** awsmfa's state folder. Neither needs to exist. */
  readonly stateFolder: string
}

/** What is stored instead of the key. */
export type FoundCacheKey =
  | { readonly kind: 'key'; readonly key: CacheKey }
  /** `exposed`: others can read it, or another user owns it; `newer`: a later version of awsmfa wrote it. */
  | { readonly kind: 'none' | 'exposed' | 'damaged' | 'newer' }
  | { readonly kind: 'unreadable'; readonly errno: string }

const KEY_BYTES = 32

/** Linux, include/uapi/linux/magic.h: TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6]

/**
 * Returns the path of the key. It is in the runtime folder if that is in memory and private to this user, so that the
 * key is gone after logout or reboot and the cache on disk is worthless; else in the state folder, where it protects
 * against copies and backups of the cache alone.
 */
export function cacheKeyPath({ runtimeFolder, stateFolder }: CacheKeyPlaces): string {
  return runtimeFolder !== undefined && isPrivateMemory(runtimeFolder)
    ? join(runtimeFolder, 'awsmfa', 'cache-key')
    : join(stateFolder, 'cache-key')
}

/** Reads the key; undefined if there is none that can be used. Never throws. */
export function findCacheKey(places: CacheKeyPlaces): CacheKey | undefined {
  const found = readCacheKey(cacheKeyPath(places))
  return found.kind === 'key' ? found.key : undefined
}

/** Reads the key file. Never throws. */
export function readCacheKey(path: string): FoundCacheKey {
  const exposed: FoundCacheKey[] = []
  try {
    const bytes = readWhole(path, (found) => {
      const isPrivate = isPrivateFile(found)
      if (!isPrivate) exposed.push({ kind: 'exposed' })
      return isPrivate
    })
    return bytes === undefined ? { kind: 'none' } : decodeCacheKey(bytes.toString('latin1'))
  } catch (error) {
    return exposed[0] ?? { kind: 'unreadable', errno: (error as NodeJS.ErrnoException).code ?? 'EINVAL' }
  }
}

/** Returns the key as one line of text, for storing. */
export function encodeCacheKey({ id, bytes }: CacheKey): string {
  return `awsmfa-cache-key:1:${id}:${bytes.toString('base64')}\n`
}

/** Reads what `encodeCacheKey` wrote, with or without its line end. */
export function decodeCacheKey(text: string): FoundCacheKey {
  const [, version = '', rest = ''] = /^awsmfa-cache-key:(\d{1,9}):(.*)\n?$/.exec(text) ?? []
  if (Number(version) > 1) return { kind: 'newer' }
  const [, id, key] = /^([0-9a-f]{16}):([A-Za-z0-9+/]{43}=)$/.exec(rest) ?? []
  if (version !== '1' || id === undefined || key === undefined) return { kind: 'damaged' }
  const bytes = Buffer.from(key, 'base64')
  return bytes.length === KEY_BYTES ? { kind: 'key', key: { id, bytes } } : { kind: 'damaged' }
}

/** Windows has no such owners and modes; there the folders are private themselves. */
function isPrivateFile(found: Stats): boolean {
  const uid = process.getuid?.()
  return uid === undefined || ((found.uid === uid || uid === 0) && (found.mode & 0o077) === 0)
}

function isPrivateMemory(folder: string): boolean {
  const uid = process.getuid?.()
  if (uid === undefined || !isAbsolute(folder)) return false
  try {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found?.isDirectory() !== true || found.uid !== uid || (found.mode & 0o077) !== 0) return false
    return MEMORY_FILE_SYSTEMS.includes(statfsSync(folder).type >>> 0)
  } catch {
    // A folder that cannot be examined is no place for a key.
    return false
  }
}
