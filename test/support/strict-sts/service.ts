/** One request, from its bytes to its answer: read, verified, processed, logged, and spoilt where a fault says so. */
import type { Answer, Refusal } from './answers.ts'
import type { Fault } from './faults.ts'
import type { Parameters, Service } from './query-protocol.ts'
import type { ReceivedRequest, Verification } from './sigv4.ts'
import type { LogEntry, ServerState, Signer } from './state.ts'
import { refusal } from './answers.ts'
import { assumeRole } from './assume-role.ts'
import { checkParameters } from './constraints.ts'
import { takeFaults } from './faults.ts'
import { getSessionToken } from './get-session-token.ts'
import { getCallerIdentity, listMfaDevices } from './identities.ts'
import { parseQueryBody, textOf } from './query-protocol.ts'
import { verifyRequest } from './sigv4.ts'
import { arnOfSigner } from './state.ts'

type Operation = (state: ServerState, signer: Signer, parameters: Parameters) => Answer

type Api = { readonly service: Service; readonly operations: ReadonlyMap<string, Operation> }

const OPERATIONS: { readonly [version: string]: Api } = {
  '2011-06-15': {
    service: 'sts',
    operations: new Map<string, Operation>([
      ['GetSessionToken', getSessionToken],
      ['AssumeRole', assumeRole],
      ['GetCallerIdentity', getCallerIdentity],
    ]),
  },
  '2010-05-08': { service: 'iam', operations: new Map<string, Operation>([['ListMFADevices', listMfaDevices]]) },
}

/** What the front knows about a request before it is understood. */
export type Arrival = {
  readonly transport: 'http' | 'https'
  readonly connection: number
  readonly request: ReceivedRequest
}

/** What is to be sent. `answer` is null where a fault kept the request from being processed. */
export type Outcome = {
  readonly service: Service
  readonly operation: string
  readonly answer: Answer | null
  readonly faults: readonly Fault[]
}

type Understood = {
  readonly service: Service
  readonly name: string
  readonly version: string
  readonly operation: Operation | undefined
  readonly parameters: Parameters
}

const understand = (request: ReceivedRequest): Understood => {
  const all = parseQueryBody(Buffer.from(request.body).toString('utf8')) ?? {}
  const name = textOf(all, 'Action') ?? ''
  const version = textOf(all, 'Version') ?? 'NO_VERSION_SPECIFIED'
  const known = OPERATIONS[version]
  const host = request.headers['host'] ?? ''
  const isElsewhere = /\.amazonaws\.com/.test(host) && known !== undefined && !host.startsWith(known.service)
  const { Action: _action, Version: _version, ...parameters } = all
  return {
    service: known?.service ?? 'sts',
    name,
    version,
    operation: isElsewhere ? undefined : known?.operations.get(name),
    parameters,
  }
}

const isFormPost = (request: ReceivedRequest): boolean =>
  request.method === 'POST' &&
  request.path === '/' &&
  (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')

const carryOut = (
  state: ServerState,
  understood: Understood,
  request: ReceivedRequest,
  verdict: Verification['verdict'],
): Answer => {
  const { operation, name, version, parameters } = understood
  if (operation === undefined || !isFormPost(request)) {
    return refusal(400, 'InvalidAction', `Could not find operation ${name} for version ${version}`)
  }
  if (!verdict.isOk) return verdict
  return checkParameters(name, parameters) ?? operation(state, verdict.signer, parameters)
}

const isProcessed = (faults: readonly Fault[]): boolean =>
  !faults.some(
    (fault) =>
      fault.kind === 'throttle' ||
      fault.kind === 'refuse' ||
      ((fault.kind === 'drop' || fault.kind === 'hang') && fault.when === 'before') ||
      (fault.kind === 'answer' && fault.when !== 'after'),
  )

const faultRefusal = (faults: readonly Fault[]): Refusal | null => {
  for (const fault of faults) {
    if (fault.kind === 'refuse') return refusal(fault.status, fault.code, fault.message)
    if (fault.kind === 'throttle') {
      return fault.status === 400
        ? refusal(400, 'Throttling', 'Rate exceeded')
        : refusal(503, 'ServiceUnavailable', 'Service Unavailable')
    }
  }
  return null
}

const spoilCredentials = (answer: Answer | null, faults: readonly Fault[]): Answer | null => {
  const credentials = answer?.isOk === true ? answer.result['Credentials'] : undefined
  if (answer?.isOk !== true || typeof credentials !== 'object' || Array.isArray(credentials)) return answer
  const spoilt = faults.reduce<object>((current, fault) => {
    if (fault.kind === 'expiration') return { ...current, Expiration: fault.value ?? undefined }
    if (fault.kind !== 'credentials') return current
    const { AccessKeyId, SecretAccessKey, SessionToken } = fault
    const given = Object.entries({ AccessKeyId, SecretAccessKey, SessionToken }).filter(
      ([, value]) => value !== undefined,
    )
    return { ...current, ...Object.fromEntries(given) }
  }, credentials)
  return {
    isOk: true,
    result: { ...answer.result, Credentials: spoilt as { readonly [name: string]: string | undefined } },
  }
}

const entryOf = (
  arrival: Arrival,
  understood: Understood,
  verification: Verification,
): Omit<LogEntry, 'status' | 'outcome' | 'faults'> => {
  const signer = verification.verdict.isOk ? verification.verdict.signer : undefined
  return {
    time: new Date().toISOString(),
    transport: arrival.transport,
    connection: arrival.connection,
    method: arrival.request.method,
    service: understood.operation === undefined ? null : understood.service,
    operation: understood.name === '' ? null : understood.name,
    parameters: understood.parameters,
    accessKeyId: verification.accessKeyId,
    region: verification.region,
    signer: signer?.kind ?? null,
    signerArn: signer === undefined ? null : arnOfSigner(signer),
    isMfaPresent: signer?.kind === 'session-token' && signer.isMfaPresent,
    host: arrival.request.headers['host'] ?? '',
    userAgent: arrival.request.headers['user-agent'] ?? '',
  }
}

/** Serves one request and logs it, in the moment in which it was processed. Sends nothing: see `send.ts`. */
export const serve = async (state: ServerState, arrival: Arrival): Promise<Outcome> => {
  const understood = understand(arrival.request)
  const verification = await verifyRequest(state, arrival.request, understood.service)
  const faults = takeFaults(state.faults, understood.name)
  const answer = isProcessed(faults)
    ? carryOut(state, understood, arrival.request, verification.verdict)
    : faultRefusal(faults)
  state.log.push({
    ...entryOf(arrival, understood, verification),
    status: answer === null ? null : answer.isOk ? 200 : answer.status,
    outcome: answer === null ? null : answer.isOk ? 'OK' : answer.code,
    faults: faults.map((fault) => fault.kind),
  })
  return { service: understood.service, operation: understood.name, answer: spoilCredentials(answer, faults), faults }
}
