/** The encrypted session cache on disk. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createCacheKeyFile } from '../../src/sessions/cache-key-file.ts'
import type { CacheKeySource } from '../../src/sessions/cache-cipher.ts'
import { sha256 } from '../../src/runtime/runtime.ts'
import { createSessionCache } from '../../src/sessions/session-cache.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { SessionCache } from '../../src/sessions/session-cache.ts'
import { sessionName } from '../../src/sessions/session-record.ts'
import { encodeSessionRecord } from '../../src/sessions/session-record.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { failureOf } from '../support/failure-of.ts'
import { expectPrivate, scratchFolder } from '../support/scratch.ts'
import { isWindows, SWEEP_STEP } from '../support/on-windows.ts'

function recordFor(user: string): SessionRecord {
  return {
    key: {
      partition: 'aws',
      endpoint: '',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      serialNumber: `arn:aws:iam::111111111111:mfa/${user}`,
      chain: '',
    },
    credentials: {
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: `wJalrXUtnFEMI/K7MDENG/${user}`,
      sessionToken: `IQoJb3JpZ2luX2VjE${user}==`,
      expiration: new Date('2026-11-22T00:00:00Z'),
    },
    durationSeconds: 43_200,
    createdAt: new Date('2026-11-21T12:00:00.123Z'),
    profiles: ['work', 'jürgen'],
  }
}

const ALICE = recordFor('alice')
const BOB = recordFor('bob')

interface Opened {
  readonly cache: SessionCache
  readonly folder: string
  readonly state: string
  readonly keySource: CacheKeySource
  readonly told: string[]
  readonly fileOf: (record: SessionRecord) => string
}

function open(root = scratchFolder()): Opened {
  const told: string[] = []
  const [cacheFolder, state] = [join(root, 'cache'), join(root, 'state')]
  const onOddity = (text: string): void => void told.push(text)
  const keySource = createCacheKeyFile({ runtimeFolder: undefined, stateFolder: state, onOddity })
  const folder = join(cacheFolder, 'sessions')
  return {
    cache: createSessionCache({ cacheFolder, keySource, sha256, now: () => new Date(), onOddity }),
    folder,
    state,
    keySource,
    told,
    fileOf: ({ key }) => join(folder, `${sessionName(key, sha256)}.sealed`),
  }
}

describe('a cached session', () => {
  it('is found again as it was, by its own key alone', () => {
    const { cache } = open()
    expect([cache.find(ALICE.key), cache.list(), cache.count()]).toEqual([undefined, [], 0])
    cache.store(ALICE)
    cache.store(BOB)
    expect([
      cache.find(ALICE.key),
      cache.find(BOB.key),
      cache.find({ ...ALICE.key, chain: '["mfa-session"]' }),
    ]).toEqual([ALICE, BOB, undefined])
    expect([new Set(cache.list()), cache.count()]).toEqual([new Set([ALICE, BOB]), 2])
    cache.remove(ALICE.key)
    expect([cache.find(ALICE.key), cache.list()]).toEqual([undefined, [BOB]])
  })

  it('lies in a file of its owner alone, in which nothing of it can be read', () => {
    const { cache, folder, fileOf } = open()
    cache.store(ALICE)
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.sealed$/)])
    expectPrivate(folder, fileOf(ALICE))
    const bytes = readFileSync(fileOf(ALICE), 'latin1')
    for (const word of ['alice', 'work', 'AKIA', 'ASIA', 'wJalr', 'IQoJ', 'arn:']) expect(bytes).not.toContain(word)
  })

  it('is encrypted anew by each store', () => {
    const { cache, fileOf } = open()
    cache.store(ALICE)
    const before = readFileSync(fileOf(ALICE))
    cache.store(ALICE)
    expect([readFileSync(fileOf(ALICE)).equals(before), cache.find(ALICE.key)]).toEqual([false, ALICE])
  })

  it('is rehearsed: with a key and a folder, and nothing else is left; and refused where it could not be stored', () => {
    const { cache, folder, keySource } = open()
    cache.preflight()
    expect([readdirSync(folder), keySource.find()]).toEqual([
      [],
      expect.objectContaining({ id: expect.any(String) as string }),
    ])
    const root = scratchFolder()
    writeFileSync(join(root, 'cache'), '')
    const blocked = open(root).cache
    expect([failureOf(() => blocked.preflight()), failureOf(() => blocked.store(ALICE))]).toMatchObject([
      { code: 'FILE_NOT_WRITABLE' },
      { code: 'FILE_NOT_WRITABLE' },
    ])
  })

  it('asks for no key where there is nothing to open', () => {
    const { cache, keySource } = open()
    const find = vi.spyOn(keySource, 'find')
    const findOrCreate = vi.spyOn(keySource, 'findOrCreate')
    cache.find(ALICE.key)
    cache.list()
    cache.sweep()
    expect([find.mock.calls.length, findOrCreate.mock.calls.length]).toEqual([0, 0])
  })
})

describe('an entry that is not exactly what was stored is a miss, never other credentials', () => {
  it('cut off after any of its bytes', () => {
    const { cache, told, fileOf } = open()
    cache.store(ALICE)
    const whole = readFileSync(fileOf(ALICE))
    const found = Array.from({ length: whole.length / SWEEP_STEP }, (_, step) => {
      writeFileSync(fileOf(ALICE), whole.subarray(0, step * SWEEP_STEP))
      return [cache.find(ALICE.key), ...cache.list()]
    })
    expect(found.filter((each) => each.length !== 1 || each[0] !== undefined)).toEqual([])
    expect([new Set(told).size, told[0]]).toEqual([
      1,
      `the cache entry ${fileOf(ALICE)} is damaged or not of this version; it is ignored and will be replaced`,
    ])
  })

  it('with any of its bits another', () => {
    const { cache, fileOf, told } = open()
    cache.store(ALICE)
    const whole = readFileSync(fileOf(ALICE))
    const bits = Array.from({ length: (whole.length * 8) / SWEEP_STEP }, (_, step) => step * SWEEP_STEP)
    const found = bits.map((bit) => {
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      writeFileSync(fileOf(ALICE), changed)
      return cache.find(ALICE.key)
    })
    expect(found.filter((each) => each !== undefined)).toEqual([])
    expect(told).toHaveLength(bits.length)
    cache.store(ALICE)
    expect(cache.find(ALICE.key)).toEqual(ALICE)
  }, 120_000)

  it('moved to where another belongs', () => {
    const { cache, fileOf } = open()
    cache.store(ALICE)
    cache.store(BOB)
    renameSync(fileOf(BOB), fileOf(ALICE))
    expect([cache.find(ALICE.key), cache.list(), cache.count()]).toEqual([undefined, [], 1])
  })

  const cases: readonly (readonly [string, (opened: Opened) => void, string])[] = [
    [
      'from another machine',
      ({ fileOf }) => {
        const other = open()
        other.cache.store(ALICE)
        writeFileSync(fileOf(ALICE), readFileSync(other.fileOf(ALICE)))
      },
      'was encrypted with another key',
    ],
    [
      'whose key is gone',
      ({ state }) => renameSync(join(state, 'cache-key'), join(state, 'elsewhere')),
      'cannot be opened: there is no key for it',
    ],
    ['of a later version', ({ fileOf }) => changeByte(fileOf(ALICE), 7, 2), 'was made by a later version of awsmfa'],
    ['that is empty', ({ fileOf }) => writeFileSync(fileOf(ALICE), ''), 'is damaged'],
    ['in plain text', ({ fileOf }) => writeFileSync(fileOf(ALICE), encodeSessionRecord(ALICE)), 'is damaged'],
    [
      'that is a folder',
      ({ fileOf }) => {
        renameSync(fileOf(ALICE), `${fileOf(ALICE)}.moved`)
        mkdirSync(fileOf(ALICE))
      },
      'cannot be read',
    ],
  ]

  it.each(cases)('%s: told, and healed by the next store', (what, change, words) => {
    const opened = open()
    const { cache, told } = opened
    cache.store(ALICE)
    change(opened)
    expect([cache.find(ALICE.key), cache.list(), cache.count()]).toEqual([undefined, [], 1])
    expect(told.join('\n')).toContain(words)
    if (what === 'that is a folder') return
    cache.store(ALICE)
    expect([cache.find(ALICE.key), cache.list()]).toEqual([ALICE, [ALICE]])
  })
})

describe('sessions that expired over a day ago', () => {
  it.each([
    ['the next store', (cache: SessionCache) => cache.store(BOB), 1],
    ['a sweep', (cache: SessionCache) => cache.sweep(), 0],
  ])('go with %s, and no key is needed to see it', (_, act, more) => {
    const { cache, keySource, folder, fileOf } = open()
    cache.store(ALICE)
    const writtenBefore = (hours: number): void => {
      const seconds = Date.now() / 1000 - hours * 3600
      utimesSync(fileOf(ALICE), seconds, seconds)
    }
    const find = vi.spyOn(keySource, 'find')
    writtenBefore(59)
    act(cache)
    expect(readdirSync(folder)).toHaveLength(1 + more)
    writtenBefore(61)
    act(cache)
    expect([readdirSync(folder).length, find.mock.calls.length]).toEqual([more, 0])
  })
})

describe('sessions in plain text, as they were kept once', () => {
  it.each([
    ['the next store', (cache: SessionCache) => cache.store(BOB), 1],
    ['a sweep', (cache: SessionCache) => cache.sweep(), 0],
  ])('are never read, and go with %s', (_, act, left) => {
    const { cache, folder } = open()
    mkdirSync(folder, { recursive: true })
    const plain = join(folder, `${sessionName(ALICE.key, sha256)}.json`)
    writeFileSync(plain, encodeSessionRecord(ALICE))
    writeFileSync(join(folder, 'notes.json'), '')
    expect([cache.find(ALICE.key), cache.list(), cache.count()]).toEqual([undefined, [], 0])
    act(cache)
    expect(readdirSync(folder).filter((name) => name !== 'notes.json')).toHaveLength(left)
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toEqual(['notes.json'])
  })

  it('go also where the new one cannot be kept', () => {
    const { cache, folder, state } = open()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${'0'.repeat(40)}.json`), '')
    writeFileSync(state, 'no folder')
    expect(() => cache.store(ALICE)).toThrow(AwsmfaError)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('the whole cache', () => {
  it('goes at once, with what cannot be opened, and leaves the key', () => {
    const { cache, folder, fileOf, state } = open()
    cache.store(ALICE)
    cache.store(BOB)
    changeByte(fileOf(BOB), 50, 0)
    writeFileSync(join(folder, 'notes'), '')
    cache.removeAll()
    expect([readdirSync(folder), cache.count(), readdirSync(state)]).toEqual([['notes'], 0, ['cache-key']])
  })

  it.skipIf(isWindows)('whose key others may have read begins anew', () => {
    const { cache, state } = open()
    cache.store(ALICE)
    chmodSync(join(state, 'cache-key'), 0o644)
    expect(cache.find(ALICE.key)).toBeUndefined()
    cache.store(BOB)
    expect([cache.find(ALICE.key), cache.find(BOB.key)]).toEqual([undefined, BOB])
  })
})

function changeByte(path: string, offset: number, value: number): void {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(offset) === value ? value ^ 1 : value, offset)
  writeFileSync(path, bytes)
}
