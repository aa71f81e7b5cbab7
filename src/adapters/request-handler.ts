/**
 * The SDK's way onto the wire: one request, one answer, over an agent of ours. In place of the SDK's own NodeHttpHandler,
 * which starts timers that are the caller's business here, and for plain http the ES module loader (4 ms).
 */
import type { Agent, IncomingMessage } from 'node:http'

/** Tells status and Date header of an answer, as soon as its head is there. */
export type ObserveAnswer = (status: number, date: string | undefined) => void

/** A request as the SDK has signed it. Calls to STS and IAM are POSTs with a form for a body. */
interface SignedRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Answer {
  readonly statusCode: number
  readonly reason: string | undefined
  readonly headers: Record<string, string>
  readonly body: IncomingMessage
}

/** What the SDK hands on from the options of a `send`. */
interface HandleOptions {
  readonly abortSignal?: unknown
  readonly observe?: ObserveAnswer
}

/** A request handler of the SDK. */
export interface RequestHandler {
  readonly handle: (request: SignedRequest, options?: HandleOptions) => Promise<{ response: Answer }>
  readonly destroy: () => void
  readonly metadata: { readonly handlerProtocol: string }
}

/**
 * Makes a request handler on an agent, which decides about connections, TLS and proxies. It reports each answer to the
 * `observe` of its `send`, has no time-outs, and rejects with Node's errors, or an AbortError when the signal aborts.
 */
export function createRequestHandler(agent: Agent): RequestHandler {
  return {
    handle: async (request, { abortSignal, observe } = {}) => {
      const response = await exchange(request, agent, abortSignal instanceof AbortSignal ? abortSignal : undefined)
      observe?.(response.statusCode, response.headers['date'])
      return { response }
    },
    destroy: () => agent.destroy(),
    metadata: { handlerProtocol: 'http/1.1' },
  }
}

function exchange(request: SignedRequest, agent: Agent, signal: AbortSignal | undefined): Promise<Answer> {
  const { protocol, hostname, port, method, headers, body } = request
  const { request: open } = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(aborted())
    const sent = open({ agent, host: hostname.replace(/^\[(.*)\]$/, '$1'), port, method, path: request.path + queryOf(request), headers })
    const onAbort = (): void => {
      sent.destroy()
      reject(aborted())
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    sent.once('close', () => signal?.removeEventListener('abort', onAbort))
    sent.on('error', reject)
    sent.once('response', (message: IncomingMessage) =>
      resolve({ statusCode: message.statusCode ?? -1, reason: message.statusMessage, headers: joined(message.headers), body: message }))
    sent.end(typeof body === 'string' || body instanceof Uint8Array ? body : undefined)
  })
}

const aborted = (): Error => Object.assign(new Error('Request aborted'), { name: 'AbortError' })

const joined = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]))

/** The query as it was signed (botocore and the SDK encode alike: all but A–Z a–z 0–9 - _ . ~). An endpoint of the person's may have one. */
function queryOf({ query = {} }: SignedRequest): string {
  const pairs = Object.keys(query).sort().flatMap((name) => [query[name] ?? ''].flat().map((value) => `${encoded(name)}=${encoded(value)}`))
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
