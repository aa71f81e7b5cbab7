/** fromAwsmfa with profiles that the AWS CLI signs in to: it reads the AWS CLI's caches, and writes nothing there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { fromAwsmfa } from '../../src/library/from-awsmfa.ts'
import { signedInFiles, startPortal } from '../support/aws-logins.ts'
import type { Portal } from '../support/aws-logins.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

let portal: Portal
let home: TempHome
beforeAll(async () => {
  portal = await startPortal()
})
afterAll(() => portal.stop())
beforeEach(() => {
  home = createTempHome(signedInFiles())
  portal.requests.length = 0
  for (const [name, value] of Object.entries(home.environment(portal.environment()))) vi.stubEnv(name, value)
  vi.stubEnv('AWSMFA_HOME', join(home.path, 'own'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  home.remove()
})

const mfaCodeProvider = (): Promise<string> => Promise.reject(new Error('unexpected prompt'))

/** The files of the AWS CLI, with their content. */
function filesOfAwsCli(): readonly (readonly [string, string])[] {
  const folder = join(home.path, '.aws')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map((entry) => join(entry.parentPath, entry.name)).map((path) => [path, readFileSync(path, 'utf8')])
}

const PORTAL = 'GET /federation/credentials?account_id=111111111111&role_name=Dev'

it.each([
  ['sso', 'ASIAIOSFODNN7EXAMPLE', '111111111111', [PORTAL]],
  ['login', 'ASIALOGIN', '111111111111', []],
  ['admin', 'ASIAADMINADMINADMIN1', '222222222222', [PORTAL, 'AssumeRole arn:aws:iam::222222222222:role/Admin']],
])(
  '%s has the session of the AWS CLI, with one call for two programs',
  async (profile, accessKeyId, accountId, calls) => {
    const before = filesOfAwsCli()
    for (let program = 0; program < 2; program += 1)
      expect(await fromAwsmfa({ profile, mfaCodeProvider })()).toMatchObject({
        accessKeyId,
        accountId,
        expiration: expect.any(Date) as Date,
      })
    expect(portal.requests).toEqual(calls)
    expect(filesOfAwsCli()).toEqual(before)
  },
)

it('its length is up to the AWS CLI', async () => {
  expect(await fromAwsmfa({ profile: 'sso', durationSeconds: 900, mfaCodeProvider })()).toMatchObject({
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  })
})

it.each([
  [{ profile: 'nobody' }, "'nobody' is not signed in\n  aws login --profile nobody"],
  [{ profile: 'ended' }, /^the session of 'ended' expired .*\n {2}aws sso login --profile ended$/],
  [
    { profile: 'renewed' },
    /^the session of 'renewed' expired .*\n {2}to renew it: aws sts get-caller-identity --profile renewed\n {2}to sign in again: aws login --profile renewed$/,
  ],
  [
    { profile: 'login', minimumSeconds: 7200 },
    /^the session of 'login' is valid for 1\d min, but 2 h is required\n.*; require less time: minimumSeconds$/,
  ],
])('%j names what signs in', async (options, message) => {
  await expect(fromAwsmfa({ ...options, mfaCodeProvider })()).rejects.toMatchObject({
    name: 'AwsmfaError',
    code: 'SESSION_MISSING',
    message: expect.stringMatching(message) as string,
    tryNextLink: false,
  })
})

it('a role that the user does not have is reported', async () => {
  await expect(fromAwsmfa({ profile: 'denied', mfaCodeProvider })()).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    tryNextLink: false,
  })
})

it("a role that the program names replaces the profile's; a sign-in alone is none to assume it with", async () => {
  const roleArn = 'arn:aws:iam::333333333333:role/Other'
  expect(await fromAwsmfa({ profile: 'admin', roleArn, mfaCodeProvider })()).toMatchObject({
    accessKeyId: 'ASIAADMINADMINADMIN1',
  })
  expect(portal.requests.at(-1)).toBe(`AssumeRole ${roleArn}`)
  await expect(fromAwsmfa({ profile: 'login', roleArn, mfaCodeProvider })()).rejects.toMatchObject({
    message:
      "'login' signs in with 'aws login', not with a token code\n  to sign in: aws login --profile login\n  to see which tools use that session: awsmfa doctor login",
  })
})
