/** The strict STS refuses at its federation endpoint what AWS refuses there. */
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'

const ACCOUNT = '111111111111'
const DEVICE = virtualDevice(ACCOUNT, 'alice').serial
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const LONG_TERM = {
  AccessKeyId: keyIdFor(ACCOUNT),
  SecretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/alice`),
  SessionToken: undefined,
}

let sts: StrictSts
let sessions: Readonly<Record<'user' | 'direct' | 'chained', Credentials | undefined>>

function clientWith({ AccessKeyId, SecretAccessKey, SessionToken }: Partial<Credentials> = {}): STSClient {
  const keys = { accessKeyId: AccessKeyId ?? '', secretAccessKey: SecretAccessKey ?? '' }
  const credentials = SessionToken === undefined ? keys : { ...keys, sessionToken: SessionToken }
  return new STSClient({ region: 'eu-west-1', endpoint: sts.url, credentials, maxAttempts: 1 })
}

beforeAll(async () => {
  sts = await startStrictSts(aliceWorld())
  const mfa = (step: number) => ({ SerialNumber: DEVICE, TokenCode: sts.code(DEVICE, step) })
  const role = { RoleArn: ADMIN, RoleSessionName: 'alice' }
  const user = await clientWith(LONG_TERM).send(new GetSessionTokenCommand(mfa(0)))
  const direct = await clientWith(LONG_TERM).send(
    new AssumeRoleCommand({ ...role, ...mfa(1), DurationSeconds: 43_200 }),
  )
  const chained = await clientWith(direct.Credentials).send(
    new AssumeRoleCommand({ ...role, RoleArn: 'arn:aws:iam::222222222222:role/Chained' }),
  )
  sessions = { user: user.Credentials, direct: direct.Credentials, chained: chained.Credentials }
})
afterAll(() => sts.stop())

it.each([
  ['direct', undefined, 200, '"SigninToken"'],
  ['direct', 43_200, 200, '"SigninToken"'],
  ['direct', 600, 400, 'Invalid credentials parameter'],
  ['chained', undefined, 200, '"SigninToken"'],
  ['chained', 3600, 400, 'Invalid credentials parameter'],
  ['user', undefined, 400, 'Only federation tokens or assume role tokens may be used'],
] as const)('a session of kind %s for %s s: %i', async (kind, seconds, status, words) => {
  const { AccessKeyId: sessionId, SecretAccessKey: sessionKey, SessionToken: sessionToken } = sessions[kind] ?? {}
  const body = new URLSearchParams({
    Action: 'getSigninToken',
    Session: JSON.stringify({ sessionId, sessionKey, sessionToken }),
    ...(seconds === undefined ? {} : { SessionDuration: String(seconds) }),
  })
  const answer = await fetch(`${sts.url}/federation`, { method: 'POST', body })
  expect(answer.status).toBe(status)
  expect(await answer.text()).toContain(words)
})
