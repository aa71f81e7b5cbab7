/** The console of each partition, at AWS's own addresses, through a proxy and with a CA bundle. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const USERS = [
  ['aws', '111111111111', 'alice', '222222222222'],
  ['aws-us-gov', '555555555555', 'gus', '555555555555'],
  ['aws-cn', '666666666666', 'chen', '666666666666'],
] as const

const CREDENTIALS = USERS.map(
  ([partition, account, name]) =>
    `[${name}-long-term]\naws_access_key_id = ${keyIdFor(account, 1)}\naws_secret_access_key = ${secretFor(`arn:${partition}:iam::${account}:user/${name}`)}\n`,
).join('')
const CONFIG = USERS.map(
  ([partition, account, name, of]) =>
    `[profile ${name}]\nawsmfa_mfa_serial = ${virtualDevice(account, name, partition).serial}\n[profile ${name}-admin]\nrole_arn = arn:${partition}:iam::${of}:role/Admin\nsource_profile = ${name}\n`,
).join('')

describe('the console', () => {
  let sts: StrictSts
  let home: TempHome
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld(), { proxy: { user: 'alice', password: 'proxy-secret' } })
  })
  beforeEach(async () => {
    home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
    await sts.configure({ clearLog: true, forgetSpentCodes: true })
  })
  afterEach(() => home.remove())
  afterAll(() => sts.stop())

  /** Nothing but the proxy leads to the server: every host has AWS's own name. */
  const environment = (more: Readonly<Record<string, string>> = {}) =>
    home.environment({
      HTTPS_PROXY: (sts.proxyUrl ?? '').replace('//', '//alice:proxy-secret@'),
      AWS_CA_BUNDLE: sts.caPemPath ?? '',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      AWSMFA_SIGNIN_ENDPOINT: '',
      ...more,
    })
  const signIn = (name: string, serial: string) =>
    runCli(['login', name, '--quiet', '--token-code', sts.code(serial)], { environment: environment() })

  it.each([
    ['alice', '111111111111', 'aws', 'signin.aws.amazon.com', 'https://console.aws.amazon.com/console/home'],
    [
      'gus',
      '555555555555',
      'aws-us-gov',
      'signin.amazonaws-us-gov.com',
      'https://console.amazonaws-us-gov.com/s3/home',
    ],
    [
      'chen',
      '666666666666',
      'aws-cn',
      'signin.amazonaws.cn',
      'https://cn-north-1.console.amazonaws.cn/s3/home?region=cn-north-1',
    ],
  ] as const)('of %s is at the hosts of the partition', async (name, account, partition, host, page) => {
    expect(await signIn(name, virtualDevice(account, name, partition).serial)).toMatchObject({ code: 0, stderr: '' })
    const where = [
      ...(page.includes('/s3/') ? ['--service', 's3'] : []),
      ...(name === 'chen' ? ['--region', 'cn-north-1'] : []),
    ]
    const run = await runCli(['console', `${name}-admin`, '--print', ...where], { environment: environment() })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const url = new URL(run.stdout)
    expect(url.origin + url.pathname).toBe(`https://${host}/federation`)
    expect(url.searchParams.get('Destination')).toBe(page)
    expect((await sts.connects()).map(({ target }) => target)).toContain(`${host}:443`)
    expect((await sts.log()).filter(({ service }) => service === 'signin')).toMatchObject([
      { transport: 'https', method: 'POST', operation: 'getSigninToken', host, status: 200 },
    ])
  })

  it('fails on an untrusted certificate, and names the host', async () => {
    expect(await signIn('alice', virtualDevice('111111111111', 'alice').serial)).toMatchObject({ code: 0 })
    expect(await runCli(['exec', 'alice-admin', '--', 'true'], { environment: environment() })).toMatchObject({
      code: 0,
    })
    const run = await runCli(['console', 'alice-admin', '--print'], { environment: environment({ AWS_CA_BUNDLE: '' }) })
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(
      /^awsmfa: error: cannot reach AWS Sign-In at signin\.aws\.amazon\.com through proxy 127\.0\.0\.1:\d+: certificate not trusted\n/,
    )
  })

  it.skipIf(process.platform === 'win32')('hands the browser the URL as one word, and no keys', async () => {
    expect(await signIn('alice', virtualDevice('111111111111', 'alice').serial)).toMatchObject({ code: 0 })
    const script = join(home.path, 'browser.cjs')
    const seen = join(home.path, 'seen.json')
    writeFileSync(
      script,
      `const { AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
require('fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ words: process.argv.slice(2), keys: [AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN] }))`,
    )
    const run = await runCli(
      ['console', 'alice-admin', '--destination', 'https://console.aws.amazon.com/s3/home?a=$(id)&b=`id`', '--logout'],
      {
        environment: environment({
          BROWSER: `'${process.execPath}' ${script}`,
          AWS_SECRET_ACCESS_KEY: 'x',
          AWS_SESSION_TOKEN: 'x',
        }),
      },
    )
    expect(run).toMatchObject({ code: 0, stdout: '' })
    const { words, keys } = JSON.parse(home.read('seen.json').toString()) as {
      readonly words: readonly string[]
      readonly keys: readonly unknown[]
    }
    expect(keys).toEqual([null, null])
    expect(words).toHaveLength(1)
    expect(words[0]).toMatch(
      /^https:\/\/us-east-1\.signin\.aws\.amazon\.com\/oauth\?Action=logout&redirect_uri=https%3A%2F%2F[\w.%+-]+$/,
    )
  })
})
