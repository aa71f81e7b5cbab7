/** Endpoint, proxy, CA bundle and retry settings from flags, variables and profiles. */
import { describe, expect, it } from 'vitest'
import { chooseProxy, isUnencrypted, labelOfProxy } from '../../src/aws/connection-settings.ts'
import type { TransportSources } from '../../src/aws/connection-settings.ts'
import { resolveTransport } from '../../src/aws/connection-settings.ts'
import type { Failure } from '../../src/model/failure.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Origin, Resolved } from '../../src/model/profile.ts'

const inFile = (key: string, value: string): Resolved<string> => ({
  value,
  origin: { kind: 'file', file: 'config', profile: 'work', key, line: 3 },
})
const inVariable = (variable: string): Origin => ({ kind: 'environment', variable })
interface Given {
  readonly environment?: Record<string, string>
  readonly profile?: Record<string, string>
  readonly services?: Record<string, string>
  readonly files?: Record<string, string>
  readonly flags?: Pick<TransportSources, 'endpointUrlFlag' | 'caBundleFlag'>
}
const sourcesOf = ({
  environment = {},
  profile = {},
  services = {},
  files = {},
  flags = {},
}: Given): TransportSources => ({
  environment,
  ...flags,
  profileSetting: (key) => (profile[key] === undefined ? undefined : inFile(key, profile[key])),
  serviceEndpoint: (service) =>
    services[service] === undefined ? undefined : inFile('endpoint_url', services[service]),
  readText: (path) => {
    if (files[path] === undefined) throw Object.assign(new Error('no file'), { code: 'ENOENT' })
    return files[path]
  },
  home: '/home/alice',
})
const resolve = (given: Given) => resolveTransport(sourcesOf(given))
const failureOf = (given: Given): Failure | undefined => {
  try {
    resolve(given)
    return undefined
  } catch (error) {
    if (error instanceof AwsmfaError) return error.failure
    throw error
  }
}

it('with nothing set, AWS is reached directly', () => {
  expect(resolve({})).toEqual({
    stsEndpointUrl: undefined,
    iamEndpointUrl: undefined,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    useGlobalEndpoint: false,
    proxies: { https: undefined, http: undefined, bypass: [] },
    ca: undefined,
    maxAttempts: 3,
    preconnect: true,
  })
})

describe('endpoints', () => {
  const everywhere: Given = {
    flags: { endpointUrlFlag: { value: 'http://flag', origin: { kind: 'flag', flag: '--endpoint-url' } } },
    environment: {
      AWS_ENDPOINT_URL_STS: 'http://sts-variable',
      AWS_ENDPOINT_URL_IAM: 'http://iam-variable',
      AWS_ENDPOINT_URL: 'http://variable',
    },
    services: { sts: 'http://sts-service', iam: 'http://iam-service' },
    profile: { endpoint_url: 'http://profile' },
  }
  const without = (...names: readonly string[]): Given => ({
    ...everywhere,
    environment: Object.fromEntries(
      Object.entries(everywhere.environment ?? {}).filter(([name]) => !names.includes(name)),
    ),
    services: names.includes('services') ? {} : (everywhere.services ?? {}),
    profile: names.includes('profile') ? {} : (everywhere.profile ?? {}),
    flags: names.includes('flag') ? {} : (everywhere.flags ?? {}),
  })
  const special = ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL_IAM']
  it.each([
    ['a flag, which moves STS alone', everywhere, 'http://flag', 'http://iam-variable'],
    ["the service's variable", without('flag'), 'http://sts-variable', 'http://iam-variable'],
    ['the general variable', without('flag', ...special), 'http://variable', 'http://variable'],
    [
      "the service's section",
      without('flag', ...special, 'AWS_ENDPOINT_URL'),
      'http://sts-service',
      'http://iam-service',
    ],
    ['the profile', without('flag', ...special, 'AWS_ENDPOINT_URL', 'services'), 'http://profile', 'http://profile'],
    ['nothing', without('flag', ...special, 'AWS_ENDPOINT_URL', 'services', 'profile'), undefined, undefined],
    [
      'the flag alone, where configured ones are ignored',
      { ...everywhere, environment: { ...everywhere.environment, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' } },
      'http://flag',
      undefined,
    ],
    [
      'nothing, where the profile ignores configured ones',
      { ...without('flag'), profile: { ignore_configured_endpoint_urls: 'true' } },
      undefined,
      undefined,
    ],
    [
      'an empty variable counts as unset',
      { environment: { AWS_ENDPOINT_URL_STS: '', AWS_ENDPOINT_URL: 'http://variable' } },
      'http://variable',
      'http://variable',
    ],
  ] as readonly (readonly [string, Given, string | undefined, string | undefined])[])('%s', (_, given, sts, iam) => {
    const settings = resolve(given)
    expect([settings.stsEndpointUrl?.value, settings.iamEndpointUrl?.value]).toEqual([sts, iam])
  })
  it.each(['localhost:4566', 'ftp://x', 'http://', 'http://a b'])("'%s' is no address", (value) => {
    expect(failureOf({ environment: { AWS_ENDPOINT_URL: value } })).toEqual({
      code: 'USAGE',
      problem: {
        kind: 'bad-value',
        option: 'AWS_ENDPOINT_URL',
        value,
        expected: 'an http(s) URL',
        origin: inVariable('AWS_ENDPOINT_URL'),
      },
    })
  })
  it.each([
    [{ environment: { AWS_USE_FIPS_ENDPOINT: 'true' } }, 'useFipsEndpoint'],
    [{ profile: { use_fips_endpoint: 'true' } }, 'useFipsEndpoint'],
    [{ environment: { AWS_USE_DUALSTACK_ENDPOINT: 'True' } }, 'useDualstackEndpoint'],
    [{ profile: { use_dualstack_endpoint: 'true' } }, 'useDualstackEndpoint'],
    [{ environment: { AWS_STS_REGIONAL_ENDPOINTS: 'legacy' } }, 'useGlobalEndpoint'],
    [{ profile: { sts_regional_endpoints: 'legacy' } }, 'useGlobalEndpoint'],
  ] as const)('%j sets %s', (given, name) => {
    expect(resolve(given)).toEqual({ ...resolve({}), [name]: true })
  })
})

describe('attempts', () => {
  it.each([
    ['5', 5],
    ['1', 1],
    ['0', 3],
    ['many', 3],
    ['', 3],
    ['1000', 3],
  ])("AWS_MAX_ATTEMPTS='%s' is %i", (value, maxAttempts) => {
    expect(resolve({ environment: { AWS_MAX_ATTEMPTS: value } }).maxAttempts).toBe(maxAttempts)
  })
})

describe('certificates', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
  const files = {
    '/env.pem': PEM,
    '/home/alice/p.pem': `profile ${PEM}`,
    '/flag.pem': `flag ${PEM}`,
    '/extra.pem': `extra ${PEM}`,
    '/empty.pem': 'no\n',
  }
  const flag = { caBundleFlag: { value: '/flag.pem', origin: { kind: 'flag', flag: '--ca-bundle' } as const } }
  it.each([
    [
      'the flag',
      { flags: flag, environment: { AWS_CA_BUNDLE: '/env.pem' }, profile: { ca_bundle: '~/p.pem' } },
      `flag ${PEM}`,
    ],
    ['the variable', { environment: { AWS_CA_BUNDLE: '/env.pem' }, profile: { ca_bundle: '~/p.pem' } }, PEM],
    ['the profile', { profile: { ca_bundle: '~/p.pem' } }, `profile ${PEM}`],
    [
      "Node's extra ones too",
      { environment: { AWS_CA_BUNDLE: '/env.pem', NODE_EXTRA_CA_CERTS: '/extra.pem' } },
      `${PEM}\nextra ${PEM}`,
    ],
    [
      "not Node's where it cannot be read",
      { environment: { AWS_CA_BUNDLE: '/env.pem', NODE_EXTRA_CA_CERTS: '/gone.pem' } },
      PEM,
    ],
    ["Node's alone are left to Node", { environment: { NODE_EXTRA_CA_CERTS: '/extra.pem' } }, undefined],
  ] as readonly (readonly [string, Given, string | undefined])[])('%s', (_, given, ca) => {
    expect(resolve({ ...given, files }).ca).toBe(ca)
  })
  it.each([
    ['/gone.pem', 'ENOENT'],
    ['/empty.pem', 'NO_CERTIFICATE'],
  ])('%s is refused with %s', (path, errno) => {
    expect(failureOf({ environment: { AWS_CA_BUNDLE: path }, files })).toEqual({
      code: 'CA_BUNDLE_UNREADABLE',
      place: { path },
      origin: inVariable('AWS_CA_BUNDLE'),
      errno,
    })
  })
})

describe('proxies', () => {
  it('a Windows user in a domain is no host', () => {
    const environment = { https_proxy: 'http://CORP\\alice:pw@proxy.example:3128' }
    expect(new URL(resolve({ environment }).proxies.https ?? '').host).toBe('proxy.example:3128')
  })

  const environment = {
    HTTPS_PROXY: 'http://upper:1',
    https_proxy: 'lower:3128',
    HTTP_PROXY: '//plain:8080',
    NO_PROXY: ' localhost, .example.com ,, 10.0.0.0/8',
  }
  it('lower case wins, an address without http:// is one, NO_PROXY is a list', () => {
    expect(resolve({ environment }).proxies).toEqual({
      https: 'http://lower:3128',
      http: 'http://plain:8080',
      bypass: ['localhost', '.example.com', '10.0.0.0/8'],
    })
  })
  it('what is no proxy that we can use is refused, and its password is not shown', () => {
    expect(failureOf({ environment: { HTTPS_PROXY: 'socks5://carla:hidden@proxy:1080' } })).toMatchObject({
      code: 'USAGE',
      problem: { option: 'HTTPS_PROXY', value: 'socks5://proxy:1080' },
    })
  })
  it('is shown without its login', () => {
    expect(labelOfProxy('http://carla:hidden@proxy.example.com:3128')).toBe('proxy.example.com:3128')
  })
  it.each([
    ['https://sts.eu-west-1.amazonaws.com', [], 'http://secure:1', false],
    ['http://127.0.0.1:4566', [], 'http://plain:1', false],
    ['https://sts.amazonaws.com', ['*'], undefined, true],
    ['https://sts.amazonaws.com', ['amazonaws.com'], undefined, true],
    ['https://sts.amazonaws.com', ['.amazonaws.com'], undefined, true],
    ['https://sts.amazonaws.com', ['*.AMAZONAWS.com'], undefined, true],
    ['https://sts.amazonaws.com', ['sts.amazonaws.com:443'], undefined, true],
    ['https://sts.amazonaws.com', ['sts.amazonaws.com:8443'], 'http://secure:1', false],
    ['https://sts.amazonaws.com', ['aws.com', '', '.'], 'http://secure:1', false],
    ['http://localhost:4566', ['localhost'], undefined, true],
    ['http://localhost:4566', ['localhost:4566'], undefined, true],
    ['http://[::1]:4566', ['::1'], undefined, true],
    ['http://[::1]:4566', ['[::1]:4566'], undefined, true],
    ['http://10.1.2.3', ['10.0.0.0/8'], 'http://plain:1', false],
  ] as const)('%s with NO_PROXY %j', (url, bypass, proxyUrl, ignored) => {
    expect(chooseProxy(new URL(url), { https: 'http://secure:1', http: 'http://plain:1', bypass })).toEqual({
      proxyUrl,
      ignored,
    })
  })
  it('none set is none ignored', () => {
    expect(
      chooseProxy(new URL('https://sts.amazonaws.com'), { https: undefined, http: 'http://plain:1', bypass: ['*'] }),
    ).toEqual({ proxyUrl: undefined, ignored: false })
  })
})

it('AWSMFA_NO_PRECONNECT keeps connections from being opened early', () => {
  expect(resolve({ environment: { AWSMFA_NO_PRECONNECT: '1' } }).preconnect).toBe(false)
})

it.each([
  ['http://sts.corp.example', true],
  ['HTTP://192.0.2.1:8080', true],
  ['http://[2001:db8::1]:80', true],
  ['http://localhost.corp.example', true],
  ['http://127.0.0.1.example', true],
  ['https://sts.corp.example', false],
  ['http://localhost:4566', false],
  ['http://sts.localhost', false],
  ['http://127.0.0.1:5000', false],
  ['http://127.8.0.1', false],
  ['http://[::1]:5000', false],
])('requests to %s cross the network unencrypted: %s', (address, expected) => {
  expect(isUnencrypted(address)).toBe(expected)
})
