/**
 * The only file that imports the AWS SDK, loaded at the first call. Clients are given everything that the SDK would
 * otherwise look up in files, in the environment or at an instance's metadata address, and each answer is observed as
 * it arrives.
 */
import type { Agent } from 'node:http'
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListMFADevicesCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { ServiceEndpoint } from './endpoints.ts'
import { readAccessKeys, readIdentity, readNewKey, readSession } from './sts-api.ts'
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
import { createRequestHandler } from './transport.ts'
import type { ObserveAnswer } from './transport.ts'
import type { CallerIdentity, LongTermCredentials, SigningCredentials } from '../model/credentials.ts'
import type { Now } from '../platform/time.ts'

/** Options of one `send`: the SDK hands them on to the request handler, which finds `observe` in them. */
export interface SendOptions {
  readonly abortSignal: AbortSignal
  readonly observe: ObserveAnswer
}

/** The calls of STS, each sent once. They throw what the SDK throws. */
export interface StsSdk {
  readonly getCallerIdentity: (options: SendOptions) => Promise<Reading<CallerIdentity>>
  readonly getSessionToken: (
    request: GetSessionTokenRequest,
    options: SendOptions,
    now: Now,
  ) => Promise<Reading<StsSession>>
  readonly assumeRole: (request: AssumeRoleRequest, options: SendOptions, now: Now) => Promise<Reading<StsSession>>
}

/** Makes an STS client that signs with what `signer` returns at each request. */
export function createStsSdk(endpoint: ServiceEndpoint, signer: () => SigningCredentials, agent: Agent): StsSdk {
  const client = withoutVersionWarning(() => new STSClient(clientSettings(endpoint, signer, agent)))
  return {
    getCallerIdentity: async (options) => readIdentity(await client.send(new GetCallerIdentityCommand({}), options)),
    getSessionToken: async (request, options, now) => {
      const command = new GetSessionTokenCommand({ DurationSeconds: request.durationSeconds, ...proofOf(request.mfa) })
      return readSession((await client.send(command, options)).Credentials, undefined, signer().accessKeyId, now())
    },
    assumeRole: async (request, options, now) => {
      const { Credentials, AssumedRoleUser } = await client.send(new AssumeRoleCommand(roleInput(request)), options)
      return readSession(Credentials, AssumedRoleUser?.Arn, signer().accessKeyId, now())
    },
  }
}

// STS API reference, GetSessionToken, SerialNumber.
const SERIAL = /^[\w+=/:,.@-]{9,256}$/

/**
 * Lists the MFA devices of the user who signs, by name if one is given, with one request: a user has at most 8 devices
 * (IAM User Guide, "IAM and AWS STS quotas"), a page holds 100.
 */
export async function listMfaDevicesOnce(
  endpoint: ServiceEndpoint,
  { signer, userName }: { readonly signer: SigningCredentials; readonly userName: string | undefined },
  agent: Agent,
  options: SendOptions,
): Promise<Reading<readonly ListedMfaDevice[]>> {
  const client = withoutVersionWarning(() => new IAMClient(clientSettings(endpoint, () => signer, agent)))
  const { MFADevices: devices } = await client.send(new ListMFADevicesCommand({ UserName: userName }), options)
  if (devices === undefined) return { defect: 'the answer lists no devices, not even none', incomplete: true }
  const serials = devices.map((device) => device.SerialNumber ?? '')
  if (!serials.every((serial) => SERIAL.test(serial)))
    return { defect: 'a device in it has no valid serial number', incomplete: false }
  return { value: serials.map((serialNumber) => ({ serialNumber, kind: kindOf(serialNumber) })) }
}

// Virtual devices are `…:mfa/name`, hardware tokens a bare serial; every other ARN (`…:u2f/…`) is a device that shows
// no code.
function kindOf(serial: string): ListedMfaDevice['kind'] {
  return !serial.startsWith('arn:') || serial.includes(':mfa/') ? 'totp' : 'fido'
}

/** The calls of IAM for access keys, each sent once. They throw what the SDK throws. */
export interface AccessKeySdk {
  readonly list: (userName: string, options: SendOptions) => Promise<Reading<readonly ListedAccessKey[]>>
  readonly lastUse: (accessKeyId: string, options: SendOptions) => Promise<Reading<AccessKeyUse>>
  readonly create: (userName: string, options: SendOptions) => Promise<Reading<LongTermCredentials>>
  readonly setActive: (key: KeyOfUser, isActive: boolean, options: SendOptions) => Promise<Reading<undefined>>
  readonly remove: (key: KeyOfUser, options: SendOptions) => Promise<Reading<undefined>>
}

/** An access key, with the name of its user, which IAM requires of temporary credentials. */
export interface KeyOfUser {
  readonly userName: string
  readonly accessKeyId: string
}

/** Makes an IAM client for access keys. A user has at most two (IAM User Guide, "IAM and AWS STS quotas"): one page. */
export function createAccessKeySdk(endpoint: ServiceEndpoint, signer: SigningCredentials, agent: Agent): AccessKeySdk {
  const client = withoutVersionWarning(() => new IAMClient(clientSettings(endpoint, () => signer, agent)))
  const named = ({ userName, accessKeyId }: KeyOfUser) => ({ UserName: userName, AccessKeyId: accessKeyId })
  return {
    list: async (userName, options) =>
      readAccessKeys((await client.send(new ListAccessKeysCommand({ UserName: userName }), options)).AccessKeyMetadata),
    lastUse: async (accessKeyId, options) => {
      const { AccessKeyLastUsed: use } = await client.send(
        new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }),
        options,
      )
      const at = use?.LastUsedDate
      return { value: at === undefined ? 'never' : { at, service: use?.ServiceName ?? '' } }
    },
    create: async (userName, options) =>
      readNewKey((await client.send(new CreateAccessKeyCommand({ UserName: userName }), options)).AccessKey),
    setActive: async (key, isActive, options) => {
      const Status = isActive ? 'Active' : 'Inactive'
      await client.send(new UpdateAccessKeyCommand({ ...named(key), Status }), options)
      return { value: undefined }
    },
    remove: async (key, options) => {
      await client.send(new DeleteAccessKeyCommand(named(key)), options)
      return { value: undefined }
    },
  }
}

function clientSettings(endpoint: ServiceEndpoint, signer: () => SigningCredentials, agent: Agent) {
  return {
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: () => Promise.resolve(keysOf(signer())),
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

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: SigningCredentials): SigningCredentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** 1 MB; answers of AWS are a few KB. */
const LONGEST_BODY_BYTES = 1024 * 1024

/** Reads an answer to its end. Throws if it is longer than any answer of AWS. */
async function collectBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LONGEST_BODY_BYTES) throw new Error('the answer is longer than any of AWS')
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const WARNING_SWITCH = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'

/**
 * Makes a client without the SDK's warning about old Node versions, which is for programmers. Its switch is an
 * environment variable, set for the duration of the call alone, so that no child inherits it.
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

function proofOf(mfa: MfaProof | undefined): { SerialNumber?: string; TokenCode?: string } {
  return mfa === undefined ? {} : { SerialNumber: mfa.serialNumber, TokenCode: mfa.tokenCode }
}

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
    TransitiveTagKeys: request.transitiveTagKeys && [...request.transitiveTagKeys],
    SourceIdentity: request.sourceIdentity,
    ProvidedContexts: request.providedContexts?.map(({ providerArn, contextAssertion }) => ({
      ProviderArn: providerArn,
      ContextAssertion: contextAssertion,
    })),
  }
}
