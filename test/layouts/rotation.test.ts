/** The steps of a rotation: which one follows from what IAM lists, what is stored and what was noted. */
import { describe, expect, it } from 'vitest'
import { decodeRotation, encodeRotation, nextStep } from '../../src/layouts/rotation.ts'
import type { Rotation, RotationFacts, RotationRequest, UserKey } from '../../src/layouts/rotation.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const [OLD, NEW, THIRD] = ['AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAWXYZ', 'AKIAIOSFODNN7EXAABCD']
const USER = 'arn:aws:iam::111111111111:user/alice'
const ROTATE: RotationRequest = { kind: 'rotate', keepsOld: false }
const NOTED: Rotation = { startedAt: NOW, userArn: USER, oldKeyId: OLD, listedIds: [OLD] }
const CREATED: Rotation = { ...NOTED, newKeyId: NEW }
const DONE: Rotation = { ...CREATED, deactivatesOld: true, isFinished: true }
const DELETED: Rotation = { ...DONE, isOldDeleted: true, profile: 'work' }
const UNDOING: Rotation = {
  ...DONE,
  oldKeyId: NEW,
  newKeyId: OLD,
  isFinished: false,
  isUndo: true,
  oldPlace: 'file',
  newPlace: 'pass',
}
const HOUR_AGO = new Date(NOW.getTime() - 3_600_000)

const active = (accessKeyId: string): UserKey => ({
  accessKeyId,
  isActive: true,
  createdAt: HOUR_AGO,
  use: 'never',
})
const fresh = (accessKeyId: string): UserKey => ({ ...active(accessKeyId), createdAt: NOW })
const inactive = (accessKeyId: string): UserKey => ({ ...active(accessKeyId), isActive: false })
const used = (accessKeyId: string): UserKey => ({ ...active(accessKeyId), use: { at: NOW, service: 'sts' } })

interface Given {
  readonly request?: RotationRequest
  readonly rotation?: Rotation
  readonly keys: readonly UserKey[]
  readonly stored?: readonly string[]
  /** The keys that the files refer to. */
  readonly inFiles?: readonly string[]
  readonly accepted?: string
}

function stepOf({ request = ROTATE, rotation, keys, stored = [], inFiles = [OLD], accepted }: Given): string {
  const facts: RotationFacts = {
    request,
    rotation,
    currentId: inFiles[0] ?? OLD,
    keys,
    storedIds: stored,
    isReferenced: (id) => inFiles.includes(id),
    acceptedId: accepted,
    now: NOW,
  }
  const step = nextStep(facts)
  switch (step.kind) {
    case 'activate':
    case 'deactivate':
    case 'keep':
      return `${step.kind} ${nameOf(step.key.accessKeyId)}`
    case 'delete':
      return `delete ${nameOf(step.key.accessKeyId)}: ${step.why}`
    case 'clear':
      return `clear ${nameOf(step.keyId)}`
    case 'verify':
      return `verify ${nameOf(step.keyId)}`
    case 'adopt':
      return `adopt ${nameOf(step.newKeyId)}`
    case 'swap':
      return `swap ${nameOf(step.from)} for ${nameOf(step.to)}`
    case 'refuse':
      return `refuse: ${step.reason}`
    case 'reverse':
      return `reverse: ${nameOf(step.rotation.oldKeyId)} to ${nameOf(step.newKeyId)}`
    case 'create':
    case 'finish':
      return step.kind
  }
}

function nameOf(id: string): string {
  return id === OLD ? 'old' : id === NEW ? 'new' : 'third'
}

describe('rotate', () => {
  it.each<readonly [string, string, Given]>([
    ['one key', 'create', { keys: [active(OLD)] }],
    ['two keys', 'refuse: two-keys', { keys: [active(OLD), inactive(THIRD)] }],
    ['another computer has replaced the key', 'refuse: replaced', { keys: [inactive(OLD), active(THIRD)] }],
    ['a key that IAM does not list', 'create', { keys: [] }],
    ['noted, and killed before the request', 'create', { rotation: NOTED, keys: [active(OLD)] }],
    ['the response was lost', 'delete new: candidate', { rotation: NOTED, keys: [active(OLD), fresh(NEW)] }],
    [
      'another computer has made a key an hour from the request',
      'refuse: two-keys',
      { rotation: NOTED, keys: [active(OLD), active(NEW)] },
    ],
    [
      'a new key whose last use is not known',
      'refuse: two-keys',
      { rotation: NOTED, keys: [active(OLD), { ...fresh(NEW), use: undefined }] },
    ],
    [
      'another computer has made and used a key since',
      'refuse: two-keys',
      { rotation: NOTED, keys: [active(OLD), used(NEW)] },
    ],
    [
      'killed once the pair was stored',
      'adopt new',
      { rotation: NOTED, keys: [active(OLD), active(NEW)], stored: [NEW] },
    ],
    ['a new key that is stored', 'verify new', { rotation: CREATED, keys: [active(OLD), active(NEW)] }],
    ['a new key that IAM does not list yet', 'verify new', { rotation: CREATED, keys: [active(OLD)] }],
    [
      'a new key that somebody has deleted',
      'create',
      { rotation: { ...CREATED, startedAt: HOUR_AGO }, keys: [active(OLD)] },
    ],
    [
      'a new key that somebody has deactivated',
      'activate new',
      { rotation: CREATED, keys: [active(OLD), inactive(NEW)] },
    ],
    [
      'a new key that AWS accepts',
      'swap old for new',
      { rotation: CREATED, keys: [active(OLD), active(NEW)], accepted: NEW },
    ],
    [
      'one of the two files was written',
      'swap old for new',
      { rotation: CREATED, keys: [active(OLD), active(NEW)], accepted: NEW, inFiles: [NEW, OLD] },
    ],
    [
      'the swap was made in an earlier run',
      'verify new',
      { rotation: CREATED, keys: [active(OLD), active(NEW)], inFiles: [NEW] },
    ],
    [
      'the swap is made',
      'deactivate old',
      { rotation: CREATED, keys: [active(OLD), active(NEW)], accepted: NEW, inFiles: [NEW] },
    ],
    [
      'the old key is to be kept',
      'keep old',
      {
        request: { kind: 'rotate', keepsOld: true },
        rotation: CREATED,
        keys: [active(OLD), active(NEW)],
        accepted: NEW,
        inFiles: [NEW],
      },
    ],
    [
      'killed once the old key was inactive',
      'finish',
      { rotation: CREATED, keys: [inactive(OLD), active(NEW)], accepted: NEW, inFiles: [NEW] },
    ],
    ['all is done', 'refuse: two-keys', { rotation: DONE, keys: [inactive(OLD), active(NEW)], inFiles: [NEW] }],
    [
      'all is done, but other files still have the old key',
      'verify new',
      { rotation: DONE, keys: [inactive(OLD), active(NEW)], inFiles: [OLD] },
    ],
    ['all is done, and the old key is deleted', 'create', { rotation: DONE, keys: [active(NEW)], inFiles: [NEW] }],
  ])('%s: %s', (_, expected, given) => {
    expect(stepOf(given)).toBe(expected)
  })
})

describe('rotate --replace', () => {
  const replacing = (replace: string): RotationRequest => ({ kind: 'rotate', keepsOld: false, replace })
  it.each<readonly [string, string, Given]>([
    ['an inactive key', 'delete third: replace', { request: replacing('ABCD'), keys: [active(OLD), inactive(THIRD)] }],
    [
      'another computer has replaced the key',
      'refuse: replaced',
      { request: replacing('ABCD'), keys: [inactive(OLD), active(THIRD)] },
    ],
    ['an active key', 'refuse: replace-active', { request: replacing('ABCD'), keys: [active(OLD), active(THIRD)] }],
    ['the current key', 'refuse: replace-in-use', { request: replacing('MPLE'), keys: [active(OLD), inactive(THIRD)] }],
    [
      'a key of another profile',
      'refuse: replace-in-use',
      { request: replacing('ABCD'), keys: [active(OLD), inactive(THIRD)], inFiles: [OLD, THIRD] },
    ],
    [
      'the new key of a rotation that goes on',
      'refuse: replace-in-use',
      { request: replacing('WXYZ'), rotation: CREATED, keys: [active(OLD), active(NEW)] },
    ],
    [
      'a key whose response was lost',
      'delete new: candidate',
      { request: replacing('WXYZ'), rotation: NOTED, keys: [active(OLD), fresh(NEW)] },
    ],
    ['another ending', 'refuse: replace-unknown', { request: replacing('QQQQ'), keys: [active(OLD)] }],
    [
      'an ending of both',
      'refuse: replace-ambiguous',
      { request: replacing('MPLE'), keys: [active(OLD), inactive(`AKIAQQQQQQQQQQQQMPLE`)] },
    ],
  ])('%s: %s', (_, expected, given) => {
    expect(stepOf(given)).toBe(expected)
  })
})

describe('rotate --undo and --delete-old', () => {
  const [undo, deleteOld]: readonly RotationRequest[] = [{ kind: 'undo' }, { kind: 'delete-old' }]
  const both = [inactive(OLD), active(NEW)]
  it.each<readonly [string, string, RotationRequest | undefined, Omit<Given, 'request'>]>([
    ['undo', 'reverse: new to old', undo, { rotation: DONE, keys: both, inFiles: [NEW] }],
    ['undo before the swap', 'reverse: new to old', undo, { rotation: CREATED, keys: [active(OLD), active(NEW)] }],
    [
      'undo again, before the swap',
      'verify old',
      undo,
      { rotation: UNDOING, keys: [active(OLD), active(NEW)], inFiles: [NEW] },
    ],
    ['undo again, before the key is active', 'activate old', undo, { rotation: UNDOING, keys: both, inFiles: [NEW] }],
    [
      'undo again, after the swap',
      'deactivate new',
      undo,
      { rotation: UNDOING, keys: [active(OLD), active(NEW)], inFiles: [OLD], accepted: OLD },
    ],
    [
      'undo of a finished undo',
      'reverse: old to new',
      undo,
      { rotation: { ...UNDOING, isFinished: true }, keys: [active(OLD), inactive(NEW)], inFiles: [OLD] },
    ],
    [
      'undo again, of a deleted key',
      'refuse: undo-too-late',
      undo,
      { rotation: UNDOING, keys: [active(NEW)], inFiles: [NEW] },
    ],
    ['undo without a rotation', 'refuse: nothing-to-undo', undo, { keys: [active(OLD)] }],
    ['undo without a new key', 'refuse: nothing-to-undo', undo, { rotation: NOTED, keys: [active(OLD)] }],
    ['undo of a deleted key', 'refuse: undo-too-late', undo, { rotation: DONE, keys: [active(NEW)], inFiles: [NEW] }],
    ['delete-old', 'delete old: old', deleteOld, { rotation: DONE, keys: both, inFiles: [NEW] }],
    ['delete-old without a rotation', 'refuse: nothing-to-delete', deleteOld, { keys: [active(OLD)] }],
    ['delete-old of a deleted key', 'clear old', deleteOld, { rotation: DONE, keys: [active(NEW)], inFiles: [NEW] }],
    [
      'delete-old of a deleted key that is still in the files',
      'refuse: old-deleted',
      deleteOld,
      { rotation: DONE, keys: [active(NEW)], inFiles: [NEW, OLD] },
    ],
    ['delete-old again', 'clear old', deleteOld, { rotation: DELETED, keys: [active(NEW)], inFiles: [NEW] }],
    ['rotate after delete-old', 'create', undefined, { rotation: DELETED, keys: [active(NEW)], inFiles: [NEW] }],
    [
      'rotate after delete-old, with the old key in the files again',
      'swap old for new',
      undefined,
      { rotation: DELETED, keys: [active(NEW)], inFiles: [NEW, OLD], accepted: NEW },
    ],
    [
      'undo after delete-old',
      'refuse: undo-too-late',
      undo,
      { rotation: DELETED, keys: [active(NEW)], inFiles: [NEW] },
    ],
    [
      'delete-old of an active key',
      'refuse: old-active',
      deleteOld,
      { rotation: CREATED, keys: [active(OLD), active(NEW)], inFiles: [NEW] },
    ],
    [
      'delete-old of a key that is still in the files',
      'refuse: old-active',
      deleteOld,
      { rotation: DONE, keys: both, inFiles: [NEW, OLD] },
    ],
    [
      'delete-old of a key that somebody else has deactivated',
      'refuse: old-not-ours',
      deleteOld,
      { rotation: CREATED, keys: both, inFiles: [NEW] },
    ],
  ])('%s: %s', (_, expected, request, given) => {
    expect(stepOf({ ...given, ...(request === undefined ? {} : { request }) })).toBe(expected)
  })
})

describe('the note of a rotation', () => {
  it.each([NOTED, CREATED, DONE, UNDOING, DELETED])('is read back: %o', (rotation) => {
    const read = decodeRotation(encodeRotation(rotation))
    expect(read).toEqual({
      deactivatesOld: false,
      isFinished: false,
      isOldDeleted: false,
      isUndo: false,
      ...rotation,
    })
  })

  it.each([
    '',
    '{}',
    '[]',
    '{"version":2}',
    encodeRotation(NOTED).replace(OLD, '../x'),
    encodeRotation(NOTED).slice(9),
  ])('is ignored if it is something else: %s', (text) => {
    expect(decodeRotation(text)).toBeUndefined()
  })
})
