/** Which copies of an access key can be deleted, and which references an undo restores, with stores in memory. */
import { describe, expect, it } from 'vitest'
import type { KeyPlace } from '../../src/command-line/spec.ts'
import { createRotationFiles } from '../../src/keys/stores.ts'
import type { LongTermKeyStore, RotationFiles } from '../../src/keys/stores.ts'
import { assertReferencesStored, findSpareCopy } from '../../src/layouts/access-keys.ts'
import { listReferences } from '../../src/layouts/keys-plan.ts'
import { encodeRotation } from '../../src/layouts/rotation.ts'
import type { Rotation } from '../../src/layouts/rotation.ts'
import { isWrittenKeyId } from '../../src/model/credentials.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { KEYS, snapshotsOf } from './setting-up.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const OTHER = 'AKIAIOSFODNN7ANOTHER'
const { signal: cancelled } = new AbortController()
const NOTE: Rotation = {
  startedAt: new Date('2026-11-30T12:00:00Z'),
  userArn: 'arn:aws:iam::111111111111:user/alice',
  oldKeyId: OTHER,
  listedIds: [OTHER],
  profile: 'work',
}

function storesWithItems(...places: readonly KeyPlace[]) {
  return (name: KeyPlace): Promise<LongTermKeyStore> =>
    Promise.resolve({
      name,
      locationOf: (id) => id,
      find: () => Promise.reject(new Error('nothing is opened')),
      has: (id) => Promise.resolve(id === ID && places.includes(name)),
      create: () => Promise.reject(new Error('nothing is made')),
      remove: () => Promise.resolve(),
    })
}

const reference = (store: string, id = ID): string => `awsmfa_keys = ${store}\nawsmfa_key_id = ${id}\n`

interface Situation {
  readonly config?: string
  readonly credentials?: string
  readonly items?: readonly KeyPlace[]
  readonly rotation?: Partial<Rotation>
}

/** Returns whether the copy in the encrypted file can go: `yes`, `none`, or the reason and profile. */
async function outcomeOf({ config = '', credentials = '', items = ['encrypted-file'], rotation }: Situation) {
  const storeOf = storesWithItems(...items)
  const rotations: RotationFiles = {
    ...createRotationFiles('/nowhere'),
    pairs: await storeOf('file'),
    notes: () => (rotation === undefined ? [] : [encodeRotation({ ...NOTE, ...rotation })]),
  }
  try {
    const copy = { accessKeyId: ID, store: 'encrypted-file', profile: 'given' } as const
    const store = await findSpareCopy(copy, snapshotsOf({ config, credentials }), { storeOf, rotations, cancelled })
    return store === undefined ? 'none' : 'yes'
  } catch (error) {
    if (!(error instanceof AwsmfaError) || error.failure.code !== 'KEYS_UNSUITABLE') throw error
    const { reason, profile, places } = error.failure
    return [reason, profile, ...places.map(({ path, line }) => `${path}:${String(line)}`)].join(' ')
  }
}

describe('a copy of a key in a store can be deleted', () => {
  const elsewhere = `[profile work]\n${reference('pass')}`
  it.each<readonly [string, Situation, string]>([
    ['of a key that nothing refers to', {}, 'yes'],
    ['not one that is not there', { items: ['pass'] }, 'none'],
    ['not one in use', { config: `[profile work]\n${reference('encrypted-file')}` }, 'in-use work ~/.aws/config:2'],
    [
      'not one in use, of a move that was interrupted',
      { config: `[profile work]\n${reference('encrypted-file')}`, credentials: `[work]\n${KEYS}` },
      'in-use work ~/.aws/config:2',
    ],
    [
      'not beside half a pair',
      {
        config: `[profile work]\n${reference('encrypted-file')}`,
        credentials: `[work]\naws_access_key_id = ${OTHER}\n`,
      },
      'named work ~/.aws/config:2',
    ],
    [
      'not beside another pair',
      {
        config: `[profile work]\n${reference('encrypted-file')}`,
        credentials: `[work]\n${KEYS.replace(ID, OTHER)}`,
      },
      'named work ~/.aws/config:2',
    ],
    [
      'not of a second section of that name',
      { config: `[profile work]\n${reference('encrypted-file')}[profile work]\n${reference('pass', OTHER)}` },
      'named work ~/.aws/config:2',
    ],
    ['not the only one, of an item that is missing', { config: elsewhere }, 'only-copy work ~/.aws/config:2'],
    ['one of two', { config: elsewhere, items: ['encrypted-file', 'pass'] }, 'yes'],
    ['of a pair in the files', { config: elsewhere, credentials: `[x]\n${KEYS}` }, 'yes'],
    ['not of half a pair', { credentials: `[x]\naws_access_key_id = ${ID}\n` }, 'only-copy x'],
    [
      'not of the files of a rotation alone',
      { config: elsewhere, items: ['encrypted-file', 'file'] },
      'only-copy work ~/.aws/config:2',
    ],
    ['not the new key of a rotation', { rotation: { newKeyId: ID } }, 'rotating work'],
    ['not one that a rotation has not noted yet', { rotation: {} }, 'rotating work'],
    ['one that was there before', { rotation: { listedIds: [OTHER, ID] } }, 'yes'],
    ['the new key of a finished rotation', { rotation: { newKeyId: ID, isFinished: true } }, 'yes'],
    ['not the old key', { rotation: { oldKeyId: ID, newKeyId: OTHER, isFinished: true } }, 'rotated work'],
    [
      'the old key once it is deleted',
      { rotation: { oldKeyId: ID, newKeyId: OTHER, isFinished: true, isOldDeleted: true } },
      'yes',
    ],
    [
      'a second copy of the old key',
      { rotation: { oldKeyId: ID, newKeyId: OTHER }, items: ['encrypted-file', 'file'] },
      'yes',
    ],
  ])('%s', async (_, situation, expected) => expect(await outcomeOf(situation)).toBe(expected))
})

describe('references', () => {
  it('are found in both files, also where store and ID are apart', () => {
    const config = `[profile "a b"]\nawsmfa_key_id = ${ID}\n`
    const credentials = `[a b]\nawsmfa_keys = pass\n[c]\n${reference('file')}`
    expect(listReferences(snapshotsOf({ config, credentials }))).toEqual([
      { profile: 'a b', store: 'pass', accessKeyId: ID, place: { path: '~/.aws/credentials', line: 2 } },
    ])
  })

  const files = (config: string) => snapshotsOf({ config, credentials: '' })
  const [inPass, inFile] = ['pass', 'encrypted-file'].map((store) => files(`[profile work]\n${reference(store)}`))
  it('are restored only if the store has the item', async () => {
    if (inPass === undefined || inFile === undefined) throw new Error('no files')
    const check = async (...items: readonly KeyPlace[]) =>
      await assertReferencesStored(inFile, inPass, { storeOf: storesWithItems(...items), cancelled })
    await check('pass')
    await expect(check('encrypted-file')).rejects.toMatchObject({
      failure: { code: 'UNDO_CONFLICT', reason: 'no-item', missing: { store: 'pass', profile: 'work' } },
    })
    // One that is there already is none of the undo's.
    await assertReferencesStored(inPass, inPass, { storeOf: storesWithItems(), cancelled })
  })
})

it.each([
  [ID, true],
  [ID.toLowerCase(), false],
  ['productionaccount', false],
  ['AKIA1234', false],
  ['ASIAIOSFODNN7EXAMPLE', false],
])('%s is written as an access key ID: %s', (word, expected) => expect(isWrittenKeyId(word)).toBe(expected))
