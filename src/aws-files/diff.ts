/**
 * Renders changes of files as a diff for people: each change under its section's header, with the lines next to it.
 * Secrets are masked, since a diff may be pasted into a ticket.
 */
import { decodeUtf8 } from './ini-document.ts'
import { changesBetween, keyOf, sectionedLines } from './lines.ts'
import type { LineChange, SectionedLine } from './lines.ts'
import { shortenAccessKeyId } from '../model/credentials.ts'
import { paint } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { displayPath, visible } from '../ui/words.ts'

/** A file before and after, as byte strings. */
export interface FileDifference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Returns the diff of several files, each under its path; a file that does not change is left out. */
export function renderDiff(files: readonly FileDifference[], home: string | undefined, style: TextStyle): string {
  return files
    .filter(({ before, after }) => before !== after)
    .map(
      ({ path, before, after }) =>
        `${visible(displayPath(path, home), 1000)}\n${diffLines(before, after, style)
          .map((line) => `  ${line}`.trimEnd() + '\n')
          .join('')}`,
    )
    .join('')
}

/** A line as it is shown, its secrets masked. */
interface ShownLine extends SectionedLine {
  readonly shown: string
}

type Sign = ' ' | '-' | '+'

function diffLines(beforeText: string, afterText: string, style: TextStyle): readonly string[] {
  const [before, after] = [shownLines(beforeText), shownLines(afterText)]
  const changes = changesBetween(
    before.map(({ content }) => content),
    after.map(({ content }) => content),
  )
  const context = new Set(changes.flatMap((change) => contextOf(change, changes, before, after)))
  const rows: string[] = []
  let [position, isGap] = [0, false]
  const show = (line: ShownLine, sign: Sign): void => {
    if (isGap && !line.isHeader && rows.length > 0) rows.push(' …')
    isGap = false
    rows.push(diffLine(sign, line.shown, style))
  }
  const showContext = (end: number): void => {
    for (; position < end; position++) {
      const line = before[position]
      if (line === undefined || !context.has(position)) isGap ||= line !== undefined && line.content !== ''
      else show(line, ' ')
    }
  }
  for (const { beforeStart, beforeEnd, afterStart, afterEnd } of changes) {
    showContext(beforeStart)
    for (const line of before.slice(beforeStart, beforeEnd)) show(line, '-')
    for (const line of after.slice(afterStart, afterEnd)) show(line, '+')
    position = beforeEnd
  }
  showContext(before.length)
  return rows
}

/** The header above a change, by both texts, and the lines at both of its ends; nothing above a section that is new. */
function contextOf(
  change: LineChange,
  changes: readonly LineChange[],
  before: readonly SectionedLine[],
  after: readonly SectionedLine[],
): readonly number[] {
  const { beforeStart, beforeEnd, afterStart, afterEnd } = change
  const first = after.slice(afterStart, afterEnd).find(({ content }) => content !== '')
  const isNewSection = beforeStart === beforeEnd && first?.isHeader === true
  // What is inserted right above another header belongs to the section that ends there, whose name has to be seen.
  const isWholeSection = beforeStart < beforeEnd && before[beforeStart]?.isHeader === true && first?.isHeader !== false
  const above =
    isNewSection || isWholeSection
      ? []
      : [headerAbove(before, beforeStart), unchanged(headerAbove(after, afterStart), changes), beforeStart - 1]
  const next = before[beforeEnd]
  const below = isNewSection || next === undefined || next.isHeader ? [] : [beforeEnd]
  return [...above, ...below].filter((index) => index >= 0 && before[index]?.content !== '')
}

function headerAbove(lines: readonly SectionedLine[], end: number): number {
  return lines.findLastIndex(({ isHeader }, index) => isHeader && index < end)
}

/** Returns the place in the text before of a line of the text after; -1 for one that is new. */
function unchanged(index: number, changes: readonly LineChange[]): number {
  const last = changes.findLast(({ afterStart }) => afterStart <= index)
  if (last === undefined) return index
  return index < last.afterEnd ? -1 : index - last.afterEnd + last.beforeEnd
}

/** Returns a line of a diff in its color, without the margin. */
export function diffLine(sign: Sign, text: string, style: TextStyle): string {
  if (sign === ' ') return ` ${text}`
  return paint(`${sign}${text}`, sign === '-' ? 'red' : 'green', style)
}

/** Masks line by line, knowing the key that an indented line may be a part of. */
function shownLines(text: string): readonly ShownLine[] {
  let parent: string | undefined
  return sectionedLines(text).map((line) => {
    parent = line.isHeader ? undefined : (keyOf(line) ?? parent)
    return { ...line, shown: visible(maskedLine(line, parent)) }
  })
}

const HIDDEN_KEYS = /secret|password|passwd|passphrase|passcode|private|seed|api_?key|token(?!_)/

/**
 * Keys whose value is a command: `credential_process`, `mfa_process`, `awsmfa_token_command`, and whatever is named
 * like them.
 */
const COMMAND_KEYS = /(?:^|_)(?:process|command|cmd)$/

/**
 * Returns a line as text with its secrets masked, control characters left in. Of a command only the program is shown,
 * since the rest may hold a password or the seed of codes. Lines that are no key may be a part of the value above them
 * (`parent`: its key), so of these only comments and nested settings are shown; and in comments whatever looks like a
 * key id or a secret is masked, for keys that were commented out.
 */
function maskedLine(line: SectionedLine, parent: string | undefined): string {
  const text = decodeUtf8(line.content)
  const trimmed = text.trim()
  if (trimmed === '') return text
  if (line.isHeader) return maskedHeader(text)
  if (/^[#;]/.test(trimmed)) return maskedComment(text)
  const [, name = '', delimiter = '', value = ''] = /^([^=:]*)([=:][ \t]*)(.*)$/s.exec(text) ?? []
  const own = keyOf(line)
  const key = own ?? name.trim().toLowerCase()
  if (own === undefined && !isNested(name, parent)) return '…'
  if (delimiter === '' || HIDDEN_KEYS.test(key)) return `${name}${delimiter}…`
  return `${name}${delimiter}${maskedValue(key, value)}`
}

/**
 * Returns whether an indented line may be a setting inside another; a seed may end with `=` as well, but is no such
 * name.
 */
function isNested(name: string, parent: string | undefined): boolean {
  const isInSecret = parent !== undefined && (HIDDEN_KEYS.test(parent) || COMMAND_KEYS.test(parent))
  return !isInSecret && /^\s*[a-z][a-z0-9_]*\s*$/i.test(name) && !/[A-Z2-7]{16}/.test(name)
}

function maskedHeader(text: string): string {
  const [, header = text, rest = ''] = /^([^\]]*\][ \t]*)(.*)$/s.exec(text) ?? []
  return rest === '' || /^[#;]/.test(rest) ? header + maskedComment(rest) : `${header}…`
}

function maskedValue(key: string, value: string): string {
  if (COMMAND_KEYS.test(key)) return maskedCommand(value)
  if (key.endsWith('key_id')) return shortenAccessKeyId(value.trim())
  const comment = /[ \t][#;]/.exec(value)?.index ?? value.length
  return value.slice(0, comment) + maskedComment(value.slice(comment))
}

/** Up to the first blank, quoted or not: the whole command may be in quotes. */
function maskedCommand(value: string): string {
  const command = value.trim()
  const program = /^\S*/.exec(command)?.[0] ?? ''
  if (isAwsmfasOwn(command)) return command
  if (program.includes('=')) return '…'
  return program === command ? program : `${program} …`
}

/** Returns whether a command is what setup writes, or the like: awsmfa, and nothing said to it but a profile. */
function isAwsmfasOwn(command: string): boolean {
  const words = [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ''))
  const at = words.indexOf('credential-process')
  const isAwsmfa = /^(?:.*[\\/])?awsmfa(?:\.[cm]?js|\.cmd|\.exe)?$/i.test(words[at - 1] ?? '')
  const isStart = at === 1 || (at === 2 && /^(?:.*[\\/])?node(?:\.exe)?$/i.test(words[0] ?? ''))
  return (
    isAwsmfa &&
    isStart &&
    /^(?:\0(?:--profile|-p)\0[^\0]+|\0--profile=[^\0]+|\0[^-\0][^\0]*)?$/.test(
      words
        .slice(at + 1)
        .map((word) => `\0${word}`)
        .join(''),
    )
  )
}

function maskedComment(text: string): string {
  return text
    .replace(/((?:secret|token|password|passphrase|seed)[^=:]*[=:][ \t]*).*$/i, '$1…')
    .replace(
      /(_(?:process|command|cmd)[ \t]*[=:][ \t]*)(\S.*)$/i,
      (_, name: string, command: string) => name + maskedCommand(command),
    )
    .replace(/\bA[KS]IA[A-Z0-9]{8,}/g, shortenAccessKeyId)
    .replace(/[A-Za-z0-9+/]{40,}={0,2}|\b[A-Z2-7]{16,}={0,6}/g, '…')
}
