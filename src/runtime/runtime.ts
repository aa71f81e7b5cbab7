import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { existsSync } from 'node:fs'
import { createSharedFiles } from '../aws-files/shared-files.ts'
import { isDebug } from '../command-line/parse.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import type { LoginContext } from '../commands/login.ts'
import type { LogoutContext } from '../commands/logout.ts'
import type { SettingsContext } from '../commands/settings.ts'
import type { StatusContext } from '../commands/status.ts'
import type { UndoContext } from '../commands/undo.ts'
import { createBackups } from '../layouts/backups.ts'
import { settingsReader } from '../login/settings-file.ts'
import { badSetting, findDefault, findSetting, toSwitch } from '../login/settings.ts'
import type { GlobalDefaults } from '../login/settings.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { OwnFolders } from '../platform/paths.ts'
import { findCachedEntry } from '../sessions/aws-cache-entry.ts'
import { createAwsCacheStore } from '../sessions/aws-cache.ts'
import type { CacheKeySource } from '../sessions/cache-cipher.ts'
import { createCacheKeyFile } from '../sessions/cache-key-file.ts'
import { createRememberedFacts } from '../sessions/facts.ts'
import { forgetAnswers } from '../sessions/process-answers.ts'
import { createPromptFiles, updatePromptCache } from '../sessions/prompt-cache.ts'
import { createOwnCacheStore, createSessionCache, findOwnCachedSession } from '../sessions/session-cache.ts'
import type { SessionCache } from '../sessions/session-cache.ts'
import { createCredentialsFileStore } from '../sessions/stores.ts'
import { createAsker } from '../ui/question.ts'
import type { Asker } from '../ui/question.ts'
import { movesCursor } from '../ui/style.ts'
import { createSpinner, createTerminal } from '../ui/terminal.ts'
import { visible } from '../ui/words.ts'

/**
 * Gives the SHA-1 of a text, taken as UTF-8, as 40 lowercase hexadecimal digits. For names that other programs make this way
 * alone: nothing is protected by it.
 */
export function sha1(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex')
}

/** Gives the SHA-256 of a text, taken as UTF-8, as 64 lowercase hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** Where the key of awsmfa's own cache is kept: the settings say, before anything is looked for in the cache. */

export interface CacheKeyChoice {
  readonly environment: NodeJS.ProcessEnv
  readonly folders: OwnFolders
  readonly readSettings: () => Promise<GlobalDefaults>
  /** Told, for `--debug`, what is wrong with a key that is there; never a secret. */
  readonly debug: (text: string) => void
  /** Told in one line, with its line end, that what was to be kept is not kept, and why. */
  readonly warn: (line: string) => void
}

/** The source of the key, and whether that is the keychain. */
export interface ChosenCacheKey {
  readonly place: 'file' | 'keychain'
  readonly source: CacheKeySource
}

/**
 * Chooses by AWSMFA_CACHE_KEY, else by `cache_key` in the settings file. What the keychain takes is loaded only for it. Throws
 * USAGE for a value that is neither `file` nor `keychain`. A settings file that cannot be used is for those to tell who need
 * more of it.
 */
export async function chooseCacheKey({
  environment,
  folders,
  readSettings,
  debug,
  warn,
}: CacheKeyChoice): Promise<ChosenCacheKey> {
  const found = findSetting('cache key', { options: {}, environment, defaults: await defaultsIn(readSettings) })
  if (found === undefined || found.value === 'file') {
    return {
      place: 'file',
      source: createCacheKeyFile({
        runtimeFolder: environment['XDG_RUNTIME_DIR'],
        stateFolder: folders.state,
        onOddity: debug,
      }),
    }
  }
  if (found.value !== 'keychain') throw badSetting(found, 'file or keychain')
  const [{ createKeychainKey }, { renderNotKept }] = await Promise.all([
    import('../sessions/keychain.ts'),
    import('../errors/files.ts'),
  ])
  const source = createKeychainKey({
    helper: helperFile(),
    stateFolder: folders.state,
    environment,
    onOddity: debug,
    onUnavailable: (failure) => warn(renderNotKept(failure)),
  })
  return { place: 'keychain', source }
}

async function defaultsIn(readSettings: CacheKeyChoice['readSettings']): Promise<GlobalDefaults> {
  try {
    return await readSettings()
  } catch (error) {
    if (error instanceof AwsmfaError) return {}
    throw error
  }
}

/** The built helper lies beside the built entries; what is running may be a chunk, in a folder below. */
function helperFile(): string {
  const [beside, above] = [__dirname, dirname(__dirname)].map((folder) => join(folder, 'keychain-helper.cjs'))
  return above !== undefined && existsSync(above) ? above : (beside ?? '')
}

/**
 * The composition root of the command line: the effects that every command has, made from the environment and the clock as
 * they are when the command starts. What only login needs is in login-context.ts, so that no other command loads it. Nothing
 * is opened before it is used.
 */

type SharedWithLogin =
  | 'environment'
  | 'home'
  | 'now'
  | 'files'
  | 'facts'
  | 'terminal'
  | 'cancelled'
  | 'sha256'
  | 'debug'
  | 'showWaiting'
  | 'cache'
  | 'awsCaches'
  | 'cachedSessionOf'
  | 'readSettings'

/** What any command may ask for, and what login's own effects are made from. */
export type Context = Pick<LoginContext, SharedWithLogin> &
  LogoutContext &
  StatusContext & {
    readonly asker: Asker
    readonly folders: OwnFolders
    readonly cacheKeyPlace: 'file' | 'keychain'
    readonly updatePromptCache: () => void
  }

/**
 * Makes the effects for one command line. `cancelled` aborts when the person or the system ends the command. Throws USAGE for a
 * setting of the cache key that means nothing.
 */
export async function createContext(invocation: AnyInvocation, cancelled: AbortSignal): Promise<Context> {
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
  const debug = isDebug(invocation)
    ? (text: string) => terminal.stderr(`awsmfa: debug: ${visible(text, 2000)}\n`)
    : () => undefined
  const [paths, uid, allowRoot] = [
    resolveSharedFiles(surroundings),
    process.getuid?.(),
    invocation.options.allowRoot === true,
  ]
  const files = createSharedFiles({ paths, home, allowRoot, uid })
  const facts = createRememberedFacts({ cacheFolder: folders.cache, stateFolder: folders.state, sha256, now })
  const { place: cacheKeyPlace, source: keySource } = await chooseCacheKey({
    environment,
    folders,
    readSettings,
    debug,
    warn: terminal.stderr,
  })
  // Both lie under the home folder, wherever the files are.
  const awsCaches =
    home === undefined
      ? []
      : (['cli-cache', 'boto-cache'] as const).map((kind) => createAwsCacheStore({ home, kind, sha1, onOddity: debug }))
  const cache = forgettingAnswers(
    createSessionCache({ cacheFolder: folders.cache, keySource, sha256, onOddity: debug }),
    folders.cache,
  )
  const cachedSessionOf: Context['cachedSessionOf'] = (profile) =>
    findCachedEntry(profile, awsCaches)?.session ?? findOwnCachedSession(profile, cache.list, facts.identityOf)
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
    stores: [
      createCredentialsFileStore(files),
      ...awsCaches,
      createOwnCacheStore({ cache, readProfiles: () => files.read().profiles }),
    ],
    cachedSessionOf,
    readSettings,
    updatePromptCache: () => updatePromptCache({ files, now, cachedSessionOf, keepPromptFiles: promptFiles.keep }),
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
  return {
    ...cache,
    store: thenForget(cache.store),
    remove: thenForget(cache.remove),
    removeAll: thenForget(cache.removeAll),
    sweep: thenForget(cache.sweep),
  }
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

/**
 * Tells whether colours are off by `--no-color` or by `no_color` in the settings file, which every variable about colours beats. A
 * file that cannot be used counts as none: those who need more of it say so.
 */
export async function wantsNoColour(
  { options }: Pick<AnyInvocation, 'options'>,
  environment: Environment,
  readSettings: () => Promise<GlobalDefaults>,
): Promise<boolean> {
  if (options.noColor === true) return true
  if ((environment['FORCE_COLOR'] ?? '') !== '') return false
  try {
    const found = findDefault('no colour', { defaults: await readSettings() })
    return found !== undefined && toSwitch(found).value
  } catch (error) {
    if (error instanceof AwsmfaError) return false
    throw error
  }
}

/** Makes the effects of `settings`: what every command has, and awsmfa's own settings file. */
export function createSettingsContext(context: Context): SettingsContext {
  return { ...context, isWindows: process.platform === 'win32' }
}

/** Makes the effects of undo, which needs nothing of AWS. */
export function createUndoContext(context: Context): UndoContext {
  return { ...context, backups: createBackups({ stateFolder: context.folders.state, now: context.now }) }
}
