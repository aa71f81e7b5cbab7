import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { monotonicMs } from './monotonic-clock.ts'

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

const hasConnections = (agent: Agent): boolean => Object.keys(agent.freeSockets).length > 0 || Object.keys(agent.sockets).length > 0

// What http.Agent and https.Agent pass to createConnection for a request to this address (Node: _http_agent.js › addRequest):
// their own options, which the types of http.Agent do not show, and where to connect.
function connectionOptions(agent: Agent & { readonly options?: object }, url: URL): Parameters<Agent['createConnection']>[0] {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$|:/.test(host)
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { ...agent.options, host, port, ...(isAddress ? {} : { servername: host }) }
}
