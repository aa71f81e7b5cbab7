/**
 * Starts the strict STS server and controls it, for tests, the benchmark and the demo. The server runs as a separate
 * process and verifies what AWS verifies: signatures, keys, parameters, trust policies, and token codes, each of which
 * works once.
 */
import type { ChildProcessByStdio } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Changes, Log } from './control.ts'
import type { FrontOptions } from './fronts.ts'
import type { Listening, Start } from './main.ts'
import type { ConnectEntry, LogEntry } from './state.ts'
import type { World } from './world.ts'
import { codeOfStep, stepAt } from './totp.ts'
import { findDevice } from './world.ts'

export type { Changes, ConnectEntry, LogEntry, World }
export type StrictStsOptions = FrontOptions & { readonly clockOffsetMs?: number }

/**
 * A running server.
 * - url: plain HTTP; httpsUrl: TLS for localhost if `tls` is set, with its CA as text and as a file (for AWS_CA_BUNDLE)
 * - log, connects: the requests to STS and IAM, and to the proxy, in order
 * - code: the current token code of a device, or that of `stepOffset` steps of 30 s later (negative: earlier), on the
 *   server's clock; STS accepts -1, 0 and 1, each once. Throws for an unknown serial number.
 * - environment: the variables that point AWS tools to this server, for STS, IAM and the console, over HTTP or TLS
 * - stop: ends the process and removes the CA file
 */
export type StrictSts = {
  readonly url: string
  readonly httpsUrl?: string
  readonly caPem?: string
  readonly caPemPath?: string
  readonly proxyUrl?: string
  readonly pid: number
  readonly log: () => Promise<readonly LogEntry[]>
  readonly connects: () => Promise<readonly ConnectEntry[]>
  readonly configure: (changes: Changes) => Promise<void>
  readonly code: (serial: string, stepOffset?: number) => string
  readonly environment: (transport?: 'http' | 'https') => Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

type Child = ChildProcessByStdio<Writable, Readable, null>

const findRoot = (folder: string): string =>
  existsSync(join(folder, 'scripts', 'build-strict-sts.mjs'))
    ? folder
    : dirname(folder) === folder
      ? folder
      : findRoot(dirname(folder))

/** Returns the path of `build/strict-sts.cjs`. Builds it first if it is missing or older than its sources. */
const ensureBuilt = (): string => {
  const root = findRoot(dirname(fileURLToPath(import.meta.url)))
  const built = join(root, 'build', 'strict-sts.cjs')
  const sources = join(root, 'test', 'support', 'strict-sts')
  const builtMs = existsSync(built) ? statSync(built).mtimeMs : 0
  if (readdirSync(sources).some((name) => statSync(join(sources, name)).mtimeMs > builtMs)) {
    execFileSync(process.execPath, [join(root, 'scripts', 'build-strict-sts.mjs')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  return built
}

const readListening = (child: Child): Promise<Listening> =>
  new Promise((resolve, reject) => {
    let pending = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`strict-sts ended with ${code ?? 'a signal'} before it listened`)))
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => {
      pending += chunk
      const end = pending.indexOf('\n')
      if (end >= 0) resolve(JSON.parse(pending.slice(0, end)) as Listening)
    })
  })

const callControl = (port: number, method: 'GET' | 'POST', path: string, body = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`strict-sts control: ${text}`)),
      )
    })
    call.on('error', reject)
    call.end(body)
  })

// The server inherits no environment, except SystemRoot, without which Windows cannot start a program.
const bareEnvironment = (): Record<string, string> => {
  const systemRoot = process.env['SystemRoot']
  return systemRoot === undefined ? {} : { SystemRoot: systemRoot }
}

const spawnServer = (start: Start): Child => {
  const child = spawn(process.execPath, [ensureBuilt()], { stdio: ['pipe', 'pipe', 'inherit'], env: bareEnvironment() })
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(start)}\n`)
  return child
}

// A parent that does not stop the server must still be able to exit; the server then exits when its stdin closes.
const unrefChild = (child: Child): void => {
  child.unref()
  for (const stream of [child.stdin, child.stdout]) {
    if (stream instanceof Socket) stream.unref()
  }
}

const stopServer = (child: Child, folder: string | undefined): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
      resolve()
    }
    if (child.exitCode !== null || child.signalCode !== null) return finish()
    child.ref()
    child.once('exit', finish)
    child.stdin.end()
  })

const writeCa = (caPem: string): { readonly folder: string; readonly path: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'strict-sts-'))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, caPem)
  return { folder, path }
}

const environmentOf = (
  listening: Listening,
  caPemPath: string | undefined,
  transport: 'http' | 'https',
): Record<string, string> => {
  const endpoint = transport === 'https' ? listening.httpsUrl : listening.url
  if (endpoint === undefined) throw new Error('strict-sts was started without { tls: true }')
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
    AWS_ENDPOINT_URL_IAM: endpoint,
    AWSMFA_SIGNIN_ENDPOINT: endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(transport === 'https' && caPemPath !== undefined ? { AWS_CA_BUNDLE: caPemPath } : {}),
  }
}

/**
 * Starts a server for `world`, building it if necessary. Resolves once it listens, on 127.0.0.1 only. The server runs
 * until `stop()`, or until this process ends.
 */
export const startStrictSts = async (world: World, options: StrictStsOptions = {}): Promise<StrictSts> => {
  const child = spawnServer({ world, options })
  const listening = await readListening(child)
  unrefChild(child)
  const ca = listening.caPem === undefined ? undefined : writeCa(listening.caPem)
  let current: World = world
  let clockOffsetMs = options.clockOffsetMs ?? 0
  const readLog = async (): Promise<Log> =>
    JSON.parse(await callControl(listening.controlPort, 'GET', '/_control/log')) as Log
  return {
    url: listening.url,
    ...(listening.httpsUrl === undefined ? {} : { httpsUrl: listening.httpsUrl }),
    ...(listening.caPem === undefined || ca === undefined ? {} : { caPem: listening.caPem, caPemPath: ca.path }),
    ...(listening.proxyUrl === undefined ? {} : { proxyUrl: listening.proxyUrl }),
    pid: child.pid ?? 0,
    log: async () => (await readLog()).requests,
    connects: async () => (await readLog()).connects,
    configure: async (changes) => {
      await callControl(listening.controlPort, 'POST', '/_control/configure', JSON.stringify(changes))
      current = changes.world ?? current
      clockOffsetMs = changes.clockOffsetMs ?? clockOffsetMs
    },
    code: (serial, stepOffset = 0) => {
      const seed = findDevice(current, serial)?.seed
      if (seed === undefined) throw new Error(`no code device ${serial} in this world`)
      return codeOfStep(seed, stepAt(Date.now() + clockOffsetMs) + stepOffset)
    },
    environment: (transport = 'http') => environmentOf(listening, ca?.path, transport),
    stop: () => stopServer(child, ca?.folder),
  }
}
