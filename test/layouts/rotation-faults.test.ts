/**
 * A whole rotation with IAM, STS and stores in memory: every answer of AWS is lost once, the files change in between,
 * stores fail. A key that works is in its place at any time, and the next run goes on.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSharedFiles } from '../../src/aws-files/shared-files.ts'
import type { SharedFiles } from '../../src/aws-files/shared-files.ts'
import { createRotationFiles } from '../../src/keys/stores.ts'
import type { LongTermKeyStore } from '../../src/keys/stores.ts'
import { placeOfKeys, listHeldKeys } from '../../src/layouts/keys-plan.ts'
import { rotateKeys } from '../../src/layouts/rotate-keys.ts'
import type { RotationEffects } from '../../src/layouts/rotate-keys.ts'
import type { RotationEvent, RotationRequest } from '../../src/layouts/rotation.ts'
import { keyIdOf } from '../../src/model/credentials.ts'
import type { LongTermCredentials } from '../../src/model/credentials.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { fakeCache, fakeDeadline } from '../support/fake-effects.ts'
import { scratchFolder } from '../support/scratch.ts'
import { SWEEP_STEP } from '../support/on-windows.ts'

const USER = {
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/team/alice',
  userId: 'AIDA',
  userName: 'alice',
}
const OLD = { accessKeyId: 'AKIAOLD0000000000001', secretAccessKey: 'oldSecret/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }
const NEW_ID = 'AKIANEW0000000000001'
const ROTATE = { kind: 'rotate', keepsOld: false } as const
const NOW = new Date('2026-11-30T12:00:00Z')

type Operation = 'list' | 'lastUse' | 'create' | 'setActive' | 'remove' | 'callerOf'

const LOST: Failure = { code: 'NETWORK_UNREACHABLE', host: 'iam.amazonaws.com', reason: 'reset' }

/** A user's keys at AWS. `lose`: the n-th call of an operation gets no answer, before or after it has been done. */
class Aws {
  readonly keys = new Map<string, { isActive: boolean; secret: string }>([
    [OLD.accessKeyId, { isActive: true, secret: OLD.secretAccessKey }],
  ])
  created = 0
  calls: Operation[] = []
  lose: { readonly operation: Operation; readonly nth: number; readonly when: 'before' | 'after' } | undefined
  /** IAM's list does not show changes. */
  staleList: readonly { accessKeyId: string; isActive: boolean; createdAt: Date }[] | undefined

  private async call<T>(operation: Operation, work: () => T): Promise<T> {
    this.calls.push(operation)
    const nth = this.calls.filter((each) => each === operation).length
    const isLost = this.lose?.operation === operation && this.lose.nth === nth
    if (isLost && this.lose?.when === 'before') throw new AwsmfaError(LOST)
    const result = work()
    if (isLost) throw new AwsmfaError(LOST)
    return await Promise.resolve(result)
  }

  private keyOf(accessKeyId: string): { isActive: boolean; secret: string } {
    const key = this.keys.get(accessKeyId)
    if (key !== undefined) return key
    throw new AwsmfaError({ code: 'REQUEST_REFUSED', operation: 'x', awsCode: 'NoSuchEntity', message: '' })
  }

  accepts({ accessKeyId, secretAccessKey }: LongTermCredentials): boolean {
    const key = this.keys.get(accessKeyId)
    return key?.isActive === true && key.secret === secretAccessKey
  }

  list() {
    return [...this.keys].map(([accessKeyId, { isActive }]) => ({ accessKeyId, isActive, createdAt: NOW }))
  }

  effects(): Pick<RotationEffects, 'iam' | 'callerOf'> {
    return {
      iam: {
        list: async () => await this.call('list', () => this.staleList ?? this.list()),
        lastUse: async () => await this.call('lastUse', () => 'never' as const),
        create: async () =>
          await this.call('create', () => {
            this.created += 1
            const accessKeyId = NEW_ID.slice(0, -1) + String(this.created)
            const secret = `newSecret/${String(this.created)}`.padEnd(40, 'b')
            this.keys.set(accessKeyId, { isActive: true, secret })
            return { accessKeyId, secretAccessKey: secret }
          }),
        setActive: async ({ accessKeyId }, isActive) =>
          await this.call('setActive', () => {
            this.keyOf(accessKeyId).isActive = isActive
          }),
        remove: async ({ accessKeyId }) =>
          await this.call('remove', () => {
            this.keyOf(accessKeyId)
            this.keys.delete(accessKeyId)
          }),
      },
      callerOf: async (pair) =>
        await this.call('callerOf', () => {
          if (this.accepts(pair)) return USER
          throw new AwsmfaError({
            code: 'CREDENTIALS_REJECTED',
            accessKeyId: pair.accessKeyId,
            reason: 'unknown-key',
            origin: { kind: 'typed' },
          })
        }),
    }
  }
}

type Place = 'file' | 'pass'

/** A home with the old key in a place, and stores in memory. */
function homeWith(place: Place) {
  const folder = scratchFolder()
  const paths = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
  const text =
    place === 'file'
      ? `[work]\naws_access_key_id = ${OLD.accessKeyId}\naws_secret_access_key = ${OLD.secretAccessKey}\n`
      : ''
  writeFileSync(paths.credentials, text)
  writeFileSync(
    paths.config,
    `[profile work]\nregion = eu-west-1\n${place === 'file' ? '' : `awsmfa_keys = ${place}\nawsmfa_key_id = ${OLD.accessKeyId}\n`}`,
  )
  mkdirSync(join(folder, 'state'))
  const items = new Map<string, string>(place === 'file' ? [] : [[OLD.accessKeyId, OLD.secretAccessKey]])
  const store = { items, isBroken: false }
  const files = createSharedFiles({ paths, pause: () => undefined })
  const rotations = createRotationFiles(join(folder, 'state'))
  return { folder, paths, files, rotations, store, aws: new Aws(), events: [] as RotationEvent[] }
}

type Home = ReturnType<typeof homeWith>

function memoryStore({ store }: Home): LongTermKeyStore {
  const use = <T>(work: () => T): Promise<T> =>
    store.isBroken
      ? Promise.reject(
          new AwsmfaError({ code: 'KEY_STORE_FAILED', store: 'pass', reason: 'slow', accessKeyId: '…', item: '' }),
        )
      : Promise.resolve(work())
  return {
    name: 'pass',
    locationOf: (id) => `awsmfa/${id}`,
    find: (accessKeyId) =>
      use(() => {
        const secretAccessKey = store.items.get(accessKeyId)
        return secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
      }),
    has: (accessKeyId) => use(() => store.items.has(accessKeyId)),
    create: ({ accessKeyId, secretAccessKey }) => use(() => void store.items.set(accessKeyId, secretAccessKey)),
    remove: (id) => use(() => void store.items.delete(id)),
  }
}

/** The stores of a home: pass, others that are given, and a keychain and encrypted files that nobody can use. */
function storesOf(home: Home, given: Partial<Record<string, LongTermKeyStore>> = {}): RotationEffects['storeOf'] {
  return (name) => {
    if (name === 'file') return Promise.resolve(home.rotations.pairs)
    const pass = memoryStore(home)
    const failure = { code: 'KEY_STORE_FAILED', store: name, reason: 'locked', accessKeyId: '…', item: '' } as const
    const fail = (): Promise<never> => Promise.reject(new AwsmfaError(failure))
    const unused: LongTermKeyStore = { ...pass, name, find: fail, has: fail, create: fail, remove: fail }
    return Promise.resolve(given[name] ?? (name === 'pass' ? pass : unused))
  }
}

function effectsOf(home: Home, changes: Partial<RotationEffects> = {}): RotationEffects {
  let nowMs = 0
  return {
    ...home.aws.effects(),
    files: home.files,
    rotations: home.rotations,
    storeOf: storesOf(home),
    facts: { rememberIdentity: () => undefined },
    cache: fakeCache(),
    debug: () => undefined,
    now: () => NOW,
    terminal: { whileWaiting: (_, waiting) => waiting },
    deadline: fakeDeadline(),
    pause: (ms) => {
      nowMs += ms
      return Promise.resolve()
    },
    monotonicMs: () => (nowMs += 1),
    cancelled: new AbortController().signal,
    report: (event) => home.events.push(event),
    confirm: () => Promise.resolve(true),
    ...changes,
  }
}

/** Returns what a run ends with: 'ok', or the failure's code and reason. */
async function run(home: Home, request: RotationRequest, changes: Partial<RotationEffects> = {}): Promise<string> {
  const [held] = listHeldKeys(home.files.read())
  if (held === undefined) throw new Error('no key')
  const rotation = { request, profile: 'work', currentId: keyIdOf(held), place: placeOfKeys(held), user: USER }
  try {
    await rotateKeys(rotation, effectsOf(home, changes))
    return 'ok'
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    const { failure } = error
    return 'reason' in failure ? `${failure.code} ${String(failure.reason)}` : failure.code
  }
}

/** The pair that a login would use now. */
function pairOf({ files, store }: Home): LongTermCredentials {
  const [held] = listHeldKeys(files.read())
  if (held?.kind === 'static') return held.credentials
  const accessKeyId = held?.accessKeyId ?? ''
  return { accessKeyId, secretAccessKey: store.items.get(accessKeyId) ?? '' }
}

const expectUsable = (home: Home): void => {
  expect([pairOf(home), home.aws.accepts(pairOf(home))]).toEqual([pairOf(home), true])
}

const PLACES: readonly Place[] = ['file', 'pass']
const COUNTS: Readonly<Record<'rotate' | 'undo' | 'delete-old', readonly (readonly [Operation, number])[]>> = {
  rotate: [
    ['list', 2],
    ['lastUse', 1],
    ['create', 1],
    ['callerOf', 5],
    ['setActive', 1],
  ],
  undo: [
    ['list', 3],
    ['lastUse', 2],
    ['callerOf', 5],
    ['setActive', 2],
  ],
  'delete-old': [
    ['list', 2],
    ['lastUse', 2],
    ['remove', 1],
  ],
}
const cases = PLACES.flatMap((place) =>
  (['rotate', 'undo', 'delete-old'] as const).flatMap((kind) =>
    COUNTS[kind].flatMap(([operation, times]) =>
      Array.from({ length: times }, (_, index) => index + 1).flatMap((nth) =>
        (['before', 'after'] as const).map((when) => ({ place, kind, operation, nth, when })),
      ),
    ),
  ),
)

describe('each answer of AWS is lost once', () => {
  it.each(cases.filter((_, index) => index % SWEEP_STEP === 0))(
    '$place: $kind, $operation $nth, $when it is done',
    async ({ place, kind, operation, nth, when }) => {
      const home = homeWith(place)
      const request: RotationRequest = kind === 'rotate' ? ROTATE : { kind }
      if (kind !== 'rotate') expect(await run(home, ROTATE)).toBe('ok')
      home.aws.calls = []
      home.aws.lose = { operation, nth, when }
      const first = await run(home, request)
      expect(home.aws.calls.filter((each) => each === operation).length).toBeGreaterThanOrEqual(nth)
      expectUsable(home)
      home.aws.lose = undefined
      const isCandidateLeft = operation === 'create' && when === 'after'
      // The next run goes on; a candidate is deleted only on a yes, which these effects give.
      const again = first === 'ok' ? first : await run(home, request)
      expectUsable(home)
      expect(home.aws.created).toBe(isCandidateLeft ? 2 : 1)
      const others = [...home.aws.keys].filter(([id]) => id !== pairOf(home).accessKeyId)
      const isDone = again === 'ok' || /two-keys$/.test(again)
      expect([again, isDone]).toEqual([again, true])
      expect(others.filter(([, { isActive }]) => isActive)).toEqual([])
      if (kind === 'delete-old') {
        expect(others).toEqual([])
        expect([...home.store.items.keys()].filter((id) => id === OLD.accessKeyId)).toEqual([])
        expect(readdirSync(join(home.folder, 'state/rotations'))).toEqual([`${OLD.accessKeyId}.rotation.json`])
      }
      if (kind === 'undo') expect(pairOf(home)).toEqual(OLD)
    },
  )
})

describe('a change that AWS has answered', () => {
  it.each([
    [ROTATE, 'ROTATION_STOPPED not-deactivated'],
    [{ kind: 'delete-old' }, 'ROTATION_STOPPED not-deleted'],
  ] as const)('counts once it is listed: %o', async (request, expected) => {
    const home = homeWith('file')
    if (request.kind === 'delete-old') expect(await run(home, ROTATE)).toBe('ok')
    const before = home.aws.list()
    const { iam } = home.aws.effects()
    let hasChanged = false
    const stale: Partial<RotationEffects> = {
      iam: {
        ...iam,
        list: async (...words) =>
          hasChanged
            ? [
                ...before,
                ...home.aws.list().filter(({ accessKeyId }) => !before.some((key) => key.accessKeyId === accessKeyId)),
              ]
            : await iam.list(...words),
        ...notingChanges(iam, () => (hasChanged = true)),
      },
    }
    expect(await run(home, request, stale)).toBe(expected)
    expect(home.events.map(({ kind }) => kind)).not.toContain('deleted')
    expectUsable(home)
    // AWS has caught up.
    expect(await run(home, request)).toBe('ok')
  })
})

describe('Ctrl-C and SIGTERM are no doubt about a change', () => {
  const [CTRL_C, TERMINATED] = [{ code: 'CANCELLED' }, { code: 'INTERRUPTED', signal: 'SIGTERM' }] as const
  const ended = (failure: Failure) => {
    const controller = new AbortController()
    return { cancelled: controller.signal, end: () => controller.abort(new AwsmfaError(failure)) }
  }

  it.each([
    ['a deactivation', ROTATE, CTRL_C],
    ['a deactivation', ROTATE, TERMINATED],
    ['a deletion', { kind: 'delete-old' }, CTRL_C],
    ['an activation', { kind: 'undo' }, TERMINATED],
  ] as const)('while %s is read back: %o, %o', async (_, request, failure) => {
    const home = homeWith('file')
    if (request.kind !== 'rotate') expect(await run(home, ROTATE)).toBe('ok')
    const { cancelled, end } = ended(failure)
    const { iam } = home.aws.effects()
    let hasChanged = false
    const changes: Partial<RotationEffects> = {
      cancelled,
      iam: {
        ...iam,
        list: async (...words) => {
          if (hasChanged) end()
          cancelled.throwIfAborted()
          return await iam.list(...words)
        },
        ...notingChanges(iam, () => (hasChanged = true)),
      },
    }
    expect(await run(home, request, changes)).toBe(failure.code)
    expectUsable(home)
    expect(await run(home, request)).toBe('ok')
  })

  it('while a copy of a deleted key is removed, which is reported', async () => {
    const home = homeWith('pass')
    expect(await run(home, ROTATE)).toBe('ok')
    const store = { ...memoryStore(home), remove: () => Promise.reject(new AwsmfaError(CTRL_C)) }
    const changes: Partial<RotationEffects> = {
      storeOf: storesOf(home, { pass: store }),
    }
    expect(await run(home, { kind: 'delete-old' }, changes)).toBe('CANCELLED')
    expect(home.events.map(({ kind }) => kind)).toContain('copy-remains')
    expect(await run(home, { kind: 'delete-old' })).toBe('ok')
    expect([...home.store.items.keys()]).toEqual([NEW_ID])
  })
})

describe('between two steps', () => {
  /** Files into which somebody writes once, right after the swap was written. */
  function changedAfterSwap(home: Home, change: () => void): Partial<RotationEffects> {
    let isArmed = true
    const files: SharedFiles = {
      ...home.files,
      transact: (...words) => {
        const outcome = home.files.transact(...words)
        if (isArmed) change()
        isArmed = false
        return outcome
      },
    }
    return { files }
  }

  it('the old key that comes back into a file ends the run, and the next one swaps it', async () => {
    const home = homeWith('file')
    const section = `[other]\naws_access_key_id = ${OLD.accessKeyId}\naws_secret_access_key = ${OLD.secretAccessKey}\n`
    const change = (): void =>
      writeFileSync(home.paths.credentials, readFileSync(home.paths.credentials, 'utf8') + section)
    expect(await run(home, ROTATE, changedAfterSwap(home, change))).toBe('FILE_KEEPS_CHANGING')
    expect(home.aws.accepts(OLD)).toBe(true)
    expect(await run(home, ROTATE)).toBe('ok')
    expect(readFileSync(home.paths.credentials, 'utf8')).not.toContain(OLD.secretAccessKey)
    expect([home.aws.created, home.aws.accepts(OLD)]).toEqual([1, false])
  })

  it('a new pair whose parts come apart keeps the old key active', async () => {
    const home = homeWith('file')
    const change = (): void => {
      const text = readFileSync(home.paths.credentials, 'utf8')
      writeFileSync(home.paths.credentials, text.replace(/newSecret\S+/, OLD.secretAccessKey))
    }
    expect(await run(home, ROTATE, changedAfterSwap(home, change))).toBe('KEYS_UNSUITABLE parts-apart')
    expect(home.aws.accepts(OLD)).toBe(true)
  })

  it('a store whose item cannot be read back after the swap keeps the old key active', async () => {
    const home = homeWith('pass')
    const change = (): void => void (home.store.isBroken = true)
    expect(await run(home, ROTATE, changedAfterSwap(home, change))).toBe('KEY_STORE_FAILED slow')
    expect(home.aws.accepts(OLD)).toBe(true)
    home.store.isBroken = false
    expectUsable(home)
    expect(await run(home, ROTATE)).toBe('ok')
    expect([home.aws.created, home.aws.accepts(OLD)]).toEqual([1, false])
  })

  it('an item that has become another one keeps the old key active', async () => {
    const home = homeWith('pass')
    const change = (): void => void home.store.items.set(NEW_ID, 'x'.repeat(40))
    expect(await run(home, ROTATE, changedAfterSwap(home, change))).toBe('KEY_STORE_FAILED other-secret')
    expect(home.aws.accepts(OLD)).toBe(true)
  })
})

describe('a store that fails', () => {
  it('hides no active key: nothing is requested', async () => {
    const home = homeWith('pass')
    home.store.isBroken = true
    expect(await run(home, ROTATE)).toBe('KEY_STORE_FAILED slow')
    expect([home.aws.created, home.aws.accepts(OLD)]).toEqual([0, true])
  })

  it('for the new pair leaves no key whose secret nobody knows, and no secret', async () => {
    const home = homeWith('pass')
    const store = memoryStore(home)
    const full: LongTermKeyStore = {
      ...store,
      create: () =>
        Promise.reject(
          new AwsmfaError({ code: 'KEY_STORE_FAILED', store: 'pass', reason: 'refused', accessKeyId: '…', item: '' }),
        ),
    }
    const failing = { storeOf: storesOf(home, { pass: full }) }
    expect(await run(home, ROTATE, failing)).toBe('KEY_STORE_FAILED refused')
    expect([...home.aws.keys.keys()]).toEqual([OLD.accessKeyId])
    expect([...home.store.items.keys()]).toEqual([OLD.accessKeyId])
    expect(readdirSync(join(home.folder, 'state/rotations'))).toEqual([])
  })

  it('does not stop --undo and --delete-old, if another one has the old key', async () => {
    const home = homeWith('pass')
    expect(await run(home, ROTATE)).toBe('ok')
    const other = { ...home, store: { items: new Map(home.store.items), isBroken: false } }
    const keychain: LongTermKeyStore = { ...memoryStore(other), name: 'keychain' }
    home.store.items.delete(OLD.accessKeyId)
    const storeOf = storesOf(home, { keychain })
    expect(await run(home, { kind: 'undo' }, { storeOf })).toBe('ok')
    expect(await run(home, { kind: 'undo' }, { storeOf })).toBe('ok')
    expect(await run(home, { kind: 'delete-old' }, { storeOf })).toBe('ok')
    expect([[...home.store.items.keys()], [...other.store.items.keys()]]).toEqual([[NEW_ID], [NEW_ID]])
    expect(home.events.filter(({ kind }) => kind === 'copy-remains')).toEqual([])
  })

  it('for the copy of a replaced key is named, without the way of --delete-old, which is about another key', async () => {
    const home = homeWith('pass')
    expect(await run(home, ROTATE)).toBe('ok')
    const store = memoryStore(home)
    const failing: LongTermKeyStore = {
      ...store,
      remove: () =>
        Promise.reject(
          new AwsmfaError({ code: 'KEY_STORE_FAILED', store: 'pass', reason: 'slow', accessKeyId: '…', item: '' }),
        ),
    }
    const request = { ...ROTATE, replace: OLD.accessKeyId.slice(4) }
    const storeOf = storesOf(home, { pass: failing })
    expect(await run(home, request, { storeOf })).toBe('ok')
    expect(home.events.filter(({ kind }) => kind === 'copy-remains')).toMatchObject([
      { accessKeyId: OLD.accessKeyId, store: 'pass', canRetry: false },
    ])
    // What --delete-old would delete now.
    expect(await run(home, { kind: 'delete-old' })).toBe('ok')
    expect(home.events.at(-1)).toMatchObject({ kind: 'deleted', accessKeyId: NEW_ID })
    expect([...home.store.items.keys()]).toContain(OLD.accessKeyId)
  })

  it('for the copy of a deleted key is named, and the next --delete-old removes it', async () => {
    const home = homeWith('pass')
    expect(await run(home, ROTATE)).toBe('ok')
    home.store.isBroken = true
    expect(await run(home, { kind: 'delete-old' })).toBe('ok')
    expect(home.events.map(({ kind }) => kind).slice(-2)).toEqual(['deleted', 'copy-remains'])
    expect(home.events.at(-1)).toMatchObject({ canRetry: true })
    home.store.isBroken = false
    expect(await run(home, { kind: 'delete-old' })).toBe('ok')
    expect(home.events.at(-1)?.kind).toBe('already-deleted')
    expect([...home.store.items.keys()]).toEqual([NEW_ID])
  })
})

describe('after a failed run', () => {
  it('the new secret is in the credentials file alone once the next one has ended', async () => {
    const home = homeWith('file')
    const change = {
      files: {
        ...home.files,
        preflight: home.files.preflight,
        transact: () => {
          throw new AwsmfaError({
            code: 'FILE_NOT_WRITABLE',
            place: { path: home.paths.credentials },
            errno: 'ENOSPC',
            step: 'stage',
          })
        },
      },
    }
    expect(await run(home, ROTATE, change)).toBe('FILE_NOT_WRITABLE')
    expect(pairOf(home)).toEqual(OLD)
    const left = (): readonly string[] => readdirSync(join(home.folder, 'state/rotations')).toSorted()
    expect(left()).toContain(`${NEW_ID}.json`)
    expect(await run(home, ROTATE)).toBe('ok')
    expect(left()).toEqual([`${OLD.accessKeyId}.json`, `${OLD.accessKeyId}.rotation.json`])
    expect(home.aws.created).toBe(1)
  })
})

describe('two computers with the same key', () => {
  it('that both rotate: the second one is told, and locks nobody out', async () => {
    const [first, second] = [homeWith('file'), homeWith('file')]
    const shared = { ...second, aws: first.aws }
    expect(await run(first, ROTATE)).toBe('ok')
    expect(await run(shared, ROTATE)).toBe('ROTATION_STOPPED replaced')
    expectUsable(first)
    expect(first.aws.created).toBe(1)
  })

  it('that rotate at once: one of them gets the new key, the other one changes nothing', async () => {
    const [first, second] = [homeWith('file'), homeWith('file')]
    const shared = { ...second, aws: first.aws }
    // The second run starts while the first one asks whether to deactivate the old key.
    let other = ''
    const confirm: RotationEffects['confirm'] = async ({ kind }) => {
      if (kind === 'deactivate') other = await run(shared, ROTATE)
      return true
    }
    expect(await run(first, ROTATE, { confirm })).toBe('ok')
    expect(other).toBe('ROTATION_STOPPED two-keys')
    expectUsable(first)
    expect(pairOf(shared)).toEqual(OLD)
  })
})

/** The calls of IAM that change a key, and then say so. */
function notingChanges(
  { setActive, remove }: RotationEffects['iam'],
  changed: () => void,
): Pick<RotationEffects['iam'], 'setActive' | 'remove'> {
  return {
    setActive: async (...words) => {
      await setActive(...words)
      changed()
    },
    remove: async (...words) => {
      await remove(...words)
      changed()
    },
  }
}

it('a reference to an item that is missing, beside the pair in the credentials file, names the new pair in its store', async () => {
  const home = homeWith('file')
  writeFileSync(home.paths.config, `[profile work]\nawsmfa_keys = pass\nawsmfa_key_id = ${OLD.accessKeyId}\n`)
  expect(await run(home, ROTATE)).toBe('ok')
  expectUsable(home)
  expect(readFileSync(home.paths.config, 'utf8')).toContain(NEW_ID)
  expect([...home.store.items.keys()]).toEqual([NEW_ID])
})
