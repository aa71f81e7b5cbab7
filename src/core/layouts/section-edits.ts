/** Edits of single lines in a section of a shared file, each as a value; everything else stays as it is. */
import type { ByteEdit } from '../files/byte-edit.ts'
import { encodeUtf8 } from '../files/byte-text.ts'
import { delimiterOf, endsLine, endsWithBlankLine, lineEndAt, lineEndOf, separatesSections } from '../files/file-style.ts'
import { leadingBlanks, readIniDocument, trimBlanks } from '../files/ini-document.ts'
import type { IniDocument, IniEntry } from '../files/ini-document.ts'
import { configSectionsOf } from '../files/profiles.ts'
import { placeAmong, sectionsNamed } from '../files/section-place.ts'
import type { SectionPlace } from '../files/section-place.ts'
import type { SharedFileName } from '../origin.ts'
import type { SharedSnapshots } from '../ports.ts'

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
export function pathsOf({ credentials, config }: Readonly<Record<SharedFileName, { readonly path: string }>>): Readonly<Record<SharedFileName, string>> {
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
export function findPlace({ name, document, path }: SharedDocument, profile: string, keys: readonly string[]): SectionPlace | undefined {
  const isEdited = (key: string): boolean => keys.includes(key)
  if (name === 'credentials') return placeAmong(sectionsNamed(document, profile), { document, path, profile }, isEdited)
  return placeAmong(configSectionsOf(document, profile), { document, path, profile: configSectionName(profile) }, isEdited)
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
  return [entry.value, ...entry.continuations.map(({ start, contentEnd }) => trimBlanks(text.slice(start, contentEnd)))].join('\n')
}

/** Gives a key another value, in place of all its lines. */
export function replaceValue(document: IniDocument, place: SectionPlace, entry: IniEntry, value: string): readonly ByteEdit[] {
  const further = entry.continuations.map(({ start, end }) => ({ offset: start, length: end - start, content: '' }))
  if (entry.value !== '') return [{ offset: entry.valueStart, length: entry.valueEnd - entry.valueStart, content: value.replaceAll('\n', '\n  ') }, ...further]
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
  return { offset, length: 0, content: (needsLineEnd ? lineEnd : '') + linesOf(keys, delimiterOf(document, section), lineEnd) }
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
  return keys.map(({ key, value }) => `${key}${value.startsWith('\n') ? delimiter.replace(/ $/, '') : delimiter}${value.replaceAll('\n', `${lineEnd}  `)}${lineEnd}`).join('')
}
