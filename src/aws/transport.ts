/**
 * The wire under the SDK's clients: one keep-alive agent for one address, with the certificates and the proxy that were
 * resolved, a connection that can be opened before the first request needs it, and the SDK's request handler over it.
 * Built on node:http and node:https: the first use of the global fetch costs four times as much.
 */
import type http from 'node:http'
import type { Agent, ClientRequestArgs, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { chooseProxy, labelOfProxy } from './connection-settings.ts'
import type { ProxySettings, TransportSettings } from './connection-settings.ts'
import { stsEndpoint } from './endpoints.ts'

/** How to reach one address. */
export interface TransportOptions {
  readonly url: string
  readonly proxies: ProxySettings
  /** PEM certificates in place of Node's own. */
  readonly ca: string | undefined
  readonly preconnect: boolean
  /** For TCP, proxy and TLS together. */
  readonly connectTimeoutMs: number
}

/** The way to one address. */
export interface Transport {
  /** Where requests go, as messages show it. */
  readonly route: { readonly host: string; readonly proxy: string | undefined; readonly proxyIgnored: boolean }
  /** The one agent, made at first use: of node:https for an https address, else of node:http. */
  readonly agent: () => Promise<Agent>
  /**
   * Opens a connection that the next request takes, and keeps one fresh for a minute. Does nothing behind a proxy or
   * without `preconnect`. Never throws, and keeps no process alive.
   */
  readonly openEarly: () => void
  readonly stopEarly: () => void
  /** Ends connections that are still being opened through a proxy, once nobody waits for them. */
  readonly settle: () => void
}

// An older idle connection may have been closed by the server, which shows only when a request is lost.
const IDLE_MS = 5000
const AGENT_OPTIONS = { keepAlive: true, timeout: IDLE_MS } as const

/** TLS to AWS and to a proxy. `rejectUnauthorized`: else NODE_TLS_REJECT_UNAUTHORIZED=0 would switch checks off. */
function tlsOptions(ca: string | undefined) {
  return { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: [ca] }) }
}

/** Prepares the way to one address. Opens nothing yet. */
export function createTransport(options: TransportOptions): Transport {
  const url = new URL(options.url)
  const { proxyUrl, ignored } = chooseProxy(url, options.proxies)
  const pending = new Set<AbortController>()
  let agent: Promise<Agent> | undefined
  let early: EarlyConnection | undefined
  const make = async (): Promise<Agent> => {
    if (proxyUrl !== undefined) return createProxyAgent(url, proxyUrl, { ...options, pending })
    const direct = await createDirectAgent(url, options)
    if (options.preconnect) early = createEarlyConnection(direct, url)
    return direct
  }
  const makeOnce = (): Promise<Agent> => (agent ??= make())
  return {
    route: { host: url.host, proxy: proxyUrl && labelOfProxy(proxyUrl), proxyIgnored: ignored },
    agent: makeOnce,
    openEarly: () => {
      if (proxyUrl !== undefined || !options.preconnect) return
      makeOnce().then(
        () => early?.open(),
        () => undefined,
      )
    },
    stopEarly: () => early?.stop(),
    settle: () => pending.forEach((controller) => controller.abort()),
  }
}

/** Loaded for the first connection, which takes 3 ms: `exec` with a valid session needs none. */
function httpFor(protocol: string): Promise<Pick<typeof http, 'Agent' | 'request'>> {
  return protocol === 'https:' ? import('node:https') : import('node:http')
}

async function createDirectAgent(url: URL, { ca, connectTimeoutMs }: TransportOptions): Promise<Agent> {
  const { Agent } = await httpFor(url.protocol)
  const agent = new Agent({ ...AGENT_OPTIONS, ...(url.protocol === 'https:' && tlsOptions(ca)) })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request, done) => {
    const socket = connect(request, done)
    if (isSocket(socket)) limitConnecting(socket, url, connectTimeoutMs)
    return socket
  }
  return agent
}

type Connected = (error: Error | null, socket: Duplex) => void

/**
 * Makes an agent that tunnels with CONNECT, for http addresses too. A bundle of certificates counts for the proxy's own
 * TLS as well. An error before the tunnel is open is marked with `proxyFailed`, and with `proxyStatus` if the proxy
 * answered.
 */
async function createProxyAgent(
  url: URL,
  proxyUrl: string,
  { ca, connectTimeoutMs, pending }: TransportOptions & { readonly pending: Set<AbortController> },
): Promise<Agent> {
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent')
  let connecting = new AbortController()
  const proxyRequestOptions = {
    ...tlsOptions(ca),
    // hpagent spreads these options into each CONNECT request, so that each takes the signal of its own connection.
    get signal() {
      return connecting.signal
    },
  }
  const common = { ...AGENT_OPTIONS, proxy: proxyUrl, proxyRequestOptions }
  const agent =
    url.protocol === 'https:' ? new HttpsProxyAgent({ ...common, ...tlsOptions(ca) }) : new HttpProxyAgent(common)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request: ClientRequestArgs, done?: Connected) => {
    const controller = new AbortController()
    connecting = controller
    pending.add(controller)
    const timer = setTimeout(() => controller.abort(timedOut()), connectTimeoutMs)
    return connect(request, (error: Error | null, socket: Duplex) => {
      clearTimeout(timer)
      pending.delete(controller)
      if (error !== null) return done?.(proxyError(error, controller.signal), socket)
      if (isSocket(socket) && url.protocol === 'https:') limitConnecting(socket, url, connectTimeoutMs)
      done?.(null, socket)
    })
  }
  return agent
}

// hpagent tells the status of a refused CONNECT, and the agent's own idle limit, in messages alone (hpagent 1.2.0 ›
// createConnection).
function proxyError(error: Error, signal: AbortSignal): Error {
  const cause = signal.aborted || error.message === 'Proxy timeout' ? timedOut() : error
  const status = /^Bad response: (\d{3})$/.exec(cause.message)?.[1]
  return Object.assign(cause, { proxyFailed: true, ...(status === undefined ? {} : { proxyStatus: Number(status) }) })
}

function isSocket(stream: Duplex | null | undefined): stream is Socket {
  return stream !== null && stream !== undefined && 'connecting' in stream
}

/**
 * Destroys a socket that is not ready for a request in time, TLS included, with the error that Node has for a TCP
 * time-out.
 */
function limitConnecting(socket: Socket, url: URL, timeoutMs: number): void {
  const timer = setTimeout(() => socket.destroy(timedOut()), timeoutMs).unref()
  const stop = (): void => clearTimeout(timer)
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', stop)
  socket.once('close', stop)
}

function timedOut(): Error {
  return Object.assign(new Error('the connection was not open in time'), { code: 'ETIMEDOUT', syscall: 'connect' })
}

/** A minute's worth of early connections; after that a request opens its own. */
const MAX_OPENED = 12

/** Opens connections ahead of requests until it is stopped. */
export interface EarlyConnection {
  readonly open: () => void
  readonly stop: () => void
}

/**
 * Lets an agent open a connection before a request asks for one. The next request to the same address takes it,
 * connected or still connecting. While the agent has none, one is opened every 5 s for a minute, or until `stop`. It
 * goes through the agent's own `createConnection`, so TLS, certificates and time-outs are those of every other. The
 * request that follows meets and reports its errors. Neither socket nor timer keeps the process alive.
 */
export function createEarlyConnection(agent: Agent, url: URL): EarlyConnection {
  const connect = agent.createConnection.bind(agent)
  let early: { readonly socket: Socket; readonly openedAt: number } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let opened = 0
  let isStopped = false
  const tick = (): void => {
    clearTimeout(timer)
    early?.socket.destroy()
    early = undefined
    if (isStopped || opened >= MAX_OPENED) return
    timer = setTimeout(tick, IDLE_MS).unref()
    if (hasConnections(agent)) return
    opened += 1
    const socket = connect(connectionOptions(agent, url)) as Socket
    socket.on('error', () => undefined)
    socket.unref()
    early = { socket, openedAt: performance.now() }
  }
  agent.createConnection = (request, done) => {
    const found = early
    early = undefined
    const isFresh = found !== undefined && !found.socket.destroyed && performance.now() - found.openedAt < IDLE_MS
    if (found !== undefined && !isFresh) found.socket.destroy()
    const socket = isFresh ? found.socket.ref() : (connect(request, done) as Socket)
    // While the person types on after an earlier request, its connection ends of idleness: then another takes its
    // place.
    socket.once('close', () => {
      if (opened > 0 && socket.bytesRead > 0) setImmediate(tick).unref()
    })
    return socket
  }
  return {
    open: tick,
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function hasConnections(agent: Agent): boolean {
  return Object.keys(agent.freeSockets).length > 0 || Object.keys(agent.sockets).length > 0
}

// What an agent passes to createConnection for a request to this address (Node: _http_agent.js › addRequest): its own
// options, which the types do not show, and where to connect.
function connectionOptions(
  agent: Agent & { readonly options?: object },
  url: URL,
): Parameters<Agent['createConnection']>[0] {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$|:/.test(host)
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { ...agent.options, host, port, ...(isAddress ? {} : { servername: host }) }
}

/** Receives the status and the Date header of an answer, as soon as its head is there. */
export type ObserveAnswer = (status: number, date: string | undefined) => void

/** A request as the SDK has signed it. Calls to STS and IAM are POSTs of a form. */
interface SignedRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface HttpAnswer {
  readonly statusCode: number
  readonly reason: string | undefined
  readonly headers: Record<string, string>
  readonly body: IncomingMessage
}

/** A request handler of the SDK; `observe` comes from the options of a `send`. */
interface RequestHandler {
  readonly handle: (
    request: SignedRequest,
    options?: { readonly abortSignal?: unknown; readonly observe?: ObserveAnswer },
  ) => Promise<{ response: HttpAnswer }>
  readonly destroy: () => void
  readonly metadata: { readonly handlerProtocol: string }
}

/**
 * Makes a request handler on an agent, which decides about connections, TLS and proxies. It has no time-outs of its
 * own, and rejects with Node's errors, or with an AbortError when the signal aborts.
 */
export function createRequestHandler(agent: Agent): RequestHandler {
  return {
    handle: async (request, { abortSignal, observe } = {}) => {
      const response = await exchange(request, agent, abortSignal instanceof AbortSignal ? abortSignal : undefined)
      observe?.(response.statusCode, response.headers['date'])
      return { response }
    },
    destroy: () => agent.destroy(),
    metadata: { handlerProtocol: 'http/1.1' },
  }
}

async function exchange(request: SignedRequest, agent: Agent, signal: AbortSignal | undefined): Promise<HttpAnswer> {
  const { protocol, hostname, port, method, headers, body } = request
  const { request: open } = await httpFor(protocol)
  return await new Promise((resolve, reject) => {
    const aborted = (): void => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }))
    if (signal?.aborted === true) return aborted()
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const sent = open({ agent, host, port, method, path: request.path + queryOf(request), headers })
    const onAbort = (): void => {
      sent.destroy()
      aborted()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    sent.once('close', () => signal?.removeEventListener('abort', onAbort))
    sent.on('error', reject)
    sent.once('response', (message: IncomingMessage) =>
      resolve({
        statusCode: message.statusCode ?? -1,
        reason: message.statusMessage,
        headers: joined(message.headers),
        body: message,
      }),
    )
    sent.end(typeof body === 'string' || body instanceof Uint8Array ? body : undefined)
  })
}

function joined(headers: IncomingMessage['headers']): Record<string, string> {
  const entries = Object.entries(headers)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}

/** The query as it was signed: all but A–Z a–z 0–9 - _ . ~ is encoded. A configured endpoint may have one. */
function queryOf({ query = {} }: SignedRequest): string {
  const encoded = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
  const pairs = Object.keys(query)
    .sort()
    .flatMap((name) => [query[name] ?? ''].flat().map((value) => `${encoded(name)}=${encoded(value)}`))
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const CLOCK_CONNECT_MS = 5_000
const CLOCK_ANSWER_MS = 10_000

/**
 * Returns how far the clock of STS is ahead of this one, in whole seconds (its Date header has no more), less half of
 * the round trip; `none` without an answer. The request carries no credentials: a refusal has the header, too. Never
 * throws.
 */
export async function measureClock(
  settings: TransportSettings,
  region: string,
  now: () => Date,
): Promise<number | 'none'> {
  const url = new URL(settings.stsEndpointUrl?.value ?? stsEndpoint(region, settings).url)
  const { proxies, ca } = settings
  const transport = createTransport({
    url: url.href,
    proxies,
    ca,
    preconnect: false,
    connectTimeoutMs: CLOCK_CONNECT_MS,
  })
  try {
    const handler = createRequestHandler(await transport.agent())
    const { protocol, hostname, host } = url
    const request = { protocol, hostname, method: 'GET', path: '/', headers: { host } }
    const startedMs = now().getTime()
    const { response } = await handler.handle(url.port === '' ? request : { ...request, port: Number(url.port) }, {
      abortSignal: AbortSignal.timeout(CLOCK_ANSWER_MS),
    })
    const halfMs = (now().getTime() - startedMs) / 2
    response.body.resume()
    handler.destroy()
    const theirsMs = Date.parse(response.headers['date'] ?? '')
    return Number.isNaN(theirsMs) ? 'none' : Math.round((theirsMs - (startedMs + halfMs)) / 1000)
  } catch {
    // No connection, no trusted certificate, no answer in time: the clock is unknown.
    return 'none'
  } finally {
    transport.settle()
  }
}
