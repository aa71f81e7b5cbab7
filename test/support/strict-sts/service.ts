/** Processes a request: parses, verifies and executes it, logs it, and applies the faults that change its answer. */
import type { Answer, Refusal } from './answers.ts'
import type { Fault } from './faults.ts'
import type { Parameters, Service } from './query-protocol.ts'
import type { ReceivedRequest, Verification } from './sigv4.ts'
import type { LogEntry, ServerState, Signer } from './state.ts'
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
} from './access-keys.ts'
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
  '2010-05-08': {
    service: 'iam',
    operations: new Map<string, Operation>([
      ['ListMFADevices', listMfaDevices],
      ['CreateAccessKey', createAccessKey],
      ['DeleteAccessKey', deleteAccessKey],
      ['GetAccessKeyLastUsed', getAccessKeyLastUsed],
      ['ListAccessKeys', listAccessKeys],
      ['UpdateAccessKey', updateAccessKey],
    ]),
  },
}

/** A request as received by a listener. */
export type Arrival = {
  readonly transport: 'http' | 'https'
  readonly connection: number
  readonly request: ReceivedRequest
}

/** The answer to send. `answer` is null if a fault prevented processing. */
export type Outcome = {
  readonly service: Service
  readonly operation: string
  readonly answer: Answer | null
  readonly faults: readonly Fault[]
}

type ParsedRequest = {
  readonly service: Service
  readonly name: string
  readonly version: string
  readonly operation: Operation | undefined
  readonly parameters: Parameters
}

const parseRequest = (request: ReceivedRequest): ParsedRequest => {
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

const execute = (
  state: ServerState,
  parsed: ParsedRequest,
  request: ReceivedRequest,
  verdict: Verification['verdict'],
): Answer => {
  const { operation, name, version, parameters } = parsed
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

const alterCredentials = (answer: Answer | null, faults: readonly Fault[]): Answer | null => {
  const credentials = answer?.isOk === true ? answer.result['Credentials'] : undefined
  if (answer?.isOk !== true || typeof credentials !== 'object' || Array.isArray(credentials)) return answer
  const altered = faults.reduce<object>((current, fault) => {
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
    result: { ...answer.result, Credentials: altered as { readonly [name: string]: string | undefined } },
  }
}

const entryOf = (
  arrival: Arrival,
  parsed: ParsedRequest,
  verification: Verification,
): Omit<LogEntry, 'status' | 'outcome' | 'faults'> => {
  const signer = verification.verdict.isOk ? verification.verdict.signer : undefined
  return {
    time: new Date().toISOString(),
    transport: arrival.transport,
    connection: arrival.connection,
    method: arrival.request.method,
    service: parsed.operation === undefined ? null : parsed.service,
    operation: parsed.name === '' ? null : parsed.name,
    parameters: parsed.parameters,
    accessKeyId: verification.accessKeyId,
    region: verification.region,
    signer: signer?.kind ?? null,
    signerArn: signer === undefined ? null : arnOfSigner(signer),
    isMfaPresent: signer?.kind === 'session-token' && signer.isMfaPresent,
    host: arrival.request.headers['host'] ?? '',
    userAgent: arrival.request.headers['user-agent'] ?? '',
  }
}

/** Processes and logs one request, without sending the answer (see send.ts). */
export const serve = async (state: ServerState, arrival: Arrival): Promise<Outcome> => {
  const parsed = parseRequest(arrival.request)
  const verification = await verifyRequest(state, arrival.request, parsed.service)
  const faults = takeFaults(state.faults, parsed.name)
  const answer = isProcessed(faults)
    ? execute(state, parsed, arrival.request, verification.verdict)
    : faultRefusal(faults)
  state.log.push({
    ...entryOf(arrival, parsed, verification),
    status: answer === null ? null : answer.isOk ? 200 : answer.status,
    outcome: answer === null ? null : answer.isOk ? 'OK' : answer.code,
    faults: faults.map((fault) => fault.kind),
  })
  return { service: parsed.service, operation: parsed.name, answer: alterCredentials(answer, faults), faults }
}
