/**
 * Changes of files as a unified diff for eyes: each change under its section's header, with a line of what stands beside it.
 * Secrets are masked: a diff may be pasted into a ticket.
 */
import { displayPath } from '../core/display-path.ts'
import { decodeUtf8 } from '../core/files/byte-text.ts'
import { changesBetween } from '../core/files/line-diff.ts'
import type { LineChange } from '../core/files/line-diff.ts'
import { keyOf, sectionedLines } from '../core/layouts/sectioned-lines.ts'
import type { SectionedLine } from '../core/layouts/sectioned-lines.ts'
import type { TextStyle } from '../core/ports.ts'
import { shortenAccessKeyId } from '../core/sessions/credentials.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'

/** A file before and after, as byte strings. */
export interface FileDifference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Gives the diff of several files, each under its path; a file that does not change is left out. */
export function renderDiff(files: readonly FileDifference[], home: string | undefined, style: TextStyle): string {
  return files
    .filter(({ before, after }) => before !== after)
    .map(({ path, before, after }) => `${visible(displayPath(path, home), 1000)}\n${diffLines(before, after, style).map((line) => `  ${line}`.trimEnd() + '\n').join('')}`)
    .join('')
}

type Sign = ' ' | '-' | '+'

function diffLines(beforeText: string, afterText: string, style: TextStyle): readonly string[] {
  const [before, after] = [sectionedLines(beforeText), sectionedLines(afterText)]
  const changes = changesBetween(before.map(({ content }) => content), after.map(({ content }) => content))
  const context = new Set(changes.flatMap((change) => contextOf(change, before, after)))
  const rows: string[] = []
  let [position, isGap] = [0, false]
  const show = (line: SectionedLine, sign: Sign): void => {
    if (isGap && !line.isHeader && rows.length > 0) rows.push(' …')
    isGap = false
    rows.push(dressed(sign, masked(line), style))
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

/** The header above a change and the lines at both of its ends; nothing above a section that is new. */
function contextOf({ beforeStart, beforeEnd, afterStart, afterEnd }: LineChange, before: readonly SectionedLine[], after: readonly SectionedLine[]): readonly number[] {
  const header = before.findLastIndex(({ isHeader }, index) => isHeader && index < beforeStart)
  const isNewSection = beforeStart === beforeEnd && after.slice(afterStart, afterEnd).find(({ content }) => content !== '')?.isHeader === true
  const above = isNewSection || before[beforeStart]?.isHeader === true ? [] : [header, beforeStart - 1]
  const next = before[beforeEnd]
  const below = isNewSection || next === undefined || next.isHeader ? [] : [beforeEnd]
  return [...above, ...below].filter((index) => index >= 0 && before[index]?.content !== '')
}

function dressed(sign: Sign, text: string, style: TextStyle): string {
  if (sign === ' ') return ` ${text}`
  return paint(`${sign}${text}`, sign === '-' ? 'red' : 'green', style)
}

const HIDDEN_KEYS = /secret|password|passphrase|private|token(?!_)/

/**
 * A line with its secrets masked. Lines that are no key may be a part of the value above them, so of these only comments and
 * nested settings are shown; and in comments whatever looks like a key id or a secret is masked, for keys that were commented out.
 */
function masked(line: SectionedLine): string {
  const text = decodeUtf8(line.content)
  const trimmed = text.trim()
  if (line.isHeader || trimmed === '') return visible(text)
  if (/^[#;]/.test(trimmed)) return visible(maskedComment(text))
  const [, name = '', delimiter = '', value = ''] = /^([^=:]*)([=:][ \t]*)(.*)$/s.exec(text) ?? []
  const key = keyOf(line) ?? name.trim().toLowerCase()
  if (delimiter === '' || HIDDEN_KEYS.test(key)) return `${visible(name)}${delimiter}…`
  return visible(`${name}${delimiter}${key.endsWith('access_key_id') ? shortenAccessKeyId(value.trim()) : value}`)
}

function maskedComment(text: string): string {
  return text
    .replace(/((?:secret|token|password)[^=:]*[=:][ \t]*).*$/i, '$1…')
    .replace(/\bA[KS]IA[A-Z0-9]{8,}/g, shortenAccessKeyId)
    .replace(/[A-Za-z0-9+/]{40,}={0,2}/g, '…')
}
