/**
 * The wire under the SDK's clients: one keep-alive agent for one address, with the certificates and the proxy that were
 * resolved, and a connection that can be opened before the first request needs it. Built on node:http and node:https, never
 * on the global fetch, whose first use costs four times as much as all of this.
 */
import type { Agent, ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { EarlyConnection } from './early-connection.ts'
import { createEarlyConnection } from './early-connection.ts'
import { chooseProxy, labelOfProxy } from './proxy-choice.ts'
import type { ProxySettings } from './transport-settings.ts'

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
    route: { host: url.host, proxy: proxyUrl === undefined ? undefined : labelOfProxy(proxyUrl), proxyIgnored: ignored },
    agent: makeOnce,
    openEarly: () => {
      if (proxyUrl === undefined && options.preconnect) makeOnce().then(() => early?.open(), () => undefined)
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
  const agent = url.protocol === 'https:'
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

const isSocket = (stream: Duplex | null | undefined): stream is Socket => stream !== null && stream !== undefined && 'connecting' in stream

const timedOut = (): Error => Object.assign(new Error('the connection was not open in time'), { code: 'ETIMEDOUT', syscall: 'connect' })

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
async function createProxyAgent(url: URL, proxyUrl: string, options: TransportOptions & { readonly pending: Set<AbortController> }): Promise<Agent> {
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
  const agent = url.protocol === 'https:' ? new HttpsProxyAgent({ ...common, ...(ca === undefined ? {} : { ca }) }) : new HttpProxyAgent(common)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request: ClientRequestArgs, done?: Connected) => {
    const controller = new AbortController()
    connecting = controller
    pending.add(controller)
    const timer = setTimeout(() => controller.abort(timedOut()), connectTimeoutMs)
    return connect(request, (error: Error | null, socket: Duplex) => {
      clearTimeout(timer)
      pending.delete(controller)
      if (error !== null) return done?.(markProxyFailure(isTimeout(error, controller.signal) ? timedOut() : error), socket)
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
