/**
 * Where every file is: AWS's shared files and awsmfa's own folders. Pure: the environment, the platform and the
 * system's idea of the home folder come in as parameters. Loads nothing but node:path, because the entry reads the same
 * paths.
 */
import { posix, win32 } from 'node:path'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/profile.ts'

/**
 * What the paths depend on. `systemHome` may throw, as os.homedir() does for a uid without passwd entry and without
 * HOME.
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly systemHome: () => string
}

/** awsmfa's own folders. None of them need exist. */
export interface OwnFolders {
  readonly config: string
  readonly cache: string
  readonly state: string
}

/** A HOME on Windows that names another folder than USERPROFILE, which botocore and awsmfa follow. */
export interface HomeConflict {
  readonly home: string
  readonly userProfile: string
}

/**
 * Returns the surroundings of this process. The module for the system's home folder is loaded only when HOME is not
 * set. (botocore finds the home folder with Python's os.path.expanduser: USERPROFILE on Windows; HOME, else passwd,
 * elsewhere.)
 */
export function surroundingsOfProcess(): Surroundings {
  return {
    env: outsideServer(process.env),
    platform: process.platform,
    systemHome: () => process.getBuiltinModule('node:os').userInfo().homedir,
  }
}

/** Names the copy of the config file that `exec --server` gives to its program, and the config file itself. */
export const SERVER_CONFIG = 'AWSMFA_SERVER_CONFIG'
export const OWN_CONFIG = 'AWSMFA_CONFIG_FILE'

/** How programs reach an endpoint that serves credentials: that of `exec --server`, or a container's. */
export const ENDPOINT_URL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
export const ENDPOINT_TOKEN = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'

/**
 * Returns the environment as it is outside of `exec --server`: there AWS_CONFIG_FILE names a copy, and AWS_PROFILE a
 * profile of that copy without credentials. Variables that the user has set since stay; those of the endpoint are left
 * out, so that no program that awsmfa starts is given its credentials.
 */
export function outsideServer(env: Surroundings['env']): Surroundings['env'] {
  const copy = env[SERVER_CONFIG] ?? ''
  if (copy === '') return env
  const { [SERVER_CONFIG]: _, [OWN_CONFIG]: config, [ENDPOINT_URL]: _url, [ENDPOINT_TOKEN]: _token, ...outside } = env
  if (env['AWS_CONFIG_FILE'] !== copy) return outside
  const isInCopy = /^awsmfa-server(?:-\d+)?$/.test(env['AWS_PROFILE'] ?? '')
  return {
    ...outside,
    AWS_CONFIG_FILE: config,
    ...(isInCopy ? { AWS_PROFILE: env['AWSMFA_PROFILE'] } : {}),
  }
}

/** The home folder. Throws HOME_UNKNOWN. An empty variable counts as unset. */
export function resolveHome({ env, platform, systemHome }: Surroundings): string {
  const named = platform === 'win32' ? env['USERPROFILE'] : env['HOME']
  if (named) return named
  try {
    const home = systemHome()
    if (home) return home
  } catch (error) {
    throw new AwsmfaError({ code: 'HOME_UNKNOWN' }, { cause: error })
  }
  throw new AwsmfaError({ code: 'HOME_UNKNOWN' })
}

/** Finds out whether HOME and USERPROFILE disagree on Windows. */
export function findHomeConflict({ env, platform }: Surroundings): HomeConflict | undefined {
  const home = env['HOME']
  const userProfile = env['USERPROFILE']
  if (platform !== 'win32' || !home || !userProfile) return undefined
  return win32.resolve(home).toLowerCase() === win32.resolve(userProfile).toLowerCase()
    ? undefined
    : { home, userProfile }
}

/**
 * The two shared files: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else credentials and config in ~/.aws.
 * Variables and a leading ~ are expanded, as botocore does. Throws HOME_UNKNOWN, but only where the home folder is
 * needed.
 */
export function resolveSharedFiles(surroundings: Surroundings): Readonly<Record<SharedFileName, string>> {
  return {
    credentials: sharedFile(surroundings, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
    config: sharedFile(surroundings, 'AWS_CONFIG_FILE', 'config'),
  }
}

/**
 * awsmfa's own folders: below AWSMFA_HOME, else %LOCALAPPDATA%\awsmfa on Windows, else the XDG folders. Throws
 * HOME_UNKNOWN.
 */
export function resolveOwnFolders(surroundings: Surroundings): OwnFolders {
  const folder = (kind: keyof OwnFolders): string => resolveOwnFolder(surroundings, kind)
  return { config: folder('config'), cache: folder('cache'), state: folder('state') }
}

/** One of them. Throws HOME_UNKNOWN. */
function resolveOwnFolder(surroundings: Surroundings, kind: keyof OwnFolders): string {
  const { env, platform } = surroundings
  const paths = pathsOf(platform)
  const own = env['AWSMFA_HOME']
  if (own) return paths.join(expandHome(surroundings, own), kind)
  if (platform !== 'win32') return xdgFolder(surroundings, BASE_FOLDERS[kind].variable, BASE_FOLDERS[kind].fallback)
  const local = env['LOCALAPPDATA']
  return paths.join(local ? local : paths.join(resolveHome(surroundings), 'AppData', 'Local'), 'awsmfa', kind)
}

/**
 * The variable that names the folder for those of all programs, and where that is in the home folder if it does not.
 */
const BASE_FOLDERS = {
  config: { variable: 'XDG_CONFIG_HOME', fallback: '.config' },
  cache: { variable: 'XDG_CACHE_HOME', fallback: '.cache' },
  state: { variable: 'XDG_STATE_HOME', fallback: '.local/state' },
} as const

function sharedFile(surroundings: Surroundings, variable: string, name: SharedFileName): string {
  const named = surroundings.env[variable]
  return named
    ? expandHome(surroundings, expandVariables(surroundings, named))
    : pathsOf(surroundings.platform).join(resolveHome(surroundings), '.aws', name)
}

/** The XDG base directory specification has relative paths ignored. */
function xdgFolder(surroundings: Surroundings, variable: string, fallback: string): string {
  const named = surroundings.env[variable]
  const base = named && posix.isAbsolute(named) ? named : posix.join(resolveHome(surroundings), fallback)
  return posix.join(base, 'awsmfa')
}

/**
 * Replaces `$NAME` and `${NAME}`, on Windows also `%NAME%`; a variable that is not set stays as it is. Source: Python's
 * os.path.expandvars, which botocore's configloader.py calls.
 */
function expandVariables({ env, platform }: Surroundings, path: string): string {
  const references = platform === 'win32' ? /\$(\w+)|\$\{([^}]*)\}|%([^%]+)%/g : /\$(\w+)|\$\{([^}]*)\}/g
  return path.replace(references, (text, ...names: readonly (string | undefined)[]) => {
    const name = names.slice(0, 3).find((each) => typeof each === 'string') ?? ''
    return env[name] ?? text
  })
}

function expandHome(surroundings: Surroundings, path: string): string {
  const isBelowHome =
    path === '~' || path.startsWith('~/') || (surroundings.platform === 'win32' && path.startsWith('~\\'))
  return isBelowHome ? resolveHome(surroundings) + path.slice(1) : path
}

function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix
}

/** The names that awsmfa's settings file may have; the extension says its format. */
export const SETTINGS_FILES = ['config.ini', 'config.toml', 'config.yaml', 'config.yml', 'config.json'] as const
