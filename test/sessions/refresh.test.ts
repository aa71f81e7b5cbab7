import { expect, test } from 'vitest'
import { decideRefresh, serveUntil, MANDATORY_REFRESH_SECONDS } from '../../src/sessions/reuse.ts'

const now = new Date('2026-11-21T08:00:00Z')
const inSeconds = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)

test.each([
  ['long before its end', 3600, MANDATORY_REFRESH_SECONDS, 'serve'],
  ['a second over 15 minutes', 901, MANDATORY_REFRESH_SECONDS, 'serve'],
  ['at 15 minutes', 900, MANDATORY_REFRESH_SECONDS, 'try'],
  ['a second over the window', 601, MANDATORY_REFRESH_SECONDS, 'try'],
  ['at the window', 600, MANDATORY_REFRESH_SECONDS, 'renew'],
  ['over', -1, MANDATORY_REFRESH_SECONDS, 'renew'],
  ['in a window of an hour', 3000, 3600, 'renew'],
  ['without a window, a minute left', 60, 0, 'try'],
  ['without a window, over', 0, 0, 'renew'],
] as const)('a session %s (%i s left, a window of %i s): %s', (_, left, window, decision) => {
  expect(decideRefresh(inSeconds(left), now, window)).toBe(decision)
})

test.each([[0], [600], [900], [3600]])(
  'with a window of %i s it is served until another decision is due, and not a second longer',
  (window) => {
    const expiration = inSeconds(7200)
    const until = serveUntil(expiration, window)
    expect(decideRefresh(expiration, new Date(until.getTime() - 1000), window)).toBe('serve')
    expect(decideRefresh(expiration, until, window)).not.toBe('serve')
  },
)
