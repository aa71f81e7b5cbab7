import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { reportSettings } from '../core/login/settings-report.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { Now, SharedSnapshots, Terminal } from '../core/ports.ts'
import { renderSettingsProblem, renderSettingsTable, settingsObject } from '../render/settings.ts'

/** What `settings` needs: files, a clock and a stream. It cannot reach AWS, run a command, nor write a file. */
export interface SettingsContext {
  readonly environment: Environment
  readonly home: string | undefined
  readonly isWindows: boolean
  readonly now: Now
  readonly readFiles: () => SharedSnapshots
  readonly readSettings: () => Promise<GlobalDefaults>
  readonly terminal: Pick<Terminal, 'writeData' | 'writeTalk' | 'data'>
}

/**
 * Prints every setting with its value and where it comes from, and gives the exit code 0, also for a profile that could not
 * sign in, which is told on stderr. Throws PROFILE_NOT_FOUND, FILE_UNREADABLE, and what reading awsmfa's own settings throws.
 */
export async function settings(invocation: Invocation, context: SettingsContext): Promise<number> {
  const { environment, home, isWindows, terminal } = context
  const { credentials, config } = context.readFiles()
  const report = reportSettings({
    invocation,
    environment,
    profiles: readProfiles({ credentials: credentials.text, config: config.text }),
    paths: { credentials: credentials.path, config: config.path },
    defaults: await context.readSettings(),
    // Nothing stands after `--`, so no value names a file.
    readFile: () => '',
    config: config.text,
    isWindows,
  })
  const view = { home, files: { credentials: credentials.path, config: config.path }, now: context.now(), debug: false }
  terminal.writeData(invocation.options['json'] === true ? `${JSON.stringify(settingsObject(report, view))}\n` : renderSettingsTable(report, view, terminal.data))
  if (invocation.options['json'] !== true) for (const failure of report.failures) terminal.writeTalk(renderSettingsProblem(failure, failure === report.refusal, view))
  return 0
}
