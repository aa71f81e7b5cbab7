/** When a session is used again, and when it is renewed. */
import { describe, expect, it, test } from 'vitest'
import {
  ADVISORY_REFRESH_SECONDS,
  MANDATORY_REFRESH_SECONDS,
  isUsable,
  outlasts,
  refreshAction,
  reuseOrRenew,
  serveUntil,
  sessionState,
} from '../../src/sessions/reuse.ts'
import type { Requirement, StoredSession } from '../../src/sessions/reuse.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

test('the thresholds are botocore’s: 15 minutes, and 10 minutes for one that takes a code', () => {
  expect([ADVISORY_REFRESH_SECONDS, MANDATORY_REFRESH_SECONDS]).toEqual([900, 600])
})

describe('the state of a session', () => {
  it.each([
    [undefined, 0, 'unknown'],
    [after(0), 0, 'expired'],
    [after(-1), 0, 'expired'],
    [after(1), 0, 'expiring'],
    [after(899), 0, 'expiring'],
    [after(900), 0, 'valid'],
    [after(900), 60, 'valid'],
    [after(2699), 2700, 'expiring'],
    [after(2700), 2700, 'valid'],
  ] as const)('that expires at %s with a minimum of %i s: %s', (expiration, minTtl, state) => {
    expect(sessionState({ expiration }, NOW, minTtl)).toBe(state)
  })

  it('that is not there: none', () => {
    expect(sessionState(undefined, NOW)).toBe('none')
  })
})

const stored = (seconds: number | undefined, change: Partial<StoredSession> = {}): StoredSession => ({
  source: 'cli-cache',
  accessKeyId: `ASIA${seconds ?? ''}`,
  expiration: seconds === undefined ? undefined : after(seconds),
  managedBy: 'awsmfa',
  requestHash: 'a.b.c.d.e',
  ...change,
})
const foreign = stored(2400, { managedBy: 'other', requestHash: undefined })
const required: Requirement = { requestHash: 'a.b.c.d.e', minTtlSeconds: 0, force: false }

describe('login reuses', () => {
  it.each<[string, readonly StoredSession[], Partial<Requirement>, StoredSession]>([
    ['a session of the same request', [stored(2400)], {}, stored(2400)],
    ['the one that expires first', [stored(2400), stored(1800)], {}, stored(1800)],
    ['one that another program created', [foreign, stored(2400)], {}, foreign],
    [
      'one of the same request but for a device not known yet',
      [stored(2400)],
      { requestHash: 'a.0.c.d.e' },
      stored(2400),
    ],
    ['one with a second over 15 minutes', [stored(901)], {}, stored(901)],
    ['one with a second over the minimum', [stored(2400)], { minTtlSeconds: 2399 }, stored(2400)],
    ['one with 20 minutes, for a minimum of one', [stored(1200)], { minTtlSeconds: 60 }, stored(1200)],
  ])('%s', (_, sessions, change, session) => {
    expect(reuseOrRenew(sessions, { ...required, ...change }, NOW)).toEqual({ reuse: true, session })
  })
})

describe('login renews', () => {
  it.each<[string, readonly (StoredSession | undefined)[], Partial<Requirement>, object]>([
    ['when told to', [stored(2400), stored(2400)], { force: true }, { reason: 'forced' }],
    ['without a session', [], {}, { reason: 'not-found' }],
    ['when one store has none', [stored(2400), undefined], {}, { reason: 'not-found' }],
    ['when one expires', [stored(2400), stored(900)], {}, { reason: 'expiring' }],
    ['when no more remains than required', [stored(2400)], { minTtlSeconds: 2400 }, { reason: 'expiring' }],
    ['when the expiration is not recorded', [stored(undefined), stored(2400)], {}, { reason: 'expiring' }],
    [
      'when requests differ, and names the parts, each once',
      [stored(2400), stored(2400, { requestHash: 'a.b.x.d.x' })],
      { requestHash: 'a.b.x.d.e' },
      { reason: 'different-request', parts: ['role', 'parameters'] },
    ],
    [
      'when the stored request is in an unknown form',
      [stored(2400, { requestHash: 'abc' })],
      {},
      { reason: 'different-request', parts: ['key', 'device', 'role', 'duration', 'parameters'] },
    ],
  ])('%s', (_, sessions, change, expected) => {
    expect(reuseOrRenew(sessions, { ...required, ...change }, NOW)).toEqual({ reuse: false, ...expected })
  })
})

test.each([
  [901, 0, true],
  [900, 0, false],
  [1801, 1800, true],
  [1800, 1800, false],
])('%i s outlast 15 minutes and a minimum of %i s: %s', (seconds, minimum, expected) => {
  expect(outlasts(after(seconds), minimum, NOW)).toBe(expected)
})

test.each([
  ['2026-11-21T12:00:00Z', 900, true],
  ['2026-11-21T23:44:59Z', 900, true],
  ['2026-11-21T23:45:00Z', 900, false],
  ['2026-11-22T00:00:00Z', 0, false],
  // The clock was set back, or the entry is from the future: it is not believed.
  ['2026-11-21T11:50:00Z', 900, false],
  ['2026-11-01T00:00:00Z', 900, false],
])('at %s, with %i s required, a session of 12 hours in awsmfa’s cache is usable: %s', (now, minimum, usable) => {
  const record = {
    credentials: {
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date('2026-11-22T00:00:00Z'),
    },
    durationSeconds: 43_200,
    createdAt: new Date('2026-11-21T12:00:00.123Z'),
  }
  expect(isUsable(record, new Date(now), minimum)).toBe(usable)
})

describe('credential-process', () => {
  test.each([
    ['long before it expires', 3600, MANDATORY_REFRESH_SECONDS, 'serve'],
    ['a second over 15 minutes', 901, MANDATORY_REFRESH_SECONDS, 'serve'],
    ['at 15 minutes', 900, MANDATORY_REFRESH_SECONDS, 'try'],
    ['a second over the mandatory threshold', 601, MANDATORY_REFRESH_SECONDS, 'try'],
    ['at the mandatory threshold', 600, MANDATORY_REFRESH_SECONDS, 'renew'],
    ['expired', -1, MANDATORY_REFRESH_SECONDS, 'renew'],
    ['with a threshold of an hour', 3000, 3600, 'renew'],
    ['without a threshold, a minute left', 60, 0, 'try'],
    ['without a threshold, expired', 0, 0, 'renew'],
  ] as const)('does with a session %s (%i s left, threshold %i s): %s', (_, left, threshold, action) => {
    expect(refreshAction(after(left), NOW, threshold)).toBe(action)
  })

  test.each([[0], [600], [900], [3600]])(
    'with a threshold of %i s serves a session until another action is due, and not a second longer',
    (threshold) => {
      const expiration = after(7200)
      const until = serveUntil(expiration, threshold)
      expect(refreshAction(expiration, new Date(until.getTime() - 1000), threshold)).toBe('serve')
      expect(refreshAction(expiration, until, threshold)).not.toBe('serve')
    },
  )
})
