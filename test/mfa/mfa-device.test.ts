/** Serial numbers and ARNs of MFA devices. */
import { describe, expect, test } from 'vitest'
import { ownerOfSerial, parseSerialNumber } from '../../src/mfa/device.ts'
import { parseArn } from '../../src/aws/arn.ts'
import { failureOf } from '../login/resolve.ts'

const origin = { kind: 'flag', flag: '--serial-number' } as const

describe('a serial number that STS accepts is returned unchanged', () => {
  test.each([
    'arn:aws:iam::111111111111:mfa/alice',
    'arn:aws-cn:iam::111111111111:mfa/alice',
    'arn:aws-us-gov:iam::111111111111:mfa/path/alice@example.com',
    'arn:aws:iam::111111111111:mfa/root-account-mfa-device',
    'arn:aws:iam::111111111111:mfa/user/alice',
    'GAHT12345678',
    '123456789',
    'A'.repeat(256),
  ])('%s', (serial) => expect(parseSerialNumber(serial, origin)).toBe(serial))
})

describe('an invalid serial number is rejected with the reason', () => {
  test.each([
    ['arn:aws:iam::111111111111:u2f/user/alice/key-ABC', { defect: 'fido' }],
    ['arn:aws:iam::111111111111:user/alice', { defect: 'user-arn', corrected: 'arn:aws:iam::111111111111:mfa/alice' }],
    [
      'arn:aws-cn:iam::111111111111:user/team/a/alice',
      { defect: 'user-arn', corrected: 'arn:aws-cn:iam::111111111111:mfa/alice' },
    ],
    ['GAHT 12345678', { defect: 'alphabet' }],
    ['GAHT12345678 ; comment', { defect: 'alphabet' }],
    ['GAHT1234\n5678', { defect: 'alphabet' }],
    ['GÄHT12345678', { defect: 'alphabet' }],
    ['12345678', { defect: 'length' }],
    ['A'.repeat(257), { defect: 'length' }],
    ['', { defect: 'length' }],
  ] as const)('%j', (serial, facts) => {
    expect(failureOf(() => parseSerialNumber(serial, origin))).toEqual({
      code: 'MFA_SERIAL_MALFORMED',
      serial,
      origin,
      ...facts,
    })
  })
})

describe('an ARN', () => {
  test('is parsed', () => {
    expect(parseArn('arn:aws-cn:iam::111111111111:role/a/B')).toEqual({
      partition: 'aws-cn',
      service: 'iam',
      account: '111111111111',
      resource: 'role/a/B',
    })
  })
  test('contains the name of the user; a hardware serial number does not', () => {
    expect(ownerOfSerial({ value: 'arn:aws:iam::111111111111:mfa/a', origin })).toEqual({
      partition: 'aws',
      account: '111111111111',
    })
    expect(ownerOfSerial({ value: 'GAHT12345678', origin })).toBeUndefined()
    expect(ownerOfSerial(undefined)).toBeUndefined()
  })
})
