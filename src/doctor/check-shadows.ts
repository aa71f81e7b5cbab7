import { encodeUtf8 } from '../aws-files/edit.ts'
import { findSections } from '../aws-files/ini-document.ts'
import { readKeys, visible, withoutComment } from '../aws-files/profile-keys.ts'
import { inFile, ruleFor, valueOf } from './credential-order.ts'
import type { Outcome, ProfileTraits } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding } from './finding.ts'
import type { Finding, FindingDetails } from './finding.ts'
import { ENGINES, toolsOf } from './tools.ts'
import type { ToolId } from './tools.ts'
import { LONG_TERM_SUFFIXES } from '../login/profile-chain.ts'
import { settingRow } from '../login/setting-table.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

/** Keys of a profile that keep others from being used, and roles that do not work as they stand. */

/** AWS allows a role that is assumed from a session for an hour (IAM User Guide, "Role chaining"). */
const CHAINED_MAXIMUM_SECONDS = 3_600

/** What a profile is looked at with. */
interface Subject {
  readonly profile: ProfileView
  readonly traits: ProfileTraits
  readonly examination: Examination
  readonly at: (key: string) => FindingDetails
}

/** All that is wrong with how the keys of a profile go together. */
export function checkProfileKeys(profile: ProfileView, examination: Examination): readonly Finding[] {
  const traits = examination.traitsOf(profile)
  const at = (key: string): FindingDetails => {
    const value = visible(profile, key)
    return value === undefined
      ? { profile: profile.name }
      : { file: examination.files[value.file].path, line: value.line, profile: profile.name, key }
  }
  const subject = { profile, traits, examination, at }
  return [...hidden(subject), ...rolesInTrouble(subject), ...ssoSessionMissing(subject), ...strictlyRefused(subject)]
}

function toolsThat(outcomes: readonly Outcome[], traits: ProfileTraits): readonly ToolId[] {
  return toolsOf(ENGINES.filter((engine) => outcomes.includes(ruleFor(engine, traits)?.outcome ?? 'none')))
}

function hidden({ profile, traits, at }: Subject): readonly Finding[] {
  if (!traits.keys) return []
  const key = inFile(profile, 'credentials', 'aws_access_key_id') === undefined ? 'config' : 'credentials'
  const otherLine = inFile(profile, key, 'aws_access_key_id')?.line
  const details = otherLine === undefined ? {} : { otherLine }
  if (traits.role && !traits.self && traits.source)
    return [
      finding('role-hides-session', {
        ...at('role_arn'),
        ...details,
        tools: toolsThat(['role', 'role-without-mfa', 'asks', 'fails'], traits),
      }),
    ]
  if (traits.process && !traits.role)
    return [
      finding('keys-hide-process', {
        ...at('credential_process'),
        ...details,
        tools: toolsThat(['keys', 'fails'], traits),
      }),
    ]
  if (traits.sso)
    return [
      finding('sso-hides-keys', {
        ...at(valueOf(profile, 'sso_account_id') === undefined ? 'sso_role_name' : 'sso_account_id'),
        ...details,
        tools: toolsThat(['sso'], traits),
      }),
    ]
  return []
}

function rolesInTrouble(subject: Subject): readonly Finding[] {
  const { profile, traits, examination, at } = subject
  const blank = ['role_arn', 'source_profile'].find((key) => visible(profile, key)?.value === '')
  if (blank !== undefined) return [finding('empty-role-key', { ...at(blank), tools: toolsThat(['fails'], traits) })]
  if (!traits.role) return []
  if (traits.source && traits.credentialSource && !traits.webIdentity)
    return [finding('two-sources', { ...at('credential_source'), tools: toolsThat(['fails'], traits) })]
  if (traits.credentialSource && !traits.webIdentity) return unknownSource(subject)
  if (!traits.source)
    return traits.credentialSource || traits.webIdentity
      ? []
      : [finding('role-without-source', { ...at('role_arn'), tools: toolsThat(['fails', 'none'], traits) })]
  const { path, missing, isCycle } = examination.sourcePathOf(profile)
  const source = valueOf(profile, 'source_profile')
  if (isCycle)
    return [
      finding('source-profile-cycle', {
        ...at('source_profile'),
        name: [...path, profile].map(({ name }) => name).join(' → '),
      }),
    ]
  if (missing !== undefined)
    return missing.value === source?.value && missing.line === source.line ? sourceMissing(subject, missing) : []
  const asking = traits.mfa
    ? [finding('role-asks-for-code', { ...at('mfa_serial'), tools: toolsThat(['asks', 'fails'], traits) })]
    : []
  return [...asking, ...tooLong(subject, path)]
}

/** What `credential_source` may say (botocore, credentials.py › CanonicalNameCredentialSourcer; AWS SDKs Reference, "Assume role"). */
const CREDENTIAL_SOURCES = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer']

/** In other capitals botocore does not know them; some others do. */
function unknownSource({ profile, at }: Subject): readonly Finding[] {
  const name = valueOf(profile, 'credential_source')?.value ?? ''
  if (CREDENTIAL_SOURCES.includes(name)) return []
  const isInOtherCapitals = CREDENTIAL_SOURCES.some((each) => each.toLowerCase() === name.toLowerCase())
  return [
    finding('credential-source-unknown', {
      ...at('credential_source'),
      name,
      ...(isInOtherCapitals ? { tools: toolsOf(['botocore']) } : {}),
    }),
  ]
}

/** A section of config that is not there (botocore, credentials.py › SSOProvider._resolve_sso_session_reference). */
function ssoSessionMissing({ profile, traits, examination, at }: Subject): readonly Finding[] {
  const name = valueOf(profile, 'sso_session')?.value
  const tools = toolsThat(['sso'], traits)
  if (name === undefined || tools.length === 0) return []
  const { document, sections } = examination.files.config
  // All headers are looked at only where the name is not found as it is mostly written.
  const isThere =
    findSections(document, encodeUtf8(`sso-session ${name}`)).length > 0 ||
    sections.some(({ header }) => /^sso-session[ \t]+["']?(.*?)["']?$/.exec(header.name)?.[1] === name)
  return isThere ? [] : [finding('sso-session-missing', { ...at('sso_session'), name, tools })]
}

function sourceMissing(subject: Subject, source: ProfileValue): readonly Finding[] {
  const { examination, at } = subject
  // Tools find no section; login goes to the same name with a suffix, and makes the section.
  if (LONG_TERM_SUFFIXES.some((suffix) => examination.profiles.find(source.value + suffix) !== undefined)) return []
  const uncommented = withoutComment(source.value)
  const near = uncommented !== source.value ? uncommented : nearestOther(source.value, subject)
  const isBare = examination.profiles.find(source.value) !== undefined
  if (isBare) return []
  return [
    finding('source-profile-missing', {
      ...at('source_profile'),
      name: source.value,
      ...(near === undefined ? {} : { other: near }),
    }),
  ]
}

/** A profile is not meant to be its own source. */
function nearestOther(name: string, { profile, examination }: Subject): string | undefined {
  const near = examination.nearestName(name)
  return near === profile.name
    ? nearest(
        name,
        examination.profiles.names().filter((each) => each !== near),
      )
    : near
}

/** A role that is made from a session: its source is signed in by awsmfa, or holds a session. */
function tooLong({ profile, traits, examination, at }: Subject, path: readonly ProfileView[]): readonly Finding[] {
  const seconds = Number(valueOf(profile, 'duration_seconds')?.value)
  const source = path[1]
  if (traits.mfa || source === undefined || !(seconds > CHAINED_MAXIMUM_SECONDS)) return []
  const { token, role, keys } = examination.traitsOf(source)
  const isSession =
    token || role || (!keys && readKeys(source, settingRow('MFA device serial').profileKeys) !== undefined)
  return isSession ? [finding('role-too-long', { ...at('duration_seconds'), seconds })] : []
}

/** What the SDK for .NET, and in part that for Go, refuse, though it changes nothing for the others. */
function strictlyRefused({ traits, at }: Subject): readonly Finding[] {
  const found: Finding[] = []
  if (traits.keys && traits.mfa && !traits.role)
    found.push(finding('mfa-serial-beside-keys', { ...at('mfa_serial'), tools: toolsOf(['dotnet']) }))
  if (traits.source && !traits.role && !traits.blank)
    found.push(finding('source-without-role', { ...at('source_profile'), tools: toolsOf(['go', 'dotnet']) }))
  return found
}
