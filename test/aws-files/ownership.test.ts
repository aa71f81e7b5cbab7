/** Whose credentials a section contains: long-term, awsmfa's, or another tool's. */
import { describe, expect, test } from 'vitest'
import { classifyProfile, classifySection } from '../../src/aws-files/ownership.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { formatStateValue } from '../../src/aws-files/ownership.ts'

const STATE = formatStateValue({
  accessKeyId: 'ASIAOURS',
  requestHash: '0a.1b',
  madeSection: true,
  addedBlankLine: false,
  endedLine: undefined,
})
const OURS = `aws_access_key_id=ASIAOURS\naws_secret_access_key=s\naws_session_token=t\nexpiration=2026-11-21T18:40:00Z\nmanager=awsmfa\nawsmfa_state=${STATE}`
const NOT_MARKED = { marked: false, manager: undefined, expiration: undefined }

const cases = [
  { what: 'no keys', body: '', ownership: { kind: 'empty', marked: false } },
  { what: 'other keys alone', body: 'region=x', ownership: { kind: 'empty', marked: false } },
  {
    what: 'empty credentials',
    body: 'aws_access_key_id=\naws_secret_access_key=',
    ownership: { kind: 'empty', marked: false },
  },
  { what: 'a session token alone', body: 'aws_session_token=t', ownership: { kind: 'empty', marked: false } },
  {
    what: 'our marks alone',
    body: `manager=awsmfa\nawsmfa_state=${STATE}`,
    ownership: { kind: 'empty', marked: true },
  },
  {
    what: 'our session',
    body: OURS,
    ownership: { kind: 'ours', accessKeyId: 'ASIAOURS', expiration: '2026-11-21T18:40:00Z', requestHash: '0a.1b' },
  },
  {
    what: 'our session in capitals, without its marks but the state',
    body: `AWS_ACCESS_KEY_ID=ASIAOURS\nAWS_SECRET_ACCESS_KEY=s\nAWS_SESSION_TOKEN=t\nAWSMFA_STATE=${STATE}`,
    ownership: { kind: 'ours', accessKeyId: 'ASIAOURS', expiration: undefined, requestHash: '0a.1b' },
  },
  {
    what: 'long-term credentials',
    body: 'aws_access_key_id=AKIAX\naws_secret_access_key=s',
    ownership: { kind: 'long-term', accessKeyId: 'AKIAX', complete: true, marked: false },
  },
  {
    what: 'long-term credentials of an odd form',
    body: 'aws_access_key_id=minio\naws_secret_access_key=s',
    ownership: { kind: 'long-term', accessKeyId: 'minio', complete: true, marked: false },
  },
  {
    what: 'a key id alone',
    body: 'aws_access_key_id=ASIAX',
    ownership: { kind: 'long-term', accessKeyId: 'ASIAX', complete: false, marked: false },
  },
  {
    what: 'a secret alone',
    body: 'aws_secret_access_key=s',
    ownership: { kind: 'long-term', accessKeyId: undefined, complete: false, marked: false },
  },
  {
    what: 'long-term credentials pasted over our session',
    body: OURS.replace('ASIAOURS', 'AKIAX'),
    ownership: { kind: 'long-term', accessKeyId: 'AKIAX', complete: true, marked: true },
  },
  {
    what: 'our key id without its token',
    body: OURS.replace('aws_session_token=t\n', ''),
    ownership: { kind: 'long-term', accessKeyId: 'ASIAOURS', complete: true, marked: true },
  },
  {
    what: 'our session from a server whose session keys look like long-term keys',
    body: OURS.replaceAll('ASIAOURS', 'AKIAX'),
    ownership: { kind: 'ours', accessKeyId: 'AKIAX', expiration: '2026-11-21T18:40:00Z', requestHash: '0a.1b' },
  },
  {
    what: 'such a key of our session without its token',
    body: OURS.replaceAll('ASIAOURS', 'AKIAX').replace('aws_session_token=t\n', ''),
    ownership: { kind: 'long-term', accessKeyId: 'AKIAX', complete: true, marked: true },
  },
  {
    what: "another's session",
    body: 'aws_access_key_id=ASIAX\naws_secret_access_key=s\naws_session_token=t',
    ownership: { kind: 'foreign-session', accessKeyId: 'ASIAX', complete: true, ...NOT_MARKED },
  },
  {
    what: "another's session with the old token key",
    body: 'aws_access_key_id=ASIAX\naws_secret_access_key=s\naws_security_token=t',
    ownership: { kind: 'foreign-session', accessKeyId: 'ASIAX', complete: true, ...NOT_MARKED },
  },
  {
    what: 'a session without key id',
    body: 'aws_secret_access_key=s\naws_session_token=t',
    ownership: { kind: 'foreign-session', accessKeyId: undefined, complete: false, ...NOT_MARKED },
  },
  {
    what: 'three keys written over ours: the marks that stayed are not believed',
    body: OURS.replace('ASIAOURS', 'ASIAX'),
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAX',
      complete: true,
      marked: true,
      manager: undefined,
      expiration: undefined,
    },
  },
  {
    what: 'a later version of our state',
    body: OURS.replace('=1:', '=2:'),
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAOURS',
      complete: true,
      marked: true,
      manager: undefined,
      expiration: undefined,
    },
  },
  {
    what: 'a session of broamski/aws-mfa over ours',
    body: OURS.replace('ASIAOURS', 'ASIAX').replace('2026-11-21T18:40:00Z', '2026-11-21 18:40:00'),
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAX',
      complete: true,
      marked: true,
      manager: undefined,
      expiration: { key: 'expiration', value: '2026-11-21 18:40:00', format: 'naive-utc' },
    },
  },
  {
    what: 'a session of awsume',
    body: 'manager=awsume\naws_access_key_id=ASIAX\naws_secret_access_key=s\naws_session_token=t\nexpiration=2026-11-21 18:40:00',
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAX',
      complete: true,
      marked: false,
      manager: 'awsume',
      expiration: { key: 'expiration', value: '2026-11-21 18:40:00', format: 'naive-local' },
    },
  },
  {
    what: 'a session of saml2aws',
    body: 'aws_access_key_id=ASIAX\naws_secret_access_key=s\naws_session_token=t\nx_security_token_expires=2026-01-02T00:47:31+02:00',
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAX',
      complete: true,
      marked: false,
      manager: undefined,
      expiration: { key: 'x_security_token_expires', value: '2026-01-02T00:47:31+02:00', format: 'rfc3339' },
    },
  },
] as const

describe('a section with', () => {
  test.each(cases)('$what', ({ body, ownership }) => {
    const profile = readProfiles({
      credentials: `[t]\n${body}\n`,
      config: '[profile t]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = s\n',
    }).find('t')
    expect(classifyProfile(profile)).toEqual(ownership)
  })

  test('a long-term key above and a session key below is long-term: no value may be lost', () => {
    const entries = [
      { key: 'aws_access_key_id', value: 'AKIAX' },
      { key: 'aws_access_key_id', value: 'ASIAOURS' },
      { key: 'aws_session_token', value: 't' },
      { key: 'awsmfa_state', value: STATE },
    ]
    expect(classifySection(entries)).toEqual({ kind: 'long-term', accessKeyId: 'AKIAX', complete: false, marked: true })
  })

  test('two key IDs, one of awsmfa: not the session of awsmfa', () => {
    const entries = ['ASIAX', 'ASIAOURS'].map((value) => ({ key: 'aws_access_key_id', value }))
    expect(
      classifySection([...entries, { key: 'aws_session_token', value: 't' }, { key: 'awsmfa_state', value: STATE }])
        .kind,
    ).toBe('foreign-session')
  })
})

test('a profile that is only in the config file, or does not exist, has no section', () => {
  const profiles = readProfiles({ credentials: '', config: '[profile t]\naws_access_key_id = AKIA\n' })
  expect(classifyProfile(profiles.find('t'))).toEqual({ kind: 'absent' })
  expect(classifyProfile(profiles.find('x'))).toEqual({ kind: 'absent' })
})
