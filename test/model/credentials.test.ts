/** Access key IDs of AWS. */
import { describe, expect, it } from 'vitest'
import { accountIdOfAccessKeyId, shortenAccessKeyId } from '../../src/model/credentials.ts'

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
