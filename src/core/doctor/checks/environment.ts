/** Variables that change what tools read. */
import { isOfSession, shortenAccessKeyId } from '../../sessions/credentials.ts'
import { parseExpiration } from '../../sessions/expiration.ts'
import type { Examination } from '../examination.ts'
import { finding } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { TOOL_IDS } from '../tools.ts'
import { toolsWhere } from '../variable-behaviour.ts'

const FILE_VARIABLES = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const

/** Keys and sessions in the environment. */
export function checkVariableKeys({ machine }: Examination): readonly Finding[] {
  const { environment, now } = machine
  const valueOf = (name: string): string => environment[name] ?? ''
  const found: Finding[] = []
  const keyId = valueOf('AWS_ACCESS_KEY_ID')
  const [token, oldToken] = [valueOf('AWS_SESSION_TOKEN'), valueOf('AWS_SECURITY_TOKEN')]
  // With AWS_PROFILE, those that use the keys nevertheless.
  const tools = valueOf('AWS_PROFILE') === '' ? TOOL_IDS : TOOL_IDS.filter((tool) => !toolsWhere('AWS_PROFILE counts before keys').includes(tool))
  if (keyId !== '' && valueOf('AWS_SECRET_ACCESS_KEY') === '') return [finding('variable-half-a-key-pair', { key: 'AWS_ACCESS_KEY_ID', tools: toolsWhere('half a pair of keys fails') })]
  if (keyId !== '') {
    const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
    if (expiration !== undefined && expiration <= now) found.push(finding('variable-session-expired', { key: 'AWS_CREDENTIAL_EXPIRATION', at: expiration, tools }))
    // Inside exec they are what was asked for.
    else if (valueOf('AWSMFA_PROFILE') === '') found.push(finding('variable-keys', { key: 'AWS_ACCESS_KEY_ID', name: shortenAccessKeyId(keyId), tools }))
  }
  if (isOfSession(keyId) && token === '' && oldToken === '') found.push(finding('variable-session-without-token', { key: 'AWS_SESSION_TOKEN', name: shortenAccessKeyId(keyId), tools }))
  // botocore takes whatever dateutil can read for a date, weekdays among it; without a digit there is hardly one.
  if (keyId !== '' && /^[^\d]+$/.test(valueOf('AWS_CREDENTIAL_EXPIRATION'))) found.push(finding('variable-expiration-malformed', { key: 'AWS_CREDENTIAL_EXPIRATION', tools: toolsWhere('an AWS_CREDENTIAL_EXPIRATION that is no date fails') }))
  if (keyId !== '' && oldToken !== '' && token !== '' && oldToken !== token) found.push(finding('variable-security-token', { key: 'AWS_SECURITY_TOKEN', tools: toolsWhere('AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN') }))
  return found
}

/** Variables that name the profile. */
export function checkVariableProfiles({ machine, profiles }: Examination): readonly Finding[] {
  const { AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: other } = machine.environment
  const found: Finding[] = []
  if (profile === '') found.push(finding('variable-profile-empty', { key: 'AWS_PROFILE', tools: toolsWhere('an empty AWS_PROFILE fails') }))
  if (profile && other && profile !== other) found.push(finding('variable-profiles-differ', { key: 'AWS_DEFAULT_PROFILE', name: other, other: profile, tools: toolsWhere('AWS_DEFAULT_PROFILE counts before AWS_PROFILE') }))
  if (profile === undefined && other) found.push(finding('variable-profile-unread', { key: 'AWS_DEFAULT_PROFILE', name: other, tools: toolsWhere('AWS_DEFAULT_PROFILE is not read') }))
  if (profile && profiles.find(profile) === undefined) found.push(finding('variable-profile-unknown', { key: 'AWS_PROFILE', name: profile }))
  return found
}

/** Variables that name the files. */
export function checkVariableFiles({ machine }: Examination): readonly Finding[] {
  return FILE_VARIABLES.flatMap((key): readonly Finding[] => {
    const value = machine.environment[key]
    if (value === undefined) return []
    if (value === '') return [finding('variable-file-empty', { key, tools: toolsWhere(`an empty ${key} is no file`) })]
    if (value.includes('$')) return [finding('variable-file-not-expanded', { key, name: value, tools: toolsWhere('$ in a path is no variable') })]
    if (value.startsWith('~')) return [finding('variable-file-not-expanded', { key, name: value, tools: toolsWhere('~ in a path is no home') })]
    const missing = machine.missingFiles.find(({ variable }) => variable === key)
    return missing === undefined ? [] : [finding('variable-file-missing', { key, path: missing.path })]
  })
}
