/** Every message that `login` prints. Each function returns whole lines with their ends, except for questions. */
import { ASKING_FOR_CODES } from '../aws-files/profile-keys.ts'
import { identityInWords, roleInWords } from '../aws/arn.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { ResolutionNote, StorePlace } from '../login/destination.ts'
import type { ReplacedSession, SignInEvent } from '../login/sign-in.ts'
import type { PlanNote } from '../login/plan.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import type { AwsmfaError, ForeignSession } from '../model/failure.ts'
import type { Place } from '../model/profile.ts'
import { quietReaderOf, readerOf } from '../sessions/aws-cache-entry.ts'
import type { PromptFree } from '../sessions/aws-cache-entry.ts'
import type { SessionSource } from '../sessions/reuse.ts'
import { renderClockNote } from '../sessions/status.ts'
import { durationInWords, exactDuration } from '../ui/duration-words.ts'
import { formatAt, formatInstant } from '../ui/duration.ts'
import { displayWidth, padDisplay } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import {
  commandLine,
  cross,
  displayPath,
  hint,
  listed,
  note,
  profileWord,
  quoted,
  tick,
  visible,
  warn,
} from '../ui/words.ts'

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
  const { profile, target, madeBy, storeIn, isOwnSource } = result
  const source = profile === target ? '' : ` (source profile of ${quoted(target)})`
  const line = `${tick(style)} ${visible(profile)}: ${asWhom(result)} ${untilWhen(result, now)}, ${lengthOf(result, now)}${source}\n`
  const force = hasOptions ? 'add --force' : commandLine('login', profileWord(profile), '--force')
  const readers = usedByInWords(result, now)
  const used = readers === undefined ? '' : note(`${readers}; ${stillPromptingInWords(result)}`)
  const renewal =
    madeBy !== undefined
      ? hint(`to sign in with awsmfa instead: ${force}`)
      : result.kind === 'kept'
        ? hint(`to renew now: ${force}`)
        : ''
  const setup =
    storeIn !== 'aws-caches' || isOwnSource === true
      ? ''
      : hint(`for every tool, all day: ${commandLine('setup', profileWord(profile))}`)
  return `${line}${used}${renewal}${setup}`
}

/** `boto3, the rest of SAM, CDK and Terraform still prompt`: the tools that do not use a session in these caches. */
function stillPromptingInWords({ promptFree }: GoodLogin): string {
  const quiet = promptFree?.sources.map(readerOf) ?? []
  const asking = ASKING_FOR_CODES.filter((tool) => tool === 'SAM' || !quiet.includes(tool)).map((tool) =>
    quiet.includes(tool) ? `the rest of ${tool}` : tool,
  )
  return `${listed(asking, 'and')} still prompt`
}

/** The list, each line ended: `✔ staging  until 19:40   role Admin (222222222222)`. */
export function renderLoginList(results: readonly LoginResult[], view: FailureView, style: TextStyle): string {
  const nameWidth = results.reduce((widest, { target }) => Math.max(widest, displayWidth(visible(target))), 0)
  const ends = results.map((result) => (result.kind === 'failed' ? '' : untilWhen(result, view.now)))
  const endWidth = ends.reduce((widest, { length }) => Math.max(widest, length), 0)
  return results
    .map((result, index) => {
      const name = padDisplay(visible(result.target), nameWidth)
      if (result.kind === 'failed')
        return `${cross(style)}${style.unicode ? '' : ' '} ${name}  ${renderFailure(result.error.failure, view).error}\n`
      const line = `${tick(style)} ${name}  ${(ends[index] ?? '').padEnd(endWidth)}   ${detailsOf(result, view.now)}`
      return `${line.trimEnd()}\n`
    })
    .join('')
}

/** What the list says of a session beside its end; the prompt for the code has named the user. */
function detailsOf(result: GoodLogin, now: Date): string {
  const { target, profile, identity, madeBy } = result
  const who = identityInWords(identity?.account, identity?.arn)
  const details = [
    profile === target
      ? who?.startsWith('role ') === true
        ? who
        : undefined
      : `uses the session of ${quoted(profile)}`,
    madeBy === undefined ? undefined : `signed in by ${readerOf(madeBy)}`,
    usedByInWords(result, now),
  ]
  return details.filter((detail) => detail !== undefined).join(', ')
}

/** The note about a cached session that lasts longer than any of AWS; '' if there is none. */
export function renderKeptTooLong(results: readonly LoginResult[], now: Date): string {
  const kept = results.flatMap((result) =>
    result.kind === 'kept' ? [{ ...result, managedBy: result.madeBy === undefined ? 'awsmfa' : 'other' } as const] : [],
  )
  return renderClockNote(kept, now) ?? ''
}

/** `until 19:40`. */
function untilWhen({ expiration }: GoodLogin, now: Date): string {
  return `until ${formatInstant(expiration, now)}`
}

/** `12 h left`. Rounds the length of a new session to minutes: it lasts 12 h also a second after it was created. */
function lengthOf({ kind, expiration }: GoodLogin, now: Date): string {
  const seconds = secondsUntil(expiration, now)
  if (seconds < 60) return 'less than a minute left'
  return `${durationInWords(kind === 'kept' ? seconds : Math.round(seconds / 60) * 60)} left`
}

function asWhom({ kind, identity, madeBy }: GoodLogin): string {
  const words = identityInWords(identity?.account, identity?.arn)
  const verb =
    madeBy !== undefined ? `signed in by ${readerOf(madeBy)}` : `${kind === 'kept' ? 'already ' : ''}signed in`
  if (words === undefined) return verb
  // GetCallerIdentity has not answered: the account alone is known, from the access key id.
  return words.startsWith('account ') ? `${verb} (${words})` : `${verb} as ${words}`
}

/** `used by the AWS CLI and SAM (deploy, package) until 19:25`; undefined for a session that every tool uses. */
function usedByInWords({ promptFree }: GoodLogin, now: Date): string | undefined {
  if (promptFree === undefined) return undefined
  return `used by ${listed(promptFree.sources.map(quietReaderOf), 'and')} until ${formatInstant(promptFree.until, now)}`
}

/** The question before a pattern signs profiles in; Enter says yes. */
export function patternQuestion(profiles: readonly string[]): string {
  const shown = profiles.slice(0, 8).map((profile) => visible(profile))
  return `Sign in to ${profiles.length} profiles (${shown.join(', ')}${profiles.length > shown.length ? ', …' : ''})?`
}

/** The note where `--all` finds nothing to sign in to. */
export const NO_TARGETS = `${note('no profile has an access key and an MFA device')}${hint(commandLine('setup'))}`

/** Profiles that `--all` leaves out because their session would overwrite their own long-term credentials. */
export function renderUnwritable(profiles: readonly string[]): string {
  const [first = '', ...others] = profiles
  const names = listed(profiles.map(quoted), 'and')
  const verb = others.length === 0 ? 'contains' : 'contain'
  return `${note(`${names} ${verb} long-term credentials; signing in would overwrite them`)}${hint(`to move them: ${commandLine('setup', profileWord(first))}`)}`
}

/** Profiles that `--all` leaves out because no device is configured and IAM names none. */
export function renderWithoutDevice(profiles: readonly string[]): string {
  const [first = ''] = profiles
  const how = commandLine('setup', profileWord(first), '--serial-number', 'SERIAL')
  return `${note(`no MFA device is set for ${listed(profiles.map(quoted), 'and')}`)}${hint(`to set one: ${how}`)}`
}

/** Why a session that is still valid is renewed, for `--debug`. */
export function renewalInWords(profile: string, parts: readonly string[]): string {
  return `the session of ${quoted(profile)} is renewed: another request created it (${listed(parts, 'and')})`
}

/** What happened on the way: lines to print, or details for `--debug`. */
export function renderEvent(event: SignInEvent, home: string | undefined, now: Date): LoginMessage {
  switch (event.kind) {
    case 'capped':
      return renderPlanNote(event.note)
    case 'device-found':
      return { detail: `no MFA device is configured; IAM lists one: ${event.serialNumber}` }
    case 'device-chosen': {
      const { target, prompt } = event.resolution
      const serial = prompt.hideArns ? [] : ['--serial-number', event.serialNumber]
      return { lines: hint(`to save this device: ${commandLine('setup', profileWord(target.value), ...serial)}`) }
    }
    case 'session-replaced':
      return { detail: replacedInWords(event.profile, event.replaced, now) }
    case 'write-warning':
      return { lines: renderWriteWarning(event.warning, home) }
    case 'cache-refused': {
      const { source, error } = event.refusal
      const { error: why } = renderFailure(error.failure, { home, files: undefined, now, debug: false })
      return { lines: warn(`${readerOf(source)} will prompt for ${quoted(event.profile)}: ${why}`) }
    }
  }
}

/** Whole lines that the person may act on, or a detail for `--debug` alone. */
export type LoginMessage = { readonly lines: string } | { readonly detail: string }

function replacedInWords(profile: string, { session, reason }: ReplacedSession, now: Date): string {
  const owner = session.manager === undefined ? 'another tool' : quoted(session.manager)
  const { expiration } = session
  const reasons = {
    expired:
      expiration !== undefined && expiration <= now
        ? `it expired ${formatAt(expiration, now)}`
        : 'AWS no longer accepts it',
    'same-user': 'it is of the same user',
    replaced: '--replace',
  }
  return `the session of ${owner} in [${visible(profile)}] is replaced: ${reasons[reason]}`
}

/** The question before another program's session that is still valid is replaced. */
export function conflictQuestion(
  profile: string,
  { accessKeyId, manager, expiration }: ForeignSession,
  now: Date,
): string {
  const owner = manager === undefined ? 'another tool' : quoted(manager)
  const isValid = expiration !== undefined && expiration > now
  const end = isValid ? ` until ${formatInstant(expiration, now)}` : ''
  return `[${visible(profile)}] contains a session from ${owner} (key ${accessKeyId})${end}. Replace it?`
}

/** A setting was resolved in a way that a person may not expect, or tools will not use the session. */
export function renderResolutionNote(resolved: ResolutionNote, home: string | undefined): LoginMessage {
  switch (resolved.kind) {
    case 'own-suffix':
      return { detail: `the access key of [${visible(resolved.source)}] is used for ${quoted(resolved.profile)}` }
    case 'signs-in-other': {
      const { target, stored, key } = resolved
      return { detail: `${quoted(target)} uses the session of ${quoted(stored)} (${key}, ${placeOf(resolved)})` }
    }
    case 'environment-serial-ignored':
      return { detail: `${resolved.variable} is ignored: its device belongs to account ${resolved.account}` }
    case 'strict-tools-refuse':
      return fixable(
        `${resolved.key} (${placeOf(resolved)}) makes ${toolsOf(resolved)} reject ${quoted(resolved.profile)}`,
        resolved,
      )
    case 'tools-still-ask':
      return fixable(
        `mfa_serial (${placeOf(resolved)}) makes ${toolsOf(resolved)} prompt or fail for ${quoted(resolved.profile)}`,
        resolved,
      )
    case 'role-too-long':
      return fixable(
        `AWS rejects the ${exactDuration(resolved.seconds)} that tools request for ${quoted(resolved.profile)} (duration_seconds, ${placeOf(resolved)})`,
        resolved,
      )
    case 'header-not-seen':
      return {
        lines: `${warn(`extra spaces in the header of [${visible(resolved.profile)}] (${placeOf(resolved)}) hide it from ${toolsOf(resolved)}`)}${hint(`to fix it: ${commandLine('doctor', '--fix')}`)}`,
      }
    case 'process-still-runs':
      return { lines: warn(`${toolsOf(resolved)} run the credential_process in ${placeOf(resolved)} instead`) }
    case 'serial-of-other-account':
      return {
        lines: warn(
          `the MFA device belongs to account ${resolved.serialAccount}, the access key to ${resolved.keyAccount}`,
        ),
      }
  }

  function placeOf({ place }: { readonly place: Place }): string {
    return placeInWords(place, home)
  }
}

function toolsOf({ tools }: { readonly tools: readonly string[] }): string {
  return listed(tools, 'and')
}

/** Returns a warning that `setup` of the profile removes. */
function fixable(text: string, { profile }: { readonly profile: string }): LoginMessage {
  return { lines: `${warn(text)}${hint(`to fix it: ${commandLine('setup', profileWord(profile))}`)}` }
}

/** AWS limits the duration: news only for someone who asked for another one on the command line. */
export function renderPlanNote({ roleArn, cappedToSeconds, requestedSeconds, isTyped }: PlanNote): LoginMessage {
  const [limit, requested] = [exactDuration(cappedToSeconds), exactDuration(requestedSeconds)]
  const text = `AWS limits ${roleInWords(roleArn)} to ${limit} when it is assumed from a session; requested: ${requested}`
  return isTyped ? { lines: note(text) } : { detail: text }
}

function placeInWords(place: Place, home: string | undefined): string {
  return `${visible(displayPath(place.path, home), 1000)}${place.line === undefined ? '' : `, line ${place.line}`}`
}
