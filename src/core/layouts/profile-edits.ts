/** What setup takes out of, or renames in, the base and the profiles that work through it. */
import type { ByteEdit } from '../files/byte-edit.ts'
import { encodeUtf8 } from '../files/byte-text.ts'
import type { IniEntry } from '../files/ini-document.ts'
import type { Profiles } from '../files/profile-view.ts'
import type { SectionPlace } from '../files/section-place.ts'
import { removalsOf } from '../files/session-section.ts'
import type { SharedFileName } from '../origin.ts'
import type { HangingProfiles } from './hanging-profiles.ts'
import { findPlace, renameKey, replaceValue } from './section-edits.ts'
import type { SharedDocument, SharedDocuments } from './section-edits.ts'

/** Which profiles, and where. */
export interface ProfileEditInput {
  readonly base: string
  readonly hanging: HangingProfiles
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  /** The file in which the base's section gets another name as it is; its keys are left alone. */
  readonly renamedIn: SharedFileName | undefined
  /** Another device takes the place of the one that the base names. */
  readonly replacesDevice: boolean
}

/** AWS allows a role that is assumed from a session for an hour, whatever its own maximum (IAM User Guide, "Role chaining"). */
const CHAINED_MAXIMUM_SECONDS = 3_600

const ROLE_KEYS = ['mfa_serial', 'duration_seconds', 'source_profile']
const PLAIN_KEYS: Readonly<Record<string, string>> = { mfa_serial: 'awsmfa_mfa_serial', source_profile: 'awsmfa_source_profile' }

/** Gives the edits of one file. Throws FILE_MALFORMED where a section that needs one is not beyond doubt. */
export function planProfileEdits(file: SharedFileName, input: ProfileEditInput): readonly ByteEdit[] {
  const { base, hanging, profiles, documents, renamedIn } = input
  const document = documents[file]
  const isRead = (name: string): boolean => file === 'credentials' || profiles.find(name)?.configForm === 'standard'
  const plain = [...(renamedIn === file ? [] : [base]), ...hanging.siblings]
  return [
    ...hanging.roles.filter(isRead).flatMap((name) => roleEdits(document, name, input)),
    ...plain.filter(isRead).flatMap((name) => plainEdits(document, name, input)),
  ]
}

function roleEdits(file: SharedDocument, name: string, { base, hanging }: ProfileEditInput): readonly ByteEdit[] {
  return editsIn(file, name, ROLE_KEYS, (entry, place) => {
    if (entry.key === 'mfa_serial' || (entry.key === 'duration_seconds' && Number.parseInt(entry.value, 10) > CHAINED_MAXIMUM_SECONDS)) return removalsOf(entry)
    return entry.key === 'source_profile' && hanging.misdirected.includes(name) ? replaceValue(file.document, place, entry, encodeUtf8(base)) : []
  })
}

/** A profile without a role: the two keys get awsmfa's own names, or go where there is one of that name, which counts first. */
function plainEdits(file: SharedDocument, name: string, { base, profiles, replacesDevice }: ProfileEditInput): readonly ByteEdit[] {
  const profile = profiles.find(name)
  return editsIn(file, name, Object.keys(PLAIN_KEYS), (entry, { body }) => {
    const ownName = PLAIN_KEYS[entry.key] ?? entry.key
    const isLast = body.entries.findLast(({ key }) => key === entry.key) === entry
    const isOverruled = profile?.get(ownName) !== undefined || (replacesDevice && name === base && entry.key === 'mfa_serial')
    return isOverruled || !isLast ? removalsOf(entry) : [renameKey(file.document, entry, ownName)]
  })
}

function editsIn(file: SharedDocument, name: string, keys: readonly string[], edit: (entry: IniEntry, place: SectionPlace) => readonly ByteEdit[]): readonly ByteEdit[] {
  const place = findPlace(file, name, keys)
  return place === undefined ? [] : place.body.entries.filter(({ key }) => keys.includes(key)).flatMap((entry) => edit(entry, place))
}
