import { decodeUtf8 } from '../aws-files/edit.ts'
import { BYTE_ORDER_MARK, leadingBlanks, linesBetween, trimBlanks } from '../aws-files/ini-document.ts'
import type { IniEntry } from '../aws-files/ini-document.ts'
import { isDeciding, isSettled, rivalOf } from './examination.ts'
import type { ExaminedDocument, ExaminedSection } from './examination.ts'
import { finding, keyOf, otherLine, quote, sectionOf, spelling, toolNames } from './finding.ts'
import type { Finding, FindingCode, FindingWords } from './finding.ts'
import { TOOL_IDS } from './tools.ts'
import type { SpellingCode } from './tools.ts'
import { visible } from '../ui/words.ts'

/** What is wrong with a whole file, or with lines of it, whatever section they stand in. */

/** A file that cannot be read. */
export function checkReadable({ path, unreadable }: ExaminedDocument): readonly Finding[] {
  return unreadable === undefined ? [] : [finding('file-unreadable', { file: path, name: unreadable })]
}

/** The bytes: mark, encoding, line ends. */
export function checkBytes(file: ExaminedDocument): readonly Finding[] {
  const {
    path,
    text,
    lineAt,
    sections: [first],
  } = file
  const found: Finding[] = []
  if (text.startsWith(BYTE_ORDER_MARK))
    found.push(
      spelling('byte-order-mark', {
        file: path,
        line: 1,
        isMendable: first === undefined || rivalOf(file, first) === undefined,
      }),
    )
  const odd = firstOddByte(text)
  if (odd !== undefined) found.push(spelling('not-utf8', { file: path, line: lineAt(odd) }))
  if (/\r(?!\n)/.test(text) && !text.includes('\n')) found.push(spelling('carriage-returns', { file: path, line: 1 }))
  return found
}

/** Lines above the first header, and lines that are no key. */
export function checkStrayLines(file: ExaminedDocument): readonly Finding[] {
  const { path, text, document, sections, lineAt } = file
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const above = linesBetween(text, start, document.sections[0]?.start ?? text.length).find(
    ({ start: from, contentEnd }) => /^[ \t\v\f]*[^ \t\v\f#;]/.test(text.slice(from, contentEnd)),
  )
  const strays = sections.flatMap(({ body }) => body.strays)
  return [
    ...(above === undefined ? [] : [spelling('key-before-section', { file: path, line: lineAt(above.start) })]),
    ...strays.map((line) => {
      const key = shown(text.slice(line.start, line.contentEnd))
      return spelling('line-without-key', {
        file: path,
        line: lineAt(line.start),
        ...(key === undefined ? {} : { key }),
      })
    }),
  ]
}

/** Comments that do not begin their lines; blank above the first header they harm nobody. */
export function checkIndentedComments({ path, text, sections, lineAt }: ExaminedDocument): readonly Finding[] {
  return sections
    .flatMap(({ body }) => body.comments)
    .filter(({ start, contentEnd }) => leadingBlanks(text.slice(start, contentEnd)) > 0)
    .map(({ start }) => spelling('indented-comment', { file: path, line: lineAt(start), isMendable: true }))
}

/** A stray line may be a part of a secret, so no more is shown than a key's name at its beginning. */
function shown(line: string): string | undefined {
  const word = /^[ \t]*([a-z_]+)/.exec(line)?.[1] ?? ''
  return isPlainKey(word) ? word : undefined
}

/** Where the first byte is that is no part of valid UTF-8. */
function firstOddByte(text: string): number | undefined {
  const valid =
    /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/
  for (let index = text.search(/[\x80-\xff]/); index !== -1 && index < text.length;) {
    const match = valid.exec(text.slice(index, index + 4))
    if (match === null) return index
    index += match[0].length
  }
  return undefined
}

/** What is wrong with how keys and their values are written. */

/** Keys that not every tool reads as they are meant. */
export function checkKeys(file: ExaminedDocument): readonly Finding[] {
  return file.sections.flatMap((own, place) => {
    const { profile } = own.header
    const sectionKeys = keysOf(own)
    const isSure = once(() => isSettled(file, own, file.sections[place + 1]))
    const at = (offset: number, key: string) => ({ file: file.path, line: file.lineAt(offset), profile, key })
    return [
      ...own.body.entries.flatMap((entry, index) =>
        ofEntry(own, index, sectionKeys).map((code) =>
          spelling(code.code, {
            ...at(entry.start, decodeUtf8(entry.writtenKey)),
            isMendable:
              code.isMendable &&
              (!code.isReading || isSure()) &&
              (code.code !== 'first-key-indented' || !isIndented(file.sections[place + 1])),
          }),
        ),
      ),
      ...doubles(file, sectionKeys, at),
      ...own.body.entries.flatMap((entry) =>
        linesWithoutSign(file, entry).map((offset) =>
          spelling('line-in-block', { ...at(offset, decodeUtf8(entry.writtenKey)) }),
        ),
      ),
      ...own.body.entries.flatMap((entry) =>
        keysInValue(file, entry).map((offset) =>
          spelling('key-in-value', { ...at(offset, keyAt(file.text, offset)), other: decodeUtf8(entry.writtenKey) }),
        ),
      ),
    ]
  })
}

type EntryFault = {
  readonly code: 'upper-case-key' | 'colon-delimiter' | 'inline-comment' | 'quoted-value' | 'first-key-indented'
  readonly isMendable: boolean
  /** Mended, it is read by more tools. */ readonly isReading?: boolean
}

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

function ofEntry(
  { body: { entries } }: ExaminedSection,
  index: number,
  { byKey, firstIndented }: SectionKeys,
): readonly EntryFault[] {
  const entry = entries[index]
  if (entry === undefined || isOthers(entry.key)) return []
  const faults: EntryFault[] = []
  const isDouble = (byKey.get(entry.key)?.length ?? 0) > 1
  const isReading = isDeciding(entry.key)
  if (entry.key !== entry.writtenKey)
    faults.push({ code: 'upper-case-key', isMendable: !isDouble && isPlainKey(entry.key), isReading })
  if (entry.delimiter === ':') faults.push({ code: 'colon-delimiter', isMendable: !isDouble || !isReading, isReading })
  if (hasComment(entry)) faults.push({ code: 'inline-comment', isMendable: isPlainKey(entry.key) })
  if (isPlainKey(entry.key) && isQuoted(entry.value)) faults.push({ code: 'quoted-value', isMendable: true })
  if (index === firstIndented)
    faults.push({
      code: 'first-key-indented',
      isMendable: canOutdent(entries),
      isReading: entries.some(({ key }) => isDeciding(key)),
    })
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

function doubles(
  file: ExaminedDocument,
  { byKey }: SectionKeys,
  at: (offset: number, key: string) => { readonly file: string; readonly line: number },
): readonly Finding[] {
  return [...byKey.values()].flatMap(([first, ...later]) =>
    later.map((entry) => {
      // The one that stays must be read by all that read the other.
      const isMendable =
        first?.value === entry.value &&
        first.writtenKey === entry.writtenKey &&
        first.delimiter === entry.delimiter &&
        first.isIndented === entry.isIndented &&
        first.continuations.length + entry.continuations.length === 0
      return spelling('duplicate-key', {
        ...at(entry.start, entry.key),
        otherLine: file.lineAt(first?.start ?? 0),
        isMendable,
      })
    }),
  )
}

/** Lines of a nested block that botocore cannot take apart (configloader.py › _parse_nested). */
function linesWithoutSign({ text }: ExaminedDocument, { value, continuations }: IniEntry): readonly number[] {
  if (value !== '') return []
  return continuations
    .filter(({ start, contentEnd }) => !text.slice(start, contentEnd).includes('='))
    .map(({ start }) => start)
}

/** Indented lines that look like keys, below one that has a value of its own; a nested block stands below an empty one. */
function keysInValue({ text }: ExaminedDocument, { value, continuations }: IniEntry): readonly number[] {
  if (value === '') return []
  return continuations
    .filter(({ start, contentEnd }) => /^[ \t\v\f]*[A-Za-z_]\w*[ \t]*[=:]/.test(text.slice(start, contentEnd)))
    .map(({ start }) => start)
}

function keyAt(text: string, offset: number): string {
  return decodeUtf8(trimBlanks(/^[^=:]*/.exec(text.slice(offset, offset + 200))?.[0] ?? ''))
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Keys of AWS and of awsmfa whose values are plain words: no blanks, no quotes, no `#` and `;` of their own. */

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

/** Tells whether the value of a key (in lower case) is a plain word, so that quotes and comments are none of it. */
function isPlainKey(key: string): boolean {
  return PLAIN_KEYS.has(key)
}

/** The words for findings about how the two files are written. */

type FileCode =
  SpellingCode | Extract<FindingCode, 'file-unreadable' | 'bare-section-of-awsmfa' | 'two-default-sections'>

const REFUSED = 'refuse the whole file: every call fails, for all profiles'

const REFUSERS = `the AWS CLI, boto3 and SAM ${REFUSED}; the SDK for .NET reads less than the others`

const JS_LOSES =
  'for CDK and the SDK for JavaScript the line is no header, and the keys below it count for the section above'

/** By code. The tools that are named are those of the table of parsers. */
export const SPELLING_WORDS: FindingWords<FileCode> = {
  'file-unreadable': ({ facts }) => [
    `the file cannot be read (${visible(facts.name ?? '')}); no tool gets anything from it`,
    'see to its owner and mode, or put the file where the folder or link is',
  ],
  'byte-order-mark': (found) => [
    `the file begins with a byte order mark; ${toolNames(found.tools)} refuse it whole, or miss its first section`,
    'save it as UTF-8 without the mark',
  ],
  'not-utf8': (found) => [
    `the first byte here that is no UTF-8; ${toolNames(found.tools)} ${REFUSED}`,
    'save the file as UTF-8; a comment counts too',
  ],
  'carriage-returns': (found) => [
    `lines end with CR alone; ${toolNames(found.tools)} see no section in the file`,
    'save it with LF or CR LF',
  ],
  'key-before-section': (found) => [
    `a key stands above the first section; ${toolNames(found.tools)} ${REFUSED}`,
    'move it below a header, or take it out',
  ],
  'line-without-key': (found) => [
    `this line ${found.facts.key === undefined ? 'is no key' : `has ${keyOf(found)} and no '='`}; ${toolNames(found.tools)} ${REFUSED}`,
    found.facts.key === undefined ? "begin it with '#' or take it out" : "put '=' between key and value",
  ],
  'duplicate-section': (found) => [
    `${sectionOf(found)} stands here again, first in ${otherLine(found)}; ${REFUSERS}`,
    'put the keys of both into one section',
  ],
  'duplicate-key': (found) => [
    `${keyOf(found)} stands here again, first in ${otherLine(found)}; ${REFUSERS}`,
    'take one of the two out',
  ],
  'proto-section': (found) => [
    `a section of this name makes ${toolNames(found.tools)} give the whole file up, silently`,
    'give it another name',
  ],
  'default-in-capitals': (found) => [
    `the keys of [DEFAULT] count for every profile of this file with ${toolNames(found.tools)}, and for none with the others`,
    'call it [default] if the default profile is meant',
  ],
  'profile-prefix-in-credentials': (found) => [
    `in the credentials file a header has no 'profile': ${toolNames(found.tools)} do not read this section`,
    wayOutOf(found, `call it [${visible(found.profile ?? '')}]`),
  ],
  'bare-section-in-config': (found) => [
    `without 'profile' before its name no tool reads this section`,
    wayOutOf(found, `call it [profile ${visible(found.profile ?? '')}]`),
  ],
  'bare-section-of-awsmfa': (found) => [
    `awsmfa reads ${sectionOf(found)}, as reusabit/awsmfa does; no other tool does`,
  ],
  'two-default-sections': (found) => [
    `[profile default] counts and [default] in ${otherLine(found)} does not, except for the SDK for .NET; with the AWS CLI, boto3 and SAM the later of the two`,
    'put the keys of both into [default]',
  ],
  'padded-header': (found) => [
    `${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: there are blanks too many in its header`,
    wayOutOf(found, 'take the blanks out'),
  ],
  'quoted-header': (found) => [
    `${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: its name stands in quotes`,
    wayOutOf(found, 'take the quotes out'),
  ],
  'comment-after-header': (found) => [
    `behind the header stands a comment; ${toolNames(found.tools)} refuses the whole file`,
    'give the comment a line of its own',
  ],
  'joined-comment': () => [
    `no blank stands before the comment behind the header: ${JS_LOSES}; the SDK for .NET refuses the whole file`,
    'give the comment a line of its own',
  ],
  'text-after-header': (found) => [
    `behind the header stands what is no comment: ${JS_LOSES}; the other SDKs and Terraform do not see ${quote(found.profile)}, or refuse the whole file`,
    'write it as a comment, on a line of its own',
  ],
  'double-bracket': (found) => [
    `another ']' stands behind the header: ${toolNames(found.tools)} ${found.tools.length === TOOL_IDS.length ? 'takes' : 'take'} another name from it, or none`,
    "take out what stands behind the first ']'",
  ],
  'bracket-after-header': (found) => [
    `a ']' stands in the comment behind the header: ${toolNames(found.tools)} take another name from it, or refuse the whole file`,
    'give the comment a line of its own',
  ],
  'empty-header': (found) => [
    `a header without a name; ${toolNames(found.tools)} ${REFUSED}`,
    'give it a name, or take it out',
  ],
  'indented-header': (found) => [
    `this header does not begin its line: for ${toolNames(found.tools)} it is part of the value above it`,
    'take the blanks before it out',
  ],
  'name-not-portable': (found) => [
    `${toolNames(found.tools)} do not see ${quote(found.profile)} under this name: not all of them take more than letters, digits and _-/.%@:+`,
    'give it a name of these',
  ],
  'name-with-comment-sign': (found) => [
    `a name with '#' or ';' makes ${toolNames(found.tools)} miss the profile or refuse the whole file`,
    'give it another name',
  ],
  'upper-case-key': (found) => [
    `${keyOf(found)} is not seen by ${toolNames(found.tools)}, which know it in small letters alone`,
    'write it in small letters',
  ],
  'colon-delimiter': (found) => [
    `':' stands behind ${keyOf(found)}; ${toolNames(found.tools)} miss the key or refuse the whole file`,
    "write '='",
  ],
  'inline-comment': (found) => [
    `for ${toolNames(found.tools)} the comment is part of the value of ${keyOf(found)}`,
    'give the comment a line of its own',
  ],
  'quoted-value': (found) => [
    `for ${toolNames(found.tools)} the quotes are part of the value of ${keyOf(found)}`,
    'take the quotes out',
  ],
  'first-key-indented': (found) => [
    `${keyOf(found)} does not begin its line; ${toolNames(found.tools)} miss it or refuse the whole file`,
    'take the blanks before it out',
  ],
  'key-in-value': (found) => [
    `for ${toolNames(found.tools)} ${keyOf(found)} is part of the value of ${quote(found.facts.other)} above it, or not there`,
    'take the blanks before it out',
  ],
  'line-in-block': (found) => [
    `this line belongs to ${keyOf(found)} above it, and has no '='; ${toolNames(found.tools)} ${REFUSED}`,
    `put the value of ${keyOf(found)} into its own line, or '=' into this one`,
  ],
  'indented-comment': (found) => [
    `this comment does not begin its line; ${toolNames(found.tools)} take it for part of a value or refuse the whole file`,
    'take the blanks before it out',
  ],
}

/** Mended, the section would be there twice, or would count beside what the other file says of the same profile. */
function wayOutOf(found: Finding, plain: string): string {
  const { otherLine: line, other } = found.facts
  if (line !== undefined)
    return `another section for ${quote(found.profile)} stands in ${otherLine(found)}: put the keys of both into one`
  return other === undefined
    ? plain
    : `the ${other} file says too who ${quote(found.profile)} is: keep one of the two, under a plain header`
}
