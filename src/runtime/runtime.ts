/**
 * The composition root, for the command line and the library: everything that a command acts through, made once for
 * each run. Nothing is opened before it is used. What reaches AWS is in runtime/login.ts, which only some commands
 * load.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createSharedFiles } from '../aws-files/shared-files.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { isDebug } from '../command-line/parse.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import type { LongTermKeyStore } from '../keys/stores.ts'
import { createBackups } from '../layouts/backups.ts'
import type { Backups } from '../layouts/backups.ts'
import { settingsReader } from '../login/settings-file.ts'
import { badSetting, findDefault, findSetting, toSwitch } from '../login/settings.ts'
import type { GlobalDefaults } from '../login/settings.ts'
import type { KeyStoreName } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved, SharedFileName } from '../model/profile.ts'
import { ownCommand } from '../platform/find-program.ts'
import { resolveHome, resolveOwnFolders, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { OwnFolders, Surroundings } from '../platform/paths.ts'
import type { Now } from '../platform/time.ts'
import { createAwsCacheStore } from '../sessions/aws-cache.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import type { CacheKeySource } from '../sessions/cache-cipher.ts'
import { createCacheKeyFile } from '../sessions/cache-key-file.ts'
import { createRememberedFacts } from '../sessions/facts.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { AskKeychain } from '../sessions/keychain.ts'
import { forgetAnswers } from '../sessions/process-answers.ts'
import { createPromptFiles, updatePromptCache } from '../sessions/prompt-cache.ts'
import { createAwsLogins } from '../sessions/aws-logins.ts'
import type { AwsLogins } from '../sessions/aws-logins.ts'
import { createCachedSessionReader, createOwnCacheStore, createSessionCache } from '../sessions/session-cache.ts'
import type { SessionCache } from '../sessions/session-cache.ts'
import type { Sha256 } from '../sessions/session-record.ts'
import type { CachedSessionOf } from '../sessions/status.ts'
import { createCredentialsFileStore } from '../sessions/stores.ts'
import type { SessionStore } from '../sessions/stores.ts'
import { createAsker } from '../ui/keyboard.ts'
import type { Asker } from '../ui/question.ts'
import { movesCursor } from '../ui/style.ts'
import { createSpinner, createTerminal } from '../ui/terminal.ts'
import type { Terminal } from '../ui/terminal.ts'
import { visible } from '../ui/words.ts'

/** What any command may ask for. A command names what it uses: `Pick<Runtime, 'files' | 'now'>`. */
export interface Runtime {
  readonly environment: Environment
  /** As Node.js names it. */
  readonly platform: NodeJS.Platform
  readonly isWindows: boolean
  /** Undefined if unknown: messages do without `~`, and only paths that need it fail. */
  readonly home: string | undefined
  /** awsmfa's own folders. */
  readonly folders: OwnFolders
  /** The paths of the shared files. */
  readonly paths: Readonly<Record<SharedFileName, string>>
  readonly now: Now
  /** Aborts when the person or the system ends the command. */
  readonly cancelled: AbortSignal
  readonly sha256: Sha256
  readonly terminal: Terminal
  /** Asks at the controlling terminal. */
  readonly asker: Asker
  /** Takes the line of a warning, with its end; prints nothing with `--quiet`. */
  readonly warn: (line: string) => void
  /** Takes a line for `--debug`; never a secret. */
  readonly debug: (text: string) => void
  readonly files: SharedFiles
  readonly backups: Backups
  /** Returns a store for long-term keys; its code is loaded only for it. `profile`: whose keys are wanted. */
  readonly keyStore: (
    name: KeyStoreName,
    settings: { readonly profile: string; readonly passphraseCommand: Resolved<string> | undefined },
  ) => Promise<LongTermKeyStore>
  /** Returns awsmfa's own settings; reads their file once. */
  readonly readSettings: () => Promise<GlobalDefaults>
  readonly facts: RememberedFacts
  readonly cache: SessionCache
  readonly cacheKeyPlace: 'file' | 'keychain'
  /** USAGE for an invalid `cache_key`, of which commands that need the key throw; others go on. */
  readonly cacheKeyFailure: AwsmfaError | undefined
  /** The caches of the AWS CLI and botocore; none if the home folder is unknown. */
  readonly awsCaches: readonly AwsCache[]
  /** Every place where `login` stores sessions. */
  readonly stores: readonly SessionStore[]
  readonly cachedSessionOf: CachedSessionOf
  readonly awsLogins: AwsLogins
  /** Makes the lines that prompts read match the sessions. Never throws. */
  readonly updatePromptCache: () => void
}

/** A program that calls the library: it is shown nothing but the prompt for a token code. */
export interface CallingProgram {
  readonly surroundings: Surroundings
  readonly debug: (text: string) => void
}

/**
 * Makes the runtime of one command, or of one call of the library. Throws HOME_UNKNOWN.
 */
export async function createRuntime(
  invocation: AnyInvocation,
  cancelled: AbortSignal,
  program?: CallingProgram,
): Promise<Runtime> {
  const surroundings = program?.surroundings ?? surroundingsOfProcess()
  const environment = { ...surroundings.env }
  const home = homeIfKnown(surroundings)
  const folders = resolveOwnFolders(surroundings)
  const paths = resolveSharedFiles(surroundings)
  const now = (): Date => new Date()
  const readSettings = settingsReader(folders.config)
  const noColor = await wantsNoColor(invocation, environment, readSettings)
  const asker = createAsker({ environment, noColor })
  const terminal = program === undefined ? terminalOf(environment, noColor, asker) : silentTerminal(program.debug)
  const warn = invocation.options.quiet === true ? () => undefined : terminal.stderr
  const debug = program?.debug ?? debugTo(terminal, invocation)
  const [uid, allowRoot] = [process.getuid?.(), invocation.options.allowRoot === true]
  const files = createSharedFiles({ paths, home, allowRoot, uid })
  const facts = createRememberedFacts({ cacheFolder: folders.cache, stateFolder: folders.state, sha256, now })
  const openKeychain = keychainOpener(environment)
  const key = await chooseCacheKey({ environment, folders, readSettings, openKeychain, debug, warn })
  const cache = forgettingAnswers(
    createSessionCache({ cacheFolder: folders.cache, keySource: key.source, sha256, now, onOddity: debug }),
    folders.cache,
  )
  // Both are in the home folder, wherever the shared files are.
  const awsCaches =
    home === undefined
      ? []
      : (['cli-cache', 'boto-cache'] as const).map((kind) => createAwsCacheStore({ home, kind, sha1, onOddity: debug }))
  const awsLogins = createAwsLogins({ home, environment, now, sha1, sha256 })
  const cachedSessionOf = createCachedSessionReader({
    awsCaches,
    awsLogins,
    records: cache.list,
    identityOf: facts.identityOf,
  })
  const promptFiles = createPromptFiles({ credentialsPath: paths.credentials, uid, allowRoot, onOddity: debug })
  return {
    environment,
    platform: process.platform,
    isWindows: process.platform === 'win32',
    home,
    folders,
    paths,
    now,
    cancelled,
    sha256,
    terminal,
    asker,
    warn,
    debug,
    files,
    backups: createBackups({ stateFolder: folders.state, now }),
    keyStore: keyStores({ environment, folders, asker, openKeychain, announce: warn }),
    readSettings,
    facts,
    cache,
    cacheKeyPlace: key.place,
    cacheKeyFailure: key.failure,
    awsCaches,
    stores: [
      createCredentialsFileStore(files),
      ...awsCaches,
      createOwnCacheStore({ cache, readProfiles: () => files.read().profiles }),
    ],
    cachedSessionOf,
    awsLogins,
    updatePromptCache: () =>
      updatePromptCache({
        files,
        now,
        identityOf: facts.identityOf,
        cachedSessionOf,
        keepPromptFiles: promptFiles.keep,
      }),
  }
}

function homeIfKnown(surroundings: Surroundings): string | undefined {
  try {
    return resolveHome(surroundings)
  } catch (error) {
    if (error instanceof AwsmfaError) return undefined
    throw error
  }
}

function terminalOf(environment: Environment, noColor: boolean, asker: Asker): Terminal {
  const canMoveCursor = movesCursor(environment, process.platform)
  return createTerminal({ environment, noColor, asker, spinner: (talk) => createSpinner({ talk, canMoveCursor }) })
}

/** A program has no terminal to read messages or to answer questions about anything but a token code. */
function silentTerminal(debug: (text: string) => void): Terminal {
  const style = { color: false, unicode: false, columns: undefined }
  const write = (text: string): void => debug(text.trim())
  const refuse = (): Promise<never> => Promise.reject(new Error('a program cannot be asked'))
  return {
    stdout: write,
    stderr: write,
    data: style,
    talk: style,
    canAsk: () => false,
    isInBackground: () => false,
    confirm: refuse,
    ask: refuse,
    choose: refuse,
    whileWaiting: (_, waiting) => waiting,
  }
}

function debugTo({ stderr }: Terminal, invocation: AnyInvocation): Runtime['debug'] {
  if (!isDebug(invocation)) return () => undefined
  return (text) => stderr(`awsmfa: debug: ${visible(text, 2000)}\n`)
}

/** Returns whether `no_color` in the settings file turns color off, for messages before there is a runtime. */
export async function forbidsColor(): Promise<boolean> {
  const surroundings = surroundingsOfProcess()
  try {
    const readSettings = settingsReader(resolveOwnFolders(surroundings).config)
    return await wantsNoColor({ options: {} }, surroundings.env, readSettings)
  } catch (error) {
    if (error instanceof AwsmfaError) return false
    throw error
  }
}

/**
 * Returns whether `--no-color` or `no_color` in the settings file turns color off. Every variable about color overrides
 * the file, and a file that cannot be used counts as none: commands that need more of it report that.
 */
export async function wantsNoColor(
  { options }: Pick<AnyInvocation, 'options'>,
  environment: Environment,
  readSettings: Runtime['readSettings'],
): Promise<boolean> {
  if (options.noColor === true) return true
  if ((environment['FORCE_COLOR'] ?? '') !== '') return false
  try {
    const found = findDefault('no color', { defaults: await readSettings() })
    return found !== undefined && toSwitch(found).value
  } catch (error) {
    if (error instanceof AwsmfaError) return false
    throw error
  }
}

/** All encrypted files of a run share the passphrases that were typed. */
function keyStores({
  environment,
  folders,
  asker,
  openKeychain,
  announce,
}: Pick<Runtime, 'environment' | 'folders' | 'asker'> & {
  readonly openKeychain: OpenKeychain
  readonly announce: (line: string) => void
}): Runtime['keyStore'] {
  const known: string[] = []
  return async (name, { profile, passphraseCommand: command }) => {
    const own = { ...environment }
    switch (name) {
      case 'encrypted-file': {
        const { createEncryptedFileStore, createPassphraseSource } = await import('../keys/encrypted-file.ts')
        const passphrase = createPassphraseSource({ command, environment: own, profile, asker, announce })
        return createEncryptedFileStore({ configFolder: folders.config, passphrase, known })
      }
      case 'keychain':
        return (await import('../keys/stores.ts')).createKeychainStore({
          askKeychain: await openKeychain(),
          stateFolder: folders.state,
        })
      case 'pass': {
        const canAsk = (): boolean => asker.obstacle() === undefined
        return (await import('../keys/stores.ts')).createPassStore({ environment: own, canAsk, announce })
      }
    }
  }
}

/** Returns the keychain; its code is loaded only for it. */
type OpenKeychain = () => Promise<AskKeychain>

/** One for all that the command asks it: a keychain that does not answer is waited for once. */
function keychainOpener(environment: Environment): OpenKeychain {
  let keychain: AskKeychain | undefined
  return async () => {
    const { createKeychain } = await import('../sessions/keychain.ts')
    keychain ??= createKeychain({
      helper: [...ownCommand(entryFile()), '__keychain-helper'],
      environment: { ...environment },
    })
    return keychain
  }
}

interface CacheKeyOptions extends Pick<Runtime, 'environment' | 'folders' | 'readSettings' | 'debug'> {
  readonly openKeychain: OpenKeychain
  /** Takes a line, with its end: a session could not be cached, and why. */
  readonly warn: (line: string) => void
}

interface ChosenKey {
  readonly place: Runtime['cacheKeyPlace']
  readonly source: CacheKeySource
  readonly failure?: AwsmfaError
}

/** Chooses where the key of awsmfa's own cache is: in a file, or in the keychain, whose code is loaded only for it. */
async function chooseCacheKey({
  environment,
  folders,
  readSettings,
  openKeychain,
  debug,
  warn,
}: CacheKeyOptions): Promise<ChosenKey> {
  const defaults = await settingsOrNone(readSettings)
  const found = findSetting('cache key', { options: {}, environment, defaults })
  const stateFolder = folders.state
  if (found === undefined || found.value === 'file') {
    const source = createCacheKeyFile({ runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder, onOddity: debug })
    return { place: 'file', source }
  }
  if (found.value !== 'keychain') return noKey(badSetting(found, 'file or keychain'))
  const { createKeychainKey } = await import('../sessions/keychain.ts')
  const { renderNotKept } = await import('../errors/files.ts')
  const source = createKeychainKey({
    askKeychain: await openKeychain(),
    stateFolder,
    onOddity: debug,
    onUnavailable: (failure) => warn(renderNotKept(failure)),
  })
  return { place: 'keychain', source }
}

function noKey(failure: AwsmfaError): ChosenKey {
  const refuse = (): never => {
    throw failure
  }
  return { place: 'file', source: { find: refuse, findOrCreate: refuse }, failure }
}

/** Commands that need more of a settings file that cannot be used report it. */
async function settingsOrNone(readSettings: Runtime['readSettings']): Promise<GlobalDefaults> {
  try {
    return await readSettings()
  } catch (error) {
    if (error instanceof AwsmfaError) return {}
    throw error
  }
}

/** The built program, also from the library: the code that runs is beside it, or a chunk in a folder below. */
function entryFile(): string {
  const name = 'awsmfa.cjs'
  const above = join(dirname(__dirname), name)
  return existsSync(above) ? above : join(__dirname, name)
}

/** Answers of `credential-process` came from the cache as it was, so every change of it removes them. */
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

/**
 * Returns the SHA-1 of UTF-8 text in lowercase hexadecimal, for names that other programs make so; it protects nothing.
 */
export function sha1(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex')
}

/** Returns the SHA-256 of UTF-8 text in lowercase hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
