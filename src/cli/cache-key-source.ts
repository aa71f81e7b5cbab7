/** Where the key of awsmfa's own cache is kept: the settings say, before anything is looked for in the cache. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createCacheKeyFile } from '../adapters/cache-key-file.ts'
import type { CacheKeySource } from '../adapters/cache-key.ts'
import type { OwnFolders } from '../adapters/paths.ts'
import { AwsmfaError } from '../core/failures.ts'
import { badSetting, findOutsideLogin } from '../core/login/settings.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'

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
export async function chooseCacheKey({ environment, folders, readSettings, debug, warn }: CacheKeyChoice): Promise<ChosenCacheKey> {
  const found = findOutsideLogin('cache key', { options: {}, environment, defaults: await defaultsIn(readSettings) })
  if (found === undefined || found.value === 'file') {
    return { place: 'file', source: createCacheKeyFile({ runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: folders.state, onOddity: debug }) }
  }
  if (found.value !== 'keychain') throw badSetting(found, 'file or keychain')
  const [{ createKeychainKey }, { renderNotKept }] = await Promise.all([import('../adapters/keychain-key.ts'), import('../render/failures/keychain.ts')])
  const source = createKeychainKey({ helper: helperFile(), stateFolder: folders.state, environment, onOddity: debug, onUnavailable: (failure) => warn(renderNotKept(failure)) })
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
