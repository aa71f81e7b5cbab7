/** Settings for requests to the strict STS. */
import type { TransportSettings } from '../../src/aws/connection-settings.ts'

/** Returns transport settings with one endpoint for STS and IAM, without proxy and CA bundle. */
export const settingsFor = (url: string, changes: Partial<TransportSettings> = {}): TransportSettings => ({
  stsEndpointUrl: { value: url, origin: { kind: 'environment', variable: 'AWS_ENDPOINT_URL_STS' } },
  iamEndpointUrl: { value: url, origin: { kind: 'environment', variable: 'AWS_ENDPOINT_URL_IAM' } },
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  useGlobalEndpoint: false,
  proxies: { https: undefined, http: undefined, bypass: [] },
  ca: undefined,
  maxAttempts: 3,
  preconnect: true,
  ...changes,
})
