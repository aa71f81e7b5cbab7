/** Profiles of single sign-on and `aws login`: commands use the session of the AWS CLI, and change nothing of it. */
import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hash, signedInFiles, startPortal } from '../support/aws-logins.ts'
import type { Portal } from '../support/aws-logins.ts'
import { runCli } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

let portal: Portal
let requests: string[]
let home: TempHome

beforeAll(async () => {
  portal = await startPortal()
  requests = portal.requests
  home = createTempHome(signedInFiles())
})

afterAll(() => {
  portal.stop()
  home.remove()
})

async function run(...words: readonly string[]) {
  return await runCli(words, { environment: home.environment(portal.environment()) })
}

/** The files in awsmfa's folders of this name. */
function filesUnder(folder: string): readonly string[] {
  return readdirSync(home.path, { recursive: true, encoding: 'utf8' }).filter(
    (path) => basename(dirname(path)) === folder,
  )
}

it('status has the time remaining of the token, and asks nobody', async () => {
  expect(await run('status', 'sso')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^sso: valid, 8 h left, until /) as unknown,
  })
  expect(JSON.parse((await run('status', 'sso', '--json')).stdout)).toMatchObject({
    state: 'valid',
    source: 'aws-sso-cache',
    managedBy: 'other',
    accessKeyId: null,
  })
  const ended = await run('status', 'ended')
  expect(ended.code).toBe(4)
  expect(ended.stdout).toMatch(/^ended: expired /)
  expect(ended.stderr).toBe('awsmfa: hint: aws sso login --profile ended\n')
  expect((await run('status', 'login')).stdout).toMatch(
    /^login: expiring, 1[12] min left, until .* \(alice, 111111111111\)/,
  )
  const { stdout } = await run('status', '--all')
  expect(stdout).toMatch(/^sso +111111111111 +AWS SSO +valid/m)
  expect(stdout).toMatch(/^renewed .*valid +renewed by the AWS CLI$/m)
  expect(await run('status', 'renewed')).toMatchObject({
    code: 0,
    stdout: 'renewed: valid, renewed by the AWS CLI (carol, 111111111111)\n',
    stderr: '',
  })
  expect(requests).toEqual([])
})

it.each([
  ['sso', "'sso' was signed in by the AWS CLI", 'aws sso logout'],
  ['admin', "'sso', the source profile of 'admin', was signed in by the AWS CLI", 'aws sso logout'],
  ['login', "'login' was signed in by the AWS CLI", 'aws logout --profile login'],
])('logout names what signs out of %s', async (name, words, command) => {
  const stderr = `awsmfa: note: ${words}\nawsmfa: hint: ${command}\n`
  expect(await run('logout', name)).toMatchObject({ code: 0, stderr })
})

it('a session that is too short names its limit', async () => {
  const { code, stderr } = await run('exec', 'sso', '--min-ttl', '2h', '--', 'true')
  expect(code).toBe(4)
  expect(stderr).toMatch(/session of 'sso' is valid for \d+ min, but 2 h is required\n.*hint: the session duration of/)
})

it('exec, env and credential-process have the session of the role, with one call of the portal', async () => {
  await run('cache', 'clear')
  requests.length = 0
  const script = 'echo $AWS_ACCESS_KEY_ID $AWS_SESSION_TOKEN $AWS_REGION'
  expect(await run('exec', 'sso', '--', 'sh', '-c', script)).toMatchObject({
    code: 0,
    stdout: 'ASIAIOSFODNN7EXAMPLE token eu-west-1\n',
    stderr: '',
  })
  expect((await run('env', 'sso')).stdout).toContain('AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE')
  expect(JSON.parse((await run('credential-process', '--profile', 'sso')).stdout)).toMatchObject({
    AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    AccountId: '111111111111',
  })
  expect((await run('env', 'login')).stdout).toContain('AWS_ACCESS_KEY_ID=ASIALOGIN')
  expect(requests).toEqual(['GET /federation/credentials?account_id=111111111111&role_name=Dev'])
  expect((await run('cache', 'show', '--json')).stdout).toContain('"profiles":["sso"]')
})

it('a session of the role is not used after another sign-in', async () => {
  requests.length = 0
  const file = `.aws/sso/cache/${hash('sha1', 'corp')}.json`
  const token = home.read(file).toString()
  home.write(file, token.replace('aoaEXAMPLE', 'aoaOTHER'))
  const { code, stdout } = await run('exec', 'sso', '--', 'true')
  expect({ code, stdout, requests }).toEqual({
    code: 4,
    stdout: '',
    requests: ['GET /federation/credentials?account_id=111111111111&role_name=Dev'],
  })
  home.write(file, token)
  expect((await run('exec', 'sso', '--', 'true')).code).toBe(0)
  expect(requests).toHaveLength(1)
})

it.each([
  [
    'renewed',
    4,
    /session of 'renewed' expired .*\n.*to renew it: aws sts get-caller-identity --profile renewed\n.*to sign in again: aws login --profile renewed\n/,
  ],
  ['ended', 4, /session of 'ended' expired .*\n.*hint: aws sso login --profile ended\n/],
  ['nobody', 4, /'nobody' is not signed in\n.*hint: aws login --profile nobody\n/],
  ['denied', 1, /not allowed to call GetRoleCredentials/],
])('a profile that is not usable: %s', async (name, exitCode, words) => {
  for (const line of [
    ['exec', name, '--', 'true'],
    ['credential-process', '--profile', name],
  ]) {
    const outcome = await run(...line)
    expect(outcome).toMatchObject({ code: exitCode, stdout: '' })
    expect(outcome.stderr).toMatch(words)
  }
})

it('a role is assumed once, and its session serves without the portal', async () => {
  requests.length = 0
  const script = 'echo $AWS_ACCESS_KEY_ID'
  for (let run_ = 0; run_ < 3; run_ += 1)
    expect(await run('exec', 'admin', '--', 'sh', '-c', script)).toMatchObject({
      code: 0,
      stdout: 'ASIAADMINADMINADMIN1\n',
      stderr: '',
    })
  expect(JSON.parse((await run('credential-process', '--profile', 'admin')).stdout)).toMatchObject({
    AccessKeyId: 'ASIAADMINADMINADMIN1',
    AccountId: '222222222222',
  })
  expect(requests).toEqual(['AssumeRole arn:aws:iam::222222222222:role/Admin'])
  expect(filesUnder('sessions')).toHaveLength(2)
  expect(filesUnder('identities')).toEqual([])
})

it('the console opens with the session of the role, and for roles only', async () => {
  requests.length = 0
  const opened = await run('console', 'sso', '--print')
  expect(opened).toMatchObject({ code: 0, stderr: '' })
  expect(new URL(opened.stdout).searchParams.get('SigninToken')).toBe('a-token')
  expect(requests).toEqual(['GetCallerIdentity', 'getSigninToken ASIAIOSFODNN7EXAMPLE'])
  requests.length = 0
  expect(await run('console', 'admin', '--print')).toMatchObject({ code: 0, stderr: '' })
  expect(requests.at(-1)).toBe('getSigninToken ASIAADMINADMINADMIN1')
  expect(filesUnder('identities')).toEqual([])
  requests.length = 0
  expect(await run('console', 'login', '--print')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/'login' has no role; AWS opens the console only for role sessions/) as unknown,
  })
  expect(requests).toEqual([])
})
