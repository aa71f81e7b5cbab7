import type { Sts } from '../core/ports.ts'
import type { SigningCredentials } from '../core/sessions/credentials.ts'
import type { AwsCallerOptions } from './aws-caller.ts'
import { createAwsCaller } from './aws-caller.ts'
import { stsEndpoint } from './sts-endpoint.ts'
import type { StsSdk } from './sts-sdk.ts'

/**
 * Makes the STS port. Loads no SDK and connects to nothing until `prepare` or the first call. Each signer has a client of its
 * own, all share one keep-alive agent. A call whose signal aborts ends at once and throws the signal's reason, so that
 * whoever aborts decides what is told.
 */
export function createSts(options: AwsCallerOptions): Sts {
  const { transport, region } = options
  const found = stsEndpoint(region, transport)
  const endpoint = transport.stsEndpointUrl === undefined
    ? found
    : { url: transport.stsEndpointUrl.value, signingRegion: region === 'aws-global' ? 'us-east-1' : region }
  const caller = createAwsCaller(endpoint, options)
  const sdkFor = createSdkCache(async (signer) => {
    const [{ createStsSdk }, agent] = await Promise.all([import('./sts-sdk.ts'), caller.agent()])
    return createStsSdk(endpoint, signer, agent)
  })
  return {
    getCallerIdentity: (signer, signal) =>
      caller.call({ operation: 'GetCallerIdentity', signer, signal }, async (sendOptions) => (await sdkFor.find(signer)).getCallerIdentity(sendOptions)),
    getSessionToken: (signer, request, signal) =>
      caller.call({ operation: 'GetSessionToken', signer, signal, mfa: request.mfa }, async (sendOptions, now) =>
        (await sdkFor.find(signer)).getSessionToken(request, sendOptions, now)),
    assumeRole: (signer, request, signal) =>
      caller.call({ operation: 'AssumeRole', signer, signal, mfa: request.mfa, roleArn: request.roleArn }, async (sendOptions, now) =>
        (await sdkFor.find(signer)).assumeRole(request, sendOptions, now)),
    prepare: () => {
      if (transport.preconnect) caller.openEarly()
      // The connection first: it needs no processor while it waits for the server, loading the SDK does.
      caller.agent().then(() => setImmediate(sdkFor.makeSpare), () => undefined)
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
