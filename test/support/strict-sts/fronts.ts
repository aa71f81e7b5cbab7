/** The listeners: HTTP, TLS and proxy, all on 127.0.0.1. */
import type { IncomingMessage, RequestListener, Server as HttpServer, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { SecureContext } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { Authority } from './certificates.ts'
import type { ProxyLogin } from './proxy.ts'
import type { ReceivedRequest } from './sigv4.ts'
import type { ServerState } from './state.ts'
import { createAuthority } from './certificates.ts'
import type { Page } from './federation.ts'
import { isForConsole, serveFederation } from './federation.ts'
import { createProxy } from './proxy.ts'
import { createRelay } from './relay.ts'
import { send } from './send.ts'
import { serve } from './service.ts'
import { serverNow } from './state.ts'

/** Options of the listeners. `roundTripMs` simulates network latency; `proxy` implies `tls`. */
export type FrontOptions = {
  readonly tls?: boolean
  readonly proxy?: boolean | ProxyLogin
  readonly roundTripMs?: number
  readonly keepAliveTimeoutMs?: number
}

export type Fronts = {
  readonly url: string
  readonly httpsUrl?: string
  readonly caPem?: string
  readonly proxyUrl?: string
}

const BODY_LIMIT = 256 * 1024

const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += (chunk as Buffer).length
    if (size > BODY_LIMIT) break
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

const receive = (message: IncomingMessage, body: Buffer): ReceivedRequest => ({
  method: message.method ?? '',
  path: message.url ?? '',
  headers: Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  ),
  body,
})

const listenerFor = (state: ServerState, transport: 'http' | 'https'): RequestListener => {
  const numbers = new WeakMap<Socket, number>()
  const connectionOf = (socket: Socket): number => {
    const known = numbers.get(socket)
    if (known !== undefined) return known
    state.connections += 1
    numbers.set(socket, state.connections)
    return state.connections
  }
  return (message, response) => {
    const connection = connectionOf(message.socket)
    void readBody(message)
      .then(async (body) => {
        const request = receive(message, body)
        const isUnsignedGet = request.method === 'GET' && request.headers['authorization'] === undefined
        if (isForConsole(request)) sendPage(state, serveFederation(state, request, { transport, connection }), response)
        else if (isUnsignedGet) answerGet(state, request, { transport, connection }, response)
        else send(state, response, await serve(state, { transport, connection, request }))
      })
      .catch(() => message.socket.destroy())
  }
}

type Where = { readonly transport: 'http' | 'https'; readonly connection: number }

const sendPage = (
  state: ServerState,
  { status, contentType, body, location }: Page,
  response: ServerResponse,
): void => {
  response.sendDate = false
  response
    .writeHead(status, {
      Date: new Date(serverNow(state)).toUTCString(),
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      ...(location === undefined ? {} : { Location: location }),
    })
    .end(body)
}

// STS redirects an unsigned GET; awsmfa sends one to open a connection early.
const answerGet = (state: ServerState, request: ReceivedRequest, where: Where, response: ServerResponse): void => {
  state.log.push({
    ...where,
    time: new Date().toISOString(),
    method: 'GET',
    service: null,
    operation: null,
    parameters: {},
    accessKeyId: null,
    region: null,
    signer: null,
    signerArn: null,
    isMfaPresent: false,
    status: 302,
    outcome: null,
    faults: [],
    host: request.headers['host'] ?? '',
    userAgent: request.headers['user-agent'] ?? '',
  })
  response.sendDate = false
  const date = new Date(serverNow(state)).toUTCString()
  response.writeHead(302, { Date: date, Location: 'https://aws.amazon.com/iam', 'Content-Length': 0 }).end()
}

/** Listens on a free port of 127.0.0.1 and returns the port. */
export const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })

const tlsServer = (state: ServerState, authority: Authority): HttpServer => {
  const contexts = new Map<string, SecureContext>()
  const contextFor = (name: string): SecureContext => {
    const known = contexts.get(name)
    if (known !== undefined) return known
    const { certificatePem, keyPem } = authority.certificateFor([name])
    const context = createSecureContext({ cert: certificatePem, key: keyPem })
    contexts.set(name, context)
    return context
  }
  const { certificatePem, keyPem } = authority.certificateFor(['localhost', '127.0.0.1'])
  return createHttpsServer(
    {
      cert: certificatePem,
      key: keyPem,
      SNICallback: (name, done) => (name === 'localhost' ? done(null) : done(null, contextFor(name))),
    },
    listenerFor(state, 'https'),
  )
}

/** Starts the listeners and returns their addresses. They run until the process ends. */
export const startFronts = async (state: ServerState, options: FrontOptions): Promise<Fronts> => {
  const far = async (port: number): Promise<number> =>
    options.roundTripMs === undefined ? port : listen(createRelay(port, options.roundTripMs))
  const tuned = (server: HttpServer): HttpServer => {
    if (options.keepAliveTimeoutMs !== undefined) server.keepAliveTimeout = options.keepAliveTimeoutMs
    return server
  }
  const url = `http://127.0.0.1:${await far(await listen(tuned(createHttpServer(listenerFor(state, 'http')))))}`
  const proxy = options.proxy ?? false
  if (options.tls !== true && proxy === false) return { url }
  const authority = createAuthority()
  const tlsPort = await far(await listen(tuned(tlsServer(state, authority))))
  const secured = { url, httpsUrl: `https://localhost:${tlsPort}`, caPem: authority.caPem }
  if (proxy === false) return secured
  const proxyPort = await listen(createProxy(state, tlsPort, proxy === true ? undefined : proxy))
  return { ...secured, proxyUrl: `http://127.0.0.1:${proxyPort}` }
}
