/** What login and logout say. Every line names the profile; each function gives whole lines with their ends. */
import type { OthersEntry } from '../core/status/cached-session.ts'
import type { ForeignSession } from '../core/failures.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import type { ResolutionNote } from '../core/login/resolution.ts'
import type { PlanNote } from '../core/login/login-plan.ts'
import type { CallerIdentity, SessionSource, TextStyle, WriteWarning } from '../core/ports.ts'
import { secondsUntil } from '../core/sessions/expiration.ts'
import type { Quiet } from '../core/status/cached-session.ts'
import { displayPath } from '../core/display-path.ts'
import { nearest } from '../core/nearest.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { commandLine, profileWord } from './command-line.ts'
import { durationInWords, exactDuration, relativeToNow } from './duration-words.ts'
import { identityInWords, nameOfArn, roleInWords } from './identity.ts'
import { formatInstant } from './remaining.ts'

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
  return `${tick(style)} ${visible(session.profile)}: ${asWhom(session)} until ${formatInstant(session.expiration, now)}, ${lengthInWords(session.expiration, now)}\n`
}

/** `✔ work: signed in as alice in 111111111111 until 19:40, 11 hours left. To renew anyway: awsmfa login --force`. */
export function renderKept(session: SignedIn, again: string, now: Date, style: TextStyle): string {
  const left = durationInWords(secondsUntil(session.expiration, now))
  return `${tick(style)} ${visible(session.profile)}: ${asWhom(session)} until ${formatInstant(session.expiration, now)}, ${left} left. To renew anyway: ${again}\n`
}

/** The line that renews; where the login was put together from further options, the one to add to them. */
export function renewalLine(profile: string | undefined, hasOtherOptions: boolean): string {
  return hasOtherOptions ? 'add --force' : commandLine('login', ...(profile === undefined ? [] : [profileWord(profile)]), '--force')
}

/** Why a session that would still hold is renewed all the same. */
export function renderRenewal(profile: string, parts: readonly string[]): string {
  return note(`the session of '${visible(profile)}' was made by another request (${listInWords(parts)} ${parts.length === 1 && !parts.includes('parameters') ? 'differs' : 'differ'}), so it is renewed`)
}

/** Says whose session gives way. */
export function renderTakeover(profile: string, session: ForeignSession, reason: 'expired' | 'same-user' | 'replaced', now: Date): string {
  const owner = session.manager === undefined ? 'another tool' : `'${visible(session.manager)}'`
  const ended = session.expiration === undefined || session.expiration > now ? 'no longer holds' : `ended ${relativeToNow(session.expiration, now)}`
  const words = {
    expired: `the session of ${owner} in [${visible(profile)}] ${ended}; it is replaced`,
    'same-user': `the session of ${owner} in [${visible(profile)}] is this user's too; it is replaced`,
    replaced: `the session of ${owner} in [${visible(profile)}] is replaced, as asked`,
  }
  return note(words[reason])
}

/** The question before another's live session is replaced. */
export function takeoverQuestion(profile: string, session: ForeignSession, now: Date): string {
  const owner = session.manager === undefined ? 'a session that awsmfa did not make' : `a session of '${visible(session.manager)}'`
  const end = session.expiration === undefined ? '' : session.expiration > now ? `, which ends ${relativeToNow(session.expiration, now)}` : ''
  return `[${visible(profile)}] holds ${owner} (key ${session.accessKeyId})${end}. Replace it?`
}

/** The one TOTP device that IAM listed was taken. */
export function renderDeviceFound(serialNumber: string): string {
  return note(`no MFA device is configured; IAM lists one: ${visible(serialNumber)}`)
}

/** Says what was resolved in a way that a person may not expect. */
export function renderResolutionNote(resolved: ResolutionNote, home: string | undefined): string {
  switch (resolved.kind) {
    case 'own-suffix':
      return note(`'${visible(resolved.profile)}' has no long-term credentials itself; those of [${visible(resolved.source)}] are used`)
    case 'signs-in-other':
      return note(`'${visible(resolved.target)}' works through '${visible(resolved.stored)}' (${resolved.key}, ${placeInWords(resolved.place, home)}), so '${visible(resolved.stored)}' is signed in`)
    case 'strict-tools-refuse':
      return note(`${listInWords(resolved.tools)} will refuse '${visible(resolved.profile)}' while ${resolved.key} stands at ${placeInWords(resolved.place, home)}; other tools use the session. ${toMend(resolved.profile)}`)
    case 'tools-still-ask':
      return note(`${listInWords(resolved.tools)} will still ask for a code, or fail, with '${visible(resolved.profile)}' while mfa_serial stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`)
    case 'role-too-long':
      return note(`tools will ask AWS for ${exactDuration(resolved.seconds)} with '${visible(resolved.profile)}' and be refused: a role made from a session holds one hour, and duration_seconds stands at ${placeInWords(resolved.place, home)}. ${toMend(resolved.profile)}`)
    case 'process-still-runs':
      return note(`${listInWords(resolved.tools)} go on running the credential_process at ${placeInWords(resolved.place, home)} for '${visible(resolved.profile)}'; other tools use the session`)
    case 'environment-serial-ignored':
      return note(`${resolved.variable} names a device of account ${resolved.account}, which is not this profile's; it is ignored`)
    case 'serial-of-other-account':
      return note(`the MFA device is of account ${resolved.serialAccount}, but the access key seems to be of ${resolved.keyAccount}: if the code is refused, look there first`)
  }
}

function toMend(profile: string): string {
  return `To mend it: ${commandLine('setup', profileWord(profile))}`
}

/** Says what the plan caps. */
export function renderPlanNote(planned: PlanNote): string {
  return note(`AWS limits ${roleInWords(planned.roleArn)} to ${exactDuration(planned.cappedToSeconds)} when it is assumed from another session; asked for were ${exactDuration(planned.askedSeconds)}`)
}

/** The file is written; this says what went wrong after it, or how it was written. */
export function renderWriteWarning(warning: WriteWarning, home: string | undefined): string {
  const path = visible(displayPath(warning.path, home), 1000)
  switch (warning.kind) {
    case 'folder-not-synced':
      return warn(`the file is written, but ${path} could not be synced to the disk (${warning.errno}); after a power cut it may be gone`)
    case 'lock-not-removed':
      return warn(`the file is written, but the lock ${path} could not be removed (${warning.errno}); the next awsmfa removes it`)
    case 'mode-not-set':
      return warn(`${path} could not be made private (${warning.errno}): this file system may not keep permissions`)
    case 'owner-not-kept':
      return warn(`the owner of ${path} could not be kept (${warning.errno})`)
    case 'session-not-removed':
      return warn(`${path} could not be changed (${warning.errno}); the session in it is still there, so delete the file`)
    case 'stage-not-removed':
      return warn(`${path} could not be removed (${warning.errno}); it holds secrets, so delete it`)
    case 'written-in-place':
      return warn(`${path} is mounted by itself (${warning.errno}), so it was written in place; mount its folder to have it replaced in one step`)
  }
}

/** `✔ admin: role Admin in 222222222222 until 19:40, 1 hour. The AWS CLI and SAM do not ask until 19:25`, and what does better. */
export function renderCached(session: SignedIn, quiet: Quiet | undefined, now: Date, style: TextStyle): string {
  const line = `${renderSignedIn(session, now, style).trimEnd()}${quiet === undefined ? '' : `. ${quietInWords(quiet, now)}`}\n`
  return `${line}awsmfa: hint: for the whole day and in every tool: ${commandLine('setup', profileWord(session.profile))}\n`
}

/** `The AWS CLI and SAM do not ask until 19:25`. */
export function quietInWords({ sources, until }: Quiet, now: Date): string {
  const readers = listInWords(sources.map(readerOf))
  return `${readers.charAt(0).toUpperCase()}${readers.slice(1)} ${sources.length === 1 ? 'does' : 'do'} not ask until ${formatInstant(until, now)}`
}

/** Who reads a cache: `the AWS CLI`. */
export function readerOf(source: SessionSource): string {
  return CACHE_READERS[source] ?? 'some tool'
}

const CACHE_READERS: Readonly<Partial<Record<SessionSource, string>>> = { 'cli-cache': 'the AWS CLI', 'boto-cache': 'SAM' }

/** A profile whose session, or what was left of an old one, was taken out. `honouredUntil`: when a session that still holds ends. */
export interface SignedOut {
  readonly profile: string
  readonly removed: 'session' | 'marks'
  readonly honouredUntil: Date | undefined
}

/** `✔ work: signed out. AWS still honours copies until 19:40`: logout cannot end a session, only forget it. */
export function renderSignedOut({ profile, removed, honouredUntil }: SignedOut, now: Date, style: TextStyle): string {
  const what = removed === 'session' ? 'signed out' : "awsmfa's marks of an old session are gone; the keys that stand there stay"
  const honoured = honouredUntil === undefined ? '' : `. AWS still honours copies until ${formatInstant(honouredUntil, now)}`
  return `${tick(style)} ${visible(profile)}: ${what}${honoured}\n`
}

/** `--all` means the profiles that awsmfa wrote to, and there is none. */
export function renderNothingManaged(): string {
  return note('no profile holds a session of awsmfa')
}

/** Nothing to take out is no error; a name that is nowhere may be a slip. */
export function renderNothingToSignOut(profile: string, profiles: Profiles): string {
  if (profiles.find(profile) !== undefined) return note(`'${visible(profile)}' holds nothing that awsmfa wrote`)
  const near = nearest(profile, profiles.names())
  return note(`there is no profile '${visible(profile)}', so nothing to sign out${near === undefined ? '' : `; did you mean '${visible(near)}'?`}`)
}

/** A role profile has no session of its own; the one that it hangs on may serve others. */
export function renderWorksThrough(profile: string, source: string): string {
  return note(`'${visible(profile)}' works through '${visible(source)}' and has no session of its own; to end that one: ${commandLine('logout', source)}`)
}

/** Another program's session of a role profile stays in a cache of AWS, and the AWS CLI or SAM goes on using it. */
export function renderOthersEntry(profile: string, { path, expiration }: OthersEntry, now: Date, home: string | undefined): string {
  return note(`a session of '${visible(profile)}' that another program cached stays until ${formatInstant(expiration, now)}; to remove it, delete ${visible(displayPath(path, home), 1000)}`)
}

/** A shared MFA session went too. */
export function renderSharedSessionGone(serialNumber: string): string {
  return note(`the MFA session of ${nameOfArn(serialNumber)} is gone from awsmfa's cache too`)
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

function tick(style: TextStyle): string {
  return paint(style.unicode ? '✔' : 'ok', 'green', style)
}

function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}

/** The line of a warning. */
export function warn(text: string): string {
  return `awsmfa: warning: ${text}\n`
}

function placeInWords(place: { readonly path: string; readonly line?: number }, home: string | undefined): string {
  return `${visible(displayPath(place.path, home), 1000)}${place.line === undefined ? '' : ` line ${place.line}`}`
}

function listInWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
