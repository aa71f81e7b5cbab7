/**
 * Exchanges what somebody has signed in with: the credentials of a role for a sign-in token of the AWS console
 * (Action=getSigninToken of the federation endpoint), and a token of single sign-on for the credentials of a role
 * (GetRoleCredentials of the portal).
 */
import type { Agent } from 'node:http'
import type { TransportSettings } from './connection-settings.ts'
import { formOf } from './console-urls.ts'
import type { SignInEndpoint } from './console-urls.ts'
import { domainOfRegion } from './endpoints.ts'
import { findWireProblem, harmless, unreachable } from './error-mapping.ts'
import { createRequestHandler, createTransport } from './transport.ts'
import type { GivenSession } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'

/** A request for a sign-in token. */
export interface SigninTokenRequest {
  readonly endpoint: SignInEndpoint
  readonly session: GivenSession
  /** How long the console session may last. Only for credentials that were not made from another session. */
  readonly durationSeconds: number | undefined
  readonly transport: Pick<TransportSettings, 'proxies' | 'ca'>
}

const CONNECT_MS = 5000
const ANSWER_MS = 20_000
const LARGEST_ANSWER = 65_536

/**
 * Returns a sign-in token. By POST, so that the credentials are in no log of a proxy. A request whose answer was lost
 * is sent once more. Throws CONSOLE_REFUSED, NETWORK_UNREACHABLE, STS_UNEXPECTED, and the signal's reason.
 */
export async function requestSigninToken(request: SigninTokenRequest, signal: AbortSignal): Promise<string> {
  const { endpoint, session, durationSeconds, transport: settings } = request
  const { accessKeyId, secretAccessKey, sessionToken } = session
  const transport = createTransport({
    url: endpoint.federation,
    ...settings,
    preconnect: false,
    connectTimeoutMs: CONNECT_MS,
  })
  const context = {
    ...transport.route,
    service: 'AWS Sign-In',
    connectTimeoutMs: CONNECT_MS,
    answerTimeoutMs: ANSWER_MS,
    hidden: [secretAccessKey, sessionToken],
  }
  const body = formOf({
    Action: 'getSigninToken',
    ...(durationSeconds === undefined ? {} : { SessionDuration: String(durationSeconds) }),
    Session: JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken }),
  })
  const agent = await transport.agent()
  try {
    for (let attempt = 1; ; attempt += 1) {
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      }
      const sent = await send(endpoint.federation, { method: 'POST', headers, body }, agent, signal)
      const isLost = 'error' in sent ? sent.error?.sent === true : sent.status >= 500
      if (isLost && attempt === 1) continue
      if ('error' in sent)
        throw new AwsmfaError(unreachable(sent.error?.reason ?? 'no-answer', context), { cause: undefined })
      return tokenOf(sent, context)
    }
  } finally {
    transport.settle()
    agent.destroy()
  }
}

type Sent = { readonly status: number; readonly text: string } | { readonly error: ReturnType<typeof findWireProblem> }

interface Sending {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

async function send(address: string, sending: Sending, agent: Agent, signal: AbortSignal): Promise<Sent> {
  signal.throwIfAborted()
  const { protocol, hostname, host, port, pathname, searchParams } = new URL(address)
  const query = Object.fromEntries(searchParams)
  const request = { ...sending, protocol, hostname, path: pathname, query, headers: { host, ...sending.headers } }
  try {
    const { response } = await createRequestHandler(agent).handle(
      port === '' ? request : { ...request, port: Number(port) },
      { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) },
    )
    let text = ''
    for await (const chunk of response.body.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > LARGEST_ANSWER) break
    }
    return { status: response.statusCode, text }
  } catch (error) {
    signal.throwIfAborted()
    return { error: findWireProblem(error) }
  }
}

/** A request for the credentials of a role of single sign-on. */
export interface RoleCredentialsRequest {
  readonly accessToken: string
  readonly region: string
  readonly accountId: string
  readonly roleName: string
  /** The address of the portal in place of the region's; https or loopback, since the token is sent there. */
  readonly endpoint: string | undefined
  readonly transport: Pick<TransportSettings, 'proxies' | 'ca'>
}

/**
 * Returns the credentials of a role; undefined if the portal does not accept the token. Throws ACCESS_DENIED for a role
 * that the user does not have, NETWORK_UNREACHABLE, STS_UNEXPECTED, and the signal's reason. Source: AWS IAM Identity
 * Center Portal API Reference, GetRoleCredentials.
 */
export async function requestRoleCredentials(
  { accessToken, region, accountId, roleName, endpoint, transport: settings }: RoleCredentialsRequest,
  signal: AbortSignal,
): Promise<GivenSession | undefined> {
  const address = new URL(endpoint ?? `https://portal.sso.${region}.${domainOfRegion(region)}`)
  address.pathname = `${address.pathname.replace(/\/$/, '')}/federation/credentials`
  address.search = new URLSearchParams({ role_name: roleName, account_id: accountId }).toString()
  const connectTimeoutMs = CONNECT_MS
  const transport = createTransport({ url: address.href, ...settings, preconnect: false, connectTimeoutMs })
  const hidden = [accessToken]
  const context = {
    ...transport.route,
    service: 'AWS SSO',
    connectTimeoutMs,
    answerTimeoutMs: ANSWER_MS,
    hidden,
  }
  const agent = await transport.agent()
  try {
    for (let attempt = 1; ; attempt += 1) {
      const headers = { 'x-amz-sso_bearer_token': accessToken, accept: 'application/json' }
      const sent = await send(address.href, { method: 'GET', headers }, agent, signal)
      const isLost = 'error' in sent ? sent.error?.sent === true : sent.status >= 500
      if (isLost && attempt === 1) continue
      if ('error' in sent)
        throw new AwsmfaError(unreachable(sent.error?.reason ?? 'no-answer', context), { cause: undefined })
      if (sent.status === 401) return undefined
      const session = sent.status === 200 ? roleCredentialsIn(sent.text) : undefined
      if (session !== undefined) return session
      const operation = 'GetRoleCredentials'
      if (sent.status === 403 || sent.status === 404)
        throw new AwsmfaError({ code: 'ACCESS_DENIED', operation, message: harmless(messageIn(sent.text), { hidden }) })
      const detail = 'the answer has no credentials'
      throw new AwsmfaError({ code: 'STS_UNEXPECTED', operation, status: sent.status, awsCode: undefined, detail })
    }
  } finally {
    transport.settle()
    agent.destroy()
  }
}

function roleCredentialsIn(text: string): GivenSession | undefined {
  try {
    const { roleCredentials: found } = JSON.parse(text) as { readonly roleCredentials?: Record<string, unknown> }
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = found ?? {}
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || typeof sessionToken !== 'string')
      return undefined
    const isTime = typeof expiration === 'number' && Number.isFinite(expiration)
    return { accessKeyId, secretAccessKey, sessionToken, expiration: isTime ? new Date(expiration) : undefined }
  } catch {
    return undefined
  }
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return ''
  }
}

function tokenOf(
  { status, text }: { readonly status: number; readonly text: string },
  context: { readonly hidden: readonly string[] },
): string {
  const token = signinTokenIn(text)
  if (status === 200 && token !== undefined) return token
  if (status === 400 || status === 401 || status === 403) {
    const detail = harmless(withoutTags(text), context)
    throw new AwsmfaError({ code: 'CONSOLE_REFUSED', status, reason: reasonOf(detail), detail })
  }
  const detail = status === 200 ? 'the answer has no sign-in token' : 'the answer is none of the federation endpoint'
  throw new AwsmfaError({ code: 'STS_UNEXPECTED', operation: 'getSigninToken', status, awsCode: undefined, detail })
}

function signinTokenIn(text: string): string | undefined {
  try {
    const { SigninToken: token } = JSON.parse(text) as { readonly SigninToken?: unknown }
    return typeof token === 'string' && /^[\w+/=.~-]+$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}

// Texts: reports of users of aws-vault (#77, #1191).
function reasonOf(detail: string): 'not-a-role' | 'chained' | 'other' {
  if (/Only federation tokens or assume role tokens/i.test(detail)) return 'not-a-role'
  return /Invalid credentials parameter/i.test(detail) ? 'chained' : 'other'
}

/** Returns the text of a page: AWS answers refusals with one. */
function withoutTags(text: string): string {
  return text
    .replace(/<(style|script)[^]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}
