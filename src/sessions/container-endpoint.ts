/**
 * Serves credentials over loopback HTTP, by the protocol of container credentials (AWS SDKs and Tools Reference Guide,
 * "Container credential provider"): SDKs ask again before the credentials expire. Answers come from memory.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, rmdirSync, statSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { GivenSession } from '../model/credentials.ts'
import { formatExpiration, secondsUntil } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import type { SharedFileName } from '../model/profile.ts'
import { writeWhole } from '../platform/atomic-file.ts'
import { isPidUsed } from '../platform/process-info.ts'
import { orElse } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'

/** What is served. */
export interface ServedSession {
  readonly session: GivenSession
  readonly account: string | undefined
}

/** What an endpoint answers from. */
export interface ContainerEndpointOptions {
  readonly current: () => ServedSession
  /** Returns what a program is told once the session has expired. */
  readonly expiredMessage: () => string
  readonly now: Now
}

/** A running endpoint. */
export interface ContainerEndpoint {
  readonly url: string
  /** What programs send in the Authorization header. */
  readonly token: string
  /** Ends it at once, with every connection. */
  readonly close: () => void
}

/** The one path. What protects the credentials is the token. */
const PATH = '/credentials'

/** An SDK sends its request at once: a connection that does not is closed, so that none are used up. */
const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 }

/** Starts an endpoint on a free port of 127.0.0.1. Throws the system's error. */
export async function startContainerEndpoint(options: ContainerEndpointOptions): Promise<ContainerEndpoint> {
  const { createServer } = await import('node:http')
  const token = randomBytes(32).toString('base64url')
  let host = ''
  const server = createServer(LIMITS, (request, response) => {
    const { method, url, headers } = request
    const { status, body } = answerTo({ method, url, headers }, { ...options, host, token })
    request.resume()
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => {
    // It stays: an error while it listens ends neither awsmfa nor its program.
    server.on('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}${PATH}`,
    token,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A request, as far as the answer depends on it. */
interface EndpointRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
}

interface EndpointState extends ContainerEndpointOptions {
  readonly host: string
  readonly token: string
}

interface EndpointAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
}

/**
 * Returns the answer to a request. A web page in a browser can send requests to loopback, but neither with another
 * site's `Host` (DNS rebinding) nor with the token.
 */
function answerTo({ method, url, headers }: EndpointRequest, state: EndpointState): EndpointAnswer {
  if (headers.host !== state.host) return refuse(403, 'AccessDenied', 'the Host header is not that of this address')
  if (!isSame(headers.authorization ?? '', state.token))
    return refuse(401, 'AccessDenied', 'the Authorization header is not AWS_CONTAINER_AUTHORIZATION_TOKEN')
  if (url !== PATH) return refuse(404, 'NotFound', 'there is nothing at this path')
  if (method !== 'GET') return refuse(405, 'MethodNotAllowed', 'only GET is allowed')
  const { session, account } = state.current()
  const now = state.now()
  const { expiration } = session
  if (expiration !== undefined && secondsUntil(expiration, now) === 0)
    return refuse(403, 'ExpiredToken', state.expiredMessage())
  return {
    status: 200,
    body: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      Token: session.sessionToken,
      // SDKs require one. Where it is not known, they ask again after a while.
      Expiration: formatExpiration(expiration ?? new Date(now.getTime() + UNKNOWN_MS)),
      ...(account === undefined ? {} : { AccountId: account }),
    },
  }
}

const UNKNOWN_MS = 60 * 60_000

/** In both spellings: the SDK for Go reads lower case, the one for JavaScript upper case. */
function refuse(status: number, code: string, message: string): EndpointAnswer {
  return { status, body: { code, message, Code: code, Message: message } }
}

/** Takes the same time for every text: a hash makes the lengths equal. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}

/** A private copy of the config file, for the program that an endpoint serves. Never throws when it is removed. */
export interface ConfigCopy {
  readonly path: string
  /** Throws FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE. */
  readonly write: (bytes: Buffer) => void
  readonly remove: () => void
}

/** Each renewal writes a copy again; one that is older belongs to a process that was killed. */
const ABANDONED_MS = 7 * 24 * 60 * 60_000

/** Removes the copies that killed processes left in awsmfa's state folder. Never throws. */
export function sweepConfigCopies(stateFolder: string, now: Now): void {
  const folder = folderOfCopies(stateFolder)
  for (const name of orElse([] as string[], () => readdirSync(folder))) {
    const path = join(folder, name)
    const pid = /^(\d+)-[0-9a-f]+\.config$/.exec(name)?.[1]
    const isAbandoned = (): boolean => now().getTime() - statSync(path).mtimeMs > ABANDONED_MS
    if (pid !== undefined && !isPidUsed(Number(pid)) && orElse(false, isAbandoned))
      orElse(undefined, () => rmSync(path, { force: true }))
  }
}

/**
 * Writes a copy for this process in awsmfa's state folder, else in a new private folder for temporary files. Throws
 * FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE.
 */
export function createConfigCopy(stateFolder: string, bytes: Buffer): ConfigCopy {
  const file = `${process.pid}-${randomBytes(8).toString('hex')}.config`
  const usual = join(folderOfCopies(stateFolder), file)
  try {
    writeWhole(usual, bytes)
    return copyAt(usual)
  } catch (error) {
    const folder = isFailure(error, 'FILE_NOT_WRITABLE')
      ? orElse(undefined, () => mkdtempSync(join(tmpdir(), 'awsmfa-')))
      : undefined
    if (folder === undefined) throw error
    const path = join(folder, file)
    writeWhole(path, bytes)
    const copy = copyAt(path)
    return {
      ...copy,
      remove: () => {
        copy.remove()
        orElse(undefined, () => rmdirSync(dirname(path)))
      },
    }
  }
}

function folderOfCopies(stateFolder: string): string {
  return join(stateFolder, 'server')
}

function copyAt(path: string): ConfigCopy {
  return {
    path,
    write: (bytes) => writeWhole(path, bytes),
    remove: () => orElse(undefined, () => rmSync(path, { force: true })),
  }
}

/**
 * Returns a text that differs once another process may have stored a session: the state of the shared files and of
 * awsmfa's cache. Never throws.
 */
export function stateOfFiles({
  paths,
  folders,
}: {
  readonly paths: Readonly<Record<SharedFileName, string>>
  readonly folders: { readonly cache: string }
}): string {
  const looked = [paths.credentials, paths.config, join(folders.cache, 'sessions')]
  const states = looked.map((path) => orElse(undefined, () => statSync(path, { throwIfNoEntry: false })))
  return JSON.stringify(states.map((found) => found && [found.ino, found.size, found.mtimeMs]))
}
