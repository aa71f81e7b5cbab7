/** The SDK's STS client behind three functions. Loaded at first use: this module is the only one that imports the SDK for STS. */
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { Agent } from 'node:http'
import type { AssumeRoleRequest, CallerIdentity, GetSessionTokenRequest, MfaProof, Now, StsSession } from '../core/ports.ts'
import type { SigningCredentials } from '../core/sessions/credentials.ts'
import type { SendOptions } from './sdk-client.ts'
import { clientSettings, withoutVersionWarning } from './sdk-client.ts'
import type { Reading } from './sts-answers.ts'
import { readIdentity, readSession } from './sts-answers.ts'
import type { ServiceEndpoint } from './sts-endpoint.ts'

/** The three calls, each sent once. They throw whatever the SDK throws. */
export interface StsSdk {
  readonly getCallerIdentity: (options: SendOptions) => Promise<Reading<CallerIdentity>>
  readonly getSessionToken: (request: GetSessionTokenRequest, options: SendOptions, now: Now) => Promise<Reading<StsSession>>
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
    ProvidedContexts: request.providedContexts?.map(({ providerArn, contextAssertion }) => ({ ProviderArn: providerArn, ContextAssertion: contextAssertion })),
  }
}
