/** The role session name that awsmfa chooses is valid for STS. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultSessionName } from '../../src/login/profile-chain.ts'

test.each([
  ['alice', 'asmith', 'alice'],
  ['alice@example.com', undefined, 'alice@example.com'],
  [undefined, 'asmith', 'awsmfa-asmith'],
  [undefined, 'Änne M', 'awsmfa--nne-M'],
  [undefined, undefined, 'awsmfa'],
  ['', '', 'awsmfa'],
  ['x', 'asmith', 'awsmfa-asmith'],
  [undefined, '日本', 'awsmfa'],
  [undefined, 'DOMAIN\\user', 'awsmfa-DOMAIN-user'],
  ['a'.repeat(70), undefined, 'a'.repeat(64)],
  [undefined, 'b'.repeat(70), `awsmfa-${'b'.repeat(57)}`],
])('user %j, system user %j: %s', (user, system, name) => expect(defaultSessionName(user, system)).toBe(name))

test('is always one that STS takes', () => {
  const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined })
  fc.assert(fc.property(text, text, (user, system) => /^[\w+=,.@-]{2,64}$/.test(defaultSessionName(user, system))))
})
