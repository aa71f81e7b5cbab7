/** What is wrong with how keys and their values are written. */
import { decodeUtf8 } from '../../files/byte-text.ts'
import { trimBlanks } from '../../files/ini-document.ts'
import type { IniEntry } from '../../files/ini-document.ts'
import type { ExaminedDocument, ExaminedSection } from '../examination.ts'
import { spelling } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { isPlainKey } from '../plain-keys.ts'
import { isDeciding, isSettled } from '../settled.ts'

/** Keys that not every tool reads as they are meant. */
export function checkKeys(file: ExaminedDocument): readonly Finding[] {
  return file.sections.flatMap((own, place) => {
    const { profile } = own.header
    const sectionKeys = keysOf(own)
    const isSure = once(() => isSettled(file, own, file.sections[place + 1]))
    const at = (offset: number, key: string) => ({ file: file.path, line: file.lineAt(offset), profile, key })
    return [
      ...own.body.entries.flatMap((entry, index) => ofEntry(own, index, sectionKeys).map((code) => spelling(code.code, { ...at(entry.start, decodeUtf8(entry.writtenKey)), isMendable: code.isMendable && (!code.isReading || isSure()) && (code.code !== 'first-key-indented' || !isIndented(file.sections[place + 1])) }))),
      ...doubles(file, sectionKeys, at),
      ...own.body.entries.flatMap((entry) => linesWithoutSign(file, entry).map((offset) => spelling('line-in-block', { ...at(offset, decodeUtf8(entry.writtenKey)) }))),
      ...own.body.entries.flatMap((entry) => keysInValue(file, entry).map((offset) => spelling('key-in-value', { ...at(offset, keyAt(file.text, offset)), other: decodeUtf8(entry.writtenKey) }))),
    ]
  })
}

type EntryFault = { readonly code: 'upper-case-key' | 'colon-delimiter' | 'inline-comment' | 'quoted-value' | 'first-key-indented'; readonly isMendable: boolean; /** Mended, it is read by more tools. */ readonly isReading?: boolean }

/** The entries of a section by their keys, and the first one that is indented. */
interface SectionKeys {
  readonly byKey: ReadonlyMap<string, readonly IniEntry[]>
  readonly firstIndented: number
}

function keysOf({ body: { entries } }: ExaminedSection): SectionKeys {
  const byKey = new Map<string, IniEntry[]>()
  for (const entry of entries) {
    const standing = byKey.get(entry.key)
    if (standing === undefined) byKey.set(entry.key, [entry])
    else standing.push(entry)
  }
  return { byKey, firstIndented: entries.findIndex(({ isIndented }) => isIndented) }
}

function ofEntry({ body: { entries } }: ExaminedSection, index: number, { byKey, firstIndented }: SectionKeys): readonly EntryFault[] {
  const entry = entries[index]
  if (entry === undefined || isOthers(entry.key)) return []
  const faults: EntryFault[] = []
  const isDouble = (byKey.get(entry.key)?.length ?? 0) > 1
  const isReading = isDeciding(entry.key)
  if (entry.key !== entry.writtenKey) faults.push({ code: 'upper-case-key', isMendable: !isDouble && isPlainKey(entry.key), isReading })
  if (entry.delimiter === ':') faults.push({ code: 'colon-delimiter', isMendable: !isDouble || !isReading, isReading })
  if (hasComment(entry)) faults.push({ code: 'inline-comment', isMendable: isPlainKey(entry.key) })
  if (isPlainKey(entry.key) && isQuoted(entry.value)) faults.push({ code: 'quoted-value', isMendable: true })
  if (index === firstIndented) faults.push({ code: 'first-key-indented', isMendable: canOutdent(entries), isReading: entries.some(({ key }) => isDeciding(key)) })
  return faults
}

/** Keys that begin with these are read by vegas-credentials alone, in a dialect of its own. */
function isOthers(key: string): boolean {
  return /^(?:_|vegas_)/.test(key)
}

/** Tells whether what tools disagree about stands behind the value. A `credential_process` may hold a `#` of its own in quotes. */
function hasComment({ key, value }: IniEntry): boolean {
  return /[ \t][#;]/.test(value) && (isPlainKey(key) || !/["']/.test(value))
}

/** Tells whether a value stands in quotes of either kind. */
function isQuoted(value: string): boolean {
  return /^(["'])[^"']*\1$/.test(value)
}

/** A header that is no deeper than the keys above it is one for botocore, and would no longer be. */
function isIndented(next: ExaminedSection | undefined): boolean {
  return next?.section.isIndented === true
}

/** The blanks before the keys of a section can go where no further lines hang on them. */
function canOutdent(entries: readonly IniEntry[]): boolean {
  return entries.every(({ continuations }) => continuations.length === 0)
}

function doubles(file: ExaminedDocument, { byKey }: SectionKeys, at: (offset: number, key: string) => { readonly file: string; readonly line: number }): readonly Finding[] {
  return [...byKey.values()].flatMap(([first, ...later]) =>
    later.map((entry) => {
      // The one that stays must be read by all that read the other.
      const isMendable = first?.value === entry.value && first.writtenKey === entry.writtenKey && first.delimiter === entry.delimiter && first.isIndented === entry.isIndented && first.continuations.length + entry.continuations.length === 0
      return spelling('duplicate-key', { ...at(entry.start, entry.key), otherLine: file.lineAt(first?.start ?? 0), isMendable })
    }),
  )
}

/** Lines of a nested block that botocore cannot take apart (configloader.py › _parse_nested). */
function linesWithoutSign({ text }: ExaminedDocument, { value, continuations }: IniEntry): readonly number[] {
  if (value !== '') return []
  return continuations.filter(({ start, contentEnd }) => !text.slice(start, contentEnd).includes('=')).map(({ start }) => start)
}

/** Indented lines that look like keys, below one that has a value of its own; a nested block stands below an empty one. */
function keysInValue({ text }: ExaminedDocument, { value, continuations }: IniEntry): readonly number[] {
  if (value === '') return []
  return continuations.filter(({ start, contentEnd }) => /^[ \t\v\f]*[A-Za-z_]\w*[ \t]*[=:]/.test(text.slice(start, contentEnd))).map(({ start }) => start)
}

function keyAt(text: string, offset: number): string {
  return decodeUtf8(trimBlanks(/^[^=:]*/.exec(text.slice(offset, offset + 200))?.[0] ?? ''))
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
