/** The command line of ykman, and its error messages. */
import { describe, expect, test } from 'vitest'
import { readYkman, wantsTouch, ykmanParameters } from '../../src/mfa/ykman.ts'

test.each([
  [
    undefined,
    'arn:aws:iam::111111111111:mfa/alice',
    ['oath', 'accounts', 'code', '--single', '--', 'arn:aws:iam::111111111111:mfa/alice'],
  ],
  [
    '12345678',
    'Amazon Web Services:alice',
    ['--device', '12345678', 'oath', 'accounts', 'code', '--single', '--', 'Amazon Web Services:alice'],
  ],
  [undefined, '--help', ['oath', 'accounts', 'code', '--single', '--', '--help']],
])('asks the key %s for %s', (serial, label, words) => {
  expect(ykmanParameters({ serial, label })).toEqual(words)
})

// Messages of ykman 5 and 4.0.
const PC_SC = 'WARNING: PC/SC not available. Smart card (CCID) protocols will not function.\n'
const TWO_KEYS =
  'Multiple YubiKeys detected:\n- YubiKey 5 NFC (5.4.3) [OTP+FIDO+CCID] Serial: 12345678\n- YubiKey 5C (5.2.7) [CCID] Serial: 87654321\nERROR: Use --device SERIAL to specify which one to use.\n'

describe('an error message of ykman', () => {
  test.each([
    ['ERROR: No YubiKey detected!\n', 'no-key', {}],
    ['Error: No YubiKey detected!\n', 'no-key', {}],
    [`${PC_SC}ERROR: No YubiKey detected!\n`, 'no-service', {}],
    [
      `${PC_SC}ERROR: Failed connecting to a YubiKey with serial: 12345678.\nMake sure the application has the required permissions.\n`,
      'no-service',
      {},
    ],
    [
      'ERROR: Failed connecting to a YubiKey with serial: 12345678.\nMake sure the application has the required permissions.\n',
      'other-key',
      {},
    ],
    [TWO_KEYS, 'several-keys', { serials: ['12345678', '87654321'] }],
    ['Error: Multiple YubiKeys detected. Use --device SERIAL to specify which one to use.\n', 'several-keys', {}],
    ['ERROR: No matching account found.\n', 'no-account', {}],
    ['Error: Multiple matches, make the query more specific.\n\naws:alice\naws:bob\n', 'several-accounts', {}],
    ['Error: Multiple matches, please make the query more specific.\n\na\nb\n', 'several-accounts', {}],
    ['ERROR: Authentication to the YubiKey failed. Wrong password?\n', 'wrong-password', {}],
    ['Touch your YubiKey...\nERROR: Touch account timed out!\n', 'not-touched', {}],
    [
      'ERROR: The functionality required for this command is not enabled or not available on this YubiKey.\n',
      'no-oath',
      {},
    ],
    [
      "Error: Command 'oath' requires one of the following USB interfaces to be enabled: 'CCID'.\n\nUse 'ykman config usb' to set the enabled USB interfaces.\n",
      'no-oath',
      {},
    ],
    ['ERROR: Failed to connect to YubiKey.\n', 'other', { detail: 'Failed to connect to YubiKey.' }],
    [
      "Usage: ykman oath [OPTIONS] COMMAND [ARGS]...\nTry 'ykman oath -h' for help.\n\nError: No such command 'accounts'.\n",
      'other',
      { detail: "No such command 'accounts'." },
    ],
    ['Traceback (most recent call last):\n', 'other', {}],
    ['', 'other', {}],
  ])('%j: %s', (stderr, reason, facts) => {
    expect(readYkman({ exitCode: 1, output: '', stderr })).toEqual({ kind: 'failed', reason, serials: [], ...facts })
  })

  test('a password prompt without input means that a password is required', () => {
    expect(
      readYkman({
        exitCode: 1,
        output: '',
        stderr: 'Enter the password: Warning: Password input may be echoed.\n \nAborted!\n',
      }),
    ).toEqual({ kind: 'password' })
  })

  test.each([
    [0, '123456\n', { kind: 'code', code: '123456' }],
    [0, '012345', { kind: 'code', code: '012345' }],
    [0, '12345678\n', { kind: 'failed' }],
    [0, 'RHCQ3\n', { kind: 'failed' }],
    [0, '', { kind: 'failed' }],
    [0, '123456\n654321\n', { kind: 'failed' }],
    [1, '123456\n', { kind: 'failed' }],
    [undefined, '123456\n', { kind: 'failed' }],
  ])('exit code %s and %j: %o', (exitCode, output, expected) => {
    expect(readYkman({ exitCode, output, stderr: 'Touch your YubiKey...\n' })).toMatchObject(expected)
  })
})

test('a touch is required once ykman asks for it', () => {
  expect([wantsTouch(''), wantsTouch('Touch your Yub'), wantsTouch(`${PC_SC}Touch your YubiKey...\n`)]).toEqual([
    false,
    false,
    true,
  ])
})
