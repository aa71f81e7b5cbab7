/** The expiration properties that other tools write. */
import { describe, expect, test } from 'vitest'
import {
  COMPANION_KEYS,
  EXPIRATION_KEYS,
  hasOwnExpirationForm,
  isForeignMark,
  markedExpiration,
} from '../../src/aws-files/ownership.ts'

function find(keys: Readonly<Record<string, string>>) {
  return markedExpiration((key) => keys[key])
}

describe('a marker', () => {
  test.each([
    { what: 'of awsmfa', keys: { expiration: '2026-11-21T18:40:00Z' }, key: 'expiration', format: 'rfc3339' },
    {
      what: 'of broamski/aws-mfa, in UTC',
      keys: { expiration: '2026-11-21 18:40:00' },
      key: 'expiration',
      format: 'naive-utc',
    },
    {
      what: 'of awsume, in local time',
      keys: { expiration: '2026-11-21 18:40:00', manager: 'awsume' },
      key: 'expiration',
      format: 'naive-local',
    },
    {
      what: 'of autoawsume, in local time',
      keys: { expiration: '2026-11-21 18:40:00', autoawsume: 'true' },
      key: 'expiration',
      format: 'naive-local',
    },
    {
      what: 'of saml2aws',
      keys: { x_security_token_expires: '2026-01-02T00:47:31+02:00' },
      key: 'x_security_token_expires',
      format: 'rfc3339',
    },
    {
      what: 'of dcoker/awsmfa',
      keys: { awsmfa_expiration: '2026-01-02T00:47:31+00:00' },
      key: 'awsmfa_expiration',
      format: 'rfc3339',
    },
    {
      what: 'with an offset without colon',
      keys: { aws_session_expiration: '2026-01-02T00:47:31+0000' },
      key: 'aws_session_expiration',
      format: 'rfc3339',
    },
    { what: 'in seconds', keys: { aws_expiration: '1795286400' }, key: 'aws_expiration', format: 'epoch' },
    {
      what: 'without an offset where one is usual',
      keys: { aws_session_token_expiration: '2026-01-02 00:47:31' },
      key: 'aws_session_token_expiration',
      format: 'naive-utc',
    },
    {
      what: 'that is empty gives way to the next',
      keys: { expiration: '', aws_credential_expiration: '2026-01-02T00:47:31Z' },
      key: 'aws_credential_expiration',
      format: 'rfc3339',
    },
  ])('$what is found with its format', ({ keys, key, format }) => {
    expect(find(keys)).toEqual({ key, value: (keys as Readonly<Record<string, string>>)[key], format })
  })

  test('of the source session says nothing about this one', () => {
    expect(find({ source_expiration: '2026-11-21 18:40:00' })).toBeUndefined()
  })
})

test('every marker and companion is listed once, in lower case, and dies with its session', () => {
  const keys = [...EXPIRATION_KEYS, ...COMPANION_KEYS]
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.filter((key) => key !== key.toLowerCase() || !isForeignMark(key))).toEqual([])
  expect(isForeignMark('region')).toBe(false)
})

test.each([
  { value: '2026-11-21T18:40:00Z', own: true },
  { value: '2026-11-21T18:40:00.000Z', own: false },
  { value: '2026-11-21 18:40:00', own: false },
  { value: '2026-11-21T18:40:00+00:00', own: false },
])('$value has our own form: $own', ({ value, own }) => {
  expect(hasOwnExpirationForm(value)).toBe(own)
})
