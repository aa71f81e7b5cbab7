import type { ListMfaDevices } from '../core/ports.ts'
import type { AwsCallerOptions } from './aws-caller.ts'
import { createAwsCaller } from './aws-caller.ts'
import { iamEndpoint } from './sts-endpoint.ts'

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
      const [{ listMfaDevicesOnce }, agent] = await Promise.all([import('./iam-sdk.ts'), caller.agent()])
      return listMfaDevicesOnce(endpoint, signer, agent, sendOptions)
    })
}
