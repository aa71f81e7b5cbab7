import { statSync, statfsSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { readWhole } from '../platform/read-file.ts'

/**
 * Sealing what awsmfa keeps in its own cache: AES-256-GCM, each time with a new nonce, bound to the name under which it is kept.
 * What it takes from node:crypto it loads at first use, because the entry holds this for the one answer that needs it.
 *
 * A sealed file is: 7 bytes magic, 1 byte version, 8 bytes key id, 12 bytes nonce, 16 bytes tag, ciphertext. The bytes before
 * the nonce and the name are authenticated with it, so an entry that was moved, cut or changed anywhere does not open.
 */

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
  const head = Buffer.concat([
    Buffer.from(`${MAGIC}${String.fromCharCode(VERSION)}`, 'latin1'),
    Buffer.from(key.id, 'hex'),
  ])
  if (head.length !== HEAD_BYTES) throw new Error('a cache key has an id of 8 bytes')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES }).setAAD(
    authenticated(head, name),
  )
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), text])
}

/** Opens what `seal` made under this name with this key. Gives undefined for anything else. Never throws. */
export function openSealed(sealed: Buffer, name: string, key: CacheKey): Buffer | undefined {
  if (inspectSealed(sealed) !== key.id) return undefined
  try {
    const { createDecipheriv } = process.getBuiltinModule('node:crypto')
    const decipher = createDecipheriv(CIPHER, key.bytes, sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
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

/**
 * The key that awsmfa's own cache is sealed with: what it is, where it lies, and how it is read. Making one is in
 * cache-key-file.ts. Loads nothing but Node's fs, because the entry reads the key on its way to a cached answer.
 */

/** A key for AES-256. `id` names it (16 hexadecimal digits, no part of the key); `bytes` are the 32 secret bytes. */
export interface CacheKey {
  readonly id: string
  readonly bytes: Buffer
}

/** One way to keep the key. Synchronous, since a session is stored and found synchronously. */
export interface CacheKeySource {
  /** Gives the key, if there is one that can be used. Never throws; asks nobody. */
  readonly find: () => CacheKey | undefined
  /**
   * Gives the key, made now if there is none; of processes that make one at once all are given the same. Throws AwsmfaError
   * where none can be had: then nothing is kept, and the caller goes on.
   */
  readonly findOrCreate: () => CacheKey
}

/** What the place of the key depends on. */
export interface CacheKeyPlaces {
  /** XDG_RUNTIME_DIR as it is set; it is looked at before it is used. */
  readonly runtimeFolder: string | undefined
  /** awsmfa's state folder. Neither need exist. */
  readonly stateFolder: string
}

/** What lies in the place of the key. */
export type FoundCacheKey =
  | { readonly kind: 'key'; readonly key: CacheKey }
  /** `exposed`: others can read it, or it is another's; `newer`: a later version of awsmfa wrote it. */
  | { readonly kind: 'none' | 'exposed' | 'damaged' | 'newer' }
  | { readonly kind: 'unreadable'; readonly errno: string }

const KEY_BYTES = 32

/** Of Linux: include/uapi/linux/magic.h, TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_BACKED = [0x01021994, 0x858458f6]

/**
 * Where the key is, or would be: in the runtime folder if that lies in memory and is this user's alone, so that the key is
 * gone after logout or reboot and the cache on disk worthless; else in the state folder, where it guards against copies and
 * backups of the cache and no more.
 */
export function cacheKeyPath({ runtimeFolder, stateFolder }: CacheKeyPlaces): string {
  return runtimeFolder !== undefined && isPrivateMemory(runtimeFolder)
    ? `${runtimeFolder}/awsmfa/cache-key`
    : `${stateFolder}/cache-key`
}

/** Reads the key. Gives undefined where there is none that can be used. Never throws. */
export function findCacheKey(places: CacheKeyPlaces): CacheKey | undefined {
  const found = readCacheKey(cacheKeyPath(places))
  return found.kind === 'key' ? found.key : undefined
}

/** Reads the key file, and says what is wrong with one that is no good. Never throws. */
export function readCacheKey(path: string): FoundCacheKey {
  const exposed: FoundCacheKey[] = []
  try {
    const bytes = readWhole(path, (found) => {
      const isGood = isPrivateFile(found)
      if (!isGood) exposed.push({ kind: 'exposed' })
      return isGood
    })
    return bytes === undefined ? { kind: 'none' } : decodeCacheKey(bytes.toString('latin1'))
  } catch (error) {
    return exposed[0] ?? unreadable(error)
  }
}

/** The key as one line of text, for wherever it is kept. */
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

/** Windows has no owners and modes of this kind; there the folders are private by themselves. */
function isPrivateFile(found: Stats): boolean {
  const uid = process.getuid?.()
  return uid === undefined || ((found.uid === uid || uid === 0) && (found.mode & 0o077) === 0)
}

function isPrivateMemory(folder: string): boolean {
  const uid = process.getuid?.()
  if (uid === undefined || !folder.startsWith('/')) return false
  try {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found?.isDirectory() !== true || found.uid !== uid || (found.mode & 0o077) !== 0) return false
    return MEMORY_BACKED.includes(statfsSync(folder).type >>> 0)
  } catch {
    // A folder that cannot be looked at is none to keep a key in.
    return false
  }
}

function unreadable(error: unknown): FoundCacheKey {
  return { kind: 'unreadable', errno: (error as NodeJS.ErrnoException).code ?? 'EINVAL' }
}
