import type { SettingsContext } from '../commands/settings.ts'
import type { Context } from './context.ts'

/** Makes the effects of `settings`: what every command has, and awsmfa's own settings file. */
export function createSettingsContext(context: Context): SettingsContext {
  return { ...context, isWindows: process.platform === 'win32' }
}
