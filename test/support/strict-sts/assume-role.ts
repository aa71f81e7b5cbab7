/** AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
import type { Answer, Refusal } from './answers.ts'
import type { MfaProof } from './mfa.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, SessionOwner, Signer } from './state.ts'
import type { Trust } from './world.ts'
import { accessDenied, notAuthorized, refusal, validationError } from './answers.ts'
import { proveMfa } from './mfa.ts'
import { textOf } from './query-protocol.ts'
import { credentialsElement, issueSession } from './sessions.ts'
import { arnOfSigner } from './state.ts'

const DEFAULT_SECONDS = 3600
const CHAINED_SECONDS = 3600
const POLICY_CHARACTERS = 2048
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/
const POLICY_ARN = /^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]+$/

const isTrusted = (trust: Trust, signer: Signer, hasMfa: boolean, externalId: string | undefined): boolean => {
  const identity = signer.kind === 'assumed-role' ? signer.role.arn : signer.user.arn
  const wholeAccount = `arn:${signer.account.partition}:iam::${signer.account.id}:root`
  return (
    [identity, wholeAccount, arnOfSigner(signer)].some((arn) => trust.principals.includes(arn)) &&
    (!trust.requiresMfa || hasMfa) &&
    (trust.externalId === undefined || trust.externalId === externalId)
  )
}

const isPolicy = (text: string): boolean => {
  try {
    const policy: unknown = JSON.parse(text)
    return typeof policy === 'object' && policy !== null && 'Statement' in policy
  } catch {
    return false
  }
}

const policyArnsOf = (parameters: Parameters): readonly string[] =>
  Array.isArray(parameters['PolicyArns'])
    ? parameters['PolicyArns'].map((item: { readonly arn?: string }) => item.arn ?? '')
    : []

const plainPolicySize = (parameters: Parameters): number =>
  (textOf(parameters, 'Policy')?.length ?? 0) + policyArnsOf(parameters).join('').length

const checkPolicies = (parameters: Parameters): Refusal | undefined => {
  const policy = textOf(parameters, 'Policy')
  const badArn = policyArnsOf(parameters).find((arn) => !POLICY_ARN.test(arn))
  if (badArn !== undefined) return validationError(`${badArn} is invalid`)
  if (policy !== undefined && !isPolicy(policy))
    return refusal(400, 'MalformedPolicyDocument', 'This policy contains invalid Json')
  const percent = Math.ceil((plainPolicySize(parameters) / POLICY_CHARACTERS) * 100)
  if (percent <= 100) return undefined
  return refusal(
    400,
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}

const checkDuration = (signer: Signer, seconds: number, maximum: number): Refusal | undefined => {
  // A session from GetSessionToken counts as role chaining too, according to users of botocore and aws-vault.
  if (signer.kind !== 'user' && seconds > CHAINED_SECONDS) {
    return validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (seconds > maximum)
    return validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return undefined
}

const hasMfa = (signer: Signer, proof: MfaProof): boolean =>
  proof === 'proven' || (signer.kind === 'session-token' && signer.isMfaPresent)

type RoleSession = SessionOwner & { readonly kind: 'assumed-role' }

const answerWith = (state: ServerState, owner: RoleSession, seconds: number, parameters: Parameters): Answer => {
  const size = plainPolicySize(parameters)
  return {
    isOk: true,
    result: {
      Credentials: credentialsElement(issueSession(state, owner, seconds)),
      AssumedRoleUser: { AssumedRoleId: `${owner.role.roleId}:${owner.sessionName}`, Arn: arnOfSigner(owner) },
      PackedPolicySize: size === 0 ? undefined : String(Math.ceil((size / POLICY_CHARACTERS) * 100)),
      SourceIdentity: textOf(parameters, 'SourceIdentity'),
    },
  }
}

/**
 * Returns a role session. Checks in this order: syntax of ARNs and policies, token code (used from here on), trust,
 * duration. A missing role, a role that does not trust the caller, missing MFA and a wrong external ID all return the
 * same error.
 */
export const assumeRole = (state: ServerState, signer: Signer, parameters: Parameters): Answer => {
  const roleArn = textOf(parameters, 'RoleArn') ?? ''
  if (!ROLE_ARN.test(roleArn)) return validationError(`${roleArn} is invalid`)
  const badPolicy = checkPolicies(parameters)
  if (badPolicy !== undefined) return badPolicy
  if (signer.kind !== 'assumed-role' && signer.user.isRoot === true)
    return accessDenied('Roles may not be assumed by root accounts.')
  const proof = proveMfa(state, signer, parameters)
  if (typeof proof !== 'string') return proof
  const found = state.world.roles.get(roleArn)
  const denied = (because = ''): Refusal => notAuthorized(arnOfSigner(signer), 'sts:AssumeRole', roleArn, because)
  if (found?.account.partition !== signer.account.partition) return denied()
  const { account, role } = found
  if (role.isDenied === true) return denied(' because no identity-based policy allows the sts:AssumeRole action')
  if (!isTrusted(role.trust, signer, hasMfa(signer, proof), textOf(parameters, 'ExternalId'))) return denied()
  const seconds = Number(textOf(parameters, 'DurationSeconds') ?? DEFAULT_SECONDS)
  const tooLong = checkDuration(signer, seconds, role.maxSessionDurationSeconds)
  if (tooLong !== undefined) return tooLong
  const owner: RoleSession = {
    kind: 'assumed-role',
    account,
    role,
    keyId: signer.keyId,
    sessionName: textOf(parameters, 'RoleSessionName') ?? '',
    isChained: signer.kind !== 'user',
  }
  return answerWith(state, owner, seconds, parameters)
}
