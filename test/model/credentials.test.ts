import { describe, expect, it } from 'vitest'
import { accountIdOfAccessKeyId, shortenAccessKeyId } from '../../src/model/credentials.ts'
import { stateOfSession } from '../../src/sessions/reuse.ts'

describe('access key ids', () => {
  it.each([
    ['AKIAIOSFODNN7EXAMPLE', '…MPLE'],
    ['short', '…'],
    ['', '…'],
  ])('are shown by their last four: %s as %s', (id, shown) => {
    expect(shortenAccessKeyId(id)).toBe(shown)
  })

  it.each([
    // The example of the article that described the encoding.
    ['ASIAQNZGKIQY56JQ7WML', '029608264753'],
    // Made before 2019: carries no account.
    ['AKIAIOSFODNN7EXAMPLE', undefined],
    ['AKIAQNZGKIQY56JQ7WM', undefined],
    ['AROAQNZGKIQY56JQ7WML', undefined],
    ['akiaqnzgkiqy56jq7wml', undefined],
  ])('%s is of account %s', (id, account) => {
    expect(accountIdOfAccessKeyId(id)).toBe(account)
  })
})

describe('the state of a session', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)
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
  ] as const)('ending %s with a minimum of %i s: %s', (expiration, minTtl, state) => {
    expect(stateOfSession(expiration, now, minTtl)).toBe(state)
  })
})
