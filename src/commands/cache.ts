/** `cache`: shows the sessions in awsmfa's own cache, without their secrets, or removes them. */
import { identityInWords, nameOfArn, parseArn } from '../aws/arn.ts'
import { expandProfiles, hasWildcard } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { formatExpiration, secondsUntil, shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sessionState } from '../sessions/reuse.ts'
import { sectionSession } from '../sessions/status.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { formatInstant, formatRemaining } from '../ui/duration.ts'
import { renderFittedTable, shortenList } from '../ui/style.ts'
import type { TableLayout } from '../ui/style.ts'
import { commandLine, hint, listed, note, quoted, tick, visible } from '../ui/words.ts'

/** What `cache` uses. It cannot reach STS: AWS has no way to end a session early. */
type CacheRuntime = Pick<Runtime, 'cache' | 'facts' | 'files' | 'now' | 'terminal'>

/**
 * Shows the sessions in awsmfa's own cache (`show`), or removes those of the named profiles or all (`clear`), and
 * returns the exit code: 0, also if there is nothing. The credentials file is not touched. Throws FILE_NOT_WRITABLE,
 * and PROFILE_NOT_FOUND for a pattern that matches no profile.
 */
export function cache(invocation: Invocation<'cache'>, runtime: CacheRuntime): number {
  const [action, ...profiles] = invocation.positionals
  const { profile } = invocation.options
  if (action === 'show') show(invocation.options.json === true, runtime)
  else clear(profile === undefined ? named(profiles, runtime) : [profile], invocation.options.quiet === true, runtime)
  return 0
}

/** The profiles that the words name; a pattern also matches those that only the cache knows. */
function named(words: readonly string[], { cache: stored, files }: CacheRuntime): readonly string[] {
  if (!words.some(hasWildcard)) return [...new Set(words)]
  const cached = stored.list().flatMap((record) => record.profiles)
  return expandProfiles(words, files.read(), cached).profiles
}

function show(json: boolean, { cache: stored, facts, files, now: clock, terminal }: CacheRuntime): void {
  const now = clock()
  const records = stored.list().toSorted(compare)
  const unopened = stored.count() - records.length
  const sessions = records.map((record) => describe(record, now, facts.identityOf))
  if (json) terminal.stdout(`${JSON.stringify(sessions)}\n`)
  else if (records.length > 0) {
    const rows = sessions.map((session) => cellsOf(session, now))
    terminal.stdout(renderFittedTable(rows, LAYOUT, terminal.data))
  } else if (unopened === 0) {
    const isHomeEmpty = files.read().profiles.names().length === 0
    terminal.stderr(`${note('no cached sessions')}${isHomeEmpty ? hint(commandLine('setup')) : ''}`)
  }
  // They cost a token code at most: the next login replaces them.
  if (unopened > 0) {
    terminal.stderr(note(`${sessionCount(unopened)} cannot be decrypted (key missing or file damaged)`))
    terminal.stderr(hint(`to remove ${unopened === 1 ? 'it' : 'them'}: ${commandLine('cache', 'clear')}`))
  }
}

/** Orders records by their profiles; of those of the same profiles, the one that lasts longest comes first. */
function compare(left: SessionRecord, right: SessionRecord): number {
  const [first, second] = [left.profiles.join(), right.profiles.join()]
  if (first !== second) return first < second ? -1 : 1
  return right.credentials.expiration.getTime() - left.credentials.expiration.getTime()
}

function clear(profiles: readonly string[], quiet: boolean, { cache: stored, files, terminal }: CacheRuntime): void {
  const all = profiles.length === 0
  const records = all ? [] : stored.list().filter((record) => record.profiles.some((name) => profiles.includes(name)))
  const count = all ? stored.count() : records.length
  if (all) stored.removeAll()
  for (const { key } of records) stored.remove(key)
  // Last: what killed processes left of these sessions, too.
  stored.sweep()
  if (quiet) return
  const shown = (names: readonly string[]): string => listed(names.map(quoted), 'and')
  const whose = all ? '' : ` of ${shown(profiles)}`
  terminal.stderr(
    count === 0
      ? note(`no cached sessions${whose}`)
      : `${tick(terminal.talk)} ${sessionCount(count)}${whose} removed\n`,
  )
  const { profiles: known } = files.read()
  const others = [...new Set(records.flatMap((record) => record.profiles))]
    .filter((name) => !profiles.includes(name) && sectionSession(known.find(name)) === undefined)
    .toSorted()
  if (others.length > 0)
    terminal.stderr(
      note(`${shown(others)} used the same session and ${others.length === 1 ? 'needs' : 'need'} a new code`),
    )
}

function sessionCount(count: number): string {
  return count === 1 ? '1 cached session' : `${count} cached sessions`
}

/** Returns the object of `cache show --json`: every field, in a fixed order. */
function describe(
  { key, credentials, profiles, assumedRoleArn }: SessionRecord,
  now: Date,
  identityOf: (accessKeyId: string) => CallerIdentity | undefined,
) {
  const isRole = key.chain !== ''
  const identity = identityOf(credentials.accessKeyId) ?? (isRole ? undefined : identityOf(key.accessKeyId))
  const arn = identity?.arn ?? assumedRoleArn
  const { account = '' } = parseArn(arn ?? key.serialNumber) ?? {}
  return {
    kind: isRole ? 'role-session' : 'mfa-session',
    profiles,
    state: sessionState(credentials, now),
    expiration: formatExpiration(credentials.expiration),
    secondsRemaining: secondsUntil(credentials.expiration, now),
    accessKeyId: shortenAccessKeyId(credentials.accessKeyId),
    // Sessions of what the AWS CLI signed in to have the sign-in in its place.
    sourceAccessKeyId: /^\w+$/.test(key.accessKeyId) ? shortenAccessKeyId(key.accessKeyId) : null,
    // Hardware devices have a serial number that is no ARN.
    serialNumber: key.serialNumber === '' ? null : key.serialNumber,
    account: identity?.account ?? (/^\d{12}$/.test(account) ? account : null),
    arn: arn ?? null,
  } as const
}

type CacheColumn = 'PROFILES' | 'SESSION' | 'KEY' | 'LEFT' | 'UNTIL'

const LAYOUT: TableLayout<CacheColumn> = {
  forms: [
    ['PROFILES', 'SESSION', 'KEY', 'LEFT', 'UNTIL'],
    ['PROFILES', 'SESSION', 'KEY', 'LEFT'],
    ['PROFILES', 'SESSION', 'LEFT'],
    ['PROFILES', 'LEFT'],
  ],
  names: { PROFILES: { most: 40, least: 20, shorten: shortenList }, SESSION: { most: 48, least: 36 } },
}

function cellsOf(session: ReturnType<typeof describe>, now: Date): Readonly<Record<CacheColumn, string>> {
  const { kind, profiles, account, arn, serialNumber, secondsRemaining } = session
  const identity = identityInWords(account ?? undefined, arn ?? undefined)
  const device = serialNumber === null ? '' : ` of device ${nameOfArn(serialNumber)}`
  const whose = arn !== null && identity !== undefined ? ` of ${identity}` : device
  return {
    PROFILES: profiles.map((profile) => visible(profile)).join(', '),
    SESSION: kind === 'role-session' ? (identity ?? 'a role') : `MFA session${whose}`,
    KEY: session.accessKeyId,
    LEFT: secondsRemaining === 0 ? 'expired' : formatRemaining(secondsRemaining),
    UNTIL: formatInstant(new Date(session.expiration), now),
  }
}
