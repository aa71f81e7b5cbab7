/**
 * What `keys`, `setup` and `undo` do with access keys: ask for them, find out whose they are, move them between stores.
 *
 * A move never leaves a key nowhere. The item is written, read back and compared; then the secret is hidden in the
 * backups for undo; then both files are changed in one write; then copies that killed processes left are removed. If
 * awsmfa is killed in between, the key is in its old place, and maybe in the new one as well; the next move finishes.
 */
import type { Sts } from '../aws/sts.ts'
import { identityInWords } from '../aws/arn.ts'
import { isRegionName } from '../aws/endpoints.ts'
import { editsBetweenFiles } from '../aws-files/lines.ts'
import { withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan } from '../aws-files/shared-files.ts'
import { KEY_PLACES } from '../command-line/spec.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { createRotationFiles, noItem, readItem, storeItem, storesWith } from '../keys/stores.ts'
import type { LongTermKeyStore, RotationFiles } from '../keys/stores.ts'
import { hiddenIn, reveal } from './backups.ts'
import type { Backups, ChangeRecord, StoredSecret } from './backups.ts'
import { changeFiles } from './change-files.ts'
import type { ChangeEffects, ChangeOutcome, FileChange } from './change-files.ts'
import {
  asStoredKeys,
  heldBy,
  isPairInFiles,
  isReferenced,
  listHeldKeys,
  listReferences,
  placeOfKeys,
  planKeysChanges,
  profilesWith,
  unsuitableKeys,
} from './keys-plan.ts'
import type { HeldKeys, KeyReference } from './keys-plan.ts'
import { rotationNeeding } from './rotation.ts'
import { findSetting } from '../login/settings.ts'
import type { SettingSources } from '../login/settings.ts'
import { isLongTermKeyId, isSecretAccessKey, shortenAccessKeyId } from '../model/credentials.ts'
import type { KeyStoreName, LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Origin, Resolved } from '../model/profile.ts'
import type { OwnFolders } from '../platform/paths.ts'
import type { Deadline } from '../platform/time.ts'
import type { IdentityMemory } from '../sessions/caller-identity.ts'
import type { Terminal } from '../ui/terminal.ts'

/** Returns a store; `profile`: whose keys are wanted. */
export type StoreOf = (name: KeyStoreName, profile: string) => Promise<LongTermKeyStore>

/** Returns the place for keys that an option names; undefined if it is not given. Throws USAGE. */
export function keyPlaceOf(option: string, word: string | undefined): KeyPlace | undefined {
  const place = KEY_PLACES.find((name) => name === word)
  if (word !== undefined && place === undefined) throw badKeyPlace(option, word)
  return place
}

/** Returns the failure of an option that names none of these places for keys; '' if it is missing. */
export function badKeyPlace(option: string, value: string, places: readonly KeyPlace[] = KEY_PLACES): AwsmfaError {
  const expected = `one of ${places.join(', ')}`
  return new AwsmfaError({
    code: 'USAGE',
    problem:
      value === '' ? { kind: 'missing-value', option, expected } : { kind: 'bad-value', option, value, expected },
  })
}

/** Returns how a line opens stores: with its own passphrase command, or the one of the environment or the settings. */
export function storesFor(
  { options }: Pick<AnyInvocation, 'options'>,
  {
    environment,
    defaults,
    keyStore,
  }: Pick<SettingSources, 'defaults'> & {
    readonly environment: Environment
    readonly keyStore: (
      name: KeyStoreName,
      settings: { readonly profile: string; readonly passphraseCommand: Resolved<string> | undefined },
    ) => Promise<LongTermKeyStore>
  },
): StoreOf {
  const passphraseCommand = findSetting('passphrase command', { options, environment, defaults })
  return async (name, profile) => await keyStore(name, { profile, passphraseCommand })
}

/** Returns whether the system's keychain can be used here. Throws what it throws about an item of that id. */
export async function isKeychainUsable(
  accessKeyId: string,
  profile: string,
  { storeOf, cancelled }: Pick<MoveEffects, 'storeOf' | 'cancelled'>,
): Promise<boolean> {
  try {
    await (await storeOf('keychain', profile)).find(accessKeyId, cancelled)
    return true
  } catch (error) {
    if (isFailure(error, 'KEYCHAIN_UNAVAILABLE')) return false
    throw error
  }
}

/** What a move needs. */
export interface MoveEffects extends Omit<ChangeEffects, 'backups'> {
  readonly backups: Backups
  readonly folders: Pick<OwnFolders, 'state'>
  readonly storeOf: StoreOf
}

/** A move of keys. `find` returns the profiles' keys as they are now; called again for each plan. */
export interface KeysMove extends Pick<FileChange<unknown>, 'show' | 'consent'> {
  /** Plans what else is changed, before the keys are moved. */
  readonly prepare?: (snapshots: SharedSnapshots) => FilePlan<unknown>['edits']
  readonly find: (snapshots: SharedSnapshots) => readonly HeldKeys[]
  readonly to: KeyPlace
}

/** The keys that were moved, and where they were. */
export type Moved = readonly HeldKeys[]

/**
 * Moves keys to another place. Keys that are there already stay, and so do items in a store that keys are moved from:
 * `undo` needs them. Throws what the stores and changeFiles throw.
 */
export async function moveKeys(move: KeysMove, effects: MoveEffects): Promise<ChangeOutcome<Moved>> {
  const { files, backups, cancelled, storeOf } = effects
  const { to, prepare = () => ({}) } = move
  const known = new Map<string, StoredSecret>()
  // Of references to items that a store does not have: the files have the pair.
  const unstored = new Set<string>()
  const learn = async (held: HeldKeys): Promise<void> => {
    if (held.kind === 'static') return
    const { accessKeyId } = held
    const store = await storeOf(held.store, held.profile)
    const item = await store.find(accessKeyId, cancelled)
    const keys = item ?? (to === 'file' ? staticKeysOf(accessKeyId, files.read()) : undefined)
    if (keys === undefined) throw noItem(store, accessKeyId, held.profile)
    if (item === undefined) unstored.add(accessKeyId)
    known.set(accessKeyId, { ...keys, store: held.store })
  }
  const movedIn = (snapshots: SharedSnapshots): readonly HeldKeys[] =>
    move
      .find(snapshots)
      .map((held) => (to === 'file' ? asStoredKeys(held, snapshots) : held))
      .filter((held) => placeOfKeys(held) !== to)
  // Their secrets are part of the change, and of what is shown only as `…`.
  if (to === 'file' && move.consent !== 'none') for (const held of movedIn(files.read())) await learn(held)
  const keysOf = (held: HeldKeys, snapshots: SharedSnapshots): LongTermCredentials =>
    held.kind === 'static'
      ? held.credentials
      : (known.get(held.accessKeyId) ??
        staticKeysOf(held.accessKeyId, snapshots) ?? { accessKeyId: held.accessKeyId, secretAccessKey: '-' })
  let isReady = to === 'file' && move.consent !== 'none'
  const change: FileChange<Moved> = {
    plan: (snapshots) => {
      const prepared = withEdits(snapshots, prepare(snapshots))
      const moved = movedIn(prepared)
      const isKnown = moved.every((held) => {
        const { accessKeyId, secretAccessKey } = keysOf(held, prepared)
        return known.get(accessKeyId)?.secretAccessKey === secretAccessKey
      })
      // Only what has been stored and read back may be removed, and only what has been read may be written.
      if (isReady && !isKnown)
        throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: snapshots.paths.credentials } })
      const changes = moved.map((held) => ({ profile: held.profile, to, keys: keysOf(held, prepared) }))
      const after = withEdits(prepared, planKeysChanges(changes, prepared))
      return { edits: editsBetweenFiles(snapshots, after), result: moved }
    },
    show: move.show,
    consent: move.consent,
    keepsBackup: true,
    beforeWrite: async (moved) => {
      if (to === 'file') return
      for (const held of moved) {
        await learn(held)
        const keys = keysOf(held, files.read())
        await storeItem(await storeOf(to, held.profile), keys, cancelled)
        known.set(keys.accessKeyId, { ...keys, store: to })
      }
      isReady = true
      backups.hide([...known.values()])
    },
    hidden: () => [...known.values()].filter(({ accessKeyId }) => !unstored.has(accessKeyId)),
  }
  const outcome = await changeFiles(change, effects)
  if (outcome.kind !== 'changed' || to === 'file') return outcome
  const secrets = [...known.values()].map(({ secretAccessKey }) => secretAccessKey)
  createRotationFiles(effects.folders.state).removePairsWith(secrets)
  const copies = files.removeCopies(secrets)
  return { ...outcome, warnings: [...outcome.warnings, ...copies] }
}

/** A copy of an access key in a store. `profile`: as the line names it. */
export interface KeyCopy {
  readonly accessKeyId: string
  readonly store: KeyStoreName
  readonly profile: string
}

/**
 * Returns the store of a copy that can be deleted; undefined if there is no copy. Throws KEYS_UNSUITABLE for one that
 * a section of the files refers to, and for the only one of a key that the files name, or that a rotation needs.
 */
export async function findSpareCopy(
  { accessKeyId, store: name, profile }: KeyCopy,
  snapshots: SharedSnapshots,
  { storeOf, rotations, cancelled }: Pick<MoveEffects, 'storeOf' | 'cancelled'> & { readonly rotations: RotationFiles },
): Promise<LongTermKeyStore | undefined> {
  const store = await storeOf(name, profile)
  if (!(await store.has(accessKeyId, cancelled))) return undefined
  const references = listReferences(snapshots).filter(
    // Some file systems do not distinguish upper and lower case.
    (each) => each.accessKeyId.toUpperCase() === accessKeyId.toUpperCase(),
  )
  const reference = references.find((each) => each.store === name)
  if (reference !== undefined) {
    const isUsed = heldBy(accessKeyId, snapshots).some(
      (held) => held.profile === reference.profile && placeOfKeys(asStoredKeys(held, snapshots)) === name,
    )
    throw unsuitableKeys(reference.profile, isUsed ? 'in-use' : 'named', [reference.place])
  }
  const need = rotationNeeding(accessKeyId, rotations.notes())
  const isNamed = isReferenced(accessKeyId, snapshots)
  if ((!isNamed && need === undefined) || isPairInFiles(accessKeyId, snapshots)) return store
  const copies = await storesWith(
    accessKeyId,
    {
      storeOf: async (place) => (place === 'file' ? rotations.pairs : await storeOf(place, profile)),
      expected: [],
    },
    cancelled,
  )
  // The rotation's own files are read by the rotation alone.
  if (copies.some((copy) => copy.name !== name && (copy.name !== 'file' || !isNamed))) return store
  if (isNamed)
    throw unsuitableKeys(
      profilesWith(accessKeyId, snapshots)[0] ?? profile,
      'only-copy',
      references.map(({ place }) => place),
    )
  throw unsuitableKeys(need?.rotation.profile ?? profile, need?.part === 'new' ? 'rotating' : 'rotated', [])
}

/**
 * Throws UNDO_CONFLICT if a change of the files makes them refer to an item that a store does not have, and what the
 * store throws.
 */
export async function assertReferencesStored(
  before: SharedSnapshots,
  after: SharedSnapshots,
  { storeOf, cancelled }: Pick<MoveEffects, 'storeOf' | 'cancelled'>,
): Promise<void> {
  const isSame = (one: KeyReference, other: KeyReference): boolean =>
    one.profile === other.profile && one.store === other.store && one.accessKeyId === other.accessKeyId
  const earlier = listReferences(before)
  for (const reference of listReferences(after)) {
    if (earlier.some((each) => isSame(each, reference))) continue
    const { profile, store, accessKeyId, place } = reference
    if (await (await storeOf(store, profile)).has(accessKeyId, cancelled)) continue
    const isHeld = heldBy(accessKeyId, before).some((held) => held.profile === profile)
    throw new AwsmfaError({
      code: 'UNDO_CONFLICT',
      place: { path: place.path },
      section: profile,
      reason: 'no-item',
      missing: { store, accessKeyId: shortenAccessKeyId(accessKeyId), profile: isHeld ? profile : undefined },
    })
  }
}

/**
 * Returns a record with the secrets that a store has in their places: from the files if the keys are there now, else
 * from the store. Throws what the store throws, also for an item that is gone.
 */
export async function revealRecord(
  record: ChangeRecord,
  snapshots: SharedSnapshots,
  { storeOf, cancelled }: Pick<MoveEffects, 'storeOf' | 'cancelled'>,
): Promise<ChangeRecord> {
  const secrets: StoredSecret[] = []
  for (const { store, accessKeyId } of hiddenIn(record)) {
    const keys =
      staticKeysOf(accessKeyId, snapshots) ??
      (await readItem(await storeOf(store, accessKeyId), accessKeyId, cancelled))
    secrets.push({ ...keys, store })
  }
  return secrets.length === 0 ? record : reveal(record, secrets)
}

function staticKeysOf(accessKeyId: string, snapshots: SharedSnapshots): LongTermCredentials | undefined {
  const found = listHeldKeys(snapshots).flatMap((held) => (held.kind === 'static' ? [held.credentials] : []))
  return found.find((keys) => keys.accessKeyId === accessKeyId)
}

/** What asking for new keys needs. */
interface VerifyEffects {
  readonly terminal: Pick<Terminal, 'whileWaiting' | 'stderr'>
  readonly deadline: Pick<Deadline, 'signal'>
  readonly facts: Pick<IdentityMemory, 'rememberIdentity'>
}

/** Asks AWS whose new keys these are, and reports it. Throws CREDENTIALS_REJECTED with their origin. */
export async function verifyKeys(
  { credentials, origin }: { readonly credentials: LongTermCredentials; readonly origin: Origin },
  { sts }: { readonly sts: Pick<Sts, 'getCallerIdentity'> },
  { terminal, deadline, facts }: VerifyEffects,
): Promise<void> {
  try {
    const identity = await terminal.whileWaiting(
      'checking the access key',
      sts.getCallerIdentity(credentials, deadline.signal),
    )
    facts.rememberIdentity(credentials.accessKeyId, identity)
    const owner = identityInWords(identity.account, identity.arn) ?? 'an unknown user'
    terminal.stderr(`Access key of ${owner}\n`)
  } catch (error) {
    // The draft says that they are in a file, where they have not been written yet.
    throw isFailure(error, 'CREDENTIALS_REJECTED')
      ? new AwsmfaError({ ...error.failure, origin }, { cause: error })
      : error
  }
}

/** What a person typed. `region` undefined: left empty, or not asked for. */
export interface TypedKeys {
  readonly credentials: LongTermCredentials
  readonly region: string | undefined
}

/** After so many invalid answers to one question there is probably no person. */
const MOST_TRIES = 10

type AskRuntime = Pick<ChangeEffects, 'cancelled'> & { readonly terminal: Pick<Terminal, 'ask' | 'stderr'> }

/**
 * Asks for a long-term access key, its secret hidden, and for a region if wanted. Throws PROMPT_UNAVAILABLE, CANCELLED.
 */
export async function askLongTermKeys(runtime: AskRuntime, asksRegion: boolean): Promise<TypedKeys> {
  const accessKeyId = await answerTo(
    { text: KEY_WORDS.accessKeyId, refusal: KEY_WORDS.notAKeyId, isAnswer: isLongTermKeyId },
    runtime,
  )
  const secretAccessKey = await answerTo(
    { text: KEY_WORDS.secretAccessKey, refusal: KEY_WORDS.notASecret, isAnswer: isSecretAccessKey, hidden: true },
    runtime,
  )
  const isRegion = (typed: string): boolean => typed === '' || isRegionName(typed)
  const region = asksRegion
    ? await answerTo({ text: KEY_WORDS.region, refusal: KEY_WORDS.notARegion, isAnswer: isRegion }, runtime)
    : ''
  return { credentials: { accessKeyId, secretAccessKey }, region: region === '' ? undefined : region }
}

interface KeyQuestion {
  readonly text: string
  readonly refusal: string
  readonly isAnswer: (typed: string) => boolean
  readonly hidden?: boolean
}

async function answerTo(
  { text, refusal, isAnswer, hidden = false }: KeyQuestion,
  { terminal, cancelled }: AskRuntime,
): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const typed = await terminal.ask({ text, wanted: 'long-term-keys', hidden }, cancelled)
    if (isAnswer(typed)) return typed
    terminal.stderr(refusal)
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}

/** The questions for a first access key. */
const KEY_WORDS = {
  accessKeyId: 'Access key ID: ',
  secretAccessKey: 'Secret access key (hidden): ',
  region: 'Region (optional): ',
  notAKeyId: 'An access key ID starts with AKIA and has at least 16 characters\n',
  notASecret: 'A secret access key has 40 characters\n',
  notARegion: 'Enter a region such as eu-west-1\n',
} as const

/** Where an access key is, in a sentence and in a table. */
export const PLACE_WORDS: Readonly<Record<KeyPlace, string>> = {
  file: 'in the credentials file',
  keychain: 'in the keychain',
  pass: 'in pass',
  'encrypted-file': 'in an encrypted file',
}
