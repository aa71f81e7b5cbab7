/**
 * Parameter constraints from botocore's service models (data/sts/2011-06-15 and data/iam/2010-05-08, service-2.json),
 * and AWS's messages for violations. Clients check only minima; the server also checks maxima and patterns.
 */
import type { Refusal } from './answers.ts'
import { refusal, validationError } from './answers.ts'
import type { Parameter, Parameters } from './query-protocol.ts'

type TextShape = { readonly kind: 'text'; readonly min: number; readonly max: number; readonly pattern?: string }
type IntegerShape = { readonly kind: 'integer'; readonly min: number; readonly max: number }
type ListShape = { readonly kind: 'list'; readonly min: number; readonly max: number; readonly item: Shape }
type Members = { readonly [name: string]: Shape }
type StructureShape = { readonly kind: 'structure'; readonly members: Members; readonly required: readonly string[] }
type Shape = TextShape | IntegerShape | ListShape | StructureShape

const text = (min: number, max: number, pattern?: string): TextShape =>
  pattern === undefined ? { kind: 'text', min, max } : { kind: 'text', min, max, pattern }
const integer = (min: number, max: number): IntegerShape => ({ kind: 'integer', min, max })
const list = (item: Shape, max: number, min = 0): ListShape => ({ kind: 'list', min, max, item })
const structure = (members: Members, required: readonly string[] = []): StructureShape => ({
  kind: 'structure',
  members,
  required,
})

const ARN = text(
  20,
  2048,
  '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+',
)
const TAG_KEY = text(1, 128, '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+')
const MFA = { SerialNumber: text(9, 256, '[\\w+=/:,.@-]*'), TokenCode: text(6, 6, '[\\d]*') }

const USER_NAME = text(1, 128, '[\\w+=,.@-]+')
const ACCESS_KEY_ID = text(16, 128, '[\\w]+')

const SHAPES: { readonly [operation: string]: StructureShape } = {
  GetSessionToken: structure({ DurationSeconds: integer(900, 129_600), ...MFA }),
  AssumeRole: structure(
    {
      RoleArn: ARN,
      RoleSessionName: text(2, 64, '[\\w+=,.@-]*'),
      // The model has no maximum; the documentation says ten.
      PolicyArns: list(structure({ arn: ARN }), 10),
      Policy: text(1, Infinity, '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'),
      DurationSeconds: integer(900, 43_200),
      Tags: list(
        structure({ Key: TAG_KEY, Value: text(0, 256, '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*') }, ['Key', 'Value']),
        50,
      ),
      TransitiveTagKeys: list(TAG_KEY, 50),
      ExternalId: text(2, 1224, '[\\w+=,.@:\\/-]*'),
      SourceIdentity: text(2, 64, '[\\w+=,.@-]*'),
      ProvidedContexts: list(structure({ ProviderArn: ARN, ContextAssertion: text(4, 2048) }), 5, 1),
      ...MFA,
    },
    ['RoleArn', 'RoleSessionName'],
  ),
  GetCallerIdentity: structure({}),
  ListMFADevices: structure({ UserName: USER_NAME, Marker: text(1, 320), MaxItems: integer(1, 1000) }),
  ListAccessKeys: structure({ UserName: USER_NAME, Marker: text(1, 320), MaxItems: integer(1, 1000) }),
  CreateAccessKey: structure({ UserName: USER_NAME }),
  UpdateAccessKey: structure(
    { UserName: USER_NAME, AccessKeyId: ACCESS_KEY_ID, Status: text(6, 8, 'Active|Inactive') },
    ['AccessKeyId', 'Status'],
  ),
  DeleteAccessKey: structure({ UserName: USER_NAME, AccessKeyId: ACCESS_KEY_ID }, ['AccessKeyId']),
  GetAccessKeyLastUsed: structure({ AccessKeyId: ACCESS_KEY_ID }, ['AccessKeyId']),
}

// AWS's messages name members with a lower-case first letter.
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
const format = (value: Parameter): string => (typeof value === 'string' ? value : JSON.stringify(value))
const violation = (value: Parameter | undefined, path: string, must: string): string =>
  `Value ${value === undefined ? 'null' : `'${format(value)}'`} at '${path}' failed to satisfy constraint: Member must ${must}`

const checkLength = (value: Parameter, length: number, shape: TextShape | ListShape, path: string): string[] => [
  ...(length < shape.min ? [violation(value, path, `have length greater than or equal to ${shape.min}`)] : []),
  ...(length > shape.max ? [violation(value, path, `have length less than or equal to ${shape.max}`)] : []),
]

const checkText = (value: string, shape: TextShape, path: string): string[] => [
  ...checkLength(value, value.length, shape, path),
  ...(shape.pattern === undefined || new RegExp(`^(?:${shape.pattern})$`, 'u').test(value)
    ? []
    : [violation(value, path, `satisfy regular expression pattern: ${shape.pattern}`)]),
]

const checkInteger = (value: string, shape: IntegerShape, path: string): string[] => [
  ...(Number(value) < shape.min ? [violation(value, path, `have value greater than or equal to ${shape.min}`)] : []),
  ...(Number(value) > shape.max ? [violation(value, path, `have value less than or equal to ${shape.max}`)] : []),
]

const checkStructure = (value: Parameters, shape: StructureShape, path: string): string[] => [
  ...shape.required
    .filter((name) => value[name] === undefined)
    .map((name) => violation(undefined, path + lower(name), 'not be null')),
  ...Object.entries(shape.members).flatMap(([name, member]) => {
    const part = value[name]
    return part === undefined ? [] : check(part, member, path + lower(name))
  }),
]

const check = (value: Parameter, shape: Shape, path: string): string[] => {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string' ? checkText(value, shape, path) : []
    case 'integer':
      return typeof value === 'string' ? checkInteger(value, shape, path) : []
    case 'list': {
      const items: readonly Parameter[] = Array.isArray(value) ? value : []
      return [
        ...checkLength(value, items.length, shape, path),
        ...items.flatMap((item, index) => check(item, shape.item, `${path}.${index + 1}.member`)),
      ]
    }
    case 'structure':
      return checkStructure(value as Parameters, shape, path === '' ? '' : `${path}.`)
  }
}

const hasShape = (value: Parameter, shape: Shape): boolean => {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string'
    case 'integer':
      return typeof value === 'string' && /^-?\d{1,10}$/.test(value)
    // Clients send an empty list as `Tags=`.
    case 'list':
      return value === '' || (Array.isArray(value) && value.every((item: Parameter) => hasShape(item, shape.item)))
    case 'structure':
      return (
        typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.entries(value).every(
          ([name, part]) => shape.members[name] !== undefined && hasShape(part, shape.members[name]),
        )
      )
  }
}

/**
 * Returns one ValidationError for all constraint violations, like AWS, or MalformedInput for a parameter that is
 * unknown or has the wrong type (AWS ignores unknown parameters; a test must not). Returns undefined if the parameters
 * are valid, and for an operation without a model here.
 */
export const checkParameters = (operation: string, parameters: Parameters): Refusal | undefined => {
  const shape = SHAPES[operation]
  if (shape === undefined) return undefined
  const misfit = Object.entries(parameters).find(
    ([name, value]) => shape.members[name] === undefined || !hasShape(value, shape.members[name]),
  )
  if (misfit !== undefined) return refusal(400, 'MalformedInput', `Unexpected value for ${misfit[0]}`)
  const failures = check(parameters, shape, '')
  if (failures.length === 0) return undefined
  return validationError(
    `${failures.length} validation error${failures.length === 1 ? '' : 's'} detected: ${failures.join('; ')}`,
  )
}
