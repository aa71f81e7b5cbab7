/** Access keys in encrypted files: what is written, and how everything that is not exactly that is refused. */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEncryptedFileStore } from '../../src/keys/encrypted-file.ts'
import type { PassphraseSource } from '../../src/keys/encrypted-file.ts'
import { readItem, storeItem } from '../../src/keys/stores.ts'
import type { LongTermKeyStore } from '../../src/keys/stores.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { expectPrivate, scratchFolder } from '../support/scratch.ts'
import { isWindows } from '../support/on-windows.ts'

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const never = new AbortController().signal

/** Answers with these passphrases, one after another, as if they were typed; the last is also a new one. */
function typing(...answers: readonly string[]): PassphraseSource & { readonly asked: boolean[] } {
  const [left, asked] = [[...answers], [] as boolean[]]
  return {
    asked,
    ask: ({ isRetry }) => {
      asked.push(isRetry)
      return Promise.resolve({ text: left.shift() ?? '', isTyped: true })
    },
    askNew: () => Promise.resolve(answers.at(-1) ?? ''),
  }
}

function openIn(configFolder: string, passphrase: PassphraseSource, known: string[] = []): LongTermKeyStore {
  return createEncryptedFileStore({ configFolder, passphrase, known })
}

const template = mkdtempSync(join(tmpdir(), 'awsmfa-keys-'))
beforeAll(async () => {
  expect(await storeItem(openIn(template, typing('open sesame')), KEYS, never)).toBe('stored')
})
afterAll(() => rmSync(template, { recursive: true }))

/** Returns a folder with an item whose passphrase is `open sesame`: to derive a key takes half a second. */
function stored(): { readonly folder: string; readonly path: string } {
  const folder = scratchFolder()
  cpSync(template, folder, { recursive: true })
  return { folder, path: openIn(folder, typing()).locationOf(KEYS.accessKeyId) }
}

async function reasonOf(action: Promise<unknown>): Promise<string> {
  try {
    await action
    return 'no failure'
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    const { failure } = error
    return failure.code === 'KEY_STORE_FAILED' ? failure.reason : failure.code
  }
}

describe('an encrypted file', () => {
  it('gives the keys back for its passphrase, and asks no more than once', async () => {
    const { folder } = stored()
    const source = typing('open sesame')
    const store = openIn(folder, source)
    expect(await readItem(store, KEYS.accessKeyId, never)).toEqual(KEYS)
    expect(await readItem(store, KEYS.accessKeyId, never)).toEqual(KEYS)
    expect(source.asked).toEqual([false])
  })

  it('is private, has no secret in it, never looks the same twice, and takes one passphrase in all its spellings', async () => {
    const [folder, { path }] = [scratchFolder(), stored()]
    const other = openIn(folder, typing('caf\u00e9'))
    await other.create(KEYS, never)
    const made = other.locationOf(KEYS.accessKeyId)
    expectPrivate(made, join(folder, 'keys'))
    const texts = [path, made].map((each) => readFileSync(each, 'utf8'))
    expect(texts.join('')).not.toMatch(/wJalrXUt|sesame/)
    const [a, b] = texts.map((text) => JSON.parse(text) as Record<string, unknown>)
    for (const name of ['salt', 'nonce', 'tag', 'ciphertext']) expect(a?.[name]).not.toBe(b?.[name])
    expect(await openIn(folder, typing('cafe\u0301')).find(KEYS.accessKeyId, never)).toEqual(KEYS)
  })

  it('takes three typed passphrases, and one from a command', async () => {
    const { folder } = stored()
    expect(await openIn(folder, typing('a', 'b', 'open sesame')).find(KEYS.accessKeyId, never)).toEqual(KEYS)
    expect(await reasonOf(openIn(folder, typing('a', 'b', 'c')).find(KEYS.accessKeyId, never))).toBe('wrong-passphrase')
    const command = { ...typing(), ask: () => Promise.resolve({ text: 'a', isTyped: false }) }
    expect(await reasonOf(openIn(folder, command).find(KEYS.accessKeyId, never))).toBe('wrong-passphrase')
  })

  it('is not replaced: the same keys are there already, another secret is refused, and stays as it is', async () => {
    const { folder, path } = stored()
    const before = readFileSync(path)
    const store = openIn(folder, typing('open sesame'))
    expect(await storeItem(store, KEYS, never)).toBe('already-there')
    expect(await reasonOf(storeItem(store, { ...KEYS, secretAccessKey: 'x'.repeat(40) }, never))).toBe('other-secret')
    await store.create({ ...KEYS, secretAccessKey: 'x'.repeat(40) }, never)
    expect(readFileSync(path)).toEqual(before)
  })

  it('is gone after it was removed, and removing what is not there is no error', async () => {
    const { folder } = stored()
    const store = openIn(folder, typing())
    await store.remove(KEYS.accessKeyId, never)
    await store.remove(KEYS.accessKeyId, never)
    expect(await store.find(KEYS.accessKeyId, never)).toBeUndefined()
    expect(await reasonOf(readItem(store, KEYS.accessKeyId, never))).toBe('no-item')
  })

  const changed = (change: (item: Record<string, unknown>) => Record<string, unknown>) => (text: string) =>
    JSON.stringify(change(JSON.parse(text) as Record<string, unknown>))
  it.each([
    ['cut short', (text: string) => text.slice(0, -30), 'damaged'],
    ['empty', () => '', 'damaged'],
    ['of another key', changed((item) => ({ ...item, accessKeyId: 'AKIAOTHER' })), 'damaged'],
    ['with another salt', changed((item) => ({ ...item, salt: 'AAAA' })), 'damaged'],
    ['with a cost that takes the memory of the machine', changed((item) => ({ ...item, N: 2 ** 30 })), 'damaged'],
    ['with a cost that protects nothing', changed((item) => ({ ...item, N: 2 })), 'damaged'],
    ['with more rounds', changed((item) => ({ ...item, p: 1000 })), 'damaged'],
    ['with values of other types', changed((item) => ({ ...item, nonce: 1 })), 'damaged'],
    ['of a later version', changed((item) => ({ ...item, version: 2, cipher: 'other' })), 'newer'],
  ])('%s is refused before a passphrase is asked for', async (_, change, reason) => {
    const { folder, path } = stored()
    writeFileSync(path, change(readFileSync(path, 'utf8')))
    const source = typing('open sesame')
    expect(await reasonOf(openIn(folder, source).find(KEYS.accessKeyId, never))).toBe(reason)
    expect(source.asked).toEqual([])
  })

  it('authenticates its parameters: a fitting checksum does not help one that was changed', async () => {
    const { folder, path } = stored()
    const item = { ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>), p: 2 }
    const { version, accessKeyId, kdf, N, r, p, salt, cipher, nonce, tag, ciphertext } = item as Record<string, unknown>
    const head = JSON.stringify([version, accessKeyId, kdf, N, r, p, salt, cipher])
    const checksum = createHash('sha256').update(head).update([nonce, tag, ciphertext].join(' ')).digest('hex')
    writeFileSync(path, JSON.stringify({ ...item, checksum }))
    const source = typing('open sesame', 'open sesame', 'open sesame')
    expect(await reasonOf(openIn(folder, source).find(KEYS.accessKeyId, never))).toBe('wrong-passphrase')
  })

  it.skipIf(isWindows)('that is no regular file is refused, and not waited for', async () => {
    const { folder, path } = stored()
    const store = openIn(folder, typing())
    symlinkSync(folder, `${path.slice(0, -'AKIAIOSFODNN7EXAMPLE.json'.length)}AKIAIOSFODNN7OTHERAA.json`)
    expect(await reasonOf(store.find('AKIAIOSFODNN7OTHERAA', never))).toBe('FILE_NOT_REGULAR')
  })
})
