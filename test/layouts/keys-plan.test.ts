/** Which of both files is replaced first, and what a move to the credentials file finishes. */
import { describe, expect, test } from 'vitest'
import { snapshotsOf, withEdits } from '../../src/aws-files/profiles.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import { asStoredKeys, fileToReplaceFirst, findHeldKeys, planKeysChanges } from '../../src/layouts/keys-plan.ts'
import type { KeysChange } from '../../src/layouts/keys-plan.ts'
import { failureOf } from '../support/failure-of.ts'

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const PAIR = `aws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`
const REFERENCE = `awsmfa_keys = pass\nawsmfa_key_id = ${KEYS.accessKeyId}\n`
const CONFIG = '[profile work]\nregion = eu-west-1\n'

function filesOf(config: string, credentials: string): SharedSnapshots {
  return snapshotsOf({
    credentials: { path: 'credentials', text: credentials, exists: true },
    config: { path: 'config', text: config, exists: true },
  })
}

const stored = filesOf(CONFIG + REFERENCE, '')
const inFile = filesOf(CONFIG, `[work]\n${PAIR}`)
const inBoth = filesOf(CONFIG + REFERENCE, `[work]\n${PAIR}`)
const to = (place: KeysChange['to']): readonly KeysChange[] => [{ profile: 'work', to: place, keys: KEYS }]

describe('the file that is replaced first', () => {
  test.each([
    ['a move to a store: config, which refers to it', inFile, 'pass', 'config'],
    ['a move from a store: the credentials file, which has the key', stored, 'file', 'credentials'],
    ['a removal: nothing has the key afterwards', stored, undefined, 'config'],
    ['a move from one store to another', stored, 'keychain', 'config'],
  ] as const)('%s', (_, files, place, first) => {
    expect(fileToReplaceFirst(files, planKeysChanges(to(place), files))).toBe(first)
  })
})

test('a move to the credentials file names the section that has another key, which would have to be removed', () => {
  const session = '[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_session_token = x\n'
  const other = `[work-long-term]\n${PAIR.replace('AKIAIOSF', 'AKIAOTHR')}`
  expect(failureOf(() => planKeysChanges(to('file'), filesOf(CONFIG + REFERENCE, session + other)))).toMatchObject({
    code: 'KEYS_UNSUITABLE',
    reason: 'has-keys',
    profile: 'work-long-term',
  })
})

describe('a move to the credentials file that was interrupted', () => {
  const work = { value: 'work', origin: { kind: 'flag', flag: 'profile' } } as const

  test('is one of the keys that the store has', () => {
    const held = findHeldKeys(work, inBoth)
    expect(held.kind).toBe('static')
    expect(asStoredKeys(held, inBoth)).toMatchObject({ kind: 'stored', store: 'pass', accessKeyId: KEYS.accessKeyId })
    expect(asStoredKeys(held, inFile)).toBe(held)
    const other = filesOf(CONFIG + REFERENCE.replace('MPLE', 'MPLF'), inBoth.credentials.text)
    expect(asStoredKeys(held, other)).toBe(held)
  })

  test('is finished by removing the reference', () => {
    const after = withEdits(inBoth, planKeysChanges(to('file'), inBoth))
    expect([after.config.text, after.credentials.text]).toEqual([CONFIG, inBoth.credentials.text])
  })
})
