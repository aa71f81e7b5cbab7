/** What login says when it signs in more than one profile: a line for each. */
import type { Failure } from '../core/failures.ts'
import type { CallerIdentity, TextStyle } from '../core/ports.ts'
import { secondsUntil } from '../core/sessions/expiration.ts'
import type { Quiet } from '../core/status/cached-session.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { durationInWords } from './duration-words.ts'
import { renderFailure } from './failure.ts'
import type { FailureView } from './failure.ts'
import { identityInWords } from './identity.ts'
import { quietInWords } from './login.ts'
import { displayWidth, padDisplay } from './width.ts'

/** What became of one profile. `through`: the profile whose session it works with, where that is another. */
export type LoginListRow =
  | {
      readonly kind: 'signed-in' | 'kept'
      readonly profile: string
      readonly through: string | undefined
      readonly expiration: Date
      readonly identity: CallerIdentity | undefined
      /** For a session in the caches of the AWS CLI and SAM: until when these do not ask. */
      readonly quiet: Quiet | undefined
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
      const who = row.through === undefined ? identityInWords(row.identity?.account, row.identity?.arn) : `through '${visible(row.through)}'`
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
