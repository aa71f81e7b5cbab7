/**
 * Where STS and IAM are, worked out without the SDK: the early connection must know the host before the SDK is loaded, and a
 * client that is given its endpoint looks nothing up in files. Tests compare every answer with the SDK's own rules.
 */

/** Where a service is reached, and the region that its requests are signed for. */
export interface ServiceEndpoint {
  readonly url: string
  readonly signingRegion: string
}

/** What moves an endpoint other than its region. `useGlobalEndpoint`: `sts_regional_endpoints = legacy`. */
export interface EndpointOptions {
  readonly useFipsEndpoint: boolean
  readonly useDualstackEndpoint: boolean
  readonly useGlobalEndpoint: boolean
}

interface Partition {
  readonly pattern: RegExp
  readonly suffix: string
  readonly dualstackSuffix: string
  /** Where IAM signs. */
  readonly globalRegion: string
  /** IAM's hosts: plain, FIPS, dual-stack, both. They follow no rule. Source: IAM's endpoint rules in the AWS SDKs. */
  readonly iam: readonly [string, string, string, string]
}

// Source: partitions.json and the endpoint rule sets that every AWS SDK carries. What matches no pattern is taken for `aws`.
const COMMERCIAL: Partition = {
  pattern: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
  suffix: 'amazonaws.com',
  dualstackSuffix: 'api.aws',
  globalRegion: 'us-east-1',
  iam: ['iam.amazonaws.com', 'iam-fips.amazonaws.com', 'iam.global.api.aws', 'iam-fips.global.api.aws'],
}

const GOVCLOUD: Partition = {
  pattern: /^us-gov-\w+-\d+$/,
  suffix: 'amazonaws.com',
  dualstackSuffix: 'api.aws',
  globalRegion: 'us-gov-west-1',
  iam: ['iam.us-gov.amazonaws.com', 'iam.us-gov.amazonaws.com', 'iam.us-gov.api.aws', 'iam.us-gov.api.aws'],
}

const PARTITIONS: readonly Partition[] = [
  COMMERCIAL,
  GOVCLOUD,
  {
    pattern: /^cn-\w+-\d+$/,
    suffix: 'amazonaws.com.cn',
    dualstackSuffix: 'api.amazonwebservices.com.cn',
    globalRegion: 'cn-north-1',
    iam: [
      'iam.cn-north-1.amazonaws.com.cn',
      'iam-fips.amazonaws.com.cn',
      'iam.global.api.amazonwebservices.com.cn',
      'iam-fips.api.amazonwebservices.com.cn',
    ],
  },
  {
    pattern: /^eusc-(de)-\w+-\d+$/,
    suffix: 'amazonaws.eu',
    dualstackSuffix: 'api.amazonwebservices.eu',
    globalRegion: 'eusc-de-east-1',
    iam: [
      'iam.eusc-de-east-1.amazonaws.eu',
      'iam-fips.amazonaws.eu',
      'iam.global.api.amazonwebservices.eu',
      'iam-fips.api.amazonwebservices.eu',
    ],
  },
  {
    pattern: /^us-iso-\w+-\d+$/,
    suffix: 'c2s.ic.gov',
    dualstackSuffix: 'api.aws.ic.gov',
    globalRegion: 'us-iso-east-1',
    iam: [
      'iam.us-iso-east-1.c2s.ic.gov',
      'iam-fips.us-iso-east-1.c2s.ic.gov',
      'iam.api.aws.ic.gov',
      'iam-fips.api.aws.ic.gov',
    ],
  },
  {
    pattern: /^us-isob-\w+-\d+$/,
    suffix: 'sc2s.sgov.gov',
    dualstackSuffix: 'api.aws.scloud',
    globalRegion: 'us-isob-east-1',
    iam: [
      'iam.us-isob-east-1.sc2s.sgov.gov',
      'iam-fips.us-isob-east-1.sc2s.sgov.gov',
      'iam.api.aws.scloud',
      'iam-fips.api.aws.scloud',
    ],
  },
  {
    pattern: /^eu-isoe-\w+-\d+$/,
    suffix: 'cloud.adc-e.uk',
    dualstackSuffix: 'api.cloud-aws.adc-e.uk',
    globalRegion: 'eu-isoe-west-1',
    iam: [
      'iam.eu-isoe-west-1.cloud.adc-e.uk',
      'iam-fips.cloud.adc-e.uk',
      'iam.api.cloud-aws.adc-e.uk',
      'iam-fips.api.cloud-aws.adc-e.uk',
    ],
  },
  {
    pattern: /^us-isof-\w+-\d+$/,
    suffix: 'csp.hci.ic.gov',
    dualstackSuffix: 'api.aws.hci.ic.gov',
    globalRegion: 'us-isof-south-1',
    iam: [
      'iam.us-isof-south-1.csp.hci.ic.gov',
      'iam-fips.csp.hci.ic.gov',
      'iam.api.aws.hci.ic.gov',
      'iam-fips.api.aws.hci.ic.gov',
    ],
  },
]

// The regions that had STS before regional endpoints were the rule. Source: botocore args.py › LEGACY_GLOBAL_STS_REGIONS.
const LEGACY_REGIONS: ReadonlySet<string> = new Set([
  'ap-northeast-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'aws-global',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
])

const partitionOf = (region: string): Partition =>
  PARTITIONS.find((partition) => partition.pattern.test(region)) ?? COMMERCIAL

/** Tells where STS is for a region. */
export function stsEndpoint(region: string, options: EndpointOptions): ServiceEndpoint {
  const { useFipsEndpoint: fips, useDualstackEndpoint: dualstack } = options
  const isGlobal = region === 'aws-global' || (options.useGlobalEndpoint && LEGACY_REGIONS.has(region))
  if (isGlobal && !fips && !dualstack) return { url: 'https://sts.amazonaws.com', signingRegion: 'us-east-1' }
  const partition = partitionOf(region)
  // GovCloud's ordinary STS hosts are FIPS hosts. Source: STS's endpoint rules in the AWS SDKs.
  const prefix = fips && (dualstack || partition !== GOVCLOUD) ? 'sts-fips' : 'sts'
  return {
    url: `https://${prefix}.${region}.${dualstack ? partition.dualstackSuffix : partition.suffix}`,
    signingRegion: region,
  }
}

/** Tells where IAM is for a region: one host for a whole partition. */
export function iamEndpoint(region: string, options: Omit<EndpointOptions, 'useGlobalEndpoint'>): ServiceEndpoint {
  const { iam, globalRegion } = partitionOf(region)
  const [plain, fips, dualstack, both] = iam
  const host = options.useDualstackEndpoint
    ? options.useFipsEndpoint
      ? both
      : dualstack
    : options.useFipsEndpoint
      ? fips
      : plain
  return { url: `https://${host}`, signingRegion: globalRegion }
}

/**
 * Partitions and their regions, as far as STS needs them: outside of `aws` there is no global endpoint, so the region must
 * belong to the partition of the keys. Source: botocore, data/partitions.json (regionRegex and implicitGlobalRegion).
 */

interface PartitionRow {
  readonly partition: string
  /** How the names of its regions begin. */
  readonly prefix: string
  /** The region whose STS endpoint is always switched on. */
  readonly home: string
}

// `aws` comes last: its prefix is empty and would match every region.
const REGIONS_PARTITIONS: readonly PartitionRow[] = [
  { partition: 'aws-cn', prefix: 'cn-', home: 'cn-north-1' },
  { partition: 'aws-us-gov', prefix: 'us-gov-', home: 'us-gov-west-1' },
  { partition: 'aws-iso', prefix: 'us-iso-', home: 'us-iso-east-1' },
  { partition: 'aws-iso-b', prefix: 'us-isob-', home: 'us-isob-east-1' },
  { partition: 'aws-iso-e', prefix: 'eu-isoe-', home: 'eu-isoe-west-1' },
  { partition: 'aws-iso-f', prefix: 'us-isof-', home: 'us-isof-south-1' },
  { partition: 'aws-eusc', prefix: 'eusc-', home: 'eusc-de-east-1' },
  { partition: 'aws', prefix: '', home: 'us-east-1' },
]

/** Gives the region to ask STS in where nothing says which, or undefined for a partition that is not known here. */
export function homeRegion(partition: string): string | undefined {
  return REGIONS_PARTITIONS.find((row) => row.partition === partition)?.home
}

/** Gives the partition that a region belongs to; a region that is not known counts as one of `aws`. */
export function partitionOfRegion(region: string): string {
  return REGIONS_PARTITIONS.find((row) => region.startsWith(row.prefix))?.partition ?? 'aws'
}

/** Tells whether a text can be a region's name: one label of a host name, which is what the AWS SDK for JavaScript accepts. */
export function isRegionName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
}
