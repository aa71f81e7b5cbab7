import type { Agent } from 'node:http'
import { AwsmfaError } from '../core/failures.ts'
import type { Origin } from '../core/origin.ts'
import type { MfaProof, Now } from '../core/ports.ts'
import type { SigningCredentials } from '../core/sessions/credentials.ts'
import type { SendOptions } from './sdk-client.ts'
import type { Attempt } from './sending.ts'
import { send } from './sending.ts'
import type { Reading } from './sts-answers.ts'
import type { ServiceEndpoint } from './sts-endpoint.ts'
import type { ExchangeFacts, RequestFacts } from './sts-failures.ts'
import { createTransport } from './sts-transport.ts'
import type { TransportSettings } from './transport-settings.ts'

/** What STS and IAM are called with. Times in milliseconds; left out, the defaults of design and botocore hold. */
export interface AwsCallerOptions {
  readonly region: string
  readonly transport: TransportSettings
  readonly now: Now
  /** Where the values came from that AWS may reject, for the failures that name it. */
  readonly origins?: { readonly serial?: Origin; readonly longTerm?: Origin }
  /** For TCP, proxy and TLS together; default 5000. */
  readonly connectTimeoutMs?: number
  /** From the start of a request to the end of its answer; default 20000. */
  readonly answerTimeoutMs?: number
  /** The wait before a second attempt; default 200. */
  readonly retryDelayMs?: number
}

/** One call: what it is named in messages, who signs it, and what in it can be rejected. */
interface AwsCall {
  readonly operation: string
  readonly signer: SigningCredentials
  readonly mfa?: MfaProof | undefined
  readonly roleArn?: string | undefined
  readonly signal: AbortSignal
}

/** Sends a request through the SDK once, and reads the answer; `now` gives AWS's clock, where the answer told it. */
type SendOnce<T> = (options: SendOptions, now: Now) => Promise<Reading<T>>

/** Calls one service. `call` throws AwsmfaError, or the signal's reason once it aborts. */
export interface AwsCaller {
  readonly endpoint: ServiceEndpoint
  readonly agent: () => Promise<Agent>
  readonly openEarly: () => void
  readonly call: <T>(call: AwsCall, sendOnce: SendOnce<T>) => Promise<T>
}

/** Makes what calls one service at one address. Connects to nothing yet. */
export function createAwsCaller(endpoint: ServiceEndpoint, options: AwsCallerOptions): AwsCaller {
  const { connectTimeoutMs = 5000, answerTimeoutMs = 20_000, retryDelayMs = 200, now } = options
  const { proxies, ca, preconnect, maxAttempts } = options.transport
  const transport = createTransport({ url: endpoint.url, proxies, ca, preconnect, connectTimeoutMs })
  let inFlight = 0
  return {
    endpoint,
    agent: transport.agent,
    openEarly: transport.openEarly,
    call: async <T>(call: AwsCall, sendOnce: SendOnce<T>): Promise<T> => {
      const facts: RequestFacts = { ...describeCall(call, options), ...transport.route, connectTimeoutMs, answerTimeoutMs }
      const carriesTokenCode = call.mfa !== undefined
      if (carriesTokenCode) transport.stopEarly()
      inFlight += 1
      try {
        return await send(() => attemptOnce(sendOnce, { facts, now, signal: call.signal }), { carriesTokenCode, maxAttempts, firstDelayMs: retryDelayMs, signal: call.signal })
      } finally {
        inFlight -= 1
        if (inFlight === 0) transport.settle()
      }
    },
  }
}

function describeCall(call: AwsCall, options: AwsCallerOptions): Omit<RequestFacts, 'host' | 'proxy' | 'proxyIgnored' | 'connectTimeoutMs' | 'answerTimeoutMs'> {
  const { signer, mfa } = call
  const unknown: Origin = { kind: 'default' }
  return {
    operation: call.operation,
    region: options.region,
    accessKeyId: signer.accessKeyId,
    credentialsOrigin: signer.sessionToken === undefined ? (options.origins?.longTerm ?? unknown) : 'session',
    serial: mfa === undefined ? undefined : { value: mfa.serialNumber, origin: options.origins?.serial ?? unknown },
    roleArn: call.roleArn,
    hidden: [signer.secretAccessKey, signer.sessionToken ?? '', mfa?.tokenCode ?? ''],
  }
}

async function attemptOnce<T>(sendOnce: SendOnce<T>, context: { readonly facts: RequestFacts; readonly now: Now; readonly signal: AbortSignal }): Promise<Attempt<T>> {
  const { facts, now, signal } = context
  const ended = new AbortController()
  let unanswered = false
  let answer: { readonly status: number; readonly serverTime: Date | undefined; readonly now: Date } | undefined
  const abort = (): void => ended.abort()
  const timer = setTimeout(() => {
    unanswered = true
    ended.abort()
  }, facts.answerTimeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  const exchange = (): ExchangeFacts => ({ ...(answer ?? { status: undefined, serverTime: undefined, now: now() }), unanswered })
  try {
    const observe: SendOptions['observe'] = (status, date) => (answer = { status, serverTime: parseDate(date), now: now() })
    const reading = await sendOnce({ abortSignal: ended.signal, observe }, () => answer?.serverTime ?? now())
    if ('value' in reading) return reading
    const seen = exchange()
    const { unexpected } = await import('./sts-failures.ts')
    const failure = unexpected(facts, seen, reading.defect)
    return { failure, fate: reading.incomplete ? 'lost' : 'refused', cause: undefined }
  } catch (error) {
    if (error instanceof AwsmfaError) throw error
    const seen = exchange()
    const { explainFailure, withoutSecrets } = await import('./sts-failures.ts')
    return { ...explainFailure(error, facts, seen), cause: withoutSecrets(error, facts) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function parseDate(text: string | undefined): Date | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : new Date(time)
}
