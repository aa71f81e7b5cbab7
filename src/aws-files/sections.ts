import { encodeUtf8 } from './edit.ts'
import type { ByteEdit } from './edit.ts'
import { leadingBlanks, lineAt, lowerAscii, parseSection, readIniDocument, trimBlanks } from './ini-document.ts'
import type { IniBody, IniDocument, IniEntry, IniLine, IniSection } from './ini-document.ts'
import { delimiterOf, endsLine, endsWithBlankLine, lineEndAt, lineEndOf, separatesSections } from './lines.ts'
import { isManagedKey } from './ownership.ts'
import { configSectionsOf, sectionsNamed } from './profiles.ts'
import type { SharedSnapshots } from './profiles.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, TextDefect } from '../model/failure.ts'
import type { Origin, SharedFileName } from '../model/origin.ts'

/** Which profile names may reach a section header. */

/**
 * Throws TEXT_REFUSED for a name that must never reach a section header, be the section there or not: empty, with control
 * characters or line ends, with `]`, with blanks at an end, and names that some tool does not take for a name: `DEFAULT`
 * (configparser gives its keys to every profile), `__proto__` (the JavaScript loader gives the whole file up),
 * `profile …` (what config puts before a name; only .NET reads it in the credentials file).
 */
export function assertProfileName(name: string, origin: Origin): void {
  refuseIf(defectOf(name), name, origin)
}

/**
 * Throws TEXT_REFUSED like `assertProfileName`, and for a name with `#`, `;` or `[`, with which a new section would make Rust
 * and Java tools give the whole file up. A section that has such a name already may be edited. Blanks inside, quotes and
 * letters beyond ASCII are allowed, though not every tool finds such a profile.
 */
export function assertNewProfileName(name: string, origin: Origin): void {
  refuseIf(defectOf(name) ?? (/[#;[]/.test(name) ? 'alphabet' : undefined), name, origin)
}

function refuseIf(defect: TextDefect | undefined, name: string, origin: Origin): void {
  if (defect !== undefined)
    throw new AwsmfaError({ code: 'TEXT_REFUSED', what: 'profile name', text: name, defect, origin })
}

function defectOf(name: string): TextDefect | undefined {
  if (name === '') return 'empty'
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'control-character'
  if (name.includes(']')) return 'closing-bracket'
  if (name.trim() !== name) return 'outer-space'
  if (/\p{Cs}/u.test(name)) return 'alphabet'
  if (name === 'DEFAULT' || name === '__proto__' || /^profile\s/.test(name)) return 'reserved-name'
  return undefined
}

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
function placeAmong(
  candidates: readonly IniSection[],
  target: SectionTarget,
  isEdited: (key: string) => boolean,
): SectionPlace | undefined {
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

function assertKeys(
  text: string,
  entries: readonly IniEntry[],
  isEdited: (key: string) => boolean,
  refuse: Refuse,
): void {
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

/** Edits of single lines in a section of a shared file, each as a value; everything else stays as it is. */

/** One of the shared files, read. `path` is for messages alone. */
export interface SharedDocument {
  readonly name: SharedFileName
  readonly document: IniDocument
  readonly path: string
}

/** Both files. */
export type SharedDocuments = Readonly<Record<SharedFileName, SharedDocument>>

/** Reads both files. Never throws. */
export function readShared({ credentials, config }: SharedSnapshots): SharedDocuments {
  return {
    credentials: { name: 'credentials', document: readIniDocument(credentials.text), path: credentials.path },
    config: { name: 'config', document: readIniDocument(config.text), path: config.path },
  }
}

/** Gives where both files are. */
export function pathsOf({
  credentials,
  config,
}: Readonly<Record<SharedFileName, { readonly path: string }>>): Readonly<Record<SharedFileName, string>> {
  return { credentials: credentials.path, config: config.path }
}

/** A key and its value, as byte strings. */
export interface KeyValue {
  readonly key: string
  readonly value: string
}

/**
 * Finds a profile's section in one of the files, for an edit of these keys; undefined: there is none. Throws FILE_MALFORMED
 * where the place is not beyond doubt.
 */
export function findPlace(
  { name, document, path }: SharedDocument,
  profile: string,
  keys: readonly string[],
): SectionPlace | undefined {
  const isEdited = (key: string): boolean => keys.includes(key)
  if (name === 'credentials') return placeAmong(sectionsNamed(document, profile), { document, path, profile }, isEdited)
  return placeAmong(
    configSectionsOf(document, profile),
    { document, path, profile: configSectionName(profile) },
    isEdited,
  )
}

/**
 * What stands between the brackets of a new section of config. A name with blanks or quotes stands in quotes, since botocore
 * reads it as a shell would (configloader.py › build_profile_map).
 */
export function configSectionName(profile: string): string {
  if (profile === 'default') return profile
  if (!/[ \t'"]/.test(profile)) return `profile ${profile}`
  return profile.includes('"') ? `profile '${profile}'` : `profile "${profile}"`
}

/** Gives a section of the credentials file another name; padding and comments in its header stay. */
export function renameSection({ text }: IniDocument, { section }: SectionPlace, name: string): ByteEdit {
  const inner = text.indexOf('[', section.start) + 1
  const offset = inner + leadingBlanks(text.slice(inner, section.bodyStart))
  return { offset, length: section.name.length, content: encodeUtf8(name) }
}

/** Gives a key another name; its value stays. */
export function renameKey(document: IniDocument, entry: IniEntry, key: string): ByteEdit {
  const indent = leadingBlanks(document.text.slice(entry.start, entry.contentEnd))
  return { offset: entry.start + indent, length: entry.writtenKey.length, content: key }
}

/** Gives the value of a key as a byte string, its further lines after `\n`, each without the blanks at its ends. */
export function wholeValue(text: string, entry: IniEntry): string {
  return [
    entry.value,
    ...entry.continuations.map(({ start, contentEnd }) => trimBlanks(text.slice(start, contentEnd))),
  ].join('\n')
}

/** Gives a key another value, in place of all its lines. */
export function replaceValue(
  document: IniDocument,
  place: SectionPlace,
  entry: IniEntry,
  value: string,
): readonly ByteEdit[] {
  const further = entry.continuations.map(({ start, end }) => ({ offset: start, length: end - start, content: '' }))
  if (entry.value !== '')
    return [
      { offset: entry.valueStart, length: entry.valueEnd - entry.valueStart, content: value.replaceAll('\n', '\n  ') },
      ...further,
    ]
  const line = `${entry.writtenKey}${delimiterOf(document, place.section)}${value}`
  return [{ offset: entry.start, length: entry.contentEnd - entry.start, content: line }, ...further]
}

/** Puts keys behind the last one of a section, else right after its header. Values may have further lines, after `\n`. */
export function insertKeys(document: IniDocument, place: SectionPlace, keys: readonly KeyValue[]): ByteEdit {
  const { text } = document
  const { section, body } = place
  const last = body.entries.at(-1)
  const offset = last === undefined ? section.bodyStart : (last.continuations.at(-1) ?? last).end
  const found = lineEndAt(text, section.start)
  const lineEnd = found === undefined ? lineEndOf(text) : found === '\r' ? '\r\n' : found
  const needsLineEnd = !/[\r\n]/.test(text.charAt(offset - 1))
  return {
    offset,
    length: 0,
    content: (needsLineEnd ? lineEnd : '') + linesOf(keys, delimiterOf(document, section), lineEnd),
  }
}

/** Puts a new section at the end of a file, in the file's own style. `name` is what stands between the brackets. */
export function appendSection(document: IniDocument, name: string, keys: readonly KeyValue[]): ByteEdit {
  const { text } = document
  const lineEnd = lineEndOf(text)
  const added = endsLine(text) ? '' : lineEnd
  const isApart = text !== '' && separatesSections(document) && !endsWithBlankLine(text.slice(-1024) + added)
  const content = `${added}${isApart ? lineEnd : ''}[${encodeUtf8(name)}]${lineEnd}${linesOf(keys, delimiterOf(document, undefined), lineEnd)}`
  return { offset: text.length, length: 0, content }
}

function linesOf(keys: readonly KeyValue[], delimiter: string, lineEnd: string): string {
  return keys
    .map(
      ({ key, value }) =>
        `${key}${value.startsWith('\n') ? delimiter.replace(/ $/, '') : delimiter}${value.replaceAll('\n', `${lineEnd}  `)}${lineEnd}`,
    )
    .join('')
}
