/**
 * What a failed request means: AWS's error codes, and errors of the network, as failures. Pure. Codes decide; message
 * text decides only where AWS gives one code to things that need different remedies, and each such text is recorded in
 * fixtures/sts. An unknown text means what its code means.
 */
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { Failure, FailureOf, NetworkProblem } from '../model/failure.ts'
import type { Origin } from '../model/profile.ts'

/** A request as failures describe it. `hidden`: secrets that no message may contain. */
export interface RequestContext {
  readonly operation: string
  /** AWS's name of what is called, unless it is STS. */
  readonly service?: string | undefined
  readonly region: string
  readonly host: string
  readonly proxy: string | undefined
  readonly proxyIgnored: boolean
  readonly accessKeyId: string
  readonly credentialsOrigin: Origin | 'session'
  readonly serial: { readonly value: string; readonly origin: Origin } | undefined
  readonly roleArn: string | undefined
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  readonly hidden: readonly string[]
}

/** What arrived of the answer. `now` is our clock when `serverTime` was read. */
export interface Exchange {
  readonly status: number | undefined
  /** The answer's Date header. */
  readonly serverTime: Date | undefined
  readonly now: Date
  /** The request was sent, and no answer came in time. */
  readonly unanswered: boolean
}

/**
 * - refused: AWS answered, and would answer the same again
 * - busy: AWS turned it away unread; a token code in it is not spent
 * - lost: it may have been processed, and its answer did not arrive whole
 * - unsent: it never reached AWS
 */
type Fate = 'refused' | 'busy' | 'lost' | 'unsent'

/** A failed request: what to report, and whether AWS may have processed it. */
export interface FailedRequest {
  readonly failure: Failure
  readonly fate: Fate
}

/** Explains whatever the SDK threw. The failure contains no secret. */
export function explainFailure(error: unknown, request: RequestContext, exchange: Exchange): FailedRequest {
  if (exchange.unanswered) return { failure: unreachable('no-answer', request), fate: 'lost' }
  const awsError = readAwsError(error, exchange.status)
  if (awsError !== undefined) return explainAwsError(awsError, request, exchange)
  const problem = findWireProblem(error)
  if (problem !== undefined)
    return { failure: unreachable(problem.reason, request), fate: problem.sent ? 'lost' : 'unsent' }
  if (exchange.status === undefined)
    return { failure: unexpected(request, exchange, 'no answer could be read'), fate: 'lost' }
  return {
    failure: unexpected(request, exchange, detailOf(exchange.status)),
    fate: exchange.status === 503 ? 'busy' : 'lost',
  }
}

const detailOf = (status: number): string =>
  status < 300
    ? 'the answer is not one that AWS gives, or was cut short'
    : 'the answer is no error of AWS: something on the way may have given it'

/** Returns the failure of a server that could not be reached; `service`: its name, unless it is STS. */
export function unreachable(
  reason: NetworkProblem,
  request: Pick<RequestContext, 'host' | 'proxy' | 'proxyIgnored' | 'connectTimeoutMs' | 'answerTimeoutMs'> & {
    readonly service?: string | undefined
  },
): Failure {
  const timeoutMs =
    reason === 'timeout' ? request.connectTimeoutMs : reason === 'no-answer' ? request.answerTimeoutMs : undefined
  return {
    code: 'NETWORK_UNREACHABLE',
    host: request.host,
    ...(request.service !== undefined && { service: request.service }),
    reason,
    proxy: request.proxy,
    ...(request.proxyIgnored && { proxyIgnored: true }),
    timeoutSeconds: timeoutMs && timeoutMs / 1000,
  }
}

/**
 * Returns the failure of an answer that AWS does not give. `detail` is in our words, since the answer may contain
 * anything.
 */
export function unexpected(
  request: Pick<RequestContext, 'operation'>,
  exchange: Pick<Exchange, 'status'>,
  detail: string,
  awsCode?: string,
): FailureOf<'STS_UNEXPECTED'> {
  return { code: 'STS_UNEXPECTED', operation: request.operation, status: exchange.status, awsCode, detail }
}

interface AwsError {
  /** AWS's code, without the ending `Exception` that some of its services and SDKs add. */
  readonly code: string
  readonly message: string
}

// The SDK puts the code of the XML answer into `Code`, whether its model knows it or not; what is no XML error has
// none.
function readAwsError(error: unknown, status: number | undefined): AwsError | undefined {
  if (
    !(error instanceof Error) ||
    status === undefined ||
    status < 300 ||
    !('Code' in error) ||
    typeof error.Code !== 'string'
  )
    return undefined
  return /^[\w.:-]{1,128}$/.test(error.Code)
    ? { code: error.Code.replace(/Exception$/, ''), message: error.message }
    : undefined
}

const UNKNOWN_KEY = new Set(['InvalidClientTokenId', 'UnrecognizedClient', 'InvalidAccessKeyId', 'NotAuthorized'])

const CLOCK = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'])

const BUSY = new Set([
  'Throttling',
  'Throttled',
  'RequestLimitExceeded',
  'TooManyRequests',
  'RequestThrottled',
  'SlowDown',
  'BandwidthLimitExceeded',
])

/**
 * Source of codes and texts: STS's API reference ("Errors", "Common errors") and public reports of the texts, kept in
 * fixtures/sts.
 */
function explainAwsError(error: AwsError, request: RequestContext, exchange: Exchange): FailedRequest {
  const { code } = error
  const status = exchange.status ?? 0
  const refused = (failure: Failure): FailedRequest => ({ failure, fate: 'refused' })
  if (BUSY.has(code) || status === 429)
    return { failure: { code: 'THROTTLED', operation: request.operation }, fate: 'busy' }
  if (status >= 500) {
    return {
      failure: unexpected(request, exchange, 'AWS has trouble of its own', code),
      fate: status === 503 ? 'busy' : 'lost',
    }
  }
  if (CLOCK.has(code) || (code === 'SignatureDoesNotMatch' && isSkewed(error, exchange))) {
    return refused({ code: 'CLOCK_SKEWED', skewSeconds: skewSeconds(exchange) })
  }
  if (code === 'SignatureDoesNotMatch') return refused(rejected('wrong-secret', request))
  if (UNKNOWN_KEY.has(code)) return refused(rejected('unknown-key', request))
  if (code === 'ExpiredToken') return refused(rejected('expired', request))
  if (code === 'RegionDisabled') return refused({ code: 'REGION_DISABLED', region: request.region })
  if (code === 'AccessDenied') return refused(explainAccessDenied(error, request, exchange))
  return refused(explainRefusal(error, request))
}

function rejected(reason: 'unknown-key' | 'wrong-secret' | 'session' | 'expired', request: RequestContext): Failure {
  return {
    code: 'CREDENTIALS_REJECTED',
    accessKeyId: shortenAccessKeyId(request.accessKeyId),
    reason,
    origin: request.credentialsOrigin,
  }
}

function explainAccessDenied(error: AwsError, request: RequestContext, exchange: Exchange): Failure {
  if (error.message.startsWith('MultiFactorAuthentication failed with invalid MFA one time pass code')) {
    return {
      code: 'TOKEN_CODE_REJECTED',
      nextCodeInSeconds: nextCodeInSeconds(exchange),
      known: 'wrong-or-used',
      answerLost: false,
    }
  }
  if (
    error.message.startsWith('MultiFactorAuthentication failed, unable to validate MFA code') &&
    request.serial !== undefined
  ) {
    return { code: 'MFA_SERIAL_REJECTED', serial: request.serial.value, origin: request.serial.origin }
  }
  if (error.message.startsWith('Cannot call GetSessionToken with session credentials'))
    return rejected('session', request)
  if (error.message.startsWith('Roles may not be assumed by root accounts'))
    return refusal(error, request, 'root-account')
  return {
    code: 'ACCESS_DENIED',
    operation: request.operation,
    roleArn: request.roleArn,
    message: harmless(error.message, request),
  }
}

function explainRefusal(error: AwsError, request: RequestContext): Failure {
  if (error.code === 'PackedPolicyTooLarge') return refusal(error, request, 'packed-policy')
  if (error.code !== 'ValidationError') return refusal(error, request)
  if (error.message.startsWith('The requested DurationSeconds exceeds the MaxSessionDuration'))
    return refusal(error, request, 'role-maximum')
  return error.message.startsWith('The requested DurationSeconds exceeds the 1 hour session limit')
    ? refusal(error, request, 'chained')
    : refusal(error, request)
}

function refusal(
  error: AwsError,
  request: RequestContext,
  reason?: 'role-maximum' | 'chained' | 'packed-policy' | 'root-account',
): Failure {
  return {
    code: 'REQUEST_REFUSED',
    operation: request.operation,
    awsCode: error.code,
    message: harmless(error.message, request),
    reason,
  }
}

/**
 * Returns AWS's text on one line of at most 1000 characters, without secrets, also as a form encodes them: AWS quotes
 * what it was sent. Control characters stay.
 */
export function harmless(text: string, request: Pick<RequestContext, 'hidden'>): string {
  const cleaned = request.hidden
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)])
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  return cleaned
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, 1000)
}

// AWS accepts a signature for 15 minutes, some services for 5 ("Signature expired: … is now earlier than …"). The text
// decides only where something on the way removed the Date header.
function isSkewed(error: AwsError, exchange: Exchange): boolean {
  const skew = skewSeconds(exchange)
  return skew === undefined
    ? /Signature expired|not yet current/.test(error.message)
    : Math.abs(skew) > 300 || /^Signature (expired|not yet current)/.test(error.message)
}

/** Returns how far our clock is ahead of AWS's, in whole seconds; negative: behind. */
function skewSeconds(exchange: Exchange): number | undefined {
  return exchange.serverTime === undefined
    ? undefined
    : Math.round((exchange.now.getTime() - exchange.serverTime.getTime()) / 1000)
}

/** Returns the seconds until a device shows its next code, every 30 s of AWS's clock (RFC 6238, X = 30, T0 = 0). */
function nextCodeInSeconds(exchange: Exchange): number {
  return 30 - (Math.floor((exchange.serverTime ?? exchange.now).getTime() / 1000) % 30)
}

/**
 * Returns a caught error for `--debug`, without secrets: the SDK attaches the whole answer to it, and AWS quotes the
 * request, session token included, where a signature is wrong.
 */
export function withoutSecrets(error: unknown, facts: RequestContext): Error {
  if (!(error instanceof Error)) return new Error(typeof error)
  // An answer that could not be read may contain credentials anywhere.
  const text =
    'Code' in error || 'code' in error
      ? harmless(error.message, facts)
      : 'no more is told, since the answer may hold credentials'
  const safe = new Error(text)
  safe.name = error.name
  return 'code' in error && typeof error.code === 'string' ? Object.assign(safe, { code: error.code }) : safe
}

/** An error of the network. `sent`: the request may have reached the server, so that it may have been processed. */
export interface WireProblem {
  readonly reason: NetworkProblem
  readonly sent: boolean
}

// Sources: Node's documentation, "Common system errors"; libuv's EAI_* names.
const BY_CODE: Readonly<Record<string, WireProblem>> = {
  ENOTFOUND: { reason: 'dns', sent: false },
  EAI_AGAIN: { reason: 'dns', sent: false },
  EAI_FAIL: { reason: 'dns', sent: false },
  EAI_NODATA: { reason: 'dns', sent: false },
  EAI_NONAME: { reason: 'dns', sent: false },
  ECONNREFUSED: { reason: 'refused', sent: false },
  EHOSTUNREACH: { reason: 'unreachable', sent: false },
  ENETUNREACH: { reason: 'unreachable', sent: false },
  ENETDOWN: { reason: 'unreachable', sent: false },
  EHOSTDOWN: { reason: 'unreachable', sent: false },
  EADDRNOTAVAIL: { reason: 'unreachable', sent: false },
  EPROTO: { reason: 'tls', sent: false },
  ECONNRESET: { reason: 'reset', sent: true },
  ECONNABORTED: { reason: 'reset', sent: true },
  EPIPE: { reason: 'reset', sent: true },
  ERR_STREAM_PREMATURE_CLOSE: { reason: 'reset', sent: true },
  ETIMEDOUT: { reason: 'timeout', sent: true },
}

// OpenSSL's names of what can be wrong with a certificate (Node's documentation, "X509 certificate error codes"), and
// Node's own two.
const CERTIFICATE =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_CERT|ERROR_IN_CERT_|ERROR_IN_CRL_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/

/**
 * Returns the network error in a caught error, its causes and, where several addresses were tried, the first of them;
 * undefined if there is none.
 */
export function findWireProblem(error: unknown): WireProblem | undefined {
  const links = chainOf(error)
  const proxied = links.find((link) => link['proxyFailed'] === true)
  for (const link of links) {
    const problem = problemOf(link)
    if (problem === undefined) continue
    return proxied === undefined || problem.reason === 'certificate'
      ? problem
      : { reason: proxyReason(proxied), sent: false }
  }
  return proxied === undefined ? undefined : { reason: proxyReason(proxied), sent: false }
}

type Link = Readonly<Record<string, unknown>>

function chainOf(error: unknown): readonly Link[] {
  const links: Link[] = []
  for (let current = error; current instanceof Error && links.length < 8;) {
    links.push(current as unknown as Link)
    current = current instanceof AggregateError ? current.errors[0] : current.cause
  }
  return links
}

const proxyReason = (link: Link): NetworkProblem =>
  link['proxyStatus'] === 407 ? 'proxy-auth' : link['code'] === 'ETIMEDOUT' ? 'timeout' : 'proxy'

function problemOf(link: Link): WireProblem | undefined {
  const code = typeof link['code'] === 'string' ? link['code'] : ''
  if (CERTIFICATE.test(code)) return { reason: 'certificate', sent: false }
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) return { reason: 'tls', sent: false }
  // Node: "Client network socket disconnected before secure TLS connection was established" alone carries these
  // properties.
  if (code === 'ECONNRESET' && 'localAddress' in link) return { reason: 'reset', sent: false }
  const found = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined
  return found !== undefined && (link['syscall'] === 'connect' || link['syscall'] === 'getaddrinfo')
    ? { ...found, sent: false }
    : found
}
