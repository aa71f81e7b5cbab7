import { parseSection, readIniDocument } from './ini-document.ts'
import type { IniDocument, IniSection } from './ini-document.ts'
import { MANAGED_KEYS, MANAGER, isForeignMark, isManagedKey, parseStateValue } from './ownership.ts'
import { sectionsNamed } from './profiles.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/expiration.ts'

/**
 * Checks an edit before it becomes the file: nothing outside one section may differ. Knows nothing of how the edit was
 * planned.
 */

/** Two states of the credentials file, and the one profile whose section may differ. */
export interface Containment {
  readonly before: string
  readonly after: string
  readonly profile: string
  /** The session that the section must hold afterwards, its marks beside it. Undefined: not looked at. */
  readonly intended?: ShortTermCredentials
}

/**
 * Returns whether an edit stayed where it belongs: every byte outside the profile's section is as it was, the line ends
 * right before the section apart; the section's other keys have their values and their order; and its managed keys read
 * back as intended, each once. Reads `after` from scratch and so knows nothing of the plan.
 */
export function isEditContained({ before, after, profile, intended }: Containment): boolean {
  const was = { document: readIniDocument(before) }
  const is = { document: readIniDocument(after) }
  const [sectionBefore, ...moreBefore] = sectionsNamed(was.document, profile)
  const [sectionAfter, ...moreAfter] = sectionsNamed(is.document, profile)
  if (moreBefore.length + moreAfter.length > 0) return false
  if (!isOutsideSame(before, after, sectionBefore, sectionAfter)) return false
  const foreign = foreignLines(is.document, sectionAfter)
  if (foreign !== foreignLines(was.document, sectionBefore)) return false
  return intended === undefined || holdsSession(is.document, sectionAfter, intended)
}

function isOutsideSame(
  before: string,
  after: string,
  sectionBefore: IniSection | undefined,
  sectionAfter: IniSection | undefined,
): boolean {
  if (sectionBefore === undefined && sectionAfter === undefined) return before === after
  if (sectionBefore === undefined) return sectionAfter !== undefined && isAppended(before, after, sectionAfter)
  if (sectionAfter === undefined) return isTakenOut(before, after, sectionBefore)
  const isHeadSame = before.slice(0, sectionBefore.start) === after.slice(0, sectionAfter.start)
  return isHeadSame && before.slice(sectionBefore.end) === after.slice(sectionAfter.end)
}

function isAppended(before: string, after: string, section: IniSection): boolean {
  return (
    after.startsWith(before) &&
    section.end === after.length &&
    /^[\r\n]*$/.test(after.slice(before.length, section.start))
  )
}

/** A line end and a blank line before the section may go with it: four bytes at most. */
function isTakenOut(before: string, after: string, section: IniSection): boolean {
  for (let start = section.start; start >= Math.max(0, section.start - 4); start--) {
    if (!/^[\r\n]*$/.test(before.slice(start, section.start))) return false
    const end = start + before.length - after.length
    const isWithin = end >= section.start && end <= section.end
    if (isWithin && after.startsWith(before.slice(0, start)) && after.slice(start) === before.slice(end)) return true
  }
  return false
}

function foreignLines(document: IniDocument, section: IniSection | undefined): string {
  if (section === undefined) return ''
  const { entries } = parseSection(document, section)
  return entries
    .filter(({ key }) => !isManagedKey(key) && !isForeignMark(key))
    .flatMap((entry) => [entry, ...entry.continuations])
    .map(({ start, contentEnd }) => document.text.slice(start, contentEnd))
    .join('\n')
}

function holdsSession(document: IniDocument, section: IniSection | undefined, session: ShortTermCredentials): boolean {
  const entries =
    section === undefined ? [] : parseSection(document, section).entries.filter(({ key }) => isManagedKey(key))
  const values = new Map(entries.map(({ key, value }) => [key, value]))
  return (
    entries.length === MANAGED_KEYS.length &&
    entries.every(({ continuations }) => continuations.length === 0) &&
    values.get('aws_access_key_id') === session.accessKeyId &&
    values.get('aws_secret_access_key') === session.secretAccessKey &&
    values.get('aws_session_token') === session.sessionToken &&
    values.get('expiration') === formatExpiration(session.expiration) &&
    values.get('manager') === MANAGER &&
    parseStateValue(values.get('awsmfa_state') ?? '')?.accessKeyId === session.accessKeyId
  )
}
