/** Plans where the access keys of profiles are: in the shared files, or in a store that the config file names. Pure. */
import { decodeUtf8, encodeUtf8, parseSection } from '../aws-files/ini-document.ts'
import type { ByteEdit, IniDocument, IniEntry } from '../aws-files/ini-document.ts'
import { editsBetweenFiles } from '../aws-files/lines.ts'
import {
  STORE_KEYS,
  findLongTermKeys,
  findStoredKeys,
  isAssumeRoleProfile,
  visible,
} from '../aws-files/profile-keys.ts'
import { withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan } from '../aws-files/shared-files.ts'
import { findPlace, readShared, removalOf, removeKey, replaceValue } from '../aws-files/sections.ts'
import type { KeyValue, SectionPlace, SharedDocument } from '../aws-files/sections.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import { setKeys } from './setup-edits.ts'
import { resolveProfileChain } from '../login/profile-chain.ts'
import { KEY_STORES, keyIdOf } from '../model/credentials.ts'
import type { KeyStoreName, LongTermCredentials, LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { KeysObstacle } from '../model/failure.ts'
import { SHARED_FILES } from '../model/profile.ts'
import type { Place, ProfileView, Profiles, Resolved, SharedFileName } from '../model/profile.ts'

/** Long-term keys that a profile has itself. */
export type HeldKeys = Extract<LongTermSource, { readonly kind: 'static' | 'stored' }>

/** A change of where the access key of one profile is. `undefined`: nowhere. */
export interface KeysChange {
  readonly profile: string
  readonly to: KeyPlace | undefined
  /** Of which only the access key id is written, except to the credentials file. */
  readonly keys: LongTermCredentials
}

type SharedEdits = Readonly<Record<SharedFileName, readonly ByteEdit[]>>

const PAIR = ['aws_access_key_id', 'aws_secret_access_key'] as const

const STORED = [STORE_KEYS.store, STORE_KEYS.accessKeyId] as const

/**
 * Returns the keys of a profile, or of the one that its source profiles lead to. Throws KEYS_UNSUITABLE for keys that a
 * process has, and what resolveProfileChain throws.
 */
export function findHeldKeys(target: Resolved<string>, { profiles, paths }: SharedSnapshots): HeldKeys {
  const { longTerm } = resolveProfileChain({ target, source: undefined, profiles, paths })
  if (longTerm.kind === 'environment') throw new Error('a chain through files ends in a file')
  if (longTerm.kind === 'process') throw unsuitableKeys(target.value, 'process', [longTerm.place])
  return longTerm
}

/**
 * Returns keys as those of a store, if the profile refers to the same ones there besides: a move to the credentials
 * file was interrupted, and the reference is to be removed.
 */
export function asStoredKeys(keys: HeldKeys, { profiles, paths }: SharedSnapshots): HeldKeys {
  const profile = profiles.find(keys.profile)
  const isReferred = profile !== undefined && visible(profile, STORE_KEYS.accessKeyId)?.value === keyIdOf(keys)
  const stored = isReferred && keys.kind === 'static' ? findStoredKeys(profile, paths) : undefined
  return stored ?? keys
}

/** Returns where keys are. */
export function placeOfKeys(keys: HeldKeys): KeyPlace {
  return keys.kind === 'static' ? 'file' : keys.store
}

/** Returns the keys that each profile has itself, in the order of the files, without those that only half exist. */
export function listHeldKeys({ profiles, paths }: SharedSnapshots): readonly HeldKeys[] {
  return profiles.names().flatMap((name) => {
    try {
      const profile = profiles.find(name)
      return (profile && findLongTermKeys(profile, paths)) ?? []
    } catch (error) {
      if (error instanceof AwsmfaError) return []
      throw error
    }
  })
}

/** Returns the keys of that id, of each profile that has them. */
export function heldBy(accessKeyId: string, snapshots: SharedSnapshots): readonly HeldKeys[] {
  return listHeldKeys(snapshots).filter((each) => keyIdOf(each) === accessKeyId)
}

/**
 * Returns the file to replace first: the one that gets a key before the one that loses it, so that no profile is
 * without its key if awsmfa is killed in between.
 */
export function fileToReplaceFirst(snapshots: SharedSnapshots, edits: FilePlan<unknown>['edits']): SharedFileName {
  const heldIn = (files: SharedSnapshots): readonly string[] =>
    listHeldKeys(files).flatMap((each) => [keyIdOf(each), `${keyIdOf(each)} ${each.profile}`])
  const after = heldIn(withEdits(snapshots, edits))
  const between = heldIn(withEdits(snapshots, { config: edits.config ?? [] }))
  const isLost = heldIn(snapshots).some((held) => after.includes(held) && !between.includes(held))
  return isLost ? 'credentials' : 'config'
}

/** Throws KEYS_UNSUITABLE unless each of the profiles has the pair: its id, and in the files its secret. */
export function assertReplaced(replaced: readonly HeldKeys[], pair: LongTermCredentials, after: SharedSnapshots): void {
  const held = heldBy(pair.accessKeyId, after)
  for (const { profile, place } of replaced) {
    const now = held.find((each) => each.profile === profile)
    const isWhole = now?.kind === 'stored' || now?.credentials.secretAccessKey === pair.secretAccessKey
    if (!isWhole) throw unsuitableKeys(profile, 'parts-apart', [place])
  }
}

/** Returns the profiles of keys that the files have in plain text, as a rotation is asked for. */
export function plainTextProfiles(held: readonly HeldKeys[], { profiles }: SharedSnapshots): readonly string[] {
  const names = held
    .filter(({ kind }) => kind === 'static')
    .map(({ profile }) => {
      const stem = profile.endsWith(LONG_TERM_SUFFIX) ? profile.slice(0, -LONG_TERM_SUFFIX.length) : ''
      return profiles.find(stem) === undefined ? profile : stem
    })
  return [...new Set(names)]
}

/** Returns the role profiles that tools assume with the keys of a profile, directly. */
export function rolesOn(profile: string, profiles: Profiles): readonly string[] {
  return profiles.names().filter((name) => {
    const view = profiles.find(name)
    return view !== undefined && isAssumeRoleProfile(view) && visible(view, 'source_profile')?.value === profile
  })
}

/** Returns the profile that new keys of a profile belong to: in the credentials file they need one of their own. */
export function profileForKeys(profile: string, to: KeyPlace): string {
  return to === 'file' && !profile.endsWith(LONG_TERM_SUFFIX) ? profile + LONG_TERM_SUFFIX : profile
}

/**
 * Plans changes, one after another. A section that has nothing left in it, be it a comment, goes with its keys. Throws
 * KEYS_UNSUITABLE, FILE_MALFORMED for a section whose place is in doubt, and TEXT_REFUSED for the name of a new one.
 */
export function planKeysChanges(changes: readonly KeysChange[], snapshots: SharedSnapshots): SharedEdits {
  const { credentials, config } = snapshots
  if (credentials.path === config.path) throw unsuitableKeys('', 'one-file', [{ path: config.path }])
  const after = changes.reduce(applyChange, snapshots)
  return editsBetweenFiles(snapshots, after)
}

function applyChange(snapshots: SharedSnapshots, { profile, to, keys }: KeysChange): SharedSnapshots {
  const view = snapshots.profiles.find(profile)
  assertOnePair(view, snapshots)
  const isPairIn = (file: SharedFileName): boolean => view?.getFrom(file, PAIR[0])?.value === keys.accessKeyId
  const isThere = isPairIn('credentials') && view?.getFrom('credentials', PAIR[1])?.value === keys.secretAccessKey
  const cleared = edited(snapshots, (file) =>
    withoutKeys(file, profile, [
      // Other keys there are those of a session.
      ...(to !== 'file' && isPairIn(file.name) ? PAIR : []),
      // In config they are replaced where they are.
      ...(to === undefined || to === 'file' || file.name === 'credentials' ? STORED : []),
    ]),
  )
  if (to === undefined || (to === 'file' && isThere)) return cleared
  if (to === 'file')
    return edited(cleared, (file) => (file.name === 'credentials' ? withPair(file, profile, keys) : []))
  const values = [
    { key: STORED[0], value: to },
    { key: STORED[1], value: keys.accessKeyId },
  ]
  return edited(cleared, (file) => (file.name === 'config' ? setKeys(file, profile, encoded(values)) : []))
}

/** Adds keys to the credentials file: under the profile's own name, unless a session is there. */
function withPair(file: SharedDocument, profile: string, keys: LongTermCredentials): readonly ByteEdit[] {
  const values = [
    { key: PAIR[0], value: keys.accessKeyId },
    { key: PAIR[1], value: keys.secretAccessKey },
  ]
  const isTaken = (name: string): boolean =>
    findPlace(file, name, PAIR)?.body.entries.some(({ key }) => key === PAIR[0] || key === PAIR[1]) === true
  const name = isTaken(profile) ? profileForKeys(profile, 'file') : profile
  if (!isTaken(name)) return setKeys(file, name, encoded(values))
  throw unsuitableKeys(name, 'has-keys', [{ path: file.path, line: lineOf(file, name) }])
}

function lineOf(file: SharedDocument, profile: string): number | undefined {
  const place = findPlace(file, profile, PAIR)
  return place === undefined ? undefined : file.document.lineAt(place.section.start)
}

function edited(snapshots: SharedSnapshots, editsOf: (file: SharedDocument) => readonly ByteEdit[]): SharedSnapshots {
  const { credentials, config } = readShared(snapshots)
  return withEdits(snapshots, { credentials: editsOf(credentials), config: editsOf(config) })
}

/** Returns whether a section of the shared files has a key pair of that id, or refers to it in a store. */
export function isReferenced(accessKeyId: string, snapshots: SharedSnapshots): boolean {
  return SHARED_FILES.some((name) => sectionsWith(accessKeyId, readShared(snapshots)[name].document).length > 0)
}

/** Returns the profiles of those sections, each once. */
export function profilesWith(accessKeyId: string, snapshots: SharedSnapshots): readonly string[] {
  const names = SHARED_FILES.flatMap((name) =>
    sectionsWith(accessKeyId, readShared(snapshots)[name].document).map(({ section }) => profileOf(section)),
  )
  return [...new Set(names)]
}

/** Returns whether a section of the shared files has both parts of a key pair. */
export function isPairInFiles(accessKeyId: string, snapshots: SharedSnapshots): boolean {
  return SHARED_FILES.some((name) =>
    sectionsWith(accessKeyId, readShared(snapshots)[name].document).some(
      ({ body: { entries } }) =>
        entries.some((entry) => isPairId(accessKeyId, entry)) &&
        entries.some(({ key, value }) => key === PAIR[1] && value !== ''),
    ),
  )
}

/** A section that refers to an access key in a store. */
export interface KeyReference {
  readonly profile: string
  readonly store: KeyStoreName
  readonly accessKeyId: string
  readonly place: Place
}

/**
 * Returns all references to access keys in stores, section by section: also those that tools pass over, because the
 * profile has other keys, or half a pair, or another section of that name.
 */
export function listReferences(snapshots: SharedSnapshots): readonly KeyReference[] {
  const shared = readShared(snapshots)
  const parts = SHARED_FILES.flatMap((name) => {
    const { document, path } = shared[name]
    return document.sections.flatMap((section) =>
      parseSection(document, section).entries.flatMap(({ key, value, start }) =>
        key === STORED[0] || key === STORED[1]
          ? [{ profile: profileOf(section), section, key, value, place: { path, line: document.lineAt(start) } }]
          : [],
      ),
    )
  })
  return parts
    .filter(({ key }) => key === STORED[1])
    .flatMap(({ profile, section, value: accessKeyId }) => {
      const named = parts.filter((each) => each.key === STORED[0] && each.profile === profile)
      return KEY_STORES.flatMap((store) => {
        const found = named.filter(({ value }) => value === store)
        const nearest = found.find((each) => each.section === section) ?? found[0]
        return nearest === undefined ? [] : [{ profile, store, accessKeyId, place: nearest.place }]
      })
    })
}

/** Returns where a key is, and every store that a section names for it, be it one that does not have it. */
export function placesNaming(accessKeyId: string, place: KeyPlace, snapshots: SharedSnapshots): ReadonlySet<KeyPlace> {
  const references = listReferences(snapshots).filter((each) => each.accessKeyId === accessKeyId)
  return new Set([place, ...references.map(({ store }) => store)])
}

function profileOf({ name }: IniDocument['sections'][number]): string {
  return decodeUtf8(name)
    .replace(/^profile[ \t]+/, '')
    .replace(/^(["'])(.*)\1$/, '$2')
}

/**
 * Plans to replace a key pair wherever it is: in every section of both files that has its id, or refers to it in a
 * store. Values alone change. Sections that tools read differently are no obstacle: all of them change alike.
 */
export function planKeySwap(from: string, to: LongTermCredentials, snapshots: SharedSnapshots): SharedEdits {
  const editsOf = ({ document }: SharedDocument): readonly ByteEdit[] =>
    sectionsWith(from, document).flatMap((place) =>
      place.body.entries.flatMap((entry) => {
        if (isIdOf(from, entry)) return replaceValue(document, place, entry, to.accessKeyId)
        const isSecret = entry.key === PAIR[1] && place.body.entries.some((each) => isPairId(from, each))
        return isSecret ? replaceValue(document, place, entry, to.secretAccessKey) : []
      }),
    )
  const { credentials, config } = readShared(snapshots)
  return { credentials: editsOf(credentials), config: credentials.path === config.path ? [] : editsOf(config) }
}

function sectionsWith(accessKeyId: string, document: IniDocument): readonly SectionPlace[] {
  return document.sections
    .map((section) => ({ section, body: parseSection(document, section) }))
    .filter(({ body }) => body.entries.some((entry) => isIdOf(accessKeyId, entry)))
}

function isIdOf(accessKeyId: string, entry: IniEntry): boolean {
  return isPairId(accessKeyId, entry) || (entry.key === STORE_KEYS.accessKeyId && entry.value === accessKeyId)
}

function isPairId(accessKeyId: string, { key, value }: IniEntry): boolean {
  return key === PAIR[0] && value === accessKeyId
}

/** Throws KEYS_UNSUITABLE for a profile with different long-term keys in the two files. */
function assertOnePair(profile: ProfileView | undefined, { paths }: SharedSnapshots): void {
  const ids = SHARED_FILES.flatMap((file) => {
    const found = profile?.getFrom(file, PAIR[0])
    const isSession = (profile?.getFrom(file, 'aws_session_token')?.value ?? '') !== ''
    return found === undefined || found.value === '' || isSession ? [] : [{ id: found.value, file, line: found.line }]
  })
  if (profile === undefined || new Set(ids.map(({ id }) => id)).size < 2) return
  throw unsuitableKeys(
    profile.name,
    'two-pairs',
    ids.map(({ file, line }) => ({ path: paths[file], line })),
  )
}

/** Removes keys from the profile's section; the whole section if nothing else is in it. */
function withoutKeys(file: SharedDocument, profile: string, keys: readonly string[]): readonly ByteEdit[] {
  const place = keys.length === 0 ? undefined : findPlace(file, profile, keys)
  const entries = place?.body.entries.filter(({ key }) => keys.includes(key)) ?? []
  if (place === undefined || entries.length === 0) return []
  const { section, body } = place
  const isEmptied = entries.length === body.entries.length && body.strays.length === 0 && body.comments.length === 0
  if (!isEmptied) return entries.flatMap(removeKey)
  const { text } = file.document
  // The last section of a file goes with the blank line above it.
  const above = section.end === text.length ? /(?<=\n)\r?\n$/.exec(text.slice(0, section.start)) : null
  return [removalOf({ start: section.start - (above?.[0].length ?? 0), end: section.end })]
}

function encoded(values: readonly KeyValue[]): readonly KeyValue[] {
  return values.map(({ key, value }) => ({ key, value: encodeUtf8(value) }))
}

/** Returns the KEYS_UNSUITABLE failure. */
export function unsuitableKeys(profile: string, reason: KeysObstacle, places: readonly Place[]): AwsmfaError {
  return new AwsmfaError({ code: 'KEYS_UNSUITABLE', profile, reason, places })
}
