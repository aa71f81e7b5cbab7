/** Puts a session into a profile's section of the credentials file, and touches nothing else there. */
import { AwsmfaError } from '../failures.ts'
import type { TextDefect } from '../failures.ts'
import type { ShortTermCredentials } from '../sessions/credentials.ts'
import { formatExpiration } from '../sessions/expiration.ts'
import { isForeignMark } from '../sessions/expiration-markers.ts'
import type { ByteEdit } from './byte-edit.ts'
import { encodeUtf8 } from './byte-text.ts'
import { delimiterOf, endsLine, endsWithBlankLine, lastEntriesOf, lastLineOf, lineEndAt, lineEndOf, separatesSections } from './file-style.ts'
import { leadingBlanks, lineAt, linesBetween } from './ini-document.ts'
import type { IniDocument, IniEntry } from './ini-document.ts'
import { LEGACY_TOKEN_KEY, MANAGED_KEYS, MANAGER } from './managed-keys.ts'
import type { ManagedKey } from './managed-keys.ts'
import { classifySection } from './ownership.ts'
import { assertNewProfileName } from './profile-name.ts'
import { locateSection } from './section-place.ts'
import type { SectionPlace, SectionTarget } from './section-place.ts'
import { formatStateValue, isStateAccessKeyId, lineChecksum, parseStateValue } from './state-value.ts'
import type { SessionState } from './state-value.ts'

/** What login wants written. */
export interface SessionWrite extends SectionTarget {
  readonly credentials: ShortTermCredentials
  /** What shaped the request, `[0-9a-f.]{1,80}`; opaque here. */
  readonly requestHash: string
}

type Values = Readonly<Record<ManagedKey, string>>
type Layout = Pick<SessionState, 'madeSection' | 'addedBlankLine' | 'endedLine'>

/** Where new keys go: at `offset`, after a line end of their own if the line before has none. */
interface InsertionPoint {
  readonly offset: number
  readonly needsLineEnd: boolean
}

/**
 * Plans the edit that puts a session into a profile's section of the credentials file, from the file as it is: for several
 * profiles plan one, apply it, read again, plan the next. Whether another's session may be replaced is not asked here
 * (`classifySection` tells whose it is); long-term credentials never are, whatever was asked before.
 *
 * A section that is not there is appended in the file's own style. In one that is there, values are replaced where they
 * stand (an upper-case key, a colon or an empty value: the whole line), further lines of such a value, second keys of one
 * name, `aws_security_token` and other tools' marks go, and keys that are missing are put after the last managed key, else
 * right after the header. Everything else stays. The same session planned again gives no edit.
 *
 * Throws SECTION_HOLDS_LONG_TERM_CREDENTIALS, FILE_MALFORMED where the place is not beyond doubt, TEXT_REFUSED for names and
 * values that could not be read back.
 */
export function planSessionWrite(write: SessionWrite): readonly ByteEdit[] {
  assertSession(write.credentials)
  const place = locateSection(write)
  if (place === undefined) return [newSection(write)]
  assertNoLongTermCredentials(write, place)
  return replacedSection(write, place)
}

function sessionValues({ credentials, requestHash }: Pick<SessionWrite, 'credentials' | 'requestHash'>, layout: Layout): Values {
  return {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    aws_session_token: credentials.sessionToken,
    expiration: expirationValue(credentials.expiration),
    manager: MANAGER,
    awsmfa_state: formatStateValue({ ...layout, accessKeyId: credentials.accessKeyId, requestHash }),
  }
}

function assertNoLongTermCredentials({ document, path, profile }: SectionTarget, { section, body }: SectionPlace): void {
  if (classifySection(body.entries).kind !== 'long-term') return
  const place = { path, line: lineAt(document.text, section.start) }
  throw new AwsmfaError({ code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS', profile, place, sourceIsSame: false })
}

function newSection(write: SessionWrite): ByteEdit {
  const { document, profile } = write
  const { text } = document
  assertNewProfileName(profile, { kind: 'default' })
  const lineEnd = lineEndOf(text)
  const added = endsLine(text) ? '' : lineEnd
  const addedBlankLine = text !== '' && separatesSections(document) && !endsWithBlankLine(text.slice(-1024) + added)
  const endedLine = added === '' ? inheritedEndedLine(document) : lineChecksum(lastLineOf(text))
  const values = sessionValues(write, { madeSection: true, addedBlankLine, endedLine })
  const delimiter = delimiterOf(document, undefined)
  const lines = [`[${encodeUtf8(profile)}]`, ...MANAGED_KEYS.map((key) => `${key}${delimiter}${values[key]}`), '']
  return { offset: text.length, length: 0, content: `${added}${addedBlankLine ? lineEnd : ''}${lines.join(lineEnd)}` }
}

/**
 * Of several sections that login appended one after the other, any may be the last to go, and that one has to take the line
 * end away which the first of them added: so each remembers it.
 */
function inheritedEndedLine(document: IniDocument): string | undefined {
  return stateIn(lastEntriesOf(document))?.endedLine
}

function replacedSection(write: SessionWrite, place: SectionPlace): readonly ByteEdit[] {
  const { text } = write.document
  const { section, body } = place
  const standing = firstOfEachKey(body.entries)
  const point = insertionPoint(text, place, [...standing.values()])
  const lineEnd = headerLineEnd(text, section.start)
  const values = sessionValues(write, stateIn(body.entries) ?? { madeSection: false, addedBlankLine: false, endedLine: endedLineAt(text, point, standing.size) })
  const delimiter = delimiterOf(write.document, section)
  const edits: ByteEdit[] = []
  const missing: string[] = []
  for (const key of MANAGED_KEYS) {
    const entry = standing.get(key)
    if (entry === undefined) missing.push(`${key}${delimiter}${values[key]}${lineEnd}`)
    else edits.push(...valueEdits(entry, values[key], delimiter))
  }
  if (missing.length > 0) edits.push({ offset: point.offset, length: 0, content: `${point.needsLineEnd ? lineEnd : ''}${missing.join('')}` })
  const kept = new Set(standing.values())
  const dead = body.entries.filter((entry) => !kept.has(entry) && isDead(entry))
  return [...edits, ...dead.flatMap((entry) => removalsOf(entry))]
}

/** CR alone is never written: tools that do not read it would see one long line; CR LF is a line end for those that do. */
function headerLineEnd(text: string, start: number): string {
  const lineEnd = lineEndAt(text, start)
  return lineEnd === '\r' ? '\r\n' : (lineEnd ?? lineEndOf(text))
}

/** Gives the edits that take a key out: its line, and the indented lines that belong to it; comments between them stay. */
export function removalsOf(entry: IniEntry): readonly ByteEdit[] {
  return [entry, ...entry.continuations].map(({ start, end }) => ({ offset: start, length: end - start, content: '' }))
}

/** Gives the state that login left in a section, if it can be read. */
export function stateIn(entries: readonly IniEntry[]): SessionState | undefined {
  return parseStateValue(entries.findLast(({ key }) => key === 'awsmfa_state')?.value ?? '')
}

/** An indented mark of another tool may be part of the value above it, so it stays; it is no credential. */
function isDead(entry: IniEntry): boolean {
  return isManaged(entry.key) || entry.key === LEGACY_TOKEN_KEY || (isForeignMark(entry.key) && !entry.isIndented)
}

function firstOfEachKey(entries: readonly IniEntry[]): ReadonlyMap<string, IniEntry> {
  return new Map(entries.filter(({ key }) => isManaged(key)).toReversed().map((entry) => [entry.key, entry]))
}

function isManaged(key: string): key is ManagedKey {
  return MANAGED_KEYS.some((managed) => managed === key)
}

function valueEdits(entry: IniEntry, value: string, delimiter: string): readonly ByteEdit[] {
  const further = entry.continuations.map(({ start, end }) => ({ offset: start, length: end - start, content: '' }))
  const isPortable = entry.writtenKey === entry.key && entry.delimiter === '=' && entry.value !== ''
  if (isPortable && entry.value === value) return further
  if (isPortable) return [{ offset: entry.valueStart, length: entry.valueEnd - entry.valueStart, content: value }, ...further]
  return [{ offset: entry.start, length: entry.contentEnd - entry.start, content: `${entry.key}${delimiter}${value}` }, ...further]
}

/**
 * After the last managed key; else right after the header, unless a line that is no comment follows there indented: botocore
 * would take it for part of what we write. Then before the first that is not, else at the section's end.
 */
function insertionPoint(text: string, { section, body }: SectionPlace, standing: readonly IniEntry[]): InsertionPoint {
  const ends = standing.map((entry) => entry.continuations.at(-1) ?? entry).map(({ end }) => end)
  if (ends.length > 0) return pointAt(text, Math.max(...ends))
  const contentLines = [...body.entries.flatMap((entry) => [entry, ...entry.continuations]), ...body.strays].toSorted((a, b) => a.start - b.start)
  const flush = contentLines.findIndex(({ start, contentEnd }) => leadingBlanks(text.slice(start, contentEnd)) === 0)
  const flushLine = contentLines[flush]
  if (contentLines.length === 0 || flush === 0) return pointAt(text, section.bodyStart)
  if (flushLine !== undefined) return pointAt(text, flushLine.start)
  const lastWithText = linesBetween(text, section.bodyStart, section.end).findLast(
    ({ start, contentEnd }) => leadingBlanks(text.slice(start, contentEnd)) < contentEnd - start,
  )
  return pointAt(text, lastWithText?.end ?? section.bodyStart)
}

function pointAt(text: string, offset: number): InsertionPoint {
  return { offset, needsLineEnd: !/[\r\n]/.test(text.charAt(offset - 1)) }
}

function endedLineAt(text: string, point: InsertionPoint, standingKeys: number): string | undefined {
  return point.needsLineEnd && standingKeys === 0 ? lineChecksum(lastLineOf(text.slice(0, point.offset))) : undefined
}

function expirationValue(expiration: Date): string {
  const time = expiration.getTime()
  if (!(time >= 0 && time < Date.UTC(10_000, 0))) throw refusedAnswer('the expiration', 'alphabet')
  return formatExpiration(expiration)
}

/** A broken server's answer could carry line ends, and with them other sections (nothing of it is shown: it may be secret). */
function assertSession({ accessKeyId, secretAccessKey, sessionToken }: ShortTermCredentials): void {
  assertPlain('the access key id', accessKeyId)
  assertPlain('the secret access key', secretAccessKey)
  assertPlain('the session token', sessionToken)
  if (!isStateAccessKeyId(accessKeyId)) throw refusedAnswer('the access key id', 'alphabet')
}

function assertPlain(what: string, value: string): void {
  if (value === '') throw refusedAnswer(what, 'empty')
  if (/\p{Cc}/u.test(value)) throw refusedAnswer(what, 'control-character')
  if (!/^[!-~]+$/.test(value)) throw refusedAnswer(what, 'alphabet')
}

function refusedAnswer(what: string, defect: TextDefect): AwsmfaError {
  return new AwsmfaError({ code: 'TEXT_REFUSED', what: `${what} that STS gave`, text: '', defect, origin: { kind: 'default' } })
}
