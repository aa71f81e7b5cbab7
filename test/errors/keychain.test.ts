/** The warning about a session that is not cached because of the keychain. */
import { expect, test } from 'vitest'
import { renderNotKept } from '../../src/errors/files.ts'

test('that a session is not kept is said in one line, with why and what to do', () => {
  expect(
    renderNotKept({
      code: 'KEYCHAIN_UNAVAILABLE',
      platform: 'linux',
      reason: 'no-service',
      addOn: '@napi-rs/keyring@2.1.2',
    }),
  ).toBe(
    'awsmfa: warning: session not cached: cannot read the cache key: no Secret Service is running; to use a key file instead, set cache_key = file\n',
  )
})
