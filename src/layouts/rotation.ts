/**
 * The rotation of an access key as a state machine: from what IAM lists, what the files and stores have and what an
 * earlier run has noted follows the next step. A run that was killed anywhere is continued by the next one. Pure.
 *
 * A new key is requested once, and only after that was noted; it replaces nothing before AWS accepts it, and the old
 * key is deactivated only where nothing of ours refers to it any more.
 */
import type { AccessKeyUse, ListedAccessKey } from '../aws/sts-api.ts'
import { KEY_PLACES } from '../command-line/spec.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import { isLongTermKeyId, shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity, RotatedKey } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import type { Failure, RotationObstacle } from '../model/failure.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Steadiness } from '../platform/time.ts'
import { parseJsonObject } from '../sessions/session-record.ts'

/** What is noted of a rotation, before each step that could not be found out about afterwards. */
export interface Rotation {
  readonly startedAt: Date
  /** The user's ARN. */
  readonly userArn: string
  readonly oldKeyId: string
  /** What IAM listed before a key was requested: any other key is new since. */
  readonly listedIds: readonly string[]
  /** The key that replaces the old one; undefined until its pair is stored. */
  readonly newKeyId?: string | undefined
  /** awsmfa was told to deactivate the old key. */
  readonly deactivatesOld?: boolean
  /** It has come to its end. */
  readonly isFinished?: boolean
  /** The old key has been deleted: nothing to undo. */
  readonly isOldDeleted?: boolean
  /** The profile, as the line named it that started it. */
  readonly profile?: string | undefined
  /** It undoes an earlier one. */
  readonly isUndo?: boolean
  /** The stores that the two pairs were put into. */
  readonly oldPlace?: KeyPlace | undefined
  readonly newPlace?: KeyPlace | undefined
}

const VERSION = 1

/** Returns a rotation as JSON; it contains no secret. */
export function encodeRotation(rotation: Rotation): string {
  return `${JSON.stringify({ version: VERSION, ...rotation })}\n`
}

/** Reads a rotation; undefined for anything else. */
export function decodeRotation(text: string): Rotation | undefined {
  const parsed = parseJsonObject(text)
  const { startedAt, userArn, oldKeyId, listedIds, newKeyId, profile, oldPlace, newPlace } = parsed ?? {}
  const at = new Date(typeof startedAt === 'string' ? startedAt : NaN)
  const isId = (value: unknown): value is string => typeof value === 'string' && isLongTermKeyId(value)
  if (parsed?.['version'] !== VERSION || Number.isNaN(at.getTime()) || typeof userArn !== 'string') return undefined
  if (!isId(oldKeyId) || !Array.isArray(listedIds) || (newKeyId !== undefined && !isId(newKeyId))) return undefined
  return {
    startedAt: at,
    userArn,
    oldKeyId,
    listedIds: listedIds.filter(isId),
    newKeyId,
    deactivatesOld: parsed['deactivatesOld'] === true,
    isFinished: parsed['isFinished'] === true,
    isOldDeleted: parsed['isOldDeleted'] === true,
    isUndo: parsed['isUndo'] === true,
    profile: typeof profile === 'string' ? profile : undefined,
    oldPlace: KEY_PLACES.find((place) => place === oldPlace),
    newPlace: KEY_PLACES.find((place) => place === newPlace),
  }
}

/** Returns the rotation that a user's key belongs to: the one that is not finished, or else the latest. */
export function rotationOf(currentId: string, userArn: string, notes: readonly string[]): Rotation | undefined {
  return notes
    .flatMap((text) => decodeRotation(text) ?? [])
    .filter((each) => each.userArn === userArn && [each.oldKeyId, each.newKeyId].includes(currentId))
    .toSorted(
      (left, right) =>
        Number(left.isFinished) - Number(right.isFinished) || right.startedAt.getTime() - left.startedAt.getTime(),
    )[0]
}

/**
 * Returns the rotation that needs a key pair: its new one until the rotation is finished, also one whose id has not
 * been noted yet, and its old one as long as `--undo` can restore it.
 */
export function rotationNeeding(
  accessKeyId: string,
  notes: readonly string[],
): { readonly rotation: Rotation; readonly part: 'new' | 'old' } | undefined {
  const rotations = notes.flatMap((text) => decodeRotation(text) ?? [])
  const unfinished = rotations.find(({ newKeyId, oldKeyId, listedIds, isFinished }) => {
    const isUnknown = newKeyId === undefined && ![oldKeyId, ...listedIds].includes(accessKeyId)
    return isFinished !== true && (newKeyId === accessKeyId || isUnknown)
  })
  if (unfinished !== undefined) return { rotation: unfinished, part: 'new' }
  const undoable = rotations.find(
    ({ oldKeyId, newKeyId, isOldDeleted }) =>
      oldKeyId === accessKeyId && newKeyId !== undefined && isOldDeleted !== true,
  )
  return undoable && { rotation: undoable, part: 'old' }
}

/** An access key of the user. `use` undefined: it could not be found out. */
export interface UserKey extends ListedAccessKey {
  readonly use: AccessKeyUse | undefined
}

/** What the line asks for. `replace`: the last four characters of the key to delete first. */
export type RotationRequest =
  | { readonly kind: 'rotate'; readonly replace?: string | undefined; readonly keepsOld: boolean }
  | { readonly kind: 'undo' }
  | { readonly kind: 'delete-old' }

/** What to rotate, for whom. */
export interface KeyRotation {
  readonly request: RotationRequest
  /** As the line names it, for failures. */
  readonly profile: string
  /** The key that the profile refers to. */
  readonly currentId: string
  /** Where that is. A new pair goes to the same place. */
  readonly place: KeyPlace
  readonly user: CallerIdentity & { readonly userName: string }
}

/** What has happened. */
export type RotationEvent =
  | { readonly kind: 'found'; readonly key: UserKey }
  | { readonly kind: 'created' | 'activated' | 'deactivated' | 'kept' | 'deleted'; readonly accessKeyId: string }
  | { readonly kind: 'swapped'; readonly from: string; readonly to: string; readonly profiles: readonly string[] }
  | { readonly kind: 'finished' | 'already-deleted'; readonly accessKeyId: string }
  /** A deleted key could not be removed from a store. `canRetry`: `--delete-old` would try that again. */
  | {
      readonly kind: 'copy-remains'
      readonly accessKeyId: string
      readonly store: KeyPlace
      readonly failure: Failure
      readonly canRetry: boolean
    }
  | { readonly kind: 'sessions-refused' }
  | { readonly kind: 'write-warning'; readonly warning: WriteWarning }

/** What a person is asked. `undo`: make the key active again. */
export type RotationQuestion = {
  readonly kind: 'create' | 'deactivate' | 'replace' | 'candidate' | 'old' | 'undo'
  readonly key: UserKey
}

export interface RotationFacts {
  readonly request: RotationRequest
  /** The earlier run that the profile's key belongs to. */
  readonly rotation: Rotation | undefined
  /** The key that the profile refers to. */
  readonly currentId: string
  readonly keys: readonly UserKey[]
  /** The new keys whose pair is stored here. */
  readonly storedIds: readonly string[]
  /** Whether something in the files refers to a key. */
  readonly isReferenced: (accessKeyId: string) => boolean
  /** The new key that AWS has accepted in this run. */
  readonly acceptedId: string | undefined
  readonly now: Date
}

/** What to do next. Keys are ids. */
export type RotationStep =
  /** Note the rotation, then request a new key, then store its pair. */
  | { readonly kind: 'create' }
  /** Note the new key, whose pair an earlier run has stored. */
  | { readonly kind: 'adopt'; readonly newKeyId: string }
  | { readonly kind: 'activate'; readonly key: UserKey }
  /** Wait until AWS accepts it. */
  | { readonly kind: 'verify'; readonly keyId: string }
  | { readonly kind: 'swap'; readonly from: string; readonly to: string }
  | { readonly kind: 'deactivate'; readonly key: UserKey }
  | { readonly kind: 'keep'; readonly key: UserKey }
  /** `candidate`: a key that may be of a request whose answer was lost. */
  | { readonly kind: 'delete'; readonly key: UserKey; readonly why: 'replace' | 'candidate' | 'old' }
  /** Note the rotation the other way round. */
  | { readonly kind: 'reverse'; readonly rotation: Rotation; readonly newKeyId: string }
  /** Remove what is stored of a key that no longer exists. */
  | { readonly kind: 'clear'; readonly keyId: string }
  | { readonly kind: 'finish' }
  | { readonly kind: 'refuse'; readonly reason: RotationObstacle; readonly keys: readonly UserKey[] }

/** How AWS must accept a new key: so many times in a row, over so many ms; after so many ms it is given up. */
export const ACCEPTED: Steadiness = { times: 5, overMs: 15_000, limitMs: 60_000, retryMs: 1_000 }

/** How IAM must list a change that it has answered: its list may be behind. */
export const LISTED: Steadiness = { times: 1, overMs: 0, limitMs: 10_000, retryMs: 2_000 }

/** IAM's list may be behind: a key that was made less than so many ms ago may be missing in it. */
const LIST_LAG_MS = 5 * 60_000

/** Returns the next step. */
export function nextStep(facts: RotationFacts): RotationStep {
  const { request } = facts
  if (request.kind === 'undo') return undoStep(facts)
  if (request.kind === 'delete-old') return deleteOldStep(facts)
  const open = openRotation(facts)
  const inactive = facts.keys.find(({ accessKeyId, isActive }) => accessKeyId === facts.currentId && !isActive)
  const active = facts.keys.find(({ isActive }) => isActive)
  if (open === undefined && inactive !== undefined && active !== undefined)
    return refuse('replaced', [inactive, active])
  if (request.replace !== undefined) return replaceStep(request.replace, facts)
  if (open === undefined) return facts.keys.length >= 2 ? refuse('two-keys', facts.keys) : { kind: 'create' }
  const newKeyId = newKeyOf(open, facts)
  return newKeyId === undefined ? retryStep(open, facts) : continueStep({ ...open, newKeyId }, facts)
}

/** The rotation that is not finished; one whose new key somebody has deleted before it was used counts as none. */
function openRotation({ rotation, keys, isReferenced, now }: RotationFacts): Rotation | undefined {
  if (rotation === undefined) return undefined
  const { newKeyId, oldKeyId, startedAt } = rotation
  const isOldInUse = isReferenced(oldKeyId)
  if (rotation.isFinished === true && !isOldInUse) return undefined
  const isListed = keys.some(({ accessKeyId }) => accessKeyId === newKeyId)
  const isGone = newKeyId !== undefined && !isListed && now.getTime() - startedAt.getTime() > LIST_LAG_MS
  return isGone && isOldInUse ? undefined : rotation
}

function newKeyOf(rotation: Rotation, facts: RotationFacts): string | undefined {
  return rotation.newKeyId ?? newKeysSince(rotation, facts).find((id) => facts.storedIds.includes(id))
}

/** Returns the keys that IAM did not list before the request. */
export function newKeysSince(
  { listedIds, oldKeyId }: Rotation,
  { keys }: Pick<RotationFacts, 'keys'>,
): readonly string[] {
  return keys.map(({ accessKeyId }) => accessKeyId).filter((id) => id !== oldKeyId && !listedIds.includes(id))
}

/** A request whose answer was lost made its key within so many ms of the note, as AWS's clock and this one differ. */
const REQUEST_MS = 10 * 60_000

/** Returns the keys that a request may have made whose answer was lost: of that time, not stored, never used. */
function candidatesOf(facts: Pick<RotationFacts, 'keys' | 'rotation' | 'storedIds'>): readonly UserKey[] {
  const { rotation, keys, storedIds } = facts
  if (rotation === undefined || rotation.newKeyId !== undefined) return []
  const ids = newKeysSince(rotation, facts).filter((id) => !storedIds.includes(id))
  const isOfRequest = ({ createdAt }: UserKey): boolean =>
    createdAt !== undefined && Math.abs(createdAt.getTime() - rotation.startedAt.getTime()) <= REQUEST_MS
  return keys.filter((key) => ids.includes(key.accessKeyId) && key.use === 'never' && isOfRequest(key))
}

/** A key was requested, and no pair is stored. */
function retryStep(rotation: Rotation, facts: RotationFacts): RotationStep {
  const [candidate] = candidatesOf({ ...facts, rotation })
  if (candidate !== undefined) return { kind: 'delete', key: candidate, why: 'candidate' }
  return facts.keys.length >= 2 ? refuse('two-keys', facts.keys) : { kind: 'create' }
}

function continueStep(
  { oldKeyId, newKeyId }: Rotation & { readonly newKeyId: string },
  { keys, rotation: noted, acceptedId, isReferenced, request }: RotationFacts,
): RotationStep {
  const keyOf = (id: string): UserKey | undefined => keys.find(({ accessKeyId }) => accessKeyId === id)
  if (noted?.newKeyId === undefined) return { kind: 'adopt', newKeyId }
  const [oldKey, newKey] = [keyOf(oldKeyId), keyOf(newKeyId)]
  if (newKey?.isActive === false) return { kind: 'activate', key: newKey }
  if (acceptedId !== newKeyId) return { kind: 'verify', keyId: newKeyId }
  if (isReferenced(oldKeyId)) return { kind: 'swap', from: oldKeyId, to: newKeyId }
  if (oldKey?.isActive !== true) return { kind: 'finish' }
  const keepsOld = request.kind === 'rotate' && request.keepsOld
  return { kind: keepsOld ? 'keep' : 'deactivate', key: oldKey }
}

function replaceStep(last4: string, facts: RotationFacts): RotationStep {
  const { keys, currentId, rotation, isReferenced } = facts
  const [key, another] = keys.filter(({ accessKeyId }) => accessKeyId.endsWith(last4))
  if (key === undefined) return refuse('replace-unknown', keys)
  if (another !== undefined) return refuse('replace-ambiguous', keys)
  const { accessKeyId } = key
  const isNew = accessKeyId === rotation?.newKeyId && rotation.isFinished !== true
  if (accessKeyId === currentId || isReferenced(accessKeyId) || isNew) return refuse('replace-in-use', [key])
  if (candidatesOf(facts).includes(key)) return { kind: 'delete', key, why: 'candidate' }
  return key.isActive ? refuse('replace-active', [key]) : { kind: 'delete', key, why: 'replace' }
}

/** Whether an undo has been started that is not at its end: `--undo` goes on with it. */
export function isUnfinishedUndo({ isUndo, isFinished }: Rotation): boolean {
  return isUndo === true && isFinished !== true
}

function undoStep(facts: RotationFacts): RotationStep {
  const { rotation, keys, now } = facts
  if (rotation?.newKeyId === undefined) return refuse('nothing-to-undo', keys)
  const { oldKeyId, newKeyId, userArn, oldPlace, newPlace } = rotation
  if (isUnfinishedUndo(rotation)) {
    const isListed = keys.some(({ accessKeyId }) => accessKeyId === newKeyId)
    return isListed ? continueStep({ ...rotation, newKeyId }, facts) : refuse('undo-too-late', [goneKey(newKeyId)])
  }
  if (!keys.some(({ accessKeyId }) => accessKeyId === oldKeyId)) return refuse('undo-too-late', [goneKey(oldKeyId)])
  const listedIds = keys.map(({ accessKeyId }) => accessKeyId)
  const reversed: Rotation = {
    startedAt: now,
    userArn,
    oldKeyId: newKeyId,
    listedIds,
    newKeyId: oldKeyId,
    deactivatesOld: true,
    isUndo: true,
    profile: rotation.profile,
    oldPlace: newPlace,
    newPlace: oldPlace,
  }
  return { kind: 'reverse', rotation: reversed, newKeyId: oldKeyId }
}

/** Only a key that an earlier run of awsmfa has deactivated. */
function deleteOldStep({ rotation, keys, isReferenced }: RotationFacts): RotationStep {
  if (rotation?.newKeyId === undefined) return refuse('nothing-to-delete', keys)
  const { oldKeyId } = rotation
  const old = keys.find(({ accessKeyId }) => accessKeyId === oldKeyId)
  if (old === undefined)
    return isReferenced(oldKeyId) ? refuse('old-deleted', [goneKey(oldKeyId)]) : { kind: 'clear', keyId: oldKeyId }
  if (old.isActive || isReferenced(old.accessKeyId)) return refuse('old-active', [old])
  return rotation.deactivatesOld === true ? { kind: 'delete', key: old, why: 'old' } : refuse('old-not-ours', [old])
}

/** A key that IAM does not list any more. */
function goneKey(accessKeyId: string): UserKey {
  return { accessKeyId, isActive: false, createdAt: undefined, use: undefined }
}

function refuse(reason: RotationObstacle, keys: readonly UserKey[]): RotationStep {
  return { kind: 'refuse', reason, keys }
}

/** Returns a key as failures and messages show it. */
export function shownKey({ accessKeyId, isActive, createdAt, use }: UserKey): RotatedKey {
  return { accessKeyId: shortenAccessKeyId(accessKeyId), isActive, createdAt, use }
}

/** Returns whether IAM may have done what it was asked to. */
export function isAnswerLost(error: unknown): boolean {
  if (isFailure(error, 'STS_UNEXPECTED')) return true
  return isFailure(error, 'NETWORK_UNREACHABLE') && ['reset', 'no-answer', 'timeout'].includes(error.failure.reason)
}
