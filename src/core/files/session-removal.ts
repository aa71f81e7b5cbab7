/** Takes out of a profile's section what login put there, so that the file is what it was. */
import { hasOwnExpirationForm } from '../sessions/expiration-markers.ts'
import type { ByteEdit } from './byte-edit.ts'
import { lastLineOf, lineEndAt } from './file-style.ts'
import type { IniEntry } from './ini-document.ts'
import { isManagedKey, MANAGER } from './managed-keys.ts'
import { classifySection } from './ownership.ts'
import { locateSection } from './section-place.ts'
import type { SectionPlace, SectionTarget } from './section-place.ts'
import { removalsOf, stateIn } from './session-section.ts'
import { lineChecksum } from './state-value.ts'
import type { SessionState } from './state-value.ts'

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
    if (state !== undefined && holdsNothingElse(text, place, state)) return { edits: withoutAddedLineEnd(text, [wholeSection(text, place, state)], state), removed: 'section' }
    return { edits: removalOf(text, place, (entry) => isManagedKey(entry.key)), removed: isOurs ? 'keys' : 'marks' }
  }
  const isDeadToken = (key: string) => ownership.kind === 'long-term' && ownership.accessKeyId?.startsWith('AKIA') === true && key === 'aws_session_token'
  return { edits: removalOf(text, place, (entry) => isMark(entry) || isDeadToken(entry.key)), removed: 'marks' }
}

function removalOf(text: string, { body }: SectionPlace, isGoing: (entry: IniEntry) => boolean): readonly ByteEdit[] {
  return withoutAddedLineEnd(text, body.entries.filter(isGoing).flatMap(removalsOf), stateIn(body.entries))
}

/** `expiration` in another form than ours was written by somebody else since. */
function isMark({ key, value }: IniEntry): boolean {
  return key === 'awsmfa_state' || (key === 'manager' && value === MANAGER) || (key === 'expiration' && hasOwnExpirationForm(value))
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
function withoutAddedLineEnd(text: string, removals: readonly ByteEdit[], state: SessionState | undefined): readonly ByteEdit[] {
  let tail = text.length
  for (const { offset, length } of removals.toSorted((a, b) => b.offset - a.offset)) if (offset + length === tail) tail = offset
  if (state?.endedLine === undefined || tail === text.length) return removals
  const lineEnd = lineEndAt(text, tail) ?? ''
  const above = text.slice(0, tail - lineEnd.length)
  if (lineEnd === '' || !text.slice(0, tail).endsWith(lineEnd) || lineChecksum(lastLineOf(above)) !== state.endedLine) return removals
  return [...removals, { offset: above.length, length: lineEnd.length, content: '' }]
}
