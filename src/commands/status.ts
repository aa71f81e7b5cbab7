import { readProfiles } from '../core/files/profiles.ts'
import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import { parseDuration } from '../core/login/duration.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { Environment } from '../core/login/target-profile.ts'
import { nearest } from '../core/nearest.ts'
import type { CallerIdentity, Now, SharedSnapshots, Terminal } from '../core/ports.ts'
import type { SessionState } from '../core/sessions/session-state.ts'
import { statusOfEnvironment } from '../core/status/environment-session.ts'
import { entryWithoutSession } from '../core/status/status-entry.ts'
import type { StatusEntry } from '../core/status/status-entry.ts'
import { statusOfProfile } from '../core/status/profile-status.ts'
import type { StatusLookup } from '../core/status/profile-status.ts'
import { renderEnvironmentNote } from '../render/environment-note.ts'
import { PLACEHOLDERS, renderStatusLine, renderStatusTable, renderTemplate, statusObject, unknownPlaceholder } from '../render/status.ts'

/** What `status` needs: two files, a clock and a stream. It cannot reach STS, nor write a file. */
export interface StatusContext {
  readonly environment: Environment
  readonly now: Now
  readonly readFiles: () => SharedSnapshots
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  readonly terminal: Pick<Terminal, 'writeData' | 'writeTalk' | 'data'>
}

/**
 * Reports sessions and gives the exit code: 0 for one that is valid, expiring or of unknown end, 4 for none or an expired
 * one; with `--min-ttl` 4 also for expiring and unknown; with `--all` 0 once the files were read. Throws USAGE,
 * PROFILE_NOT_FOUND, FILE_UNREADABLE.
 */
export function status(invocation: Invocation, context: StatusContext): number {
  const { options } = invocation
  const minTtlSeconds = minTtlOf(options['min-ttl'])
  const template = templateOf(options['format'])
  const now = context.now()
  const snapshots = context.readFiles()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
  const lookup: StatusLookup = { profiles, now, minTtlSeconds: minTtlSeconds ?? 0, identityOf: context.identityOf, cachedSessionOf: context.cachedSessionOf }
  const all = options['all'] === true
  const isNamed = invocation.positionals.length > 0 || options['profile'] !== undefined
  const inside = all || isNamed ? undefined : statusOfEnvironment(context.environment, lookup)
  const entries = all ? profiles.names().map((name) => statusOfProfile(name, lookup)) : [inside ?? entryOfTarget(invocation, context.environment, lookup, snapshots)]
  if (options['quiet'] !== true) {
    const note = all || inside !== undefined ? undefined : renderEnvironmentNote(context.environment, invocation)
    if (note !== undefined) context.terminal.writeTalk(note)
    context.terminal.writeData(render(entries, { all, json: options['json'] === true, template }, now, context))
  }
  return all ? 0 : exitCodeOf(entries[0]?.state ?? 'none', minTtlSeconds !== undefined)
}

function minTtlOf(text: string | true | undefined): number | undefined {
  if (typeof text !== 'string') return undefined
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--min-ttl', value: text, expected: 'a length of time such as 45m, 2h or 3600' } })
}

function templateOf(text: string | true | undefined): string | undefined {
  if (typeof text !== 'string') return undefined
  const placeholder = unknownPlaceholder(text)
  if (placeholder === undefined) return text
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'unknown-placeholder', placeholder, known: PLACEHOLDERS } })
}

function entryOfTarget(invocation: Invocation, environment: Environment, lookup: StatusLookup, snapshots: SharedSnapshots): StatusEntry {
  const target = resolveTargetProfile(invocation, environment)
  if (lookup.profiles.find(target.value) !== undefined) return statusOfProfile(target.value, lookup)
  if (target.origin.kind === 'default') return entryWithoutSession(target.value)
  const near = nearest(target.value, lookup.profiles.names())
  throw new AwsmfaError({
    code: 'PROFILE_NOT_FOUND',
    profile: target.value,
    origin: target.origin,
    paths: [snapshots.config.path, snapshots.credentials.path],
    ...(near === undefined ? {} : { nearest: near }),
  })
}

interface OutputForm {
  readonly all: boolean
  readonly json: boolean
  readonly template: string | undefined
}

function render(entries: readonly StatusEntry[], form: OutputForm, now: Date, { terminal }: StatusContext): string {
  const [first] = entries
  if (form.json) return `${JSON.stringify(form.all || first === undefined ? entries.map((entry) => statusObject(entry, now)) : statusObject(first, now))}\n`
  if (form.template !== undefined) {
    const { template } = form
    return entries.map((entry) => `${renderTemplate(template, entry, now)}\n`).join('')
  }
  if (form.all) return entries.length === 0 ? '' : renderStatusTable(entries, now, terminal.data)
  return entries.map((entry) => `${renderStatusLine(entry, now, terminal.data)}\n`).join('')
}

function exitCodeOf(state: SessionState, strict: boolean): number {
  if (state === 'valid') return 0
  if (state === 'expired' || state === 'none') return 4
  return strict ? 4 : 0
}
