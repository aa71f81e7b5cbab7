/** Valid profile names. */
import { describe, expect, test } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import { assertNewProfileName, assertProfileName } from '../../src/aws-files/sections.ts'

const origin = { kind: 'flag', flag: '--profile' } as const

function defect(check: () => void): unknown {
  try {
    check()
  } catch (error) {
    return error instanceof AwsmfaError && error.failure.code === 'TEXT_REFUSED' ? error.failure.defect : error
  }
  return 'allowed'
}

describe('a profile name', () => {
  test.each([
    { name: 'work', any: 'allowed', fresh: 'allowed' },
    { name: 'my prof', any: 'allowed', fresh: 'allowed' },
    { name: 'a.b@c/d%e+f:g_h-i', any: 'allowed', fresh: 'allowed' },
    { name: '"quoted\'', any: 'allowed', fresh: 'allowed' },
    { name: 'café 🔑', any: 'allowed', fresh: 'allowed' },
    { name: 'default', any: 'allowed', fresh: 'allowed' },
    { name: 'profile', any: 'allowed', fresh: 'allowed' },
    { name: 'a#b', any: 'allowed', fresh: 'alphabet' },
    { name: 'a;b', any: 'allowed', fresh: 'alphabet' },
    { name: 'a[b', any: 'allowed', fresh: 'alphabet' },
    { name: '', any: 'empty', fresh: 'empty' },
    { name: 'x]\n[default', any: 'control-character', fresh: 'control-character' },
    { name: 'a\rb', any: 'control-character', fresh: 'control-character' },
    { name: 'a\0', any: 'control-character', fresh: 'control-character' },
    { name: 'a\x7f', any: 'control-character', fresh: 'control-character' },
    { name: 'a\u0085b', any: 'control-character', fresh: 'control-character' },
    { name: 'a\u2028b', any: 'control-character', fresh: 'control-character' },
    { name: 'a]b', any: 'closing-bracket', fresh: 'closing-bracket' },
    { name: ' a', any: 'outer-space', fresh: 'outer-space' },
    { name: 'a\u00a0', any: 'outer-space', fresh: 'outer-space' },
    { name: 'a\ud800', any: 'alphabet', fresh: 'alphabet' },
    { name: 'DEFAULT', any: 'reserved-name', fresh: 'reserved-name' },
    { name: '__proto__', any: 'reserved-name', fresh: 'reserved-name' },
    { name: 'profile x', any: 'reserved-name', fresh: 'reserved-name' },
  ])('$name', ({ name, any, fresh }) => {
    expect(defect(() => assertProfileName(name, origin))).toBe(any)
    expect(defect(() => assertNewProfileName(name, origin))).toBe(fresh)
  })

  test('is rejected with its origin', () => {
    expect(() => assertProfileName('a]', origin)).toThrow(
      expect.objectContaining({
        failure: { code: 'TEXT_REFUSED', what: 'profile name', text: 'a]', defect: 'closing-bracket', origin },
      }),
    )
  })
})
