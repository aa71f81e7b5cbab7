/** A connection to STS that is opened before the first request needs it. */
import { EventEmitter } from 'node:events'
import type { Agent } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEarlyConnection } from '../../src/aws/transport.ts'

interface FakeSocket extends EventEmitter {
  destroyed: boolean
  bytesRead: number
  isRefed: boolean
  readonly target: object
}

/** An agent whose connections are noted and never opened. */
const fakeAgent = () => {
  const sockets: FakeSocket[] = []
  const createConnection = (target: object): FakeSocket => {
    const socket: FakeSocket = Object.assign(new EventEmitter(), {
      destroyed: false,
      bytesRead: 0,
      isRefed: true,
      target,
      destroy: () => (socket.destroyed = true),
      ref: () => Object.assign(socket, { isRefed: true }),
      unref: () => Object.assign(socket, { isRefed: false }),
    })
    sockets.push(socket)
    return socket
  }
  const agent = {
    createConnection,
    sockets: {} as Record<string, unknown[]>,
    freeSockets: {} as Record<string, unknown[]>,
    options: { ca: 'PEM' },
  }
  return {
    agent,
    sockets,
    request: () => (agent as unknown as Agent).createConnection({}, undefined) as unknown as FakeSocket,
  }
}
const earlyFor = (agent: unknown) =>
  createEarlyConnection(agent as Agent, new URL('https://sts.eu-west-1.amazonaws.com'))

describe('a connection opened before it is needed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("is opened as the agent's own would be, and keeps no process alive", () => {
    const { agent, sockets } = fakeAgent()
    earlyFor(agent).open()
    expect(sockets.map(({ target, isRefed }) => ({ target, isRefed }))).toEqual([
      {
        target: {
          ca: 'PEM',
          host: 'sts.eu-west-1.amazonaws.com',
          port: 443,
          servername: 'sts.eu-west-1.amazonaws.com',
        },
        isRefed: false,
      },
    ])
  })
  it('is what the first request gets, and only the first', () => {
    const { agent, sockets, request } = fakeAgent()
    earlyFor(agent).open()
    expect(request()).toBe(sockets[0])
    expect(sockets[0]?.isRefed).toBe(true)
    expect(request()).toBe(sockets[1])
  })
  it('is opened again after 5 s, and the old one closed', () => {
    const { agent, sockets, request } = fakeAgent()
    earlyFor(agent).open()
    vi.advanceTimersByTime(5000)
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true, false])
    expect(request()).toBe(sockets[1])
  })
  it('is not used once the server has closed it', () => {
    const { agent, sockets, request } = fakeAgent()
    earlyFor(agent).open()
    Object.assign(sockets[0] ?? {}, { destroyed: true })
    expect(request()).toBe(sockets[1])
  })
  it('is opened twelve times at most, which is a minute', () => {
    const { agent, sockets } = fakeAgent()
    earlyFor(agent).open()
    vi.advanceTimersByTime(600_000)
    expect(sockets).toHaveLength(12)
    expect(sockets.every((socket) => socket.destroyed)).toBe(true)
  })
  it('is not opened while the agent has one, and is as soon as that one ends', () => {
    const { agent, sockets, request } = fakeAgent()
    earlyFor(agent).open()
    const used = request()
    agent.sockets = { host: [used] }
    vi.advanceTimersByTime(20_000)
    expect(sockets).toHaveLength(1)
    agent.sockets = {}
    used.bytesRead = 1
    used.emit('close')
    vi.advanceTimersByTime(1)
    expect(sockets).toHaveLength(2)
  })
  it('is opened no more once it is stopped', () => {
    const { agent, sockets } = fakeAgent()
    const early = earlyFor(agent)
    early.open()
    early.stop()
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
  })
})
