/**
 * What is known of a profile of another tool, and the detectors of the tools whose access keys, sessions or settings
 * are elsewhere than in a pair of sections: aws-vault, awsume, saml2aws and aws-runas. Pure. Sources:
 * ByteNess/aws-vault, USAGE.md and vault/config.go; trek10inc/awsume 4.5, lib/autoawsume.py and docs/general/config.md;
 * Versent/saml2aws, README.md; and
 * mmmorris1975/aws-runas, docs/iam_config.md and config/ini_loader.go.
 */
import { classifyProfile } from '../aws-files/ownership.ts'
import { LONG_TERM_SUFFIXES, findLongTermKeys, hasValue, readKeys, runsProgram } from '../aws-files/profile-keys.ts'
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import type { SharedDocuments } from '../aws-files/sections.ts'
import { DURATION_LIMITS } from '../aws/sts-api.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import { parseVaultLine } from '../keys/aws-vault.ts'
import type { VaultLine } from '../keys/aws-vault.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import { resolveProfileChain } from '../login/profile-chain.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles, SharedFileName } from '../model/profile.ts'
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
  readonly paths: SharedPaths
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

export function configValue(view: ProfileView | undefined, key: string): string | undefined {
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
 * Access keys in aws-vault's storage, under the name in the profile's own line, else under the profile's, and settings
 * by `include_profile`, which no other tool reads. Nothing in the files says where a key without a line is, so a line
 * or a variable of aws-vault is needed, too. Left alone: profiles that have a key already, or that aws-vault signs in
 * without one.
 */
export function findAwsVault(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, environment, named, holdsKeys } = files
  const names = vaultNames(profiles)
  const isItsHome =
    named === 'aws-vault' ||
    Object.keys(environment).some((name) => name.startsWith('AWS_VAULT')) ||
    names.some((name) => runsVault(profiles.find(name)) || includedBy(profiles.find(name)) !== undefined)
  if (!isItsHome) return []
  const included = new Set(names.map((name) => includedBy(profiles.find(name))))
  const sources = new Set(names.map((name) => vaultValue(name, 'source_profile', profiles)))
  const lineFor = commonLine(names, profiles)
  return names.flatMap((profile): readonly ForeignProfile[] => {
    const view = profiles.find(profile)
    if (view === undefined || holdsKeys(profile) || hasConfig(view, 'awsmfa_role_arn')) return []
    const source = vaultValue(profile, 'source_profile', profiles)
    const isRole = vaultValue(profile, 'role_arn', profiles) !== undefined
    if ([profile, ...(isRole ? sourcesOf(profile, profiles) : [])].some((name) => needsNoKey(name, profiles))) return []
    if (isRole && (source === undefined || source === profile)) return []
    const hasDevice = vaultValue(profile, 'mfa_serial', profiles) !== undefined
    const isBase =
      sources.has(profile) || runsVault(view) || (hasDevice && !included.has(profile) && profile !== 'default')
    if (!isRole && (!isBase || (source !== undefined && source !== profile))) return []
    const line = ownLine(view)
    const roots = isRole ? sourcesOf(profile, profiles) : [profile]
    if (roots.some((name) => isOtherLine(name, profiles))) return []
    const holder = keyHolder(isRole && source !== undefined ? source : profile, files)
    const includes = includedBy(view) !== undefined
    // With a key in a store of ours, which an import may have put there, what aws-vault needs is as obsolete as before.
    const isOtherKey = !isRole && asksForOther(line, profile, holder)
    const isTakenOver = holder?.kind === 'stored' && (includes || (line !== undefined && !isOtherKey))
    if (holder !== undefined && !isTakenOver && (!isRole || !includes)) return []
    const added = isRole || holder !== undefined ? undefined : (line?.lineFor(line.item) ?? lineFor(profile))
    const keys = Object.entries(INCLUDED).filter(([key]) => configValue(view, key) === undefined)
    const wanted = keys
      .filter(([key]) => isRole || key !== 'source_profile')
      .flatMap(([key, own]) => keyOf(own, vaultValue(profile, key, profiles)))
    // A line goes only where another one asks for the same key, or where the role's source can have it.
    const longTerm = profiles.find(profile + LONG_TERM_SUFFIX)
    const isObsolete = isRole
      ? line?.item === profile && roots.every((name) => profiles.find(name) !== undefined)
      : !isOtherKey && (!hasConfig(longTerm, 'credential_process') || ownLine(longTerm)?.item === line?.item)
    return [
      {
        tool: 'aws-vault',
        profile,
        source: holder?.profile,
        wanted,
        ...(added === undefined
          ? {}
          : { added: { profile: profile + LONG_TERM_SUFFIX, keys: [{ key: 'credential_process', value: added }] } }),
        old: [
          {
            kind: 'keys',
            file: 'config',
            profile,
            keys: [...INCLUDE_KEYS, ...(line && isObsolete ? ['credential_process'] : [])],
          },
        ],
      },
    ]
  })
}

/** Profiles of config that can be aws-vault's, without those that import adds. */
function vaultNames(profiles: Profiles): readonly string[] {
  return profiles.names().filter((name) => {
    const view = profiles.find(name)
    return view?.configForm === 'standard' && /^[\w.@:+/%-]+$/.test(name) && !name.endsWith(LONG_TERM_SUFFIX)
  })
}

function runsVault(view: ProfileView | undefined): boolean {
  return runsProgram(configValue(view, 'credential_process') ?? '', ['aws-vault'])
}

function ownLine(view: ProfileView | undefined): VaultLine | undefined {
  return parseVaultLine(configValue(view, 'credential_process') ?? '')
}

/** The profile's line where it prints an access key: aws-vault assumes the role of a profile with one. */
function keyLine(view: ProfileView, profiles: Profiles): VaultLine | undefined {
  const line = ownLine(view)
  if (line === undefined || line.item === view.name) return line
  const source = vaultValue(line.item, 'source_profile', profiles)
  const isRole = vaultValue(line.item, 'role_arn', profiles) !== undefined
  const isKey = !isRole && !needsNoKey(line.item, profiles) && (source === undefined || source === line.item)
  return isKey ? line : undefined
}

/**
 * Returns whether a line asks aws-vault for another key than the one that the profile has in a store: not by the
 * profile's name, nor has an import put the key beside it.
 */
function asksForOther(line: VaultLine | undefined, profile: string, holder: KeyHolder | undefined): boolean {
  if (line === undefined || holder?.kind !== 'stored') return false
  const stems = LONG_TERM_SUFFIXES.filter((each) => profile.endsWith(each)).map((each) =>
    profile.slice(0, -each.length),
  )
  return ![profile, ...stems].includes(line.item) && holder.profile !== profile + LONG_TERM_SUFFIX
}

/** Profiles with an access key in a store, whose lines ask aws-vault for another one. */
export function linesForOthers(files: ForeignFiles): readonly string[] {
  const { profiles } = files
  return vaultNames(profiles).filter((name) => {
    const view = profiles.find(name)
    if (view === undefined || vaultValue(name, 'role_arn', profiles) !== undefined) return false
    return asksForOther(ownLine(view), name, keyHolder(name, files))
  })
}

function isOtherLine(name: string, profiles: Profiles): boolean {
  const view = profiles.find(name)
  return view !== undefined && runsVault(view) && keyLine(view, profiles) === undefined
}

/** Profiles whose lines of aws-vault print no access key for certain; roles and SSO profiles need none. */
export function otherLines(files: ForeignFiles): readonly string[] {
  const { profiles } = files
  return vaultNames(profiles).filter((name) => {
    if (vaultValue(name, 'role_arn', profiles) !== undefined || needsNoKey(name, profiles)) return false
    return isOtherLine(name, profiles) && keyHolder(name, files) === undefined
  })
}

/**
 * Returns the line that asks aws-vault for a key of a name: as in all lines of the files if they agree, with program
 * and options; else as in USAGE.md, "Invoking `aws-vault` via `credential_process`".
 */
function commonLine(names: readonly string[], profiles: Profiles): (item: string) => string {
  const lines = names.filter((name) => runsVault(profiles.find(name))).map((name) => ownLine(profiles.find(name)))
  const [first, ...others] = lines
  const isCommon = others.every((line) => line?.lineFor('x') === first?.lineFor('x'))
  if (first !== undefined && isCommon) return first.lineFor
  return (item) => `aws-vault export --format=json --no-session ${item}`
}

/** Keys of profiles, besides those of SSO, that sign in without an access key. */
const KEYLESS: readonly string[] = [
  'web_identity_token_file',
  'web_identity_token_process',
  'credential_source',
  'login_session',
]

/** Returns whether a profile, or what it includes, signs in by SSO, a web identity, or a program but aws-vault. */
function needsNoKey(profile: string, profiles: Profiles): boolean {
  return includeChain(profile, profiles).some((name, index) => {
    const view = profiles.find(name)
    const keys = view?.keys().filter((key) => configValue(view, key) !== undefined) ?? []
    if (keys.some((key) => key.startsWith('sso_') || KEYLESS.includes(key))) return true
    return keys.includes('credential_process') && !(index === 0 && runsVault(view))
  })
}

/** The source profiles of a role, in order, as aws-vault follows them. */
function sourcesOf(role: string, profiles: Profiles): readonly string[] {
  const seen: string[] = [role]
  for (;;) {
    const next = vaultValue(seen.at(-1) ?? role, 'source_profile', profiles)
    if (next === undefined || seen.includes(next)) return seen.slice(1)
    seen.push(next)
  }
}

/** An access key that awsmfa's own chain leads to, with the profile that has it; `other`: something else answers. */
interface KeyHolder {
  readonly kind: 'static' | 'stored' | 'other'
  readonly profile: string | undefined
}

/** Returns what awsmfa's own chain leads to; undefined where nothing does but aws-vault. */
function keyHolder(name: string, { profiles, paths }: ForeignFiles): KeyHolder | undefined {
  const other = { kind: 'other', profile: undefined } as const
  try {
    for (const each of ['', ...LONG_TERM_SUFFIXES].map((suffix) => name + suffix)) {
      const view = profiles.find(each)
      const found = view && findLongTermKeys(view, paths)
      if (found !== undefined) return found
    }
    const target = { value: name, origin: { kind: 'flag', flag: 'profile' } } as const
    const { longTerm } = resolveProfileChain({ target, source: undefined, profiles, paths })
    if (longTerm.kind === 'process' && runsProgram(longTerm.command, ['aws-vault'])) return undefined
    return longTerm.kind === 'static' || longTerm.kind === 'stored' ? longTerm : other
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    return isFailure(error, 'LONG_TERM_CREDENTIALS_MISSING') || isFailure(error, 'PROFILE_NOT_FOUND')
      ? undefined
      : other
  }
}

function includedBy(view: ProfileView | undefined): string | undefined {
  return INCLUDE_KEYS.map((key) => configValue(view, key)).find((value) => value !== undefined)
}

/** The profile, and what it includes, as far as that leads. */
function includeChain(name: string, profiles: Profiles): readonly string[] {
  const seen = [name]
  for (;;) {
    const next = includedBy(profiles.find(seen.at(-1) ?? name))
    if (next === undefined || seen.includes(next)) return seen
    seen.push(next)
  }
}

/** Returns a value as aws-vault reads it: the profile's own, else of what it includes, else of `[default]`. */
function vaultValue(name: string, key: string, profiles: Profiles): string | undefined {
  const own = includeChain(name, profiles).map((each) => configValue(profiles.find(each), key))
  const value = own.find((each) => each !== undefined)
  return value ?? (FROM_DEFAULT.includes(key) ? configValue(profiles.find('default'), key) : undefined)
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
