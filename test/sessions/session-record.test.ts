/** The content of a session cache entry. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSessionRecord, encodeSessionRecord } from '../../src/sessions/session-record.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { afterLogout } from '../../src/commands/logout.ts'

const key = {
  partition: 'aws',
  endpoint: '',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  serialNumber: 'arn:aws:iam::111111111111:mfa/alice',
  chain: '',
}
const record: SessionRecord = {
  key,
  credentials: {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret/+=',
    sessionToken: 'token==',
    expiration: new Date('2026-11-22T00:00:00Z'),
  },
  durationSeconds: 43_200,
  createdAt: new Date('2026-11-21T12:00:00.123Z'),
  profiles: ['work', 'jürgen 😀'],
}

describe('a session in the cache', () => {
  it('is read back as it was written', () => {
    expect(decodeSessionRecord(encodeSessionRecord(record), key)).toEqual(record)
  })

  it.each([
    ['another partition', { ...key, partition: 'aws-cn' }],
    ['another endpoint', { ...key, endpoint: 'http://localhost:1' }],
    ['a rotated key', { ...key, accessKeyId: 'AKIAI44QH8DHBEXAMPLE' }],
    ['a role made from it', { ...key, chain: '["mfa-session"]' }],
    ['another device', { ...key, serialNumber: 'arn:aws:iam::111111111111:mfa/other' }],
  ])('is a miss for %s', (_, other) => {
    expect(decodeSessionRecord(encodeSessionRecord(record), other)).toBeUndefined()
  })

  it('is a miss when it is cut short anywhere', () => {
    const text = encodeSessionRecord(record)
    for (let length = 0; length < text.length - 1; length += 1)
      expect(decodeSessionRecord(text.slice(0, length))).toBeUndefined()
  })

  it('is a miss, never an exception, whatever is in the file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeSessionRecord(text)).toBeUndefined()
      }),
    )
  })

  it.each([
    ['another version', { version: 2 }],
    ['no expiration', { credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' } }],
    [
      'an expiration without a zone',
      { credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c', expiration: '2026-11-22T00:00:00' } },
    ],
    ['a creation that is no time', { createdAt: 'yesterday' }],
    ['no duration', { durationSeconds: null }],
  ])('is a miss with %s', (_, change) => {
    const text = JSON.stringify({ ...(JSON.parse(encodeSessionRecord(record)) as object), ...change })
    expect(decodeSessionRecord(text)).toBeUndefined()
  })
})

describe('a shared session after a logout', () => {
  const [mine, other] = ['ASIAIOSFODNN7EXAMPLE', 'ASIAI44QH8DHBEXAMPLE']
  it.each([
    ['its own profile goes', { profiles: ['base'], accessKeyIds: [mine], all: false }, 'remove'],
    [
      'the session goes that it was made from',
      { profiles: ['base'], accessKeyIds: [record.key.accessKeyId], all: false },
      'remove',
    ],
    ['its last users go', { profiles: ['work', 'jürgen 😀'], accessKeyIds: [other], all: false }, 'remove'],
    ['everything goes', { profiles: [], accessKeyIds: [], all: true }, 'remove'],
    [
      'one of two users goes',
      { profiles: ['work'], accessKeyIds: [other], all: false },
      { ...record, profiles: ['jürgen 😀'] },
    ],
    ['a stranger goes', { profiles: ['stranger'], accessKeyIds: [other], all: false }, record],
  ] as const)('when %s', (_, logout, expected) => {
    expect(afterLogout(record, logout)).toEqual(expected)
  })
})
