/** What stores of access keys report, each as one failure: locked, missing, slow, damaged, of a later version. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
import { scratchFolder } from '../support/scratch.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const KEYS = { accessKeyId: ID, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const { signal } = new AbortController()

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
function passStore(script: string): LongTermKeyStore {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'pass'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return createPassStore({ environment: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder }, canAsk: () => false })
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
    const store = createPassStore({ environment: { PATH: '', PASSWORD_STORE_DIR: folder }, canAsk: () => false })
    expect(await store.has(ID, signal)).toBe(false)
    mkdirSync(join(folder, 'awsmfa'))
    writeFileSync(join(folder, 'awsmfa', `${ID}.gpg`), '')
    expect(await store.has(ID, signal)).toBe(true)
  })
})

describe.skipIf(process.platform !== 'linux')('the keychain', () => {
  /** A Secret Service that is unlocked, and a helper that answers with an item. */
  function keychain(answer: object, patienceMs = 3000): LongTermKeyStore {
    const folder = scratchFolder()
    const service =
      '#!/bin/sh\ncase "$*" in *Locked*) echo "variant boolean false";; *) echo "array [ ] array [ ]";; esac\n'
    writeFileSync(join(folder, 'dbus-send'), service, { mode: 0o755 })
    const script =
      'kind' in answer ? `console.log(${JSON.stringify(JSON.stringify(answer))})` : 'setTimeout(() => {}, 60_000)'
    return createKeychainStore({
      helper: [process.execPath, '-e', script],
      environment: { PATH: folder, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
      stateFolder: folder,
      patienceMs,
    })
  }

  it.each(ITEMS.filter(([, , expected]) => typeof expected === 'string'))(
    'reports an item: %s',
    async (_, text, reason) => {
      const failure = await failureOf(() => keychain({ kind: 'found', text }).find(ID, signal))
      expect(failure).toMatchObject({ code: 'KEY_STORE_FAILED', store: 'keychain', reason })
    },
  )

  it('that hangs is reported when its time is up', async () => {
    const failure = await failureOf(() => keychain({}, 400).find(ID, signal))
    expect(failure).toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE', reason: 'slow', wanted: 'access-key' })
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
