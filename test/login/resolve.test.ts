/** Every setting of a login, and the place where it was found. */
import { describe, expect, it, test } from 'vitest'
import type { LoginResolution } from '../../src/login/resolution.ts'
import { SETTINGS_PLACE, failureOf, resolve } from './resolve.ts'
import type { Case } from './resolve.ts'

const KEYS = '[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n'
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const flag = (name: string): object => ({ kind: 'flag', flag: name })
const after = (name: string): object => ({ kind: 'sts-flag', flag: name })
const variable = (name: string): object => ({ kind: 'environment', variable: name })
const inFile = (profile: string, key: string, line: number, file = 'config'): object => ({
  kind: 'file',
  file,
  profile,
  key,
  line,
})
const own = (given: Case): LoginResolution => resolve({ profile: 'work', credentials: KEYS, ...given })

/** Adds one place after the other, weakest first: each one beats all before it. */
function ladder(pick: (resolution: LoginResolution) => unknown, steps: readonly (readonly [Case, unknown])[]): void {
  let given: Case = {}
  for (const [step, expected] of steps) {
    given = {
      ...given,
      ...step,
      options: { ...given.options, ...step.options },
      environment: { ...given.environment, ...step.environment },
      ...(step.config === undefined ? {} : { config: step.config }),
    }
    expect(pick(own(given))).toEqual(expected)
  }
}

describe('each setting comes from the first place that has it, and keeps the place', () => {
  it('the MFA device', () => {
    ladder(
      ({ serialNumber }) => serialNumber,
      [
        [{}, undefined],
        [
          { credentials: `${KEYS}aws_mfa_device = GAHT00000001\n` },
          { value: 'GAHT00000001', origin: inFile('work-long-term', 'aws_mfa_device', 4, 'credentials') },
        ],
        [
          { config: '[profile work-long-term]\nmfa_serial = GAHT00000002\n' },
          { value: 'GAHT00000002', origin: inFile('work-long-term', 'mfa_serial', 2) },
        ],
        [
          { config: '[profile work]\n_mfa_serial = GAHT00000003 # mine\n' },
          { value: 'GAHT00000003', origin: inFile('work', '_mfa_serial', 2) },
        ],
        [
          { config: '[profile work]\n_mfa_serial = GAHT00000003\nawsmfa_mfa_serial = GAHT00000004\n' },
          { value: 'GAHT00000004', origin: inFile('work', 'awsmfa_mfa_serial', 3) },
        ],
        [
          { environment: { AWS_MFA_SERIAL: '' } },
          { value: 'GAHT00000004', origin: inFile('work', 'awsmfa_mfa_serial', 3) },
        ],
        [{ environment: { AWS_MFA_SERIAL: SERIAL } }, { value: SERIAL, origin: variable('AWS_MFA_SERIAL') }],
        [{ tail: ['--serial-number', 'GAHT00000005'] }, { value: 'GAHT00000005', origin: after('--serial-number') }],
        [
          { tail: [], options: { serialNumber: 'GAHT00000006' } },
          { value: 'GAHT00000006', origin: flag('--serial-number') },
        ],
      ],
    )
  })

  it('the duration', () => {
    ladder(
      ({ durationSeconds }) => durationSeconds,
      [
        [{}, undefined],
        [
          { defaults: { duration: '8h' } },
          { value: 28_800, origin: { kind: 'settings', key: 'duration', place: SETTINGS_PLACE } },
        ],
        [
          { config: '[profile work]\nduration_seconds = 7200\n' },
          { value: 7_200, origin: inFile('work', 'duration_seconds', 2) },
        ],
        [{ environment: { AWSMFA_DURATION: '36h' } }, { value: 129_600, origin: variable('AWSMFA_DURATION') }],
        [{ tail: ['--duration-seconds', '900'] }, { value: 900, origin: after('--duration-seconds') }],
        [
          { tail: [], options: { duration: '1h30m' } },
          { value: 5_400, origin: flag('--duration') },
        ],
      ],
    )
    expect(own({ options: { durationSeconds: '901' } }).durationSeconds).toEqual({
      value: 901,
      origin: flag('--duration-seconds'),
    })
    expect(own({ config: '[profile work-long-term]\nduration_seconds = 7200\n' }).durationSeconds).toBeUndefined()
  })

  it('the region', () => {
    ladder(
      ({ region, partition }) => ({ region, partition }),
      [
        [{}, { region: { value: 'us-east-1', origin: { kind: 'default' } }, partition: 'aws' }],
        [
          { config: '[profile work-long-term]\nregion = eu-west-1\n' },
          { region: { value: 'eu-west-1', origin: inFile('work-long-term', 'region', 2) }, partition: 'aws' },
        ],
        [
          { environment: { AWS_DEFAULT_REGION: 'eu-west-2' } },
          { region: { value: 'eu-west-2', origin: variable('AWS_DEFAULT_REGION') }, partition: 'aws' },
        ],
        [
          { environment: { AWS_REGION: 'cn-north-1' } },
          { region: { value: 'cn-north-1', origin: variable('AWS_REGION') }, partition: 'aws-cn' },
        ],
        [
          { tail: ['--region', 'eu-west-4'] },
          { region: { value: 'eu-west-4', origin: after('--region') }, partition: 'aws' },
        ],
        [
          { tail: [], options: { region: 'eu-west-5' } },
          { region: { value: 'eu-west-5', origin: flag('--region') }, partition: 'aws' },
        ],
      ],
    )
  })

  it('the endpoint', () => {
    ladder(
      ({ endpoint }) => endpoint,
      [
        [{}, undefined],
        [
          { config: '[profile work]\nendpoint_url = http://a\n' },
          { value: 'http://a', origin: inFile('work', 'endpoint_url', 2) },
        ],
        [
          { config: '[profile work]\nservices = mine\n[services mine]\nsts =\n  endpoint_url = http://s\n' },
          { value: 'http://s', origin: inFile('mine', 'sts.endpoint_url', 5) },
        ],
        [
          { environment: { AWS_ENDPOINT_URL: 'http://b' } },
          { value: 'http://b', origin: variable('AWS_ENDPOINT_URL') },
        ],
        [
          { environment: { AWS_ENDPOINT_URL_STS: 'http://c' } },
          { value: 'http://c', origin: variable('AWS_ENDPOINT_URL_STS') },
        ],
        [{ config: '[profile work]\nignore_configured_endpoint_urls = true\n' }, undefined],
        [
          { environment: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' } },
          { value: 'http://c', origin: variable('AWS_ENDPOINT_URL_STS') },
        ],
        [{ environment: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } }, undefined],
        [{ tail: ['--endpoint-url', 'http://d'] }, { value: 'http://d', origin: after('--endpoint-url') }],
      ],
    )
  })

  it('the profile', () => {
    const credentials = ['a', 'b', 'c', 'default'].map((name) => KEYS.replace('work-long-term', name)).join('')
    const target = (given: Case): unknown => resolve({ credentials, ...given }).target
    const both = { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' }
    expect(target({})).toEqual({ value: 'default', origin: { kind: 'default' } })
    expect(target({ environment: { AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'b' } })).toEqual({
      value: 'b',
      origin: variable('AWS_DEFAULT_PROFILE'),
    })
    expect(target({ environment: both })).toEqual({ value: 'a', origin: variable('AWS_PROFILE') })
    expect(target({ environment: both, tail: ['--prof=c'] })).toEqual({ value: 'c', origin: after('--profile') })
    expect(target({ environment: both, options: { profile: 'c' } })).toEqual({ value: 'c', origin: flag('--profile') })
    expect(target({ environment: both, profile: 'c', tail: ['--profile', 'c'] })).toEqual({
      value: 'c',
      origin: flag('profile'),
    })
  })

  it('the rest', () => {
    const resolution = own({
      options: { minTtl: '45m', tokenCode: '12 34 56' },
      environment: { AWS_CA_BUNDLE: 'x.pem' },
      tail: ['--debug'],
    })
    expect(resolution).toMatchObject({
      minTtlSeconds: 2_700,
      tokenCode: { value: '123456', origin: flag('--token-code') },
      caBundle: { value: 'x.pem', origin: variable('AWS_CA_BUNDLE') },
    })
    expect(own({ defaults: { min_ttl: '1h' } }).minTtlSeconds).toBe(3_600)
    expect(own({ options: { tokenCode: '-' } }).tokenCode).toEqual({ value: '-', origin: flag('--token-code') })
    expect(own({ tail: ['--token-code', '000001'] }).tokenCode).toEqual({
      value: '000001',
      origin: after('--token-code'),
    })
  })
})

describe('roles', () => {
  const role = (value: string, origin: object, profile: string | undefined, more: object = {}): object => ({
    roleArn: { value, origin },
    profile,
    sessionName: undefined,
    externalId: undefined,
    durationSeconds: undefined,
    ...more,
  })
  const FIRST = 'arn:aws:iam::333333333333:role/First'

  test.each<[string, Case, readonly object[]]>([
    ['from a flag', { options: { roleArn: ADMIN } }, [role(ADMIN, flag('--role-arn'), undefined)]],
    [
      'after --, with what belongs to it',
      { tail: ['--role-arn', ADMIN, '--role-session-name', 'me', '--external-id', 'xx'] },
      [
        role(ADMIN, after('--role-arn'), undefined, {
          sessionName: { value: 'me', origin: after('--role-session-name') },
          externalId: { value: 'xx', origin: after('--external-id') },
        }),
      ],
    ],
    [
      'from the profile, with what belongs to it',
      {
        config: `[profile work]\nawsmfa_role_arn = ${ADMIN}\nrole_session_name = me\nexternal_id = xx\nduration_seconds = 7200\n`,
      },
      [
        role(ADMIN, inFile('work', 'awsmfa_role_arn', 2), 'work', {
          sessionName: { value: 'me', origin: inFile('work', 'role_session_name', 3) },
          externalId: { value: 'xx', origin: inFile('work', 'external_id', 4) },
          durationSeconds: { value: 7_200, origin: inFile('work', 'duration_seconds', 5) },
        }),
      ],
    ],
    [
      'a flag stands for the profile’s own role',
      { config: `[profile work]\nawsmfa_role_arn = ${FIRST}\n`, options: { roleArn: ADMIN } },
      [role(ADMIN, flag('--role-arn'), undefined)],
    ],
    [
      'vegas_role_arn before _role_arn',
      { config: `[profile work]\n_role_arn = ${FIRST}\nvegas_role_arn = ${ADMIN}\n` },
      [role(ADMIN, inFile('work', 'vegas_role_arn', 3), 'work')],
    ],
    [
      'assume_role beside the keys',
      { credentials: `${KEYS}assume_role = ${ADMIN}\n` },
      [role(ADMIN, inFile('work-long-term', 'assume_role', 4, 'credentials'), 'work-long-term')],
    ],
    [
      'assume_role does not count beside another role',
      { credentials: `${KEYS}assume_role = ${FIRST}\n`, options: { roleArn: ADMIN } },
      [role(ADMIN, flag('--role-arn'), undefined)],
    ],
    [
      'a chain, the one nearest to the keys first',
      {
        config: `[profile work]\nawsmfa_role_arn = ${ADMIN}\nawsmfa_source_profile = middle\n[profile middle]\nrole_arn = ${FIRST}\nsource_profile = work-long-term\n`,
      },
      [
        role(FIRST, inFile('middle', 'role_arn', 5), 'middle'),
        role(ADMIN, inFile('work', 'awsmfa_role_arn', 2), 'work'),
      ],
    ],
    [
      'a source that holds keys is taken for its keys, not for its role',
      {
        config: `[profile work]\nawsmfa_source_profile = work-long-term\n[profile work-long-term]\nrole_arn = ${FIRST}\nsource_profile = x\n`,
      },
      [],
    ],
  ])('%s', (_, given, roles) => expect(own(given).roles).toEqual(roles))

  it('flags that only a role has go with the role', () => {
    expect(own({ tail: ['--role-arn', ADMIN, '--tags', 'Key=a,Value=b', '--policy', '{}'] }).roleExtras).toEqual({
      tags: [{ key: 'a', value: 'b' }],
      policy: '{}',
    })
    expect(
      own({ config: `[profile work]\nawsmfa_role_arn = ${ADMIN}\n`, tail: ['--source-identity', 'me'] }).roleExtras,
    ).toEqual({ sourceIdentity: 'me' })
  })
})

describe('partitions', () => {
  const GOV = 'arn:aws-us-gov:iam::111111111111:mfa/alice'
  test.each<[string, Case, string, string]>([
    ['the home region of the device’s partition', { options: { serialNumber: GOV } }, 'us-gov-west-1', 'aws-us-gov'],
    [
      'the home region of the role’s partition',
      { options: { roleArn: ADMIN.replace('aws', 'aws-cn') } },
      'cn-north-1',
      'aws-cn',
    ],
    [
      'a variable of another partition does not count',
      { options: { serialNumber: GOV }, environment: { AWS_REGION: 'eu-west-1' } },
      'us-gov-west-1',
      'aws-us-gov',
    ],
    [
      'nor does a file’s',
      { options: { serialNumber: GOV }, config: '[profile work]\nregion = eu-west-1\n' },
      'us-gov-west-1',
      'aws-us-gov',
    ],
    [
      'a variable of the same partition does',
      { options: { serialNumber: GOV }, environment: { AWS_REGION: 'us-gov-east-1' } },
      'us-gov-east-1',
      'aws-us-gov',
    ],
    ['a flag is taken at its word', { options: { serialNumber: GOV, region: 'eu-west-1' } }, 'eu-west-1', 'aws-us-gov'],
  ])('%s', (_, given, region, partition) => expect(own(given)).toMatchObject({ region: { value: region }, partition }))

  it.each([
    ['quotes', 'aws_secret_access_key', 3, 'AKIAIOSFODNN7EXAMPLE', '"wJalrXUtnFEMI"'],
    ['white-space', 'aws_secret_access_key', 3, 'AKIAIOSFODNN7EXAMPLE', 'wJalr XUtnFEMI'],
    ['not-ascii', 'aws_access_key_id', 2, 'AKIAIOSFODNN7EXAMPLE\u00c2\u00a0', 'wJalrXUtnFEMI'],
    ['placeholder', 'aws_access_key_id', 2, '<YOUR_KEY>', 'wJalrXUtnFEMI'],
    ['white-space', 'aws_access_key_id', 2, 'export AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI'],
    ['swapped', 'aws_access_key_id', 2, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AKIAIOSFODNN7EXAMPLE'],
  ])('keys with %s in %s are refused, with the line', (defect, key, line, id, secret) => {
    const credentials = `[work-long-term]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    const origin = { kind: 'file', file: 'credentials', profile: 'work-long-term', key, line }
    const code = 'LONG_TERM_CREDENTIALS_MALFORMED'
    expect(failureOf(() => resolve({ profile: 'work', credentials }))).toEqual({ code, key, origin, defect })
  })

  it.each([
    ['test', 'test'],
    ['minioadmin', 'minioadmin'],
  ])('the keys %s / %s of another endpoint are accepted', (id, secret) => {
    const credentials = `[work-long-term]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    expect(resolve({ profile: 'work', credentials }).longTerm).toMatchObject({ kind: 'static' })
  })

  it('what no region is called is refused, with the likely one, unless STS has an address of its own', () => {
    const failed = (given: Parameters<typeof own>[0]) => failureOf(() => own(given))
    expect(failed({ options: { region: 'us-west-2a' } })).toMatchObject({ problem: { nearest: 'us-west-2' } })
    expect(failed({ environment: { AWS_REGION: 'eu-wset-1' } })).toMatchObject({ problem: { nearest: 'eu-west-1' } })
    const endpointUrl = 'http://localhost:4566'
    expect(own({ options: { region: 'us-west-2a', endpointUrl } }).region.value).toBe('us-west-2a')
  })

  it('a partition without a home that is known needs a region', () => {
    const options = { serialNumber: 'arn:aws-moon:iam::111111111111:mfa/alice' }
    expect(failureOf(() => own({ options }))).toEqual({ code: 'REGION_UNKNOWN', partition: 'aws-moon' })
    expect(own({ options: { ...options, region: 'moon-1' } }).region.value).toBe('moon-1')
  })
})

describe('a device that may be another’s', () => {
  // The account id 609629065308 is packed into this key id.
  const credentials = KEYS.replace('AKIAIOSFODNN7EXAMPLE', 'AKIAY34FZKBOKMUTVV7A')
  const environment = { AWS_MFA_SERIAL: SERIAL }
  it('is told of before the question', () => {
    expect(own({ credentials, environment }).notes).toContainEqual({
      kind: 'serial-of-other-account',
      serialAccount: '111111111111',
      keyAccount: '609629065308',
    })
  })
  it('one variable does not speak for several profiles of different accounts', () => {
    expect(own({ credentials, environment, targets: 2 })).toMatchObject({ serialNumber: undefined })
    expect(own({ credentials, environment, targets: 2 }).notes).toContainEqual({
      kind: 'environment-serial-ignored',
      variable: 'AWS_MFA_SERIAL',
      account: '111111111111',
    })
    expect(
      own({ credentials, environment: { AWS_MFA_SERIAL: SERIAL.replace('111111111111', '609629065308') }, targets: 2 })
        .serialNumber?.origin,
    ).toEqual(variable('AWS_MFA_SERIAL'))
  })
})

describe('what contradicts itself or cannot be is refused', () => {
  const contradiction = (name: string, before: string, value: string): object => ({
    code: 'STS_ARGUMENT',
    problem: { kind: 'contradiction', flag: name, before, after: value },
  })
  const bad = (option: string, value: string, origin: object): object => ({
    code: 'USAGE',
    problem: { kind: 'bad-value', option, value, expected: expect.stringMatching(/\w/), origin },
  })
  test.each<[string, Case, object]>([
    ['profiles', { tail: ['--profile', 'x'] }, contradiction('--profile', 'work', 'x')],
    [
      'durations',
      { options: { duration: '1h' }, tail: ['--duration-seconds', '7200'] },
      contradiction('--duration-seconds', '1h', '7200'),
    ],
    [
      'serials',
      { options: { serialNumber: 'GAHT00000001' }, tail: ['--serial-number', 'GAHT00000002'] },
      contradiction('--serial-number', 'GAHT00000001', 'GAHT00000002'),
    ],
    [
      'codes, unseen',
      { options: { tokenCode: '123456' }, tail: ['--token-code', '654321'] },
      contradiction('--token-code', '…', '…'),
    ],
    ['a code that is none', { options: { tokenCode: '12345' } }, { code: 'TOKEN_CODE_MALFORMED', source: 'flag' }],
    [
      'a length that is none',
      { environment: { AWSMFA_DURATION: 'soon' } },
      bad('AWSMFA_DURATION', 'soon', variable('AWSMFA_DURATION')),
    ],
    [
      'words for --duration-seconds',
      { options: { durationSeconds: '1h' } },
      bad('--duration-seconds', '1h', flag('--duration-seconds')),
    ],
    [
      'a length in a file',
      { config: '[profile work]\nduration_seconds = long\n' },
      bad('duration_seconds', 'long', inFile('work', 'duration_seconds', 2)),
    ],
    [
      'a minimum',
      { defaults: { min_ttl: 'x' } },
      bad('min_ttl', 'x', { kind: 'settings', key: 'min_ttl', place: SETTINGS_PLACE }),
    ],
    ['a role', { options: { roleArn: 'Admin' } }, bad('--role-arn', 'Admin', flag('--role-arn'))],
    [
      'a role with a comment',
      { config: `[work]\nrole_arn = ${ADMIN} ; admin\n` },
      bad('role_arn', `${ADMIN} ; admin`, inFile('work', 'role_arn', 2)),
    ],
    ['a region', { environment: { AWS_REGION: 'eu west' } }, bad('AWS_REGION', 'eu west', variable('AWS_REGION'))],
    [
      'an endpoint',
      { options: { endpointUrl: 'localhost' } },
      bad('--endpoint-url', 'localhost', flag('--endpoint-url')),
    ],
    [
      'a role for too long, by a flag',
      { options: { roleArn: ADMIN, duration: '36h' } },
      {
        code: 'DURATION_OUT_OF_RANGE',
        operation: 'AssumeRole',
        seconds: 129_600,
        minimum: 900,
        maximum: 43_200,
        origin: flag('--duration'),
      },
    ],
    [
      'a name for a new section that other tools choke on',
      { profile: 'a#b', options: { sourceProfile: 'work-long-term' } },
      { code: 'TEXT_REFUSED', what: 'profile name', text: 'a#b', defect: 'alphabet', origin: flag('profile') },
    ],
  ])('%s', (_, given, failure) => expect(failureOf(() => own(given))).toEqual(failure))

  it('a length for everything is as long as may be for a role', () => {
    const capped = { value: 43_200, origin: variable('AWSMFA_DURATION') }
    expect(own({ environment: { AWSMFA_DURATION: '36h' }, options: { roleArn: ADMIN } }).durationSeconds).toEqual(
      capped,
    )
    expect(own({ environment: { AWSMFA_DURATION: '36h' } }).durationSeconds).toEqual({ ...capped, value: 129_600 })
  })

  it('the same said twice is no contradiction', () => {
    expect(
      own({ options: { duration: '1h' }, tail: ['--duration-seconds', '3600', '--profile', 'work'] }).durationSeconds
        ?.value,
    ).toBe(3_600)
  })
})

describe('the trail', () => {
  it('lists what was resolved with its places, without secrets, codes and passwords', () => {
    const { trail } = own({
      options: { tokenCode: '123456', endpointUrl: 'http://me:pw@127.0.0.1:1' },
      config: `[profile work]\nawsmfa_role_arn = ${ADMIN}\n`,
      environment: { AWS_MFA_SERIAL: SERIAL, AWSMFA_DURATION: '1h' },
    })
    expect(trail).toEqual([
      { setting: 'profile', value: 'work', origin: flag('profile') },
      { setting: 'MFA device', value: SERIAL, origin: variable('AWS_MFA_SERIAL') },
      { setting: 'role', value: ADMIN, origin: inFile('work', 'awsmfa_role_arn', 2) },
      { setting: 'duration', value: '3600', origin: variable('AWSMFA_DURATION') },
      { setting: 'region', value: 'us-east-1', origin: { kind: 'default' } },
      { setting: 'endpoint', value: 'http://…@127.0.0.1:1', origin: flag('--endpoint-url') },
    ])
  })
})
