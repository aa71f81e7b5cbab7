/** STS and IAM endpoints by region, compared with the AWS SDK. */
import { IAMClient } from '@aws-sdk/client-iam'
import { STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { withoutVersionWarning } from '../../src/aws/sdk-clients.ts'
import { iamEndpoint, stsEndpoint } from '../../src/aws/endpoints.ts'

const REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-5',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-east-1',
  'ca-central-1',
  'ca-west-1',
  'sa-east-1',
  'me-central-1',
  'me-south-1',
  'af-south-1',
  'il-central-1',
  'mx-central-1',
  'us-gov-west-1',
  'us-gov-east-1',
  'cn-north-1',
  'cn-northwest-1',
  'eusc-de-east-1',
  'us-iso-east-1',
  'us-iso-west-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'xx-future-1',
]
const FLAGS = [false, true].flatMap((fips) =>
  [false, true].flatMap((dualstack) => [false, true].map((legacy) => [fips, dualstack, legacy] as const)),
)

interface SdkEndpoint {
  readonly url: URL
  readonly properties?: { readonly authSchemes?: readonly { readonly signingRegion?: string }[] }
}
const credentials = { accessKeyId: 'x', secretAccessKey: 'x' }
const sts = withoutVersionWarning(() => new STSClient({ region: 'us-east-1', credentials }))
const iam = withoutVersionWarning(() => new IAMClient({ region: 'us-east-1', credentials }))
const shapeOf = (endpoint: SdkEndpoint, region: string): object => ({
  url: endpoint.url.href.replace(/\/$/, ''),
  signingRegion: endpoint.properties?.authSchemes?.[0]?.signingRegion ?? region,
})

describe.each(FLAGS)(
  'FIPS %s, dual-stack %s, legacy %s',
  (useFipsEndpoint, useDualstackEndpoint, useGlobalEndpoint) => {
    it.each(REGIONS)('STS in %s is where the SDK has it', (Region) => {
      const found = stsEndpoint(Region, { useFipsEndpoint, useDualstackEndpoint, useGlobalEndpoint })
      const rules = sts.config.endpointProvider({
        Region,
        UseFIPS: useFipsEndpoint,
        UseDualStack: useDualstackEndpoint,
        UseGlobalEndpoint: useGlobalEndpoint,
      })
      expect(found).toEqual(shapeOf(rules, Region))
    })
    it.each(REGIONS)('IAM in %s is where the SDK has it', (Region) => {
      const rules = iam.config.endpointProvider({
        Region,
        UseFIPS: useFipsEndpoint,
        UseDualStack: useDualstackEndpoint,
      })
      expect(iamEndpoint(Region, { useFipsEndpoint, useDualstackEndpoint })).toEqual(shapeOf(rules, Region))
    })
  },
)

it('the pseudo-region aws-global is the global endpoint', () => {
  const options = { useFipsEndpoint: false, useDualstackEndpoint: false, useGlobalEndpoint: false }
  expect(stsEndpoint('aws-global', options)).toEqual({ url: 'https://sts.amazonaws.com', signingRegion: 'us-east-1' })
})
