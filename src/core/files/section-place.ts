/**
 * Where a profile's section of the credentials file is, beyond doubt or not at all. An edit may only be planned here; faults
 * elsewhere in the file stop nothing. What is refused is what two tools would place differently:
 *
 * - two sections of the name: botocore reads nothing at all, .NET the first, the others both;
 * - a header with text after it that is no comment, or whose comment holds a `]` (botocore takes the name up to the last one);
 * - an indented header, the target's own or the next, where a key stands above it: botocore takes it for part of that key's
 *   value, JavaScript and Go for a header. The next header also where no key stands above it yet, since login would put one;
 * - a line in the section that begins with `[` and is no header: what follows may have been meant for another section;
 * - a managed key on an indented line: an own key for JavaScript, part of the value above it for botocore, nothing for Go;
 * - an indented line below a managed key that JavaScript would read as a key of its own;
 * - a NUL in the section, or a file in UTF-16.
 *
 * Several managed keys of one name are not refused: a write leaves one of them, a removal none.
 */
import { AwsmfaError } from '../failures.ts'
import type { Failure } from '../failures.ts'
import { decodeUtf8, encodeUtf8 } from './byte-text.ts'
import { findSections, leadingBlanks, lineAt, lowerAscii, parseSection, trimBlanks } from './ini-document.ts'
import type { IniBody, IniDocument, IniEntry, IniLine, IniSection } from './ini-document.ts'
import { isManagedKey } from './managed-keys.ts'

/** Which section is meant. */
export interface SectionTarget {
  /** The file: the credentials file, where nothing else is said. */
  readonly document: IniDocument
  /** Its path, for messages alone. */
  readonly path: string
  readonly profile: string
}

/** A section that may be edited. */
export interface SectionPlace {
  readonly section: IniSection
  readonly body: IniBody
}

type Defect = Extract<Failure, { readonly code: 'FILE_MALFORMED' }>['defect']
type Refuse = (defect: Defect, offset: number, otherOffset?: number) => AwsmfaError

/**
 * Finds a profile's section in the credentials file; undefined: there is none. Throws FILE_MALFORMED with the line where the
 * place is in doubt, as this file's head tells.
 */
export function locateSection(target: SectionTarget): SectionPlace | undefined {
  return placeAmong(sectionsNamed(target.document, target.profile), target, isManagedKey)
}

/**
 * The same for the sections of either file that make a profile, and an edit of the keys for which `isEdited` holds (given in
 * lower case).
 */
export function placeAmong(candidates: readonly IniSection[], target: SectionTarget, isEdited: (key: string) => boolean): SectionPlace | undefined {
  const { document } = target
  const refuse = refusalFor(target)
  if (/^(?:\xff\xfe|\xfe\xff)/.test(document.text)) throw refuse('nul', 0)
  const [section, second] = candidates
  if (section === undefined) return undefined
  if (second !== undefined) throw refuse('duplicate-section', second.start, section.start)
  assertHeader(document, section, refuse)
  assertNextHeader(document, section, refuse)
  if (document.text.slice(section.start, section.end).includes('\0')) throw refuse('nul', section.start)
  const body = parseSection(document, section)
  const continuations = body.entries.flatMap((entry) => entry.continuations)
  const bracket = [...body.strays, ...continuations].find((line) => opensBracket(document.text, line))
  if (bracket !== undefined) throw refuse('ambiguous-header', bracket.start)
  assertKeys(document.text, body.entries, isEdited, refuse)
  return { section, body }
}

/** Gives all sections of the credentials file that are named like a profile, in UTF-8 or latin-1. Never throws. */
export function sectionsNamed(document: IniDocument, profile: string): readonly IniSection[] {
  const bytes = encodeUtf8(profile)
  const sections = findSections(document, bytes)
  if (bytes === profile || decodeUtf8(profile) !== profile || /[^\0-\xff]/.test(profile)) return sections
  return [...sections, ...findSections(document, profile)].toSorted((a, b) => a.start - b.start)
}

function refusalFor({ document, path, profile }: SectionTarget): Refuse {
  return (defect, offset, otherOffset) =>
    new AwsmfaError({
      code: 'FILE_MALFORMED',
      place: { path, line: lineAt(document.text, offset) },
      defect,
      section: profile,
      ...(otherOffset === undefined ? {} : { otherLine: lineAt(document.text, otherOffset) }),
    })
}

function assertHeader(document: IniDocument, section: IniSection, refuse: Refuse): void {
  const header = document.text.slice(section.start, section.bodyStart)
  const rest = trimBlanks(header.slice(header.indexOf(']') + 1).replace(/[\r\n]+$/, ''))
  if (rest !== '' && (!/^[#;]/.test(rest) || rest.includes(']'))) throw refuse('ambiguous-header', section.start)
  if (!section.isIndented) return
  const index = document.sections.findIndex(({ start }) => start === section.start)
  const above = document.sections.slice(0, index).findLastIndex(({ isIndented }) => !isIndented)
  for (const earlier of document.sections.slice(Math.max(above, 0), index)) {
    const { entries, strays } = parseSection(document, earlier)
    if (entries.length + strays.length > 0) throw refuse('ambiguous-header', section.start)
  }
}

function assertNextHeader({ text }: IniDocument, { end }: IniSection, refuse: Refuse): void {
  if (leadingBlanks(text.slice(end, end + 1)) > 0) throw refuse('ambiguous-header', end)
}

function assertKeys(text: string, entries: readonly IniEntry[], isEdited: (key: string) => boolean, refuse: Refuse): void {
  for (const entry of entries) {
    const isManaged = isEdited(entry.key)
    if (isManaged && entry.isIndented) throw refuse('key-unplaceable', entry.start)
    for (const line of entry.continuations) {
      const key = keyForJavaScript(text.slice(line.start, line.contentEnd))
      if (key === undefined) continue
      if (isManaged || (entry.value !== '' && isEdited(key))) throw refuse('key-unplaceable', line.start)
    }
  }
}

/** The key that an indented line would be for a reader that does not look at indentation; base64 padding makes none. */
function keyForJavaScript(line: string): string | undefined {
  const match = /^([^=:]+)[=:][^=]/.exec(line)
  return match === null ? undefined : lowerAscii(trimBlanks(match[1] ?? ''))
}

function opensBracket(text: string, line: IniLine): boolean {
  return text.charAt(line.start + leadingBlanks(text.slice(line.start, line.contentEnd))) === '['
}
