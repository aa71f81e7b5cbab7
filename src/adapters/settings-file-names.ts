/** Apart from reading the file, because the entry looks whether one is there. */
import type { SettingsFormat } from '../core/login/settings-entries.ts'

/** The names that awsmfa's settings file may have, and the form of each. */
export const SETTINGS_FILES = [
  ['config.ini', 'ini'],
  ['config.toml', 'toml'],
  ['config.yaml', 'yaml'],
  ['config.yml', 'yaml'],
  ['config.json', 'json'],
] as const satisfies readonly (readonly [string, SettingsFormat])[]
