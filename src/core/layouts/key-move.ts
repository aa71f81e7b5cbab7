/** Giving the long-term keys of a base a section of their own. */
import { AwsmfaError } from '../failures.ts'
import type { ByteEdit } from '../files/byte-edit.ts'
import type { IniEntry } from '../files/ini-document.ts'
import { isManagedKey } from '../files/managed-keys.ts'
import { configSectionsOf } from '../files/profiles.ts'
import type { Profiles } from '../files/profile-view.ts'
import { sectionsNamed } from '../files/section-place.ts'
import { planSessionRemoval } from '../files/session-removal.ts'
import { findStaticCredentials } from '../login/long-term.ts'
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'
import { settingRow } from '../login/setting-table.ts'
import type { Place, SharedFileName } from '../origin.ts'
import { isForeignMark } from '../sessions/expiration-markers.ts'
import type { LongTermCredentials } from '../sessions/credentials.ts'
import { appendSection, configSectionName, findPlace, pathsOf, renameSection, wholeValue } from './section-edits.ts'
import type { KeyValue, SharedDocuments } from './section-edits.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import type { SetupBase } from './setup-base.ts'

/** What is moved, and what has to be said elsewhere because of it. */
export interface KeyMove {
  readonly edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>
  /** The file in which the base's section gets another name. */
  readonly renamedIn: SharedFileName | undefined
  /** Settings that stood beside the keys, and which tools would miss under the base's name. */
  readonly settings: readonly KeyValue[]
}

/** Where the keys are, and which were given. */
export interface KeyMoveInput {
  readonly found: SetupBase
  readonly given: LongTermCredentials | undefined
  readonly profiles: Profiles
  readonly documents: SharedDocuments
}

const NOTHING: KeyMove = { edits: {}, renamedIn: undefined, settings: [] }

/**
 * Plans the move: a section that holds the base's keys gets the name with `-long-term`, as it is, but for the marks of an old
 * session; keys that were given get a new section. Keys that have another name already stay.
 */
export function planKeyMove(input: KeyMoveInput): KeyMove {
  const { found, given } = input
  const { base, longTerm } = found
  if (longTerm === undefined) return given === undefined ? failWithoutKeys(base) : newKeys(base, given, input)
  if (given !== undefined && !(longTerm.kind === 'static' && longTerm.credentials.accessKeyId === given.accessKeyId)) throw unsuitable(base, 'has-keys', [longTerm.place])
  return longTerm.kind === 'static' && longTerm.profile === base ? renamedSection(base, input) : NOTHING
}

function newKeys(base: string, { accessKeyId, secretAccessKey }: LongTermCredentials, input: KeyMoveInput): KeyMove {
  assertNameIsFree(base, 'credentials', input)
  const keys = [
    { key: 'aws_access_key_id', value: accessKeyId },
    { key: 'aws_secret_access_key', value: secretAccessKey },
  ]
  return { ...NOTHING, edits: { credentials: [appendSection(input.documents.credentials.document, base + LONG_TERM_SUFFIX, keys)] } }
}

function renamedSection(base: string, input: KeyMoveInput): KeyMove {
  const { documents, profiles } = input
  const profile = profiles.find(base)
  const holders = (['credentials', 'config'] as const).filter((name) => ['aws_access_key_id', 'aws_secret_access_key'].some((key) => (profile?.getFrom(name, key)?.value ?? '') !== ''))
  const [file = 'credentials', second] = holders
  const placeIn = (name: SharedFileName): Place => ({ path: documents[name].path, ...(profile?.lines[name] === undefined ? {} : { line: profile.lines[name] }) })
  if (second !== undefined) throw unsuitable(base, 'keys-in-both-files', holders.map(placeIn))
  assertNameIsFree(base, file, input)
  const { document, path } = documents[file]
  const place = findPlace(documents[file], base, CREDENTIAL_KEYS)
  if (place === undefined) throw new Error('the section that was read is gone')
  const name = base + LONG_TERM_SUFFIX
  const marks = file === 'credentials' ? planSessionRemoval({ document, path, profile: base }).edits : []
  return {
    edits: { [file]: [renameSection(document, place, file === 'credentials' ? name : configSectionName(name)), ...marks] },
    renamedIn: file,
    settings: lastOfEach(place.body.entries).filter(({ key }) => isSetting(key)).map((entry) => ({ key: entry.key, value: wholeValue(document.text, entry) })),
  }
}

const CREDENTIAL_KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'aws_security_token']

/** What stays with the keys: credentials, marks of sessions, the device and the source. */
function isSetting(key: string): boolean {
  const stays = [...settingRow('MFA device serial').profileKeys, ...settingRow('source profile').profileKeys, 'aws_account_id', 'assume_role', 'user_arn']
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
  const holds = findStaticCredentials(profile, pathsOf(documents))
  const line = profile.lines[file]
  if (sections.length > 0) throw unsuitable(base, 'name-taken', [{ path: documents[file].path, ...(line === undefined ? {} : { line }) }])
  if (holds !== undefined) throw unsuitable(base, 'name-taken', [holds.place])
}

function unsuitable(profile: string, reason: 'name-taken' | 'keys-in-both-files' | 'has-keys', places: readonly Place[]): AwsmfaError {
  return new AwsmfaError({ code: 'LAYOUT_UNSUITABLE', profile, reason, places })
}

function failWithoutKeys(base: string): never {
  const lookedFor = [base, ...LONG_TERM_SUFFIXES.map((suffix) => base + suffix)]
  throw new AwsmfaError({ code: 'LONG_TERM_CREDENTIALS_MISSING', profile: base, path: [base], lookedFor })
}
