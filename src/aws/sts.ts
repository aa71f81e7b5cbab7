/**
 * Calls of STS and IAM: who signs, how often a request is sent, how long an answer is waited for, and what a failure
 * means. Loads no SDK and connects to nothing before the first call or `prepare`.
 */
import type { Agent } from 'node:http'
import type { TransportSettings } from './connection-settings.ts'
import { iamEndpoint, stsEndpoint } from './endpoints.ts'
import type { ServiceEndpoint } from './endpoints.ts'
import type { Exchange, FailedRequest, RequestContext } from './error-mapping.ts'
import type { AccessKeySdk, KeyOfUser, SendOptions, StsSdk } from './sdk-clients.ts'
import type {
  AccessKeyUse,
  AssumeRoleRequest,
  GetSessionTokenRequest,
  ListedAccessKey,
  ListedMfaDevice,
  MfaProof,
  Reading,
  StsSession,
} from './sts-api.ts'
import { createTransport } from './transport.ts'
import type { CallerIdentity, LongTermCredentials, SigningCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Origin } from '../model/profile.ts'
import { pause } from '../platform/time.ts'
import type { Now } from '../platform/time.ts'

/**
 * AWS STS. Every call throws AwsmfaError alone: TOKEN_CODE_REJECTED, MFA_SERIAL_REJECTED, CREDENTIALS_REJECTED,
 * ACCESS_DENIED, REQUEST_REFUSED, CLOCK_SKEWED, THROTTLED, REGION_DISABLED, NETWORK_UNREACHABLE, STS_UNEXPECTED; or the
 * signal's reason as soon as it aborts. A call that carries a token code is sent once more if its answer was lost;
 * otherwise it is repeated only while AWS turns it away unread (throttled, 503), which does not spend the code.
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

/**
 * IAM's ListMFADevices for the user whose keys sign; with `userName` the request names that user. Throws ACCESS_DENIED
 * and what Sts throws.
 */
export type ListMfaDevices = (
  signer: SigningCredentials,
  signal: AbortSignal,
  userName?: string,
) => Promise<readonly ListedMfaDevice[]>

/** IAM's calls for the access keys of a user. They throw ACCESS_DENIED and what Sts throws. */
export interface AccessKeys {
  readonly list: (userName: string, signal: AbortSignal) => Promise<readonly ListedAccessKey[]>
  readonly lastUse: (accessKeyId: string, signal: AbortSignal) => Promise<AccessKeyUse>
  /**
   * Sent once, whatever happens: a request that was repeated because its answer was lost would make a second key. After
   * NETWORK_UNREACHABLE and STS_UNEXPECTED there may be a new key, whose secret nobody knows.
   */
  readonly create: (userName: string, signal: AbortSignal) => Promise<LongTermCredentials>
  readonly setActive: (key: KeyOfUser, isActive: boolean, signal: AbortSignal) => Promise<void>
  readonly remove: (key: KeyOfUser, signal: AbortSignal) => Promise<void>
}

/** What STS and IAM are called with. Times in ms. */
export interface AwsCallerOptions {
  readonly region: string
  readonly transport: TransportSettings
  readonly now: Now
  /** AWS's name of the service, unless it is STS. */
  readonly service?: string
  /** Where the values came from that AWS may reject, for the failures that name it. */
  readonly origins?: { readonly serial?: Origin | undefined; readonly longTerm?: Origin }
  /** For TCP, proxy and TLS together; default 5000. */
  readonly connectTimeoutMs?: number
  /** From the start of a request to the end of its answer; default 20000. */
  readonly answerTimeoutMs?: number
  /** The wait before a second attempt; default 200. */
  readonly retryDelayMs?: number
}

/** Makes the STS client. Each signer has an SDK client of its own; all share one keep-alive agent. */
export function createSts(options: AwsCallerOptions): Sts {
  const { transport, region } = options
  const endpoint =
    transport.stsEndpointUrl === undefined
      ? stsEndpoint(region, transport)
      : { url: transport.stsEndpointUrl.value, signingRegion: region === 'aws-global' ? 'us-east-1' : region }
  const caller = createAwsCaller(endpoint, options)
  const clients = createSdkCache(async (signer) => {
    const [{ createStsSdk }, agent] = await Promise.all([import('./sdk-clients.ts'), caller.agent()])
    return createStsSdk(endpoint, signer, agent)
  })
  return {
    getCallerIdentity: (signer, signal) =>
      caller.call({ operation: 'GetCallerIdentity', signer, signal }, async (sendOptions) =>
        (await clients.find(signer)).getCallerIdentity(sendOptions),
      ),
    getSessionToken: (signer, request, signal) =>
      caller.call({ operation: 'GetSessionToken', signer, signal, mfa: request.mfa }, async (sendOptions, now) =>
        (await clients.find(signer)).getSessionToken(request, sendOptions, now),
      ),
    assumeRole: (signer, request, signal) =>
      caller.call(
        { operation: 'AssumeRole', signer, signal, mfa: request.mfa, roleArn: request.roleArn },
        async (sendOptions, now) => (await clients.find(signer)).assumeRole(request, sendOptions, now),
      ),
    prepare: () => {
      if (transport.preconnect) caller.openEarly()
      // The connection first: it needs no processor while it waits for the server, loading the SDK does.
      caller.agent().then(
        () => setImmediate(clients.makeSpare),
        () => undefined,
      )
    },
  }
}

/** IAM is one host for a partition and signs for that partition's own region, whatever the login's region. */
function createIamCaller(options: AwsCallerOptions): {
  readonly endpoint: ServiceEndpoint
  readonly caller: AwsCaller
} {
  const found = iamEndpoint(options.region, options.transport)
  const endpoint = { ...found, url: options.transport.iamEndpointUrl?.value ?? found.url }
  return { endpoint, caller: createAwsCaller(endpoint, { ...options, service: 'IAM' }) }
}

/** Makes the IAM call. */
export function createListMfaDevices(options: AwsCallerOptions): ListMfaDevices {
  const { endpoint, caller } = createIamCaller(options)
  return (signer, signal, userName) =>
    caller.call({ operation: 'ListMFADevices', signer, signal }, async (sendOptions) => {
      const [{ listMfaDevicesOnce }, agent] = await Promise.all([import('./sdk-clients.ts'), caller.agent()])
      return listMfaDevicesOnce(endpoint, { signer, userName }, agent, sendOptions)
    })
}

/** Makes IAM's calls for access keys, signed with one session. */
export function createAccessKeys(options: AwsCallerOptions, signer: SigningCredentials): AccessKeys {
  const { endpoint, caller } = createIamCaller(options)
  let made: Promise<AccessKeySdk> | undefined
  const sdk = async (): Promise<AccessKeySdk> => {
    const [{ createAccessKeySdk }, agent] = await Promise.all([import('./sdk-clients.ts'), caller.agent()])
    return createAccessKeySdk(endpoint, signer, agent)
  }
  const call = async <T>(
    details: Pick<AwsCall, 'operation' | 'signal' | 'isSentOnce'>,
    send: (sdk: AccessKeySdk, options: SendOptions) => Promise<Reading<T>>,
  ): Promise<T> =>
    await caller.call({ signer, ...details }, async (sendOptions) => await send(await (made ??= sdk()), sendOptions))
  return {
    list: (userName, signal) =>
      call({ operation: 'ListAccessKeys', signal }, (iam, sending) => iam.list(userName, sending)),
    lastUse: (id, signal) =>
      call({ operation: 'GetAccessKeyLastUsed', signal }, (iam, sending) => iam.lastUse(id, sending)),
    create: (userName, signal) =>
      call({ operation: 'CreateAccessKey', signal, isSentOnce: true }, (iam, sending) => iam.create(userName, sending)),
    setActive: (key, isActive, signal) =>
      call({ operation: 'UpdateAccessKey', signal }, (iam, sending) => iam.setActive(key, isActive, sending)),
    remove: (key, signal) => call({ operation: 'DeleteAccessKey', signal }, (iam, sending) => iam.remove(key, sending)),
  }
}

interface SdkCache {
  readonly find: (signer: SigningCredentials) => Promise<StsSdk>
  /** Makes the client of the first signer before it is known. Its errors are left to the call. */
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

/** One call: its name in messages, who signs it, and what in it can be rejected. */
interface AwsCall {
  readonly operation: string
  readonly signer: SigningCredentials
  readonly mfa?: MfaProof | undefined
  readonly roleArn?: string | undefined
  /** A repeated request would do something else than the first one. */
  readonly isSentOnce?: boolean
  readonly signal: AbortSignal
}

/** Sends a request through the SDK once, and reads the answer; `now` is AWS's clock if the answer told it. */
type SendOnce<T> = (options: SendOptions, now: Now) => Promise<Reading<T>>

interface AwsCaller {
  readonly agent: () => Promise<Agent>
  readonly openEarly: () => void
  /** Throws AwsmfaError, or the signal's reason once it aborts. */
  readonly call: <T>(call: AwsCall, sendOnce: SendOnce<T>) => Promise<T>
}

function createAwsCaller(endpoint: ServiceEndpoint, options: AwsCallerOptions): AwsCaller {
  const { connectTimeoutMs = 5000, answerTimeoutMs = 20_000, retryDelayMs = 200, now } = options
  const { proxies, ca, preconnect, maxAttempts } = options.transport
  const transport = createTransport({ url: endpoint.url, proxies, ca, preconnect, connectTimeoutMs })
  let inFlight = 0
  return {
    agent: transport.agent,
    openEarly: transport.openEarly,
    call: async <T>(call: AwsCall, sendOnce: SendOnce<T>): Promise<T> => {
      const { mfa, signal, isSentOnce = false } = call
      const context = { ...contextOf(call, options), ...transport.route, connectTimeoutMs, answerTimeoutMs }
      if (mfa !== undefined) transport.stopEarly()
      inFlight += 1
      try {
        const attempts = isSentOnce ? 1 : maxAttempts
        const rules = { carriesTokenCode: mfa !== undefined, maxAttempts: attempts, firstDelayMs: retryDelayMs, signal }
        return await send(() => attempt(sendOnce, context, now, signal), rules)
      } finally {
        inFlight -= 1
        if (inFlight === 0) transport.settle()
      }
    },
  }
}

function contextOf({ operation, signer, mfa, roleArn }: AwsCall, { region, service, origins = {} }: AwsCallerOptions) {
  const unknown: Origin = { kind: 'default' }
  return {
    operation,
    service,
    region,
    accessKeyId: signer.accessKeyId,
    credentialsOrigin: signer.sessionToken === undefined ? (origins.longTerm ?? unknown) : ('session' as const),
    serial: mfa && { value: mfa.serialNumber, origin: origins.serial ?? unknown },
    roleArn,
    hidden: [signer.secretAccessKey, signer.sessionToken ?? '', mfa?.tokenCode ?? ''],
  }
}

interface SendingRules {
  /** A code is good for one use, so a request with one is repeated with care. */
  readonly carriesTokenCode: boolean
  readonly maxAttempts: number
  /** The wait in ms before the second attempt; it doubles. */
  readonly firstDelayMs: number
  readonly signal: AbortSignal
}

/** The outcome of sending a request once. `cause` is for `--debug` and contains no secret. */
type Attempt<T> = { readonly value: T } | (FailedRequest & { readonly cause: unknown })

/**
 * Sends a request until it succeeds or must be given up, and throws AwsmfaError, or the signal's reason once it aborts.
 * - Busy (throttled, 503): sent again after a wait, up to `maxAttempts` times, with a code too: AWS turned it away
 *   before reading it, so the code is not spent.
 * - Lost: without a code sent again in the same way. With a code sent once more, since it may not have arrived; if it
 *   had, STS refuses the code now: TOKEN_CODE_REJECTED with `answerLost`. Any other failure after that says that the
 *   code may be spent.
 * - Refused or unsent: given up at once. A host that refuses a connection does so a second later, too.
 */
async function send<T>(attemptOnce: () => Promise<Attempt<T>>, rules: SendingRules): Promise<T> {
  const { signal } = rules
  let lost = 0
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted()
    const outcome = await attemptOnce()
    if ('value' in outcome) return outcome.value
    if (signal.aborted) throw rules.carriesTokenCode && outcome.fate !== 'unsent' ? afterSending(signal) : signal.reason
    if (outcome.fate === 'lost') lost += 1
    const isLastTry = rules.carriesTokenCode && outcome.fate === 'lost' ? lost > 1 : attempts >= rules.maxAttempts
    const isFinal = outcome.fate === 'refused' || outcome.fate === 'unsent'
    // AWS read the request if its answer is complete, whatever is wrong with that.
    const isAnswered = 'defect' in outcome.failure && outcome.failure.defect !== undefined
    const answerLost = rules.carriesTokenCode && (lost > 0 || isAnswered)
    if (isFinal || isLastTry)
      throw new AwsmfaError(answerLost ? withAnswerLost(outcome.failure) : outcome.failure, { cause: outcome.cause })
    await pause(rules.firstDelayMs * 2 ** (attempts - 1), signal)
  }
}

/** The reason of a signal that aborted after a token code was sent. */
function afterSending({ reason }: AbortSignal): unknown {
  if (!isFailure(reason, 'DEADLINE_EXCEEDED')) return reason
  return new AwsmfaError({ ...reason.failure, codeMayBeSpent: true }, { cause: reason })
}

function withAnswerLost(failure: Failure): Failure {
  const { code } = failure
  if (code === 'TOKEN_CODE_REJECTED') return { ...failure, answerLost: true }
  return code === 'NETWORK_UNREACHABLE' || code === 'STS_UNEXPECTED' || code === 'THROTTLED'
    ? { ...failure, codeMayBeSpent: true }
    : failure
}

async function attempt<T>(
  sendOnce: SendOnce<T>,
  context: RequestContext,
  now: Now,
  signal: AbortSignal,
): Promise<Attempt<T>> {
  const ended = new AbortController()
  let unanswered = false
  let answer: Omit<Exchange, 'unanswered'> | undefined
  const abort = (): void => ended.abort()
  const timer = setTimeout(() => {
    unanswered = true
    ended.abort()
  }, context.answerTimeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  const seen = (): Exchange => ({
    ...(answer ?? { status: undefined, serverTime: undefined, now: now() }),
    unanswered,
  })
  const observe: SendOptions['observe'] = (status, date) => {
    answer = { status, serverTime: parseDate(date), now: now() }
  }
  try {
    const reading = await sendOnce({ abortSignal: ended.signal, observe }, () => answer?.serverTime ?? now())
    if ('value' in reading) return reading
    const exchange = seen()
    const { unexpected } = await import('./error-mapping.ts')
    const { defect, incomplete } = reading
    const failure = { ...unexpected(context, exchange, defect), ...(incomplete ? {} : { defect }) }
    return { failure, fate: incomplete ? 'lost' : 'refused', cause: undefined }
  } catch (error) {
    if (error instanceof AwsmfaError) throw error
    const exchange = seen()
    const { explainFailure, withoutSecrets } = await import('./error-mapping.ts')
    return { ...explainFailure(error, context, exchange), cause: withoutSecrets(error, context) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function parseDate(text: string | undefined): Date | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : new Date(time)
}
