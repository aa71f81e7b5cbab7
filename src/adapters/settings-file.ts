/**
 * awsmfa's own settings: one file in its config folder, in one of four formats, with what holds where nothing else says
 * anything. The parser of a format is loaded where a file of that format is there. The file is only ever read.
 */
import { AwsmfaError, isFailure } from '../core/failures.ts'
import { globalDefaults } from '../core/login/settings-entries.ts'
import type { ReadSettings, SettingsFormat } from '../core/login/settings-entries.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { childPath } from './child-path.ts'
import { isThere } from './read-whole.ts'
import { readRegularFile } from './regular-file.ts'
import { SETTINGS_FILES } from './settings-file-names.ts'

/**
 * Reads the settings file of that folder; where there is none, there are no settings. Throws SETTINGS_UNREADABLE or
 * FILE_NOT_REGULAR for a file that is there but cannot be read, and USAGE for two files, for one that is not what its name
 * says, and for what no settings file may hold.
 */
export async function readSettingsFile(configFolder: string): Promise<GlobalDefaults> {
  const found = SETTINGS_FILES.map(([name, format]) => ({ path: childPath(configFolder, name), format })).filter(({ path }) => isFound(path))
  const [file, ...others] = found
  if (file === undefined) return {}
  if (others.length > 0) throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'several-settings-files', paths: found.map(({ path }) => path) } })
  const { path, format } = file
  const text = readText(path, format)
  if (text.trim() === '') return {}
  const read = await parseAs(format, text)
  if (read.kind === 'malformed') throw malformed(path, format, read.line)
  return globalDefaults(read.entries, path)
}

/** Gives what reads that folder's settings file at the first call, and after that the same answer, or the same error. */
export function settingsReader(configFolder: string): () => Promise<GlobalDefaults> {
  let read: Promise<GlobalDefaults> | undefined
  return () => (read ??= readSettingsFile(configFolder))
}

async function parseAs(format: SettingsFormat, text: string): Promise<ReadSettings> {
  switch (format) {
    case 'ini':
      return (await import('./settings-formats/ini.ts')).readIni(text)
    case 'toml':
      return (await import('./settings-formats/toml.ts')).readToml(text)
    case 'yaml':
      return (await import('./settings-formats/yaml.ts')).readYaml(text)
    case 'json':
      return (await import('./settings-formats/json.ts')).readJson(text)
  }
}

function isFound(path: string): boolean {
  try {
    return isThere(path)
  } catch (error) {
    throw new AwsmfaError({ code: 'SETTINGS_UNREADABLE', place: { path }, errno: (error as NodeJS.ErrnoException).code ?? 'unknown' }, { cause: error })
  }
}

/** The text without a byte order mark. What is no UTF-8, such as the UTF-16 of some editors, would be read as something else. */
function readText(path: string, format: SettingsFormat): string {
  const { bytes } = readBytes(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed(path, format, undefined)
  }
}

function readBytes(path: string): { readonly bytes: Buffer } {
  try {
    return readRegularFile(path)
  } catch (error) {
    if (!isFailure(error, 'FILE_UNREADABLE')) throw error
    throw new AwsmfaError({ code: 'SETTINGS_UNREADABLE', place: { path }, errno: error.failure.errno }, { cause: error })
  }
}

function malformed(path: string, format: SettingsFormat, line: number | undefined): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem: { kind: 'malformed-settings', path, format, ...(line === undefined ? {} : { line }) } })
}
