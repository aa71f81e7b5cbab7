/**
 * Plans an undo in files that others may have changed since. Changed lines are searched one by one in the section of
 * the change; what others changed elsewhere stays. If a line is no longer what the change made of it, nothing is
 * undone. Pure.
 */
import { applyEdits, decodeUtf8, parseSection, readIniDocument } from '../aws-files/ini-document.ts'
import type { ByteEdit } from '../aws-files/ini-document.ts'
import {
  changesBetween,
  editsBetween,
  identityOf,
  isMeaningful,
  keyOf,
  matchLines,
  sectionedLines,
} from '../aws-files/lines.ts'
import type { LineChange, SectionedLine, TextLine } from '../aws-files/lines.ts'
import { classifySection, isManagedKey } from '../aws-files/ownership.ts'
import { sectionsNamed, withEdits } from '../aws-files/profiles.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { lineEndOf } from '../aws-files/sections.ts'
import type { ChangeRecord, RecordedFile } from './backups.ts'
import { heldBy, planKeySwap } from './keys-plan.ts'
import type { Rotation } from './rotation.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/profile.ts'

/** The edits of an undo; none if the change is no longer in the files, or never was. */
export interface UndoPlan {
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
  /** Profiles whose session is removed. */
  readonly signedOut: readonly string[]
}

/**
 * Plans the undo of a change. Throws UNDO_CONFLICT with the line if a changed line has been changed again, or if a
 * section is in the way of one that is restored.
 */
export function planUndo({ files }: ChangeRecord, snapshots: SharedSnapshots): UndoPlan {
  const credentials = snapshots.credentials.text
  const cleared = withoutRestoredNames(files.credentials, snapshots)
  return {
    edits: {
      credentials: editsBetween(credentials, revertFile(files.credentials, cleared.text, credentials)),
      config: editsBetween(
        snapshots.config.text,
        revertFile(files.config, snapshots.config.text, snapshots.config.text),
      ),
    },
    signedOut: cleared.signedOut,
  }
}

/** A rotation, and its old pair as far as awsmfa's state folder has it. */
export interface NotedRotation {
  readonly rotation: Rotation
  readonly oldPair: LongTermCredentials | undefined
}

/**
 * Returns the profile whose rotation is all that keeps a change from being undone, as `rotate` was told its name;
 * undefined if undoing a rotation does not help.
 */
export function findRotationInTheWay(
  record: ChangeRecord,
  snapshots: SharedSnapshots,
  rotations: readonly NotedRotation[],
): string | undefined {
  return rotations.find((each) => {
    const { profile, newKeyId, isOldDeleted } = each.rotation
    const held = newKeyId === undefined || isOldDeleted === true ? [] : heldBy(newKeyId, snapshots)
    if (profile === undefined || newKeyId === undefined || held.length === 0) return false
    // Where a store has the pair, the files have its id alone.
    const isInStores = held.every(({ kind }) => kind === 'stored')
    const oldPair =
      each.oldPair ?? (isInStores ? { accessKeyId: each.rotation.oldKeyId, secretAccessKey: '' } : undefined)
    if (oldPair === undefined) return false
    try {
      planUndo(record, withEdits(snapshots, planKeySwap(newKeyId, oldPair, snapshots)))
      return true
    } catch (error) {
      if (error instanceof AwsmfaError) return false
      throw error
    }
  })?.rotation.profile
}

/** Removes awsmfa's sessions from sections whose names the undo restores: both cannot be there. */
function withoutRestoredNames(
  { before, edits }: RecordedFile,
  { credentials: { text, path } }: SharedSnapshots,
): { readonly text: string; readonly signedOut: readonly string[] } {
  const namesIn = (each: string): readonly string[] =>
    readIniDocument(each).sections.map(({ name }) => decodeUtf8(name))
  const stayed = new Set(namesIn(applyEdits(before, edits)))
  const signedOut: string[] = []
  let cleared = text
  for (const profile of namesIn(before).filter((name) => !stayed.has(name))) {
    const document = readIniDocument(cleared)
    const [section] = sectionsNamed(document, profile)
    if (section === undefined || classifySection(parseSection(document, section).entries).kind !== 'ours') continue
    cleared = applyEdits(cleared, planSessionRemoval({ document, path, profile }).edits)
    signedOut.push(profile)
  }
  return { text: cleared, signedOut }
}

/** The state of reverting one file. Numbers are line indexes. */
interface Merge {
  readonly before: readonly SectionedLine[]
  readonly after: readonly SectionedLine[]
  readonly current: readonly SectionedLine[]
  /** For each line of `before` and `after`, its line in `current`. */
  readonly beforeNow: readonly (number | undefined)[]
  readonly afterNow: readonly (number | undefined)[]
  readonly changes: readonly LineChange[]
  readonly dropped: Set<number>
  /** Restored lines, by the line of `current` before which they are inserted. */
  readonly restored: Map<number, readonly SectionedLine[]>
  readonly refuse: (reason: 'changed' | 'in-the-way', section: string, line: number) => AwsmfaError
}

/** Returns one file without the change. `shown`: the file as it is, for line numbers in messages. */
function revertFile({ before, edits, path }: RecordedFile, current: string, shown: string): string {
  const made = applyEdits(before, edits)
  // Nothing has changed since: even a section that was there twice is restored.
  if (current === made) return before
  const texts = { before: sectionedLines(before), after: sectionedLines(made), current: sectionedLines(current) }
  const identities = {
    before: texts.before.map(identityOf),
    after: texts.after.map(identityOf),
    current: texts.current.map(identityOf),
  }
  const shownLines = matchLines(identities.current, sectionedLines(shown).map(identityOf))
  const merge: Merge = {
    ...texts,
    beforeNow: matchLines(identities.before, identities.current),
    afterNow: matchLines(identities.after, identities.current),
    changes: changesBetween(
      texts.before.map(({ content }) => content),
      texts.after.map(({ content }) => content),
    ),
    dropped: new Set(),
    restored: new Map(),
    refuse: (reason, section, line) => {
      const isSession =
        reason === 'changed' && isOfSession(texts.current[line]) && holdsOurSession(current, decodeUtf8(section))
      return new AwsmfaError({
        code: 'UNDO_CONFLICT',
        place: { path, line: (shownLines[line] ?? line) + 1 },
        section: decodeUtf8(section),
        reason: isSession ? 'signed-in' : reason,
      })
    },
  }
  const inPlace = merge.changes.filter((change) => isInPlace(change, merge))
  const removes = (change: LineChange): boolean => change.beforeEnd > change.beforeStart
  // A file is replaced whole: if no removal of the change is in it, no addition is, either.
  if (merge.changes.some(removes) && !inPlace.some(removes)) return current
  for (const change of inPlace) revertChange(change, merge)
  keepHeadersInUse(merge)
  assertNothingInTheWay(merge)
  return assembled(merge, lineEndOf(current))
}

function isOfSession(line: SectionedLine | undefined): boolean {
  const key = line === undefined ? undefined : keyOf(line)
  return key !== undefined && isManagedKey(key)
}

function holdsOurSession(text: string, name: string): boolean {
  const document = readIniDocument(text)
  return sectionsNamed(document, name).some(
    (section) => classifySection(parseSection(document, section).entries).kind === 'ours',
  )
}

/**
 * Returns whether a change is in the file: it may never have got there, or be reverted by hand. Added lines are checked
 * one by one.
 */
function isInPlace(
  { beforeStart, beforeEnd, afterStart, afterEnd }: LineChange,
  { beforeNow, afterNow }: Merge,
): boolean {
  if (beforeStart === beforeEnd) return true
  const isOldThere = beforeNow.slice(beforeStart, beforeEnd).every((line) => line !== undefined)
  const isNewThere = afterNow.slice(afterStart, afterEnd).some((line) => line !== undefined)
  return isNewThere || !isOldThere
}

function revertChange(change: LineChange, merge: Merge): void {
  const taken = merge.after.slice(change.afterStart, change.afterEnd)
  const returning = merge.before.slice(change.beforeStart, change.beforeEnd)
  if (returning.length === 0) removeAddedLines(change, merge)
  else if (taken.length === 0) restoreRemovedLines(returning, change, merge)
  else replace(returning, change, merge)
}

/** Removes lines that the change added. Throws if one has another value now. */
function removeAddedLines(
  { afterStart, afterEnd }: LineChange,
  { after, afterNow, current, dropped, refuse }: Merge,
): void {
  for (let index = afterStart; index < afterEnd; index++) {
    const [line, now] = [after[index], afterNow[index]]
    if (now !== undefined) dropped.add(now)
    const other = line === undefined || now !== undefined ? undefined : findKey(line, current)
    if (line !== undefined && other !== undefined) throw refuse('changed', line.section, other)
  }
}

/** Restores lines that the change removed, where they were; not if their whole section is gone. */
function restoreRemovedLines(returning: readonly SectionedLine[], change: LineChange, merge: Merge): void {
  const place = gapNow(change.afterStart, merge)
  if (place === undefined) return
  const { section } = place
  for (const line of returning) {
    const standing = findKey({ ...line, section }, merge.current)
    if (standing !== undefined && !merge.dropped.has(standing)) throw merge.refuse('changed', section, standing)
  }
  restore(place.line, returning, merge)
}

function replace(returning: readonly SectionedLine[], { afterStart, afterEnd }: LineChange, merge: Merge): void {
  const { after, afterNow, current, dropped, refuse } = merge
  const places: number[] = []
  for (let index = afterStart; index < afterEnd; index++) {
    const [line, now] = [after[index], afterNow[index]]
    if (now !== undefined) places.push(now)
    else if (line !== undefined)
      throw refuse(
        'changed',
        line.section,
        findKey(line, current) ??
          Math.max(
            0,
            current.findIndex(({ section }) => section === line.section),
          ),
      )
  }
  for (const place of places) dropped.add(place)
  restore(
    places.reduce((least, place) => Math.min(least, place), Infinity),
    returning,
    merge,
  )
}

function restore(line: number, returning: readonly SectionedLine[], { restored }: Merge): void {
  restored.set(line, [...(restored.get(line) ?? []), ...returning])
}

/**
 * Returns where a gap between two lines of the changed text is now: after the line above it in its section, or before
 * the next one.
 */
function gapNow(
  gap: number,
  { after, afterNow }: Merge,
): { readonly line: number; readonly section: string } | undefined {
  const section = after[gap - 1]?.section ?? ''
  for (let index = gap - 1; index >= 0 && after[index]?.section === section; index--) {
    const now = afterNow[index]
    if (now !== undefined) return { line: now + 1, section }
  }
  for (let index = gap; index < after.length && after[index]?.section === section; index++) {
    const now = afterNow[index]
    if (now !== undefined) return { line: now, section }
  }
  return after.length === 0 ? { line: 0, section } : undefined
}

function findKey(line: SectionedLine, current: readonly SectionedLine[]): number | undefined {
  const key = keyOf(line)
  const found =
    key === undefined ? -1 : current.findIndex((each) => each.section === line.section && keyOf(each) === key)
  return found === -1 ? undefined : found
}

/** Keeps the header of an added section if something else has been added under it. */
function keepHeadersInUse({ current, dropped, restored }: Merge): void {
  for (const index of [...dropped].filter((each) => current[each]?.isHeader === true && !restored.has(each))) {
    const next = current.findIndex(({ isHeader }, each) => each > index && isHeader)
    const rest = current.slice(index + 1, next === -1 ? undefined : next)
    if (!rest.some((line, offset) => isMeaningful(line) && !dropped.has(index + 1 + offset))) continue
    dropped.delete(index)
    for (let above = index - 1; above >= 0 && current[above]?.content === ''; above--) dropped.delete(above)
  }
}

function assertNothingInTheWay({ current, dropped, restored, refuse }: Merge): void {
  for (const { section } of [...restored.values()].flat().filter(({ isHeader }) => isHeader)) {
    const other = current.findIndex((each, index) => each.isHeader && each.section === section && !dropped.has(index))
    if (other !== -1) throw refuse('in-the-way', section, other)
  }
}

function assembled(merge: Merge, lineEnd: string): string {
  const { current, dropped, restored } = merge
  const ends = originalLineEnds(merge)
  const lines = current.flatMap((line, index) => [
    ...(restored.get(index) ?? []),
    ...(dropped.has(index) ? [] : [{ content: line.content, lineEnd: ends.get(index) ?? line.lineEnd }]),
  ])
  const all: readonly TextLine[] = [...lines, ...(restored.get(current.length) ?? [])]
  return all
    .map((line, index) => line.content + (line.lineEnd === '' && index < all.length - 1 ? lineEnd : line.lineEnd))
    .join('')
}

/**
 * Returns the original line ends of lines to which the change gave another, as to the last line of a file, if they
 * still have it.
 */
function originalLineEnds({ before, after, current, afterNow, changes }: Merge): ReadonlyMap<number, string> {
  const ends = new Map<number, string>()
  let [index, shift, next] = [0, 0, 0]
  while (index < after.length) {
    const change = changes[next]
    if (change !== undefined && index >= change.afterStart) {
      index = change.afterEnd
      shift = change.beforeEnd - change.afterEnd
      next++
      continue
    }
    const now = afterNow[index]
    const [was, became] = [before[index + shift]?.lineEnd, after[index]?.lineEnd]
    if (now !== undefined && was !== undefined && was !== became && current[now]?.lineEnd === became) ends.set(now, was)
    index++
  }
  return ends
}
