/** A request to STS, hashed and stored to be compared with the next one. */
import { createHash } from 'node:crypto'
import { describe, expect, it, test } from 'vitest'
import { planLogin } from '../../src/login/plan.ts'
import type { LoginResolution } from '../../src/login/resolution.ts'
import { describeRequest } from '../../src/login/plan.ts'
import { differingParts, hashRequest } from '../../src/sessions/reuse.ts'
import { resolve } from './resolve.ts'
import type { Case } from './resolve.ts'

const sha256 = (bytes: string): string => createHash('sha256').update(bytes, 'latin1').digest('hex')
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const KEY = 'AKIAIOSFODNN7EXAMPLE'
const ROLE = { roleArn: ADMIN }
const base: Case = {
  profile: 'work',
  credentials: `[work-long-term]\naws_access_key_id = ${KEY}\naws_secret_access_key = secret\nmfa_serial = GAHT12345678\n`,
}

function hashOf(given: Case, key = KEY): string {
  const longTerm = { kind: 'environment', credentials: { accessKeyId: key, secretAccessKey: 'secret' } } as const
  const resolution: LoginResolution = { ...resolve({ ...base, ...given }), longTerm }
  return hashRequest(describeRequest(planLogin(resolution), resolution), sha256)
}

describe('a request in its stored form', () => {
  it('fits into a value of the credentials file and shows nothing', () => {
    expect(hashOf({ options: ROLE })).toMatch(/^[0-9a-f.]{1,80}$/)
  })

  test.each<[string, Case, Case, readonly string[]]>([
    ['nothing', {}, {}, []],
    ['another region', {}, { options: { region: 'eu-west-1' } }, []],
    ['the default duration, given explicitly', {}, { options: { duration: '12h' } }, []],
    ['another length', {}, { options: { duration: '8h' } }, ['duration']],
    ['another device', {}, { options: { serialNumber: 'GAHT00000001' } }, ['device']],
    ['an endpoint', {}, { options: { endpointUrl: 'http://a' } }, ['key']],
    ['a role', {}, { options: { ...ROLE, duration: '12h' } }, ['role']],
    ['another role', { options: ROLE }, { options: { roleArn: `${ADMIN}2` } }, ['role']],
    ['the way that a role’s length demands', { options: ROLE }, { options: { ...ROLE, duration: '2h' } }, ['duration']],
    ['an external id', { options: ROLE }, { options: ROLE, tail: ['--external-id', 'xx'] }, ['parameters']],
    [
      'a session name that someone chose',
      { options: ROLE },
      { options: ROLE, tail: ['--role-session-name', 'me'] },
      ['parameters'],
    ],
    [
      'a tag beyond latin-1',
      { options: ROLE, tail: ['--tags', 'Key=a,Value=š'] },
      { options: ROLE, tail: ['--tags', 'Key=a,Value=a'] },
      ['parameters'],
    ],
  ])('%s differs: %j', (_, before, after, parts) =>
    expect(differingParts(hashOf(before), hashOf(after))).toEqual(parts),
  )

  it('tells another key', () => {
    expect(differingParts(hashOf({}), hashOf({}, 'AKIAI44QH8DHBEXAMPLE'))).toEqual(['key'])
  })

  it('takes a device that is not known yet for any', () => {
    const credentials = base.credentials?.replace(/mfa_serial.*\n/, '') ?? ''
    expect(differingParts(hashOf({}), hashOf({ credentials }))).toEqual([])
    expect(differingParts(hashOf({ credentials }), hashOf({}))).toEqual([])
  })

  it('does not depend on the order in which flags stand', () => {
    const [tags, policy] = [
      ['--tags', 'Key=a,Value=b'],
      ['--policy', '{}'],
    ]
    expect(hashOf({ options: ROLE, tail: [...tags, ...policy] })).toBe(
      hashOf({ options: ROLE, tail: [...policy, ...tags] }),
    )
  })

  it('names everything where a stored form is none that it knows', () => {
    const all = ['key', 'device', 'role', 'duration', 'parameters']
    expect(differingParts('abc', hashOf({}))).toEqual(all)
    expect(differingParts('', hashOf({}))).toEqual(all)
    expect(differingParts('abc', 'abc')).toEqual([])
  })
})
