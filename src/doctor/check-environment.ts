/** Checks the environment variables that change which files, profiles and credentials tools use. */
import type { Examination } from './examination.ts'
import { finding, formatTime, quote, show, showPath, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import { BEHAVIOR_OF_AWS_CLI_1, TOOL_IDS, toolsWhere } from './tools.ts'
import type { VariableBehavior } from './tools.ts'
import { isOfSession, shortenAccessKeyId } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import { commandLine, unsetLine } from '../ui/words.ts'

/** Checks keys and sessions in the environment. */
export function checkVariableKeys({ machine: { environment, now } }: Examination): readonly Finding[] {
  const valueOf = (name: string): string => environment[name] ?? ''
  const keyId = valueOf('AWS_ACCESS_KEY_ID')
  if (keyId === '') return []
  if (valueOf('AWS_SECRET_ACCESS_KEY') === '')
    return [
      finding('variable-half-a-key-pair', { key: 'AWS_ACCESS_KEY_ID', tools: toolsWhere('half a key pair fails') }),
    ]
  const found: Finding[] = []
  const name = shortenAccessKeyId(keyId)
  const [token, oldToken] = [valueOf('AWS_SESSION_TOKEN'), valueOf('AWS_SECURITY_TOKEN')]
  // The tools that use the keys, also if AWS_PROFILE is set.
  const preferring = valueOf('AWS_PROFILE') === '' ? [] : toolsWhere('AWS_PROFILE overrides keys')
  const tools = TOOL_IDS.filter((tool) => !preferring.includes(tool))
  const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  if (expiration !== undefined && expiration <= now)
    found.push(finding('variable-session-expired', { key: 'AWS_CREDENTIAL_EXPIRATION', at: expiration, tools }))
  // In a shell or program that `awsmfa exec` started, keys are what was asked for.
  else if (valueOf('AWSMFA_PROFILE') === '')
    found.push(finding('variable-keys', { key: 'AWS_ACCESS_KEY_ID', name, tools }))
  if (isOfSession(keyId) && token === '' && oldToken === '')
    found.push(finding('variable-session-without-token', { key: 'AWS_SESSION_TOKEN', name, tools }))
  // botocore accepts every date that dateutil can parse, weekdays included; text without a digit is hardly one.
  if (/^[^\d]+$/.test(valueOf('AWS_CREDENTIAL_EXPIRATION')))
    found.push(
      finding('variable-expiration-malformed', {
        key: 'AWS_CREDENTIAL_EXPIRATION',
        tools: toolsWhere('a malformed AWS_CREDENTIAL_EXPIRATION fails'),
      }),
    )
  if (oldToken !== '' && token !== '' && oldToken !== token)
    found.push(
      finding('variable-security-token', {
        key: 'AWS_SECURITY_TOKEN',
        tools: toolsWhere('AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN'),
      }),
    )
  return found
}

/** Checks the variables that name the profile. */
export function checkVariableProfiles({ machine, profiles }: Examination): readonly Finding[] {
  const { AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: other = '' } = machine.environment
  const details = { key: 'AWS_DEFAULT_PROFILE', name: other }
  if (profile === undefined) {
    const tools = toolsWhere('AWS_DEFAULT_PROFILE is ignored')
    return other === '' ? [] : [finding('variable-profile-unread', { ...details, tools })]
  }
  if (profile === '')
    return [finding('variable-profile-empty', { key: 'AWS_PROFILE', tools: toolsWhere('an empty AWS_PROFILE fails') })]
  const tools = toolsWhere('AWS_DEFAULT_PROFILE overrides AWS_PROFILE')
  return [
    ...(other !== '' && other !== profile
      ? [finding('variable-profiles-differ', { ...details, other: profile, tools })]
      : []),
    ...(profiles.find(profile) === undefined
      ? [finding('variable-profile-unknown', { key: 'AWS_PROFILE', name: profile })]
      : []),
  ]
}

/** Checks the variables that name the two files. */
export function checkVariableFiles({ machine }: Examination): readonly Finding[] {
  return (['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const).flatMap((key): readonly Finding[] => {
    const name = machine.environment[key]
    if (name === undefined) return []
    if (name === '')
      return [finding('variable-file-empty', { key, tools: toolsWhere(`an empty ${key} means no file`) })]
    if (name.includes('$'))
      return [finding('variable-file-not-expanded', { key, name, tools: toolsWhere('$ in a path is literal') })]
    if (name.startsWith('~'))
      return [finding('variable-file-not-expanded', { key, name, tools: toolsWhere('~ in a path is literal') })]
    const missing = machine.missingFiles.find(({ variable }) => variable === key)
    return missing === undefined ? [] : [finding('variable-file-missing', { key, name: missing.path })]
  })
}

/** The message of each finding, and its fix. */
export const ENVIRONMENT_MESSAGES = {
  'variable-keys': (found) => [
    `keys in the environment (…${(found.name ?? '').replace('…', '')}) override profiles in most tools; ${toolsDo('AWS_PROFILE overrides keys', 'use', 'uses')} AWS_PROFILE instead`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']),
  ],
  'variable-session-expired': (found, context) => [
    `session in the environment expired ${formatTime(found.at, context)}; ${toolsDo('a past AWS_CREDENTIAL_EXPIRATION fails', 'fail', 'fails')}, and AWS rejects it from other tools`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']),
  ],
  'variable-expiration-malformed': (found) => [
    `${quote(found.key)} is not a date; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_CREDENTIAL_EXPIRATION']),
  ],
  'variable-half-a-key-pair': (found) => [
    `${quote(found.key)} is set without 'AWS_SECRET_ACCESS_KEY'; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_ACCESS_KEY_ID']),
  ],
  'variable-session-without-token': (found) => [
    `session key ${show(found.name)} in the environment without ${quote(found.key)}; AWS rejects it`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']),
  ],
  'variable-security-token': (found) => [
    `${toolNames(found.tools)} use ${quote(found.key)} instead of 'AWS_SESSION_TOKEN', and they differ`,
    unsetLine(['AWS_SECURITY_TOKEN']),
  ],
  'variable-profiles-differ': (found) => [
    `${toolsDo('AWS_DEFAULT_PROFILE overrides AWS_PROFILE', 'use', 'uses')} AWS_DEFAULT_PROFILE (${quote(found.name)}), other tools AWS_PROFILE (${quote(found.other)})`,
    unsetLine(['AWS_DEFAULT_PROFILE']),
  ],
  'variable-profile-unread': (found) => [
    `${toolNames(found.tools)} ignore ${quote(found.key)} (${quote(found.name)}) and use 'default'`,
    'set AWS_PROFILE instead',
  ],
  'variable-profile-empty': (found) => [
    `${quote(found.key)} is empty; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_PROFILE']),
  ],
  'variable-profile-unknown': (found) => [
    `AWS_PROFILE: profile ${quote(found.name)} not found`,
    `to list profiles: ${commandLine('status', '--all')}`,
  ],
  'variable-file-empty': (found) => [
    `${quote(found.key)} is empty; ${toolNames(found.tools)} read no file, others the default one`,
    unsetLine([found.key ?? '']),
  ],
  'variable-file-missing': (found, context) => [
    `${found.key ?? ''}: ${showPath(found.name, context)} not found`,
    unsetLine([found.key ?? '']),
  ],
  'variable-file-not-expanded': (found) => [
    `${toolNames(found.tools)} do not expand ${quote(found.name)} in ${found.key ?? ''}`,
    'use an absolute path',
  ],
} satisfies Messages

/** Returns the tools that do what is named, with a verb. */
function toolsDo(behavior: VariableBehavior, many: string, one: string): string {
  const tools = toolsWhere(behavior)
  const names = toolNames(tools)
  const isOfVersion1 = BEHAVIOR_OF_AWS_CLI_1.includes(behavior)
  const subject = isOfVersion1 ? names.replace('the AWS CLI', 'AWS CLI 1') : names
  return `${subject} ${tools.length === 1 ? one : many}`
}
