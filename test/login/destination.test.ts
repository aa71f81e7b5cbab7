/** The section or cache that a session is written to, and conflicts there. */
import { describe, expect, it, test } from 'vitest'
import { PATHS, failureOf, resolve } from './resolve.ts'
import type { Case } from './resolve.ts'

const keys = (name: string): string =>
  `[${name}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n`
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const config = (line: number): object => ({ path: PATHS.config, line })

/** Where the session goes, which roles it is made for, and what is said. */
function storeOf(given: Case): object {
  const { storeProfile, roles, notes } = resolve(given)
  return { storeProfile, roles: roles.map(({ roleArn }) => roleArn.value), notes }
}

describe('a session goes under the profile that was asked for', () => {
  const NET = ['the AWS SDK for .NET']
  test.each<[string, Case, readonly string[], readonly object[]]>([
    [
      'where nothing else is said there',
      { credentials: `[work]\n${keys('base')}`, config: '[profile work]\nawsmfa_source_profile = base\n' },
      [],
      [],
    ],
    [
      'with a role under a key of awsmfa',
      {
        credentials: keys('base'),
        config: `[profile work]\nawsmfa_source_profile = base\nawsmfa_role_arn = ${ADMIN}\n`,
      },
      [ADMIN],
      [],
    ],
    [
      'with a role in a bare section, which no SDK reads',
      {
        credentials: keys('base'),
        config: `[work]\nsource_profile = base\nrole_arn = ${ADMIN}\nmfa_serial = GAHT12345678\n`,
      },
      [ADMIN],
      [],
    ],
    [
      'beside mfa_serial, with a word about .NET',
      {
        credentials: keys('base'),
        config: '[profile work]\nawsmfa_source_profile = base\nmfa_serial = GAHT12345678\n',
      },
      [],
      [{ kind: 'strict-tools-refuse', profile: 'work', key: 'mfa_serial', place: config(3), tools: NET }],
    ],
    [
      'beside source_profile, with a word about Terraform, Go and .NET',
      { credentials: keys('base'), config: '[profile work]\nsource_profile = base\n' },
      [],
      [
        {
          kind: 'strict-tools-refuse',
          profile: 'work',
          key: 'source_profile',
          place: config(2),
          tools: ['Terraform', 'the AWS SDKs for Go and .NET'],
        },
      ],
    ],
    [
      'in a role that is its own source: tools assume it from the session',
      {
        credentials: keys('work-long-term'),
        config: `[profile work]\nrole_arn = ${ADMIN}\nsource_profile = work\nduration_seconds = 3600\n`,
      },
      [],
      [{ kind: 'own-suffix', profile: 'work', source: 'work-long-term' }],
    ],
    [
      'beside the process of a tool whose keys are read here',
      {
        credentials: keys('base'),
        config: `[profile work]\ncredential_process = "/opt/vegas-credentials.exe" assume\nvegas_role_arn = ${ADMIN}\nvegas_source_profile = base\n`,
      },
      [ADMIN],
      [{ kind: 'process-still-runs', profile: 'work', place: config(2), tools: ['the AWS SDKs for Rust and Java'] }],
    ],
  ])('%s', (_, given, roles, notes) =>
    expect(storeOf({ profile: 'work', ...given })).toEqual({ storeProfile: 'work', roles, notes }),
  )
})

describe('the session of a standard role goes to the profile that the role is made from', () => {
  const role = `[profile admin]\nrole_arn = ${ADMIN}\nsource_profile = base\n`
  const moved = { kind: 'signs-in-other', target: 'admin', stored: 'base', key: 'role_arn', place: config(2) }
  test.each<[string, Case, readonly object[]]>([
    [
      'which has its keys under a suffix',
      { credentials: keys('base-long-term'), config: `${role}[profile base]\nregion = eu-west-1\n` },
      [moved],
    ],
    ['which has no section yet', { credentials: keys('base-long-term'), config: role }, [moved]],
    [
      'though the role will still ask for a code, and for too long',
      {
        credentials: keys('base-long-term'),
        config: `${role}mfa_serial = arn:aws:iam::111111111111:mfa/alice\nduration_seconds = 43200\n`,
      },
      [
        moved,
        {
          kind: 'tools-still-ask',
          profile: 'admin',
          place: config(4),
          tools: ['the AWS CLI', 'boto3', 'SAM', 'CDK', 'Terraform', 'the AWS SDKs for JavaScript, Go and .NET'],
        },
        { kind: 'role-too-long', profile: 'admin', place: config(5), seconds: 43_200 },
      ],
    ],
  ])('%s', (_, given, notes) =>
    expect(storeOf({ profile: 'admin', ...given })).toEqual({ storeProfile: 'base', roles: [], notes }),
  )

  it('takes its duration from there, but the device from any profile of the chain', () => {
    const given = {
      credentials: keys('base-long-term'),
      config: `${role}mfa_serial = GAHT12345678\nduration_seconds = 3600\n[profile base]\nduration_seconds = 7200\n`,
    }
    const { durationSeconds, serialNumber } = resolve({ profile: 'admin', ...given })
    expect([durationSeconds?.value, serialNumber?.value]).toEqual([7_200, 'GAHT12345678'])
  })

  it('the first that tools read, where aliases lead on to the keys', () => {
    const chain = `[profile r2]\nrole_arn = ${ADMIN}\nsource_profile = alias\n[profile alias]\nsource_profile = plain\n[profile plain]\nsource_profile = plainPerm\n`
    expect(resolve({ profile: 'r2', credentials: keys('plainPerm'), config: chain })).toMatchObject({
      storeProfile: 'alias',
      storeIn: 'section',
      roles: [],
    })
  })

  it('which has the process that prints its keys under a suffix', () => {
    const config = `${role}[profile base-long-term]\ncredential_process = /opt/vault keys\n`
    expect(resolve({ profile: 'admin', config })).toMatchObject({
      storeProfile: 'base',
      longTerm: { kind: 'process', profile: 'base-long-term', command: '/opt/vault keys' },
    })
  })

  it('the source profile of the first role where several are in a row', () => {
    const chain = `[profile top]\nrole_arn = ${ADMIN}\nsource_profile = admin\n${role}`
    expect(storeOf({ profile: 'top', credentials: keys('base-long-term'), config: chain })).toEqual({
      storeProfile: 'base',
      roles: [],
      notes: [{ kind: 'signs-in-other', target: 'top', stored: 'base', key: 'role_arn', place: config(2) }],
    })
  })
})

describe('a session for a profile whose process is awsmfa', () => {
  const files = (more: string) => ({
    credentials: keys('base-long-term'),
    config: `[profile base]\ncredential_process = awsmfa credential-process --profile base\n${more}`,
  })

  it("goes into awsmfa's own cache", () => {
    expect(resolve({ profile: 'base', ...files('') })).toMatchObject({
      storeProfile: 'base',
      storeIn: 'own-cache',
      longTerm: { profile: 'base-long-term' },
    })
  })

  it('is that of the profile that the line asks for', () => {
    const other = files('[profile other]\ncredential_process = awsmfa credential-process base\n')
    expect(resolve({ profile: 'other', ...other })).toMatchObject({
      target: { value: 'base' },
      storeProfile: 'base',
      storeIn: 'own-cache',
    })
  })

  it('is the source of the roles that use the profile: nothing goes into the caches of other tools', () => {
    const roles = files(`[profile admin]\nrole_arn = ${ADMIN}\nsource_profile = base\n`)
    const notes = [{ kind: 'signs-in-other', target: 'admin', stored: 'base', key: 'role_arn', place: config(4) }]
    expect(resolve({ profile: 'admin', ...roles })).toMatchObject({
      storeProfile: 'base',
      storeIn: 'own-cache',
      roles: [],
      notes,
    })
  })

  it('of granted is named as such, with its settings of single sign-on', () => {
    const lines = 'credential_process = granted credential-process --profile g\n'
    const failureWith = (more: string) =>
      failureOf(() => resolve({ profile: 'g', config: `[profile g]\n${more}${lines}` }))
    expect(failureWith('granted_sso_account_id = 222222222222\n')).toMatchObject({ ofGranted: true })
    expect(failureWith('')).not.toHaveProperty('ofGranted')
  })

  it('does not replace a role that an option names', () => {
    expect(failureOf(() => resolve({ profile: 'base', ...files(''), options: { roleArn: ADMIN } }))).toMatchObject({
      code: 'SESSION_WOULD_BE_IGNORED',
      key: 'credential_process',
    })
  })
})

/** The commands of the AWS CLI that sign in to a profile with one of these keys. */
const SIGN_IN: Readonly<Record<string, string>> = { sso_session: 'aws sso login', login_session: 'aws login' }

describe('promise 3: every tool sees the session: where it would never be read, login fails and names the line', () => {
  test.each<[string, Case, string, number, boolean]>([
    [
      'a standard role, and another role in a flag',
      {
        credentials: keys('base-long-term'),
        config: `[profile work]\nsource_profile = base\nrole_arn = ${ADMIN}\n`,
        options: { roleArn: ADMIN },
      },
      'role_arn',
      3,
      true,
    ],
    [
      'a role without a source',
      { credentials: keys('work-long-term'), config: `[profile work]\nrole_arn = ${ADMIN}\n` },
      'role_arn',
      2,
      false,
    ],
    [
      'a role that was blanked out',
      { credentials: keys('work-long-term'), config: '[profile work]\nrole_arn =\n' },
      'role_arn',
      2,
      false,
    ],
    [
      'a process',
      { credentials: keys('work-long-term'), config: '[profile work]\ncredential_process = get-keys\n' },
      'credential_process',
      2,
      false,
    ],
    [
      'a process of a role tool without its keys',
      { credentials: keys('work-long-term'), config: '[profile work]\ncredential_process = vegas-credentials\n' },
      'credential_process',
      2,
      false,
    ],
    [
      'single sign-on',
      { credentials: keys('work-long-term'), config: '[profile work]\nregion = x\nsso_session = s\n' },
      'sso_session',
      3,
      false,
    ],
    [
      'aws login',
      { credentials: keys('work-long-term'), config: '[profile work]\nlogin_session = arn\n' },
      'login_session',
      2,
      false,
    ],
    [
      'a web identity',
      { credentials: keys('work-long-term'), config: '[profile work]\nweb_identity_token_file = f\n' },
      'web_identity_token_file',
      2,
      false,
    ],
  ])('%s', (_, given, key, line, standardRole) => {
    expect(failureOf(() => resolve({ profile: 'work', ...given }))).toEqual({
      code: 'SESSION_WOULD_BE_IGNORED',
      profile: 'work',
      key,
      place: config(line),
      standardRole,
      signIn: SIGN_IN[key],
      role: !standardRole && /^role_arn = arn/m.test(given.config ?? '') ? 'without-source' : undefined,
    })
  })

  it('also where the key is in the credentials file', () => {
    const credentials = `[work]\nrole_arn = ${ADMIN}\nsource_profile = base\n${keys('base')}`
    const failure = failureOf(() => resolve({ profile: 'work', credentials, options: { roleArn: ADMIN } }))
    expect(failure).toMatchObject({ key: 'role_arn', place: { path: PATHS.credentials, line: 2 } })
  })
})

describe('the session of a role profile whose source profile has long-term credentials goes into the caches of the AWS CLI and botocore', () => {
  test.each<[string, Case]>([
    [
      'that is its own source and holds the keys',
      { credentials: keys('work'), config: `[profile work]\nsource_profile = work\nrole_arn = ${ADMIN}\n` },
    ],
    [
      'whose source holds the keys',
      { credentials: keys('base'), config: `[profile work]\nsource_profile = base\nrole_arn = ${ADMIN}\n` },
    ],
    ['in the credentials file', { credentials: `[work]\nrole_arn = ${ADMIN}\nsource_profile = base\n${keys('base')}` }],
    [
      'with another role between',
      {
        credentials: keys('base'),
        config: `[profile work]\nsource_profile = one\nrole_arn = ${ADMIN}\n[profile one]\nsource_profile = base\nrole_arn = ${ADMIN}One\n`,
      },
    ],
  ])('%s', (_, given) => {
    const { storeProfile, storeIn, roles, notes } = resolve({ profile: 'work', ...given })
    expect({ storeProfile, storeIn, notes, last: roles.at(-1)?.roleArn.value }).toEqual({
      storeProfile: 'work',
      storeIn: 'aws-caches',
      notes: [],
      last: ADMIN,
    })
  })
})
