import { applyEdits } from '../aws-files/edit.ts'
import type { ByteEdit } from '../aws-files/edit.ts'
import { BYTE_ORDER_MARK, leadingBlanks, trimBlanks } from '../aws-files/ini-document.ts'
import type { IniEntry, IniLine } from '../aws-files/ini-document.ts'
import { editsBetween } from '../aws-files/lines.ts'
import { LEGACY_TOKEN_KEY } from '../aws-files/ownership.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan } from '../aws-files/shared-files.ts'
import { lineEndOf, removeKey } from '../aws-files/sections.ts'
import { checkKeyPairs, checkSecurityToken, checkSession } from './check-credentials.ts'
import { checkDoubles, checkHeaders } from './check-headers.ts'
import { checkBytes, checkIndentedComments, checkKeys } from './check-spelling.ts'
import { bothTakenApart, examine, takenApart } from './examination.ts'
import type { ExaminedDocument, ExaminedFile, ExaminedSection, MachineFacts } from './examination.ts'
import type { Finding } from './finding.ts'
import { changeFiles } from '../layouts/change-files.ts'
import type { ChangeEffects, ChangeOutcome, ChangedFile, FileChange } from '../layouts/change-files.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/origin.ts'

/**
 * Mends in a shared file what is safe to mend: what is written differently afterwards and means what every tool that read it
 * took it for. One fault at a time: each mend is made in the text that the one before it left.
 */

/** Both files, as they are or as they would be. */
export type FileTexts = Readonly<Record<SharedFileName, string>>

/** A file whose sections and keys are found by their lines. */
interface LinedDocument extends ExaminedDocument {
  readonly sectionsOn: ReadonlyMap<number, readonly ExaminedSection[]>
  readonly entriesOn: ReadonlyMap<number, readonly IniEntry[]>
  /** The sections by the lines of their keys. */
  readonly bodiesOn: ReadonlyMap<number, readonly ExaminedSection[]>
  readonly commentsOn: ReadonlyMap<number, readonly IniLine[]>
}

type Mend = (file: LinedDocument, finding: Finding) => readonly ByteEdit[]

const MAXIMUM_TURNS = 1_000

/** Tells whether a finding is to be mended, where it can be. */
type IsWanted = (found: Finding) => boolean

/**
 * Gives the edits that mend both files, or what is wanted of it. Never throws: what is not beyond doubt is left as it is.
 * Mended again, nothing is left to mend.
 */
export function planMends(
  files: Readonly<Record<SharedFileName, ExaminedFile>>,
  machine: MachineFacts,
  isWanted: IsWanted = () => true,
): Readonly<Record<SharedFileName, readonly ByteEdit[]>> {
  const isMended = (found: Finding): boolean => found.isMendable && isWanted(found)
  const mended = mendSessions(mendSpelling(files, isMended), files, machine, isMended)
  return {
    credentials: editsBetween(files.credentials.text, mended.credentials),
    config: editsBetween(files.config.text, mended.config),
  }
}

function mendSpelling(files: Readonly<Record<SharedFileName, ExaminedFile>>, isMended: IsWanted): FileTexts {
  const { credentials, config } = bothTakenApart(files)
  const mend = ({ name, decidedElsewhere }: ExaminedDocument): string =>
    mendRepeatedly(files[name].text, (text) =>
      nextSpellingEdits(takenApart(name, { ...files[name], text }, decidedElsewhere), isMended),
    )
  return { credentials: mend(credentials), config: mend(config) }
}

/** Each turn mends all faults that do not touch each other, and none comes back, so that few turns are needed; the limit is for faults of ours. */
function mendRepeatedly(text: string, next: (text: string) => readonly ByteEdit[] | undefined): string {
  let mended = text
  for (let turns = MAXIMUM_TURNS; turns > 0; turns--) {
    const edits = next(mended)
    if (edits === undefined) return mended
    mended = applyEdits(mended, edits)
  }
  return mended
}

function nextSpellingEdits(file: ExaminedDocument, isMended: IsWanted): readonly ByteEdit[] | undefined {
  const mendable = [checkBytes, checkDoubles, checkHeaders, checkKeys, checkIndentedComments]
    .flatMap((check) => check(file))
    .filter(isMended)
  if (mendable.length === 0) return undefined
  const lined = withLines(file)
  const edits = apart(mendable, (found) => SPELLING_MENDS[found.code]?.(lined, found) ?? [])
  return edits.length > 0 ? edits : undefined
}

/** The edits of all findings, but for those whose place another's meets: they are made in the next turn. */
function apart(findings: readonly Finding[], mend: (found: Finding) => readonly ByteEdit[]): readonly ByteEdit[] {
  const places = findings.flatMap((found) => {
    const edits = mend(found)
    return edits.length === 0
      ? []
      : [
          {
            edits,
            start: Math.min(...edits.map(({ offset }) => offset)),
            end: Math.max(...edits.map(({ offset, length }) => offset + length)),
          },
        ]
  })
  let [lastStart, lastEnd] = [-1, 0]
  return places
    .toSorted((left, right) => left.start - right.start)
    .flatMap(({ edits, start, end }) => {
      if (start < lastEnd || start === lastStart) return []
      lastStart = start
      lastEnd = end
      return edits
    })
}

const SPELLING_MENDS: Readonly<Partial<Record<Finding['code'], Mend>>> = {
  'byte-order-mark': () => [{ offset: 0, length: BYTE_ORDER_MARK.length, content: '' }],
  'duplicate-section': (file, { line }) =>
    sectionsAt(file, line).map((own) => ({
      offset: own.section.start,
      length: endOfKeys(own) - own.section.start,
      content: '',
    })),
  'duplicate-key': (file, found) => entriesAt(file, found).flatMap(removeKey),
  'profile-prefix-in-credentials': renamedHeader,
  'padded-header': renamedHeader,
  'quoted-header': renamedHeader,
  'comment-after-header': movedHeaderComment,
  'upper-case-key': (file, found) =>
    entriesAt(file, found).map(({ start, writtenKey, key }) => ({
      offset: start + indentAt(file.text, start),
      length: writtenKey.length,
      content: key,
    })),
  'colon-delimiter': (file, found) =>
    entriesAt(file, found).map(({ start }) => ({ offset: file.text.indexOf(':', start), length: 1, content: '=' })),
  'inline-comment': movedComment,
  'quoted-value': (file, found) =>
    entriesAt(file, found).map(({ valueStart, valueEnd, value }) => ({
      offset: valueStart,
      length: valueEnd - valueStart,
      content: trimBlanks(value.slice(1, -1)),
    })),
  'first-key-indented': (file, { line }) =>
    (file.bodiesOn.get(line ?? 0) ?? [])
      .flatMap(({ body }) =>
        [...body.entries, ...body.comments].map(({ start }) => ({
          offset: start,
          length: indentAt(file.text, start),
          content: '',
        })),
      )
      .filter(({ length }) => length > 0),
  'indented-comment': (file, { line }) =>
    (file.commentsOn.get(line ?? 0) ?? []).map(({ start }) => ({
      offset: start,
      length: indentAt(file.text, start),
      content: '',
    })),
}

function withLines(file: ExaminedDocument): LinedDocument {
  // Each stands on a line of its own.
  const on = <T>(items: readonly (readonly [number, T])[]): ReadonlyMap<number, readonly T[]> =>
    new Map(items.map(([start, item]) => [file.lineAt(start), [item]]))
  return {
    ...file,
    sectionsOn: on(file.sections.map((own) => [own.section.start, own])),
    entriesOn: on(file.sections.flatMap(({ body }) => body.entries.map((entry) => [entry.start, entry] as const))),
    bodiesOn: on(file.sections.flatMap((own) => own.body.entries.map(({ start }) => [start, own] as const))),
    commentsOn: on(file.sections.flatMap(({ body }) => body.comments.map((line) => [line.start, line] as const))),
  }
}

function sectionsAt({ sectionsOn }: LinedDocument, line: number | undefined): readonly ExaminedSection[] {
  return sectionsOn.get(line ?? 0) ?? []
}

function entriesAt({ entriesOn }: LinedDocument, { line }: Finding): readonly IniEntry[] {
  return entriesOn.get(line ?? 0) ?? []
}

function indentAt(text: string, start: number): number {
  return leadingBlanks(text.slice(start, start + 1000))
}

/** Blank lines below the keys stay: they set the next section apart. */
function endOfKeys({ section, body }: ExaminedSection): number {
  const last = body.entries.at(-1)
  return last === undefined ? section.bodyStart : (last.continuations.at(-1) ?? last).end
}

/** The header in the form that every tool reads; what stands behind the bracket stays. */
function renamedHeader(file: LinedDocument, { line }: Finding): readonly ByteEdit[] {
  return sectionsAt(file, line).flatMap(({ section, header }) => {
    if (header.profile === undefined) return []
    const open = file.text.indexOf('[', section.start) + 1
    const bytes = file.text.slice(open, file.text.indexOf(']', open))
    const profile = trimBlanks(bytes)
      .replace(/^profile[ \t\v\f]+/, '')
      .replace(/^(["'])([A-Za-z0-9_\-/.%@:+]+)\1$/, '$2')
    const name = file.name === 'config' && header.isPrefixed ? `profile ${profile}` : profile
    return name === bytes ? [] : [{ offset: open, length: bytes.length, content: name }]
  })
}

function movedHeaderComment(file: LinedDocument, { line }: Finding): readonly ByteEdit[] {
  return sectionsAt(file, line).flatMap(({ section }) => {
    const header = file.text.slice(section.start, section.bodyStart)
    const close = header.indexOf(']') + 1
    const rest = trimBlanks(header.slice(close).replace(/[\r\n]+$/, ''))
    const length = header.replace(/[\r\n]+$/, '').length - close
    return [
      { offset: section.start, length: 0, content: rest + lineEndOf(file.text) },
      { offset: section.start + close, length, content: '' },
    ]
  })
}

function movedComment(file: LinedDocument, found: Finding): readonly ByteEdit[] {
  return entriesAt(file, found).flatMap(({ start, value, valueStart, valueEnd }) => {
    const at = value.search(/[ \t]+[#;]/)
    if (at === -1) return []
    return [
      { offset: start, length: 0, content: trimBlanks(value.slice(at)) + lineEndOf(file.text) },
      { offset: valueStart + at, length: valueEnd - valueStart - at, content: '' },
    ]
  })
}

/** What login left where its session is gone, and the old token beside one that is there. */
function mendSessions(
  texts: FileTexts,
  files: Readonly<Record<SharedFileName, ExaminedFile>>,
  machine: MachineFacts,
  isMended: IsWanted,
): FileTexts {
  const credentials = mendRepeatedly(texts.credentials, (text) => {
    const examination = examine(
      { credentials: { ...files.credentials, text }, config: { ...files.config, text: texts.config } },
      machine,
    )
    const { profiles } = examination
    const named = profiles
      .names()
      .map((name) => profiles.find(name))
      .filter((profile) => profile !== undefined)
    const findings = named.flatMap((profile) =>
      [checkKeyPairs, checkSecurityToken, checkSession].flatMap((check) => check({ profile, examination })),
    )
    const lined = withLines(examination.files.credentials)
    const edits = apart(findings.filter(isMended), (found) => sessionEdits(lined, found))
    return edits.length > 0 ? edits : undefined
  })
  return { ...texts, credentials }
}

function sessionEdits(file: LinedDocument, found: Finding): readonly ByteEdit[] {
  if (found.code === 'security-token-first')
    return entriesAt(file, found)
      .filter(({ key }) => key === LEGACY_TOKEN_KEY)
      .flatMap(removeKey)
  if (!['leftover-marks', 'token-beside-long-term-keys'].includes(found.code) || found.profile === undefined) return []
  try {
    return planSessionRemoval({ document: file.document, path: file.path, profile: found.profile }).edits
  } catch {
    // The place is in doubt, as another finding says: left as it is.
    return []
  }
}

/** `doctor --fix`: shows everything that it would do, asks once, and does it: the two files with a backup, then the rest. */

/** What is to be mended. */
export interface Mending {
  /** Plans the changes of the two files; asked again under their locks. */
  readonly plan: (snapshots: SharedSnapshots) => FilePlan<undefined>
  /** What is wrong besides the contents of the two files, and mendable. */
  readonly others: readonly Finding[]
  /** Shows changes of files and the other repairs; `again`: as for every change of the files. */
  readonly show: (files: readonly ChangedFile[], others: readonly Finding[], again: boolean) => void
  readonly question: string
  readonly consent: FileChange<undefined>['consent']
}

/** What mending needs besides changing files. Both throw FILE_NOT_WRITABLE. */
export interface MendEffects extends ChangeEffects {
  readonly makePrivate: (path: string) => void
  readonly removeDamaged: (path: string) => void
}

/** What was done. */
export interface MendOutcome extends Pick<ChangeOutcome<undefined>, 'kind' | 'warnings'> {
  /** The two files were changed, which undo takes back. */
  readonly hasFileChanges: boolean
}

/** Mends. Throws DECLINED, and what changing files throws; then nothing was done, unless the failure says otherwise. */
export async function mendHome(mending: Mending, effects: MendEffects): Promise<MendOutcome> {
  const { plan, others, show, question, consent } = mending
  const outcome = await changeFiles<undefined>(
    { plan, show: (files, again) => show(files, others, again), question, consent, keepsBackup: true },
    effects,
  )
  const { kind, warnings } = outcome
  if (kind === 'shown' || (kind === 'nothing' && others.length === 0)) return { kind, warnings, hasFileChanges: false }
  if (kind === 'nothing') {
    show([], others, false)
    if (consent === 'none') return { kind: 'shown', warnings, hasFileChanges: false }
    if (consent === 'asked') await ask(question, effects)
  }
  for (const { code, file } of others) {
    if (file === undefined) continue
    if (code === 'loose-permissions') effects.makePrivate(file)
    else effects.removeDamaged(file)
  }
  return { kind: 'changed', warnings, hasFileChanges: kind === 'changed' }
}

async function ask(question: string, { terminal, cancelled }: MendEffects): Promise<void> {
  const answer = await terminal.ask({ text: `${question} [y/N] `, wanted: 'consent' }, cancelled)
  if (!/^y(es)?$/i.test(answer)) throw new AwsmfaError({ code: 'DECLINED' })
}
