/**
 * Partitions, and where STS and IAM are in each. Worked out without the SDK: the early connection needs the host before
 * the SDK is loaded, and a client that is given its endpoint reads no files. Tests compare every answer with the SDK's
 * own rules.
 */
import { nearest } from '../ui/words.ts'

/** Where a service is reached, and the region that its requests are signed for. */
export interface ServiceEndpoint {
  readonly url: string
  readonly signingRegion: string
}

/** What moves an endpoint besides its region. `useGlobalEndpoint`: `sts_regional_endpoints = legacy`. */
export interface EndpointOptions {
  readonly useFipsEndpoint: boolean
  readonly useDualstackEndpoint: boolean
  readonly useGlobalEndpoint: boolean
}

interface Partition {
  readonly name: string
  /** How the names of its regions begin; '' for the partition of every other region. */
  readonly prefix: string
  /** The regions that have the partition's hosts; every other name has those of `aws`. */
  readonly regions: RegExp
  readonly suffix: string
  readonly dualstackSuffix: string
  /** Where IAM signs, and whose STS endpoint is always on. */
  readonly homeRegion: string
  /** IAM's hosts: plain, FIPS, dual-stack, both. They follow no rule. */
  readonly iam: readonly [string, string, string, string]
}

// Source: partitions.json, and the endpoint rules of STS and IAM that every AWS SDK carries.
const AWS: Partition = {
  name: 'aws',
  prefix: '',
  regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
  suffix: 'amazonaws.com',
  dualstackSuffix: 'api.aws',
  homeRegion: 'us-east-1',
  iam: ['iam.amazonaws.com', 'iam-fips.amazonaws.com', 'iam.global.api.aws', 'iam-fips.global.api.aws'],
}

const GOVCLOUD: Partition = {
  name: 'aws-us-gov',
  prefix: 'us-gov-',
  regions: /^us-gov-\w+-\d+$/,
  suffix: 'amazonaws.com',
  dualstackSuffix: 'api.aws',
  homeRegion: 'us-gov-west-1',
  iam: ['iam.us-gov.amazonaws.com', 'iam.us-gov.amazonaws.com', 'iam.us-gov.api.aws', 'iam.us-gov.api.aws'],
}

const PARTITIONS: readonly Partition[] = [
  GOVCLOUD,
  {
    name: 'aws-cn',
    prefix: 'cn-',
    regions: /^cn-\w+-\d+$/,
    suffix: 'amazonaws.com.cn',
    dualstackSuffix: 'api.amazonwebservices.com.cn',
    homeRegion: 'cn-north-1',
    iam: [
      'iam.cn-north-1.amazonaws.com.cn',
      'iam-fips.amazonaws.com.cn',
      'iam.global.api.amazonwebservices.com.cn',
      'iam-fips.api.amazonwebservices.com.cn',
    ],
  },
  {
    name: 'aws-eusc',
    prefix: 'eusc-',
    regions: /^eusc-(de)-\w+-\d+$/,
    suffix: 'amazonaws.eu',
    dualstackSuffix: 'api.amazonwebservices.eu',
    homeRegion: 'eusc-de-east-1',
    iam: [
      'iam.eusc-de-east-1.amazonaws.eu',
      'iam-fips.amazonaws.eu',
      'iam.global.api.amazonwebservices.eu',
      'iam-fips.api.amazonwebservices.eu',
    ],
  },
  {
    name: 'aws-iso',
    prefix: 'us-iso-',
    regions: /^us-iso-\w+-\d+$/,
    suffix: 'c2s.ic.gov',
    dualstackSuffix: 'api.aws.ic.gov',
    homeRegion: 'us-iso-east-1',
    iam: [
      'iam.us-iso-east-1.c2s.ic.gov',
      'iam-fips.us-iso-east-1.c2s.ic.gov',
      'iam.api.aws.ic.gov',
      'iam-fips.api.aws.ic.gov',
    ],
  },
  {
    name: 'aws-iso-b',
    prefix: 'us-isob-',
    regions: /^us-isob-\w+-\d+$/,
    suffix: 'sc2s.sgov.gov',
    dualstackSuffix: 'api.aws.scloud',
    homeRegion: 'us-isob-east-1',
    iam: [
      'iam.us-isob-east-1.sc2s.sgov.gov',
      'iam-fips.us-isob-east-1.sc2s.sgov.gov',
      'iam.api.aws.scloud',
      'iam-fips.api.aws.scloud',
    ],
  },
  {
    name: 'aws-iso-e',
    prefix: 'eu-isoe-',
    regions: /^eu-isoe-\w+-\d+$/,
    suffix: 'cloud.adc-e.uk',
    dualstackSuffix: 'api.cloud-aws.adc-e.uk',
    homeRegion: 'eu-isoe-west-1',
    iam: [
      'iam.eu-isoe-west-1.cloud.adc-e.uk',
      'iam-fips.cloud.adc-e.uk',
      'iam.api.cloud-aws.adc-e.uk',
      'iam-fips.api.cloud-aws.adc-e.uk',
    ],
  },
  {
    name: 'aws-iso-f',
    prefix: 'us-isof-',
    regions: /^us-isof-\w+-\d+$/,
    suffix: 'csp.hci.ic.gov',
    dualstackSuffix: 'api.aws.hci.ic.gov',
    homeRegion: 'us-isof-south-1',
    iam: [
      'iam.us-isof-south-1.csp.hci.ic.gov',
      'iam-fips.csp.hci.ic.gov',
      'iam.api.aws.hci.ic.gov',
      'iam-fips.api.aws.hci.ic.gov',
    ],
  },
  AWS,
]

// The regions that had STS before regional endpoints were the rule. Source: botocore args.py ›
// LEGACY_GLOBAL_STS_REGIONS.
const LEGACY_REGIONS: ReadonlySet<string> = new Set(
  (
    'ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 aws-global ca-central-1 eu-central-1 eu-north-1 ' +
    'eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2'
  ).split(' '),
)

/** Returns the STS endpoint of a region. */
export function stsEndpoint(region: string, options: EndpointOptions): ServiceEndpoint {
  const { useFipsEndpoint: fips, useDualstackEndpoint: dualstack } = options
  const isGlobal = region === 'aws-global' || (options.useGlobalEndpoint && LEGACY_REGIONS.has(region))
  if (isGlobal && !fips && !dualstack) return { url: 'https://sts.amazonaws.com', signingRegion: 'us-east-1' }
  const partition = hostsOf(region)
  // GovCloud's ordinary STS hosts are FIPS hosts. Source: STS's endpoint rules in the AWS SDKs.
  const prefix = fips && (dualstack || partition !== GOVCLOUD) ? 'sts-fips' : 'sts'
  const suffix = dualstack ? partition.dualstackSuffix : partition.suffix
  return { url: `https://${prefix}.${region}.${suffix}`, signingRegion: region }
}

/** Returns the IAM endpoint of a region: one host for a whole partition. */
export function iamEndpoint(region: string, options: Omit<EndpointOptions, 'useGlobalEndpoint'>): ServiceEndpoint {
  const { iam, homeRegion: signingRegion } = hostsOf(region)
  const [plain, fips, dualstack, both] = iam
  const [ordinary, compliant] = options.useDualstackEndpoint ? [dualstack, both] : [plain, fips]
  return { url: `https://${options.useFipsEndpoint ? compliant : ordinary}`, signingRegion }
}

/** Returns the region to use where none is set, or undefined for an unknown partition. */
export function homeRegion(partition: string): string | undefined {
  return PARTITIONS.find(({ name }) => name === partition)?.homeRegion
}

/** Returns the domain of a region's services, such as `amazonaws.com`. */
export function domainOfRegion(region: string): string {
  return (PARTITIONS.find(({ prefix }) => region.startsWith(prefix)) ?? AWS).suffix
}

/** Returns the partition of a region; an unknown region is one of `aws`. */
export function partitionOfRegion(region: string): string {
  return (PARTITIONS.find(({ prefix }) => region.startsWith(prefix)) ?? AWS).name
}

/** Returns whether a string can be a region: one label of a host name, as the AWS SDK for JavaScript accepts it. */
export function isRegionName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
}

/** The middle of every region's name (AWS General Reference, "Regions, Availability Zones, and Local Zones"). */
const DIRECTIONS = 'north south east west central northeast northwest southeast southwest'.split(' ')

/**
 * Returns the region that was probably meant by a name that no region has: a zone (`us-west-2a`), or a misspelled
 * direction (`eu-wset-1`). Undefined: it is a region, or nothing is similar to it.
 */
export function regionMeantBy(name: string): string | undefined {
  const [, ofZone] = /^([a-z-]+-\d+)(?:-[a-z]+-\d+)?[a-z]$/.exec(name) ?? []
  const [, geography = '', direction = '', number = ''] = /^([a-z-]+)-([a-z]+)-(\d+)$/.exec(ofZone ?? name) ?? []
  if (DIRECTIONS.includes(direction)) return ofZone
  const meant = nearest(direction, DIRECTIONS)
  return meant === undefined ? undefined : `${geography}-${meant}-${number}`
}

function hostsOf(region: string): Partition {
  return PARTITIONS.find(({ regions }) => regions.test(region)) ?? AWS
}
