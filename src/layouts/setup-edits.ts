/**
 * The edits of a setup: long-term keys get a section of their own, and keys that tools trip over get names of awsmfa's.
 * Pure.
 */
import { encodeUtf8 } from '../aws-files/ini-document.ts'
import type { ByteEdit, IniEntry } from '../aws-files/ini-document.ts'
import { isForeignMark, isManagedKey } from '../aws-files/ownership.ts'
import { LONG_TERM_SUFFIXES, findLongTermKeys, visible } from '../aws-files/profile-keys.ts'
import { configSectionsOf, sectionsNamed } from '../aws-files/profiles.ts'
import {
  appendSection,
  assertNewProfileName,
  configSectionName,
  findPlace,
  insertKeys,
  insertLines,
  removeKey,
  renameKey,
  renameSection,
  replaceValue,
  wholeValue,
} from '../aws-files/sections.ts'
import type { KeyValue, SectionPlace, SharedDocument, SharedDocuments } from '../aws-files/sections.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import { CHAINED_ROLE_SECONDS } from '../aws/sts-api.ts'
import { LONG_TERM_SUFFIX, unsuitable } from './setup-base.ts'
import type { DependentProfiles, SetupBase } from './setup-base.ts'
import { settingRow } from '../login/setting-table.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { SHARED_FILES } from '../model/profile.ts'
import type { Place, Profiles, SharedFileName } from '../model/profile.ts'

/** The edits that move the keys, and what must be set elsewhere because of them. */
export interface KeyMove {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  /** The file in which the base's section is renamed. */
  readonly renamedIn: SharedFileName | undefined
  /** Settings beside the keys, which tools would miss under the base's name. */
  readonly settings: readonly KeyValue[]
}

export interface KeyMoveInput {
  readonly found: SetupBase
  readonly given: LongTermCredentials | undefined
  readonly profiles: Profiles
  readonly documents: SharedDocuments
}

const NOTHING: KeyMove = { edits: {}, renamedIn: undefined, settings: [] }

/**
 * Plans the move of the base's long-term keys to a section of their own: a base's section that contains them is renamed
 * to `base-long-term`, without the marks of an old session; keys that were given get a new section; keys under another
 * name stay.
 */
export function planKeyMove(input: KeyMoveInput): KeyMove {
  const { found, given } = input
  const { base, longTerm } = found
  if (longTerm === undefined) return given === undefined ? failWithoutKeys(base) : newKeys(base, given, input)
  if (given !== undefined && !(longTerm.kind === 'static' && longTerm.credentials.accessKeyId === given.accessKeyId))
    throw unsuitable(base, 'has-keys', [longTerm.place])
  return longTerm.kind === 'static' && longTerm.profile === base ? renamedSection(base, input) : NOTHING
}

function newKeys(base: string, { accessKeyId, secretAccessKey }: LongTermCredentials, input: KeyMoveInput): KeyMove {
  assertNameIsFree(base, 'credentials', input)
  const keys = [
    { key: 'aws_access_key_id', value: accessKeyId },
    { key: 'aws_secret_access_key', value: secretAccessKey },
  ]
  return {
    ...NOTHING,
    edits: { credentials: [appendSection(input.documents.credentials.document, base + LONG_TERM_SUFFIX, keys)] },
  }
}

function renamedSection(base: string, input: KeyMoveInput): KeyMove {
  const { documents, profiles } = input
  const profile = profiles.find(base)
  const holders = SHARED_FILES.filter((name) =>
    ['aws_access_key_id', 'aws_secret_access_key'].some((key) => (profile?.getFrom(name, key)?.value ?? '') !== ''),
  )
  const [file = 'credentials', second] = holders
  const placeIn = (name: SharedFileName): Place => ({ path: documents[name].path, line: profile?.lines[name] })
  if (second !== undefined) throw unsuitable(base, 'keys-in-both-files', holders.map(placeIn))
  assertNameIsFree(base, file, input)
  const { document, path } = documents[file]
  const place = findPlace(documents[file], base, CREDENTIAL_KEYS)
  if (place === undefined) throw new Error('the section that was read is gone')
  const name = base + LONG_TERM_SUFFIX
  const marks = file === 'credentials' ? planSessionRemoval({ document, path, profile: base }).edits : []
  return {
    edits: {
      [file]: [renameSection(document, place, file === 'credentials' ? name : configSectionName(name)), ...marks],
    },
    renamedIn: file,
    settings: lastOfEach(place.body.entries)
      .filter(({ key }) => isSetting(key))
      .map((entry) => ({ key: entry.key, value: wholeValue(document.text, entry) })),
  }
}

const CREDENTIAL_KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'aws_security_token']

/**
 * Credentials, marks of sessions, the device and the source profile stay with the keys; everything else is a setting.
 */
function isSetting(key: string): boolean {
  const stays = [
    ...settingRow('MFA device').profileKeys,
    ...settingRow('source profile').profileKeys,
    'aws_account_id',
    'assume_role',
    'user_arn',
  ]
  return !isManagedKey(key) && !isForeignMark(key) && !stays.includes(key)
}

function lastOfEach(entries: readonly IniEntry[]): readonly IniEntry[] {
  return entries.filter(({ key }, index) => !entries.slice(index + 1).some((later) => later.key === key))
}

function assertNameIsFree(base: string, file: SharedFileName, { documents, profiles }: KeyMoveInput): void {
  const name = base + LONG_TERM_SUFFIX
  const profile = profiles.find(name)
  if (profile === undefined) return
  const { document } = documents[file]
  const sections = file === 'credentials' ? sectionsNamed(document, name) : configSectionsOf(document, name)
  const holds = findLongTermKeys(profile, {
    credentials: documents.credentials.path,
    config: documents.config.path,
  })
  const line = profile.lines[file]
  if (sections.length > 0) throw unsuitable(base, 'name-taken', [{ path: documents[file].path, line }])
  if (holds !== undefined) throw unsuitable(base, 'name-taken', [holds.place])
}

function failWithoutKeys(base: string): never {
  const lookedFor = [base, ...LONG_TERM_SUFFIXES.map((suffix) => base + suffix)]
  throw new AwsmfaError({ code: 'LONG_TERM_CREDENTIALS_MISSING', profile: base, path: [base], lookedFor })
}

export interface ProfileEditInput {
  readonly base: string
  readonly dependents: DependentProfiles
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  /** The file in which the base's section is renamed as it is; its keys are left alone. */
  readonly renamedIn: SharedFileName | undefined
  /** Another device replaces the one that the base names. */
  readonly replacesDevice: boolean
  /** The base's region. Roles without one get it: the AWS CLI 1, boto3 and SAM take none from a source profile. */
  readonly region: string | undefined
}

const ROLE_KEYS = ['mfa_serial', 'duration_seconds', 'source_profile']

const PLAIN_KEYS: Readonly<Record<string, string>> = {
  mfa_serial: 'awsmfa_mfa_serial',
  source_profile: 'awsmfa_source_profile',
}

/**
 * Plans what changes in one file in the sections of the base and of the profiles that depend on it. Throws
 * FILE_MALFORMED if a section that needs an edit is ambiguous.
 */
export function planProfileEdits(file: SharedFileName, input: ProfileEditInput): readonly ByteEdit[] {
  const { base, dependents, profiles, documents, renamedIn } = input
  const document = documents[file]
  const isRead = (name: string): boolean => file === 'credentials' || profiles.find(name)?.configForm === 'standard'
  const plain = [...(renamedIn === file ? [] : [base]), ...dependents.siblings]
  return [
    ...dependents.roles
      .filter(isRead)
      .flatMap((name) => [...roleEdits(document, name, input), ...regionEdits(file, name, input)]),
    ...plain.filter(isRead).flatMap((name) => plainEdits(document, name, input)),
  ]
}

function roleEdits(file: SharedDocument, name: string, { base, dependents }: ProfileEditInput): readonly ByteEdit[] {
  return editsIn(file, name, ROLE_KEYS, (entry, place) => {
    if (
      entry.key === 'mfa_serial' ||
      (entry.key === 'duration_seconds' && Number.parseInt(entry.value, 10) > CHAINED_ROLE_SECONDS)
    )
      return removeKey(entry)
    return entry.key === 'source_profile' && dependents.misdirected.includes(name)
      ? replaceValue(file.document, place, entry, encodeUtf8(base))
      : []
  })
}

/** Adds the region to a role without one, before `role_arn`. */
function regionEdits(
  file: SharedFileName,
  name: string,
  { profiles, documents, region }: ProfileEditInput,
): readonly ByteEdit[] {
  const profile = profiles.find(name)
  if (region === undefined || profile === undefined || profile.get('region') !== undefined) return []
  if (visible(profile, 'role_arn')?.file !== file) return []
  const place = findPlace(documents[file], name, ['role_arn'])
  const role = place?.body.entries.find(({ key }) => key === 'role_arn')
  if (place === undefined || role === undefined) return []
  const keys = [{ key: 'region', value: encodeUtf8(region) }]
  return [insertLines(documents[file].document, place.section, role.start, keys)]
}

/**
 * A profile without a role: the two keys get awsmfa's own names, or are removed if a key of that name exists, which
 * takes precedence.
 */
function plainEdits(
  file: SharedDocument,
  name: string,
  { base, profiles, replacesDevice }: ProfileEditInput,
): readonly ByteEdit[] {
  const profile = profiles.find(name)
  return editsIn(file, name, Object.keys(PLAIN_KEYS), (entry, { body }) => {
    const ownName = PLAIN_KEYS[entry.key] ?? entry.key
    const isLast = body.entries.findLast(({ key }) => key === entry.key) === entry
    const isOverruled =
      profile?.get(ownName) !== undefined || (replacesDevice && name === base && entry.key === 'mfa_serial')
    return isOverruled || !isLast ? removeKey(entry) : [renameKey(file.document, entry, ownName)]
  })
}

function editsIn(
  file: SharedDocument,
  name: string,
  keys: readonly string[],
  edit: (entry: IniEntry, place: SectionPlace) => readonly ByteEdit[],
): readonly ByteEdit[] {
  const place = findPlace(file, name, keys)
  return place === undefined
    ? []
    : place.body.entries.filter(({ key }) => keys.includes(key)).flatMap((entry) => edit(entry, place))
}

/**
 * Sets keys of a profile in one file: replaces values, adds keys, or adds a section. Values are byte strings. Throws
 * FILE_MALFORMED for a section in which a key's place is in doubt, and what `addSection` throws.
 */
export function setKeys(file: SharedDocument, profile: string, values: readonly KeyValue[]): readonly ByteEdit[] {
  const { document } = file
  const section = findPlace(file, profile, [])
  const valueOf = (key: string): string | undefined => {
    const entry = section?.body.entries.findLast((each) => each.key === key)
    return entry && wholeValue(document.text, entry)
  }
  const wanted = values.filter(({ key, value }) => valueOf(key) !== value)
  const keys = wanted.map(({ key }) => key)
  const place = section && wanted.length > 0 ? findPlace(file, profile, keys) : undefined
  if (place === undefined) return addSection(file, profile, wanted)
  const entryOf = (key: string): IniEntry | undefined => place.body.entries.findLast((entry) => entry.key === key)
  const missing = wanted.filter(({ key }) => entryOf(key) === undefined)
  return [
    ...wanted.flatMap(({ key, value }) => {
      const entry = entryOf(key)
      return entry === undefined ? [] : replaceValue(document, place, entry, value)
    }),
    ...(missing.length === 0 ? [] : [insertKeys(document, place, missing)]),
  ]
}

/** Adds a section for a profile; none without values. Throws TEXT_REFUSED for a name that no new section may have. */
export function addSection(file: SharedDocument, profile: string, values: readonly KeyValue[]): readonly ByteEdit[] {
  if (values.length === 0) return []
  assertNewProfileName(profile, { kind: 'default' })
  return [appendSection(file.document, file.name === 'config' ? configSectionName(profile) : profile, values)]
}
