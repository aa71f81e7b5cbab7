/** The effects that login has beside those of every command: the question, AWS, and what is read once in a login. */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createBackups } from '../adapters/backups.ts'
import { createDeadline } from '../adapters/deadline.ts'
import { pause } from '../adapters/pause.ts'
import { createQuestionLock } from '../adapters/question-lock.ts'
import type { LoginContext } from '../commands/login.ts'
import { connect } from './connect.ts'
import type { Context } from './context.ts'
import { tokenCodeSources } from './token-code-sources.ts'

/** STS answers in well under a second; a command that has spent this long on the network is told to the person. */
const DEADLINE_MS = 55_000

/** Makes the effects of one login. The deadline runs from now on. */
export function createLoginContext(context: Context): LoginContext {
  const { environment, home, now, cancelled, asker, folders } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...context,
    deadline: createDeadline(DEADLINE_MS, cancelled),
    lockQuestion: createQuestionLock(folders.state),
    osUser: osUser(),
    sweepBackups: () => createBackups({ stateFolder: folders.state, now }).sweep(),
    readFile: readText,
    isWindows: process.platform === 'win32',
    pause,
    tellNextCode: async (seconds) => context.terminal.writeTalk(`${(await import('../render/prompt.ts')).nextCodeLine(seconds)}\n`),
    connect: (resolution, profiles, snapshots) => connect({ environment, home, readText, now }, resolution, profiles, snapshots),
    sourcesFor: (resolution) => tokenCodeSources(resolution, { asker, environment, writeTalk: context.terminal.writeTalk }),
    runCredentialProcess: async (source) => (await import('../adapters/credential-source.ts')).runCredentialProcess(source, { environment }, cancelled),
  }
}

/** A uid without passwd entry has no name, and Node throws for it. */
function osUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
