/**
 * An HTTP CONNECT proxy that connects every host to the server's own TLS port, for tools that read no endpoint
 * variable. No request leaves the machine.
 */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { ServerState } from './state.ts'

export type ProxyLogin = { readonly user: string; readonly password: string }

const userOf = (header: string | undefined): string | null =>
  header === undefined
    ? null
    : (Buffer.from(header.replace(/^Basic /i, ''), 'base64')
        .toString('utf8')
        .split(':')[0] ?? null)

const isAuthorized = (header: string | undefined, login: ProxyLogin | undefined): boolean =>
  login === undefined || header === `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`

/**
 * Creates the proxy, not yet listening. With a login it requires Basic authentication (407). It answers plain requests
 * with 405, and logs every CONNECT.
 */
export const createProxy = (state: ServerState, tlsPort: number, login?: ProxyLogin): Server => {
  const server = createServer((_request, response) => {
    response.writeHead(405).end()
  })
  server.on('connect', (request, socket, head: Buffer) => {
    const header = request.headers['proxy-authorization']
    const status = isAuthorized(header, login) ? 200 : 407
    state.connects.push({ time: new Date().toISOString(), target: request.url ?? '', status, user: userOf(header) })
    socket.on('error', () => socket.destroy())
    if (status === 407) {
      const headers = ['Proxy-Authenticate: Basic realm="strict-sts"', 'Content-Length: 0', 'Connection: close']
      socket.end(['HTTP/1.1 407 Proxy Authentication Required', ...headers, '', ''].join('\r\n'))
      return
    }
    const upstream = connect(tlsPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
  })
  return server
}
