/**
 * Rotates an access key: finds out where the rotation is, takes the next step (rotation.ts), and so on to the end.
 *
 * Whatever happens in between, a key that works is in the store: the new pair is stored and read back before anything
 * refers to it, the old one stays where it is until AWS accepts the new one, and both stay stored after that.
 */
import type { AccessKeys } from '../aws/sts.ts'
import { withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { findCopy, readItem, storeFailure, storeItem, storesWith } from '../keys/stores.ts'
import type { LongTermKeyStore, RotationFiles, StoreOfPlace } from '../keys/stores.ts'
import { assertReplaced, heldBy, isReferenced, listHeldKeys, placeOfKeys } from './keys-plan.ts'
import { placesNaming, planKeySwap } from './keys-plan.ts'
import {
  ACCEPTED,
  LISTED,
  encodeRotation,
  isAnswerLost,
  isUnfinishedUndo,
  newKeysSince,
  nextStep,
  rotationOf,
  shownKey,
} from './rotation.ts'
import type { KeyRotation, Rotation, RotationEvent, RotationFacts, RotationQuestion } from './rotation.ts'
import type { RotationStep, UserKey } from './rotation.ts'
import { keyIdOf, shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { RotationObstacle } from '../model/failure.ts'
import { waitUntilSteady } from '../platform/time.ts'
import type { Deadline, Pause } from '../platform/time.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { copySessions, removeSessionsOf } from '../sessions/session-cache.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { Terminal } from '../ui/terminal.ts'

export interface RotationEffects extends Pick<CacheEffects, 'cache' | 'debug' | 'now'> {
  readonly iam: AccessKeys
  /** Asks AWS who signs, each time over a new connection: what one of its nodes knows, another may not. */
  readonly callerOf: (keys: LongTermCredentials, signal: AbortSignal) => Promise<CallerIdentity>
  readonly files: SharedFiles
  readonly rotations: RotationFiles
  readonly storeOf: StoreOfPlace
  readonly facts: Pick<RememberedFacts, 'rememberIdentity'>
  readonly terminal: Pick<Terminal, 'whileWaiting'>
  readonly deadline: Deadline
  readonly pause: Pause
  readonly monotonicMs: () => number
  readonly cancelled: AbortSignal
  readonly report: (event: RotationEvent) => void
  /** Returns whether the answer is yes. Throws what a question throws. */
  readonly confirm: (question: RotationQuestion) => Promise<boolean>
}

/** A run: what it works on, and what it has learnt. */
interface RotationRun extends RotationEffects, Omit<KeyRotation, 'request'> {
  request: KeyRotation['request']
  rotation: Rotation | undefined
  keys: readonly UserKey[]
  /** The pair that AWS has accepted, as it is stored. */
  accepted: LongTermCredentials | undefined
  /** An earlier question has settled that the old key will be deactivated. */
  isAgreed: boolean
  /** The last key that this run has deleted. */
  deletedId: string | undefined
}

/**
 * Takes one step after another. Throws ROTATION_STOPPED, DECLINED for a no before a key was created, ACCESS_DENIED with
 * the user, and what IAM, the stores, the files and the questions throw; the next call goes on from there.
 */
export async function rotateKeys(rotation: KeyRotation, effects: RotationEffects): Promise<void> {
  try {
    await takeSteps(rotation, effects)
  } catch (error) {
    if (!isFailure(error, 'ACCESS_DENIED')) throw error
    throw new AwsmfaError({ ...error.failure, userArn: rotation.user.arn }, { cause: error })
  }
}

async function takeSteps(rotation: KeyRotation, effects: RotationEffects): Promise<void> {
  const { iam, deadline } = effects
  const listed = await iam.list(rotation.user.userName, deadline.signal)
  const keys = await Promise.all(listed.map(async (key) => ({ ...key, use: await useOf(key.accessKeyId, effects) })))
  const noted = rotationOf(rotation.currentId, rotation.user.arn, effects.rotations.notes())
  const isAgreed = rotation.request.kind === 'undo' && noted !== undefined && isUnfinishedUndo(noted)
  const run: RotationRun = {
    ...effects,
    ...rotation,
    rotation: noted,
    keys,
    accepted: undefined,
    isAgreed,
    deletedId: undefined,
  }
  const current = keys.find(({ accessKeyId }) => accessKeyId === rotation.currentId)
  if (current !== undefined) run.report({ kind: 'found', key: current })
  while (await takeStep(nextStep(await factsOf(run)), run)) deadline.signal.throwIfAborted()
}

async function useOf(accessKeyId: string, { iam, deadline, debug }: RotationEffects): Promise<UserKey['use']> {
  try {
    return await iam.lastUse(accessKeyId, deadline.signal)
  } catch (error) {
    if (!isFailure(error, 'ACCESS_DENIED')) throw error
    debug('the last use of an access key is not known: iam:GetAccessKeyLastUsed is not allowed')
    return undefined
  }
}

async function factsOf(run: RotationRun): Promise<RotationFacts> {
  const { request, rotation, currentId, keys, accepted, files, now } = run
  const snapshots = files.read()
  const unknownIds = rotation === undefined || rotation.newKeyId !== undefined ? [] : newKeysSince(rotation, { keys })
  const storedIds: string[] = []
  for (const accessKeyId of unknownIds)
    if ((await findPair(accessKeyId, run)) !== undefined) storedIds.push(accessKeyId)
  return {
    request,
    rotation,
    currentId,
    keys,
    storedIds,
    acceptedId: accepted?.accessKeyId,
    isReferenced: (accessKeyId) => isReferenced(accessKeyId, snapshots),
    now: now(),
  }
}

/** Takes a step, and returns whether another one follows. */
async function takeStep(step: RotationStep, run: RotationRun): Promise<boolean> {
  switch (step.kind) {
    case 'create':
      await create(run)
      return true
    case 'adopt':
      noteRotation({ newKeyId: step.newKeyId }, run)
      return true
    case 'activate':
      await setActive(step.key, true, run)
      await readBack(step.key, { reason: 'not-activated', isActive: true }, run)
      run.report({ kind: 'activated', accessKeyId: step.key.accessKeyId })
      return true
    case 'verify':
      await verify(step.keyId, run)
      return true
    case 'swap':
      await swap(step.from, step.to, run)
      return true
    case 'deactivate':
      return await deactivate(step.key, run)
    case 'keep':
      await settle(run)
      run.report({ kind: 'kept', accessKeyId: step.key.accessKeyId })
      return false
    case 'delete':
      return await deleteKey(step.key, step.why, run)
    case 'reverse':
      await reverse(step.rotation, step.newKeyId, run)
      return true
    case 'clear':
      noteRotation({ isFinished: true, isOldDeleted: true }, run)
      await removeCopies(step.keyId, run)
      run.report({ kind: 'already-deleted', accessKeyId: step.keyId })
      return false
    case 'finish':
      await settle(run)
      noteRotation({ isFinished: true }, run)
      run.report({ kind: 'finished', accessKeyId: run.rotation?.newKeyId ?? run.currentId })
      return false
    case 'refuse':
      throw stopped(step.reason, step.keys, run)
  }
}

/** Notes a change of the rotation before it goes on. */
function noteRotation(change: Partial<Rotation>, run: RotationRun): void {
  const { rotation, rotations } = run
  if (rotation === undefined) throw new Error('there is no rotation')
  const changed = { ...rotation, ...change }
  rotations.note(changed.oldKeyId, encodeRotation(changed))
  run.rotation = changed
}

function updateKey(accessKeyId: string, change: Partial<UserKey>, run: RotationRun): void {
  run.keys = run.keys.map((key) => (key.accessKeyId === accessKeyId ? { ...key, ...change } : key))
}

/** A request whose answer decides over a key must not be cut off by Ctrl-C; it has a time-out of its own. */
function uninterrupted(): AbortSignal {
  return new AbortController().signal
}

async function create(run: RotationRun): Promise<void> {
  const { currentId, user, iam, rotations, files, place, keys } = run
  const current = keys.find(({ accessKeyId }) => accessKeyId === currentId)
  if (current !== undefined && !(await run.confirm({ kind: 'create', key: current }))) throw declined(run)
  files.preflight(['config', 'credentials'])
  // Opened before there is a new pair to put into it.
  const store = await run.storeOf(place)
  if (place !== 'file') await readItem(store, currentId, run.cancelled, run.profile)
  const earlier = run.rotation
  run.rotation = {
    startedAt: run.now(),
    userArn: user.arn,
    oldKeyId: currentId,
    listedIds: keys.map(({ accessKeyId }) => accessKeyId),
    profile: run.profile,
    oldPlace: place,
    newPlace: place,
  }
  run.deadline.signal.throwIfAborted()
  noteRotation({}, run)
  const pair = await requestKey(earlier, run)
  const { accessKeyId } = pair
  const key: UserKey = { accessKeyId, isActive: true, createdAt: run.now(), use: 'never' }
  try {
    await storeItem(store, pair, uninterrupted())
  } catch (error) {
    // Nobody would ever know its secret. If it cannot be deleted, it is a candidate.
    const isRemoved = await iam.remove({ userName: user.userName, accessKeyId }, uninterrupted()).then(
      () => true,
      () => false,
    )
    if (!isRemoved) throw stopped('not-stored', [key], run, error)
    forgetRequest(earlier, run)
    throw error
  }
  run.keys = [...keys, key]
  noteRotation({ newKeyId: accessKeyId }, run)
  if (earlier !== undefined && earlier.oldKeyId !== currentId) {
    // Deleted by now: a user has two keys at most.
    await rotations.pairs.remove(earlier.oldKeyId, uninterrupted())
    rotations.forget(earlier.oldKeyId)
  }
  run.report({ kind: 'created', accessKeyId })
}

/** Requests a key. Only a lost answer leaves the note: after any other failure there is no key to look for. */
async function requestKey(earlier: Rotation | undefined, run: RotationRun): Promise<LongTermCredentials> {
  const { iam, user, keys, deadline } = run
  try {
    return await iam.create(user.userName, uninterrupted())
  } catch (error) {
    if (isAnswerLost(error)) throw stopped('answer-lost', [], run, error)
    if (!(error instanceof AwsmfaError)) throw error
    forgetRequest(earlier, run)
    if (!isFailure(error, 'REQUEST_REFUSED') || error.failure.awsCode !== 'LimitExceeded') throw error
    const listed = await iam.list(user.userName, deadline.signal)
    const known = new Map(keys.map((key) => [key.accessKeyId, key.use]))
    const shown = listed.map((key) => ({ ...key, use: known.get(key.accessKeyId) }))
    throw stopped('two-keys', shown, run, error)
  }
}

/** Replaces the note of a request that made no key by what was noted before. */
function forgetRequest(earlier: Rotation | undefined, run: RotationRun): void {
  const { currentId, rotations } = run
  run.rotation = earlier
  if (earlier?.oldKeyId === currentId) rotations.note(currentId, encodeRotation(earlier))
  else rotations.forget(currentId)
}

async function setActive({ accessKeyId }: UserKey, isActive: boolean, run: RotationRun): Promise<void> {
  const { iam, user } = run
  await iam.setActive({ userName: user.userName, accessKeyId }, isActive, uninterrupted())
  updateKey(accessKeyId, { isActive }, run)
}

/** What IAM must list after a change, and the reason to stop if it does not. `isActive` undefined: no such key. */
interface Expected {
  readonly reason: RotationObstacle
  readonly isActive: boolean | undefined
}

/** Waits until IAM lists a change. Throws CREDENTIALS_REJECTED if the session has ended with the key; the reason. */
async function readBack(key: UserKey, { reason, isActive }: Expected, run: RotationRun): Promise<void> {
  const { iam, user, deadline, terminal, cancelled } = run
  const isListed = async (): Promise<boolean> => {
    const listed = await iam.list(user.userName, cancelled)
    return listed.find(({ accessKeyId }) => accessKeyId === key.accessKeyId)?.isActive === isActive
  }
  const waiting = waitUntilSteady(isListed, LISTED, { ...run, signal: cancelled })
  try {
    if (await deadline.pauseWhile(terminal.whileWaiting('waiting until AWS lists the change', waiting))) return
  } catch (error) {
    cancelled.throwIfAborted()
    if (!(error instanceof AwsmfaError) || isFailure(error, 'CREDENTIALS_REJECTED')) throw error
    throw stopped(reason, [key], run, error)
  }
  throw stopped(reason, [key], run)
}

async function verify(keyId: string, run: RotationRun): Promise<void> {
  const { cancelled, terminal, deadline } = run
  const pair = await pairOf(keyId, run)
  let last: AwsmfaError | undefined
  const isAccepted = async (): Promise<boolean> => {
    last = undefined
    try {
      return (await run.callerOf(pair, cancelled)).arn === run.user.arn
    } catch (error) {
      cancelled.throwIfAborted()
      if (!(error instanceof AwsmfaError)) throw error
      last = error
      run.debug(`the new access key is not accepted yet (${error.failure.code})`)
      return false
    }
  }
  const waiting = waitUntilSteady(isAccepted, ACCEPTED, { ...run, signal: cancelled })
  if (!(await deadline.pauseWhile(terminal.whileWaiting('waiting until AWS accepts the new access key', waiting)))) {
    if (last !== undefined && !isFailure(last, 'CREDENTIALS_REJECTED')) throw last
    const key = run.keys.find(({ accessKeyId }) => accessKeyId === keyId)
    throw stopped(
      'not-accepted',
      [key ?? { accessKeyId: keyId, isActive: true, createdAt: undefined, use: 'never' }],
      run,
    )
  }
  run.accepted = pair
}

/** Returns a pair as it is stored. Throws KEY_STORE_FAILED if it is not. */
async function pairOf(accessKeyId: string, run: RotationRun): Promise<LongTermCredentials> {
  return (
    (await findPair(accessKeyId, run)) ?? (await readItem(await run.storeOf(run.place), accessKeyId, run.cancelled))
  )
}

/** Looks for a pair in the files, and then in all stores. */
async function findPair(accessKeyId: string, run: RotationRun): Promise<LongTermCredentials | undefined> {
  for (const held of listHeldKeys(run.files.read()))
    if (held.kind === 'static' && keyIdOf(held) === accessKeyId) return held.credentials
  return await findCopy(accessKeyId, await copiesOf(accessKeyId, run), run.cancelled)
}

/** Returns the stores with a copy of a key: where this rotation put it, where the keys are now, or any other. */
async function copiesOf(accessKeyId: string, run: RotationRun): Promise<readonly LongTermKeyStore[]> {
  const { rotation, place, storeOf, cancelled } = run
  const noted = accessKeyId === rotation?.newKeyId ? rotation.newPlace : rotation?.oldPlace
  return await storesWith(accessKeyId, { storeOf, expected: ['file', place, noted ?? place] }, cancelled)
}

async function swap(from: string, to: string, run: RotationRun): Promise<void> {
  const { files, cancelled, user, facts, accepted, place } = run
  const pair = accepted?.accessKeyId === to ? accepted : await pairOf(to, run)
  const places = placesNaming(from, place, files.read())
  // The pair may be in the store where the keys were before a move.
  for (const each of places) if (each !== 'file') await storeItem(await run.storeOf(each), pair, cancelled)
  if (place === 'file') await storeItem(await run.storeOf('file'), await pairOf(from, run), cancelled)
  noteRotation({ oldPlace: place, newPlace: place }, run)
  // Before the files refer to it: a run that is killed there goes on without a token code.
  copySessions(from, to, run)
  facts.rememberIdentity(to, { account: user.account, arn: user.arn, userId: user.userId })
  await files.whenUnlocked(['config', 'credentials'], cancelled)
  const { warnings, result: held } = files.transact(['config', 'credentials'], (snapshots) => {
    const replaced = heldBy(from, snapshots)
    for (const each of placesNaming(from, place, snapshots)) if (!places.has(each)) throw keepsChanging(snapshots)
    const edits = planKeySwap(from, pair, snapshots)
    assertReplaced(replaced, pair, withEdits(snapshots, edits))
    return { edits, result: replaced }
  })
  for (const warning of warnings) run.report({ kind: 'write-warning', warning })
  const after = files.read()
  if (isReferenced(from, after)) throw keepsChanging(after)
  assertReplaced(held, pair, after)
  await settle(run)
  removeSessionsOf(from, run)
  run.report({ kind: 'swapped', from, to, profiles: held.map(({ profile }) => profile) })
}

function keepsChanging({ paths }: SharedSnapshots): AwsmfaError {
  return new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: paths.credentials } })
}

/**
 * Reads the accepted pair back for each profile that has it, from where that profile's login reads it. Then a second
 * copy in plain text is one too many. Throws KEY_STORE_FAILED, KEYS_UNSUITABLE.
 */
async function settle(run: RotationRun): Promise<void> {
  const { accepted, files, rotations, cancelled } = run
  if (accepted === undefined) throw new Error('AWS has accepted no key')
  const { accessKeyId, secretAccessKey } = accepted
  const after = files.read()
  const held = heldBy(accessKeyId, after)
  if (held.length === 0) throw keepsChanging(after)
  assertReplaced(held, accepted, after)
  for (const place of new Set(held.map(placeOfKeys))) {
    if (place === 'file') continue
    const store = await run.storeOf(place)
    const stored = await readItem(store, accessKeyId, cancelled)
    if (stored.secretAccessKey !== secretAccessKey) throw storeFailure(store, accessKeyId, 'other-secret')
  }
  await rotations.pairs.remove(accessKeyId, uninterrupted())
}

async function deactivate(key: UserKey, run: RotationRun): Promise<boolean> {
  const { accessKeyId } = key
  await settle(run)
  removeSessionsOf(accessKeyId, run)
  if (!run.isAgreed && !(await run.confirm({ kind: 'deactivate', key }))) {
    run.report({ kind: 'kept', accessKeyId })
    return false
  }
  noteRotation({ deactivatesOld: true }, run)
  await setActive(key, false, run)
  let areSessionsRefused = false
  try {
    await readBack(key, { reason: 'not-deactivated', isActive: false }, run)
  } catch (error) {
    // AWS does not say whether sessions of a key end with it. If they do, that shows that the key is inactive.
    if (!isFailure(error, 'CREDENTIALS_REJECTED')) throw error
    areSessionsRefused = true
  }
  run.report({ kind: 'deactivated', accessKeyId })
  if (!areSessionsRefused) return true
  // The next login must not find them.
  removeSessionsOf(run.rotation?.newKeyId ?? run.currentId, run)
  run.report({ kind: 'sessions-refused' })
  return true
}

async function deleteKey(key: UserKey, why: 'replace' | 'candidate' | 'old', run: RotationRun): Promise<boolean> {
  const { iam, user, request } = run
  const { accessKeyId } = key
  if (!(await run.confirm({ kind: why, key })))
    throw why === 'candidate' ? stopped('candidate', [key], run) : declined(run)
  try {
    await iam.remove({ userName: user.userName, accessKeyId }, uninterrupted())
  } catch (error) {
    // Its first answer was lost.
    if (!isFailure(error, 'REQUEST_REFUSED') || error.failure.awsCode !== 'NoSuchEntity') throw error
  }
  await readBack(key, { reason: why === 'old' ? 'not-deleted' : 'not-replaced', isActive: undefined }, run)
  run.keys = run.keys.filter((each) => each !== key)
  run.deletedId = accessKeyId
  run.report({ kind: 'deleted', accessKeyId })
  if (why !== 'candidate') {
    if (run.rotation?.oldKeyId === accessKeyId) noteRotation({ isFinished: true, isOldDeleted: true }, run)
    else run.rotations.forget(accessKeyId)
    await removeCopies(accessKeyId, run)
  }
  if (request.kind === 'rotate') run.request = { ...request, replace: undefined }
  return why !== 'old'
}

/** Removes a deleted key from all stores that have it. */
async function removeCopies(accessKeyId: string, run: RotationRun): Promise<void> {
  const { cancelled, request } = run
  for (const store of await copiesOf(accessKeyId, run)) {
    try {
      await store.remove(accessKeyId, uninterrupted())
    } catch (error) {
      if (store.name === 'file' || !(error instanceof AwsmfaError)) throw error
      // After `--replace`, the rotation that `--delete-old` goes on with is another one.
      const canRetry = request.kind === 'delete-old'
      run.report({ kind: 'copy-remains', accessKeyId, store: store.name, failure: error.failure, canRetry })
      cancelled.throwIfAborted()
      if (isFailure(error, 'CANCELLED')) throw error
    }
  }
}

function declined({ deletedId }: RotationRun): AwsmfaError {
  const deleted = deletedId === undefined ? undefined : shortenAccessKeyId(deletedId)
  return new AwsmfaError({ code: 'DECLINED', deleted })
}

async function reverse(reversed: Rotation, newKeyId: string, run: RotationRun): Promise<void> {
  const { rotation, rotations, keys } = run
  const key = keys.find(({ accessKeyId }) => accessKeyId === newKeyId)
  await pairOf(newKeyId, run)
  if (key !== undefined && !(await run.confirm({ kind: 'undo', key }))) throw new AwsmfaError({ code: 'DECLINED' })
  rotations.note(reversed.oldKeyId, encodeRotation(reversed))
  if (rotation !== undefined) rotations.forget(rotation.oldKeyId)
  run.rotation = reversed
  run.isAgreed = true
  run.request = { kind: 'rotate', keepsOld: false }
}

function stopped(reason: RotationObstacle, keys: readonly UserKey[], run: RotationRun, cause?: unknown): AwsmfaError {
  const { profile, user, request, rotation } = run
  return new AwsmfaError(
    {
      code: 'ROTATION_STOPPED',
      profile,
      reason,
      identity: user.arn,
      keys: keys.map(shownKey),
      isUndo: rotation !== undefined && isUnfinishedUndo(rotation),
      last4: request.kind === 'rotate' ? request.replace : undefined,
    },
    { cause },
  )
}
