/** awsmfa's own settings file, after its format has been read: which keys it may have, and of what type their values may be. */
import { AwsmfaError } from '../failures.ts'
import type { UsageProblem } from '../failures.ts'
import { nearest } from '../nearest.ts'
import { SETTINGS_FILE_KEYS, SETTING_TABLE } from './setting-table.ts'
import type { GlobalDefaults } from './settings.ts'

/** What may stand behind a key, whatever the format. Numbers and yes or no are text, as they are written. */
export type SettingsValue = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'nothing' | 'list' | 'table' | 'date' }

/** A key of the file. Lines count from 1; undefined where the format's parser does not tell. */
export interface SettingsEntry {
  readonly key: string
  readonly line: number | undefined
  readonly value: SettingsValue
}

/** The formats of the settings file. */
export type SettingsFormat = 'ini' | 'toml' | 'yaml' | 'json'

/** What a format's reader makes of a text: its keys, or the line that it stumbles over. */
export type ReadSettings =
  | { readonly kind: 'read'; readonly entries: readonly SettingsEntry[] }
  | { readonly kind: 'malformed'; readonly line: number | undefined }

/**
 * Gives the global defaults. A key with nothing behind it counts as not there, as it does in the other files. Throws USAGE for
 * a key that means nothing, for one that stands there twice, and for a value that is a list, a table or a date: a slip in this
 * file would go unnoticed for long.
 */
export function globalDefaults(entries: readonly SettingsEntry[], path: string): GlobalDefaults {
  const seen = new Map<string, SettingsEntry>()
  for (const entry of entries) {
    assertKnown(entry, path)
    const first = seen.get(entry.key)
    if (first !== undefined) throw usage({ kind: 'repeated-setting', path, key: entry.key, lines: [first.line, entry.line].filter((line) => line !== undefined) })
    if (entry.value.kind !== 'text' && entry.value.kind !== 'nothing') throw usage({ kind: 'setting-type', path, key: entry.key, found: entry.value.kind, ...lineOf(entry) })
    seen.set(entry.key, entry)
  }
  return Object.fromEntries([...seen.values()].flatMap((entry) => (entry.value.kind === 'text' ? [[entry.key, { value: entry.value.text, place: { path, ...lineOf(entry) } }]] : [])))
}

function assertKnown(entry: SettingsEntry, path: string): void {
  const { key } = entry
  if (SETTINGS_FILE_KEYS.includes(key)) return
  const instead = SETTING_TABLE.find(({ notInFile }) => notInFile?.key === key)?.notInFile?.instead
  const near = instead === undefined ? nearest(key, SETTINGS_FILE_KEYS) : undefined
  throw usage({ kind: 'unknown-setting', path, key, ...lineOf(entry), ...(near === undefined ? {} : { nearest: near }), ...(instead === undefined ? {} : { instead }) })
}

function lineOf({ line }: SettingsEntry): { readonly line?: number } {
  return line === undefined ? {} : { line }
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}
