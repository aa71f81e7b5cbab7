/** `logout`: removes what `login` stored from every store and cache. */
import { nameOfArn, withoutArn } from '../aws/arn.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import { expandProfiles } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { formatFailure, renderFailure } from '../errors/messages.ts'
import { deviceSerials } from '../login/settings.ts'
import { accountToName } from '../mfa/device.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { findForeignEntries } from '../sessions/aws-cache-entry.ts'
import { sweepConfigCopies } from '../sessions/container-endpoint.ts'
import { sessionState } from '../sessions/reuse.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { findSignIn, statusOfProfile, statusesJson } from '../sessions/status.ts'
import { managedProfiles, renderNothingManaged } from '../sessions/stores.ts'
import type { Removal } from '../sessions/stores.ts'
import { formatInstant } from '../ui/duration.ts'
import {
  commandLine,
  didYouMean,
  displayPath,
  hint,
  listed,
  nearest,
  note,
  profileWord,
  quoted,
  tick,
  visible,
  warn,
} from '../ui/words.ts'

/** What logout needs. It cannot reach STS: AWS has no way to end a session early. */
type LogoutRuntime = Pick<
  Runtime,
  | 'environment'
  | 'home'
  | 'folders'
  | 'now'
  | 'files'
  | 'facts'
  | 'awsCaches'
  | 'cachedSessionOf'
  | 'terminal'
  | 'stores'
  | 'cache'
  | 'cancelled'
>

/**
 * Removes what login stored for the named profiles, or for all that awsmfa manages, and returns the exit code: 0, also
 * if there is nothing to remove; 1 if a session is still there afterwards, or one of many profiles failed, which
 * `--quiet` does not hide. Throws FILE_MALFORMED for an only profile, FILE_NOT_WRITABLE and what else the write throws.
 */
export async function logout(invocation: Invocation<'logout'>, runtime: LogoutRuntime): Promise<number> {
  const { options, positionals } = invocation
  const { terminal, home, files, now, facts, cachedSessionOf } = runtime
  const all = options.all === true
  const target = resolveTargetProfile(invocation, runtime.environment).value
  const managed = managedProfiles(runtime.stores)
  const named =
    positionals.length > 0
      ? expandProfiles(positionals, files.read(), managed)
      : { profiles: [target], byPattern: false, isList: false }
  const names = all ? managed : named.profiles
  const { removals, warnings, sharedSerialNumbers } = await removeSessions(names, all, runtime)
  sweepConfigCopies(runtime.folders.state, runtime.now)
  const { profiles, paths } = files.read()
  const isLeft = ({ kind }: WriteWarning): boolean => kind === 'session-not-removed'
  const isExplained = warnings.some(isLeft)
  const failures = new Set<string>()
  const left: string[] = []
  for (const { profile, failure, isStillThere } of removals) {
    const view = { home, files: paths, now: now(), debug: false }
    // What is wrong with the whole file is said once, however many profiles fail on it.
    if (failure !== undefined)
      failures.add(formatFailure({ error: renderFailure(failure, view).error, hints: [] }, view))
    else if (isStillThere && !isExplained)
      left.push(warn(`${quoted(profile)} still has a session: another login has just signed in again`))
  }
  if (options.quiet !== true) {
    if (names.length === 0 && sharedSerialNumbers.length === 0) terminal.stderr(renderNothingManaged())
    // Of a pattern, those that had a session are of interest.
    const shown = named.byPattern
      ? removals.filter(({ profile, removed }) => removed !== 'nothing' || positionals.includes(profile))
      : removals
    for (const removal of shown)
      if (removal.failure === undefined && !removal.isStillThere)
        terminal.stderr(renderRemoval(removal, profiles, runtime))
    if (removals.length > 0 && shown.length === 0 && failures.size === 0)
      terminal.stderr(note(`no profile that matches ${listed(positionals.map(quoted), 'or')} is signed in`))
    for (const name of names)
      for (const { path, expiration } of findForeignEntries(profiles.find(name), runtime.awsCaches, now()))
        terminal.stderr(
          note(
            `another program has a cached session of ${quoted(name)} until ${formatInstant(expiration, now())}: ${visible(displayPath(path, home), 1000)}`,
          ),
        )
    const devices = [...deviceSerials(profiles), ...sharedSerialNumbers]
    for (const serialNumber of sharedSerialNumbers) {
      const isShared = accountToName(serialNumber, devices) !== undefined
      const whose = isShared ? visible(withoutArn(serialNumber)) : nameOfArn(serialNumber)
      terminal.stderr(note(`cached MFA session of ${whose} removed`))
    }
  }
  for (const line of [...failures, ...left]) terminal.stderr(line)
  for (const warning of warnings)
    if (options.quiet !== true || isLeft(warning)) terminal.stderr(renderWriteWarning(warning, home))
  if (options.json === true) {
    const lookup = { profiles, now: now(), identityOf: facts.identityOf, cachedSessionOf }
    const states = names.map((name) => statusOfProfile(name, lookup))
    terminal.stdout(statusesJson(states, now(), all || named.isList))
  }
  return failures.size > 0 || left.length > 0 || isExplained ? 1 : 0
}

function renderRemoval(
  { profile, removed, session }: Removal,
  profiles: Profiles,
  { terminal, now, cachedSessionOf }: LogoutRuntime,
): string {
  const expiration = session?.expiration
  switch (removed) {
    case 'session': {
      // AWS cannot end a session early.
      const isHonored = expiration !== undefined && expiration > now()
      const copies = isHonored
        ? ` (AWS cannot revoke sessions; copies work until ${formatInstant(expiration, now())})`
        : ''
      return `${tick(terminal.talk)} ${visible(profile)}: signed out${copies}\n`
    }
    case 'marks':
      return `${tick(terminal.talk)} ${visible(profile)}: old session removed; keys unchanged\n`
    case 'nothing': {
      const nowhere = { identityOf: () => undefined, cachedSessionOf: () => undefined }
      const { sourceProfile } = statusOfProfile(profile, { profiles, now: now(), ...nowhere })
      if (sourceProfile !== undefined)
        return `${note(`${quoted(profile)} uses the session of ${quoted(sourceProfile)}`)}${hint(commandLine('logout', profileWord(sourceProfile)))}`
      const elsewhere = signedInElsewhere(profile, profiles, { cachedSessionOf, now: now() })
      if (elsewhere !== undefined) return elsewhere
      const found = profiles.find(profile)
      if (found !== undefined)
        return note(
          classifyProfile(found).kind === 'foreign-session'
            ? `[${visible(profile)}] contains no awsmfa session`
            : `${quoted(profile)} is not signed in`,
        )
      const suggestion = didYouMean(nearest(profile, profiles.names()))
      const next =
        profiles.names().length === 0 ? commandLine('setup') : `to list profiles: ${commandLine('status', '--all')}`
      return `${note(`profile ${quoted(profile)} not found`)}${hint(suggestion ?? next)}`
    }
  }
}

/** Returns the note of a profile that the AWS CLI has signed in to, and the command that signs out; else undefined. */
function signedInElsewhere(
  profile: string,
  profiles: Profiles,
  { cachedSessionOf, now }: { readonly cachedSessionOf: LogoutRuntime['cachedSessionOf']; readonly now: Date },
): string | undefined {
  const signIn = findSignIn(profile, profiles)
  const view = signIn && profiles.find(signIn.profile)
  const state = sessionState(view && cachedSessionOf(view), now)
  if (signIn === undefined || state === 'none' || state === 'expired') return undefined
  const command =
    signIn.command === 'aws login' ? `aws logout --profile ${profileWord(signIn.profile)}` : 'aws sso logout'
  const who = signIn.profile === profile ? '' : `, the source profile of ${quoted(profile)},`
  return `${note(`${quoted(signIn.profile)}${who} was signed in by the AWS CLI`)}${hint(command)}`
}

/**
 * Returns what becomes of a cached session: it is removed with the session that it is or was made from, with its last
 * user, or with all; otherwise the record loses the users that were signed out. Returns the same record if nothing
 * changes.
 */
export function afterLogout(
  record: SessionRecord,
  {
    profiles,
    accessKeyIds,
    all,
  }: {
    readonly profiles: readonly string[]
    /** Of the sessions that were removed from the stores. */
    readonly accessKeyIds: readonly string[]
    readonly all: boolean
  },
): SessionRecord | 'remove' {
  const users = record.profiles.filter((profile) => !profiles.includes(profile))
  const isOfSession = [record.credentials.accessKeyId, record.key.accessKeyId].some((id) => accessKeyIds.includes(id))
  if (all || isOfSession) return 'remove'
  if (users.length === record.profiles.length) return record
  return users.length === 0 ? 'remove' : { ...record, profiles: users }
}

/** What `removeSessions` did. */
interface RemovedSessions {
  /** One for each profile. `isStillThere`: a session of it was read back afterwards. */
  readonly removals: readonly (Removal & { readonly isStillThere: boolean })[]
  readonly warnings: readonly WriteWarning[]
  /** The devices whose shared MFA sessions were removed too. */
  readonly sharedSerialNumbers: readonly string[]
}

/**
 * Removes what login stored for these profiles from every store and cache, and reads back what is there. If one of many
 * profiles fails, its removal has the failure; the failure of an only one is thrown. Throws what the stores throw; a
 * cache that cannot be changed is a warning, since by then the session is gone from the file.
 */
export async function removeSessions(
  profiles: readonly string[],
  all: boolean,
  { stores, cache, facts, cancelled }: Pick<Runtime, 'stores' | 'cache' | 'facts' | 'cancelled'>,
): Promise<RemovedSessions> {
  const removals: Removal[] = []
  const warnings: WriteWarning[] = []
  const failed = new Set<string>()
  const withoutFailed = (): readonly string[] => profiles.filter((name) => !failed.has(name))
  for (const store of stores) {
    const outcome = await store.remove(withoutFailed(), cancelled)
    const failure = outcome.removals.find((removal) => removal.failure !== undefined)?.failure
    if (failure !== undefined && profiles.length === 1) throw new AwsmfaError(failure)
    for (const removal of outcome.removals) removals.push(removal)
    for (const each of outcome.removals) if (each.failure !== undefined) failed.add(each.profile)
    for (const warning of outcome.warnings) warnings.push(warning)
  }
  const accessKeyIds = removals.flatMap(({ session }) => session?.accessKeyId ?? [])
  const sharedSerialNumbers = new Set<string>()
  const cacheWarnings: WriteWarning[] = []
  const signedOut = withoutFailed()
  cache.sweep()
  for (const record of cache.list()) {
    const after = afterLogout(record, { profiles: signedOut, accessKeyIds, all })
    if (after === record) continue
    const warning = warningOf(() => (after === 'remove' ? cache.remove(record.key) : cache.store(after)))
    if (warning !== undefined) cacheWarnings.push(warning)
    else if (after === 'remove' && record.key.chain === '') sharedSerialNumbers.add(record.key.serialNumber)
  }
  // With all, also those that the present key does not decrypt.
  const left = all && cacheWarnings.length === 0 ? warningOf(cache.removeAll) : undefined
  if (left !== undefined) cacheWarnings.push(left)
  for (const accessKeyId of accessKeyIds) facts.forgetIdentity(accessKeyId)
  const byProfile = new Map<string, Removal[]>(profiles.map((profile) => [profile, []]))
  for (const removal of removals) byProfile.get(removal.profile)?.push(removal)
  const stillThere = new Set([...managedProfiles(stores), ...cache.list().flatMap((record) => record.profiles)])
  return {
    removals: profiles.map((profile) => ({
      ...together(profile, byProfile.get(profile) ?? []),
      isStillThere: stillThere.has(profile),
    })),
    warnings: [...warnings, ...cacheWarnings],
    sharedSerialNumbers: [...sharedSerialNumbers].toSorted(),
  }
}

/** Changes a cache; returns a warning if that is refused. */
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

/** Returns what all stores removed for one profile, with the session that would have lasted longest. */
function together(profile: string, own: readonly Removal[]): Removal {
  const removed = (['session', 'marks'] as const).find((kind) => own.some((removal) => removal.removed === kind))
  const [session] = own
    .flatMap((removal) => removal.session ?? [])
    .toSorted((left, right) => (right.expiration?.getTime() ?? 0) - (left.expiration?.getTime() ?? 0))
  const failure = own.find((removal) => removal.failure !== undefined)?.failure
  return { profile, removed: removed ?? 'nothing', session, failure }
}
