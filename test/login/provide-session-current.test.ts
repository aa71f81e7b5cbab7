/** Existing sessions that are used again, and roles that are assumed from them. */
import { expect, test } from 'vitest'
import { sha256 } from '../../src/runtime/runtime.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { AssumeRoleRequest } from '../../src/aws/sts-api.ts'
import { currentCredentials } from '../../src/login/provide-session.ts'
import type { CurrentEffects, CurrentRequest } from '../../src/login/provide-session.ts'
import { ALICE, fakeCache, fakeDeadline, fakeFacts, fakeSts, NOW, sessionOf } from '../support/fake-effects.ts'
import type { FakeSts } from '../support/fake-effects.ts'
import type { StoredSession } from '../../src/sessions/reuse.ts'
import { sessionEffects } from '../support/login-builders.ts'

const BASE = 'ASIABASEBASEBASEBASE'
const ARN = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'
const CONFIG = `[profile base]
region = eu-west-1
[profile admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = base
external_id = an-id
[profile far]
role_arn = arn:aws:iam::333333333333:role/Far
role_session_name = mine
duration_seconds = 43200
source_profile = admin
`
const credentialsOf = (key: string): string =>
  `[base]\naws_access_key_id = ${key}\naws_secret_access_key = secret\naws_session_token = token\nx_security_token_expires = 2026-11-21T12:10:00Z\n`

interface Setting {
  readonly sts: FakeSts
  readonly cache?: ReturnType<typeof fakeCache>
  readonly key?: string
  readonly minimumSeconds?: number
}

function run(
  profile: string,
  { sts, cache = fakeCache(), key = BASE, minimumSeconds = 0 }: Setting,
): ReturnType<typeof currentCredentials> {
  const request: CurrentRequest = {
    profile,
    profiles: readProfiles({ credentials: credentialsOf(key), config: CONFIG }),
    minimumSeconds,
    options: {},
    environment: {},
    defaults: {},
  }
  const effects: CurrentEffects = {
    cachedSessionOf: () => undefined,
    awsLogins: { signInKeyOf: () => undefined },
    facts: fakeFacts({ [BASE]: ALICE }),
    cache,
    connect: ({ region, partition, path }) => {
      expect({ region: region.value, partition, holder: path.at(-1) }).toEqual({
        region: 'eu-west-1',
        partition: 'aws',
        holder: 'base',
      })
      return { sts, listMfaDevices: () => Promise.reject(new Error('nobody asks for devices')), endpoint: '' }
    },
    deadline: fakeDeadline(),
    sha256,
    osUser: 'os',
    now: () => NOW,
    debug: () => undefined,
    terminal: sessionEffects().terminal,
    lockQuestion: sessionEffects().lockQuestion,
  }
  return currentCredentials(request, effects)
}

const requestsTo = (sts: FakeSts): readonly (readonly [string, Partial<AssumeRoleRequest>])[] =>
  sts.calls.map(({ signer, request }) => [signer.accessKeyId, request ?? {}])

test('an existing session is returned without a call', async () => {
  const sts = fakeSts({})
  expect(await run('base', { sts })).toMatchObject({ kind: 'session', session: { accessKeyId: BASE } })
  expect(sts.calls).toEqual([])
})

test('a role is assumed with the session of its source, with everything that its profile says', async () => {
  const sts = fakeSts({ role: [sessionOf('ASIAROLE', 3600, ARN)] })
  expect(await run('admin', { sts })).toMatchObject({ kind: 'session', session: { accessKeyId: 'ASIAROLE' } })
  expect(requestsTo(sts)).toEqual([
    [
      BASE,
      {
        roleArn: 'arn:aws:iam::222222222222:role/Admin',
        roleSessionName: 'alice',
        durationSeconds: 3600,
        externalId: 'an-id',
      },
    ],
  ])
})

test('a chain is signed link by link, an hour each at most', async () => {
  const sts = fakeSts({ role: [sessionOf('ASIAROLE', 3600, ARN), sessionOf('ASIAFAR', 3600, ARN)] })
  expect(await run('far', { sts })).toMatchObject({ session: { accessKeyId: 'ASIAFAR' } })
  expect(requestsTo(sts)).toMatchObject([
    [BASE, { roleSessionName: 'alice' }],
    ['ASIAROLE', { roleSessionName: 'mine', durationSeconds: 3600 }],
  ])
})

test('a cached session is used again, also as the start of a longer chain', async () => {
  const cache = fakeCache()
  await run('admin', { sts: fakeSts({ role: [sessionOf('ASIAROLE', 3600, ARN)] }), cache })
  expect(cache.records).toMatchObject([{ profiles: ['base', 'admin'], key: { accessKeyId: BASE, serialNumber: '' } }])
  expect(await run('admin', { sts: fakeSts({}), cache })).toMatchObject({ session: { accessKeyId: 'ASIAROLE' } })
  const sts = fakeSts({ role: [sessionOf('ASIAFAR', 3600, ARN)] })
  expect(await run('far', { sts, cache })).toMatchObject({ session: { accessKeyId: 'ASIAFAR' } })
  expect(requestsTo(sts)).toMatchObject([['ASIAROLE', {}]])
})

test.each([
  ['with another session of the source', 3600, { key: 'ASIAOTHEROTHEROTHERO' }],
  ['with less left than is wanted', 3600, { minimumSeconds: 3600 }],
  ['with less than 15 minutes left', 900, {}],
])('a cached session is not used %s', async (_, seconds, changes) => {
  const cache = fakeCache()
  await run('admin', { sts: fakeSts({ role: [sessionOf('ASIAROLE', seconds, ARN)] }), cache })
  const sts = fakeSts({ role: [sessionOf('ASIANEXT', 3600, ARN)] })
  expect(await run('admin', { sts, cache, ...changes })).toMatchObject({ session: { accessKeyId: 'ASIANEXT' } })
})

test('a refused role fails, and the first of the chain is cached', async () => {
  const cache = fakeCache()
  const denied = new AwsmfaError({ code: 'ACCESS_DENIED', operation: 'AssumeRole', roleArn: 'arn', message: '' })
  await expect(run('far', { sts: fakeSts({ role: [sessionOf('ASIAROLE', 3600, ARN), denied] }), cache })).rejects.toBe(
    denied,
  )
  expect(cache.records).toHaveLength(1)
})

/** Profiles that the AWS CLI signs in to: each renewal has another access key. */
const ELSEWHERE = `[profile sso]
region = eu-west-1
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Dev
[profile sso-admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = sso
[profile console]
region = eu-west-1
login_session = arn:aws:iam::111111111111:user/alice
[profile console-admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = console
`

function elsewhere(facts = fakeFacts()) {
  const cache = fakeCache()
  const issued: string[] = []
  const stored = (source: 'aws-sso-cache' | 'aws-login-cache', seconds = 3600): StoredSession => {
    const key = `ASIA${issued.length}`
    const { expiration } = sessionOf(key, seconds).credentials
    if (source === 'aws-sso-cache') return { source, accessKeyId: undefined, expiration, managedBy: 'other' }
    issued.push(key)
    const { credentials } = sessionOf(key, seconds)
    return { source, accessKeyId: key, expiration, managedBy: 'other', identity: ALICE, credentials }
  }
  const use = async (
    profile: string,
    sts: FakeSts,
    options: { minimum?: number; portal?: 'down' | 'refuses'; user?: string } = {},
  ) => {
    const effects: CurrentEffects = {
      ...sessionEffects(),
      facts,
      cache,
      cachedSessionOf: ({ name }) =>
        name === 'sso' ? stored('aws-sso-cache') : name === 'console' ? stored('aws-login-cache') : undefined,
      awsLogins: { signInKeyOf: ({ name }) => JSON.stringify([name, options.user ?? 'alice']) },
      ssoSessionOf: () => {
        if (options.portal === 'down') return Promise.reject(new Error('nobody asks the portal'))
        if (options.portal === 'refuses') return Promise.resolve(undefined)
        issued.push(`ASIA${issued.length}`)
        const { credentials } = sessionOf(issued.at(-1) ?? '', 3600)
        const { accessKeyId, expiration } = credentials
        return Promise.resolve({ source: 'aws-sso-cache', accessKeyId, expiration, managedBy: 'other', credentials })
      },
      connect: () => ({ sts, listMfaDevices: () => Promise.reject(new Error('no devices')), endpoint: '' }),
      deadline: fakeDeadline(),
      sha256,
      osUser: 'os',
      now: () => NOW,
      debug: () => undefined,
    }
    const profiles = readProfiles({ credentials: '', config: ELSEWHERE })
    const minimumSeconds = options.minimum ?? 0
    const request = { profile, profiles, minimumSeconds, options: {}, environment: {}, defaults: {} }
    return await currentCredentials(request, effects)
  }
  return { use, cache, issued, facts }
}

test.each(['sso-admin', 'console-admin'])('a role session through the AWS CLI is used again: %s', async (profile) => {
  const { use, cache, facts } = elsewhere()
  const session = sessionOf('ASIAROLE', 3600, ARN)
  const first = await use(profile, fakeSts({ role: [session] }))
  expect(first).toMatchObject({ session: { accessKeyId: 'ASIAROLE' }, identity: { account: '222222222222' } })
  expect(await use(profile, fakeSts({}), { portal: 'down' })).toMatchObject({
    session: { accessKeyId: 'ASIAROLE' },
    identity: { account: '222222222222', arn: ARN },
  })
  expect(cache.records.map(({ key }) => key.chain === 'sso')).toEqual(profile === 'sso-admin' ? [true, false] : [false])
  expect([...facts.identities.keys()]).toEqual([])
})

test("a session of single sign-on is the portal's, and used again by the same sign-in", async () => {
  const { use, cache } = elsewhere()
  const first = { kind: 'session', session: { accessKeyId: 'ASIA0' } }
  expect(await use('sso', fakeSts({}))).toMatchObject(first)
  expect(cache.records).toMatchObject([{ profiles: ['sso'], key: { chain: 'sso' }, durationSeconds: 3600 }])
  expect(await use('sso', fakeSts({}), { portal: 'down' })).toMatchObject(first)
  // As the session that a role is assumed with, too.
  const sts = fakeSts({ role: [sessionOf('ASIAROLE', 3600, ARN), sessionOf('ASIABOB', 3600, ARN)] })
  await use('sso-admin', sts, { portal: 'down' })
  expect(requestsTo(sts).map(([key]) => key)).toEqual(['ASIA0'])
  // Neither session is another user's.
  expect(await use('sso', fakeSts({}), { user: 'bob' })).toMatchObject({ session: { accessKeyId: 'ASIA1' } })
  expect(await use('sso-admin', sts, { user: 'bob' })).toMatchObject({ session: { accessKeyId: 'ASIABOB' } })
  expect(requestsTo(sts).map(([key]) => key)).toEqual(['ASIA0', 'ASIA1'])
})

test('a cached session of single sign-on that is too short is made anew', async () => {
  const { use } = elsewhere()
  await use('sso', fakeSts({}))
  const { expiration } = sessionOf('', 3600).credentials
  expect(await use('sso', fakeSts({}), { minimum: 7200 })).toEqual({ kind: 'none', expiration })
  expect(await use('sso', fakeSts({}), { minimum: 3000 })).toMatchObject({ session: { accessKeyId: 'ASIA1' } })
})

test('there is no session of single sign-on if the portal refuses the token', async () => {
  const { use } = elsewhere()
  expect(await use('sso', fakeSts({}), { portal: 'refuses' })).toEqual({ kind: 'none' })
  expect(await use('sso-admin', fakeSts({}), { portal: 'refuses' })).toEqual({ kind: 'none' })
  const { expiration } = sessionOf('', 3600).credentials
  expect(await use('sso', fakeSts({}), { minimum: 7200 })).toEqual({ kind: 'none', expiration })
})
