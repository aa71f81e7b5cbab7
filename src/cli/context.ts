/**
 * The composition root of the command line: the effects that every command has, made from the environment and the clock as
 * they are when the command starts. What only login needs is in login-context.ts, so that no other command loads it. Nothing
 * is opened before it is used.
 */
import { forgetAnswers } from '../adapters/answer-store.ts'
import { createAsker } from '../adapters/controlling-terminal.ts'
import type { Asker } from '../adapters/controlling-terminal.ts'
import { surroundingsOfProcess, resolveHome, resolveOwnFolders, resolveSharedFiles } from '../adapters/paths.ts'
import type { OwnFolders } from '../adapters/paths.ts'
import { createPromptFiles } from '../adapters/prompt-files.ts'
import { createRememberedFacts } from '../adapters/remembered-facts.ts'
import { settingsReader } from '../adapters/settings-file.ts'
import { sha1 } from '../adapters/sha1.ts'
import { sha256 } from '../adapters/sha256.ts'
import { createSharedFiles } from '../adapters/shared-files.ts'
import { createSpinner } from '../adapters/spinner.ts'
import { createAwsCacheStore } from '../adapters/stores/aws-caches.ts'
import { createSessionCache } from '../adapters/stores/awsmfa-cache.ts'
import { createCredentialsFileStore } from '../adapters/stores/credentials-file.ts'
import { createOwnCacheStore } from '../adapters/stores/own-cache.ts'
import { createTerminal } from '../adapters/terminal.ts'
import { movesCursor } from '../adapters/text-style.ts'
import type { LoginContext } from '../commands/login.ts'
import type { LogoutContext } from '../commands/logout.ts'
import type { StatusContext } from '../commands/status.ts'
import { AwsmfaError } from '../core/failures.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import { isDebug } from '../core/invocation.ts'
import type { Invocation } from '../core/invocation.ts'
import type { SessionCache, SharedSnapshots } from '../core/ports.ts'
import { findCachedSession } from '../core/status/cached-session.ts'
import { findOwnCachedSession } from '../core/status/own-cache-session.ts'
import { visible } from '../core/visible-text.ts'
import { keepPromptLines } from '../flows/keep-prompt-lines.ts'
import { chooseCacheKey } from './cache-key-source.ts'
import { wantsNoColour } from './no-colour.ts'

type SharedWithLogin = 'environment' | 'home' | 'now' | 'files' | 'facts' | 'terminal' | 'cancelled' | 'sha256' | 'debug' | 'showWaiting' | 'cache' | 'awsCaches' | 'cachedSessionOf' | 'readSettings'

/** What any command may ask for, and what login's own effects are made from. */
export type Context = Pick<LoginContext, SharedWithLogin> & LogoutContext & StatusContext & { readonly asker: Asker; readonly folders: OwnFolders; readonly cacheKeyPlace: 'file' | 'keychain'; readonly keepPromptLines: () => void }

/**
 * Makes the effects for one command line. `cancelled` aborts when the person or the system ends the command. Throws USAGE for a
 * setting of the cache key that means nothing.
 */
export async function createContext(invocation: Invocation, cancelled: AbortSignal): Promise<Context> {
  const surroundings = surroundingsOfProcess()
  const environment = { ...surroundings.env }
  const home = homeIfKnown(surroundings)
  const folders = resolveOwnFolders(surroundings)
  const now = (): Date => new Date()
  const readSettings = settingsReader(folders.config)
  const noColor = await wantsNoColour(invocation, environment, readSettings)
  const asker = createAsker({ environment, noColor })
  const terminal = createTerminal({
    environment,
    noColor,
    asker,
    spinner: (talk) => createSpinner({ talk, canMoveCursor: movesCursor(environment, process.platform) }),
  })
  const debug = isDebug(invocation) ? (text: string) => terminal.writeTalk(`awsmfa: debug: ${visible(text, 2000)}\n`) : () => undefined
  const [paths, uid, allowRoot] = [resolveSharedFiles(surroundings), process.getuid?.(), invocation.options['allow-root'] === true]
  const files = createSharedFiles({ paths, home, allowRoot, uid })
  const facts = createRememberedFacts({ cacheFolder: folders.cache, stateFolder: folders.state, sha256, now })
  const { place: cacheKeyPlace, source: keySource } = await chooseCacheKey({ environment, folders, readSettings, debug, warn: terminal.writeTalk })
  // Both lie under the home folder, wherever the files are.
  const awsCaches = home === undefined ? [] : (['cli-cache', 'boto-cache'] as const).map((kind) => createAwsCacheStore({ home, kind, sha1, onOddity: debug }))
  const cache = forgettingAnswers(createSessionCache({ cacheFolder: folders.cache, keySource, sha256, onOddity: debug }), folders.cache)
  const cachedSessionOf: Context['cachedSessionOf'] = (profile) => findCachedSession(profile, awsCaches) ?? findOwnCachedSession(profile, cache.list, facts.identityOf)
  const promptFiles = createPromptFiles({ credentialsPath: paths.credentials, uid, allowRoot, onOddity: debug })
  return {
    environment,
    home,
    folders,
    now,
    files,
    facts,
    asker,
    terminal,
    cancelled,
    sha256,
    debug,
    showWaiting: terminal.showWaiting,
    readFiles: files.read,
    identityOf: facts.identityOf,
    cache,
    cacheKeyPlace,
    awsCaches,
    stores: [createCredentialsFileStore(files), ...awsCaches, createOwnCacheStore({ cache, readProfiles: () => profilesIn(files.read()) })],
    cachedSessionOf,
    readSettings,
    keepPromptLines: () => keepPromptLines({ files, now, cachedSessionOf, keepPromptFiles: promptFiles.keep }),
  }
}

/** What was answered before came from the cache as it was then. */
function forgettingAnswers(cache: SessionCache, cacheFolder: string): SessionCache {
  const thenForget =
    <Taken extends readonly unknown[], Given>(change: (...taken: Taken) => Given) =>
    (...taken: Taken): Given => {
      try {
        return change(...taken)
      } finally {
        forgetAnswers(cacheFolder)
      }
    }
  return { ...cache, store: thenForget(cache.store), remove: thenForget(cache.remove), removeAll: thenForget(cache.removeAll), sweep: thenForget(cache.sweep) }
}

function profilesIn({ credentials, config }: SharedSnapshots): Profiles {
  return readProfiles({ credentials: credentials.text, config: config.text })
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
