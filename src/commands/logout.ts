/** `logout`: removes what `login` stored from every store and cache. */
import { nameOfArn } from '../aws/arn.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { formatFailure, renderFailure } from '../errors/messages.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { findForeignEntries } from '../sessions/aws-cache-entry.ts'
import type { ForeignEntry } from '../sessions/aws-cache-entry.ts'
import type { RememberedFacts } from '../sessions/facts.ts'
import type { SessionCache } from '../sessions/session-cache.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { statusObject, statusOfProfile } from '../sessions/status.ts'
import { renderNothingManaged } from '../sessions/stores.ts'
import type { Removal, SessionStore } from '../sessions/stores.ts'
import { formatInstant } from '../ui/duration.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, displayPath, nearest, note, tick, visible } from '../ui/words.ts'

/** What logout needs. It cannot reach STS: AWS has no way to end a session early. */
type LogoutRuntime = Pick<
  Runtime,
  'environment' | 'home' | 'now' | 'files' | 'facts' | 'awsCaches' | 'cachedSessionOf' | 'terminal' | 'stores' | 'cache'
>

/**
 * Takes out what login stored for the named profiles, or for all that awsmfa manages, and returns the exit code: 0,
 * also where there is nothing to take out, which is told; 1 where a session is left in a cache that cannot be changed,
 * which `--quiet` does not hide, nor a profile of many that failed. Throws FILE_MALFORMED for an only profile,
 * FILE_NOT_WRITABLE and what else the write throws.
 */
export function logout(invocation: Invocation<'logout'>, runtime: LogoutRuntime): number {
  const all = invocation.options.all === true
  const profiles = all ? managedProfiles(runtime) : targetsOf(invocation, runtime.environment)
  const { removals, warnings, sharedSerialNumbers } = removeSessions(profiles, all, runtime)
  const { terminal, home } = runtime
  const isQuiet = invocation.options.quiet === true
  if (!isQuiet) {
    if (removals.length === 0 && sharedSerialNumbers.length === 0) terminal.stderr(renderNothingManaged())
    for (const removal of removals.filter(({ failure }) => failure === undefined))
      terminal.stderr(renderRemoval(removal, runtime))
    for (const line of othersEntryLines(profiles, runtime)) terminal.stderr(line)
    for (const serialNumber of sharedSerialNumbers) terminal.stderr(renderSharedSessionGone(serialNumber))
  }
  const failures = failureLines(removals, runtime)
  for (const line of failures) terminal.stderr(line)
  const isLeft = ({ kind }: WriteWarning): boolean => kind === 'session-not-removed'
  for (const warning of isQuiet ? warnings.filter(isLeft) : warnings) terminal.stderr(renderWriteWarning(warning, home))
  if (invocation.options.json === true) writeJson(profiles, all || profiles.length > 1, runtime)
  return failures.length > 0 || warnings.some(isLeft) ? 1 : 0
}

function othersEntryLines(names: readonly string[], { files, awsCaches, now, home }: LogoutRuntime): readonly string[] {
  const { profiles } = files.read()
  return names.flatMap((name) => {
    const view = profiles.find(name)
    return view === undefined
      ? []
      : findForeignEntries(view, awsCaches, now()).map((entry) => renderOthersEntry(name, entry, now(), home))
  })
}

/** What is wrong with the whole file is told once, however many profiles fail on it. */
function failureLines(removals: readonly Removal[], { home, now, files }: LogoutRuntime): readonly string[] {
  const failures = removals.flatMap(({ failure }) => failure ?? [])
  if (failures.length === 0) return []
  const view = { home, files: files.read().paths, now: now(), debug: false }
  return [
    ...new Set(
      failures.map((failure) => formatFailure({ error: renderFailure(failure, view).error, hints: [] }, view)),
    ),
  ]
}

function targetsOf(invocation: Invocation<'logout'>, environment: Environment): readonly string[] {
  const { positionals } = invocation
  return positionals.length > 0 ? [...new Set(positionals)] : [resolveTargetProfile(invocation, environment).value]
}

function managedProfiles({ stores }: LogoutRuntime): readonly string[] {
  return [...new Set(stores.flatMap((store) => store.managedProfiles()))]
}

function renderRemoval({ profile, removed, session }: Removal, { terminal, now, files }: LogoutRuntime): string {
  if (removed === 'nothing') {
    const { profiles } = files.read()
    const { sourceProfile } = statusOfProfile(profile, {
      profiles,
      now: now(),
      minTtlSeconds: 0,
      identityOf: () => undefined,
      cachedSessionOf: () => undefined,
    })
    return sourceProfile === undefined
      ? renderNothingToSignOut(profile, profiles)
      : renderWorksThrough(profile, sourceProfile)
  }
  const expiration = session?.expiration
  const honouredUntil = expiration !== undefined && expiration > now() ? expiration : undefined
  return renderSignedOut({ profile, removed, honouredUntil }, now(), terminal.talk)
}

function writeJson(
  names: readonly string[],
  asArray: boolean,
  { terminal, files, now, facts, cachedSessionOf }: LogoutRuntime,
): void {
  const { profiles } = files.read()
  const objects = names.map((name) =>
    statusObject(
      statusOfProfile(name, { profiles, now: now(), minTtlSeconds: 0, identityOf: facts.identityOf, cachedSessionOf }),
      now(),
    ),
  )
  terminal.stdout(`${JSON.stringify(asArray ? objects : objects[0])}\n`)
}

/** What a logout took out. */
export interface Logout {
  readonly profiles: readonly string[]
  /** Key ids of the sessions that went. */
  readonly accessKeyIds: readonly string[]
  /** Every profile that awsmfa manages was signed out. */
  readonly all: boolean
}

/**
 * Decides what becomes of a shared MFA session: it goes with the profile that holds it itself, with its last user, or
 * with all; otherwise the record loses the users that left. Gives the record as it was where it has nothing to do with
 * them.
 */
export function afterLogout(record: SessionRecord, { profiles, accessKeyIds, all }: Logout): SessionRecord | 'remove' {
  const users = record.profiles.filter((profile) => !profiles.includes(profile))
  if (all || accessKeyIds.includes(record.credentials.accessKeyId)) return 'remove'
  if (users.length === record.profiles.length) return record
  return users.length === 0 ? 'remove' : { ...record, profiles: users }
}

/** Where sessions are taken out of. */
export interface RemovalEffects {
  readonly stores: readonly SessionStore[]
  readonly cache: SessionCache
  readonly facts: Pick<RememberedFacts, 'forgetIdentity'>
}

/** What went. */
export interface RemovedSessions {
  readonly removals: readonly Removal[]
  readonly warnings: readonly WriteWarning[]
  /** Devices whose shared MFA sessions went too. */
  readonly sharedSerialNumbers: readonly string[]
}

/**
 * Takes what login stored for these profiles out of every store and cache. Of many profiles one that fails is left
 * alone, with the failure in its removal; the failure of an only one is thrown. Throws what the stores throw; a cache
 * that cannot be changed is a warning, since by then the session is out of the file.
 */
export function removeSessions(
  profiles: readonly string[],
  all: boolean,
  { stores, cache, facts }: RemovalEffects,
): RemovedSessions {
  const failed = new Set<string>()
  const outcomes = stores.map((store) => {
    const outcome = store.remove(profiles.filter((profile) => !failed.has(profile)))
    for (const { profile, failure } of outcome.removals) {
      if (failure === undefined) continue
      if (profiles.length === 1) throw new AwsmfaError(failure)
      failed.add(profile)
    }
    return outcome
  })
  const taken = outcomes.flatMap((outcome) => outcome.removals)
  const accessKeyIds = taken.flatMap(({ session }) => session?.accessKeyId ?? [])
  const sharedSerialNumbers = new Set<string>()
  const cacheWarnings: WriteWarning[] = []
  cache.sweep()
  for (const record of cache.list()) {
    const after = afterLogout(record, {
      profiles: profiles.filter((profile) => !failed.has(profile)),
      accessKeyIds,
      all,
    })
    const warning =
      after === record
        ? undefined
        : warningOf(() => (after === 'remove' ? cache.remove(record.key) : cache.store(after)))
    if (warning !== undefined) cacheWarnings.push(warning)
    else if (after === 'remove' && record.key.chain === '') sharedSerialNumbers.add(record.key.serialNumber)
  }
  // Those that do not open with the key of now, too.
  const left = all && cacheWarnings.length === 0 ? warningOf(cache.removeAll) : undefined
  if (left !== undefined) cacheWarnings.push(left)
  for (const accessKeyId of accessKeyIds) facts.forgetIdentity(accessKeyId)
  return {
    removals: profiles.map((profile) => together(profile, taken)),
    warnings: [...outcomes.flatMap((outcome) => outcome.warnings), ...cacheWarnings],
    sharedSerialNumbers: [...sharedSerialNumbers].toSorted(),
  }
}

/** Gives what stood in the way of a change of a cache, as a warning. */
function warningOf(change: () => void): WriteWarning | undefined {
  try {
    change()
    return undefined
  } catch (error) {
    if (isFailure(error, 'FILE_INCOMPLETE_WRITE'))
      return { kind: 'session-not-removed', path: error.failure.place.path, errno: 'ENOSPC' }
    if (!isFailure(error, 'FILE_NOT_WRITABLE') && !isFailure(error, 'FILE_UNREADABLE')) throw error
    return { kind: 'session-not-removed', path: error.failure.place.path, errno: error.failure.errno }
  }
}

/** What all stores took out for one profile, as one removal with the session that would have lasted longest. */
function together(profile: string, removals: readonly Removal[]): Removal {
  const own = removals.filter((removal) => removal.profile === profile)
  const removed =
    (['session', 'marks'] as const).find((kind) => own.some((removal) => removal.removed === kind)) ?? 'nothing'
  const sessions = own.flatMap(({ session }) => session ?? [])
  const session = sessions
    .toSorted((left, right) => (left.expiration?.getTime() ?? 0) - (right.expiration?.getTime() ?? 0))
    .at(-1)
  const failure = own.find((removal) => removal.failure !== undefined)?.failure
  return { profile, removed, session, ...(failure === undefined ? {} : { failure }) }
}

/**
 * A profile whose session, or what was left of an old one, was taken out. `honouredUntil`: when a session that still
 * holds ends.
 */
export interface SignedOut {
  readonly profile: string
  readonly removed: 'session' | 'marks'
  readonly honouredUntil: Date | undefined
}

/** `✔ work: signed out. AWS still honours copies until 19:40`: logout cannot end a session, only forget it. */
export function renderSignedOut({ profile, removed, honouredUntil }: SignedOut, now: Date, style: TextStyle): string {
  const what =
    removed === 'session' ? 'signed out' : "awsmfa's marks of an old session are gone; the keys that stand there stay"
  const honoured =
    honouredUntil === undefined ? '' : `. AWS still honours copies until ${formatInstant(honouredUntil, now)}`
  return `${tick(style)} ${visible(profile)}: ${what}${honoured}\n`
}

/** Nothing to take out is no error; a name that is nowhere may be a slip. */
export function renderNothingToSignOut(profile: string, profiles: Profiles): string {
  if (profiles.find(profile) !== undefined) return note(`'${visible(profile)}' holds nothing that awsmfa wrote`)
  const near = nearest(profile, profiles.names())
  return note(
    `there is no profile '${visible(profile)}', so nothing to sign out${near === undefined ? '' : `; did you mean '${visible(near)}'?`}`,
  )
}

/** A role profile has no session of its own; the one that it hangs on may serve others. */
export function renderWorksThrough(profile: string, source: string): string {
  return note(
    `'${visible(profile)}' works through '${visible(source)}' and has no session of its own; to end that one: ${commandLine('logout', source)}`,
  )
}

/** Another program's session of a role profile stays in a cache of AWS, and the AWS CLI or SAM goes on using it. */
export function renderOthersEntry(
  profile: string,
  { path, expiration }: ForeignEntry,
  now: Date,
  home: string | undefined,
): string {
  return note(
    `a session of '${visible(profile)}' that another program cached stays until ${formatInstant(expiration, now)}; to remove it, delete ${visible(displayPath(path, home), 1000)}`,
  )
}

/** A shared MFA session went too. */
export function renderSharedSessionGone(serialNumber: string): string {
  return note(`the MFA session of ${nameOfArn(serialNumber)} is gone from awsmfa's cache too`)
}
