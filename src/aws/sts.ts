import type { Agent } from 'node:http'
import type { TransportSettings } from './connection-settings.ts'
import { iamEndpoint, stsEndpoint } from './endpoints.ts'
import type { ServiceEndpoint } from './endpoints.ts'
import type { ExchangeFacts, FailedRequest, RequestFacts } from './error-mapping.ts'
import type { SendOptions, StsSdk } from './sdk-clients.ts'
import type {
  AssumeRoleRequest,
  GetSessionTokenRequest,
  ListedMfaDevice,
  MfaProof,
  Reading,
  StsSession,
} from './sts-api.ts'
import { createTransport } from './transport.ts'
import type { CallerIdentity, SigningCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Origin } from '../model/origin.ts'
import type { Now } from '../platform/time.ts'

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
function createAwsCaller(endpoint: ServiceEndpoint, options: AwsCallerOptions): AwsCaller {
  const { connectTimeoutMs = 5000, answerTimeoutMs = 20_000, retryDelayMs = 200, now } = options
  const { proxies, ca, preconnect, maxAttempts } = options.transport
  const transport = createTransport({ url: endpoint.url, proxies, ca, preconnect, connectTimeoutMs })
  let inFlight = 0
  return {
    endpoint,
    agent: transport.agent,
    openEarly: transport.openEarly,
    call: async <T>(call: AwsCall, sendOnce: SendOnce<T>): Promise<T> => {
      const facts: RequestFacts = {
        ...describeCall(call, options),
        ...transport.route,
        connectTimeoutMs,
        answerTimeoutMs,
      }
      const carriesTokenCode = call.mfa !== undefined
      if (carriesTokenCode) transport.stopEarly()
      inFlight += 1
      try {
        return await send(() => attemptOnce(sendOnce, { facts, now, signal: call.signal }), {
          carriesTokenCode,
          maxAttempts,
          firstDelayMs: retryDelayMs,
          signal: call.signal,
        })
      } finally {
        inFlight -= 1
        if (inFlight === 0) transport.settle()
      }
    },
  }
}

function describeCall(
  call: AwsCall,
  options: AwsCallerOptions,
): Omit<RequestFacts, 'host' | 'proxy' | 'proxyIgnored' | 'connectTimeoutMs' | 'answerTimeoutMs'> {
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

async function attemptOnce<T>(
  sendOnce: SendOnce<T>,
  context: { readonly facts: RequestFacts; readonly now: Now; readonly signal: AbortSignal },
): Promise<Attempt<T>> {
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
  const exchange = (): ExchangeFacts => ({
    ...(answer ?? { status: undefined, serverTime: undefined, now: now() }),
    unanswered,
  })
  try {
    const observe: SendOptions['observe'] = (status, date) =>
      (answer = { status, serverTime: parseDate(date), now: now() })
    const reading = await sendOnce({ abortSignal: ended.signal, observe }, () => answer?.serverTime ?? now())
    if ('value' in reading) return reading
    const seen = exchange()
    const { unexpected } = await import('./error-mapping.ts')
    const failure = unexpected(facts, seen, reading.defect)
    return { failure, fate: reading.incomplete ? 'lost' : 'refused', cause: undefined }
  } catch (error) {
    if (error instanceof AwsmfaError) throw error
    const seen = exchange()
    const { explainFailure, withoutSecrets } = await import('./error-mapping.ts')
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

/**
 * Makes the port that lists MFA devices. IAM is one host for a whole partition and signs for that partition's own region,
 * whatever the region of the login. Loads and connects as `createSts` does: not before the first call.
 */
export function createListMfaDevices(options: AwsCallerOptions): ListMfaDevices {
  const { transport } = options
  const found = iamEndpoint(options.region, transport)
  const endpoint = { ...found, url: transport.iamEndpointUrl?.value ?? found.url }
  const caller = createAwsCaller(endpoint, options)
  return (signer, signal) =>
    caller.call({ operation: 'ListMFADevices', signer, signal }, async (sendOptions) => {
      const [{ listMfaDevicesOnce }, agent] = await Promise.all([import('./sdk-clients.ts'), caller.agent()])
      return listMfaDevicesOnce(endpoint, signer, agent, sendOptions)
    })
}

/** What came of sending a request once. `cause` is for `--debug` and holds no secret. */
export type Attempt<T> = { readonly value: T } | (FailedRequest & { readonly cause: unknown })

/** How often a request may be sent. */
export interface SendingRules {
  /** A code is good for one use, so a request with one is repeated with care. */
  readonly carriesTokenCode: boolean
  readonly maxAttempts: number
  /** The wait before the second attempt; it doubles. */
  readonly firstDelayMs: number
  readonly signal: AbortSignal
}

/**
 * Sends a request until it succeeds or must be given up, and throws AwsmfaError, or the signal's reason once it aborts.
 * - Busy (throttled, 503): sent again after a wait, up to `maxAttempts` times, with a code too: AWS turned it away before
 *   reading it, so the code is not spent.
 * - Lost: without a code sent again in the same way. With a code sent once more, since it may not have arrived; if it had,
 *   STS refuses the code now, which is told as TOKEN_CODE_REJECTED with `answerLost`.
 * - Refused or unsent: given up at once. A host that does not answer the door will not a second later.
 */
async function send<T>(attempt: () => Promise<Attempt<T>>, rules: SendingRules): Promise<T> {
  let lost = 0
  for (let attempts = 1; ; attempts += 1) {
    rules.signal.throwIfAborted()
    const outcome = await attempt()
    if ('value' in outcome) return outcome.value
    rules.signal.throwIfAborted()
    if (outcome.fate === 'lost') lost += 1
    const isLastTry = rules.carriesTokenCode && outcome.fate === 'lost' ? lost > 1 : attempts >= rules.maxAttempts
    const isFinal = outcome.fate === 'refused' || outcome.fate === 'unsent'
    if (isFinal || isLastTry) throw new AwsmfaError(withAnswerLost(outcome.failure, lost > 0), { cause: outcome.cause })
    await pause(rules.firstDelayMs * 2 ** (attempts - 1), rules.signal)
  }
}

const withAnswerLost = (failure: Failure, answerLost: boolean): Failure =>
  failure.code === 'TOKEN_CODE_REJECTED' ? { ...failure, answerLost } : failure

/** Waits so long, or until the signal aborts; the caller looks which. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end, { once: true })
  })
}

/**
 * Makes the STS port. Loads no SDK and connects to nothing until `prepare` or the first call. Each signer has a client of its
 * own, all share one keep-alive agent. A call whose signal aborts ends at once and throws the signal's reason, so that
 * whoever aborts decides what is told.
 */
export function createSts(options: AwsCallerOptions): Sts {
  const { transport, region } = options
  const found = stsEndpoint(region, transport)
  const endpoint =
    transport.stsEndpointUrl === undefined
      ? found
      : { url: transport.stsEndpointUrl.value, signingRegion: region === 'aws-global' ? 'us-east-1' : region }
  const caller = createAwsCaller(endpoint, options)
  const sdkFor = createSdkCache(async (signer) => {
    const [{ createStsSdk }, agent] = await Promise.all([import('./sdk-clients.ts'), caller.agent()])
    return createStsSdk(endpoint, signer, agent)
  })
  return {
    getCallerIdentity: (signer, signal) =>
      caller.call({ operation: 'GetCallerIdentity', signer, signal }, async (sendOptions) =>
        (await sdkFor.find(signer)).getCallerIdentity(sendOptions),
      ),
    getSessionToken: (signer, request, signal) =>
      caller.call({ operation: 'GetSessionToken', signer, signal, mfa: request.mfa }, async (sendOptions, now) =>
        (await sdkFor.find(signer)).getSessionToken(request, sendOptions, now),
      ),
    assumeRole: (signer, request, signal) =>
      caller.call(
        { operation: 'AssumeRole', signer, signal, mfa: request.mfa, roleArn: request.roleArn },
        async (sendOptions, now) => (await sdkFor.find(signer)).assumeRole(request, sendOptions, now),
      ),
    prepare: () => {
      if (transport.preconnect) caller.openEarly()
      // The connection first: it needs no processor while it waits for the server, loading the SDK does.
      caller.agent().then(
        () => setImmediate(sdkFor.makeSpare),
        () => undefined,
      )
    },
  }
}

interface SdkCache {
  readonly find: (signer: SigningCredentials) => Promise<StsSdk>
  /** Makes the client of whoever calls first, before that is known. Errors are left to the call. */
  readonly makeSpare: () => void
}

function createSdkCache(make: (signer: () => SigningCredentials) => Promise<StsSdk>): SdkCache {
  const made = new WeakMap<SigningCredentials, Promise<StsSdk>>()
  let spare: { readonly sdk: Promise<StsSdk>; readonly assign: (signer: SigningCredentials) => void } | undefined
  const makeUnassigned = (): NonNullable<typeof spare> => {
    let owner: SigningCredentials | undefined
    const sdk = make(() => {
      if (owner === undefined) throw new Error('a client was used before it had a signer')
      return owner
    })
    return { sdk, assign: (signer) => (owner = signer) }
  }
  return {
    find: (signer) => {
      const known = made.get(signer)
      if (known !== undefined) return known
      const next = spare ?? makeUnassigned()
      spare = undefined
      next.assign(signer)
      made.set(signer, next.sdk)
      return next.sdk
    },
    makeSpare: () => {
      spare ??= makeUnassigned()
      spare.sdk.catch(() => undefined)
    },
  }
}

/**
 * AWS STS. Every call throws AwsmfaError alone: TOKEN_CODE_REJECTED, MFA_SERIAL_REJECTED, CREDENTIALS_REJECTED,
 * ACCESS_DENIED, REQUEST_REFUSED, CLOCK_SKEWED, THROTTLED, REGION_DISABLED, NETWORK_UNREACHABLE, STS_UNEXPECTED; or the
 * signal's reason as soon as it aborts. A call that carries a token code is sent once more when its answer was lost; besides
 * that it is repeated only while AWS turns it away unread (throttled, 503), which does not spend the code.
 */
export interface Sts {
  readonly getCallerIdentity: (signer: SigningCredentials, signal: AbortSignal) => Promise<CallerIdentity>
  readonly getSessionToken: (
    signer: SigningCredentials,
    request: GetSessionTokenRequest,
    signal: AbortSignal,
  ) => Promise<StsSession>
  readonly assumeRole: (
    signer: SigningCredentials,
    request: AssumeRoleRequest,
    signal: AbortSignal,
  ) => Promise<StsSession>
  /** Loads the client and opens the connection, so that the first call finds both ready. Swallows every error. */
  readonly prepare: () => void
}

/** IAM's ListMFADevices for the user whose keys sign. Throws ACCESS_DENIED and what Sts throws. */
export type ListMfaDevices = (signer: SigningCredentials, signal: AbortSignal) => Promise<readonly ListedMfaDevice[]>
