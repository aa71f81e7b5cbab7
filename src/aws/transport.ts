import type { Agent, ClientRequestArgs, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { chooseProxy, labelOfProxy } from './connection-settings.ts'
import type { ProxySettings, TransportSettings } from './connection-settings.ts'
import { stsEndpoint } from './endpoints.ts'
import { monotonicMs } from '../platform/time.ts'

/** What time it is at AWS: the Date header of an answer to a request that carries no credentials. */

const CONNECT_MS = 5_000

const ANSWER_MS = 10_000

/**
 * Gives the clock of STS less this one, in whole seconds (the header knows no less), half of the way there and back taken off;
 * `none` where there is no answer. Whatever STS answers, a refusal as a rule, has the header. Never throws.
 */
export async function measureClock(
  settings: TransportSettings,
  region: string,
  now: () => Date,
): Promise<number | 'none'> {
  const url = new URL(settings.stsEndpointUrl?.value ?? stsEndpoint(region, settings).url)
  const transport = createTransport({
    url: url.href,
    proxies: settings.proxies,
    ca: settings.ca,
    preconnect: false,
    connectTimeoutMs: CONNECT_MS,
  })
  try {
    const handler = createRequestHandler(await transport.agent())
    const started = now().getTime()
    const request = {
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      method: 'GET',
      path: '/',
      headers: { host: url.host },
    }
    const { response } = await handler.handle(request, { abortSignal: AbortSignal.timeout(ANSWER_MS) })
    const half = (now().getTime() - started) / 2
    response.body.resume()
    handler.destroy()
    const theirs = Date.parse(response.headers['date'] ?? '')
    return Number.isNaN(theirs) ? 'none' : Math.round((theirs - (started + half)) / 1000)
  } catch {
    // No way there, no certificate that is trusted, no answer in time: for the clock it is all one.
    return 'none'
  } finally {
    transport.settle()
  }
}

/** A connection idle for longer is not used but opened again: servers close what waits too long. */
const FRESH_MS = 5000

/** How many are opened at most: a minute's worth, then a request opens its own. */
const MAX_OPENED = 12

/** Opens connections ahead of requests until it is stopped. */
export interface EarlyConnection {
  readonly open: () => void
  readonly stop: () => void
}

/**
 * Lets an agent open a connection before a request asks for one. The next request to the same address takes it, connected
 * or still connecting; while the agent has none, one is opened anew every 5 s for a minute, or until `stop`.
 * It goes through the agent's own `createConnection`, so TLS, certificates and time-outs are those of every other. Errors are
 * swallowed: the request that follows meets and reports them. Neither socket nor timer keeps the process alive.
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
    timer = setTimeout(tick, FRESH_MS).unref()
    if (hasConnections(agent)) return
    opened += 1
    const socket = connect(connectionOptions(agent, url)) as Socket
    socket.on('error', () => undefined)
    socket.unref()
    early = { socket, openedAt: monotonicMs() }
  }

  agent.createConnection = (request, done) => {
    const found = early
    early = undefined
    const isFresh = found !== undefined && !found.socket.destroyed && monotonicMs() - found.openedAt < FRESH_MS
    if (found !== undefined && !isFresh) found.socket.destroy()
    const socket = isFresh ? found.socket.ref() : (connect(request, done) as Socket)
    // When the person types on after an earlier request, its connection goes idle and ends: then another takes its place.
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

const hasConnections = (agent: Agent): boolean =>
  Object.keys(agent.freeSockets).length > 0 || Object.keys(agent.sockets).length > 0

// What http.Agent and https.Agent pass to createConnection for a request to this address (Node: _http_agent.js › addRequest):
// their own options, which the types of http.Agent do not show, and where to connect.
function connectionOptions(
  agent: Agent & { readonly options?: object },
  url: URL,
): Parameters<Agent['createConnection']>[0] {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$|:/.test(host)
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { ...agent.options, host, port, ...(isAddress ? {} : { servername: host }) }
}

/**
 * The SDK's way onto the wire: one request, one answer, over an agent of ours. In place of the SDK's own NodeHttpHandler,
 * which starts timers that are the caller's business here, and for plain http the ES module loader (4 ms).
 */

/** Tells status and Date header of an answer, as soon as its head is there. */
export type ObserveAnswer = (status: number, date: string | undefined) => void

/** A request as the SDK has signed it. Calls to STS and IAM are POSTs with a form for a body. */
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

interface Answer {
  readonly statusCode: number
  readonly reason: string | undefined
  readonly headers: Record<string, string>
  readonly body: IncomingMessage
}

/** What the SDK hands on from the options of a `send`. */
interface HandleOptions {
  readonly abortSignal?: unknown
  readonly observe?: ObserveAnswer
}

/** A request handler of the SDK. */
export interface RequestHandler {
  readonly handle: (request: SignedRequest, options?: HandleOptions) => Promise<{ response: Answer }>
  readonly destroy: () => void
  readonly metadata: { readonly handlerProtocol: string }
}

/**
 * Makes a request handler on an agent, which decides about connections, TLS and proxies. It reports each answer to the
 * `observe` of its `send`, has no time-outs, and rejects with Node's errors, or an AbortError when the signal aborts.
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

function exchange(request: SignedRequest, agent: Agent, signal: AbortSignal | undefined): Promise<Answer> {
  const { protocol, hostname, port, method, headers, body } = request
  const { request: open } = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(aborted())
    const sent = open({
      agent,
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      method,
      path: request.path + queryOf(request),
      headers,
    })
    const onAbort = (): void => {
      sent.destroy()
      reject(aborted())
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

const aborted = (): Error => Object.assign(new Error('Request aborted'), { name: 'AbortError' })

const joined = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

/** The query as it was signed (botocore and the SDK encode alike: all but A–Z a–z 0–9 - _ . ~). An endpoint of the person's may have one. */
function queryOf({ query = {} }: SignedRequest): string {
  const pairs = Object.keys(query)
    .sort()
    .flatMap((name) => [query[name] ?? ''].flat().map((value) => `${encoded(name)}=${encoded(value)}`))
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The wire under the SDK's clients: one keep-alive agent for one address, with the certificates and the proxy that were
 * resolved, and a connection that can be opened before the first request needs it. Built on node:http and node:https, never
 * on the global fetch, whose first use costs four times as much as all of this.
 */

/** How to reach one address. */
export interface TransportOptions {
  readonly url: string
  readonly proxies: ProxySettings
  readonly ca: string | undefined
  readonly preconnect: boolean
  /** For TCP, proxy and TLS together. */
  readonly connectTimeoutMs: number
}

/** Where requests go, as messages show it. */
interface Route {
  readonly host: string
  readonly proxy: string | undefined
  readonly proxyIgnored: boolean
}

/**
 * - route: the names for messages
 * - agent: the one agent, made at first use; of node:https for an https address, else of node:http
 * - openEarly: opens a connection that the next request takes, and keeps one fresh for a minute; does nothing behind a proxy
 *   or where `preconnect` is off; never throws, and keeps no process alive
 * - stopEarly: opens no more of them
 * - settle: ends what is being connected through a proxy; for when nobody waits any more
 */
export interface Transport {
  readonly route: Route
  readonly agent: () => Promise<Agent>
  readonly openEarly: () => void
  readonly stopEarly: () => void
  readonly settle: () => void
}

type Connected = (error: Error | null, socket: Duplex) => void

/** Prepares the way to one address. Opens nothing yet. */
export function createTransport(options: TransportOptions): Transport {
  const url = new URL(options.url)
  const { proxyUrl, ignored } = chooseProxy(url, options.proxies)
  const pending = new Set<AbortController>()
  let agent: Promise<Agent> | undefined
  let early: EarlyConnection | undefined
  const make = async (): Promise<Agent> => {
    if (proxyUrl !== undefined) return createProxyAgent(url, proxyUrl, { ...options, pending })
    const direct = createDirectAgent(url, options)
    if (options.preconnect) early = createEarlyConnection(direct, url)
    return direct
  }
  const makeOnce = (): Promise<Agent> => (agent ??= make())
  return {
    route: {
      host: url.host,
      proxy: proxyUrl === undefined ? undefined : labelOfProxy(proxyUrl),
      proxyIgnored: ignored,
    },
    agent: makeOnce,
    openEarly: () => {
      if (proxyUrl === undefined && options.preconnect)
        makeOnce().then(
          () => early?.open(),
          () => undefined,
        )
    },
    stopEarly: () => early?.stop(),
    settle: () => pending.forEach((controller) => controller.abort()),
  }
}

// An idle connection is given up after 5 s: a server may have closed one that is older, which shows only when a request is lost.
const AGENT_OPTIONS = { keepAlive: true, timeout: 5000 } as const

function createDirectAgent(url: URL, options: TransportOptions): Agent {
  const { ca, connectTimeoutMs } = options
  // Not by import(), which starts the ES module loader: 4 ms.
  const agent =
    url.protocol === 'https:'
      ? new (process.getBuiltinModule('node:https').Agent)({ ...AGENT_OPTIONS, ...(ca === undefined ? {} : { ca }) })
      : new (process.getBuiltinModule('node:http').Agent)(AGENT_OPTIONS)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request, done) => {
    const socket = connect(request, done)
    if (isSocket(socket)) limitConnecting(socket, url, connectTimeoutMs)
    return socket
  }
  return agent
}

const isSocket = (stream: Duplex | null | undefined): stream is Socket =>
  stream !== null && stream !== undefined && 'connecting' in stream

const timedOut = (): Error =>
  Object.assign(new Error('the connection was not open in time'), { code: 'ETIMEDOUT', syscall: 'connect' })

/** Destroys a socket that is not ready for a request, TLS included, after so long; with the error that Node gives for a TCP time-out. */
function limitConnecting(socket: Socket, url: URL, timeoutMs: number): void {
  const timer = setTimeout(() => socket.destroy(timedOut()), timeoutMs).unref()
  const stop = (): void => clearTimeout(timer)
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', stop)
  socket.once('close', stop)
}

/**
 * An agent that tunnels with CONNECT, for http addresses too. A bundle of certificates holds for the proxy's own TLS as well.
 * What goes wrong before the tunnel stands is marked with `proxyFailed`, and `proxyStatus` where the proxy answered.
 */
async function createProxyAgent(
  url: URL,
  proxyUrl: string,
  options: TransportOptions & { readonly pending: Set<AbortController> },
): Promise<Agent> {
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent')
  const { ca, connectTimeoutMs, pending } = options
  let connecting = new AbortController()
  const proxyRequestOptions = {
    ...(ca === undefined ? {} : { ca: [ca] }),
    // hpagent spreads these options into each CONNECT request, so that each takes the signal of its own connection.
    get signal() {
      return connecting.signal
    },
  }
  const common = { ...AGENT_OPTIONS, proxy: proxyUrl, proxyRequestOptions }
  const agent =
    url.protocol === 'https:'
      ? new HttpsProxyAgent({ ...common, ...(ca === undefined ? {} : { ca }) })
      : new HttpProxyAgent(common)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request: ClientRequestArgs, done?: Connected) => {
    const controller = new AbortController()
    connecting = controller
    pending.add(controller)
    const timer = setTimeout(() => controller.abort(timedOut()), connectTimeoutMs)
    return connect(request, (error: Error | null, socket: Duplex) => {
      clearTimeout(timer)
      pending.delete(controller)
      if (error !== null)
        return done?.(markProxyFailure(isTimeout(error, controller.signal) ? timedOut() : error), socket)
      if (isSocket(socket) && url.protocol === 'https:') limitConnecting(socket, url, connectTimeoutMs)
      done?.(null, socket)
    })
  }
  return agent
}

// The agent's own idle limit also runs while hpagent waits for the proxy, and has nothing but a message either.
const isTimeout = (error: Error, signal: AbortSignal): boolean => signal.aborted || error.message === 'Proxy timeout'

// hpagent tells the status of a refused CONNECT in its message alone (hpagent 1.2.0 › createConnection).
function markProxyFailure(error: Error): Error {
  const status = /^Bad response: (\d{3})$/.exec(error.message)?.[1]
  return Object.assign(error, { proxyFailed: true, ...(status === undefined ? {} : { proxyStatus: Number(status) }) })
}
