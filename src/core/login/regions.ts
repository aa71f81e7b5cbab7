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
const PARTITIONS: readonly PartitionRow[] = [
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
  return PARTITIONS.find((row) => row.partition === partition)?.home
}

/** Gives the partition that a region belongs to; a region that is not known counts as one of `aws`. */
export function partitionOfRegion(region: string): string {
  return PARTITIONS.find((row) => region.startsWith(row.prefix))?.partition ?? 'aws'
}

/** Tells whether a text can be a region's name: one label of a host name, which is what the AWS SDK for JavaScript accepts. */
export function isRegionName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
}
