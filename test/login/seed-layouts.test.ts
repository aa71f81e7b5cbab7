/** The layouts of other tools, resolved from the files in their READMEs. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Case } from './resolve.ts'
import { PATHS, resolve } from './resolve.ts'

function home(name: string): Pick<Case, 'credentials' | 'config'> {
  const read = (file: string): string =>
    readFileSync(new URL(`../../fixtures/homes/${name}/${file}`, import.meta.url), 'latin1')
  return { credentials: read('credentials'), config: read('config') }
}

const inFile = (file: string, profile: string, key: string, line: number): object => ({
  kind: 'file',
  file,
  profile,
  key,
  line,
})

describe('the layouts of other tools, as their READMEs print them', () => {
  it('reusabit’s: a source that has no keys, which stand under the profile’s own name with Perm', () => {
    expect(resolve({ ...home('reusabit-awsmfa'), profile: 'myaccount' })).toMatchObject({
      storeProfile: 'myaccount',
      path: ['myaccount', 'myaccountPermanent', 'myaccountPerm'],
      longTerm: {
        kind: 'static',
        profile: 'myaccountPerm',
        place: { path: PATHS.credentials, line: 2 },
        credentials: { accessKeyId: 'REDACTED', secretAccessKey: 'REDACTED' },
      },
      roles: [],
      serialNumber: {
        value: 'arn:aws:iam::REDACTED_ACCOUNT_NUMBER:mfa/REDACTED_USER_NAME',
        origin: inFile('config', 'myaccountPermanent', 'mfa_serial', 3),
      },
      region: { value: 'us-west-2', origin: inFile('config', 'myaccount', 'region', 7) },
      notes: [{ kind: 'own-suffix', profile: 'myaccount', source: 'myaccountPerm' }],
    })
  })

  it('aws-mfa’s: keys and device under the name with -long-term, and no section for the session yet', () => {
    expect(resolve({ ...home('aws-mfa'), profile: 'development' })).toMatchObject({
      storeProfile: 'development',
      path: ['development', 'development-long-term'],
      longTerm: {
        kind: 'static',
        profile: 'development-long-term',
        credentials: { accessKeyId: 'YOUR_LONGTERM_KEY_ID' },
      },
      roles: [],
      serialNumber: {
        value: 'arn:aws:iam::123456788990:mfa/dudeman',
        origin: inFile('credentials', 'development-long-term', 'aws_mfa_device', 4),
      },
      region: { value: 'us-east-1', origin: { kind: 'default' } },
      notes: [{ kind: 'own-suffix', profile: 'development', source: 'development-long-term' }],
    })
  })

  it('vegas-credentials’: a role under keys that no SDK knows, beside the process that read them', () => {
    expect(resolve({ ...home('vegas-credentials'), profile: 'my-profile' })).toMatchObject({
      storeProfile: 'my-profile',
      path: ['my-profile', 'default'],
      longTerm: { kind: 'static', profile: 'default', credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } },
      roles: [
        {
          roleArn: {
            value: 'arn:aws:iam::222222222222:role/MyRole',
            origin: inFile('config', 'my-profile', '_role_arn', 4),
          },
          profile: 'my-profile',
        },
      ],
      serialNumber: {
        value: 'arn:aws:iam::111111111111:mfa/MyUser',
        origin: inFile('config', 'my-profile', '_mfa_serial', 6),
      },
      notes: [
        {
          kind: 'process-still-runs',
          profile: 'my-profile',
          place: { path: PATHS.config, line: 3 },
          tools: ['the AWS SDKs for Rust and Java'],
        },
      ],
    })
  })

  it("the AWS CLI's own role: no session can be stored there, so it goes into the caches of the tools that have one", () => {
    const { storeProfile, storeIn, roles, serialNumber } = resolve({
      ...home('aws-cli-role'),
      profile: 'crossaccountrole',
    })
    expect({
      storeProfile,
      storeIn,
      role: roles.map(({ roleArn, profile, externalId }) => [roleArn.value, profile, externalId?.value]),
      serial: serialNumber?.value,
    }).toEqual({
      storeProfile: 'crossaccountrole',
      storeIn: 'aws-caches',
      role: [['arn:aws:iam::234567890123:role/SomeRole', 'crossaccountrole', '123456']],
      serial: 'arn:aws:iam::123456789012:mfa/saanvi',
    })
  })
})
