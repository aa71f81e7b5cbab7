/** The caches of the AWS CLI and botocore on disk. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha1 } from '../../src/runtime/runtime.ts'
import type { AwsCacheKind, AwsCache } from '../../src/sessions/aws-cache.ts'
import { createAwsCacheStore } from '../../src/sessions/aws-cache.ts'
import { isFailure } from '../../src/model/failure.ts'
import { scratchFolder } from '../support/scratch.ts'
import { isWindows } from '../support/on-windows.ts'

const ROLE = { RoleArn: 'arn:aws:iam::222222222222:role/Admin', SerialNumber: 'arn:aws:iam::111111111111:mfa/alice' }
const OTHER_ROLE = { RoleArn: 'arn:aws:iam::222222222222:role/ReadOnly' }
const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'session',
  expiration: new Date('2026-11-21T12:00:00Z'),
}
const later = { ...credentials, accessKeyId: 'ASIAI44QH8DHBEXAMPLE', expiration: new Date('2026-11-21T13:00:00Z') }
const write = { profile: 'admin', requestHash: 'aa', credentials }
const foreign = (): string =>
  JSON.stringify({
    Credentials: {
      AccessKeyId: 'ASIAFOREIGN',
      SecretAccessKey: 'x',
      SessionToken: 'y',
      Expiration: '2026-11-21T12:00:00+00:00',
    },
    ResponseMetadata: {},
  })

interface Scene {
  readonly store: AwsCache
  readonly home: string
  readonly oddities: readonly string[]
  readonly put: (cacheArguments: Parameters<AwsCache['pathFor']>[0], content: string | Uint8Array) => string
}

function sceneOf(kind: AwsCacheKind = 'cli-cache', home = scratchFolder()): Scene {
  const oddities: string[] = []
  const store = createAwsCacheStore({ home, kind, sha1, onOddity: (text) => oddities.push(text) })
  return {
    store,
    home,
    oddities,
    put: (cacheArguments, content) => {
      const path = store.pathFor(cacheArguments)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      return path
    },
  }
}

const modeOf = (path: string): number => statSync(path).mode & 0o777
const NOBODY = 65_534

describe('a cache of AWS', () => {
  it.each([
    ['cli-cache', '.aws/cli/cache'],
    ['boto-cache', '.aws/boto/cache'],
  ] as const)('%s lies in %s of the home folder, and holds an entry whole', (kind, folder) => {
    const { store, home } = sceneOf(kind)
    store.storeFor(ROLE, { ...write, assumedRoleArn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice' })
    expect(readdirSync(join(home, folder))).toEqual([store.pathFor(ROLE).slice(-45)])
    expect(store.findFor(ROLE)).toEqual({
      kind: 'entry',
      entry: {
        credentials,
        assumedRoleArn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice',
        mark: { profiles: ['admin'], requestHash: 'aa' },
      },
    })
    expect(store.managedProfiles()).toEqual(['admin'])
    expect(store.remove(['admin']).removals[0]?.session).toEqual({
      source: kind,
      accessKeyId: credentials.accessKeyId,
      expiration: credentials.expiration,
      managedBy: 'awsmfa',
      requestHash: write.requestHash,
      identity: { account: '222222222222', arn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice', userId: '' },
      credentials,
    })
  })

  it('is empty, without an oddity, where there is no folder', () => {
    const { store, home, oddities } = sceneOf()
    expect([store.managedProfiles(), store.findFor(ROLE).kind]).toEqual([[], 'none'])
    expect(store.remove(['admin']).removals).toEqual([{ profile: 'admin', removed: 'nothing', session: undefined }])
    expect({ oddities, names: readdirSync(home) }).toEqual({ oddities: [], names: [] })
  })

  it.skipIf(isWindows)('makes folders 0700 and entries 0600, and leaves standing folders as they are', () => {
    const fresh = sceneOf()
    fresh.store.storeFor(ROLE, write)
    expect(['.aws', '.aws/cli', '.aws/cli/cache'].map((name) => modeOf(join(fresh.home, name)))).toEqual([
      0o700, 0o700, 0o700,
    ])
    expect(modeOf(fresh.store.pathFor(ROLE))).toBe(0o600)
    const standing = sceneOf()
    const path = standing.put(ROLE, foreign())
    chmodSync(dirname(path), 0o755)
    chmodSync(path, 0o644)
    standing.store.storeFor(ROLE, write)
    expect([modeOf(dirname(path)), modeOf(path)]).toEqual([0o755, 0o600])
  })

  it('leaves no trace beside the entry, and nothing in it that is not the new one', () => {
    const { store, put } = sceneOf()
    const path = put(ROLE, foreign().padEnd(10_000))
    store.storeFor(ROLE, write)
    expect(readdirSync(dirname(path))).toHaveLength(1)
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"Credentials".*\}$/)
  })

  it('replaces a symbolic link by the entry, and leaves alone what it meant', () => {
    const { store, home } = sceneOf()
    const path = store.pathFor(ROLE)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(join(home, 'elsewhere'), 'mine')
    symlinkSync(join(home, 'elsewhere'), path)
    store.storeFor(ROLE, write)
    expect([store.findFor(ROLE).kind, readFileSync(join(home, 'elsewhere'), 'utf8')]).toEqual(['entry', 'mine'])
  })

  it.each<[string, string | Uint8Array, 'damaged' | 'entry']>([
    ['an entry that the AWS CLI made', foreign(), 'entry'],
    ['nothing at all', '', 'damaged'],
    ['no JSON', '{"Credentials":', 'damaged'],
    ['an empty object', '{}', 'damaged'],
    ['a byte order mark', `\ufeff${foreign()}`, 'damaged'],
    [
      'bytes that are no UTF-8',
      Buffer.from(foreign().replace('ResponseMetadata', 'ResponseMetad\xe4ta'), 'latin1'),
      'damaged',
    ],
  ])('knows what lies under a computed name: %s', (_, content, expected) => {
    const { store, put, oddities } = sceneOf()
    put(ROLE, content)
    expect(store.findFor(ROLE).kind).toBe(expected)
    expect(oddities).toHaveLength(expected === 'damaged' ? 1 : 0)
    expect(store.managedProfiles()).toEqual([])
  })

  it('reports a damaged entry without its content', () => {
    const { store, put, oddities } = sceneOf()
    const path = put(ROLE, '{"Credentials":{"SecretAccessKey":"hush"}}')
    store.findFor(ROLE)
    expect(oddities).toEqual([`the cache entry ${path} is damaged: the AWS CLI and SAM fail on it`])
  })

  it('treats a folder instead of an entry as none, and cannot write there', () => {
    const { store, oddities } = sceneOf()
    mkdirSync(store.pathFor(ROLE), { recursive: true })
    expect([store.findFor(ROLE).kind, oddities.length]).toEqual(['none', 1])
    expect(failureOf(() => store.storeFor(ROLE, write))).toBe('FILE_NOT_WRITABLE')
  })

  it('replaces a damaged entry', () => {
    const { store, put } = sceneOf()
    put(ROLE, '{}')
    store.storeFor(ROLE, write)
    expect(store.findFor(ROLE).kind).toBe('entry')
  })

  it('removes what awsmfa wrote for a profile, under every name, and nothing else', () => {
    const { store, put } = sceneOf()
    const folder = dirname(put(OTHER_ROLE, foreign()))
    for (const name of ['session.db', 'notes.json', `${'a'.repeat(40)}.json`, 'tmpx1.tmp'])
      writeFileSync(join(folder, name), name)
    const before = readdirSync(folder)
    store.storeFor(ROLE, { ...write, credentials: later })
    store.storeFor({ ...ROLE, ExternalId: 'before' }, write)
    store.storeFor({ ...ROLE, ExternalId: 'of another' }, { ...write, profile: 'audit' })
    expect(store.remove(['admin', 'nobody']).removals).toEqual([
      {
        profile: 'admin',
        removed: 'session',
        session: {
          source: 'cli-cache',
          accessKeyId: later.accessKeyId,
          expiration: later.expiration,
          managedBy: 'awsmfa',
          requestHash: write.requestHash,
          credentials: later,
        },
      },
      { profile: 'nobody', removed: 'nothing', session: undefined },
    ])
    expect(store.managedProfiles()).toEqual(['audit'])
    store.remove(['audit'])
    expect(readdirSync(folder)).toEqual(before)
  })

  it('keeps the names of all profiles that share an entry, and removes it with any of them', () => {
    const { store } = sceneOf()
    for (const profile of ['admin', 'alias', 'admin']) store.storeFor(ROLE, { ...write, profile })
    expect([...store.managedProfiles()].sort()).toEqual(['admin', 'alias'])
    expect(store.remove(['alias', 'admin']).removals.map(({ removed }) => removed)).toEqual(['session', 'session'])
    expect(store.findFor(ROLE).kind).toBe('none')
  })

  it('is no longer awsmfa’s once the AWS CLI has renewed the entry', () => {
    const { store, put } = sceneOf()
    store.storeFor(ROLE, write)
    put(ROLE, foreign())
    expect([store.managedProfiles(), store.remove(['admin']).removals[0]?.removed, store.findFor(ROLE).kind]).toEqual([
      [],
      'nothing',
      'entry',
    ])
  })

  it('fails, and says where, when the folder cannot be made', () => {
    const home = scratchFolder()
    writeFileSync(join(home, '.aws'), 'a file')
    const { store } = sceneOf('cli-cache', home)
    expect(failureOf(() => store.storeFor(ROLE, write))).toBe('FILE_NOT_WRITABLE')
    expect([store.findFor(ROLE).kind, store.managedProfiles()]).toEqual(['none', []])
  })

  it.skipIf(isWindows)('fails when the folder cannot be written, and what was there is there still', () => {
    const { store, home, put } = sceneOf()
    const path = put(ROLE, foreign())
    chmodSync(dirname(path), 0o500)
    const found = asOrdinaryUser([home, join(home, '.aws'), join(home, '.aws/cli'), dirname(path), path], () =>
      failureOf(() => store.storeFor(ROLE, write)),
    )
    expect([found, readFileSync(path, 'utf8')]).toEqual(['FILE_NOT_WRITABLE', foreign()])
    const removal = asOrdinaryUser([], () => failureOf(() => store.remove(['admin'])))
    expect(removal).toBe('none')
    chmodSync(dirname(path), 0o700)
  })

  it.skipIf(isWindows)('warns of what it cannot remove, and does not report it as removed', () => {
    const { store, home } = sceneOf()
    store.storeFor(ROLE, write)
    const path = store.pathFor(ROLE)
    chmodSync(dirname(path), 0o500)
    const found = asOrdinaryUser([home, join(home, '.aws'), join(home, '.aws/cli'), dirname(path), path], () =>
      store.remove(['admin']),
    )
    expect([found, store.findFor(ROLE).kind]).toEqual([
      {
        removals: [{ profile: 'admin', removed: 'nothing', session: undefined }],
        warnings: [{ kind: 'session-not-removed', path, errno: 'EACCES' }],
      },
      'entry',
    ])
    chmodSync(dirname(path), 0o700)
  })

  it('is tried before it is needed, with the error of the write, and leaves no trace but the folder', () => {
    const { store, home } = sceneOf()
    store.preflight()
    expect(readdirSync(join(home, '.aws/cli/cache'))).toEqual([])
    const blocked = sceneOf()
    writeFileSync(join(blocked.home, '.aws'), '')
    expect([failureOf(() => blocked.store.preflight()), failureOf(() => blocked.store.storeFor(ROLE, write))]).toEqual([
      'FILE_NOT_WRITABLE',
      'FILE_NOT_WRITABLE',
    ])
    if (isWindows) return
    const closed = join(home, '.aws/cli/cache')
    chmodSync(closed, 0o500)
    expect(
      asOrdinaryUser([home, join(home, '.aws'), join(home, '.aws/cli'), closed], () =>
        failureOf(() => store.preflight()),
      ),
    ).toBe('FILE_NOT_WRITABLE')
    chmodSync(closed, 0o700)
  })

  it.skipIf(process.getuid?.() !== 0)('gives what root makes in the home of another to its owner', () => {
    const { store, home } = sceneOf()
    chownSync(home, NOBODY, NOBODY)
    store.storeFor(ROLE, write)
    const made = ['.aws', '.aws/cli', '.aws/cli/cache', store.pathFor(ROLE).slice(home.length + 1)]
    expect(made.map((name) => statSync(join(home, name)).uid)).toEqual(made.map(() => NOBODY))
  })
})

function failureOf(action: () => void): string {
  try {
    action()
    return 'none'
  } catch (error) {
    return isFailure(error, 'FILE_NOT_WRITABLE') ? error.failure.code : String(error)
  }
}

/** Root may write everywhere; as somebody else, who owns these paths, it may not. */
function asOrdinaryUser<T>(paths: readonly string[], action: () => T): T {
  if (process.getuid?.() !== 0) return action()
  for (const path of paths) chownSync(path, NOBODY, NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return action()
  } finally {
    process.seteuid?.(0)
  }
}
