import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { AwsCache, Now, RememberedFacts, Removal, SharedFiles, Terminal, WriteWarning } from '../core/ports.ts'
import { findOthersEntries } from '../core/status/cached-session.ts'
import { statusOfProfile } from '../core/status/profile-status.ts'
import type { StatusLookup } from '../core/status/profile-status.ts'
import { removeSessions } from '../flows/remove-sessions.ts'
import type { RemovalEffects } from '../flows/remove-sessions.ts'
import { formatFailure, renderFailure } from '../render/failure.ts'
import { renderNothingManaged, renderNothingToSignOut, renderOthersEntry, renderSharedSessionGone, renderSignedOut, renderWorksThrough, renderWriteWarning } from '../render/login.ts'
import { statusObject } from '../render/status.ts'

/** What logout needs. It cannot reach STS: AWS has no way to end a session early. */
export interface LogoutContext extends RemovalEffects {
  readonly environment: Environment
  readonly home: string | undefined
  readonly now: Now
  readonly files: Pick<SharedFiles, 'read'>
  readonly facts: Pick<RememberedFacts, 'forgetIdentity' | 'identityOf'>
  readonly awsCaches: readonly Pick<AwsCache, 'findFor' | 'pathFor'>[]
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  readonly terminal: Pick<Terminal, 'writeData' | 'writeTalk' | 'talk'>
}

/**
 * Takes out what login stored for the named profiles, or for all that awsmfa manages, and gives the exit code: 0, also where
 * there is nothing to take out, which is told; 1 where a session is left in a cache that cannot be changed, which `--quiet`
 * does not hide, nor a profile of many that failed. Throws FILE_MALFORMED for an only profile, FILE_NOT_WRITABLE and what else the write throws.
 */
export function logout(invocation: Invocation, context: LogoutContext): number {
  const all = invocation.options['all'] === true
  const profiles = all ? managedProfiles(context) : targetsOf(invocation, context.environment)
  const { removals, warnings, sharedSerialNumbers } = removeSessions(profiles, all, context)
  const { terminal, home } = context
  const isQuiet = invocation.options['quiet'] === true
  if (!isQuiet) {
    if (removals.length === 0 && sharedSerialNumbers.length === 0) terminal.writeTalk(renderNothingManaged())
    for (const removal of removals.filter(({ failure }) => failure === undefined)) terminal.writeTalk(renderRemoval(removal, context))
    for (const line of othersEntryLines(profiles, context)) terminal.writeTalk(line)
    for (const serialNumber of sharedSerialNumbers) terminal.writeTalk(renderSharedSessionGone(serialNumber))
  }
  const failures = failureLines(removals, context)
  for (const line of failures) terminal.writeTalk(line)
  const isLeft = ({ kind }: WriteWarning): boolean => kind === 'session-not-removed'
  for (const warning of isQuiet ? warnings.filter(isLeft) : warnings) terminal.writeTalk(renderWriteWarning(warning, home))
  if (invocation.options['json'] === true) writeJson(profiles, all || profiles.length > 1, context)
  return failures.length > 0 || warnings.some(isLeft) ? 1 : 0
}

function othersEntryLines(names: readonly string[], { files, awsCaches, now, home }: LogoutContext): readonly string[] {
  const { credentials, config } = files.read()
  const profiles = readProfiles({ credentials: credentials.text, config: config.text })
  return names.flatMap((name) => {
    const view = profiles.find(name)
    return view === undefined ? [] : findOthersEntries(view, awsCaches, now()).map((entry) => renderOthersEntry(name, entry, now(), home))
  })
}

/** What is wrong with the whole file is told once, however many profiles fail on it. */
function failureLines(removals: readonly Removal[], { home, now, files }: LogoutContext): readonly string[] {
  const failures = removals.flatMap(({ failure }) => failure ?? [])
  if (failures.length === 0) return []
  const { credentials, config } = files.read()
  const view = { home, files: { credentials: credentials.path, config: config.path }, now: now(), debug: false }
  return [...new Set(failures.map((failure) => formatFailure({ error: renderFailure(failure, view).error, hints: [] }, view)))]
}

function targetsOf(invocation: Invocation, environment: Environment): readonly string[] {
  const { positionals } = invocation
  return positionals.length > 0 ? [...new Set(positionals)] : [resolveTargetProfile(invocation, environment).value]
}

function managedProfiles({ stores }: LogoutContext): readonly string[] {
  return [...new Set(stores.flatMap((store) => store.managedProfiles()))]
}

function renderRemoval({ profile, removed, session }: Removal, { terminal, now, files }: LogoutContext): string {
  if (removed === 'nothing') {
    const { credentials, config } = files.read()
    const profiles = readProfiles({ credentials: credentials.text, config: config.text })
    const { sourceProfile } = statusOfProfile(profile, { profiles, now: now(), minTtlSeconds: 0, identityOf: () => undefined, cachedSessionOf: () => undefined })
    return sourceProfile === undefined ? renderNothingToSignOut(profile, profiles) : renderWorksThrough(profile, sourceProfile)
  }
  const expiration = session?.expiration
  const honouredUntil = expiration !== undefined && expiration > now() ? expiration : undefined
  return renderSignedOut({ profile, removed, honouredUntil }, now(), terminal.talk)
}

function writeJson(names: readonly string[], asArray: boolean, { terminal, files, now, facts, cachedSessionOf }: LogoutContext): void {
  const { credentials, config } = files.read()
  const profiles = readProfiles({ credentials: credentials.text, config: config.text })
  const objects = names.map((name) => statusObject(statusOfProfile(name, { profiles, now: now(), minTtlSeconds: 0, identityOf: facts.identityOf, cachedSessionOf }), now()))
  terminal.writeData(`${JSON.stringify(asArray ? objects : objects[0])}\n`)
}
