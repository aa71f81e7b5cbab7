/**
 * What is known of a profile of another tool, and the detectors of the tools whose access keys, sessions or settings
 * are elsewhere than in a pair of sections: aws-vault, awsume, granted, saml2aws and aws-runas. Pure. Sources:
 * ByteNess/aws-vault, USAGE.md and vault/config.go; trek10inc/awsume 4.5, lib/autoawsume.py and docs/general/config.md;
 * fwdcloudsec/granted, pkg/cfaws/granted_config.go and assumer_aws_iam.go; Versent/saml2aws, README.md; and
 * mmmorris1975/aws-runas, docs/iam_config.md and config/ini_loader.go.
 */
import { classifyProfile } from '../aws-files/ownership.ts'
import { hasValue, readKeys, runsProgram, signInCommandOf } from '../aws-files/profile-keys.ts'
import type { SharedDocuments } from '../aws-files/sections.ts'
import { DURATION_LIMITS } from '../aws/sts-api.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import type { Environment } from '../model/invocation.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { parseDuration } from '../ui/duration.ts'

export interface WantedKey {
  readonly key: string
  readonly value: string
}

/** Something that only the other tool needs. */
export type ObsoletePart =
  /** Keys of a profile's section. */
  | { readonly kind: 'keys'; readonly file: SharedFileName; readonly profile: string; readonly keys: readonly string[] }
  /** Keys of config under names that only the other tool reads, by the names that the AWS CLI reads. */
  | { readonly kind: 'renamed-keys'; readonly profile: string; readonly names: Readonly<Record<string, string>> }
  /** A whole section of config without `profile ` before its name. */
  | { readonly kind: 'bare-section'; readonly profile: string }
  /** The name of the section with the long-term keys in the credentials file. */
  | { readonly kind: 'name'; readonly profile: string; readonly to: string }

/** A profile that another tool signs in. */
export interface ForeignProfile {
  readonly tool: ForeignTool
  /** The profile that gets the sessions. */
  readonly profile: string
  /** The one with the long-term keys; undefined: they are in no file, but with the tool. */
  readonly source: string | undefined
  /** What `[profile NAME]` of config must contain. */
  readonly wanted: readonly WantedKey[]
  /** A further profile of config that must exist, with these keys; one that exists is the user's. */
  readonly added?: { readonly profile: string; readonly keys: readonly WantedKey[] }
  readonly old: readonly ObsoletePart[]
}

/** What is outside the two files and shows that a tool is used here. */
export interface ForeignHome {
  /** The content of awsume's config.yaml; undefined: there is none. */
  readonly awsumeConfig?: string | undefined
  /** Whether there is a `~/.saml2aws`. */
  readonly hasSaml2aws?: boolean
}

export interface ForeignFiles {
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  readonly environment: Environment
  readonly home: ForeignHome
  /** The tool that the user named. */
  readonly named: ForeignTool | undefined
  /** Returns whether a profile has static long-term keys of its own. Never throws. */
  readonly holdsKeys: (name: string) => boolean
}

const SESSION_KEYS: readonly string[] = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
]

export function keyOf(key: string, value: string | undefined): readonly WantedKey[] {
  return value === undefined ? [] : [{ key, value }]
}

/** The session that the other tool left, with its marks; never long-term keys, nor awsmfa's own session. */
export function obsoleteSession(
  profile: string,
  marks: readonly string[],
  { profiles }: ForeignFiles,
): readonly ObsoletePart[] {
  const kind = classifyProfile(profiles.find(profile)).kind
  return kind === 'foreign-session'
    ? [{ kind: 'keys', file: 'credentials', profile, keys: [...SESSION_KEYS, ...marks] }]
    : []
}

/** Returns the profile with static keys to which the source profiles of this one lead; undefined if none does. */
function holderBehind(name: string, { profiles, holdsKeys }: ForeignFiles): string | undefined {
  const seen = new Set<string>()
  for (let next: string | undefined = name; next !== undefined && !seen.has(next);) {
    if (holdsKeys(next)) return next
    seen.add(next)
    next = readKeys(profiles.find(next), ['source_profile'])?.value
  }
  return undefined
}

function configValue(view: ProfileView | undefined, key: string): string | undefined {
  return view?.configForm === 'standard' ? view.getFrom('config', key)?.value || undefined : undefined
}

/** The keys that a profile of aws-vault takes over with `include_profile`, and what they are called for awsmfa. */
const INCLUDED: Readonly<Record<string, string>> = {
  role_arn: 'role_arn',
  source_profile: 'source_profile',
  external_id: 'external_id',
  role_session_name: 'role_session_name',
  duration_seconds: 'duration_seconds',
  region: 'region',
  mfa_serial: 'awsmfa_mfa_serial',
  mfa_process: 'awsmfa_token_command',
}

/** Of these, the ones that a profile without `include_profile` takes from `[default]`. */
const FROM_DEFAULT: readonly string[] = ['mfa_serial', 'mfa_process', 'region']

const INCLUDE_KEYS: readonly string[] = ['include_profile', 'parent_profile']

/**
 * Access keys in aws-vault's storage under the profile's name, and settings by `include_profile`, which no other tool
 * reads. Nothing in the files says where the key is, so a line or a variable of aws-vault is needed, too.
 */
export function findAwsVault(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, environment, named, holdsKeys } = files
  const names = profiles.names().filter((name) => {
    const view = profiles.find(name)
    return view?.configForm === 'standard' && /^[\w.@:+/%-]+$/.test(name) && !name.endsWith(LONG_TERM_SUFFIX)
  })
  const runsVault = (view: ProfileView | undefined): boolean =>
    runsProgram(configValue(view, 'credential_process') ?? '', ['aws-vault'])
  const isItsHome =
    named === 'aws-vault' ||
    Object.keys(environment).some((name) => name.startsWith('AWS_VAULT')) ||
    names.some((name) => runsVault(profiles.find(name)) || includedBy(profiles.find(name)) !== undefined)
  if (!isItsHome) return []
  const included = new Set(names.map((name) => includedBy(profiles.find(name))))
  const sources = new Set(names.map((name) => vaultValue(name, 'source_profile', profiles)))
  return names.flatMap((profile): readonly ForeignProfile[] => {
    const view = profiles.find(profile)
    if (view === undefined || holdsKeys(profile) || signInCommandOf(view) !== undefined) return []
    if (hasValue(view, 'web_identity_token_file') || hasValue(view, 'credential_source')) return []
    if (configValue(view, 'credential_process') !== undefined && !runsVault(view)) return []
    const source = vaultValue(profile, 'source_profile', profiles)
    const isRole = vaultValue(profile, 'role_arn', profiles) !== undefined
    if (isRole && (source === undefined || source === profile)) return []
    const hasDevice = vaultValue(profile, 'mfa_serial', profiles) !== undefined
    const isBase =
      sources.has(profile) || runsVault(view) || (hasDevice && !included.has(profile) && profile !== 'default')
    if (!isRole && (!isBase || (source !== undefined && source !== profile))) return []
    const keys = Object.entries(INCLUDED).filter(([key]) => configValue(view, key) === undefined)
    const wanted = keys
      .filter(([key]) => isRole || key !== 'source_profile')
      .flatMap(([key, own]) => keyOf(own, vaultValue(profile, key, profiles)))
    const old = [...INCLUDE_KEYS, ...(runsVault(view) ? ['credential_process'] : [])]
    return [
      {
        tool: 'aws-vault',
        profile,
        source: isRole && source !== undefined && holdsKeys(source) ? source : undefined,
        wanted,
        ...(isRole ? {} : { added: vaultKeys(profile) }),
        old: [{ kind: 'keys', file: 'config', profile, keys: old }],
      },
    ]
  })
}

/** How awsmfa gets the access key out of aws-vault (USAGE.md, "Invoking `aws-vault` via `credential_process`"). */
function vaultKeys(profile: string): NonNullable<ForeignProfile['added']> {
  const value = `aws-vault export --format=json --no-session ${profile}`
  return { profile: profile + LONG_TERM_SUFFIX, keys: [{ key: 'credential_process', value }] }
}

function includedBy(view: ProfileView | undefined): string | undefined {
  return INCLUDE_KEYS.map((key) => configValue(view, key)).find((value) => value !== undefined)
}

/** Returns a value as aws-vault reads it: the profile's own, else of what it includes, else of `[default]`. */
function vaultValue(name: string, key: string, profiles: Profiles): string | undefined {
  const seen = new Set<string>()
  let current = name
  for (;;) {
    const view = profiles.find(current)
    const value = configValue(view, key)
    if (value !== undefined || seen.has(current)) return value
    seen.add(current)
    const next = includedBy(view)
    if (next === undefined) break
    current = next
  }
  return FROM_DEFAULT.includes(key) ? configValue(profiles.find('default'), key) : undefined
}

/**
 * Sessions that `awsume -a` renews: `[autoawsume-work]`, with the command that signs in to `work`. Those of `awsume -o`
 * say nothing of their profile, and stay.
 */
export function findAwsume(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, home } = files
  const role = (name: string): boolean => hasValue(profiles.find(name) ?? NO_PROFILE, 'role_arn')
  return profiles.names().flatMap((profile): readonly ForeignProfile[] => {
    const view = profiles.find(profile)
    if (view?.getFrom('credentials', 'autoawsume') === undefined) return []
    const words = view.getFrom('credentials', 'awsumepy_command')?.value.split(/\s+/) ?? []
    const target = [profile.replace(/^autoawsume-/, ''), ...words].find(
      (word) => word !== profile && profiles.find(word) !== undefined,
    )
    const source = target === undefined ? undefined : holderBehind(target, files)
    if (target === undefined || source === undefined) return []
    const settings = awsumeSettings(home.awsumeConfig ?? '')
    return [
      {
        tool: 'awsume',
        profile,
        source,
        wanted: [
          { key: 'awsmfa_source_profile', value: target },
          ...keyOf('region', readKeys(profiles.find(target), ['region'])?.value ?? settings.get('region')),
          ...(role(target) ? keyOf('role_session_name', awsumeSessionName(profiles.find(target), settings)) : []),
        ],
        old: obsoleteSession(
          profile,
          ['manager', 'autoawsume', 'awsumepy_command', 'expiration', 'source_expiration', 'region'],
          files,
        ),
      },
    ]
  })
}

const NO_PROFILE: ProfileView = {
  name: '',
  get: () => undefined,
  getFrom: () => undefined,
  keys: () => [],
  lines: {},
  configForm: undefined,
  hasPaddedHeader: false,
}

function awsumeSessionName(view: ProfileView | undefined, settings: ReadonlyMap<string, string>): string | undefined {
  return readKeys(view, ['role_session_name']) === undefined ? settings.get('role-session-name') : undefined
}

/** The plain lines of awsume's config.yaml. What is nested or quoted in another way belongs to plugins. */
function awsumeSettings(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, key, value] = /^([\w-]+):[ \t]+(["']?)([\w+=,.@/-]+)\2[ \t]*(?:#.*)?$/.exec(line)?.toSpliced(2, 1) ?? []
    return key === undefined || value === undefined ? [] : [[key, value] as const]
  })
  return new Map(lines)
}

/** granted's names of what the AWS CLI needs for single sign-on. */
const GRANTED_SSO: Readonly<Record<string, string>> = {
  granted_sso_start_url: 'sso_start_url',
  granted_sso_region: 'sso_region',
  granted_sso_account_id: 'sso_account_id',
  granted_sso_role_name: 'sso_role_name',
}

/**
 * Profiles for single sign-on whose keys only granted reads. Nothing is added beside them: as soon as the AWS CLI's own
 * keys are there, tools no longer start granted. `--remove-old` replaces the one with the other.
 */
export function findGranted({ profiles }: ForeignFiles): readonly ForeignProfile[] {
  return profiles.names().flatMap((profile): readonly ForeignProfile[] => {
    const view = profiles.find(profile)
    const session = configValue(view, 'sso_session')
    const has = (key: string): boolean => configValue(view, key) !== undefined
    const needed =
      session === undefined ? Object.keys(GRANTED_SSO) : ['granted_sso_account_id', 'granted_sso_role_name']
    // With a session of its own name as well, granted and the AWS CLI would disagree on the start URL.
    const isTwofold = session !== undefined && (has('granted_sso_start_url') || has('granted_sso_region'))
    if (view === undefined || isTwofold || !needed.every(has)) return []
    const line = runsGranted(view) ? ['credential_process'] : []
    return [
      {
        tool: 'granted',
        profile,
        source: undefined,
        wanted: [],
        old: [
          { kind: 'renamed-keys', profile, names: GRANTED_SSO },
          { kind: 'keys', file: 'config', profile, keys: [...line, 'common_fate_generated_from'] },
        ],
      },
    ]
  })
}

function runsGranted(view: ProfileView | undefined): boolean {
  return runsProgram(configValue(view, 'credential_process') ?? '', ['granted', 'dgranted'])
}

/** The suffix that `aws-runas -c` gives to the sections with its sessions. */
const RUNAS_SUFFIX = '-awsrunas'

/** Durations under names of its own, a device in `[default]` for every profile, and sessions in `[work-awsrunas]`. */
export function findAwsRunas(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, named } = files
  const names = profiles.names()
  const hasOwn = (name: string): boolean => RUNAS_KEYS.some((key) => hasConfig(profiles.find(name), key))
  const isItsHome =
    named === 'aws-runas' || names.some((name) => hasOwn(name) || runasTarget(name, files) !== undefined)
  if (!isItsHome) return []
  return names.flatMap((profile): readonly ForeignProfile[] => {
    const target = runasTarget(profile, files)
    const view = profiles.find(profile)
    const source = holderBehind(target ?? profile, files)
    if (view === undefined || source === undefined) return []
    if (target !== undefined)
      return [
        {
          tool: 'aws-runas',
          profile,
          source,
          wanted: [
            { key: 'awsmfa_source_profile', value: target },
            ...keyOf('region', readKeys(profiles.find(target), ['region'])?.value),
            ...runasDevice(target, source, profiles),
          ],
          old: obsoleteSession(profile, [], files),
        },
      ]
    const isRole = hasValue(view, 'role_arn')
    const duration = isRole
      ? seconds(configValue(view, 'credentials_duration'), DURATION_LIMITS.AssumeRole)
      : seconds(configValue(view, 'session_token_duration'), DURATION_LIMITS.GetSessionToken)
    const device = isRole ? runasDevice(profile, source, profiles) : []
    if (!hasOwn(profile) && device.length === 0) return []
    return [
      {
        tool: 'aws-runas',
        profile,
        source,
        wanted: [...keyOf('duration_seconds', duration), ...device],
        old: [{ kind: 'keys', file: 'config', profile, keys: RUNAS_KEYS }],
      },
    ]
  })
}

const RUNAS_KEYS: readonly string[] = ['session_token_duration', 'credentials_duration']

function hasConfig(view: ProfileView | undefined, key: string): boolean {
  return configValue(view, key) !== undefined
}

function runasTarget(profile: string, { profiles }: ForeignFiles): string | undefined {
  if (!profile.endsWith(RUNAS_SUFFIX) || profiles.find(profile)?.lines.credentials === undefined) return undefined
  const target = profile.slice(0, -RUNAS_SUFFIX.length)
  return profiles.find(target) === undefined ? undefined : target
}

/** The device in `[default]`, which awsmfa reads only for profiles whose keys are there. */
function runasDevice(profile: string, source: string, profiles: Profiles): readonly WantedKey[] {
  const isKnown = [profile, source].some((name) => readKeys(profiles.find(name), ['mfa_serial']) !== undefined)
  return isKnown ? [] : keyOf('awsmfa_mfa_serial', configValue(profiles.find('default'), 'mfa_serial'))
}

/** A duration of Go within what STS takes, in whole seconds. */
function seconds(
  value: string | undefined,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): string | undefined {
  const parsed = value === undefined || /^\d+$/.test(value) ? undefined : parseDuration(value)
  return parsed === undefined || parsed < minimum || parsed > maximum ? undefined : String(parsed)
}

/** What import says of a tool whose profiles, or some of them, it has nothing to add to. */
export type ForeignRemark =
  /** It signs in through an identity provider, without an access key. `profile`: one with a session of it. */
  | { readonly kind: 'identity-provider'; readonly tool: ForeignTool; readonly profile: string | undefined }
  /** The access key of this profile is in the tool's own storage. */
  | { readonly kind: 'stored-key'; readonly tool: ForeignTool; readonly profile: string }
  /** Its profiles are read as they are. `profile`: the first one with an access key. */
  | { readonly kind: 'read-as-is'; readonly tool: ForeignTool; readonly profile: string }

/** Returns what is to say of the tools that are used here, or that the user named. Never throws. */
export function remarksOn(files: ForeignFiles): readonly ForeignRemark[] {
  const { profiles, home, named, holdsKeys } = files
  const names = profiles.names()
  const saml = names.find((name) => profiles.find(name)?.getFrom('credentials', 'x_principal_arn') !== undefined)
  const usesSaml = saml !== undefined || home.hasSaml2aws === true || named === 'saml2aws'
  const stored = names.filter((name) => {
    const view = profiles.find(name)
    const isSso = view?.keys().some((key) => key.startsWith('granted_sso_') || key.startsWith('sso_')) === true
    return runsGranted(view) && !isSso
  })
  const first = names.find(holdsKeys)
  const usesAwsume = home.awsumeConfig !== undefined || named === 'awsume'
  return [
    ...(usesSaml ? [{ kind: 'identity-provider', tool: 'saml2aws', profile: saml } as const] : []),
    ...stored.map((profile) => ({ kind: 'stored-key', tool: 'granted', profile }) as const),
    ...(usesAwsume && first !== undefined ? [{ kind: 'read-as-is', tool: 'awsume', profile: first } as const] : []),
    ...(named === 'aws-runas' && first !== undefined
      ? [{ kind: 'read-as-is', tool: 'aws-runas', profile: first } as const]
      : []),
  ]
}
