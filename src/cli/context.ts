/**
 * The composition root of the command line: every effect is made here, from the environment and the clock as they are when
 * the command starts. Nothing is loaded or opened before it is used.
 */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createAsker } from '../adapters/controlling-terminal.ts'
import { runCredentialProcess } from '../adapters/credential-source.ts'
import { createDeadline } from '../adapters/deadline.ts'
import { surroundingsOfProcess, resolveHome, resolveOwnFolders, resolveSharedFiles } from '../adapters/paths.ts'
import { createQuestionLock } from '../adapters/question-lock.ts'
import { createRememberedFacts } from '../adapters/remembered-facts.ts'
import { readSettingsFile } from '../adapters/settings-file.ts'
import { sha256 } from '../adapters/sha256.ts'
import { createSharedFiles } from '../adapters/shared-files.ts'
import { createSpinner } from '../adapters/spinner.ts'
import { createSessionCache } from '../adapters/stores/awsmfa-cache.ts'
import { createCredentialsFileStore } from '../adapters/stores/credentials-file.ts'
import { createTerminal } from '../adapters/terminal.ts'
import { movesCursor } from '../adapters/text-style.ts'
import { createGivenTokenCode } from '../adapters/token-code/given.ts'
import { createTerminalTokenCode } from '../adapters/token-code/terminal.ts'
import type { LoginContext } from '../commands/login.ts'
import type { LogoutContext } from '../commands/logout.ts'
import type { StatusContext } from '../commands/status.ts'
import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import type { TokenCodeSource } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { tokenCodeQuestion, tokenCodeRefusal } from '../render/prompt.ts'
import { connect } from './connect.ts'

/** Everything that any command may ask for. */
export type Context = LoginContext & LogoutContext & StatusContext

/** STS answers in well under a second; a command that has spent this long on the network is told to the person. */
const DEADLINE_MS = 55_000

/** Makes the effects for one command line. `cancelled` aborts when the person or the system ends the command. */
export function createContext(invocation: Invocation, cancelled: AbortSignal): Context {
  const surroundings = surroundingsOfProcess()
  const environment = { ...surroundings.env }
  const home = homeIfKnown(surroundings)
  const folders = resolveOwnFolders(surroundings)
  const now = (): Date => new Date()
  const noColor = invocation.options['no-color'] === true
  const asker = createAsker({ environment, noColor })
  const terminal = createTerminal({
    environment,
    noColor,
    asker,
    spinner: (talk) => createSpinner({ talk, canMoveCursor: movesCursor(environment, process.platform) }),
  })
  const debug = invocation.options['debug'] === true ? (text: string) => terminal.writeTalk(`awsmfa: debug: ${visible(text, 2000)}\n`) : () => undefined
  const files = createSharedFiles({ paths: resolveSharedFiles(surroundings), home, allowRoot: invocation.options['allow-root'] === true, uid: process.getuid?.() })
  const facts = createRememberedFacts({ cacheFolder: folders.cache, stateFolder: folders.state, sha256, now })
  return {
    environment,
    home,
    now,
    files,
    facts,
    terminal,
    cancelled,
    sha256,
    debug,
    showWaiting: terminal.showWaiting,
    readFiles: files.read,
    identityOf: facts.identityOf,
    cache: createSessionCache({ cacheFolder: folders.cache, sha256, onOddity: debug }),
    stores: [createCredentialsFileStore(files)],
    deadline: createDeadline(DEADLINE_MS, cancelled),
    lockQuestion: createQuestionLock(folders.state),
    osUser: osUser(),
    readSettings: () => readSettingsFile(folders.config),
    readFile: (path) => readFileSync(path, 'utf8'),
    connect: (resolution, profiles, snapshots) => connect({ environment, home, readText: (path) => readFileSync(path, 'utf8'), now }, resolution, profiles, snapshots),
    sourcesFor: (resolution) => [tokenCodeSource(resolution) ?? createTerminalTokenCode(asker, { question: tokenCodeQuestion, refusal: tokenCodeRefusal })],
    runCredentialProcess: (source) => runCredentialProcess(source, environment, cancelled),
  }
}

/** A code that was given is used, whatever could be asked; a pipe is read only for `-`. */
function tokenCodeSource({ tokenCode }: LoginResolution): TokenCodeSource | undefined {
  return tokenCode === undefined ? undefined : createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')
}

function homeIfKnown(surroundings: ReturnType<typeof surroundingsOfProcess>): string | undefined {
  try {
    return resolveHome(surroundings)
  } catch (error) {
    // Only paths that need it fail, with their own words; a message can do without `~`.
    if (error instanceof AwsmfaError) return undefined
    throw error
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
