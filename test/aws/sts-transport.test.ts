/** TLS, proxies, timeouts and retries of requests to STS. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createListMfaDevices } from '../../src/aws/sts.ts'
import { createSts } from '../../src/aws/sts.ts'
import type { TransportSettings } from '../../src/aws/connection-settings.ts'
import type { Failure } from '../../src/model/failure.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Sts } from '../../src/aws/sts.ts'
import { settingsFor } from '../support/sts-settings.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, HARDWARE_SERIAL, keyIdFor, secretFor } from '../support/strict-sts/worlds.ts'

const ACCOUNT = '111111111111'
const NEVER = new AbortController().signal
const keysOf = (
  name: string,
  keyNumber: number,
): { readonly accessKeyId: string; readonly secretAccessKey: string } => ({
  accessKeyId: keyIdFor(ACCOUNT, keyNumber),
  secretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/${name}`),
})
const alice = keysOf('alice', 1)
const options = (url: string, changes: Partial<TransportSettings> = {}, connectTimeoutMs = 2000) => ({
  region: 'eu-west-1',
  transport: settingsFor(url, changes),
  now: () => new Date(),
  retryDelayMs: 1,
  connectTimeoutMs,
  answerTimeoutMs: 2000,
})
const ask = (sts: Sts): Promise<unknown> => sts.getCallerIdentity(alice, NEVER)
const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (error instanceof AwsmfaError) return error.failure
  throw new Error('expected an AwsmfaError', { cause: error })
}
const proxied = (https: string, bypass: readonly string[] = []): TransportSettings['proxies'] => ({
  https,
  http: https,
  bypass,
})

let server: StrictSts
let other: StrictSts
let https: string
let ca: string
let proxyUrl: string
beforeAll(async () => {
  ;[server, other] = await Promise.all([
    startStrictSts(aliceWorld(), { proxy: { user: 'carla', password: 'p@ss:w' } }),
    startStrictSts(aliceWorld(), { tls: true, keepAliveTimeoutMs: 100 }),
  ])
  https = server.httpsUrl ?? ''
  ca = server.caPem ?? ''
  proxyUrl = (server.proxyUrl ?? '').replace('//', '//carla:p%40ss%3Aw@')
})
afterAll(() => Promise.all([server.stop(), other.stop()]))
afterEach(() => vi.unstubAllEnvs())
beforeEach(() => server.configure({ faults: [], clearLog: true }))

/** A server that takes connections and does as `onConnect` says. */
const listenRaw = async (
  onConnect: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly connections: () => number; readonly close: () => void }> => {
  const sockets: Socket[] = []
  const raw = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    onConnect(socket)
  }).listen(0, '127.0.0.1')
  await once(raw, 'listening')
  const close = (): void => {
    sockets.forEach((socket) => socket.destroy())
    raw.close()
  }
  return { port: (raw.address() as AddressInfo).port, connections: () => sockets.length, close }
}

/** A closed port. */
const freePort = async (): Promise<number> => {
  const raw = await listenRaw(() => undefined)
  raw.close()
  return raw.port
}

describe('TLS', () => {
  it('trusts the certificates of the bundle', async () => {
    expect(await ask(createSts(options(https, { ca })))).toMatchObject({ account: ACCOUNT })
  })
  it.each([
    ['none', (): string | undefined => undefined],
    ['another', (): string | undefined => other.caPem],
  ] as const)('with %s it says that the certificate is not trusted', async (_, bundle) => {
    expect(await failureOf(ask(createSts(options(https, { ca: bundle() }))))).toEqual({
      code: 'NETWORK_UNREACHABLE',
      host: new URL(https).host,
      reason: 'certificate',
    })
  })
  it('says that a certificate is of another host', async () => {
    const url = https.replace('localhost', '0.0.0.0')
    expect(await failureOf(ask(createSts(options(url, { ca }))))).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      reason: 'certificate',
    })
  })
  it('says that a server speaks no TLS', async () => {
    const url = server.url.replace('http:', 'https:')
    expect(await failureOf(ask(createSts(options(url, { ca }))))).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      reason: 'tls',
    })
  })
  it('uses one connection for several calls and signers', async () => {
    const sts = createSts(options(https, { ca }))
    await ask(sts)
    await sts.getCallerIdentity(keysOf('bob', 2), NEVER)
    const connections = (await server.log()).map((entry) => entry.connection)
    expect(connections).toHaveLength(2)
    expect(new Set(connections).size).toBe(1)
  })
})

describe('unreachable', () => {
  it('reports a closed port', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    expect(await failureOf(ask(createSts(options(url))))).toEqual({
      code: 'NETWORK_UNREACHABLE',
      host: new URL(url).host,
      reason: 'refused',
    })
  })
  it('says that a name is unknown', async () => {
    expect(await failureOf(ask(createSts(options('http://sts.invalid'))))).toEqual({
      code: 'NETWORK_UNREACHABLE',
      host: 'sts.invalid',
      reason: 'dns',
    })
  })
  it('does not wait for a TLS handshake that never comes', async () => {
    const raw = await listenRaw(() => undefined)
    const url = `https://127.0.0.1:${raw.port}`
    expect(await failureOf(ask(createSts(options(url, {}, 50))))).toEqual({
      code: 'NETWORK_UNREACHABLE',
      host: new URL(url).host,
      reason: 'timeout',
      timeoutSeconds: 0.05,
    })
    raw.close()
  })
  it('says that what answers is no HTTP', async () => {
    const raw = await listenRaw((socket) => socket.end('220 smtp.example.com ready\r\n'))
    expect(await failureOf(ask(createSts(options(`http://127.0.0.1:${raw.port}`))))).toMatchObject({
      code: 'STS_UNEXPECTED',
      status: undefined,
    })
    raw.close()
  })
})

describe('proxy', () => {
  it('tunnels through it, with its user and password', async () => {
    expect(await ask(createSts(options(https, { ca, proxies: proxied(proxyUrl) })))).toMatchObject({ account: ACCOUNT })
    expect(await server.connects()).toEqual([
      { time: expect.any(String), target: new URL(https).host, status: 200, user: 'carla' },
    ])
  })
  it('checks the certificate also where NODE_TLS_REJECT_UNAUTHORIZED says not to, with and without a proxy', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const direct = await failureOf(ask(createSts(options(https))))
    const through = await failureOf(ask(createSts(options(https, { proxies: proxied(proxyUrl) }))))
    expect([direct, through]).toMatchObject([{ reason: 'certificate' }, { reason: 'certificate' }])
  })
  it('goes past it to a host that NO_PROXY names', async () => {
    expect(await ask(createSts(options(https, { ca, proxies: proxied(proxyUrl, ['localhost']) })))).toMatchObject({
      account: ACCOUNT,
    })
    expect(await server.connects()).toEqual([])
  })
  it('says that the proxy wants a login, and never shows one', async () => {
    const wrong = (server.proxyUrl ?? '').replace('//', '//carla:guess@')
    expect(await failureOf(ask(createSts(options(https, { ca, proxies: proxied(wrong) }))))).toEqual({
      code: 'NETWORK_UNREACHABLE',
      host: new URL(https).host,
      reason: 'proxy-auth',
      proxy: new URL(wrong).host,
    })
  })
  it('says that the proxy is not there', async () => {
    const gone = `http://127.0.0.1:${await freePort()}`
    expect(await failureOf(ask(createSts(options(https, { ca, proxies: proxied(gone) }))))).toMatchObject({
      reason: 'proxy',
      proxy: new URL(gone).host,
    })
  })
  it('does not wait for a proxy that never answers', async () => {
    const raw = await listenRaw(() => undefined)
    const url = `http://127.0.0.1:${raw.port}`
    expect(await failureOf(ask(createSts(options(https, { ca, proxies: proxied(url) }, 50))))).toMatchObject({
      reason: 'timeout',
      proxy: `127.0.0.1:${raw.port}`,
    })
    raw.close()
  })
  it('says that the certificate behind the proxy is not trusted', async () => {
    expect(await failureOf(ask(createSts(options(https, { proxies: proxied(proxyUrl) }))))).toMatchObject({
      reason: 'certificate',
    })
  })
  it('tells of a proxy that NO_PROXY puts aside, when the host is not reached', async () => {
    const url = `https://127.0.0.1:${await freePort()}`
    expect(await failureOf(ask(createSts(options(url, { proxies: proxied(proxyUrl, ['*']) }))))).toMatchObject({
      reason: 'refused',
      proxyIgnored: true,
    })
  })
  it('connects to nothing before the first call', async () => {
    const sts = createSts(options(https, { ca, proxies: proxied(proxyUrl) }))
    sts.prepare()
    await ask(createSts(options(https, { ca })))
    expect(await server.connects()).toEqual([])
  })
})

describe('early connection', () => {
  it.each([
    [true, 1],
    [false, 0],
  ])(
    'where allowed (%s), prepare connects before anything is asked, and the first call uses it',
    async (preconnect, before) => {
      let count = 0
      const raw = await listenRaw((client) => {
        count += 1
        const { port } = new URL(https)
        void import('node:net').then(({ connect }) => {
          const upstream = connect(Number(port), '127.0.0.1').on('error', () => undefined)
          client.pipe(upstream).pipe(client)
        })
      })
      const sts = createSts(options(`https://localhost:${raw.port}`, { ca, preconnect }))
      sts.prepare()
      if (preconnect) await expect.poll(() => count).toBe(1)
      else await ask(createSts(options(https, { ca })))
      expect(count).toBe(before)
      expect(await ask(sts)).toMatchObject({ account: ACCOUNT })
      expect(count).toBe(1)
      raw.close()
    },
  )
  it('a connection that the server closed meanwhile does no harm', async () => {
    const raw = await listenRaw((client) => client.destroy())
    const sts = createSts(options(`http://127.0.0.1:${raw.port}`))
    sts.prepare()
    await expect.poll(() => raw.connections()).toBeGreaterThan(0)
    expect(await failureOf(ask(sts))).toMatchObject({ code: 'NETWORK_UNREACHABLE', reason: 'reset' })
    raw.close()
  })
  it('prepare swallows every error, and the call reports it', async () => {
    const sts = createSts(options(`http://127.0.0.1:${await freePort()}`))
    sts.prepare()
    expect(await failureOf(ask(sts))).toMatchObject({ reason: 'refused' })
  })
})

describe('abort', () => {
  const reason = new Error('given up')
  it.each([
    ['before it begins', undefined, (url: string) => options(url)],
    ['while the server is silent', 'hang', (url: string) => options(url)],
  ] as const)('%s an abort ends it immediately, with the reason of the signal', async (_, fault, optionsFor) => {
    if (fault !== undefined) await server.configure({ faults: [{ kind: fault, when: 'before', times: 'always' }] })
    const controller = new AbortController()
    const call = createSts(optionsFor(server.url)).getCallerIdentity(alice, controller.signal)
    if (fault !== undefined) await expect.poll(async () => (await server.log()).length).toBe(1)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })
  it('while a proxy does not answer, an abort ends it immediately and closes the connection', async () => {
    let closed = false
    const raw = await listenRaw((socket) => socket.resume().on('close', () => (closed = true)))
    const controller = new AbortController()
    const call = createSts(
      options(https, { proxies: proxied(`http://127.0.0.1:${raw.port}`) }, 60_000),
    ).getCallerIdentity(alice, controller.signal)
    await expect.poll(() => raw.connections()).toBe(1)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect.poll(() => closed).toBe(true)
    raw.close()
  })
  it('while it waits before another attempt, an abort ends it immediately', async () => {
    await server.configure({ faults: [{ kind: 'throttle', status: 400, times: 'always' }] })
    const controller = new AbortController()
    const call = createSts({ ...options(server.url), retryDelayMs: 60_000 }).getCallerIdentity(alice, controller.signal)
    await expect.poll(async () => (await server.log()).length).toBe(1)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })
})

describe('IAM', () => {
  const list = (name: string, keyNumber: number): Promise<unknown> =>
    createListMfaDevices(options(server.url))(keysOf(name, keyNumber), NEVER)

  it.each([
    ['alice', 1, [{ serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/alice`, kind: 'totp' }]],
    ['hank', 3, [{ serialNumber: HARDWARE_SERIAL, kind: 'totp' }]],
    ['frida', 4, [{ serialNumber: `arn:aws:iam::${ACCOUNT}:u2f/user/frida/key-EXAMPLEEXAMPLEEXAMPLE1`, kind: 'fido' }]],
    [
      'mina',
      6,
      [
        { serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/mina-phone`, kind: 'totp' },
        { serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/mina-tablet`, kind: 'totp' },
      ],
    ],
    ['nomfa', 7, []],
  ] as const)('lists the devices of %s', async (name, keyNumber, devices) => {
    expect(await list(name, keyNumber)).toEqual(devices)
    expect((await server.log()).map(({ service, region, operation }) => ({ service, region, operation }))).toEqual([
      { service: 'iam', region: 'us-east-1', operation: 'ListMFADevices' },
    ])
  })
  it('says that listing is not allowed', async () => {
    expect(await failureOf(list('bob', 2))).toMatchObject({
      code: 'ACCESS_DENIED',
      operation: 'ListMFADevices',
      message: expect.stringContaining('iam:ListMFADevices'),
    })
  })
  it('reports that it cannot be reached', async () => {
    const port = await freePort()
    expect(await failureOf(createListMfaDevices(options(`http://127.0.0.1:${port}`))(alice, NEVER))).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      reason: 'refused',
    })
  })
})
