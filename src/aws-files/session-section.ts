import { encodeUtf8 } from './edit.ts'
import type { ByteEdit } from './edit.ts'
import { leadingBlanks, lineAt, linesBetween } from './ini-document.ts'
import type { IniDocument, IniEntry } from './ini-document.ts'
import {
  delimiterOf,
  endsLine,
  endsWithBlankLine,
  lastEntriesOf,
  lastLineOf,
  lineEndAt,
  lineEndOf,
  separatesSections,
} from './lines.ts'
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
import type { ManagedKey, SessionState } from './ownership.ts'
import { assertNewProfileName, locateSection } from './sections.ts'
import type { SectionPlace, SectionTarget } from './sections.ts'
import type { ShortTermCredentials } from '../model/credentials.ts'
import { formatExpiration } from '../model/expiration.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { TextDefect } from '../model/failure.ts'

/** Takes out of a profile's section what login put there, so that the file is what it was. */

/** What logout does: nothing of ours was there; only marks and a dead session token go; our keys go; or the section with them. */
export interface SessionRemovalPlan {
  readonly edits: readonly ByteEdit[]
  readonly removed: 'nothing' | 'marks' | 'keys' | 'section'
}

/**
 * Plans the edit that takes out of a profile's section what login wrote. The section itself goes if login made it and
 * nothing but login's keys stands in it (comments below them are taken for the next section's), and with it the blank line
 * and the line end that login added before it. Beside long-term credentials that somebody put there since, only login's
 * marks and a session token, which is dead there, go; beside another's session only the marks. A session that login did not
 * write is not touched.
 *
 * Throws FILE_MALFORMED where the place is not beyond doubt.
 */
export function planSessionRemoval(target: SectionTarget): SessionRemovalPlan {
  const place = locateSection(target)
  const ownership = classifySection(place?.body.entries)
  if (place === undefined || ownership.kind === 'absent') return { edits: [], removed: 'nothing' }
  const { text } = target.document
  const state = stateIn(place.body.entries)
  const isOurs = ownership.kind === 'ours'
  if (!isOurs && !ownership.marked) return { edits: [], removed: 'nothing' }
  if (isOurs || ownership.kind === 'empty') {
    if (state !== undefined && holdsNothingElse(text, place, state))
      return { edits: withoutAddedLineEnd(text, [wholeSection(text, place, state)], state), removed: 'section' }
    return { edits: removalOf(text, place, (entry) => isManagedKey(entry.key)), removed: isOurs ? 'keys' : 'marks' }
  }
  const isDeadToken = (key: string) =>
    ownership.kind === 'long-term' && ownership.accessKeyId?.startsWith('AKIA') === true && key === 'aws_session_token'
  return { edits: removalOf(text, place, (entry) => isMark(entry) || isDeadToken(entry.key)), removed: 'marks' }
}

function removalOf(text: string, { body }: SectionPlace, isGoing: (entry: IniEntry) => boolean): readonly ByteEdit[] {
  return withoutAddedLineEnd(text, body.entries.filter(isGoing).flatMap(removalsOf), stateIn(body.entries))
}

/** `expiration` in another form than ours was written by somebody else since. */
function isMark({ key, value }: IniEntry): boolean {
  return (
    key === 'awsmfa_state' ||
    (key === 'manager' && value === MANAGER) ||
    (key === 'expiration' && hasOwnExpirationForm(value))
  )
}

function holdsNothingElse(text: string, { section, body }: SectionPlace, state: SessionState): boolean {
  const header = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const end = endOfKeys(body.entries)
  return (
    state.madeSection &&
    header === `[${section.name}]` &&
    body.strays.length === 0 &&
    body.entries.every(({ key }) => isManagedKey(key)) &&
    body.comments.every(({ start }) => start >= end)
  )
}

function wholeSection(text: string, { section, body }: SectionPlace, state: SessionState): ByteEdit {
  const lineEnd = lineEndAt(text, section.start) ?? ''
  const before = text.slice(0, section.start)
  const above = before.slice(0, before.length - lineEnd.length)
  const hasBlankLine = state.addedBlankLine && lineEnd !== '' && before.endsWith(lineEnd) && endsAnyLine(above, lineEnd)
  const offset = hasBlankLine ? above.length : section.start
  return { offset, length: endOfKeys(body.entries) - offset, content: '' }
}

/** A CR before an LF that we look at is half of a line end, and no end of the line above. */
function endsAnyLine(above: string, lineEnd: string): boolean {
  return /(?:^|\n|^\xef\xbb\xbf)$/.test(above.slice(-4)) || (lineEnd === '\r\n' && above.endsWith('\r'))
}

function endOfKeys(entries: readonly IniEntry[]): number {
  return Math.max(...entries.map((entry) => entry.continuations.at(-1) ?? entry).map(({ end }) => end))
}

/**
 * Adds the removal of the line end that login gave to the line above, where the removals reach the end of the file and that
 * line is the same again. With anything after it, the line end is needed.
 */
function withoutAddedLineEnd(
  text: string,
  removals: readonly ByteEdit[],
  state: SessionState | undefined,
): readonly ByteEdit[] {
  let tail = text.length
  for (const { offset, length } of removals.toSorted((a, b) => b.offset - a.offset))
    if (offset + length === tail) tail = offset
  if (state?.endedLine === undefined || tail === text.length) return removals
  const lineEnd = lineEndAt(text, tail) ?? ''
  const above = text.slice(0, tail - lineEnd.length)
  if (lineEnd === '' || !text.slice(0, tail).endsWith(lineEnd) || lineChecksum(lastLineOf(above)) !== state.endedLine)
    return removals
  return [...removals, { offset: above.length, length: lineEnd.length, content: '' }]
}

/** Puts a session into a profile's section of the credentials file, and touches nothing else there. */

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

function sessionValues(
  { credentials, requestHash }: Pick<SessionWrite, 'credentials' | 'requestHash'>,
  layout: Layout,
): Values {
  return {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    aws_session_token: credentials.sessionToken,
    expiration: expirationValue(credentials.expiration),
    manager: MANAGER,
    awsmfa_state: formatStateValue({ ...layout, accessKeyId: credentials.accessKeyId, requestHash }),
  }
}

function assertNoLongTermCredentials(
  { document, path, profile }: SectionTarget,
  { section, body }: SectionPlace,
): void {
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
  const values = sessionValues(
    write,
    stateIn(body.entries) ?? {
      madeSection: false,
      addedBlankLine: false,
      endedLine: endedLineAt(text, point, standing.size),
    },
  )
  const delimiter = delimiterOf(write.document, section)
  const edits: ByteEdit[] = []
  const missing: string[] = []
  for (const key of MANAGED_KEYS) {
    const entry = standing.get(key)
    if (entry === undefined) missing.push(`${key}${delimiter}${values[key]}${lineEnd}`)
    else edits.push(...valueEdits(entry, values[key], delimiter))
  }
  if (missing.length > 0)
    edits.push({ offset: point.offset, length: 0, content: `${point.needsLineEnd ? lineEnd : ''}${missing.join('')}` })
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
function stateIn(entries: readonly IniEntry[]): SessionState | undefined {
  return parseStateValue(entries.findLast(({ key }) => key === 'awsmfa_state')?.value ?? '')
}

/** An indented mark of another tool may be part of the value above it, so it stays; it is no credential. */
function isDead(entry: IniEntry): boolean {
  return isManaged(entry.key) || entry.key === LEGACY_TOKEN_KEY || (isForeignMark(entry.key) && !entry.isIndented)
}

function firstOfEachKey(entries: readonly IniEntry[]): ReadonlyMap<string, IniEntry> {
  return new Map(
    entries
      .filter(({ key }) => isManaged(key))
      .toReversed()
      .map((entry) => [entry.key, entry]),
  )
}

function isManaged(key: string): key is ManagedKey {
  return MANAGED_KEYS.some((managed) => managed === key)
}

function valueEdits(entry: IniEntry, value: string, delimiter: string): readonly ByteEdit[] {
  const further = entry.continuations.map(({ start, end }) => ({ offset: start, length: end - start, content: '' }))
  const isPortable = entry.writtenKey === entry.key && entry.delimiter === '=' && entry.value !== ''
  if (isPortable && entry.value === value) return further
  if (isPortable)
    return [{ offset: entry.valueStart, length: entry.valueEnd - entry.valueStart, content: value }, ...further]
  return [
    { offset: entry.start, length: entry.contentEnd - entry.start, content: `${entry.key}${delimiter}${value}` },
    ...further,
  ]
}

/**
 * After the last managed key; else right after the header, unless a line that is no comment follows there indented: botocore
 * would take it for part of what we write. Then before the first that is not, else at the section's end.
 */
function insertionPoint(text: string, { section, body }: SectionPlace, standing: readonly IniEntry[]): InsertionPoint {
  const ends = standing.map((entry) => entry.continuations.at(-1) ?? entry).map(({ end }) => end)
  if (ends.length > 0) return pointAt(text, Math.max(...ends))
  const contentLines = [...body.entries.flatMap((entry) => [entry, ...entry.continuations]), ...body.strays].toSorted(
    (a, b) => a.start - b.start,
  )
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
  return new AwsmfaError({
    code: 'TEXT_REFUSED',
    what: `${what} that STS gave`,
    text: '',
    defect,
    origin: { kind: 'default' },
  })
}
