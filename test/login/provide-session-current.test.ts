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
  expect(cache.records).toMatchObject([{ profiles: ['base'], key: { accessKeyId: BASE, serialNumber: '' } }])
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
