/**
 * What doctor reads besides the contents of the two files: modes, programs, caches, the clock of AWS; and the repairs
 * of files that are not shared ones. What cannot be read is treated as not there.
 */
import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readSync,
  readdirSync,
  realpathSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { delimiter, join } from 'node:path'
import { identityInWords } from '../aws/arn.ts'
import { resolveTransport } from '../aws/connection-settings.ts'
import type { DamagedEntry, InputFile, InputFiles, Machine } from './examination.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles, SharedFileName } from '../model/profile.ts'
import { findHomeConflict, surroundingsOfProcess } from '../platform/paths.ts'
import type { OwnFolders } from '../platform/paths.ts'
import { readNamedFile, readRegularFile, readWhole } from '../platform/read-file.ts'
import { isExecutable } from '../platform/find-program.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { cacheArgumentsOf, findPromptFree } from '../sessions/aws-cache-entry.ts'
import type { AwsCache } from '../sessions/aws-cache.ts'
import { inspectEncrypted } from '../sessions/cache-cipher.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import { isSet } from '../ui/style.ts'

/** What is needed to read the machine. */
export interface MachineSources {
  readonly environment: Environment
  /** Undefined if unknown. */
  readonly home: string | undefined
  readonly folders: OwnFolders
  readonly now: Now
  readonly awsCaches: readonly AwsCache[]
  readonly facts: Pick<RememberedFacts, 'identityOf'>
}

/** Reads both shared files as they are; why one cannot be read is part of the answer. Never throws. */
export function readInputFiles(paths: Readonly<Record<SharedFileName, string>>): InputFiles {
  return { credentials: readInputFile(paths.credentials), config: readInputFile(paths.config) }
}

/** Reads a shared file. Never throws. */
export function readInputFile(path: string): InputFile {
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

/** Reads everything about the machine but the clock of AWS. */
export function inspectMachine(
  files: InputFiles,
  profiles: Profiles,
  sources: MachineSources,
): Omit<Machine, 'clockOffsetSeconds'> {
  const { environment, home, folders, now, facts } = sources
  // Mostly there are no entries, but many profiles that could have one.
  const awsCaches = cacheEntriesIn(home).length === 0 ? [] : sources.awsCaches
  return {
    platform: process.platform === 'win32' ? 'windows' : 'posix',
    nodeMajor: Number(process.versions.node.split('.')[0]),
    environment,
    now: now(),
    openFiles: findOpenFiles(secretFiles(files, sources)),
    damagedEntries: [...findDamagedAwsEntries(profiles, awsCaches), ...findDamagedSessions(folders.cache)],
    quietUntil: (profile, tool) => {
      const kind = tool === 'aws-cli' ? 'cli-cache' : 'boto-cache'
      const caches = awsCaches.filter(({ source }) => source === kind)
      return findPromptFree(profile, caches, now())?.until
    },
    program: inspectProgram,
    missingFiles: findMissingFiles(files, environment),
    homeConflict: findHomeConflict(surroundingsOfProcess()),
    otherAwsmfas: findOtherAwsmfas(environment['PATH'] ?? '', process.argv[1] ?? ''),
    ownerOf: (accessKeyId) => {
      const { arn, account } = facts.identityOf(accessKeyId) ?? {}
      return identityInWords(account, arn)
    },
  }
}

/** What permissions of group and others allow to read or write. */
const OTHERS = 0o066

/** Returns the regular files that others may read or write. None on Windows, where modes mean nothing. */
export function findOpenFiles(paths: readonly string[]): Machine['openFiles'] {
  if (process.platform === 'win32') return []
  return paths.flatMap((path) => {
    const stat = statOf(path)
    const mode = stat?.isFile() === true ? stat.mode & 0o777 : 0
    return (mode & OTHERS) === 0 ? [] : [{ path, mode }]
  })
}

/** Config counts only if it contains secrets: most people's is readable by all, and no harm done. */
function secretFiles({ credentials, config }: InputFiles, { folders, home }: MachineSources): readonly string[] {
  const hasSecrets = /^[ \t]*aws_(?:secret_access_key|session_token)[ \t]*[=:]/im.test(config.text)
  return [
    credentials.path,
    ...(hasSecrets ? [config.path] : []),
    ...cacheEntriesIn(home),
    ...filesIn(join(folders.cache, 'sessions'), /\.sealed$/),
    ...filesIn(join(folders.state, 'backups'), /\.json$/),
  ]
}

/** The entries of the caches of the AWS CLI and of botocore. */
function cacheEntriesIn(home: string | undefined): readonly string[] {
  return home === undefined
    ? []
    : ['cli', 'boto'].flatMap((name) => filesIn(join(home, '.aws', name, 'cache'), /^[0-9a-f]{40}\.json$/))
}

function findDamagedAwsEntries(profiles: Profiles, awsCaches: readonly AwsCache[]): readonly DamagedEntry[] {
  const byPath = new Map<string, DamagedEntry>()
  for (const name of awsCaches.length === 0 ? [] : profiles.names()) {
    const profile = profiles.find(name)
    const cacheArguments = profile && cacheArgumentsOf(profile)
    if (cacheArguments === undefined) continue
    for (const { source, findFor, pathFor } of awsCaches) {
      const path = pathFor(cacheArguments)
      const cache = source === 'boto-cache' ? 'boto-cache' : 'cli-cache'
      if (!byPath.has(path) && findFor(cacheArguments).kind === 'damaged')
        byPath.set(path, { path, cache, profile: name })
    }
  }
  return [...byPath.values()]
}

/** Returns the damaged sessions of awsmfa's own cache. */
export function findDamagedSessions(cacheFolder: string): readonly DamagedEntry[] {
  return filesIn(join(cacheFolder, 'sessions'), /^[0-9a-f]{40}\.sealed$/)
    .filter((path) => {
      // An unreadable file is not damaged: it may be somebody else's.
      const encrypted = attempt(() => readWhole(path))
      return encrypted !== undefined && inspectEncrypted(encrypted) === 'damaged'
    })
    .map((path) => ({ path, cache: 'awsmfa-cache', profile: undefined }))
}

/** Returns the files in a folder with matching names, sorted; none if the folder cannot be read. */
export function filesIn(folder: string, name: RegExp): readonly string[] {
  const names = attempt(() => readdirSync(folder)) ?? []
  return names
    .filter((found) => name.test(found))
    .toSorted()
    .map((found) => join(folder, found))
}

/** Scripts name their interpreter in the first line; systems read no further. */
const FIRST_LINE_BYTES = 256

/** Returns whether a program exists, and what its first line looks up on PATH. */
export function inspectProgram(path: string): ReturnType<Machine['program']> {
  if (statOf(path)?.isFile() !== true) return { isThere: false, needs: undefined }
  // A program that may be run need not be readable.
  const start = attempt(() => firstBytes(path)) ?? ''
  return { isThere: true, needs: /^#![ \t]*\/usr\/bin\/env(?:[ \t]+-S)?[ \t]+(\w[\w.+-]*)/.exec(start)?.[1] }
}

function firstBytes(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    const bytes = Buffer.alloc(FIRST_LINE_BYTES)
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, FIRST_LINE_BYTES, 0))
  } finally {
    closeSync(descriptor)
  }
}

function findMissingFiles({ credentials, config }: InputFiles, environment: Environment): Machine['missingFiles'] {
  return Object.entries({ AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config })
    .filter(([variable, file]) => isSet(environment[variable]) && !file.exists && file.path !== '/dev/null')
    .map(([variable, { path }]) => ({ variable, path }))
}

/**
 * Returns the programs called awsmfa on PATH besides the one that runs. That one is recognized by its real path; if
 * none has it, a wrapper started it, and the first one counts as that.
 */
export function findOtherAwsmfas(path: string, ownPath: string): Machine['otherAwsmfas'] {
  const names = process.platform === 'win32' ? ['awsmfa.exe', 'awsmfa.cmd'] : ['awsmfa']
  const byRealPath = new Map<string, string>()
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    const program = names.map((name) => join(folder, name)).find(isExecutable)
    if (program !== undefined && !byRealPath.has(realPath(program))) byRealPath.set(realPath(program), program)
  }
  const ownIndex = Math.max(0, [...byRealPath.keys()].indexOf(realPath(ownPath)))
  return [...byRealPath.values()]
    .map((program, index) => ({ path: program, isFirst: index === 0 }))
    .filter((_, index) => index !== ownIndex)
}

function realPath(path: string): string {
  return attempt(() => realpathSync(path)) ?? path
}

function statOf(path: string): Stats | undefined {
  return attempt(() => statSync(path))
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Asks STS for the time, without credentials. Returns its clock minus this one, in seconds. Never throws. */
export async function measureClockOffset({ environment, home, now }: MachineSources): Promise<number | 'none'> {
  const { measureClock } = await import('../aws/transport.ts')
  const settings = resolveTransport({
    environment,
    home,
    readText: readNamedFile,
    profileSetting: () => undefined,
    serviceEndpoint: () => undefined,
  })
  const region = [environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']].find(isSet)
  return await measureClock(settings, region ?? 'us-east-1', now)
}

/** Sets mode 0600. Throws FILE_NOT_WRITABLE. */
export function makePrivate(path: string): void {
  writing(path, 'stage', () => chmodSync(path, 0o600))
}

/** Removes a damaged cache entry, if it still exists. Throws FILE_NOT_WRITABLE. */
export function removeDamaged(path: string): void {
  const errno = errnoOf(() => unlinkSync(path))
  if (errno !== undefined && errno !== 'ENOENT')
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno, step: 'remove' })
}
