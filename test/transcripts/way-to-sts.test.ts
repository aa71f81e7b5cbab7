/** The connection from the built tool to STS: TLS, CA bundles and proxies. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const CREDENTIALS = `[base]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\naws_mfa_device = ${serial}\n`

describe('the connection to STS', () => {
  let sts: StrictSts
  let home: TempHome
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld(), { tls: true, proxy: { user: 'alice', password: 'proxy-secret' } })
  })
  beforeEach(async () => {
    home = createTempHome({ '.aws/credentials': CREDENTIALS })
    await sts.configure({ clearLog: true, forgetSpentCodes: true })
  })
  afterEach(() => home.remove())
  afterAll(() => sts.stop())

  const login = async (more: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const run = await runCli(['login', 'work', '--source-profile', 'base', '--token-code', sts.code(serial), ...args], {
      environment: home.environment({ ...sts.environment('https'), ...more }),
    })
    if (run.code !== 0) expect(home.read('.aws/credentials').toString()).toBe(CREDENTIALS)
    expect(run.stderr).not.toContain('proxy-secret')
    return run
  }
  const proxy = (login: string): string => (sts.proxyUrl ?? '').replace('//', `//${login}`)
  const SIGNED_IN = {
    code: 0,
    stderr: expect.stringMatching(
      /^✔ work: signed in as alice \(111111111111\) until .*, 12 h(?: \d+ min)? left\n$/,
    ) as string,
  }

  it('uses TLS with AWS_CA_BUNDLE', async () => {
    expect(await login({})).toMatchObject(SIGNED_IN)
    expect(new Set((await sts.log()).map(({ transport }) => transport))).toEqual(new Set(['https']))
  })

  it('uses TLS with --ca-bundle before and after --', async () => {
    const bundle = sts.caPemPath ?? ''
    expect(await login({ AWS_CA_BUNDLE: '' }, '--ca-bundle', bundle)).toMatchObject(SIGNED_IN)
    await sts.configure({ forgetSpentCodes: true })
    home.remove()
    home = createTempHome({ '.aws/credentials': CREDENTIALS })
    expect(await login({ AWS_CA_BUNDLE: '' }, '--', '--ca-bundle', bundle)).toMatchObject(SIGNED_IN)
  })

  it('fails on an untrusted certificate', async () => {
    const run = await login({ AWS_CA_BUNDLE: '' })
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(
      /^awsmfa: error: cannot reach STS at localhost:\d+: certificate not trusted\nawsmfa: hint: if a proxy inspects TLS, add --ca-bundle FILE with its certificate, or set AWS_CA_BUNDLE\n$/,
    )
    expect(await sts.log()).toEqual([])
  })

  it('uses HTTPS_PROXY with a user name and password', async () => {
    expect(await login({ HTTPS_PROXY: proxy('alice:proxy-secret@') })).toMatchObject(SIGNED_IN)
    expect((await sts.connects()).map(({ status, user }) => ({ status, user }))).toContainEqual({
      status: 200,
      user: 'alice',
    })
  })

  it('fails if the proxy requires a user name and password', async () => {
    const run = await login({ HTTPS_PROXY: proxy('') })
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(
      /^awsmfa: error: cannot reach STS at localhost:\d+ through proxy 127\.0\.0\.1:\d+: the proxy requires a user name and password\nawsmfa: hint: HTTPS_PROXY=/,
    )
  })

  it('bypasses the proxy for hosts in NO_PROXY', async () => {
    expect(await login({ HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'localhost' })).toMatchObject(SIGNED_IN)
    expect(await sts.connects()).toEqual([])
  })
})
