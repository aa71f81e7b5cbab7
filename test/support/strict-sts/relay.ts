/** A TCP relay that adds network latency to loopback connections. */
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

const forwardLate = (from: Socket, to: Socket, firstMs: number, laterMs: number): void => {
  const opened = Date.now()
  // Timers that end at the same time may fire in any order, but bytes must stay in order: each timer runs the next
  // action.
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
 * Creates a relay to a loopback port with a round-trip time of `roundTripMs`: half of it in each direction, plus one
 * whole round trip before the first bytes of a connection arrive, for the TCP handshake.
 */
export const createRelay = (port: number, roundTripMs: number): Server =>
  createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    forwardLate(client, upstream, roundTripMs * 1.5, roundTripMs / 2)
    forwardLate(upstream, client, 0, roundTripMs / 2)
  })
