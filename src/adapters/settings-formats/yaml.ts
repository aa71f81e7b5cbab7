/** Settings in a YAML file. */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, Scalar } from 'yaml'
import type { ReadSettings, SettingsEntry } from '../../core/login/settings-entries.ts'

/**
 * Reads it. Only the keys at the top are looked at, and an alias is followed once: nothing is built from what hangs below, so
 * that a small file cannot become a big thing. Tags of one's own, several documents and a key given twice are malformed.
 */
export function readYaml(text: string): ReadSettings {
  const lineCounter = new LineCounter()
  // Errors do not quote the file, which may hold what is no message's business.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const lineOf = (offset: number | undefined): number | undefined => (offset === undefined ? undefined : lineCounter.linePos(offset).line)
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong !== undefined) return { kind: 'malformed', line: lineOf(wrong.pos[0]) }
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return { kind: 'read', entries: [] }
  if (!isMap(contents)) return { kind: 'malformed', line: lineOf(contents.range[0]) }
  const entries: SettingsEntry[] = []
  for (const { key, value } of contents.items) {
    const line = lineOf((key as Node).range?.[0])
    if (!isScalar(key) || (isAlias(value) && value.resolve(document) === undefined)) return { kind: 'malformed', line }
    entries.push({ key: textOf(key), line, value: valueOf(value, document) })
  }
  return { kind: 'read', entries }
}

function valueOf(value: unknown, document: Document): SettingsEntry['value'] {
  const node = isAlias(value) ? value.resolve(document) : value
  if (isSeq(node)) return { kind: 'list' }
  if (!isScalar(node)) return { kind: node === null || node === undefined ? 'nothing' : 'table' }
  if (node.value === null) return { kind: 'nothing' }
  return node.value instanceof Date ? { kind: 'date' } : { kind: 'text', text: textOf(node) }
}

/** What is no text for YAML is taken as it is written: a serial number keeps its zeros. */
function textOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value))
}
