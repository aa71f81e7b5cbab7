/** The caches of `aws sso login` and `aws login`, as the AWS CLI writes them, and what they may be instead. */
import { afterEach, describe, expect, it } from 'vitest'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import { createAwsLogins } from '../../src/sessions/aws-logins.ts'
import type { AwsLogins } from '../../src/sessions/aws-logins.ts'
import { sessionState } from '../../src/sessions/reuse.ts'
import type { StoredSession } from '../../src/sessions/reuse.ts'
import { hash } from '../support/aws-logins.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const START_URL = 'https://example.awsapps.com/start'
const USER = 'arn:aws:iam::111111111111:user/alice'
const END = '2026-11-21T19:00:00Z'
const NOW = new Date('2026-11-21T20:00:00Z')

const CONFIG = `
[sso-session corp]
sso_start_url = ${START_URL}
sso_region = eu-west-1
[profile named]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Dev
[profile legacy]
sso_start_url = ${START_URL}
sso_region = eu-central-1
sso_account_id = 222222222222
sso_role_name = Ops
[profile half]
sso_session = corp
[profile dev]
login_session = ${USER}
[profile keys]
login_session = ${USER}
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
`

/** botocore, SSOTokenLoader › save_token and utils.py › SSOTokenFetcher. */
const SSO_TOKEN = { startUrl: START_URL, region: 'eu-west-1', accessToken: 'aoaAAAAA', expiresAt: END }

/** botocore, LoginTokenLoader › save_token. */
const LOGIN_TOKEN = {
  accessToken: {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    accountId: '111111111111',
    expiresAt: END,
  },
  tokenType: 'aws_sigv4',
  refreshToken: 'EXAMPLE',
}

let home: TempHome
afterEach(() => home.remove())

const sso = (name: string): string => `.aws/sso/cache/${hash('sha1', name)}.json`
const login = `.aws/login/cache/${hash('sha256', USER)}.json`

function loginsWith(files: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
  home = createTempHome(files)
  const [sha1, sha256] = ['sha1', 'sha256'].map((name) => (text: string) => hash(name, text))
  if (sha1 === undefined || sha256 === undefined) throw new Error('two hashes')
  return createAwsLogins({ home: home.path, environment: variables, now: () => NOW, sha1, sha256 })
}

const { profiles } = snapshotsOf({
  credentials: { path: 'c', text: '', exists: true },
  config: { path: 'f', text: CONFIG, exists: true },
})

function session(logins: AwsLogins, name: string): StoredSession | undefined {
  const profile = profiles.find(name)
  if (profile === undefined) throw new Error(`no profile ${name}`)
  return logins.sessionOf(profile)
}

describe('a token of single sign-on', () => {
  it.each([
    ['of an sso-session', 'named', 'corp', SSO_TOKEN],
    ['of a start URL', 'legacy', START_URL, { ...SSO_TOKEN, expiresAt: '2026-11-21T19:00:00UTC' }],
  ])('is found by the name %s', (_, name, hashed, token) => {
    const logins = loginsWith({ [sso(hashed)]: JSON.stringify(token) })
    expect(session(logins, name)).toEqual({
      source: 'aws-sso-cache',
      accessKeyId: undefined,
      expiration: new Date(END),
      managedBy: 'other',
      isRenewable: false,
    })
    const other = name === 'named' ? 'legacy' : 'named'
    expect(session(logins, other)).toBeUndefined()
  })

  it('has the region that the token is from, and the role of the profile', () => {
    const logins = loginsWith({ [sso(START_URL)]: JSON.stringify({ ...SSO_TOKEN, region: undefined }) })
    const profile = profiles.find('legacy')
    expect(profile && logins.ssoTokenOf(profile)).toMatchObject({
      accessToken: 'aoaAAAAA',
      region: 'eu-central-1',
      accountId: '222222222222',
      roleName: 'Ops',
    })
  })

  it.each([
    ['an sso-session', 'named', 'corp', {}, true],
    ['an sso-session whose client is no longer registered', 'named', 'corp', { registrationExpiresAt: END }, false],
    ['an sso-session without a refresh token', 'named', 'corp', { refreshToken: '' }, false],
    ['a start URL', 'legacy', START_URL, {}, false],
  ])('of %s: whether the AWS CLI renews it', (_, name, hashed, changes, isRenewable) => {
    const client = {
      clientId: 'c',
      clientSecret: 's',
      registrationExpiresAt: '2026-12-01T00:00:00Z',
      refreshToken: 'r',
    }
    const found = session(loginsWith({ [sso(hashed)]: JSON.stringify({ ...SSO_TOKEN, ...client, ...changes }) }), name)
    expect(found).toMatchObject({ isRenewable })
    expect(sessionState(found, NOW)).toBe(isRenewable ? 'valid' : 'expired')
  })

  it.each([
    ['is damaged', '{"accessToken":"aoa'],
    ['is empty', ''],
    ['is no object', 'null'],
    ['is too large', ' '.repeat(70_000) + JSON.stringify(SSO_TOKEN)],
    ['has no token', JSON.stringify({ ...SSO_TOKEN, accessToken: undefined })],
    ['has a token with a line end', JSON.stringify({ ...SSO_TOKEN, accessToken: 'a\r\nb: c' })],
    ['has no expiration', JSON.stringify({ ...SSO_TOKEN, expiresAt: 'soon' })],
    ['has a region that is part of an address', JSON.stringify({ ...SSO_TOKEN, region: 'x.example.com/' })],
  ])('that %s is none', (_, text) => {
    const logins = loginsWith({ [sso('corp')]: text })
    expect(session(logins, 'named')).toBeUndefined()
    expect(session(logins, 'half')).toBeUndefined()
  })
})

describe('the key of a sign-in', () => {
  const keyOf = (name: string, token: Readonly<Record<string, unknown>>, place = sso('corp')): string | undefined => {
    const logins = loginsWith({ [place]: JSON.stringify(token) })
    const profile = profiles.find(name)
    const key = profile && logins.signInKeyOf(profile)
    home.remove()
    return key
  }
  const client = { clientId: 'c', clientSecret: 's', refreshToken: 'of-alice' }

  it('is the same after a renewal, and another one for another user or another sign-in', () => {
    const key = keyOf('named', { ...SSO_TOKEN, ...client })
    expect(keyOf('named', { ...SSO_TOKEN, ...client, accessToken: 'renewed', expiresAt: 'later' })).toBe(key)
    expect(keyOf('named', { ...SSO_TOKEN, ...client, refreshToken: 'of-bob' })).not.toBe(key)
    expect(keyOf('named', SSO_TOKEN)).not.toBe(key)
    expect(keyOf('named', { ...SSO_TOKEN, accessToken: 'of-bob' })).not.toBe(keyOf('named', SSO_TOKEN))
    expect(keyOf('half', { ...SSO_TOKEN, ...client })).not.toBe(key)
  })

  it('is no secret, and of aws login that of its user', () => {
    expect(keyOf('named', { ...SSO_TOKEN, ...client })).not.toMatch(/of-alice|aoaAAAAA/)
    const [first, renewed] = [LOGIN_TOKEN, { ...LOGIN_TOKEN, refreshToken: 'another' }].map((each) =>
      keyOf('dev', each, login),
    )
    expect([first, renewed]).toEqual([JSON.stringify(['aws login', USER]), first])
    expect(keyOf('keys', LOGIN_TOKEN, login)).toBeUndefined()
  })
})

describe('a session of aws login', () => {
  it('is found in the home folder', () => {
    const logins = loginsWith({ [login]: JSON.stringify(LOGIN_TOKEN) })
    expect(session(logins, 'dev')).toMatchObject({
      source: 'aws-login-cache',
      isRenewable: true,
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      expiration: new Date(END),
      identity: { account: '111111111111', arn: USER },
      credentials: { sessionToken: 'token' },
    })
    expect(session(logins, 'keys')).toBeUndefined()
  })

  it('is looked for where its variable says', () => {
    const logins = loginsWith({ [login]: JSON.stringify(LOGIN_TOKEN) }, { AWS_LOGIN_CACHE_DIRECTORY: '/nowhere' })
    expect(session(logins, 'dev')).toBeUndefined()
  })

  it('without its credentials is none', () => {
    expect(session(loginsWith({ [login]: '{"accessToken":{"accessKeyId":"ASIA"}}' }), 'dev')).toBeUndefined()
  })
})
