/** Checks roles and their sources, and settings of a profile that tools refuse together or that hide each other. */
import { encodeUtf8 } from '../aws-files/ini-document.ts'
import { LONG_TERM_SUFFIXES, readKeys, visible, withoutComment } from '../aws-files/profile-keys.ts'
import { CHAINED_ROLE_SECONDS } from '../aws/sts-api.ts'
import { ruleFor, sdkValue, valueIn } from './credential-order.ts'
import type { Outcome, ProfileTraits } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { commandFor, finding, noTools, otherPlace, quote, show, toolNames } from './finding.ts'
import type { Finding, FindingDetails, Messages } from './finding.ts'
import { ENGINES, toolsOf } from './tools.ts'
import type { ToolId } from './tools.ts'
import { settingRow } from '../login/setting-table.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

interface ProfileContext {
  readonly profile: ProfileView
  readonly traits: ProfileTraits
  readonly examination: Examination
  /** Where a key is, for a finding. */
  readonly at: (key: string) => FindingDetails
}

/** Returns everything that is wrong with how the settings of a profile go together. */
export function checkRoles(profile: ProfileView, examination: Examination): readonly Finding[] {
  const traits = examination.traitsOf(profile)
  const at = (key: string): FindingDetails => {
    const value = visible(profile, key)
    return value === undefined
      ? { profile: profile.name }
      : { file: examination.files[value.file].path, line: value.line, profile: profile.name, key }
  }
  const context = { profile, traits, examination, at }
  return [...checkHidden(context), ...checkRole(context), ...checkSsoSession(context), ...checkRefused(context)]
}

/** The tools that do one of these things with a profile. */
function toolsThat(traits: ProfileTraits, ...outcomes: readonly Outcome[]): readonly ToolId[] {
  return toolsOf(...ENGINES.filter((engine) => outcomes.includes(ruleFor(engine, traits)?.outcome ?? 'none')))
}

/** Keys that hide something else of the profile, or are hidden by it. */
function checkHidden({ profile, traits, at }: ProfileContext): readonly Finding[] {
  if (!traits.keys) return []
  const keyId = valueIn(profile, 'credentials', 'aws_access_key_id') ?? valueIn(profile, 'config', 'aws_access_key_id')
  const otherLine = keyId?.line
  if (traits.role && !traits.self && traits.source) {
    const tools = toolsThat(traits, 'role', 'role-without-mfa', 'asks', 'fails')
    return [finding('role-hides-session', { ...at('role_arn'), otherLine, tools })]
  }
  if (traits.process && !traits.role) {
    const tools = toolsThat(traits, 'keys', 'fails')
    return [finding('keys-hide-process', { ...at('credential_process'), otherLine, tools })]
  }
  if (!traits.sso) return []
  const key = sdkValue(profile, 'sso_account_id') === undefined ? 'sso_role_name' : 'sso_account_id'
  return [finding('sso-hides-keys', { ...at(key), otherLine, tools: toolsThat(traits, 'sso') })]
}

function checkRole(context: ProfileContext): readonly Finding[] {
  const { profile, traits, examination, at } = context
  const empty = ['role_arn', 'source_profile'].find((key) => visible(profile, key)?.value === '')
  if (empty !== undefined) return [finding('empty-role-key', { ...at(empty), tools: toolsThat(traits, 'fails') })]
  if (!traits.role) return []
  if (traits.credentialSource && !traits.webIdentity)
    return traits.source
      ? [finding('two-sources', { ...at('credential_source'), tools: toolsThat(traits, 'fails') })]
      : checkCredentialSource(context)
  if (!traits.source)
    return traits.webIdentity
      ? []
      : [finding('role-without-source', { ...at('role_arn'), tools: toolsThat(traits, 'fails', 'none') })]
  const { chain, missing, isCycle } = examination.sourceChainOf(profile)
  if (isCycle) {
    const name = [...chain, profile].map((each) => each.name).join(' → ')
    return [finding('source-profile-cycle', { ...at('source_profile'), name })]
  }
  if (missing !== undefined) {
    const own = sdkValue(profile, 'source_profile')
    return missing.value === own?.value && missing.line === own.line ? checkMissingSource(context, missing) : []
  }
  const tools = toolsThat(traits, 'asks', 'fails')
  return [
    ...(traits.mfa
      ? [finding('role-asks-for-code', { ...at('mfa_serial'), tools, other: traits.self ? profile.name : undefined })]
      : []),
    ...checkDuration(context, chain[1]),
  ]
}

/**
 * The values of `credential_source` (botocore, credentials.py › CanonicalNameCredentialSourcer; AWS SDKs Reference,
 * "Assume role").
 */
const CREDENTIAL_SOURCES = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer']

function checkCredentialSource({ profile, at }: ProfileContext): readonly Finding[] {
  const name = sdkValue(profile, 'credential_source')?.value ?? ''
  if (CREDENTIAL_SOURCES.includes(name)) return []
  const details = { ...at('credential_source'), name }
  // botocore compares case; some others do not.
  const isOtherCase = CREDENTIAL_SOURCES.some((each) => each.toLowerCase() === name.toLowerCase())
  return [finding('credential-source-unknown', isOtherCase ? { ...details, tools: toolsOf('botocore') } : details)]
}

/**
 * Checks that the section exists that `sso_session` names (botocore, credentials.py ›
 * SSOProvider._resolve_sso_session_reference).
 */
function checkSsoSession({ profile, traits, examination, at }: ProfileContext): readonly Finding[] {
  const name = sdkValue(profile, 'sso_session')?.value
  const tools = toolsThat(traits, 'sso')
  if (name === undefined || tools.length === 0) return []
  const { document, sections } = examination.files.config
  // All headers are searched only if the usual form is not found.
  const exists =
    document.named(encodeUtf8(`sso-session ${name}`)).length > 0 ||
    sections.some(({ header }) => /^sso-session[ \t]+["']?(.*?)["']?$/.exec(header.name)?.[1] === name)
  return exists ? [] : [finding('sso-session-missing', { ...at('sso_session'), name, tools })]
}

function checkMissingSource({ profile, examination, at }: ProfileContext, source: ProfileValue): readonly Finding[] {
  const { profiles } = examination
  // A name with a suffix is where login finds the keys; it then makes the section. A bare section has its own finding.
  if (['', ...LONG_TERM_SUFFIXES].some((suffix) => profiles.find(source.value + suffix) !== undefined)) return []
  const uncommented = withoutComment(source.value)
  const other = uncommented === source.value ? nearestOther(source.value, profile, examination) : uncommented
  return [finding('source-profile-missing', { ...at('source_profile'), name: source.value, other })]
}

/** The name that is most like an unknown one, but not the profile itself: that is hardly meant to be its own source. */
function nearestOther(name: string, profile: ProfileView, { nearestName, profiles }: Examination): string | undefined {
  const found = nearestName(name)
  if (found !== profile.name) return found
  const others = profiles.names().filter((each) => each !== found)
  return nearest(name, others)
}

/** Checks the duration of a role whose source is a session: awsmfa signs it in, or it has one already. */
function checkDuration({ profile, traits, examination, at }: ProfileContext, source?: ProfileView): readonly Finding[] {
  const seconds = Number(sdkValue(profile, 'duration_seconds')?.value)
  if (traits.mfa || source === undefined || !(seconds > CHAINED_ROLE_SECONDS)) return []
  const { token, role, keys } = examination.traitsOf(source)
  const isSession = token || role || (!keys && readKeys(source, settingRow('MFA device').profileKeys) !== undefined)
  return isSession ? [finding('role-too-long', { ...at('duration_seconds'), seconds })] : []
}

/** What the SDK for .NET, and in part that for Go, refuse, though the others ignore it. */
function checkRefused({ traits, at }: ProfileContext): readonly Finding[] {
  return [
    ...(traits.keys && traits.mfa && !traits.role
      ? [finding('mfa-serial-beside-keys', { ...at('mfa_serial'), tools: toolsOf('dotnet') })]
      : []),
    ...(traits.source && !traits.role && !traits.blank
      ? [finding('source-without-role', { ...at('source_profile'), tools: toolsOf('go', 'dotnet') })]
      : []),
  ]
}

/** The message of each finding, and its fix. */
export const ROLE_MESSAGES = {
  'role-hides-session': (found) => [
    `${quote(found.profile)} is a role; ${noTools(found.tools, 'use')} the keys in ${otherPlace(found)}`,
    'use two profiles, one for the keys and one for the role',
  ],
  'keys-hide-process': (found) => [
    `${toolNames(found.tools)} use the keys in ${otherPlace(found)} or reject both, and never run this process`,
    'remove one of them',
  ],
  'sso-hides-keys': (found) => [
    `${toolNames(found.tools)} use ${quote(found.key)} and ignore the keys in ${otherPlace(found)}`,
    'remove one of them',
  ],
  'empty-role-key': (found) => [`${quote(found.key)} is empty; ${toolNames(found.tools)} fail`, 'remove the line'],
  'role-without-source': (found) => [
    `role without 'source_profile'; ${noTools(found.tools, 'assume')} it`,
    "add 'source_profile' with the profile that may assume the role",
  ],
  'two-sources': (found) => [
    `${toolNames(found.tools)} reject a role with 'source_profile' and ${quote(found.key)}`,
    'remove one of them',
  ],
  'credential-source-unknown': (found) => [
    `${noTools(found.tools, 'support')} the credential source ${quote(found.name)}`,
    'use Environment, Ec2InstanceMetadata or EcsContainer',
  ],
  'sso-session-missing': (found) => [
    `[sso-session ${show(found.name)}] not found`,
    'to create it: aws configure sso-session',
  ],
  'source-profile-missing': (found) => [
    `source profile ${quote(found.name)} not found`,
    found.other === undefined ? 'use the profile that may assume the role' : `did you mean ${quote(found.other)}?`,
  ],
  'source-profile-cycle': (found) => [
    `source profiles form a loop: ${show(found.name)}`,
    "give one of them an access key instead of 'source_profile'",
  ],
  'role-asks-for-code': (found) => [
    `because of ${quote(found.key)}, ${roleAsks(found.tools)}`,
    found.other === undefined
      ? `for one code in all tools: ${commandFor('setup', found)}`
      : `for one code in all tools, move the keys of ${quote(found.other)} to their own profile, then: ${commandFor('setup', found)}`,
  ],
  'role-too-long': (found) => [
    `AWS limits a role assumed from a session to 3600 s, not ${found.seconds ?? 0}`,
    "set 3600, or remove 'duration_seconds'",
  ],
  'mfa-serial-beside-keys': (found) => [
    `${toolNames(found.tools)} rejects keys with ${quote(found.key)}`,
    `to rename it to 'awsmfa_mfa_serial': ${commandFor('setup', found)}`,
  ],
  'source-without-role': (found) => [
    `${toolNames(found.tools)} reject ${quote(found.key)} without 'role_arn'`,
    `to rename it to 'awsmfa_source_profile': ${commandFor('setup', found)}`,
  ],
} satisfies Messages

function roleAsks(tools: readonly ToolId[]): string {
  const asking = tools.filter((tool) => ['aws-cli', 'boto3', 'sam', 'cdk'].includes(tool))
  return `${toolNames(asking)} prompt for their own code; ${toolNames(tools.filter((tool) => !asking.includes(tool)))} fail`
}
