/** Settings in a TOML file. */
import { parse, TomlDate, TomlError } from 'smol-toml'
import type { TomlValue } from 'smol-toml'
import type { ReadSettings, SettingsEntry } from '../../core/login/settings-entries.ts'
import { linesOf } from './lines.ts'

/** Reads it. The parser does not say where a key stands, so its line is the first that begins with it. */
export function readToml(text: string): ReadSettings {
  try {
    const lines = linesOf(text)
    const entries = Object.entries(parse(text, { integersAsBigInt: 'asNeeded' }))
    return { kind: 'read', entries: entries.map(([key, value]) => ({ key, line: lineOf(key, lines), value: valueOf(value) })) }
  } catch (error) {
    if (error instanceof TomlError) return { kind: 'malformed', line: error.line }
    throw error
  }
}

function lineOf(key: string, lines: readonly string[]): number | undefined {
  const index = lines.findIndex((line) => /^\s*\[{0,2}\s*["']?([^"'\s=.\]]*)/.exec(line)?.[1] === key)
  return index === -1 ? undefined : index + 1
}

function valueOf(value: TomlValue): SettingsEntry['value'] {
  if (value instanceof TomlDate) return { kind: 'date' }
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' ? { kind: 'table' } : { kind: 'text', text: String(value) }
}
