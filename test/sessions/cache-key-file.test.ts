/** The cache key in a file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createCacheKeyFile, newCacheKey } from '../../src/sessions/cache-key-file.ts'
import { cacheKeyPath, decodeCacheKey, encodeCacheKey, findCacheKey } from '../../src/sessions/cache-cipher.ts'
import type { CacheKeySource } from '../../src/sessions/cache-cipher.ts'
import { startOfDriver } from '../support/drivers.ts'
import { expectPrivate, namesBeside, scratchFolder } from '../support/scratch.ts'
import { failureOf } from '../support/failure-of.ts'
import { isWindows, posixOnly } from '../support/on-windows.ts'
import { exitedPid } from '../support/processes.ts'

const MEMORY = '/dev/shm'
const HAS_MEMORY = process.platform === 'linux' && existsSync(MEMORY)
/** Somewhere that is no tmpfs; on some machines the folder for temporary files is. */
const ON_DISK = [tmpdir(), process.cwd()].find((folder) => statfsSync(folder).type !== 0x01021994)

afterEach(() => vi.restoreAllMocks())

function folderInMemory(): string {
  const folder = mkdtempSync(join(MEMORY, 'awsmfa-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

interface Opened {
  readonly source: CacheKeySource
  readonly state: string
  readonly path: string
  readonly told: readonly string[]
}

function open(runtimeFolder?: string, state = join(scratchFolder(), 'state')): Opened {
  const told: string[] = []
  return {
    source: createCacheKeyFile({ runtimeFolder, stateFolder: state, onOddity: (text) => void told.push(text) }),
    state,
    path: join(state, 'cache-key'),
    told,
  }
}

describe('the key', () => {
  it('is made at its first use, and is the same ever after', () => {
    const { source, state, told } = open()
    expect([source.find(), existsSync(state)]).toEqual([undefined, false])
    const key = source.findOrCreate()
    expect([key.id, key.bytes.length]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/) as string, 32])
    expect([
      source.findOrCreate(),
      source.find(),
      findCacheKey({ runtimeFolder: undefined, stateFolder: state }),
    ]).toEqual([key, key, key])
    expect(told).toEqual([])
  })

  it('is in a file of its owner alone, in a folder of its owner alone, with nothing beside it', () => {
    const { source, state, path } = open()
    source.findOrCreate()
    expectPrivate(state, path)
    expect(namesBeside(state)).toEqual(['cache-key'])
  })

  it('is read back from its text, and from no other', () => {
    const key = newCacheKey()
    const text = encodeCacheKey(key)
    expect([decodeCacheKey(text), decodeCacheKey(text.trimEnd())]).toEqual([
      { kind: 'key', key },
      { kind: 'key', key },
    ])
    for (let length = 0; length < text.length - 1; length++)
      expect(decodeCacheKey(text.slice(0, length)).kind).toBe('damaged')
    for (const other of [
      `${text}x`,
      ` ${text}`,
      text.replace(':1:', ':0:'),
      text.replace(key.id, key.id.toUpperCase().replace(/\d/g, 'A')),
      text.replace(/=\n$/, 'A\n'),
    ])
      expect(decodeCacheKey(other).kind).toBe('damaged')
    for (const version of [2, 10, 999]) expect(decodeCacheKey(text.replace(':1:', `:${version}:`)).kind).toBe('newer')
    fc.assert(
      fc.property(fc.string(), (any) => {
        expect(decodeCacheKey(any).kind).toBe('damaged')
      }),
    )
  })

  it('clears away what one that was killed while making it left behind, and nothing else', () => {
    const { source, state, path } = open()
    const key = source.findOrCreate()
    const gone = exitedPid()
    const leftovers = [`cache-key.awsmfa-${gone}-0123456789ab`, `cache-key.awsmfa-lock.by-${gone}-0123456789ab`]
    for (const name of [...leftovers, 'cache-key.old', `cache-key.awsmfa-${process.pid}-0123456789ab`])
      writeFileSync(join(state, name), '')
    expect([source.findOrCreate(), namesBeside(state).toSorted()]).toEqual([
      key,
      ['cache-key', `cache-key.awsmfa-${process.pid}-0123456789ab`, 'cache-key.old'].toSorted(),
    ])
    expect(existsSync(path)).toBe(true)
  })

  it('is not the same in two folders', () => {
    const [first, second] = [open().source.findOrCreate(), open().source.findOrCreate()]
    expect([first.id === second.id, first.bytes.equals(second.bytes)]).toEqual([false, false])
  })
})

describe('a key file that is no good', () => {
  it.each([
    ['empty', () => '', 'is damaged'],
    ['cut off', (text: string) => text.slice(0, 40), 'is damaged'],
    ['of an older form', (text: string) => text.replace(':1:', ':0:'), 'is damaged'],
  ])('%s: is not used, told, and replaced', (_, change, words) => {
    const { source, path, told } = open()
    const before = source.findOrCreate()
    writeFileSync(path, change(readFileSync(path, 'latin1')))
    expect(source.find()).toBeUndefined()
    const after = source.findOrCreate()
    expect([after.id === before.id, source.find()]).toEqual([false, after])
    expect(told).toEqual([expect.stringContaining(words), expect.stringContaining(words)])
    expect(told.join()).not.toContain(before.bytes.toString('base64').slice(0, 30))
  })

  it.skipIf(isWindows).each([0o640, 0o604, 0o660, 0o644])(
    'with mode %o: others may have read it, so a new one takes its place',
    (mode) => {
      const { source, path, told } = open()
      const before = source.findOrCreate()
      chmodSync(path, mode)
      expect(source.find()).toBeUndefined()
      expect(source.findOrCreate().id).not.toBe(before.id)
      expectPrivate(path)
      expect(told[0]).toContain('can be read by others')
    },
  )

  it('of a later version: is left as it is, and no key is to be had', () => {
    const { source, path, told } = open()
    const text = encodeCacheKey(source.findOrCreate()).replace(':1:', ':2:')
    writeFileSync(path, text)
    expect([source.find(), failureOf(source.findOrCreate)]).toEqual([
      undefined,
      { code: 'FILE_UNREADABLE', place: { path }, errno: 'EEXIST' },
    ])
    expect([readFileSync(path, 'latin1'), told]).toEqual([
      text,
      [expect.stringContaining('was made by a later version')],
    ])
  })

  it.skipIf(isWindows)('that belongs to another user is not used', () => {
    const { source, state } = open()
    source.findOrCreate()
    vi.spyOn(process, 'getuid').mockReturnValue(statSync(state).uid + 1)
    expect(source.find()).toBeUndefined()
  })

  it('that is a folder: no key is to be had, and nothing is removed', () => {
    const { source, path } = open()
    mkdirSync(path, { recursive: true })
    expect([source.find(), failureOf(source.findOrCreate)]).toEqual([
      undefined,
      { code: 'FILE_UNREADABLE', place: { path }, errno: expect.any(String) as string },
    ])
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('where no file can be made: no key is to be had', () => {
    const state = join(scratchFolder(), 'state')
    writeFileSync(state, '')
    expect(failureOf(open(undefined, state).source.findOrCreate)).toMatchObject({ code: 'FILE_NOT_WRITABLE' })
  })
})

describe.skipIf(!HAS_MEMORY)('with a runtime folder', () => {
  it("that lies in memory and is the user's alone: the key is there, and nothing in the state folder", () => {
    const runtime = folderInMemory()
    const { source, state } = open(runtime)
    const key = source.findOrCreate()
    expect([source.find(), existsSync(state), readdirSync(join(runtime, 'awsmfa'))]).toEqual([
      key,
      false,
      ['cache-key'],
    ])
    expectPrivate(join(runtime, 'awsmfa'), join(runtime, 'awsmfa', 'cache-key'))
  })

  it('that is emptied at logout: there is another key', () => {
    const runtime = folderInMemory()
    const { source } = open(runtime)
    const before = source.findOrCreate()
    rmSync(join(runtime, 'awsmfa'), { recursive: true })
    expect([source.find(), source.findOrCreate().id === before.id]).toEqual([undefined, false])
  })

  const notMeant: readonly (readonly [string, () => string | undefined])[] = [
    ['is not set', () => undefined],
    ['is empty', () => ''],
    ['is relative', () => 'run/user'],
    ['is not there', () => join(folderInMemory(), 'gone')],
    ['is a file', () => fileIn(folderInMemory())],
    ...(ON_DISK === undefined
      ? []
      : [
          ['does not lie in memory', () => folderOn(ON_DISK)] as const,
          ['leads elsewhere', () => linkTo(folderOn(ON_DISK))] as const,
        ]),
    ['can be written by its group', () => withMode(folderInMemory(), 0o770)],
    ['can be read by others', () => withMode(folderInMemory(), 0o755)],
    ["is everybody's", () => MEMORY],
  ]

  it.each(notMeant)('that %s: the key is in the state folder', (_, makeFolder) => {
    const runtimeFolder = makeFolder()
    const { source, path } = open(runtimeFolder)
    const key = source.findOrCreate()
    expect([
      source.find(),
      existsSync(path),
      runtimeFolder !== undefined && existsSync(join(runtimeFolder, 'awsmfa')),
    ]).toEqual([key, true, false])
  })

  it('that belongs to another user: the key is in the state folder', () => {
    const runtimeFolder = folderInMemory()
    expect(cacheKeyPath({ runtimeFolder, stateFolder: '/state' })).toBe(`${runtimeFolder}/awsmfa/cache-key`)
    vi.spyOn(process, 'getuid').mockReturnValue(statSync(runtimeFolder).uid + 1)
    expect(cacheKeyPath({ runtimeFolder, stateFolder: '/state' })).toBe('/state/cache-key')
  })
})

describe('made by many processes at once', () => {
  let driver: readonly [string, ...string[]]
  beforeAll(async () => {
    driver = await startOfDriver('cache-key-once')
  })

  async function askAtOnce(state: string, processes: number): Promise<readonly string[]> {
    const children = Array.from({ length: processes }, () =>
      spawn(driver[0], [...driver.slice(1), '', state], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const answers = children.map(async (child) => (await child.stdout.toArray()).join(''))
    for (const child of children) child.stdin.end()
    await Promise.all(children.map((child) => once(child, 'close')))
    return await Promise.all(answers)
  }

  it.each<readonly [string, (path: string) => void]>([
    ['none is there', (path: string) => unlinkSync(path)],
    ['a damaged one is there', (path: string) => writeFileSync(path, 'awsmfa-cache-key:1:')],
    ...posixOnly(['an exposed one is there', (path: string) => chmodSync(path, 0o644)]),
  ])('where %s: all are given the same key, and nothing is left beside it', async (_, prepare) => {
    const { source, state, path } = open()
    const before = source.findOrCreate()
    prepare(path)
    const answers = await askAtOnce(state, 12)
    const key = source.find()
    expect(answers).toEqual(Array.from({ length: 12 }, () => `${key?.id ?? 'no key'} true\n`))
    expect([key?.id === before.id, namesBeside(state)]).toEqual([false, ['cache-key']])
  })
})

function folderOn(disk: string): string {
  const folder = mkdtempSync(join(disk, '.awsmfa-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

function withMode(folder: string, mode: number): string {
  chmodSync(folder, mode)
  return folder
}

function fileIn(folder: string): string {
  writeFileSync(join(folder, 'file'), '')
  return join(folder, 'file')
}

function linkTo(folder: string): string {
  const link = join(folderInMemory(), 'link')
  symlinkSync(folder, link)
  return link
}
