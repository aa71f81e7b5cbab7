/**
 * What tools make of variables of the environment, as data: which of them do what is named. Held against the tools in
 * test/interop/tools/doctor-variables.test.ts, but for the SDK for .NET (its EnvironmentVariableAWSCredentials and
 * FallbackCredentialsFactory were read).
 */
import { toolsOf } from './tools.ts'
import type { ToolId } from './tools.ts'

/** What is to be known of a variable. */
export type VariableHabit =
  | 'AWS_PROFILE counts before keys'
  | 'AWS_DEFAULT_PROFILE counts before AWS_PROFILE'
  | 'AWS_DEFAULT_PROFILE is not read'
  | 'an empty AWS_PROFILE fails'
  | 'an empty AWS_SHARED_CREDENTIALS_FILE is no file'
  | 'an empty AWS_CONFIG_FILE is no file'
  | '$ in a path is no variable'
  | '~ in a path is no home'
  | 'keys past AWS_CREDENTIAL_EXPIRATION fail'
  | 'half a pair of keys fails'
  | 'an AWS_CREDENTIAL_EXPIRATION that is no date fails'
  | 'AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN'

const HABITS: Readonly<Record<VariableHabit, readonly ToolId[]>> = {
  'AWS_PROFILE counts before keys': ['sdk-js'],
  'AWS_DEFAULT_PROFILE counts before AWS_PROFILE': ['aws-cli', 'boto3', 'sam'],
  'AWS_DEFAULT_PROFILE is not read': ['sdk-js', 'sdk-rust', 'sdk-java', 'sdk-dotnet'],
  'an empty AWS_PROFILE fails': toolsOf(['botocore', 'rust', 'java']),
  'an empty AWS_SHARED_CREDENTIALS_FILE is no file': toolsOf(['botocore', 'rust', 'java']),
  'an empty AWS_CONFIG_FILE is no file': toolsOf(['botocore', 'rust', 'java']),
  '$ in a path is no variable': toolsOf(['js', 'go', 'rust', 'java']),
  '~ in a path is no home': toolsOf(['go']),
  // The others send them as they are. None takes a profile in their place.
  'keys past AWS_CREDENTIAL_EXPIRATION fail': toolsOf(['botocore']),
  // credentials.py › EnvProvider._create_credentials_fetcher, load. The others go on to profiles, or do not read the date.
  'half a pair of keys fails': toolsOf(['botocore']),
  'an AWS_CREDENTIAL_EXPIRATION that is no date fails': toolsOf(['botocore']),
  'AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN': toolsOf(['botocore']),
}

/** What the AWS CLI does in its version 1 alone. Which version is there is not looked at. */
export const HABITS_OF_AWS_CLI_1: readonly VariableHabit[] = ['AWS_DEFAULT_PROFILE counts before AWS_PROFILE']

/** Gives the tools that have a habit. */
export function toolsWhere(habit: VariableHabit): readonly ToolId[] {
  return HABITS[habit]
}
