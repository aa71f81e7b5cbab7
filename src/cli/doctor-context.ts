import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { createBackups } from '../adapters/backups.ts'
import { examineFile, examineProgram, filesIn, findDamagedSessions, findOpenFiles, findOtherAwsmfas } from '../adapters/doctor-facts.ts'
import { findHomeConflict, resolveSharedFiles, surroundingsOfProcess } from '../adapters/paths.ts'
import { makePrivate, removeDamaged } from '../adapters/repairs.ts'
import { resolveTransport } from '../adapters/transport-settings.ts'
import type { DoctorContext } from '../commands/doctor.ts'
import type { DamagedEntry, ExaminedFile } from '../core/doctor/examination.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { SharedFileName } from '../core/origin.ts'
import { cacheArgumentsOf } from '../core/sessions/aws-cache-entry.ts'
import { findQuiet } from '../core/status/cached-session.ts'
import type { Context } from './context.ts'

type Files = Readonly<Record<SharedFileName, ExaminedFile>>

/** Makes the effects of doctor, which asks AWS for nothing unless `--online` says so. */
export function createDoctorContext(context: Context): DoctorContext {
  const { environment, folders, now, identityOf } = context
  const surroundings = surroundingsOfProcess()
  const paths = resolveSharedFiles(surroundings)
  return {
    ...context,
    backups: createBackups({ stateFolder: folders.state, now }),
    makePrivate,
    removeDamaged,
    examineFiles: () => ({ credentials: examineFile(paths.credentials), config: examineFile(paths.config) }),
    measureClock: () => askClock(context),
    gatherFacts: (files, profiles) => {
      // Mostly there are no entries, and many profiles that could have one.
      const awsCaches = cacheEntriesIn(context.home).length === 0 ? [] : context.awsCaches
      return {
        platform: process.platform === 'win32' ? 'windows' : 'posix',
        nodeMajor: Number(process.versions.node.split('.')[0]),
        environment,
        now: now(),
        openFiles: findOpenFiles(secretFiles(files, context)),
        damagedEntries: [...damagedAwsEntries(profiles, awsCaches), ...findDamagedSessions(folders.cache)],
        quietUntil: (profile, tool) => {
          const caches = awsCaches.filter(({ source }) => source === (tool === 'aws-cli' ? 'cli-cache' : 'boto-cache'))
          return findQuiet(profile, caches, now())?.until
        },
        program: examineProgram,
        missingFiles: missingFiles(files, environment),
        homeConflict: findHomeConflict(surroundings),
        otherAwsmfas: findOtherAwsmfas(environment['PATH'] ?? '', process.argv[1] ?? ''),
        ownerOf: (accessKeyId) => {
          const identity = identityOf(accessKeyId)
          return identity === undefined ? undefined : `${identity.arn.replace(/^.*?[/:]([^/:]*)$/, '$1')} in ${identity.account}`
        },
      }
    },
  }
}

/** Config counts where it holds secrets: most people's is readable by all, and no harm done. */
function secretFiles({ credentials, config }: Files, { folders, home }: Context): readonly string[] {
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
  return home === undefined ? [] : ['cli', 'boto'].flatMap((name) => filesIn(join(home, '.aws', name, 'cache'), /^[0-9a-f]{40}\.json$/))
}

function damagedAwsEntries(profiles: Profiles, awsCaches: Context['awsCaches']): readonly DamagedEntry[] {
  if (awsCaches.length === 0) return []
  const entries = profiles.names().flatMap((name) => {
    const profile = profiles.find(name)
    const cacheArguments = profile === undefined ? undefined : cacheArgumentsOf(profile)
    if (cacheArguments === undefined) return []
    return awsCaches.filter(({ findFor }) => findFor(cacheArguments).kind === 'damaged').map(({ source, pathFor }) => ({ path: pathFor(cacheArguments), cache: source === 'boto-cache' ? ('boto-cache' as const) : ('cli-cache' as const), profile: name }))
  })
  return entries.filter(({ path }, index) => entries.findIndex((entry) => entry.path === path) === index)
}

function missingFiles({ credentials, config }: Files, environment: Context['environment']) {
  const named = [{ variable: 'AWS_SHARED_CREDENTIALS_FILE', file: credentials }, { variable: 'AWS_CONFIG_FILE', file: config }]
  return named.filter(({ variable, file }) => (environment[variable] ?? '') !== '' && !file.exists && file.path !== '/dev/null').map(({ variable, file }) => ({ variable, path: file.path }))
}

async function askClock({ environment, home, now }: Context): Promise<number | 'none'> {
  const { measureClock } = await import('../adapters/aws-clock.ts')
  const readText = (path: string): string => readFileSync(path, 'utf8')
  const settings = resolveTransport({ environment, home, readText, profileSetting: () => undefined, serviceEndpoint: () => undefined })
  return await measureClock(settings, [environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']].find((region) => region !== undefined && region !== '') ?? 'us-east-1', now)
}
