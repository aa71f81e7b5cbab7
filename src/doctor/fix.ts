/**
 * Plans what `doctor --fix` changes in the two files. A fix changes how something is written, never what a tool that
 * read it before took it for. Each round fixes what the one before left, so that nothing fixable remains.
 */
import { BYTE_ORDER_MARK, applyEdits, leadingBlanks, trimBlanks } from '../aws-files/ini-document.ts'
import type { ByteEdit, IniEntry, IniLine } from '../aws-files/ini-document.ts'
import { editsBetween } from '../aws-files/lines.ts'
import { LEGACY_TOKEN_KEY } from '../aws-files/ownership.ts'
import { lineEndOf, removeKey } from '../aws-files/sections.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import { checkKeyPairs, checkSecurityToken, checkSession } from './check-credentials.ts'
import { checkDuplicateSections, checkHeaders } from './check-headers.ts'
import { checkBytes, checkIndentedComments, checkKeys } from './check-syntax.ts'
import { examine, examineFile, examineFiles } from './examination.ts'
import type { ExaminedFile, ExaminedSection, InputFiles, Machine } from './examination.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { SharedFileName } from '../model/profile.ts'

/**
 * A round fixes all faults that do not touch each other, and none returns, so few are needed; the limit is for bugs.
 */
const MAXIMUM_ROUNDS = 1_000

type IsWanted = (found: Finding) => boolean

/** Returns the edits that fix what is wanted of both files. Never throws: what is in doubt stays as it is. */
export function planFixes(
  files: InputFiles,
  machine: Machine,
  isWanted: IsWanted = () => true,
): Readonly<Record<SharedFileName, readonly ByteEdit[]>> {
  const isFixed = (found: Finding): boolean => found.isFixable && isWanted(found)
  const examined = examineFiles(files)
  const config = fixSyntax(examined.config, isFixed)
  const fixed = { ...files, config: { ...files.config, text: config } }
  const credentials = fixSessions(fixSyntax(examined.credentials, isFixed), fixed, machine, isFixed)
  return {
    credentials: editsBetween(files.credentials.text, credentials),
    config: editsBetween(files.config.text, config),
  }
}

const FIXABLE_CHECKS = [checkBytes, checkDuplicateSections, checkHeaders, checkKeys, checkIndentedComments]

function fixSyntax(file: ExaminedFile, isFixed: IsWanted): string {
  return fixRepeatedly(file.text, (text) => {
    const examined = examineFile(file.name, { ...file, text }, file.identifiedElsewhere)
    const findings = FIXABLE_CHECKS.flatMap((check) => check(examined)).filter(isFixed)
    return editsFor(findings, examined, ({ code }, place) =>
      code === 'byte-order-mark'
        ? [replace(0, BYTE_ORDER_MARK.length)]
        : ((place && SYNTAX_FIXES[code]?.(place)) ?? []),
    )
  })
}

/** Fixes what login left without its session, and the old token beside a session. */
function fixSessions(credentials: string, files: InputFiles, machine: Machine, isFixed: IsWanted): string {
  return fixRepeatedly(credentials, (text) => {
    const examination = examine({ ...files, credentials: { ...files.credentials, text } }, machine)
    const { profiles } = examination
    const findings = profiles.names().flatMap((name) => {
      const profile = profiles.find(name)
      return profile === undefined
        ? []
        : [checkKeyPairs, checkSecurityToken, checkSession].flatMap((check) => check(profile, examination))
    })
    const file = examination.files.credentials
    return editsFor(findings.filter(isFixed), file, (found, place) => sessionEdits(file, found, place))
  })
}

function fixRepeatedly(text: string, plan: (text: string) => readonly ByteEdit[]): string {
  let fixed = text
  for (let rounds = MAXIMUM_ROUNDS; rounds > 0; rounds--) {
    const edits = plan(fixed)
    if (edits.length === 0) return fixed
    fixed = applyEdits(fixed, edits)
  }
  return fixed
}

/** What is in the line of a finding: a header, unless there is an entry or a comment. */
interface FixPlace {
  readonly file: ExaminedFile
  readonly own: ExaminedSection
  readonly entry?: IniEntry
  readonly comment?: IniLine
}

/** The edits of all findings, without those that overlap an earlier one: the next round plans them again. */
function editsFor(
  findings: readonly Finding[],
  file: ExaminedFile,
  fix: (found: Finding, place: FixPlace | undefined) => readonly ByteEdit[],
): readonly ByteEdit[] {
  if (findings.length === 0) return []
  const places = placesIn(file)
  const groups = findings
    .map((found) => fix(found, places.get(found.line ?? 0)))
    .filter((edits) => edits.length > 0)
    .map((edits) => ({
      edits,
      start: edits.reduce((least, { offset }) => Math.min(least, offset), Infinity),
      end: edits.reduce((most, { offset, length }) => Math.max(most, offset + length), 0),
    }))
    .toSorted((left, right) => left.start - right.start)
  let [lastStart, lastEnd] = [-1, 0]
  return groups.flatMap(({ edits, start, end }) => {
    if (start < lastEnd || start === lastStart) return []
    lastStart = start
    lastEnd = end
    return edits
  })
}

/** What is in each line, by its number. */
function placesIn(file: ExaminedFile): ReadonlyMap<number, FixPlace> {
  const places = new Map<number, FixPlace>()
  for (const own of file.sections) {
    places.set(file.lineAt(own.section.start), { file, own })
    for (const entry of own.body.entries) places.set(file.lineAt(entry.start), { file, own, entry })
    for (const comment of own.body.comments) places.set(file.lineAt(comment.start), { file, own, comment })
  }
  return places
}

const SYNTAX_FIXES: Readonly<Partial<Record<FindingCode, (place: FixPlace) => readonly ByteEdit[]>>> = {
  'duplicate-section': ({ own }) => [replace(own.section.start, endOfKeys(own))],
  'duplicate-key': ofEntry(removeKey),
  'profile-prefix-in-credentials': rewriteHeader,
  'padded-header': rewriteHeader,
  'quoted-header': rewriteHeader,
  'comment-after-header': moveHeaderComment,
  'upper-case-key': ofEntry(({ start, writtenKey, key }, text) => {
    const keyStart = start + indentAt(text, start)
    return [replace(keyStart, keyStart + writtenKey.length, key)]
  }),
  'colon-delimiter': ofEntry(({ start }, text) => [
    replace(text.indexOf(':', start), text.indexOf(':', start) + 1, '='),
  ]),
  'inline-comment': ofEntry(moveComment),
  'quoted-value': ofEntry(({ valueStart, valueEnd, value }) => [
    replace(valueStart, valueEnd, trimBlanks(value.slice(1, -1))),
  ]),
  'first-key-indented': ({ file, own: { body } }) =>
    [...body.entries, ...body.comments].flatMap(({ start }) => outdent(start, file.text)),
  'indented-comment': ({ file, comment }) => (comment === undefined ? [] : outdent(comment.start, file.text)),
}

function ofEntry(
  fix: (entry: IniEntry, text: string) => readonly ByteEdit[],
): (place: FixPlace) => readonly ByteEdit[] {
  return ({ file, entry }) => (entry === undefined ? [] : fix(entry, file.text))
}

function replace(start: number, end: number, content = ''): ByteEdit {
  return { offset: start, length: end - start, content }
}

function outdent(start: number, text: string): readonly ByteEdit[] {
  const indent = indentAt(text, start)
  return indent === 0 ? [] : [replace(start, start + indent)]
}

function indentAt(text: string, start: number): number {
  return leadingBlanks(text.slice(start, start + 1000))
}

/** Empty lines after the keys stay: they separate the next section. */
function endOfKeys({ section, body }: ExaminedSection): number {
  const last = body.entries.at(-1)
  return last === undefined ? section.bodyStart : (last.continuations.at(-1) ?? last).end
}

/** Writes a header as every tool reads it; the text after the bracket stays. */
function rewriteHeader({ file, own: { section, header } }: FixPlace): readonly ByteEdit[] {
  if (header.profile === undefined) return []
  const open = file.text.indexOf('[', section.start) + 1
  const close = file.text.indexOf(']', open)
  const written = file.text.slice(open, close)
  const profile = trimBlanks(written)
    .replace(/^profile[ \t\v\f]+/, '')
    .replace(/^(["'])([A-Za-z0-9_\-/.%@:+]+)\1$/, '$2')
  const name = file.name === 'config' && header.isPrefixed ? `profile ${profile}` : profile
  return name === written ? [] : [replace(open, close, name)]
}

/** Moves the comment after a header to a line above it. */
function moveHeaderComment({ file: { text }, own: { section } }: FixPlace): readonly ByteEdit[] {
  const header = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const close = header.indexOf(']') + 1
  return [
    replace(section.start, section.start, trimBlanks(header.slice(close)) + lineEndOf(text)),
    replace(section.start + close, section.start + header.length),
  ]
}

/** Moves the comment after a value to a line above it. */
function moveComment({ start, value, valueStart, valueEnd }: IniEntry, text: string): readonly ByteEdit[] {
  const at = value.search(/[ \t]+[#;]/)
  if (at === -1) return []
  return [replace(start, start, trimBlanks(value.slice(at)) + lineEndOf(text)), replace(valueStart + at, valueEnd)]
}

function sessionEdits(
  file: ExaminedFile,
  { code, profile }: Finding,
  place: FixPlace | undefined,
): readonly ByteEdit[] {
  if (code === 'security-token-first') return place?.entry?.key === LEGACY_TOKEN_KEY ? removeKey(place.entry) : []
  if (profile === undefined || (code !== 'leftover-marks' && code !== 'token-beside-long-term-keys')) return []
  try {
    return planSessionRemoval({ document: file.document, path: file.path, profile }).edits
  } catch {
    // The section is ambiguous, as another finding says.
    return []
  }
}
