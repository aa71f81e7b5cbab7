/** What STS takes as values, checked here because the AWS CLI checks only minima. Source: botocore, data/sts/2011-06-15. */
import type { StsArgumentProblem } from '../failures.ts'
import { AwsmfaError } from '../failures.ts'
import type { StsFlagName } from './sts-flags.ts'

/** The rule of one text. `expected` is the rule in words, for messages. */
export interface TextRule {
  readonly minimum: number
  readonly maximum: number
  readonly pattern: RegExp
  readonly expected: string
}

const NAME_LETTERS = 'letters, digits and _+=,.@-'

/** The ARN of a role, with or without a path. STS itself looks only at its length; IAM makes no other form. */
export const ROLE_ARN: TextRule = {
  minimum: 20,
  maximum: 2048,
  pattern: /^arn:[a-z0-9-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  expected: "a role's ARN, such as arn:aws:iam::123456789012:role/Admin",
}

/** The name of a role session. */
export const ROLE_SESSION_NAME: TextRule = { minimum: 2, maximum: 64, pattern: /^[\w+=,.@-]*$/, expected: `2 to 64 ${NAME_LETTERS}` }

/** An external id. */
export const EXTERNAL_ID: TextRule = { minimum: 2, maximum: 1224, pattern: /^[\w+=,.@:/-]*$/, expected: `2 to 1224 ${NAME_LETTERS}, : and /` }

const ARN: TextRule = { minimum: 20, maximum: 2048, pattern: /^arn:[\x21-\x7e]+$/, expected: 'an ARN of 20 to 2048 characters' }
const TAG_PATTERN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const TAG_KEY: TextRule = { minimum: 1, maximum: 128, pattern: TAG_PATTERN, expected: 'a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@' }
const TAG_VALUE: TextRule = { minimum: 0, maximum: 256, pattern: TAG_PATTERN, expected: 'a tag value of at most 256 letters, digits, spaces and _.:/=+-@' }
const POLICY: TextRule = { minimum: 1, maximum: 2048, pattern: /^[\t\n\r\x20-\xff]*$/, expected: 'a policy as JSON text of at most 2048 characters, or file://path' }
const ASSERTION: TextRule = { minimum: 4, maximum: 2048, pattern: /^.*$/s, expected: 'a context assertion of 4 to 2048 characters' }
const SOURCE_IDENTITY: TextRule = { minimum: 2, maximum: 64, pattern: /^[\w+=,.@-]*$/, expected: `2 to 64 ${NAME_LETTERS}` }

/** The rules of flags whose value is one text and that have no parser of their own. */
const TEXT_RULES: Readonly<Partial<Record<StsFlagName, TextRule>>> = {
  '--role-arn': ROLE_ARN,
  '--role-session-name': ROLE_SESSION_NAME,
  '--external-id': EXTERNAL_ID,
  '--policy': POLICY,
  '--source-identity': SOURCE_IDENTITY,
}

/** How many items a list may have, and the rule of each member; a list of texts has the one member ''. */
const LIST_RULES: Readonly<Partial<Record<StsFlagName, { readonly maximum: number; readonly members: Readonly<Record<string, TextRule>> }>>> = {
  '--policy-arns': { maximum: 10, members: { arn: ARN } },
  '--tags': { maximum: 50, members: { Key: TAG_KEY, Value: TAG_VALUE } },
  '--transitive-tag-keys': { maximum: 50, members: { '': TAG_KEY } },
  '--provided-contexts': { maximum: 5, members: { ProviderArn: ARN, ContextAssertion: ASSERTION } },
}

/** Tells whether a text keeps a rule. */
export function keepsRule(text: string, rule: TextRule): boolean {
  return text.length >= rule.minimum && text.length <= rule.maximum && rule.pattern.test(text)
}

/** Gives the text back, or throws STS_ARGUMENT naming the flag, the value and the rule. A policy must be JSON too. */
export function checkText(flag: StsFlagName, text: string): string {
  const rule = TEXT_RULES[flag]
  if (rule !== undefined && (!keepsRule(text, rule) || (flag === '--policy' && !isJson(text)))) throw badValue(flag, text, rule.expected)
  return text
}

/** Throws STS_ARGUMENT unless there are at most as many items as STS takes, each with all members, each keeping its rule. */
export function checkItems(flag: StsFlagName, items: readonly Readonly<Record<string, string>>[]): void {
  const rules = LIST_RULES[flag]
  if (rules === undefined) return
  if (items.length === 0 || items.length > rules.maximum) throw badValue(flag, `${items.length} items`, `1 to ${rules.maximum} items`)
  for (const item of items) {
    for (const [member, rule] of Object.entries(rules.members)) {
      const text = item[member]
      if (text === undefined) throw badValue(flag, describe(flag, item), `items that each have ${Object.keys(rules.members).join(' and ')}`)
      if (!keepsRule(text, rule)) throw badValue(flag, describe(flag, item), rule.expected)
    }
  }
}

/** Makes the failure of a value that STS would not take. Long values are cut; messages need no more to be recognised. */
export function badValue(flag: string, value: string, expected: string): AwsmfaError {
  const shown = value.length > 80 ? `${value.slice(0, 79)}…` : value
  return stsArgument({ kind: 'bad-value', flag, value: shown, expected })
}

/** Makes the failure of something wrong after `--`. */
export function stsArgument(problem: StsArgumentProblem): AwsmfaError {
  return new AwsmfaError({ code: 'STS_ARGUMENT', problem })
}

/** An item as shorthand would have it. A context assertion is a signed token of somebody's and is never shown. */
function describe(flag: StsFlagName, item: Readonly<Record<string, string>>): string {
  const members = flag === '--provided-contexts' ? Object.entries(item).filter(([key]) => key !== 'ContextAssertion') : Object.entries(item)
  return members.map(([key, text]) => (key === '' ? text : `${key}=${text}`)).join(',')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // The parser's words name an offset in AWS's policy, which the AWS CLI does not tell either.
    return false
  }
}
