import type { Invocation } from '../core/invocation.ts'
import type { Environment } from '../core/login/target-profile.ts'
import { visible } from '../core/visible-text.ts'

/**
 * Says in one line that the environment makes some tool use something else than the profile that is reported; undefined
 * where all tools agree. Observed with AWS CLI 1.45 and 2.36, boto3 1.43 and the JavaScript SDK 3.1169: exported keys beat
 * AWS_PROFILE everywhere but in the JavaScript SDK; with both variables set, AWS CLI v1 and boto3 take AWS_DEFAULT_PROFILE,
 * the others AWS_PROFILE.
 */
export function renderEnvironmentNote(environment: Environment, invocation: Invocation): string | undefined {
  const { AWS_ACCESS_KEY_ID: keyId, AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: defaultProfile } = environment
  if (isSet(keyId)) return 'awsmfa: note: AWS_ACCESS_KEY_ID is set, so the AWS CLI and most SDKs use that key and no profile; to change that: unset AWS_ACCESS_KEY_ID\n'
  const named = invocation.positionals.length > 0 || invocation.options['profile'] !== undefined
  if (named || !isSet(profile) || !isSet(defaultProfile) || profile === defaultProfile) return undefined
  return `awsmfa: note: AWS_PROFILE is '${visible(profile)}' and AWS_DEFAULT_PROFILE is '${visible(defaultProfile)}': AWS CLI v1 and boto3 use the latter, other tools the former\n`
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/**
 * Says in one line that AWS_PROFILE names another profile than the one whose session is to be exported; undefined where it does
 * not. Observed with the JavaScript SDK 3.1169: it goes by AWS_PROFILE even where keys stand beside it.
 */
export function renderProfileNote(profile: string, { AWS_PROFILE: named }: Environment): string | undefined {
  if (!isSet(named) || named === profile) return undefined
  return `awsmfa: note: AWS_PROFILE is '${visible(named)}', which the AWS SDK for JavaScript goes by whatever keys stand beside it; to have it use these: unset AWS_PROFILE\n`
}
