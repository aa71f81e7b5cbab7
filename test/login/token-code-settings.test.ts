/** The settings of token commands, YubiKeys and prompts. */
import { describe, expect, test } from 'vitest'
import { failureOf, resolve } from './resolve.ts'
import type { Case } from './resolve.ts'

const KEYS = '[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n'

function configured({ credentials = KEYS, ...rest }: Case): ReturnType<typeof resolve> {
  return resolve({ credentials, profile: 'work', ...rest })
}

describe('the token command', () => {
  test.each([
    [
      'the flag before all',
      {
        options: { tokenCommand: 'flag' },
        config: '[profile work]\nawsmfa_token_command = own\nmfa_process = other\n',
      },
      'flag',
    ],
    [
      'awsmfa’s own key before the one of others',
      { config: '[profile work]\nmfa_process = other\nawsmfa_token_command = own\n' },
      'own',
    ],
    ['the key that others have too', { config: '[profile work]\nmfa_process = other --otp # 1\n' }, 'other --otp # 1'],
    [
      'the nearer profile on the way',
      { config: '[profile work]\nmfa_process = near\n[profile work-long-term]\nawsmfa_token_command = far\n' },
      'near',
    ],
    [
      'the profile with the keys',
      { credentials: `${KEYS}mfa_process = far\n`, config: '[profile work]\nregion = eu-west-1\n' },
      'far',
    ],
    ['none', { config: '[profile work]\nregion = eu-west-1\n' }, undefined],
  ])('%s', (_, given, expected) => {
    expect(configured(given).tokenCommand?.value).toBe(expected)
  })

  test('is named for --debug without its words, which may hold the secret of the codes', () => {
    const { trail } = configured({ config: '[profile work]\nmfa_process = oathtool --totp -b JBSWY3DP\n' })
    expect(trail).toContainEqual({
      setting: 'token command',
      value: 'oathtool …',
      origin: { kind: 'file', file: 'config', profile: 'work', key: 'mfa_process', line: 2 },
    })
    expect(JSON.stringify(trail)).not.toContain('JBSWY3DP')
  })
})

describe('the YubiKey', () => {
  test.each([
    ['yubikey_serial = 12345678', '12345678', undefined],
    ['vegas_yubikey_serial = 12345678 ; blue', '12345678', undefined],
    ['_yubikey_serial = 12345678 # blue', '12345678', undefined],
    ['yubikey_label = Amazon Web Services:alice@example', undefined, 'Amazon Web Services:alice@example'],
    ['vegas_yubikey_label = aws-alice', undefined, 'aws-alice'],
    ['_yubikey_label = aws-alice', undefined, 'aws-alice'],
    [
      '_yubikey_label = c\nvegas_yubikey_label = b\nyubikey_label = a\n_yubikey_serial = 3\nvegas_yubikey_serial = 2\nyubikey_serial = 1',
      '1',
      'a',
    ],
  ])('%j', (lines, serial, label) => {
    const { yubiKey } = configured({ config: `[profile work]\n${lines}\n` })
    expect([yubiKey?.serial?.value, yubiKey?.label?.value]).toEqual([serial, label])
  })

  test('is none where nothing says anything about one', () => {
    expect(configured({}).yubiKey).toBeUndefined()
  })

  test('may be named where the long-term keys are', () => {
    const { yubiKey, trail } = configured({ config: '[profile work-long-term]\nvegas_yubikey_serial = 12345678\n' })
    expect(yubiKey?.serial?.value).toBe('12345678')
    expect(trail).toContainEqual({
      setting: 'YubiKey serial',
      value: '12345678',
      origin: { kind: 'file', file: 'config', profile: 'work-long-term', key: 'vegas_yubikey_serial', line: 2 },
    })
  })

  test.each(['blue', '-1', '1 2', '0x10', '9'.repeat(21)])('has a serial number of digits, and not %j', (serial) => {
    expect(failureOf(() => configured({ config: `[profile work]\nyubikey_serial = ${serial}\n` }))).toMatchObject({
      code: 'USAGE',
      problem: { kind: 'bad-value', option: 'yubikey_serial', value: serial, origin: { kind: 'file', line: 2 } },
    })
  })
})
