/**
 * An HTTP CONNECT proxy that leads every host to the server's own TLS port, for tools that know no endpoint variable.
 * Whatever is asked for, nothing ever leaves the machine.
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

const isLetIn = (header: string | undefined, login: ProxyLogin | undefined): boolean =>
  login === undefined || header === `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`

/** A proxy, not yet listening. With a login it asks for Basic authentication (407). Plain requests get 405. Every CONNECT is logged. */
export const createProxy = (state: ServerState, tlsPort: number, login?: ProxyLogin): Server => {
  const server = createServer((_request, response) => {
    response.writeHead(405).end()
  })
  server.on('connect', (request, socket, head: Buffer) => {
    const header = request.headers['proxy-authorization']
    const status = isLetIn(header, login) ? 200 : 407
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
