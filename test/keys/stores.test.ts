/** What stores of access keys report, each as one failure: locked, missing, slow, damaged, of a later version. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPassphraseSource } from '../../src/keys/encrypted-file.ts'
import {
  createKeychainStore,
  createPassStore,
  createRotationFiles,
  decodeItem,
  encodeItem,
  findCopy,
  storesWith,
} from '../../src/keys/stores.ts'
import type { LongTermKeyStore } from '../../src/keys/stores.ts'
import type { KeyPlace } from '../../src/command-line/spec.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { createKeychain } from '../../src/sessions/keychain.ts'
import { scratchFolder } from '../support/scratch.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const KEYS = { accessKeyId: ID, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const { signal } = new AbortController()
const NOBODY = { canAsk: () => false, announce: () => undefined }

async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action()
  } catch (error) {
    return error instanceof AwsmfaError ? error.failure : error
  }
}

const ITEMS: readonly (readonly [string, string, ReturnType<typeof decodeItem>])[] = [
  ['whole', encodeItem(KEYS), KEYS],
  ["whole, with the user's own lines below", `${encodeItem(KEYS)}\nmine\n`, KEYS],
  ['truncated', encodeItem(KEYS).slice(0, -9), 'damaged'],
  ['empty', '', 'damaged'],
  ['of another key', encodeItem({ ...KEYS, accessKeyId: 'AKIAIOSFODNN7ANOTHER' }), 'damaged'],
  ['without a secret', `{"version":1,"accessKeyId":"${ID}"}`, 'damaged'],
  ['of a later version', `{"version":2,"accessKeyId":"${ID}","x":1}`, 'newer'],
]

describe('an item', () => {
  it.each(ITEMS)('%s', (_, text, expected) => expect(decodeItem(text, ID)).toEqual(expected))
})

/** A pass that prints `talk`, then the entry, and ends with a code. */
function passStore(script: string, announce: (line: string) => void = () => undefined): LongTermKeyStore {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'pass'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return createPassStore({ environment: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder }, ...NOBODY, announce })
}

const LOCKED = '[GNUPG:] KEY_CONSIDERED 0 0\n[GNUPG:] DECRYPTION_FAILED'

describe.skipIf(process.platform === 'win32')('pass', () => {
  it.each([
    ['truncated', `cat <<'E'\n${encodeItem(KEYS).slice(0, -9)}\nE`, 'damaged'],
    ['of a later version', `echo '{"version":2}'`, 'newer'],
    ['that GnuPG finds damaged', `echo '[GNUPG:] NODATA 1' >&2; exit 2`, 'damaged'],
    ['that is locked', `printf '${LOCKED.replaceAll('\n', '\\n')}\\n' >&2; exit 2`, 'locked'],
    ['in no store', `echo 'You must run: pass init' >&2; exit 1`, 'no-store'],
  ])('reports an item %s', async (_, script, reason) => {
    const failure = await failureOf(() => passStore(script).find(ID, signal))
    expect(failure).toMatchObject({ code: 'KEY_STORE_FAILED', store: 'pass', reason })
  })

  it('has an entry if its file is there, without opening it', async () => {
    const folder = scratchFolder()
    const store = createPassStore({ environment: { PATH: '', PASSWORD_STORE_DIR: folder }, ...NOBODY })
    expect(await store.has(ID, signal)).toBe(false)
    mkdirSync(join(folder, 'awsmfa'))
    writeFileSync(join(folder, 'awsmfa', `${ID}.gpg`), '')
    expect(await store.has(ID, signal)).toBe(true)
  })
})

describe.skipIf(process.platform !== 'linux')('the keychain', () => {
  /** A Secret Service that is unlocked, and a helper that answers with an item. */
  function keychain(
    answer: object,
    patienceMs: number | undefined,
  ): { readonly store: LongTermKeyStore; readonly calls: () => readonly string[] } {
    const folder = scratchFolder()
    const seen = join(folder, 'seen')
    const service = `#!/bin/sh\necho "$*" >> '${seen}'\ncase "$*" in *Locked*) echo "variant boolean false";; *) echo "array [ ] array [ ]";; esac\n`
    writeFileSync(join(folder, 'dbus-send'), service, { mode: 0o755 })
    const script =
      'kind' in answer ? `console.log(${JSON.stringify(JSON.stringify(answer))})` : 'setTimeout(() => {}, 60_000)'
    const environment = { PATH: folder, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }
    const askKeychain = createKeychain({ helper: [process.execPath, '-e', script], environment, patienceMs })
    return {
      store: createKeychainStore({ askKeychain, stateFolder: folder }),
      calls: () => readFileSync(seen, 'utf8').trim().split('\n'),
    }
  }

  it.each(ITEMS.filter(([, , expected]) => typeof expected === 'string'))(
    'reports an item: %s',
    async (_, text, reason) => {
      const failure = await failureOf(() => keychain({ kind: 'found', text }, undefined).store.find(ID, signal))
      expect(failure).toMatchObject({ code: 'KEY_STORE_FAILED', store: 'keychain', reason })
    },
  )

  it('that hangs is reported when its time is up, and is not asked again', async () => {
    const { store, calls } = keychain({}, 400)
    for (let time = 0; time < 3; time += 1)
      expect(await failureOf(() => store.find(ID, signal))).toMatchObject({
        code: 'KEYCHAIN_UNAVAILABLE',
        reason: 'slow',
        wanted: 'access-key',
      })
    expect(calls()).toHaveLength(2)
  })

  it('has less than 3 s for all of its answers together', async () => {
    const { store, calls } = keychain({ kind: 'none' }, undefined)
    await store.find(ID, signal)
    const limits = calls().map((line) => Number(/--reply-timeout=(\d+)/.exec(line)?.[1]))
    expect(limits).toHaveLength(2)
    expect(limits.every((limit, index) => limit <= (limits[index - 1] ?? 2500))).toBe(true)
  })
})

describe.skipIf(process.platform === 'win32')('no answer within 3 s', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['ends when it is told to', 'exec sleep 1000'],
    ['does not', "trap '' TERM; while :; do sleep 1000; done"],
  ])('is reported of a pass that %s, after it has been named', async (_, script) => {
    const said: string[] = []
    const failure = failureOf(() => passStore(script, (line) => said.push(line)).find(ID, signal))
    vi.advanceTimersByTime(3000)
    expect(said).toEqual(['awsmfa: note: waiting for pass, up to 10 s\n'])
    vi.advanceTimersByTime(8000)
    expect(await failure).toMatchObject({ store: 'pass', reason: 'slow' })
  })

  it('is reported of a passphrase command, which may ask a person; it ends with Ctrl-C, or after a minute', async () => {
    for (const end of ['Ctrl-C', 'a minute'] as const) {
      const said: string[] = []
      const cancelled = new AbortController()
      const source = createPassphraseSource({
        command: { value: 'sleep 1000', origin: { kind: 'flag', flag: 'passphrase-command' } },
        environment: { PATH: '/usr/bin:/bin' },
        profile: 'work',
        asker: { obstacle: () => 'no-terminal', say: () => undefined, askLine: () => Promise.reject(new Error()) },
        announce: (line) => said.push(line),
      })
      const failure = failureOf(() => source.ask({ accessKeyId: ID, isRetry: false }, cancelled.signal))
      vi.advanceTimersByTime(2000)
      expect(said).toEqual([])
      vi.advanceTimersByTime(1000)
      expect(said).toEqual(["awsmfa: note: waiting for the passphrase command 'sleep', up to 60 s\n"])
      if (end === 'Ctrl-C') cancelled.abort(new AwsmfaError({ code: 'CANCELLED' }))
      else vi.advanceTimersByTime(57_000)
      expect(await failure).toMatchObject(
        end === 'Ctrl-C' ? { code: 'CANCELLED' } : { code: 'PASSPHRASE_COMMAND_FAILED', seconds: 60 },
      )
    }
  })
})

describe('the stores that have a copy of a key', () => {
  const failing = (name: KeyPlace, reason: 'locked' | 'slow'): LongTermKeyStore => {
    const fail = (): Promise<never> =>
      Promise.reject(new AwsmfaError({ code: 'KEY_STORE_FAILED', store: name, reason, accessKeyId: '…', item: '' }))
    return { name, locationOf: (id) => id, find: fail, has: fail, create: fail, remove: fail }
  }
  const holding = (name: KeyPlace, has: boolean): LongTermKeyStore => ({
    ...failing(name, 'locked'),
    has: () => Promise.resolve(has),
    find: () => Promise.resolve(has ? KEYS : undefined),
  })
  const world: Readonly<Record<KeyPlace, LongTermKeyStore>> = {
    keychain: failing('keychain', 'locked'),
    pass: holding('pass', true),
    'encrypted-file': holding('encrypted-file', false),
    file: createRotationFiles('/nowhere').pairs,
  }
  const namesFor = async (...expected: readonly KeyPlace[]) =>
    (await storesWith(ID, { storeOf: (place) => Promise.resolve(world[place]), expected }, signal)).map(
      ({ name }) => name,
    )

  it('are those that say so; one that cannot be used counts only where a copy was put', async () => {
    expect(await namesFor()).toEqual(['pass'])
    expect(await namesFor('file', 'keychain')).toEqual(['keychain', 'pass'])
  })

  it('reports the others that cannot be used', async () => {
    const unasked: string[] = []
    const onUnasked = (store: KeyPlace): void => void unasked.push(store)
    const found = await storesWith(
      ID,
      { storeOf: (place) => Promise.resolve(world[place]), expected: [], onUnasked },
      signal,
    )
    expect([found.map(({ name }) => name), unasked]).toEqual([['pass'], ['keychain']])
  })

  it('give the key if one of them does; otherwise the first failure counts', async () => {
    expect(await findCopy(ID, [world.keychain, world.pass], signal)).toEqual(KEYS)
    expect(await findCopy(ID, [world['encrypted-file']], signal)).toBeUndefined()
    const failure = await failureOf(() => findCopy(ID, [world.keychain, failing('pass', 'slow')], signal))
    expect(failure).toMatchObject({ store: 'keychain', reason: 'locked' })
  })
})
