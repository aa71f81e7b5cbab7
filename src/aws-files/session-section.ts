/**
 * Plans the edits that put a session into a profile's section of the credentials file, and those that remove it again
 * so that the file is what it was. Throws FILE_MALFORMED where the place of the section is in doubt. `isEditContained`
 * checks an edit before it is written, and knows nothing of how the edit was planned.
 */
import type { ByteEdit, IniDocument, IniEntry } from './ini-document.ts'
import { leadingBlanks, linesBetween, parseSection, readIniDocument } from './ini-document.ts'
import {
  LEGACY_TOKEN_KEY,
  MANAGED_KEYS,
  MANAGER,
  classifySection,
  formatStateValue,
  hasOwnExpirationForm,
  isForeignMark,
  isManagedKey,
  isStateAccessKeyId,
  lineChecksum,
  parseStateValue,
} from './ownership.ts'
import type { ManagedKey, SectionState } from './ownership.ts'
import { sectionsNamed } from './profiles.ts'
import {
  appendSection,
  assertNewProfileName,
  delimiterOf,
  endOf,
  gapAtEnd,
  insertLines,
  isAtLineStart,
  lastEntriesOf,
  lastLineOf,
  lineEndAt,
  locateSection,
  removalOf,
  removeKey,
} from './sections.ts'
import type { SectionPlace, SectionTarget } from './sections.ts'
import { formatExpiration } from '../model/credentials.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'

/** What login wants written. */
export interface SessionWrite extends SectionTarget {
  readonly credentials: ShortTermCredentials
  /** What shaped the request, `[0-9a-f.]{1,80}`; opaque here. */
  readonly requestHash: string
}

/** `marks`: login's marks, and a session token that is of no use without them; `section`: the section with the keys. */
export interface SessionRemovalPlan {
  readonly edits: readonly ByteEdit[]
  readonly removed: 'nothing' | 'marks' | 'keys' | 'section'
}

/** What logout must undo besides the keys. */
type Layout = Pick<SectionState, 'madeSection' | 'addedBlankLine' | 'endedLine'>

/**
 * Plans a write, from the file as it is: for several profiles plan one, apply it, read again, plan the next. Whose
 * session may be replaced is the caller's question (`classifySection`); long-term credentials never are, whatever the
 * caller decided.
 *
 * A missing section is appended in the file's own style. In an existing one, values are replaced (an upper-case key, a
 * colon or an empty value: the whole line); further lines of such a value, second keys of one name,
 * `aws_security_token` and other tools' marks go; missing keys go after the last managed key, else right after the
 * header. Everything else stays. The same session planned again needs no edit.
 *
 * Throws SECTION_HOLDS_LONG_TERM_CREDENTIALS, and TEXT_REFUSED for names and values that could not be read back.
 */
export function planSessionWrite(write: SessionWrite): readonly ByteEdit[] {
  assertSession(write.credentials)
  const { document, path, profile } = write
  const place = locateSection(write)
  if (place === undefined) return [newSection(write)]
  if (classifySection(place.body.entries).kind !== 'long-term') return replacedSession(write, place)
  const header = { path, line: document.lineAt(place.section.start) }
  throw new AwsmfaError({
    code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS',
    profile,
    place: header,
    sourceIsSame: false,
  })
}

/**
 * Plans a removal. The section itself goes if login made it and it has nothing but login's keys (comments below them
 * count as the next section's), and with it the blank line and the line end that login added before it. Beside
 * long-term credentials that somebody added since, only login's marks and a session token, which is dead there, go;
 * beside another's session only the marks. A session that login did not write stays.
 */
export function planSessionRemoval(target: SectionTarget): SessionRemovalPlan {
  const { edits, removed, state } = removalFrom(target)
  return { edits: withoutAddedLineEnd(target.document.text, edits, [state]), removed }
}

/** The edits for several profiles together, and what is removed for each; or FILE_MALFORMED for that one alone. */
export interface SessionRemovalsPlan {
  readonly edits: readonly ByteEdit[]
  readonly removed: ReadonlyMap<string, SessionRemovalPlan['removed'] | AwsmfaError>
}

/** Plans the removals for several profiles of one file as if they were made one after the other. */
export function planSessionRemovals(
  { document, path }: Omit<SectionTarget, 'profile'>,
  profiles: readonly string[],
): SessionRemovalsPlan {
  const removed = new Map<string, SessionRemovalPlan['removed'] | AwsmfaError>()
  // Two names may be one section: its bytes, read as UTF-8 and as latin-1.
  const planned = new Set<number>()
  const plans = profiles.flatMap((profile) => {
    if (removed.has(profile)) return []
    try {
      const plan = removalFrom({ document, path, profile })
      const isPlanned = plan.edits.some(({ offset }) => planned.has(offset))
      for (const { offset } of plan.edits) planned.add(offset)
      removed.set(profile, isPlanned ? 'nothing' : plan.removed)
      return isPlanned ? [] : [plan]
    } catch (error) {
      if (!isFailure(error, 'FILE_MALFORMED')) throw error
      removed.set(profile, error)
      return []
    }
  })
  const edits = plans.flatMap((plan) => plan.edits)
  return {
    edits: withoutAddedLineEnd(
      document.text,
      edits,
      plans.map(({ state }) => state),
    ),
    removed,
  }
}

/** A removal, without the line end that login added above the section. `state`: what tells of that. */
interface SectionRemoval extends SessionRemovalPlan {
  readonly state: SectionState | undefined
}

function removalFrom(target: SectionTarget): SectionRemoval {
  const nothing = { edits: [], removed: 'nothing', state: undefined } as const
  const place = locateSection(target)
  const ownership = classifySection(place?.body.entries)
  if (place === undefined || ownership.kind === 'absent') return nothing
  const isOurs = ownership.kind === 'ours'
  if (!isOurs && !ownership.marked) return nothing
  const { entries } = place.body
  const state = stateIn(entries)
  if (isOurs || ownership.kind === 'empty') {
    if (state !== undefined && holdsNothingElse(target.document.text, place, state))
      return { edits: [wholeSection(target.document.text, place, state)], removed: 'section', state }
    const keys = entries.filter(({ key }) => isManagedKey(key)).flatMap(removeKey)
    return { edits: keys, removed: isOurs ? 'keys' : 'marks', state }
  }
  const isTokenDead = ownership.kind === 'long-term' && ownership.accessKeyId?.startsWith('AKIA') === true
  const marks = entries.filter((entry) => isMark(entry) || (isTokenDead && entry.key === 'aws_session_token'))
  return { edits: marks.flatMap(removeKey), removed: 'marks', state }
}

function newSection(write: SessionWrite): ByteEdit {
  const { document, profile } = write
  assertNewProfileName(profile, { kind: 'default' })
  const { addsLineEnd, addsBlankLine } = gapAtEnd(document)
  // Of several sections that login appended, any may be the last to go, and that one must remove the line end that the
  // first added.
  const endedLine = addsLineEnd ? lineChecksum(lastLineOf(document.text)) : stateIn(lastEntriesOf(document))?.endedLine
  const values = sessionValues(write, { madeSection: true, addedBlankLine: addsBlankLine, endedLine })
  return appendSection(
    document,
    profile,
    MANAGED_KEYS.map((key) => ({ key, value: values[key] })),
  )
}

function replacedSession(write: SessionWrite, place: SectionPlace): readonly ByteEdit[] {
  const { document } = write
  const { section, body } = place
  const managed = body.entries.filter(({ key }) => isManaged(key))
  const kept = new Map(managed.toReversed().map((entry) => [entry.key, entry]))
  const offset = insertionOffset(document.text, place, [...kept.values()])
  const endsLine = kept.size === 0 && !isAtLineStart(document.text, offset)
  const endedLine = endsLine ? lineChecksum(lastLineOf(document.text.slice(0, offset))) : undefined
  const values = sessionValues(write, stateIn(body.entries) ?? { madeSection: false, addedBlankLine: false, endedLine })
  const delimiter = delimiterOf(document, section)
  const edits = MANAGED_KEYS.flatMap((key) => {
    const entry = kept.get(key)
    return entry === undefined ? [] : valueEdits(entry, values[key], delimiter)
  })
  const missing = MANAGED_KEYS.filter((key) => !kept.has(key)).map((key) => ({ key, value: values[key] }))
  if (missing.length > 0) edits.push(insertLines(document, section, offset, missing))
  const dead = body.entries.filter((entry) => kept.get(entry.key) !== entry && isDead(entry))
  return [...edits, ...dead.flatMap(removeKey)]
}

function sessionValues(
  { credentials, requestHash }: SessionWrite,
  layout: Layout,
): Readonly<Record<ManagedKey, string>> {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials
  return {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    expiration: formatExpiration(expiration),
    manager: MANAGER,
    awsmfa_state: formatStateValue({ ...layout, accessKeyId, requestHash }),
  }
}

function valueEdits(entry: IniEntry, value: string, delimiter: string): readonly ByteEdit[] {
  const { key, start, contentEnd, valueStart, valueEnd } = entry
  const further = entry.continuations.map(removalOf)
  const isPortable = entry.writtenKey === key && entry.delimiter === '=' && entry.value !== ''
  if (!isPortable)
    return [{ offset: start, length: contentEnd - start, content: `${key}${delimiter}${value}` }, ...further]
  return entry.value === value
    ? further
    : [{ offset: valueStart, length: valueEnd - valueStart, content: value }, ...further]
}

/**
 * After the last managed key; else right after the header, unless an indented line that is no comment follows there:
 * botocore would take it for part of what we write. In that case before the first line that is not indented, else at
 * the section's end.
 */
function insertionOffset(text: string, { section, body }: SectionPlace, kept: readonly IniEntry[]): number {
  if (kept.length > 0) return lastEnd(kept)
  const lines = [...body.entries.flatMap((entry) => [entry, ...entry.continuations]), ...body.strays]
  const indentOf = ({ start, contentEnd }: { readonly start: number; readonly contentEnd: number }): number =>
    leadingBlanks(text.slice(start, contentEnd))
  const least = (first: number, { start }: { readonly start: number }): number => Math.min(first, start)
  const firstStart = lines.reduce(least, Infinity)
  const flushStart = lines.filter((line) => indentOf(line) === 0).reduce(least, Infinity)
  if (firstStart === flushStart) return section.bodyStart
  if (flushStart !== Infinity) return flushStart
  const hasText = (line: { readonly start: number; readonly contentEnd: number }): boolean =>
    indentOf(line) < line.contentEnd - line.start
  return linesBetween(text, section.bodyStart, section.end).findLast(hasText)?.end ?? section.bodyStart
}

/** Not by a spread: a section may have more lines than a call takes arguments. */
function lastEnd(entries: readonly IniEntry[]): number {
  return entries.reduce((last, entry) => Math.max(last, endOf(entry)), -Infinity)
}

/** An indented mark of another tool may be part of the value above it, so it stays; it is no credential. */
function isDead({ key, isIndented }: IniEntry): boolean {
  return isManagedKey(key) || (isForeignMark(key) && !isIndented)
}

function isManaged(key: string): key is ManagedKey {
  return key !== LEGACY_TOKEN_KEY && isManagedKey(key)
}

/** Returns the state that login left in a section, if it can be read. */
function stateIn(entries: readonly IniEntry[]): SectionState | undefined {
  return parseStateValue(entries.findLast(({ key }) => key === 'awsmfa_state')?.value ?? '')
}

/** `expiration` in another form than ours was written by somebody else since. */
function isMark({ key, value }: IniEntry): boolean {
  if (key === 'manager') return value === MANAGER
  return key === 'awsmfa_state' || (key === 'expiration' && hasOwnExpirationForm(value))
}

function holdsNothingElse(text: string, { section, body }: SectionPlace, { madeSection }: SectionState): boolean {
  const header = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const end = lastEnd(body.entries)
  return (
    madeSection &&
    header === `[${section.name}]` &&
    body.strays.length === 0 &&
    body.entries.every(({ key }) => isManagedKey(key)) &&
    body.comments.every(({ start }) => start >= end)
  )
}

function wholeSection(text: string, { section, body }: SectionPlace, { addedBlankLine }: SectionState): ByteEdit {
  const lineEnd = lineEndAt(text, section.start) ?? ''
  const before = text.slice(0, section.start)
  const above = before.slice(0, before.length - lineEnd.length)
  // A CR before an LF that we look at is half of a line end, and no end of the line above.
  const isLineAbove = /(?:^|\n|^\xef\xbb\xbf)$/.test(above.slice(-4)) || (lineEnd === '\r\n' && above.endsWith('\r'))
  const hasBlankLine = addedBlankLine && lineEnd !== '' && before.endsWith(lineEnd) && isLineAbove
  const start = hasBlankLine ? above.length : section.start
  return removalOf({ start, end: lastEnd(body.entries) })
}

/**
 * Adds the removal of the line end that login gave to the line above, if the removals reach the end of the file and
 * that line is the same again. With anything after it, the line end is needed.
 */
function withoutAddedLineEnd(
  text: string,
  removals: readonly ByteEdit[],
  states: readonly (SectionState | undefined)[],
): readonly ByteEdit[] {
  let tail = text.length
  for (const { offset, length } of removals.toSorted((a, b) => b.offset - a.offset))
    if (offset + length === tail) tail = offset
  if (tail === text.length || states.every((state) => state?.endedLine === undefined)) return removals
  const lineEnd = lineEndAt(text, tail) ?? ''
  const above = text.slice(0, tail - lineEnd.length)
  if (lineEnd === '' || !text.slice(0, tail).endsWith(lineEnd)) return removals
  const checksum = lineChecksum(lastLineOf(above))
  if (states.every((state) => state?.endedLine !== checksum)) return removals
  return [...removals, removalOf({ start: above.length, end: tail })]
}

/**
 * A broken server's answer could carry line ends, and with them other sections. Nothing of it is shown: it may be
 * secret.
 */
function assertSession({ accessKeyId, secretAccessKey, sessionToken, expiration }: ShortTermCredentials): void {
  const time = expiration.getTime()
  const values = [
    ['access key id', accessKeyId, isStateAccessKeyId(accessKeyId)],
    ['secret access key', secretAccessKey, /^[!-~]+$/.test(secretAccessKey)],
    ['session token', sessionToken, /^[!-~]+$/.test(sessionToken)],
    ['expiration', String(time), time >= 0 && time < Date.UTC(10_000, 0)],
  ] as const
  for (const [what, text, isValid] of values) {
    if (isValid) continue
    const defect = text === '' ? 'empty' : /\p{Cc}/u.test(text) ? 'control-character' : 'alphabet'
    const origin = { kind: 'default' } as const
    throw new AwsmfaError({ code: 'TEXT_REFUSED', what: `${what} from STS`, text: '', defect, origin })
  }
}

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
