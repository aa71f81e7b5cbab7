/**
 * `status`: which session each profile works with, as a line, a table, JSON or a template. No library, no Intl: prompts
 * run it.
 */
import { expandProfiles, namedOnLine, profileNotFound } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { userOrRoleInWords } from '../aws/arn.ts'
import type { Invocation } from '../command-line/table.ts'
import { formatExpiration } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Resolved } from '../model/profile.ts'
import type { Pause } from '../platform/time.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { SessionState } from '../sessions/reuse.ts'
import {
  renderClockNote,
  renderEnvironmentNote,
  secondsRemaining,
  statusOfEnvironment,
  statusOfProfile,
  statusesJson,
} from '../sessions/status.ts'
import type { StatusEntry, StatusLookup } from '../sessions/status.ts'
import { isLongTermOnly, renderStatusTable, stateWord, statusRows, signInCommand } from '../sessions/status-table.ts'
import { DURATION_FORM, formatAt, formatInstant, formatRemaining, parseDuration } from '../ui/duration.ts'
import type { Screen } from '../ui/streams.ts'
import { paint, renderMessages, wrapLines } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, exportLine, hint, profileWord, quoted, visible } from '../ui/words.ts'

/** What `status` needs. It cannot reach STS, nor write a file. `quick-answers` has readers of its own. */
export interface StatusRuntime extends Pick<Runtime, 'environment' | 'now' | 'cachedSessionOf'> {
  readonly files: Pick<Runtime['files'], 'read'>
  readonly facts: Pick<Runtime['facts'], 'identityOf'>
  readonly terminal: Pick<Runtime['terminal'], 'stdout' | 'stderr' | 'data'>
}

/**
 * Reports sessions and returns the exit code: 0 if each is valid, expiring or of unknown end, 4 if one is none or
 * expired; with `--min-ttl` 4 also for expiring and unknown; with `--all` 0 once the files were read. Throws USAGE,
 * PROFILE_NOT_FOUND, FILE_UNREADABLE.
 */
export function status(invocation: Invocation<'status'>, runtime: StatusRuntime): number {
  const { options } = invocation
  const minTtlSeconds = minTtlOf(options.minTtl)
  const template = templateOf(options.format)
  const now = runtime.now()
  const snapshots = runtime.files.read()
  const { profiles } = snapshots
  const named = expandProfiles(invocation.positionals, snapshots)
  const lookup: StatusLookup = {
    profiles,
    now,
    minTtlSeconds,
    identityOf: runtime.facts.identityOf,
    cachedSessionOf: runtime.cachedSessionOf,
  }
  const all = options.all === true
  const isNamed = invocation.positionals.length > 0 || options.profile !== undefined
  const inside = all || isNamed ? undefined : statusOfEnvironment(runtime.environment, lookup)
  const isList = all || named.isList
  const entries = all
    ? profiles.names().map((name) => statusOfProfile(name, lookup))
    : isList
      ? named.profiles.map((name) => entryOf(namedOnLine(name), lookup, snapshots))
      : [inside ?? entryOf(resolveTargetProfile(invocation, runtime.environment), lookup, snapshots)]
  const strict = minTtlSeconds !== undefined
  const exitCode = all ? 0 : entries.reduce((code, { state }) => Math.max(code, exitCodeOf(state, strict)), 0)
  if (options.quiet !== true) {
    const note = all || inside !== undefined ? undefined : renderEnvironmentNote(runtime.environment, invocation)
    const isForPeople = options.json !== true && template === undefined
    const clockNote = isForPeople ? renderClockNote(entries, now) : undefined
    runtime.terminal.stderr(`${note ?? ''}${clockNote ?? ''}`)
    const isListed = (entry: StatusEntry): boolean => !all || !isForPeople || !isLongTermOnly(entry, profiles)
    const listed = entries.filter(isListed)
    const form = { isList, json: options.json === true, template }
    runtime.terminal.stdout(render(listed, form, lookup, runtime.terminal.data))
    const [entry] = listed
    if (!isForPeople) return exitCode
    if (entry === undefined)
      runtime.terminal.stderr(`${entries.length === 0 ? NO_PROFILES : ONLY_KEYS}\n${hint(commandLine('setup'))}`)
    else if (!isList) runtime.terminal.stderr(nextStep(entry, isNamed, lookup))
  }
  return exitCode
}

/** What `status --watch` needs besides. */
export interface WatchRuntime extends StatusRuntime, Pick<Runtime, 'cancelled'> {
  readonly pause: Pause
  readonly screen: Screen
}

/**
 * Draws what `status` prints at once, after each full minute, and when the terminal has changed, on a screen of its own
 * that is left as it was found; one below the other where that cannot be erased. Returns 130 for Ctrl-C. Throws any
 * other reason for which it was cancelled, what `status` throws, and USAGE without a terminal.
 */
export async function watchStatus(invocation: Invocation<'status'>, runtime: WatchRuntime): Promise<130> {
  const { screen, now, pause, cancelled } = runtime
  if (screen.size() === undefined) throw watchNeedsTerminal(invocation)
  // What cannot be drawn is reported on the screen that was there before.
  let frame = frameOf(invocation, runtime)
  let changed = new AbortController()
  const close = screen.open(() => changed.abort())
  try {
    for (;;) {
      screen.write(frame)
      const signal = AbortSignal.any([cancelled, changed.signal])
      await pause(MINUTE_MS - (now().getTime() % MINUTE_MS), signal).catch((error: unknown) => {
        if (cancelled.aborted || !changed.signal.aborted) throw error
      })
      changed = new AbortController()
      frame = frameOf(invocation, runtime)
    }
  } catch (error) {
    // The way out that the last row names.
    if (isFailure(error, 'CANCELLED')) return 130
    throw error
  } finally {
    close()
  }
}

const MINUTE_MS = 60_000

function watchNeedsTerminal({ positionals, options }: Invocation<'status'>): AwsmfaError {
  const named = options.profile === undefined ? positionals : [profileWord(options.profile)]
  const words = options.all === true ? ['--all'] : named
  return new AwsmfaError({ code: 'USAGE', problem: { kind: 'needs-terminal', option: '--watch', words } })
}

/** Returns what `status` prints now, over what was there before: as many rows as there are, and how many more. */
function frameOf(invocation: Invocation<'status'>, runtime: WatchRuntime): string {
  const { screen, terminal } = runtime
  const { columns, rows } = screen.size() ?? { columns: 80, rows: 24 }
  const data = { ...terminal.data, columns }
  let text = ''
  status(invocation, {
    ...runtime,
    terminal: {
      data,
      stdout: (written) => void (text += written),
      stderr: (written) => void (text += renderMessages(written, data)),
    },
  })
  if (!screen.canErase) return `${text}\n`
  const all = wrapLines(text.trimEnd(), columns).split('\n')
  const room = Math.max(1, rows - 2)
  const shown = all.length > room ? all.slice(0, room) : all
  const more = all.length > room ? `${all.length - room} more rows. ` : ''
  const foot = paint(`${more}${formatInstant(runtime.now(), runtime.now())}, Ctrl-C to leave`, 'dim', data)
  return `\u001B[H${[...shown, foot].map((line) => `\u001B[K${line}`).join('\n')}\u001B[J`
}

function minTtlOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new AwsmfaError({
    code: 'USAGE',
    problem: {
      kind: 'bad-value',
      option: '--min-ttl',
      value: text,
      expected: DURATION_FORM,
    },
  })
}

function templateOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const placeholder = unknownPlaceholder(text)
  if (placeholder === undefined) return text
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'unknown-placeholder', placeholder, known: PLACEHOLDERS } })
}

/** Throws PROFILE_NOT_FOUND for a profile that was named and is in neither file. */
function entryOf(target: Resolved<string>, lookup: StatusLookup, snapshots: SharedSnapshots): StatusEntry {
  if (lookup.profiles.find(target.value) === undefined && target.origin.kind !== 'default')
    throw profileNotFound(target, snapshots)
  return statusOfProfile(target.value, lookup)
}

const NO_PROFILES = 'No AWS profiles found'

const ONLY_KEYS = 'No profiles to sign in to, only access keys'

interface OutputForm {
  readonly isList: boolean
  readonly json: boolean
  readonly template: string | undefined
}

function render(entries: readonly StatusEntry[], form: OutputForm, lookup: StatusLookup, style: TextStyle): string {
  const { now, profiles } = lookup
  if (form.json) return statusesJson(entries, now, form.isList)
  if (form.template !== undefined) {
    const { template } = form
    return entries.map((entry) => `${renderTemplate(template, entry, now)}\n`).join('')
  }
  if (form.isList) return renderStatusTable(statusRows(entries, profiles, now), style)
  return wrapLines(entries.map((entry) => `${renderStatusLine(entry, now, style)}\n`).join(''), style.columns)
}

function exitCodeOf(state: SessionState, strict: boolean): number {
  if (state === 'valid') return 0
  if (state === 'expired' || state === 'none') return 4
  return strict ? 4 : 0
}

/** Returns one profile on one line: `work: valid, 11 h 20 min left, until 19:40 (alice, 111111111111)`. */
function renderStatusLine(entry: StatusEntry, now: Date, style: TextStyle): string {
  const { profile, state, account, arn, sourceProfile } = entry
  const source = sourceProfile === undefined ? undefined : `source profile ${quoted(sourceProfile)}`
  const details = [source, userOrRoleInWords(arn), account === undefined ? undefined : visible(account)]
  const known = details.filter((detail) => detail !== undefined)
  const words = stateInWords(entry, now, stateWord(state, style))
  return `${visible(profile)}: ${words}${known.length === 0 ? '' : ` (${known.join(', ')})`}`
}

/** `valid, 11 h 20 min left, until 19:40`. */
function stateInWords(entry: StatusEntry, now: Date, state: string): string {
  const { expiration } = entry
  if (entry.state === 'none') return state
  if (entry.isRenewable) return `${state}, renewed by the AWS CLI`
  if (expiration === undefined) return 'session with unknown expiration'
  const seconds = secondsRemaining(entry, now) ?? 0
  if (seconds === 0) return `${state} ${formatAt(expiration, now)}`
  return `${state}, ${formatRemaining(seconds)} left, until ${formatInstant(expiration, now)}`
}

/** Returns the hint that signs in to a profile without a session, or leads to another one; '' if it has one. */
function nextStep({ profile, state }: StatusEntry, isNamed: boolean, lookup: StatusLookup): string {
  if (state !== 'none' && state !== 'expired') return ''
  const { profiles } = lookup
  const signedIn = isNamed ? undefined : profiles.names().find((name) => isUsable(statusOfProfile(name, lookup)))
  if (signedIn !== undefined) return hint(`to use ${quoted(signedIn)}: ${exportLine('AWS_PROFILE', signedIn)}`)
  if (profiles.find(profile) === undefined)
    return hint(profiles.names().length === 0 ? commandLine('setup') : commandLine('status', '--all'))
  const command = signInCommand(profile, profiles)
  return command === undefined ? '' : hint(command)
}

function isUsable({ state }: StatusEntry): boolean {
  return state === 'valid' || state === 'expiring'
}

/** What `--format` may name. */
const PLACEHOLDERS = ['profile', 'state', 'remaining', 'expiration', 'seconds', 'source', 'account'] as const

/** Returns the first `{name}` of a template that is unknown; undefined if all are known. */
function unknownPlaceholder(template: string): string | undefined {
  for (const [, name] of withoutBraces(template).matchAll(/\{([^{}]*)\}?/g)) {
    if (!PLACEHOLDERS.some((known) => known === name)) return name ?? ''
  }
  return undefined
}

/**
 * Fills a template whose names are all known. `{{` and `}}` are braces; a value that is not known is empty.
 */
function renderTemplate(template: string, entry: StatusEntry, now: Date): string {
  const seconds = secondsRemaining(entry, now)
  const values: Readonly<Record<(typeof PLACEHOLDERS)[number], string>> = {
    profile: visible(entry.profile),
    state: entry.state,
    remaining: seconds === undefined ? '' : formatRemaining(seconds),
    expiration: entry.expiration === undefined ? '' : formatExpiration(entry.expiration),
    seconds: seconds === undefined ? '' : String(seconds),
    source: entry.source ?? '',
    account: entry.account ?? '',
  }
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name: string | undefined) =>
    name === undefined ? found.charAt(0) : values[name as keyof typeof values],
  )
}

function withoutBraces(template: string): string {
  return template.replace(/\{\{|\}\}/g, '')
}
