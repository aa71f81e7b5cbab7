/** Settings in a JSON file, by a parser that says where things stand, which JSON.parse does not. */
import { parseTree } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'
import type { ReadSettings, SettingsEntry } from '../../core/login/settings-entries.ts'
import { lineAt } from './lines.ts'

/** Reads it, as strictly as JSON.parse: no comments, no comma at the end. A key that stands there twice is given twice. */
export function readJson(text: string): ReadSettings {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [error] = errors
  if (error !== undefined) return { kind: 'malformed', line: lineAt(text, error.offset) }
  if (root?.type !== 'object') return { kind: 'malformed', line: lineAt(text, root?.offset ?? 0) }
  return { kind: 'read', entries: (root.children ?? []).flatMap((property) => entryOf(property, text)) }
}

function entryOf({ children: [key, value] = [] }: Node, text: string): readonly SettingsEntry[] {
  return key === undefined || value === undefined ? [] : [{ key: String(key.value), line: lineAt(text, key.offset), value: valueOf(value, text) }]
}

function valueOf(node: Node, text: string): SettingsEntry['value'] {
  switch (node.type) {
    case 'array':
      return { kind: 'list' }
    case 'object':
    case 'property':
      return { kind: 'table' }
    case 'null':
      return { kind: 'nothing' }
    case 'string':
      return { kind: 'text', text: String(node.value) }
    case 'number':
    case 'boolean':
      return { kind: 'text', text: text.slice(node.offset, node.offset + node.length) }
  }
}
