/** `awsmfa exec --server`: an endpoint that serves credentials to one program, and renews them. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAwsCli, findPythonWithBoto3 } from '../support/aws-clients.ts'
import { PRODUCT, runCli } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const ALICE = `aws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const BOB = `aws_access_key_id = ${keyIdFor('111111111111', 2)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/bob')}\n`
const { serial } = virtualDevice('111111111111', 'alice')
const CONFIG = `[default]
region = eu-central-1
[profile base]
region = eu-west-1
awsmfa_mfa_serial = ${serial}
[profile admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = base
region = us-west-2
cli_pager =
s3 =
  max_concurrent_requests = 7
`
const ADMIN = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'

let sts: StrictSts
let home: TempHome
beforeEach(async () => {
  sts = await startStrictSts(aliceWorld())
  // Every SDK would take the keys in [default] before it asks an endpoint.
  home = createTempHome({
    '.aws/credentials': `[default]\n${BOB}[base-long-term]\n${ALICE}`,
    '.aws/config': CONFIG,
  })
  const login = await runCli(['login', 'base', '--quiet', '--token-code', sts.code(serial)], {
    environment: environment(),
  })
  expect(login).toMatchObject({ code: 0, stderr: '' })
  await sts.configure({ clearLog: true })
})
afterEach(async () => {
  await sts.stop()
  home.remove()
})

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
  home.environment({ ...sts.environment(), ...more })

/** What points SDKs elsewhere: ECS, EKS, web identity, exported keys. */
const MISLEADING = {
  AWS_ACCESS_KEY_ID: 'AKIAQQQQQQQQQQQQEXPL',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_SESSION_TOKEN: 'x',
  AWS_SECURITY_TOKEN: 'x',
  AWS_DEFAULT_PROFILE: 'default',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nonexistent/token',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/identity',
  AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/Open',
  AWS_CREDENTIAL_FILE: '/nonexistent/file',
}

const serve = (script: string, more: Readonly<Record<string, string>> = {}) =>
  runCli(['exec', 'admin', '--server', '--', process.execPath, '-e', `(async () => {${ASK}\n${script}\n})()`], {
    environment: environment(more),
  })

/** `ask(options)` sends a request to the endpoint, and resolves to its status and body. */
const ASK = `
const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = process.env
const ask = ({ path = '', headers = {}, method = 'GET' } = {}) => new Promise((resolve, reject) => {
  const request = require('http').request(uri + path, { method, agent: false, headers: { Authorization: token, ...headers } }, (response) => {
    let text = ''
    response.on('data', (chunk) => (text += chunk))
    response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text || 'null') }))
  })
  request.on('error', reject)
  request.end()
})
const print = (value) => console.log(JSON.stringify(value))
`

describe('the endpoint', () => {
  it('serves the credentials of the profile to callers with the token, at one path', async () => {
    const run = await serve(`
      print([await ask(), ...(await Promise.all([
        ask({ headers: { Authorization: token.slice(0, -1) } }),
        ask({ headers: { Authorization: '' } }),
        ask({ headers: { Host: 'example.com' } }),
        ask({ headers: { Host: 'localhost:' + new URL(uri).port } }),
        ask({ path: '/' }),
        ask({ path: '?x=1' }),
        ask({ method: 'POST' }),
        ask({ method: 'HEAD' }).catch(() => ({ status: 0 })),
      ])).map(({ status, body }) => ({ status, body }))])
      print(uri)`)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const [lines = '', uri = ''] = run.stdout.trim().split('\n')
    const [first, ...others] = JSON.parse(lines) as readonly { readonly status: number; readonly body: object }[]
    expect(JSON.parse(uri)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/)
    expect(first).toEqual({
      status: 200,
      body: {
        AccessKeyId: expect.stringMatching(/^ASIA/) as string,
        SecretAccessKey: expect.any(String) as string,
        Token: expect.any(String) as string,
        Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        AccountId: '222222222222',
      },
    })
    expect(others.map(({ status }) => status)).toEqual([401, 401, 403, 403, 404, 404, 405, 405])
    expect(JSON.stringify(others)).not.toContain('SecretAccessKey')
  })

  it('removes what leads SDKs elsewhere, and keeps the settings of the profile', async () => {
    const run = await serve(
      `const { AWS_CONFIG_FILE: copy, ...rest } = process.env
      print(Object.fromEntries(Object.entries(rest).filter(([name]) => /^AWS(MFA)?_|proxy$/i.test(name) && !/ENDPOINT|METADATA|FULL_URI|AUTHORIZATION_TOKEN$|AWSMFA_SERVER_CONFIG|NO_GUI/.test(name))))
      print([require('fs').statSync(copy).mode & 0o777, require('fs').readFileSync(copy, 'utf8')])`,
      { ...MISLEADING, no_proxy: 'example.com' },
    )
    expect(run.stderr).toBe('')
    const [variables = '', file = ''] = run.stdout.trim().split('\n')
    expect(JSON.parse(variables)).toEqual({
      AWS_PROFILE: 'awsmfa-server',
      AWS_REGION: 'us-west-2',
      AWS_DEFAULT_REGION: 'us-west-2',
      AWSMFA_REGION_SET: 'us-west-2',
      AWSMFA_PROFILE: 'admin',
      AWSMFA_CONFIG_FILE: join(home.path, '.aws', 'config'),
      no_proxy: 'example.com,127.0.0.1',
    })
    const [mode, text] = JSON.parse(file) as [number, string]
    if (process.platform !== 'win32') expect(mode).toBe(0o600)
    expect(text).toBe(
      `${CONFIG}[profile awsmfa-server]\nregion = us-west-2\ncli_pager =\ns3 =\n  max_concurrent_requests = 7\n`,
    )
  })

  it('ends with its program, whose exit code it passes on, and leaves nothing behind', async () => {
    const run = await serve(`print([uri, process.env.AWS_CONFIG_FILE]); process.exitCode = 7`)
    expect(run).toMatchObject({ code: 7, stderr: '' })
    const [uri = '', copy = ''] = JSON.parse(run.stdout) as readonly string[]
    await expect(fetch(uri)).rejects.toThrow('fetch failed')
    expect(() => statSync(copy)).toThrow('ENOENT')
    expect(readdirSync(join(copy, '..'))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('is gone when awsmfa is killed', async () => {
    const script = `${ASK}\nprint([uri, process.ppid]); setInterval(() => undefined, 1000)`
    const child = spawn(
      PRODUCT[0],
      [...PRODUCT.slice(1), 'exec', 'admin', '--server', '--', process.execPath, '-e', script],
      {
        env: environment(),
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      },
    )
    try {
      const text = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      )
      const [uri = ''] = JSON.parse(text) as readonly string[]
      expect((await fetch(uri)).status).toBe(401)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      await expect(fetch(uri)).rejects.toThrow('fetch failed')
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    }
  })

  it('is not seen by awsmfa inside: it reads the real files', async () => {
    const run = await runCli(
      [
        'exec',
        'admin',
        '--server',
        '--',
        ...PRODUCT,
        'exec',
        '--quiet',
        '--',
        ...PRODUCT,
        'status',
        '--format',
        '{profile} {source} {account}',
      ],
      { environment: environment() },
    )
    expect(run).toMatchObject({ code: 0, stdout: 'admin environment 222222222222\n', stderr: '' })
    const status = await runCli(
      ['exec', 'base', '--server', '--', ...PRODUCT, 'status', '--format', '{profile} {source}'],
      {
        environment: environment(),
      },
    )
    expect(status).toMatchObject({ stdout: 'base credentials-file\n', stderr: '' })
  })
})

it.each([
  ['the profile that is served, has no note', 'admin', ''],
  [
    'another profile, names the one that is served',
    'base',
    "awsmfa: note: the AWS SDK for JavaScript uses 'admin', the profile of this shell, even if keys are set\nawsmfa: hint: unset AWS_PROFILE\n",
  ],
])('env inside of it, of %s', async (_, profile, stderr) => {
  const run = await runCli(['exec', 'admin', '--server', '--', ...PRODUCT, 'env', profile], {
    environment: environment(),
  })
  expect(run).toMatchObject({ code: 0, stderr })
})

it.skipIf(process.platform === 'win32')('a shell that is served has no end to announce', async () => {
  const run = await runCli(['exec', 'admin', '--server'], { environment: environment({ SHELL: 'true' }) })
  expect(run).toMatchObject({ code: 0, stderr: 'Shell with role Admin (222222222222). To leave: exit\n' })
})

describe('renewal', () => {
  const inSeconds = (seconds: number): string =>
    new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')

  it('happens by itself before the end, once for fifty requests', async () => {
    // A session that is due at once: two thirds of its time are over after four seconds.
    await sts.configure({ faults: [{ kind: 'expiration', operation: 'AssumeRole', value: inSeconds(6) }] })
    const run = await serve(`
      const first = await ask()
      let seen = 0
      for (;;) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => ask()))
        const keys = new Set(answers.map(({ body }) => body.AccessKeyId))
        seen += answers.filter(({ status }) => status !== 200).length
        if (!keys.has(first.body.AccessKeyId)) { print([keys.size, seen]); break }
      }`)
    expect(run).toMatchObject({ code: 0, stdout: '[1,0]\n', stderr: '' })
    const log = await sts.log()
    expect(log.filter(({ operation }) => operation === 'AssumeRole')).toHaveLength(2)
    expect(log.filter(({ operation }) => operation === 'GetSessionToken')).toHaveLength(0)
  })

  it('refuses an expired session in both spellings, and notices a login elsewhere', async () => {
    await sts.configure({
      faults: [
        { kind: 'expiration', operation: 'AssumeRole', value: inSeconds(3) },
        {
          kind: 'refuse',
          operation: 'AssumeRole',
          status: 403,
          code: 'AccessDenied',
          message: 'no',
          skip: 1,
          times: 'always',
        },
      ],
    })
    const control = createServer((_, response) => {
      void sts.configure({ faults: [] }).then(() => response.end())
    })
    await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))
    try {
      const run = await serve(`
        let answer = await ask()
        while (answer.status === 200) answer = await ask()
        print(answer)
        await fetch('http://127.0.0.1:${(control.address() as AddressInfo).port}')
        while (answer.status !== 200) answer = await ask()
        print(answer.status)`)
      const [refusal = '', renewed] = run.stdout.trim().split('\n')
      const message = "session of 'admin' expired: awsmfa login admin"
      expect(JSON.parse(refusal)).toEqual({
        status: 403,
        body: { code: 'ExpiredToken', message, Code: 'ExpiredToken', Message: message },
      })
      expect({ renewed, stderr: run.stderr }).toEqual({ renewed: '200', stderr: '' })
    } finally {
      control.close()
    }
  })
})

describe('real clients, with keys in [default] and variables that lead elsewhere', () => {
  const [python, cli1, cli2] = [findPythonWithBoto3(), findAwsCli(1), findAwsCli(2)]
  const JAVASCRIPT = `
    import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
    import { defaultProvider } from '@aws-sdk/credential-provider-node'
    const { Arn } = await new STSClient({ credentials: defaultProvider() }).send(new GetCallerIdentityCommand({}))
    console.log(Arn)`
  const CLI = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']
  it.for<[string, readonly string[] | undefined]>([
    ['the SDK for JavaScript', [process.execPath, '--input-type=module', '-e', JAVASCRIPT]],
    [
      'boto3',
      python === undefined
        ? undefined
        : [python, '-c', "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"],
    ],
    ['AWS CLI 1', cli1 === undefined ? undefined : [cli1, ...CLI]],
    ['AWS CLI 2', cli2 === undefined ? undefined : [cli2, ...CLI]],
  ])('%s asks the endpoint', async ([, command], context) => {
    if (command === undefined) return context.skip('it is not here')
    // AWS CLI 2.9 reads no variables for endpoints.
    const endpoint = command.includes('get-caller-identity') ? ['--endpoint-url', sts.url] : []
    const run = await runCli(['exec', 'admin', '--server', '--', ...command, ...endpoint], {
      environment: environment(MISLEADING),
      cwd: join(import.meta.dirname, '../..'),
    })
    expect({ stdout: run.stdout, code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({
      stdout: `${ADMIN}\n`,
      code: 0,
      stderr: '',
    })
  })

  const FROM_PROFILE = JAVASCRIPT.replace('defaultProvider()', "defaultProvider({ profile: 'dev' })")
  it.for<[string, readonly string[] | undefined]>([
    ['the SDK for JavaScript', [process.execPath, '--input-type=module', '-e', FROM_PROFILE]],
    [
      'boto3',
      python === undefined
        ? undefined
        : [
            python,
            '-c',
            "import boto3; print(boto3.Session(profile_name='dev').client('sts').get_caller_identity()['Arn'])",
          ],
    ],
    ['AWS CLI 1', cli1 === undefined ? undefined : [cli1, ...CLI, '--profile', 'dev']],
    ['AWS CLI 2', cli2 === undefined ? undefined : [cli2, ...CLI, '--profile', 'dev']],
  ])('%s is refused for another profile, which has no credentials', async ([, command], context) => {
    if (command === undefined) return context.skip('it is not here')
    appendFileSync(join(home.path, '.aws', 'config'), '[profile dev]\nregion = eu-west-1\n')
    const endpoint = command.includes('get-caller-identity') ? ['--endpoint-url', sts.url] : []
    const run = await runCli(['exec', 'admin', '--server', '--', ...command, ...endpoint], {
      environment: environment(),
      cwd: join(import.meta.dirname, '../..'),
    })
    expect(run.stdout).toBe('')
    expect(run.code).not.toBe(0)
    const refusal = 'awsmfa: dev has no credentials inside exec --server; to use it: awsmfa exec dev'
    // JavaScript takes the keys, which AWS refuses.
    expect(run.stderr).toContain(command[0] === process.execPath ? 'InvalidClientTokenId' : refusal)
  })
})
