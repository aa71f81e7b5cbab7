/**
 * awsmfa's own settings, `config.ini` in its config folder: global defaults, read with the `ini` package. That package must
 * never read or write AWS's files, whose values it would change; for a file that is awsmfa's alone it is the right parser.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AwsmfaError } from '../core/failures.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { SETTINGS_FILE_KEYS } from '../core/login/setting-table.ts'
import { nearest } from '../core/nearest.ts'

/**
 * Reads `config.ini` of that folder; a missing file gives no settings. Throws SETTINGS_UNREADABLE for a file that is there
 * but cannot be read, and USAGE for a key (or a section) that means nothing, since a slip there would go unnoticed for long.
 */
export async function readSettingsFile(configFolder: string): Promise<GlobalDefaults> {
  const path = join(configFolder, 'config.ini')
  const text = readIfThere(path)
  if (text === undefined || text.trim() === '') return {}
  const { parse } = await import('ini')
  const settings = Object.entries(parse(text))
  const unknown = settings.find(([key]) => !SETTINGS_FILE_KEYS.includes(key))
  if (unknown !== undefined) throw unknownSetting(path, unknown[0], text)
  return Object.fromEntries(settings.map(([key, value]) => [key, { value: String(value), place: { path, ...lineOf(key, text) } }]))
}

function unknownSetting(path: string, key: string, text: string): AwsmfaError {
  const near = nearest(key, SETTINGS_FILE_KEYS)
  return new AwsmfaError({ code: 'USAGE', problem: { kind: 'unknown-setting', path, key, ...lineOf(key, text), ...(near === undefined ? {} : { nearest: near }) } })
}

function lineOf(key: string, text: string): { readonly line?: number } {
  const line = text.split(/\r\n|\r|\n/).findIndex((candidate) => candidate.trim().replace(/^\[/, '').startsWith(key)) + 1
  return line === 0 ? {} : { line }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown'
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw new AwsmfaError({ code: 'SETTINGS_UNREADABLE', place: { path }, errno }, { cause: error })
  }
}
