/**
 * Finds a profile's section, and edits single lines of it in the file's own style; each edit is a value.
 *
 * A section that two tools would place differently is refused (FILE_MALFORMED, with the line); faults elsewhere in the
 * file are not:
 *
 * - two sections of the name: botocore reads nothing at all, .NET the first, the others both;
 * - a header with text after it that is no comment, or whose comment holds a `]` (botocore takes the name up to the
 *   last one);
 * - an indented header, the target's own or the next, with a key above it: botocore takes it for part of that key's
 *   value, JavaScript and Go for a header. The next header also without a key above it, since login would add one;
 * - a line in the section that begins with `[` and is no header: what follows may have been meant for another section;
 * - an edited key on an indented line: an own key for JavaScript, part of the value above it for botocore, nothing for
 *   Go;
 * - an indented line below an edited key that JavaScript would read as a key of its own;
 * - a NUL in the section, or a file in UTF-16.
 *
 * Several edited keys of one name are not refused: a write leaves one of them, a removal none.
 */
import {
  BYTE_ORDER_MARK,
  applyEdits,
  encodeUtf8,
  leadingBlanks,
  linesBetween,
  lowerAscii,
  parseSection,
  readIniDocument,
  tailOf,
  trimBlanks,
} from './ini-document.ts'
import type { ByteEdit, IniBody, IniDocument, IniEntry, IniLine, IniSection } from './ini-document.ts'
import { isManagedKey } from './ownership.ts'
import { configSectionsOf, sectionsNamed } from './profiles.ts'
import type { SharedSnapshots } from './profiles.ts'
import { isRegionName } from '../aws/endpoints.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure, TextDefect } from '../model/failure.ts'
import type { Origin, ProfileView, SharedFileName } from '../model/profile.ts'

/** Which section is meant. */
export interface SectionTarget {
  readonly document: IniDocument
  /** The file's path, for messages alone. */
  readonly path: string
  readonly profile: string
}

/** A section that may be edited. */
export interface SectionPlace {
  readonly section: IniSection
  readonly body: IniBody
}

/** One of the shared files, read. `path` is for messages alone. */
export interface SharedDocument {
  readonly name: SharedFileName
  readonly document: IniDocument
  readonly path: string
}

export type SharedDocuments = Readonly<Record<SharedFileName, SharedDocument>>

/** A key and its value, as byte strings. Further lines of a value follow `\n`. */
export interface KeyValue {
  readonly key: string
  readonly value: string
}

type Refuse = (
  defect: Extract<Failure, { readonly code: 'FILE_MALFORMED' }>['defect'],
  offset: number,
  otherOffset?: number,
) => AwsmfaError

/** How much of the end of a file shows its style, in bytes: some sections, and no cost for a large file. */
const SAMPLE_LENGTH = 16_384

/** Reads both files. Never throws. */
export function readShared({ credentials, config }: SharedSnapshots): SharedDocuments {
  return {
    credentials: { name: 'credentials', document: readIniDocument(credentials.text), path: credentials.path },
    config: { name: 'config', document: readIniDocument(config.text), path: config.path },
  }
}

/** Returns a profile's section of the credentials file, for an edit of the keys that login writes; or undefined. */
export function locateSection(target: SectionTarget): SectionPlace | undefined {
  return placeAmong(sectionsNamed(target.document, target.profile), target, isManagedKey)
}

/** Returns a profile's section of either file, for an edit of these keys; undefined if there is none. */
export function findPlace(
  { name, document, path }: SharedDocument,
  profile: string,
  keys: readonly string[],
): SectionPlace | undefined {
  const isEdited = (key: string): boolean => keys.includes(key)
  if (name === 'credentials') return placeAmong(sectionsNamed(document, profile), { document, path, profile }, isEdited)
  const target = { document, path, profile: configSectionName(profile) }
  return placeAmong(configSectionsOf(document, profile), target, isEdited)
}

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
      place: { path, line: document.lineAt(offset) },
      defect,
      section: profile,
      ...(otherOffset === undefined ? {} : { otherLine: document.lineAt(otherOffset) }),
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

/**
 * Returns what goes between the brackets of a new section of config. A name with blanks or quotes is quoted, since
 * botocore reads it as a shell would (configloader.py › build_profile_map).
 */
export function configSectionName(profile: string): string {
  if (profile === 'default') return profile
  if (!/[ \t'"]/.test(profile)) return `profile ${profile}`
  return profile.includes('"') ? `profile '${profile}'` : `profile "${profile}"`
}

/** What leads to credentials, or belongs to them. */
const CREDENTIAL_KEYS =
  /^(?:aws_.*|credential_.*|.*source_profile|.*role_arn|role_session_name|external_id|.*mfa_.*|duration_seconds|web_identity_token_file|login_session|sso_.*|awsmfa_.*|vegas_.*|expiration|region)$/

/**
 * Returns the text of config with one more profile `name`: the settings of `profile`, its region, and nothing that
 * leads to credentials, so that SDKs look for them elsewhere. Never throws.
 */
export function addPlainProfile(
  document: IniDocument,
  profile: string,
  { name, region }: { readonly name: string; readonly region: string | undefined },
): string {
  const { text } = document
  const lines = configSectionsOf(document, profile)
    .flatMap((section) => parseSection(document, section).entries)
    .filter(({ key }) => !CREDENTIAL_KEYS.test(lowerAscii(key)))
    .map((entry) => [
      lowerAscii(entry.key),
      [entry, ...entry.continuations].map(({ start, contentEnd }) => `${text.slice(start, contentEnd)}\n`).join(''),
    ])
  const settings = Object.values(Object.fromEntries(lines) as Readonly<Record<string, string>>).join('')
  const start = withLastLineEnd(text)
  const regionLine = region !== undefined && isRegionName(region) ? `region = ${region}\n` : ''
  return `${start}[profile ${name}]\n${regionLine}${settings}`
}

/** Returns a text whose last line, if there is one, has an end. */
export function withLastLineEnd(text: string): string {
  return text === '' || /[\r\n]$/.test(text) ? text : `${text}\n`
}

/** Keys of credentials themselves, which config may hold as the credentials file does. */
const STATIC_KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'aws_security_token']

/**
 * Returns the text of config without keys and sessions, and with these lines in the sections of profiles, in place of
 * their own `credential_process`. A profile that SDKs do not see in config gets a section. Never throws.
 */
export function replaceCredentials(
  document: IniDocument,
  replacements: readonly { readonly profile: ProfileView; readonly lines: readonly KeyValue[] }[],
): string {
  const { text, sections } = document
  const keys = sections
    .flatMap((section) => parseSection(document, section).entries)
    .filter(({ key }) => STATIC_KEYS.includes(lowerAscii(key)))
  const inPlace = replacements.flatMap(({ profile, lines }) => {
    const places = placesSeen(document, profile)
    const [place] = places
    if (place === undefined) return []
    const old = places.flatMap(({ body }) => body.entries).filter(({ key }) => lowerAscii(key) === 'credential_process')
    return [...old.flatMap(removeKey), insertKeys(document, place, lines)]
  })
  const newSections = replacements
    .filter(({ profile }) => placesSeen(document, profile).length === 0)
    .map(({ profile, lines }) => appendSection(document, configSectionName(profile.name), lines))
  // Lines may be added at the end of the file too, and then come before the new sections.
  return applyEdits(text, [...keys.flatMap(removeKey), ...inPlace, ...newSections])
}

/** Returns the sections of config that SDKs see for a profile. */
function placesSeen(document: IniDocument, { name, configForm }: ProfileView): readonly SectionPlace[] {
  const sections = configForm === 'standard' ? configSectionsOf(document, name) : []
  return sections.map((section) => ({ section, body: parseSection(document, section) }))
}

/** Renames a section of the credentials file; padding and comments in its header stay. */
export function renameSection({ text }: IniDocument, { section }: SectionPlace, name: string): ByteEdit {
  const inner = text.indexOf('[', section.start) + 1
  const offset = inner + leadingBlanks(text.slice(inner, section.bodyStart))
  return { offset, length: section.name.length, content: encodeUtf8(name) }
}

/** Renames a key; its value stays. */
export function renameKey(document: IniDocument, entry: IniEntry, key: string): ByteEdit {
  const indent = leadingBlanks(document.text.slice(entry.start, entry.contentEnd))
  return { offset: entry.start + indent, length: entry.writtenKey.length, content: key }
}

/** Returns the value of a key as a byte string, its further lines after `\n`, each without the blanks at its ends. */
export function wholeValue(text: string, { value, continuations }: IniEntry): string {
  return [value, ...continuations.map((line) => trimBlanks(text.slice(line.start, line.contentEnd)))].join('\n')
}

/** Replaces the value of a key, in all its lines. */
export function replaceValue(
  document: IniDocument,
  place: SectionPlace,
  entry: IniEntry,
  value: string,
): readonly ByteEdit[] {
  const further = entry.continuations.map(removalOf)
  const { start, contentEnd, valueStart, valueEnd } = entry
  if (entry.value !== '')
    return [{ offset: valueStart, length: valueEnd - valueStart, content: value.replaceAll('\n', '\n  ') }, ...further]
  const line = `${entry.writtenKey}${delimiterOf(document, place.section)}${value}`
  return [{ offset: start, length: contentEnd - start, content: line }, ...further]
}

/** Removes a key: its line, and the indented lines that belong to it; comments between them stay. */
export function removeKey(entry: IniEntry): readonly ByteEdit[] {
  return [entry, ...entry.continuations].map(removalOf)
}

/** Removes a line. */
export function removalOf({ start, end }: Pick<IniLine, 'start' | 'end'>): ByteEdit {
  return { offset: start, length: end - start, content: '' }
}

/** Inserts keys after the last one of a section, else right after its header. */
export function insertKeys(
  document: IniDocument,
  { section, body }: SectionPlace,
  keys: readonly KeyValue[],
): ByteEdit {
  const last = body.entries.at(-1)
  const offset = last === undefined ? section.bodyStart : endOf(last)
  return insertLines(document, section, offset, keys)
}

/** Inserts keys at the beginning of a line of a section, or at the end of a file whose last line has no end. */
export function insertLines(
  document: IniDocument,
  section: IniSection,
  offset: number,
  keys: readonly KeyValue[],
): ByteEdit {
  const { text } = document
  const lineEnd = lineEndOf(text, section)
  const missing = isAtLineStart(text, offset) ? '' : lineEnd
  return { offset, length: 0, content: missing + linesOf(keys, delimiterOf(document, section), lineEnd) }
}

/** Returns whether the line before an offset has a line end. */
export function isAtLineStart(text: string, offset: number): boolean {
  return /[\r\n]/.test(text.charAt(offset - 1))
}

/** What a section that is appended has to be set apart with. */
export interface SectionGap {
  readonly addsLineEnd: boolean
  readonly addsBlankLine: boolean
}

/**
 * Returns what goes before a section that is appended: an end for the last line, and a blank line if the file has them.
 */
export function gapAtEnd(document: IniDocument): SectionGap {
  const { text } = document
  const addsLineEnd = text !== '' && !text.endsWith('\n')
  const end = text.slice(-1024) + (addsLineEnd ? lineEndOf(text) : '')
  return { addsLineEnd, addsBlankLine: text !== '' && separatesSections(document) && !endsWithBlankLine(end) }
}

/** Appends a section to a file, in the file's own style. `name` goes between the brackets. */
export function appendSection(document: IniDocument, name: string, keys: readonly KeyValue[]): ByteEdit {
  const { text } = document
  const { addsLineEnd, addsBlankLine } = gapAtEnd(document)
  const lineEnd = lineEndOf(text)
  const gap = (addsLineEnd ? lineEnd : '') + (addsBlankLine ? lineEnd : '')
  const lines = linesOf(keys, delimiterOf(document, undefined), lineEnd)
  return { offset: text.length, length: 0, content: `${gap}[${encodeUtf8(name)}]${lineEnd}${lines}` }
}

function linesOf(keys: readonly KeyValue[], delimiter: string, lineEnd: string): string {
  return keys
    .map(({ key, value }) => {
      const before = value.startsWith('\n') ? delimiter.trimEnd() : delimiter
      return `${key}${before}${value.replaceAll('\n', `${lineEnd}  `)}${lineEnd}`
    })
    .join('')
}

/** Returns where the lines of a key end. */
export function endOf({ end, continuations }: IniEntry): number {
  return continuations.at(-1)?.end ?? end
}

/**
 * Returns the line end for new lines: LF or CR LF, as at the end of the file or after a section's header. CR alone is
 * never written: only botocore, Java and .NET read it.
 */
export function lineEndOf(text: string, section?: IniSection): '\n' | '\r\n' {
  const found = section && lineEndAt(text, section.start)
  if (found !== undefined) return found === '\n' ? '\n' : '\r\n'
  const feed = text.lastIndexOf('\n')
  return feed > 0 && text.charAt(feed - 1) === '\r' ? '\r\n' : '\n'
}

/** Returns the end of the line that begins at `start`, or undefined if the text ends with it. */
export function lineEndAt(text: string, start: number): string | undefined {
  const line = linesBetween(text, start, Math.min(text.length, start + SAMPLE_LENGTH))[0]
  if (line === undefined || line.contentEnd === line.end) return undefined
  return text.slice(line.contentEnd, line.end)
}

/** Returns the last line of a text with a CR at its end, at most 256 bytes of it, for a checksum. */
export function lastLineOf(text: string): string {
  return /[^\r\n]*\r?$/.exec(text.slice(-256))?.[0] ?? ''
}

/**
 * Returns what most keys have between name and value; ` = ` without a majority. Empty values and colons do not count.
 */
export function delimiterOf(document: IniDocument, section: IniSection | undefined): ' = ' | '=' {
  const own = section === undefined ? 0 : votes(document, [section])
  if (own !== 0) return own < 0 ? '=' : ' = '
  const tail = tailOf(document, SAMPLE_LENGTH)
  return votes(tail, tail.sections) < 0 ? '=' : ' = '
}

/**
 * Returns whether the file keeps its sections apart with blank lines, as it does before its last header, not counting
 * comments right above that; true if there is nothing else above it.
 */
function separatesSections(document: IniDocument): boolean {
  const { text, sections } = tailOf(document, SAMPLE_LENGTH)
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const lines = linesBetween(text, start, sections.at(-1)?.start ?? start).map((line) =>
    text.slice(line.start, line.contentEnd),
  )
  return trimBlanks(lines.findLast((line) => !/^[ \t\v\f]*[#;]/.test(line)) ?? '') === ''
}

/** Returns the keys of the last section, if it is not too long to be looked at. */
export function lastEntriesOf(document: IniDocument): readonly IniEntry[] {
  const tail = tailOf(document, SAMPLE_LENGTH)
  const last = tail.sections.at(-1)
  return last === undefined ? [] : parseSection(tail, last).entries
}

/** Returns whether a text ends with a blank line, blanks on it allowed. */
function endsWithBlankLine(text: string): boolean {
  return /(?:^|\n|\r(?!\n))[ \t\v\f]*(?:\r\n|\n|\r)$/.test(text.slice(-SAMPLE_LENGTH))
}

function votes(document: IniDocument, sections: readonly IniSection[]): number {
  const entries = sections.flatMap((section) => parseSection(document, section).entries)
  return entries.reduce((sum, entry) => sum + vote(document.text, entry), 0)
}

function vote(text: string, entry: IniEntry): number {
  if (entry.delimiter === ':' || entry.value === '') return 0
  return text.charAt(entry.valueStart - 1) === '=' ? -1 : 1
}

/**
 * Throws TEXT_REFUSED for a name that must never reach a section header, be the section there or not: empty, with
 * control characters or line ends, with `]`, with blanks at an end, and names that some tool does not take for a name:
 * `DEFAULT` (configparser gives its keys to every profile), `__proto__` (the JavaScript loader gives the whole file
 * up), `profile …` (what config puts before a name; only .NET reads it in the credentials file).
 */
export function assertProfileName(name: string, origin: Origin): void {
  refuseIf(defectOf(name), name, origin)
}

/**
 * Throws TEXT_REFUSED like `assertProfileName`, and for a name with `#`, `;` or `[`, with which a new section would
 * make Rust and Java tools give the whole file up. A section that has such a name already may be edited. Blanks inside,
 * quotes and letters beyond ASCII are allowed, though not every tool finds such a profile.
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
