/**
 * awsmfa's own settings, `config.ini` in its config folder: global defaults, read with the `ini` package. That package must
 * never read or write AWS's files, whose values it would change; for a file that is awsmfa's alone it is the right parser.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AwsmfaError } from '../core/failures.ts'

/** The global defaults as they stand in the file, by key; a key is text whatever it looks like. */
export type SettingsFile = Readonly<Record<string, string>>

/**
 * Reads `config.ini` of that folder; a missing file gives no settings. Throws SETTINGS_UNREADABLE for a file that is there
 * but cannot be read. Section headers and keys without a value are kept under their names, so that the caller can refuse
 * what it does not know.
 */
export async function readSettingsFile(configFolder: string): Promise<SettingsFile> {
  const path = settingsPath(configFolder)
  const text = readIfThere(path)
  if (text === undefined || text.trim() === '') return {}
  const { parse } = await import('ini')
  return Object.fromEntries(Object.entries(parse(text)).map(([key, value]) => [key, typeof value === 'object' ? '' : String(value)]))
}

/** Where the settings file is, for messages. */
export function settingsPath(configFolder: string): string {
  return join(configFolder, 'config.ini')
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
