import type { Invocation } from '../core/invocation.ts'
import type { Now, RememberedFacts, SessionCache, Terminal } from '../core/ports.ts'
import { describeKept } from '../core/sessions/kept-session.ts'
import type { SessionRecord } from '../core/sessions/session-record.ts'
import { keptSessionObject, renderAlsoUsedBy, renderCleared, renderKeptSessions, renderNothingKept, renderUnopened } from '../render/cache.ts'

/** What `cache` needs. It cannot reach STS: AWS has no way to end a session early. */
export interface CacheContext {
  readonly cache: Pick<SessionCache, 'list' | 'count' | 'remove' | 'removeAll' | 'sweep'>
  readonly facts: Pick<RememberedFacts, 'identityOf'>
  readonly now: Now
  readonly terminal: Pick<Terminal, 'writeData' | 'writeTalk' | 'data' | 'talk'>
}

/**
 * Shows the sessions that awsmfa keeps (`show`), or removes those of the named profiles or all (`clear`), and gives the exit
 * code: 0, also where there is nothing. What stands in the credentials file is not touched. Throws FILE_NOT_WRITABLE.
 */
export function cache(invocation: Invocation, context: CacheContext): number {
  const [action, ...profiles] = invocation.positionals
  const { profile } = invocation.options
  if (action === 'show') show(invocation.options['json'] === true, context)
  else clear([...new Set(typeof profile === 'string' ? [profile] : profiles)], invocation.options['quiet'] === true, context)
  return 0
}

function show(json: boolean, { cache: kept, facts, now: clock, terminal }: CacheContext): void {
  const now = clock()
  const records = kept.list().toSorted((left, right) => compare(left, right))
  const sessions = records.map((record) => describeKept(record, now, facts.identityOf))
  const unopened = kept.count() - records.length
  if (json) terminal.writeData(`${JSON.stringify(sessions.map((session) => keptSessionObject(session, now)))}\n`)
  else if (sessions.length > 0) terminal.writeData(renderKeptSessions(sessions, now, terminal.data))
  else if (unopened === 0) terminal.writeTalk(renderNothingKept())
  if (unopened > 0) terminal.writeTalk(renderUnopened(unopened))
}

/** By the profiles that use them; of those with the same users the one that lasts longest first, which the others were made from. */
function compare(left: SessionRecord, right: SessionRecord): number {
  const [first, second] = [left.profiles.join(), right.profiles.join()]
  if (first !== second) return first < second ? -1 : 1
  return right.credentials.expiration.getTime() - left.credentials.expiration.getTime()
}

function clear(profiles: readonly string[], quiet: boolean, { cache: kept, terminal }: CacheContext): void {
  const records = profiles.length === 0 ? [] : kept.list().filter((record) => record.profiles.some((name) => profiles.includes(name)))
  const count = profiles.length === 0 ? kept.count() : records.length
  if (profiles.length === 0) kept.removeAll()
  for (const { key } of records) kept.remove(key)
  // Last: what killed processes left of these sessions, too.
  kept.sweep()
  if (quiet) return
  terminal.writeTalk(renderCleared(count, profiles, terminal.talk))
  const others = [...new Set(records.flatMap((record) => record.profiles))].filter((name) => !profiles.includes(name)).toSorted()
  if (others.length > 0) terminal.writeTalk(renderAlsoUsedBy(others))
}
