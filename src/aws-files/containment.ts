/**
 * Checks an edit before it becomes the file: nothing outside one section may differ. Knows nothing of how the edit was
 * planned.
 */
import { parseSection, readIniDocument } from './ini-document.ts'
import type { IniDocument, IniEntry } from './ini-document.ts'
import { MANAGED_KEYS, MANAGER, isForeignMark, isManagedKey, parseStateValue } from './ownership.ts'
import { sectionsNamed } from './profiles.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/expiration.ts'

/** Two states of the credentials file, and the profile whose section must hold the intended session afterwards. */
export interface Containment {
  readonly before: string
  readonly after: string
  readonly profile: string
  readonly intended: ShortTermCredentials
}

/**
 * Returns whether every byte outside the profile's section is as it was (a new section is appended, after line ends
 * alone); the section's other keys have their values and their order; and its managed keys read back as intended, each
 * once.
 */
export function isEditContained({ before, after, profile, intended }: Containment): boolean {
  const [was, is] = [readIniDocument(before), readIniDocument(after)]
  const [old, ...moreOld] = sectionsNamed(was, profile)
  const [section, ...more] = sectionsNamed(is, profile)
  if (section === undefined || moreOld.length + more.length > 0) return false
  const head = after.slice(0, section.start)
  const isOutsideSame =
    after.slice(section.end) === before.slice(old?.end ?? before.length) &&
    (old === undefined
      ? head.startsWith(before) && /^[\r\n]*$/.test(head.slice(before.length))
      : head === before.slice(0, old.start))
  const { entries } = parseSection(is, section)
  const othersBefore = old === undefined ? '' : otherLines(was, parseSection(was, old).entries)
  return isOutsideSame && otherLines(is, entries) === othersBefore && holdsSession(entries, intended)
}

function otherLines({ text }: IniDocument, entries: readonly IniEntry[]): string {
  return entries
    .filter(({ key }) => !isManagedKey(key) && !isForeignMark(key))
    .flatMap((entry) => [entry, ...entry.continuations])
    .map(({ start, contentEnd }) => text.slice(start, contentEnd))
    .join('\n')
}

function holdsSession(entries: readonly IniEntry[], session: ShortTermCredentials): boolean {
  const managed = entries.filter(({ key }) => isManagedKey(key))
  const values = new Map(managed.map(({ key, value }) => [key, value]))
  return (
    managed.length === MANAGED_KEYS.length &&
    managed.every(({ continuations }) => continuations.length === 0) &&
    values.get('aws_access_key_id') === session.accessKeyId &&
    values.get('aws_secret_access_key') === session.secretAccessKey &&
    values.get('aws_session_token') === session.sessionToken &&
    values.get('expiration') === formatExpiration(session.expiration) &&
    values.get('manager') === MANAGER &&
    parseStateValue(values.get('awsmfa_state') ?? '')?.accessKeyId === session.accessKeyId
  )
}
