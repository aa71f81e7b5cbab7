/** IAM's calls for access keys against the strict server: what each returns, and how often it is sent. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ShortTermCredentials } from '../../src/model/credentials.ts'
import type { AccessKeys } from '../../src/aws/sts.ts'
import { createAccessKeys, createSts } from '../../src/aws/sts.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import type { Fault } from '../support/strict-sts/faults.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { settingsFor } from '../support/sts-settings.ts'

const ACCOUNT = '111111111111'
const ALICE = { accessKeyId: keyIdFor(ACCOUNT), secretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/alice`) }
const { serial } = virtualDevice(ACCOUNT, 'alice')
const never = new AbortController().signal

let server: StrictSts
let session: ShortTermCredentials
beforeAll(async () => {
  server = await startStrictSts(aliceWorld())
  const mfa = { serialNumber: serial, tokenCode: server.code(serial) }
  const sts = createSts(optionsFor())
  session = (await sts.getSessionToken(ALICE, { durationSeconds: 3600, mfa }, never)).credentials
})
afterAll(async () => server.stop())
beforeEach(async () => server.configure({ world: aliceWorld(), clearLog: true, faults: [] }))

function optionsFor() {
  const transport = { ...settingsFor(server.url), iamEndpointUrl: settingsFor(server.url).stsEndpointUrl }
  return { region: 'eu-west-1', transport, now: () => new Date(), retryDelayMs: 1, answerTimeoutMs: 2000 }
}

const keysOf = (signer = session): AccessKeys => createAccessKeys(optionsFor(), signer)
const sent = async (): Promise<readonly string[]> => (await server.log()).map(({ operation }) => operation ?? '')

it('creates, lists, deactivates and deletes a key', async () => {
  const iam = keysOf()
  const made = await iam.create('alice', never)
  expect(made).toEqual({
    accessKeyId: expect.stringMatching(/^AKIA\w{16}$/) as string,
    secretAccessKey: expect.stringMatching(/^\S{40}$/) as string,
  })
  const { accessKeyId } = made
  const before = { accessKeyId: ALICE.accessKeyId, isActive: true, createdAt: new Date('2025-01-02T03:04:05Z') }
  const listed = await iam.list('alice', never)
  expect(listed).toEqual([before, { accessKeyId, isActive: true, createdAt: expect.any(Date) as Date }])
  expect(await iam.lastUse(accessKeyId, never)).toBe('never')
  await iam.setActive({ userName: 'alice', accessKeyId }, false, never)
  expect((await iam.list('alice', never)).map(({ isActive }) => isActive)).toEqual([true, false])
  await iam.remove({ userName: 'alice', accessKeyId }, never)
  expect(await iam.list('alice', never)).toEqual([before])
})

it('reports what IAM refuses', async () => {
  const iam = keysOf()
  await iam.create('alice', never)
  await expect(iam.create('alice', never)).rejects.toMatchObject({
    failure: {
      code: 'REQUEST_REFUSED',
      operation: 'CreateAccessKey',
      awsCode: 'LimitExceeded',
    },
  })
  await expect(iam.list('bob', never)).rejects.toMatchObject({
    failure: { code: 'ACCESS_DENIED', operation: 'ListAccessKeys' },
  })
  await expect(createAccessKeys(optionsFor(), ALICE).list('alice', never)).rejects.toMatchObject({
    failure: {
      code: 'ACCESS_DENIED',
    },
  })
})

describe('a request whose response is lost', () => {
  const LOSSES: readonly Fault[] = [
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'truncate', bytes: 40 },
    { kind: 'throttle', status: 503 },
    { kind: 'throttle', status: 400 },
    { kind: 'hang', when: 'after' },
  ]
  it.each(LOSSES)('is not sent again if it creates a key: %o', async (fault) => {
    await server.configure({ faults: [{ ...fault, operation: 'CreateAccessKey' }] })
    await expect(keysOf().create('alice', never)).rejects.toMatchObject({
      failure: { code: expect.stringMatching(/^(?:NETWORK_UNREACHABLE|STS_UNEXPECTED|THROTTLED)$/) as string },
    })
    expect(await sent()).toEqual(['CreateAccessKey'])
  })

  it('names IAM, not STS', async () => {
    await server.configure({ faults: [{ kind: 'drop', when: 'after', operation: 'CreateAccessKey' }] })
    await expect(keysOf().create('alice', never)).rejects.toMatchObject({
      failure: { service: 'IAM', reason: 'reset' },
    })
  })

  it.each(LOSSES.slice(0, -1))('is sent again otherwise: %o', async (fault) => {
    await server.configure({ faults: [{ ...fault, operation: 'UpdateAccessKey' }] })
    await keysOf().setActive({ userName: 'alice', accessKeyId: ALICE.accessKeyId }, false, never)
    expect(await sent()).toEqual(['UpdateAccessKey', 'UpdateAccessKey'])
  })
})

it.each<readonly [string, Partial<Record<'AccessKeyId' | 'SecretAccessKey', string>>]>([
  ['without a secret', { SecretAccessKey: '' }],
  ['with a secret that would begin another line', { SecretAccessKey: 'x'.repeat(30) + '\n[other]' }],
  ['with the id of a session', { AccessKeyId: 'ASIAIOSFODNN7EXAMPLE' }],
])('an answer %s is none', async (_, change) => {
  const key = { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', SecretAccessKey: 'x'.repeat(40), ...change }
  const members = Object.entries(key).map(([name, value]) => `<${name}>${value.replaceAll('\n', '&#10;')}</${name}>`)
  const body = `<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult><AccessKey>${members.join('')}</AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>`
  await server.configure({
    faults: [{ kind: 'answer', status: 200, contentType: 'text/xml', body, operation: 'CreateAccessKey' }],
  })
  await expect(keysOf().create('alice', never)).rejects.toMatchObject({ failure: { code: 'STS_UNEXPECTED' } })
})
