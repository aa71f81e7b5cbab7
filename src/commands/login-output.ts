/** Every message that `login` prints. Each function returns whole lines with their ends, except for questions. */
import { ASKING_FOR_CODES } from '../aws-files/profile-keys.ts'
import { identityInWords, roleInWords } from '../aws/arn.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { ResolutionNote, StorePlace } from '../login/destination.ts'
import type { ReplacedSession } from '../login/conflict.ts'
import type { PlanNote } from '../login/plan.ts'
import type { SignInEvent } from '../login/sign-in.ts'
import { renderDeviceFound } from '../mfa/device.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { secondsUntil } from '../model/expiration.ts'
import type { AwsmfaError, ForeignSession } from '../model/failure.ts'
import type { Place } from '../model/origin.ts'
import { quietReaderOf, readerOf } from '../sessions/aws-cache-entry.ts'
import type { PromptFree } from '../sessions/aws-cache-entry.ts'
import type { SessionSource } from '../sessions/reuse.ts'
import { renderClockNote } from '../sessions/status.ts'
import { durationInWords, exactDuration } from '../ui/duration-words.ts'
import { formatAt, formatInstant } from '../ui/duration.ts'
import { displayWidth, padDisplay, paint } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, displayPath, listed, note, profileWord, tick, visible, warn } from '../ui/words.ts'

/** What became of a profile that was to be signed in. */
export type LoginResult = GoodLogin | FailedLogin

export interface FailedLogin {
  readonly kind: 'failed'
  readonly target: string
  readonly error: AwsmfaError
}

export interface GoodLogin {
  /** `kept`: it had a session already. */
  readonly kind: 'signed-in' | 'kept'
  readonly target: string
  /** The line names the profile. */
  readonly isNamed: boolean
  /** The profile that has the session; another one where the target uses that as its source profile. */
  readonly profile: string
  readonly storeIn: StorePlace
  readonly expiration: Date
  readonly identity: CallerIdentity | undefined
  /** Whether the role is its own source profile, which `setup` refuses. */
  readonly isOwnSource?: boolean
  /** For a session in the caches of the AWS CLI and SAM: who reads them, and how long these do not prompt. */
  readonly promptFree: PromptFree | undefined
  /** The cache of another program that got the session; undefined if awsmfa did. */
  readonly madeBy?: SessionSource | undefined
}

/**
 * Returns the lines for an only profile. `hasOptions`: the line has options without which the login would be another
 * one.
 */
export function renderLoginResult(result: LoginResult, hasOptions: boolean, now: Date, style: TextStyle): string {
  if (result.kind === 'failed') return ''
  const line = `${tick(style)} ${visible(result.profile)}: ${asWhom(result)} until ${formatInstant(result.expiration, now)}, ${lengthOf(result, now)}`
  const setup =
    result.isOwnSource === true
      ? ''
      : `awsmfa: hint: for the whole day and in every tool: ${commandLine('setup', profileWord(result.profile))}\n`
  const profile = result.isNamed ? [profileWord(result.profile)] : []
  const force = hasOptions ? 'add --force' : commandLine('login', ...profile, '--force')
  if (result.madeBy !== undefined)
    return `${line}${promptFreeInWords(result, now)}; ${stillAskingInWords(result)}\nawsmfa: hint: to sign in with awsmfa instead: ${force}\n${setup}`
  const renewal = result.kind === 'kept' ? `. To renew anyway: ${force}` : ''
  if (result.storeIn !== 'aws-caches') return `${line}${renewal}\n`
  return `${line}${promptFreeInWords(result, now)}${renewal}\n${setup}`
}

/** `boto3, the rest of SAM, CDK and Terraform still ask`: the tools that do not use the session of another program. */
function stillAskingInWords({ promptFree }: GoodLogin): string {
  const quiet = promptFree?.sources.map(readerOf) ?? []
  const asking = ASKING_FOR_CODES.filter((tool) => tool === 'SAM' || !quiet.includes(tool)).map((tool) =>
    quiet.includes(tool) ? `the rest of ${tool}` : tool,
  )
  return `${listed(asking, 'and')} still ask`
}

/** The list, each line ended: `✔ staging  1 hour    role Admin in 222222222222`. */
export function renderLoginList(results: readonly LoginResult[], view: FailureView, style: TextStyle): string {
  const nameWidth = results.reduce((widest, { target }) => Math.max(widest, displayWidth(visible(target))), 0)
  const lengths = results.map((result) => (result.kind === 'failed' ? '' : lengthOf(result, view.now)))
  const lengthWidth = lengths.reduce((widest, { length }) => Math.max(widest, length), 0)
  return results
    .map((result, index) => {
      const name = padDisplay(visible(result.target), nameWidth)
      if (result.kind === 'failed')
        return `${cross(style)} ${name}  ${renderFailure(result.error.failure, view).error}\n`
      const { target, profile, identity } = result
      const who =
        profile === target ? identityInWords(identity?.account, identity?.arn) : `through '${visible(profile)}'`
      const by = result.madeBy === undefined ? '' : `, signed in by ${readerOf(result.madeBy)}`
      const line = `${tick(style)} ${name}  ${(lengths[index] ?? '').padEnd(lengthWidth)}  ${who ?? ''}${by}`
      return `${line.trimEnd()}${promptFreeInWords(result, view.now)}\n`
    })
    .join('')
}

/** The note about a kept session that lasts longer than any of AWS; '' if there is none. */
export function renderKeptTooLong(results: readonly LoginResult[], now: Date): string {
  const kept = results.flatMap((result) =>
    result.kind === 'kept' ? [{ ...result, managedBy: result.madeBy === undefined ? 'awsmfa' : 'other' } as const] : [],
  )
  return renderClockNote(kept, now) ?? ''
}

/** Rounds the length of a new session to minutes: it lasts 12 h also a second after it was created. */
function lengthOf({ kind, expiration }: GoodLogin, now: Date): string {
  const seconds = secondsUntil(expiration, now)
  if (seconds < 60) return `less than a minute${kind === 'kept' ? ' left' : ''}`
  return kind === 'kept' ? `${durationInWords(seconds)} left` : durationInWords(Math.round(seconds / 60) * 60)
}

function asWhom({ identity, madeBy }: GoodLogin): string {
  const words = identityInWords(identity?.account, identity?.arn)
  if (madeBy !== undefined) return `signed in by ${readerOf(madeBy)}${words === undefined ? '' : ` as ${words}`}`
  if (words === undefined) return 'signed in'
  // GetCallerIdentity has not answered: the account alone is known, from the access key id.
  if (words.startsWith('account ')) return `signed in (${words})`
  return words.startsWith('role ') ? words : `signed in as ${words}`
}

/** `. The AWS CLI and SAM (deploy, package) do not ask until 19:25`. */
function promptFreeInWords({ promptFree }: GoodLogin, now: Date): string {
  if (promptFree === undefined) return ''
  const { sources, until } = promptFree
  const readers = listed(sources.map(quietReaderOf), 'and')
  const verb = sources.length === 1 ? 'does' : 'do'
  return `. ${readers.charAt(0).toUpperCase()}${readers.slice(1)} ${verb} not ask until ${formatInstant(until, now)}`
}

function cross(style: TextStyle): string {
  return paint(style.unicode ? '✖' : 'x ', 'red', style)
}

/** The question before a pattern signs profiles in. */
export function patternQuestion(profiles: readonly string[]): string {
  const shown = profiles.slice(0, 8).map((profile) => visible(profile))
  const more = profiles.length > shown.length ? ` and ${profiles.length - shown.length} more` : ''
  return `Sign in ${profiles.length} ${profiles.length === 1 ? 'profile' : 'profiles'} (${shown.join(', ')}${more})?`
}

/** The note where `--all` finds nothing to sign in to. */
export const NO_TARGETS = `${note('no profile has long-term credentials and an MFA device')}awsmfa: hint: to set one up: ${commandLine('setup')}\n`

/** Profiles that `--all` leaves out because their session would overwrite their own long-term credentials. */
export function renderUnwritable(profiles: readonly string[]): string {
  const [first = '', ...others] = profiles
  const names = listed(
    profiles.map((profile) => `'${visible(profile)}'`),
    'and',
  )
  const verb = others.length === 0 ? 'contains' : 'contain'
  return `${note(`${names} ${verb} long-term credentials; signing in would overwrite them`)}awsmfa: hint: to move them: ${commandLine('setup', profileWord(first))}\n`
}

/** Profiles that `--all` leaves out because no device is configured and IAM names none. */
export function renderWithoutDevice(profiles: readonly string[]): string {
  const names = profiles.map((profile) => `'${visible(profile)}'`)
  return note(`no MFA device found for ${listed(names, 'and')}`)
}

/** The heading of the list of profiles to pick from. */
export const PICK_QUESTION = "No profile is named, and 'default' cannot be signed in. Which one?"

/** The question where one profile alone can be picked, and Enter says yes. */
export function pickOnlyQuestion(profile: string): string {
  return `No profile is named, and 'default' cannot be signed in. Sign in '${visible(profile)}'? [Y/n] `
}

/** The reason why a session that is still valid is renewed. */
export function renderRenewal(profile: string, parts: readonly string[]): string {
  return note(
    `the session of '${visible(profile)}' was made by another request (${listed(parts, 'and')} ${parts.length === 1 && !parts.includes('parameters') ? 'differs' : 'differ'}), so it is renewed`,
  )
}

/** What happened on the way that a person may want to act on. */
export function renderEvent(event: SignInEvent, home: string | undefined, now: Date): string {
  switch (event.kind) {
    case 'capped':
      return renderPlanNote(event.note)
    case 'device-found':
      return renderDeviceFound(event.serialNumber)
    case 'session-replaced':
      return renderReplaced(event.profile, event.replaced, now)
    case 'write-warning':
      return renderWriteWarning(event.warning, home)
    case 'cache-refused': {
      const { source, error } = event.refusal
      const { error: why } = renderFailure(error.failure, { home, files: undefined, now, debug: false })
      return warn(`${readerOf(source)} will ask for a code with '${visible(event.profile)}': ${why}`)
    }
  }
}

function renderReplaced(profile: string, { session, reason }: ReplacedSession, now: Date): string {
  const owner = session.manager === undefined ? 'another tool' : `'${visible(session.manager)}'`
  const ended =
    session.expiration === undefined || session.expiration > now
      ? 'no longer holds'
      : `expired ${formatAt(session.expiration, now)}`
  const words = {
    expired: `${ended}; it is replaced`,
    'same-user': "is this user's too; it is replaced",
    replaced: 'is replaced, as asked',
  }
  return note(`the session of ${owner} in [${visible(profile)}] ${words[reason]}`)
}

/** The question before another program's session that is still valid is replaced. */
export function conflictQuestion(
  profile: string,
  { accessKeyId, manager, expiration }: ForeignSession,
  now: Date,
): string {
  const owner = manager === undefined ? 'a session that awsmfa did not make' : `a session of '${visible(manager)}'`
  const isValid = expiration !== undefined && expiration > now
  const end = isValid ? ` until ${formatInstant(expiration, now)}` : ''
  return `[${visible(profile)}] holds ${owner} (key ${accessKeyId})${end}. Replace it?`
}

/** A setting was resolved in a way that a person may not expect. */
export function renderResolutionNote(resolved: ResolutionNote, home: string | undefined): string {
  return note(resolutionNoteInWords(resolved, home))
}

function resolutionNoteInWords(resolved: ResolutionNote, home: string | undefined): string {
  switch (resolved.kind) {
    case 'own-suffix':
      return `'${visible(resolved.profile)}' has no long-term credentials itself; those of [${visible(resolved.source)}] are used`
    case 'signs-in-other':
      return `'${visible(resolved.target)}' works through '${visible(resolved.stored)}' (${resolved.key}, ${placeInWords(resolved.place, home)}), so '${visible(resolved.stored)}' is signed in`
    case 'strict-tools-refuse':
      return `${listed(resolved.tools, 'and')} will refuse '${visible(resolved.profile)}' while ${resolved.key} stands at ${placeInWords(resolved.place, home)}; other tools use the session. ${toMend(resolved.profile)}`
    case 'tools-still-ask':
      return `${listed(resolved.tools, 'and')} will still ask for a code, or fail, with '${visible(resolved.profile)}' while mfa_serial stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`
    case 'role-too-long':
      return `tools will ask AWS for ${exactDuration(resolved.seconds)} with '${visible(resolved.profile)}' and be refused: a role made from a session holds one hour, and duration_seconds stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`
    case 'header-not-seen':
      return `${listed(resolved.tools, 'and')} do not see [${visible(resolved.profile)}] at ${placeInWords(resolved.place, home)}, because of the spaces in its brackets; other tools use the session. To fix it: ${commandLine('doctor', '--fix')}`
    case 'process-still-runs':
      return `${listed(resolved.tools, 'and')} go on running the credential_process at ${placeInWords(resolved.place, home)} for '${visible(resolved.profile)}'; other tools use the session`
    case 'environment-serial-ignored':
      return `${resolved.variable} names a device of account ${resolved.account}, which is not this profile's; it is ignored`
    case 'serial-of-other-account':
      return `the MFA device is of account ${resolved.serialAccount}, but the access key seems to be of ${resolved.keyAccount}: if the code is refused, look there first`
  }
}

function toMend(profile: string): string {
  return `To fix it: ${commandLine('setup', profileWord(profile))}`
}

/** AWS limits what was asked for. */
export function renderPlanNote({ roleArn, cappedToSeconds, requestedSeconds }: PlanNote): string {
  return note(
    `AWS limits ${roleInWords(roleArn)} to ${exactDuration(cappedToSeconds)} when it is assumed from another session; asked for were ${exactDuration(requestedSeconds)}`,
  )
}

function placeInWords(place: Place, home: string | undefined): string {
  return `${visible(displayPath(place.path, home), 1000)}${place.line === undefined ? '' : ` line ${place.line}`}`
}
