/** The session in the environment inside `awsmfa exec`. */
import { expect, test } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { statusOfEnvironment } from '../../src/sessions/status.ts'

const INSIDE = {
  AWSMFA_PROFILE: 'prod',
  AWS_ACCESS_KEY_ID: 'ASIAQQQQQQQQQQQQEXPL',
  AWS_SECRET_ACCESS_KEY: 's',
  AWS_SESSION_TOKEN: 't',
  AWS_CREDENTIAL_EXPIRATION: '2026-11-21T12:30:00Z',
}
const ROLE = 'arn:aws:iam::222222222222:role/Admin'
const LOOKUP = {
  profiles: readProfiles({ credentials: '', config: `[profile prod]\nrole_arn = ${ROLE}\nsource_profile = base\n` }),
  now: new Date('2026-11-21T12:00:00Z'),
  minTtlSeconds: 0,
  identityOf: () => ({ account: '111111111111', arn: 'arn', userId: '' }),
}

test('inside exec the session of the environment is told', () => {
  expect(statusOfEnvironment(INSIDE, LOOKUP)).toEqual({
    profile: 'prod',
    state: 'valid',
    expiration: new Date('2026-11-21T12:30:00Z'),
    source: 'environment',
    sourceProfile: undefined,
    managedBy: 'awsmfa',
    accessKeyId: '…EXPL',
    account: '111111111111',
    arn: 'arn',
    isRenewable: false,
    roleArn: ROLE,
  })
})

test.each([
  ['expired', { AWS_CREDENTIAL_EXPIRATION: '2026-11-21T11:59:59Z' }, 'expired'],
  ['of unknown end', { AWS_CREDENTIAL_EXPIRATION: '' }, 'unknown'],
  ['of an end that is none', { AWS_CREDENTIAL_EXPIRATION: 'soon' }, 'unknown'],
])('also one that is %s', (_, changes, state) => {
  expect(statusOfEnvironment({ ...INSIDE, ...changes }, LOOKUP)?.state).toBe(state)
})

test.each(['AWSMFA_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])(
  'without %s there is none',
  (name) => {
    expect(statusOfEnvironment({ ...INSIDE, [name]: '' }, LOOKUP)).toBeUndefined()
  },
)

test.each(['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'])('where %s was set since, that profile is meant', (name) => {
  expect(statusOfEnvironment({ ...INSIDE, [name]: 'other' }, LOOKUP)).toBeUndefined()
})
