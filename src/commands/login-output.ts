import { identityInWords, roleInWords } from '../aws/arn.ts'
import { renderFailure } from '../errors/messages.ts'
import type { FailureView } from '../errors/wording.ts'
import type { ResolutionNote } from '../login/destination.ts'
import type { PlanNote } from '../login/plan.ts'
import type { CallerIdentity } from '../model/credentials.ts'
import { secondsUntil } from '../model/expiration.ts'
import type { Failure, ForeignSession } from '../model/failure.ts'
import { readerOf } from '../sessions/aws-cache-entry.ts'
import type { PromptFree } from '../sessions/aws-cache-entry.ts'
import type { SessionSource } from '../sessions/reuse.ts'
import { durationInWords, exactDuration, relativeToNow } from '../ui/duration-words.ts'
import { formatInstant } from '../ui/duration.ts'
import { displayWidth, padDisplay, paint } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, displayPath, note, profileWord, tick as tick_, visible, warn } from '../ui/words.ts'

/** What is said of a session that is kept although something failed. The words of every failure come with it, so a login that can do without does not load it. */

/** A role profile's session is in one cache and not in the other. */
export function renderCacheRefusal(
  profile: string,
  source: SessionSource,
  view: FailureView,
  failure: Failure,
): string {
  return warn(
    `${readerOf(source)} will ask for a code with '${visible(profile)}': ${renderFailure(failure, view).error}`,
  )
}

/** What login says when it signs in more than one profile: a line for each. */

/** What became of one profile. `through`: the profile whose session it works with, where that is another. */
export type LoginListRow =
  | {
      readonly kind: 'signed-in' | 'kept'
      readonly profile: string
      readonly through: string | undefined
      readonly expiration: Date
      readonly identity: CallerIdentity | undefined
      /** For a session in the caches of the AWS CLI and SAM: until when these do not ask. */
      readonly quiet: PromptFree | undefined
    }
  | { readonly kind: 'failed'; readonly profile: string; readonly failure: Failure }

/** The list, each line ended: `✔ staging  1 hour    role Admin in 222222222222`. */
export function renderLoginList(rows: readonly LoginListRow[], view: FailureView, style: TextStyle): string {
  const nameWidth = Math.max(0, ...rows.map((row) => displayWidth(visible(row.profile))))
  const lengths = rows.map((row) => (row.kind === 'failed' ? '' : lengthOf(row, view.now)))
  const lengthWidth = Math.max(0, ...lengths.map((length) => length.length))
  return rows
    .map((row, index) => {
      const name = padDisplay(visible(row.profile), nameWidth)
      if (row.kind === 'failed') return `${cross(style)} ${name}  ${renderFailure(row.failure, view).error}\n`
      const who =
        row.through === undefined
          ? identityInWords(row.identity?.account, row.identity?.arn)
          : `through '${visible(row.through)}'`
      const quiet = row.quiet === undefined ? '' : `. ${quietInWords(row.quiet, view.now)}`
      return `${`${tick(style)} ${name}  ${(lengths[index] ?? '').padEnd(lengthWidth)}  ${who ?? ''}`.trimEnd()}${quiet}\n`
    })
    .join('')
}

/** Asked before a pattern signs profiles in. */
export function patternQuestion(profiles: readonly string[]): string {
  const shown = profiles.slice(0, 8).map((profile) => visible(profile))
  const more = profiles.length > shown.length ? ` and ${profiles.length - shown.length} more` : ''
  return `Sign in ${profiles.length} ${profiles.length === 1 ? 'profile' : 'profiles'} (${shown.join(', ')}${more})?`
}

function lengthOf({ kind, expiration }: Extract<LoginListRow, { readonly expiration: Date }>, now: Date): string {
  const seconds = secondsUntil(expiration, now)
  return kind === 'kept' ? `${durationInWords(seconds)} left` : durationInWords(Math.ceil(seconds / 60) * 60)
}

function tick(style: TextStyle): string {
  return paint(style.unicode ? '✔' : 'ok', 'green', style)
}

function cross(style: TextStyle): string {
  return paint(style.unicode ? '✖' : 'x ', 'red', style)
}

/** What login and logout say. Every line names the profile; each function gives whole lines with their ends. */

/** What stands above the profiles of which one is to be picked. */
export const PICK_QUESTION = "No profile is named, and 'default' cannot be signed in. Which one?"

/** The question where one profile alone can be picked, and Enter says yes. */
export function pickOnlyQuestion(profile: string): string {
  return `No profile is named, and 'default' cannot be signed in. Sign in '${visible(profile)}'? [Y/n] `
}

/** A session that was signed in, or kept. */
export interface SignedIn {
  readonly profile: string
  readonly expiration: Date
  readonly identity: CallerIdentity | undefined
}

/** `✔ work: signed in as alice in 111111111111 until 19:40, 12 hours`. */
export function renderSignedIn(session: SignedIn, now: Date, style: TextStyle): string {
  return `${tick_(style)} ${visible(session.profile)}: ${asWhom(session)} until ${formatInstant(session.expiration, now)}, ${lengthInWords(session.expiration, now)}\n`
}

/** `✔ work: signed in as alice in 111111111111 until 19:40, 11 hours left. To renew anyway: awsmfa login --force`. */
export function renderKept(session: SignedIn, again: string, now: Date, style: TextStyle): string {
  const left = durationInWords(secondsUntil(session.expiration, now))
  return `${tick_(style)} ${visible(session.profile)}: ${asWhom(session)} until ${formatInstant(session.expiration, now)}, ${left} left. To renew anyway: ${again}\n`
}

/** The line that renews; where the login was put together from further options, the one to add to them. */
export function renewalLine(profile: string | undefined, hasOtherOptions: boolean): string {
  return hasOtherOptions
    ? 'add --force'
    : commandLine('login', ...(profile === undefined ? [] : [profileWord(profile)]), '--force')
}

/** Why a session that would still hold is renewed all the same. */
export function renderRenewal(profile: string, parts: readonly string[]): string {
  return note(
    `the session of '${visible(profile)}' was made by another request (${listInWords(parts)} ${parts.length === 1 && !parts.includes('parameters') ? 'differs' : 'differ'}), so it is renewed`,
  )
}

/** Says whose session gives way. */
export function renderTakeover(
  profile: string,
  session: ForeignSession,
  reason: 'expired' | 'same-user' | 'replaced',
  now: Date,
): string {
  const owner = session.manager === undefined ? 'another tool' : `'${visible(session.manager)}'`
  const ended =
    session.expiration === undefined || session.expiration > now
      ? 'no longer holds'
      : `ended ${relativeToNow(session.expiration, now)}`
  const words = {
    expired: `the session of ${owner} in [${visible(profile)}] ${ended}; it is replaced`,
    'same-user': `the session of ${owner} in [${visible(profile)}] is this user's too; it is replaced`,
    replaced: `the session of ${owner} in [${visible(profile)}] is replaced, as asked`,
  }
  return note(words[reason])
}

/** The question before another's live session is replaced. */
export function takeoverQuestion(profile: string, session: ForeignSession, now: Date): string {
  const owner =
    session.manager === undefined ? 'a session that awsmfa did not make' : `a session of '${visible(session.manager)}'`
  const end =
    session.expiration === undefined
      ? ''
      : session.expiration > now
        ? `, which ends ${relativeToNow(session.expiration, now)}`
        : ''
  return `[${visible(profile)}] holds ${owner} (key ${session.accessKeyId})${end}. Replace it?`
}

/** Says what was resolved in a way that a person may not expect. */
export function renderResolutionNote(resolved: ResolutionNote, home: string | undefined): string {
  switch (resolved.kind) {
    case 'own-suffix':
      return note(
        `'${visible(resolved.profile)}' has no long-term credentials itself; those of [${visible(resolved.source)}] are used`,
      )
    case 'signs-in-other':
      return note(
        `'${visible(resolved.target)}' works through '${visible(resolved.stored)}' (${resolved.key}, ${placeInWords(resolved.place, home)}), so '${visible(resolved.stored)}' is signed in`,
      )
    case 'strict-tools-refuse':
      return note(
        `${listInWords(resolved.tools)} will refuse '${visible(resolved.profile)}' while ${resolved.key} stands at ${placeInWords(resolved.place, home)}; other tools use the session. ${toMend(resolved.profile)}`,
      )
    case 'tools-still-ask':
      return note(
        `${listInWords(resolved.tools)} will still ask for a code, or fail, with '${visible(resolved.profile)}' while mfa_serial stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`,
      )
    case 'role-too-long':
      return note(
        `tools will ask AWS for ${exactDuration(resolved.seconds)} with '${visible(resolved.profile)}' and be refused: a role made from a session holds one hour, and duration_seconds stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`,
      )
    case 'process-still-runs':
      return note(
        `${listInWords(resolved.tools)} go on running the credential_process at ${placeInWords(resolved.place, home)} for '${visible(resolved.profile)}'; other tools use the session`,
      )
    case 'environment-serial-ignored':
      return note(
        `${resolved.variable} names a device of account ${resolved.account}, which is not this profile's; it is ignored`,
      )
    case 'serial-of-other-account':
      return note(
        `the MFA device is of account ${resolved.serialAccount}, but the access key seems to be of ${resolved.keyAccount}: if the code is refused, look there first`,
      )
  }
}

function toMend(profile: string): string {
  return `To mend it: ${commandLine('setup', profileWord(profile))}`
}

/** Says what the plan caps. */
export function renderPlanNote(planned: PlanNote): string {
  return note(
    `AWS limits ${roleInWords(planned.roleArn)} to ${exactDuration(planned.cappedToSeconds)} when it is assumed from another session; asked for were ${exactDuration(planned.askedSeconds)}`,
  )
}

/** `✔ admin: role Admin in 222222222222 until 19:40, 1 hour. The AWS CLI and SAM do not ask until 19:25`, and what does better. */
export function renderCached(session: SignedIn, quiet: PromptFree | undefined, now: Date, style: TextStyle): string {
  const line = `${renderSignedIn(session, now, style).trimEnd()}${quiet === undefined ? '' : `. ${quietInWords(quiet, now)}`}\n`
  return `${line}awsmfa: hint: for the whole day and in every tool: ${commandLine('setup', profileWord(session.profile))}\n`
}

/** `The AWS CLI and SAM do not ask until 19:25`. */
function quietInWords({ sources, until }: PromptFree, now: Date): string {
  const readers = listInWords(sources.map(readerOf))
  return `${readers.charAt(0).toUpperCase()}${readers.slice(1)} ${sources.length === 1 ? 'does' : 'do'} not ask until ${formatInstant(until, now)}`
}

function asWhom({ identity }: SignedIn): string {
  const words = identityInWords(identity?.account, identity?.arn)
  if (words === undefined) return 'signed in'
  return words.startsWith('role ') ? words : `signed in as ${words}`
}

/** A session of 12 hours is told as such a second after it was made. */
function lengthInWords(expiration: Date, now: Date): string {
  return durationInWords(Math.ceil(secondsUntil(expiration, now) / 60) * 60)
}

function placeInWords(place: { readonly path: string; readonly line?: number }, home: string | undefined): string {
  return `${visible(displayPath(place.path, home), 1000)}${place.line === undefined ? '' : ` line ${place.line}`}`
}

function listInWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
