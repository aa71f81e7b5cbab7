/** A listener that makes loopback feel far away. */
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

const forwardLate = (from: Socket, to: Socket, firstMs: number, laterMs: number): void => {
  // Until the first chunk has been passed on the later ones queue behind it.
  const opened = Date.now()
  // Timers of different lengths that end together may fire in any order, the bytes must not: a timer runs whatever is next.
  const queue: (() => void)[] = []
  const after = (act: () => void): void => {
    queue.push(act)
    setTimeout(() => queue.shift()?.(), Math.max(laterMs, firstMs - (Date.now() - opened)))
  }
  from.on('data', (chunk) => after(() => to.write(chunk)))
  from.on('end', () => after(() => to.end()))
  from.on('error', () => to.destroy())
  from.on('close', () => after(() => to.destroy()))
}

/**
 * Passes connections on to a loopback port with a round trip of `roundTripMs`: half of it each way, and a whole one more before the first
 * bytes of a connection arrive, which stands for TCP's own handshake.
 */
export const createRelay = (port: number, roundTripMs: number): Server =>
  createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    forwardLate(client, upstream, roundTripMs * 1.5, roundTripMs / 2)
    forwardLate(upstream, client, 0, roundTripMs / 2)
  })
