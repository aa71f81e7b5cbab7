import { readFileSync } from 'node:fs'
import { createBackups } from '../adapters/backups.ts'
import { createDeadline } from '../adapters/deadline.ts'
import type { SetupContext } from '../commands/setup.ts'
import { connect } from './connect.ts'
import type { Context } from './context.ts'

/** As for login: two short calls; a command that has spent this long on the network is told to the person. */
const DEADLINE_MS = 55_000

/** Makes the effects of one setup. The deadline runs from now on. Throws what reading the settings throws. */
export async function createSetupContext(context: Context): Promise<SetupContext> {
  const { environment, home, now, cancelled, folders } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...context,
    backups: createBackups({ stateFolder: folders.state, now }),
    defaults: await context.readSettings(),
    deadline: createDeadline(DEADLINE_MS, cancelled),
    processStart: { node: process.execPath, program: process.argv[1] ?? '', isWindows: process.platform === 'win32' },
    connect: (resolution, profiles, snapshots) => connect({ environment, home, readText, now }, resolution, profiles, snapshots),
  }
}
