/** Encryption of cache entries. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectEncrypted, decryptEntry, encryptEntry } from '../../src/sessions/cache-cipher.ts'
import type { CacheKey } from '../../src/sessions/cache-cipher.ts'

const KEY: CacheKey = { id: '0123456789abcdef', bytes: Buffer.alloc(32, 7) }
const NAME = 'sessions/0000000000000000000000000000000000000000'
const SECRET = Buffer.from('{"secretAccessKey":"a secret of 40 characters, as STS makes"}\n')

const keys = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{16}$/),
  bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
})
const names = fc.string({ unit: 'binary' })

describe('what is encrypted', () => {
  it('opens again under its name with its key, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), names, keys, (plain, name, key) => {
        expect(decryptEntry(encryptEntry(plain, name, key), name, key)).toEqual(Buffer.from(plain))
      }),
    )
  })

  it('does not open under another name, nor with another key, nor with a key of the same id', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        names,
        names,
        keys,
        keys,
        (plain, name, otherName, key, otherKey) => {
          fc.pre(name !== otherName && !key.bytes.equals(otherKey.bytes))
          const encrypted = encryptEntry(plain, name, key)
          expect([
            decryptEntry(encrypted, otherName, key),
            decryptEntry(encrypted, name, otherKey),
            decryptEntry(encrypted, name, { ...otherKey, id: key.id }),
            decryptEntry(encrypted, name, { ...key, id: otherKey.id === key.id ? 'f'.repeat(16) : otherKey.id }),
          ]).toEqual([undefined, undefined, undefined, undefined])
        },
      ),
    )
  })

  it('does not open when it is cut off anywhere, or longer', () => {
    const encrypted = encryptEntry(SECRET, NAME, KEY)
    const lengths = Array.from({ length: encrypted.length }, (_, length) => length)
    expect(lengths.filter((length) => decryptEntry(encrypted.subarray(0, length), NAME, KEY) !== undefined)).toEqual([])
    expect(lengths.filter((length) => decryptEntry(encrypted.subarray(length + 1), NAME, KEY) !== undefined)).toEqual(
      [],
    )
    expect(decryptEntry(Buffer.concat([encrypted, Buffer.of(0)]), NAME, KEY)).toBeUndefined()
  })

  it('does not open when any single bit of it is another', () => {
    const encrypted = encryptEntry(SECRET, NAME, KEY)
    const opened = Array.from({ length: encrypted.length * 8 }, (_, bit) => {
      const changed = Buffer.from(encrypted)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      return decryptEntry(changed, NAME, KEY)
    })
    expect(opened.filter((plain) => plain !== undefined)).toEqual([])
    expect(opened).toHaveLength((44 + SECRET.length) * 8)
  })

  it('does not open when its parts are those of another entry', () => {
    const [first, second] = [encryptEntry(SECRET, NAME, KEY), encryptEntry(Buffer.from(SECRET).reverse(), NAME, KEY)]
    const spliced = [16, 28, 44].flatMap((cut) => [
      Buffer.concat([first.subarray(0, cut), second.subarray(cut)]),
      Buffer.concat([second.subarray(0, cut), first.subarray(cut)]),
    ])
    // Up to the nonce all entries of a key are the same.
    expect(spliced.slice(2).map((mixed) => decryptEntry(mixed, NAME, KEY))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(spliced.slice(0, 2)).toEqual([second, first])
  })

  it('holds nothing of what is in it, and is 44 bytes longer', () => {
    const encrypted = encryptEntry(SECRET, NAME, KEY)
    expect([encrypted.length, encrypted.includes('secret'), encrypted.includes(KEY.bytes)]).toEqual([
      SECRET.length + 44,
      false,
      false,
    ])
  })

  it('has a nonce of its own every time, 10,000 times over', () => {
    const encrypted = Array.from({ length: 10_000 }, () => encryptEntry(SECRET, NAME, KEY))
    expect(new Set(encrypted.map((each) => each.toString('hex', 16, 28))).size).toBe(10_000)
    expect(new Set(encrypted.map((each) => each.toString('hex', 44))).size).toBe(10_000)
  })
})

describe('opening', () => {
  it('gives nothing, and throws nothing, for bytes that nobody encrypted', () => {
    const head = encryptEntry(Buffer.alloc(0), NAME, KEY).subarray(0, 16)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), names, (bytes, name) => {
        expect([
          decryptEntry(Buffer.from(bytes), name, KEY),
          decryptEntry(Buffer.concat([head, bytes]), name, KEY),
        ]).toEqual([undefined, undefined])
      }),
    )
  })

  it('throws nothing for a key that is none', () => {
    const encrypted = encryptEntry(SECRET, NAME, KEY)
    expect([
      decryptEntry(encrypted, NAME, { id: KEY.id, bytes: Buffer.alloc(31) }),
      decryptEntry(encrypted, NAME, { id: '', bytes: Buffer.alloc(0) }),
    ]).toEqual([undefined, undefined])
  })

  it('tells a later version, another key and damage apart without any key', () => {
    const encrypted = encryptEntry(SECRET, NAME, KEY)
    const later = Buffer.from(encrypted)
    later.writeUInt8(2, 7)
    const earlier = Buffer.from(encrypted)
    earlier.writeUInt8(0, 7)
    expect(
      [encrypted, later, earlier, encrypted.subarray(0, 43), randomBytes(100), Buffer.from('{"version":1}')].map(
        inspectEncrypted,
      ),
    ).toEqual([KEY.id, 'newer', 'damaged', 'damaged', 'damaged', 'damaged'])
    expect(decryptEntry(later, NAME, KEY)).toBeUndefined()
  })
})
