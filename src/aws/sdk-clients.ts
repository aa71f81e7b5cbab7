import type { Agent } from 'node:http'
import { IAMClient, ListMFADevicesCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { ServiceEndpoint } from './endpoints.ts'
import { readIdentity, readSession } from './sts-api.ts'
import type {
  AssumeRoleRequest,
  GetSessionTokenRequest,
  ListedMfaDevice,
  MfaProof,
  Reading,
  StsSession,
} from './sts-api.ts'
import { createRequestHandler } from './transport.ts'
import type { ObserveAnswer } from './transport.ts'
import type { CallerIdentity, SigningCredentials } from '../model/credentials.ts'
import type { Now } from '../platform/time.ts'

/** The SDK's IAM client behind one function. Loaded at first use: few logins need it. */

/**
 * Asks once for the devices of the user who signs. One page is all: a user has at most 8 devices (IAM User Guide, "IAM and AWS STS
 * quotas"), a page holds 100.
 */
export async function listMfaDevicesOnce(
  endpoint: ServiceEndpoint,
  signer: SigningCredentials,
  agent: Agent,
  options: SendOptions,
): Promise<Reading<readonly ListedMfaDevice[]>> {
  const client = withoutVersionWarning(() => new IAMClient(clientSettings(endpoint, () => signer, agent)))
  const { MFADevices: devices } = await client.send(new ListMFADevicesCommand({}), options)
  if (devices === undefined) return { defect: 'the answer lists no devices, not even none', incomplete: true }
  const serials = devices.map((device) => device.SerialNumber ?? '')
  if (!serials.every((serial) => SERIAL.test(serial)))
    return { defect: 'a device in the answer has no valid serial', incomplete: false }
  return { value: serials.map((serialNumber) => ({ serialNumber, kind: kindOf(serialNumber) })) }
}

// STS API reference, GetSessionToken, SerialNumber.
const SERIAL = /^[\w+=/:,.@-]{9,256}$/

// Virtual devices are `…:mfa/name`, hardware tokens a bare serial; every other ARN (`…:u2f/…`) is a device that shows no code.
const kindOf = (serial: string): ListedMfaDevice['kind'] =>
  !serial.startsWith('arn:') || serial.includes(':mfa/') ? 'totp' : 'fido'

/**
 * What the clients of both services have in common: everything that the SDK would otherwise look up in files, in the
 * environment or at an instance's metadata address is given to it, and each answer is watched as it arrives.
 */

/** Options of one `send`: the SDK hands them on to the request handler, which finds `observe` in them. */
export interface SendOptions {
  readonly abortSignal: AbortSignal
  readonly observe: ObserveAnswer
}

/** The settings of a client. `signer` is asked at each request. */
function clientSettings(endpoint: ServiceEndpoint, signer: () => SigningCredentials, agent: Agent) {
  return {
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: () => Promise.resolve(identityOf(signer())),
    requestHandler: createRequestHandler(agent),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    // The endpoint already is the FIPS or dual-stack one.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    streamCollector: collectBody,
    userAgentAppId: () => Promise.resolve(undefined),
    customUserAgent: 'awsmfa',
    authSchemePreference: [] as string[],
    sigv4aSigningRegionSet: [] as string[],
    disableClockSkewCorrection: false,
  }
}

const LONGEST_BODY = 1024 * 1024

/**
 * Reads an answer to its end; one longer than 1 MB is cut off with an error, since AWS's are a few KB. In place of the SDK's own
 * collector, which looks at the global ReadableStream and so makes Node load its web streams (4 ms).
 */
async function collectBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LONGEST_BODY) throw new Error('the answer is longer than any of AWS')
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function identityOf(signer: SigningCredentials): SigningCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = signer
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

const WARNING_SWITCH = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'

/**
 * Makes a client without the SDK's warning about old Node versions on stderr, which is for programmers, not for who logs in.
 * Its switch is an environment variable, set for the duration of the call alone, so that no child inherits it.
 */
export function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[WARNING_SWITCH]
  process.env[WARNING_SWITCH] = 'true'
  try {
    return make()
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, WARNING_SWITCH)
    else process.env[WARNING_SWITCH] = before
  }
}

/** The SDK's STS client behind three functions. Loaded at first use: this module is the only one that imports the SDK for STS. */

/** The three calls, each sent once. They throw whatever the SDK throws. */
export interface StsSdk {
  readonly getCallerIdentity: (options: SendOptions) => Promise<Reading<CallerIdentity>>
  readonly getSessionToken: (
    request: GetSessionTokenRequest,
    options: SendOptions,
    now: Now,
  ) => Promise<Reading<StsSession>>
  readonly assumeRole: (request: AssumeRoleRequest, options: SendOptions, now: Now) => Promise<Reading<StsSession>>
}

/** Makes a client that signs with what `signer` gives at each request. */
export function createStsSdk(endpoint: ServiceEndpoint, signer: () => SigningCredentials, agent: Agent): StsSdk {
  const client = withoutVersionWarning(() => new STSClient(clientSettings(endpoint, signer, agent)))
  return {
    getCallerIdentity: async (options) => readIdentity(await client.send(new GetCallerIdentityCommand({}), options)),
    getSessionToken: async (request, options, now) => {
      const command = new GetSessionTokenCommand({ DurationSeconds: request.durationSeconds, ...proofOf(request.mfa) })
      return readSession((await client.send(command, options)).Credentials, undefined, now())
    },
    assumeRole: async (request, options, now) => {
      const { Credentials, AssumedRoleUser } = await client.send(new AssumeRoleCommand(roleInput(request)), options)
      return readSession(Credentials, AssumedRoleUser?.Arn, now())
    },
  }
}

const proofOf = (mfa: MfaProof | undefined): { SerialNumber?: string; TokenCode?: string } =>
  mfa === undefined ? {} : { SerialNumber: mfa.serialNumber, TokenCode: mfa.tokenCode }

function roleInput(request: AssumeRoleRequest): ConstructorParameters<typeof AssumeRoleCommand>[0] {
  return {
    RoleArn: request.roleArn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: request.durationSeconds,
    ...proofOf(request.mfa),
    ExternalId: request.externalId,
    Policy: request.policy,
    PolicyArns: request.policyArns?.map((arn) => ({ arn })),
    Tags: request.tags?.map(({ key, value }) => ({ Key: key, Value: value })),
    TransitiveTagKeys: request.transitiveTagKeys === undefined ? undefined : [...request.transitiveTagKeys],
    SourceIdentity: request.sourceIdentity,
    ProvidedContexts: request.providedContexts?.map(({ providerArn, contextAssertion }) => ({
      ProviderArn: providerArn,
      ContextAssertion: contextAssertion,
    })),
  }
}
