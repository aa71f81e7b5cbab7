import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  realpathSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { resolveTransport } from '../aws/connection-settings.ts'
import type { DamagedEntry, ExaminedFile, MachineFacts, OpenFile, ProgramFacts } from './examination.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { Profiles } from '../model/profile.ts'
import { findHomeConflict, resolveSharedFiles, surroundingsOfProcess } from '../platform/paths.ts'
import type { OwnFolders } from '../platform/paths.ts'
import { readRegularFile, readWhole } from '../platform/read-file.ts'
import { isExecutable } from '../platform/run-program.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { cacheArgumentsOf, findPromptFree } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import { inspectEncrypted } from '../sessions/cache-cipher.ts'

/** What doctor looks at outside of the two files' contents: modes, programs, caches. Reads alone; what cannot be looked at is not there. */

/** What other people's bits allow: reading and writing. */
const OTHERS = 0o066

/** Scripts say in their first line what runs them; systems read no further. */
const FIRST_LINE_BYTES = 256

/** Reads one of the shared files. Never throws: why it cannot be read is part of the answer. */
export function examineFile(path: string): ExaminedFile {
  try {
    const { bytes, stat } = readRegularFile(path)
    const modifiedAt = stat === undefined ? undefined : new Date(Number(stat.mtimeMs))
    return { path, text: bytes.toString('latin1'), exists: stat !== undefined, unreadable: undefined, modifiedAt }
  } catch (error) {
    const unreadable = isFailure(error, 'FILE_UNREADABLE')
      ? error.failure.errno
      : isFailure(error, 'FILE_NOT_REGULAR')
        ? `it is a ${error.failure.found}`
        : undefined
    if (unreadable === undefined) throw error
    return { path, text: '', exists: true, unreadable, modifiedAt: undefined }
  }
}

/** Gives those of these files that others may read or write: regular files alone, never /dev/null. None on Windows, whose modes say nothing. */
export function findOpenFiles(paths: readonly string[]): readonly OpenFile[] {
  if (process.platform === 'win32') return []
  return paths.flatMap((path): readonly OpenFile[] => {
    const mode = modeOf(path)
    return mode === undefined || (mode & OTHERS) === 0 ? [] : [{ path, mode }]
  })
}

/** Gives the files in a folder whose names match; none where there is no folder. */
export function filesIn(folder: string, name: RegExp): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((found) => name.test(found))
      .toSorted()
      .map((found) => join(folder, found))
  } catch {
    // No folder, or none that can be read.
    return []
  }
}

/** Gives the sessions of awsmfa's own cache that are damaged. */
export function findDamagedSessions(cacheFolder: string): readonly DamagedEntry[] {
  return filesIn(join(cacheFolder, 'sessions'), /^[0-9a-f]{40}\.sealed$/)
    .filter(isDamaged)
    .map((path) => ({ path, cache: 'awsmfa-cache', profile: undefined }))
}

/** Tells whether a program can be started, and what its first line looks for on PATH. */
export function examineProgram(path: string): ProgramFacts {
  try {
    accessSync(path, constants.F_OK)
    if (!statSync(path).isFile()) return { isThere: false, needs: undefined }
  } catch {
    return { isThere: false, needs: undefined }
  }
  return { isThere: true, needs: /^#![ \t]*\/usr\/bin\/env(?:[ \t]+-S)?[ \t]+(\w[\w.+-]*)/.exec(firstBytes(path))?.[1] }
}

/**
 * Gives the programs called awsmfa on PATH besides the one that runs, which is known by where its name leads: where it is none
 * of them (a wrapper started it), the first is taken for it.
 */
export function findOtherAwsmfas(
  path: string,
  ownPath: string,
): readonly { readonly path: string; readonly isFirst: boolean }[] {
  const names = process.platform === 'win32' ? ['awsmfa.exe', 'awsmfa.cmd'] : ['awsmfa']
  const found = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) =>
      names
        .map((name) => join(folder, name))
        .filter(isExecutable)
        .slice(0, 1),
    )
  const distinct = found
    .map((each) => ({ path: each, real: realPath(each) }))
    .filter(({ real }, index, all) => all.findIndex((each) => each.real === real) === index)
  const ownIndex = Math.max(
    0,
    distinct.findIndex(({ real }) => real === realPath(ownPath)),
  )
  return distinct.flatMap(({ path: each }, index) => (index === ownIndex ? [] : [{ path: each, isFirst: index === 0 }]))
}

function isDamaged(path: string): boolean {
  try {
    const encrypted = readWhole(path)
    return encrypted !== undefined && inspectEncrypted(encrypted) === 'damaged'
  } catch {
    // Unreadable is not damaged: it may be another's.
    return false
  }
}

function modeOf(path: string): number | undefined {
  try {
    const stat = statSync(path)
    return stat.isFile() ? stat.mode & 0o777 : undefined
  } catch {
    return undefined
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function firstBytes(path: string): string {
  try {
    const descriptor = openSync(path, constants.O_RDONLY)
    try {
      const bytes = Buffer.alloc(FIRST_LINE_BYTES)
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, FIRST_LINE_BYTES, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // What may be run need not be readable.
    return ''
  }
}

/** What doctor mends besides the contents of the two files. */

/** Takes a file from everybody but its owner: mode 0600. Throws FILE_NOT_WRITABLE. */
export function makePrivate(path: string): void {
  writing(path, 'stage', () => chmodSync(path, 0o600))
}

/** Removes a file; that it is gone already is what was wanted. Throws FILE_NOT_WRITABLE. */
export function removeDamaged(path: string): void {
  const errno = errnoOf(() => unlinkSync(path))
  if (errno !== undefined && errno !== 'ENOENT')
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno, step: 'remove' })
}

type Files = Readonly<Record<SharedFileName, ExaminedFile>>

/** What the machine is looked at with. */
export interface MachineOptions {
  readonly environment: Environment
  /** Undefined if unknown. */
  readonly home: string | undefined
  readonly folders: OwnFolders
  readonly now: Now
  readonly awsCaches: readonly AwsCache[]
  /** Returns the remembered owner of an access key, if any. */
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
}

/** What doctor reads outside of awsmfa's own code; it asks AWS for nothing but the time, and that only if told to. */
export interface Machine {
  /** Reads both files as they are; why one cannot be read is part of the answer. Never throws. */
  readonly examineFiles: () => Files
  /** Gathers everything else. */
  readonly gatherFacts: (files: Files, profiles: Profiles) => Omit<MachineFacts, 'clockOffsetSeconds'>
  /** Asks STS, without credentials, for the time: its clock minus this one, in seconds. Never throws. */
  readonly measureClock: () => Promise<number | 'none'>
}

/** Returns this machine as doctor reads it. Reads nothing yet. */
export function createMachine(options: MachineOptions): Machine {
  const { environment, home, folders, now, identityOf } = options
  const surroundings = surroundingsOfProcess()
  const paths = resolveSharedFiles(surroundings)
  return {
    examineFiles: () => ({ credentials: examineFile(paths.credentials), config: examineFile(paths.config) }),
    measureClock: () => askClock(options),
    gatherFacts: (files, profiles) => {
      // Mostly there are no entries, and many profiles that could have one.
      const awsCaches = cacheEntriesIn(home).length === 0 ? [] : options.awsCaches
      return {
        platform: process.platform === 'win32' ? 'windows' : 'posix',
        nodeMajor: Number(process.versions.node.split('.')[0]),
        environment,
        now: now(),
        openFiles: findOpenFiles(secretFiles(files, options)),
        damagedEntries: [...damagedAwsEntries(profiles, awsCaches), ...findDamagedSessions(folders.cache)],
        quietUntil: (profile, tool) => {
          const caches = awsCaches.filter(({ source }) => source === (tool === 'aws-cli' ? 'cli-cache' : 'boto-cache'))
          return findPromptFree(profile, caches, now())?.until
        },
        program: examineProgram,
        missingFiles: missingFiles(files, environment),
        homeConflict: findHomeConflict(surroundings),
        otherAwsmfas: findOtherAwsmfas(environment['PATH'] ?? '', process.argv[1] ?? ''),
        ownerOf: (accessKeyId) => {
          const identity = identityOf(accessKeyId)
          return identity === undefined
            ? undefined
            : `${identity.arn.replace(/^.*?[/:]([^/:]*)$/, '$1')} in ${identity.account}`
        },
      }
    },
  }
}

/** Config counts where it holds secrets: most people's is readable by all, and no harm done. */
function secretFiles({ credentials, config }: Files, { folders, home }: MachineOptions): readonly string[] {
  return [
    credentials.path,
    ...(/^[ \t]*aws_(?:secret_access_key|session_token)[ \t]*[=:]/im.test(config.text) ? [config.path] : []),
    ...cacheEntriesIn(home),
    ...filesIn(join(folders.cache, 'sessions'), /\.sealed$/),
    ...filesIn(join(folders.state, 'backups'), /\.json$/),
  ]
}

/** The entries of both caches of AWS's tools. */
function cacheEntriesIn(home: string | undefined): readonly string[] {
  return home === undefined
    ? []
    : ['cli', 'boto'].flatMap((name) => filesIn(join(home, '.aws', name, 'cache'), /^[0-9a-f]{40}\.json$/))
}

function damagedAwsEntries(profiles: Profiles, awsCaches: readonly AwsCache[]): readonly DamagedEntry[] {
  if (awsCaches.length === 0) return []
  const entries = profiles.names().flatMap((name) => {
    const profile = profiles.find(name)
    const cacheArguments = profile === undefined ? undefined : cacheArgumentsOf(profile)
    if (cacheArguments === undefined) return []
    return awsCaches
      .filter(({ findFor }) => findFor(cacheArguments).kind === 'damaged')
      .map(({ source, pathFor }) => ({
        path: pathFor(cacheArguments),
        cache: source === 'boto-cache' ? ('boto-cache' as const) : ('cli-cache' as const),
        profile: name,
      }))
  })
  return entries.filter(({ path }, index) => entries.findIndex((entry) => entry.path === path) === index)
}

function missingFiles({ credentials, config }: Files, environment: Environment) {
  const named = [
    { variable: 'AWS_SHARED_CREDENTIALS_FILE', file: credentials },
    { variable: 'AWS_CONFIG_FILE', file: config },
  ]
  return named
    .filter(({ variable, file }) => (environment[variable] ?? '') !== '' && !file.exists && file.path !== '/dev/null')
    .map(({ variable, file }) => ({ variable, path: file.path }))
}

async function askClock({ environment, home, now }: MachineOptions): Promise<number | 'none'> {
  const { measureClock } = await import('../aws/transport.ts')
  const readText = (path: string): string => readFileSync(path, 'utf8')
  const settings = resolveTransport({
    environment,
    home,
    readText,
    profileSetting: () => undefined,
    serviceEndpoint: () => undefined,
  })
  return await measureClock(
    settings,
    [environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']].find(
      (region) => region !== undefined && region !== '',
    ) ?? 'us-east-1',
    now,
  )
}
