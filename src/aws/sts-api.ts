/**
 * The shapes of STS and IAM: requests, answers, the limits of both, and the flags of the AWS CLI for the two calls that
 * a login makes. Pure.
 */
import { isLongTermKeyId, isSecretAccessKey } from '../model/credentials.ts'
import type { CallerIdentity, LongTermCredentials, ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { StsArgumentProblem, StsOperation } from '../model/invocation.ts'
import type { Resolved } from '../model/profile.ts'

/** An MFA device and the code that it shows. */
export interface MfaProof {
  readonly serialNumber: string
  readonly tokenCode: string
}

export interface GetSessionTokenRequest {
  readonly durationSeconds: number
  readonly mfa?: MfaProof
}

/** A session tag. */
export interface SessionTag {
  readonly key: string
  readonly value: string
}

export interface AssumeRoleRequest {
  readonly roleArn: string
  readonly roleSessionName: string
  readonly durationSeconds: number
  readonly mfa?: MfaProof
  readonly externalId?: string
  readonly policy?: string
  readonly policyArns?: readonly string[]
  readonly tags?: readonly SessionTag[]
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string
  readonly providedContexts?: readonly { readonly providerArn: string; readonly contextAssertion: string }[]
}

/** A session of STS. `assumedRoleArn`: of AssumeRole alone. */
export interface StsSession {
  readonly credentials: ShortTermCredentials
  readonly assumedRoleArn?: string | undefined
}

/** An MFA device as IAM lists it. */
export interface ListedMfaDevice {
  readonly serialNumber: string
  readonly kind: 'totp' | 'fido'
}

/** An access key as IAM lists it. */
export interface ListedAccessKey {
  readonly accessKeyId: string
  readonly isActive: boolean
  /** Undefined if the answer has no date. */
  readonly createdAt: Date | undefined
}

/** When an access key was used last: `never`, or the time and AWS's name of the service. */
export type AccessKeyUse = 'never' | { readonly at: Date; readonly service: string }

/** A value, or what is wrong with the answer. `incomplete`: parts are missing, so that it may have been cut off. */
export type Reading<T> = { readonly value: T } | { readonly defect: string; readonly incomplete: boolean }

/** Credentials as the SDK returns them. */
export interface RawCredentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
  readonly Expiration?: Date | undefined
}

// AWS's longest session (36 h) and an hour for clocks that differ. Source: STS API reference, GetSessionToken,
// DurationSeconds.
const LONGEST_SESSION_MS = 37 * 3_600_000

// AccessKeyId: STS API reference, Credentials (`[\w]*`, 16 to 128). The others are base64 as far as known; any visible
// ASCII is accepted, which no file format that we write can mistake for anything else.
const ACCESS_KEY_ID = /^\w{16,128}$/

const VISIBLE_ASCII = /^[\u0021-\u007e]+$/

/**
 * Reads the session of a GetSessionToken or AssumeRole answer; `now` is the server's clock if known. An endpoint may be
 * anything, and its answer ends up in the user's files: only what could be AWS's is accepted, and no session under the
 * key id that signed, or a section with the signer's keys could later be taken for that session's.
 */
export function readSession(
  raw: RawCredentials | undefined,
  assumedRoleArn: string | undefined,
  signerKeyId: string,
  now: Date,
): Reading<StsSession> {
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = raw ?? {}
  if (raw === undefined || !accessKeyId || !secretAccessKey || !sessionToken)
    return { defect: 'it contains no credentials', incomplete: true }
  const credentials = { accessKeyId, secretAccessKey, sessionToken }
  if (accessKeyId === signerKeyId) return { defect: 'its access key ID is the one that signed', incomplete: false }
  const defect = defectOf(credentials) ?? defectOfExpiration(expiration, now)
  if (defect !== undefined || expiration === undefined)
    return { defect: defect ?? 'it has no expiration', incomplete: false }
  return { value: { credentials: { ...credentials, expiration }, assumedRoleArn } }
}

function defectOf(credentials: Omit<ShortTermCredentials, 'expiration'>): string | undefined {
  if (!ACCESS_KEY_ID.test(credentials.accessKeyId)) return 'its access key ID is malformed'
  if (!VISIBLE_ASCII.test(credentials.secretAccessKey)) return 'its secret access key contains invalid characters'
  return VISIBLE_ASCII.test(credentials.sessionToken) ? undefined : 'its session token contains invalid characters'
}

function defectOfExpiration(expiration: Date | undefined, now: Date): string | undefined {
  if (expiration === undefined) return 'it has no expiration'
  const leftMs = expiration.getTime() - now.getTime()
  if (Number.isNaN(leftMs)) return 'its expiration is not a time'
  if (leftMs <= 0) return 'its session has already expired'
  return leftMs > LONGEST_SESSION_MS ? 'its session is longer than 36 h, the maximum of AWS' : undefined
}

/** Reads a GetCallerIdentity answer. */
export function readIdentity(raw: {
  readonly Account?: string | undefined
  readonly Arn?: string | undefined
  readonly UserId?: string | undefined
}): Reading<CallerIdentity> {
  const { Account: account, Arn: arn, UserId: userId } = raw
  if (!account || !arn || !userId) return { defect: 'it contains no identity', incomplete: true }
  if (
    !/^\d{12}$/.test(account) ||
    !/^arn:[\w-]+:(iam|sts)::\d{12}:[\u0021-\u007e]+$/.test(arn) ||
    !VISIBLE_ASCII.test(userId)
  ) {
    return { defect: 'its identity is malformed', incomplete: false }
  }
  return { value: { account, arn, userId } }
}

/** Reads the keys of a ListAccessKeys answer. */
export function readAccessKeys(
  keys:
    | readonly {
        readonly AccessKeyId?: string | undefined
        readonly Status?: string | undefined
        readonly CreateDate?: Date | undefined
      }[]
    | undefined,
): Reading<readonly ListedAccessKey[]> {
  if (keys === undefined) return { defect: 'the answer lists no access keys, not even none', incomplete: true }
  const read = keys.map(({ AccessKeyId = '', Status, CreateDate }) => ({
    accessKeyId: AccessKeyId,
    isActive: Status !== 'Inactive',
    createdAt: CreateDate,
  }))
  if (!read.every(({ accessKeyId }) => isLongTermKeyId(accessKeyId)))
    return { defect: 'an access key in it has no valid id', incomplete: false }
  return { value: read }
}

/** Reads the new key of a CreateAccessKey answer, which will be written to the user's files. */
export function readNewKey(
  key: { readonly AccessKeyId?: string | undefined; readonly SecretAccessKey?: string | undefined } | undefined,
): Reading<LongTermCredentials> {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = key ?? {}
  if (!accessKeyId || !secretAccessKey) return { defect: 'it contains no access key', incomplete: true }
  if (!isLongTermKeyId(accessKeyId) || !isSecretAccessKey(secretAccessKey))
    return { defect: 'its access key is malformed', incomplete: false }
  return { value: { accessKeyId, secretAccessKey } }
}

/** Durations in seconds: what STS allows and its default. Source: STS API Reference, GetSessionToken and AssumeRole. */
export const DURATION_LIMITS: Readonly<
  Record<StsOperation, { readonly minimum: number; readonly maximum: number; readonly usual: number }>
> = {
  GetSessionToken: { minimum: 900, maximum: 129_600, usual: 43_200 },
  AssumeRole: { minimum: 900, maximum: 43_200, usual: 3_600 },
}

/**
 * The longest session in seconds of a role that is assumed with another session. AWS counts AssumeRole with the session
 * of GetSessionToken as role chaining. Source: AWS re:Post knowledge center, "iam-role-chaining-limit".
 */
export const CHAINED_ROLE_SECONDS = 3_600

/** Throws DURATION_OUT_OF_RANGE, naming the duration's origin, unless STS allows it for that operation. */
export function assertDuration({ value: seconds, origin }: Resolved<number>, operation: StsOperation): void {
  const { minimum, maximum } = DURATION_LIMITS[operation]
  if (seconds < minimum || seconds > maximum)
    throw new AwsmfaError({ code: 'DURATION_OUT_OF_RANGE', operation, seconds, minimum, maximum, origin })
}

/**
 * What a value of STS may be; the AWS CLI checks only minima. `expected` is for messages. Source: botocore,
 * data/sts/2011-06-15.
 */
export interface TextRule {
  readonly minimum: number
  readonly maximum: number
  readonly pattern: RegExp
  readonly expected: string
}

function textRule(minimum: number, maximum: number, pattern: RegExp, expected: string): TextRule {
  return { minimum, maximum, pattern, expected }
}

const NAME_LETTERS = 'letters, digits and _+=,.@-'

/** The ARN of a role, with or without a path. STS itself looks only at its length; IAM makes no other form. */
export const ROLE_ARN = textRule(
  20,
  2048,
  /^arn:[a-z0-9-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  'a role ARN such as arn:aws:iam::123456789012:role/Admin',
)

export const ROLE_SESSION_NAME = textRule(2, 64, /^[\w+=,.@-]*$/, `2 to 64 ${NAME_LETTERS}`)

export const EXTERNAL_ID = textRule(2, 1224, /^[\w+=,.@:/-]*$/, `2 to 1224 ${NAME_LETTERS}, : and /`)

const POLICY = textRule(1, 2048, /^[\t\n\r\x20-\xff]*$/, 'a JSON policy of at most 2048 characters, or file://PATH')

const ARN = textRule(20, 2048, /^arn:[\x21-\x7e]+$/, 'an ARN of 20 to 2048 characters')

const TAG_PATTERN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

const TAG_KEY = textRule(1, 128, TAG_PATTERN, 'a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@')

const TAG_VALUE = textRule(0, 256, TAG_PATTERN, 'a tag value of at most 256 letters, digits, spaces and _.:/=+-@')

const ASSERTION = textRule(4, 2048, /^.*$/s, 'a context assertion of 4 to 2048 characters')

/** The rules of flags whose value is one string. */
const TEXT_RULES: Readonly<Partial<Record<StsFlagName, TextRule>>> = {
  '--role-arn': ROLE_ARN,
  '--role-session-name': ROLE_SESSION_NAME,
  '--external-id': EXTERNAL_ID,
  '--policy': POLICY,
  '--source-identity': ROLE_SESSION_NAME,
}

/** How many items a list may have, and the rule of each member; a list of strings has the one member ''. */
const LIST_RULES: Readonly<
  Partial<Record<StsFlagName, { readonly maximum: number; readonly members: Readonly<Record<string, TextRule>> }>>
> = {
  '--policy-arns': { maximum: 10, members: { arn: ARN } },
  '--tags': { maximum: 50, members: { Key: TAG_KEY, Value: TAG_VALUE } },
  '--transitive-tag-keys': { maximum: 50, members: { '': TAG_KEY } },
  '--provided-contexts': { maximum: 5, members: { ProviderArn: ARN, ContextAssertion: ASSERTION } },
}

/** Returns whether a string keeps a rule. */
export function keepsRule(text: string, rule: TextRule): boolean {
  return text.length >= rule.minimum && text.length <= rule.maximum && rule.pattern.test(text)
}

/** Returns the string, or throws STS_ARGUMENT with the flag, the value and the rule. A policy must be JSON, too. */
export function checkText(flag: StsFlagName, text: string): string {
  const rule = TEXT_RULES[flag]
  if (rule !== undefined && (!keepsRule(text, rule) || (flag === '--policy' && !isJson(text))))
    throw badValue(flag, text, rule.expected)
  return text
}

/**
 * Throws STS_ARGUMENT unless there are at most as many items as STS takes, each with all members, each keeping its
 * rule.
 */
export function checkItems(flag: StsFlagName, items: readonly Readonly<Record<string, string>>[]): void {
  const rules = LIST_RULES[flag]
  if (rules === undefined) return
  if (items.length === 0 || items.length > rules.maximum)
    throw badValue(flag, `${items.length} items`, `1 to ${rules.maximum} items`)
  for (const item of items) {
    for (const [member, rule] of Object.entries(rules.members)) {
      const text = item[member]
      if (text === undefined)
        throw badValue(flag, describe(flag, item), `items that each have ${Object.keys(rules.members).join(' and ')}`)
      if (!keepsRule(text, rule)) throw badValue(flag, describe(flag, item), rule.expected)
    }
  }
}

/** Returns the error for a value that STS would refuse. Long values are shortened. */
export function badValue(flag: string, value: string, expected: string): AwsmfaError {
  const shown = value.length > 80 ? `${value.slice(0, 79)}…` : value
  return stsArgument({ kind: 'bad-value', flag, value: shown, expected })
}

/** Returns the error for a mistake after `--`. */
export function stsArgument(problem: StsArgumentProblem): AwsmfaError {
  return new AwsmfaError({ code: 'STS_ARGUMENT', problem })
}

/** An item in shorthand syntax, without the context assertion, which is a signed token. */
function describe(flag: StsFlagName, item: Readonly<Record<string, string>>): string {
  const members =
    flag === '--provided-contexts'
      ? Object.entries(item).filter(([key]) => key !== 'ContextAssertion')
      : Object.entries(item)
  return members.map(([key, text]) => (key === '' ? text : `${key}=${text}`)).join(',')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * What a flag's value is. The flags are those of `aws sts get-session-token`, `aws sts assume-role` and all commands of
 * the AWS CLI. Sources: botocore, data/sts/2011-06-15/service-2.json; awscli, data/cli.json; both observed with aws-cli
 * 1.45 and 2.36.
 */
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
