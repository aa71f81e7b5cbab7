/**
 * Checks how a file is written, apart from its headers: bytes, comments, lines, keys and values that not every tool
 * reads.
 */
import { BYTE_ORDER_MARK, decodeUtf8, leadingBlanks, linesBetween, trimBlanks } from '../aws-files/ini-document.ts'
import type { IniEntry, IniLine } from '../aws-files/ini-document.ts'
import { isUtf16 } from '../aws-files/profiles.ts'
import { isIdentityKey, isUnambiguous, rivalOf } from './examination.ts'
import type { ExaminedFile, ExaminedSection } from './examination.ts'
import { REJECT, REJECTERS, finding, otherPlace, quote, show, syntaxFinding, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import type { SyntaxCode } from './tools.ts'

/** Returns a finding if the file cannot be read. */
export function checkReadable({ path, unreadable }: ExaminedFile): readonly Finding[] {
  return unreadable === undefined ? [] : [finding('file-unreadable', { file: path, name: unreadable })]
}

/** Checks the byte order mark, the encoding and the line ends. */
export function checkBytes(file: ExaminedFile): readonly Finding[] {
  const { path, text, lineAt } = file
  const found: Finding[] = []
  if (text.startsWith(BYTE_ORDER_MARK)) {
    const [first] = file.sections
    const isFixable = first === undefined || rivalOf(file, first) === undefined
    found.push(syntaxFinding('byte-order-mark', { file: path, line: 1, isFixable }))
  }
  const invalid = findInvalidUtf8(text)
  if (invalid !== undefined)
    found.push(
      isUtf16(text)
        ? finding('not-utf8', { file: path, line: 1, name: 'UTF-16' })
        : syntaxFinding('not-utf8', { file: path, line: lineAt(invalid) }),
    )
  if (/\r(?!\n)/.test(text) && !text.includes('\n'))
    found.push(syntaxFinding('carriage-returns', { file: path, line: 1 }))
  return found
}

/** The offset of the first byte that is not part of valid UTF-8. */
function findInvalidUtf8(text: string): number | undefined {
  const valid =
    /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/
  for (let index = text.search(/[\x80-\xff]/); index !== -1 && index < text.length;) {
    const match = valid.exec(text.slice(index, index + 4))
    if (match === null) return index
    index += match[0].length
  }
  return undefined
}

/** Returns the first key above the first header, and the lines that are no key. */
export function checkStrayLines({ path, text, document, sections, lineAt }: ExaminedFile): readonly Finding[] {
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const above = linesBetween(text, start, document.sections[0]?.start ?? text.length).find((line) =>
    /^[ \t\v\f]*[^ \t\v\f#;]/.test(textOf(text, line)),
  )
  const strays = sections.flatMap(({ body }) => body.strays)
  return [
    ...(above === undefined ? [] : [syntaxFinding('key-before-section', { file: path, line: lineAt(above.start) })]),
    ...strays.map((line) => {
      const key = knownKeyIn(textOf(text, line))
      return syntaxFinding('line-without-key', { file: path, line: lineAt(line.start), key })
    }),
  ]
}

/** A stray line may be part of a secret: the only thing of it that is shown is a known key at its beginning. */
function knownKeyIn(line: string): string | undefined {
  const word = /^[ \t]*([a-z_]+)/.exec(line)?.[1] ?? ''
  return PLAIN_KEYS.has(word) ? word : undefined
}

/** Returns the comments that do not begin their lines. Above the first header no tool minds the blanks. */
export function checkIndentedComments({ path, text, sections, lineAt }: ExaminedFile): readonly Finding[] {
  return sections
    .flatMap(({ body }) => body.comments)
    .filter((line) => leadingBlanks(textOf(text, line)) > 0)
    .map(({ start }) => syntaxFinding('indented-comment', { file: path, line: lineAt(start), isFixable: true }))
}

/** Returns the keys and values that not every tool reads as they are meant. */
export function checkKeys(file: ExaminedFile): readonly Finding[] {
  return file.sections.flatMap((own, index) => {
    const { entries } = own.body
    const next = file.sections[index + 1]
    const at = (offset: number, key: string) => ({
      file: file.path,
      line: file.lineAt(offset),
      profile: own.header.profile,
      key,
    })
    let unambiguous: boolean | undefined
    const isSafe = ({ isFixable, readsMore }: EntryFault): boolean =>
      isFixable && (!readsMore || (unambiguous ??= isUnambiguous(file, own, next)))
    const byKey = groupByKey(entries)
    return [
      ...entryFaults(own, byKey, next).map((fault) =>
        syntaxFinding(fault.code, {
          ...at(fault.entry.start, decodeUtf8(fault.entry.writtenKey)),
          isFixable: isSafe(fault),
        }),
      ),
      ...[...byKey.values()].flatMap(([first, ...later]) =>
        later.map((entry) => {
          const [otherLine, isFixable] = [file.lineAt(first?.start ?? 0), first !== undefined && isSame(first, entry)]
          return syntaxFinding('duplicate-key', { ...at(entry.start, entry.key), otherLine, isFixable })
        }),
      ),
      ...entries.flatMap((entry) =>
        linesWithoutSign(file, entry).map(({ start }) =>
          syntaxFinding('line-in-block', at(start, decodeUtf8(entry.writtenKey))),
        ),
      ),
      ...entries.flatMap((entry) =>
        linesWithoutName(file, entry).map(({ start }) =>
          syntaxFinding('nameless-in-block', at(start, decodeUtf8(entry.writtenKey))),
        ),
      ),
      ...entries.flatMap((entry) =>
        keysInValue(file, entry).map((line) => {
          const key = decodeUtf8(trimBlanks(/^[^=:]*/.exec(textOf(file.text, line).slice(0, 200))?.[0] ?? ''))
          return syntaxFinding('key-in-value', { ...at(line.start, key), other: decodeUtf8(entry.writtenKey) })
        }),
      ),
    ]
  })
}

interface EntryFault {
  readonly entry: IniEntry
  readonly code: SyntaxCode
  readonly isFixable: boolean
  /** Once it is fixed, more tools read the key. */
  readonly readsMore: boolean
}

type EntriesByKey = ReadonlyMap<string, readonly IniEntry[]>

function groupByKey(entries: readonly IniEntry[]): EntriesByKey {
  const byKey = new Map<string, IniEntry[]>()
  for (const entry of entries) {
    const group = byKey.get(entry.key)
    if (group === undefined) byKey.set(entry.key, [entry])
    else group.push(entry)
  }
  return byKey
}

function entryFaults(
  { body: { entries } }: ExaminedSection,
  byKey: EntriesByKey,
  next: ExaminedSection | undefined,
): readonly EntryFault[] {
  const firstIndented = entries.find(({ isIndented }) => isIndented)
  return entries.flatMap((entry): readonly EntryFault[] => {
    const { key, value } = entry
    // Keys that begin with these are read by vegas-credentials alone, in a dialect of its own.
    if (/^(?:_|vegas_)/.test(key)) return []
    const isPlain = PLAIN_KEYS.has(key)
    const isDuplicate = (byKey.get(key)?.length ?? 0) > 1
    const readsMore = isIdentityKey(key)
    const faults: EntryFault[] = []
    if (key !== entry.writtenKey)
      faults.push({ entry, code: 'upper-case-key', isFixable: !isDuplicate && isPlain, readsMore })
    if (entry.delimiter === ':')
      faults.push({ entry, code: 'colon-delimiter', isFixable: !isDuplicate || !readsMore, readsMore })
    // A `credential_process` may have a `#` of its own in quotes.
    if (/[ \t][#;]/.test(value) && (isPlain || !/["']/.test(value)))
      faults.push({ entry, code: 'inline-comment', isFixable: isPlain, readsMore: false })
    if (isPlain && /^(["'])[^"']*\1$/.test(value))
      faults.push({ entry, code: 'quoted-value', isFixable: true, readsMore: false })
    if (entry === firstIndented)
      faults.push({
        entry,
        code: 'first-key-indented',
        // Indented lines would attach to other keys; for botocore a header as indented as the keys would be one no
        // longer.
        isFixable:
          entries.every(({ continuations }) => continuations.length === 0) && next?.section.isIndented !== true,
        readsMore: entries.some((each) => isIdentityKey(each.key)),
      })
    return faults
  })
}

/** Whether every tool that reads one of two entries reads the other one as the same. */
function isSame(first: IniEntry, second: IniEntry): boolean {
  return (
    first.value === second.value &&
    first.writtenKey === second.writtenKey &&
    first.delimiter === second.delimiter &&
    first.isIndented === second.isIndented &&
    first.continuations.length + second.continuations.length === 0
  )
}

/** Lines of a nested block that botocore cannot parse (configloader.py › _parse_nested). */
function linesWithoutSign({ text }: ExaminedFile, { value, continuations }: IniEntry): readonly IniLine[] {
  return value === '' ? continuations.filter((line) => !textOf(text, line).includes('=')) : []
}

/** Lines of a nested block that begin with the sign. */
function linesWithoutName({ text }: ExaminedFile, { value, continuations }: IniEntry): readonly IniLine[] {
  return value === '' ? continuations.filter((line) => /^\s*=/.test(textOf(text, line))) : []
}

/** Indented lines that look like keys, below a key with a value; below one without a value they are a nested block. */
function keysInValue({ text }: ExaminedFile, { value, continuations }: IniEntry): readonly IniLine[] {
  const isKey = (line: IniLine): boolean => /^[ \t\v\f]*[A-Za-z_]\w*[ \t]*[=:]/.test(textOf(text, line))
  return value === '' ? [] : continuations.filter(isKey)
}

function textOf(text: string, { start, contentEnd }: IniLine): string {
  return text.slice(start, contentEnd)
}

/** Keys of AWS and of awsmfa whose values are plain words: quotes and comments are no part of them. */
const PLAIN_KEYS: ReadonlySet<string> = new Set([
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
  'aws_account_id',
  'awsmfa_mfa_serial',
  'awsmfa_role_arn',
  'awsmfa_source_profile',
  'awsmfa_state',
  'aws_mfa_device',
  'duration_seconds',
  'expiration',
  'manager',
  'mfa_serial',
  'output',
  'region',
  'role_arn',
  'role_session_name',
  'source_profile',
  'credential_source',
  'sso_account_id',
  'sso_region',
  'sso_role_name',
  'sso_session',
])

/** The message of each finding, and its fix. The tools are those of the table of parsers. */
export const SYNTAX_MESSAGES = {
  'file-unreadable': (found) => [`cannot be read (${show(found.name)})`, 'check its owner, mode and type'],
  'byte-order-mark': (found) => [
    `byte order mark; ${toolNames(found.tools)} reject the file or skip its first section`,
    'save it as UTF-8 without BOM',
  ],
  'not-utf8': (found) => [
    found.name === undefined
      ? `not UTF-8; ${toolNames(found.tools)} ${REJECT}`
      : `${found.name}; AWS tools read only UTF-8`,
    'save it as UTF-8',
  ],
  'carriage-returns': (found) => [
    `lines end with CR only; ${toolNames(found.tools)} find no sections`,
    'save it with LF or CRLF',
  ],
  'key-before-section': (found) => [
    `key above the first section; ${toolNames(found.tools)} ${REJECT}`,
    'move it into a section, or remove it',
  ],
  'line-without-key': (found) => [
    `${found.key === undefined ? 'not a key, header or comment' : `no '=' after ${quote(found.key)}`}; ${toolNames(found.tools)} ${REJECT}`,
    found.key === undefined ? "start it with '#', or remove it" : "add '='",
  ],
  'duplicate-key': (found) => [
    `${quote(found.key)} is also in ${otherPlace(found)}; ${REJECTERS}`,
    'remove one of them',
  ],
  'upper-case-key': (found) => [
    `${toolNames(found.tools)} do not read ${quote(found.key)}, only lowercase keys`,
    'use lowercase',
  ],
  'colon-delimiter': (found) => [
    `':' after ${quote(found.key)}; ${toolNames(found.tools)} miss the key or reject the file`,
    "use '='",
  ],
  'inline-comment': (found) => [
    `${toolNames(found.tools)} read the comment as part of ${quote(found.key)}`,
    'move it to its own line',
  ],
  'quoted-value': (found) => [
    `${toolNames(found.tools)} read the quotes as part of ${quote(found.key)}`,
    'remove the quotes',
  ],
  'first-key-indented': (found) => [
    `${quote(found.key)} is indented; ${toolNames(found.tools)} miss it or reject the file`,
    'remove the indent',
  ],
  'key-in-value': (found) => [
    `${quote(found.key)} is indented; ${toolNames(found.tools)} read it as part of ${quote(found.other)} or miss it`,
    'remove the indent',
  ],
  'nameless-in-block': (found) => [
    `indented line below ${quote(found.key)} starts with '='; ${toolNames(found.tools)} ${REJECT}`,
    "add a name before '=', or remove the line",
  ],
  'line-in-block': (found) => [
    `indented line below ${quote(found.key)} has no '='; ${toolNames(found.tools)} ${REJECT}`,
    `write the value of ${quote(found.key)} on its own line, or add '=' to this one`,
  ],
  'indented-comment': (found) => [
    `indented comment; ${toolNames(found.tools)} read it as part of a value or reject the file`,
    'remove the indent',
  ],
} satisfies Messages
