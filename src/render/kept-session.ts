/** What is said of a session that is kept although something failed. The words of every failure come with it, so a login that can do without does not load it. */
import type { Failure } from '../core/failures.ts'
import type { SessionSource } from '../core/ports.ts'
import { secondsUntil } from '../core/sessions/expiration.ts'
import { visible } from '../core/visible-text.ts'
import { durationInWords } from './duration-words.ts'
import { renderFailure } from './failure.ts'
import type { FailureView } from './failure.ts'
import { readerOf, warn } from './login.ts'

/** A role profile's session is in one cache and not in the other. */
export function renderCacheRefusal(profile: string, source: SessionSource, view: FailureView, failure: Failure): string {
  return warn(`${readerOf(source)} will ask for a code with '${visible(profile)}': ${renderFailure(failure, view).error}`)
}

/** A session that is about to end is handed on, since it still holds. */
export function renderNotRenewed(profile: string, expiration: Date, failure: Failure, view: FailureView): string {
  const { error } = renderFailure(failure, view)
  return warn(`the session of '${visible(profile)}' ends in ${durationInWords(secondsUntil(expiration, view.now))} and could not be renewed: ${error}`)
}
