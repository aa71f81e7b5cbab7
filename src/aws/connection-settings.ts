/**
 * How STS and IAM are reached: endpoints, proxy, certificates, retries, from the environment and the profile. Pure but
 * for the reader of the bundle that is passed in. The precedence is botocore's, so that awsmfa goes wherever the AWS
 * CLI goes.
 */
import { AwsmfaError } from '../model/failure.ts'
import type { Origin, Resolved } from '../model/profile.ts'

export interface TransportSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `--endpoint-url` and `--ca-bundle`, before or after `--`. */
  readonly endpointUrlFlag?: Resolved<string> | undefined
  readonly caBundleFlag?: Resolved<string> | undefined
  /** A key of the profile whose settings count. */
  readonly profileSetting: (key: string) => Resolved<string> | undefined
  /** `endpoint_url` of a service in the `[services n]` section that the profile names. */
  readonly serviceEndpoint: (service: 'sts' | 'iam') => Resolved<string> | undefined
  /** Reads a whole file as text; throws Node's errors. */
  readonly readText: (path: string) => string
  readonly home: string | undefined
}

/** The proxies of the environment and the hosts that are reached without one, as NO_PROXY lists them. */
export interface ProxySettings {
  readonly https: string | undefined
  readonly http: string | undefined
  readonly bypass: readonly string[]
}

/** How services are reached. `ca`: PEM certificates in place of the built-in ones, as in the AWS CLI. */
export interface TransportSettings {
  readonly stsEndpointUrl: Resolved<string> | undefined
  readonly iamEndpointUrl: Resolved<string> | undefined
  readonly useFipsEndpoint: boolean
  readonly useDualstackEndpoint: boolean
  readonly useGlobalEndpoint: boolean
  readonly proxies: ProxySettings
  readonly ca: string | undefined
  /** How often a request that carries no token code is sent at most. */
  readonly maxAttempts: number
  /** Whether a connection may be opened before it is needed. */
  readonly preconnect: boolean
}

/**
 * Resolves the connection settings. Throws CA_BUNDLE_UNREADABLE, and USAGE for an invalid address.
 * ALL_PROXY is ignored, as in the AWS CLI (botocore httpsession.py › ProxyConfiguration).
 */
export function resolveTransport(sources: TransportSources): TransportSettings {
  const { environment } = sources
  return {
    stsEndpointUrl: resolveEndpointUrl(sources, 'sts'),
    iamEndpointUrl: resolveEndpointUrl(sources, 'iam'),
    useFipsEndpoint: isOn(sources, 'AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'),
    useDualstackEndpoint: isOn(sources, 'AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
    useGlobalEndpoint:
      settingOf(sources, 'AWS_STS_REGIONAL_ENDPOINTS', 'sts_regional_endpoints')?.value.toLowerCase() === 'legacy',
    proxies: resolveProxies(environment),
    ca: readCa(sources),
    maxAttempts: resolveMaxAttempts(sources),
    preconnect: (environment['AWSMFA_NO_PRECONNECT'] ?? '') === '',
  }
}

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

function fromEnvironment(sources: TransportSources, variable: string): Resolved<string> | undefined {
  const value = nonEmpty(sources.environment[variable])
  return value === undefined ? undefined : { value, origin: { kind: 'environment', variable } }
}

// The environment beats the profile. Source: botocore configprovider.py › BOTOCORE_DEFAUT_SESSION_VARIABLES.
function settingOf(sources: TransportSources, variable: string, key: string): Resolved<string> | undefined {
  return fromEnvironment(sources, variable) ?? sources.profileSetting(key)
}

const isOn = (sources: TransportSources, variable: string, key: string): boolean =>
  settingOf(sources, variable, key)?.value.toLowerCase() === 'true'

// Source: botocore configprovider.py › ConfiguredEndpointProvider: environment before files, service before general.
function resolveEndpointUrl(sources: TransportSources, service: 'sts' | 'iam'): Resolved<string> | undefined {
  const isIgnoring = isOn(sources, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'ignore_configured_endpoint_urls')
  const configured = (): Resolved<string> | undefined =>
    fromEnvironment(sources, `AWS_ENDPOINT_URL_${service.toUpperCase()}`) ??
    fromEnvironment(sources, 'AWS_ENDPOINT_URL') ??
    sources.serviceEndpoint(service) ??
    sources.profileSetting('endpoint_url')
  // The flag names STS alone: `aws --endpoint-url … sts` moves no other service.
  const found = (service === 'sts' ? sources.endpointUrlFlag : undefined) ?? (isIgnoring ? undefined : configured())
  if (found !== undefined) assertAddress(found.value, 'endpoint_url', found.origin)
  return found
}

/** Returns whether requests to an address cross the network unencrypted: http:// to a host that is not loopback. */
export function isUnencrypted(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return protocol === 'http:' && !/^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

const optionName = (origin: Origin, otherwise: string): string =>
  origin.kind === 'environment'
    ? origin.variable
    : origin.kind === 'flag' || origin.kind === 'sts-flag'
      ? origin.flag
      : otherwise

function assertAddress(value: string, key: string, origin: Origin): void {
  if (/^https?:\/\/./i.test(value) && URL.canParse(value)) return
  const problem = {
    kind: 'bad-value',
    option: optionName(origin, key),
    value: withoutLogin(value),
    expected: 'an http(s) URL',
    origin,
  } as const
  throw new AwsmfaError({ code: 'USAGE', problem })
}

// A proxy's address may hold a password.
const withoutLogin = (value: string): string => value.replace(/^([a-z0-9+.-]*:\/\/)?[^/]*@/i, '$1')

// Lower case wins where both are set. Source: Python's urllib.request › getproxies_environment, which botocore asks.
function resolveProxies(environment: TransportSources['environment']): ProxySettings {
  const addressOf = (name: string): string | undefined => {
    const variable = nonEmpty(environment[name]) === undefined ? name.toUpperCase() : name
    const value = nonEmpty(environment[variable])
    if (value === undefined) return undefined
    const withScheme = value.includes('://') ? value : `http://${value.replace(/^\/\//, '')}`
    // URL takes a backslash for a slash, and the domain of a Windows user for the host.
    const address = withScheme.replace(/(?<=:\/\/)[^/@]*(?=@)/, (user) => user.replaceAll('\\', '%5C'))
    assertAddress(address, variable, { kind: 'environment', variable })
    return address
  }
  const bypass = nonEmpty(environment['no_proxy']) ?? environment['NO_PROXY'] ?? ''
  return {
    https: addressOf('https_proxy'),
    http: addressOf('http_proxy'),
    bypass: bypass
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  }
}

function resolveMaxAttempts(sources: TransportSources): number {
  const text = settingOf(sources, 'AWS_MAX_ATTEMPTS', 'max_attempts')?.value ?? ''
  // An invalid number is ignored: it concerns retries alone, and must not stop a login.
  return /^[1-9]\d?$/.test(text) ? Number(text) : DEFAULT_MAX_ATTEMPTS
}

// Source: AWS SDKs and Tools Reference Guide, "Retry behavior": three attempts in standard mode.
const DEFAULT_MAX_ATTEMPTS = 3

function readCa(sources: TransportSources): string | undefined {
  const bundle = sources.caBundleFlag ?? settingOf(sources, 'AWS_CA_BUNDLE', 'ca_bundle')
  if (bundle === undefined) return undefined
  const path =
    sources.home !== undefined && bundle.value.startsWith('~/')
      ? `${sources.home}${bundle.value.slice(1)}`
      : bundle.value
  const unreadable = (errno: string, options?: ErrorOptions): AwsmfaError =>
    new AwsmfaError({ code: 'CA_BUNDLE_UNREADABLE', place: { path }, origin: bundle.origin, errno }, options)
  let pem: string
  try {
    pem = sources.readText(path)
  } catch (error) {
    throw unreadable(error instanceof Error && 'code' in error ? String(error.code) : 'unknown', { cause: error })
  }
  if (!hasCertificate(pem)) throw unreadable('NO_CERTIFICATE')
  return withExtraCa(sources, pem)
}

const hasCertificate = (pem: string): boolean => /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(pem)

// Node adds NODE_EXTRA_CA_CERTS to its own certificates, which a bundle replaces.
function withExtraCa(sources: TransportSources, pem: string): string {
  const path = nonEmpty(sources.environment['NODE_EXTRA_CA_CERTS'])
  if (path === undefined) return pem
  try {
    const extra = sources.readText(path)
    return hasCertificate(extra) ? `${pem}\n${extra}` : pem
  } catch {
    // Node ignores an unreadable file, too, with a warning of its own.
    return pem
  }
}

/** The proxy for one host. `ignored`: one is set, but NO_PROXY names the host. */
export interface ProxyChoice {
  readonly proxyUrl: string | undefined
  readonly ignored: boolean
}

/**
 * Returns the proxy for an address: HTTPS_PROXY for https, HTTP_PROXY for http, none where NO_PROXY lists the host. An
 * entry is a host or the end of one, with or without a leading dot and with or without a port; `*` is every host.
 * Networks such as 10.0.0.0/8 are not understood. Source: Python's urllib.request › proxy_bypass_environment, which
 * botocore asks.
 */
export function chooseProxy(url: URL, proxies: ProxySettings): ProxyChoice {
  const proxyUrl = url.protocol === 'https:' ? proxies.https : proxies.http
  if (proxyUrl === undefined) return { proxyUrl: undefined, ignored: false }
  const bypassed = proxies.bypass.some((entry) => matchesEntry(url, entry.toLowerCase()))
  return bypassed ? { proxyUrl: undefined, ignored: true } : { proxyUrl, ignored: false }
}

function matchesEntry(url: URL, entry: string): boolean {
  if (entry === '*') return true
  const name = entry.replace(/^\*?\.+/, '')
  if (name === '') return false
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return [host, `${host}:${port}`, `[${host}]`, `[${host}]:${port}`].some(
    (form) => form === name || form.endsWith(`.${name}`),
  )
}

/** Returns a proxy as it may be shown: host and port, without user and password. */
export function labelOfProxy(proxyUrl: string): string {
  return new URL(proxyUrl).host
}
