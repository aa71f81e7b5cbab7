/**
 * The flags of `aws sts get-session-token` and `aws sts assume-role`, and the AWS CLI's global flags, as data. Sources:
 * botocore, data/sts/2011-06-15/service-2.json; awscli, data/cli.json; both observed with aws-cli 1.45 and 2.36.
 */
import type { StsOperation } from '../model/failure.ts'

/** What a flag's value is. */
type StsFlagShape =
  { readonly kind: 'text' | 'integer' | 'texts' } | { readonly kind: 'structures'; readonly members: readonly string[] }

const BOTH: readonly StsOperation[] = ['GetSessionToken', 'AssumeRole']

const ROLE: readonly StsOperation[] = ['AssumeRole']

const TEXT = { kind: 'text' } as const

function structures(...members: readonly string[]): StsFlagShape {
  return { kind: 'structures', members }
}

/** The flags of the two operations. */
const FLAGS = [
  { flag: '--duration-seconds', operations: BOTH, shape: { kind: 'integer' } },
  { flag: '--serial-number', operations: BOTH, shape: TEXT },
  { flag: '--token-code', operations: BOTH, shape: TEXT },
  { flag: '--role-arn', operations: ROLE, shape: TEXT },
  { flag: '--role-session-name', operations: ROLE, shape: TEXT },
  { flag: '--external-id', operations: ROLE, shape: TEXT },
  { flag: '--policy', operations: ROLE, shape: TEXT },
  { flag: '--policy-arns', operations: ROLE, shape: structures('arn') },
  { flag: '--tags', operations: ROLE, shape: structures('Key', 'Value') },
  { flag: '--transitive-tag-keys', operations: ROLE, shape: { kind: 'texts' } },
  { flag: '--source-identity', operations: ROLE, shape: TEXT },
  { flag: '--provided-contexts', operations: ROLE, shape: structures('ProviderArn', 'ContextAssertion') },
] as const

export type StsFlagName = (typeof FLAGS)[number]['flag']

export interface StsFlagRow {
  readonly flag: StsFlagName
  readonly operations: readonly StsOperation[]
  readonly shape: StsFlagShape
}

export const STS_FLAGS: readonly StsFlagRow[] = FLAGS

/** The AWS CLI's global flags that mean awsmfa's own options. */
export const OWN_GLOBALS = ['--region', '--endpoint-url', '--profile', '--debug', '--ca-bundle'] as const

export type OwnGlobalName = (typeof OWN_GLOBALS)[number]

/** Every flag that is accepted after `--`. */
export type OwnFlagName = StsFlagName | OwnGlobalName

/** A flag of the AWS CLI that awsmfa refuses, why, and what to use instead. */
export interface RefusedFlagRow {
  readonly flag: string
  readonly because: string
  readonly instead?: string
}

const OUTPUT = 'login does not print the STS response'

const INTERACTIVE = 'it affects only the AWS CLI'

const TIMEOUTS = 'login has a single time limit'

/** Global flags of the AWS CLI v1 and v2 that are refused. */
export const REFUSED_GLOBALS: readonly RefusedFlagRow[] = [
  { flag: '--output', because: OUTPUT, instead: '--json before --' },
  { flag: '--query', because: OUTPUT, instead: '--json before --' },
  { flag: '--color', because: 'it affects only the AWS CLI', instead: '--no-color before --, or NO_COLOR' },
  {
    flag: '--no-verify-ssl',
    because: 'certificates are always verified',
    instead: '--ca-bundle FILE',
  },
  { flag: '--no-paginate', because: 'STS responses have one page' },
  { flag: '--no-sign-request', because: 'requests to STS must be signed' },
  { flag: '--cli-read-timeout', because: TIMEOUTS },
  { flag: '--cli-connect-timeout', because: TIMEOUTS },
  { flag: '--version', because: 'it prints a version', instead: 'awsmfa --version' },
  { flag: '--cli-binary-format', because: 'STS has no binary values' },
  { flag: '--no-cli-pager', because: INTERACTIVE },
  { flag: '--cli-auto-prompt', because: INTERACTIVE },
  { flag: '--no-cli-auto-prompt', because: INTERACTIVE },
  { flag: '--cli-error-format', because: OUTPUT },
]

const SKELETON = 'awsmfa reads no parameter files'

/** Flags that every operation of the AWS CLI has and that are refused. */
export const REFUSED_OPERATION_FLAGS: readonly RefusedFlagRow[] = [
  { flag: '--cli-input-json', because: SKELETON, instead: 'the options in that file' },
  { flag: '--cli-input-yaml', because: SKELETON, instead: 'the options in that file' },
  { flag: '--generate-cli-skeleton', because: 'login prints no templates' },
]
