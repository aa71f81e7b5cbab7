/** Settings in an ini file. The package must never touch AWS's files, whose values it would change. */
import { parse } from 'ini'
import type { ReadSettings, SettingsEntry } from '../../core/login/settings-entries.ts'
import { linesOf } from './lines.ts'

/**
 * Reads it; any text can be read. A section is a key with a table behind it. A key that stands there twice is given twice,
 * though for the parser the last one counts; and so is `__proto__`, which the parser passes over in silence.
 */
export function readIni(text: string): ReadSettings {
  const lines = keyLines(linesOf(text))
  const entries = Object.entries(parse(text)).flatMap(([key, value]): readonly SettingsEntry[] => {
    const found = lines.filter((candidate) => candidate.key === key || candidate.key === `${key}[]`)
    const given = { key, value: valueOf(value) }
    if (given.value.kind === 'table') return [{ ...given, line: lineOfHeader(key, text) }]
    return given.value.kind === 'list' ? [{ ...given, line: found[0]?.line }] : found.map(({ line }) => ({ ...given, line }))
  })
  const header = lineOfHeader('__proto__', text)
  const passedOver = [...lines, ...(header === undefined ? [] : [{ key: '__proto__', line: header }])].filter(({ key }) => key === '__proto__').map(({ key, line }): SettingsEntry => ({ key, line, value: { kind: 'table' } }))
  return { kind: 'read', entries: [...entries, ...passedOver] }
}

/** The lines with a key before the first section. */
function keyLines(lines: readonly string[]): readonly { readonly key: string; readonly line: number }[] {
  const header = lines.findIndex((line) => /^\s*\[/.test(line))
  const before = header === -1 ? lines : lines.slice(0, header)
  return before.map((line, index) => ({ key: /^\s*[;#]/.test(line) ? '' : (line.split('=')[0] ?? '').trim(), line: index + 1 })).filter(({ key }) => key !== '')
}

/** A dot in a section's name makes a table of the part before it. */
function lineOfHeader(key: string, text: string): number | undefined {
  const index = linesOf(text).findIndex((line) => line.trim().startsWith(`[${key}`))
  return index === -1 ? undefined : index + 1
}

function valueOf(value: unknown): SettingsEntry['value'] {
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' && value !== null ? { kind: 'table' } : { kind: 'text', text: String(value) }
}
